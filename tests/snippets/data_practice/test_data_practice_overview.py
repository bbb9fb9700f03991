"""The ten metrics and the classifier, against scikit-learn."""

import numpy as np
import pytest
from sklearn import linear_model, metrics

from snippets.data_practice.data_practice_overview import binary_report, fit_logistic


def sample(seed, count=400, share=0.3):
    rng = np.random.default_rng(seed)
    y = (rng.uniform(size=count) < share).astype(int)
    x = rng.normal(size=(count, 3)) + y[:, None] * np.array([1.5, 0.0, -1.0])
    return x, y


@pytest.mark.parametrize(("seed", "threshold"), [(0, 0.5), (1, 0.2), (2, 0.9)])
def test_report(seed, threshold):
    _, y = sample(seed)
    z = np.random.default_rng(seed + 10).normal(size=400) * 2 + 3 * y - 1.5
    p = 1 / (1 + np.exp(-z))
    called = p >= threshold
    found = binary_report(y, z, threshold)
    theirs = {
        "accuracy": metrics.accuracy_score(y, called),
        "precision": metrics.precision_score(y, called),
        "recall": metrics.recall_score(y, called),
        "f1": metrics.f1_score(y, called),
        "mcc": metrics.matthews_corrcoef(y, called),
        "auc": metrics.roc_auc_score(y, z),
        "ap": metrics.average_precision_score(y, z),
        "log_loss": metrics.log_loss(y, p),
        "brier": metrics.brier_score_loss(y, p),
    }
    for name, value in theirs.items():
        assert found[name] == pytest.approx(value, abs=1e-12), name
    assert found.keys() - theirs.keys() == {"ece"}


def test_ece_bin_by_bin():
    y, p = np.array([0, 1, 1, 1]), np.array([0.15, 0.25, 0.95, 0.95])
    found = binary_report(y, np.log(p / (1 - p)))["ece"]
    assert found == pytest.approx((0.15 + 0.75 + 2 * 0.05) / 4)


def test_extremes():
    y = np.array([0, 1, 0, 1])
    found = binary_report(y, np.array([-1e4, 1e4, -800.0, 800.0]))
    assert found["log_loss"] == found["brier"] == found["ece"] == 0
    assert binary_report(y, 1e4 * (1 - 2 * y))["log_loss"] == pytest.approx(1e4)
    with pytest.raises(ValueError, match="threshold"):
        binary_report(y, np.zeros(4), 1.0)
    with pytest.raises(ValueError, match="both classes"):
        binary_report(np.ones(4, int), np.zeros(4))


@pytest.mark.parametrize("weight", [1.0, 4.0])
def test_fit_equals_scikit_learn(weight):
    x, y = sample(3)
    model = linear_model.LogisticRegression(C=np.inf, class_weight={0: 1, 1: weight}, tol=1e-10)
    model.fit(x, y)
    w = fit_logistic(x, y, weight)
    np.testing.assert_allclose(w[:-1], model.coef_[0], atol=1e-4)
    np.testing.assert_allclose(w[-1], model.intercept_[0], atol=1e-4)


def test_fit_finds_the_true_weights():
    """Normal clouds: the log odds are linear, with slope μ and bias ln(share) - μ²/2."""
    x, y = sample(4, 200_000)
    mean, share = np.array([1.5, 0.0, -1.0]), 0.3
    wanted = [*mean, np.log(share / (1 - share)) - mean @ mean / 2]
    np.testing.assert_allclose(fit_logistic(x, y), wanted, atol=0.04)
    weighted = fit_logistic(x, y, 4.0)
    np.testing.assert_allclose(weighted[-1], wanted[-1] + np.log(4), atol=0.04)


def test_fit_refuses_one_class():
    with pytest.raises(ValueError, match="one class"):
        fit_logistic(np.zeros((3, 2)), np.ones(3, int))


@pytest.mark.parametrize("weight", [0.2, 1.0, 4.0])
def test_fit_refuses_separable_classes(weight):
    x, y = np.array([[-2.0], [-1.0], [1.0], [2.5]]), np.array([0, 0, 1, 1])
    with pytest.raises(ValueError, match="separates"):
        fit_logistic(x, y, weight)
    assert fit_logistic(x, np.array([0, 1, 0, 1]), weight)[0] > 0
