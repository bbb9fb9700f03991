"""The elastic net: L1 and L2 penalty together, its proximal step and coordinate descent."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from snippets.regularization.l1_and_l2 import soft_threshold


def elastic_prox(v: ArrayLike, l1: float, l2: float) -> np.ndarray:
    """Proximal step of l1 · Σ|w| + l2 · Σw²/2: soft threshold by l1, then divide by 1 + l2.

    Element-wise, any shape.  ValueError: a negative l1 or l2.  [zou2005]
    """
    if l1 < 0 or l2 < 0:
        raise ValueError(f"l1 and l2 are {l1} and {l2}; neither may be negative")
    return soft_threshold(v, l1) / (1 + l2)


def coordinate_descent(
    A: np.ndarray,
    y: np.ndarray,
    l1: float = 0.0,
    l2: float = 0.0,
    start: np.ndarray | None = None,
    sweeps: int = 10_000,
) -> np.ndarray:
    """Least mean of (A w - y)²/2 plus l1 · Σ|w| plus l2 · Σw²/2, one weight at a time.

    A is (n, p), y is (n,), the result (p,).  l2 = 0 is the lasso,
    l1 = 0 ridge regression.  Ends when a sweep moves no weight by more than 1e-12.
    ValueError: a negative l1 or l2, shapes that do not fit, a column of zeros if l2 is 0 (any
    weight would do).  [zou2005]
    """
    if l1 < 0 or l2 < 0:
        raise ValueError(f"l1 and l2 are {l1} and {l2}; neither may be negative")
    if A.ndim != 2 or y.shape != A.shape[:1]:
        raise ValueError(f"A is {A.shape} and y {y.shape}; they must be (n, p) and (n,)")
    if l2 == 0 and not (A**2).any(axis=0).all():
        raise ValueError("a column of A is 0 and l2 too; its weight would be undetermined")
    n, p = A.shape
    gram, target = A.T @ A / n, A.T @ y / n
    w = np.zeros(p) if start is None else np.array(start, dtype=float)
    for _ in range(sweeps):
        before = w.copy()
        for j in range(p):
            pull = target[j] - gram[j] @ w + gram[j, j] * w[j]  # the slope without this weight
            w[j] = math.copysign(max(abs(pull) - l1, 0.0), pull) / (gram[j, j] + l2)
        if abs(w - before).max() <= 1e-12:
            break
    return w
