"""The gradient of one unit, the gradient through many layers, the condition number of inputs."""

import numpy as np
import pytest
import torch

from snippets.activations.sigmoid_tanh import sigmoid, sigmoid_grad, tanh, tanh_grad
from snippets.activations.zero_centring import (
    condition_number,
    first_to_last,
    torch_first_to_last,
    torch_unit_gradient,
    unit_gradient,
)


@pytest.mark.parametrize(
    ("x", "delta", "gradient"),
    [
        # sums of delta_b x_bi, by hand
        ([[0.9, 0.1], [0.1, 0.9]], [1.0, -1.0], [0.8, -0.8]),
        ([[2.0, -3.0]], [0.5], [1.0, -1.5]),
        ([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [1.0, 0.0, 2.0], [11.0, 14.0]),
        (np.zeros((0, 3)), [], [0.0, 0.0, 0.0]),
    ],
)
def test_known_gradients(x, delta, gradient):
    np.testing.assert_allclose(unit_gradient(x, delta), gradient, rtol=1e-15)


def test_gradient_is_that_of_a_torch_linear_layer():
    rng = np.random.default_rng(1)
    x, delta = rng.normal(size=(6, 4)), rng.normal(size=6)
    layer = torch.nn.Linear(4, 1, dtype=torch.float64)
    layer(torch.tensor(x)).backward(torch.tensor(delta[:, None]))
    np.testing.assert_allclose(unit_gradient(x, delta), layer.weight.grad[0], rtol=1e-13)
    theirs = torch_unit_gradient(torch.tensor(x), torch.tensor(delta))
    np.testing.assert_allclose(theirs, layer.weight.grad[0], rtol=1e-13)


def test_gradient_is_that_of_finite_differences():
    rng = np.random.default_rng(2)
    x, y, w, h = rng.normal(size=(5, 3)), rng.normal(size=5), rng.normal(size=3), 1e-6

    def loss(w):
        return 0.5 * ((x @ w - y) ** 2).sum()

    rough = [(loss(w + h * e) - loss(w - h * e)) / (2 * h) for e in np.eye(3)]
    np.testing.assert_allclose(unit_gradient(x, x @ w - y), rough, rtol=0, atol=1e-8)


def test_gradient_of_one_example_has_the_sign_of_delta():
    rng = np.random.default_rng(0)
    for _ in range(100):
        x, delta = rng.random((1, 7)) + 1e-9, rng.normal(size=1)
        assert (np.sign(unit_gradient(x, delta)) == np.sign(delta)).all()


@pytest.mark.parametrize("shapes", [((3, 2), (2,)), ((3, 2), (4,))])
def test_deltas_that_do_not_fit_are_refused(shapes):
    with pytest.raises(ValueError, match="mismatch"):
        unit_gradient(*map(np.zeros, shapes))


# ---------------------------------------------------------------- many layers


@pytest.mark.parametrize(
    ("phi", "slope", "theirs"),
    [(tanh, tanh_grad, torch.tanh), (sigmoid, sigmoid_grad, torch.sigmoid)],
)
def test_first_to_last_is_that_of_autograd(phi, slope, theirs):
    ours = first_to_last(phi, slope, seed=3)
    assert ours == pytest.approx(torch_first_to_last(theirs, seed=3), rel=1e-9)


def test_linear_layers_keep_the_norm():
    # Of linear layers the ratio has no slope left: weights of std 1/√n keep norms on average.
    ones = [first_to_last(lambda z: z, np.ones_like, seed=seed) for seed in range(3)]
    assert 0.5 < np.mean(ones) < 2


# ---------------------------------------------------------------- condition number


@pytest.mark.parametrize(
    ("n", "mu", "s", "kappa"),
    [
        (5, 0.0, 0.7, 1.0),  # s² times the identity
        (2, 1.0, 1.0, 3.0),  # [[2, 1], [1, 2]] has eigenvalues 1 and 3
        (3, 2.0, 1.0, 13.0),  # 1, 1 and 1 + 3 · 4
        (3, -2.0, 1.0, 13.0),
    ],
)
def test_known_condition_numbers(n, mu, s, kappa):
    assert condition_number(n, mu, s) == pytest.approx(kappa, rel=1e-12)


def test_condition_number_of_data():
    x = np.random.default_rng(4).normal(0.5, 0.25, size=(200_000, 3))
    # the relative error of a sample variance is about √(2 / 200000)
    assert np.linalg.cond(x.T @ x / len(x)) == pytest.approx(
        condition_number(3, 0.5, 0.25), rel=0.03
    )
