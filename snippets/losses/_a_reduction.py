"""What the losses of this topic share: equal shapes, and one number out of many."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

REDUCTIONS = ("mean", "sum", "none")


def reduced(losses: np.ndarray, reduction: str = "mean") -> np.ndarray:
    """The losses of all elements as one number: "mean" (PyTorch's default), "sum"; or "none".

    ValueError: another name.  The mean of nothing is nan.
    """
    if reduction not in REDUCTIONS:
        raise ValueError(f'the reduction is {reduction!r}; give "mean", "sum" or "none"')
    if reduction == "none":
        return losses
    if reduction == "mean" and not losses.size:
        return np.asarray(np.nan)
    return losses.mean() if reduction == "mean" else losses.sum()


def share(losses: np.ndarray, reduction: str = "mean") -> float:
    """What one element counts in the reduced loss: 1/N under "mean", otherwise 1."""
    return 1 / max(losses.size, 1) if reduction == "mean" else 1.0


def residuals(prediction: ArrayLike, target: ArrayLike) -> np.ndarray:
    """prediction - target, both of one shape.

    ValueError: shapes that differ.  NumPy and PyTorch would broadcast (N, 1) and (N,) to (N, N).
    """
    prediction, target = np.asarray(prediction) * 1.0, np.asarray(target) * 1.0
    if prediction.shape != target.shape:
        raise ValueError(
            f"the prediction has shape {prediction.shape}, the target {target.shape}; "
            "give both the same"
        )
    return prediction - target
