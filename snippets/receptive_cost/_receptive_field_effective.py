"""The effective receptive field: how unevenly the inputs of a field count."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Col, Figure, Spread, Table, Tr
from snippets.receptive_cost._chains import torch_chain
from snippets.receptive_cost.receptive_field import Layer, bottom_up, box_profile, gradient_map

DEPTH, RUNS, CHANNELS = 20, 20, 8
SIDE = 1 + 2 * DEPTH
INNER = 21
SHARES = (0.99, 0.9, 0.5)


def _centre(length: int, inner: int = INNER) -> slice:
    return slice((length - inner) // 2, (length + inner) // 2)


@cache
def random_maps() -> np.ndarray:
    """Squared gradients of the one output of random ReLU networks, each with sum 1."""
    import torch
    from torch import nn

    maps = np.empty((RUNS, SIDE, SIDE))
    for run in range(RUNS):
        rng = torch.Generator().manual_seed(run)
        layers: list[nn.Module] = []
        for number in range(DEPTH):
            inputs = CHANNELS if number else 3
            conv = nn.Conv2d(inputs, CHANNELS, 3, bias=False)
            nn.init.kaiming_normal_(conv.weight, nonlinearity="relu", generator=rng)
            layers += [conv, nn.ReLU()]
        layers.pop()
        x = torch.randn(1, 3, SIDE, SIDE, generator=rng)
        squared = gradient_map(nn.Sequential(*layers), x).numpy().astype(float) ** 2
        maps[run] = squared / squared.sum()
    return maps


def equal_map() -> np.ndarray:
    profile = box_profile([3] * DEPTH)
    return np.outer(profile, profile)


def value_effective() -> dict[str, float | int | Spread]:
    profile = box_profile([3] * DEPTH)
    places = np.arange(SIDE) - DEPTH
    inner = _centre(SIDE)
    return {
        "depth": DEPTH,
        "field": SIDE,
        "inner": INNER,
        "mass": profile[inner].sum() ** 2,
        "area": INNER**2 / SIDE**2,
        "spread": float(np.sqrt((profile * places**2).sum())),
        "corner": float(profile[0] ** 2 / profile[DEPTH] ** 2),
        "random": Spread(maps[inner, inner].sum() for maps in random_maps()),
        "runs": RUNS,
        "channels": CHANNELS,
    }


def _levels(values: np.ndarray) -> list[float]:
    """Heights above which the given shares of the total lie."""
    heights = np.sort(values.ravel())[::-1]
    total = np.cumsum(heights)
    return [float(heights[np.searchsorted(total, share * total[-1])]) for share in SHARES]


def figure_effective(tr: Tr) -> Figure:
    from matplotlib.patches import Rectangle

    canvas, (equal, drawn, cut) = kit.canvas(
        1, 3, height=2.35, gridspec_kw={"width_ratios": [1, 1, 1.25]}
    )
    places = np.arange(SIDE) - DEPTH
    maps = {"equal": equal_map(), "random": random_maps().mean(axis=0)}
    titles = {
        "equal": tr("权重相等", "equal weights"),
        "random": tr("随机权重与 ReLU", "random, ReLU"),
    }
    for axes, name in ((equal, "equal"), (drawn, "random")):
        levels = _levels(maps[name])
        for level in levels:
            axes.contourf(
                places, places, maps[name], levels=[level, maps[name].max() * 1.01],
                colors=[kit.BLUE], alpha=0.3,
            )  # fmt: skip
        axes.contour(places, places, maps[name], levels=levels, colors=[kit.BLUE], linewidths=0.7)
        axes.add_patch(
            Rectangle((-DEPTH - 0.5, -DEPTH - 0.5), SIDE, SIDE, facecolor="none", edgecolor=kit.INK)
        )
        half = INNER / 2
        axes.add_patch(
            Rectangle(
                (-half, -half), INNER, INNER, facecolor="none", edgecolor=kit.ORANGE,
                linestyle=kit.LINES[1], linewidth=1.4,
            )
        )  # fmt: skip
        axes.set_xlim(-22, 22)
        axes.set_ylim(-22, 22)
        axes.set_aspect("equal")
        axes.set_xticks([-20, 0, 20])
        axes.set_yticks([-20, 0, 20])
        axes.grid(visible=False)
        axes.set_title(titles[name])
    drawn.set_yticklabels([])
    profile = box_profile([3] * DEPTH)
    sigma = np.sqrt((profile * places**2).sum())
    bell = np.exp(-(places**2) / (2 * sigma**2)) / (sigma * np.sqrt(2 * np.pi))
    cut.plot(places, profile, color=kit.BLUE, label=tr("20 层", "20 layers"))
    cut.plot(places, bell, color=kit.ORANGE, linestyle=kit.LINES[1], label=tr("正态密度", "normal"))
    cut.set_ylim(0, 0.17)
    cut.set_xticks([-20, 0, 20])
    cut.legend(loc="upper center", ncols=1)
    cut.set_title(tr("沿一个轴", "along one axis"))
    return Figure(
        canvas,
        caption=tr(
            f"{DEPTH} 层 3×3 的一个输出对 {SIDE}×{SIDE} 个输入（黑框，理论感受野）的梯度。"
            "左、中：由内到外三层颜色各含总量的 50%、90%、99%；橙色虚框是中央 21×21。"
            f"左为各权重相等时的梯度，中为梯度的平方，{RUNS} 个 He 初始化网络的平均。",
            f"Gradient of one output of {DEPTH} layers of 3×3 with respect to its {SIDE}×{SIDE} "
            "inputs (black frame: the theoretical field). Left and middle: the three shades hold "
            "50%, 90% and 99% of the total; the dashed square is the central 21×21. Left: the "
            f"gradient with equal weights; middle: squared gradients, mean of {RUNS} networks "
            "with He initialisation.",
        ),
        alt=tr(
            "黑色大框中央是几圈同心的蓝色区域，99% 的一圈几乎全在橙色小框之内，框外大片空白。"
            "右图的钟形曲线与正态密度重合，到两端早已贴近零。",
            "In the middle of a large black frame lie concentric blue areas; even that of 99% is "
            "nearly all inside the small dashed square, and most of the frame is empty. Right: a "
            "bell curve that falls on the normal density and is near zero long before the ends.",
        ),
        data={"profile": profile, "bell": bell, **maps},
    )


NAMES = {
    "deep": ("20 层 3×3", "20 layers of 3×3"),
    "middle": ("10 层 5×5", "10 layers of 5×5"),
    "wide": ("4 层 11×11", "4 layers of 11×11"),
    "strided": ("7 层 3×3，其中两层步幅 2", "7 layers of 3×3, two with stride 2"),
    "dilated": ("5 层 3×3，空洞率 1、2、4、8、5", "5 layers of 3×3, dilation 1, 2, 4, 8, 5"),
    "single": ("1 层 41×41", "1 layer of 41×41"),
}
CHAINS = {
    "deep": [Layer(3)] * 20,
    "middle": [Layer(5)] * 10,
    "wide": [Layer(11)] * 4,
    "strided": [Layer(3), Layer(3, 2), Layer(3, 2), *[Layer(3)] * 4],
    "dilated": [Layer(3, 1, 0, d) for d in (1, 2, 4, 8, 5)],
    "single": [Layer(41)],
}


@cache
def equal_fields() -> dict[str, tuple[int, float, float]]:
    """Networks with one theoretical field: its size, the spread, the share in the middle."""
    import torch

    found = {}
    for name, layers in CHAINS.items():
        r, _, _ = bottom_up(layers)
        grad = gradient_map(torch_chain(layers), torch.ones(1, 1, r, dtype=torch.float64)).numpy()
        places = np.arange(r) - (r - 1) / 2
        found[name] = (
            r,
            float(np.sqrt((grad * places**2).sum() / grad.sum())),
            float((grad[_centre(r)].sum() / grad.sum()) ** 2),
        )
    return found


def table_effective(tr: Tr) -> Table:
    return Table(
        [
            tr("网络", "network"),
            Col(tr("理论感受野", "theoretical field"), format="d"),
            Col(tr("标准差", "standard deviation"), format=".2f"),
            Col(tr("中央 21×21 的份额", "share of the central 21×21"), format=".1%"),
        ],
        [[tr.pair(NAMES[name]), *found] for name, found in equal_fields().items()],
        caption=tr(
            "理论感受野同为 41，各权重相等时梯度的分布",
            "One theoretical field of 41, and where the gradient lies with equal weights",
        ),
    )
