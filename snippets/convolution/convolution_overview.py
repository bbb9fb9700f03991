"""Kinds of convolution at a glance: what each reads, holds and computes, at one input."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from snippets import kit
from snippets.convolution.conv_output_size import conv_output_size
from snippets.convolution.pointwise_and_depthwise import conv_cost, torch_separable
from snippets.convolution.transposed_conv import transposed_size
from snippets.kit import Check, Pair

C, K, SIDE = 64, 3, 32
DILATION, GROUPS, STRIDE, POOL = 2, 8, 2, 2


def torch_reads(layer, x, row, column):
    """Which inputs reach one output: True and False, (C, H, W).

    ``layer`` is a convolution, an average pooling or several of them without activation, x
    (1, C, H, W) on the CPU; the output is that of the middle channel at (row, column).  The weights
    are set to 1, so that no gradient cancels; of the module given, nothing is changed.
    ValueError: a max pooling, whose gradient goes to the largest input alone.
    """
    from copy import deepcopy

    import torch

    if any("MaxPool" in type(part).__name__ for part in layer.modules()):
        raise ValueError("a max pooling reads more than its gradient shows; take nn.AvgPool2d")
    layer = deepcopy(layer)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.fill_(1)
    x = x.detach().requires_grad_()
    y = layer(x)
    (grad,) = torch.autograd.grad(y[0, y.shape[1] // 2, row, column], x)
    return grad[0] != 0


# --------------------------------------------------------------------------- the kinds


@dataclass(frozen=True)
class Kind:
    """``build(c, o, k)`` makes the PyTorch module that is measured."""

    name: Pair
    build: Callable[..., Any]
    side: int
    """Side of the output for an input of SIDE, by the formulas of the pages."""
    weights: int
    uses: int
    """How often each weight is used: the pixels of the output, or of the input if transposed."""


def _conv(**how: Any) -> Callable[..., Any]:
    """An ordinary convolution with these arguments; depthwise if groups is 0."""

    def build(c: int, o: int, k: int) -> Any:
        from torch import nn

        settings = dict(how)
        if settings.get("groups") == 0:
            settings["groups"] = c
        return nn.Conv2d(c, o, k, bias=False, **settings)

    return build


def _transposed(c: int, o: int, k: int) -> Any:
    from torch import nn

    return nn.ConvTranspose2d(c, o, k, STRIDE, padding=1, output_padding=1, bias=False)


def _pooling(c: int, o: int, k: int) -> Any:
    from torch import nn

    return nn.AvgPool2d(POOL)


def _kind(name: Pair, build: Callable[..., Any], side: int, weights: int, uses: int = 0) -> Kind:
    return Kind(name, build, side, weights, uses or side**2)


def _weights(k: int = K, groups: int = 1) -> int:
    return conv_cost(C, C, k, 1, groups)["weights"]


KINDS: dict[str, Kind] = {
    "standard": _kind(
        ("普通", "ordinary"),
        _conv(padding=1),
        conv_output_size(SIDE, K, 1, 1),
        _weights(),
    ),
    "strided": _kind(
        ("普通，步幅 2", "ordinary, stride 2"),
        _conv(stride=STRIDE, padding=1),
        conv_output_size(SIDE, K, STRIDE, 1),
        _weights(),
    ),
    "pointwise": _kind(
        ("1×1", "1×1"),
        lambda c, o, k: _conv()(c, o, 1),
        conv_output_size(SIDE, 1),
        _weights(1),
    ),
    "dilated": _kind(
        ("空洞，d = 2", "dilated, d = 2"),
        _conv(padding=DILATION, dilation=DILATION),
        conv_output_size(SIDE, K, 1, DILATION, DILATION),
        _weights(),
    ),
    "grouped": _kind(
        ("分组，g = 8", "grouped, g = 8"),
        _conv(padding=1, groups=GROUPS),
        conv_output_size(SIDE, K, 1, 1),
        _weights(groups=GROUPS),
    ),
    "depthwise": _kind(
        ("逐通道", "depthwise"),
        _conv(padding=1, groups=0),
        conv_output_size(SIDE, K, 1, 1),
        _weights(groups=C),
    ),
    "separable": _kind(
        ("深度可分离", "depthwise separable"),
        torch_separable,
        conv_output_size(SIDE, K, 1, 1),
        _weights(groups=C) + _weights(1),
    ),
    "transposed": _kind(
        ("转置，步幅 2", "transposed, stride 2"),
        _transposed,
        transposed_size(SIDE, K, STRIDE, 1, 1),
        _weights(),
        SIDE**2,
    ),
    "pooling": _kind(
        ("2×2 平均池化", "2×2 average pooling"),
        _pooling,
        conv_output_size(SIDE, POOL, POOL),
        0,
    ),
}


@cache
def footprints(name: str) -> list[np.ndarray]:
    """What four outputs next to one another read: (C, SIDE, SIDE) each, seen by the gradient.

    Four, since the outputs of a transposed convolution of stride 2 come in four phases.
    """
    import torch

    kind = KINDS[name]
    layer, x = kind.build(C, C, K), torch.ones(1, C, SIDE, SIDE)
    at = kind.side // 2
    return [
        torch_reads(layer, x, row, column).numpy()
        for row in (at, at + 1)
        for column in (at, at + 1)
    ]


@dataclass(frozen=True)
class Reach:
    """Of one output: rows from first to last, cells of a channel, channels, numbers in all."""

    span: int
    cells: int
    channels: int
    numbers: int


@cache
def reaches(name: str) -> list[Reach]:
    """Of the four outputs of ``footprints``."""
    found = []
    for seen in footprints(name):
        rows = np.flatnonzero(seen.any(axis=(0, 2)))
        found.append(
            Reach(
                span=int(rows[-1] - rows[0] + 1),
                cells=int(seen.any(axis=0).sum()),
                channels=int(seen.any(axis=(1, 2)).sum()),
                numbers=int(seen.sum()),
            )
        )
    return found


# --------------------------------------------------------------------------- evidence


def check_modules() -> Check:
    """Output side, weights and multiply-adds of each kind against its module."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    pairs = []
    for kind in KINDS.values():
        layer = kind.build(C, C, K)
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            y = layer(torch.zeros(1, C, SIDE, SIDE))
        weights = sum(p.numel() for p in layer.parameters())
        theirs = [y.shape[1], y.shape[2], weights, counter.get_total_flops()]
        pairs.append(([C, kind.side, kind.weights, 2 * kind.weights * kind.uses], theirs))
    return kit.compare(
        (
            "PyTorch 模块的输出形状、`p.numel()` 与 `FlopCounterMode`",
            "the output shapes, `p.numel()` and `FlopCounterMode` of PyTorch's modules",
        ),
        pairs,
        tolerance=0.0,
    )
