"""The remaining activations, and the list of all of them: each entry is what it says."""

import mpmath
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from snippets.activations.activation_zoo import (
    ACTIVATIONS,
    hardsigmoid,
    hardsigmoid_grad,
    hardswish,
    hardswish_grad,
    hardtanh,
    hardtanh_grad,
    identity,
    identity_grad,
    maxout,
    maxout_grad,
    softsign,
    softsign_grad,
    step,
    step_grad,
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
BY_NAME = {activation.name: activation for activation in ACTIVATIONS}

KNOWN = [
    # function, slope, x, value, derivative, source
    (identity, identity_grad, -3.5, -3.5, 1.0, "definition"),
    (step, step_grad, -0.1, 0.0, 0.0, "definition"),
    (step, step_grad, 0.1, 1.0, 0.0, "definition"),
    (step, step_grad, 0.0, 1.0, 0.0, "fires at its threshold; the slope is our convention"),
    (step, step_grad, -0.0, 1.0, 0.0, "the two zeros are equal"),
    (softsign, softsign_grad, 3.0, 0.75, 0.0625, "3/4, 1/16"),
    (softsign, softsign_grad, -1.0, -0.5, 0.25, "-1/2, 1/4"),
    (softsign, softsign_grad, 0.0, 0.0, 1.0, "0/1, 1/1"),
    (hardsigmoid, hardsigmoid_grad, 0.0, 0.5, 1 / 6, "3/6"),
    (hardsigmoid, hardsigmoid_grad, 1.5, 0.75, 1 / 6, "4.5/6"),
    (hardsigmoid, hardsigmoid_grad, 3.0, 1.0, 0.0, "6/6; slope of the flat side, PyTorch"),
    (hardsigmoid, hardsigmoid_grad, -3.0, 0.0, 0.0, "0/6; slope of the flat side, PyTorch"),
    (hardtanh, hardtanh_grad, 0.5, 0.5, 1.0, "definition"),
    (hardtanh, hardtanh_grad, 1.0, 1.0, 0.0, "slope of the flat side, PyTorch"),
    (hardtanh, hardtanh_grad, -1.0, -1.0, 0.0, "slope of the flat side, PyTorch"),
    (hardswish, hardswish_grad, -1.5, -0.375, 0.0, "-3/2 · 1/4, the minimum -3/8"),
    (hardswish, hardswish_grad, 1.0, 2 / 3, 5 / 6, "4/6, 1/3 + 1/2"),
    (hardswish, hardswish_grad, 3.0, 3.0, 1.0, "3 · 1; slope of the right side, PyTorch"),
    (hardswish, hardswish_grad, -3.0, 0.0, 0.0, "-3 · 0; slope of the left side, PyTorch"),
]


@pytest.mark.parametrize(("function", "slope", "x", "value", "derivative", "source"), KNOWN)
def test_known(function, slope, x, value, derivative, source):
    assert_close(function(x), value, ulps=1)
    assert_close(slope(x), derivative, ulps=1)


LIMITS = [
    # function, slope, values at -inf and inf, slopes there
    (identity, identity_grad, (-inf, inf), (1.0, 1.0)),
    (step, step_grad, (0.0, 1.0), (0.0, 0.0)),
    (softsign, softsign_grad, (-1.0, 1.0), (0.0, 0.0)),
    (hardsigmoid, hardsigmoid_grad, (0.0, 1.0), (0.0, 0.0)),
    (hardtanh, hardtanh_grad, (-1.0, 1.0), (0.0, 0.0)),
    (hardswish, hardswish_grad, (0.0, inf), (0.0, 1.0)),
]


@pytest.mark.parametrize(("function", "slope", "values", "slopes"), LIMITS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_extremes_are_the_limits(function, slope, values, slopes, dtype):
    ends = np.array([-inf, inf], dtype=dtype)
    np.testing.assert_array_equal(function(ends), values)
    np.testing.assert_array_equal(slope(ends), slopes)
    assert np.isnan(function(dtype(nan)))


def test_step_at_zero_is_a_choice():
    assert [step(0.0, at_zero=v) for v in (0.0, 0.5, 1.0)] == [0.0, 0.5, 1.0]


@pytest.mark.parametrize("dtype", DTYPES)
def test_softsign_to_the_last_places(dtype):
    x = POINTS.astype(dtype)
    formula = lambda v: v / (1 + abs(v))  # noqa: E731
    assert_close(softsign(x), exact(formula, x), ulps=2)
    assert_close(softsign_grad(x), exact_slope(formula, x), ulps=4)
    assert_close(softsign(dtype(1e20)), 1.0, ulps=0)
    assert torch.isnan(F.softsign(torch.tensor([-inf, inf]))).all()


def test_hard_functions_stay_close_to_the_smooth_ones():
    x = np.linspace(-10, 10, 4001)
    assert np.abs(hardsigmoid(x) - 1 / (1 + np.exp(-x))).max() < 0.08
    assert np.abs(hardswish(x) - x / (1 + np.exp(-x))).max() < 0.15
    assert np.abs(hardtanh(x) - np.tanh(x)).max() <= 1 - np.tanh(1)


# ---------------------------------------------------------------- maxout


@pytest.mark.parametrize("axis", [-1, 0, 1])
@pytest.mark.parametrize("dtype", DTYPES)
def test_maxout(axis, dtype):
    z = np.random.default_rng(14).normal(size=(4, 5, 3)).astype(dtype)
    z[0, 0] = z[0, 0, 0]  # equal pieces: the first takes the slope
    ours, theirs = maxout(z, axis), torch.tensor(z).max(dim=axis).values.numpy()
    assert ours.dtype == maxout_grad(z, axis).dtype == dtype
    np.testing.assert_array_equal(ours, theirs)
    (by_z,) = autograd(lambda t: t.max(dim=axis).values, z)
    np.testing.assert_array_equal(maxout_grad(z, axis), by_z)


def test_maxout_of_two_pieces_is_the_absolute_value_or_relu():
    np.testing.assert_array_equal(maxout(np.stack([POINTS, -POINTS], axis=-1)), np.abs(POINTS))
    np.testing.assert_array_equal(
        maxout(np.stack([POINTS, np.zeros_like(POINTS)])[None], axis=1)[0], np.maximum(POINTS, 0)
    )
    np.testing.assert_array_equal(maxout_grad([1, 5, 5]), [0.0, 1.0, 0.0])


def test_maxout_extremes():
    assert maxout(np.array([-inf, 1e4, -1e4])) == 1e4
    assert np.isnan(maxout(np.array([nan, inf])))
    for call in (maxout, maxout_grad):
        with pytest.raises(ValueError, match=r"empty sequence|zero-size array"):
            call(np.zeros((3, 0)))
        with pytest.raises(ValueError, match="axis 2 is out of bounds"):
            call(np.zeros((3, 4)), axis=2)


# ---------------------------------------------------------------- the list


each = pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda a: a.name)


def evaluate(expression, x):
    """Run what the page prints, with the imports that the page names."""
    return eval(expression, {"torch": torch, "nn": nn, "F": F, "x": x})


def test_names_are_distinct():
    assert len(BY_NAME) == len(ACTIVATIONS)


@each
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_functional_form_gives_the_same(activation, dtype):
    x = np.concatenate([POINTS, [0.0, -0.0, 1.0, -1.0, 3.0, -3.0, 1e-40, 1e4, -1e4]]).astype(dtype)
    ours, theirs = activation.forward(x), evaluate(activation.functional, torch.tensor(x)).numpy()
    assert ours.dtype == dtype
    ulps = np.full_like(x, 6)
    if activation.name == "softplus":
        ulps[x > 20] = np.exp(-20.0) / np.finfo(dtype).eps + 2  # PyTorch is linear from there
    assert_close(ours, theirs, ulps=ulps, floor=1)


@each
def test_the_module_gives_the_same_as_the_functional_form(activation):
    x = torch.tensor(POINTS)
    if not activation.module:
        assert activation.name == "step"
        return
    module = evaluate(activation.module, x).double()
    assert torch.equal(module(x), evaluate(activation.functional, x).double())


@each
def test_the_slope_is_autograds(activation):
    if activation.name == "step":
        with pytest.raises(RuntimeError, match="derivative for aten::heaviside is not implemented"):
            autograd(lambda t: evaluate(activation.functional, t), POINTS)
        return
    x = np.concatenate([POINTS, [0.0, -0.0, 1.0, -1.0, 3.0, -3.0, 1e4, -1e4]])
    (theirs,) = autograd(lambda t: evaluate(activation.functional, t), x)
    ulps = np.full_like(x, 16)
    if activation.name == "softplus":
        ulps[x > 20] = np.exp(-20.0) / np.finfo(float).eps  # PyTorch is linear from there
    if activation.name == "hardsigmoid":
        np.testing.assert_array_equal(theirs[activation.grad(x) > 0], np.float32(1 / 6))
        ulps[:] = 2.0**29  # PyTorch holds the slope 1/6 in float32, also for float64
    assert_close(activation.grad(x), theirs, ulps=ulps, floor=1)


@each
def test_the_slope_is_that_of_finite_differences(activation):
    # the five-point rule also needs the higher derivatives, which jump at 0 in these
    jumps = (0.0,) if activation.name in ("ELU", "CELU", "softsign") else ()
    x = away_from(POINTS, (*activation.kinks, *jumps))
    np.testing.assert_allclose(
        difference(activation.forward, x), activation.grad(x), rtol=0, atol=1e-10
    )


@each
def test_the_kinks_are_where_the_one_sided_slopes_differ(activation):
    f, h = activation.forward, 1e-6
    for place in (-3.0, -1.0, 0.0, 1.0, 3.0):
        right = (f(place + h) - f(place)) / h
        left = (f(place) - f(place - h)) / h
        assert (abs(right - left) > 1e-3) == (place in activation.kinks)


@each
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3, 4)])
def test_keeps_the_shape(activation, shape):
    x = np.ones(shape, dtype=np.float32)
    for call in (activation.forward, activation.grad):
        assert np.shape(call(x)) == shape
        assert np.asarray(call(x)).dtype == np.float32


@each
def test_lists_are_arrays_and_ragged_rows_are_refused(activation):
    for call in (activation.forward, activation.grad):
        np.testing.assert_array_equal(call([1, -2]), call(np.array([1.0, -2.0])))
        with pytest.raises(ValueError, match="inhomogeneous"):
            call([[1.0], [1.0, 2.0]])


PUBLISHED = [
    # name, values at -2, -0.5, 0, 0.5, 2 to four places; source: mpmath from the definitions
    ("sigmoid", [0.1192, 0.3775, 0.5, 0.6225, 0.8808]),
    ("ReLU", [0.0, 0.0, 0.0, 0.5, 2.0]),
    ("softplus", [0.1269, 0.4741, 0.6931, 0.9741, 2.1269]),
    ("GELU", [-0.0455, -0.1543, 0.0, 0.3457, 1.9545]),
]


@pytest.mark.parametrize(("name", "values"), PUBLISHED)
def test_values_of_the_comparison_table(name, values):
    ours = BY_NAME[name].forward(np.array([-2, -0.5, 0, 0.5, 2]))
    np.testing.assert_array_equal(np.round(ours, 4), values)


def test_saturation_thirty_units_out():
    with mpmath.workdps(30):
        slope = float(mpmath.exp(-30) / (1 + mpmath.exp(-30)) ** 2)
    assert_close(BY_NAME["sigmoid"].grad(-30.0), slope, ulps=2)
    assert_close(BY_NAME["sigmoid"].grad(30.0), slope, ulps=2)
    assert BY_NAME["Leaky ReLU"].grad(-30.0) == 0.01
    assert 0 < abs(BY_NAME["GELU"].grad(-30.0)) < 1e-190
