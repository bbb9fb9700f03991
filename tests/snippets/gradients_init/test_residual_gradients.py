"""Jacobians of residual stacks against autograd, finite differences and closed forms."""

import numpy as np
import pytest
import torch

from snippets.gradients_init.residual_gradients import jacobian_product, torch_jacobian
from snippets.kit import seeds


def stack(weights, x, skip):
    for W in weights:
        x = skip * x + np.tanh(W @ x)
    return x


@pytest.mark.parametrize("skip", [0.0, 0.5, 1.0])
def test_jacobian_equals_finite_differences_and_autograd(skip):
    for rng in seeds(3):
        weights, x = rng.normal(0, 0.4, (5, 4, 4)), rng.normal(size=4)
        ours, norms = jacobian_product(weights, x, skip)
        step = 1e-6
        columns = [
            (stack(weights, x + d, skip) - stack(weights, x - d, skip)) / (2 * step)
            for d in step * np.eye(4)
        ]
        np.testing.assert_allclose(ours, np.stack(columns, axis=1), atol=1e-8)
        theirs = torch_jacobian(torch.tensor(weights), torch.tensor(x), skip)
        np.testing.assert_allclose(ours, theirs, atol=1e-12)
        assert norms[-1] == pytest.approx(np.linalg.svd(ours, compute_uv=False)[0])
        assert len(norms) == 5


def test_zero_branches_leave_the_identity():
    J, norms = jacobian_product(np.zeros((50, 3, 3)), np.array([1.0, -2.0, 3.0]))
    np.testing.assert_array_equal(J, np.eye(3))
    assert norms == [1.0] * 50


def test_zero_branches_without_skip_leave_nothing():
    J, _ = jacobian_product(np.zeros((2, 3, 3)), np.ones(3), skip=0.0)
    np.testing.assert_array_equal(J, np.zeros((3, 3)))


def test_at_the_origin_the_product_is_that_of_the_matrices():
    weights = np.random.default_rng(0).normal(size=(4, 3, 3))
    J, _ = jacobian_product(weights, np.zeros(3))  # tanh' (0) = 1
    expected = np.linalg.multi_dot([np.eye(3) + W for W in weights[::-1]])
    np.testing.assert_allclose(J, expected)


def test_a_branch_of_minus_x_cancels():
    # tanh(W h) with W = -I at h = 0: the slope is that of -h
    J, _ = jacobian_product(-np.eye(2)[None], np.zeros(2))
    np.testing.assert_array_equal(J, np.zeros((2, 2)))


def test_no_block_at_all():
    J, norms = jacobian_product([], np.ones(2))
    np.testing.assert_array_equal(J, np.eye(2))
    assert norms == []
