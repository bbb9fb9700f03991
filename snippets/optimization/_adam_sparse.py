"""Logistic regression on sparse features: SGD, momentum, Adagrad and Adam compared."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from snippets import kit
from snippets.kit import Col, Spread, Table, Tr
from snippets.optimization._surfaces import Step
from snippets.optimization.adagrad_rmsprop import adagrad
from snippets.optimization.adam import adam
from snippets.optimization.gradient_descent import sgd
from snippets.optimization.momentum import sgd_momentum

FEATURES, BATCH, STEPS, RUNS = 500, 32, 500, 5
FREQUENCIES = 1 / np.arange(1, FEATURES + 1)
"""The k-th feature occurs in one of k examples, much as words do in texts."""
HELD_OUT, STD = 2000, 2.0
RATES = 10.0 ** np.arange(-2, 1.6, 0.5)

METHODS: dict[str, tuple[Step, dict[str, Any]]] = {
    "SGD": (sgd, {}),
    "SGD, momentum 0.9": (sgd_momentum, {"momentum": 0.9}),
    "Adagrad": (adagrad, {}),
    "Adam": (adam, {}),
}


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(z / 2))


@cache
def _data() -> tuple[np.ndarray, ...]:
    """Batches x (STEPS, RUNS, BATCH, FEATURES) and y, then held-out x (2, RUNS, HELD_OUT, ...), y.

    Features are 0 or 1; a label is drawn with the probability that hidden weights give.
    """
    parts: tuple[list[np.ndarray], ...] = ([], [], [], [])
    for rng in kit.seeds(RUNS):
        w = rng.normal(0, STD, FEATURES)
        for number, shape in ((0, (STEPS, BATCH)), (2, (2, HELD_OUT))):
            x = rng.random((*shape, FEATURES), dtype=np.float32) < FREQUENCIES
            parts[number].append(x)
            parts[number + 1].append(rng.random(shape) < _sigmoid(x @ w))
    return tuple(np.stack(part, axis=1) for part in parts)


def losses(w: np.ndarray, part: int) -> np.ndarray:
    """Mean log-loss (RUNS, rates) of weights (RUNS, rates, FEATURES); part 0 or 1 held out."""
    x, y = _data()[2][part].astype(float), _data()[3][part]
    z = w @ x.swapaxes(1, 2)
    return (np.logaddexp(0, z) - y[:, None] * z).mean(axis=-1)


@cache
def weights(name: str) -> np.ndarray:
    """Weights (RUNS, rates, FEATURES) after STEPS steps; every example is used once."""
    step, settings = METHODS[name]
    w: np.ndarray = np.zeros((RUNS, len(RATES), FEATURES))
    state = None
    for batch, labels in zip(*_data()[:2], strict=True):
        x = batch.astype(float)
        error = _sigmoid(w @ x.swapaxes(1, 2)) - labels[:, None]
        w, state = step(w, error @ x / BATCH, state, lr=RATES[:, None], **settings)
    return w


@cache
def result(name: str) -> dict[str, Any]:
    """The rate with the best mean validation loss, and the test losses (RUNS,) with it."""
    w = weights(name)
    best = int(losses(w, 0).mean(axis=0).argmin())
    return {
        "rate": float(RATES[best]),
        "losses": losses(w, 1)[:, best],
        "inside": 0 < best < len(RATES) - 1,
    }


def table_sparse(tr: Tr) -> Table:
    rows = []
    for name in METHODS:
        found = result(name)
        lead = result("SGD")["losses"] - found["losses"]
        label = tr("SGD，动量 0.9", "SGD, momentum 0.9") if "," in name else tr.name(name)
        rows.append(
            [
                label,
                found["rate"],
                Spread(found["losses"]),
                None if name == "SGD" else Spread(lead),
            ]
        )
    return Table(
        [
            "",
            Col(tr("选中的学习率", "rate chosen"), format=".2g"),
            Col(tr("测试损失", "test loss"), format=".3f"),
            Col(tr("比 SGD 低多少", "lower than SGD by"), format=".3f"),
        ],
        rows,
        caption=tr(
            f"稀疏的逻辑回归：{FEATURES} 个 0/1 特征，第 k 个的出现频率为 1/k，{STEPS} 步、"
            f"批大小 {BATCH}，每个样本只用一次；学习率从 {len(RATES)} 个（公比 √10）里按验证集选；"
            f"均值 [最小, 最大]，{RUNS} 组数据，差值逐组计算",
            f"Sparse logistic regression: {FEATURES} features of 0 and 1, the k-th with frequency "
            f"1/k, {STEPS} steps, batch size {BATCH}, every example used once; of {len(RATES)} "
            "rates (by factors of √10) the one chosen on validation data; mean [smallest, largest] "
            f"of {RUNS} data sets, differences within each",
        ),
    )


def value_sparse() -> dict[str, Any]:
    sgd_losses = result("SGD")["losses"]
    heavy_losses = result("SGD, momentum 0.9")["losses"]
    return {
        "adam": Spread(sgd_losses - result("Adam")["losses"]),
        "adagrad": Spread(sgd_losses - result("Adagrad")["losses"]),
        "better": int((result("Adam")["losses"] < np.minimum(sgd_losses, heavy_losses)).sum()),
        "adagrad_better": int((result("Adagrad")["losses"] < result("Adam")["losses"]).sum()),
        "runs": RUNS,
    }
