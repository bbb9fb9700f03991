"""Two ways to see a transposed convolution: stamps that add up, and zeros put in between."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.backprop import _grids
from snippets.backprop.cnn_backprop import conv2d, spread
from snippets.convolution.transposed_conv import (
    conv_matrix,
    conv_transpose2d,
    conv_transpose2d_zeros,
)
from snippets.kit import Figure, Formula, Table, Tr

# --------------------------------------------------------------------------- formulas

_X = kit.array(("输入，一个通道", "the input, one channel"), (2, 2), -2, 2)
_W = kit.array(("卷积核", "the kernel"), (3, 3), -2, 2)


def _transposed(X, W, b=0.0, s=2, p=0, d=1):
    return conv_transpose2d(X[None, None], W[None, None], b, int(s), int(p), 0, int(d))[0, 0]


def _conv(U, W):
    """The convolution of stride 2 that it is the transpose of: 5×5 to 2×2."""
    return conv2d(U[None, None], W[None, None], 0.0, 2)[0, 0]


formula_definition = Formula(
    r"\begin{aligned} t_{ia} &= s\,(i-1) + d\,(a-1) + 1 - p \\"
    r" Y_{uv} &= b + \sum_{i} \sum_{j} X_{ij} \sum_{a} \sum_{c} W_{ac}\,"
    r"\mathbf{1}[t_{ia} = u]\,\mathbf{1}[t_{jc} = v] \end{aligned}",
    {
        "X": _X,
        "W": _W,
        "b": kit.scalar(("偏置", "the bias"), -2, 2),
        "s": kit.integer(("步幅", "stride"), 2, 3),
        "d": kit.integer(("空洞率", "dilation"), 1, 2),
        "p": kit.integer(("填充：裁掉的圈数", "padding: rings cropped"), 0, 1),
        "i": kit.index(("输入的行", "row of the input"), 2),
        "j": kit.index(("输入的列", "column of the input"), 2),
        "a": kit.index(("核的行", "row of the kernel"), 3),
        "c": kit.index(("核的列", "column of the kernel"), 3),
        "u": kit.index(("输出的行", "row of the output"), 3),
        "v": kit.index(("输出的列", "column of the output"), 3),
    },
    equals={
        "t_{ia}": lambda s, d, p: s * np.arange(2)[:, None] + d * np.arange(3) + 1 - p,
        "Y_{uv}": lambda X, W, b, s, p, d: _transposed(X, W, b, s, p, d)[:3, :3],
    },
    samples=20,
)

_VEC = kit.function(("把矩阵按行排成向量", "the rows of a matrix in one vector"), np.ravel)

formula_matrix = Formula(
    r"\begin{aligned} \operatorname{vec}(\operatorname{conv}(U))"
    r" &= C(W)\,\operatorname{vec}(U) \\"
    r" \operatorname{vec}(\operatorname{convT}(X))"
    r" &= C(W)^\top\,\operatorname{vec}(X) \end{aligned}",
    {
        "U": kit.array(("大图", "the large image"), (5, 5), -2, 2),
        "X": kit.array(("小图", "the small image"), (2, 2), -2, 2),
        "W": kit.constant(("卷积核", "the kernel"), np.array([[1.0, 0, 2], [0, 1, 0], [3, 0, 1]])),
        r"\operatorname{vec}": _VEC,
        r"\operatorname{conv}": kit.function(
            ("核为 W、步幅为 2 的卷积", "the convolution with W and stride 2"),
            lambda U: _conv(U, STAMP),
        ),
        r"\operatorname{convT}": kit.function(
            ("同样设置的转置卷积", "the transposed convolution with the same settings"),
            lambda X: _transposed(X, STAMP),
        ),
        "C": kit.function(
            ("卷积的矩阵，4×25", "matrix of the convolution, 4×25"), lambda W: conv_matrix(W, 5, 2)
        ),
    },
    samples=20,
)

formula_backward = Formula(
    r"\frac{\partial L}{\partial X} = \operatorname{conv}(G, W)",
    {
        "X": _X,
        "W": _W,
        "G": kit.array(("上游梯度 ∂L/∂Y", "upstream gradient ∂L/∂Y"), (5, 5), -2, 2),
        r"\operatorname{conv}": kit.function(
            ("步幅 2 的卷积（不翻转）", "convolution of stride 2, kernel not flipped"), _conv
        ),
    },
    derivative_of=lambda X, W, G: np.sum(G * _transposed(X, W)),
    autograd=lambda X, W, G: (G * _torch_transposed(X, W)).sum(),
    wrt="X",
    samples=20,
)


def _torch_transposed(X, W):
    import torch.nn.functional as F

    return F.conv_transpose2d(X[None, None], W[None, None], stride=2)[0, 0]


# --------------------------------------------------------------------------- examples

INPUT = np.array([[1.0, 2], [3, 4]])
SMALL = np.array([[1.0, 0], [2, 1]])
STAMP = np.array([[1.0, 0, 2], [0, 1, 0], [3, 0, 1]])


def table_example(tr: Tr) -> Table:
    result = conv_transpose2d(INPUT[None, None], SMALL[None, None], stride=2)[0, 0]
    return Table(
        ["$X$", "$W$", "$Y$"],
        [[_grids.matrix(INPUT), _grids.matrix(SMALL), _grids.matrix(result)]],
        caption=tr(
            "步幅 2，无填充：四个 2×2 的印章互不重叠，拼成 4×4",
            "Stride 2, no padding: four 2×2 stamps that do not overlap make up 4×4",
        ),
    )


def figure_views(tr: Tr) -> Figure:
    canvas, panels = kit.canvas(2, 4, height=3.7, gridspec_kw={"height_ratios": [5, 7]})
    total = np.zeros((5, 5))
    for (i, j), axes in zip(np.ndindex(2, 2), panels[0], strict=True):
        total[2 * i : 2 * i + 3, 2 * j : 2 * j + 3] += INPUT[i, j] * STAMP
        window = {(2 * i + a, 2 * j + c) for a, c in np.ndindex(3, 3)}
        _grids.draw(axes, total, filled=window, size=8, faint_zeros=True)
        _grids.frame(axes, 2 * i, 2 * j, 3)
        axes.set_title(f"+ {_grids.shown(INPUT[i, j])}·$W$")
    for axes in panels[1]:
        axes.remove()
    below = canvas.add_subplot(panels[1][0].get_subplotspec().get_gridspec()[1, :])
    wide = spread(INPUT, 3, 2, 0, (5, 5))
    result = conv_transpose2d_zeros(INPUT[None, None], STAMP[None, None], 2)[0, 0]
    _row(below, tr, wide, result)
    return Figure(
        canvas,
        caption=tr(
            "X = (1 2; 3 4)，3×3 的核，步幅 2，无填充。上：每个输入格把缩放后的核印到输出上，"
            "重叠处累加。下：在输入的格子之间插零、四周补零，"
            "再用翻转的核做步幅 1 的卷积，结果相同。",
            "X = (1 2; 3 4), a 3×3 kernel, stride 2, no padding. Above: each input cell stamps the "
            "scaled kernel on the output, overlaps add up. Below: zeros between and around the "
            "cells, then a convolution of stride 1 with the flipped kernel: the same result.",
        ),
        alt=tr(
            "上排四帧 5×5 网格，橙框依次在左上、右上、左下、右下，"
            "相邻的框共享一行或一列，数字累加。"
            "下排：7×7 网格里 1、2、3、4 隔一格排列，其余为零；与翻转的核卷积，得到同一个 5×5。",
            "Above, four frames of a 5×5 grid: the framed stamp moves through the corners, "
            "neighbours share a row or column and the numbers add up. Below, a 7×7 grid with 1, 2, "
            "3, 4 two cells apart among zeros; convolved with the flipped kernel: the same 5×5.",
        ),
        data={"stamped": total, "wide": wide, "result": result},
    )


def _row(axes, tr: Tr, wide: np.ndarray, result: np.ndarray) -> None:
    """The second view in one set of axes: spread input, flipped kernel, result."""
    from matplotlib.patches import Rectangle

    flipped = STAMP[::-1, ::-1]
    places = ((wide, 0.0, 0.0), (flipped, 9.6, 2.0), (result, 15.2, 1.0))
    for values, left, top in places:
        for (row, col), number in np.ndenumerate(values):
            x, y = left + col, top + row
            if values is wide and number:
                axes.add_patch(
                    Rectangle((x, y), 1, 1, facecolor=kit.BLUE, edgecolor="none", alpha=0.22)
                )
            axes.add_patch(
                Rectangle((x, y), 1, 1, facecolor="none", edgecolor=kit.MUTED, linewidth=0.7)
            )
            faint = values is wide and not number
            axes.text(
                x + 0.5, y + 0.54, _grids.shown(number), ha="center", va="center", fontsize=8,
                color=kit.MUTED if faint else kit.INK,
            )  # fmt: skip
    _grids.frame(axes, 0, 0, 3)
    for x, text in ((8.3, "∗"), (13.9, "=")):
        axes.text(x, 3.5, tr.name(text), ha="center", va="center", fontsize=14, color=kit.INK)
    for x, y, text in (
        (3.5, -0.35, tr("插零、补零后的 X", "X spread and padded")),
        (11.1, 1.65, tr("翻转的 W", "flipped W")),
        (17.7, 0.65, tr("结果", "result")),
    ):
        axes.text(x, y, text, ha="center", va="bottom", fontsize=9, color=kit.INK)
    axes.set_xlim(-0.1, 20.3)
    axes.set_ylim(7.1, -1.5)
    axes.set_aspect("equal")
    axes.axis("off")
