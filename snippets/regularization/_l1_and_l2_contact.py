"""The diamond and the disc: where the ellipses of the loss touch them."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Figure, Tr
from snippets.regularization._quadratic import Ball, constrained, loss, outline

H = np.array([[1.0, -0.3], [-0.3, 0.7]])
M = np.array([0.6, 1.9])
C = 1.0
BALLS: tuple[Ball, Ball] = ("l1", "l2")


def solutions() -> dict[str, np.ndarray]:
    return {ball: constrained(H, M, C, ball)[0] for ball in BALLS}


def figure_contact(tr: Tr) -> Figure:
    canvas, panels = kit.canvas(1, 2, height=3.8, sharex=True, sharey=True)
    x, y = np.meshgrid(np.linspace(-1.4, 2.2, 200), np.linspace(-1.4, 3.6, 240))
    values = loss(np.stack([x, y], -1), H, M)
    titles = {"l1": "|w₁| + |w₂| ≤ 1", "l2": "w₁² + w₂² ≤ 1"}
    found, data = solutions(), {}
    for axes, ball in zip(panels, BALLS, strict=True):
        touch = float(loss(found[ball], H, M))
        axes.grid(False)
        kit.zero_lines(axes)
        axes.contour(
            x, y, values, levels=touch * np.array([0.1, 0.4, 1.9]), colors=kit.GRID, linewidths=1.2
        )
        axes.contour(x, y, values, levels=[touch], colors=kit.ORANGE, linewidths=1.6)
        edge = outline(C, ball)
        axes.fill(*edge.T, color=kit.BLUE, alpha=0.15, linewidth=0)
        axes.plot(*edge.T, color=kit.BLUE)
        axes.plot(*M, "*", color=kit.RED, markersize=11)
        axes.plot(*found[ball], "o", color=kit.INK, markersize=6, zorder=5)
        text = f"w = ({found[ball][0]:.2f}, {found[ball][1]:.2f})"
        axes.text(2.15, -1.3, tr.name(text), ha="right", va="bottom")
        axes.text(-1.3, 3.25, tr.name(titles[ball]), ha="left", va="top", weight="bold")
        axes.set_xlabel("w₁")
        axes.set_aspect("equal")
        axes.set_xlim(-1.4, 2.2)
        axes.set_ylim(-1.4, 3.4)
        data |= {ball: found[ball], f"{ball}_edge": edge, f"{ball}_touch": np.array([touch])}
    panels[0].set_ylabel("w₂")
    return Figure(
        canvas,
        caption=tr(
            "同一个损失，两种约束。星号：不加约束的最优点；椭圆：损失的等高线，橙色的一条"
            "恰好碰到约束区域；黑点：约束下的最优点，由程序解出。菱形碰在角上，有一个权重恰好为 0；"
            "圆碰在边上，两个都不为 0。",
            "One loss, two constraints. Star: the optimum without constraint. Ellipses: contours "
            "of the loss; the orange one just touches the region. Dot: the optimum within it, "
            "solved by the code. The diamond is touched at a corner, where a weight is exactly 0; "
            "the disc on its side, where neither is.",
        ),
        alt=tr(
            "左图：菱形的上顶点 (0, 1) 与橙色椭圆相接。"
            "右图：橙色椭圆与圆相切于第一象限，两个坐标都大于 0。",
            "Left: the upper corner (0, 1) of the diamond meets the orange ellipse. Right: the "
            "orange ellipse is tangent to the disc in the first quadrant, both coordinates "
            "above 0.",
        ),
        data=data,
    )
