"""Cheap forms of GELU and SiLU, and how far they stray from the function."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.activations.activation_zoo import hardswish
from snippets.activations.modern_activations import gelu, gelu_tanh, silu, swish
from snippets.kit import Col, Formula, Table, Tr

_X = kit.scalar(("预激活值", "pre-activation"), -6, 6)

formula_gelu_tanh = Formula(
    r"\operatorname{GELU}_{\tanh}(x) = \frac{x}{2} \left("
    r"1 + \tanh\left(\sqrt{\frac{2}{\pi}}\,(x + 0.044715\,x^3)\right)\right)",
    {"x": _X},
    equals=gelu_tanh,
)

formula_hardswish = Formula(
    r"\operatorname{HardSwish}(x) = \frac{x}{6} \min(\max(x + 3, 0), 6)",
    {"x": _X},
    equals=hardswish,
)


def _gap(f, g, reach: float = 10.0) -> tuple[float, float]:
    """The largest |f - g| on [-reach, reach], and where."""
    x = np.linspace(-reach, reach, 200_001)
    gap = np.abs(f(x) - g(x))
    return float(gap.max()), float(abs(x[gap.argmax()]))


def table_cheap(tr: Tr) -> Table:
    rows = [
        (tr("GELU 的 tanh 形式", "tanh form of GELU"), tr.name("GELU"), gelu_tanh, gelu),
        (tr.name("x · σ(1.702x)"), tr.name("GELU"), lambda x: swish(x, 1.702), gelu),
        (tr.name("HardSwish"), tr.name("SiLU"), hardswish, silu),
    ]
    return Table(
        [
            tr("近似形式", "cheap form"),
            tr("代替", "stands for"),
            Col(tr("最大误差", "largest error"), format=".1e"),
            Col(tr("出现在 |x| =", "at |x| ="), format=".2f"),
        ],
        [[form, exact, *_gap(f, g)] for form, exact, f, g in rows],
        caption=tr("近似形式与原函数的最大差距", "How far the cheap forms stray from the function"),
    )


def value_gaps() -> dict[str, float]:
    return {
        "tanh": _gap(gelu_tanh, gelu)[0],
        "sigmoid": _gap(lambda x: swish(x, 1.702), gelu)[0],
        "hard": _gap(hardswish, silu)[0],
    }
