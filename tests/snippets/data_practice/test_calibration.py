"""Calibration against scikit-learn, SciPy, PyTorch and a loop over the bins."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.optimize import minimize_scalar
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, log_loss

from snippets import kit
from snippets.data_practice.calibration import (
    brier,
    ece,
    fit_temperature,
    nll,
    probabilities,
    reliability,
    torch_fit_temperature,
)


def _draw(rng, n=400):
    confidence = rng.uniform(0, 1, n)
    return confidence, (rng.uniform(size=n) < confidence**2).astype(int)


def _loop(confidence, correct, bins):
    """ECE as guo2017 writes it: intervals ((b - 1)/B, b/B], |B_b|/n times the gap."""
    total = 0.0
    for b in range(1, bins + 1):
        inside = [i for i, c in enumerate(confidence) if (b - 1) / bins < c <= b / bins]
        if inside:
            accuracy = sum(correct[i] for i in inside) / len(inside)
            sure = sum(confidence[i] for i in inside) / len(inside)
            total += len(inside) / len(confidence) * abs(accuracy - sure)
    return total


@pytest.mark.parametrize("bins", [1, 4, 10, 15])
def test_ece_is_the_published_sum(bins):
    for rng in kit.seeds(5):
        confidence, correct = _draw(rng)
        assert ece(confidence, correct, bins) == pytest.approx(
            _loop(confidence, correct, bins), abs=1e-12
        )


def test_diagram_is_that_of_scikit_learn():
    for rng in kit.seeds(5):
        confidence, correct = _draw(rng)
        share, accuracy, sure = reliability(confidence, correct, 10)
        theirs = calibration_curve(correct, confidence, n_bins=10)
        np.testing.assert_allclose(accuracy, theirs[0], atol=1e-12)
        np.testing.assert_allclose(sure, theirs[1], atol=1e-12)
        assert share.sum() == pytest.approx(1)


def test_edges_of_the_bins():
    share, accuracy, sure = reliability([0.0, 0.5, 0.500001, 1.0], [0, 1, 0, 1], bins=2)
    np.testing.assert_allclose(share, [0.5, 0.5])
    np.testing.assert_allclose(accuracy, [0.5, 0.5])
    np.testing.assert_allclose(sure, [0.25, 0.7500005])


@pytest.mark.parametrize("bins", [10, 15, 25, 100])
def test_a_confidence_on_an_edge_belongs_below_it(bins):
    # 0.07 * 100 is 7.000000000000001 in floating point; the bin is the seventh all the same
    edges = np.arange(1, bins + 1) / bins
    correct = np.arange(bins) % 3 == 0
    share, _, sure = reliability(edges, correct, bins)
    np.testing.assert_allclose(share, np.full(bins, 1 / bins))
    np.testing.assert_array_equal(sure, edges)
    assert ece(edges, correct, bins) == pytest.approx(_loop(edges, correct, bins), abs=1e-12)


def test_brier_and_cross_entropy():
    for rng in kit.seeds(5):
        p, event = _draw(rng)
        assert brier(p, event) == pytest.approx(brier_score_loss(event, p), abs=1e-12)
        z, y = rng.normal(0, 5, (100, 4)), rng.integers(0, 4, 100)
        theirs = log_loss(y, probabilities(z, 2.0), labels=range(4))
        assert nll(z, y, 2.0) == pytest.approx(theirs, abs=1e-9)
        loss = F.cross_entropy(torch.tensor(z) / 2.0, torch.tensor(y)).item()
        assert nll(z, y, 2.0) == pytest.approx(loss, abs=1e-12)


def test_extreme_logits_do_not_overflow():
    assert nll([[1e4, -1e4]], [0]) == 0
    assert nll([[1e4, -1e4]], [1]) == 2e4
    np.testing.assert_array_equal(probabilities([[1e4, -1e4]]), [[1, 0]])


def test_temperature_minimises_the_loss():
    for rng in kit.seeds(5):
        z = rng.normal(0, 3, (300, 5))
        y = np.array([rng.choice(5, p=p) for p in probabilities(z, 2.0)])
        ours = fit_temperature(z, y)
        scipy = minimize_scalar(
            lambda log_tau, z=z, y=y: nll(z, y, np.exp(log_tau)), bounds=(-3, 3), method="bounded"
        )
        assert ours == pytest.approx(np.exp(scipy.x), rel=1e-4)
        theirs = torch_fit_temperature(torch.tensor(z), torch.tensor(y))
        assert ours == pytest.approx(theirs, rel=1e-5)


def test_temperature_scales_with_the_logits():
    rng = np.random.default_rng(0)
    z, y = rng.normal(size=(200, 3)), rng.integers(0, 3, 200)
    z[np.arange(200), y] += 1
    assert fit_temperature(5 * z, y) == pytest.approx(5 * fit_temperature(z, y), rel=1e-9)


def test_bad_input():
    with pytest.raises(ValueError, match="every prediction is right"):
        fit_temperature([[2.0, 1.0], [0.0, 3.0]], [0, 1])
    with pytest.raises(ValueError, match=r"not in \[0, 1\]"):
        ece([1.2], [1])
    with pytest.raises(ValueError, match="results"):
        ece([0.2, 0.3], [1])
    with pytest.raises(ValueError, match="results"):
        ece([], [])
    with pytest.raises(ValueError, match="0 bins"):
        ece([0.2], [1], bins=0)
