"""ReLU against its definition, PyTorch and finite differences."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from snippets.activations.relu import relu, relu_grad, torch_relu
from tests.snippets.activations.oracles import DTYPES, POINTS, assert_close, autograd, difference

inf, nan = np.inf, np.nan

KNOWN = [
    # x, max(0, x), slope; source: the definition, glorot2011
    (-2.0, 0.0, 0.0),
    (-0.5, 0.0, 0.0),
    (0.5, 0.5, 1.0),
    (2.0, 2.0, 1.0),
    (-1e4, 0.0, 0.0),
    (1e4, 1e4, 1.0),
    (5e-324, 5e-324, 1.0),  # the smallest float64 above 0
    (-5e-324, 0.0, 0.0),
    (-inf, 0.0, 0.0),
    (inf, inf, 1.0),
]


@pytest.mark.parametrize(("x", "value", "slope"), KNOWN)
def test_known(x, value, slope):
    assert relu(x) == value
    assert relu_grad(x) == slope


@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_slope_at_zero_is_a_choice(zero):
    assert relu(zero) == 0
    assert relu_grad(zero) == 0
    assert relu_grad(zero, at_zero=0.5) == 0.5
    assert autograd(F.relu, np.array([zero]))[0] == [0.0]  # PyTorch chooses 0


def test_nan_stays_nan_where_autograd_says_one():
    assert np.isnan(relu(nan))
    assert np.isnan(relu_grad(nan))
    assert torch.isnan(F.relu(torch.tensor(nan)))
    assert autograd(F.relu, np.array([nan]))[0] == [1.0]


@pytest.mark.parametrize("dtype", DTYPES)
def test_pytorch_agrees_exactly(dtype):
    x = np.concatenate([POINTS, [0, -0.0, 1e4, -1e4, inf, -inf]]).astype(dtype)
    assert relu(x).dtype == relu_grad(x).dtype == dtype
    np.testing.assert_array_equal(relu(x), torch_relu(torch.tensor(x)).numpy())
    np.testing.assert_array_equal(relu_grad(x), autograd(torch_relu, x)[0])


def test_slope_is_that_of_finite_differences():
    x = POINTS[np.abs(POINTS) > 0.01]
    np.testing.assert_allclose(difference(relu, x), relu_grad(x), rtol=0, atol=1e-10)


def test_splits_x_into_two_rectified_parts():
    np.testing.assert_array_equal(relu(POINTS) - relu(-POINTS), POINTS)
    np.testing.assert_array_equal(relu(POINTS) + relu(-POINTS), np.abs(POINTS))


def test_scales_with_positive_factors_only():
    assert_close(relu(3 * POINTS), 3 * relu(POINTS), ulps=1)
    assert relu(-1 * 2.0) != -1 * relu(2.0)


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3, 4)])
def test_keeps_the_shape(shape):
    x = np.ones(shape)
    assert np.shape(relu(x)) == np.shape(relu_grad(x)) == shape


def test_ragged_rows_are_refused():
    with pytest.raises(ValueError, match="inhomogeneous"):
        relu([[1.0], [1.0, 2.0]])
