"""½(x² + 100y²), along the axes and turned by 45°: what the adaptive optimisers gain and lose."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from snippets import kit
from snippets.kit import Check, Col, Figure, Spread, Table, Tr
from snippets.optimization._surfaces import (
    Step,
    contours,
    quadratic,
    steps_until,
    torch_trajectory,
    trajectory,
)
from snippets.optimization.adagrad_rmsprop import adagrad, rmsprop
from snippets.optimization.adam import adam
from snippets.optimization.gradient_descent import sgd
from snippets.optimization.momentum import sgd_momentum

CURVATURES, SMALL, STEPS, RUNS = (1.0, 100.0), 1e-6, 1500, 10
RATES = 10 ** np.linspace(-3, 4 / 3, 12)
ANGLES = {"aligned": 0.0, "rotated": np.pi / 4}
METHODS: dict[str, tuple[Step, dict[str, Any], str]] = {
    "SGD": (sgd, {}, "SGD"),
    "momentum": (sgd_momentum, {"momentum": 0.9}, "SGD"),
    "Adagrad": (adagrad, {}, "Adagrad"),
    "RMSprop": (rmsprop, {}, "RMSprop"),
    "Adam": (adam, {}, "Adam"),
}


def surface(turned: str):
    return quadratic(("二次函数", "quadratic"), CURVATURES, (1.0, 1.0), ANGLES[turned])


def starts(turned: str) -> np.ndarray:
    """Random points (RUNS, 2) at distance 1 from the minimum, turned with the function."""
    angles = np.array([rng.uniform(0, 2 * np.pi) for rng in kit.seeds(RUNS)]) + ANGLES[turned]
    return np.column_stack([np.cos(angles), np.sin(angles)])


@cache
def result(name: str, turned: str) -> dict[str, Any]:
    """Steps (RUNS,) until the value is first below SMALL, at the rate of RATES that is fastest.

    ``settled``: steps until it is below for good, above STEPS where it is not.
    """
    step, settings, _ = METHODS[name]
    start = np.broadcast_to(starts(turned), (len(RATES), RUNS, 2))
    place = surface(turned)
    path = trajectory(step, place.gradient, start, STEPS, lr=RATES[:, None, None], **settings)
    with np.errstate(over="ignore", invalid="ignore"):
        below = place.value(path) < SMALL
    first = np.where(below.any(axis=0), below.argmax(axis=0), np.inf)
    best = int(first.mean(axis=1).argmin())
    settled = steps_until(path[:, best], place, SMALL)
    return {
        "rate": float(RATES[best]),
        "inside": 0 < best < len(RATES) - 1,
        "steps": first[best],
        "settled": settled,
    }


def table_rotation(tr: Tr) -> Table:
    def settled(one: dict[str, Any]) -> Spread | str:
        there = one["settled"] <= STEPS - 100  # and has stayed for a hundred steps
        if there.all():
            return Spread(one["settled"])
        return tr(f"{RUNS} 次里 {there.sum()} 次", f"in {there.sum()} of {RUNS}")

    rows = []
    for name in METHODS:
        found = [result(name, turned) for turned in ANGLES]
        label = tr("动量 0.9", "momentum 0.9") if name == "momentum" else tr.name(name)
        rows.append(
            [
                label,
                *(cell for one in found for cell in (Spread(one["steps"]), settled(one))),
            ]
        )
    return Table(
        [
            tr("优化器", "optimiser"),
            Col(tr("沿坐标轴：首次", "along the axes: first"), format=".0f"),
            Col(tr("此后一直低于", "for good"), format=".0f"),
            Col(tr("转 45°：首次", "turned by 45°: first"), format=".0f"),
            Col(tr("此后一直低于", "for good"), format=".0f"),
        ],
        rows,
        caption=tr(
            f"½(x² + 100y²) 低于 {SMALL:g} 所需的步数；起点是到极小点距离为 1 的 {RUNS} "
            f"个随机点（随函数一起转），"
            f"均值 [最小, 最大]；每格用 {len(RATES)} 个学习率（从 {RATES[0]:g} 到 "
            f"{RATES[-1]:.1f}）里最快的。"
            "右列：此后一直低于它所需的步数",
            f"Steps until ½(x² + 100y²) is first below {SMALL:g}, from {RUNS} random points "
            f"(turned along) at "
            f"distance 1, mean [smallest, largest]; each cell has the fastest of {len(RATES)} "
            f"rates "
            f"from {RATES[0]:g} to {RATES[-1]:.1f}. “For good”: until it stays below, within "
            f"{STEPS} steps",
        ),
    )


def value_setting() -> dict[str, float]:
    return {"angle": 45, "curvature": CURVATURES[1]}


def value_rotation() -> dict[str, object]:
    found: dict[str, object] = {}
    for name in METHODS:
        for turned in ANGLES:
            found[f"{name.lower()}_{turned}"] = Spread(result(name, turned)["steps"])
    for name in ("Adagrad", "RMSprop"):  # at a rate inside the sweep
        found[f"{name.lower()}_small"] = Spread(_steps_at_one(name))
    return found


def _steps_at_one(name: str) -> np.ndarray:
    """Steps (RUNS,) along the axes until the value is first below SMALL, at the rate 1."""
    step, settings, _ = METHODS[name]
    place = surface("aligned")
    path = trajectory(step, place.gradient, starts("aligned"), STEPS, lr=1.0, **settings)
    return (place.value(path) < SMALL).argmax(axis=0)


def check_torch() -> Check:
    import torch

    pairs = []
    for step, settings, kind in METHODS.values():
        place, start, rate = surface("rotated"), starts("rotated")[0], 0.01
        ours = trajectory(step, place.gradient, start, 200, lr=rate, **settings)
        made = getattr(torch.optim, kind)
        pairs.append(
            (ours, torch_trajectory(made, place.gradient, start, 200, lr=rate, **settings))
        )
    return kit.compare(
        ("`torch.optim` 走过的路线", "the paths of `torch.optim`"), pairs, tolerance=1e-12
    )


def figure_rotation(tr: Tr) -> Figure:
    canvas, panels = kit.canvas(1, 2, height=3.5, sharex=True, sharey=True)
    start, data = np.array([0.6, 0.8]), {}
    shown = (
        ("SGD", sgd, 0.15, kit.MUTED, "o:"),
        ("Adagrad", adagrad, 0.5, kit.BLUE, "s-"),
        ("Adam", adam, 0.1, kit.ORANGE, "^--"),
    )
    titles = (tr("沿坐标轴", "along the axes"), tr("转 45°", "turned by 45°"))
    for axes, (turned, angle), title in zip(panels, ANGLES.items(), titles, strict=True):
        place = quadratic(("", ""), (1.0, 10.0), (0.6, 0.8), angle)
        contours(axes, place, (-0.9, 0.9), (-0.75, 1.1), [0.02, 0.1, 0.3, 0.8, 2.0])
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        for name, step, rate, colour, line in shown:
            path = trajectory(step, place.gradient, turn @ start, 25, lr=rate)
            axes.plot(*path.T, line, color=colour, markersize=3, linewidth=1.1, label=tr.name(name))
            data[f"{name}_{turned}"] = path
        axes.set_title(title)
        axes.set_aspect("equal")
        axes.set_xlabel("x")
    panels[0].set_ylabel("y")
    canvas.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return Figure(
        canvas,
        caption=tr(
            "为了看得清，曲率取 1 与 10；25 步，星号是极小点。右图把左图的函数与起点一起转了 45°。"
            "SGD 的路线也只是转了 45°；Adagrad 与 Adam 则换了一条路。",
            "Curvatures 1 and 10, to be seen clearly; 25 steps, the star is the minimum. On the "
            "right function and start are turned by 45° together. The path of SGD is turned with "
            "them; Adagrad and Adam take another one.",
        ),
        alt=tr(
            "左图：椭圆的轴与坐标轴平行，Adagrad 几乎直奔星号，SGD 先横跨再沿长轴慢慢走。"
            "右图：椭圆斜放，SGD 的折线整体转过 45°，Adagrad 与 Adam 的路线变弯、变慢。",
            "Left: ellipses along the axes; Adagrad heads almost straight for the star, SGD first "
            "crosses and then creeps along. Right: slanted ellipses; the path of SGD is the same, "
            "turned; those of Adagrad and Adam bend and slow down.",
        ),
        data=data,
    )
