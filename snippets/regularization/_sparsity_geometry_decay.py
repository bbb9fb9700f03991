"""What is left of a weight that only decays, in float32, beside soft thresholds of equal size."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Figure, Tr
from snippets.regularization.l1_and_l2 import soft_threshold
from snippets.regularization.sparsity_geometry import decay

FACTOR, STEPS, LONG, STEP = 0.99, 1000, 100_000, 0.01


@cache
def _long(flush: bool = False) -> np.ndarray:
    return decay(FACTOR, LONG, flush=flush)


@cache
def thresholded() -> np.ndarray:
    """A weight of 1 under soft thresholds of STEP, in float64: (2 / STEP + 1,)."""
    path = [np.float64(1)]
    for _ in range(round(2 / STEP)):
        path.append(soft_threshold(path[-1], STEP))
    return np.array(path)


def value_decay() -> dict[str, float | int]:
    path, flushed = _long(), _long(flush=True)
    return {
        "factor": FACTOR,
        "steps": STEPS,
        "exact": FACTOR**STEPS,
        "after": float(path[STEPS]),
        "long": LONG,
        "stuck": float(path[-1]),
        "stuck_from": int(np.flatnonzero(path != path[-1])[-1]) + 1,
        "units": float(path[-1]) / float(np.finfo(np.float32).smallest_subnormal),
        "flushed": float(flushed[-1]),
        "flushed_at": int(np.flatnonzero(flushed == 0)[0]),
        "l1_at": int(np.flatnonzero(thresholded() == 0)[0]),
        "step": STEP,
    }


def figure_decay(tr: Tr) -> Figure:
    shown = 12_000
    steps = np.arange(0, shown + 1, 20)
    path, soft = _long()[steps], thresholded()
    alive = soft > 0
    canvas, axes = kit.canvas(height=2.9)
    axes.semilogy(steps, path, color=kit.ORANGE, linestyle=kit.LINES[1])
    axes.semilogy(np.flatnonzero(alive), soft[alive], color=kit.BLUE)
    axes.annotate(
        tr("L2：每步乘以 0.99", "L2: times 0.99 a step"),
        (4200, path[210]),
        xytext=(8, 4),
        textcoords="offset points",
        color=kit.ORANGE,
    )
    axes.annotate(
        tr("L1：软阈值，降到 0", "L1: soft threshold, falls to 0"),
        (200, 1e-2),
        xytext=(10, -2),
        textcoords="offset points",
        color=kit.BLUE,
    )
    axes.annotate(
        tr("停在非零的次正规数", "stuck above 0, subnormal"),
        (shown, path[-1]),
        xytext=(0, 7),
        textcoords="offset points",
        ha="right",
    )
    axes.set_xlabel(tr("步", "step"))
    axes.set_ylabel(tr("权重（对数）", "weight (log)"))
    axes.set_ylim(1e-47, 1e3)
    return Figure(
        canvas,
        caption=tr(
            f"权重从 1 开始，没有损失的梯度。L2：float32，每步乘以 {FACTOR:g}；"
            f"L1：每步软阈值 {STEP:g}，"
            "变成 0 以后无法画在对数轴上。",
            f"A weight from 1, without any gradient of a loss. L2: float32, times {FACTOR:g} at "
            f"each step. L1: a soft threshold of {STEP:g} at each step; a 0 has no place on a log "
            "axis.",
        ),
        alt=tr(
            "橙色虚线在对数轴上是直线，到约 1e-43 变平，不再下降；蓝线一开始就垂直落下。",
            "On the log axis the dashed orange line is straight, then flat at about 1e-43; the "
            "blue line drops vertically at the very start.",
        ),
        data={"steps": steps, "l2": path, "l1": soft},
    )
