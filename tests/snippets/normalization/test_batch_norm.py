"""Batch normalisation against PyTorch, finite differences and exact fractions."""

from fractions import Fraction

import numpy as np
import pytest
import torch
from torch import nn

from snippets.normalization.batch_norm import batch_norm, batch_norm_backward, update_running

SHAPES = [(2, 1), (5, 3), (3, 2, 4), (2, 3, 4, 5), (2, 2, 2, 3, 2)]


def inputs(shape, seed=0):
    rng = np.random.default_rng(seed)
    c = shape[1]
    return rng.normal(5, 3, shape), rng.normal(1, 1, c), rng.normal(0, 1, c), rng.normal(size=shape)


@pytest.mark.parametrize("shape", SHAPES)
def test_module_agrees_over_three_batches(shape):
    module = {2: nn.BatchNorm1d, 3: nn.BatchNorm1d, 4: nn.BatchNorm2d, 5: nn.BatchNorm3d}[
        len(shape)
    ](shape[1]).double()
    mean, var = np.zeros(shape[1]), np.ones(shape[1])
    for seed in range(3):
        x = inputs(shape, seed)[0]
        theirs = module(torch.tensor(x)).detach().numpy()
        ours = batch_norm(x, np.ones(shape[1]), np.zeros(shape[1]))[0]
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)
        mean, var = update_running(x, mean, var)
    np.testing.assert_allclose(mean, module.running_mean, rtol=1e-12)
    np.testing.assert_allclose(var, module.running_var, rtol=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
def test_gradients_are_those_of_autograd(shape):
    x, gamma, beta, g = inputs(shape)
    leaves = [torch.tensor(a, requires_grad=True) for a in (x, gamma, beta)]
    y = nn.functional.batch_norm(leaves[0], None, None, *leaves[1:], training=True)
    y.backward(torch.tensor(g))
    _, x_hat, std = batch_norm(x, gamma, beta)
    ours = batch_norm_backward(g, x_hat, std, gamma)
    for mine, leaf in zip(ours, leaves, strict=True):
        np.testing.assert_allclose(mine, leaf.grad.numpy(), rtol=0, atol=1e-12)


def test_input_gradient_is_that_of_finite_differences():
    x, gamma, beta, g = inputs((4, 2))
    _, x_hat, std = batch_norm(x, gamma, beta)
    dx = batch_norm_backward(g, x_hat, std, gamma)[0]
    for place in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[place] = 1e-5
        up, down = (float((g * batch_norm(x + s, gamma, beta)[0]).sum()) for s in (step, -step))
        assert dx[place] == pytest.approx((up - down) / 2e-5, abs=1e-7)


def test_variances_of_one_to_four_as_fractions():
    values = [Fraction(v) for v in (1, 2, 3, 4)]
    mean = sum(values) / 4
    squares = sum((v - mean) ** 2 for v in values)
    x = np.array([[1.0], [2.0], [3.0], [4.0]])
    std = batch_norm(x, np.ones(1), np.zeros(1), eps=0.0)[2]
    assert std[0, 0] ** 2 == pytest.approx(float(squares / 4), abs=1e-15)
    running = update_running(x, np.zeros(1), np.ones(1), momentum=1.0)
    assert (running[0][0], running[1][0]) == (float(mean), pytest.approx(float(squares / 3)))


@pytest.mark.parametrize("a", [1e-3, 7.0, -2.0])
def test_scale_and_shift_of_the_input_do_not_matter(a):
    x = inputs((6, 3))[0]
    ones, zeros = np.ones(3), np.zeros(3)
    plain = batch_norm(x, ones, zeros, eps=0.0)[0]
    moved = batch_norm(a * x + 11, ones, zeros, eps=0.0)[0]
    np.testing.assert_allclose(moved, np.sign(a) * plain, rtol=0, atol=1e-9)


def test_large_values_and_nan():
    x = inputs((6, 1))[0]
    far = batch_norm(x * 1e4 + 1e4, np.ones(1), np.zeros(1))[0]
    assert np.isfinite(far).all()
    x[2] = np.nan
    assert np.isnan(batch_norm(x, np.ones(1), np.zeros(1))[0]).all()  # one nan spoils the channel


def test_a_constant_channel_has_a_finite_gradient():
    x, g = np.full((4, 1), 7.0), np.array([[1.0], [-2.0], [0.5], [4.0]])
    _, x_hat, std = batch_norm(x, np.ones(1), np.zeros(1))
    dx = batch_norm_backward(g, x_hat, std, np.ones(1))[0]
    np.testing.assert_allclose(dx, (g - g.mean()) / np.sqrt(1e-5), rtol=1e-12)


@pytest.mark.parametrize(
    ("shape", "channels"), [((1, 3), 3), ((4, 3), 2), ((4,), 4), ((0, 3), 3), ((1, 2, 1), 2)]
)
def test_what_has_no_variance_or_wrong_channels_is_refused(shape, channels):
    with pytest.raises(ValueError, match=r"channel|gamma"):
        batch_norm(np.ones(shape), np.ones(channels), np.zeros(channels))
