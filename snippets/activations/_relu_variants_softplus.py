"""Softplus: how close it comes to ReLU, its slope, and where PyTorch takes it to be linear."""

from __future__ import annotations

import math

import numpy as np

from snippets import kit
from snippets.activations.relu import relu
from snippets.activations.relu_variants import softplus, softplus_grad, torch_softplus
from snippets.activations.sigmoid_tanh import sigmoid
from snippets.kit import Check, Figure, Formula, Tr

_X = kit.scalar(("预激活值", "pre-activation"), -6, 6)
_BETA = kit.scalar(("锐度，大于 0", "sharpness, above 0"), 0.2, 12)
_SOFTPLUS = kit.function(("", ""), softplus)

formula_softplus = Formula(
    r"\operatorname{softplus}(x, \beta) = \frac{1}{\beta} \ln(1 + e^{\beta x})"
    r" = \max(x, 0) + \frac{1}{\beta} \ln(1 + e^{-\beta |x|})",
    {r"\beta": _BETA, "x": _X},
    equals=softplus,
)

formula_softplus_derivative = Formula(
    r"\frac{\partial}{\partial x} \operatorname{softplus}(x, \beta) ="
    r" \frac{1}{1 + e^{-\beta x}} = \sigma(\beta x)",
    {r"\beta": _BETA, "x": _X, r"\sigma": kit.function(("sigmoid", "sigmoid"), sigmoid)},
    derivative_of=softplus,
    autograd=lambda x, beta: torch_softplus(x, float(beta)),
    tolerance=1e-8,  # PyTorch takes the slope 1 above beta x = 20
)

formula_softplus_gap = Formula(
    r"0 \le \operatorname{softplus}(x, \beta) - \operatorname{ReLU}(x) \le \frac{\ln 2}{\beta}",
    {
        r"\beta": _BETA,
        "x": _X,
        r"\operatorname{softplus}": _SOFTPLUS,
        r"\operatorname{ReLU}": kit.function(("", ""), relu),
    },
)

formula_softplus_zero = Formula(
    r"\operatorname{softplus}(0) = \ln 2 \approx 0.6931",
    {r"\operatorname{softplus}": _SOFTPLUS},
)

formula_softplus_inverse = Formula(
    r"\operatorname{softplus}(\ln(e^y - 1)) = y",
    {
        "y": kit.scalar(("想要的正数", "the positive number wanted"), 0.05, 12),
        r"\operatorname{softplus}": _SOFTPLUS,
    },
)


def check_softplus() -> Check:
    import torch

    x = np.linspace(-40, 40, 4001)
    below = x[x <= 20]  # PyTorch is linear from there
    return kit.compare(
        (
            "`np.logaddexp(0, x)` 与 PyTorch 的 `F.softplus`",
            "`np.logaddexp(0, x)` and PyTorch's `F.softplus`",
        ),
        [
            (softplus(x), np.logaddexp(0, x)),
            (softplus(below), torch_softplus(torch.tensor(below))),
            (softplus(below / 2, 2.0), torch_softplus(torch.tensor(below / 2), 2.0)),
        ],
        tolerance=1e-13,
    )


BETAS = (1.0, 2.0, 10.0)


def figure_softplus(tr: Tr) -> Figure:
    x = np.linspace(-3, 3, 601)
    canvas, (value, slope) = kit.canvas(1, 2, height=2.8)
    for axes in (value, slope):
        kit.zero_lines(axes)
        axes.set_xlabel("x")
    data = {"x": x}
    colours = (kit.BLUE, kit.ORANGE, kit.GREEN)
    for beta, colour, line in zip(BETAS, colours, ("-", "-.", ":"), strict=True):
        value.plot(x, softplus(x, beta), linestyle=line, color=colour, label=f"β = {beta:g}")
        slope.plot(x, softplus_grad(x, beta), linestyle=line, color=colour)
        data[f"beta{beta:g}"] = softplus(x, beta)
    value.plot(x, relu(x), "--", color=kit.INK, linewidth=1, label=tr.name("ReLU"))
    value.set_title(tr.name("softplus(x, β)"))
    value.legend(loc="upper left")
    slope.plot([-3, 0, 0, 3], [0, 0, 1, 1], "--", color=kit.INK, linewidth=1)
    slope.set_title(tr("导数：σ(βx)", "slope: σ(βx)"))
    return Figure(
        canvas,
        caption=tr(
            "β 越大，softplus（左）越贴近 ReLU（虚线），它的导数（右）越接近 0 到 1 的跳变。",
            "The larger β, the closer softplus (left) to ReLU (dashed), and its slope (right) to "
            "the jump from 0 to 1.",
        ),
        alt=tr(
            "左图：三条曲线都在 ReLU 上方，0 处相差最大，β = 10 的几乎重合。"
            "右图：三条 S 形曲线，在 0 处都是一半。",
            "Left: three curves above ReLU, farthest from it at 0; the one for β = 10 nearly "
            "coincides. "
            "Right: three S-shaped curves, all of them one half at 0.",
        ),
        data=data,
    )


def value_threshold() -> dict[str, float]:
    """Where PyTorch's softplus turns linear, and what it leaves out there."""
    return {"at": 20.0, "error": math.log1p(math.exp(-20.0))}
