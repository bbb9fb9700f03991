"""What the page on margin losses says: formulas, curves, AdaBoost by hand, wrong labels."""

from math import log

import numpy as np
import pytest
import scipy.optimize
import scipy.stats

from snippets.kit import Tr
from snippets.losses import _margin_losses_boosting as boosting
from snippets.losses import _margin_losses_curves as curves
from snippets.losses import _margin_losses_formulas as formulas
from snippets.losses import _margin_losses_torch as in_torch
from snippets.losses import _margin_losses_zero_one as stairs

EN = Tr("en")


def test_evidence():
    for evidence in (formulas.check_torch, formulas.check_multi, formulas.check_adaboost):
        found = evidence()
        assert found.cases >= 90
        assert found.error <= found.tolerance <= 1e-12


# ---------------------------------------------------------------- curves and tables


def test_surrogates_lie_above_and_meet_at_zero():
    data = curves.figure_curves(EN).data
    steps = data["loss_zero_one"]
    at_zero = np.abs(data["m"]).argmin()
    for name in ("hinge", "logistic", "exponential"):
        assert (data[f"loss_{name}"] >= steps - 1e-12).all()
        assert data[f"loss_{name}"][at_zero] == pytest.approx(1)
        assert (np.diff(data[f"loss_{name}"], 2) >= -1e-12).all()  # convex
    assert data["hinge"].max() == 1
    assert data["logistic"].max() < 1
    assert data["exponential"].max() == pytest.approx(np.exp(3))


def test_worked_example():
    rows = curves.table_margins(EN).rows
    assert [row[3] for row in rows] == [0, 0.5, 3]
    assert [row[6] for row in rows] == [2, 0.5, 0]  # the wrong form charges the right answer
    assert rows[2][4] == pytest.approx(log(1 + np.e**2))
    found = curves.value_margins()
    assert (found["sure"], found["unsure"], found["wrong"]) == (0, 0.5, 3)
    assert found["bounded"] == pytest.approx(0.01)


def test_gradient_sizes():
    found = curves.value_gradients()
    assert found["exponential_wrong"] == pytest.approx(np.e**5)
    assert found["logistic_wrong"] == pytest.approx(1 / (1 + np.e**-5))
    assert found["hinge_wrong"] == 1
    assert found["exponential_right"] == pytest.approx(np.e**-5)
    assert found["logistic_right"] == pytest.approx(1 / (1 + np.e**5))
    assert curves.table_gradients(EN).rows[1][1:] == [1, 0.5, 1]


def test_best_scores():
    hinge, logistic, exponential = (row[1] for row in curves.table_best(EN).rows)
    assert hinge == 1
    assert logistic == pytest.approx(log(4), abs=1e-3)
    assert exponential == pytest.approx(log(2), abs=1e-3)
    assert [row[3] for row in curves.table_best(EN).rows] == pytest.approx([1, log(4), log(2)])


# ---------------------------------------------------------------- the staircase


def test_staircase():
    data = stairs.figure_staircase(EN).data
    steps = data["zero_one"]
    assert set(np.round(8 * np.unique(steps))) == {1, 2, 3, 4}
    lowest = np.flatnonzero(steps == steps.min())
    assert (np.diff(lowest) > 1).sum() == 1  # in two separate places
    for name in ("hinge", "logistic"):
        assert (np.diff(data[name], 2) >= -1e-12).all()
        assert np.abs(data["b"][data[name].argmin()]) < 0.5


def test_no_gradient():
    found = stairs.value_no_gradient()
    assert "does not require grad" in found["message"]
    assert found["argmax"] == "False"
    assert found["flat"] > 0.99


# ---------------------------------------------------------------- PyTorch's classes


def test_classes():
    rows = {row[0]: row[3] for row in in_torch.table_torch(EN).rows}
    assert rows["`nn.MultiMarginLoss`"] == "0.6667"  # 2 / 3
    assert rows["`nn.SoftMarginLoss`"] == "0.3133, 0.1269, 1.313"  # ln(1 + e^-s)
    assert rows["`nn.HingeEmbeddingLoss`"] == "1, 2, −1"  # the input itself
    assert rows["`nn.MarginRankingLoss`"] == "0, 0, 1"


def test_overflow_and_kink():
    found = in_torch.value_torch()
    assert (found["soft"], found["soft_slope"]) == ("∞", "nan")
    assert (found["bce"], found["bce_slope"]) == ("100", "−1")
    assert found["multi"] == 2
    kink = in_torch.value_kink()
    assert (abs(kink["relu"]), kink["clamp"], kink["multi"]) == (0, -1, 0)


# ---------------------------------------------------------------- AdaBoost


def test_three_rounds_in_exact_arithmetic():
    # errors 3/10, 3/14, 2/11 by hand; the vote is half the log of the odds
    rows = boosting.table_rounds(EN).rows
    assert [row[1] for row in rows] == ["x < 2.5", "x < 8.5", "x > 5.5"]
    assert [row[2] for row in rows] == pytest.approx([3 / 10, 3 / 14, 2 / 11])
    assert [row[3] for row in rows] == pytest.approx(
        [log(7 / 3) / 2, log(11 / 3) / 2, log(4.5) / 2]
    )
    assert [row[5] for row in rows] == [3, 3, 0]
    bounds = np.cumprod([2 * np.sqrt(e * (1 - e)) for e in (3 / 10, 3 / 14, 2 / 11)])
    assert [row[6] for row in rows] == pytest.approx(bounds)
    first = boosting.value_round()
    assert (first["right"], first["wrong"]) == pytest.approx((1 / 14, 1 / 6))
    assert first["share"] == pytest.approx(0.5)


# ---------------------------------------------------------------- wrong labels


def test_error_rate_by_simulation():
    rng = np.random.default_rng(0)
    y = rng.choice([-1, 1], 400_000)
    x = rng.normal(size=(y.size, 2)) + boosting.CENTRE * np.column_stack([y, np.zeros(y.size)])
    w = np.array([0.8, 0.3, -0.2])
    found = (np.sign(x @ w[:2] + w[2]) != y).mean()
    assert boosting.error_rate(w) == pytest.approx(found, abs=4 * np.sqrt(0.1 / y.size))
    assert boosting.error_rate(np.array([1.0, 0, 0])) == pytest.approx(scipy.stats.norm.cdf(-1.5))


@pytest.mark.parametrize("case", ["clean", "flipped", "far"])
def test_training_has_arrived(case):
    x, t = (drawn[0] for drawn in boosting._drawn(case))
    losses = {"logistic": lambda m: np.logaddexp(0, -m), "exponential": lambda m: np.exp(-m)}
    for name, loss in losses.items():
        best = scipy.optimize.minimize(lambda w, f=loss: f(t * (x @ w)).mean(), np.zeros(3))
        w, _ = boosting._trained(case, name)
        assert loss(t * (x @ w[0])).mean() < best.fun + 1e-3
    w, _ = boosting._trained(case, "hinge")  # its minimum by linear programming
    n, signed = len(t), t[:, None] * x
    best = scipy.optimize.linprog(
        np.r_[np.zeros(3), np.ones(n) / n],
        A_ub=np.c_[-signed, -np.eye(n)],
        b_ub=-np.ones(n),
        bounds=[(None, None)] * 3 + [(0, None)] * n,
    )
    assert np.maximum(0, 1 - signed @ w[0]).mean() < best.fun + 1e-3


def test_what_the_text_says_of_wrong_labels():
    found = boosting.value_noise()
    for loss in ("hinge", "logistic", "exponential"):
        assert found[f"flipped_{loss}"].mean - found[f"clean_{loss}"].mean < 0.3
        assert found[f"flipped_{loss}_share"].mean > 20  # a tenth of the examples
    assert found["flipped_exponential_share"].mean == pytest.approx(100 / 3, abs=2)
    far = [found[f"far_{loss}"].mean for loss in ("hinge", "logistic", "exponential")]
    assert far[0] < far[1] < far[2]
    assert far[2] > 8 > 7.1 > far[0]
    assert found["best"] == pytest.approx(100 * scipy.stats.norm.cdf(-1.5))
