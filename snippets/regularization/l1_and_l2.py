"""L1 and L2 penalties: their values, their proximal steps, and two ways down an L1 objective."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from snippets import kit
from snippets.kit import Check


def penalties(w: ArrayLike) -> dict[str, float]:
    """Sum of |w|, length of w, and its square; w has any shape, the results are at least 0."""
    w = np.asarray(w, dtype=float)
    squared = float((w**2).sum())
    return {"l1": float(np.abs(w).sum()), "l2": squared**0.5, "l2_squared": squared}


def soft_threshold(v: ArrayLike, strength: ArrayLike) -> np.ndarray:
    """Proximal step of strength · Σ|w|: the w with the least (w - v)²/2 + strength · |w|.

    Element-wise, any shape: every number moves towards 0 by ``strength`` and stops there.
    ValueError: a negative strength.  [beck2009]
    """
    if np.any(np.asarray(strength) < 0):
        raise ValueError(f"strength is {strength}; it must not be negative")
    return np.sign(v) * np.maximum(np.abs(v) - strength, 0.0)


def shrink(v: ArrayLike, strength: ArrayLike) -> np.ndarray:
    """Proximal step of strength · Σw²/2: every number is divided by 1 + strength.

    ValueError: a negative strength.
    """
    if np.any(np.asarray(strength) < 0):
        raise ValueError(f"strength is {strength}; it must not be negative")
    return np.asarray(v) / (1.0 + np.asarray(strength))


def block_shrink(v: ArrayLike, strength: float) -> np.ndarray:
    """Proximal step of strength times the length of w, not squared, for v (n,).

    Its length falls by ``strength`` and stops at 0, where all of its elements are 0.
    ValueError: a negative strength.  [yuan2006]
    """
    if strength < 0:
        raise ValueError(f"strength is {strength}; it must not be negative")
    length = np.linalg.norm(v)
    kept = max(1 - strength / length, 0.0) if length else 0.0
    return np.asarray(v, dtype=float) * kept


def ista(A: np.ndarray, y: np.ndarray, strength: float, steps: int = 500) -> np.ndarray:
    """Least mean of (A w - y)²/2 plus strength · Σ|w|, by proximal steps from 0.  [beck2009]

    A step goes down the gradient of the mean, then applies the soft threshold.  A is (n, p), y is
    (n,), the result (p,).
    """
    n, p = A.shape
    rate = n / np.linalg.norm(A, 2) ** 2  # one over the largest curvature
    w = np.zeros(p)
    for _ in range(steps):
        gradient = A.T @ (A @ w - y) / n
        w = soft_threshold(w - rate * gradient, rate * strength)
    return w


def subgradient_descent(
    A: np.ndarray, y: np.ndarray, strength: float, steps: int = 500
) -> np.ndarray:
    """The same objective and the same steps, but with strength · sign(w) added to the gradient."""
    n, p = A.shape
    rate = n / np.linalg.norm(A, 2) ** 2
    w = np.zeros(p)
    for _ in range(steps):
        gradient = A.T @ (A @ w - y) / n + strength * np.sign(w)
        w = w - rate * gradient
    return w


def torch_lasso(A, y, strength, steps=500, proximal=True):
    """Both with torch.optim.SGD; without ``proximal``, autograd differentiates the penalty."""
    import torch

    rate = len(A) / torch.linalg.matrix_norm(A, 2).item() ** 2
    w = torch.zeros(A.shape[1], dtype=A.dtype, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=rate)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = ((A @ w - y) ** 2).mean() / 2
        if not proximal:
            loss = loss + strength * w.abs().sum()
        loss.backward()
        optimizer.step()
        if proximal:
            with torch.no_grad():
                w.copy_(torch.nn.functional.softshrink(w, rate * strength))
    return w.detach()


def torch_l2_step(w, lr, decay):
    """Where one step of SGD takes w under an L2 penalty alone, in three spellings."""
    import torch

    after = {}
    for name in ("weight_decay", "half_square", "square"):
        p = w.clone().requires_grad_()
        optimizer = torch.optim.SGD([p], lr=lr, weight_decay=decay * (name == "weight_decay"))
        factor = {"weight_decay": 0.0, "half_square": 0.5, "square": 1.0}[name]
        (factor * decay * (p**2).sum()).backward()
        optimizer.step()
        after[name] = p.detach()
    return after


# --------------------------------------------------------------------------- evidence


def check_torch() -> Check:
    """Both ways down, against torch.optim and autograd; the thresholds against softshrink."""
    import torch

    pairs = []
    for rng in kit.seeds(3):
        A, y = rng.normal(size=(40, 6)), rng.normal(size=40)
        tensors = torch.tensor(A), torch.tensor(y)
        for solver, proximal in ((ista, True), (subgradient_descent, False)):
            theirs = torch_lasso(*tensors, 0.1, steps=50, proximal=proximal)
            pairs.append((solver(A, y, 0.1, steps=50), theirs.numpy()))
    return kit.compare(
        (
            "PyTorch 的 `SGD`、自动求导与 `F.softshrink`",
            "PyTorch's `SGD`, autograd and `F.softshrink`",
        ),
        pairs,
    )


def check_proximal() -> Check:
    """Each proximal step against the best of a fine grid around it: nothing there is lower."""
    pairs = []
    for rng in kit.seeds(20):
        v, strength = rng.uniform(-3, 3, 2), rng.uniform(0, 2)
        for step, penalty in (
            (soft_threshold, lambda w: np.abs(w).sum(-1)),
            (shrink, lambda w: (w**2).sum(-1) / 2),
            (block_shrink, lambda w: np.linalg.norm(w, axis=-1)),
        ):
            best = step(v, strength)
            offsets = np.linspace(-1, 1, 201)
            grid = best + np.stack(np.meshgrid(offsets, offsets), -1)
            values = ((grid - v) ** 2).sum(-1) / 2 + strength * penalty(grid)
            at = np.unravel_index(values.argmin(), values.shape)
            pairs.append((best, grid[at]))
    return kit.compare(("逐格搜索到的最小值点", "the minimum found by a search over a grid"), pairs)
