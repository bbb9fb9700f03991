"""Two valleys, x⁴ - 3x² + x: in which one gradient descent ends, by learning rate."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Col, Figure, Table, Tr
from snippets.optimization.learning_rate import descend

START, STEPS = 2.0, 10_000
RATES = (0.001, 0.01, 0.05, 0.08, 0.1, 0.12)


def value(x):
    return x**4 - 3 * x**2 + x


def slope(x):
    return 4 * x**3 - 6 * x + 1


def curvature(x):
    return 12 * x**2 - 6


def minima() -> tuple[float, float]:
    """The global minimum on the left and the local one on the right: roots of the slope."""
    roots = np.sort(np.roots([4, 0, -6, 1]).real)
    return float(roots[0]), float(roots[2])


def value_minima() -> dict[str, float]:
    left, right = minima()
    return {
        "global": left,
        "local": right,
        "best": value(left),
        "other": value(right),
        "bound": 2 / curvature(left),
        "other_bound": 2 / curvature(right),
    }


def ends(rates: np.ndarray, steps: int = 4000) -> np.ndarray:
    """Where descent from START ends for each rate; nan where it blew up."""
    x = np.full(len(rates), START)
    for _ in range(steps):
        x = x - rates * slope(x)
        x = np.where(np.abs(x) < 1e3, x, np.nan)
    return x


def table_basins(tr: Tr) -> Table:
    rows = []
    for eta in RATES:
        path = descend(slope, START, eta, STEPS)
        rows.append([f"{eta:g}", path[1], path[-1], value(path[-1])])
    return Table(
        [
            tr("学习率 η", "rate η"),
            Col(tr("第一步之后", "after one step"), format=".3f"),
            Col(tr("终点 x", "end x"), format=".4f"),
            Col(tr("终点的 f", "f there"), format=".3f"),
        ],
        rows,
        caption=tr(
            f"f(x) = x⁴ − 3x² + x，从 x = {START:g} 出发，{STEPS:,} 步之后",
            f"f(x) = x⁴ − 3x² + x from x = {START:g}, after {STEPS:,} steps",
        ),
    )


def figure_basins(tr: Tr) -> Figure:
    canvas, (left, right) = kit.canvas(1, 2, height=3.0)
    x = np.linspace(-2.0, 2.1, 300)
    left.plot(x, value(x), color=kit.INK)
    for eta, colour, marker in ((0.01, kit.BLUE, "o"), (0.12, kit.ORANGE, "s")):
        path = descend(slope, START, eta, 8)
        left.plot(path, value(path), marker + "--", color=colour, markersize=4, linewidth=1,
                  label=f"η = {eta:g}")  # fmt: skip
    left.legend(loc="upper left")
    left.set_ylim(-4.2, 11)
    left.set_xlabel("x")
    left.set_ylabel("f(x)")
    rates = np.linspace(0.001, 0.2, 400)
    end = ends(rates)
    right.plot(rates, end, ".", color=kit.BLUE, markersize=3)
    for at, name in zip(minima(), (tr("全局", "global"), tr("局部", "local")), strict=True):
        right.axhline(at, color=kit.MUTED, linewidth=0.8, linestyle=":")
        right.text(0.002, at - 0.06, name, color=kit.MUTED, ha="left", va="top")
    right.set_xlabel(tr("学习率", "learning rate"))
    right.set_ylabel(tr("终点 x", "end x"))
    right.set_ylim(-2.2, 2.2)
    return Figure(
        canvas,
        caption=tr(
            "左：从 x = 2 出发，小步走进右边的局部极小；大步一步跨到左边的全局极小。"
            "右：400 个学习率各自的终点。再大，全局极小处太陡，站不住，来回跳；"
            "最大的几个或者落回较平的局部极小，或者发散（没有点）。",
            "Left: from x = 2, small steps walk into the local minimum on the right; one large "
            "step lands in the global one. Right: the end for 400 learning rates. Larger still, "
            "the global minimum is too steep to stay in and x jumps to and fro; the largest rates "
            "end in the flatter local minimum again, or diverge (no dot).",
        ),
        alt=tr(
            "左图：曲线有两个谷，左谷更深。蓝点停在右谷，橙色方块跳进左谷。"
            "右图：学习率小于约 0.09 时终点都在局部极小那条线上，之后到约 0.14 都在全局极小，"
            "再往右散开。",
            "Left: a curve with two valleys, the left one deeper. Dots settle in the right valley, "
            "squares jump to the left one. Right: below about 0.09 all ends lie on the line of the "
            "local minimum, then up to about 0.14 on the global one; further right they scatter.",
        ),
        data={"rates": rates[np.isfinite(end)], "ends": end[np.isfinite(end)]},
    )
