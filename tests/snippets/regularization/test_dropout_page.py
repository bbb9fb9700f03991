"""What the page on dropout says: numbers of nn.Dropout, the ensemble, the sweep, the drawing."""

import numpy as np
import pytest

from snippets import kit
from snippets.regularization import _dropout_basics as basics
from snippets.regularization import _dropout_ensemble as ensemble
from snippets.regularization import _dropout_sweep as sweep
from snippets.regularization import dropout as page

EN = kit.Tr("en")


@pytest.mark.parametrize("check", [page.check_torch, page.check_log])
def test_check(check):
    found = check()
    assert found.cases >= 20
    assert found.error <= found.tolerance


def test_numbers_of_torchs_dropout():
    found = basics.value_torch()
    error = np.sqrt(0.3 * 0.7 / found["units"])
    for zeros, mean in zip(found["zeros"].values, found["mean"].values, strict=True):
        assert abs(zeros - 0.3) < 5 * error
        assert mean == pytest.approx((1 - zeros) / 0.7)
    assert found["kept"] == pytest.approx(10 / 7)
    assert found["changed"] == 0


def test_example_by_hand():
    rows = basics.table_example(EN).rows
    np.testing.assert_allclose(rows[2][1:], [8 / 3, 0, -2 / 3, 4])
    assert rows[3][1:] == rows[0][1:]


def test_drawing_drops_different_units():
    masks = basics.figure_networks(EN).data["masks"]
    assert masks[0].all()
    for mask in masks[1:]:
        assert 0 < mask.sum() < 5
    assert (masks[1] != masks[2]).any()


def test_expected_depth_and_the_mean_of_a_block():
    found = basics.value_depth()
    assert found["expected"] == pytest.approx(22.75)
    assert found["drawn"].mean == pytest.approx(22.75, abs=0.1)
    assert np.mean(found["outputs"]) == 3
    assert found["outputs"] == [1.0, 5.0]


def test_where_the_ensemble_is_exact():
    found = ensemble.value_ensemble()
    assert found["masks"] == 64
    for exact in ("linear_arithmetic", "softmax_geometric", "after_geometric"):
        assert found[exact].high < 1e-14
    for rough in ("softmax_arithmetic", "after_arithmetic", "before_arithmetic"):
        assert found[rough].mean > 0.05
    assert found["before_geometric"].mean > 0.03


def test_mc_dropout_and_evaluation():
    found = ensemble.value_mc()
    assert found["gap"].low > 0.05
    assert found["same"].low > 0.85
    assert found["evaluation"].mean == pytest.approx(found["mean"].mean, abs=0.02)


def test_sweep_has_a_valley_and_ends_in_underfitting():
    found = sweep.value_sweep()
    data = sweep.figure_sweep(EN).data
    train, test = data["runs"][:, 1].mean(axis=1), data["runs"][:, 3].mean(axis=1)
    assert (np.diff(train) > 0).all()
    assert found["best"] == 0.6
    assert (np.array(found["p6_loss"].values) < np.array(found["p0_loss"].values)).all()
    assert test[-1] > test[data["rates"] == 0.6]
    assert found["p9_train"].low > 1
    assert found["p6_accuracy"].mean == pytest.approx(found["p0_accuracy"].mean, abs=0.02)
