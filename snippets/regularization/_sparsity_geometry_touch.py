"""Circles that touch diamonds of several sizes, and the multipliers."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Col, Figure, Table, Tr
from snippets.regularization._l1_and_l2_examples import text
from snippets.regularization._quadratic import outline
from snippets.regularization.sparsity_geometry import (
    SIZES,
    M,
    least_on_grid,
    least_with_penalty,
    least_within,
)

WRONG = 1.0  # a strength that does not belong to c = 1


def table_multiplier(tr: Tr) -> Table:
    rows = []
    for c in SIZES:
        w, multiplier = least_within(M, c)
        rows.append(
            [
                c,
                tr.name(text(w)),
                tr.name(text(least_on_grid(M, c))),
                multiplier,
                tr.name(text(least_with_penalty(M, multiplier))),
            ]
        )
    return Table(
        [
            Col("$c$", format="g"),
            tr("约束下的解", "solution within"),
            tr("网格搜索", "grid search"),
            Col(tr("乘子 $\\lambda$", "multiplier $\\lambda$"), format="g"),
            tr("惩罚 $\\lambda\\|w\\|_1$ 的解", "solution with $\\lambda\\|w\\|_1$"),
        ],
        rows,
        caption=tr(
            "(w₁ − 3)² + (w₂ − 1)²，约束 |w₁| + |w₂| ≤ c",
            "(w₁ − 3)² + (w₂ − 1)² with |w₁| + |w₂| ≤ c",
        ),
    )


def value_multiplier() -> dict[str, float | str]:
    """The multipliers, and the solution for c = 1 if its λ is taken from another c."""
    found = {f"c{c:g}": least_within(M, c)[1] for c in SIZES}
    return {
        **found,
        "inside": text(least_within(M, SIZES[-1])[0]),
        "first": text(least_within(M, SIZES[0])[0]),
        "loss": f"(w₁ − {M[0]:g})² + (w₂ − {M[1]:g})²",
        "wrong": WRONG,
        "wrong_solution": text(least_with_penalty(M, WRONG)),
    }


DIMENSIONS = 10


def value_faces() -> dict[str, int]:
    """Faces of the diamond, corners and edges among them: on each of them every weight is above 0,
    below 0, or 0, but not all are 0; ``full`` are those without a 0.
    """
    return {"dimensions": DIMENSIONS, "all": 3**DIMENSIONS - 1, "full": 2**DIMENSIONS}


def figure_touch(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=3.6)
    axes.grid(False)
    kit.zero_lines(axes)
    x, y = np.meshgrid(np.linspace(-0.6, 5.4, 200), np.linspace(-1.4, 3.8, 170))
    values = (x - M[0]) ** 2 + (y - M[1]) ** 2
    found = np.array([least_within(M, c)[0] for c in SIZES])
    touch = ((found - M) ** 2).sum(axis=1)
    axes.contour(x, y, values, levels=np.sort(touch[touch > 0]), colors=kit.ORANGE, linewidths=1.1)
    for c, line in zip(SIZES, kit.LINES, strict=True):
        edge = outline(c, "l1")
        axes.plot(*edge.T, color=kit.BLUE, linestyle=line, linewidth=1.4)
        at = (0.15, c + 0.05) if c < 4 else (c / 2 + 0.1, c / 2 + 0.1)
        axes.text(*at, tr.name(f"c = {c:g}"), color=kit.BLUE, ha="left", va="bottom", fontsize=9)
    axes.plot(*found.T, color=kit.INK, linewidth=1.0, zorder=4)
    axes.plot(*found.T, "o", color=kit.INK, zorder=5)
    axes.plot(*M, "*", color=kit.RED, markersize=12, zorder=6)
    axes.set_xlim(-0.6, 5.4)
    axes.set_ylim(-1.4, 3.6)
    axes.set_aspect("equal")
    axes.set_xlabel("w₁")
    axes.set_ylabel("w₂")
    return Figure(
        canvas,
        caption=tr(
            "损失 (w₁ − 3)² + (w₂ − 1)² 的等高线是圆（橙色），星号是最小点；蓝色是四个大小的菱形。"
            "黑点是各自的解：前两个在角上，第三个在边上相切，第四个在菱形内部，约束不起作用。",
            "The contours of (w₁ − 3)² + (w₂ − 1)² are circles (orange), least at the star; blue "
            "are diamonds of four sizes. The dots are the solutions: two at corners, the third "
            "tangent to a side, the fourth inside, where the constraint does nothing.",
        ),
        alt=tr(
            "黑点沿横轴从 (1, 0) 到 (2, 0)，再离开横轴经过 (2.5, 0.5)，到星号 (3, 1)；"
            "每个圆只与对应的菱形碰到一点。",
            "The dots go along the horizontal axis from (1, 0) to (2, 0), then leave it through "
            "(2.5, 0.5) for the star at (3, 1); each circle meets its diamond in one point.",
        ),
        data={"found": found, "touch": touch, "sizes": np.array(SIZES)},
    )
