"""The effective rate, and what the page on why batch norm helps says."""

import math

import numpy as np
import pytest
import torch

from snippets.kit import Tr
from snippets.normalization import _batch_norm_why_landscape as landscape
from snippets.normalization import _batch_norm_why_noise as noise
from snippets.normalization import _batch_norm_why_rates as rates
from snippets.normalization import batch_norm_why as page


def test_effective_rate():
    assert page.effective_rate(0.5, np.array([3.0, 4.0])) == 0.5 / 25
    with pytest.raises(ValueError, match="zero vector"):
        page.effective_rate(0.5, np.zeros(3))


@pytest.mark.parametrize("a", [0.1, 10.0])
def test_gradient_by_finite_differences_shrinks_with_the_scale(a):
    rng = np.random.default_rng(0)
    w, x, t = rng.normal(size=(4, 1)), rng.normal(size=(12, 4)), rng.normal(size=(12, 1))

    def loss(v):
        z = x @ v
        z = (z - z.mean()) / z.std()
        return float(((np.tanh(z) - t) ** 2).mean())

    gradient = page.torch_loss_and_gradient(*map(torch.tensor, (a * w, x, t)))[1].numpy()
    for place in range(4):
        step = np.zeros_like(w)
        step[place] = 1e-6
        slope = (loss(w + step) - loss(w - step)) / 2e-6  # at w itself
        assert a * gradient[place, 0] == pytest.approx(slope, abs=1e-7)


def test_weights_times_ten():
    assert page.check_invariance().error < 1e-12
    found = page.value_ten()
    assert found["loss"] < 1e-12
    assert found["ratio"] == pytest.approx(10, abs=1e-9)
    assert found["product"] < 1e-12


def test_batch_norm_bears_rate_one_and_small_weights():
    found = rates.value_rates()
    assert found["bn_one"].low > found["none_one"].high
    assert found["bn_best"].mean - found["none_best"].mean < 0.1
    assert found["small_bn"].low > 0.75
    assert found["small_none"].high < 0.2
    assert found["large_none"].high < 0.2
    assert found["large_none"].high < found["large_bn"].low < found["large_bn"].high < 0.6


def test_effective_rates_only_fall():
    # Without weight decay the gradient is orthogonal to the weights: they only grow.
    for scale in rates.START:
        values = rates.effective(scale)
        assert (np.diff(values) <= 1e-4 * values[:-1]).all()
    found = rates.value_effective()
    assert found["start_ratio"] == pytest.approx(100, rel=1e-4)
    assert found["end_ratio"] < 10
    assert found["large_end"] > 0.95 * found["large_start"]


def test_loss_is_smoother_along_the_step():
    found = landscape.value_landscape()
    assert found["cosine_bn"].low > found["cosine_none"].high + 0.5
    assert found["shift_bn"].low > found["shift_none"].high
    assert found["rise_bn"].high < 0 < found["rise_none"].low
    data = landscape.figure_landscape(Tr("en")).data
    assert (data["bn_high"] < 0).all()
    assert data["none_high"].max() > 1


def test_output_scatters_as_the_statistics_do():
    assert noise._scatter(256).mean == pytest.approx(math.sqrt(1.5 / 256), rel=0.05)
    assert noise._scatter(32).mean == pytest.approx(math.sqrt(1.5 / 32), rel=0.05)
    # Two examples give ±1; +1 if the other is below 1, with probability Φ(1).
    share = (1 + math.erf(1 / math.sqrt(2))) / 2
    assert noise._scatter(2).mean == pytest.approx(2 * math.sqrt(share * (1 - share)), rel=0.03)
