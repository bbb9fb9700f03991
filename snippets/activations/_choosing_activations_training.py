"""The sweep that the page shows: activations, learning rates, seeds, on two noisy spirals."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.activations.choosing_activations import torch_train
from snippets.kit import Col, Figure, Spread, Table, Tr

TRAIN, VALIDATE, TEST, NOISE = 200, 300, 5000, 0.55
WIDTH, STEPS, SEEDS = 32, 300, 5
RATES = tuple(float(rate) for rate in 2.0 ** np.arange(-3, 3))
NAMES = ("ReLU", "GELU", "SiLU", "tanh")


def spirals(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Points (count, 2) on two spirals around one another, with noise, and classes (count,)."""
    y = rng.integers(0, 2, count)
    angle = 3 * np.pi * np.sqrt(rng.random(count))
    direction = np.column_stack([np.cos(angle + np.pi * y), np.sin(angle + np.pi * y)])
    return (angle[:, None] * direction + rng.normal(0, NOISE, (count, 2))) / 5, y


Sweep = dict[str, np.ndarray]
"""Accuracies by activation: (rates, seeds, 2), on the validation and on the test points."""


@cache
def sweep() -> Sweep:
    """Every activation at every rate, by ``torch_train``."""
    import torch
    import torch.nn.functional as F

    functions = dict(zip(NAMES, (F.relu, F.gelu, F.silu, torch.tanh), strict=True))
    rng = np.random.default_rng(0)
    x, y = spirals(TRAIN, rng)
    held_out = [spirals(VALIDATE, rng), spirals(TEST, rng)]
    found = {}
    for name, function in functions.items():
        found[name] = np.empty((len(RATES), SEEDS, 2))
        for number, rate in enumerate(RATES):
            network = torch_train(function, rate, x, y, SEEDS, WIDTH, STEPS)
            for part, (points, classes) in enumerate(held_out):
                # logits that are nan after a diverged run count as class 0
                right = network(points).argmax(axis=-1) == classes
                found[name][number, :, part] = right.mean(axis=-1)
    return found


def figure_sweep(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=3.1)
    data = {}
    for (name, scores), colour, marker in zip(sweep().items(), kit.SERIES, "os^D", strict=False):
        validation = scores[..., 0]
        axes.fill_between(
            RATES, validation.min(axis=1), validation.max(axis=1), color=colour, alpha=0.15
        )
        axes.plot(
            RATES,
            validation.mean(axis=1),
            marker=marker,
            color=colour,
            label=tr.name(name),
        )
        data[name] = validation
    axes.set_xscale("log", base=2)
    axes.set_xticks(RATES, [f"{rate:g}" for rate in RATES])
    axes.set_xlabel(tr("学习率（对数轴）", "learning rate (log axis)"))
    axes.set_ylabel(tr("验证集准确率", "validation accuracy"))
    axes.set_ylim(0.45, 1.02)
    axes.legend(loc="lower left")
    return Figure(
        canvas,
        caption=tr(
            f"{SEEDS} 个种子的均值与范围。各自调好学习率之后几乎分不出高下；"
            "学习率没调好，差距比换激活大得多。",
            f"Mean and range of {SEEDS} seeds. Each at its own "
            "best rate they can hardly be told apart; a bad rate costs far more than a change of "
            "activation.",
        ),
        alt=tr(
            "四条曲线先升后降。学习率为 2 时 ReLU 已明显下跌，为 4 时 GELU 与 SiLU 接近瞎猜，"
            "tanh 仍然较高。",
            "Four curves rise and then fall. At a rate of 2 ReLU has clearly fallen, at 4 GELU and "
            "SiLU are close to guessing, and tanh is still rather high.",
        ),
        data=data,
    )


def value_sweep() -> dict[str, int]:
    return {
        "train": TRAIN,
        "validate": VALIDATE,
        "width": WIDTH,
        "steps": STEPS,
        "seeds": SEEDS,
    }


def best_rates() -> dict[str, tuple[float, Spread, Spread]]:
    """For each activation the rate with the best mean validation score, and both its scores."""
    chosen = {}
    for name, scores in sweep().items():
        number = int(scores[..., 0].mean(axis=1).argmax())
        chosen[name] = (
            RATES[number],
            Spread(scores[number, :, 0]),
            Spread(scores[number, :, 1]),
        )
    return chosen


def table_sweep(tr: Tr) -> Table:
    return Table(
        [
            tr("激活", "activation"),
            Col(tr("选中的学习率", "rate chosen"), format="g"),
            Col(tr("验证集准确率", "validation accuracy"), format=".3f"),
            Col(tr("测试集准确率", "test accuracy"), format=".3f"),
        ],
        [[tr.name(name), *row] for name, row in best_rates().items()],
        caption=tr(
            f"学习率按验证集选，测试集只看这一次；均值 [最小, 最大]，{SEEDS} 个种子",
            f"Rates chosen on the validation set, the test set used this once; "
            f"mean [smallest, largest] of {SEEDS} seeds",
        ),
    )
