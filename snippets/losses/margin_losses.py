"""Losses of a margin, label times score: 0-1, hinge, logistic, exponential, and AdaBoost."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from snippets.activations.sigmoid_tanh import sigmoid
from snippets.losses._a_reduction import reduced, share


def margins(score: ArrayLike, target: ArrayLike) -> np.ndarray:
    """Label times score: positive when the sign of the score is right; both of one shape.

    The score is any real number.  ValueError: labels other than -1 and +1, shapes that differ.
    """
    score, target = np.asarray(score) * 1.0, np.asarray(target)
    if score.shape != target.shape:
        raise ValueError(
            f"the score has shape {score.shape}, the target {target.shape}; give both the same"
        )
    if not np.isin(target, (-1, 1)).all():
        raise ValueError("the target holds labels other than -1 and 1; write 2 * y - 1 for 0 and 1")
    return target.astype(score.dtype) * score


def zero_one(score: ArrayLike, target: ArrayLike, reduction: str = "mean") -> np.ndarray:
    """Share of wrong signs; scores of 0 and nan count as wrong.  Its gradient is 0 where it exists.

    target -1 or +1, in the shape of score.
    """
    return reduced((~(margins(score, target) > 0)).astype(float), reduction)


def hinge(score: ArrayLike, target: ArrayLike, reduction: str = "mean") -> np.ndarray:
    """Hinge loss max(0, 1 - margin); target -1 or +1, range [0, inf).  [cortes1995]"""
    return reduced(np.maximum(0, 1 - margins(score, target)), reduction)


def hinge_grad(score: ArrayLike, target: ArrayLike, reduction: str = "mean") -> np.ndarray:
    """A subgradient of ``hinge`` by the score: -target where the margin is below 1, else 0."""
    m = margins(score, target)
    return np.where(m < 1, -1.0, 0.0) * np.asarray(target) * share(m, reduction)


@np.errstate(invalid="ignore")  # nan is a silent nan, as in PyTorch
def logistic(score: ArrayLike, target: ArrayLike, reduction: str = "mean") -> np.ndarray:
    """Logistic loss ln(1 + exp(-margin)), the cross-entropy of two classes; never overflows."""
    return reduced(np.logaddexp(0, -margins(score, target)), reduction)


def logistic_grad(score: ArrayLike, target: ArrayLike, reduction: str = "mean") -> np.ndarray:
    """Gradient of ``logistic`` by the score: -target · sigmoid(-margin), at most 1 in size."""
    m = margins(score, target)
    return -sigmoid(-m) * np.asarray(target) * share(m, reduction)


@np.errstate(over="ignore")  # inf is what the loss is then, as in PyTorch
def exponential(score: ArrayLike, target: ArrayLike, reduction: str = "mean") -> np.ndarray:
    """Exponential loss exp(-margin), range [0, inf]; overflows at margins below -709 (float64)."""
    return reduced(np.exp(-margins(score, target)), reduction)


@np.errstate(over="ignore")
def exponential_grad(score: ArrayLike, target: ArrayLike, reduction: str = "mean") -> np.ndarray:
    """Gradient of ``exponential`` by the score: as large as the loss itself."""
    m = margins(score, target)
    return -np.exp(-m) * np.asarray(target) * share(m, reduction)


def margin_losses(
    score: ArrayLike, target: ArrayLike, reduction: str = "mean"
) -> dict[str, np.ndarray]:
    """The four losses of the same scores, by name."""
    return {
        "zero_one": zero_one(score, target, reduction),
        "hinge": hinge(score, target, reduction),
        "logistic": logistic(score, target, reduction),
        "exponential": exponential(score, target, reduction),
    }


def margin_gradients(
    score: ArrayLike, target: ArrayLike, reduction: str = "mean"
) -> dict[str, np.ndarray]:
    """Their gradients by the score, in its shape; that of the 0-1 loss is 0."""
    return {
        "hinge": hinge_grad(score, target, reduction),
        "logistic": logistic_grad(score, target, reduction),
        "exponential": exponential_grad(score, target, reduction),
    }


def torch_margin_losses(score, target, reduction="mean"):
    """The three with a gradient in PyTorch; target holds -1.0 and 1.0 in the shape of score.

    ``F.soft_margin_loss`` is the logistic loss too, but overflows.
    """
    import torch.nn.functional as F

    margin = target * score
    losses = {
        "hinge": F.relu(1 - margin),
        "logistic": F.softplus(-margin, threshold=100),
        "exponential": (-margin).exp(),
    }
    how = {"mean": lambda x: x.mean(), "sum": lambda x: x.sum(), "none": lambda x: x}[reduction]
    return {name: how(values) for name, values in losses.items()}


def multi_hinge(scores: ArrayLike, label: ArrayLike, reduction: str = "mean") -> np.ndarray:
    """Hinge loss of several classes: Σ max(0, s_j - s_y + 1) over the wrong classes j.

    scores (N, C), label (N,) from 0 to C - 1.  PyTorch's F.multi_margin_loss divides by C besides.
    ValueError: another shape, a label out of range.
    """
    scores, label = np.asarray(scores) * 1.0, np.asarray(label)
    if scores.ndim != 2 or label.shape != scores.shape[:1]:
        raise ValueError(
            f"scores {scores.shape} and label {label.shape} do not fit; give (N, C) and (N,)"
        )
    if ((label < 0) | (label >= scores.shape[1])).any():
        raise ValueError(f"a label is not in 0 to {scores.shape[1] - 1}")
    rows = np.arange(len(scores))
    excess = np.maximum(0, scores - scores[rows, label][:, None] + 1)
    excess[rows, label] = 0
    return reduced(excess.sum(axis=1), reduction)


def torch_multi_hinge(scores, label, reduction="mean"):
    """The same in PyTorch."""
    import torch.nn.functional as F

    return scores.shape[1] * F.multi_margin_loss(scores, label, reduction=reduction)


def best_stump(x: np.ndarray, target: np.ndarray, weights: np.ndarray) -> tuple[float, int]:
    """The rule sign · (1 if x > threshold else -1) with the least weight wrong: threshold, sign.

    x, target, weights are (n,).  Thresholds lie between neighbours, and before the first x.
    """
    x_sorted = np.sort(x)
    between = np.append(x_sorted[0] - 0.5, (x_sorted[1:] + x_sorted[:-1]) / 2)
    rules = [(float(threshold), sign) for threshold in between for sign in (1, -1)]

    def wrong(rule: tuple[float, int]) -> float:
        return float(weights[target * rule[1] * np.where(x > rule[0], 1, -1) < 0].sum())

    return min(rules, key=wrong)


def adaboost_round(
    weights: np.ndarray, target: np.ndarray, guess: np.ndarray
) -> tuple[float, np.ndarray]:
    """One round of AdaBoost: the vote alpha of the guesses (-1 or +1), and the next weights.

    alpha = ln((1 - error) / error) / 2, the weights are multiplied by exp(-alpha · target · guess)
    and made to sum to 1.  ValueError: an error of 0 or of a half or more.  [freund1997], with the
    half that makes the weights those of the exponential loss.
    """
    error = float(weights[guess != target].sum() / weights.sum())
    if not 0 < error < 0.5:
        raise ValueError(f"the weighted error is {error:g}; it must be above 0 and below 0.5")
    alpha = 0.5 * float(np.log((1 - error) / error))
    weights = weights * np.exp(-alpha * target * guess)
    return alpha, weights / weights.sum()
