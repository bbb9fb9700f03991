"""Bias and variance, measured over many training sets of the same example."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Col, Figure, Spread, Table, Tr
from snippets.regularization import _sine as sine
from snippets.regularization.over_and_underfitting import bias_variance

POINTS, NOISE, REFITS, BATCHES = 25, 0.3, 500, 5
X = np.linspace(0, 1, POINTS)
DEGREES = tuple(range(1, 13))
SHOWN = (1, 3, 5, 9, 12)


def prediction_matrix(degree: int) -> np.ndarray:
    """(200, POINTS): times the training targets it gives the predictions on the grid."""
    return sine.legendre(sine.GRID, degree) @ np.linalg.pinv(sine.legendre(X, degree))


@cache
def _measured(degree: int) -> np.ndarray:
    """(BATCHES, 3): squared bias, variance and their sum with the noise, REFITS fits a batch.

    The bias is that of the fit to targets without noise: the fit is linear in the targets, so this
    is the mean of infinitely many fits; the mean of REFITS would add variance / REFITS to it.
    """
    matrix, truth = prediction_matrix(degree), sine.truth(sine.GRID)
    found = []
    bias, _ = bias_variance((matrix @ sine.truth(X))[None], truth)
    for rng in kit.seeds(BATCHES):
        y = sine.truth(X) + NOISE * rng.normal(size=(REFITS, POINTS))
        _, variance = bias_variance(y @ matrix.T, truth)
        found.append((bias, variance, bias + variance + NOISE**2))
    return np.array(found)


def table_bias_variance(tr: Tr) -> Table:
    rows = []
    for degree in SHOWN:
        bias, variance, error = _measured(degree).T
        rows.append([degree, float(bias[0]), Spread(variance), Spread(error)])
    return Table(
        [
            Col(tr("次数", "degree"), format="d"),
            Col(tr("偏差²", "bias²"), format=".1e"),
            Col(tr("方差", "variance"), format=".4f"),
            Col(tr("测试误差", "test error"), format=".4f"),
        ],
        rows,
        caption=tr(
            f"均方误差的三部分，噪声占 {NOISE**2:g}；{POINTS} 个点，噪声标准差 {NOISE:g}；"
            f"偏差是精确值，其余是 {BATCHES} 批的均值 [最小, 最大]，每批 {REFITS} 个训练集",
            f"The parts of the mean squared error, {NOISE**2:g} of it noise; {POINTS} points, "
            f"noise of standard deviation {NOISE:g}; the bias is exact, the rest mean [smallest, "
            f"largest] of {BATCHES} batches "
            f"of {REFITS} training sets",
        ),
    )


def value_bias_variance() -> dict[str, object]:
    """Means over all batches; the table has their spread."""
    found: dict[str, object] = {"refits": REFITS, "batches": BATCHES, "noise": NOISE**2}
    for degree in SHOWN:
        bias, variance, _ = _measured(degree).mean(axis=0)
        found |= {f"bias_{degree}": bias, f"variance_{degree}": variance}
    return found


def figure_bias_variance(tr: Tr) -> Figure:
    means = np.array([_measured(degree).mean(axis=0) for degree in DEGREES])
    bias, variance, error = means.T
    canvas, axes = kit.canvas(height=2.8)
    axes.plot(DEGREES, error, "o-", color=kit.INK)
    axes.plot(DEGREES, bias, "s--", color=kit.BLUE)
    axes.plot(DEGREES, variance, "^-.", color=kit.ORANGE)
    axes.axhline(NOISE**2, color=kit.MUTED, linewidth=1, linestyle=":")
    labels = (
        (error[-1] + 0.012, tr("测试误差", "test error"), kit.INK),
        (NOISE**2 + 0.004, tr("噪声", "noise"), kit.MUTED),
        (variance[-1] + 0.012, tr("方差", "variance"), kit.ORANGE),
    )
    for height, text, colour in labels:
        axes.text(12.1, height, text, color=colour, ha="right", va="bottom")
    axes.text(1.05, bias[0] - 0.012, tr("偏差²", "bias²"), color=kit.BLUE, va="top")
    axes.set_xticks(DEGREES)
    axes.set_xlabel(tr("多项式的次数", "degree of the polynomial"))
    axes.set_ylabel(tr("均方误差", "mean squared error"))
    axes.set_ylim(0, 0.33)
    return Figure(
        canvas,
        caption=tr(
            "次数升高，偏差很快消失，方差按参数个数增长；两者与噪声之和在 3 次最小，4、5 次相近。",
            "With the degree the bias soon vanishes and the variance grows with the number of "
            "parameters; with the noise added, their sum is least at degree 3; 4 and 5 are close.",
        ),
        alt=tr(
            "四条线：偏差平方从 0.2 落到 0，方差从 0 缓慢上升，噪声是水平线，"
            "测试误差先陡降，再缓慢上升。",
            "Four lines: the squared bias falls from 0.2 to 0, the variance rises slowly, the "
            "noise is level, the test error falls steeply and then rises slowly.",
        ),
        data={"degrees": np.array(DEGREES), "bias": bias, "variance": variance, "error": error},
    )
