"""Two features that say nearly the same: how the penalties divide the weight between them."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Col, Spread, Table, Tr
from snippets.regularization.elastic_net import coordinate_descent

RUNS, EXAMPLES, NOISE, ERROR, STRENGTH = 10, 50, 0.05, 0.2, 0.1
FITS = {"lasso": (STRENGTH, 0.0), "ridge": (0.0, STRENGTH), "net": (STRENGTH / 2, STRENGTH / 2)}


@cache
def fitted(key: str) -> np.ndarray:
    """Weights (RUNS, 2) for y = 2x plus noise; both features are x plus noise of their own."""
    l1, l2 = FITS[key]
    found = []
    for rng in kit.seeds(RUNS):
        x = rng.normal(size=EXAMPLES)
        A = x[:, None] + NOISE * rng.normal(size=(EXAMPLES, 2))
        y = 2 * x + ERROR * rng.normal(size=EXAMPLES)
        found.append(coordinate_descent(A, y, l1=l1, l2=l2))
    return np.array(found)


@cache
def identical(key: str) -> np.ndarray:
    """Weights (2, 2) for one feature given twice, from the starts (2, 0) and (0, 2)."""
    x = next(kit.seeds(1)).normal(size=EXAMPLES)
    x /= np.sqrt((x**2).mean())
    A, (l1, l2) = np.stack([x, x], axis=1), FITS[key]
    starts = 2.0 * np.eye(2)
    return np.array([coordinate_descent(A, 2 * x, l1=l1, l2=l2, start=s) for s in starts])


def value_twins() -> dict[str, float | int | Spread]:
    """Gaps between the two weights; the weights of a feature given twice (without rounding
    errors).
    """
    gaps = {f"{key}_gap": Spread(np.abs(np.diff(fitted(key))[:, 0])) for key in FITS}
    same = {
        f"{key}_{start}_{k + 1}": round(float(identical(key)[s, k]), 12)
        for key in FITS
        for s, start in enumerate(("left", "right"))
        for k in range(2)
    }
    return {**gaps, **same, "runs": RUNS, "strength": STRENGTH, "noise": NOISE}


def table_twins(tr: Tr) -> Table:
    names = {
        "lasso": tr("L1", "L1"),
        "ridge": tr("L2", "L2"),
        "net": tr("弹性网（各一半）", "elastic net (half of each)"),
    }
    return Table(
        [
            tr("惩罚", "penalty"),
            Col("$w_1$", format=".2f"),
            Col("$w_2$", format=".2f"),
            Col("$w_1 + w_2$", format=".2f"),
        ],
        [
            [
                names[key],
                Spread(fitted(key)[:, 0]),
                Spread(fitted(key)[:, 1]),
                Spread(fitted(key).sum(axis=1)),
            ]
            for key in FITS
        ],
        caption=tr(
            f"y = 2x 加标准差 {ERROR:g} 的噪声，两个特征都是 x 加标准差 {NOISE:g} 的噪声；"
            f"{EXAMPLES} 个样本，λ 为 {STRENGTH:g}；均值 [最小, 最大]，{RUNS} 次",
            f"y = 2x plus noise of standard deviation {ERROR:g}; both features are x plus noise of "
            f"{NOISE:g}; {EXAMPLES} examples, λ at {STRENGTH:g}; mean [smallest, largest] of "
            f"{RUNS} runs",
        ),
    )
