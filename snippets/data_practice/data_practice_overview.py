"""Data and practice at a glance: one classifier, every metric, and what moves which of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from snippets import kit
from snippets.data_practice.calibration import brier, ece
from snippets.data_practice.classification_metrics import (
    average_precision,
    binary_scores,
    confusion_matrix,
    roc_auc,
)
from snippets.kit import Check


def binary_report(
    y: ArrayLike, logits: ArrayLike, threshold: float = 0.5, bins: int = 10
) -> dict[str, float]:
    """Ten metrics of the logits (n,) of the positive class; y (n,) holds 0 and 1.

    The first five use the threshold, the next two the order, the last three the probabilities.
    ECE is that of the positive class.  ValueError: a threshold outside (0, 1), one class missing.
    """
    if not 0 < threshold < 1:
        raise ValueError(f"threshold {threshold}; it is a probability between 0 and 1")
    y, z = np.asarray(y), np.asarray(logits, dtype=float)
    p = 0.5 * (1 + np.tanh(z / 2))  # the sigmoid, without overflow
    (tn, fp), (fn, tp) = confusion_matrix(y, (p >= threshold).astype(int), 2)
    scores = binary_scores(tp, fp, fn, tn)
    return {
        **{name: scores[name] for name in ("accuracy", "precision", "recall", "f1", "mcc")},
        "auc": roc_auc(y, z),
        "ap": average_precision(y, z),
        "log_loss": float(np.mean(np.logaddexp(0, z) - y * z)),
        "brier": brier(p, y),
        "ece": ece(p, y, bins),
    }


def fit_logistic(x: np.ndarray, y: np.ndarray, pos_weight: float = 1.0) -> np.ndarray:
    """Logistic regression by Newton's method: weights (d + 1,), the bias last; x (n, d), y (n,).

    pos_weight multiplies the loss of the positives.  ValueError: one class missing, or classes
    that a plane separates, for which no weights are the best.
    """
    if len(np.unique(y)) < 2:
        raise ValueError("only one class in y; there is nothing to separate")
    features = np.column_stack([x, np.ones(len(x))])
    w, weight = np.zeros(features.shape[1]), np.where(y == 1, pos_weight, 1.0)
    for _ in range(20):
        p = 0.5 * (1 + np.tanh(features @ w / 2))
        curvature = (features * (weight * p * (1 - p))[:, None]).T @ features
        w += np.linalg.solve(curvature, features.T @ (weight * (y - p)))
    if ((features @ w > 0) == (y == 1)).all():
        raise ValueError("a plane separates the classes; the weights would grow without end")
    return w


def torch_fit_logistic(x, y, pos_weight=1.0):
    """The same in PyTorch: one linear layer, binary cross-entropy with pos_weight, L-BFGS."""
    import torch
    import torch.nn.functional as F

    w = torch.zeros(x.shape[1] + 1, dtype=x.dtype, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [w], max_iter=200, tolerance_grad=1e-10, tolerance_change=0, line_search_fn="strong_wolfe"
    )

    def closure():
        optimizer.zero_grad()
        logits, weight = x @ w[:-1] + w[-1], torch.tensor(pos_weight, dtype=x.dtype)
        loss = F.binary_cross_entropy_with_logits(logits, y, pos_weight=weight)
        loss.backward()
        return loss

    optimizer.step(closure)
    return w.detach()


# --------------------------------------------------------------------------- evidence


def check_torch() -> Check:
    """The fit, with and without pos_weight, and the two losses, against PyTorch."""
    import torch
    import torch.nn.functional as F

    pairs: list[tuple[object, object]] = []
    for rng, weight in zip(kit.seeds(4), (1.0, 4.0, 0.5, 10.0), strict=True):
        y = rng.integers(0, 2, 300)
        x = rng.normal(size=(300, 4)) + y[:, None] * rng.normal(size=4)
        tx, ty = torch.tensor(x), torch.tensor(y, dtype=torch.float64)
        w = fit_logistic(x, y, weight)
        logits = x @ w[:-1] + w[-1]
        found, t = binary_report(y, logits), torch.tensor(logits)
        pairs += [
            (w, torch_fit_logistic(tx, ty, weight)),
            (found["log_loss"], F.binary_cross_entropy_with_logits(t, ty)),
            (found["brier"], F.mse_loss(t.sigmoid(), ty)),
        ]
    return kit.compare(
        (
            "PyTorch 的 L-BFGS、`F.binary_cross_entropy_with_logits` 与 `F.mse_loss`",
            "PyTorch's L-BFGS, `F.binary_cross_entropy_with_logits` and `F.mse_loss`",
        ),
        pairs,
        tolerance=1e-6,
    )
