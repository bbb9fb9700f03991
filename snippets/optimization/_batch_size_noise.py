"""The noise of mini-batch gradients: how it shrinks, and when there is nothing left to shrink."""

from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np

from snippets import kit
from snippets.kit import Col, Formula, Spread, Table, Tr
from snippets.optimization import _b_digits as digits
from snippets.optimization.batch_size import noise_scale

RUNS, DRAWS, UPDATES, RATE, BATCH = 5, 32, 64, 1.0, 64
SIZES = (1, 4, 16, 64, 256, 1024)


def _variance(g: np.ndarray, batch: int) -> float:
    """Variance of the mean of a batch drawn with replacement, over all batches there are."""
    means = [np.mean(drawn) for drawn in product(g, repeat=batch)]
    return float(np.mean((np.array(means) - np.mean(g)) ** 2))


formula_variance = Formula(
    r"v_B = \frac{1}{B} \left( \frac{1}{n} \sum_{i=1}^{n} g_i^2"
    r" - \left( \frac{1}{n} \sum_{i=1}^{n} g_i \right)^2 \right)",
    {
        "B": kit.integer(("批大小，有放回地抽", "batch size, drawn with replacement"), 1, 4),
        "n": kit.integer(("样本数", "number of examples"), 2, 5),
        "g": kit.array(("各样本的梯度的一个分量", "one component of each gradient"), ("n",), -3, 3),
        "i": kit.index(("样本", "example"), "n"),
    },
    equals=lambda g, B: _variance(g, int(B)),
)

formula_critical = Formula(
    r"B_c = \frac{\frac{1}{n} \sum_{i=1}^{n} \|g_i\|^2}"
    r"{\left\| \frac{1}{n} \sum_{i=1}^{n} g_i \right\|^2} - 1",
    {
        "n": kit.integer(("样本数", "number of examples"), 2, 6),
        "g": kit.array(("各样本的梯度", "gradients of the examples"), ("n", 3), 0.2, 3),
        "i": kit.index(("样本", "example"), "n"),
    },
    equals=lambda g: noise_scale(g),
)


@cache
def networks() -> dict[str, list]:
    """The networks of all runs before training, and after UPDATES of SGD."""
    train, _, _ = digits.data()
    start = digits.networks(RUNS)
    end = [p.clone() for p in start]
    for _, rows in zip(range(UPDATES), digits.batches(RUNS, BATCH), strict=False):
        _, found = digits.gradients(end, train.x[rows], train.y[rows])
        for p, g in zip(end, found, strict=True):
            p.sub_(RATE * g)
    return {"start": start, "end": end}


def _flat(parameters, run: int, rows) -> np.ndarray:
    """Gradients (len(rows), parameters) of one run's network on batches rows (draws, size)."""
    train, _, _ = digits.data()
    copies = [p[run : run + 1].repeat(len(rows), 1, 1) for p in parameters]
    _, found = digits.gradients(copies, train.x[rows], train.y[rows])
    return np.concatenate([g.flatten(1).numpy() for g in found], axis=1).astype(float)


@cache
def scales() -> dict[str, Spread]:
    """The noise scale of the gradient over all training digits, by stage."""
    import torch

    rows = torch.arange(digits.TRAIN)[:, None]
    return {
        stage: Spread(noise_scale(_flat(parameters, run, rows)) for run in range(RUNS))
        for stage, parameters in networks().items()
    }


@cache
def measured(size: int) -> tuple[Spread, Spread]:
    """Noise over signal of batch gradients, and the cosine of two of them; trained networks."""
    import torch

    parameters, draw = networks()["end"], torch.Generator().manual_seed(size)
    everything = torch.arange(digits.TRAIN)[None]
    noise, cosines = [], []
    for run in range(RUNS):
        rows = torch.randint(digits.TRAIN, (2 * DRAWS, size), generator=draw)
        g, mean = _flat(parameters, run, rows), _flat(parameters, run, everything)[0]
        noise.append(np.sqrt(((g - mean) ** 2).sum(axis=1).mean() / (mean @ mean)))
        unit = g / np.linalg.norm(g, axis=1, keepdims=True)
        cosines.append((unit[:DRAWS] * unit[DRAWS:]).sum(axis=1).mean())
    return Spread(noise), Spread(cosines)


def table_noise(tr: Tr) -> Table:
    scale = scales()["end"]
    rows = []
    for size in SIZES:
        noise, cosine = measured(size)
        predicted = Spread(np.sqrt(np.array(scale.values) / size))
        rows.append([f"{size}", noise, predicted, cosine])
    return Table(
        [
            tr("批大小 B", "batch size B"),
            Col(tr("噪声 / 信号", "noise / signal"), format=".2f"),
            Col(tr("按 1/√B 推算", "predicted by 1/√B"), format=".2f"),
            Col(tr("两个批的梯度夹角余弦", "cosine of two batch gradients"), format=".3f"),
        ],
        rows,
        caption=tr(
            f"训练 {UPDATES} 步之后的点阵数字网络；噪声是批梯度与全体梯度之差的均方根，"
            f"信号是全体梯度的范数；每格抽 {2 * DRAWS} 个批，均值 [最小, 最大]，{RUNS} 个网络",
            f"Networks for the dot-matrix digits after {UPDATES} updates; noise: root mean square "
            "distance of batch gradients from the full one; signal: norm of the full one; "
            f"{2 * DRAWS} batches a cell, mean [smallest, largest] of {RUNS} networks",
        ),
    )


def value_noise() -> dict[str, object]:
    return {
        "start": scales()["start"],
        "end": scales()["end"],
        "small": measured(16)[1],
        "large": measured(1024)[1],
    }
