"""1×1, grouped and depthwise separable convolutions: fewer connections between channels."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from snippets import kit
from snippets.backprop.cnn_backprop import scatter, windows
from snippets.kit import Check


def pointwise(x: np.ndarray, w: np.ndarray, b: np.ndarray | float = 0.0) -> np.ndarray:
    """1×1 convolution: the same linear layer w (O, C), b (O,) at every pixel.

    x (N, C, H, W) gives (N, O, H, W).  ValueError: weights not for C channels.  [lin2014]
    """
    if w.shape[1] != x.shape[1]:
        raise ValueError(f"weights {w.shape} for {x.shape[1]} channels")
    return np.einsum("oc,nchw->nohw", w, x) + np.reshape(b, (-1, 1, 1))


def conv2d_grouped(
    x: np.ndarray,
    w: np.ndarray,
    b: np.ndarray | float = 0.0,
    stride: int = 1,
    padding: int = 0,
    groups: int = 1,
) -> np.ndarray:
    """Convolution of x (N, C, H, W) in ``groups`` that do not see one another: (N, O, H', W').

    w is (O, C/groups, k, k); groups = C is the depthwise convolution.  ValueError: channels that
    the groups do not divide, or a kernel not made for C/groups channels.  [xie2017]
    """
    o, c, k, _ = w.shape
    if x.shape[1] != groups * c or o % groups:
        raise ValueError(f"{x.shape[1]} channels, kernel {w.shape}: not for {groups} groups")
    read = windows(x, k, stride, padding)
    n, _, height, width = read.shape[:4]
    y = np.einsum(
        "ngchwij,gocij->ngohw",
        read.reshape(n, groups, c, height, width, k, k),
        w.reshape(groups, o // groups, c, k, k),
    )
    return y.reshape(n, o, height, width) + np.reshape(b, (-1, 1, 1))


def conv2d_grouped_backward(
    g: np.ndarray,
    x: np.ndarray,
    w: np.ndarray,
    stride: int = 1,
    padding: int = 0,
    groups: int = 1,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients with respect to x, w and b, given g (N, O, H', W'), that of the output."""
    (n, o, height, width), (_, c, k, _) = g.shape, w.shape
    g_ = g.reshape(n, groups, o // groups, height, width)
    w_ = w.reshape(groups, o // groups, c, k, k)
    read = windows(x, k, stride, padding).reshape(n, groups, c, height, width, k, k)
    parts = np.einsum("ngohw,gocij->ngchwij", g_, w_).reshape(n, -1, height, width, k, k)
    dw = np.einsum("ngohw,ngchwij->gocij", g_, read).reshape(w.shape)
    return scatter(parts, x.shape, stride, padding), dw, g.sum(axis=(0, 2, 3))


def separable(
    x: np.ndarray, depth: np.ndarray, point: np.ndarray, stride: int = 1, padding: int = 0
) -> np.ndarray:
    """Depthwise separable convolution: one k×k kernel for each channel, then a 1×1 convolution.

    depth is (C, 1, k, k), point (O, C); (N, C, H, W) gives (N, O, H', W').  [howard2017]
    """
    return pointwise(conv2d_grouped(x, depth, 0.0, stride, padding, len(depth)), point)


def conv_cost(c: int, o: int, k: int, pixels: int, groups: int = 1) -> dict[str, int]:
    """Weights of a k×k convolution from c to o channels, and its FLOPs for so many output pixels.

    A multiplication and its addition count as two FLOPs; biases are left out.
    ValueError: groups that do not divide both channels.
    """
    if c % groups or o % groups:
        raise ValueError(f"{groups} groups do not divide {c} and {o} channels")
    weights = c * o * k * k // groups
    return {"weights": weights, "flops": 2 * weights * pixels}


def torch_separable(c: int, o: int, k: int = 3, stride: int = 1):
    """The same in PyTorch; keeps the size for odd k at stride 1.

    Real blocks put BN and ReLU behind each layer.
    """
    from torch import nn

    return nn.Sequential(
        nn.Conv2d(c, c, k, stride, padding=k // 2, groups=c, bias=False),
        nn.Conv2d(c, o, 1, bias=False),
    )


# --------------------------------------------------------------------------- evidence

SETTINGS: list[dict[str, int]] = [
    {"groups": 2},
    {"groups": 6},
    {"groups": 3, "stride": 2, "padding": 1},
    {"groups": 1, "padding": 1},
]


def _draws() -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, dict[str, int]]]:
    """(x, w, b, settings): six channels in, twelve out."""
    for rng, settings in zip(kit.seeds(len(SETTINGS)), SETTINGS, strict=True):
        w = rng.normal(size=(12, 6 // settings["groups"], 3, 3))
        yield rng.normal(size=(2, 6, 7, 6)), w, rng.normal(size=12), settings


def check_grouped() -> Check:
    """Forward and backward against PyTorch."""
    import torch
    import torch.nn.functional as F

    pairs: list[tuple[object, object]] = []
    for x, w, b, settings in _draws():
        tensors = [torch.tensor(a, requires_grad=True) for a in (x, w, b)]
        y = F.conv2d(*tensors, **settings)
        pairs.append((conv2d_grouped(x, w, b, **settings), y.detach()))
        g = np.random.default_rng(1).normal(size=tuple(y.shape))
        theirs = torch.autograd.grad(y, tensors, grad_outputs=torch.tensor(g))
        pairs += list(zip(conv2d_grouped_backward(g, x, w, **settings), theirs, strict=True))
    return kit.compare(
        (
            "PyTorch 的 `F.conv2d(groups=…)` 与自动求导",
            "PyTorch's `F.conv2d(groups=…)` and autograd",
        ),
        pairs,
    )


def check_pointwise() -> Check:
    """A 1×1 convolution against a linear layer over the channels, and against `F.conv2d`."""
    import torch
    import torch.nn.functional as F

    rng = np.random.default_rng(0)
    x, w, b = rng.normal(size=(2, 8, 5, 4)), rng.normal(size=(3, 8)), rng.normal(size=3)
    image, weights, bias = map(torch.tensor, (x, w, b))
    linear = F.linear(image.movedim(1, -1), weights, bias).movedim(-1, 1)
    conv = F.conv2d(image, weights[:, :, None, None], bias)
    return kit.compare(
        (
            "PyTorch 的 `F.linear`（作用在通道维）与 `F.conv2d`",
            "PyTorch's `F.linear` over the channels, and `F.conv2d`",
        ),
        [(pointwise(x, w, b), linear), (pointwise(x, w, b), conv)],
    )


def check_separable() -> Check:
    import torch

    pairs = []
    for rng, stride in zip(kit.seeds(2), (1, 2), strict=True):
        layers = torch_separable(4, 6, stride=stride).double()
        x = rng.normal(size=(2, 4, 7, 8))
        depth, point = (layer.weight.detach().numpy() for layer in layers)
        with torch.no_grad():
            theirs = layers(torch.tensor(x))
        pairs.append((separable(x, depth, point[:, :, 0, 0], stride, 1), theirs))
    return kit.compare(("PyTorch 的两层 `nn.Conv2d`", "two layers of PyTorch's `nn.Conv2d`"), pairs)
