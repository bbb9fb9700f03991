"""Pooling against PyTorch, autograd and windows done by hand."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from snippets.backprop.cnn_backprop import avg_pool2d, max_pool2d
from snippets.receptive_cost.pooling import (
    adaptive_avg_pool2d,
    global_avg_pool,
    global_avg_pool_backward,
    global_max_pool,
    global_max_pool_backward,
    lp_pool2d,
    pool_reshape,
    stochastic_pool2d,
)

GRID = np.array([[1.0, 3, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]])


def draw(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def test_grid_done_by_hand():
    assert pool_reshape(GRID, 2).tolist() == [[6, 8], [3, 4]]
    assert pool_reshape(GRID, 2, "mean").tolist() == [[3.75, 5.25], [2, 2]]
    assert global_avg_pool(GRID) == 3.25
    assert global_max_pool(GRID) == 8


@pytest.mark.parametrize("shape", [(6, 6), (2, 7, 5), (2, 3, 9, 8)])
@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_reshape_is_pooling_with_stride_k(shape, k):
    x = draw(*shape)
    np.testing.assert_array_equal(pool_reshape(x, k), max_pool2d(x, k, k))
    np.testing.assert_allclose(pool_reshape(x, k, "mean"), avg_pool2d(x, k, k), atol=1e-15)
    image = torch.tensor(x).reshape(1, -1, *shape[-2:])
    theirs = F.max_pool2d(image, k).numpy().reshape(pool_reshape(x, k).shape)
    np.testing.assert_array_equal(pool_reshape(x, k), theirs)


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (5, 7), (7, 4), (9, 9)])
def test_adaptive_is_that_of_pytorch(size):
    x = draw(2, 3, 7, 6)
    theirs = F.adaptive_avg_pool2d(torch.tensor(x), size).numpy()
    np.testing.assert_allclose(adaptive_avg_pool2d(x, *size), theirs, atol=1e-14)


def test_adaptive_to_one_is_global():
    x = draw(2, 3, 5, 4)
    np.testing.assert_allclose(adaptive_avg_pool2d(x, 1, 1)[..., 0, 0], global_avg_pool(x))


def test_global_gradients_are_those_of_autograd():
    x, g = draw(2, 3, 4, 5), draw(2, 3, seed=1)
    x[0, 0, 1, 2] = x[0, 0, 3, 1] = 9.0  # a tie: flatten().max(dim) takes the first
    image = torch.tensor(x, requires_grad=True)
    (mean,) = torch.autograd.grad(image.mean((-2, -1)), image, torch.tensor(g))
    np.testing.assert_allclose(global_avg_pool_backward(g, x.shape), mean.numpy(), atol=1e-16)
    first = F.adaptive_max_pool2d(image, 1).flatten(1)
    (top,) = torch.autograd.grad(first, image, torch.tensor(g))
    np.testing.assert_array_equal(global_max_pool_backward(g, x), top.numpy())


@pytest.mark.parametrize("p", [1.0, 2.0, 5.5])
def test_lp_is_that_of_pytorch(p):
    x = np.abs(draw(2, 3, 6, 8))
    theirs = F.lp_pool2d(torch.tensor(x), p, 2).numpy()
    np.testing.assert_allclose(lp_pool2d(x, 2, p), theirs, rtol=1e-12)


def test_lp_approaches_the_maximum():
    np.testing.assert_allclose(lp_pool2d(GRID, 2, 200), pool_reshape(GRID, 2), rtol=1e-2)


def test_stochastic_draws_in_proportion():
    rng = np.random.default_rng(0)
    x = np.tile([[1.0, 2], [3, 4]], (200, 200))
    drawn = stochastic_pool2d(x, 2, rng)
    for value in (1, 2, 3, 4):
        p = value / 10
        share = (drawn == value).mean()
        assert abs(share - p) < 4 * np.sqrt(p * (1 - p) / drawn.size)
    assert not stochastic_pool2d(np.zeros((4, 4)), 2, rng).any()
    lone = np.array([[0.0, 0], [7, 0]])
    assert all(stochastic_pool2d(lone, 2, rng)[0, 0] == 7 for _ in range(50))


def test_what_has_no_meaning_is_refused():
    for kind, k in (("avg", 2), ("std", 2), ("max", 0)):
        with pytest.raises(ValueError, match="kind"):
            pool_reshape(GRID, k, kind)
    with pytest.raises(ValueError, match="x >= 0"):
        lp_pool2d(-GRID, 2, 3)
    with pytest.raises(ValueError, match="p > 0"):
        lp_pool2d(GRID, 2, 0)
    with pytest.raises(ValueError, match="x >= 0"):
        stochastic_pool2d(-GRID, 2, np.random.default_rng(0))


def test_no_window_is_refused():
    with pytest.raises(ValueError, match="no 4×4 window"):
        pool_reshape(np.zeros((3, 8)), 4)
    assert pool_reshape(np.zeros((0, 4, 4)), 2).shape == (0, 2, 2)
