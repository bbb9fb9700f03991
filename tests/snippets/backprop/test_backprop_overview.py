"""The backward functions of the overview against PyTorch and finite differences."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from snippets.backprop import backprop_overview
from snippets.backprop.backprop_overview import (
    affine_backward,
    batch_norm,
    batch_norm_backward,
    cross_entropy_backward,
    dropout_backward,
    mse_backward,
    relu_backward,
    sigmoid_backward,
    softmax_backward,
    tanh_backward,
)

RNG = np.random.default_rng(7)


def of_torch(function, g, *inputs):
    tensors = [torch.tensor(a, requires_grad=True) for a in inputs]
    y = function(*tensors)
    return [d.numpy() for d in torch.autograd.grad(y, tensors, grad_outputs=torch.tensor(g))]


def test_affine_is_that_of_pytorch():
    x, w, b = RNG.normal(size=(6, 4)), RNG.normal(size=(4, 3)), RNG.normal(size=3)
    g = RNG.normal(size=(6, 3))
    expected = of_torch(lambda x, w, b: F.linear(x, w.T, b), g, x, w, b)
    for ours, theirs in zip(affine_backward(g, x, w), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-13)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (sigmoid_backward, torch.sigmoid),
        (tanh_backward, torch.tanh),
        (relu_backward, torch.relu),
        (softmax_backward, lambda x: x.softmax(-1)),
    ],
)
def test_from_the_output_alone(ours, theirs):
    x, g = RNG.normal(size=(5, 7)), RNG.normal(size=(5, 7))
    y = theirs(torch.tensor(x)).numpy()
    np.testing.assert_allclose(ours(g, y), of_torch(theirs, g, x)[0], atol=1e-15)


def test_relu_blocks_at_zero():
    assert relu_backward(np.ones(3), np.array([0.0, 0.0, 2.0])).tolist() == [0, 0, 1]


@pytest.mark.parametrize("shape", [(8, 3), (4, 3, 5, 5)])
def test_batch_norm_is_that_of_pytorch(shape):
    x, g = RNG.normal(2, 3, shape), RNG.normal(size=shape)
    gamma, beta = RNG.uniform(0.5, 2, 3), RNG.normal(size=3)
    y, u, s = batch_norm(x, gamma, beta)

    def theirs(x, gamma, beta):
        return F.batch_norm(x, None, None, gamma, beta, training=True)

    expected = theirs(*(torch.tensor(a) for a in (x, gamma, beta)))
    np.testing.assert_allclose(y, expected.numpy(), atol=1e-12)
    for ours, them in zip(
        batch_norm_backward(g, u, s, gamma), of_torch(theirs, g, x, gamma, beta), strict=True
    ):
        np.testing.assert_allclose(ours, them, atol=1e-12)


def test_batch_norm_gradient_is_free_of_mean_and_of_correlation():
    # The output does not change when x is shifted or (but for ε) scaled: the gradient has no part
    # along either direction.
    x, g = RNG.normal(size=(9, 2)), RNG.normal(size=(9, 2))
    _, u, s = batch_norm(x, np.ones(2), np.zeros(2), eps=0.0)
    dx, _, _ = batch_norm_backward(g, u, s, np.ones(2))
    np.testing.assert_allclose(dx.sum(axis=0), 0, atol=1e-13)
    np.testing.assert_allclose((dx * x).sum(axis=0), 0, atol=1e-13)


def test_layer_norm_has_the_rule_of_batch_norm_over_features():
    # gamma_j g_j in place of g_j, and no gamma in front.
    x, g = RNG.normal(size=(6, 5)), RNG.normal(size=(6, 5))
    gamma, beta = RNG.uniform(0.5, 2, 5), RNG.normal(size=5)
    _, u, s = batch_norm(x.T, np.ones(6), np.zeros(6))
    ours, _, _ = batch_norm_backward((gamma * g).T, u, s, np.ones(6))
    theirs = of_torch(lambda x: F.layer_norm(x, (5,), *map(torch.tensor, (gamma, beta))), g, x)
    np.testing.assert_allclose(ours.T, theirs[0], atol=1e-13)


@pytest.mark.parametrize("target", [[0, -1], [0, 3]])
def test_a_class_that_does_not_exist_is_refused(target):
    with pytest.raises(ValueError, match="from 0 to 2"):
        cross_entropy_backward(np.zeros((2, 3)), np.array(target))


def test_a_target_that_would_be_broadcast_is_refused():
    with pytest.raises(ValueError, match="differ"):
        mse_backward(np.zeros((3, 1)), np.zeros(3))


def test_losses():
    z, target = RNG.normal(0, 3, (6, 4)), RNG.integers(0, 4, 6)
    theirs = of_torch(lambda t: F.cross_entropy(t, torch.tensor(target)), np.array(1.0), z)[0]
    np.testing.assert_allclose(cross_entropy_backward(z, target), theirs, atol=1e-15)
    a, b = RNG.normal(size=(3, 5)), RNG.normal(size=(3, 5))
    theirs = of_torch(lambda t: F.mse_loss(t, torch.tensor(b)), np.array(1.0), a)[0]
    np.testing.assert_allclose(mse_backward(a, b), theirs, atol=1e-15)


def test_dropout_passes_what_was_kept():
    mask = np.array([1.0, 0, 1])
    assert dropout_backward(np.ones(3), mask, 0.5).tolist() == [2, 0, 2]


def test_network_gradient_is_that_of_finite_differences():
    x, target, mask, w = backprop_overview._example(np.random.default_rng(3))
    _, grad = backprop_overview.network_gradients(x, target, mask, w)
    h = 1e-5
    for name in ("conv", "gamma", "block_b", "out"):
        for at in (0, w[name].size - 1):
            sides = []
            for sign in (1, -1):
                moved = w[name].copy()
                moved.flat[at] += sign * h
                sides.append(
                    backprop_overview.network_gradients(x, target, mask, {**w, name: moved})[0]
                )
            slope = (sides[0] - sides[1]) / (2 * h)
            assert grad[name].flat[at] == pytest.approx(slope, abs=1e-8)
