"""Dropout's variance and the page on batch norm with dropout, against closed forms and PyTorch."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from snippets.kit import Tr
from snippets.normalization import _bn_and_dropout_shift as shift
from snippets.normalization import _bn_and_dropout_training as training
from snippets.normalization import bn_and_dropout as page


@pytest.mark.parametrize("p", [0.0, 0.3, 0.9])
def test_dropout_keeps_or_zeroes_and_scales(p):
    x = np.arange(1.0, 50_001)
    y = page.dropout(x, p, np.random.default_rng(0))
    kept = y != 0
    np.testing.assert_allclose(y[kept] * (1 - p), x[kept])
    assert kept.mean() == pytest.approx(1 - p, abs=0.02)


@pytest.mark.parametrize("p", [-0.1, 1.0, 2.0, math.nan])
def test_wrong_p_is_refused(p):
    with pytest.raises(ValueError, match="p must be"):
        page.dropout(np.ones(3), p, np.random.default_rng(0))
    with pytest.raises(ValueError, match="p must be"):
        page.variance_ratio(np.ones(3), p)


def test_ratio_is_the_keep_probability_for_mean_zero():
    x = np.array([-3.0, -1.0, 1.0, 3.0])
    assert page.variance_ratio(x, 0.3) == pytest.approx(0.7)
    assert page.variance_ratio(x + 5, 0.3) < 0.3


def test_evidence():
    assert page.check_dropout().error < 0.01


def test_measured_ratios_follow_the_closed_forms():
    found = shift.measured()
    for keep in (0.9, 0.7, 0.5):
        assert found[f"keep_{keep}"].mean == pytest.approx(keep, abs=0.005)
    relu = (0.5 - 1 / (2 * math.pi)) / (1 - 1 / (2 * math.pi))
    assert found["relu"].mean == pytest.approx(relu, abs=0.005)
    assert found["gaussian"].mean == pytest.approx(1 / (1 + 1), abs=0.005)
    assert found["uout"].mean == pytest.approx(3 / 3.01, abs=0.001)


def test_orders():
    found = shift.value_orders()
    expected = {"drop_bn_train": 1, "drop_bn_eval": 0.5, "bn_drop_train": 2, "bn_drop_eval": 1}
    for key, value in expected.items():
        assert found[key].mean == pytest.approx(value, rel=0.03)
    data = shift.figure_orders(Tr("en")).data
    assert {key: round(float(v[0]), 1) for key, v in data.items()} == expected


def test_recalibration_gives_the_statistics_without_dropout():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Dropout(0.5), nn.BatchNorm1d(3))
    batches = [torch.randn(64, 3) for _ in range(20)]
    for x in batches:
        model(x)
    assert (model[1].running_var > 1.4).all()
    page.torch_recalibrate(model, batches)
    assert not model.training
    assert model[1].momentum == 0.1
    torch.testing.assert_close(
        model[1].running_mean, torch.stack([x.mean(0) for x in batches]).mean(0)
    )
    torch.testing.assert_close(
        model[1].running_var, torch.stack([x.var(0) for x in batches]).mean(0)
    )


def test_networks_shift_only_where_batch_norm_follows_dropout():
    found = training.value_places()
    assert found["heavy_ratio"].high < found["light_ratio"].low < 0.95
    assert found["last_ratio"].mean == pytest.approx(1, abs=0.05)
    assert found["none_ratio"].mean == pytest.approx(1, abs=0.05)
    assert found["heavy_again_loss"].high < found["heavy_loss"].low
    assert abs(found["none_again_loss"].mean - found["none_loss"].mean) < 0.03
    assert abs(found["last_again_loss"].mean - found["last_loss"].mean) < 0.03
    assert found["heavy_again_loss"].mean - found["none_loss"].mean > (
        found["heavy_loss"].mean - found["heavy_again_loss"].mean
    )  # most of the gap is not the shift


def test_recalibration_without_batches_is_refused_and_changes_nothing():
    model = nn.Sequential(nn.Dropout(0.5), nn.BatchNorm1d(3))
    model[1].running_mean.fill_(7.0)
    with pytest.raises(ValueError, match="no batch"):
        page.torch_recalibrate(model, iter([]))
    assert (model[1].running_mean == 7).all()
    assert model.training
    assert model[1].momentum == 0.1


def test_formula_column_is_the_closed_form():
    column = [row[1] for row in shift.table_ratios(Tr("en")).rows]
    relu = (math.pi - 1) / (2 * math.pi - 1)  # the same fraction, multiplied by 2π
    assert column == pytest.approx([0.9, 0.7, 0.5, relu, 0.5, 300 / 301], abs=1e-12)
