"""Transposed convolution: every input cell stamps the kernel; overlaps add up."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from snippets import kit
from snippets.backprop.cnn_backprop import conv2d, spread
from snippets.kit import Check


def transposed_size(
    n: int, k: int, stride: int = 1, padding: int = 0, output_padding: int = 0, dilation: int = 1
) -> int:
    """Side of the output for an input of side n, as `nn.ConvTranspose2d` computes it."""
    return (n - 1) * stride - 2 * padding + dilation * (k - 1) + output_padding + 1


def conv_transpose2d(
    x: np.ndarray,
    w: np.ndarray,
    b: np.ndarray | float = 0.0,
    stride: int = 1,
    padding: int = 0,
    output_padding: int = 0,
    dilation: int = 1,
    groups: int = 1,
) -> np.ndarray:
    """Transposed convolution of x (N, C, H, W), by scatter-add: gives (N, O, H', W').

    w is (C, O/groups, k, l), b is (O,).  ``padding`` crops every side of the sum of the stamps,
    ``output_padding`` crops that much less at the end.  ValueError: channels that do not fit, a
    stride or dilation below 1, a negative padding, an output_padding of max(stride, dilation) or
    more, or nothing left.  [dumoulin2016]
    """
    n, c, *size = x.shape
    if c % groups or w.shape[0] != c:
        raise ValueError(f"{c} input channels with a kernel {w.shape} in {groups} groups")
    if min(stride, dilation) < 1 or padding < 0:
        raise ValueError(f"stride {stride}, dilation {dilation}, padding {padding}")
    if not 0 <= output_padding < max(stride, dilation):
        raise ValueError(f"output_padding {output_padding} is not below stride or dilation")
    kernel, p = w.shape[2:], padding
    full = [
        (m - 1) * stride + dilation * (k - 1) + 1 + output_padding
        for m, k in zip(size, kernel, strict=True)
    ]
    if min(full) <= 2 * p:
        raise ValueError(f"padding {p} crops everything of {full}")
    stamps = np.einsum(
        "ngchw,gcoij->ngoijhw",
        x.reshape(n, groups, c // groups, *size),
        w.reshape(groups, c // groups, *w.shape[1:]),
    ).reshape(n, groups * w.shape[1], *kernel, *size)
    total = np.zeros((*stamps.shape[:2], *full))
    for i, j in np.ndindex(*kernel):
        rows = np.arange(size[0])[:, None] * stride + dilation * i
        cols = np.arange(size[1]) * stride + dilation * j
        total[..., rows, cols] += stamps[:, :, i, j]
    return total[..., p : full[0] - p, p : full[1] - p] + np.reshape(b, (-1, 1, 1))


def conv_transpose2d_backward(
    g: np.ndarray,
    x: np.ndarray,
    w: np.ndarray,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    groups: int = 1,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients with respect to x, w and b, given g (N, O, H', W'), that of the output.

    The one with respect to x is an ordinary convolution: it reads g where x had stamped.
    """
    n, c, *size = x.shape
    kernel, p = w.shape[2:], padding
    padded = np.pad(g, [(0, 0), (0, 0), (p, p), (p, p)])
    read = np.empty((*g.shape[:2], *kernel, *size))
    for i, j in np.ndindex(*kernel):
        rows = np.arange(size[0])[:, None] * stride + dilation * i
        cols = np.arange(size[1]) * stride + dilation * j
        read[:, :, i, j] = padded[..., rows, cols]
    read = read.reshape(n, groups, w.shape[1], *kernel, *size)
    of_group = (groups, c // groups)
    dx = np.einsum("ngoijhw,gcoij->ngchw", read, w.reshape(*of_group, *w.shape[1:]))
    dw = np.einsum("ngoijhw,ngchw->gcoij", read, x.reshape(n, *of_group, *size))
    return dx.reshape(x.shape), dw.reshape(w.shape), g.sum(axis=(0, 2, 3))


def conv_transpose2d_zeros(
    x: np.ndarray, w: np.ndarray, stride: int = 1, padding: int = 0
) -> np.ndarray:
    """The same as one convolution: zeros between the cells of x, then the flipped kernel.

    w is (C, O, k, k).  ValueError: a padding above k - 1.
    """
    size = tuple(
        (m - 1) * stride - 2 * padding + w.shape[-1] for m in x.shape[-2:]
    )  # of the output
    flipped = w[:, :, ::-1, ::-1].swapaxes(0, 1)
    return conv2d(spread(x, w.shape[-1], stride, padding, (size[0], size[1])), flipped)


def conv_matrix(w: np.ndarray, size: int, stride: int = 1, padding: int = 0) -> np.ndarray:
    """The matrix C of a convolution with the k×k kernel w: C vec(X) is vec(conv(X)).

    X is size×size; column j of C is what the convolution makes of the j-th unit image.
    """
    units = np.eye(size * size).reshape(-1, 1, size, size)
    return conv2d(units, w[None, None], 0.0, stride, padding).reshape(size * size, -1).T


def torch_conv_transpose2d(x, w, b=None, **settings):
    """The same in PyTorch; tensors, and the settings by name."""
    import torch.nn.functional as F

    return F.conv_transpose2d(x, w, b, **settings)


# --------------------------------------------------------------------------- evidence

SETTINGS: list[dict[str, int]] = [
    {},
    {"stride": 2},
    {"stride": 2, "padding": 1, "output_padding": 1},
    {"stride": 3, "padding": 2, "output_padding": 2},
    {"dilation": 2},
    {"stride": 2, "padding": 1, "dilation": 3, "output_padding": 2},
    {"stride": 2, "groups": 2},
    {"stride": 2, "padding": 1, "output_padding": 1, "dilation": 2, "groups": 4},
]


def _draws() -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, dict[str, int]]]:
    """(x, w, b, settings): two images of 5×4, four channels, kernels of 3×2."""
    for rng, settings in zip(kit.seeds(len(SETTINGS)), SETTINGS, strict=True):
        w = rng.normal(size=(4, 8 // settings.get("groups", 1), 3, 2))
        yield rng.normal(size=(2, 4, 5, 4)), w, rng.normal(size=8), settings


def check_forward() -> Check:
    import torch

    pairs = []
    for x, w, b, settings in _draws():
        theirs = torch_conv_transpose2d(*map(torch.tensor, (x, w, b)), **settings)
        pairs.append((conv_transpose2d(x, w, b, **settings), theirs))
    return kit.compare(("PyTorch 的 `F.conv_transpose2d`", "PyTorch's `F.conv_transpose2d`"), pairs)


def check_backward() -> Check:
    import torch

    pairs = []
    for x, w, b, settings in _draws():
        tensors = [torch.tensor(a, requires_grad=True) for a in (x, w, b)]
        y = torch_conv_transpose2d(*tensors, **settings)
        g = np.random.default_rng(1).normal(size=tuple(y.shape))
        theirs = torch.autograd.grad(y, tensors, grad_outputs=torch.tensor(g))
        backward = {k: v for k, v in settings.items() if k != "output_padding"}
        pairs += list(zip(conv_transpose2d_backward(g, x, w, **backward), theirs, strict=True))
    return kit.compare(("PyTorch 的自动求导", "PyTorch's autograd"), pairs)
