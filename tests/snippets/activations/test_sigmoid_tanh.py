"""Sigmoid and tanh against exact values, PyTorch and finite differences."""

import mpmath
import numpy as np
import pytest
import torch

from snippets.activations.sigmoid_tanh import (
    sigmoid,
    sigmoid_grad,
    tanh,
    tanh_grad,
    torch_sigmoid,
    torch_tanh,
)
from tests.snippets.activations.oracles import (
    DTYPES,
    POINTS,
    assert_close,
    autograd,
    difference,
    exact,
    exact_slope,
)

inf, nan = np.inf, np.nan


def exact_sigmoid(x):
    return 1 / (1 + mpmath.exp(-x))


PAIRS = [
    pytest.param(sigmoid, sigmoid_grad, torch_sigmoid, exact_sigmoid, id="sigmoid"),
    pytest.param(tanh, tanh_grad, torch_tanh, mpmath.tanh, id="tanh"),
]

KNOWN = [
    # function, x, value, source
    (sigmoid, 0.0, 0.5, "1 / (1 + 1)"),
    (sigmoid, np.log(3), 0.75, "1 / (1 + 1/3)"),
    (sigmoid, -np.log(3), 0.25, "1 / (1 + 3)"),
    (sigmoid, 2.0, 0.88079707797788244406, "mpmath 1/(1+exp(-2))"),
    (
        sigmoid,
        -700.0,
        9.8596765437597708567e-305,
        "mpmath exp(-700), to which 1/(1+exp(700)) rounds",
    ),
    (sigmoid_grad, 0.0, 0.25, "1/2 · 1/2, the maximum"),
    (sigmoid_grad, np.log(3), 3 / 16, "3/4 · 1/4"),
    (tanh, 0.0, 0.0, "odd function"),
    (tanh, np.log(2), 0.6, "(2 - 1/2) / (2 + 1/2)"),
    (tanh, -np.log(3), -0.8, "(1/3 - 3) / (1/3 + 3)"),
    (tanh_grad, 0.0, 1.0, "1 - 0², the maximum"),
    (tanh_grad, np.log(2), 0.64, "1 - 0.6²"),
    (tanh_grad, 5.0, 1.8158323094380668413e-4, "mpmath sech(5)²"),
]


@pytest.mark.parametrize(("function", "x", "value", "source"), KNOWN)
def test_known(function, x, value, source):
    assert_close(function(x), value, ulps=4)


LIMITS = [
    # function, at -inf, at inf
    (sigmoid, 0.0, 1.0),
    (sigmoid_grad, 0.0, 0.0),
    (tanh, -1.0, 1.0),
    (tanh_grad, 0.0, 0.0),
]


@pytest.mark.parametrize(("function", "left", "right"), LIMITS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_extremes_are_the_limits(function, left, right, dtype):
    far = np.array([1e4, np.finfo(dtype).max, inf], dtype=dtype)
    np.testing.assert_array_equal(function(-far), left)
    np.testing.assert_array_equal(function(far), right)
    assert np.isnan(function(dtype(nan)))


@pytest.mark.parametrize(("function", "slope", "theirs", "formula"), PAIRS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_exact_values_to_the_last_places(function, slope, theirs, formula, dtype):
    x = POINTS.astype(dtype)
    assert function(x).dtype == slope(x).dtype == dtype
    assert_close(function(x), exact(formula, x), ulps=2)
    assert_close(slope(x), exact_slope(formula, x), ulps=4)


@pytest.mark.parametrize(("function", "slope", "theirs", "formula"), PAIRS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_pytorch(function, slope, theirs, formula, dtype):
    x = np.concatenate([POINTS, [0, -0.0, 1e-40, 1e4, -1e4, inf, -inf, nan]]).astype(dtype)
    assert_close(function(x), theirs(torch.tensor(x)).numpy(), ulps=2, floor=1)
    assert_close(slope(x), autograd(theirs, x)[0], ulps=4, floor=1)


@pytest.mark.parametrize(("function", "slope", "theirs", "formula"), PAIRS)
def test_slope_is_that_of_finite_differences(function, slope, theirs, formula):
    np.testing.assert_allclose(difference(function, POINTS), slope(POINTS), rtol=0, atol=2e-12)


def test_slope_survives_where_one_minus_the_value_cancels():
    x = np.array([40.0])
    assert_close(sigmoid_grad(x), np.exp(-x), ulps=4)
    assert autograd(torch_sigmoid, x)[0] == [0.0]
    assert_close(tanh_grad(x), 4 * np.exp(-2 * x), ulps=8)
    assert autograd(torch_tanh, x)[0] == [0.0]


def test_first_x_that_rounds_to_one_as_documented():
    assert sigmoid(36.0) < 1 == sigmoid(37.0)
    assert tanh(18.5) < 1 == tanh(19.5)


def test_small_probabilities_that_pytorch_loses_in_float32():
    x = np.array([-89.0] * 16, dtype=np.float32)
    np.testing.assert_allclose(sigmoid(x), np.exp(-89.0), rtol=1e-6)  # subnormal: 21 bits are left
    assert not torch_sigmoid(torch.tensor(x)).any()


def test_invariants():
    assert_close(sigmoid(POINTS) + sigmoid(-POINTS), np.ones_like(POINTS), ulps=1)
    assert_close(tanh(POINTS), 2 * sigmoid(2 * POINTS) - 1, ulps=2, floor=1)
    np.testing.assert_array_equal(tanh(-POINTS), -tanh(POINTS))
    np.testing.assert_array_equal(sigmoid_grad(-POINTS), sigmoid_grad(POINTS))
    assert (np.diff(sigmoid(POINTS)) >= 0).all()


@pytest.mark.parametrize("function", [sigmoid, sigmoid_grad, tanh, tanh_grad])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3, 4)])
def test_keeps_the_shape(function, shape):
    assert np.shape(function(np.ones(shape))) == shape


@pytest.mark.parametrize("function", [sigmoid, sigmoid_grad, tanh, tanh_grad])
def test_lists_are_arrays_and_ragged_rows_are_refused(function):
    np.testing.assert_array_equal(function([1, -2]), function(np.array([1.0, -2.0])))
    with pytest.raises(ValueError, match="inhomogeneous"):
        function([[1.0], [1.0, 2.0]])
