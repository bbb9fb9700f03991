"""What the page on metrics says, against scikit-learn and the normal distribution."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm
from sklearn import metrics

from snippets.data_practice import _classification_metrics_counts as counts
from snippets.data_practice import _classification_metrics_curves as curves
from snippets.data_practice import classification_metrics
from snippets.kit import LANGS, Tr


def test_evidence():
    assert classification_metrics.check_auc().error < 1e-12
    assert classification_metrics.check_confusion().error < 1e-12


def _spelt(tp, fp, fn, tn):
    y = np.repeat([1, 0, 1, 0], [tp, fp, fn, tn])
    return y, np.repeat([1, 1, 0, 0], [tp, fp, fn, tn])


def test_worked_example():
    y, p = _spelt(80, 20, 40, 860)
    found = counts.value_worked()
    assert found["precision"] == pytest.approx(metrics.precision_score(y, p))
    assert found["recall"] == pytest.approx(2 / 3)
    assert found["f1"] == pytest.approx(metrics.f1_score(y, p))
    assert found["mcc"] == pytest.approx(metrics.matthews_corrcoef(y, p))
    assert found["product"] == 80 * 860 - 20 * 40
    assert counts.figure_matrix(Tr("en")).data["counts"] == metrics.confusion_matrix(y, p).tolist()


def test_rare_positives():
    for key, row in zip(counts.PREDICTORS, counts.table_rare(Tr("en")).rows, strict=True):
        y, p = _spelt(*counts.PREDICTORS[key])
        assert len(y) == 1000
        assert y.sum() == 10
        theirs = [
            metrics.accuracy_score(y, p),
            metrics.precision_score(y, p, zero_division=0),
            metrics.recall_score(y, p),
            metrics.f1_score(y, p),
            metrics.balanced_accuracy_score(y, p),
            metrics.matthews_corrcoef(y, p),
        ]
        np.testing.assert_allclose(row[1:], theirs, atol=1e-12)
    found = counts.value_rare()
    assert found["none_accuracy"] > found["useful_accuracy"]
    assert found["useful_mcc"] == pytest.approx(found["flipped_mcc"])
    assert found["flipped_f1"] > 0.95 > 0.5 > found["useful_f1"]


def test_three_classes():
    y = np.repeat(np.arange(3), counts.THREE.sum(axis=1))
    p = np.concatenate([np.repeat(np.arange(3), row) for row in counts.THREE])
    found = counts.value_three()
    for kind in ("macro", "weighted", "micro"):
        assert found[kind] == pytest.approx(metrics.f1_score(y, p, average=kind))
    assert found["micro"] == pytest.approx(found["accuracy"])
    report = metrics.classification_report(y, p, output_dict=True)
    for k, row in enumerate(counts.table_three(Tr("en")).rows):
        cells = [report[str(k)][s] for s in ("precision", "recall", "f1-score")]
        np.testing.assert_allclose(row[4:], cells)


def test_six_scores():
    found = curves.value_six()
    assert found["auc"] == pytest.approx(8 / 9)
    assert found["ap"] == pytest.approx((1 + 1 + 3 / 4) / 3)
    assert (found["right"], found["pairs"]) == (8, 9)
    rows = curves.table_six(Tr("en")).rows
    assert [row[2] for row in rows] == [1, 2, 2, 3, 3, 3]
    assert [row[3] for row in rows] == [0, 0, 1, 1, 2, 3]


def test_normal_curves_are_exact():
    assert curves.value_prevalence()["auc"] == pytest.approx(
        norm.cdf(curves.SHIFT / 2**0.5), abs=1e-5
    )
    for row, prevalence in zip(
        curves.table_prevalence(Tr("en")).rows, curves.PREVALENCES, strict=True
    ):

        def precision(t, p=prevalence):
            f = norm.sf(norm.isf(t) + curves.SHIFT)
            return p * t / (p * t + (1 - p) * f)

        assert row[2] == pytest.approx(quad(precision, 1e-9, 1)[0], abs=1e-3)
        assert row[3] == pytest.approx(precision(0.8), rel=0.01)


def test_curves_by_prevalence():
    data = curves.figure_curves(Tr("en")).data
    inner = (data["tpr"] > 0.05) & (data["tpr"] < 0.95)
    assert (data["p0.5"] > data["p0.1"])[inner].all()
    assert (data["p0.1"] > data["p0.01"])[inner].all()


def test_threshold():
    data = curves.figure_threshold(Tr("en")).data
    assert (np.diff(data["recall"]) < 0).all()
    found = curves.value_threshold()
    assert found["f1"] == data["f1"].max()
    t, f = norm.sf(found["best"] - 1.5), norm.sf(found["best"])
    assert found["f1"] == pytest.approx(2 * 0.1 * t / (0.1 * t + 0.9 * f + 0.1), abs=1e-9)
    assert found["f1_even"] < found["f1"]


@pytest.mark.parametrize("lang", LANGS)
def test_tables_build(lang):
    assert len(counts.table_scores(Tr(lang)).rows) == 6
