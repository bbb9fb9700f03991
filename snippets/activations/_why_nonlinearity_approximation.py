"""Universal approximation: sums of bends, broken lines on a sine, and a polynomial that cannot."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.activations.relu import relu
from snippets.activations.why_nonlinearity import (
    interpolating_net,
    one_hidden_layer,
    torch_interpolating_net,
)
from snippets.kit import Check, Col, Figure, Formula, Table, Tr

_N = kit.integer(("隐藏单元数", "hidden units"), 2, 6)


_SCALAR_X = kit.scalar(("输入", "input"), -3, 3)


def _units(name: str, zh: str, en: str) -> dict[str, kit.Symbol]:
    return {name: kit.array((zh, en), ("N",), -2, 2)}


formula_net = Formula(
    r"g(x) = \sum_{i=1}^{N} c_i\,\varphi(w_i\,x + b_i)",
    {
        "x": _SCALAR_X,
        "N": _N,
        "i": kit.index(("", ""), "N"),
        **_units("c", "输出权重", "output weights"),
        **_units("w", "隐藏层的权重", "hidden weights"),
        **_units("b", "隐藏层的偏置", "hidden biases"),
        r"\varphi": kit.function(("激活函数（此处为 ReLU）", "the activation (here ReLU)"), relu),
    },
    equals=lambda x, w, b, c: one_hidden_layer(x, w, b, c),
)


formula_square = Formula(
    r"\sum_{i=1}^{N} c_i\,(w_i\,x + b_i)^2 = "
    r"\left(\sum_{i=1}^{N} c_i\,w_i^2\right) x^2"
    r" + 2 \left(\sum_{i=1}^{N} c_i\,w_i\,b_i\right) x + \sum_{i=1}^{N} c_i\,b_i^2",
    {
        "x": _SCALAR_X,
        "N": _N,
        "i": kit.index(("", ""), "N"),
        **_units("c", "输出权重", "output weights"),
        **_units("w", "隐藏层的权重", "hidden weights"),
        **_units("b", "隐藏层的偏置", "hidden biases"),
    },
)


# --------------------------------------------------------------------------- broken lines


PIECES = (4, 8, 16, 32, 64, 128)


EPSILON = 0.005


def _wave(x):
    return np.sin(2 * np.pi * x)


def _net_of(pieces: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    knots = np.linspace(0, 1, pieces + 1)
    return interpolating_net(knots, _wave(knots))


_W, _B, _C, _ = _net_of(32)


formula_theorem = Formula(
    r"\left|f(x) - \sum_{i=1}^{N} c_i\,\varphi(w_i\,x + b_i)\right| < \varepsilon",
    {
        "f": kit.function(
            ("连续函数（此处为 sin 2πx）", "a continuous function (here sin 2πx)"), _wave
        ),
        "x": kit.scalar(("闭区间里的任一点", "any point of a closed interval"), 0, 1),
        r"\varepsilon": kit.constant(("任意小的正数", "any positive number"), EPSILON),
        r"\varphi": kit.function(
            ("非多项式的激活函数（此处为 ReLU）", "not a polynomial (here ReLU)"), relu
        ),
        "N": kit.constant(("足够多的隐藏单元", "enough hidden units"), 32),
        "c": kit.constant(("输出权重", "output weights"), _C),
        "w": kit.constant(("隐藏层的权重", "hidden weights"), _W),
        "b": kit.constant(("隐藏层的偏置", "hidden biases"), _B),
        "i": kit.index(("", ""), "N"),
    },
)


formula_bound = Formula(
    r"|f(x) - g(x)| \le \frac{h^2}{8}\,M",
    {
        "f": kit.function(("要逼近的函数（此处为 sin 2πx）", "the function (here sin 2πx)"), _wave),
        "g": kit.function(
            ("连接折点的 ReLU 网络", "the ReLU network through the knots"),
            lambda x: one_hidden_layer(x, *_net_of(32)),
        ),
        "x": kit.scalar(("区间里的点", "a point of the interval"), 0, 1),
        "h": kit.constant(("一段的长度", "length of a piece"), 1 / 32),
        "M": kit.constant(("二阶导数绝对值的上界", "bound of the second derivative"), 4 * np.pi**2),
    },
)


def largest_error(pieces: int) -> float:
    """Between sin 2πx and its ReLU network on [0, 1], at 100 points a piece and their middles."""
    x = np.linspace(0, 1, 100 * pieces + 1)
    return float(np.abs(one_hidden_layer(x, *_net_of(pieces)) - _wave(x)).max())


def table_pieces(tr: Tr) -> Table:
    rows, before = [], None
    for pieces in PIECES:
        error = largest_error(pieces)
        bound = (2 * np.pi / pieces) ** 2 / 8
        rows.append([pieces, error, before / error if before else None, bound])
        before = error
    return Table(
        [
            tr("隐藏单元", "hidden units"),
            Col(tr("最大误差", "largest error"), format=".5f"),
            Col(tr("上一行误差 / 本行", "error above / this one"), format=".2f"),
            Col(tr("上界 h²M/8", "bound h²M/8"), format=".5f"),
        ],
        rows,
        caption=tr(
            "一层 ReLU 逼近 sin 2πx，区间 [0, 1]", "One layer of ReLUs for sin 2πx on [0, 1]"
        ),
    )


def value_errors() -> dict[str, float]:
    outside = 1.25
    return {
        **{str(pieces): largest_error(pieces) for pieces in PIECES},
        "many": 32,
        "most": PIECES[-1],
        "outside": outside,
        "outside_error": float(abs(one_hidden_layer(outside, *_net_of(128)) - _wave(outside))),
    }


def figure_fits(tr: Tr) -> Figure:
    x = np.linspace(0, 1, 401)
    canvas, (curves, errors) = kit.canvas(1, 2, height=2.9)
    curves.plot(x, _wave(x), color=kit.INK, linewidth=3, alpha=0.25, label="sin 2πx")
    data = {"x": x}
    for pieces, colour, style in ((4, kit.ORANGE, "--"), (8, kit.BLUE, "-")):
        data[str(pieces)] = one_hidden_layer(x, *_net_of(pieces))
        label = tr(f"{pieces} 个单元", f"{pieces} units")
        curves.plot(x, data[str(pieces)], color=colour, linestyle=style, linewidth=1.4, label=label)
    curves.set_xlabel("x")
    curves.legend(loc="upper right")
    curves.set_title(tr("折线贴近曲线", "Broken lines on a curve"))
    data["errors"] = np.array([largest_error(pieces) for pieces in PIECES])
    errors.plot(PIECES, data["errors"], "o-")
    errors.set_xscale("log", base=2)
    errors.set_yscale("log")
    errors.set_xticks(PIECES, [str(pieces) for pieces in PIECES])
    errors.minorticks_off()
    errors.set_xlabel(tr("隐藏单元数", "hidden units"))
    errors.set_title(tr("最大误差", "Largest error"))
    return Figure(
        canvas,
        caption=tr(
            "左：四个与八个 ReLU 拼成的折线。右：单元数每加倍，误差约降到四分之一（双对数轴）。",
            "Left: broken lines of four and of eight ReLUs. Right: each doubling of the units "
            "brings the error down to about a quarter (both axes logarithmic).",
        ),
        alt=tr(
            "左图：正弦波与两条折线，八段的已贴近曲线。右图：误差随单元数沿一条直线下降。",
            "Left: a sine wave and two broken lines, the one of eight pieces close to the curve. "
            "Right: the error falls along a straight line as the units double.",
        ),
        data=data,
    )


def check_torch_net() -> Check:
    import torch

    knots = np.linspace(0, 1, 33)
    x = np.linspace(-0.5, 1.5, 1001)
    with torch.no_grad():
        theirs = torch_interpolating_net(knots, _wave(knots))(torch.tensor(x[:, None]))[:, 0]
    inside = (x >= 0) & (x <= 1)
    ours = one_hidden_layer(x, *_net_of(32))
    return kit.compare(
        (
            "PyTorch 的同一网络与 NumPy 的 `np.interp`",
            "the same network in PyTorch, and NumPy's `np.interp`",
        ),
        [(ours, theirs), (ours[inside], np.interp(x[inside], knots, _wave(knots)))],
        tolerance=1e-12,
    )
