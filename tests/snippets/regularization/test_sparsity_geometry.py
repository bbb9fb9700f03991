"""Constraint and penalty against scipy; decay in float32 against exact arithmetic."""

from fractions import Fraction

import numpy as np
import pytest
from scipy.optimize import minimize

from snippets import kit
from snippets.regularization.sparsity_geometry import (
    decay,
    least_on_grid,
    least_with_penalty,
    least_within,
    soft_and_ridge,
)


@pytest.mark.parametrize("rng", list(kit.seeds(6)))
def test_constraint_is_scipys(rng):
    # w = u - v with u, v ≥ 0 turns the constraint into linear ones.
    m, c = rng.normal(size=4), rng.uniform(0.2, 2)
    found = minimize(
        lambda z: ((z[:4] - z[4:] - m) ** 2).sum(),
        np.zeros(8),
        bounds=[(0, None)] * 8,
        constraints={"type": "ineq", "fun": lambda z: c - z.sum()},
        options={"ftol": 1e-14, "maxiter": 500},
    )
    np.testing.assert_allclose(least_within(m, c)[0], found.x[:4] - found.x[4:], atol=1e-5)


@pytest.mark.parametrize("rng", list(kit.seeds(6)))
def test_multiplier_makes_the_penalty_the_same(rng):
    m, c = rng.normal(size=6), rng.uniform(0.1, 3)
    w, multiplier = least_within(m, c)
    np.testing.assert_allclose(least_with_penalty(m, multiplier), w, atol=1e-12)
    assert multiplier >= 0
    assert np.abs(w).sum() == pytest.approx(min(c, np.abs(m).sum()))


def test_multiplier_is_the_price_of_the_constraint():
    m, h = np.array([3.0, 1.0, -0.2]), 1e-5

    def least(c):
        return ((least_within(m, c)[0] - m) ** 2).sum()

    for c in (0.5, 1.7, 3.4):
        slope = (least(c + h) - least(c - h)) / (2 * h)
        assert -slope == pytest.approx(least_within(m, c)[1], rel=1e-6)


def test_edges_of_the_constraint():
    assert least_within([3.0, 1.0], 0.0)[0].tolist() == [0, 0]
    assert least_within([3.0, 1.0], 4.0) == (pytest.approx([3.0, 1.0]), 0.0)
    assert least_within([0.0, 0.0], 0.0)[1] == 0.0
    m = np.array([3.0, 1.0])
    assert least_within(m, 5.0)[0] is not m  # the caller's array stays his own
    with pytest.raises(ValueError, match="negative"):
        least_within([1.0], -1.0)


def test_grid_finds_the_nearest_of_its_points():
    assert least_on_grid(np.array([3.0, 1.0]), 3.0, 0.5).tolist() == [2.5, 0.5]


def test_soft_and_ridge_by_hand():
    soft, ridge = soft_and_ridge([3, -2, 0.5, -1], 1.0)
    assert (soft + 0.0).tolist() == [2, -1, 0, 0]
    assert ridge.tolist() == [1.5, -1, 0.25, -0.5]


def test_decay_follows_exact_arithmetic_while_normal():
    path = decay(0.99, 300)
    assert path.dtype == np.float32
    by = Fraction(float(np.float32(0.99)))
    assert float(path[300]) == pytest.approx(float(by**300), rel=300 * 2**-24)


def test_decay_stops_where_rounding_gives_the_number_back():
    last = decay(0.99, 20_000)[-1]
    assert last > 0
    assert last * np.float32(0.99) == last
    unit = 2.0**-149  # the smallest positive float32
    by, units = Fraction(float(np.float32(0.99))), Fraction(float(last)) / Fraction(unit)
    assert units - Fraction(1, 2) < by * units < units  # so it is rounded back up
    assert decay(0.99, 20_000, flush=True)[-1] == 0
    assert decay(0.5, 200)[-1] == 0  # halves do get there: 2^-150 is rounded to 0
