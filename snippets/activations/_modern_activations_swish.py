"""The β of Swish: from a straight line by way of SiLU to ReLU."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.activations.modern_activations import swish
from snippets.activations.relu import relu
from snippets.activations.sigmoid_tanh import sigmoid
from snippets.kit import Figure, Formula, Tr

_X = kit.scalar(("预激活值", "pre-activation"), -6, 6)

formula_swish = Formula(
    r"\operatorname{Swish}(x, \beta) = x\,\sigma(\beta x)",
    {
        r"\beta": kit.scalar(("锐度，可以固定也可以学习", "sharpness, fixed or learned"), 0, 10),
        "x": _X,
        r"\sigma": kit.function(("sigmoid", "sigmoid"), sigmoid),
    },
    equals=swish,
)

formula_swish_flat = Formula(
    r"\operatorname{Swish}(x, 0) = \frac{x}{2}",
    {"x": _X, r"\operatorname{Swish}": kit.function(("", ""), swish)},
)

BETAS = (0.1, 1.0, 1.702, 10.0)


def figure_swish(tr: Tr) -> Figure:
    x = np.linspace(-4, 3, 701)
    canvas, axes = kit.canvas(height=2.9)
    kit.zero_lines(axes)
    data = {"x": x}
    for beta, colour, line in zip(BETAS, kit.SERIES, kit.LINES, strict=False):
        axes.plot(x, swish(x, beta), linestyle=line, color=colour, label=f"β = {beta:g}")
        data[f"{beta:g}"] = swish(x, beta)
    axes.plot(x, relu(x), "--", color=kit.INK, linewidth=1, label=tr.name("ReLU"))
    axes.set_xlabel("x")
    axes.set_ylabel(tr.name("Swish(x, β)"))
    axes.set_ylim(-1.0, 2.1)
    axes.legend(loc="upper left")
    return Figure(
        canvas,
        caption=tr(
            "β 从近乎直线的 x/2 一路变到 ReLU；β = 1 就是 SiLU，β = 1.702 很接近 GELU。",
            "β leads from almost the straight line x/2 to ReLU; β = 1 is SiLU, β = 1.702 is close "
            "to GELU.",
        ),
        alt=tr(
            "四条曲线加一条细虚线：β 越小越接近斜率一半的直线，β 越大越接近 ReLU，"
            "中间的两条在负侧有低谷。",
            "Four curves and a thin dashed line: a small β is close to a line of slope one half, a "
            "large one to ReLU; those between have a dip on the negative side.",
        ),
        data=data,
    )
