"""The paths of seven optimisers on a bowl, in a ravine and in Rosenbrock's valley."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from snippets import kit
from snippets.kit import Col, Figure, Table, Tr
from snippets.optimization._surfaces import (
    BOWL,
    RAVINE,
    ROSENBROCK,
    SURFACES,
    Step,
    Surface,
    contours,
    steps_until,
    trajectory,
)
from snippets.optimization.adagrad_rmsprop import adadelta, adagrad, rmsprop
from snippets.optimization.adam import adam
from snippets.optimization.gradient_descent import sgd
from snippets.optimization.momentum import sgd_momentum

RATES = 10.0 ** np.linspace(-4, 2, 61)
MOST, TOLERANCE = 2000, 1e-3

METHODS: dict[str, tuple[Step, dict[str, Any]]] = {
    "SGD": (sgd, {}),
    "momentum": (sgd_momentum, {"momentum": 0.9}),
    "Nesterov": (sgd_momentum, {"momentum": 0.9, "nesterov": True}),
    "Adagrad": (adagrad, {}),
    "RMSprop": (rmsprop, {"alpha": 0.9}),
    "Adadelta": (adadelta, {}),
    "Adam": (adam, {}),
}
DRAWN = ("SGD", "momentum", "RMSprop", "Adam")
WINDOWS = {
    # window, contour levels, steps, the rate of each of DRAWN, where the legend has room
    BOWL.name: (
        ((-2.4, 7.6), (-1.6, 2.5)),
        [0.1, 0.7, 2, 5, 9, 14],
        40,
        (0.2, 0.05, 0.15, 0.3),
        "center right",
    ),
    RAVINE.name: (
        ((-5, 11), (-1.2, 1.5)),
        [0.5, 3, 10, 20, 35, 60],
        40,
        (0.02, 0.01, 0.3, 0.5),
        "upper left",
    ),
    ROSENBROCK.name: (
        ((-1.6, 1.5), (-0.5, 1.5)),
        [0.3, 2, 8, 30, 90, 200],
        400,
        (1e-3, 5e-4, 0.01, 0.05),
        "lower left",
    ),
}


@cache
def best(name: str, surface: Surface) -> tuple[float, int]:
    """The rate of RATES with the fewest steps to TOLERANCE, and that number.

    Where none arrives, the rate that ends lowest.
    """
    step, settings = METHODS[name]
    path = trajectory(
        step,
        surface.gradient,
        np.tile(surface.start, (len(RATES), 1)),
        MOST,
        lr=RATES[:, None],
        **settings,
    )
    steps = steps_until(path, surface, TOLERANCE)
    if steps.min() > MOST:
        with np.errstate(over="ignore", invalid="ignore"):
            ends = np.nan_to_num(surface.value(path[-1]), nan=np.inf)
        return float(RATES[ends.argmin()]), MOST + 1
    return float(RATES[steps.argmin()]), int(steps.min())


def table_paths(tr: Tr) -> Table:
    rows = []
    for name in METHODS:
        cells: list[Any] = []
        for surface in SURFACES:
            rate, steps = best(name, surface)
            cells += [rate, f"> {MOST}" if steps > MOST else f"{steps}"]
        label = tr("动量", "momentum") if name == "momentum" else tr.name(name)
        rows.append([label, *cells])
    return Table(
        [
            "",
            *(
                column
                for zh, en in (surface.name for surface in SURFACES)
                for column in (
                    Col(tr(f"{zh}：η", f"{en}: η"), format=".2g"),
                    tr("步数", "steps"),
                )
            ),
        ],
        rows,
        caption=tr(
            f"函数值降到 {TOLERANCE:g} 以下、不再回升所需的步数，每格各自取 {len(RATES)} 个学习率"
            "（公比 10⁰·¹）里最好的；动量系数 0.9，RMSprop 的 α 为 0.9，其余为默认值",
            f"Steps until the value stays below {TOLERANCE:g}, each at the best of {len(RATES)} "
            "rates (by factors of 10⁰·¹); momentum 0.9, RMSprop's α 0.9, defaults otherwise",
        ),
    )


def figure_paths(tr: Tr) -> Figure:
    canvas, panels = kit.canvas(3, 1, height=7.2)
    data = {}
    for axes, surface in zip(panels, SURFACES, strict=True):
        window, levels, steps, drawn_rates, where = WINDOWS[surface.name]
        contours(axes, surface, *window, levels)
        for name, rate, colour, line, marker in zip(
            DRAWN, drawn_rates, kit.SERIES, kit.LINES, "os^D", strict=False
        ):
            step, settings = METHODS[name]
            path = trajectory(step, surface.gradient, surface.start, steps, lr=rate, **settings)
            zh, en = ("动量", "momentum") if name == "momentum" else (name, name)
            axes.plot(
                *path.T,
                color=colour,
                linestyle=line,
                linewidth=1.3,
                marker=marker,
                markersize=2.8,
                markevery=max(1, steps // 40),
                label=tr(f"{zh}，η = {rate:g}", f"{en}, η = {rate:g}"),
            )
            data[f"{surface.name[1]}_{name}"] = path
        axes.plot(*surface.start, "s", color=kit.INK, markersize=6)
        zh, en = surface.name
        axes.set_title(tr(f"{zh}，{steps} 步", f"{en}, {steps} steps"))
        axes.set_ylabel("θ₂")
        axes.legend(loc=where, fontsize=8.5)
    panels[-1].set_xlabel("θ₁")
    return Figure(
        canvas,
        caption=tr(
            "三张曲面上的路径，从方块出发，星号是最低点；学习率随手选定，标在图例里。"
            "SGD 沿等高线的法线走，动量与 Adam 会冲过头；RMSprop 与 Adam 起步时两个坐标走得一样远，"
            "不管哪个方向更陡。Rosenbrock 的弯谷里，400 步谁也没有走到。",
            "Paths on three surfaces, from the square; star: the minimum; the rates in the legends "
            "are set by hand. SGD goes at right angles to the contours; momentum and Adam "
            "overshoot; RMSprop and Adam start with equal steps in both coordinates, whichever is "
            "steeper. In Rosenbrock's curved valley none has arrived after 400 steps.",
        ),
        alt=tr(
            "三幅等高线图，各有四条路径通向星号。峡谷里 SGD 先落到谷底再慢慢走，"
            "动量与 Adam 上下摆动、冲过头再折回，RMSprop 在终点附近来回跳。"
            "Rosenbrock 里四条路径沿弯谷走向右上方，停在半路。",
            "Three contour plots with four paths each towards the star. In the ravine SGD drops to "
            "the floor and then creeps, momentum and Adam swing, overshoot and turn back, RMSprop "
            "jumps to and fro near the end. In Rosenbrock's valley all four follow the bend up and "
            "right and stop on the way.",
        ),
        data=data,
    )
