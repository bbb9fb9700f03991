"""What the page on sigmoid and tanh shows, against closed forms, published figures and PyTorch."""

import mpmath
import numpy as np
import pytest
import torch

from gen.formula import check
from snippets.activations import _depth, sigmoid_tanh
from snippets.activations import _sigmoid_tanh_saturation as saturation
from snippets.activations import _sigmoid_tanh_vanishing as vanishing
from snippets.kit import Tr, seeds

EN = Tr("en")
XAVIER = 1 / np.sqrt(_depth.WIDTH)


@pytest.mark.parametrize("name", ["check_torch", "check_autograd"])
def test_evidence_is_as_close_as_rounding(name):
    made = getattr(sigmoid_tanh, name)()
    assert made.cases >= 8000
    assert made.error < 1e-15


# ---------------------------------------------------------------- curves and worked example


def test_curves_rise_between_their_limits():
    data = sigmoid_tanh.figure_curves(EN).data
    for name, low, middle in (("sigmoid", 0, 0.5), ("tanh", -1, 0)):
        curve = data[name]
        assert (np.diff(curve) > 0).all()
        assert low < curve[0] < low + 0.003
        assert 1 - 0.003 < curve[-1] < 1
        assert curve[data["x"] == 0] == [middle]


def test_slopes_drawn_are_those_of_the_curves_drawn():
    data = sigmoid_tanh.figure_curves(EN).data
    step = data["x"][1] - data["x"][0]
    for name, peak in (("sigmoid", 0.25), ("tanh", 1.0)):
        slope = data[f"{name}_slope"]
        # the error of central differences is step² / 6 · f''', and |f'''| <= 2
        rough = np.gradient(data[name], data["x"])[1:-1]
        np.testing.assert_allclose(slope[1:-1], rough, rtol=0, atol=step**2 / 3)
        assert slope.max() == slope[data["x"] == 0] == peak


def test_worked_example_has_the_values_of_a_calculator():
    rows = {row[0]: row[1:] for row in sigmoid_tanh.table_steps(EN).rows}
    # at x = -2, 0, 2, 5; mpmath, 5 digits
    expected = {
        "$e^{-x}$": [7.3891, 1, 0.13534, 0.0067379],
        "$\\sigma(x)$": [0.11920, 0.5, 0.88080, 0.99331],
        "$\\sigma'(x)$": [0.10499, 0.25, 0.10499, 0.0066481],
        "$\\tanh x$": [-0.96403, 0, 0.96403, 0.99991],
        "$\\tanh' x$": [0.070651, 1, 0.070651, 1.8158e-4],
    }
    for head, values in expected.items():
        np.testing.assert_allclose(rows[head], values, rtol=1e-4)
    np.testing.assert_allclose(np.array(rows["$2\\,\\sigma(2x)$"]) - 1, rows["$\\tanh x$"])


def test_constants_of_lecun_map_one_to_one():
    witness = dict(check(sigmoid_tanh.formula_lecun).witness)
    assert 1.7159 * np.tanh(2 / 3) == pytest.approx(1, abs=1e-5)  # lecun1998: f(±1) = ±1
    assert float(witness["f(x)"]) == pytest.approx(1, abs=1e-5)


# ---------------------------------------------------------------- floating point

PRECISION = {"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53}  # bits, IEEE 754


@pytest.mark.parametrize("dtype", PRECISION)
def test_where_the_functions_round_to_one(dtype):
    bits, found = PRECISION[dtype], saturation.value_first_one()[dtype]
    eps = 2.0 ** (1 - bits)
    # Numbers below 1 are 2^-bits apart, so a gap of half of that rounds to 1: 2e^-2x = 2^-(bits+1)
    # (PyTorch's tanh may be off in the last place, which moves the border a little)
    assert found["tanh"] == pytest.approx((bits + 2) / 2 * np.log(2), rel=max(eps, 1e-5))
    # e^-x = 2^-(bits+1); already at 2^-bits where 1 + e^-x is itself rounded in this precision
    half = dtype in ("float16", "bfloat16")
    assert found["sigmoid"] == pytest.approx((bits + half) * np.log(2), rel=eps)


@pytest.mark.parametrize("dtype", PRECISION)
def test_from_there_on_autograd_gives_zero(dtype):
    for name, function in (("sigmoid", torch.sigmoid), ("tanh", torch.tanh)):
        first = saturation.value_first_one()[dtype][name]
        x = torch.tensor([first, 0.9 * first], dtype=getattr(torch, dtype), requires_grad=True)
        function(x).sum().backward()
        assert x.grad[0] == 0 < x.grad[1]


def test_published_float32_figures():
    first = saturation.value_first_one()["float32"]
    assert first["sigmoid"] == pytest.approx(24 * np.log(2), abs=1e-5)  # 16.6355
    assert first["tanh"] == pytest.approx(13 * np.log(2), abs=1e-4)  # 9.0109


def test_tails_end_early_on_the_right_only():
    data = saturation.figure_tails(EN).data
    x, exact, float32 = data["x"], data["exact"], data["float32"]
    far = np.abs(x) > 40
    np.testing.assert_allclose(exact[far], np.exp(-np.abs(x[far])), rtol=1e-15)
    assert not float32[x > 16.7].any()
    assert float32[(x > -87) & (x < 16.6)].all()
    assert not float32[x < -104].any()
    near = (x > -87) & (x < 8)  # right of it 1 - σ(x) has lost digits
    np.testing.assert_allclose(float32[near], exact[near], rtol=1e-3)


def test_naive_spellings_overflow_as_said():
    rows = {row[0]: row[1:] for row in saturation.table_overflow(EN).rows}
    assert rows["`1 / (1 + np.exp(-x))`"] == ["0 (overflow warning)", "1"]
    assert rows["`np.exp(x) / (1 + np.exp(x))`"] == ["0", "nan (overflow warning)"]
    assert rows["`sigmoid(x)`"] == ["0", "1"]


def test_log_probabilities():
    rows = [row[1:] for row in saturation.table_log(EN).rows]
    inf = float("inf")
    with mpmath.workdps(60):
        exact = [float(-mpmath.log1p(mpmath.exp(-mpmath.mpf(x)))) for x in (-90, -20, 20, 90)]
    # below 1e-38 float32 has few digits left
    np.testing.assert_allclose(rows[1], exact, rtol=1e-6, atol=1e-44)
    np.testing.assert_allclose(rows[3], exact[::-1], rtol=1e-6, atol=1e-44)
    assert rows[0][0] == -inf
    assert rows[0][2:] == [0, 0]
    assert rows[2][:2] == [0, 0]
    assert rows[2][2:] == [-inf, -inf]


def test_pytorch_keeps_the_output_for_the_backward_pass():
    x = torch.randn(5, requires_grad=True)
    for function in (torch.sigmoid, torch.tanh):
        y = function(x)
        assert torch.equal(y.grad_fn._saved_result, y)
        assert not hasattr(y.grad_fn, "_saved_self")


# ---------------------------------------------------------------- many layers


def torch_ratio(function, std):
    norms = _depth.torch_gradient_norms(function, std, next(iter(seeds(_depth.RUNS))))
    return norms[0] / norms[-1]


def test_range_and_slope_table_is_that_of_autograd():
    functions = [
        (torch.sigmoid, 0.25),
        (lambda x: torch.sigmoid(4 * x), 1.0),
        (lambda x: torch.sigmoid(4 * x) - 0.5, 1.0),
        (torch.tanh, 1.0),
        (lambda x: 10 * torch.tanh(x / 40), 0.25),
    ]
    rows = vanishing.table_cause(EN).rows
    for row, (function, slope) in zip(rows, functions, strict=True):
        x = torch.zeros(1, dtype=torch.float64, requires_grad=True)
        function(x).backward()
        assert row[2] == x.grad.item() == slope
        assert row[3].values[0] == pytest.approx(torch_ratio(function, XAVIER), rel=1e-9)


def test_the_slope_decides_not_the_range():
    sigmoid, steep, centred, tanh, wide = (row[3] for row in vanishing.table_cause(EN).rows)
    assert steep.low > 1e6 * sigmoid.high  # the same range
    assert wide.high < 10 * sigmoid.low  # another range, the same slope
    assert wide.mean == pytest.approx(0.25**19, rel=0.1)
    assert sigmoid.high < 0.25**19  # its pre-activations are not at 0
    assert steep.high < 0.01 * centred.low  # the same width and slope, centred
    assert 0.25 * tanh.low < centred.low


def test_scale_table_is_that_of_autograd():
    scales = [1, 5 / 3, 4, 8, 16]
    for row, scale in zip(vanishing.table_scale(EN).rows, scales, strict=True):
        for ratio, function in zip(row[1:], (torch.sigmoid, torch.tanh), strict=True):
            expected = torch_ratio(function, scale * XAVIER)
            assert ratio.values[0] == pytest.approx(expected, rel=1e-6)


def test_gradients_explode_with_weights_large_enough():
    assert vanishing.value_scale()["sigmoid_16"].low > 1


def test_bounds_and_gains():
    bound = vanishing.value_bound()
    assert bound["all"] == 2.0**-40
    assert bound["between"] == 2.0**-38
    gain = vanishing.value_gain()  # the table in the documentation of calculate_gain
    assert gain == {"sigmoid": 1, "tanh": pytest.approx(5 / 3)}
