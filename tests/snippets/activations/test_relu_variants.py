"""The ReLU family against exact values, PyTorch, autograd and finite differences."""

from functools import partial

import mpmath
import numpy as np
import pytest
import torch

from snippets.activations.relu_variants import (
    SELU_ALPHA,
    SELU_SCALE,
    celu,
    celu_grad,
    elu,
    elu_grad,
    leaky_relu,
    leaky_relu_grad,
    prelu,
    prelu_grad,
    prelu_slope_grad,
    rrelu,
    rrelu_grad,
    selu,
    selu_grad,
    softplus,
    softplus_grad,
    torch_celu,
    torch_elu,
    torch_leaky_relu,
    torch_prelu,
    torch_rrelu,
    torch_selu,
    torch_softplus,
)
from tests.snippets.activations.oracles import (
    DTYPES,
    POINTS,
    assert_close,
    autograd,
    away_from,
    difference,
    exact,
    exact_slope,
)

inf, nan = np.inf, np.nan


def torch_prelu_quarter(x):
    return torch_prelu(x, x.new_tensor(0.25))


def bent(left):
    """The exact formula that is x right of zero and ``left`` of it elsewhere."""
    return lambda x: x if x > 0 else left(x)


def exact_selu(x):
    root = mpmath.sqrt(mpmath.mpf(1) / 2)  # the closed form of the two constants, klambauer2017
    e, pi, erfc = mpmath.e, mpmath.pi, mpmath.erfc
    alpha = -mpmath.sqrt(2 / pi) / (erfc(root) * mpmath.sqrt(e) - 1)
    scale = (1 - erfc(root) * mpmath.sqrt(e)) * mpmath.sqrt(2 * pi)
    scale /= mpmath.sqrt(
        2 * erfc(mpmath.sqrt(2)) * e**2
        + pi * erfc(root) ** 2 * e
        - 2 * (2 + pi) * erfc(root) * mpmath.sqrt(e)
        + pi
        + 2
    )
    return scale * (x if x > 0 else alpha * mpmath.expm1(x))


def case(function, slope, theirs, formula, name, /, **options):
    return pytest.param(
        partial(function, **options),
        partial(slope, **options),
        partial(theirs, **options),
        formula,
        id=name,
    )


FAMILY = [
    case(
        leaky_relu, leaky_relu_grad, torch_leaky_relu, bent(lambda x: x * mpmath.mpf(0.01)), "leaky"
    ),
    case(
        leaky_relu, leaky_relu_grad, torch_leaky_relu, bent(lambda x: 2 * x), "leaky-2", slope=2.0
    ),
    case(
        leaky_relu, leaky_relu_grad, torch_leaky_relu, bent(lambda x: 0 * x), "leaky-0", slope=0.0
    ),
    case(prelu, prelu_grad, torch_prelu_quarter, bent(lambda x: x / 4), "prelu"),
    case(rrelu, rrelu_grad, torch_rrelu, bent(lambda x: x * 11 / 48), "rrelu"),
    case(elu, elu_grad, torch_elu, bent(mpmath.expm1), "elu"),
    case(elu, elu_grad, torch_elu, bent(lambda x: 2 * mpmath.expm1(x)), "elu-2", alpha=2.0),
    case(selu, selu_grad, torch_selu, exact_selu, "selu"),
    case(celu, celu_grad, torch_celu, bent(mpmath.expm1), "celu"),
    case(celu, celu_grad, torch_celu, bent(lambda x: 2 * mpmath.expm1(x / 2)), "celu-2", alpha=2.0),
    case(
        softplus, softplus_grad, torch_softplus, lambda x: mpmath.log1p(mpmath.exp(x)), "softplus"
    ),
    case(
        softplus,
        softplus_grad,
        torch_softplus,
        lambda x: mpmath.log1p(mpmath.exp(x / 2)) * 2,
        "softplus-half",
        beta=0.5,
    ),
]
family = pytest.mark.parametrize(("function", "slope", "theirs", "formula"), FAMILY)

LN2, LN3 = np.log(2), np.log(3)
EXP_700 = 9.8596765437597708567e-305
KNOWN = [
    # function, x, value, slope, source
    (leaky_relu, leaky_relu_grad, -2.0, -0.02, 0.01, "0.01 · -2"),
    (leaky_relu, leaky_relu_grad, 3.0, 3.0, 1.0, "x"),
    (leaky_relu, leaky_relu_grad, 0.0, 0.0, 0.01, "slope of the left side at 0, PyTorch"),
    (prelu, prelu_grad, -4.0, -1.0, 0.25, "initial slope 1/4, he2015"),
    (rrelu, rrelu_grad, -48.0, -11.0, 11 / 48, "(1/8 + 1/3) / 2 = 11/48"),
    (elu, elu_grad, -LN2, -0.5, 0.5, "1/2 - 1"),
    (elu, elu_grad, 0.0, 0.0, 1.0, "e⁰ - 1"),
    (elu, elu_grad, -1e-20, -1e-20, 1.0, "x + x²/2: not cancelled"),
    (selu, selu_grad, 1.0, 1.0507009873554804934, 1.0507009873554804934, "λ, klambauer2017"),
    (selu, selu_grad, -inf, -1.7580993408473766, 0.0, "-λα: 1.0507… · 1.6732…, klambauer2017"),
    (celu, celu_grad, -LN3, -2 / 3, 1 / 3, "1/3 - 1"),
    (softplus, softplus_grad, 0.0, LN2, 0.5, "ln(1 + 1)"),
    (softplus, softplus_grad, LN3, np.log(4), 0.75, "ln(1 + 3)"),
    (softplus, softplus_grad, -2.0, 0.12692801104297249644, 0.11920292202211755594, "mpmath"),
    (softplus, softplus_grad, -700.0, EXP_700, EXP_700, "mpmath e^-700"),
    (softplus, softplus_grad, 1e4, 1e4, 1.0, "ln(1 + e^10000)"),
]


@pytest.mark.parametrize(("function", "slope", "x", "value", "derivative", "source"), KNOWN)
def test_known(function, slope, x, value, derivative, source):
    assert_close(function(x), value, ulps=3)
    assert_close(slope(x), derivative, ulps=3)


@family
@pytest.mark.parametrize("dtype", DTYPES)
def test_exact_values_to_the_last_places(function, slope, theirs, formula, dtype):
    x = POINTS.astype(dtype)
    assert function(x).dtype == slope(x).dtype == dtype
    assert_close(function(x), exact(formula, x), ulps=2)
    x = away_from(x, [0.0], margin=1e-6)
    assert_close(slope(x), exact_slope(formula, x), ulps=3)


@family
@pytest.mark.parametrize("dtype", DTYPES)
def test_pytorch(function, slope, theirs, formula, dtype):
    x = np.concatenate([POINTS, [0, -0.0, 1e-40, -1e-40, 1e4, -1e4]]).astype(dtype)
    if "softplus" in str(function):
        x = x[x < 20]  # PyTorch is linear from there
    assert_close(function(x), theirs(torch.tensor(x)).numpy(), ulps=2, floor=1)
    if dtype == np.float64:  # in float32 PyTorch's slope at subnormal x depends on its kernel
        assert_close(slope(x), autograd(theirs, x)[0], ulps=2, floor=1)


@family
def test_slope_is_that_of_finite_differences(function, slope, theirs, formula):
    x = away_from(POINTS, [0.0])
    np.testing.assert_allclose(difference(function, x), slope(x), rtol=0, atol=1e-10)


LIMITS = [
    # function, slope, value at -inf, slope there, slope at inf; all are inf at inf
    (leaky_relu, leaky_relu_grad, -inf, 0.01, 1.0),
    (prelu, prelu_grad, -inf, 0.25, 1.0),
    (rrelu, rrelu_grad, -inf, 11 / 48, 1.0),
    (elu, elu_grad, -1.0, 0.0, 1.0),
    (selu, selu_grad, -SELU_SCALE * SELU_ALPHA, 0.0, SELU_SCALE),
    (celu, celu_grad, -1.0, 0.0, 1.0),
    (softplus, softplus_grad, 0.0, 0.0, 1.0),
]


@pytest.mark.parametrize(("function", "slope", "left", "slope_left", "slope_right"), LIMITS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_extremes_are_the_limits(function, slope, left, slope_left, slope_right, dtype):
    assert_close(function(dtype(-inf)), left, ulps=1)
    assert function(dtype(inf)) == inf
    for far in (dtype(1e4), dtype(inf)):
        assert_close(slope(-far), slope_left, ulps=1)
        assert_close(slope(far), slope_right, ulps=1)
    assert np.isnan(function(dtype(nan)))
    assert np.isnan(slope(dtype(nan)))


def test_leaky_relu_is_a_maximum_for_slopes_up_to_one_only():
    for a in (0.0, 0.3, 1.0):
        np.testing.assert_array_equal(leaky_relu(POINTS, a), np.maximum(a * POINTS, POINTS))
    x = np.array([-2.0, 3.0])
    np.testing.assert_array_equal(leaky_relu(x, 2.0), [-4.0, 3.0])
    np.testing.assert_array_equal(np.maximum(2 * x, x), [-2.0, 6.0])


# ---------------------------------------------------------------- PReLU: slopes per channel


@pytest.mark.parametrize("shape", [(5, 3), (5, 3, 7), (2, 3, 4, 5)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_prelu_per_channel(shape, dtype):
    rng = np.random.default_rng(6)
    x, g = rng.normal(size=shape).astype(dtype), rng.normal(size=shape).astype(dtype)
    slope = np.array([0.1, -0.5, 2.0], dtype=dtype)
    ours, theirs = prelu(x, slope), torch_prelu(torch.tensor(x), torch.tensor(slope)).numpy()
    assert ours.dtype == prelu_grad(x, slope).dtype == dtype
    np.testing.assert_array_equal(ours, theirs)
    by_x, by_slope = autograd(lambda t, a: torch_prelu(t, a) * torch.tensor(g), x, slope)
    assert_close(prelu_grad(x, slope) * g, by_x, ulps=1)
    assert_close(prelu_slope_grad(g, x, slope), by_slope, ulps=8, floor=10)


@pytest.mark.parametrize("slope_shape", [(), (1,)])
def test_prelu_with_one_slope(slope_shape):
    x = np.array([[-2.0, 4.0, -1.0]])
    slope = np.full(slope_shape, 0.5)
    np.testing.assert_array_equal(prelu(x, slope), [[-1.0, 4.0, -0.5]])
    by_slope = prelu_slope_grad(np.ones((1, 3)), x, slope)
    assert by_slope.shape == slope_shape
    assert by_slope == -3.0


@pytest.mark.parametrize(
    ("x_shape", "slope_shape"), [((2, 3), (2,)), ((3,), (3,)), ((), (3,)), ((2, 3), (3, 1))]
)
def test_prelu_refuses_slopes_that_fit_no_channel(x_shape, slope_shape):
    x, slope = np.zeros(x_shape), np.zeros(slope_shape)
    for call in (prelu, prelu_grad, partial(prelu_slope_grad, x)):
        with pytest.raises(ValueError, match=r"slope \(.*\) does not fit x \(.*\); give one"):
            call(x, slope)


# ---------------------------------------------------------------- RReLU: random slopes


@pytest.mark.parametrize("dtype", DTYPES)
def test_rrelu_draws_slopes_in_training(dtype):
    x = np.full(20_000, -1.0, dtype=dtype)
    slopes = -rrelu(x, 0.2, 0.6, np.random.default_rng(7))
    assert slopes.dtype == dtype
    assert slopes.min() >= 0.2
    assert slopes.max() <= dtype(0.6)
    # mean and variance of U(0.2, 0.6) are 0.4 and 0.4²/12; five standard errors
    assert abs(slopes.mean() - 0.4) < 5 * np.sqrt(0.16 / 12 / x.size)
    assert abs(slopes.var() - 0.16 / 12) < 5 * np.sqrt(0.16**2 / 180 / x.size)


def test_rrelu_backward_uses_the_slopes_of_forward():
    x = np.random.default_rng(8).normal(size=(50, 4))
    y = rrelu(x, rng=np.random.default_rng(9))
    np.testing.assert_allclose(rrelu_grad(x, rng=np.random.default_rng(9)) * x, y, rtol=1e-15)
    assert (y[x > 0] == x[x > 0]).all()
    assert len(np.unique(y[x < 0] / x[x < 0])) > 50
    assert not np.array_equal(y, rrelu(x, rng=np.random.default_rng(10)))


def test_rrelu_refuses_bounds_in_the_wrong_order():
    with pytest.raises(ValueError, match=r"lower 0.5 to upper 0.1; swap them"):
        rrelu(np.zeros(3), 0.5, 0.1)


# ---------------------------------------------------------------- ELU, SELU, CELU, softplus


def test_selu_constants_are_the_closed_form():
    with mpmath.workdps(30):
        assert float(exact_selu(mpmath.mpf(1))) == SELU_SCALE
        alpha = -exact_selu(mpmath.mpf(-200)) / exact_selu(mpmath.mpf(1))
        assert float(alpha) == SELU_ALPHA


def test_selu_keeps_a_standard_normal_standardised():
    nodes, weights = np.polynomial.legendre.leggauss(200)
    halves = [(6.5 * (nodes + 1) * sign, 6.5 * weights) for sign in (-1, 1)]  # [-13, 0] and [0, 13]
    moments = [
        sum((w * selu(x) ** k * np.exp(-(x**2) / 2)).sum() for x, w in halves) / np.sqrt(2 * np.pi)
        for k in (1, 2)
    ]
    np.testing.assert_allclose(moments, [0.0, 1.0], rtol=0, atol=1e-14)


def test_elu_bends_at_zero_unless_alpha_is_one_celu_never():
    right, left = 1e-9, -1e-9
    assert elu_grad(right, 3.0) == 1
    assert_close(elu_grad(left, 3.0), 3.0, ulps=2**24)
    assert_close(celu_grad(left, 3.0), 1.0, ulps=2**22)
    np.testing.assert_array_equal(elu(POINTS), celu(POINTS))


def test_softplus_invariants():
    assert_close(softplus(POINTS) - softplus(-POINTS), POINTS, ulps=4, floor=1)
    assert_close(softplus(POINTS), np.logaddexp(0, POINTS), ulps=4)
    gap = softplus(POINTS, beta=100.0) - np.maximum(POINTS, 0)
    assert gap.min() >= 0
    assert gap.max() <= LN2 / 100


def test_pytorchs_softplus_is_linear_beyond_its_threshold():
    x = np.array([20.0 + 1e-9])
    gap = softplus(x) - torch_softplus(torch.tensor(x)).numpy()
    np.testing.assert_allclose(gap, np.exp(-20.0), rtol=1e-5)  # the 2.1e-9 of the docstring
    assert gap < 2.1e-9


@pytest.mark.parametrize("function", [softplus, softplus_grad, celu, celu_grad])
@pytest.mark.parametrize("value", [0.0, -1.0, nan])
def test_refuses_parameters_that_are_not_positive(function, value):
    with pytest.raises(ValueError, match=r"(alpha|beta) is .*; it must be positive"):
        function(np.zeros(3), value)


# ---------------------------------------------------------------- shapes


@family
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3, 4)])
def test_keeps_the_shape(function, slope, theirs, formula, shape):
    assert np.shape(function(np.ones(shape))) == np.shape(slope(np.ones(shape))) == shape


@family
def test_lists_are_arrays_and_ragged_rows_are_refused(function, slope, theirs, formula):
    for call in (function, slope):
        np.testing.assert_array_equal(call([1, -2]), call(np.array([1.0, -2.0])))
        with pytest.raises(ValueError, match="inhomogeneous"):
            call([[1.0], [1.0, 2.0]])
