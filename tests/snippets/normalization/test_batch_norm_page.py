"""What the page on batch normalisation says, against closed forms and PyTorch."""

import math

import numpy as np
import pytest

from snippets.kit import LANGS, Tr
from snippets.normalization import _batch_norm_backward as backward
from snippets.normalization import _batch_norm_epsilon as epsilon
from snippets.normalization import _batch_norm_order as order
from snippets.normalization import _batch_norm_range as bounds
from snippets.normalization import _batch_norm_shape as shape
from snippets.normalization import batch_norm


def test_evidence():
    assert batch_norm.check_torch().error < 1e-13
    assert batch_norm.check_autograd().error < 1e-13
    assert bounds.check_weight_norm().error < 1e-14


def test_moments_are_those_of_the_distributions():
    # Exponential: skewness 2, excess kurtosis 6, P(x < mean) = 1 - 1/e.
    found = shape.value_moments()
    for name in shape.NAMES:
        assert found[f"{name}_mean"].high < 1e-12
        assert found[f"{name}_std"].low == pytest.approx(1, abs=1e-4)
    assert found["exponential_skew"].mean == pytest.approx(2, abs=0.05)
    assert found["exponential_kurtosis"].mean == pytest.approx(6, abs=0.5)
    assert found["exponential_below"].mean == pytest.approx(1 - 1 / math.e, abs=0.005)

    def normal(x):
        return (1 + math.erf(x / math.sqrt(2))) / 2

    assert found["normal_near"].mean == pytest.approx(2 * normal(0.5) - 1, abs=0.005)
    # ±4 plus N(0, 1): variance 17, so |z| < 1/2 is |x| < sqrt(17)/2.
    edge = math.sqrt(17) / 2
    assert found["bimodal_near"].mean == pytest.approx(
        normal(edge - 4) - normal(-edge - 4), abs=0.002
    )
    assert found["bimodal_kurtosis"].mean == pytest.approx(
        (4**4 + 6 * 16 + 3) / 17**2 - 3, abs=0.01
    )


def test_histograms_keep_their_outline():
    data = shape.figure_histograms(Tr("zh")).data
    for name in ("exponential", "bimodal"):
        before, after = data[f"{name}_before"], data[f"{name}_after"]
        ratio = after[before > 0] / before[before > 0]
        assert ratio == pytest.approx(ratio[0], rel=0.01)  # a value may fall on an edge


def test_epsilon_outside_is_off_by_epsilon_over_std_and_has_no_gradient():
    found = epsilon.value_epsilon()
    assert found["inside"] < 1e-13
    assert 1e-6 < found["outside"] < 1e-4
    assert found["first"] == pytest.approx((1 - 0.875) / math.sqrt(1e-5))
    assert found["last"] == pytest.approx((4 - 0.875) / math.sqrt(1e-5))
    assert np.isnan(epsilon._constant(inside=False)).all()
    # Without the slope of the root only 1/ε and the mean of UP are left.
    assert found["masked"] == pytest.approx((4 - 0.875) / 1e-5)


def test_outlier_reaches_the_bound():
    assert bounds.value_outlier()["outlier"] == pytest.approx(math.sqrt(99))
    assert bounds.value_outlier()["normal"] < math.sqrt(99)


def test_a_bias_before_batch_norm_has_no_gradient():
    found = order.value_bias()
    assert found["double"].high < 1e-11
    assert found["single"].high < 1e-2
    assert found["weights"].low > 1
    assert found["after"].low > 1


def test_orders_overlap():
    found = order.value_order()
    before, after, none = found["before"], found["after"], found["none"]
    assert before.low < after.high
    assert after.low < before.high
    assert min(before.mean, after.mean) > none.mean


@pytest.mark.parametrize("lang", LANGS)
def test_rows_of_the_backward_example_sum_to_zero(lang):
    rows = backward.table_backward(Tr(lang)).rows
    assert all(sum(row[1:]) == pytest.approx(0, abs=1e-12) for row in rows[1:])
    assert min(abs(v) for v in rows[-1][1:]) > 0.05
