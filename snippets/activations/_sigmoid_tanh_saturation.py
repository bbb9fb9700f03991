"""Sigmoid and tanh in floating point: where they overflow, round to 1, and lose their slope."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from snippets import kit
from snippets.activations.sigmoid_tanh import sigmoid, sigmoid_grad, torch_sigmoid, torch_tanh
from snippets.kit import Col, Figure, Table, Tr

DTYPES = ("float16", "bfloat16", "float32", "float64")


def _with_warning(function: Callable[[Any], Any], x: float) -> tuple[float, bool]:
    """The result, and whether NumPy warned."""
    with warnings.catch_warnings(record=True) as raised:
        warnings.simplefilter("always")
        return float(function(np.array(x))), bool(raised)


def table_overflow(tr: Tr) -> Table:
    spellings = [
        ("1 / (1 + np.exp(-x))", lambda x: 1 / (1 + np.exp(-x))),
        ("np.exp(x) / (1 + np.exp(x))", lambda x: np.exp(x) / (1 + np.exp(x))),
        ("sigmoid(x)", sigmoid),
    ]

    def cell(spelling, x: float) -> str:
        result, warned = _with_warning(spelling, x)
        return f"{result:g}" + (tr("（有溢出警告）", " (overflow warning)") if warned else "")

    return Table(
        [tr("写法", "expression"), "x = −1000", "x = 1000"],
        [[f"`{code}`", *(cell(f, x) for x in (-1000.0, 1000.0))] for code, f in spellings],
        caption=tr(
            "三种写法遇到很大的输入（NumPy，float64）",
            "Three ways to write it, and large inputs (NumPy, float64)",
        ),
    )


def _first_one(function: Callable[[Any], Any], dtype: str) -> float:
    """The smallest number of a torch dtype at which the function is exactly 1 in PyTorch.

    Positive floating-point numbers are in the same order as their bit patterns: those are bisected.
    """
    import torch

    of = getattr(torch, dtype)
    bits = {2: torch.int16, 4: torch.int32, 8: torch.int64}[of.itemsize]
    low, high = 0, int(torch.tensor(64.0, dtype=of).view(bits))
    while high - low > 1:
        middle = (low + high) // 2
        x = torch.tensor([middle], dtype=bits).view(of)
        low, high = (low, middle) if function(x).item() == 1 else (middle, high)
    return torch.tensor([high], dtype=bits).view(of).item()


@cache
def value_first_one() -> dict[str, dict[str, float]]:
    return {
        dtype: {
            "sigmoid": _first_one(torch_sigmoid, dtype),
            "tanh": _first_one(torch_tanh, dtype),
        }
        for dtype in DTYPES
    }


def table_first_one(tr: Tr) -> Table:
    return Table(
        [
            tr("精度", "precision"),
            Col(tr("sigmoid，从 x =", "sigmoid, from x ="), format=".4f"),
            Col(tr("tanh，从 x =", "tanh, from x ="), format=".4f"),
        ],
        [
            [f"`{dtype}`", first["sigmoid"], first["tanh"]]
            for dtype, first in value_first_one().items()
        ],
        caption=tr(
            "PyTorch 里从哪个输入起结果恰好等于 1，自动求导给出的导数也就恰好等于 0",
            "From which input on PyTorch gives exactly 1, and its autograd a slope of exactly 0",
        ),
    )


def _float32_slopes(function: Callable[[Any], Any], x: np.ndarray) -> np.ndarray:
    """The slopes at x by autograd in float32."""
    import torch

    t = torch.tensor(x, dtype=torch.float32, requires_grad=True)
    function(t).sum().backward()
    return t.grad.double().numpy()


def figure_tails(tr: Tr) -> Figure:
    x = np.linspace(-100, 100, 4001)
    exact, slope = sigmoid_grad(x), _float32_slopes(torch_sigmoid, x)
    alive = slope > 0
    canvas, axes = kit.canvas(height=2.9)
    axes.plot(x, exact, color=kit.MUTED, linestyle="--", linewidth=1.2, label=tr("精确值", "exact"))
    axes.plot(x[alive], slope[alive], label=tr("PyTorch，float32", "PyTorch, float32"))
    ends = np.flatnonzero(alive)[[0, -1]]
    left = f"{x[ends[0]]:.1f}".replace("-", "−")
    right = f"{value_first_one()['float32']['sigmoid']:.1f}"
    axes.plot(x[ends], slope[ends], "o", color=kit.BLUE, markerfacecolor=kit.PAPER)
    axes.set_yscale("log")
    axes.set_yticks([1e-40, 1e-30, 1e-20, 1e-10, 1])
    axes.set_xlabel("x")
    axes.set_ylabel(tr("sigmoid 的导数", "slope of sigmoid"))
    axes.legend(loc="upper left")
    return Figure(
        canvas,
        caption=tr(
            f"sigmoid 的导数（对数轴）。左边到 {left} 才下溢成 0，右边从 {right} 起就恰好是 0："
            "函数左右对称，浮点数不对称。",
            f"The slope of sigmoid (log axis). On the left it underflows to 0 only at {left}; on "
            f"the right it is exactly 0 from {right} on. The function is symmetric, floating point "
            "is not.",
        ),
        alt=tr(
            "虚线是左右对称的尖峰，两边直线下降。实线在左边几乎一路与它重合；在右边早早中断。",
            "The dashed line is a symmetric peak that falls in straight lines on both sides. The "
            "solid line follows it nearly all the way on the left, and ends early on the right.",
        ),
        data={"x": x, "exact": exact, "float32": slope},
    )


def table_log(tr: Tr) -> Table:
    import torch
    import torch.nn.functional as F

    points = torch.tensor([-90.0, -20.0, 20.0, 90.0])
    spellings = [
        ("torch.log(torch.sigmoid(x))", lambda x: torch.log(torch.sigmoid(x))),
        ("F.logsigmoid(x)", F.logsigmoid),
        ("torch.log(1 - torch.sigmoid(x))", lambda x: torch.log(1 - torch.sigmoid(x))),
        ("F.logsigmoid(-x)", lambda x: F.logsigmoid(-x)),
    ]
    return Table(
        [
            tr("写法", "expression"),
            *(Col(f"x = {x:g}".replace("-", "−"), format=".2g") for x in points.tolist()),
        ],
        [[f"`{code}`", *f(points).double().tolist()] for code, f in spellings],
        caption=tr(
            "对数概率的两种写法（float32）：第一、二行是同一个数，第三、四行也是",
            "Two ways to a log probability (float32): rows one and two are the same number, "
            "and so are rows three and four",
        ),
    )
