"""Soft threshold and ridge line, and which optima become 0."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Col, Figure, Table, Tr
from snippets.regularization._l1_and_l2_examples import V
from snippets.regularization.sparsity_geometry import soft_and_ridge

STRENGTH = 1.0


def table_shrink(tr: Tr) -> Table:
    soft, ridge = soft_and_ridge(V, STRENGTH)
    return Table(
        [
            tr("不加惩罚的最优解", "optimum without penalty"),
            *(Col(f"{v:g}".replace("-", "−"), format="g") for v in V),
        ],
        [
            [tr("L1（软阈值）", "L1 (soft threshold)"), *(float(v) + 0.0 for v in soft)],
            [tr("L2（缩小）", "L2 (shrinking)"), *map(float, ridge)],
        ],
        caption=tr("λ 为 1", "With λ at 1"),
    )


def figure_shrink(tr: Tr) -> Figure:
    v = np.linspace(-3, 3, 601)
    soft, ridge = soft_and_ridge(v, STRENGTH)
    canvas, (curve, plane) = kit.canvas(1, 2, height=2.9)
    kit.zero_lines(curve)
    curve.plot(
        v, v, color=kit.MUTED, linestyle=":", linewidth=1.2, label=tr("不加惩罚", "no penalty")
    )
    curve.plot(v, soft, color=kit.BLUE, label="L1")
    curve.plot(v, ridge, color=kit.ORANGE, linestyle=kit.LINES[1], label="L2")
    curve.set_xlabel(tr("不加惩罚的最优解 v", "optimum v without penalty"))
    curve.set_ylabel(tr("加惩罚后", "with penalty"))
    curve.legend(loc="upper left")

    line = np.linspace(-3, 3, 301)
    grid = np.stack(np.meshgrid(line, line), axis=-1)
    zeros = (soft_and_ridge(grid, STRENGTH)[0] == 0).sum(axis=-1)
    ridge_zeros = (soft_and_ridge(grid, STRENGTH)[1] == 0).sum(axis=-1)
    plane.grid(False)
    plane.contourf(
        line, line, zeros, levels=[0.5, 1.5, 2.5], colors=[kit.BLUE, kit.BLUE], alpha=0.2
    )
    plane.contour(line, line, zeros, levels=[0.5, 1.5], colors=kit.BLUE, linewidths=1.2)
    plane.axhline(0, color=kit.ORANGE, linestyle=kit.LINES[1], linewidth=1.6)
    plane.axvline(0, color=kit.ORANGE, linestyle=kit.LINES[1], linewidth=1.6)
    plane.text(-0.5, 2.0, "w₁ = 0", ha="center", va="center", rotation=90)
    plane.text(2.1, 0.5, "w₂ = 0", ha="center", va="center")
    plane.annotate(
        tr("都是 0", "both 0"),
        (0.5, -0.5),
        xytext=(2.1, -2.1),
        ha="center",
        va="center",
        arrowprops={"arrowstyle": "-", "color": kit.MUTED},
    )
    plane.set_xlabel("v₁")
    plane.set_ylabel("v₂")
    plane.set_aspect("equal")
    return Figure(
        canvas,
        caption=tr(
            "左：λ 为 1 时，最优解随 v 的变化。右：两个权重，v 落在哪里会使哪个权重为 0。"
            "L1 是蓝色的十字带，有宽度；L2 只有橙色虚线的两条轴，没有面积。",
            "Left: the optimum against v, with λ at 1. Right: for two weights, where v has to lie "
            "for a weight to be 0. For L1 it is the blue cross, which has a width; for L2 only the "
            "dashed orange axes, which have no area.",
        ),
        alt=tr(
            "左图：L1 的曲线在 −1 到 1 之间恰好为 0，之外平行于对角线；"
            "L2 是过原点、斜率为一半的直线。"
            "右图：宽度为 2 的十字形区域，中间的方块里两个权重都为 0。",
            "Left: the L1 curve is exactly 0 between −1 and 1 and parallel to the diagonal "
            "outside; L2 is a line of slope one half through the origin. Right: a cross of width "
            "2, in whose central square both weights are 0.",
        ),
        data={
            "v": v,
            "soft": soft,
            "ridge": ridge,
            "l1_share": np.array([(zeros > 0).mean()]),
            "l2_share": np.array([(ridge_zeros > 0).mean()]),
        },
    )
