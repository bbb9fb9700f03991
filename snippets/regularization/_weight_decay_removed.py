"""How much of a weight decay removes, by optimiser and by the scale of the gradients."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Col, Figure, Spread, Table, Tr
from snippets.optimization.adam import adam, adamw
from snippets.regularization.weight_decay import sgd_step

RUNS, STEPS, RATE, DECAY = 10, 1000, 1e-3, 0.1
SCALES = 10.0 ** np.arange(-2, 2.5, 0.5)
SHOWN = (0.1, 1.0, 10.0, 100.0)
IDEAL = 1 - (1 - RATE * DECAY) ** STEPS


@cache
def removed(name: str) -> np.ndarray:
    """What decay takes off a weight of 1, normal gradients of each scale: (RUNS, SCALES)."""
    step = {"adam": adam, "adamw": adamw}[name]
    gradients = np.array([rng.normal(size=STEPS) for rng in kit.seeds(RUNS)])
    ends = []
    for decay in (0.0, DECAY):
        w, state = np.ones((RUNS, len(SCALES))), None
        for t in range(STEPS):
            w, state = step(w, gradients[:, t, None] * SCALES, state, lr=RATE, weight_decay=decay)
        ends.append(w)
    return ends[0] - ends[1]


def value_removed() -> dict[str, Spread | float | int]:
    def at(name: str, scale: float) -> Spread:
        return Spread(removed(name)[:, int(np.argmin(np.abs(SCALES - scale)))])

    return {
        "ideal": IDEAL,
        "steps": STEPS,
        "runs": RUNS,
        "rate": RATE,
        "decay": DECAY,
        **{f"{name}_{scale:g}": at(name, scale) for name in ("adam", "adamw") for scale in SHOWN},
    }


def table_removed(tr: Tr) -> Table:
    found = value_removed()
    return Table(
        [
            Col(tr("梯度的标准差", "std of the gradients"), format="g"),
            Col(tr("Adam 加 L2（`weight_decay`）", "Adam with L2 (`weight_decay`)"), format=".4f"),
            Col("AdamW", format=".4f"),
        ],
        [[scale, found[f"adam_{scale:g}"], found[f"adamw_{scale:g}"]] for scale in SHOWN],
        caption=tr(
            f"衰减从权重 1 上减去了多少（有衰减与没有衰减的差）：{STEPS} 步，正态分布的梯度，"
            f"学习率 {RATE:g}，λ 为 {DECAY:g}；均值 [最小, 最大]，{RUNS} 次",
            f"How much decay takes off a weight of 1 (with it against without): {STEPS} steps, "
            f"normal gradients, learning rate {RATE:g}, λ at {DECAY:g}; mean [smallest, largest] "
            f"of {RUNS} runs",
        ),
    )


def figure_removed(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=3.0)
    looks = {"adam": (kit.ORANGE, kit.LINES[1], "s"), "adamw": (kit.BLUE, "-", "o")}
    names = {"adam": tr("Adam 加 L2", "Adam with L2"), "adamw": tr.name("AdamW")}
    for name, (colour, line, marker) in looks.items():
        values = removed(name)
        axes.loglog(
            SCALES,
            values.mean(axis=0),
            color=colour,
            linestyle=line,
            marker=marker,
            label=names[name],
        )
        axes.fill_between(
            SCALES, values.min(axis=0), values.max(axis=0), color=colour, alpha=0.2, linewidth=0
        )
    axes.axhline(IDEAL, color=kit.INK, linestyle=":", label=tr("只有衰减", "decay alone"))
    axes.set_xlabel(tr("梯度的标准差", "standard deviation of the gradients"))
    axes.set_ylabel(tr("衰减减去的量", "removed by decay"))
    axes.legend(loc="lower left")
    return Figure(
        canvas,
        caption=tr(
            f"同样的 λ（{DECAY:g}）与学习率（{RATE:g}），{STEPS} 步里衰减从权重 1 上减去多少；"
            f"线是 {RUNS} 次的均值，色带是最小到最大。",
            f"How much decay takes off a weight of 1 in {STEPS} steps with the same λ ({DECAY:g}) "
            f"and learning rate ({RATE:g}); lines are means of {RUNS} runs, bands reach from the "
            "smallest to the largest.",
        ),
        alt=tr(
            "双对数坐标：Adam 加 L2 的线随梯度变大一路下降，梯度每大十倍约降为十分之一；"
            "AdamW 的线是水平的，与“只有衰减”的虚线几乎重合。",
            "On log axes the line of Adam with L2 falls as gradients grow, to about a tenth for "
            "every factor of ten; that of AdamW is level, almost on the dotted line of decay "
            "alone.",
        ),
        data={"scales": SCALES, **{name: removed(name).mean(axis=0) for name in looks}},
    )


# --------------------------------------------------------------------------- SGD

SGD_STEPS, SGD_RATE, BETA = 10, 0.1, 0.9


@cache
def _sgd_gap(momentum: float) -> Spread:
    """Largest difference between penalty and decay over SGD_STEPS steps, in each run."""
    gaps = []
    for rng in kit.seeds(RUNS):
        start, gradients = rng.normal(size=20), rng.normal(size=(SGD_STEPS, 20))
        ends = []
        for decoupled in (False, True):
            w, buffer = start, 0.0
            for gradient in gradients:
                w, buffer = sgd_step(
                    w,
                    gradient,
                    buffer,
                    lr=SGD_RATE,
                    decay=DECAY,
                    momentum=momentum,
                    decoupled=decoupled,
                )
            ends.append(w)
        gaps.append(np.abs(ends[0] - ends[1]).max())
    return Spread(gaps)


def value_sgd() -> dict[str, Spread | float | int]:
    return {
        "steps": SGD_STEPS,
        "rate": SGD_RATE,
        "plain": _sgd_gap(0.0).high,
        "beta": BETA,
        "momentum": _sgd_gap(BETA),
    }
