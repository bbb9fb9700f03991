"""Fifty layers: histograms of the activations, and the second moment from layer to layer."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.gradients_init import _stack
from snippets.gradients_init.initialisation import second_moment
from snippets.kit import Col, Figure, Table, Tr

SHOWN = (1, 5, 20, 50)
HISTOGRAMS = (
    ("tanh", 0.5, "0.5/√n"),
    ("tanh", 1.0, "1/√n"),
    ("tanh", 4.0, "4/√n"),
    ("ReLU", 1.0, "1/√n"),
    ("ReLU", 2**0.5, "√(2/n)"),
)


@cache
def _hidden(name: str, gain: float) -> list[np.ndarray]:
    draw = _stack.normal(gain / _stack.WIDTH**0.5)
    return _stack.run(name, draw, np.random.default_rng(0))[2]


def figure_histograms(tr: Tr) -> Figure:
    canvas, panels = kit.canvas(len(HISTOGRAMS), len(SHOWN), height=5.2)
    data: dict[str, list] = {}
    for number, (row, (name, gain, text)) in enumerate(zip(panels, HISTOGRAMS, strict=True)):
        hidden = _hidden(name, gain)
        spreads = []
        for axes, layer in zip(row, SHOWN, strict=True):
            values = hidden[layer - 1].ravel()
            low, high = (-1.05, 1.05) if name == "tanh" else (-0.05, 3)
            counts, edges = np.histogram(values, bins=43, range=(low, high))
            if name == "ReLU":
                counts[0] -= np.sum(values == 0)
                axes.plot(0, 0.06, "o", color=kit.INK, markersize=4, clip_on=False)
            axes.stairs(counts / counts.max(), edges, fill=True, color=kit.BLUE)
            axes.set_xlim(low, high)
            axes.set_ylim(0, 1.5)
            axes.set_yticks([])
            axes.set_xticks([-1, 0, 1] if name == "tanh" else [0, 1, 2, 3])
            axes.tick_params(labelsize=8, pad=1)
            if number not in (2, 4):
                axes.set_xticklabels([])
            moment = float(np.mean(values**2))
            spreads.append(moment)
            axes.text(
                0.97, 0.97, f"{moment:.2g}", transform=axes.transAxes, ha="right", va="top",
                fontsize=8.5, color=kit.ORANGE,
            )  # fmt: skip
        row[0].set_ylabel(tr.name(f"{name}\n{text}"), fontsize=8.5)
        data[f"{name} {text}"] = spreads
    for axes, layer in zip(panels[0], SHOWN, strict=True):
        axes.set_title(tr(f"第 {layer} 层", f"layer {layer}"), fontsize=9.5)
    return Figure(
        canvas,
        caption=tr(
            f"五种初始化（行）下，第 1、5、20、50 层（列）激活值 h 的直方图，各自归一到最高的一格；"
            "橙色数字是 h² 的均值，黑点是 ReLU 恰为 0 的那些值（不计入直方图）。"
            f"一次随机初始化，每层 {_stack.WIDTH} 个单元，"
            f"{_stack.BATCH} 个样本，输入取自 N(0, 1)。",
            "Histograms of the activations h of layers 1, 5, 20 and 50 (columns) under five "
            "initialisations (rows), each scaled to its tallest bar; the orange number is the "
            "mean of h², the black dot stands for the exact zeros of ReLU, left out of the bars. "
            f"One random draw, {_stack.WIDTH} units a layer, {_stack.BATCH} samples, "
            "inputs from N(0, 1).",
        ),
        alt=tr(
            "tanh 配小权重：到第 20 层全缩成 0 处一根尖刺；配 1/√n：仍有宽度，缓缓变窄；"
            "配 4/√n：堆在 −1 与 1 两端。ReLU 配 1/√n：缩到 0；配 √(2/n)：到第 50 层仍有宽度。",
            "tanh with small weights: a spike at 0 by layer 20; with 1/√n still wide, slowly "
            "narrowing; with 4/√n piled up at −1 and 1. ReLU with 1/√n shrinks to 0; with √(2/n) "
            "it is still spread out in layer 50.",
        ),
        data=data,
    )


LINES = (
    # activation, gain, label, decades by which the label is moved
    ("linear", 1.0, ("无激活，1/√n", "no activation, 1/√n"), 0.9),
    ("ReLU", 2**0.5, ("ReLU，√(2/n)", "ReLU, √(2/n)"), -0.7),
    ("tanh", 1.0, ("tanh，1/√n", "tanh, 1/√n"), -0.9),
    ("ReLU", 1.0, ("ReLU，1/√n", "ReLU, 1/√n"), 0.0),
)


def figure_moments(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=3.2)
    layers = np.arange(1, _stack.DEPTH + 1)
    data = {}
    for (name, gain, label, shift), colour, line in zip(LINES, kit.SERIES, kit.LINES, strict=False):
        moments = _stack.gained(name, gain)[0]
        axes.fill_between(layers, moments.min(axis=0), moments.max(axis=0), color=colour, alpha=0.2)
        axes.plot(layers, moments.mean(axis=0), color=colour, linestyle=line)
        height = moments[:, -1].mean() * 10.0**shift
        axes.text(51, height, tr.pair(label), color=colour, fontsize=9, va="center")
        data[f"{name} {gain:.3g}"] = moments
    theory = 0.5 ** (layers - 1)
    axes.plot(layers, theory, color=kit.INK, linewidth=0.8)
    text = tr("黑线：理论，每层减半", "black: theory, halved in each layer")
    axes.text(3, 1e-14, text, fontsize=9)
    data["theory"] = theory
    axes.set_yscale("log")
    axes.set_xlim(0, 72)
    axes.set_ylim(1e-17, 1e2)
    axes.set_xticks([1, 10, 20, 30, 40, 50])
    axes.set_xlabel(tr("层", "layer"))
    axes.set_ylabel(tr("z² 的均值", "mean of z²"))
    return Figure(
        canvas,
        caption=tr(
            f"预激活值的二阶矩逐层的变化（对数轴，{_stack.RUNS} 次初始化的均值与范围，"
            f"每层 {_stack.WIDTH} 个单元）。ReLU 少了那个 2，每层就减半；tanh 只是缓慢变小。",
            "Second moment of the pre-activations from layer to layer (log axis, mean and range "
            f"of {_stack.RUNS} initialisations, {_stack.WIDTH} units a layer). Without the 2, "
            "ReLU halves it in each layer; tanh only wears it down slowly.",
        ),
        alt=tr(
            "四条曲线：线性与 He 初始化的 ReLU 贴近 1；tanh 缓慢降到百分之一；"
            "1/√n 的 ReLU 沿理论直线降到十的负十五次方以下。",
            "Four curves: linear, and ReLU with He weights, stay near 1; tanh sinks slowly to a "
            "hundredth; ReLU with 1/√n follows the line of theory to below 1e-15.",
        ),
        data=data,
    )


ROWS = (
    # activation, gain, how it is called, std
    ("linear", 1.0, ("Xavier", "Xavier"), "1/√n"),
    ("tanh", 1.0, ("Xavier", "Xavier"), "1/√n"),
    ("tanh", 5 / 3, ("Xavier，增益 5/3", "Xavier, gain 5/3"), "(5/3)/√n"),
    ("sigmoid", 1.0, ("Xavier", "Xavier"), "1/√n"),
    ("ReLU", 1.0, ("Xavier", "Xavier"), "1/√n"),
    ("ReLU", 2**0.5, ("He", "He"), "√(2/n)"),
    ("ReLU", 3**-0.5, ("nn.Linear 的默认", "default of nn.Linear"), "1/√(3n)"),
    ("tanh", 3**-0.5, ("nn.Linear 的默认", "default of nn.Linear"), "1/√(3n)"),
)


def table_depth(tr: Tr) -> Table:
    rows: list[list[str | float]] = []
    for name, gain, called, std in ROWS:
        moments, norms = _stack.gained(name, gain)
        shown = tr("无（线性）", "none (linear)") if name == "linear" else tr.name(name)
        rows.append(
            [shown, tr.pair(called), std, _stack.growth(moments).mean, _stack.ratio(norms).mean]
        )
    return Table(
        [
            tr("激活", "activation"),
            tr("初始化", "initialisation"),
            tr("标准差", "std"),
            Col(tr("z² 的均值：末 / 首", "mean of z²: last / first"), format=".1e"),
            Col(tr("∂L/∂z：首 / 末", "∂L/∂z: first / last"), format=".1e"),
        ],
        rows,
        caption=tr(
            f"{_stack.DEPTH} 层、每层 {_stack.WIDTH} 个单元，没有偏置；前向二阶矩之比与"
            f"反向梯度范数之比，{_stack.RUNS} 次初始化的均值",
            f"{_stack.DEPTH} layers of {_stack.WIDTH} units without biases; ratio of second "
            f"moments forward, of gradient norms backward; mean of {_stack.RUNS} initialisations",
        ),
    )


def value_depth() -> dict[str, object]:
    """Moments and gradient ratios at DEPTH layers, and what the factors 1/2 predict."""
    half = 0.5 ** (_stack.DEPTH - 1)
    found: dict[str, object] = {"layers": _stack.DEPTH, "half": half, "root": half**0.5}
    for key, name, gain in (
        ("relu_xavier", "ReLU", 1.0),
        ("he", "ReLU", 2**0.5),
        ("tanh", "tanh", 1.0),
        ("tanh_gain", "tanh", 5 / 3),
        ("sigmoid", "sigmoid", 1.0),
        ("default", "ReLU", 3**-0.5),
    ):
        moments, norms = _stack.gained(name, gain)
        found[key] = _stack.growth(moments)
        found[key + "_gradient"] = _stack.ratio(norms)
    return found


def value_twenty() -> dict[str, object]:
    """Gradient ratios over 20 layers with std 1/√n, the example against Xavier for sigmoid."""
    return {
        "layers": 20,
        **{name: _stack.ratio(_stack.gained(name, 1.0, 20)[1]) for name in ("sigmoid", "tanh")},
        "best": _stack.ratio(_stack.gained("sigmoid", 4.0, 20)[1]),
    }


@cache
def _gains() -> list[tuple]:
    """(name, gain that keeps E[z²] at 1, gain that keeps the gradient there, PyTorch's gain)."""
    import torch

    from snippets.activations.modern_activations import gelu, gelu_grad, silu, silu_grad

    more = {"GELU": (gelu, gelu_grad), "SiLU": (silu, silu_grad)}
    rows = []
    for name, (phi, slope) in {**_stack.FUNCTIONS, **more}.items():
        try:
            theirs = torch.nn.init.calculate_gain(name.lower())
        except ValueError:
            theirs = None
        rows.append((name, second_moment(phi) ** -0.5, second_moment(slope) ** -0.5, theirs))
    return rows


def table_gains(tr: Tr) -> Table:
    return Table(
        [
            tr("激活", "activation"),
            Col(tr("保持 E[z²] = 1", "keeps E[z²] at 1"), format=".3f"),
            Col(tr("那里保持梯度", "keeps the gradient there"), format=".3f"),
            Col(tr.name("`calculate_gain`"), format=".3f"),
        ],
        [
            [tr("无（线性）", "none (linear)") if name == "linear" else tr.name(name), *gains]
            for name, *gains in _gains()
        ],
        caption=tr(
            "增益，即标准差乘以 √n：z 服从 N(0, 1) 时，使下一层二阶矩不变的、使梯度二阶矩不变的，"
            "以及 PyTorch 推荐的（空白：没有）",
            "Gains, that is std times √n: what keeps the second moment of the next layer if z is "
            "from N(0, 1), what keeps that of the gradient, and what PyTorch recommends (blank: "
            "nothing)",
        ),
    )


def value_gains() -> dict[str, float]:
    """Gains of tanh by direction, and those of PyTorch for tanh and SELU."""
    import torch

    found = {name: (forward, backward) for name, forward, backward, _ in _gains()}
    theirs = {name: torch.nn.init.calculate_gain(name) for name in ("tanh", "selu")}
    forward, backward = found["tanh"]
    return {"forward": forward, "backward": backward, **theirs}
