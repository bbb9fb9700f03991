"""Padding: what is added around the input, on which side, and how much keeps the size."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Check

NUMPY_MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def pad(x: np.ndarray, left: int, right: int, mode: str = "zeros") -> np.ndarray:
    """Pads a row x (n,) by so many cells on each side, as PyTorch's ``padding_mode`` does.

    zeros; reflect mirrors at the last cell, which is not repeated; replicate repeats that cell;
    circular goes on at the other end.  ValueError: another mode, a negative amount, or more than
    the row can give (n − 1 cells to reflect, n for circular).
    """
    most = {"zeros": np.inf, "replicate": np.inf, "reflect": len(x) - 1, "circular": len(x)}
    if mode not in most:
        raise ValueError(f"no padding mode {mode!r}; there are {', '.join(most)}")
    if min(left, right) < 0 or max(left, right) > most[mode]:
        raise ValueError(f"{mode} cannot add {left} and {right} cells to {len(x)}")
    i, n = np.arange(-left, len(x) + right), len(x)
    if mode == "zeros":
        return np.where((i >= 0) & (i < n), x[i.clip(0, n - 1)], 0)
    if mode == "replicate":
        return x[i.clip(0, n - 1)]
    if mode == "circular":
        return x[i % n]
    return x[n - 1 - abs(n - 1 - abs(i))]


def same_padding(k: int, dilation: int = 1) -> tuple[int, int]:
    """Cells before and after so that stride 1 keeps the size; the odd one goes to the end.

    As PyTorch's ``padding="same"``.  ValueError: k or dilation below 1.
    """
    if min(k, dilation) < 1:
        raise ValueError(f"kernel {k} and dilation {dilation} must be at least 1")
    total = dilation * (k - 1)
    return total // 2, total - total // 2


def same_padding_strided(n: int, k: int, stride: int = 1, dilation: int = 1) -> tuple[int, int]:
    """TensorFlow's SAME: as few cells as ⌈n / stride⌉ outputs need, the odd one at the end.

    ValueError: a size, stride or dilation below 1.
    """
    if min(n, k, stride, dilation) < 1:
        raise ValueError("size, kernel, stride and dilation must be at least 1")
    outputs = -(-n // stride)
    total = max((outputs - 1) * stride + dilation * (k - 1) + 1 - n, 0)
    return total // 2, total - total // 2


def torch_padded(x, w, mode: str = "zeros"):
    """A convolution (1, 1, n) that keeps the size, with any padding mode; x and w are tensors."""
    import torch

    layer = torch.nn.Conv1d(
        1, 1, w.shape[-1], padding="same", padding_mode=mode, bias=False, dtype=x.dtype
    )
    with torch.no_grad():
        layer.weight.copy_(w)
        return layer(x)


# --------------------------------------------------------------------------- evidence


def check_modes() -> Check:
    """Each mode against np.pad and F.pad."""
    import torch
    import torch.nn.functional as F

    pairs = []
    for rng in kit.seeds(5):
        x = rng.normal(size=6)
        for mode, numpy_mode in NUMPY_MODES.items():
            torch_mode = "constant" if mode == "zeros" else mode
            for left, right in ((0, 0), (1, 2), (3, 1), (5, 5)):
                ours = pad(x, left, right, mode)
                pairs.append((ours, np.pad(x, (left, right), mode=numpy_mode)))  # type: ignore[call-overload]
                theirs = F.pad(torch.tensor(x)[None, None], (left, right), mode=torch_mode)
                pairs.append((ours, theirs[0, 0]))
    return kit.compare(("`np.pad` 与 `F.pad`", "`np.pad` and `F.pad`"), pairs, tolerance=0.0)


def check_same() -> Check:
    """Our amounts against padding="same", by what the layer computes: all k and dilations."""
    import warnings

    import torch
    import torch.nn.functional as F

    pairs = []
    rng = np.random.default_rng(0)
    x = torch.tensor(rng.normal(size=(1, 1, 12)))
    for k in range(1, 9):
        for dilation in (1, 2, 3):
            w = torch.tensor(rng.normal(size=(1, 1, k)))
            ours = F.conv1d(F.pad(x, same_padding(k, dilation)), w, dilation=dilation)
            with warnings.catch_warnings():  # of the copy that an even kernel costs
                warnings.simplefilter("ignore")
                theirs = F.conv1d(x, w, padding="same", dilation=dilation)
            pairs.append((ours[0, 0], theirs[0, 0]))
    return kit.compare('`F.conv1d(padding="same")`', pairs)
