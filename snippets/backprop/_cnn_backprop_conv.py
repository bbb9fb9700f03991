"""The backward pass of a convolution: its formulas, and a 4×4 example frame by frame."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.backprop import _grids
from snippets.backprop.cnn_backprop import (
    conv2d,
    conv2d_backward,
    conv2d_input_gradient,
    scatter,
    spread,
    windows,
)
from snippets.kit import Figure, Formula, Table, Tr

# --------------------------------------------------------------------------- formulas

_X = kit.array(("输入，已填充", "the input, padded"), (5, 5), -2, 2)
_W = kit.array(("卷积核", "the kernel"), (3, 3), -2, 2)
_G = kit.array(("上游梯度 ∂L/∂Y", "upstream gradient ∂L/∂Y"), (2, 2), -2, 2)
_S = kit.integer(("步幅", "the stride"), 1, 2)
_I = kit.index(("输出的行", "row of the output"), 2)
_J = kit.index(("输出的列", "column of the output"), 2)
_A = kit.index(("核的行", "row of the kernel"), 3)
_C = kit.index(("核的列", "column of the kernel"), 3)
_U = kit.index(("输入的行", "row of the input"), 5)
_V = kit.index(("输入的列", "column of the input"), 5)
_BIAS = kit.scalar(("偏置", "the bias"), -2, 2)


def _conv(X, W, s, b=0.0):
    """One channel, the first 2×2 outputs."""
    return conv2d(X[None, None], W[None, None], b, int(s))[0, 0, :2, :2]


def _torch_conv(X, W, s, b=0.0):
    import torch.nn.functional as F

    return F.conv2d(X[None, None], W[None, None], stride=int(s))[0, 0, :2, :2] + b


formula_forward = Formula(
    r"Y_{ij} = b + \sum_{a=1}^{3} \sum_{c=1}^{3} W_{ac}\, X_{s(i-1)+a,\, s(j-1)+c}",
    {"X": _X, "W": _W, "b": _BIAS, "s": _S, "i": _I, "j": _J},
    equals=lambda X, W, b, s: _conv(X, W, s, b),
    samples=20,
)

formula_kernel = Formula(
    r"\frac{\partial L}{\partial W_{ac}} = \sum_{i} \sum_{j} G_{ij}\, X_{s(i-1)+a,\, s(j-1)+c}",
    {"X": _X, "W": _W, "G": _G, "s": _S, "i": _I, "j": _J, "a": _A, "c": _C},
    derivative_of=lambda X, W, G, s: np.sum(G * _conv(X, W, s)),
    autograd=lambda X, W, G, s: (G * _torch_conv(X, W, s)).sum(),
    wrt="W",
    samples=20,
)

formula_input = Formula(
    r"\frac{\partial L}{\partial X_{uv}} = \sum_{i} \sum_{j} G_{ij} \sum_{a} \sum_{c} W_{ac}\,"
    r"\mathbf{1}[s(i-1)+a = u]\,\mathbf{1}[s(j-1)+c = v]",
    {
        "X": _X, "W": _W, "G": _G, "s": _S,
        "i": _I, "j": _J, "a": _A, "c": _C, "u": _U, "v": _V,
    },
    derivative_of=lambda X, W, G, s: np.sum(G * _conv(X, W, s)),
    autograd=lambda X, W, G, s: (G * _torch_conv(X, W, s)).sum(),
    wrt="X",
    samples=10,
)  # fmt: skip

formula_bias = Formula(
    r"\frac{\partial L}{\partial b} = \sum_{i} \sum_{j} G_{ij}",
    {"G": _G, "b": _BIAS, "i": _I, "j": _J},
    derivative_of=lambda G, b: np.sum(G * _conv(INPUT, KERNEL, 1, b)),
    autograd=lambda G, b: (G * _torch_conv(*_example_tensors(), 1, b)).sum(),
    wrt="b",
    samples=20,
)


def _example_tensors():
    import torch

    return torch.tensor(INPUT), torch.tensor(KERNEL)


def _corr(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Cross-correlation, stride 1: (C, H, W) with (O, C, k, k); two matrices count as 1 channel."""
    if np.ndim(x) == 2:
        return conv2d(x[None, None], w[None, None])[0, 0]
    return conv2d(x[None], w)[0]


def _pad(g: np.ndarray, by: float) -> np.ndarray:
    n = int(by)
    return np.pad(g, [(0, 0)] * (np.ndim(g) - 2) + [(n, n), (n, n)])


_CORR = kit.function(("互相关（步幅 1）", "cross-correlation, stride 1"), _corr)
_STACK = {
    "X": kit.array(("输入：通道 × 高 × 宽", "input: channels × height × width"), (2, 4, 4), -2, 2),
    "W": kit.array(
        ("核：输出通道 × 输入通道 × k × k", "kernels: outputs × inputs × k × k"),
        (3, 2, 3, 3),
        -2,
        2,
    ),
    "G": kit.array(("上游梯度 ∂L/∂Y", "upstream gradient ∂L/∂Y"), (3, 2, 2), -2, 2),
}


def _torch_stack(X, W, G):
    import torch.nn.functional as F

    return (G * F.conv2d(X[None], W)[0]).sum()


formula_input_corr = Formula(
    r"\frac{\partial L}{\partial X} ="
    r" \operatorname{corr}(\operatorname{pad}(G, k - 1),"
    r" \operatorname{swap}(\operatorname{flip}(W)))",
    {
        **_STACK,
        "k": kit.constant(("核的边长", "side of the kernel"), 3),
        r"\operatorname{corr}": _CORR,
        r"\operatorname{pad}": kit.function(("四周补零", "adds zeros on every side"), _pad),
        r"\operatorname{flip}": kit.function(
            ("上下、左右都翻转", "turns it upside down and left to right"),
            lambda w: w[..., ::-1, ::-1],
        ),
        r"\operatorname{swap}": kit.function(
            ("交换输入与输出通道", "exchanges input and output channels"),
            lambda w: np.swapaxes(w, 0, 1),
        ),
    },
    derivative_of=lambda X, W, G: np.sum(G * _corr(X, W)),
    autograd=_torch_stack,
    wrt="X",
    samples=20,
)

formula_kernel_corr = Formula(
    r"\frac{\partial L}{\partial W} = \operatorname{corr}(X, G)",
    {
        "X": kit.array(("输入，一个通道", "the input, one channel"), (4, 4), -2, 2),
        "W": kit.array(("卷积核", "the kernel"), (3, 3), -2, 2),
        "G": _G,
        r"\operatorname{corr}": _CORR,
    },
    derivative_of=lambda X, W, G: np.sum(G * _corr(X, W)),
    autograd=lambda X, W, G: (G * _torch_conv(X, W, 1)).sum(),
    wrt="W",
    samples=20,
)

# --------------------------------------------------------------------------- the example

INPUT = np.arange(1.0, 17.0).reshape(4, 4)
KERNEL = np.tile([1.0, 0.0, -1.0], (3, 1))
UPSTREAM = np.ones((2, 2))


@cache
def _steps() -> list[tuple[int, int, np.ndarray, np.ndarray]]:
    """After each number of the upstream gradient: (row, column, dX so far, dW so far)."""
    dx, dw, steps = np.zeros((4, 4)), np.zeros((3, 3)), []
    for i, j in np.ndindex(2, 2):
        here = np.s_[i : i + 3, j : j + 3]
        dx[here] += UPSTREAM[i, j] * KERNEL
        dw += UPSTREAM[i, j] * INPUT[here]
        steps.append((i, j, dx.copy(), dw.copy()))
    return steps


def figure_frames(tr: Tr) -> Figure:
    canvas, panels = kit.canvas(
        2, 4, height=2.9, gridspec_kw={"height_ratios": [4, 3], "hspace": 0.02}
    )
    for (i, j, dx, dw), top, bottom in zip(_steps(), *panels, strict=True):
        window = {(i + a, j + c) for a, c in np.ndindex(3, 3)}
        _grids.draw(top, dx, filled=window, size=8.5)
        _grids.frame(top, i, j, 3)
        top.set_title(f"$G_{{{i + 1}{j + 1}}}$")
        _grids.draw(bottom, dw, size=8.5)
        bottom.set_xlim(-0.58, 3.58)
    for axes, name in ((panels[0][0], "∂L/∂X"), (panels[1][0], "∂L/∂W")):
        axes.text(-0.18, 0.5, tr.name(name), rotation=90, ha="center", va="center",
                  transform=axes.transAxes)  # fmt: skip
    return Figure(
        canvas,
        caption=tr(
            "步幅 1、无填充，上游梯度 G 全为 1。从左到右逐个处理 G 的四个数："
            "上排把卷积核加到 X 的橙色窗口上，下排把这个窗口里的 X 加到 ∂L/∂W 上。最右一列是结果。",
            "Stride 1, no padding, an upstream gradient G of ones. From left to right its four "
            "numbers are worked off: above, the kernel is added to the framed window; below, what "
            "X holds in that window is added to ∂L/∂W. The last column is the result.",
        ),
        alt=tr(
            "四帧。上排是 4×4 的 ∂L/∂X，窗口依次移到左上、右上、左下、右下，数字逐步累加；"
            "下排是 3×3 的 ∂L/∂W，四个窗口逐步相加。",
            "Four frames. Above, the 4×4 ∂L/∂X: the window moves from upper left to lower right "
            "and the numbers add up; below, the 3×3 ∂L/∂W grows by one window of X at a time.",
        ),
        data={"dx": _steps()[-1][2], "dw": _steps()[-1][3]},
    )


def table_example(tr: Tr) -> Table:
    dx, dw, db = (
        a[0] for a in conv2d_backward(UPSTREAM[None, None], INPUT[None, None], KERNEL[None, None])
    )
    return Table(
        ["$X$", "$W$", *(tr.name(name) for name in ("∂L/∂X", "∂L/∂W", "∂L/∂b"))],
        [[*map(_grids.matrix, (INPUT, KERNEL, dx[0], dw[0])), _grids.shown(db)]],
        caption=tr(
            "一个通道、步幅 1、无填充、G 全为 1",
            "One channel, stride 1, no padding, G all ones",
        ),
    )


# --------------------------------------------------------------------------- stride


def figure_spread(tr: Tr) -> Figure:
    plain = spread(np.arange(1.0, 5.0).reshape(2, 2), 3, 1, 0, (4, 4))
    strided = spread(np.arange(1.0, 10.0).reshape(3, 3), 3, 2, 1, (5, 5))
    canvas, panels = kit.canvas(1, 2, height=2.75)
    titles = (
        tr("步幅 1，无填充", "stride 1, no padding"),
        tr("步幅 2，填充 1", "stride 2, padding 1"),
    )
    for axes, values, title in zip(panels, (plain, strided), titles, strict=True):
        _grids.draw(axes, values, filled=set(zip(*np.nonzero(values), strict=True)),
                    faint_zeros=True)  # fmt: skip
        _grids.frame(axes, 0, 0, 3)
        axes.set_title(title)
    return Figure(
        canvas,
        caption=tr(
            "把 ∂L/∂X 算成一次步幅为 1 的卷积：先把 G（涂色）撑开、补零，再让翻转的 3×3 核（橙框）"
            "滑过去。左：2×2 的 G，四周补 2 圈零，得到 4×4。右：3×3 的 G，行列之间各插一个零，"
            "四周补 1 圈，得到 5×5。",
            "∂L/∂X as one convolution of stride 1: G (shaded) is spread out and padded with zeros, "
            "then the flipped 3×3 kernel (framed) slides over it. Left: a 2×2 G with 2 rings of "
            "zeros gives 4×4. Right: a 3×3 G with a zero between neighbours and 1 ring gives 5×5.",
        ),
        alt=tr(
            "左图：6×6 网格，中央 2×2 有数，其余为零。"
            "右图：7×7 网格，九个数隔行隔列排列，其余为零。",
            "Left: a 6×6 grid with numbers in the central 2×2 and zeros elsewhere. "
            "Right: a 7×7 grid with nine numbers in every other row and column.",
        ),
        data={"plain": plain, "strided": strided},
    )


def value_unread() -> dict[str, object]:
    """A 6×6 input under a 3×3 kernel with stride 2: the cells that no window reads."""
    count = scatter(np.ones((2, 2, 3, 3)), (6, 6), 2)
    gradient = conv2d_input_gradient(
        np.ones((1, 1, 2, 2)), KERNEL[None, None] + 1, (6, 6), stride=2
    )
    return {
        "size": 6,
        "cells": int((count == 0).sum()),
        "largest": float(np.abs(gradient[0, 0][count == 0]).max()),
    }


def value_sharing() -> dict[str, int]:
    """Of the 4×4 example: in how many windows the corner and the centre cell are, and a weight."""
    count = scatter(np.ones((2, 2, 3, 3)), (4, 4))
    return {
        "corner": int(count[0, 0]),
        "centre": int(count[1, 1]),
        "weight": windows(INPUT, 3).shape[0] * windows(INPUT, 3).shape[1],
    }
