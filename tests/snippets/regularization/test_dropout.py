"""Dropout, its masks and means, stochastic depth: against PyTorch, exact sums and the papers."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest
import torch

from snippets.regularization.dropout import (
    all_masks,
    apply_mask,
    drop_path,
    dropout,
    expected_depth,
    expected_loss,
    geometric_mean,
    moments,
    torch_mc_dropout,
    torch_network,
)

X = np.random.default_rng(0).normal(size=(200, 300))


@pytest.mark.parametrize("p", [0.1, 0.3, 0.5, 0.9])
def test_entries_are_zero_or_scaled(p):
    out = dropout(X, p, np.random.default_rng(1))
    dropped = out == 0
    np.testing.assert_allclose(out[~dropped], X[~dropped] / (1 - p), rtol=1e-15)
    # binomial: five standard errors
    assert abs(dropped.mean() - p) < 5 * np.sqrt(p * (1 - p) / X.size)


def test_evaluation_and_p_zero_are_the_identity():
    assert dropout(X, 0.5, np.random.default_rng(1), training=False) is X
    assert dropout(X, 0.0, np.random.default_rng(1)) is X


def test_p_one_drops_all_as_in_torch():
    ours = dropout(X, 1.0, np.random.default_rng(1))
    np.testing.assert_array_equal(ours, torch.nn.Dropout(1.0)(torch.tensor(X)).numpy())


@pytest.mark.parametrize("p", [-0.1, 1.1, np.nan])
def test_refuses_what_is_no_probability(p):
    with pytest.raises(ValueError, match=r"p is .*; it is the probability to drop"):
        dropout(X, p, np.random.default_rng(1))
    with pytest.raises(ValueError, match="must be at least 0 and below 1"):
        drop_path(X, X, p, np.random.default_rng(1))


def test_moments_by_fractions():
    p, x = Fraction(3, 10), Fraction(2)
    mean = (1 - p) * (x / (1 - p))
    variance = (1 - p) * (x / (1 - p)) ** 2 - mean**2
    assert moments(2.0, 0.3) == pytest.approx((float(mean), float(variance)))
    assert variance == p / (1 - p) * x**2


def test_all_masks():
    masks = all_masks(6)
    assert len({tuple(mask) for mask in masks}) == len(masks) == 64
    assert set(masks.ravel()) == {0.0, 1.0}
    counts = np.bincount(masks.sum(axis=1).astype(int))
    assert list(counts) == [comb(6, k) for k in range(7)]


def test_geometric_mean_by_hand():
    # products 0.5 · 0.8 and 0.5 · 0.2, roots normalised: 2 to 1
    np.testing.assert_allclose(geometric_mean(np.array([[0.5, 0.5], [0.8, 0.2]])), [2 / 3, 1 / 3])


def test_expected_loss_is_the_mean_of_many_draws():
    rng = np.random.default_rng(2)
    x, y, w = rng.normal(size=(5, 3)), rng.normal(size=5), rng.normal(size=3)
    draws = np.array([dropout(x, 0.4, rng) @ w for _ in range(20000)])
    # each draw has a mask of its own for every example; the mean is the same
    losses = ((y - draws) ** 2).mean(axis=1)
    error = losses.std() / np.sqrt(len(losses))
    assert abs(losses.mean() - expected_loss(x, y, w, 0.4)) < 5 * error


def test_mask_of_ones_at_p_zero():
    np.testing.assert_array_equal(apply_mask(X, np.ones_like(X), 0.0), X)


# ---------------------------------------------------------------- stochastic depth


def test_drop_path_drops_whole_examples():
    x, branch = X, X[:, ::-1]
    out = drop_path(x, branch, 0.25, np.random.default_rng(3))
    identity = (out == x).all(axis=1)
    np.testing.assert_allclose(out[~identity], (x + branch / 0.75)[~identity], rtol=1e-12)
    assert abs(identity.mean() - 0.25) < 5 * np.sqrt(0.25 * 0.75 / len(X))
    np.testing.assert_array_equal(drop_path(x, branch, 0.25, None, training=False), x + branch)


def test_drop_path_takes_images():
    x = np.ones((4, 2, 3, 3))
    assert drop_path(x, x, 0.5, np.random.default_rng(0)).shape == x.shape


def test_expected_depth_of_the_paper():
    # huang2016: with a survival probability of one half at the end, (3 L - 1) / 4 blocks
    for blocks in (1, 10, 54):
        assert expected_depth(blocks, 0.5) == pytest.approx((3 * blocks - 1) / 4)
    assert expected_depth(7, 0.0) == 7


# ---------------------------------------------------------------- PyTorch


def test_mc_dropout_averages_and_restores_evaluation():
    model = torch_network(5, 8, 3, 0.5)
    x = torch.randn(4, 5)
    mean, deviation = torch_mc_dropout(model, x, 200)
    torch.testing.assert_close(mean.sum(1), torch.ones(4))
    assert (deviation > 0).all()
    assert not any(module.training for module in model.modules())
    torch.testing.assert_close(model(x), model(x))


def test_mc_dropout_leaves_batch_norm_alone():
    model = torch.nn.Sequential(torch.nn.BatchNorm1d(5), torch.nn.Dropout(0.5))
    before = model[0].running_mean.clone()
    torch_mc_dropout(model, torch.randn(4, 5) + 3, 5)
    torch.testing.assert_close(model[0].running_mean, before)


@pytest.mark.parametrize("kind", ["Dropout1d", "Dropout2d", "AlphaDropout"])
def test_mc_dropout_knows_the_other_kinds(kind):
    shape = (4, 3, 6, 6) if kind == "Dropout2d" else (4, 3, 6)
    model = torch.nn.Sequential(getattr(torch.nn, kind)(0.5), torch.nn.Flatten())
    _, deviation = torch_mc_dropout(
        model, torch.arange(1.0, 13.0).repeat(36)[: np.prod(shape)].reshape(shape), 50
    )
    assert deviation.max() > 0


def test_mc_dropout_refuses_one_sample():
    with pytest.raises(ValueError, match="samples is 1"):
        torch_mc_dropout(torch_network(5, 8, 3, 0.5), torch.zeros(4, 5), 1)


def test_mc_dropout_without_dropout_is_evaluation():
    model = torch_network(5, 8, 3, 0.0)
    x = torch.randn(4, 5)
    mean, deviation = torch_mc_dropout(model, x, 3)
    torch.testing.assert_close(mean, model(x).softmax(1))
    assert deviation.max() < 1e-6
