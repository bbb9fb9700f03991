"""How long a step is, and which learning rates converge: worked examples and paths."""

from __future__ import annotations

from snippets import kit
from snippets.kit import Col, Figure, Table, Tr
from snippets.optimization._surfaces import BOWL, contours
from snippets.optimization.gradient_descent import gradient_descent

RATE = 0.1
POINTS = (10.0, 1.0, 0.1)
STEEP = 4.0
"""The curvature of 2x²: its gradient is 4x, and rates converge below 2/4."""
EDGE_RATES = (0.1, 0.25, 0.49, 0.5, 0.51)
EDGE_STEPS = (1, 2, 3, 10, 100)
PANELS = {"small": (0.04, 20), "good": (0.4, 12), "large": (0.51, 8)}


def square_grad(x: float) -> float:
    """The slope of x²."""
    return 2 * x


def steep_grad(x: float) -> float:
    """The slope of 2x²."""
    return STEEP * x


def table_length(tr: Tr) -> Table:
    rows = []
    for x in POINTS:
        after = gradient_descent(square_grad, x, RATE, 1)[-1]
        rows.append([x, square_grad(x), abs(float(after) - x), float(after)])
    return Table(
        [
            Col("$x$", format="g"),
            Col(tr("梯度 $2x$", "gradient $2x$"), format="g"),
            Col(tr("这一步的长度", "length of the step"), format=".2g"),
            Col(tr("走到", "arrives at"), format=".2g"),
        ],
        rows,
        caption=tr(
            f"在 x² 上走一步，学习率都是 {RATE:g}",
            f"One step on x², the learning rate always {RATE:g}",
        ),
    )


def table_descent(tr: Tr) -> Table:
    path = gradient_descent(square_grad, 1.0, RATE, 4)
    return Table(
        [tr("步", "step"), *(Col(f"{t}", format="g") for t in range(len(path)))],
        [
            ["$x_t$", *(round(float(x), 12) for x in path)],
            ["$x_t^2$", *(round(float(x) ** 2, 12) for x in path)],
        ],
        caption=tr(
            f"从 1 出发，在 x² 上下降，学习率 {RATE:g}：每一步都乘以同一个因子",
            f"Down x² from 1 at a learning rate of {RATE:g}: each step multiplies by one factor",
        ),
    )


def table_edge(tr: Tr) -> Table:
    rows = []
    for rate in EDGE_RATES:
        path = gradient_descent(steep_grad, 1.0, rate, max(EDGE_STEPS))
        rows.append([rate, round(1 - rate * STEEP, 12), *(float(path[t]) for t in EDGE_STEPS)])
    return Table(
        [
            Col("$\\eta$", format="g"),
            Col(tr("因子 $1 - 4\\eta$", "factor $1 - 4\\eta$"), format="g"),
            *(Col(tr(f"{t} 步后", f"after {t}"), format=".3g") for t in EDGE_STEPS),
        ],
        rows,
        caption=tr(
            "在 2x²（曲率 4）上从 1 出发：界线是 2/4",
            "On 2x² (curvature 4) from 1: the edge is 2/4",
        ),
    )


def value_steps() -> dict[str, float]:
    """Lengths of a step at the first and the last of POINTS; where 100 steps on 2x² end."""
    lengths = [
        abs(float(gradient_descent(square_grad, x, RATE, 1)[-1]) - x)
        for x in (POINTS[0], POINTS[-1])
    ]
    return {
        "rate": RATE,
        "far": lengths[0],
        "near": lengths[1],
        "below": float(gradient_descent(steep_grad, 1.0, 0.49, 100)[-1]),
        "edge": float(gradient_descent(steep_grad, 1.0, 0.5, 100)[-1]),
        "above": float(gradient_descent(steep_grad, 1.0, 0.51, 100)[-1]),
        "steps": 100,
        "curvature": STEEP,
        "below_rate": 0.49,
        "above_rate": 0.51,
    }


def figure_rates(tr: Tr) -> Figure:
    canvas, panels = kit.canvas(1, 3, height=2.5, sharey=True)
    titles = {
        "small": tr("太小", "too small"),
        "good": tr("合适", "about right"),
        "large": tr("太大", "too large"),
    }
    data = {}
    for axes, (name, (rate, steps)) in zip(panels, PANELS.items(), strict=True):
        path = gradient_descent(BOWL.gradient, BOWL.start, rate, steps)
        contours(axes, BOWL, (-2, 5), (-3.2, 3.2), [0.3, 1.5, 4, 8, 14, 22])
        axes.plot(*path.T, "o-", color=kit.BLUE, linewidth=1.2, markersize=3)
        axes.plot(*path[0], "s", color=kit.INK, markersize=5)
        axes.set_title(f"{titles[name]}, η = {rate:g}")
        axes.set_xlabel("θ₁")
        axes.set_xticks([-2, 0, 2, 4])
        data[name] = path
    panels[0].set_ylabel("θ₂")
    counts = [steps for _, steps in PANELS.values()]
    return Figure(
        canvas,
        caption=tr(
            "½(θ₁² + 4θ₂²) 上的梯度下降，从方块出发，灰线是等高线，星号是最低点。"
            f"左：{counts[0]} 步还没走到；中：{counts[1]} 步就到；右：学习率超过 2/4，"
            "陡的方向上来回越跳越远。",
            "Gradient descent on ½(θ₁² + 4θ₂²) from the square; grey: contours, star: the minimum. "
            f"Left: not there after {counts[0]} steps. Middle: there within {counts[1]}. Right: "
            "beyond 2/4, it jumps across the steep direction, farther each time.",
        ),
        alt=tr(
            "三幅等高线图。左：密集的小步弯向最低点，停在半路。中：先在竖直方向折返两三次，"
            "随后到达最低点。"
            "右：上下大幅来回，幅度逐步增大。",
            "Three contour plots. Left: many small steps bend towards the minimum and stop half "
            "way. Middle: two or three jumps up and down, then at the minimum. Right: large jumps "
            "up and down that grow.",
        ),
        data=data,
    )
