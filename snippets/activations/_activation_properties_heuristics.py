"""Rules of thumb from the properties: scale of the weights, and learning rates."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets.activations import _depth, _measure
from snippets.activations._activation_properties_training import train
from snippets.activations.activation_zoo import BY_NAME
from snippets.kit import Col, Spread, Table, Tr

_DEPTH = {
    "tanh": (_depth.WIDTH**-0.5, ("1/√n", "1/√n")),
    "softsign": (_depth.WIDTH**-0.5, ("1/√n", "1/√n")),
    "ELU": (_depth.WIDTH**-0.5, ("1/√n", "1/√n")),
    "ReLU": ((2 / _depth.WIDTH) ** 0.5, ("√(2/n)", "√(2/n)")),
}


@cache
def _ratio(name: str) -> Spread:
    a = BY_NAME[name]
    norms = _depth.all_norms(a.forward, a.grad, _DEPTH[name][0])
    return Spread(norms[:, 0] / norms[:, -1])


def table_heuristics(tr: Tr) -> Table:
    return Table(
        [
            tr("激活函数", "activation"),
            tr("0 附近近似 x", "like x around 0"),
            tr("有界", "bounded"),
            tr("权重的标准差", "std of weights"),
            Col(tr("梯度：首层 / 末层", "gradient: first / last layer"), format=".2f"),
        ],
        [
            [
                tr.name(name),
                float(BY_NAME[name].forward(0.0)) == 0
                and _measure.one_sided_slopes(BY_NAME[name].forward) == (1, 1),
                bool(np.isfinite(_measure.limits(BY_NAME[name].forward)).all()),
                tr.pair(label),
                _ratio(name),
            ]
            for name, (_, label) in _DEPTH.items()
        ],
        caption=tr(
            f"{_depth.DEPTH} 层、每层 {_depth.WIDTH} 个单元，对预激活值的梯度；{_depth.RUNS} "
            f"次初始化",
            f"{_depth.DEPTH} layers of {_depth.WIDTH} units, gradient with respect to the "
            f"pre-activations; {_depth.RUNS} initialisations",
        ),
    )


def value_ratio() -> dict[str, Spread]:
    return {"tanh": _ratio("tanh"), "softsign": _ratio("softsign"), "relu": _ratio("ReLU")}


RATES = (0.5, 2.0, 8.0, 32.0, 128.0)


LEARNED = 0.95
RATE_RUNS = 5


@cache
def _largest_rate(name: str) -> float:
    """The largest rate at which every run learns, as at every smaller one."""
    a, best = BY_NAME[name], 0.0
    for rate in RATES:
        found = [train(a.forward, a.grad, run, rate).accuracy for run in range(RATE_RUNS)]
        if min(found) < LEARNED:
            break
        best = rate
    return best


def value_rates() -> dict[str, float]:
    return {
        "tanh": _largest_rate("tanh"),
        "relu": _largest_rate("ReLU"),
        "learned": LEARNED,
        "runs": RATE_RUNS,
    }
