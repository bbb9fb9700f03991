"""GELU, SiLU, Mish and the gated units against exact values, PyTorch and finite differences."""

import mpmath
import numpy as np
import pytest
import torch

from snippets.activations.modern_activations import (
    gelu,
    gelu_grad,
    gelu_tanh,
    gelu_tanh_grad,
    glu,
    glu_grad,
    mish,
    mish_grad,
    normal_cdf,
    normal_pdf,
    silu,
    silu_grad,
    swiglu,
    swiglu_grad,
    torch_gelu,
    torch_gelu_tanh,
    torch_glu,
    torch_mish,
    torch_silu,
    torch_swiglu,
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


def exact_gelu(x):
    return x * (1 + mpmath.erf(x / mpmath.sqrt(2))) / 2


def exact_gelu_tanh(x):
    u = mpmath.sqrt(2 / mpmath.pi) * (x + mpmath.mpf("0.044715") * x**3)
    return x / 2 * (1 + mpmath.tanh(u))


def exact_silu(x):
    return x / (1 + mpmath.exp(-x))


def exact_mish(x):
    return x * mpmath.tanh(mpmath.log1p(mpmath.exp(x)))


GATED = [
    pytest.param(gelu, gelu_grad, torch_gelu, exact_gelu, id="gelu"),
    pytest.param(gelu_tanh, gelu_tanh_grad, torch_gelu_tanh, exact_gelu_tanh, id="gelu_tanh"),
    pytest.param(silu, silu_grad, torch_silu, exact_silu, id="silu"),
    pytest.param(mish, mish_grad, torch_mish, exact_mish, id="mish"),
]
gated = pytest.mark.parametrize(("function", "slope", "theirs", "formula"), GATED)

KNOWN = [
    # function, slope, x, value, derivative; source: mpmath, 20 digits, from the definitions above
    (gelu, gelu_grad, 0.0, 0.0, 0.5),
    (gelu, gelu_grad, 1.0, 0.84134474606854294859, 1.0833154705876862984),
    (gelu, gelu_grad, -1.0, -0.15865525393145705141, -0.083315470587686298383),
    (gelu, gelu_grad, -0.5, -0.15426876936299344818, 0.13250487534383715747),
    (gelu, gelu_grad, 2.0, 1.9544997361036415856, 1.0852318010781968967),
    (gelu_tanh, gelu_tanh_grad, 1.0, 0.84119199060827670478, 1.0829640838457825551),
    (gelu_tanh, gelu_tanh_grad, -2.0, -0.045402305912224981219, -0.086099256623618381565),
    (silu, silu_grad, 0.0, 0.0, 0.5),
    (silu, silu_grad, 1.0, 0.73105857863000487925, 0.92767051187148673179),
    (silu, silu_grad, -1.0, -0.26894142136999512075, 0.072329488128513268211),
    (mish, mish_grad, 0.0, 0.0, 0.6),  # tanh(ln 2) = (2 - 1/2) / (2 + 1/2)
    (mish, mish_grad, 1.0, 0.86509838826731034612, 1.0490362200997921591),
    (mish, mish_grad, -1.0, -0.30340146137410891807, 0.059216755877394948006),
]


@pytest.mark.parametrize(("function", "slope", "x", "value", "derivative"), KNOWN)
def test_known(function, slope, x, value, derivative):
    assert_close(function(x), value, ulps=4)
    assert_close(slope(x), derivative, ulps=12)  # two terms of opposite sign cancel left of zero


@gated
@pytest.mark.parametrize("dtype", DTYPES)
def test_exact_values_to_the_last_places(function, slope, theirs, formula, dtype):
    x = POINTS.astype(dtype)
    assert function(x).dtype == slope(x).dtype == dtype
    # exp magnifies the rounding of its exponent: x²/2, for gelu_tanh 0.07 x³ + 1.6 x
    size = np.abs(x.astype(float))
    magnified = 0.25 * size**3 + 5 * size if function is gelu_tanh else size**2
    assert_close(function(x), exact(formula, x), ulps=3 + magnified)
    assert_close(slope(x), exact_slope(formula, x), ulps=12 + magnified)


@gated
@pytest.mark.parametrize("dtype", DTYPES)
def test_pytorch(function, slope, theirs, formula, dtype):
    x = np.concatenate([POINTS, [0, -0.0, 1e-40, -1e-40, 1e4, -1e4, nan]]).astype(dtype)
    assert_close(function(x), theirs(torch.tensor(x)).numpy(), ulps=6, floor=1)
    assert_close(slope(x), autograd(theirs, x)[0], ulps=16, floor=1)


@gated
def test_slope_is_that_of_finite_differences(function, slope, theirs, formula):
    np.testing.assert_allclose(difference(function, POINTS), slope(POINTS), rtol=0, atol=5e-11)


@gated
@pytest.mark.parametrize("dtype", DTYPES)
def test_extremes_are_the_limits_where_pytorch_gives_nan(function, slope, theirs, formula, dtype):
    far = np.array([1e4, np.finfo(dtype).max, inf], dtype=dtype)
    np.testing.assert_array_equal(function(-far), 0)
    np.testing.assert_array_equal(function(far), far)
    np.testing.assert_array_equal(slope(-far), 0)
    np.testing.assert_array_equal(slope(far), 1)
    assert np.isnan(function(dtype(nan)))
    assert np.isnan(slope(dtype(nan)))
    ends = np.array([-inf, inf], dtype=dtype)
    assert torch.isnan(theirs(torch.tensor(ends))[0])
    assert np.isnan(autograd(theirs, ends)[0]).all()


# ---------------------------------------------------------------- what the pages say of the shapes


def extremum(function, low, high):
    """Where a unimodal function is smallest, by ternary search to 1e-8."""
    while high - low > 1e-8:
        third = (high - low) / 3
        if function(low + third) < function(high - third):
            high -= third
        else:
            low += third
    return (low + high) / 2


LAMBERT = float(mpmath.lambertw(1 / mpmath.e))
MINIMA = [
    # function, place, value; source
    (gelu, -0.75179152469356445746, -0.16997120747990366169),  # mpmath findroot of the slope
    (
        silu,
        -(1 + LAMBERT),
        -LAMBERT,
    ),  # closed form: σ(x) (1 + x σ(-x)) = 0, so (-x-1) e^(-x-1) = 1/e
    (mish, -1.1924312145154952121, -0.30884341301725040663),  # mpmath findroot of the slope
]


@pytest.mark.parametrize(("function", "place", "value"), MINIMA)
def test_minimum(function, place, value):
    found = extremum(function, -3.0, 0.0)
    assert abs(found - place) < 1e-6
    assert_close(function(found), value, ulps=4)


STEEPEST = [
    # slope, place, value; source
    (gelu_grad, np.sqrt(2), 1.1289041451851547863),  # closed form: φ(x) (2 - x²) = 0
    (silu_grad, 2.3993572805154676678, 1.0998393201288669166),  # mpmath findroot
    (mish_grad, 1.4905711794854284593, 1.0884981612517278612),  # mpmath findroot
]


@pytest.mark.parametrize(("slope", "place", "value"), STEEPEST)
def test_steepest_slope(slope, place, value):
    found = extremum(lambda x: -slope(x), 0.5, 4.0)
    assert abs(found - place) < 1e-6
    assert_close(slope(found), value, ulps=4)


def test_gelu_approximations_are_as_close_as_published():
    x = np.linspace(-8, 8, 16_001)
    assert 4.7e-4 < np.abs(gelu_tanh(x) - gelu(x)).max() < 4.8e-4
    assert 2.0e-2 < np.abs(x / (1 + np.exp(-1.702 * x)) - gelu(x)).max() < 2.1e-2


def test_gates_of_x_and_of_minus_x_add_up_to_one():
    assert_close(gelu(POINTS) - gelu(-POINTS), POINTS, ulps=2)
    assert_close(silu(POINTS) - silu(-POINTS), POINTS, ulps=2)
    assert_close(gelu_grad(POINTS) + gelu_grad(-POINTS), np.ones_like(POINTS), ulps=2)


@pytest.mark.parametrize("dtype", DTYPES)
def test_normal_distribution(dtype):
    x = POINTS.astype(dtype)
    assert normal_cdf(x).dtype == normal_pdf(x).dtype == dtype
    magnified = x.astype(float) ** 2  # exp magnifies the rounding of its exponent x²/2
    tail = 0 if dtype == np.float32 else magnified  # Φ is computed in float64 and rounded once
    assert_close(normal_cdf(x), exact(mpmath.ncdf, x), ulps=1 + tail)
    assert_close(normal_pdf(x), exact(mpmath.npdf, x), ulps=2 + magnified)
    assert normal_cdf(dtype(-inf)) == normal_pdf(dtype(-inf)) == normal_pdf(dtype(inf)) == 0
    assert normal_cdf(dtype(inf)) == 1


def test_left_tail_that_one_plus_erf_loses():
    assert_close(normal_cdf(-10.0), 7.6198530241605260660e-24, ulps=100)  # mpmath ncdf(-10)
    assert 1 + mpmath.fp.erf(-10 / np.sqrt(2)) == 0


# ---------------------------------------------------------------- GLU and SwiGLU


@pytest.mark.parametrize("axis", [-1, 0, 1, 2, -2])
@pytest.mark.parametrize("dtype", DTYPES)
def test_glu_on_every_axis(axis, dtype):
    x = np.random.default_rng(11).normal(0, 3, (4, 6, 8)).astype(dtype)
    assert glu(x, axis).dtype == glu_grad(x, axis).dtype == dtype
    assert_close(glu(x, axis), torch_glu(torch.tensor(x), axis).numpy(), ulps=3, floor=1)
    (theirs,) = autograd(lambda t: torch_glu(t, axis), x)
    assert_close(glu_grad(x, axis), theirs, ulps=4, floor=4)


def test_glu_gates_the_first_half_with_the_second():
    x = np.array([4.0, -8.0, 0.0, np.log(3)])  # σ(0) = 1/2, σ(ln 3) = 3/4
    assert_close(glu(x), [2.0, -6.0], ulps=2)
    assert_close(glu_grad(x), [0.5, 0.75, 1.0, -1.5], ulps=4)  # σ, then a σ (1 - σ)


@pytest.mark.parametrize("dtype", DTYPES)
def test_swiglu(dtype):
    rng = np.random.default_rng(12)
    gate, value = rng.normal(0, 3, (2, 5, 7)).astype(dtype)
    ours = swiglu(gate, value)
    assert ours.dtype == dtype
    theirs = torch_swiglu(torch.tensor(gate), torch.tensor(value)).numpy()
    assert_close(ours, theirs, ulps=3, floor=1)
    for mine, other in zip(
        swiglu_grad(gate, value), autograd(torch_swiglu, gate, value), strict=True
    ):
        assert mine.dtype == dtype
        assert_close(mine, other, ulps=8, floor=8)


def test_swiglu_gates_with_its_first_argument():
    gate, value = np.array([0.0, np.log(3)]), np.array([5.0, 4.0])
    assert_close(swiglu(gate, value), [0.0, 3 * np.log(3)], ulps=3)
    by_gate, by_value = swiglu_grad(gate, value)
    assert_close(by_value, [0.0, 0.75 * np.log(3)], ulps=3)
    assert_close(by_gate, [2.5, 4 * (0.75 + np.log(3) * 3 / 16)], ulps=3)


def test_slopes_of_gated_units_are_those_of_differences():
    rng = np.random.default_rng(13)
    a, b = rng.normal(0, 2, (2, 40))

    def joined(a, b):
        return glu(np.concatenate([a, b]))

    by_a, by_b = np.split(glu_grad(np.concatenate([a, b])), 2)
    by_gate, by_value = swiglu_grad(a, b)
    for slope, numeric in [
        (by_a, difference(lambda v: joined(v, b), a)),
        (by_b, difference(lambda v: joined(a, v), b)),
        (by_gate, difference(lambda v: swiglu(v, b), a)),
        (by_value, difference(lambda v: swiglu(a, v), b)),
    ]:
        np.testing.assert_allclose(slope, numeric, rtol=0, atol=2e-11)


def test_infinite_times_a_closed_gate_is_nan_as_in_pytorch():
    x = np.array([inf, 1.0, 2.0, -inf, -inf, inf])
    assert_close(glu(x), [nan, 0.0, 2.0], ulps=1)
    assert_close(torch_glu(torch.tensor(x)).numpy(), [nan, 0.0, 2.0], ulps=1)
    assert np.isnan(swiglu(np.array(-inf), np.array(inf)))


def test_wrong_shapes():
    for call in (glu, glu_grad):
        with pytest.raises(ValueError, match="has no two halves; give an even length"):
            call(np.zeros((2, 3)))
        with pytest.raises(ValueError, match="has no two halves"):
            call(np.zeros((2, 4)), axis=2)
        with pytest.raises(ValueError, match="has no two halves"):
            call(3.0)
    for call in (swiglu, swiglu_grad):
        with pytest.raises(ValueError, match=r"gate \(2,\) and value \(3,\) differ in shape"):
            call(np.zeros(2), np.zeros(3))


@gated
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3, 4)])
def test_keeps_the_shape(function, slope, theirs, formula, shape):
    assert np.shape(function(np.ones(shape))) == np.shape(slope(np.ones(shape))) == shape


@gated
def test_lists_are_arrays_and_ragged_rows_are_refused(function, slope, theirs, formula):
    for call in (function, slope):
        np.testing.assert_array_equal(call([1, -2]), call(np.array([1.0, -2.0])))
        with pytest.raises(ValueError, match="inhomogeneous"):
            call([[1.0], [1.0, 2.0]])


def test_empty_halves():
    assert glu(np.zeros((3, 0))).shape == (3, 0)
    assert swiglu(np.zeros(0), np.zeros(0)).shape == (0,)
