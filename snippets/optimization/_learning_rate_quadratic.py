"""On a quadratic everything can be computed: where steps shrink, where they blow up."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Check, Col, Figure, Formula, Table, Tr
from snippets.optimization.learning_rate import descend, torch_descend

CURVATURE, STEPS = 4.0, 100  # f(x) = 2x²: the second derivative is 4, 2 / 4 is the bound
RATES = (0.001, 0.01, 0.25, 0.49, 0.5, 0.51)

_ETA = kit.scalar(("学习率", "learning rate"), 0.01, 0.9)
_LAMBDA = kit.scalar(("曲率", "curvature"), 0.1, 4)

formula_step = Formula(
    r"x_1 = x_0 - \eta\,f'(x_0)",
    {
        r"\eta": _ETA,
        "x_0": kit.scalar(("起点", "start"), -2, 2),
        "f'": kit.function(("f(x) = 2x² 的导数", "slope of f(x) = 2x²"), lambda x: 4 * x),
    },
    equals=lambda x_0, eta: descend(lambda x: 4 * x, x_0, eta, 1)[1],
)

formula_power = Formula(
    r"x_t = (1 - \eta \lambda)^t\,x_0",
    {
        r"\eta": _ETA,
        r"\lambda": _LAMBDA,
        "t": kit.integer(("步数", "number of steps"), 0, 12),
        "x_0": kit.scalar(("起点", "start"), -2, 2),
    },
    equals=lambda eta, lambda_, t, x_0: descend(lambda x: lambda_ * x, x_0, eta, int(t))[-1],
)

formula_bound = Formula(
    r"\mathbf{1}\left(|1 - \eta \lambda| < 1\right)"
    r" = \mathbf{1}\left(\eta < \frac{2}{\lambda}\right)",
    {r"\eta": kit.scalar(("学习率，大于 0", "learning rate, above 0"), 0.01, 4),
     r"\lambda": kit.scalar(("曲率，大于 0", "curvature, above 0"), 0.1, 4)},
)  # fmt: skip

formula_best = Formula(
    r"\max\left(|1 - \eta a|,\; |1 - \eta b|\right) \ge \frac{b - a}{b + a}"
    r" = \left|1 - \frac{2}{a + b}\,b\right|",
    {
        r"\eta": kit.scalar(("任意学习率", "any learning rate"), 0.001, 3),
        "a": kit.scalar(("最小的曲率", "smallest curvature"), 0.1, 1),
        "b": kit.scalar(("最大的曲率", "largest curvature"), 1, 20),
    },
)


def _path(eta: float) -> np.ndarray:
    return descend(lambda x: CURVATURE * x, 1.0, eta, STEPS)


def check_sgd() -> Check:
    return kit.compare(
        ("`torch.optim.SGD` 走过的每一步", "each step of `torch.optim.SGD`"),
        [(_path(eta), torch_descend(lambda x: 2 * x**2, 1.0, eta, STEPS)) for eta in RATES],
        tolerance=1e-10,
    )


def value_quadratic() -> dict[str, float]:
    """Distance from the minimum after STEPS steps, by rate."""
    return {f"{eta:g}": abs(_path(eta)[-1]) for eta in RATES}


def value_defaults() -> dict[str, float]:
    """The rates that PyTorch takes unless told."""
    import torch

    weights = [torch.zeros(1, requires_grad=True)]
    optimisers = {"Adam": torch.optim.Adam(weights), "SGD": torch.optim.SGD(weights)}
    return {name: optimiser.defaults["lr"] for name, optimiser in optimisers.items()}


def table_quadratic(tr: Tr) -> Table:
    kinds = {
        0.001: tr("太慢", "too slow"),
        0.01: tr("慢", "slow"),
        0.25: tr("一步到位", "there in one step"),
        0.49: tr("来回跨越，渐渐靠近", "jumps across, closes in"),
        0.5: tr("永远在 ±1 之间跳", "jumps between ±1 for ever"),
        0.51: tr("发散", "diverges"),
    }
    return Table(
        [
            Col(tr("学习率 η", "rate η"), format="g"),
            Col("1 − ηλ", format=".3g"),
            Col(tr(f"{STEPS} 步之后的 |x|", f"|x| after {STEPS} steps"), format=".3g"),
            "",
        ],
        [[eta, round(1 - eta * CURVATURE, 12), abs(_path(eta)[-1]), kinds[eta]] for eta in RATES],
        caption=tr(
            f"f(x) = 2x²，曲率 λ = {CURVATURE:g}，从 x = 1 出发",
            f"f(x) = 2x² with curvature λ = {CURVATURE:g}, from x = 1",
        ),
    )


def figure_loss(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=3.1)
    steps = np.arange(41)
    data = {}
    shown = (
        (0.001, kit.MUTED, "-", "η = 0.001", (40.7, 1.7)),
        (0.01, kit.BLUE, "-", "η = 0.01", (40.7, 0.13)),
        (0.1, kit.GREEN, "-.", "η = 0.1", (12.5, 3e-5)),
        (0.49, kit.ORANGE, ":", "η = 0.49", (40.7, 0.03)),
        (0.51, kit.RED, "--", "η = 0.51", (40.7, 60)),
    )
    for eta, colour, line, label, at in shown:
        loss = 2 * _path(eta)[:41] ** 2
        width = 3 if eta == 0.49 else 1.6  # it lies on the line of 0.01
        axes.plot(steps, loss, linestyle=line, color=colour, linewidth=width)
        axes.text(*at, label, color=colour, ha="left", va="center")
        data[f"{eta:g}"] = loss
    axes.set_yscale("log")
    axes.set_ylim(1e-6, 200)
    axes.set_xlim(0, 49)
    axes.set_xticks([0, 10, 20, 30, 40])
    axes.set_xlabel(tr("步", "step"))
    axes.set_ylabel(tr("损失（对数轴）", "loss (log axis)"))
    return Figure(
        canvas,
        caption=tr(
            "f(x) = 2x² 上的损失，从 x = 1 出发。界限是 0.5：刚好低于它还在收敛，"
            "刚好高于它就发散。0.01 与 0.49 的线重合。",
            "The loss on f(x) = 2x² from x = 1. The bound is 0.5: just below it descent still "
            "converges, just above it diverges. The lines of 0.01 and 0.49 coincide.",
        ),
        alt=tr(
            "五条线在对数轴上都是直线：0.001 几乎水平，0.01 缓慢下降，0.1 很陡，"
            "0.49 与 0.01 一样慢，0.51 向上。",
            "Five straight lines on a log axis: 0.001 almost level, 0.01 slowly down, 0.1 steep, "
            "0.49 as slow as 0.01, and 0.51 going up.",
        ),
        data=data,
    )
