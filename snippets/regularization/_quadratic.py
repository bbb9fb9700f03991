"""Two weights and the loss J = (w - m)ᵀ H (w - m) / 2: least under a penalty, or within a ball."""

from __future__ import annotations

from typing import Literal

import numpy as np

from snippets.regularization.l1_and_l2 import soft_threshold

Ball = Literal["l1", "l2"]


def loss(w: np.ndarray, H: np.ndarray, m: np.ndarray) -> np.ndarray:
    """J at the points w (..., 2)."""
    d = np.asarray(w) - m
    return np.einsum("...i,ij,...j->...", d, H, d) / 2


def penalised(H: np.ndarray, m: np.ndarray, strength: float, ball: Ball) -> np.ndarray:
    """Least J + strength · Σ|w|, or + strength · Σw²/2."""
    if ball == "l2":
        return np.linalg.solve(H + strength * np.eye(2), H @ m)
    w = np.array(m, dtype=float)
    for _ in range(500):
        for j in range(2):
            pull = H[j] @ (m - w) + H[j, j] * w[j]
            w[j] = soft_threshold(pull, strength) / H[j, j]
    return w


def size(w: np.ndarray, ball: Ball) -> float:
    return float(np.abs(w).sum() if ball == "l1" else np.linalg.norm(w))


def constrained(H: np.ndarray, m: np.ndarray, c: float, ball: Ball) -> tuple[np.ndarray, float]:
    """Least J within the ball of size c, and the strength of the penalty with that solution.

    The size of the penalised solution falls as the strength rises, so halving finds the strength.
    """
    if size(m, ball) <= c:
        return np.array(m, dtype=float), 0.0
    low, high = 0.0, 1.0
    while size(penalised(H, m, high, ball), ball) > c:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        if size(penalised(H, m, middle, ball), ball) > c:
            low = middle
        else:
            high = middle
    return penalised(H, m, high, ball), high


def outline(c: float, ball: Ball) -> np.ndarray:
    """The edge of the ball: points (k, 2) once around."""
    if ball == "l1":
        return c * np.array([[1, 0], [0, 1], [-1, 0], [0, -1], [1, 0]], dtype=float)
    angle = np.linspace(0, 2 * np.pi, 241)
    return c * np.stack([np.cos(angle), np.sin(angle)], axis=1)
