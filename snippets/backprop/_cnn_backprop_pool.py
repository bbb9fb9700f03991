"""The backward pass of pooling: who receives the gradient, overlaps, and tied maxima."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.backprop import _grids
from snippets.backprop.cnn_backprop import (
    avg_pool2d,
    avg_pool2d_backward,
    max_pool2d,
    max_pool2d_backward,
)
from snippets.kit import Figure, Formula, Table, Tr

# --------------------------------------------------------------------------- formulas

_X = kit.array(("输入", "the input"), (5, 5), -2, 2)
_G = kit.array(("上游梯度 ∂L/∂Y", "upstream gradient ∂L/∂Y"), (2, 2), -2, 2)
_S = kit.integer(("步幅", "the stride"), 1, 3)
_K = kit.constant(("窗口边长", "side of the window"), 2)
_INDICES = {
    "i": kit.index(("输出的行", "row of the output"), 2),
    "j": kit.index(("输出的列", "column of the output"), 2),
    "u": kit.index(("输入的行", "row of the input"), 5),
    "v": kit.index(("输入的列", "column of the input"), 5),
}


def _tops(X, s) -> np.ndarray:
    """Flat position of the maximum of each of the first 2×2 windows, its row and its column."""
    places = np.empty((2, 2, 2))
    for i, j in np.ndindex(2, 2):
        row, col = i * int(s), j * int(s)
        a, c = np.unravel_index(np.argmax(X[row : row + 2, col : col + 2]), (2, 2))
        places[:, i, j] = row + a + 1, col + c + 1
    return places


def _torch_pool(name: str):
    def pool(X, G, s):
        import torch.nn.functional as F

        return (G * getattr(F, name)(X[None], 2, int(s))[0, :2, :2]).sum()

    return pool


formula_max = Formula(
    r"\frac{\partial L}{\partial X_{uv}} = \sum_{i} \sum_{j} G_{ij}\,"
    r"\mathbf{1}[p(X, s)_{ij} = u]\,\mathbf{1}[q(X, s)_{ij} = v]",
    {
        "X": _X,
        "G": _G,
        "s": _S,
        "p": kit.function(
            ("第 (i, j) 个窗口里最大值的行号", "row of the maximum of window (i, j)"),
            lambda X, s: _tops(X, s)[0],
        ),
        "q": kit.function(
            ("它的列号", "its column"),
            lambda X, s: _tops(X, s)[1],
        ),
        **_INDICES,
    },
    derivative_of=lambda X, G, s: np.sum(G * max_pool2d(X, 2, int(s))[:2, :2]),
    autograd=_torch_pool("max_pool2d"),
    wrt="X",
    samples=20,
)

formula_average = Formula(
    r"\frac{\partial L}{\partial X_{uv}} = \frac{1}{k^2} \sum_{i} \sum_{j} G_{ij}\,"
    r"\mathbf{1}[s(i-1) < u \le s(i-1) + k]\,\mathbf{1}[s(j-1) < v \le s(j-1) + k]",
    {"X": _X, "G": _G, "s": _S, "k": _K, **_INDICES},
    derivative_of=lambda X, G, s: np.sum(G * avg_pool2d(X, 2, int(s))[:2, :2]),
    autograd=_torch_pool("avg_pool2d"),
    wrt="X",
    samples=20,
)

# --------------------------------------------------------------------------- the figure

INPUT = np.array([[1.0, 3, 2, 0], [5, 2, 1, 4], [0, 1, 8, 3], [6, 2, 2, 7]])
UPSTREAM = np.array([[1.0, 2], [3, 4]])


def figure_pooling(tr: Tr) -> Figure:
    """Input, upstream gradient and input gradient of both kinds, with arrows between them."""
    canvas, panels = kit.canvas(2, 3, height=4.0, gridspec_kw={"width_ratios": [4, 2.6, 4]})
    through = (
        max_pool2d_backward(UPSTREAM, INPUT, 2, 2),
        avg_pool2d_backward(UPSTREAM, INPUT.shape, 2, 2),
    )
    everywhere = set(np.ndindex(4, 4))
    for row, gradient in zip(panels, through, strict=True):
        fed = {(int(r), int(c)) for r, c in zip(*np.nonzero(gradient), strict=True)}
        _grids.draw(row[0], INPUT, filled=fed if len(fed) < 16 else ())
        _grids.draw(row[1], UPSTREAM, filled=set(np.ndindex(2, 2)), colour=kit.ORANGE)
        _grids.draw(
            row[2],
            gradient,
            filled=fed,
            colour=kit.ORANGE,
            faint_zeros=True,
            size=9 if len(fed) < 16 else 8,
        )
        for axes in (row[0], row[2]):
            for i, j in np.ndindex(2, 2):
                _grids.frame(axes, 2 * i, 2 * j, 2, kit.MUTED)
        for start, end in _ends(gradient, everywhere):
            _arrow(canvas, row[1], row[2], start, end)
    heads = (tr("输入 X", "input X"), tr("上游梯度 G", "upstream G"), tr.name("∂L/∂X"))
    for axes, head in zip(panels[0], heads, strict=True):
        axes.set_title(head)
    for axes, name in zip(
        panels[:, 0],
        (tr("最大池化", "max pooling"), tr("平均池化", "average pooling")),
        strict=True,
    ):
        axes.text(-0.1, 0.5, name, rotation=90, ha="center", va="center", transform=axes.transAxes)
    return Figure(
        canvas,
        caption=tr(
            "2×2 窗口、步幅 2。最大池化把每个上游梯度整个送给窗口里的最大值（左图涂色），其余得零；"
            "平均池化给窗口里的四格各送四分之一。箭头只画了左侧两个窗口。",
            "2×2 windows, stride 2. Max pooling sends each upstream number whole to the maximum of "
            "its window (shaded on the left), the others get zero; average pooling sends a quarter "
            "to each of the four cells. Arrows are drawn for the two windows on the left only.",
        ),
        alt=tr(
            "两行三列的网格。上行：G 的每个数用一支箭头连到 ∂L/∂X 的一格；"
            "下行：每个数用四支箭头连到四格，每格是它的四分之一。",
            "Two rows of three grids. Above, each number of G has one arrow to one cell of ∂L/∂X; "
            "below, four arrows to four cells, each a quarter of it.",
        ),
        data={"max": through[0], "average": through[1]},
    )


def _ends(gradient: np.ndarray, cells: set[tuple[int, int]]):
    """Points (row, column) in G and in dX for every arrow, past the numbers: left windows only."""
    whole = np.count_nonzero(gradient) < gradient.size
    for row, col in sorted(cells):
        if gradient[row, col] and col < 2:
            lower = row % 2
            end = row + 0.54 if whole or not col else row + (0.9 if lower else 0.16)
            tip = col + (0.14 if col else 0.06)
            yield (row // 2 + (0.84 if lower else 0.16), 0.78), (end, tip)


def _arrow(canvas, left, right, start, end) -> None:
    from matplotlib.patches import ConnectionPatch

    canvas.add_artist(
        ConnectionPatch(
            start[::-1],
            end[::-1],
            "data",
            "data",
            axesA=left,
            axesB=right,
            arrowstyle="-|>",
            color=kit.ORANGE,
            linewidth=1.1,
            mutation_scale=9,
            shrinkA=0,
            shrinkB=0,
        )
    )


# --------------------------------------------------------------------------- overlaps and ties

CENTRE = np.array([[1.0, 2, 3], [4, 9, 5], [6, 7, 8]])


def table_overlap(tr: Tr) -> Table:
    ones = np.ones((2, 2))
    return Table(
        ["$X$", tr("∂L/∂X，最大池化", "∂L/∂X, max"), tr("∂L/∂X，平均池化", "∂L/∂X, average")],
        [
            [
                _grids.matrix(CENTRE),
                _grids.matrix(max_pool2d_backward(ones, CENTRE, 2, 1)),
                _grids.matrix(avg_pool2d_backward(ones, CENTRE.shape, 2, 1)),
            ]
        ],
        caption=tr(
            "2×2 窗口、步幅 1：四个窗口都含有中央的最大值；上游梯度全为 1",
            "2×2 windows, stride 1: all four windows hold the maximum in the centre; "
            "the upstream gradient is all ones",
        ),
    )


def value_overlap() -> dict[str, float]:
    ones = np.ones((2, 2))
    return {
        "centre": float(max_pool2d_backward(ones, CENTRE, 2, 1)[1, 1]),
        "average": float(avg_pool2d_backward(ones, CENTRE.shape, 2, 1)[1, 1]),
        "total": float(ones.sum()),
    }


TIE = np.array([1.0, 1.0])


def _tied() -> dict[str, np.ndarray]:
    """The gradient of the maximum of two equal numbers, as each spelling has it."""
    import torch
    import torch.nn.functional as F

    spellings = {
        "F.max_pool1d(x, 2)": lambda x: F.max_pool1d(x[None], 2),
        "x.max(dim=0).values": lambda x: x.max(dim=0).values,
        "x.amax(dim=0)": lambda x: x.amax(dim=0),
        "x.max()": lambda x: x.max(),
        "torch.maximum(x[0], x[1])": lambda x: torch.maximum(x[0], x[1]),
    }
    found = {}
    for code, function in spellings.items():
        x = torch.tensor(TIE, requires_grad=True)
        function(x).sum().backward()
        found[code] = x.grad.numpy()
    found["g * (x == x.max())"] = 1.0 * np.equal(TIE, TIE.max())
    return found


def table_ties(tr: Tr) -> Table:
    return Table(
        [
            tr("写法", "spelling"),
            tr("梯度", "gradient"),
            tr("总和", "sum"),
        ],
        [
            [f"`{code}`", f"({', '.join(map(_grids.shown, slopes))})", _grids.shown(slopes.sum())]
            for code, slopes in _tied().items()
        ],
        caption=tr(
            "两个数并列最大，x = (1, 1)，上游梯度为 1；前五行是 PyTorch，末行是常见的手写掩码",
            "Two equal maxima, x = (1, 1), upstream gradient 1; the first five rows are PyTorch, "
            "the last is a mask people write by hand",
        ),
    )


def value_ties() -> dict[str, float]:
    tied = _tied()
    return {
        "pool_first": float(tied["F.max_pool1d(x, 2)"][0]),
        "amax": float(tied["x.amax(dim=0)"][0]),
        "mask": float(tied["g * (x == x.max())"].sum()),
    }


def value_relu_ties() -> object:
    """How often a 2×2 window has a tied maximum: after ReLU, of independent N(0, 1) inputs."""
    shares = []
    for rng in kit.seeds(5):
        x = np.maximum(0, rng.normal(size=(200, 200))).reshape(100, 2, 100, 2)
        top = x.max(axis=(1, 3), keepdims=True)
        shares.append(float(((x == top).sum(axis=(1, 3)) > 1).mean()))
    return kit.Spread(shares)
