"""The winner's score is too good: many seeds of one model, scored on a small validation set."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.activations.choosing_activations import expected_best
from snippets.kit import Col, Figure, Spread, Table, Tr
from snippets.regularization.model_selection import selection_bias
from snippets.regularization.over_and_underfitting import min_norm_fit, relu_features

RUNS, TRAIN, HELD_OUT, FRESH, INPUTS, FEATURES = 40, 100, 100, 1000, 5, 20
CANDIDATES = (1, 2, 5, 10, 20, 50, 100, 200)


@cache
def _scores() -> np.ndarray:
    """(3, RUNS, 200): accuracy of every seed on validation, on test (as large), on fresh items."""
    found = np.empty((3, RUNS, CANDIDATES[-1]))
    for run, rng in enumerate(kit.seeds(RUNS, 41)):
        direction = rng.normal(size=INPUTS)
        data = []
        for count in (TRAIN, HELD_OUT, HELD_OUT, FRESH):
            x = rng.normal(size=(count, INPUTS))
            y = np.sign(x @ direction + 1.5 * rng.normal(size=count))
            data.append((x, y))
        for seed in range(CANDIDATES[-1]):
            weights = np.random.default_rng(seed).normal(size=(INPUTS + 1, FEATURES))
            theta = min_norm_fit(relu_features(data[0][0], weights), data[0][1])
            for place, (x, y) in enumerate(data[1:]):
                found[place, run, seed] = (np.sign(relu_features(x, weights) @ theta) == y).mean()
    return found


@cache
def _winner(m: int) -> np.ndarray:
    """(3, RUNS): validation, test and true accuracy of the best of m seeds by validation."""
    validation, test, fresh = _scores()
    best = validation[:, :m].argmax(axis=1)
    every = np.arange(RUNS)
    return np.array([validation[every, best], test[every, best], fresh[every, best]])


def table_winner(tr: Tr) -> Table:
    rows = []
    for m in (1, 10, 50, 200):
        validation, test, fresh = _winner(m)
        rows.append([m, Spread(validation), Spread(test), Spread(fresh)])
    return Table(
        [
            Col(tr("候选", "candidates"), format="d"),
            Col(tr("验证集", "validation"), format=".3f"),
            Col(tr("测试集", "test"), format=".3f"),
            Col(tr(f"{FRESH:,} 个新样本", f"{FRESH:,} fresh items"), format=".3f"),
        ],
        rows,
        caption=tr(
            f"按验证集挑出的那个种子的准确率；随机 ReLU 特征，验证与测试各 {HELD_OUT} 个样本；"
            f"均值 [最小, 最大]，{RUNS} 个数据集",
            f"Accuracy of the seed chosen on the validation set; random ReLU features, {HELD_OUT} "
            f"items each for validation and test; mean [smallest, largest] of {RUNS} data sets",
        ),
    )


def value_winner() -> dict[str, object]:
    validation, test, fresh = _winner(CANDIDATES[-1])
    return {
        "candidates": CANDIDATES[-1],
        "held_out": HELD_OUT,
        "fresh_items": FRESH,
        "validation": Spread(validation),
        "test": Spread(test),
        "fresh": Spread(fresh),
        "single": Spread(_winner(1)[2]),
        "flattery": Spread(validation - fresh),
        "guess_models": 50,
        "guess_items": 200,
        "guess": expected_best(50, 200),
        "guess_formula": 0.5 + selection_bias(0.5, 200, 50),
    }


def figure_winner(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=3.0)
    gaps = np.array([_winner(m)[0] - _winner(m)[2] for m in CANDIDATES])
    honest = np.array([_winner(m)[1] - _winner(m)[2] for m in CANDIDATES])
    q = float(_scores()[2].mean())
    theory = np.array([selection_bias(q, HELD_OUT, m) for m in CANDIDATES])
    axes.axhline(0, color=kit.MUTED, linewidth=1)
    axes.plot(
        CANDIDATES,
        theory,
        color=kit.MUTED,
        linestyle=":",
        label=tr("独立、同样好：公式", "independent, equally good: formula"),
    )
    for values, colour, marker, line, label in (
        (gaps, kit.ORANGE, "o", "-", tr("验证集上的分数", "score on the validation set")),
        (honest, kit.BLUE, "s", kit.LINES[1], tr("测试集上的分数", "score on the test set")),
    ):
        error = values.std(axis=1, ddof=1) / np.sqrt(RUNS)
        axes.fill_between(
            CANDIDATES,
            values.mean(axis=1) - error,
            values.mean(axis=1) + error,
            color=colour,
            alpha=0.18,
        )
        axes.plot(
            CANDIDATES,
            values.mean(axis=1),
            marker=marker,
            linestyle=line,
            color=colour,
            label=label,
        )
    axes.set_xscale("log")
    axes.set_xticks([1, 10, 50, 200], ["1", "10", "50", "200"])
    axes.minorticks_off()
    axes.set_ylim(-0.04, 0.19)
    axes.set_xlabel(tr("候选的个数（对数轴）", "number of candidates (log axis)"))
    axes.set_ylabel(tr("分数减真实准确率", "score minus true accuracy"))
    axes.legend(loc="upper left")
    return Figure(
        canvas,
        caption=tr(
            f"同一个模型换种子，按 {HELD_OUT} 个验证样本挑最好的：候选越多，验证集的分数越虚高；"
            f"没有参与挑选的测试集不会。均值与标准误，{RUNS} 个数据集。",
            f"One model with many seeds, the best chosen on {HELD_OUT} validation items: the more "
            "candidates, the more its validation score flatters; a test set that took no part does "
            f"not. Mean and standard error of {RUNS} data sets.",
        ),
        alt=tr(
            "橙线从零附近随候选个数上升，点线是公式，在它上方；蓝线始终在零附近。",
            "The orange line rises from near zero with the number of candidates; the dotted "
            "formula lies above it; the blue line stays near zero.",
        ),
        data={
            "candidates": np.array(CANDIDATES),
            "flattery": gaps,
            "honest": honest,
            "theory": theory,
        },
    )
