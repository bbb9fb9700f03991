"""What helps against dying: clipping, warm-up, a slope left of 0."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from snippets.activations import _relu_variants_dying as dying
from snippets.activations._relu_variants_causes import SUNK
from snippets.kit import Col, Spread, Table, Tr

HIGH = 0.3
"""The learning rate from which Leaky ReLU is to recover; plain ReLU stays where it is."""

_REMEDIES = (
    (("不加处理", "nothing"), {}),
    (("梯度裁剪，范数不超过 1", "gradient clipped to norm 1"), {"clip": 1.0}),
    (("学习率预热 200 步", "learning rate warmed up over 200 steps"), {"warmup": 200}),
    (("Leaky ReLU，a = 0.01", "Leaky ReLU, a = 0.01"), {"slope": dying.LEAK}),
    (("Leaky ReLU，a = 0.1", "Leaky ReLU, a = 0.1"), {"slope": 0.1}),
)


def table_remedies(tr: Tr) -> Table:
    return Table(
        [
            tr(f"学习率 {dying.LARGE:g} 时的处理", f"treatment at learning rate {dying.LARGE:g}"),
            Col(tr("对所有样本为负的单元", "negative for every example"), format=".2f"),
            Col(tr("均方误差", "squared error"), format=".3f"),
        ],
        [
            [tr.pair(label), treated.dead, treated.loss]
            for label, how in _REMEDIES
            for treated in (dying.runs(dying.LARGE, **how),)
        ],
        caption=tr(
            f"{dying.STEPS} 步之后；均值 [最小, 最大]，{dying.RUNS} 次初始化",
            f"After {dying.STEPS} steps; mean [smallest, largest] of {dying.RUNS} initialisations",
        ),
    )


def value_settings() -> dict[str, float]:
    """What the experiments set by hand."""
    return {"bias": int(SUNK), "steps": dying.LONG, "rate": HIGH}


@cache
def value_below_zero() -> dict[str, object]:
    """Error after LONG steps at rate HIGH from biases of −10: no pre-activation gets above 0."""
    errors = {"relu": [], "leaky": []}
    positive = 0
    for x, y, network in dying.draws(5):
        sunk = replace(network, b=np.full(dying.HIDDEN, SUNK))
        for name, slope in (("relu", 0.0), ("leaky", dying.LEAK)):
            end = dying.train(x, y, sunk, HIGH, slope=slope, steps=dying.LONG)
            errors[name].append(dying.loss(x, y, end, slope))
            positive += int((end.hidden(x) > 0).sum())
    return {**{name: Spread(v) for name, v in errors.items()}, "positive": positive}
