"""Folding, counting pieces, Jacobians and training, against closed forms and PyTorch."""

from fractions import Fraction

import numpy as np
import pytest
import torch
from torch import nn

from snippets.foundations._depth_tent import draw, random_pieces
from snippets.foundations.depth import (
    count_pieces,
    fold,
    folds,
    input_gradient,
    torch_fold_network,
    torch_train,
)
from snippets.kit import seeds


def triangle_wave(x: Fraction, depth: int) -> Fraction:
    """The tent map composed, in closed form: the distance to the next even multiple of 2^-depth."""
    return 1 - abs((2**depth * x) % 2 - 1)


@pytest.mark.parametrize("depth", [1, 2, 3, 6, 10])
def test_folds_are_the_triangle_wave(depth):
    points = [Fraction(k, 4096) for k in range(4097)]
    expected = [float(triangle_wave(x, depth)) for x in points]
    np.testing.assert_array_equal(folds(np.array(points, dtype=float), depth), expected)


def test_fold_keeps_shape_and_leaves_the_interval_where_it_is_defined():
    assert np.shape(fold(0.25)) == ()
    assert fold(np.ones((2, 0, 3))).shape == (2, 0, 3)
    assert fold([0.0, 0.5, 1.0]).tolist() == [0, 1, 0]
    assert np.isnan(fold(np.nan))


def test_no_fold_at_all_is_the_identity():
    assert folds(0.3, 0) == 0.3


@pytest.mark.parametrize("depth", range(1, 11))
def test_pieces_double(depth):
    assert count_pieces(lambda x: folds(x, depth)) == 2**depth


@pytest.mark.parametrize(
    ("f", "pieces"),
    [(lambda x: 3 * x, 1), (lambda x: 0 * x, 1), (lambda x: abs(x - 0.25), 2)],
)
def test_known_pieces(f, pieces):
    assert count_pieces(f) == pieces


def test_torch_network_has_two_units_a_layer():
    network = torch_fold_network(6)
    assert sum(isinstance(layer, nn.ReLU) for layer in network) == 6
    assert sum(layer.out_features for layer in network if isinstance(layer, nn.Linear)) == 12 + 1
    x = np.random.default_rng(0).uniform(0, 1, 1000)
    with torch.no_grad():
        ours = network(torch.tensor(x)[:, None])[:, 0].numpy()
    expected = [float(triangle_wave(Fraction(v), 6)) for v in x]
    np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-13)


def test_random_pieces_of_one_layer_are_its_kinks():
    for rng in seeds(20):
        weights, biases = draw(1, rng)
        kinks = -biases[0] / weights[0][:, 0]
        assert random_pieces(weights, biases, -3, 3) == 1 + (np.abs(kinks) < 3).sum()


@pytest.mark.parametrize("depth", [2, 3, 4])
def test_random_pieces_equal_changes_of_the_activation_pattern(depth):
    for rng in seeds(5):
        weights, biases = draw(depth, rng)
        x = np.linspace(-3, 3, 1_000_001)
        h, pattern = x[None], 0
        for W, b in zip(weights[:-1], biases[:-1], strict=True):
            z = W @ h + b[:, None]
            pattern = pattern + np.abs(np.diff(z > 0, axis=1)).sum(axis=0)
            h = np.maximum(z, 0)
        changes = (pattern > 0).sum()
        # a unit may switch where no later unit listens: a change without a kink
        found = random_pieces(weights, biases, -3, 3)
        assert changes * 0.8 <= found <= changes + 1


def test_random_pieces_count_the_folds():
    for depth in (1, 3, 6):
        layers = [m for m in torch_fold_network(depth) if isinstance(m, nn.Linear)]
        weights = [m.weight.detach().numpy() for m in layers]
        biases = [m.bias.detach().numpy() for m in layers]
        assert random_pieces(weights, biases, 0.0, 1.0) == 2**depth


def test_input_gradient_equals_autograd_and_finite_differences():
    for rng in seeds(5):
        weights = rng.normal(0, 0.6, (6, 5, 5))
        x, g = rng.normal(size=5), rng.normal(size=5)

        def loss(x, weights=weights, g=g):
            for W in weights:
                x = np.maximum(W @ x, 0)
            return g @ x

        ours, norms = input_gradient(weights, x, g)
        step = 1e-6 * np.eye(5)
        differences = [(loss(x + s) - loss(x - s)) / 2e-6 for s in step]
        np.testing.assert_allclose(ours, differences, atol=1e-8)
        assert np.linalg.norm(ours) <= np.prod(norms) * np.linalg.norm(g) * (1 + 1e-12)
        assert len(norms) == 6


def test_input_gradient_of_orthogonal_layers_keeps_its_length_where_all_are_active():
    rng = np.random.default_rng(0)
    permutations = [np.eye(4)[rng.permutation(4)] for _ in range(5)]
    gradient, norms = input_gradient(permutations, np.ones(4), np.array([1.0, 2, 3, 4]))
    assert sorted(gradient) == [1, 2, 3, 4]
    np.testing.assert_allclose(norms, 1)


@pytest.mark.parametrize("residual", [False, True])
def test_training_is_that_of_torch_adam(residual):
    """One network of the batch, trained again by itself with nn.Parameter and its own rate."""
    rng = np.random.default_rng(1)
    x, y = rng.uniform(-1, 1, (12, 2)), rng.normal(size=(12, 1))
    rates, runs, width, depth, steps = (1e-3, 1e-2), 2, 4, 3, 6
    ours = torch_train(depth, residual, x, y, rates, runs, width, steps)

    generator = torch.Generator().manual_seed(0)
    std = (2 / width) ** 0.5 / (depth**0.5 if residual else 1)
    first = torch.randn(runs, 1, 2, width, generator=generator)
    inner = torch.randn(runs, 1, depth, width, width, generator=generator) * std
    last = torch.randn(runs, 1, width, 1, generator=generator) / width**0.5
    x, y = torch.tensor(x).float(), torch.tensor(y).float()
    for run in range(runs):
        for number, rate in enumerate(rates):
            parameters = [nn.Parameter(p[run, 0].clone()) for p in (first, inner, last)] + [
                nn.Parameter(torch.zeros(depth, width)),
                nn.Parameter(torch.zeros(1)),
            ]
            adam = torch.optim.Adam(parameters, lr=rate, eps=1e-12)
            for step in range(steps):
                a, hidden, c, biases, shift = parameters
                h = x @ a
                for W, b in zip(hidden, biases, strict=True):
                    h = h + torch.relu(h) @ W + b if residual else torch.relu(h @ W + b)
                loss = ((h @ c + shift - y) ** 2).mean()
                assert ours[step, run, number] == pytest.approx(loss.item(), rel=2e-3)
                adam.zero_grad()
                loss.backward()
                adam.step()
    assert (ours[0, :, 0] == ours[0, :, 1]).all()  # the same start for every rate
