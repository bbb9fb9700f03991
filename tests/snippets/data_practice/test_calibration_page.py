"""What the page on calibration says, against closed forms and the known truth."""

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.metrics import brier_score_loss

from snippets.data_practice import _calibration_bins as bins
from snippets.data_practice import _calibration_temperature as temperature
from snippets.data_practice import calibration
from snippets.kit import LANGS, Tr


def test_evidence():
    assert calibration.check_torch().error < 1e-5


def test_worked_example_by_hand():
    found = bins.value_worked()
    assert found["ece"] == pytest.approx(abs(0.7 - 0.9) / 2)
    assert found["brier"] == pytest.approx((7 * 0.1**2 + 3 * 0.9**2 + 6 * 0.4**2 + 4 * 0.6**2) / 20)
    assert found["brier"] == pytest.approx(brier_score_loss(bins.CORRECT, bins.CONFIDENCE))
    assert (found["accuracy"], found["confidence"]) == (pytest.approx(0.65), pytest.approx(0.75))
    assert found["flat_ece"] == pytest.approx(0, abs=1e-12)
    assert found["flat_brier"] == pytest.approx(0.65 * 0.35)
    assert sum(row[4] for row in bins.table_worked(Tr("en")).rows) == pytest.approx(found["ece"])


def test_opposite_errors_cancel_in_one_bin():
    found = bins.value_worked()
    assert found["mixed_ece"] == pytest.approx(0, abs=1e-9)
    assert found["mixed_fine"] == pytest.approx((0.08 + 0.08) / 2)


@pytest.mark.parametrize("count", bins.COUNTS)
@pytest.mark.parametrize("number", bins.BINS)
def test_bias_is_that_of_the_mean_absolute_deviation(count, number):
    # In a bin of m examples the accuracy has the variance p (1 - p) / m; E|N(0, s²)| = s √(2/π).
    rng = np.random.default_rng(5)
    c = rng.uniform(0.5, 1, 200_000)
    place = np.minimum((c * number).astype(int), number - 1)
    expected = 0.0
    for b in np.unique(place):
        inside = c[place == b]
        share = len(inside) / len(c)
        expected += share * np.sqrt(2 / np.pi * (inside * (1 - inside)).mean() / (count * share))
    assert bins._perfect(count, number).mean == pytest.approx(expected, rel=0.3)


def test_temperature_finds_the_factor():
    found = temperature.value_measures()
    assert found["tau"].mean == pytest.approx(temperature.FACTOR, rel=0.05)
    assert found["scaled_ece"].high < found["raw_ece"].low / 5
    assert found["accuracy"] == found["scaled_accuracy"]
    assert abs(found["scaled_ece"].mean - found["true_ece"].mean) < 0.01


def test_labels_follow_the_true_probabilities():
    for run in temperature.runs():
        p = softmax(run.test / temperature.FACTOR, axis=1)
        for k in range(temperature.CLASSES):
            error = np.sqrt((p[:, k] * (1 - p[:, k])).mean() / len(p))
            assert abs(p[:, k].mean() - (run.answers == k).mean()) < 4.5 * error


def test_ece_does_not_show_the_favoured_class():
    found = temperature.value_measures()
    assert found["bent_first"].low > 0.08
    assert abs(found["scaled_first"].mean) < 0.01
    assert found["bent_ece"].mean < 2 * found["true_ece"].mean
    assert found["bent_nll"].low > found["scaled_nll"].mean


def test_figures():
    data = temperature.figure_reliability(Tr("en")).data
    assert (data["raw"][0][2:] < data["raw"][1][2:]).all()  # below the diagonal
    assert np.abs(data["scaled"][0] - data["scaled"][1]).max() < 0.1
    loss = temperature.figure_loss(Tr("en")).data
    assert loss["tau"][np.argmin(loss["nll"])] == pytest.approx(temperature.FACTOR, rel=0.1)
    assert loss["tau"][np.argmin(loss["ece"])] == pytest.approx(temperature.FACTOR, rel=0.25)


@pytest.mark.parametrize("lang", LANGS)
def test_tables_build(lang):
    assert len(bins.table_compare(Tr(lang)).rows) == 5
    assert len(bins.table_bias(Tr(lang)).rows) == 3
