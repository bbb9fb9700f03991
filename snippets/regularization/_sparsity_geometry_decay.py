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
    early, shown = np.arange(301), 12_000
    steps = np.arange(0, shown + 1, 20)
    path = _long()[steps]
    soft = np.concatenate([thresholded(), np.zeros(len(early))])[: len(early)]
    canvas, (near, far) = kit.canvas(1, 2, height=2.9)
    kit.zero_lines(near)
    near.plot(early, _long()[early], color=kit.ORANGE, linestyle=kit.LINES[1])
    near.plot(early, soft, color=kit.BLUE)
    near.text(95, 0.48, tr("L2：每步乘以 0.99", "L2: times 0.99"), color=kit.ORANGE)
    near.text(100, -0.1, tr("L1：软阈值", "L1: soft threshold"), color=kit.BLUE)
    near.set_ylim(-0.14, 1.05)
    near.set_ylabel(tr("权重", "weight"))
    far.semilogy(steps, path, color=kit.ORANGE, linestyle=kit.LINES[1])
    far.text(200, 1e-45, tr("L2 停下来，不是 0", "L2 stops, not at 0"), color=kit.ORANGE)
    far.set_ylabel(tr("权重（对数）", "weight (log)"))
    far.set_ylim(1e-48, 1e3)
    far.set_xticks([0, 5000, 10_000])
    for axes in (near, far):
        axes.set_xlabel(tr("步", "step"))
    return Figure(
        canvas,
        caption=tr(
            f"权重从 1 开始，没有损失的梯度。L2：float32，每步乘以 {FACTOR:g}；"
            f"L1：每步软阈值 {STEP:g}。左：头 300 步，L1 到 0 为止；"
            "右：对数轴上的 L2，最后变平，停在非零的次正规数上。",
            f"A weight from 1, without any gradient of a loss. L2: float32, times {FACTOR:g} a "
            f"step. L1: a soft threshold of {STEP:g} a step. Left: the first 300 steps; L1 arrives "
            "at 0. Right: L2 on a log axis, flat in the end, at a subnormal number above 0.",
        ),
        alt=tr(
            "左图：蓝线是直线，第 100 步到 0 后不动；橙色虚线是指数衰减，仍大于 0。"
            "右图：橙色虚线在对数轴上直线下降，到约 1e-43 变平。",
            "Left: a straight blue line that reaches 0 at step 100 and stays; the dashed orange "
            "line decays exponentially and is still above 0. Right: on a log axis the orange line "
            "falls straight to about 1e-43, then is flat.",
        ),
        data={"steps": steps, "l2": path, "l1": soft},
    )
