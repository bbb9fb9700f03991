"""Convolutional networks: what they are made of, against a dense net, and their settings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from snippets import kit
from snippets.convolution.conv_operation import correlate2d
from snippets.convolution.conv_output_size import conv_output_size
from snippets.kit import Check

LENET = [  # a LeNet-5 as it is commonly written today; conv: channels, k, stride, padding
    ("conv", 6, 5, 1, 0),
    ("pool", 2),
    ("conv", 16, 5, 1, 0),
    ("pool", 2),
    ("flatten",),
    ("dense", 120),
    ("dense", 84),
    ("dense", 10),
]


def trace(shape: tuple[int, ...], layers: Sequence[tuple]) -> list[tuple[tuple[int, ...], int]]:
    """Shape and number of parameters after each layer, from an image (C, H, W).

    Layers: ("conv", channels, k, stride, padding), ("pool", k), ("gap",), ("flatten",),
    ("dense", units).  ValueError: another layer, or one that does not fit the shape.
    """
    found = []
    for kind, *numbers in layers:
        if kind in ("conv", "pool", "gap", "flatten") and len(shape) != 3:
            raise ValueError(f"{kind} needs (C, H, W), not {shape}")
        count = 0
        if kind == "conv":
            out, k, stride, padding = numbers
            count = out * (shape[0] * k**2 + 1)
            shape = (out, *(conv_output_size(n, k, stride, padding) for n in shape[1:]))
        elif kind == "pool":
            shape = (shape[0], *(conv_output_size(n, numbers[0], numbers[0]) for n in shape[1:]))
        elif kind == "gap":
            shape = (shape[0],)
        elif kind == "flatten":
            shape = (int(np.prod(shape)),)
        elif kind == "dense" and len(shape) == 1:
            count = numbers[0] * (shape[0] + 1)
            shape = (numbers[0],)
        else:
            raise ValueError(f"no layer {kind!r} for {shape}")
        found.append((shape, count))
    return found


def torch_lenet():
    """The same network in PyTorch, for images (N, 1, 32, 32)."""
    from torch import nn

    return nn.Sequential(
        nn.Conv2d(1, 6, 5),
        nn.Tanh(),
        nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.Tanh(),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120),
        nn.Tanh(),
        nn.Linear(120, 84),
        nn.Tanh(),
        nn.Linear(84, 10),
    )


def toeplitz(w: np.ndarray, height: int, width: int) -> np.ndarray:
    """The matrix of a 2-D cross-correlation (stride 1, no padding) on flattened images.

    w is (k, m); the matrix has a row for each output and a column for each of height · width
    inputs.  ValueError: a kernel larger than the image.
    """
    columns = [
        correlate2d(unit.reshape(height, width), w).ravel() for unit in np.eye(height * width)
    ]
    return np.array(columns).T


def torch_same_as_dense(x, w):
    """A convolution (H, W) with (k, m), and the dense layer with the Toeplitz matrix; tensors."""
    import torch
    import torch.nn.functional as F

    matrix = torch.tensor(toeplitz(w.numpy(), *x.shape), dtype=x.dtype)
    convolution = F.conv2d(x[None, None], w[None, None]).flatten()
    return convolution, F.linear(x.flatten(), matrix)


# --------------------------------------------------------------------------- evidence


def check_lenet() -> Check:
    """Shapes and parameters against the modules of PyTorch, layer by layer."""
    import torch

    x, theirs, count = torch.zeros(1, 1, 32, 32), [], 0
    for module in torch_lenet():
        x = module(x)
        count = sum(p.numel() for p in module.parameters())
        if not isinstance(module, torch.nn.Tanh):
            theirs.append((tuple(x.shape[1:]), count))
    ours = trace((1, 32, 32), LENET)
    pairs = [
        ([*shape, count], [*them, number])
        for (shape, count), (them, number) in zip(ours, theirs, strict=True)
    ]
    return kit.compare(
        ("PyTorch 各层的形状与参数量", "the shapes and parameters of PyTorch's layers"),
        pairs,
        tolerance=0.0,
    )


def check_toeplitz() -> Check:
    import torch

    pairs = []
    for rng in kit.seeds(5):
        x, w = rng.normal(size=(6, 7)), rng.normal(size=(3, 2))
        ours = toeplitz(w, 6, 7) @ x.ravel()
        pairs += [(ours, theirs) for theirs in torch_same_as_dense(*map(torch.tensor, (x, w)))]
    return kit.compare(
        ("PyTorch 的 `F.conv2d` 与 `F.linear`", "PyTorch's `F.conv2d` and `F.linear`"), pairs
    )
