"""What the page on batch-norm statistics says, against closed forms and PyTorch."""

import math

import pytest

from snippets.kit import Tr
from snippets.normalization import _batch_norm_statistics_constants as constants
from snippets.normalization import _batch_norm_statistics_modes as modes
from snippets.normalization import _batch_norm_statistics_running as running
from snippets.normalization import _batch_norm_statistics_small as small
from snippets.normalization import batch_norm_statistics as page


def test_folding_is_exact_up_to_rounding_and_only_in_eval_mode():
    assert page.check_fold().error < 1e-13
    assert page.value_fold()["single"] < 1e-4
    assert page.value_fold()["training"] > 0.1
    assert small.check_group_norm().error < 1e-13


def test_pair_ends_at_the_root_of_one_half():
    # Biased variance 1, unbiased 2: 3 becomes 1/sqrt(2) at inference.
    assert page.value_pair()["end"] == pytest.approx(1 / math.sqrt(2), abs=1e-4)
    # One step from (0, 1): mean 0.2, variance 0.9 + 0.2.
    assert page.value_pair()["start"] == pytest.approx(0.8 / math.sqrt(1.1 + 1e-5))


def test_running_means_follow_the_closed_form():
    found = running.value_running()
    assert found["theory"] == pytest.approx(10 * (1 - 0.9**10))
    # The EMA of ten batches of 32 has a standard error of about 0.1 a run.
    assert found["ema"].mean == pytest.approx(found["theory"], abs=0.15)
    assert found["plain"].mean == pytest.approx(10, abs=0.1)
    assert found["drift_plain"].mean == pytest.approx(0.5, abs=0.01)
    assert found["drift_ema"].mean == pytest.approx(1 - 9 / 99, abs=0.02)
    data = running.figure_running(Tr("en")).data
    assert data["drift_ema"][-1] > data["drift_plain"][-1] + 0.3


@pytest.mark.parametrize("grad", ["grad", "no_grad", "inference_mode"])
def test_modes_are_independent(grad):
    train, evaluated = modes.observe(True, grad), modes.observe(False, grad)
    assert train["batch"]
    assert train["moved"]
    assert train["dropout"]
    assert not evaluated["batch"]
    assert not evaluated["moved"]
    assert not evaluated["dropout"]
    assert train["graph"] == evaluated["graph"] == (grad == "grad")


def test_a_constant_mean_lets_the_bias_run():
    found = constants.value_drift()
    # Each step: rate 0.1 times the slope 2 times the mean target 1.
    assert found["bias"] == pytest.approx(100 * 0.1 * 2 * 1.0)
    assert found["loss_change"] < 1e-12
    assert found["through"] < 1e-12
    trained = constants.value_constant()
    assert trained["constant"].high < trained["through"].low
    assert trained["constant_bias"].low > 0.3
    assert trained["through_bias"].high < 1e-5


def test_full_statistics_age_more_slowly_than_a_batch_is_noisy():
    found = constants.value_aged()
    assert found["after_1"].high < found["after_50"].low
    assert found["after_50"].high < found["noise"]


def test_noise_falls_as_one_over_the_root():
    for size in small.SIZES:
        assert small._noise(size).mean == pytest.approx(size**-0.5, rel=0.02)


def test_small_groups_cost_accuracy():
    found = small.value_groups()
    assert found["running_2"].high < 0.25
    assert found["running_2"].high < found["running_4"].low
    assert found["running_4"].high < found["running_8"].low
    assert found["running_8"].high < found["running_32"].low
    for group in (4, 8, 32):
        assert found[f"batch_{group}"].mean < found[f"running_{group}"].mean
