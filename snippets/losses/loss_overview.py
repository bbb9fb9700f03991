"""All losses of the topic side by side: by the book, in PyTorch, and how they are reduced."""

from __future__ import annotations

import numpy as np

from snippets.activations.softmax import softmax


def losses_by_the_book(e, t, s, z, y, p, q, b) -> dict[str, np.ndarray]:
    """Each loss in one line, one number an example.  For small numbers only: exp overflows.

    No entry of p and q may be 0: 0 · ln 0 is nan here.
    e (N,) residuals; t (N,) labels -1 or +1 and s (N,) scores; z (N, K) logits and y (N,) class
    numbers; p and q (N, K) distributions, target and model; b (N,) labels 0 or 1 of the logits s.
    """
    rows, near, u = np.arange(len(y)), np.abs(e) < 1, 1 / (1 + np.exp(-s))
    return {
        "zero_one": np.where(t * s > 0, 0.0, 1.0),
        "mse": e**2,
        "mae": np.abs(e),
        "smooth_l1": np.where(near, e**2 / 2, np.abs(e) - 0.5),
        "huber": np.where(near, e**2 / 2, np.abs(e) - 0.5),
        "cross_entropy": -(p * np.log(q)).sum(axis=1),
        "softmax_loss": -np.log(softmax(z)[rows, y]),
        "nll": -np.log(q)[rows, y],
        "bce": -(b * np.log(u) + (1 - b) * np.log(1 - u)),
        "kl": (p * np.log(p / q)).sum(axis=1),
        "hinge": np.maximum(0, 1 - t * s),
        "logistic": np.log(1 + np.exp(-t * s)),
        "exponential": np.exp(-t * s),
        "label_smoothing": -(0.9 * np.log(softmax(z))[rows, y] + 0.1 * np.log(softmax(z)).mean(1)),
        "focal": -((1 - np.where(b, u, 1 - u)) ** 2) * np.log(np.where(b, u, 1 - u)),
    }


def torch_losses(e, t, s, z, y, p, q, b):
    """The same by PyTorch's functions, from tensors; those it has none of are left out."""
    import torch
    import torch.nn.functional as F

    how, zero = {"reduction": "none"}, torch.zeros_like(e)
    return {
        "mse": F.mse_loss(e, zero, **how),
        "mae": F.l1_loss(e, zero, **how),
        "smooth_l1": F.smooth_l1_loss(e, zero, **how),
        "huber": F.huber_loss(e, zero, **how),
        "cross_entropy": F.cross_entropy(q.log(), p, **how),
        "softmax_loss": F.cross_entropy(z, y, **how),
        "nll": F.nll_loss(q.log(), y, **how),
        "bce": F.binary_cross_entropy_with_logits(s, b, **how),
        "kl": F.kl_div(q.log(), p, **how).sum(dim=1),
        "logistic": F.soft_margin_loss(s, t, **how),
        "label_smoothing": F.cross_entropy(z, y, label_smoothing=0.1, **how),
    }


def slope_gradient(x: np.ndarray, y: np.ndarray, w: float, reduction: str = "mean") -> float:
    """Gradient by w of the squared error of the predictions w·x; x and y are (N,)."""
    per_example = 2 * (w * x - y) * x
    return float(per_example.mean() if reduction == "mean" else per_example.sum())


def torch_adam_slope(x, y, w: float, reduction: str = "mean", steps: int = 10, rate: float = 0.1):
    """The slope after some steps of Adam on the same loss; x and y are tensors (N,)."""
    import torch
    import torch.nn.functional as F

    slope = torch.tensor(w, dtype=x.dtype, requires_grad=True)
    optimiser = torch.optim.Adam([slope], lr=rate)
    for _ in range(steps):
        optimiser.zero_grad()
        F.mse_loss(slope * x, y, reduction=reduction).backward()
        optimiser.step()
    return slope.item()


def torch_slope_gradient(x, y, w: float, reduction: str = "mean") -> float:
    """The same by autograd."""
    import torch
    import torch.nn.functional as F

    w = torch.tensor(w, dtype=x.dtype, requires_grad=True)
    F.mse_loss(w * x, y, reduction=reduction).backward()
    return w.grad.item()
