"""How often the gradient of a unit with positive inputs has one sign, by the size of the batch."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets.activations._zero_centring_zigzag import EXAMPLES
from snippets.activations.sigmoid_tanh import sigmoid
from snippets.kit import Col, Spread, Table, Tr, seeds

INPUTS, TRIALS, RUNS = 64, 500, 5
BATCHES = (1, 2, 8, 32, 128)
CASES = ((0.0, False), (0.5, False), (0.5, True))
"""The mean of δ (its std is 1), and whether the inputs are centred."""


def _one_sign_shares(batch: int) -> list[list[float]]:
    """Share of batch gradients of a unit with INPUTS weights whose components all have one sign.

    One row for each of CASES, one share a run; all cases have the same draws.
    """
    shares: list[list[float]] = [[] for _ in CASES]
    for rng in seeds(RUNS):
        x = sigmoid(rng.normal(size=(TRIALS, batch, INPUTS)))
        noise = rng.normal(size=(TRIALS, batch))
        for row, (mean, centred) in zip(shares, CASES, strict=True):
            gradient = np.einsum("tb,tbi->ti", noise + mean, x - 0.5 if centred else x)
            positive = (gradient > 0).mean(axis=1)
            row.append(float(((positive == 0) | (positive == 1)).mean()))
    return shares


@cache
def _signs() -> dict[int, list[Spread]]:
    """By batch size, in percent: one spread for each of CASES."""
    return {
        batch: [Spread(100 * np.array(shares)) for shares in _one_sign_shares(batch)]
        for batch in BATCHES
    }


def table_signs(tr: Tr) -> Table:
    return Table(
        [
            Col(tr("批的大小", "batch size"), format="d"),
            Col(tr("正输入，δ 均值 0", "positive x, mean δ 0"), unit="%", format=".0f"),
            Col(tr("正输入，δ 均值 ½", "positive x, mean δ ½"), unit="%", format=".0f"),
            Col(tr("零中心输入，δ 均值 ½", "centred x, mean δ ½"), unit="%", format=".0f"),
        ],
        [[batch, *shares] for batch, shares in _signs().items()],
        caption=tr(
            f"一个单元的 {INPUTS} 个权重，批梯度全部同号的比例（δ 的标准差为 1；"
            f"均值 [最小, 最大]，{RUNS} 次，每次 {TRIALS} 批）",
            f"How often all {INPUTS} weights of a unit have batch gradients of one sign "
            f"(δ has std 1; mean [smallest, largest] of {RUNS} runs of {TRIALS} batches)",
        ),
    )


def value_signs() -> dict[str, Spread]:
    """Shares, not percent, for the largest batch."""
    unbiased, biased, _ = (Spread(np.array(s.values) / 100) for s in _signs()[BATCHES[-1]])
    return {"large": unbiased, "biased": biased}


def value_setting() -> dict[str, int]:
    return {
        "examples": EXAMPLES,
        "inputs": INPUTS,
        "largest": BATCHES[-1],
    }
