"""Pooling: one number for each window (or for the whole map), and no parameters."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.backprop.cnn_backprop import windows
from snippets.kit import Check


def pool_reshape(x: np.ndarray, k: int, kind: str = "max") -> np.ndarray:
    """Max or average ("mean") pooling with windows of k×k that do not overlap: (..., H, W).

    Gives (..., H // k, W // k); rows and columns that fill no window are dropped, as in PyTorch.
    ValueError: another kind, or no window fits.
    """
    if kind not in ("max", "mean") or k < 1:
        raise ValueError(f'kind {kind!r} is not "max" or "mean", or the window {k} is below 1')
    rows, cols = x.shape[-2] // k, x.shape[-1] // k
    if not rows or not cols:
        raise ValueError(f"no {k}×{k} window in {x.shape[-2:]}")
    blocks = x[..., : rows * k, : cols * k].reshape(*x.shape[:-2], rows, k, cols, k)
    return np.asarray(getattr(blocks, kind)(axis=(-3, -1)))


def global_avg_pool(x: np.ndarray) -> np.ndarray:
    """The mean of each channel: (N, C, H, W) gives (N, C), whatever H and W are.  [lin2014]"""
    return x.mean(axis=(-2, -1))


def global_avg_pool_backward(g: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Gradient with respect to x of the given shape: every pixel gets the same share of g."""
    return np.broadcast_to(g[..., None, None] / (shape[-2] * shape[-1]), shape).copy()


def global_max_pool(x: np.ndarray) -> np.ndarray:
    """The largest number of each channel: (N, C, H, W) gives (N, C)."""
    return x.max(axis=(-2, -1))


def global_max_pool_backward(g: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Gradient with respect to x: all of g goes to the maximum, of several to the first."""
    flat = x.reshape(*x.shape[:-2], -1)
    top = np.arange(flat.shape[-1]) == flat.argmax(axis=-1)[..., None]
    return (g[..., None] * top).reshape(x.shape)


def adaptive_avg_pool2d(x: np.ndarray, rows: int, cols: int) -> np.ndarray:
    """Average pooling to a fixed size: (..., H, W) gives (..., rows, cols), as in PyTorch.

    Window i runs from ⌊iH/rows⌋ to ⌈(i+1)H/rows⌉; windows may overlap and differ in size.
    """
    read = [np.arange(n + 1) * size for n, size in ((rows, x.shape[-2]), (cols, x.shape[-1]))]
    y = np.empty((*x.shape[:-2], rows, cols))
    for i, j in np.ndindex(rows, cols):
        top, left = read[0][i] // rows, read[1][j] // cols
        bottom, right = -(-read[0][i + 1] // rows), -(-read[1][j + 1] // cols)
        y[..., i, j] = x[..., top:bottom, left:right].mean(axis=(-2, -1))
    return y


def lp_pool2d(x: np.ndarray, k: int, p: float) -> np.ndarray:
    """(Σ xᵖ) to the power 1/p over each k×k window; a large p comes close to the maximum.

    ValueError: negative numbers in x, or a p that is not positive.
    """
    if (x < 0).any() or p <= 0:
        raise ValueError("Lp pooling is for x >= 0 and p > 0")
    return np.asarray((windows(x, k, k) ** p).sum(axis=(-2, -1)) ** (1 / p))


def stochastic_pool2d(x: np.ndarray, k: int, rng: np.random.Generator) -> np.ndarray:
    """One number of each k×k window, drawn in proportion to its size; x ≥ 0, in training.

    A window of zeros gives 0.  In inference the expectation Σ x² / Σ x is used.  ValueError:
    negative numbers in x.  [zeiler2013b]
    """
    if (x < 0).any():
        raise ValueError("stochastic pooling is for x >= 0")
    flat = windows(x, k, k).reshape(*x.shape[:-2], x.shape[-2] // k, x.shape[-1] // k, k * k)
    upto = flat.cumsum(axis=-1)
    drawn = (upto <= rng.random((*upto.shape[:-1], 1)) * upto[..., -1:]).sum(axis=-1)
    pick = np.minimum(drawn, k * k - 1)
    return np.take_along_axis(flat, pick[..., None], axis=-1)[..., 0]


def torch_pools(x, k: int = 2):
    """The usual four in PyTorch: max, average, global average, global maximum."""
    import torch.nn.functional as F

    return (
        F.max_pool2d(x, k),
        F.avg_pool2d(x, k),
        F.adaptive_avg_pool2d(x, 1).flatten(1),
        x.amax(dim=(-2, -1)),
    )


# --------------------------------------------------------------------------- evidence


def check_pools() -> Check:
    """Windows that do not overlap, global, adaptive and Lp pooling against PyTorch."""
    import torch
    import torch.nn.functional as F

    pairs = []
    for rng, (height, width, k) in zip(
        kit.seeds(3), ((8, 8, 2), (9, 7, 3), (5, 6, 2)), strict=True
    ):
        x = np.abs(rng.normal(size=(2, 3, height, width)))
        image = torch.tensor(x)
        ours = (pool_reshape(x, k), pool_reshape(x, k, "mean"), global_avg_pool(x),
                global_max_pool(x))  # fmt: skip
        pairs += list(zip(ours, torch_pools(image, k), strict=True))
        pairs.append((adaptive_avg_pool2d(x, 3, 4), F.adaptive_avg_pool2d(image, (3, 4))))
        pairs.append((lp_pool2d(x, k, 3), F.lp_pool2d(image, 3.0, k)))
    return kit.compare(
        (
            "PyTorch（`F.max_pool2d`、`F.avg_pool2d`、`F.adaptive_avg_pool2d`、`F.lp_pool2d`）",
            "PyTorch (`F.max_pool2d`, `F.avg_pool2d`, `F.adaptive_avg_pool2d`, `F.lp_pool2d`)",
        ),
        pairs,
    )


def check_global_backward() -> Check:
    import torch

    pairs = []
    for rng in kit.seeds(3):
        x, g = rng.normal(size=(2, 3, 5, 4)), rng.normal(size=(2, 3))
        image = torch.tensor(x, requires_grad=True)
        _, _, mean, top = torch_pools(image)
        for ours, y in (
            (global_avg_pool_backward(g, x.shape), mean),
            (global_max_pool_backward(g, x), top),
        ):
            (theirs,) = torch.autograd.grad(y, image, grad_outputs=torch.tensor(g))
            pairs.append((ours, theirs))
    return kit.compare(("PyTorch 的自动求导", "PyTorch's autograd"), pairs)
