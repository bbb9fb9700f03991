"""Measures the shape of an activation: limits, lowest point, mean, monotonicity, saturation.

Each takes the function, or its slope, or both, and asks for values only: nothing is known before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

Function = Callable[[np.ndarray], np.ndarray]

FAR = 20.0
"""A slope that is not exactly 0 so far out never is: farther out some only underflow to 0."""
GRID = np.linspace(-12, 12, 24_001)


def limits(f: Function) -> tuple[float, float]:
    """The values at -inf and inf."""
    low, high = f(np.array([-np.inf, np.inf]))
    return float(low), float(high)


def dip(f: Function, slope: Function) -> tuple[float, float] | None:
    """(x, f(x)) of the lowest point left of zero, where f falls before it and rises after; or None.

    The sign change of the slope is found on the grid and then halved to the last place.
    """
    s = slope(GRID)
    turns = np.flatnonzero((s[:-1] < 0) & (s[1:] >= 0))
    if not turns.size:
        return None
    low, high = GRID[turns[0]], GRID[turns[0] + 1]
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if slope(middle) < 0 else (low, middle)
    return float(high), float(f(high))


def is_monotone(f: Function) -> bool:
    """Whether f never falls from one point of the grid to the next."""
    return bool((np.diff(f(GRID)) >= 0).all())


def mean_and_std(f: Function) -> tuple[float, float]:
    """Mean and standard deviation of f(x) for x ~ N(0, 1), by Gauss-Legendre quadrature.

    Each piece is one unit long and ends at whole numbers, where the kinks are: within a piece f is
    smooth, and 30 nodes leave an error near 1e-15.
    """
    nodes, weights = np.polynomial.legendre.leggauss(30)
    x = (np.arange(-12, 12)[:, None] + (nodes + 1) / 2).ravel()
    density = np.tile(weights / 2, 24) * np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    mean = float(density @ f(x))
    return mean, float(np.sqrt(density @ (f(x) - mean) ** 2))


def saturation(slope: Function) -> tuple[str, str]:
    """How the slope dies on the left and on the right: "hard", "soft" or "" (it does not).

    Hard: exactly 0 from some point on.  Soft: it only tends to 0.
    """
    ends = slope(np.array([-np.inf, np.inf]))
    near = slope(np.array([-FAR, FAR]))
    kinds = [
        "" if end else "soft" if there else "hard" for end, there in zip(ends, near, strict=True)
    ]
    return kinds[0], kinds[1]


def jumps(f: Function, at: float = 0.0) -> bool:
    """Whether the value itself jumps at a point, so that there is no slope on one side of it."""
    return bool(abs(f(at + 1e-9) - f(at - 1e-9)) > 1e-3)


def one_sided_slopes(f: Function, at: float = 0.0) -> tuple[float, float]:
    """Slopes just left and just right of a point, from three values on each side."""

    def towards(h: float) -> float:
        slope = float((4 * f(at + h) - f(at + 2 * h) - 3 * f(at)) / (2 * h))
        return round(slope, 6) + 0.0  # no -0

    return towards(-1e-4), towards(1e-4)


def is_piecewise_constant(slope: Function, kinks: Sequence[float]) -> bool:
    """Whether the slope is 0 wherever there is one: nothing can be learned through it."""
    away = np.all([np.abs(GRID - kink) > 1e-9 for kink in kinks], axis=0) if kinks else slice(None)
    return not slope(GRID[away]).any()


def has_continuous_slope(slope: Function) -> bool:
    """Whether the slope never jumps: between neighbours of the grid it changes by little."""
    return bool(np.abs(np.diff(slope(GRID))).max() < 0.05)


def is_linear(f: Function) -> bool:
    """Whether f is a straight line: second differences vanish."""
    return bool(np.abs(np.diff(f(GRID), n=2)).max() < 1e-12)
