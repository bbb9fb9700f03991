"""Convolution as networks use it: slide a kernel, multiply, add; or gather windows, multiply."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.backprop.cnn_backprop import scatter, windows
from snippets.kit import Check


def correlate1d(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Cross-correlation, what networks call convolution: (n,) and (k,) give (n − k + 1,).

    ValueError: a kernel that is empty or longer than x.
    """
    n, k = len(x), len(w)
    if not 1 <= k <= n:
        raise ValueError(f"no window of {k} in {n} numbers")
    return np.array([sum(w[u] * x[i + u] for u in range(k)) for i in range(n - k + 1)])


def convolve1d(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Convolution as in mathematics: the kernel is flipped before it slides."""
    return correlate1d(x, w[::-1])


def correlate2d(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Cross-correlation in two dimensions: (H, W) and (k, m) give (H − k + 1, W − m + 1).

    ValueError: a kernel that is empty or larger than x.
    """
    (rows, cols), (k, m) = x.shape, w.shape
    if not (1 <= k <= rows and 1 <= m <= cols):
        raise ValueError(f"no {k}×{m} window in {x.shape}")
    y = np.zeros((rows - k + 1, cols - m + 1))
    for i, j in np.ndindex(*y.shape):
        y[i, j] = np.sum(w * x[i : i + k, j : j + m])
    return y


def convolve2d(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Convolution as in mathematics: the kernel is turned upside down and left to right."""
    return correlate2d(x, w[::-1, ::-1])


def conv2d_direct(
    x: np.ndarray,
    w: np.ndarray,
    b: np.ndarray,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
) -> np.ndarray:
    """A convolutional layer, loop by loop: (N, C, H, W) gives (N, O, H', W').

    w is (O, C, k, m), b is (O,).  ValueError: no room for a window, a stride or
    dilation below 1, or a kernel that is not for the channels of x.
    """
    if w.shape[1] != x.shape[1]:
        raise ValueError(f"the kernel {w.shape} is not for {x.shape[1]} channels")
    if min(stride, dilation) < 1:
        raise ValueError(f"stride {stride} and dilation {dilation} must be at least 1")
    x = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    reach = [dilation * (size - 1) + 1 for size in w.shape[2:]]
    rows, cols = ((x.shape[2 + a] - reach[a]) // stride + 1 for a in (0, 1))
    if min(rows, cols) < 1:
        raise ValueError(f"no window of {reach} in {x.shape[2:]}")
    y = np.empty((len(x), len(w), rows, cols))
    for n, o, i, j in np.ndindex(*y.shape):
        top, left = stride * i, stride * j
        window = x[n, :, top : top + reach[0] : dilation, left : left + reach[1] : dilation]
        y[n, o, i, j] = np.sum(w[o] * window) + b[o]
    return y


def im2col(x: np.ndarray, k: int, stride: int = 1, padding: int = 0) -> np.ndarray:
    """Each k×k window as a column: (N, C, H, W) gives (C k k, N H' W').  [chellapilla2006]"""
    read = windows(x, k, stride, padding)  # (N, C, H', W', k, k)
    return read.transpose(1, 4, 5, 0, 2, 3).reshape(x.shape[1] * k * k, -1)


def col2im(
    columns: np.ndarray, shape: tuple[int, ...], k: int, stride: int = 1, padding: int = 0
) -> np.ndarray:
    """Adds columns back to where they were read, the transpose of im2col; shape (N, C, H, W)."""
    n, c, height, width = shape
    rows, cols = ((size + 2 * padding - k) // stride + 1 for size in (height, width))
    parts = columns.reshape(c, k, k, n, rows, cols).transpose(3, 0, 4, 5, 1, 2)
    return scatter(parts, shape, stride, padding)


def conv2d_im2col(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1, padding: int = 0
) -> np.ndarray:
    """The same layer as one matrix product; square kernels (O, C, k, k).

    ValueError: as ``windows``, or a kernel that is not square or not for the channels of x.
    """
    (out, channels, k, _), n = w.shape, len(x)
    if w.shape[1:] != (x.shape[1], k, k):
        raise ValueError(f"the kernel {w.shape} is not (O, {x.shape[1]}, k, k)")
    rows, cols = ((size + 2 * padding - k) // stride + 1 for size in x.shape[2:])
    y = w.reshape(out, channels * k * k) @ im2col(x, k, stride, padding) + b[:, None]
    return y.reshape(out, n, rows, cols).swapaxes(0, 1)


def conv2d_im2col_backward(
    g: np.ndarray, x: np.ndarray, w: np.ndarray, stride: int = 1, padding: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients with respect to x, w and b, given that with respect to the output, g."""
    out, k = len(w), w.shape[-1]
    flat = g.swapaxes(0, 1).reshape(out, -1)  # (O, N H' W')
    dw = flat @ im2col(x, k, stride, padding).T
    dx = col2im(w.reshape(out, -1).T @ flat, x.shape, k, stride, padding)
    return dx, dw.reshape(w.shape), flat.sum(axis=1)


def shift(x: np.ndarray, rows: int, cols: int) -> np.ndarray:
    """Moves images (..., H, W) down and to the right; what leaves comes in again opposite."""
    return np.roll(x, (rows, cols), axis=(-2, -1))


def conv2d_circular(x: np.ndarray, w: np.ndarray, stride: int = 1) -> np.ndarray:
    """Cross-correlation of (H, W) with (k, k), k odd, whose padding wraps around; same size."""
    p = w.shape[-1] // 2
    return correlate2d(np.pad(x, p, mode="wrap"), w)[::stride, ::stride]


def shift_test(x: np.ndarray, w: np.ndarray, rows: int, cols: int, stride: int = 1) -> bool:
    """Does the output move along when x (H, W) moves by multiples of the stride?"""
    moved = conv2d_circular(shift(x, rows * stride, cols * stride), w, stride)
    return np.allclose(moved, shift(conv2d_circular(x, w, stride), rows, cols))


def torch_convolutions(x, w, b, stride: int = 1, padding: int = 0, dilation: int = 1):
    """A layer in PyTorch, and the same as unfold (im2col) and a matrix product; tensors."""
    import torch
    import torch.nn.functional as F

    y = F.conv2d(x, w, b, stride, padding, dilation)
    columns = F.unfold(x, w.shape[2:], dilation, padding, stride)  # (N, C k m, H' W')
    product = torch.einsum("ok,nkp->nop", w.flatten(1), columns) + b[:, None]
    return y, product.reshape(y.shape)


def torch_shift_test(x, w):
    """Is shifting then convolving the same as convolving then shifting? (N, C, H, W), k odd."""
    import torch
    import torch.nn.functional as F

    def conv(x):
        p = w.shape[-1] // 2
        return F.conv2d(F.pad(x, (p, p, p, p), mode="circular"), w)

    moved = torch.roll(x, (1, 2), dims=(2, 3))
    return torch.allclose(conv(moved), torch.roll(conv(x), (1, 2), dims=(2, 3)))


# --------------------------------------------------------------------------- evidence

SETTINGS = [
    # height and width of the input, kernel, stride, padding, dilation
    (4, 4, 3, 1, 0, 1),
    (5, 7, 3, 1, 1, 1),
    (6, 6, 3, 2, 0, 1),  # the last row and column are in no window
    (7, 5, 3, 2, 1, 1),
    (8, 9, 5, 3, 2, 1),
    (6, 5, 1, 1, 0, 1),
    (7, 7, 2, 2, 1, 1),
    (9, 8, 3, 1, 2, 2),
    (9, 9, 3, 2, 1, 3),
]


def _draws():
    for rng, setting in zip(kit.seeds(len(SETTINGS)), SETTINGS, strict=True):
        height, width, k, *rest = setting
        x = rng.normal(size=(2, 3, height, width))
        w, b = rng.normal(size=(4, 3, k, k)), rng.normal(size=4)
        g = rng.normal(size=conv2d_direct(x, w, b, *rest).shape)
        yield x, w, b, g, *rest


def check_forward() -> Check:
    """Loops, and the matrix product where dilation is 1."""
    import torch
    import torch.nn.functional as F

    pairs = []
    for x, w, b, _, stride, padding, dilation in _draws():
        theirs = F.conv2d(*map(torch.tensor, (x, w, b)), stride, padding, dilation)
        pairs.append((conv2d_direct(x, w, b, stride, padding, dilation), theirs))
        if dilation == 1:
            pairs.append((conv2d_im2col(x, w, b, stride, padding), theirs))
    for n, k in ((9, 1), (9, 4), (5, 5)):
        rng = np.random.default_rng(n * k)
        x, w = rng.normal(size=n), rng.normal(size=k)
        theirs = F.conv1d(torch.tensor(x)[None], torch.tensor(w)[None, None])[0]
        pairs.append((correlate1d(x, w), theirs))
    return kit.compare(
        ("PyTorch 的 `F.conv2d`、`F.conv1d`", "PyTorch's `F.conv2d` and `F.conv1d`"), pairs
    )


def check_columns() -> Check:
    import torch
    import torch.nn.functional as F

    pairs = []
    for x, w, _, _, stride, padding, dilation in _draws():
        if dilation > 1:
            continue
        k = w.shape[-1]
        theirs = F.unfold(torch.tensor(x), k, padding=padding, stride=stride)
        ours = im2col(x, k, stride, padding)
        pairs.append((ours, theirs.transpose(0, 1).flatten(1)))
        folded = F.fold(theirs, x.shape[2:], k, padding=padding, stride=stride)
        pairs.append((col2im(ours, x.shape, k, stride, padding), folded))
    return kit.compare(
        ("PyTorch 的 `F.unfold`、`F.fold`", "PyTorch's `F.unfold` and `F.fold`"), pairs
    )


def check_backward() -> Check:
    import torch
    import torch.nn.functional as F

    pairs = []
    for x, w, b, g, stride, padding, dilation in _draws():
        if dilation > 1:
            continue
        tensors = [torch.tensor(a, requires_grad=True) for a in (x, w, b)]
        y = F.conv2d(*tensors, stride=stride, padding=padding)
        theirs = torch.autograd.grad(y, tensors, grad_outputs=torch.tensor(g))
        ours = conv2d_im2col_backward(g, x, w, stride, padding)
        pairs += list(zip(ours, theirs, strict=True))
    return kit.compare(("PyTorch 自动求导（`F.conv2d`）", "PyTorch's autograd (`F.conv2d`)"), pairs)
