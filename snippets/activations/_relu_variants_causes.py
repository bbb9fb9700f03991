"""What kills units besides the learning rate: a bias far below 0, inputs that are tiny."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from snippets import kit
from snippets.activations import _relu_variants_dying as dying
from snippets.kit import Col, Formula, Table, Tr

SUNK = -10.0
"""A bias so low that no example gets above 0."""

formula_sign = Formula(
    r"\operatorname{sgn}(w^\top (c\,x)) = \operatorname{sgn}(w^\top x)",
    {
        "w": kit.array(("权重", "weights"), (4,), -2, 2),
        "x": kit.array(("输入", "inputs"), (4,), -2, 2),
        "c": kit.scalar(("大于 0 的倍数", "a factor above 0"), 1e-8, 5),
    },
)

_CAUSES = (
    ("plain", ("对照", "as it is"), {}),
    ("bias", ("偏置全设为 −10", "all biases −10"), {"bias": SUNK}),
    ("tiny", ("输入 × 1e-8，偏置为 0", "inputs × 1e-8, biases 0"), {"scale": 1e-8, "bias": 0.0}),
    ("tiny_biased", ("输入 × 1e-8，默认偏置", "inputs × 1e-8, default biases"), {"scale": 1e-8}),
)


@cache
def _cause(name: str, lr: float) -> dying.Outcome:
    """The outcome after the change of that name, trained at lr (0: before training)."""
    change = {key: change for key, _, change in _CAUSES}[name]
    return dying.measure(_changed(lr, **change))


def _changed(lr: float, *, scale: float = 1.0, bias: float | None = None):
    """Runs from networks whose inputs or hidden biases were changed first."""
    for x, y, start in dying.draws():
        inputs = x * scale
        if bias is not None:
            start = replace(start, b=np.full(dying.HIDDEN, bias))
        yield inputs, y, dying.train(inputs, y, start, lr)


def table_causes(tr: Tr) -> Table:
    return Table(
        [
            tr("改动", "change"),
            Col(tr("训练前：死亡单元", "dead before training"), format=".2f"),
            Col(tr("训练后：死亡单元", "dead after training"), format=".2f"),
            Col(tr("训练后：均方误差", "squared error after"), format=".3f"),
        ],
        [
            [
                tr.pair(label),
                _cause(name, 0.0).dead,
                _cause(name, dying.SMALL).dead,
                _cause(name, dying.SMALL).loss,
            ]
            for name, label, _ in _CAUSES
        ],
        caption=tr(
            f"学习率 {dying.SMALL:g}，{dying.STEPS} 步；均值 [最小, 最大]，{dying.RUNS} 次初始化",
            f"Learning rate {dying.SMALL:g}, {dying.STEPS} steps; mean [smallest, largest] of "
            f"{dying.RUNS} initialisations",
        ),
    )


def value_tiny() -> dict[str, object]:
    """Dead units with inputs × 1e-8: without biases (number, share once trained) and with them."""
    units = dying.RUNS * dying.HIDDEN
    return {
        "without": round(_cause("tiny", 0.0).dead.mean * units),
        "of": units,
        "trained": _cause("tiny", dying.SMALL).dead,
        "with": _cause("tiny_biased", 0.0).dead,
    }
