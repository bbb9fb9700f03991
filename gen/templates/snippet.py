"""<title>: one sentence that says what it is."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Check, Figure, Formula, Tr


def <name>(x: np.ndarray) -> np.ndarray:
    """What it computes; shape in, shape out.  [source]"""
    return np.square(x)


def torch_<name>(x):
    """The same in PyTorch."""
    import torch

    return torch.square(x)


formula_definition = Formula(
    r"f(x) = x^2",
    {"x": kit.scalar(("输入", "input"), -3, 3)},
    equals=<name>,
)


def check_torch() -> Check:
    import torch

    x = np.linspace(-1e4, 1e4, 2001)
    return kit.compare(
        ("PyTorch 的 `torch.square`", "PyTorch's `torch.square`"),
        [(<name>(x), torch_<name>(torch.tensor(x)))],
    )


def figure_curve(tr: Tr) -> Figure:
    x = np.linspace(-3, 3, 301)
    canvas, axes = kit.canvas()
    kit.zero_lines(axes)
    axes.plot(x, <name>(x))
    axes.set_xlabel("x")
    return Figure(
        canvas,
        caption=tr("函数的图像。", "The graph of the function."),
        alt=tr("抛物线，最低点在原点。", "A parabola with its lowest point at the origin."),
        data={"x": x, "y": <name>(x)},
    )
