"""Lines through points of which one is wrong: in y, where L1 helps, and in x, where it does not."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Check, Col, Figure, Spread, Table, Tr
from snippets.losses.regression_losses import (
    least_absolute,
    least_huber,
    least_squares,
    torch_fit_line,
)

RUNS, SLOPE, INTERCEPT, NOISE = 20, 2.0, 1.0, 0.5
X = np.arange(11.0)
WRONG_Y, NEAR_X, WRONG_X = -20.0, 20.0, 100.0


FITS = (
    ("squares", ("MSE", "MSE"), least_squares, kit.ORANGE, kit.LINES[1]),
    ("absolute", ("MAE", "MAE"), least_absolute, kit.GREEN, kit.LINES[2]),
    ("huber", ("Huber（δ = 1）", "Huber (δ = 1)"), least_huber, kit.BLUE, kit.LINES[3]),
)
CASES = (
    ("clean", ("没有错的点", "no wrong point")),
    ("y", ("最后一点的 y 错成 −20", "last y wrong: −20")),
    ("near", ("最后一点的 x 错成 20", "last x wrong: 20")),
    ("x", ("最后一点的 x 错成 100", "last x wrong: 100")),
)


@cache
def points(case: str) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Points (x, y) of each run, around the line of SLOPE and INTERCEPT, the last perhaps wrong."""
    drawn = []
    for rng in kit.seeds(RUNS):
        x, y = X.copy(), SLOPE * X + INTERCEPT + rng.normal(0, NOISE, X.size)
        if case == "y":
            y[-1] = WRONG_Y
        elif case != "clean":
            x[-1] = NEAR_X if case == "near" else WRONG_X
        drawn.append((x, y))
    return tuple(drawn)


def columns(x: np.ndarray) -> np.ndarray:
    """The matrix of a line: x and a column of ones."""
    return np.column_stack([x, np.ones_like(x)])


@cache
def _slope(fit: str, case: str) -> Spread:
    (solver,) = (solver for key, _, solver, *_ in FITS if key == fit)
    return Spread(solver(columns(x), y)[0] for x, y in points(case))


def table_slopes(tr: Tr) -> Table:
    return Table(
        [tr("数据", "data"), *(Col(tr.pair(name), format=".2f") for _, name, *_ in FITS)],
        [[tr.pair(name), *(_slope(key, case) for key, *_ in FITS)] for case, name in CASES],
        caption=tr(
            f"拟合出的斜率，真值 {SLOPE:g}：均值 [最小, 最大]，{RUNS} 次；"
            f"每次 {X.size} 个点，噪声标准差 {NOISE}",
            f"Slopes found, true slope {SLOPE:g}: mean [smallest, largest] of {RUNS} runs; each "
            f"has {X.size} points, noise of standard deviation {NOISE}",
        ),
    )


def figure_lines(tr: Tr) -> Figure:
    canvas, panels = kit.canvas(1, 2, height=3.3)
    data = {}
    shown = [(case, name) for case, name in CASES if case in ("y", "x")]
    for axes, (case, name) in zip(panels, shown, strict=True):
        x, y = points(case)[0]
        ends = np.array([-2.0, 12.0]) if case == "y" else np.array([-5.0, 108.0])
        axes.plot(x[:-1], y[:-1], "o", color=kit.INK, markersize=4)
        axes.plot(x[-1:], y[-1:], "X", color=kit.RED, markersize=9)
        for key, label, solver, colour, line in FITS:
            w = solver(columns(x), y)
            axes.plot(ends, columns(ends) @ w, color=colour, linestyle=line, label=tr.pair(label))
            data[f"{case}_{key}"] = w
        axes.plot(
            ends,
            SLOPE * ends + INTERCEPT,
            color=kit.MUTED,
            linewidth=1,
            label=tr("真实的直线", "true line"),
        )
        axes.set_ylim(-24, 30)
        axes.set_xlim(*ends)
        axes.set_title(tr.pair(name), fontsize=9.5)
        axes.set_xlabel("x")
    panels[0].set_ylabel("y")
    canvas.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return Figure(
        canvas,
        caption=tr(
            "十一个点，一个错了（红叉）。左：错在 y，MAE 与 Huber 几乎不受影响。"
            "右：错在 x 而且离得很远，三条直线都被这一个点扳平（第一次的数据）。",
            "Eleven points, one of them wrong (red cross). Left: wrong in y, and MAE and Huber "
            "hardly notice. Right: wrong in x and far out, and all three lines are levered flat by "
            "that one point (data of the first run).",
        ),
        alt=tr(
            "左图：MAE 与 Huber 的直线贴着真实的直线，MSE 的直线被右下角的错点拉平。"
            "右图：错点远在 x 等于 100 处，三条拟合的直线都几乎水平，真实的直线很陡。",
            "Left: the MAE and Huber lines follow the true one, the MSE line is pulled down by the "
            "wrong point at the lower right. Right: the wrong point is far out at x of 100; all "
            "three fitted lines are nearly level while the true one is steep.",
        ),
        data=data,
    )


def check_lines() -> Check:
    import torch.nn.functional as F

    x, y = points("y")[0]
    theirs = (F.mse_loss, F.l1_loss, F.huber_loss)
    return kit.compare(
        (
            "PyTorch：同样的损失，用 Adam 下降",
            "PyTorch: the same losses, minimised by Adam",
        ),
        [
            (solver(columns(x), y), torch_fit_line(x, y, loss))
            for (_, _, solver, *_), loss in zip(FITS, theirs, strict=True)
        ],
        tolerance=2e-3,
    )


def value_lines() -> dict[str, Spread]:
    return {f"{case}_{key}": _slope(key, case) for case, _ in CASES for key, *_ in FITS}
