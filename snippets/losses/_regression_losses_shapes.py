"""Smooth L1 and Huber: the curves, the factor between them, what they tend to."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Col, Figure, Formula, Table, Tr
from snippets.losses._regression_losses_formulas import E
from snippets.losses.regression_losses import (
    huber,
    huber_grad,
    mae,
    mae_grad,
    mse,
    mse_grad,
    smooth_l1,
    smooth_l1_grad,
    torch_regression_losses,
)

RESIDUALS = (0.3, 1.0, 2.5)
_SWITCH = kit.scalar(("分界", "where it switches"), 0.2, 3)
_HUBER = kit.function(("", ""), lambda e, delta: huber(e, 0.0, delta))
_SMOOTH = kit.function(("", ""), lambda e, beta: smooth_l1(e, 0.0, beta))


def _torch_of(name: str, switch: str):
    """One of PyTorch's losses as a function of the residual and its switch."""
    if switch == "beta":
        return lambda e, beta: torch_regression_losses(e, 0 * e, beta=beta)[name]
    return lambda e, delta: torch_regression_losses(e, 0 * e, delta=delta)[name]


formula_smooth_slope = Formula(
    r"\operatorname{SmoothL1}_\beta'(e) = \max\left(-1, \min\left(1, \frac{e}{\beta}\right)\right)",
    {"e": E, r"\beta": _SWITCH},
    derivative_of=lambda e, beta: smooth_l1(e, 0.0, beta),
    autograd=_torch_of("smooth_l1", "beta"),
    wrt="e",
)

formula_huber_slope = Formula(
    r"\operatorname{Huber}_\delta'(e) = \max(-\delta, \min(\delta, e))",
    {"e": E, r"\delta": _SWITCH},
    derivative_of=lambda e, delta: huber(e, 0.0, delta),
    autograd=_torch_of("huber", "delta"),
    wrt="e",
)

formula_factor = Formula(
    r"\operatorname{Huber}(e; \delta) = \delta \cdot \operatorname{SmoothL1}(e; \delta)",
    {
        "e": E,
        r"\delta": _SWITCH,
        r"\operatorname{Huber}": _HUBER,
        r"\operatorname{SmoothL1}": _SMOOTH,
    },
)

formula_half = Formula(
    r"\operatorname{SmoothL1}(e; \beta) = \frac{e^2}{2 \beta}",
    {
        "e": kit.scalar(
            ("小的残差，绝对值不超过分界", "a small residual, below the switch"), -1, 1
        ),
        r"\beta": kit.scalar(("分界", "where it switches"), 1, 3),
        r"\operatorname{SmoothL1}": _SMOOTH,
    },
)

formula_limits = Formula(
    r"\lim_{\beta \to 0^+} \operatorname{SmoothL1}(e; \beta) = |e|, \quad"
    r" \lim_{\delta \to \infty} \operatorname{Huber}(e; \delta) = \frac{e^2}{2}",
    {"e": E, r"\operatorname{SmoothL1}": _SMOOTH, r"\operatorname{Huber}": _HUBER},
    samples=20,
)

_CURVES = (
    (("平方误差的一半", "half the square"), kit.ORANGE, kit.LINES[1]),
    (("L1（绝对误差）", "L1 (absolute error)"), kit.GREEN, kit.LINES[2]),
    (("Smooth L1（β = 1）", "Smooth L1 (β = 1)"), kit.BLUE, kit.LINES[0]),
    (("Huber（δ = 2）", "Huber (δ = 2)"), kit.PURPLE, kit.LINES[3]),
)


def figure_curves(tr: Tr) -> Figure:
    e = np.linspace(-3.5, 3.5, 701)
    zero, how = np.zeros_like(e), {"reduction": "none"}
    values = [
        mse(e, zero, **how) / 2,
        mae(e, zero, **how),
        smooth_l1(e, zero, 1.0, **how),
        huber(e, zero, 2.0, **how),
    ]
    slopes = [
        mse_grad(e, zero, **how) / 2,
        mae_grad(e, zero, **how),
        smooth_l1_grad(e, zero, 1.0, **how),
        huber_grad(e, zero, 2.0, **how),
    ]
    canvas, (left, right) = kit.canvas(1, 2, height=3.1)
    for axes, drawn in ((left, values), (right, slopes)):
        kit.zero_lines(axes)
        axes.set_xlabel(tr("残差 e", "residual e"))
        for (name, colour, line), curve in zip(_CURVES, drawn, strict=True):
            shown = curve.copy()
            shown[np.abs(np.diff(curve, append=curve[-1])) > 0.5] = np.nan  # no line across a jump
            axes.plot(e, shown, color=colour, linestyle=line, label=tr.pair(name))
    left.set_ylim(-0.2, 5)
    left.set_title(tr("损失", "Loss"))
    right.set_title(tr("导数", "Slope"))
    canvas.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return Figure(
        canvas,
        caption=tr(
            "四种损失（左）与它们的导数（右）。平方误差的导数随残差线性增长；"
            "L1 的导数只有正负号；Smooth L1 与 Huber 的导数先线性、后封顶，封顶处分别是 1 和 δ。",
            "Four losses (left) and their slopes (right). That of the square grows with the "
            "residual; that of L1 is only a sign; those of Smooth L1 and Huber grow and then stay, "
            "at 1 and at δ.",
        ),
        alt=tr(
            "左图：抛物线在两侧最陡，L1 是 V 形，Smooth L1 与 Huber 在 0 附近是抛物线、远处是直线。"
            "右图：一条斜线、一个从 −1 到 1 的跳变，两条先斜后平的折线，高度 1 与 2。",
            "Left: the parabola is steepest at both sides, L1 is a V, Smooth L1 and Huber are "
            "parabolas near 0 and lines farther out. Right: a slanted line, a jump from −1 to 1, "
            "and two lines that slant and then run flat, at heights 1 and 2.",
        ),
        data={"e": e, "values": np.array(values), "slopes": np.array(slopes)},
    )


def table_switch(tr: Tr) -> Table:
    return Table(
        [
            Col(tr("残差 e", "residual e"), format="g"),
            Col("e²", format=".4g"),
            Col("|e|", format=".4g"),
            *(
                Col(f"{name}({sign} = {switch:g})", format=".4g")
                for name, sign in ((tr.name("SmoothL1"), "β"), (tr.name("Huber"), "δ"))
                for switch in (1.0, 2.0)
            ),
        ],
        [
            [
                e,
                float(mse(e, 0.0)),
                float(mae(e, 0.0)),
                *(float(loss(e, 0.0, switch)) for loss in (smooth_l1, huber) for switch in (1, 2)),
            ]
            for e in RESIDUALS
        ],
        caption=tr("同一个残差，六种算法", "One residual, six ways"),
    )


def value_switch() -> dict[str, float]:
    """The residuals of the text under the losses it speaks of."""
    return {
        "small": 0.3,
        "large": 2.5,
        "square_small": float(mse(0.3, 0.0)),
        "smooth_small": float(smooth_l1(0.3, 0.0)),
        "smooth_two": float(smooth_l1(2.5, 0.0, 2.0)),
        "huber_two": float(huber(2.5, 0.0, 2.0)),
        "smooth_one": float(smooth_l1(2.5, 0.0)),
        "huber_one": float(huber(2.5, 0.0)),
        "square_large": float(mse(2.5, 0.0)),
    }
