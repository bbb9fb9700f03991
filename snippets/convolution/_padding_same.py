"""How much keeps the size, and the cell that an even kernel has left over."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.convolution.conv_operation import correlate1d, correlate2d
from snippets.convolution.conv_output_size import count_windows
from snippets.convolution.padding import NUMPY_MODES, same_padding, same_padding_strided
from snippets.kit import Col, Figure, Formula, Spread, Table, Tr

_K = kit.integer(("核长", "length of the kernel"), 1, 9)
_D = kit.integer(("空洞率", "dilation"), 1, 3)

formula_odd = Formula(
    r"p = \frac{d\,(k - 1)}{2}",
    {"k": kit.integer(("核长，奇数", "length of the kernel, odd"), 1, 9), "d": _D},
    equals=lambda k, d: (32 - count_windows(32, int(k), dilation=int(d))) / 2,  # half of the loss
)

formula_split = Formula(
    r"\begin{aligned} P &= d\,(k - 1) \\ L &= \left\lfloor \frac{P}{2} \right\rfloor \\"
    r" R &= \left\lceil \frac{P}{2} \right\rceil \end{aligned}",
    {"k": _K, "d": _D},
    equals={
        "P": lambda k, d: sum(same_padding(int(k), int(d))),
        "L": lambda k, d: same_padding(int(k), int(d))[0],
        "R": lambda k, d: same_padding(int(k), int(d))[1],
    },
)

formula_strided = Formula(
    r"P = \max\left(\left(\left\lceil \frac{n}{s} \right\rceil - 1\right) s + d\,(k - 1) + 1 - n,"
    r"\; 0\right)",
    {
        "n": kit.integer(("输入大小", "size of the input"), 1, 20),
        "s": kit.integer(("步幅", "stride"), 1, 4),
        "k": _K,
        "d": _D,
    },
    equals=lambda n, k, s, d: sum(same_padding_strided(*map(int, (n, k, s, d)))),
)

# --------------------------------------------------------------------------- even kernels

TAPS = np.array([1.0, 2, 3, 4])


def _impulse(n: int, at: int) -> np.ndarray:
    return np.eye(n)[at]


def table_impulse(tr: Tr) -> Table:
    """The answer to an impulse at the first cell says where the extra cell is."""
    import warnings

    import torch
    import torch.nn.functional as F

    x = _impulse(6, 0)
    row_and_taps = [torch.tensor(a)[None, None] for a in (x, TAPS)]
    with warnings.catch_warnings():  # of the copy that an even kernel costs
        warnings.simplefilter("ignore")
        theirs = F.conv1d(*row_and_taps, padding="same")[0, 0].numpy()

    def row(values: np.ndarray) -> list[float]:
        return [float(v) for v in values]

    return Table(
        [tr("填充", "padding"), *(Col(f"$y_{i}$", format="g") for i in range(1, 7))],
        [
            ['`padding="same"`', *row(theirs)],
            ["`np.pad(x, (1, 2))`", *row(correlate1d(np.pad(x, (1, 2)), TAPS))],
            ["`np.pad(x, (2, 1))`", *row(correlate1d(np.pad(x, (2, 1)), TAPS))],
        ],
        caption=tr(
            "输入 1, 0, 0, 0, 0, 0，核 1, 2, 3, 4：PyTorch 左补一格、右补两格",
            "Input 1, 0, 0, 0, 0, 0, kernel 1, 2, 3, 4: PyTorch adds one cell on the left and two "
            "on the right",
        ),
    )


def responses() -> dict[str, np.ndarray]:
    """A box kernel's answer to an impulse in the middle of nine cells."""
    x = _impulse(9, 4)
    settings = {"odd": (3, (1, 1)), "end": (4, (1, 2)), "start": (4, (2, 1))}
    return {
        name: correlate1d(np.pad(x, by), np.full(k, 1 / k)) for name, (k, by) in settings.items()
    }


def centre(y: np.ndarray) -> float:
    """The centre of mass, in cells from 1."""
    return float(y @ np.arange(1, len(y) + 1) / y.sum())


def figure_half_pixel(tr: Tr) -> Figure:
    titles = {
        "odd": tr("k = 3", "k = 3"),
        "end": tr("k = 4，多的一格在末端", "k = 4, extra cell last"),
        "start": tr("k = 4，多的一格在首端", "k = 4, extra cell first"),
    }
    canvas, panels = kit.canvas(1, 3, height=2.15, sharey=True)
    found = responses()
    for axes, (name, y) in zip(panels, found.items(), strict=True):
        axes.bar(range(1, 10), y, color=kit.BLUE, alpha=0.55, width=0.85)
        axes.axvline(5, color=kit.MUTED, linewidth=1.2, linestyle=":")
        axes.plot(centre(y), 0.4, "v", color=kit.ORANGE, markersize=8)
        axes.set_title(titles[name], fontsize=9)
        axes.set_xticks([1, 5, 9])
        axes.set_xlabel(tr("位置", "place"))
        axes.set_ylim(0, 0.45)
    return Figure(
        canvas,
        caption=tr(
            "第 5 格的冲激（虚线）经过等权的核，长度不变。三角是输出的重心：奇数核不动，"
            "偶数核偏半格，方向取决于多的一格在哪端。",
            "An impulse at place 5 (dotted) through a kernel of equal weights that keeps the "
            "length. The triangle is the centre of the output: an odd kernel leaves it, an even "
            "one moves it by half a cell, to a side that depends on the extra cell.",
        ),
        alt=tr(
            "三幅柱状图：重心分别在 5、4.5、5.5。",
            "Three bar charts with their centres at 5, 4.5 and 5.5.",
        ),
        data=found | {"centres": np.array([centre(y) for y in found.values()])},
    )


def value_centres() -> dict[str, float]:
    return {name: centre(y) for name, y in responses().items()}


# --------------------------------------------------------------------------- amounts


def table_amounts(tr: Tr) -> Table:
    """Which padding keeps 32, by kernel and dilation; and what 1, 2, 3 give."""
    rows = []
    for k, d in ((1, 1), (3, 1), (5, 1), (7, 1), (11, 1), (3, 2), (3, 4), (4, 1)):
        left, right = same_padding(k, d)
        amount = left if left == right else f"{left} | {right}"
        rows.append([k, d, amount, *(32 + 2 * p - d * (k - 1) for p in (1, 2, 3))])
    return Table(
        [
            Col("$k$", format="d"),
            Col("$d$", format="d"),
            Col(tr("保持大小的填充", "padding that keeps the size"), format="d"),
            *(Col(tr(f"p 取 {p} 时的输出", f"output, p of {p}"), format="d") for p in (1, 2, 3)),
        ],
        rows,
        caption=tr(
            "输入边长 32，步幅 1；竖线两侧是首端和末端的格数",
            "Input of side 32, stride 1; a bar separates the cells before and after",
        ),
    )


# --------------------------------------------------------------------------- the border

SIDE, LAYERS, RUNS = 32, 4, 10


@cache
def border_errors() -> dict[str, Spread]:
    """A constant image through random 3×3 layers with tanh: how far cells are off the centre."""
    found: dict[str, list[float]] = {mode: [] for mode in NUMPY_MODES}
    for rng in kit.seeds(RUNS):
        kernels = [rng.normal(size=(3, 3)) / 3 for _ in range(LAYERS)]
        for mode, numpy in NUMPY_MODES.items():
            x = np.ones((SIDE, SIDE))
            for w in kernels:
                x = np.tanh(correlate2d(np.pad(x, 1, mode=numpy), w))  # type: ignore[call-overload]
            middle = x[SIDE // 2, SIDE // 2]
            found[mode].append(float((abs(x - middle) > 1e-12).mean()))
    return {mode: Spread(values) for mode, values in found.items()}


def value_border() -> dict[str, object]:
    found = border_errors()
    return {
        "side": SIDE,
        "layers": LAYERS,
        "runs": RUNS,
        "zeros": found["zeros"].mean,
        "others": max(found[mode].high for mode in ("reflect", "replicate", "circular")),
    }


def _touched(L, n) -> float:
    """Share of an n×n map whose value depends on padding after L layers of 3×3, by flooding."""
    inner = np.ones((int(n), int(n)))
    for _ in range(int(L)):
        padded = np.pad(inner, 1)
        inner = np.min(np.lib.stride_tricks.sliding_window_view(padded, (3, 3)), axis=(-2, -1))
    return float(1 - inner.mean())


formula_touched = Formula(
    r"a = 1 - \left(1 - \frac{2 L}{n}\right)^2",
    {
        "L": kit.integer(("3×3 层数", "number of 3×3 layers"), 0, 5),
        "n": kit.integer(("特征图的边长", "side of the map"), 10, 32),
    },
    equals=_touched,
    samples=30,
)


def value_amounts() -> dict[str, int]:
    return {
        "k7": same_padding(7)[0],
        "k11": same_padding(11)[0],
        "dilated": same_padding(3, 4)[0],
    }


def value_strided() -> dict[str, int]:
    n = 224
    left, right = same_padding_strided(n, 3, 2)
    return {"n": n, "left": left, "right": right, "out": (n + left + right - 3) // 2 + 1}


def value_impulse() -> dict[str, float]:
    """The first output of an impulse at the first cell: extra cell last, and first."""
    first = [correlate1d(np.pad(_impulse(6, 0), by), TAPS)[0] for by in (same_padding(4), (2, 1))]
    return {"torch": float(first[0]), "top": float(first[1])}
