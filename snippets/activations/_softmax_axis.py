"""Along which axis softmax adds up to 1, and which one PyTorch takes when it is not told."""

from __future__ import annotations

import warnings
from functools import cache

import numpy as np

from snippets import kit
from snippets.activations._softmax_examples import LOGITS, as_text
from snippets.activations.softmax import softmax
from snippets.kit import Col, Table, Tr


def table_axis(tr: Tr) -> Table:
    z = np.array([LOGITS, LOGITS])
    return Table(
        [
            tr("写法", "expression"),
            tr("第一行", "first row"),
            tr("第二行", "second row"),
            tr("什么加起来等于 1", "what adds up to 1"),
        ],
        [
            ["`z`", *("(1, 2, 3)",) * 2, ""],
            ["`F.softmax(z, dim=-1)`", *map(as_text, softmax(z, -1)), tr("每一行", "each row")],
            ["`F.softmax(z, dim=0)`", *map(as_text, softmax(z, 0)), tr("每一列", "each column")],
        ],
        caption=tr(
            "两行相同的 logits：沿最后一维与沿第 0 维",
            "Two equal rows of logits: along the last axis and along axis 0",
        ),
    )


@cache
def _implicit_axes() -> list[tuple[int, int, str]]:
    """What F.softmax does without dim: (dimensions of the input, axis it takes, its warning)."""
    import torch
    import torch.nn.functional as F

    found = []
    for dimensions in (1, 2, 3, 4):
        z = torch.randn([2, 3, 4, 5][:dimensions], generator=torch.Generator().manual_seed(0))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            p = F.softmax(z)
        axes = [axis for axis in range(dimensions) if torch.equal(p, F.softmax(z, dim=axis))]
        if len(axes) != 1 or not caught:
            raise kit.KitError(f"softmax without dim changed: axes {axes}, {len(caught)} warnings")
        found.append((dimensions, axes[0], str(caught[0].message).partition(".")[0]))
    return found


def table_implicit(tr: Tr) -> Table:
    return Table(
        [
            Col(tr("输入的维数", "dimensions of the input"), format="d"),
            Col(tr("不写 dim 时取的维", "axis taken without dim"), format="d"),
            tr("是最后一维吗", "the last one?"),
        ],
        [
            [count, axis, tr("是", "yes") if axis == count - 1 else tr("**不是**", "**no**")]
            for count, axis, _ in _implicit_axes()
        ],
        caption=tr("`F.softmax(z)` 不写 `dim` 时的行为", "`F.softmax(z)` without `dim`"),
    )


def value_implicit() -> str:
    return _implicit_axes()[0][2]
