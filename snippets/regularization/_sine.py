"""The one example of this topic: a sine wave, a few noisy points of it, and polynomials."""

from __future__ import annotations

import numpy as np


def truth(x: np.ndarray) -> np.ndarray:
    """One period of the sine over [0, 1]."""
    return np.sin(2 * np.pi * x)


GRID = (np.arange(200) + 0.5) / 200
"""Inputs of the test: the middles of 200 equal parts of [0, 1]."""


def noisy(x: np.ndarray, noise: float, rng: np.random.Generator) -> np.ndarray:
    """Targets at x: the truth and normal noise of that standard deviation."""
    return truth(x) + noise * rng.normal(size=x.shape)


def legendre(x: np.ndarray, degree: int) -> np.ndarray:
    """Features (n, degree + 1) that span the polynomials, well conditioned on [0, 1]."""
    return np.polynomial.legendre.legvander(2 * x - 1, degree)
