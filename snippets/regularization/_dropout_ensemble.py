"""Is evaluation the average of all masked networks?  All 64 masks, four architectures."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.activations.softmax import softmax
from snippets.kit import Col, Pair, Spread, Table, Tr
from snippets.optimization import _b_digits as digits
from snippets.regularization.dropout import (
    all_masks,
    geometric_mean,
    torch_mc_dropout,
    torch_network,
)

UNITS, CLASSES, NETWORKS = 6, 3, 20
ARCHITECTURES: dict[str, Pair] = {
    "linear": ("线性输出，没有 softmax", "linear output, no softmax"),
    "softmax": ("一个 softmax 层", "one softmax layer"),
    "after": ("ReLU 隐藏层，掩码在它之后", "ReLU layer, mask behind it"),
    "before": ("ReLU 隐藏层，掩码在它之前", "ReLU layer, mask before it"),
}


def _errors(which: str, rng: np.random.Generator) -> tuple[float, float]:
    """Largest difference of evaluation from the arithmetic and from the geometric mean."""
    x, first = rng.normal(size=UNITS), rng.normal(size=(UNITS, UNITS)) * (2 / UNITS) ** 0.5
    last = rng.normal(size=(CLASSES, UNITS))

    def out(factors: np.ndarray) -> np.ndarray:
        units = factors * x
        if which == "after":
            units = np.maximum(0, x @ first) * factors
        if which == "before":
            units = np.maximum(0, units @ first)
        return units @ last.T

    masked, evaluated = out(2 * all_masks(UNITS)), out(np.ones((1, UNITS)))[0]
    if which == "linear":
        return float(np.abs(masked.mean(axis=0) - evaluated).max()), np.nan
    p, q = softmax(masked), softmax(evaluated)
    return float(np.abs(p.mean(axis=0) - q).max()), float(np.abs(geometric_mean(p) - q).max())


@cache
def _all(which: str) -> np.ndarray:
    return np.array([_errors(which, rng) for rng in kit.seeds(NETWORKS)]).T


def table_ensemble(tr: Tr) -> Table:
    rows = []
    for which, label in ARCHITECTURES.items():
        arithmetic, geometric = _all(which)
        rows.append(
            [tr.pair(label), Spread(arithmetic), "—" if which == "linear" else Spread(geometric)]
        )
    return Table(
        [
            tr("网络", "network"),
            Col(tr("与算术平均相差", "from the arithmetic mean"), format=".1e"),
            Col(tr("与几何平均相差", "from the geometric mean"), format=".1e"),
        ],
        rows,
        caption=tr(
            f"推理的输出与 {2**UNITS} 个掩码的平均，最大相差多少；{UNITS} 个单元，p 为二分之一，"
            f"{NETWORKS} 个随机网络，均值 [最小, 最大]",
            f"Largest difference between evaluation and the mean over all {2**UNITS} masks; "
            f"{UNITS} units, p one half, {NETWORKS} random networks, mean [smallest, largest]",
        ),
    )


def value_ensemble() -> dict[str, object]:
    found: dict[str, object] = {"units": UNITS, "masks": 2**UNITS, "networks": NETWORKS}
    for which in ARCHITECTURES:
        arithmetic, geometric = _all(which)
        found[f"{which}_arithmetic"] = Spread(arithmetic)
        if which != "linear":
            found[f"{which}_geometric"] = Spread(geometric)
    return found


RUNS, EXAMPLES, STEPS, SAMPLES, P = 5, 300, 80, 50, 0.5


@cache
def value_mc() -> dict[str, object]:
    """Trained networks: evaluation against the mean of SAMPLES random masks, on fresh digits."""
    import torch
    import torch.nn.functional as F

    gaps, same, single, mean = [], [], [], []
    for rng in kit.seeds(RUNS, 21):
        x, y = map(torch.tensor, digits.digits(EXAMPLES, rng))
        x_test, y_test = map(torch.tensor, digits.digits(500, rng))
        model = torch_network(digits.INPUTS, 48, digits.CLASSES, P)
        optimiser = torch.optim.Adam(model.parameters(), lr=5e-3)
        model.train()
        for _ in range(STEPS):
            optimiser.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimiser.step()
        average, _ = torch_mc_dropout(model, x_test, SAMPLES)
        with torch.no_grad():
            p = model(x_test).softmax(-1)
        gaps.append(float((p - average).abs().max(1).values.mean()))
        same.append(float((p.argmax(1) == average.argmax(1)).double().mean()))
        single.append(float((p.argmax(1) == y_test).double().mean()))
        mean.append(float((average.argmax(1) == y_test).double().mean()))
    return {
        "samples": SAMPLES,
        "gap": Spread(gaps),
        "same": Spread(same),
        "evaluation": Spread(single),
        "mean": Spread(mean),
    }
