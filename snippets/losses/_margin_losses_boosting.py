"""AdaBoost by hand on ten points, and what wrong labels do to each loss."""

from __future__ import annotations

from functools import cache
from math import erf

import numpy as np

from snippets import kit
from snippets.kit import Col, Spread, Table, Tr
from snippets.losses.margin_losses import (
    adaboost_round,
    best_stump,
    exponential,
    margin_gradients,
    zero_one,
)

X = np.arange(10.0)
LABELS = np.array([1, 1, 1, -1, -1, -1, 1, 1, 1, -1])


@cache
def rounds() -> tuple[tuple[float, int, float, float, float, np.ndarray, np.ndarray], ...]:
    """Three rounds: threshold, sign, weighted error, alpha, mistakes so far, weights, scores."""
    weights, score, found = np.full(len(X), 1 / len(X)), np.zeros(len(X)), []
    for _ in range(3):
        threshold, sign = best_stump(X, LABELS, weights)
        guess = sign * np.where(threshold < X, 1, -1)
        error = float(weights[guess != LABELS].sum())
        alpha, weights = adaboost_round(weights, LABELS, guess)
        score = score + alpha * guess
        wrong = float(zero_one(score, LABELS, "sum"))
        found.append((threshold, sign, error, alpha, wrong, weights, score))
    return tuple(found)


def table_rounds(tr: Tr) -> Table:
    rows = []
    for number, (threshold, sign, error, alpha, wrong, weights, score) in enumerate(rounds(), 1):
        rule = f"x < {threshold:g}" if sign < 0 else f"x > {threshold:g}"
        rows.append(
            [
                number,
                tr.name(rule),
                error,
                alpha,
                float(weights.max() / weights.min()),
                wrong,
                float(exponential(score, LABELS)),
            ]
        )
    return Table(
        [
            tr("轮", "round"),
            tr("判为 +1", "says +1"),
            Col(tr("加权错误率 ε", "weighted error ε"), format=".4f"),
            Col("α", format=".4f"),
            Col(tr("最大与最小权重之比", "largest weight / smallest"), format=".2f"),
            Col(tr("累计分错", "mistakes so far"), format="g"),
            Col(tr("平均指数损失", "mean exponential loss"), format=".4f"),
        ],
        rows,
        caption=tr(
            "十个点 x = 0, …, 9，标签 + + + − − − + + + −；弱分类器是一个阈值",
            "Ten points x = 0, …, 9 with labels + + + − − − + + + −; each classifier is a "
            "threshold",
        ),
    )


def value_round() -> dict[str, float]:
    """The first round: error, alpha, the weights of right and wrong points after it."""
    _, _, error, alpha, _, weights, _ = rounds()[0]
    return {
        "error": error,
        "alpha": alpha,
        "right": float(weights.min()),
        "wrong": float(weights.max()),
        "third": rounds()[2][4],
        "share": float(weights[weights == weights.max()].sum()),
    }


# --------------------------------------------------------------------------- wrong labels

RUNS, EXAMPLES, FLIPPED, CENTRE, FAR, STEPS = 20, 200, 20, 1.5, 4.0, 800
RATES = {"hinge": 1.0, "logistic": 2.0, "exponential": 0.3}
CASES = (
    ("clean", ("标签全对", "all labels right")),
    ("flipped", ("一成标签随机翻转", "a tenth flipped at random")),
    ("far", ("一成错在远离边界处", "a tenth wrong far from the boundary")),
)
LOSSES = (
    ("hinge", ("合页", "hinge")),
    ("logistic", ("logistic", "logistic")),
    ("exponential", ("指数", "exponential")),
)


@cache
def _drawn(case: str) -> tuple[np.ndarray, np.ndarray]:
    """Points (RUNS, EXAMPLES, 3) with a column of ones, and labels, the first FLIPPED wrong."""
    points, labels = [], []
    for rng in kit.seeds(RUNS):
        y = np.where(np.arange(EXAMPLES) % 2, 1, -1)
        x = rng.normal(size=(EXAMPLES, 2))
        x[:, 0] += CENTRE * y
        if case == "far":
            x[:FLIPPED, 0] += (FAR - CENTRE) * y[:FLIPPED]
        if case != "clean":
            y = np.where(np.arange(EXAMPLES) < FLIPPED, -y, y)
        points.append(np.column_stack([x, np.ones(EXAMPLES)]))
        labels.append(y)
    return np.array(points), np.array(labels)


@cache
def _trained(case: str, loss: str) -> tuple[np.ndarray, np.ndarray]:
    """Weights (RUNS, 3) by gradient descent, and the share of the gradient of wrong labels."""
    x, t = _drawn(case)
    w = np.zeros((RUNS, 3))
    for step in range(STEPS):
        slopes = margin_gradients(np.einsum("rni,ri->rn", x, w), t, "none")[loss]
        w -= RATES[loss] / (1 + step / 100) * np.einsum("rn,rni->ri", slopes, x) / EXAMPLES
    sizes = np.abs(margin_gradients(np.einsum("rni,ri->rn", x, w), t, "none")[loss])
    return w, sizes[:, :FLIPPED].sum(axis=1) / sizes.sum(axis=1)


def error_rate(w: np.ndarray) -> float:
    """Chance that the line w errs on new, rightly labelled points; exact for normal classes."""
    size = float(np.hypot(w[0], w[1]))
    sides = ((CENTRE * w[0] + w[2]) / size, (CENTRE * w[0] - w[2]) / size)
    return 0.5 - 0.25 * sum(erf(side / np.sqrt(2)) for side in sides)


def table_noise(tr: Tr) -> Table:
    rows = []
    for case, name in CASES:
        for loss, spoken in LOSSES:
            w, portion = _trained(case, loss)
            rows.append(
                [
                    tr.pair(name),
                    tr.pair(spoken),
                    Spread(100 * error_rate(each) for each in w),
                    None if case == "clean" else Spread(100 * portion),
                ]
            )
    return Table(
        [
            tr("训练标签", "training labels"),
            tr("损失", "loss"),
            Col(tr("新样本的错误率", "error on new points"), unit="%", format=".2f"),
            Col(tr("错标样本占梯度", "share of the gradient"), unit="%", format=".0f"),
        ],
        rows,
        caption=tr(
            f"线性分类器，{EXAMPLES} 个点（其中 {FLIPPED} 个错标），两类正态分布，"
            f"最优错误率 {100 * error_rate(np.array([1.0, 0, 0])):.2f} %；"
            f"梯度下降 {STEPS} 步，已近收敛；均值 [最小, 最大]，{RUNS} 次。"
            "末列：对得分的梯度取绝对值，错标样本在总和中的占比",
            f"A linear classifier on {EXAMPLES} points ({FLIPPED} labelled wrong), two normal "
            f"classes, best possible error {100 * error_rate(np.array([1.0, 0, 0])):.2f} %; "
            f"{STEPS} steps of gradient descent, close to convergence; mean [smallest, largest] "
            f"of {RUNS} runs. "
            "Last column: share of the wrongly labelled points in the summed absolute gradients by "
            "the score",
        ),
    )


def value_noise() -> dict[str, Spread | float]:
    found: dict[str, Spread | float] = {"best": 100 * error_rate(np.array([1.0, 0, 0]))}
    for case, _ in CASES:
        for loss, _ in LOSSES:
            w, portion = _trained(case, loss)
            found[f"{case}_{loss}"] = Spread(100 * error_rate(each) for each in w)
            found[f"{case}_{loss}_share"] = Spread(100 * portion)
    return found
