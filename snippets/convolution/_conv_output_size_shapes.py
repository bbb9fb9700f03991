"""Where windows stand, the staircase of sizes, and what the usual mistakes give."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.backprop import _grids
from snippets.convolution.conv_output_size import (
    conv_output_size,
    count_windows,
    settings,
    trace_sizes,
)
from snippets.kit import Col, Figure, Formula, Table, Tr

_N = kit.integer(("输入大小", "size of the input"), 9, 40)
_S = kit.integer(("步幅", "stride"), 1, 4)

formula_reach = Formula(
    r"k_d = d\,(k - 1) + 1",
    {
        "k": kit.integer(("核长", "length of the kernel"), 1, 6),
        "d": kit.integer(("空洞率", "dilation"), 1, 4),
    },
    equals=lambda k, d: np.ptp(np.arange(int(k)) * int(d)) + 1,
)

formula_same = Formula(
    r"\left\lfloor \frac{n + (k - 1) - k}{s} \right\rfloor + 1"
    r" = \left\lceil \frac{n}{s} \right\rceil",
    {"n": _N, "s": _S, "k": kit.integer(("核长", "length of the kernel"), 1, 7)},
)

formula_left_over = Formula(
    r"\begin{aligned} m &= n + 2p - d\,(k - 1) - 1 \\"
    r" r &= m - s \left\lfloor \frac{m}{s} \right\rfloor \end{aligned}",
    {
        "n": _N,
        "p": kit.integer(("填充，每边", "padding, each side"), 0, 3),
        "d": kit.integer(("空洞率", "dilation"), 1, 2),
        "k": kit.integer(("核长", "length of the kernel"), 1, 4),
        "s": _S,
    },
    equals={
        "m": lambda n, p, d, k: sum(
            start + d * (k - 1) < n + 2 * p for start in range(1, int(n + 2 * p))
        ),
        "r": lambda m, s: m - max(range(0, int(m) + 1, int(s))),
    },
)


def windows_of(n: int, k: int, s: int, p: int, d: int) -> list[list[int]]:
    """The cells of the padded row (from 0) that each window reads."""
    return [
        [start + d * u for u in range(k)]
        for start in range(0, s * conv_output_size(n, k, s, p, d), s)
    ]


CASES = {"plain": (7, 3, 1, 0, 1), "strided": (8, 3, 2, 1, 1), "dilated": (8, 3, 2, 1, 2)}


def figure_windows(tr: Tr) -> Figure:
    """Three settings: the padded row, and below it one line a window."""
    titles = {
        "plain": tr("n 7, k 3", "n 7, k 3"),
        "strided": tr("n 8, k 3, s 2, p 1", "n 8, k 3, s 2, p 1"),
        "dilated": tr("n 8, k 3, s 2, p 1, d 2", "n 8, k 3, s 2, p 1, d 2"),
    }
    canvas, panels = kit.canvas(1, 3, height=2.3)
    data = {}
    for axes, (name, case) in zip(panels, CASES.items(), strict=True):
        n, _, _, p, _ = case
        row = np.concatenate([np.zeros(p), np.arange(1.0, n + 1), np.zeros(p)])
        read = windows_of(*case)
        padded = {(0, at) for at in range(len(row)) if not p <= at < p + n}
        _grids.draw(axes, row[None], filled=padded, size=7.5)
        for line, cells in enumerate(read):
            at = 1.7 + 0.62 * line
            axes.plot(
                [c + 0.5 for c in cells], [at] * len(cells), "o-", color=kit.BLUE, markersize=4.5,
                linewidth=1.2,
            )  # fmt: skip
        unread = set(range(len(row))) - {c for cells in read for c in cells}
        axes.plot([c + 0.5 for c in unread], [1.3] * len(unread), "x", color=kit.ORANGE)
        axes.set_ylim(1.7 + 0.62 * 5, -0.1)
        axes.set_aspect("auto")
        axes.set_title(titles[name], fontsize=9)
        data[name] = np.array(read)
        data[f"{name}_unread"] = np.array(sorted(unread), dtype=int)
    return Figure(
        canvas,
        caption=tr(
            "上面一行是输入（涂色为填充的 0），下面每条线是一个窗口，点是它读的格子；"
            "输出有几个数，就有几条线。橙色叉：没有窗口读到的格子。",
            "Above the input (padded zeros shaded), below one line a window, its dots the cells "
            "that it reads: the output has as many numbers as there are lines. Orange crosses: "
            "cells that no window reads.",
        ),
        alt=tr(
            "左：七格、五个窗口。中：八格加两格填充、四个窗口，最后一格没读到。"
            "右：空洞率与步幅都是 2，三个窗口只读奇数格，其余没读到。",
            "Left: seven cells, five windows. Middle: eight cells and two of padding, four "
            "windows, the last cell unread. Right: dilation and stride 2, three windows that "
            "read every second cell.",
        ),
        data=data,
    )


def figure_staircase(tr: Tr) -> Figure:
    n = np.arange(5, 25)
    canvas, axes = kit.canvas(height=2.9)
    data: dict[str, np.ndarray] = {"n": n}
    for s, line in zip((1, 2, 3), kit.LINES, strict=False):
        sizes = np.array([conv_output_size(int(m), 5, s) for m in n])
        axes.step(n, sizes, where="post", linestyle=line)
        axes.plot(n, sizes, ".", color=kit.SERIES[s - 1], markersize=4)
        axes.annotate(
            tr(f"步幅 {s}", f"stride {s}"),
            (n[-1] + 0.25, sizes[-1]),
            color=kit.SERIES[s - 1],
            va="center",
        )
        data[f"s{s}"] = sizes
    axes.set_xlim(4.6, 27.5)
    axes.set_xticks(range(5, 25, 3))
    axes.set_yticks(range(0, 21, 4))
    axes.set_xlabel(tr("输入大小 n", "size of the input, n"))
    axes.set_ylabel(tr("输出大小", "size of the output"))
    return Figure(
        canvas,
        caption=tr(
            "核长 5、无填充。步幅大于 1 时是台阶：连着几个输入大小得到同一个输出大小，"
            "多出来的格子被丢掉。",
            "Kernel of 5, no padding. With a stride above 1 there are steps: several sizes of the "
            "input give the same output, and the cells left over are dropped.",
        ),
        alt=tr(
            "三条线：步幅 1 每格升一，步幅 2 每两格升一，步幅 3 每三格升一，都从 1 开始。",
            "Three lines that begin at 1: stride 1 rises with each cell, stride 2 with every "
            "second, stride 3 with every third.",
        ),
        data=data,
    )


@cache
def tally() -> dict[int, tuple[int, int, int]]:
    """By dilation: settings, mismatches of the formula, mismatches of the one without dilation."""
    found = {d: [0, 0, 0] for d in (1, 2, 3)}
    for n, k, s, p, d in settings():
        truth = count_windows(n, k, s, p, d)
        found[d][0] += 1
        found[d][1] += conv_output_size(n, k, s, p, d) != truth
        found[d][2] += (n + 2 * p - k) // s + 1 != truth
    return {d: (a, b, c) for d, (a, b, c) in found.items()}


def table_exhaustive(tr: Tr) -> Table:
    rows = [[str(d), *counts] for d, counts in tally().items()]
    rows.append([tr("合计", "all"), *np.sum(list(tally().values()), axis=0).tolist()])
    return Table(
        [
            tr("空洞率 $d$", "dilation $d$"),
            Col(tr("配置数", "settings"), format=",d"),
            Col(tr("一般式出错", "wrong with the general formula"), format=",d"),
            Col(tr("不含 $d$ 的式子出错", "wrong without $d$"), format=",d"),
        ],
        rows,
        caption=tr(
            "n 取 5 到 19，k 1 到 5，s 1 到 3，p 0 到 2，d 1 到 3，核放得下的全部组合；"
            "正确值是逐个数出的窗口数",
            "All settings with n 5 to 19, k 1 to 5, s 1 to 3, p 0 to 2, d 1 to 3 in which the "
            "kernel fits; the truth is the number of windows, counted",
        ),
    )


def value_tally() -> dict[str, int]:
    counts = np.sum(list(tally().values()), axis=0)
    return {"settings": int(counts[0]), "wrong": int(counts[1]), "without": int(counts[2])}


STEM = [(7, 2, 3), (3, 2, 1)]  # the first convolution and the pooling of ResNet


def value_mistakes() -> dict[str, float]:
    """What slips give: true division, no dilation; and a padding read as the total."""
    exact = 224.0
    for k, s, p in STEM:
        exact = (exact + 2 * p - k) / s + 1
    return {
        "n": 224,
        "stem": trace_sizes(224, STEM)[-1][0],
        "stem_stride": trace_sizes(224, STEM)[-1][1],
        "divided": exact,
        "small": 32,
        "dilated": conv_output_size(32, 3, 1, 0, 2),
        "undilated": conv_output_size(32, 3),
        "total": 32 + 2 - 5 + 1,
        "a_side": conv_output_size(32, 5, 1, 2),
        "resnet_end": trace_sizes(224, NETWORKS["ResNet"])[-1][0],
        "alexnet_224": (224 - 11) / 4 + 1,
        "alexnet_floor": conv_output_size(224, 11, 4),
        "alexnet_227": conv_output_size(227, 11, 4),
        "alexnet_pad": conv_output_size(224, 11, 4, 2),
    }


NETWORKS = {
    "ResNet": [*STEM, (3, 1, 1), (3, 2, 1), (3, 2, 1), (3, 2, 1)],
    "VGG": [layer for _ in range(5) for layer in ((3, 1, 1), (2, 2, 0))],
}


def table_trace(tr: Tr) -> Table:
    names = [
        tr("7×7 卷积", "7×7 convolution"),
        tr("3×3 池化", "3×3 pooling"),
        *(tr(f"第 {i} 阶段", f"stage {i}") for i in (1, 2, 3, 4)),
    ]
    rows, before = [], 224
    layers = NETWORKS["ResNet"]
    for name, layer, (size, total) in zip(names, layers, trace_sizes(224, layers), strict=True):
        k, s, p = layer
        rest = (before + 2 * p - k) % s
        rows.append([name, k, s, p, size, total, rest])
        before = size
    return Table(
        [
            tr("层", "layer"),
            *(Col(f"${c}$", format="d") for c in "ksp"),
            Col(tr("输出", "output"), format="d"),
            Col(tr("总步幅", "total stride"), format="d"),
            Col(tr("余下的格子 $r$", "cells left over, $r$"), format="d"),
        ],
        rows,
        caption=tr(
            "ResNet 中改变大小的层，输入 224×224；每个阶段只列带步幅的那一层",
            "The layers of a ResNet that change the size, input 224×224; of each stage the one "
            "with the stride",
        ),
    )
