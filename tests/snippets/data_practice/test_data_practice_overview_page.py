"""What the overview says of the ten metrics, against what the two normal clouds give exactly."""

from statistics import NormalDist

import numpy as np
import pytest

from snippets.data_practice import _data_practice_overview_changes as changes
from snippets.data_practice import _data_practice_overview_limits as limits
from snippets.data_practice.data_practice_overview import check_torch
from snippets.kit import LANGS, Tr

N = NormalDist()
EN = Tr("en")


def exactly(share=changes.SHARE, cut=None):
    """Accuracy, precision, recall and AUC of the best classifier for SHARE, in the limit."""
    if cut is None:
        cut = changes.APART / 2 - np.log(changes.SHARE / (1 - changes.SHARE)) / changes.APART
    recall, alarm = 1 - N.cdf(cut - changes.APART), 1 - N.cdf(cut)
    precision = share * recall / (share * recall + (1 - share) * alarm)
    accuracy = share * recall + (1 - share) * (1 - alarm)
    return accuracy, precision, recall, N.cdf(changes.APART / 2**0.5)


def mean(key, metric):
    return changes.values(key, metric).mean()


def test_check():
    assert check_torch().cases == 28


@pytest.mark.parametrize(
    ("key", "share"), [("plain", 0.2), ("rare", 0.02 / 0.82), ("share 0.5", 0.5)]
)
def test_close_to_the_limit(key, share):
    names = ("accuracy", "precision", "recall", "auc")
    for metric, value in zip(names, exactly(share), strict=True):
        assert mean(key, metric) == pytest.approx(value, abs=0.03), metric


def test_flipped_test_labels():
    """Accuracy a becomes a + f - 2 a f."""
    a, f = mean("plain", "accuracy"), changes.FLIPPED
    assert mean("noisy_test", "accuracy") == pytest.approx(a + f - 2 * a * f, abs=0.005)
    assert all((changes.moved("noisy_test", m) < 0).all() for m in (*changes.FIVE, "auc", "ap"))


def test_weight_is_a_threshold():
    """A weight w on the positives adds ln w to the log odds: p > 1/2 where p was > 1/(1 + w)."""
    assert changes.LOW == 1 / (1 + changes.WEIGHT)
    found = changes.value_changes()
    assert found["same"] < 0.01
    assert changes.moved("weighted", "ece").min() > 0.08
    assert abs(changes.moved("weighted", "auc")).max() < 1e-3
    assert not (changes.moved("weighted", "f1") > 0).all()


def test_exact_zeros():
    for metric in changes.METRICS:
        assert changes.moved("sharp", metric).any() == (metric in ("log_loss", "brier", "ece"))
        assert changes.moved("threshold", metric).any() == (metric in changes.FIVE)


def test_noise_in_training():
    assert abs(changes.moved("noisy_train", "auc")).max() < 0.003
    assert abs(changes.moved("noisy_train", "accuracy")).max() < 0.01
    assert (changes.values("noisy_train", "ece") > 5 * changes.values("plain", "ece")).all()


def test_rare_positives():
    assert (changes.moved("rare", "accuracy") > 0).all()
    assert (changes.moved("rare", "log_loss") < 0).all()
    for metric in ("precision", "mcc", "ap", "f1"):
        assert (changes.moved("rare", metric) < -0.1).all()
    for metric in ("recall", "auc"):
        assert abs(mean("rare", metric) - mean("plain", metric)) < 0.02


@pytest.mark.parametrize("lang", LANGS)
def test_table(lang):
    rows = changes.table_changes(Tr(lang)).rows
    assert len(rows) == 10
    sharp = [row[-1] for row in rows]
    assert sharp.count("0") == 7
    assert [row[-2] for row in rows[5:]] == ["0"] * 5
    assert all(cell.startswith("**−") for cell in (row[3] for row in rows[:7]))


def test_what_fewer_positives_must_do():
    """Rates fixed, precision, F1 and average precision fall; accuracy nears the specificity."""
    for metric in ("precision", "f1", "ap"):
        found = [mean(f"share {share}", metric) for share in changes.SHARES]
        assert found == sorted(found, reverse=True), metric
    cut = changes.APART / 2 - np.log(changes.SHARE / (1 - changes.SHARE)) / changes.APART
    assert mean("share 0.01", "accuracy") == pytest.approx(N.cdf(cut), abs=0.01)
    assert mean("share 0.2", "mcc") > mean("share 0.5", "mcc")  # "but not always"


def test_a_low_threshold_moves_with_the_logits():
    """Logits times k at threshold t are the old logits at ln(t / (1 - t)) / k."""
    log_odds = np.log(changes.SHARE / (1 - changes.SHARE))
    edge = np.log(changes.LOW / (1 - changes.LOW))
    cuts = [changes.APART / 2 + (e - log_odds) / changes.APART for e in (edge, edge / 3)]
    before, after = (1 - N.cdf(cut - changes.APART) for cut in cuts)
    assert changes.FACTOR == 3
    assert limits.value_limits()["low_recall"] == pytest.approx(after - before, abs=0.02)


def test_limits():
    found = limits.value_limits()
    auc = exactly()[-1]
    share, flipped = limits.FEWER, changes.FLIPPED
    true = share * (1 - flipped) / (share * (1 - flipped) + (1 - share) * flipped)
    false = share * flipped / (share * flipped + (1 - share) * (1 - flipped))
    # of those called positive a part is, and so of those called negative; halves between equals
    noisy = true * (1 - false) * auc + (1 - true) * false * (1 - auc)
    noisy += (true * false + (1 - true) * (1 - false)) / 2
    assert found["few_test_auc"] == pytest.approx(noisy - auc, abs=0.02)
    assert found["few_threshold_f1"] > 0.03 > abs(changes.moved("threshold", "f1").mean())
    assert found["few_train_recall"] < 3 * changes.moved("noisy_train", "recall").mean()
    assert found["lost_recall"] < -0.2 < -0.01 < found["lost_auc"]
    assert changes.value_changes()["same"] < found["wide_same"] < 0.03


def test_figure():
    data = changes.figure_changes(EN).data
    for metric in ("precision", "ap", "mcc"):
        assert data[f"share_{metric}"][0] > 2 * data[f"share_{metric}"][-1]
    assert (np.diff(data["share_accuracy"]) > 0).all()  # as positives become rare
    np.testing.assert_allclose(data["share_auc"], exactly()[-1], atol=0.02)
    at = list(changes.FACTORS).index(1.0)
    for metric in ("log_loss", "brier", "ece"):
        assert data[f"factor_{metric}"].argmin() == at
    for metric in ("accuracy", "auc"):
        assert np.ptp(data[f"factor_{metric}"]) == 0
