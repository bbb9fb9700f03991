"""Leaky ReLU: when the max spelling is the same function, and how its weights should start."""

from __future__ import annotations

import math

import numpy as np

from snippets import kit
from snippets.activations.relu_variants import leaky_relu, torch_leaky_relu
from snippets.kit import Col, Formula, Table, Tr

_X = kit.scalar(("预激活值", "pre-activation"), -6, 6)
_LRELU = kit.function(("", ""), leaky_relu)

formula_leaky_max = Formula(
    r"\max(a\,x, x) = \operatorname{LReLU}(x, a)",
    {
        "a": kit.scalar(("负侧的斜率，0 到 1", "slope of the negative side, 0 to 1"), 0, 1),
        "x": _X,
        r"\operatorname{LReLU}": _LRELU,
    },
)

formula_leaky_max_steep = Formula(
    r"\max(a\,x, x) = \begin{cases} a\,x & x > 0 \\ x & x \le 0 \end{cases}",
    {"a": kit.scalar(("大于 1 的系数", "a factor above 1"), 1, 5), "x": _X},
)

formula_leaky_moment = Formula(
    r"\operatorname{LReLU}(z, a)^2 + \operatorname{LReLU}(-z, a)^2 = (1 + a^2)\, z^2",
    {
        "a": kit.scalar(("负侧的斜率", "slope of the negative side"), -3, 3),
        "z": kit.scalar(("预激活值", "pre-activation"), -6, 6),
        r"\operatorname{LReLU}": _LRELU,
    },
)

STEEP = 2.0


def table_max(tr: Tr) -> Table:
    x = np.array([-2.0, 3.0])
    return Table(
        [tr("写法", "spelling"), *(Col(f"x = {v:g}".replace("-", "−"), format="g") for v in x)],
        [
            ["`np.maximum(2 * x, x)`", *np.maximum(STEEP * x, x)],
            ["`np.where(x > 0, x, 2 * x)`", *leaky_relu(x, STEEP)],
            ["`F.leaky_relu(x, 2.0)`", *_torch_steep(x)],
        ],
        caption=tr(
            "斜率 a = 2 时，max 写法给出另一个函数",
            "With slope a = 2 the max spelling is another function",
        ),
    )


def _torch_steep(x: np.ndarray) -> np.ndarray:
    import torch

    return torch_leaky_relu(torch.tensor(x), STEEP).numpy()


def value_gain() -> dict[str, float]:
    """The factor of the weights' standard deviation sqrt(1/n) that keeps the second moment."""
    return {
        "relu": math.sqrt(2),
        "leaky": math.sqrt(2 / (1 + 0.01**2)),
        "prelu": math.sqrt(2 / (1 + 0.25**2)),
    }
