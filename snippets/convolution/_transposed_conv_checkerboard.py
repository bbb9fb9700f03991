"""Uneven overlap: how many stamps reach a cell, and the pattern it leaves."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.backprop import _grids
from snippets.backprop.cnn_backprop import conv2d
from snippets.convolution.transposed_conv import conv_transpose2d
from snippets.kit import Col, Figure, Formula, Spread, Table, Tr


def _counts(k: int, s: int, n: int = 12) -> np.ndarray:
    """How many of n stamps reach each cell of a line."""
    ones = np.ones((1, 1, n, 1)), np.ones((1, 1, k, 1))
    return conv_transpose2d(*ones, stride=s)[0, 0, :, 0]


def _inner(k: int, s: int) -> np.ndarray:
    """The counts of one period, away from both ends."""
    line = _counts(k, s)
    start = (k // s + 1) * s
    return line[start : start + s]


formula_overlap = Formula(
    r"\left\lfloor \frac{k}{s} \right\rfloor \le N(k, s)_r \le \left\lceil \frac{k}{s} \right\rceil"
    r", \quad \sum_{r=1}^{s} N(k, s)_r = k",
    {
        "k": kit.integer(("核的边长", "side of the kernel"), 1, 9),
        "s": kit.constant(("步幅", "stride"), 3),
        "N": kit.function(
            (
                "一条线上，印到同一周期第 r 个格子的印章数",
                "stamps on cell r of a period, along a line",
            ),
            lambda k, s: _inner(int(k), int(s)),
        ),
        "r": kit.index(("周期中的位置", "place within the period"), 3),
    },
    samples=30,
)


def figure_overlap(tr: Tr) -> Figure:
    from matplotlib.patches import Rectangle

    canvas, panels = kit.canvas(1, 2, height=3.0)
    data = {}
    for axes, k in zip(panels, (3, 4), strict=True):
        line = _counts(k, 2)
        start = k // 2 * 2
        part = np.outer(line, line)[start : start + 8, start : start + 8]
        for (row, col), number in np.ndenumerate(part):
            axes.add_patch(
                Rectangle((col, row), 1, 1, facecolor=kit.BLUE, edgecolor="none",
                          alpha=0.13 * number)
            )  # fmt: skip
            axes.text(col + 0.5, row + 0.54, _grids.shown(number), ha="center", va="center",
                      fontsize=9, color=kit.INK)  # fmt: skip
        axes.set_xlim(-0.1, 8.1)
        axes.set_ylim(8.1, -0.1)
        axes.set_aspect("equal")
        axes.axis("off")
        axes.set_title(f"k = {k}, s = 2")
        data[f"k{k}"] = part
    return Figure(
        canvas,
        caption=tr(
            "步幅 2 的转置卷积内部，每格被几个印章盖到。3×3 的核盖得不均匀，"
            "颜色深浅成棋盘；4×4 能被步幅整除，处处相同。",
            "How many stamps reach each cell inside a transposed convolution of stride 2. A 3×3 "
            "kernel covers unevenly, a checkerboard; 4×4 is divisible by the stride: all equal.",
        ),
        alt=tr(
            "左图 8×8 网格，数字 4、2、1 交替，深浅相间；右图 8×8 网格，全是 4，颜色均匀。",
            "Left, an 8×8 grid in which 4, 2 and 1 alternate, dark and light; right, an 8×8 grid "
            "of fours in one shade.",
        ),
        data=data,
    )


RUNS = 20


def _upsample(kind: str, w: np.ndarray) -> np.ndarray:
    """The inside of what a constant 8×8 image becomes, doubled in size; w is k×k."""
    x = np.ones((1, 1, 8, 8))
    if kind == "resize":
        y = conv2d(x.repeat(2, axis=2).repeat(2, axis=3), w[None, None])
    else:
        y = conv_transpose2d(x, w[None, None], stride=2)
    return y[0, 0, 4:12, 4:12]


def _unevenness(y: np.ndarray) -> float:
    """Standard deviation of the cells over their root mean square: 0 for a constant."""
    return float(y.std() / np.sqrt((y**2).mean()))


KINDS = {
    "k3": (("转置卷积，3×3，步幅 2", "transposed, 3×3, stride 2"), 3),
    "k4": (("转置卷积，4×4，步幅 2", "transposed, 4×4, stride 2"), 4),
    "resize": (
        ("最近邻放大 2 倍，再做 3×3 卷积", "nearest neighbour ×2, then a 3×3 convolution"),
        3,
    ),
}


@cache
def _pattern() -> dict[str, tuple[float, Spread]]:
    """For each kind: unevenness with a kernel of ones, and with random kernels."""
    return {
        kind: (
            _unevenness(_upsample(kind, np.ones((k, k)))),
            Spread(
                _unevenness(_upsample(kind, rng.normal(size=(k, k)))) for rng in kit.seeds(RUNS)
            ),
        )
        for kind, (_, k) in KINDS.items()
    }


def table_pattern(tr: Tr) -> Table:
    return Table(
        [
            tr("放大的办法", "way to enlarge"),
            Col(tr("核全为 1", "kernel of ones"), format=".2f"),
            Col(tr("随机核", "random kernel"), format=".2f"),
        ],
        [[tr.pair(label), *_pattern()[kind]] for kind, (label, _) in KINDS.items()],
        caption=tr(
            "输入是常数图，输出内部的标准差除以均方根（0 表示没有花纹）；"
            f"随机核取自标准正态分布，均值 [最小, 最大]，{RUNS} 次",
            "A constant image in; standard deviation of the inside of the output over its root "
            f"mean square (0: no pattern); random kernels are standard normal, mean [smallest, "
            f"largest] of {RUNS} draws",
        ),
    )
