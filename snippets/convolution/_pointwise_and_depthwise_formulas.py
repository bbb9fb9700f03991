"""The formulas: a linear layer at every pixel, counts of weights, and the kernel they stand for."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.backprop import _grids
from snippets.convolution.pointwise_and_depthwise import (
    conv2d_grouped,
    conv_cost,
    pointwise,
    separable,
)
from snippets.kit import Formula, Table, Tr

_C = kit.integer(("输入通道数", "input channels"), 2, 4)

formula_pointwise = Formula(
    r"Y_{oij} = b_o + \sum_{c=1}^{C} W_{oc}\, X_{cij}",
    {
        "X": kit.array(
            ("输入：通道 × 高 × 宽", "input: channels × height × width"), ("C", 3, 4), -2, 2
        ),
        "W": kit.array(("权重", "weights"), ("O", "C"), -2, 2),
        "b": kit.array(("偏置", "biases"), ("O",), -2, 2),
        "C": _C,
        "O": kit.integer(("输出通道数", "output channels"), 2, 4),
        "c": kit.index(("输入通道", "input channel"), "C"),
        "o": kit.index(("输出通道", "output channel"), "O"),
        "i": kit.index(("行", "row"), 3),
        "j": kit.index(("列", "column"), 4),
    },
    equals=lambda X, W, b: pointwise(X[None], W, b)[0],
    samples=20,
)  # fmt: skip

_CHANNELS = {
    "C": kit.integer(("输入通道数", "input channels"), 8, 64),
    "O": kit.integer(("输出通道数", "output channels"), 8, 64),
    "K": kit.integer(("核的边长", "side of the kernel"), 1, 7),
}


def _size(c: float, o: float, k: float, groups: float = 1) -> int:
    """Weights of PyTorch's layer."""
    import torch

    layer = torch.nn.Conv2d(int(c), int(o), int(k), groups=int(groups), bias=False)
    return sum(p.numel() for p in layer.parameters())


formula_grouped = Formula(
    r"P_\text{group} = \frac{C}{g}\, K^2\, O",
    {
        "g": kit.constant(("组数", "groups"), 4),
        "C": kit.constant(("输入通道数", "input channels"), 24),
        "O": kit.constant(("输出通道数", "output channels"), 16),
        "K": _CHANNELS["K"],
    },
    equals=lambda C, O, K, g: _size(C, O, K, g),  # noqa: E741
    samples=20,
)

formula_separable = Formula(
    r"P_\text{sep} = K^2\, C + C\, O",
    _CHANNELS,
    equals=lambda C, O, K: _size(C, C, K, C) + _size(C, O, 1),  # noqa: E741
    samples=20,
)

formula_bottleneck = Formula(
    r"P_\text{bottle} = C\, M + K^2\, M^2 + M\, O",
    {**_CHANNELS, "M": kit.integer(("中间通道数", "channels in between"), 2, 16)},
    equals=lambda C, O, K, M: _size(C, M, 1) + _size(M, M, K) + _size(M, O, 1),  # noqa: E741
    samples=20,
)

formula_factorised = Formula(
    r"P_\text{fact} = K\, C\, M + K\, M\, O",
    {**_CHANNELS, "M": kit.integer(("中间通道数", "channels in between"), 2, 16)},
    equals=lambda C, O, K, M: _factorised(int(C), int(O), int(K), int(M)),  # noqa: E741
    samples=20,
)


def _factorised(c: int, o: int, k: int, m: int) -> int:
    import torch

    layers = torch.nn.Sequential(
        torch.nn.Conv2d(c, m, (k, 1), bias=False), torch.nn.Conv2d(m, o, (1, k), bias=False)
    )
    return sum(p.numel() for p in layers.parameters())


formula_ratio = Formula(
    r"\frac{K^2\, C + C\, O}{K^2\, C\, O} = \frac{1}{O} + \frac{1}{K^2}",
    _CHANNELS,
)


def _combined(P: np.ndarray, D: np.ndarray) -> np.ndarray:
    """The kernel of a depthwise separable layer, from its answers to single pixels."""
    c = len(D)
    dots = np.zeros((c, c, 5, 5))
    dots[np.arange(c), np.arange(c), 2, 2] = 1
    answers = separable(dots, D[:, None], P)
    return np.asarray(answers[..., ::-1, ::-1].swapaxes(0, 1))


formula_combined = Formula(
    r"W_{ocuv} = P_{oc}\, D_{cuv}",
    {
        "P": kit.array(("1×1 层的权重", "weights of the 1×1 layer"), (4, 3), -2, 2),
        "D": kit.array(("逐通道的核", "the kernels of the channels"), (3, 3, 3), -2, 2),
        "o": kit.index(("输出通道", "output channel"), 4),
        "c": kit.index(("输入通道", "input channel"), 3),
        "u": kit.index(("核的行", "row of the kernel"), 3),
        "v": kit.index(("核的列", "column of the kernel"), 3),
    },
    equals=_combined,
    samples=20,
)

# --------------------------------------------------------------------------- one pixel by hand

PIXEL = np.array([1.0, 2, 3])
WEIGHTS = np.array([[1.0, 0, -1], [0.5, 0.5, 0.5]])


def table_pixel(tr: Tr) -> Table:
    y = pointwise(PIXEL[None, :, None, None], WEIGHTS)[0, :, 0, 0]
    working = []
    for row in WEIGHTS:
        products = (f"{_grids.shown(w)}·{_grids.shown(x)}" for w, x in zip(row, PIXEL, strict=True))
        working.append(" + ".join(products).replace("+ −1", "− 1"))
    return Table(
        [tr("输出通道", "output channel"), tr("权重", "weights"), tr("算式", "working"), "$y$"],
        [
            [str(o + 1), f"({', '.join(map(_grids.shown, row))})", line, _grids.shown(value)]
            for o, (row, line, value) in enumerate(zip(WEIGHTS, working, y, strict=True))
        ],
        caption=tr(
            "一个像素，三个输入通道 x = (1, 2, 3)，两个输出通道，无偏置",
            "One pixel with three input channels x = (1, 2, 3), two output channels, no bias",
        ),
    )


def value_linear() -> dict[str, float]:
    """Largest |f(x + y) − f(x) − f(y)| of a 1×1 convolution, alone and with a ReLU behind it."""
    rng = np.random.default_rng(0)
    w = rng.normal(size=(16, 16))
    x, y = rng.normal(size=(2, 1, 16, 8, 8))

    def gap(f) -> float:
        return float(np.abs(f(x + y) - f(x) - f(y)).max())

    two = pointwise(pointwise(x, w), w.T) - pointwise(x, w.T @ w)
    return {
        "alone": gap(lambda x: pointwise(x, w)),
        "relu": gap(lambda x: np.maximum(0, pointwise(x, w))),
        "two": float(np.abs(two).max()),
    }


def value_example() -> dict[str, int]:
    """Parameters of a 1×1 layer from 256 to 64 channels, biases included."""
    return {"in": 256, "out": 64, "params": conv_cost(256, 64, 1, 1)["weights"] + 64}


def value_mixing() -> dict[str, float]:
    """Share of (output, input) channel pairs that two layers of 4 groups connect, without and
    with a 1×1 convolution in between.
    """
    ones = np.ones((8, 2, 1, 1))
    dots = np.eye(8)[:, :, None, None]
    two = conv2d_grouped(conv2d_grouped(dots, ones, groups=4), ones, groups=4)
    first = conv2d_grouped(dots, ones, groups=4)
    mixed = conv2d_grouped(pointwise(first, np.ones((8, 8))), ones, groups=4)
    return {
        "groups": 4,
        "grouped": float((two != 0).mean()),
        "pointwise": float((mixed != 0).mean()),
    }
