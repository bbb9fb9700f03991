"""The curves of GELU, SiLU and Mish: where they dip, where they are steepest, where they end."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.activations.modern_activations import (
    gelu,
    gelu_grad,
    mish,
    mish_grad,
    normal_cdf,
    silu,
    silu_grad,
    torch_gelu,
    torch_silu,
)
from snippets.activations.relu import relu
from snippets.kit import Col, Figure, Formula, Table, Tr

_CURVES = (
    ("GELU", gelu, gelu_grad, kit.BLUE),
    ("SiLU", silu, silu_grad, kit.ORANGE),
    ("Mish", mish, mish_grad, kit.GREEN),
)

formula_mirror = Formula(
    r"\operatorname{GELU}(x) - \operatorname{GELU}(-x) = x",
    {
        "x": kit.scalar(("预激活值", "pre-activation"), -6, 6),
        r"\operatorname{GELU}": kit.function(("", ""), gelu),
    },
)


def figure_curves(tr: Tr) -> Figure:
    x = np.linspace(-5, 3, 801)
    canvas, (value, slope) = kit.canvas(1, 2, height=2.9)
    data = {"x": x}
    for axes in (value, slope):
        kit.zero_lines(axes)
        axes.set_xlabel("x")
    for (name, f, gradient, colour), line in zip(_CURVES, ("-", "-.", ":"), strict=True):
        value.plot(x, f(x), linestyle=line, color=colour, label=tr.name(name))
        slope.plot(x, gradient(x), linestyle=line, color=colour)
        data[name], data[f"{name}_slope"] = f(x), gradient(x)
    value.plot(x, relu(x), "--", color=kit.INK, linewidth=1, label=tr.name("ReLU"))
    slope.plot([-5, 0, 0, 3], [0, 0, 1, 1], "--", color=kit.INK, linewidth=1)
    value.set_ylim(-0.5, 2.1)
    value.set_title(tr("函数值", "Value"))
    value.legend(loc="upper left")
    slope.set_title(tr("导数", "Slope"))
    return Figure(
        canvas,
        caption=tr(
            "三条曲线都贴着 ReLU（虚线），在 0 左侧先下探再回到 0；导数处处连续，在右侧略超过 1。",
            "All three follow ReLU (dashed), dip below 0 left of it and return; their slopes are "
            "continuous and slightly exceed 1 on the right.",
        ),
        alt=tr(
            "左图：GELU 的低谷最浅，SiLU 居中，Mish 最深，右侧都靠近 ReLU。"
            "右图：三条导数曲线从 0 先略降到负值，再升过 1，然后回到 1。",
            "Left: the dip of GELU is shallowest, then SiLU, then Mish; on the right all approach "
            "ReLU. Right: the slopes fall slightly below 0, rise past 1 and return to 1.",
        ),
        data=data,
    )


def _extreme(f, low: float, high: float) -> float:
    """Where the slope f changes sign between low and high, by bisection."""
    sign = np.sign(f(low))
    for _ in range(100):
        middle = (low + high) / 2
        if np.sign(f(middle)) == sign:
            low = middle
        else:
            high = middle
    return low


def _steepest(gradient) -> float:
    """Where the slope is largest on [0, 5]: a grid, then ever finer ones around its best point."""
    low, high = 0.0, 5.0
    for _ in range(12):
        x = np.linspace(low, high, 201)
        best = x[gradient(x).argmax()]
        width = (high - low) / 100
        low, high = best - width, best + width
    return best


def value_shapes() -> dict[str, float]:
    """Place and value of the minimum, place and value of the largest slope, by function."""
    found = {}
    for name, f, gradient, _ in _CURVES:
        at, steep = _extreme(gradient, -3.0, 0.0), _steepest(gradient)
        found |= {
            f"{name}_at": at,
            f"{name}_low": float(f(at)),
            f"{name}_steep": float(gradient(steep)),
            f"{name}_steep_at": float(steep),
        }
    return found


def table_shapes(tr: Tr) -> Table:
    shapes = value_shapes()
    return Table(
        [
            tr("函数", "function"),
            Col("f(−1)", format=".6f"),
            Col("f(1)", format=".6f"),
            Col(tr("最小值", "minimum"), format=".5f"),
            Col(tr("在 x =", "at x ="), format=".4f"),
            Col(tr("最大导数", "largest slope"), format=".4f"),
        ],
        [
            [
                tr.name(name),
                float(f(-1.0)),
                float(f(1.0)),
                shapes[f"{name}_low"],
                shapes[f"{name}_at"],
                shapes[f"{name}_steep"],
            ]
            for name, f, _, _ in _CURVES
        ],
        caption=tr("几个关键数值", "Key numbers"),
    )


def value_far() -> dict[str, float]:
    """Slopes of GELU and SiLU far left of 0, in float32 by PyTorch's autograd."""
    import torch

    found = {}
    for name, f, at in (("gelu", torch_gelu, -15.0), ("silu", torch_silu, -110.0)):
        x = torch.tensor(at, requires_grad=True)
        f(x).backward()
        found[name], found[f"{name}_at"] = x.grad.item(), at
    return found


def value_at_one() -> float:
    return float(normal_cdf(1.0))


def value_mirror() -> float:
    return float(gelu(1.0) - gelu(-1.0))
