"""Depth against gradient: activation, initialisation, normalisation and skip paired up."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Col, Figure, Spread, Table, Tr

WIDTH, BATCH, RUNS, DEEP = 128, 64, 5, 50
DEPTHS = (5, 10, 20, 50, 100)
ROWS = (("sigmoid", 1.0), ("tanh", 1.0), ("relu", 1.0), ("relu", 2.0), ("gelu", 2.0))
COLUMNS = (("", False), ("batch", False), ("layer", False), ("", True), ("layer", True))


def _ratio(name: str, variance: float, norm: str, skip: bool, depth: int, rng) -> float:
    """‖∂L/∂z‖ of the first layer over that of the last, by autograd in float64.

    Layers h ← φ(N(W h)), with a skip h ← h + φ(N(W h)); W has entries of the given variance over
    WIDTH; N is no, batch or layer normalisation; L is a random linear function of the last h.
    """
    import torch
    import torch.nn.functional as F

    phi = {
        "sigmoid": torch.sigmoid,
        "centred": lambda z: torch.sigmoid(z) - 0.5,
        "tanh": torch.tanh,
        "relu": torch.relu,
        "gelu": F.gelu,
    }[name]
    h, kept = torch.tensor(rng.normal(size=(BATCH, WIDTH))), []
    for layer in range(depth):
        weight = torch.tensor(rng.normal(0.0, (variance / WIDTH) ** 0.5, (WIDTH, WIDTH)))
        z = h @ weight.T
        if norm == "batch":
            z = F.batch_norm(z, None, None, training=True)
        elif norm == "layer":
            z = F.layer_norm(z, (WIDTH,))
        if layer in (0, depth - 1):
            kept.append(z.requires_grad_())
        h = h + phi(z) if skip else phi(z)
    loss = (h * torch.tensor(rng.normal(size=(BATCH, WIDTH)))).sum()
    first, last = torch.autograd.grad(loss, kept)
    return float(first.norm() / last.norm())


@cache
def _ratios(name: str, variance: float, norm: str, skip: bool, depth: int = DEEP) -> Spread:
    return Spread(_ratio(name, variance, norm, skip, depth, rng) for rng in kit.seeds(RUNS))


def _row_name(name: str, variance: float, tr: Tr) -> str:
    shown = {"relu": "ReLU", "gelu": "GELU"}.get(name, name)
    return tr.name(f"{shown}, {'√(2/n)' if variance == 2 else '1/√n'}")


def table_pairings(tr: Tr) -> Table:
    heads = (
        tr("无", "plain"),
        tr("批归一化", "batch norm"),
        tr("层归一化", "layer norm"),
        tr("残差", "residual"),
        tr("残差 + 层归一化", "residual + layer norm"),
    )
    return Table(
        [tr("激活与标准差", "activation, std"), *(Col(head, format=".2g") for head in heads)],
        [
            [
                _row_name(name, variance, tr),
                *(_ratios(name, variance, *column).mean for column in COLUMNS),
            ]
            for name, variance in ROWS
        ],
        caption=tr(
            f"{DEEP} 层、每层 {WIDTH} 个单元，∂L/∂z 的范数，首层 / 末层；"
            f"{RUNS} 次初始化的均值，批大小 {BATCH}，归一化放在激活之前",
            f"{DEEP} layers of {WIDTH} units, norm of ∂L/∂z, first / last layer; mean of {RUNS} "
            f"initialisations, batch size {BATCH}, normalisation before the activation",
        ),
    )


def value_pairings() -> dict[str, object]:
    return {
        "deep": DEEP,
        "plain": _ratios("relu", 2.0, "", False),
        "batch": _ratios("relu", 2.0, "batch", False),
        "batch_sigmoid": _ratios("sigmoid", 1.0, "batch", False),
        "layer": _ratios("relu", 2.0, "layer", False),
        "layer_tanh": _ratios("tanh", 1.0, "layer", False),
        "skip": _ratios("relu", 2.0, "", True),
        "both_batch": _ratios("relu", 2.0, "batch", True),
        "both": _ratios("relu", 2.0, "layer", True),
        "sigmoid": _ratios("sigmoid", 1.0, "", False),
        "sigmoid_layer": _ratios("sigmoid", 1.0, "layer", False),
        "centred_layer": _ratios("centred", 1.0, "layer", False),
        "sigmoid_skip": _ratios("sigmoid", 1.0, "", True),
    }


LINES = (
    # activation, variance · n, normalisation, skip, label, shift of the label in decades
    ("relu", 2.0, "", True, ("ReLU，He，残差", "ReLU, He, residual"), 0.0),
    ("relu", 2.0, "batch", False, ("ReLU，批归一化", "ReLU, batch norm"), 1.2),
    ("relu", 2.0, "layer", True, ("ReLU，残差+层归一化", "ReLU, residual + LN"), 1.6),
    ("relu", 2.0, "", False, ("ReLU，He", "ReLU, He"), -1.6),
    ("relu", 1.0, "", False, ("ReLU，1/√n", "ReLU, 1/√n"), 0.0),
    ("sigmoid", 1.0, "", False, ("sigmoid，1/√n", "sigmoid, 1/√n"), 0.0),
)


def figure_pairings(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=3.6)
    colours = (kit.RED, kit.PURPLE, kit.TEAL, kit.BLUE, kit.ORANGE, kit.GREEN)
    styles = ("--", "-.", ":", "-", "--", ":")
    data = {}
    for (name, variance, norm, skip, label, shift), colour, style in zip(
        LINES, colours, styles, strict=True
    ):
        depths = [d for d in DEPTHS if not (name == "sigmoid" and d > DEEP)]
        found = [_ratios(name, variance, norm, skip, depth) for depth in depths]
        means = np.array([s.mean for s in found])
        axes.fill_between(
            depths, [s.low for s in found], [s.high for s in found], color=colour, alpha=0.2
        )
        axes.plot(depths, means, color=colour, linestyle=style, marker="o", markersize=3.5)
        axes.text(
            depths[-1] + 2,
            means[-1] * 10.0**shift,
            tr.pair(label),
            color=colour,
            fontsize=9,
            va="center",
        )
        data[label[1]] = means
    axes.set_yscale("log")
    axes.set_xlim(0, 152)
    axes.set_ylim(1e-34, 1e24)
    axes.set_xticks(DEPTHS)
    axes.set_xlabel(tr("层数", "number of layers"))
    axes.set_ylabel(tr("∂L/∂z：首层 / 末层", "∂L/∂z: first / last layer"))
    return Figure(
        canvas,
        caption=tr(
            f"网络加深时，首层与末层梯度范数之比（对数轴；每层 {WIDTH} 个单元，批大小 {BATCH}，"
            f"{RUNS} 次初始化的均值与范围）。"
            "直线意味着每层乘上同一个因子；只有贴着 1 的那两条能一直加深。sigmoid 只画到 50 层。",
            "Gradient norm of the first layer over that of the last as the network deepens (log "
            f"axis; {WIDTH} units a layer, batch size {BATCH}, mean and range of {RUNS} "
            "initialisations). A straight line is a constant factor a layer; only the two lines "
            "that stay near 1 can go on. Sigmoid is shown up to 50 layers.",
        ),
        alt=tr(
            "六条随层数展开的曲线：无归一化的残差网络急剧上升，批归一化的网络缓缓上升，"
            "He 初始化和残差加层归一化贴近 1，1/√n 的 ReLU 下降，sigmoid 急剧下降。",
            "Six curves over depth: the residual net without normalisation climbs steeply, batch "
            "norm climbs slowly, He and residual with layer norm stay near 1, ReLU with 1/√n "
            "falls, sigmoid plunges.",
        ),
        data=data,
    )
