"""Small numbers by hand: sizes, gradients, proximal steps, one step of weight decay, units."""

from __future__ import annotations

import numpy as np

from snippets.kit import Col, Table, Tr
from snippets.regularization.elastic_net import coordinate_descent
from snippets.regularization.l1_and_l2 import (
    block_shrink,
    penalties,
    shrink,
    soft_threshold,
    torch_l2_step,
)

W = np.array([0.5, -2.0, 0.0, 1.5])  # for the sizes
V = np.array([3.0, -2.0, 0.5, -1.0])  # for the thresholds
PAIR = np.array([3.0, -4.0])  # of length 5
STRENGTH, STRONG = 1.0, 5.0


def text(w: np.ndarray) -> str:
    """The numbers in parentheses, with a minus sign."""
    return f"({', '.join(f'{v + 0.0:.4g}' for v in w)})".replace("-", "−")


def value_sizes() -> dict[str, float | str]:
    return {"w": text(W), **penalties(W)}


def value_soft() -> dict[str, str]:
    return {"before": text(V), "after": text(soft_threshold(V, STRENGTH))}


def value_pair() -> dict[str, float | str]:
    """The length of PAIR, with and without square, and the gradients of both."""
    size = penalties(PAIR)
    return {
        "w": text(PAIR),
        "length": size["l2"],
        "squared": size["l2_squared"],
        "gradient_squared": text(2 * PAIR),
        "gradient_length": text(PAIR / size["l2"]),
        "strong": STRONG,
        "block": text(block_shrink(PAIR, STRONG)),
        "shrink": text(shrink(PAIR, STRONG)),
    }


def table_steps(tr: Tr) -> Table:
    steps = (
        (tr("L1：软阈值", "L1: soft threshold"), soft_threshold),
        (tr("½ 平方：按比例缩小", "½ square: shrink"), shrink),
        (tr("长度不平方：整体缩短", "length, no square: shorten"), block_shrink),
    )
    return Table(
        [
            tr("近端步", "proximal step"),
            Col(tr(f"{text(V)}，λ = 1", f"{text(V)}, λ = 1")),
            Col(tr(f"{text(PAIR)}，λ = 1", f"{text(PAIR)}, λ = 1")),
            Col(tr(f"{text(PAIR)}，λ = 5", f"{text(PAIR)}, λ = 5")),
        ],
        [
            [
                name,
                tr.name(text(step(V, STRENGTH))),
                tr.name(text(step(PAIR, STRENGTH))),
                tr.name(text(step(PAIR, STRONG))),
            ]
            for name, step in steps
        ],
        caption=tr("三种惩罚的一步", "One step of each penalty"),
    )


RATE, DECAY, FROM = 0.1, 0.5, 2.0


def value_decay() -> dict[str, float]:
    """One step of torch.optim.SGD from FROM, by the spelling of the penalty."""
    import torch

    after = torch_l2_step(torch.tensor([FROM], dtype=torch.float64), RATE, DECAY)
    return {
        **{name: float(w[0]) for name, w in after.items()},
        "rate": RATE,
        "decay": DECAY,
        "from": FROM,
    }


UNIT = np.array([[1.0], [-1.0]])


def value_units() -> dict[str, float]:
    """Slope of y = 2 x under an L1 penalty of a half, and with x in units a tenth as large."""
    y, factor, strength = 2.0 * UNIT[:, 0], 10.0, 0.5
    plain = coordinate_descent(UNIT, y, l1=strength)[0]
    finer = coordinate_descent(UNIT * factor, y, l1=strength)[0] * factor
    return {"true": 2.0, "plain": plain, "finer": finer, "factor": factor, "strength": strength}
