"""Which cells a dilated stack sees: footprints, gridding, and rates that leave no gaps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from snippets import kit
from snippets.convolution.dilated_conv import coverage
from snippets.kit import Col, Figure, Formula, Table, Tr


def _cells(axes, counts: np.ndarray, colour: str = kit.BLUE) -> None:
    """A grid; a cell is the darker the more paths lead from it, and blank where there is none."""
    from matplotlib.patches import Rectangle

    n = len(counts)
    for (row, col), number in np.ndenumerate(counts):
        if number:
            shade = 0.25 + 0.65 * np.log(number) / np.log(counts.max()) if counts.max() > 1 else 0.5
            axes.add_patch(
                Rectangle((col, row), 1, 1, facecolor=colour, edgecolor="none", alpha=shade)
            )
    lines = np.arange(n + 1)
    axes.hlines(lines, 0, n, color=kit.MUTED, linewidth=0.35)
    axes.vlines(lines, 0, n, color=kit.MUTED, linewidth=0.35)
    axes.set_xlim(-0.1, n + 0.1)
    axes.set_ylim(n + 0.1, -0.1)
    axes.set_aspect("equal")
    axes.axis("off")


def figure_footprint(tr: Tr) -> Figure:
    from matplotlib.patches import Rectangle

    canvas, panels = kit.canvas(1, 3, height=2.35)
    data = {}
    for axes, d in zip(panels, (1, 2, 3), strict=True):
        seen = np.zeros((7, 7), dtype=int)
        at = 3 + d * np.arange(-1, 2)
        seen[np.ix_(at, at)] = 1
        _cells(axes, seen)
        span = 2 * d + 1
        axes.add_patch(
            Rectangle((3 - d, 3 - d), span, span, facecolor="none", edgecolor=kit.ORANGE,
                      linewidth=2, zorder=5)
        )  # fmt: skip
        axes.set_title(f"d = {d}")
        data[f"d{d}"] = seen
    return Figure(
        canvas,
        caption=tr(
            "同一个 3×3 的核，空洞率 1、2、3：涂色的是它读的 9 格，橙框是跨度 3×3、5×5、7×7。"
            "跨度变大，读的格子数不变。",
            "One 3×3 kernel at dilation 1, 2 and 3: it reads the 9 shaded cells, the frame is its "
            "span, 3×3, 5×5, 7×7. The span grows, the number of cells does not.",
        ),
        alt=tr(
            "三个 7×7 网格，各有九格涂色：左图连成一片，中图隔一格，右图隔两格，橙框依次变大。",
            "Three 7×7 grids with nine shaded cells each: in one block, one apart, two apart; the "
            "frame grows.",
        ),
        data=data,
    )


STACKS: list[tuple[int, ...]] = [(2, 2, 2), (2, 4, 8), (1, 2, 5)]


def figure_gridding(tr: Tr) -> Figure:
    canvas, panels = kit.canvas(1, 3, height=2.35)
    data = {}
    for axes, stack in zip(panels, STACKS, strict=True):
        counts = coverage(stack)
        _cells(axes, counts)
        axes.set_title(f"d = {', '.join(map(str, stack))}")
        data["".join(map(str, stack))] = counts
    return Figure(
        canvas,
        caption=tr(
            "三层 3×3 之后，一个输出看得见的输入格；颜色越浓，通到它的路径越多，空白是看不见的。"
            "2、2、2 与 2、4、8 只看见每隔一行一列的格子；1、2、5 没有空隙。",
            "Input cells that one output sees after three 3×3 layers; strong colour: many paths, "
            "blank: unseen. 2, 2, 2 and 2, 4, 8 see every other row and column only; 1, 2, 5 "
            "leaves no gap.",
        ),
        alt=tr(
            "左：13×13 网格，隔行隔列涂色，中央最浓；中：29×29 网格，隔行隔列涂色；"
            "右：17×17 网格全部涂色，深浅成块。",
            "Left, a 13×13 grid shaded in every other row and column, strongest in the middle; "
            "centre, a 29×29 grid shaded likewise; right, a 17×17 grid shaded everywhere.",
        ),
        data=data,
    )


def _seen(stack: Sequence[int]) -> tuple[int, int, int]:
    """Span, cells seen, cells in the span."""
    counts = coverage(stack)
    return len(counts), int((counts > 0).sum()), counts.size


TABLED: list[tuple[int, ...]] = [
    (2,),
    (1, 1, 1),
    (2, 2, 2),
    (2, 4, 8),
    (1, 2, 4),
    (1, 2, 5),
    (1, 2, 9),
]


def table_coverage(tr: Tr) -> Table:
    rows = []
    for stack in TABLED:
        span, seen, cells = _seen(stack)
        rows.append([", ".join(map(str, stack)), f"{span}×{span}", seen, cells, seen / cells])
    return Table(
        [
            tr("各层的 $d$", "$d$ of the layers"),
            tr("跨度", "span"),
            Col(tr("看得见", "seen"), format="d"),
            Col(tr("共", "of"), format="d"),
            Col(tr("比例", "share"), format=".0%"),
        ],
        rows,
        caption=tr(
            "3×3 的层叠起来，一个输出看得见多少输入格；每层 9 个权重（单通道）",
            "How many input cells one output sees through stacked 3×3 layers, of 9 weights each "
            "(one channel)",
        ),
    )


def value_coverage() -> dict[str, float]:
    one, same, mixed = (_seen(s) for s in ((2,), (2, 2, 2), (1, 2, 5)))
    return {
        "one": one[1],
        "one_cells": one[2],
        "one_span": one[0],
        "same": same[1],
        "same_cells": same[2],
        "mixed": mixed[1],
        "mixed_cells": mixed[2],
    }


formula_doubling = Formula(
    r"r_L = 1 + \sum_{l=1}^{L} 2 \cdot 2^{l-1} = 2^{L+1} - 1",
    {"L": kit.integer(("层数；空洞率逐层翻倍", "layers; the dilation doubles with each"), 1, 6)},
    equals=lambda L: _full_span([2**i for i in range(int(L))]),
)


def _full_span(stack: Sequence[int]) -> int:
    """The span of a stack that sees all of it; 0 if there is a gap."""
    span, seen, cells = _seen(stack)
    return span if seen == cells else 0


def _gap_rule(r2: int, r3: int) -> int:
    """Wang et al.'s largest distance between cells that layers 2 and 3 leave.  [wang2018]"""
    return max(r3 - 2 * r2, 2 * r2 - r3, r2)


formula_rule = Formula(
    r"\mathbf{1}[\max(d_3 - 2\,d_2,\ d_2) \le 3] = F(d_2, d_3)",
    {
        "d_2": kit.integer(("第二层的空洞率", "dilation of the second layer"), 1, 4),
        "d_3": kit.integer(("第三层的空洞率", "dilation of the third layer"), 4, 12),
        "F": kit.function(
            (
                "空洞率为 1、d₂、d₃ 的三层全看得见时为 1，否则为 0",
                "1 if layers of dilation 1, d₂, d₃ see everything, else 0",
            ),
            lambda a, b: float(_full_span((1, int(a), int(b))) > 0),
        ),
    },
)


def value_rule() -> dict[str, int]:
    """The rule against coverage: stacks (1, d2, d3) of 3×3 layers with d2 ≤ d3 ≤ 9."""
    pairs = [(a, b) for a in range(1, 10) for b in range(a, 10)]
    full = [_full_span((1, *pair)) > 0 for pair in pairs]
    rule = [_gap_rule(*pair) <= 3 for pair in pairs]
    return {
        "stacks": len(pairs),
        "full": sum(full),
        "agree": sum(f == r for f, r in zip(full, rule, strict=True)),
        "largest": 9,
    }


def table_cost(tr: Tr) -> Table:
    """Ways to a span of 17: weights of one channel, and cells seen."""
    ways = [
        (tr("一层 17×17", "one 17×17 layer"), (1,), 17),
        (tr("八层 3×3", "eight 3×3 layers"), (1,) * 8, 3),
        (tr("三层 3×3，d = 1, 2, 5", "three 3×3 layers, d = 1, 2, 5"), (1, 2, 5), 3),
        (tr("一层 3×3，d = 8", "one 3×3 layer, d = 8"), (8,), 3),
    ]
    return Table(
        [
            tr("办法", "way"),
            Col(tr("层数", "layers"), format="d"),
            Col(tr("权重数", "weights"), format="d"),
            Col(tr("看得见的格子", "cells seen"), format="d"),
        ],
        [
            [name, len(stack), len(stack) * k * k, int((coverage(stack, k) > 0).sum())]
            for name, stack, k in ways
        ],
        caption=tr(
            "跨度达到 17×17 的几种办法（单通道，步幅 1）",
            "Ways to a span of 17×17 (one channel, stride 1)",
        ),
    )
