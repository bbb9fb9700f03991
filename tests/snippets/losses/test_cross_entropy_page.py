"""What the page on cross-entropy shows, against closed forms and PyTorch's documented rules."""

import mpmath
import numpy as np
import pytest
import scipy.special

from snippets.kit import Tr
from snippets.losses import _cross_entropy_binary as binary
from snippets.losses import _cross_entropy_clusters as clusters
from snippets.losses import _cross_entropy_examples as examples
from snippets.losses import _cross_entropy_gradient as gradient
from snippets.losses import _cross_entropy_torch as classes
from snippets.losses import cross_entropy as page

EN = Tr("en")


@pytest.mark.parametrize(
    "evidence", [page.check_torch, page.check_exact, gradient.check_differences]
)
def test_checks_agree(evidence):
    result = evidence()
    assert result.cases >= 60
    assert result.error <= result.tolerance <= 1e-9


# ---------------------------------------------------------------- worked numbers


def test_labels_table():
    """Logarithms by mpmath; a soft label against itself is its entropy."""
    nats = [row[2] for row in examples.table_labels(EN).rows]
    bits = [row[3] for row in examples.table_labels(EN).rows]
    with mpmath.workdps(20):
        ln = {v: float(mpmath.log(mpmath.mpf(v) / 10)) for v in (1, 2, 3, 5, 7)}
    expected = [
        -ln[7],
        -ln[2],
        -ln[1],
        -(5 * ln[7] + 3 * ln[2] + 2 * ln[1]) / 10,
        -(5 * ln[5] + 3 * ln[3] + 2 * ln[2]) / 10,
    ]
    assert nats == pytest.approx(expected, rel=1e-14)
    assert bits == pytest.approx([v / float(mpmath.log(2)) for v in expected], rel=1e-14)
    assert min(nats[3:]) == nats[4] > 0


def test_bits_and_perplexity():
    shown = examples.value_bits()
    assert 2 ** shown["bits"] == pytest.approx(np.exp(shown["nats"]))
    assert shown["perplexity"] == pytest.approx(10 / 7)
    assert shown["factor"] == pytest.approx(1.4426950408889634)


def test_softmax_loss_values():
    with mpmath.workdps(20):
        lse = float(mpmath.log(sum(mpmath.e**k for k in (1, 2, 3))))
    assert examples.value_softmax_loss() == pytest.approx([lse - 1, lse - 2, lse - 3], rel=1e-14)
    assert examples.value_without_log() == pytest.approx({"k3": -1, "k10": -1})


def test_initial_losses():
    assert examples.value_uniform()["k10"] == pytest.approx(float(mpmath.log(10)))


def test_the_label_against_itself():
    shown = examples.value_itself()
    assert shown["hard"] == 0
    assert shown["soft"] == pytest.approx(float(scipy.special.entr([0.3, 0.7]).sum()), rel=1e-14)


def test_curve():
    data = examples.figure_curve(EN).data
    assert (np.diff(data["nats"]) < 0).all()
    assert data["nats"][-1] == data["bits"][-1] == 0
    assert (data["bits"][:-1] > data["nats"][:-1]).all()


# ---------------------------------------------------------------- two classes


def test_brackets():
    with mpmath.workdps(20):
        ln = lambda v: mpmath.log(mpmath.mpf(v) / 10)  # noqa: E731
        right, wrong = -(ln(9) + ln(8) + ln(6)) / 3, -(ln(9) + ln(6)) / 3 + ln(8)
    shown = binary.value_brackets()
    assert shown["right"] == pytest.approx(float(right), rel=1e-13)
    assert shown["wrong"] == pytest.approx(float(wrong), rel=1e-12)
    assert shown["wrong"] < 0
    assert binary.table_terms(EN).rows[-1][-1] == shown["right"]


def test_extremes_have_lost_their_gradient():
    rows = {(row[0], row[1]): row[2:] for row in binary.table_extremes(EN).rows}
    # exact: loss |z| + ln(1 + e^-|z|), gradient -1 or 1, to float32
    assert [row[2] for row in rows.values()] == ["50; −1", "200; −1", "20; 1", "200; 1"]
    assert rows["−200", "1"][:2] == ["∞; nan", "100; 0"]
    assert rows["20", "0"][:2] == ["∞; nan", "100; 0"]
    assert rows["200", "0"][:2] == ["∞; nan", "100; 0"]
    # at -50 the sigmoid is not yet 0: the formula still works, BCELoss divides by at least 1e-12
    assert rows["−50", "1"][0] == "50; −1"
    loss, slope = rows["−50", "1"][1].replace("−", "-").split("; ")
    assert float(loss) == 50
    assert float(slope) == pytest.approx(-np.exp(-50) / 1e-12, rel=0.01)


def test_extreme_value():
    shown = binary.value_extreme()
    assert shown["clamped"] == 100  # the documented limit
    assert shown["clamped_gradient"] == 0
    assert (shown["stable"], shown["stable_gradient"]) == (200, -1)


# ---------------------------------------------------------------- gradients


def test_gradient_of_the_example():
    p = scipy.special.softmax([1, 2, 3])
    assert gradient.value_gradient() == pytest.approx([p[0] - 1, p[1], p[2]], rel=1e-14)


def test_badly_wrong_logit():
    shown = gradient.value_wrong()
    p = float(scipy.special.expit(-8))
    assert shown["mse"] == pytest.approx(2 * (p - 1) * p * (1 - p), rel=1e-12)
    assert shown["bce"] == pytest.approx(p - 1, rel=1e-14)
    assert 8 <= shown["bce_steps"] <= 10  # nearly 1 a step, half of it at the end
    # dz/dt = 2 p (1 - p)², so t = ∫ dz / (2 p (1 - p)²); of p^-1 (1 - p)^-2 with e^z the integral
    # is -e^-z + 3z + 3e^z + e^2z / 2
    antiderivative = lambda z: -np.exp(-z) + 3 * z + 3 * np.exp(z) + np.exp(2 * z) / 2  # noqa: E731
    flow = (antiderivative(0) - antiderivative(-8)) / 2
    assert shown["mse_steps"] == pytest.approx(flow, rel=0.01)


def test_gradient_figure():
    data = gradient.figure_gradient(EN).data
    left = data["z"] < -4
    assert (np.diff(data["bce"]) > 0).all()
    assert data["bce"][0] < -0.999
    assert (np.abs(data["mse"][left]) < 0.05).all()
    assert abs(data["mse"][-1]) < 0.001
    assert data["loss_mse"].max() < 1 < data["loss_bce"].max()


# ---------------------------------------------------------------- PyTorch


def test_what_each_class_takes():
    fed = classes._fed()
    right = {"CrossEntropyLoss": np.log(1 + np.e + np.e**2), "NLLLoss": np.log(1 + np.e + np.e**2)}
    right |= dict.fromkeys(("BCEWithLogitsLoss", "BCELoss"), np.log1p(np.exp(8)))
    for name, values in fed.items():
        for place, value in enumerate(values):
            fits = value is not None and abs(value - right[name]) < 1e-9
            assert fits == (place in classes.RIGHT[name]), (name, place)
    assert fed["BCELoss"][:2] == [None, None]
    assert fed["NLLLoss"][0] < 0
    assert fed["NLLLoss"][2] < 0


def test_reductions_by_hand():
    z, y, w = classes.BATCH, classes.TARGETS, classes.WEIGHT
    each = -scipy.special.log_softmax(z, axis=1)[np.arange(3), y]
    expected = {
        "each": each.tolist(),
        "mean": each.sum() / 3,
        "sum": each.sum(),
        "weighted": (w[y] * each).sum() / w[y].sum(),
        "soft": (w[y] * each).sum() / 3,
        "ignored": each[:2].mean(),
    }
    shown = classes._reductions()
    assert shown.keys() == expected.keys()
    for name, value in expected.items():
        assert shown[name] == pytest.approx(value, rel=1e-13), name


# ---------------------------------------------------------------- clusters


def test_k_means_does_not_know_names():
    shown = clusters.value_clusters()
    assert shown["change"] < 1e-9 * shown["objective"].low
    # all points under a wrong name cost ln(2 / 0.02) each; all under the right one ln(1 / 0.98)
    assert shown["worst"].high <= np.log(100) + 1e-12
    assert shown["best"].low >= -np.log(0.98) - 1e-12
    assert shown["worst"].low > 10 * shown["best"].high


def test_k_means_objective_is_near_the_noise():
    """Two coordinates of unit variance around three fitted centres: 2 (180 - 3) on average."""
    values = clusters.value_clusters()["objective"].values
    assert np.mean(values) == pytest.approx(354, rel=0.1)
