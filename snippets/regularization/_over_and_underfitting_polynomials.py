"""One example, five polynomials: too simple, about right, through every point."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Col, Figure, Spread, Table, Tr
from snippets.regularization import _sine as sine
from snippets.regularization.over_and_underfitting import fit_polynomial, rmse

POINTS, NOISE, DRAWS = 15, 0.2, 100
X = np.linspace(0, 1, POINTS)
DEGREES = (1, 3, 5, 9, 14)
SHOWN = (1, 5, 14)


@cache
def _errors(degree: int) -> np.ndarray:
    """(DRAWS, 2): root mean squared error on the training points and on fresh ones."""
    found = []
    for rng in kit.seeds(DRAWS):
        y, y_test = sine.noisy(X, NOISE, rng), sine.noisy(sine.GRID, NOISE, rng)
        fit = fit_polynomial(X, y, degree)
        found.append((rmse(fit(X), y), rmse(fit(sine.GRID), y_test)))
    return np.array(found)


def table_degrees(tr: Tr) -> Table:
    rows = []
    for degree in DEGREES:
        train, test = _errors(degree).T
        rows.append([degree, Spread(train), Spread(test), Spread(test - train)])
    return Table(
        [
            Col(tr("次数", "degree"), format="d"),
            Col(tr("训练误差", "training error"), format=".2f"),
            Col(tr("测试误差", "test error"), format=".2f"),
            Col(tr("差距", "gap"), format=".2f"),
        ],
        rows,
        caption=tr(
            f"均方根误差：{POINTS} 个等距的点，噪声标准差 {NOISE:g}；均值 [最小, 最大]，"
            f"{DRAWS} 次抽取噪声",
            f"Root mean squared error: {POINTS} equally spaced points, noise of standard deviation "
            f"{NOISE:g}; mean [smallest, largest] of {DRAWS} draws of the noise",
        ),
    )


def value_degrees() -> dict[str, object]:
    found: dict[str, object] = {
        "points": POINTS,
        "noise": NOISE,
        "draws": DRAWS,
        "full": DEGREES[-1],
    }
    for degree in DEGREES:
        train, test = _errors(degree).T
        found |= {f"train_{degree}": Spread(train), f"test_{degree}": Spread(test)}
    best = np.array([_errors(degree)[:, 1] for degree in DEGREES]).argmin(axis=0)
    return found | {"five_best": int((best == DEGREES.index(5)).sum())}


def figure_fits(tr: Tr) -> Figure:
    rng = next(kit.seeds(1))
    y = sine.noisy(X, NOISE, rng)
    x = np.linspace(0, 1, 401)
    canvas, panels = kit.canvas(1, 3, height=2.3, sharey=True)
    data = {"x": x, "truth": sine.truth(x)}
    for axes, degree in zip(panels, SHOWN, strict=True):
        fit = fit_polynomial(X, y, degree)
        axes.plot(x, sine.truth(x), color=kit.MUTED, linewidth=1.2, linestyle=(0, (4, 2)))
        axes.plot(x, fit(x), color=kit.BLUE)
        axes.plot(X, y, "o", color=kit.ORANGE, markersize=4)
        axes.set_title(tr(f"{degree} 次", f"degree {degree}"))
        axes.set_ylim(-2.2, 2.2)
        axes.set_xticks([0, 0.5, 1], ["0", "½", "1"])
        data[f"degree{degree}"] = fit(x)
    return Figure(
        canvas,
        caption=tr(
            "同样 15 个点（橙色），真实的曲线是虚线。1 次欠拟合，5 次合适，14 次穿过每个点，"
            "在点与点之间乱摆。",
            "The same 15 points (orange), the truth dashed. Degree 1 underfits, degree 5 is about "
            "right, degree 14 passes through every point and swings between them.",
        ),
        alt=tr(
            "三幅图：直线错过正弦的起伏；5 次曲线贴着虚线；14 次曲线穿过所有点，"
            "靠近两端时冲出图外。",
            "Three panels: a straight line misses the wave; the curve of degree 5 follows the "
            "dashed one; that of degree 14 meets all points and shoots out of the panel near the "
            "ends.",
        ),
        data=data,
    )
