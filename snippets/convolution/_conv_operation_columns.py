"""The layer as a matrix product, forward and backward: im2col and col2im."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.backprop import _grids
from snippets.convolution.conv_operation import col2im, conv2d_im2col, im2col
from snippets.kit import Formula, Table, Tr

C, SIDE, K, OUT = 2, 4, 3, 3  # channels, side of the input, side of the kernel, output channels
_X = kit.array(("输入：通道 × 高 × 宽", "input: channels × height × width"), (C, SIDE, SIDE), -2, 2)
_W = kit.array(
    ("核，每个输出通道展平成一行", "the kernels, one row an output channel"),
    (OUT, C * K * K),
    -2,
    2,
)
_G = kit.array(
    ("上游梯度，每个输出通道一行", "upstream gradient, one row an output channel"), (OUT, 4), -2, 2
)


def _conv(X: np.ndarray, W: np.ndarray) -> np.ndarray:
    """Output channels × positions."""
    return conv2d_im2col(X[None], W.reshape(OUT, C, K, K), np.zeros(OUT))[0].reshape(OUT, -1)


def _torch_loss(X, W, G):
    import torch.nn.functional as F

    return (G * F.conv2d(X[None], W.reshape(OUT, C, K, K))[0].flatten(1)).sum()


def _direct(X: np.ndarray, W: np.ndarray) -> np.ndarray:
    from snippets.convolution.conv_operation import conv2d_direct

    return conv2d_direct(X[None], W.reshape(OUT, C, K, K), np.zeros(OUT))[0].reshape(OUT, -1)


_COLUMNS = kit.function(
    ("把每个窗口展平成一列", "each window, flattened, is a column"), lambda X: im2col(X[None], K)
)

formula_product = Formula(
    r"\operatorname{conv}(X, W) = W\,\operatorname{im2col}(X)",
    {
        "X": _X,
        "W": _W,
        r"\operatorname{conv}": kit.function(
            ("卷积（步幅 1、无填充、无偏置）", "stride 1, no padding, no bias"), _direct
        ),
        r"\operatorname{im2col}": _COLUMNS,
    },
    samples=20,
)

formula_kernel_gradient = Formula(
    r"\frac{\partial L}{\partial W} = G\,\operatorname{im2col}(X)^\top",
    {"X": _X, "W": _W, "G": _G, r"\operatorname{im2col}": _COLUMNS},
    derivative_of=lambda X, W, G: np.sum(G * _conv(X, W)),
    autograd=_torch_loss,
    wrt="W",
    samples=10,
)

formula_input_gradient = Formula(
    r"\frac{\partial L}{\partial X} = \operatorname{col2im}(W^\top G)",
    {
        "X": _X,
        "W": _W,
        "G": _G,
        r"\operatorname{col2im}": kit.function(
            ("把每列加回它的窗口", "adds each column back to its window"),
            lambda columns: col2im(columns, (1, C, SIDE, SIDE), K)[0],
        ),
    },
    derivative_of=lambda X, W, G: np.sum(G * _conv(X, W)),
    autograd=_torch_loss,
    wrt="X",
    samples=10,
)

GRID = np.arange(1.0, 10).reshape(3, 3)
SMALL = np.array([[1.0, 2], [3, 4]])


def table_columns(tr: Tr) -> Table:
    columns = im2col(GRID[None, None], 2)
    return Table(
        ["$X$", tr("核", "kernel"), "im2col($X$)", tr("展平的核 × im2col", "flat kernel × im2col")],
        [[*map(_grids.matrix, (GRID, SMALL, columns, SMALL.reshape(1, -1) @ columns))]],
        caption=tr(
            "2×2 的核在 3×3 的输入上：四个窗口，四列；乘积的四个数就是 2×2 的输出",
            "A 2×2 kernel on a 3×3 input: four windows, four columns; the four numbers of the "
            "product are the 2×2 output",
        ),
    )


def value_memory() -> dict[str, float]:
    """How many times im2col repeats an input: 3×3, stride 1, padding 1, side 56."""
    side = 56
    copies = im2col(np.zeros((1, 1, side, side)), 3, 1, 1).size / side**2
    return {"side": side, "copies": copies}
