"""Metrics of classification against scikit-learn, exact fractions and brute force."""

from fractions import Fraction

import numpy as np
import pytest
import torch
from sklearn import metrics

from snippets import kit
from snippets.data_practice.classification_metrics import (
    average_precision,
    averaged_f1,
    binary_scores,
    confusion_matrix,
    pr_curve,
    roc_auc,
    roc_curve,
    torch_confusion_matrix,
    torch_roc_auc,
)


def _labels(rng, n=200):
    return np.r_[0, 1, rng.integers(0, 2, n - 2)]


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_matrix_and_averages(classes):
    for rng in kit.seeds(5):
        y, p = rng.integers(0, classes, (2, 300))
        matrix = confusion_matrix(y, p, classes)
        np.testing.assert_array_equal(matrix, metrics.confusion_matrix(y, p))
        theirs = torch_confusion_matrix(torch.tensor(y), torch.tensor(p), classes)
        np.testing.assert_array_equal(matrix, theirs)
        for kind, value in averaged_f1(matrix).items():
            assert value == pytest.approx(metrics.f1_score(y, p, average=kind), abs=1e-12)


def test_binary_scores():
    for rng in kit.seeds(5):
        y, p = rng.integers(0, 2, (2, 100))
        (tn, fp), (fn, tp) = confusion_matrix(y, p, 2)
        ours = binary_scores(tp, fp, fn, tn)
        theirs = {
            "accuracy": metrics.accuracy_score(y, p),
            "precision": metrics.precision_score(y, p),
            "recall": metrics.recall_score(y, p),
            "specificity": metrics.recall_score(y, p, pos_label=0),
            "f1": metrics.f1_score(y, p),
            "balanced": metrics.balanced_accuracy_score(y, p),
            "mcc": metrics.matthews_corrcoef(y, p),
        }
        assert ours == pytest.approx(theirs, abs=1e-12)


def test_large_counts_do_not_overflow():
    # MCC does not change when every cell is multiplied: 5/12 for 3, 1, 1, 2
    (tn, fp), (fn, tp) = np.array([[2, 1], [1, 3]]) * 10**6
    assert binary_scores(tp, fp, fn, tn)["mcc"] == pytest.approx(5 / 12, abs=1e-12)


def test_empty_denominators_give_zero():
    assert binary_scores(0, 0, 10, 990)["precision"] == 0
    assert binary_scores(0, 0, 10, 990)["mcc"] == 0
    assert binary_scores(0, 0, 0, 5)["f1"] == 0
    assert averaged_f1(np.array([[5, 0], [0, 0]]))["macro"] == 0.5


@pytest.mark.parametrize("digits", [0, 1, 12])
def test_curves_and_areas_with_ties(digits):
    for rng in kit.seeds(5):
        y = _labels(rng)
        scores = np.round(rng.normal(size=200) + y, digits)
        fpr, tpr = roc_curve(y, scores)
        theirs = metrics.roc_curve(y, scores, drop_intermediate=False)
        np.testing.assert_allclose(fpr, theirs[0], atol=1e-12)
        np.testing.assert_allclose(tpr, theirs[1], atol=1e-12)
        assert roc_auc(y, scores) == pytest.approx(metrics.roc_auc_score(y, scores), abs=1e-12)
        assert average_precision(y, scores) == pytest.approx(
            metrics.average_precision_score(y, scores), abs=1e-12
        )
        precision, recall, _ = metrics.precision_recall_curve(y, scores)
        np.testing.assert_allclose(pr_curve(y, scores)[0], recall[:-1][::-1], atol=1e-12)
        np.testing.assert_allclose(pr_curve(y, scores)[1], precision[:-1][::-1], atol=1e-12)


def test_area_is_the_share_of_ordered_pairs_exactly():
    for rng in kit.seeds(5):
        y, scores = _labels(rng, 30), rng.integers(0, 6, 30)
        positive, negative = scores[y == 1], scores[y == 0]
        share = sum(
            Fraction(2 * int(a > b) + int(a == b), 2) for a in positive for b in negative
        ) / (len(positive) * len(negative))
        assert roc_auc(y, scores) == pytest.approx(float(share), abs=1e-14)
        theirs = torch_roc_auc(torch.tensor(y), torch.tensor(scores))
        assert theirs.item() == pytest.approx(float(share), abs=1e-14)


def test_only_the_order_counts():
    rng = np.random.default_rng(0)
    y, scores = _labels(rng), rng.normal(size=200)
    assert roc_auc(y, np.exp(scores)) == roc_auc(y, scores)
    assert average_precision(y, np.exp(scores)) == average_precision(y, scores)
    assert roc_auc(y, -scores) == pytest.approx(1 - roc_auc(y, scores), abs=1e-14)
    assert roc_auc(y, np.zeros(200)) == 0.5


def test_bad_input():
    with pytest.raises(ValueError, match="both classes"):
        roc_auc([1, 1], [0.1, 0.2])
    with pytest.raises(ValueError, match="must be 0 and 1"):
        roc_auc([-1, 1], [0.1, 0.2])
    with pytest.raises(ValueError, match="labels must be"):
        confusion_matrix([0, 3], [0, 1], 3)
    with pytest.raises(ValueError, match="predictions"):
        confusion_matrix([0, 1], [0], 2)
