"""Gradients and initialisation at a glance: the initialisations side by side, and the gain."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.gradients_init import _stack
from snippets.gradients_init.initialisation import orthogonal
from snippets.kit import Col, Figure, Pair, Spread, Table, Tr

GAINS = (0.3, 0.5, 0.7, 1.0, 2**0.5, 2.0, 2.8, 4.0, 6.0)
_N = _stack.WIDTH

ROWS: tuple[tuple[Pair, str, float | None, Pair], ...] = (
    # name, variance, gain (std · √n), for which activation
    (("全部相等", "all equal"), "0", None, ("都不行", "none")),
    (("固定的小值", "a fixed small std"), "0.01²", 0.01 * _N**0.5, ("浅网络", "shallow nets")),
    (
        ("nn.Linear 的默认", "default of nn.Linear"),
        r"$1/(3\,n_{\text{in}})$",
        3**-0.5,
        ("配归一化", "with normalisation"),
    ),
    (("LeCun", "LeCun"), r"$1/n_{\text{in}}$", 1.0, ("线性、SELU", "linear, SELU")),
    (
        ("Xavier / Glorot", "Xavier / Glorot"),
        r"$2/(n_{\text{in}} + n_{\text{out}})$",
        1.0,
        ("线性、tanh", "linear, tanh"),
    ),
    (
        ("Xavier，增益 5/3", "Xavier, gain 5/3"),
        "× (5/3)²",
        5 / 3,
        ("tanh（只顾前向）", "tanh (forward only)"),
    ),
    (("He / Kaiming", "He / Kaiming"), r"$2/n_{\text{in}}$", 2**0.5, ("ReLU 一族", "ReLU family")),
    (("正交 × √2", "orthogonal × √2"), r"$2/n$", 2**0.5, ("ReLU，与 He 相当", "ReLU, like He")),
    (("标准正态", "standard normal"), "1", _N**0.5, ("都不行", "none")),
)


@cache
def _measured(name: str, gain: float, kind: str = "normal") -> tuple[Spread, Spread]:
    """Growth of the second moment and of the gradient over fifty layers of an activation."""
    if kind == "normal":
        moments, norms = _stack.gained(name, gain)
    else:
        found = [
            _stack.run(name, lambda rng: orthogonal(_N, _N, rng, gain), rng)[:2]
            for rng in kit.seeds(_stack.RUNS)
        ]
        moments, norms = (np.array(part) for part in zip(*found, strict=True))
    return _stack.growth(moments), _stack.ratio(norms)


def table_initialisations(tr: Tr) -> Table:
    rows: list[list[str | float | None]] = []
    for name, variance, gain, use in ROWS:
        cells: list[float | None] = [None, None]
        if gain is not None:
            kind = "orthogonal" if name[1].startswith("orthogonal") else "normal"
            relu = _measured("ReLU", gain, kind)[1]
            cells = [relu.mean, _measured("tanh", gain, kind)[1].mean]
        rows.append([tr.pair(name), variance, gain, tr.pair(use), *cells])
    return Table(
        [
            tr("初始化", "initialisation"),
            tr("方差", "variance"),
            Col(tr("增益", "gain"), format=".2f"),
            tr("用于", "for"),
            Col(tr("ReLU：首/末", "ReLU: first/last"), format=".0e"),
            Col(tr("tanh：首/末", "tanh: first/last"), format=".0e"),
        ],
        rows,
        caption=tr(
            f"增益是标准差乘以 √n；右边两列在 {_stack.DEPTH} 层、每层 {_N} 个单元上实测，"
            f"{_stack.RUNS} 次初始化的均值（∂L/∂z 的范数之比）；"
            "方阵上 LeCun 与 Xavier 相同；全部相等时没有可量的，各单元学不出差别",
            f"Gain is std times √n; the last two columns are measured over {_stack.DEPTH} layers "
            f"of {_N} units, mean of {_stack.RUNS} initialisations (ratio of the norms of "
            "∂L/∂z); on square layers LeCun and Xavier agree; with all weights equal "
            "there is nothing to measure, since no unit ever differs",
        ),
    )


def figure_gain(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=3.4)
    axes.axhline(1, color=kit.MUTED, linewidth=0.8)
    places = {"ReLU": (3.5, 1e24), "tanh": (5.8, 1e4), "sigmoid": (5.8, 1e-16)}
    data = {}
    for (name, place), colour, line in zip(places.items(), kit.SERIES, kit.LINES, strict=False):
        found = [_measured(name, gain)[1] for gain in GAINS]
        means = np.array([s.mean for s in found])
        axes.fill_between(
            GAINS, [s.low for s in found], [s.high for s in found], color=colour, alpha=0.2
        )
        axes.plot(GAINS, means, color=colour, linestyle=line, marker="o", markersize=3.5)
        axes.text(*place, tr.name(name), color=colour, fontsize=9, ha="right")
        data[name] = means
    for gain, label in ((1.0, "1/√n"), (2**0.5, "√(2/n)")):
        axes.axvline(gain, color=kit.GRID, linewidth=1, zorder=0)
        axes.text(gain, 1e31, label, fontsize=8.5, color=kit.MUTED, ha="center")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_ylim(1e-55, 1e36)
    axes.set_xticks([0.3, 0.5, 1, 2, 4, 6], ["0.3", "0.5", "1", "2", "4", "6"])
    axes.minorticks_off()
    axes.set_xlabel(tr("增益：标准差 × √n", "gain: standard deviation × √n"))
    axes.set_ylabel(tr("∂L/∂z：首层 / 末层", "∂L/∂z: first / last layer"))
    return Figure(
        canvas,
        caption=tr(
            f"{_stack.DEPTH} 层之后还剩多少梯度，随增益变化（双对数轴，每层 {_N} 个单元，"
            f"{_stack.RUNS} 次初始化的均值与范围）。ReLU 只在 √2 处为 1；"
            "tanh 在 1 与 √2 之间最平缓，再往上，饱和压住一部分增长；sigmoid 在哪里都达不到 1。",
            f"What is left of the gradient after {_stack.DEPTH} layers, against the gain (both "
            f"axes logarithmic, {_N} units a layer, mean and range of {_stack.RUNS} "
            "initialisations). ReLU meets 1 only at √2; tanh is flattest between 1 and √2, "
            "and above, saturation holds part of the growth down; sigmoid meets 1 nowhere.",
        ),
        alt=tr(
            "ReLU 是一条陡直的上升线，在增益 √2 处穿过 1；tanh 先陡升，过了 1 之后变得平缓；"
            "sigmoid 从最低处上升，始终在 1 以下。",
            "ReLU is a steep straight line that crosses 1 at gain √2; tanh climbs steeply, then "
            "flattens above gain 1; sigmoid rises from the bottom and stays below 1.",
        ),
        data=data,
    )


def value_window() -> dict[str, float]:
    """By how much the gain of ReLU may miss √2 for the ratio to stay within ten, in theory."""
    return {"share": 10 ** (1 / (_stack.DEPTH - 1)) - 1, "layers": _stack.DEPTH}
