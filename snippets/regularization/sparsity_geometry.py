"""Constraint and penalty, corners and zeros: why L1 gives exact zeros and L2 does not."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from snippets import kit
from snippets.kit import Check
from snippets.regularization.l1_and_l2 import shrink, soft_threshold


def least_within(m: ArrayLike, c: float) -> tuple[np.ndarray, float]:
    """The w with the least Σ(w - m)² among those with Σ|w| ≤ c, and its multiplier.

    m is (n,), c at least 0.  The multiplier is the strength λ of a penalty λ · Σ|w| with the same
    solution; it is 0 where m itself is within.  ValueError: a negative c.  [boyd2004]
    """
    if c < 0:
        raise ValueError(f"c is {c}; no w has a negative size")
    m = np.asarray(m, dtype=float)
    if np.abs(m).sum() <= c:
        return m.copy(), 0.0
    falling = np.sort(np.abs(m))[::-1]
    thresholds = (np.cumsum(falling) - c) / np.arange(1, len(m) + 1)
    kept = np.flatnonzero(falling > thresholds)  # how many weights stay above 0
    threshold = thresholds[kept[-1]] if len(kept) else falling[0]
    return soft_threshold(m, threshold), 2 * float(threshold)


def least_with_penalty(m: ArrayLike, strength: float) -> np.ndarray:
    """The w with the least Σ(w - m)² + strength · Σ|w|: a soft threshold of half the strength."""
    return soft_threshold(m, strength / 2)


def least_on_grid(m: np.ndarray, c: float, step: float = 0.01) -> np.ndarray:
    """The same as ``least_within`` for two weights, by trying every point of a grid."""
    line = np.arange(-round(c / step), round(c / step) + 1) * step
    points = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    within = points[np.abs(points).sum(axis=1) <= c + 1e-9]
    return within[((within - m) ** 2).sum(axis=1).argmin()]


def soft_and_ridge(v: ArrayLike, strength: float) -> tuple[np.ndarray, np.ndarray]:
    """Optima of (w - v)²/2 plus strength · |w|, and plus strength · w²/2, for each element of v."""
    return soft_threshold(v, strength), shrink(v, strength)


def decay(factor: float, steps: int, start: float = 1.0, flush: bool = False) -> np.ndarray:
    """A float32 weight multiplied by ``factor`` at each of ``steps`` steps: (steps + 1,).

    ``flush`` replaces subnormal numbers by 0, as processors can be told to do.
    """
    w, by, path = np.float32(start), np.float32(factor), [np.float32(start)]
    smallest = np.finfo(np.float32).smallest_normal
    for _ in range(steps):
        w = w * by
        if flush and abs(w) < smallest:
            w = np.float32(0)
        path.append(w)
    return np.array(path)


# --------------------------------------------------------------------------- evidence

M = np.array([3.0, 1.0])  # where the loss of the worked example is least
SIZES = (1.0, 2.0, 3.0, 5.0)


def check_grid() -> Check:
    """The closed form against all points of a grid that holds the solutions."""
    return kit.compare(
        ("网格搜索", "a search over a grid"),
        [(least_within(M, c)[0], least_on_grid(M, c)) for c in SIZES],
        tolerance=1e-12,
    )
