"""Cross-validation of the degree of a polynomial: what it estimates, and what it leaves alone."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Col, Figure, Spread, Table, Tr
from snippets.regularization import _sine as sine
from snippets.regularization.model_selection import cross_validate, k_fold
from snippets.regularization.over_and_underfitting import fit_polynomial, rmse

POINTS, NOISE, FOLDS, RUNS = 30, 0.3, 5, 20
DEGREES = tuple(range(1, 10))
X = (np.arange(POINTS) + 0.5) / POINTS


@cache
def _runs() -> np.ndarray:
    """(RUNS, len(DEGREES), 4): estimate by folds, its standard error, training and test error."""
    found = np.empty((RUNS, len(DEGREES), 4))
    for run, rng in enumerate(kit.seeds(RUNS)):
        y, y_test = sine.noisy(X, NOISE, rng), sine.noisy(sine.GRID, NOISE, rng)
        for place, degree in enumerate(DEGREES):

            def fit_and_score(train, held, degree=degree, y=y):
                return rmse(fit_polynomial(X[train], y[train], degree)(X[held]), y[held])

            # the same folds for every degree
            folds = np.random.default_rng(run)
            fit = fit_polynomial(X, y, degree)
            found[run, place] = (
                *cross_validate(fit_and_score, POINTS, FOLDS, folds),
                rmse(fit(X), y),
                rmse(fit(sine.GRID), y_test),
            )
    return found


def table_folds(tr: Tr) -> Table:
    rows = []
    runs = _runs()
    chosen = runs[:, :, 0].argmin(axis=1)
    for place, degree in enumerate(DEGREES):
        estimate, error, train, test = runs[:, place].T
        count = int((chosen == place).sum())
        rows.append(
            [
                degree,
                float(train.mean()),
                Spread(estimate),
                float(error.mean()),
                Spread(test),
                count,
            ]
        )
    return Table(
        [
            Col(tr("次数", "degree"), format="d"),
            Col(tr("训练误差", "training"), format=".2f"),
            Col(tr(f"{FOLDS} 折估计", f"{FOLDS}-fold estimate"), format=".2f"),
            Col(tr("标准误", "s.e."), format=".2f"),
            Col(tr("测试误差", "test error"), format=".2f"),
            Col(tr("被选中", "chosen"), format="d"),
        ],
        rows,
        caption=tr(
            f"均方根误差：正弦的 {POINTS} 个点，噪声 {NOISE:g}；均值 [最小, 最大]，{RUNS} 个数据集"
            "（训练误差与标准误是均值）",
            f"Root mean squared error: {POINTS} points of the sine, noise {NOISE:g}; mean "
            f"[smallest, largest] of {RUNS} data sets (training error and s.e. are means)",
        ),
    )


def value_folds() -> dict[str, object]:
    runs = _runs()
    chosen = runs[:, :, 0].argmin(axis=1)
    by_training = runs[:, :, 2].argmin(axis=1)
    every = np.arange(RUNS)
    changed = 0
    for run, rng in enumerate(kit.seeds(RUNS)):
        y = sine.noisy(X, NOISE, rng)
        before = fit_polynomial(X, y, 9).coef
        for train, held in k_fold(POINTS, FOLDS, np.random.default_rng(run)):
            rmse(fit_polynomial(X[train], y[train], 9)(X[held]), y[held])
        changed += int((fit_polynomial(X, y, 9).coef != before).sum())
    return {
        "points": POINTS,
        "folds": FOLDS,
        "runs": RUNS,
        "chosen_test": Spread(runs[every, chosen, 3]),
        "training_test": Spread(runs[every, by_training, 3]),
        "oracle_test": Spread(runs[:, :, 3].min(axis=1)),
        "training_degree": int(DEGREES[by_training.min()]),
        "between": int(((np.array(DEGREES)[chosen] >= 3) & (np.array(DEGREES)[chosen] <= 5)).sum()),
        "last": DEGREES[-1],
        "coefficients": RUNS * (DEGREES[-1] + 1),
        "changed": changed,
        "gap_nine": float((runs[:, -1, 3] - runs[:, -1, 2]).mean()),
    }


def figure_splits(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=2.2)
    for row in range(FOLDS):
        for part in range(FOLDS):
            held = part == row
            axes.barh(
                FOLDS - row,
                0.96,
                left=part,
                height=0.7,
                color=kit.ORANGE if held else kit.BLUE,
                alpha=0.9 if held else 0.25,
                hatch="///" if held else None,
                edgecolor=kit.PAPER,
            )
        axes.text(FOLDS + 0.1, FOLDS - row, f"$e_{row + 1}$", va="center", color=kit.INK)
    axes.text(
        2.5,
        0.35,
        tr("浅色：训练；斜线：验证", "light: training; hatched: validation"),
        ha="center",
        va="center",
        color=kit.MUTED,
    )
    axes.set_xlim(-0.7, FOLDS + 0.5)
    axes.set_ylim(0.1, FOLDS + 0.5)
    for row in range(FOLDS):
        axes.text(
            -0.1,
            FOLDS - row,
            tr(f"第 {row + 1} 次", f"fit {row + 1}"),
            ha="right",
            va="center",
            color=kit.INK,
        )
    axes.set_axis_off()
    return Figure(
        canvas,
        caption=tr(
            f"{FOLDS} 折交叉验证：每次从头训练，换一折来验证，误差取平均。测试集另放，不在图里。",
            f"{FOLDS}-fold cross-validation: a fresh fit each time, another fold for validation; "
            "the errors are averaged. The test set is not in the picture: it is kept apart.",
        ),
        alt=tr(
            "五行五列的方块：每行一次拟合，带斜线的验证折沿对角线移动，右侧是各次的误差。",
            "Five rows of five blocks: one fit a row, the hatched validation fold moving along the "
            "diagonal, the error of each fit at the right.",
        ),
        data={"held": np.eye(FOLDS)},
    )
