"""Convolution and pooling, forward and backward: read every window, add every window back."""

from __future__ import annotations

from itertools import product

import numpy as np

from snippets import kit
from snippets.kit import Check


def windows(
    x: np.ndarray, k: int, stride: int = 1, padding: int = 0, fill: float = 0.0
) -> np.ndarray:
    """Every k×k window of the padded x: (..., H, W) gives (..., H', W', k, k).

    H' = ⌊(H + 2 padding − k) / stride⌋ + 1, W' likewise.  ValueError: a stride below 1, or no room
    for one window.
    """
    edges = [(0, 0)] * (np.ndim(x) - 2) + [(padding, padding)] * 2
    padded = np.pad(np.asarray(x, dtype=float), edges, constant_values=fill)
    if stride < 1 or not 1 <= k <= min(padded.shape[-2:]):
        raise ValueError(f"no {k}×{k} window with stride {stride} in {padded.shape[-2:]}")
    view = np.lib.stride_tricks.sliding_window_view(padded, (k, k), axis=(-2, -1))
    return view[..., ::stride, ::stride, :, :]


def scatter(
    parts: np.ndarray, shape: tuple[int, ...], stride: int = 1, padding: int = 0
) -> np.ndarray:
    """Adds windows (..., H', W', k, k) back to where they were read: an array of ``shape``.

    Where windows overlap the contributions add up; what fell on the padding is dropped.  This is
    the transpose of ``windows``, also known as col2im.
    """
    rows, cols, k, _ = parts.shape[-4:]
    height, width = shape[-2:]
    total = np.zeros((*shape[:-2], height + 2 * padding, width + 2 * padding))
    for a, c in product(range(k), repeat=2):
        total[..., a : a + stride * rows : stride, c : c + stride * cols : stride] += parts[
            ..., a, c
        ]
    return total[..., padding : padding + height, padding : padding + width]


def conv2d(
    x: np.ndarray, w: np.ndarray, b: np.ndarray | float = 0.0, stride: int = 1, padding: int = 0
) -> np.ndarray:
    """Convolution as networks use it (cross-correlation): (N, C, H, W) gives (N, O, H', W').

    w is (O, C, k, k), b is (O,).  ValueError: as ``windows``, or a kernel that is not square or
    not for the channels of x.
    """
    if w.shape[1:] != (x.shape[1], w.shape[-1], w.shape[-1]):
        raise ValueError(f"the kernel {w.shape} is not (O, {x.shape[1]}, k, k)")
    read = windows(x, w.shape[-1], stride, padding)
    return np.einsum("nchwij,ocij->nohw", read, w) + np.reshape(b, (-1, 1, 1))


def conv2d_backward(
    g: np.ndarray, x: np.ndarray, w: np.ndarray, stride: int = 1, padding: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients by x, w and b, given the gradient g (N, O, H', W') by the output."""
    read = windows(x, w.shape[-1], stride, padding)
    dx = scatter(np.einsum("nohw,ocij->nchwij", g, w), x.shape, stride, padding)
    dw = np.einsum("nohw,nchwij->ocij", g, read)
    db = g.sum(axis=(0, 2, 3))
    return dx, dw, db


def conv2d_backward_loops(
    g: np.ndarray, x: np.ndarray, w: np.ndarray, stride: int = 1, padding: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same with one step for each number of g: it stamps the kernel on dx, its window on dw."""
    k, p = w.shape[-1], padding
    padded = np.pad(x, [(0, 0), (0, 0), (p, p), (p, p)])
    dx, dw, db = np.zeros_like(padded), np.zeros_like(w), np.zeros(len(w))
    for n, o, i, j in np.ndindex(*g.shape):
        here = np.s_[n, :, stride * i : stride * i + k, stride * j : stride * j + k]
        dx[here] += g[n, o, i, j] * w[o]
        dw[o] += g[n, o, i, j] * padded[here]
        db[o] += g[n, o, i, j]
    return dx[:, :, p : p + x.shape[2], p : p + x.shape[3]], dw, db


def spread(g: np.ndarray, k: int, stride: int, padding: int, size: tuple[int, int]) -> np.ndarray:
    """g with stride − 1 zeros between its entries and k − 1 − padding zeros around them.

    ``size`` is (H, W) of the input; rows and columns of it that no window reached follow as zeros.
    ValueError: a padding above k − 1.
    """
    border = k - 1 - padding
    if border < 0:
        raise ValueError(f"padding {padding} is more than k - 1 = {k - 1}; crop instead")
    shape = [length + k - 1 for length in size]
    wide = np.zeros((*g.shape[:-2], *shape))
    rows, cols = (border + stride * length for length in g.shape[-2:])
    wide[..., border:rows:stride, border:cols:stride] = g
    return wide


def conv2d_input_gradient(
    g: np.ndarray, w: np.ndarray, size: tuple[int, int], stride: int = 1, padding: int = 0
) -> np.ndarray:
    """The gradient by x as a convolution: of the spread g with the flipped, transposed kernel."""
    flipped = w[:, :, ::-1, ::-1].swapaxes(0, 1)
    return conv2d(spread(g, w.shape[-1], stride, padding, size), flipped)


def max_pool2d(x: np.ndarray, k: int, stride: int, padding: int = 0) -> np.ndarray:
    """The largest number of each k×k window: (..., H, W) gives (..., H', W').

    ValueError: as ``windows``, or a padding above k // 2: some windows might hold nothing else.
    """
    if padding > k // 2:
        raise ValueError(f"padding {padding} is more than half of the window of {k}")
    return windows(x, k, stride, padding, fill=-np.inf).max(axis=(-2, -1))


def max_pool2d_backward(
    g: np.ndarray, x: np.ndarray, k: int, stride: int, padding: int = 0
) -> np.ndarray:
    """Gradient by x: each number of g goes to the maximum of its window, of several the first.

    ValueError: as ``windows``, or a g that is not of the shape of the output.
    """
    read = windows(x, k, stride, padding, fill=-np.inf)
    if g.shape != read.shape[:-2]:
        raise ValueError(f"the gradient is {g.shape}, the output {read.shape[:-2]}")
    top = read.reshape(*g.shape, k * k).argmax(axis=-1)
    mask = (np.arange(k * k) == top[..., None]).reshape(read.shape)
    return scatter(g[..., None, None] * mask, x.shape, stride, padding)


def avg_pool2d(x: np.ndarray, k: int, stride: int, padding: int = 0) -> np.ndarray:
    """The mean of each k×k window, padding counted as zeros: (..., H, W) gives (..., H', W')."""
    return windows(x, k, stride, padding).mean(axis=(-2, -1))


def avg_pool2d_backward(
    g: np.ndarray, shape: tuple[int, ...], k: int, stride: int, padding: int = 0
) -> np.ndarray:
    """Gradient by the input of the given shape: every cell of a window gets 1/k² of its g."""
    parts = np.broadcast_to(g[..., None, None] / k**2, (*g.shape, k, k))
    return scatter(parts, shape, stride, padding)


def torch_conv_gradients(g, x, w, b, stride: int = 1, padding: int = 0):
    """Gradients by x, w and b from PyTorch's autograd; all arguments are tensors."""
    import torch
    import torch.nn.functional as F

    x, w, b = (t.detach().requires_grad_() for t in (x, w, b))
    y = F.conv2d(x, w, b, stride=stride, padding=padding)
    return torch.autograd.grad(y, (x, w, b), grad_outputs=g)


def torch_pool_gradients(g, x, k: int, stride: int, padding: int = 0):
    """Gradients by x through max and through average pooling; g and x are tensors."""
    import torch
    import torch.nn.functional as F

    x = x.detach().requires_grad_()
    return tuple(
        torch.autograd.grad(pool(x, k, stride, padding), x, grad_outputs=g)[0]
        for pool in (F.max_pool2d, F.avg_pool2d)
    )


# --------------------------------------------------------------------------- evidence

SETTINGS = [
    # height and width of the input, kernel, stride, padding
    (4, 4, 3, 1, 0),
    (5, 7, 3, 1, 1),
    (6, 6, 3, 2, 0),  # the last row and column are in no window
    (7, 5, 3, 2, 1),
    (8, 9, 5, 3, 2),
    (6, 5, 1, 1, 0),
    (6, 6, 2, 2, 1),
]


def _draws():
    """(x, w, b, g, stride, padding) for each setting: two images, three channels, four kernels."""
    for rng, (height, width, k, stride, padding) in zip(
        kit.seeds(len(SETTINGS)), SETTINGS, strict=True
    ):
        x = rng.normal(size=(2, 3, height, width))
        w, b = rng.normal(size=(4, 3, k, k)), rng.normal(size=4)
        yield x, w, b, rng.normal(size=conv2d(x, w, b, stride, padding).shape), stride, padding


def check_conv() -> Check:
    """Three ways to compute the gradients of a convolution, each against autograd."""
    import torch

    pairs = []
    for x, w, b, g, stride, padding in _draws():
        tensors = [torch.tensor(a) for a in (g, x, w, b)]
        theirs = torch_conv_gradients(*tensors, stride, padding)
        for ours in (conv2d_backward, conv2d_backward_loops):
            pairs += list(zip(ours(g, x, w, stride, padding), theirs, strict=True))
        pairs.append((conv2d_input_gradient(g, w, x.shape[2:], stride, padding), theirs[0]))
    return kit.compare(
        ("PyTorch 自动求导（`F.conv2d`）", "PyTorch's autograd (`F.conv2d`)"),
        pairs,
        tolerance=1e-12,
    )


def check_pool() -> Check:
    import torch

    pairs = []
    for x, w, _, _, stride, padding in _draws():
        k = w.shape[-1]
        if padding > k // 2:
            continue  # PyTorch refuses it
        g = np.random.default_rng(k).normal(size=max_pool2d(x, k, stride, padding).shape)
        theirs = torch_pool_gradients(torch.tensor(g), torch.tensor(x), k, stride, padding)
        ours = (
            max_pool2d_backward(g, x, k, stride, padding),
            avg_pool2d_backward(g, x.shape, k, stride, padding),
        )
        pairs += list(zip(ours, theirs, strict=True))
    return kit.compare(
        (
            "PyTorch 自动求导（`F.max_pool2d`、`F.avg_pool2d`）",
            "PyTorch's autograd (`F.max_pool2d`, `F.avg_pool2d`)",
        ),
        pairs,
        tolerance=1e-12,
    )


def check_differences() -> Check:
    """Both gradients of a convolution with stride and padding against central differences."""
    x, w, b, g, stride, padding = list(_draws())[3]
    dx, dw, db = conv2d_backward(g, x, w, stride, padding)

    def slope(place: int) -> np.ndarray:
        arrays, h = [x, w, b], 1e-5
        found = np.empty(arrays[place].size)
        for at in range(found.size):
            sides = []
            for sign in (1, -1):
                moved = arrays[place].copy()
                moved.flat[at] += sign * h
                inputs = [*arrays[:place], moved, *arrays[place + 1 :]]
                sides.append((g * conv2d(*inputs, stride, padding)).sum())
            found[at] = (sides[0] - sides[1]) / (2 * h)
        return found.reshape(arrays[place].shape)

    return kit.compare(
        ("中心差分（步幅 2、填充 1）", "central differences (stride 2, padding 1)"),
        [(dx, slope(0)), (dw, slope(1)), (db, slope(2))],
        tolerance=1e-7,
    )
