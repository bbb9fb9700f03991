"""What the page on softmax shows, against published and closed-form figures."""

import mpmath
import numpy as np
import pytest
import scipy.special
import scipy.stats
import torch

from snippets.activations import _softmax_axis as axis
from snippets.activations import _softmax_calibration as calibration
from snippets.activations import _softmax_examples as examples
from snippets.activations import _softmax_gradient as gradient
from snippets.activations import _softmax_loss as loss
from snippets.activations import _softmax_overflow as overflow
from snippets.activations import softmax as page
from snippets.kit import Tr

EN = Tr("en")


@pytest.mark.parametrize("evidence", [page.check_torch, page.check_online, gradient.check_gradient])
def test_checks_agree(evidence):
    result = evidence()
    assert result.cases >= 500
    assert result.error <= result.tolerance <= 1e-14


# ---------------------------------------------------------------- worked numbers


def test_steps_are_those_of_the_exact_exponentials():
    *_, exponentials, p = examples.table_steps(EN).rows
    with mpmath.workdps(30):
        exact = [mpmath.e ** (i - 3) for i in (1, 2, 3)]
        total = mpmath.fsum(exact)
        assert exponentials[1:] == pytest.approx([float(v) for v in (*exact, total)], rel=1e-15)
        assert p[1:] == pytest.approx([*(float(v / total) for v in exact), 1.0], rel=1e-15)


def test_two_classes():
    assert examples.value_two_classes() == pytest.approx(float(scipy.special.expit(1.5)), rel=1e-15)


def test_jacobian_by_central_differences():
    z, h = examples.LOGITS, 1e-5
    columns = [
        (scipy.special.softmax(z + e) - scipy.special.softmax(z - e)) / (2 * h)
        for e in h * np.eye(3)
    ]
    shown = np.array([row[1:4] for row in gradient.table_jacobian(EN).rows], dtype=float)
    np.testing.assert_allclose(shown, np.transpose(columns), rtol=0, atol=1e-10)
    assert [row[4] for row in gradient.table_jacobian(EN).rows] == [0, 0, 0]


def test_temperature_figure():
    data = examples.figure_temperature(EN).data
    for tau, p in data.items():
        np.testing.assert_allclose(p, scipy.special.softmax(examples.LOGITS / tau), rtol=1e-14)
        assert (np.diff(p) > 0).all()  # the order of the logits stays
    taus = sorted(data)
    assert [data[tau][2] for tau in taus] == sorted((data[tau][2] for tau in taus), reverse=True)
    assert [data[tau][0] for tau in taus] == sorted(data[tau][0] for tau in taus)


# ---------------------------------------------------------------- overflow

P123 = "(0.0900, 0.2447, 0.6652)"  # e^i / (e + e² + e³) to four places


def test_overflow_table():
    rows = {row[1]: row[2:] for row in overflow.table_overflow(EN).rows}
    assert rows["(1, 2, 3)"] == [P123, P123]
    assert rows["(1000, 1001, 1002)"] == ["(nan, nan, nan)", P123]
    assert rows["(−1000, −999, −998)"] == ["(nan, nan, nan)", P123]
    assert rows["(11, 11, 11)"] == ["(0.0000, 0.0000, 0.0000)", "(0.3333, 0.3333, 0.3333)"]


@pytest.mark.parametrize("row", overflow.table_dtypes(EN).rows, ids=lambda row: row[0])
def test_limits_of_exp_are_where_torch_overflows_and_underflows(row):
    dtype = getattr(torch, row[0].strip("`"))
    upper, lower = row[2:]
    # the nearest numbers that the type has on either side of the limit, with room for rounding
    step = max(abs(upper), abs(lower)) * torch.finfo(dtype).eps * 2

    def exp(x):
        return torch.tensor(x, dtype=torch.float64).to(dtype).exp().item()

    assert np.isfinite(exp(upper - step))
    assert np.isinf(exp(upper + step))
    assert exp(lower + step) > 0
    assert exp(lower - step) == 0


def test_limits_are_the_published_ones():
    """65504 and ln 65504 for fp16, 88.72 for fp32, 709.78 for fp64 (IEEE 754)."""
    limits = {row[0].strip("`"): row[1:] for row in overflow.table_dtypes(EN).rows}
    assert limits["float16"][0] == 65504
    assert limits["float32"][0] == (2 - 2.0**-23) * 2.0**127
    for dtype, limit in {"float16": 11.09, "float32": 88.72, "float64": 709.78}.items():
        assert round(limits[dtype][1], 2) == limit


def test_log_sum_exp_of_large_logits():
    with mpmath.workdps(30):
        exact = float(1001 + mpmath.log(1 + mpmath.exp(-1)))
    assert overflow.value_lse() == {"naive": "∞", "stable": pytest.approx(exact, rel=1e-15)}


def test_log_after_softmax_loses_loss_and_gradient():
    """The exact loss is 200 + ln(1 + e^-200), its gradient (p_1, p_2 - 1)."""
    assert loss.value_log() == {
        "apart": "∞",
        "apart_gradient": "(nan, nan)",
        "together": "200",
        "together_gradient": "(1, −1)",
    }


# ---------------------------------------------------------------- dim


def test_implicit_axis_is_pytorchs_rule():
    """_get_softmax_dim in torch/nn/functional.py: 0 for 0, 1 and 3 dimensions, else 1."""
    rows = axis.table_implicit(EN).rows
    assert {row[0]: row[1] for row in rows} == {1: 0, 2: 1, 3: 0, 4: 1}
    assert [row[2] for row in rows] == ["yes", "yes", "**no**", "**no**"]
    assert "Implicit dimension choice" in axis.value_implicit()


def test_without_dim_the_other_spellings_raise():
    for call in (torch.softmax, torch.Tensor.softmax):
        with pytest.raises(TypeError, match="dim"):
            call(torch.zeros(2))


def test_axis_table():
    _, rows, columns = axis.table_axis(EN).rows
    assert rows[1:3] == [P123, P123]
    assert columns[1:3] == ["(0.5000, 0.5000, 0.5000)"] * 2


def test_conventions_that_the_text_names():
    assert np.isnan(page.softmax(np.full(3, -np.inf))).all()
    assert torch.softmax(torch.full((3,), -torch.inf), 0).isnan().all()
    assert scipy.special.softmax(np.zeros((2, 2))).sum() == 1  # SciPy: the whole array


# ---------------------------------------------------------------- calibration


def test_true_posterior_is_bayes_rule():
    x = np.random.default_rng(0).normal(size=(50, 2))
    densities = np.column_stack(
        [scipy.stats.multivariate_normal(c).pdf(x) for c in calibration.CENTRES]
    )
    bayes = densities / densities.sum(axis=1, keepdims=True)
    ours = scipy.special.softmax(calibration.true_logits(x), axis=1)
    np.testing.assert_allclose(ours, bayes, rtol=1e-12)


def test_calibration_error_of_made_up_cases():
    # confidence 0.95, right 1 time in 2; confidence 0.55, right always: (0.45 + 0.45) / 2
    p = np.array([[0.95, 0.05], [0.95, 0.05], [0.55, 0.45], [0.55, 0.45]])
    assert calibration.calibration_error(p, np.array([0, 1, 0, 0])) == pytest.approx(0.45)
    assert calibration.calibration_error(np.eye(2), np.array([0, 1])) == 0


def test_temperature_recovers_the_one_that_spoiled_the_logits():
    rng = np.random.default_rng(0)
    x, y = calibration.draw(20_000, rng)
    assert calibration.temperature(3 * calibration.true_logits(x), y) == pytest.approx(3, rel=0.05)


def test_what_the_text_says_of_calibration():
    true, short, long, scaled = (
        calibration.measured(s) for s in ("true", "short", "long", "scaled")
    )
    # noise alone: ten bins of 5000 cases have an expected error of about sqrt(p(1-p) 10/5000) 0.8
    assert true["error"].high < 0.02
    assert true["error"].high < short["error"].low < short["error"].high < long["error"].low
    assert scaled["error"].high < long["error"].low
    assert long["confidence"].low > long["accuracy"].high  # too sure
    assert scaled["confidence"].high < scaled["accuracy"].low  # now too cautious
    assert long["accuracy"].values == scaled["accuracy"].values  # the order stays
    assert calibration.value_calibration()["tau"].low > 1


def test_reliability_figure():
    data = calibration.figure_reliability(EN).data
    confidence, accuracy, _ = data["true"]
    assert np.abs(confidence - accuracy).max() < 0.04
    assert (data["long"][1] < data["long"][0]).all()  # below the diagonal throughout
    above = data["scaled"][1] > data["scaled"][0]
    assert above.mean() > 0.5


# ---------------------------------------------------------------- softmax before the loss


def test_double_softmax():
    with mpmath.workdps(30):
        e = mpmath.e
        p = [e**8 / (e**8 + 2), 1 / (e**8 + 2), 1 / (e**8 + 2)]
        once, twice = -mpmath.log(p[0]), mpmath.log(sum(e**v for v in p)) - p[0]
        floor = mpmath.log(1 + 2 / e)
    shown = loss.value_double()
    assert shown["once"] == pytest.approx(float(once), rel=1e-10)
    assert shown["twice"] == pytest.approx(float(twice), rel=1e-12)
    assert shown["floor"] == pytest.approx(float(floor), rel=1e-15)
