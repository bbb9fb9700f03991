"""What the page on regression losses says: formulas, figures, experiments."""

import numpy as np
import pytest

from snippets.kit import Tr
from snippets.losses import _regression_losses_descent as descent
from snippets.losses import _regression_losses_formulas as formulas
from snippets.losses import _regression_losses_lines as lines
from snippets.losses import _regression_losses_outliers as outliers
from snippets.losses import _regression_losses_shapes as shapes
from snippets.losses import _regression_losses_sparsity as sparsity
from snippets.losses import _regression_losses_squares as squares

EN = Tr("en")


def test_evidence():
    for evidence in (formulas.check_torch, formulas.check_autograd, descent.check_descent):
        assert evidence().error <= 1e-14
    assert lines.check_lines().cases == 6


# ---------------------------------------------------------------- four numbers, one trap


def test_worked_example():
    # 1² + 2² + 3² = 14
    assert [row[2] for row in squares.table_measures(EN).rows] == pytest.approx(
        [14, 14 / 3, (14 / 3) ** 0.5, 14**0.5]
    )
    found = squares.value_measures()
    assert (round(found["mse"], 4), round(found["rmse"], 4)) == (4.6667, 2.1602)
    assert round(found["distance"], 4) == 3.7417


def test_trap():
    found = squares.value_trap()
    assert found["loss"] == pytest.approx(12 / 9)  # four pairs differ by 1, two by 2
    assert "broadcasting" in found["message"]


def test_gradient_of_a_large_error_is_proportional():
    assert squares.value_far() == pytest.approx({"mse": 2 * -97 / 5, "residual": 97, "ratio": 2})


# ---------------------------------------------------------------- curves


def test_curves():
    data = shapes.figure_curves(EN).data
    e, (square, l1, smooth, huber) = data["e"], data["values"]
    np.testing.assert_allclose(square, e**2 / 2)
    np.testing.assert_allclose(l1, np.abs(e))
    inside = np.abs(e) <= 1
    np.testing.assert_allclose(smooth[inside], square[inside])
    np.testing.assert_allclose(smooth[~inside], l1[~inside] - 0.5)
    assert (huber >= smooth - 1e-12).all()
    tops = data["slopes"].max(axis=1)
    np.testing.assert_allclose(tops, [3.5, 1, 1, 2])


def test_switch_table():
    rows = shapes.table_switch(EN).rows
    assert rows[0] == pytest.approx([0.3, 0.09, 0.3, 0.045, 0.0225, 0.045, 0.045])
    assert rows[1] == pytest.approx([1, 1, 1, 0.5, 0.25, 0.5, 0.5])
    assert rows[2] == pytest.approx([2.5, 6.25, 2.5, 2, 1.5, 2, 3])
    found = shapes.value_switch()
    assert (found["smooth_two"], found["huber_two"]) == (1.5, 3.0)
    assert found["smooth_one"] == found["huber_one"] == 2.0


# ---------------------------------------------------------------- oscillation


def test_constant_steps_swing_by_half_a_step():
    data = descent.figure_oscillation(EN).data
    np.testing.assert_allclose(np.abs(data["l1"][11:]), 0.05, atol=1e-12)
    assert (np.sign(data["l1"][12:]) == -np.sign(data["l1"][11:-1])).all()
    assert np.abs(data["decaying"][-20:]).max() < 1e-8
    # 1 - 2 · 0.1 a step for the square, 1 - 0.1 for Smooth L1 once inside
    np.testing.assert_allclose(data["square"][1:] / data["square"][:-1], 0.8)
    np.testing.assert_allclose(data["smooth"][2:] / data["smooth"][1:-1], 0.9)
    assert descent.value_descent()["stuck"] == pytest.approx(0.05)


# ---------------------------------------------------------------- outliers


def test_location():
    squared, absolute, huber = outliers.table_location(EN).rows
    assert squared[1:] == pytest.approx([3, 22, 2 * -97 / 5, 194 / (194 + 8)])
    assert absolute[1:] == pytest.approx([3, 3, -0.2, 1 / 4])
    assert huber[1:] == pytest.approx([3, 3, -0.2, 1 / 4])
    assert outliers.value_location()["mse"] == np.mean(outliers.DATA)
    assert outliers.value_data()["all"] == "1, 2, 3, 4, 100"


def test_lines_of_y_and_of_x():
    found = lines.value_lines()
    for fit in ("squares", "absolute", "huber"):
        assert found[f"clean_{fit}"].mean == pytest.approx(2, abs=0.05)
        assert found[f"x_{fit}"].high < 0.15  # one wrong x ruins all of them
    assert found["y_squares"].high < 0.2
    for fit in ("absolute", "huber"):
        assert 1.8 < found[f"y_{fit}"].low < found[f"y_{fit}"].high < 2.1
    assert len(found["x_absolute"]) == 20
    # a wrong x of twice the range: MSE gives way, MAE and Huber still hold
    assert found["near_squares"].high < 1.2
    for fit in ("absolute", "huber"):
        assert found[f"near_{fit}"].low > 1.6


def test_slopes_by_least_squares_are_numpys():
    for case in ("clean", "y", "near", "x"):
        theirs = [np.polyfit(x, y, 1)[0] for x, y in lines.points(case)]
        np.testing.assert_allclose(lines.value_lines()[f"{case}_squares"].values, theirs)


def test_only_one_point_is_wrong():
    for clean, wrong in zip(lines.points("clean"), lines.points("x"), strict=True):
        assert (clean[0] != wrong[0]).sum() == 1
        assert (clean[1] == wrong[1]).all()
    drawn = lines.figure_lines(EN).data
    assert drawn["y_absolute"][0] > 1.8
    assert drawn["x_absolute"][0] < 0.15


# ---------------------------------------------------------------- loss or penalty


def test_zeros():
    squared, absolute, lasso, ridge = sparsity.table_zeros(EN).rows
    for row in (squared, absolute, ridge):
        assert row[1].high == 0
    assert absolute[2].low == absolute[2].high == sparsity.FEATURES
    assert lasso[1].low >= 15
    assert lasso[2].high == 0
    found = sparsity.value_zeros()
    assert (found["loss_weights"], found["loss_residuals"]) == (0, 20)


def test_the_penalty_keeps_the_real_features():
    for A, y in sparsity.drawn():
        w = sparsity.FITS[2][2](A, y)
        assert (w[: sparsity.REAL] != 0).all()
