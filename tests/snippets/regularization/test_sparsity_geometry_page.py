"""What the page on the geometry of sparsity says, against values by hand and exact arithmetic."""

import math
from fractions import Fraction

import numpy as np
import pytest

from snippets.kit import Tr
from snippets.regularization import _sparsity_geometry_decay as decays
from snippets.regularization import _sparsity_geometry_shrink as shrinks
from snippets.regularization import _sparsity_geometry_touch as touch
from snippets.regularization import sparsity_geometry

EN = Tr("en")


def test_evidence():
    assert sparsity_geometry.check_grid().error < 1e-12


def test_multipliers_by_hand():
    # On the axis: dJ/dw₁ = 2 (w₁ - 3) gives 4 and 2; on the side both slopes are 1.
    rows = touch.table_multiplier(EN).rows
    assert [row[0] for row in rows] == [1, 2, 3, 5]
    assert [row[1] for row in rows] == ["(1, 0)", "(2, 0)", "(2.5, 0.5)", "(3, 1)"]
    assert [row[3] for row in rows] == [4, 2, 1, 0]
    assert all(row[1] == row[2] == row[4] for row in rows)


def test_the_wrong_multiplier_gives_another_solution():
    found = touch.value_multiplier()
    assert found["first"] == "(1, 0)"
    assert found["wrong_solution"] == "(2.5, 0.5)"
    assert found["loss"] == "(w₁ − 3)² + (w₂ − 1)²"


def test_faces_are_counted_by_their_corners():
    # A face has k + 1 corners, one on each of k + 1 axes, at either end of it.
    n, found = 10, touch.value_faces()
    faces = [math.comb(n, k) * 2**k for k in range(1, n + 1)]
    assert (found["dimensions"], found["all"], found["full"]) == (n, sum(faces), faces[-1])


def test_circles_touch_their_diamonds():
    data = touch.figure_touch(EN).data
    for w, level, c in zip(data["found"], data["touch"], data["sizes"], strict=True):
        share = np.linspace(0, 1, 2001)
        edge = c * np.stack([share, 1 - share], axis=1)  # the side that faces the star
        values = ((edge - [3, 1]) ** 2).sum(axis=1)
        if np.abs(w).sum() == pytest.approx(c):
            assert values.min() == pytest.approx(level, abs=1e-5)
        else:
            assert level == 0


def test_shrinking_curves_and_regions():
    data = shrinks.figure_shrink(EN).data
    inside = np.abs(data["v"]) <= 1
    assert (data["soft"][inside] == 0).all()
    assert (data["soft"][~inside & (np.abs(data["v"]) > 1 + 1e-9)] != 0).all()
    np.testing.assert_allclose(data["ridge"], data["v"] / 2)
    # The cross of width 2 in a square of side 6 covers 1 - (2/3)²; the axes have no area.
    assert data["l1_share"][0] == pytest.approx(1 - (2 / 3) ** 2, abs=0.01)
    assert data["l2_share"][0] < 0.01
    rows = shrinks.table_shrink(EN).rows
    assert rows[0][1:] == [2, -1, 0, 0]
    assert rows[1][1:] == [1.5, -1, 0.25, -0.5]


def test_decay_in_float32():
    found = decays.value_decay()
    assert found["after"] == pytest.approx(0.99**1000, rel=1e-4)
    assert found["stuck"] == pytest.approx(7.0e-44, rel=0.01)
    # float32(0.99) is above 0.99: 50 units times it are a little more than 49.5, rounded up.
    assert found["units"] == 50
    assert 0 < 50 * Fraction(float(np.float32(0.99))) - Fraction(99, 2) < Fraction(1, 10**6)
    assert found["flushed"] == 0
    # The first power of 0.99 below the smallest normal number, 2^-126.
    assert found["flushed_at"] == pytest.approx(126 * np.log(2) / -np.log(0.99), abs=2)
    assert found["l1_at"] == 100


def test_figure_of_decay():
    data = decays.figure_decay(EN).data
    assert (data["l2"] > 0).all()
    assert data["l2"][-1] == data["l2"][-50]
    assert data["l1"][-1] == 0
