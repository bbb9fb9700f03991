"""Dilated convolution: the cells of the kernel lie d apart; a wide view for few weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from snippets import kit
from snippets.kit import Check


def dilated_windows(
    x: np.ndarray, k: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> np.ndarray:
    """The k×k cells under each position of the kernel: (..., H, W) gives (..., H', W', k, k).

    H' = ⌊(H + 2 padding − dilation (k − 1) − 1) / stride⌋ + 1, W' likewise.  ValueError: a stride
    or dilation below 1, or no room for the kernel.
    """
    edges = [(0, 0)] * (np.ndim(x) - 2) + [(padding, padding)] * 2
    padded = np.pad(np.asarray(x, dtype=float), edges)
    span = dilation * (k - 1) + 1
    if min(stride, dilation) < 1:
        raise ValueError(f"stride {stride} and dilation {dilation} must be at least 1")
    if k < 1 or span > min(padded.shape[-2:]):
        raise ValueError(f"no room for {k}×{k} with dilation {dilation} in {padded.shape[-2:]}")
    view = np.lib.stride_tricks.sliding_window_view(padded, (span, span), axis=(-2, -1))
    return view[..., ::stride, ::stride, ::dilation, ::dilation]


def conv2d_dilated(
    x: np.ndarray,
    w: np.ndarray,
    b: np.ndarray | float = 0.0,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
) -> np.ndarray:
    """Convolution of x (N, C, H, W) with w (O, C, k, k), b (O,): (N, O, H', W').

    ValueError: a kernel that is not square or not for the channels of x.  [yu2016]
    """
    if w.shape[1:] != (x.shape[1], w.shape[-1], w.shape[-1]):
        raise ValueError(f"the kernel {w.shape} is not (O, {x.shape[1]}, k, k)")
    read = dilated_windows(x, w.shape[-1], stride, padding, dilation)
    return np.einsum("nchwij,ocij->nohw", read, w) + np.reshape(b, (-1, 1, 1))


def conv2d_dilated_backward(
    g: np.ndarray,
    x: np.ndarray,
    w: np.ndarray,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients with respect to x, w and b, given g (N, O, H', W'), that of the output."""
    k, p = w.shape[-1], padding
    dw = np.einsum("nohw,nchwij->ocij", g, dilated_windows(x, k, stride, p, dilation))
    parts = np.einsum("nohw,ocij->ncijhw", g, w)
    total = np.zeros((*x.shape[:2], x.shape[2] + 2 * p, x.shape[3] + 2 * p))
    for i, j in np.ndindex(k, k):
        rows = np.arange(g.shape[2])[:, None] * stride + dilation * i
        cols = np.arange(g.shape[3]) * stride + dilation * j
        total[..., rows, cols] += parts[:, :, i, j]
    return total[..., p : p + x.shape[2], p : p + x.shape[3]], dw, g.sum(axis=(0, 2, 3))


def coverage(dilations: Sequence[int], k: int = 3) -> np.ndarray:
    """How many paths lead from each input cell to one output, through k×k layers of stride 1.

    The masks of the layers are convolved; the result is as wide as the span, and 0 where a cell
    has no influence.
    """
    line = np.ones(1, dtype=int)
    for d in dilations:
        mask = np.zeros(d * (k - 1) + 1, dtype=int)
        mask[::d] = 1
        line = np.convolve(line, mask)
    return np.outer(line, line)


def torch_dilated(c: int, o: int, k: int = 3, dilation: int = 2):
    """A dilated layer that keeps the size; with a stride, padding must be a number."""
    from torch import nn

    return nn.Conv2d(c, o, k, padding="same", dilation=dilation)


def torch_coverage(dilations: Sequence[int], k: int = 3):
    """`coverage` from PyTorch: the gradient of the central output of layers with weights of 1."""
    import torch
    import torch.nn.functional as F

    span = 1 + sum(d * (k - 1) for d in dilations)
    x = torch.zeros(1, 1, span, span, dtype=torch.float64, requires_grad=True)
    y = x
    for d in dilations:
        y = F.conv2d(y, torch.ones(1, 1, k, k, dtype=torch.float64), dilation=d)
    y.sum().backward()  # the only output
    return x.grad[0, 0]


# --------------------------------------------------------------------------- evidence

SETTINGS: list[dict[str, int]] = [
    {},
    {"dilation": 2},
    {"dilation": 2, "padding": 2},
    {"dilation": 3, "stride": 2, "padding": 1},
    {"dilation": 2, "stride": 3},
]


def _draws() -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, dict[str, int]]]:
    for rng, settings in zip(kit.seeds(len(SETTINGS)), SETTINGS, strict=True):
        w = rng.normal(size=(4, 3, 3, 3))
        yield rng.normal(size=(2, 3, 9, 8)), w, rng.normal(size=4), settings


def check_torch() -> Check:
    """Forward and backward against PyTorch."""
    import torch
    import torch.nn.functional as F

    pairs: list[tuple[object, object]] = []
    for x, w, b, settings in _draws():
        tensors = [torch.tensor(a, requires_grad=True) for a in (x, w, b)]
        y = F.conv2d(*tensors, **settings)
        pairs.append((conv2d_dilated(x, w, b, **settings), y.detach()))
        g = np.random.default_rng(1).normal(size=tuple(y.shape))
        theirs = torch.autograd.grad(y, tensors, grad_outputs=torch.tensor(g))
        pairs += list(zip(conv2d_dilated_backward(g, x, w, **settings), theirs, strict=True))
    return kit.compare(
        (
            "PyTorch 的 `F.conv2d(dilation=…)` 与自动求导",
            "PyTorch's `F.conv2d(dilation=…)` and autograd",
        ),
        pairs,
    )


def check_coverage() -> Check:
    stacks: list[tuple[int, ...]] = [(2, 2, 2), (1, 2, 5), (1, 2, 4), (2, 4, 8), (3,)]
    return kit.compare(
        (
            "PyTorch 自动求导：中央输出对输入的梯度",
            "PyTorch's autograd: the gradient of the central output with respect to the input",
        ),
        [(coverage(stack), torch_coverage(stack)) for stack in stacks],
        tolerance=0.0,
    )


def check_subgrids() -> Check:
    """A convolution with dilation d is an ordinary one on each of d² images taken apart."""
    import torch
    import torch.nn.functional as F

    pairs = []
    for rng, d in zip(kit.seeds(2), (2, 3), strict=True):
        x, w = rng.normal(size=(1, 2, 12, 12)), rng.normal(size=(3, 2, 3, 3))
        ours = conv2d_dilated(x, w, dilation=d)
        for i, j in np.ndindex(d, d):
            part = torch.tensor(x[..., i::d, j::d])
            pairs.append((ours[..., i::d, j::d], F.conv2d(part, torch.tensor(w))))
    return kit.compare(
        (
            "PyTorch 在 d² 张抽取出来的子图上做的普通卷积",
            "PyTorch's ordinary convolutions of the d² images taken apart",
        ),
        pairs,
    )
