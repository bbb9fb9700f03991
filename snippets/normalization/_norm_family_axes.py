"""The axes of each layer: the cubes, how many statistics there are, what the output ignores."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from snippets import kit
from snippets.kit import Col, Figure, Formula, Spread, Table, Tr
from snippets.normalization.norm_family import (
    batch_norm,
    group_norm,
    instance_norm,
    layer_norm,
    normalise,
    rms_norm,
)

N, C, P = 3, 6, 4  # the drawn block: examples, channels, positions
DEPTH = (0.62, 0.42)  # how far one example further back is drawn

Member = Callable[[int, int, int], bool]

SETS: dict[str, Member] = {
    "batch": lambda n, c, p: c == C - 1,
    "layer": lambda n, c, p: n == 0,
    "token": lambda n, c, p: n == 0 and p == P - 1,
    "instance": lambda n, c, p: n == 0 and c == C - 1,
    "group": lambda n, c, p: n == 0 and c >= C - 2,
}
"""Which numbers x[n, c, p] share the mean and the variance of one chosen place."""


def _faces() -> list[tuple[tuple[int, int, int], np.ndarray]]:
    """Every visible cell face of the block: its index (n, c, p) and its four corners."""
    d = np.array(DEPTH)
    faces = []
    for c in range(C):
        for p in range(P):
            corner = np.array([c, p], dtype=float)
            faces.append(
                ((0, c, p), corner + np.array([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=float))
            )
    for n in range(N):
        for c in range(C):
            corner = np.array([c, P]) + n * d
            faces.append(
                (
                    (n, c, P - 1),
                    corner + np.array([[0, 0], [1, 0], np.add(d, (1, 0)), d]),
                )
            )
        for p in range(P):
            corner = np.array([C, p]) + n * d
            faces.append(
                (
                    (n, C - 1, p),
                    corner + np.array([[0, 0], d, np.add(d, (0, 1)), [0, 1]]),
                )
            )
    return faces


def _draw(axes: Any, member: Member | None) -> int:
    """Draws the block with one set shaded; the number of shaded faces."""
    from matplotlib.patches import Polygon

    shaded = 0
    for (n, c, p), corners in _faces():
        inside = member is not None and member(n, c, p)
        shaded += inside
        if inside:
            axes.add_patch(Polygon(corners, facecolor=kit.BLUE, edgecolor="none", alpha=0.45))
        axes.add_patch(Polygon(corners, facecolor="none", edgecolor=kit.MUTED, linewidth=0.7))
    axes.set_xlim(-1.2, C + N * DEPTH[0] + 1.2)
    axes.set_ylim(-1.0, P + N * DEPTH[1] + 0.1)
    axes.set_aspect("equal")
    axes.axis("off")
    return shaded


def figure_cubes(tr: Tr) -> Figure:
    canvas, panels = kit.canvas(2, 3, height=3.3)
    titles = {
        "batch": tr("批归一化", "batch norm"),
        "layer": tr("层归一化，图像", "layer norm, image"),
        "token": tr("层归一化，词元", "layer norm, token"),
        "instance": tr("实例归一化", "instance norm"),
        "group": tr("组归一化", "group norm"),
    }
    data = {}
    for axes, key in zip(panels.flat, titles, strict=False):
        data[key] = _draw(axes, SETS[key])
        axes.set_title(titles[key], fontsize=9.5)
    axes = panels.flat[5]
    _draw(axes, None)
    axes.set_title(tr("各维的含义", "the axes"), fontsize=9.5)
    axes.text(C / 2, -0.3, tr("C：通道", "C: channels"), ha="center", va="top", fontsize=9)
    axes.text(
        -0.3, P / 2, tr("位置", "positions"), rotation=90, ha="right", va="center", fontsize=9
    )
    axes.text(C + 1.3, 0.15, tr("N：样本", "N: examples"), ha="left", va="top", fontsize=9)
    panels[1][1].text(C / 2, -0.3, tr("三组", "three groups"), ha="center", va="top", fontsize=9)
    return Figure(
        canvas,
        caption=tr(
            f"{N} 个样本、{C} 个通道、{P} 个位置（图像的 H × W，或序列里的词元）。"
            "涂色的数共用一组均值与方差；RMSNorm 的范围同右上图，只用均方根。",
            f"{N} examples, {C} channels and {P} positions (H × W of an image, or the tokens of a "
            "sequence). The shaded numbers share one mean and variance; RMSNorm takes the root "
            "mean square of the set at the upper right.",
        ),
        alt=tr(
            "六个长方体。批归一化涂一个通道的所有样本与位置；"
            "层归一化涂一个样本的全部，或一个样本一个位置的所有通道；"
            "实例归一化涂一个样本一个通道的所有位置；组归一化涂一个样本两个通道的所有位置。",
            "Six blocks. Batch norm shades one channel over all examples and positions; layer norm "
            "all of one example, or all channels at one position of it; instance norm one channel "
            "of one example; group norm two channels of one example.",
        ),
        data=data,
    )


# --------------------------------------------------------------------------- how many statistics

SHAPE = (2, 6, 4, 4)

_SIZES = {
    "N": kit.integer(("样本数", "number of examples"), 1, 3),
    "C": kit.constant(("通道数", "number of channels"), 6),
    "P": kit.integer(("位置数 H × W", "number of positions"), 1, 4),
    "x": kit.array(("输入", "the input"), ("N", "C", "P"), -3, 3),
    "n": kit.index(("样本", "an example"), "N"),
    "c": kit.index(("通道", "a channel"), "C"),
    "p": kit.index(("位置", "a position"), "P"),
}


def _mean(latex: str, axes: tuple[int, ...], **more: Any) -> Formula:
    return Formula(latex, {**_SIZES, **more}, equals=lambda x: x.mean(axis=axes))


_batch = _mean(r"\mu_c = \frac{1}{N P} \sum_{n=1}^{N} \sum_{p=1}^{P} x_{ncp}", (0, 2))
_layer = _mean(r"\mu_n = \frac{1}{C P} \sum_{c=1}^{C} \sum_{p=1}^{P} x_{ncp}", (1, 2))
_token = _mean(r"\mu_{np} = \frac{1}{C} \sum_{c=1}^{C} x_{ncp}", (1,))
_instance = _mean(r"\mu_{nc} = \frac{1}{P} \sum_{p=1}^{P} x_{ncp}", (2,))
_group = Formula(
    r"\mu_{ng} = \frac{3}{C P} \sum_{c=1}^{C} \mathbf{1}[\lceil 3 c / C \rceil = g]"
    r" \sum_{p=1}^{P} x_{ncp}",
    {**_SIZES, "g": kit.index(("组", "a group"), 3)},
    equals=lambda x: x.reshape(len(x), 3, 2, -1).mean(axis=(2, 3)),
)
_rms = Formula(
    r"r_{np}^2 = \frac{1}{C} \sum_{c=1}^{C} x_{ncp}^2",
    _SIZES,
    equals={"r_{np}^2": lambda x: (x**2).mean(axis=1)},
)


def statistics() -> dict[str, int]:
    """Number of statistics for an input of SHAPE: how many means differ from one another."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=SHAPE)
    n, c, h, w = SHAPE
    means = {
        "batch": x.mean(axis=(0, 2, 3)),
        "layer": x.mean(axis=(1, 2, 3)),
        "token": x.mean(axis=1),
        "instance": x.mean(axis=(2, 3)),
        "group": x.reshape(n, 3, c // 3, h, w).mean(axis=(2, 3, 4)),
        "rms": (x**2).mean(axis=1),
    }
    return {key: len(np.unique(value)) for key, value in means.items()}


def table_axes(tr: Tr) -> Table:
    count, size = statistics(), int(np.prod(SHAPE))
    names = {
        "batch": (tr("批归一化", "batch norm"), _batch, tr("会", "yes")),
        "layer": (tr("层归一化（C, H, W）", "layer norm (C, H, W)"), _layer, tr("不会", "no")),
        "token": (tr("层归一化（每个词元）", "layer norm (token)"), _token, tr("不会", "no")),
        "instance": (tr("实例归一化", "instance norm"), _instance, tr("不会", "no")),
        "group": (tr("组归一化，三组", "group norm, three groups"), _group, tr("不会", "no")),
        "rms": (tr.name("RMSNorm"), _rms, tr("不会", "no")),
    }
    return Table(
        [
            tr("层", "layer"),
            tr("统计量", "statistic"),
            Col(tr("几组", "how many"), format="d"),
            Col(tr("每组几个数", "numbers in each"), format="d"),
            tr("会随同批样本变吗", "depends on the batch?"),
        ],
        [
            [label, formula, count[key], size // count[key], depends]
            for key, (label, formula, depends) in names.items()
        ],
        caption=tr(
            "各层沿哪些维求统计量（方差同理）；组数按形状 (2, 6, 4, 4) 数出，P 是位置数 H × W",
            "Over which axes each layer takes its statistics (the variance likewise); counted for "
            "the shape (2, 6, 4, 4), P is the number of positions H × W",
        ),
    )


def value_axes() -> dict[str, int]:
    return statistics()


# --------------------------------------------------------------------------- what it ignores

LAYERS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "batch": batch_norm,
    "layer": lambda x: normalise(x, (1, 2, 3)),
    "instance": instance_norm,
    "group": lambda x: group_norm(x, 3),
    "token": lambda x: layer_norm(np.moveaxis(x, 1, -1)),
    "rms": lambda x: rms_norm(np.moveaxis(x, 1, -1)),
}


def _changed(key: str) -> np.ndarray:
    """One change after the other: is the output of the layer another?  (4,) of bool."""
    x = np.random.default_rng(4).normal(1, 2, SHAPE)
    channel = np.zeros(SHAPE)
    channel[:, 0] = 1
    one = channel.copy()
    one[1:] = 0
    example = np.zeros(SHAPE)
    example[0] = 1
    changes = [x * (1 + 2 * example), x + 5 * example, x * (1 + 2 * channel) + 5 * channel]
    changes.append(x * (1 + 2 * one) + 5 * one)
    before = LAYERS[key](x)
    return np.array([np.abs(LAYERS[key](c) - before).max() > 1e-3 for c in changes])


def table_ignored(tr: Tr) -> Table:
    labels = {
        "batch": tr("批归一化", "batch norm"),
        "layer": tr("层归一化（C, H, W）", "layer norm (C, H, W)"),
        "token": tr("层归一化（每个词元）", "layer norm (token)"),
        "instance": tr("实例归一化", "instance norm"),
        "group": tr("组归一化，三组", "group norm, three groups"),
        "rms": tr.name("RMSNorm"),
    }
    same, other = tr("不变", "same"), tr("改变", "changes")
    return Table(
        [
            tr("层", "layer"),
            tr("一个样本乘以 3", "one example times 3"),
            tr("一个样本加 5", "one example plus 5"),
            tr("所有样本的一个通道：乘 3 加 5", "a channel of all examples: times 3, plus 5"),
            tr("一个样本的一个通道：乘 3 加 5", "a channel of one example: times 3, plus 5"),
        ],
        [
            [label, *(other if changed else same for changed in _changed(key))]
            for key, label in labels.items()
        ],
        caption=tr(
            "改动输入，输出变不变（实测；差别不超过千分之一算不变，那是 ε 留下的）",
            "The input is changed: does the output change? (Measured; differences of at most a "
            "thousandth, which ε leaves, count as none)",
        ),
    )


def value_ignored() -> dict[str, object]:
    """Largest differences: IN before and after a change of contrast; wrong axes against right."""
    contrast, wrong, whole = [], [], []
    for rng in kit.seeds(5):
        x = rng.normal(size=SHAPE)
        y = x.copy()
        y[0, 0] = 3 * y[0, 0] + 5
        contrast.append(np.abs(instance_norm(y) - instance_norm(x)).max())
        wrong.append(np.abs(normalise(x, 1) - instance_norm(x)).max())
        tokens = rng.normal(size=(2, 5, 8))
        whole.append(np.abs(normalise(tokens, (1, 2)) - layer_norm(tokens)).max())
    return {
        "contrast": Spread(contrast),
        "wrong": Spread(wrong),
        "whole": Spread(whole),
        "tokens": 2 * 5,
        "shape": list(SHAPE),
        "token_shape": [2, 5, 8],
    }
