"""Cross-correlation and convolution: the formulas, a kernel that slides, an edge that is found."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.backprop import _grids
from snippets.convolution import _pixels
from snippets.convolution.conv_operation import (
    convolve1d,
    convolve2d,
    correlate1d,
    correlate2d,
)
from snippets.kit import Check, Figure, Formula, Table, Tr

_X = kit.array(("输入", "the input"), ("n", "n"), -2, 2)
_W = kit.array(("卷积核", "the kernel"), ("k", "k"), -2, 2)
_N = kit.integer(("输入的边长", "side of the input"), 4, 6)
_K = kit.integer(("卷积核的边长", "side of the kernel"), 2, 3)
_I = kit.index(("输出的行", "row of the output"), "n - k + 1")

_SIZES = {"n": _N, "k": _K}


def _indices(*names: str, upto: str | int) -> dict[str, kit.Symbol]:
    meanings = {
        "i": ("输出的行", "row of the output"),
        "j": ("输出的列", "column of the output"),
        "u": ("核的行", "row of the kernel"),
        "v": ("核的列", "column of the kernel"),
    }
    return {name: kit.index(meanings[name], upto) for name in names}


def _first(y: np.ndarray) -> np.ndarray:
    """The first 2×2 outputs: the indices of a formula need a fixed range."""
    return y[:2, :2]


formula_correlation = Formula(
    r"Y_{ij} = \sum_{u=1}^{k} \sum_{v=1}^{k} W_{uv}\, X_{i+u-1,\, j+v-1}",
    {"X": _X, "W": _W, **_SIZES, **_indices("i", "j", upto=2)},
    equals=lambda X, W: _first(correlate2d(X, W)),
    samples=30,
)

formula_convolution = Formula(
    r"Y_{ij} = \sum_{u=1}^{k} \sum_{v=1}^{k} W_{uv}\, X_{i+k-u,\, j+k-v}",
    {"X": _X, "W": _W, **_SIZES, **_indices("i", "j", upto=2)},
    equals=lambda X, W: _first(convolve2d(X, W)),
    samples=30,
)

formula_one_dimension = Formula(
    r"y_i = \sum_{u=1}^{k} w_u\, x_{i+u-1}",
    {
        "x": kit.array(("输入", "the input"), ("n",), -2, 2),
        "w": kit.array(("卷积核", "the kernel"), ("k",), -2, 2),
        "n": kit.integer(("输入长度", "length of the input"), 4, 6),
        "k": kit.integer(("核的长度", "length of the kernel"), 1, 3),
        "i": kit.index(("输出位置", "place of the output"), 2),
    },
    equals=lambda x, w: correlate1d(x, w)[:2],
    samples=30,
)

_CHANNELS = {
    "X": kit.array(("输入：通道 × 高 × 宽", "input: channels × height × width"), (3, 5, 5), -2, 2),
    "W": kit.array(
        ("核：输出通道 × 输入通道 × 高 × 宽", "kernels: outputs × inputs × height × width"),
        (2, 3, 3, 3),
        -2,
        2,
    ),
    "b": kit.array(("偏置，每个输出通道一个", "bias, one an output channel"), (2,), -2, 2),
}


def _layer(X: np.ndarray, W: np.ndarray, b: np.ndarray) -> np.ndarray:
    from snippets.convolution.conv_operation import conv2d_direct

    return conv2d_direct(X[None], W, b)[0][:, :2, :2]


formula_channels = Formula(
    r"Y_{oij} = b_o + \sum_{c=1}^{C} \sum_{u=1}^{k} \sum_{v=1}^{k}"
    r" W_{ocuv}\, X_{c,\, i+u-1,\, j+v-1}",
    {
        **_CHANNELS,
        "C": kit.constant(("输入通道数", "number of input channels"), 3),
        "k": kit.constant(("核的边长", "side of the kernel"), 3),
        "o": kit.index(("输出通道", "output channel"), 2),
        **_indices("i", "j", upto=2),
    },
    equals=_layer,
    samples=5,
)

# --------------------------------------------------------------------------- by hand

INPUT = np.arange(1.0, 17).reshape(4, 4)
KERNEL = np.tile([1.0, 0, -1], (3, 1))
LINE, TAPS = np.arange(1.0, 5), np.array([1.0, 0, -1])


def figure_slide(tr: Tr) -> Figure:
    """The example, one window a frame; below, the output so far."""
    y = correlate2d(INPUT, KERNEL)
    canvas, panels = kit.canvas(2, 4, height=2.75, height_ratios=(4, 2.1))
    for frame, (above, below) in enumerate(panels.T):
        i, j = divmod(frame, 2)
        window = {(i + a, j + c) for a, c in np.ndindex(3, 3) if c != 1}
        _grids.draw(above, INPUT, filled=window, size=8.5)
        _grids.frame(above, i, j, 3)
        for a, c in np.ndindex(3, 3):
            above.text(
                j + c + 0.88,
                i + a + 0.09,
                _grids.shown(KERNEL[a, c]),
                ha="right",
                va="top",
                fontsize=7,
                color=kit.ORANGE,
            )
        _grids.draw(below, y, filled={(i, j)}, colour=kit.ORANGE, size=8.5)
        for place, text in enumerate(below.texts):
            text.set_visible(place <= frame)
        below.set_xlim(-1.08, 3.08)
        above.set_title(f"$Y_{{{i + 1}{j + 1}}}$")
    return Figure(
        canvas,
        caption=tr(
            "3×3 的核（橙色小字，每行都是 1、0、−1）滑过 4×4 的输入，步幅 1、无填充；"
            "每一帧把重叠的数相乘再相加，填入下方 2×2 输出的一格。",
            "A 3×3 kernel (small orange numbers, 1, 0, −1 in each row) slides over a 4×4 input, "
            "stride 1, no padding. Each frame multiplies what overlaps, adds it up and fills one "
            "cell of the 2×2 output below.",
        ),
        alt=tr(
            "四帧：3×3 的窗口依次停在左上、右上、左下、右下；输出四格都是 −6。",
            "Four frames: the 3×3 window stands top left, top right, bottom left and bottom right; "
            "each of the four outputs is −6.",
        ),
        data={"output": y},
    )


def table_example(tr: Tr) -> Table:
    import torch
    import torch.nn.functional as F

    theirs = F.conv1d(torch.tensor(LINE)[None], torch.tensor(TAPS)[None, None])[0].numpy()
    return Table(
        [
            "",
            tr("输入", "input"),
            tr("核", "kernel"),
            tr("互相关（不翻转）", "cross-correlation (not flipped)"),
            tr("卷积（翻转）", "convolution (flipped)"),
        ],
        [
            [tr("一维", "1-D"), *map(_grids.matrix, (
                LINE, TAPS, theirs, np.convolve(LINE, TAPS, mode="valid")))],
            [tr("二维", "2-D"), *map(_grids.matrix, (
                INPUT, KERNEL, correlate2d(INPUT, KERNEL), convolve2d(INPUT, KERNEL)))],
        ],
        caption=tr(
            "同一个核，翻转与不翻转：一维分别用 `F.conv1d` 与 `np.convolve` 算出",
            "The same kernel, flipped and not: the row of 1-D is computed by `F.conv1d` and "
            "`np.convolve`",
        ),
    )  # fmt: skip


def value_example() -> dict[str, float]:
    """The sum of the first window: what is added and what is taken away."""
    window = INPUT[:3, :3]
    return {
        "left": float(window[:, 0].sum()),
        "right": float(window[:, 2].sum()),
        "y": float(correlate2d(INPUT, KERNEL)[0, 0]),
        "flipped": float(convolve2d(INPUT, KERNEL)[0, 0]),
    }


def check_flip() -> Check:
    """Convolution is cross-correlation with the kernel flipped: against NumPy in 1-D."""
    pairs = []
    for rng in kit.seeds(5):
        x, w = rng.normal(size=9), rng.normal(size=4)
        pairs.append((convolve1d(x, w), np.convolve(x, w, mode="valid")))
        pairs.append((correlate1d(x, w), np.correlate(x, w, mode="valid")))
    return kit.compare(
        (
            "`np.convolve`（翻转）与 `np.correlate`（不翻转）",
            "`np.convolve` (flips) and `np.correlate` (does not)",
        ),
        pairs,
    )


# --------------------------------------------------------------------------- edges

SOBEL = np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])


def figure_edges(tr: Tr) -> Figure:
    image = _pixels.picture()
    upright, lying = correlate2d(image, SOBEL), correlate2d(image, SOBEL.T)
    canvas, panels = kit.canvas(1, 3, height=2.2)
    titles = (
        tr("输入", "input"),
        tr("竖直的边", "upright edges"),
        tr("水平的边", "level edges"),
    )
    _pixels.draw(panels[0], image, colour=kit.INK)
    for axes, edges in zip(panels[1:], (upright, lying), strict=True):
        _pixels.draw(axes, edges)
    for axes, title in zip(panels, titles, strict=True):
        axes.set_title(title)
    return Figure(
        canvas,
        caption=tr(
            "24×24 的图与两个 3×3 的 Sobel 核（第二个是第一个的转置）。蓝色为正：向右或向下变亮；"
            "橙色为负；空白为 0。同一个核在图上处处找同一种边。",
            "A drawn 24×24 image and two 3×3 Sobel kernels, the second the transpose of the first. "
            "Blue is positive: brighter to the right, or downwards; orange negative; blank 0. "
            "One kernel finds one kind of edge everywhere.",
        ),
        alt=tr(
            "左图：圆、方块和斜条。中图：各图形左缘为蓝、右缘为橙，水平的边看不见。"
            "右图：上缘为蓝、下缘为橙，竖直的边看不见。",
            "Left: a disc, a square and a slanted bar. Middle: left edges blue, right edges "
            "orange, level edges missing. Right: upper edges blue, lower edges orange, upright "
            "edges missing.",
        ),
        data={"image": image, "upright": upright, "lying": lying},
    )
