"""What one output reads, kind by kind: cells of the neighbourhood and channels, by gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from snippets import kit
from snippets.convolution import _pixels
from snippets.convolution._convolution_overview_rules import NAMES
from snippets.convolution.convolution_overview import (
    DILATION,
    GROUPS,
    KINDS,
    STRIDE,
    C,
    footprints,
    reaches,
)
from snippets.kit import Figure, Tr

WINDOW = 7
SETTINGS = {
    "dilated": f"d = {DILATION}",
    "grouped": f"g = {GROUPS}",
    "transposed": f"s = {STRIDE}",
}


def widest(name: str) -> np.ndarray:
    """Of the four outputs the footprint with the most numbers."""
    return max(footprints(name), key=np.count_nonzero)


def _window(cells: np.ndarray) -> np.ndarray:
    """WINDOW × WINDOW around the cells that are read."""
    rows, columns = (np.flatnonzero(cells.any(axis=axis)) for axis in (1, 0))
    top, left = (int(seen[0] + seen[-1] + 1) // 2 - WINDOW // 2 for seen in (rows, columns))
    return cells[top : top + WINDOW, left : left + WINDOW]


def _bar(axes: Any, channels: np.ndarray) -> None:
    """All channels from left to right, as wide as the window; those that are read are filled."""
    from matplotlib.patches import Rectangle

    edges = np.flatnonzero(np.diff(np.concatenate([[0], channels.astype(int), [0]])))
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        place = (WINDOW * first / C, WINDOW + 0.7)
        width = WINDOW * (last - first) / C
        axes.add_patch(Rectangle(place, width, 0.9, facecolor=kit.ORANGE, edgecolor="none"))
    axes.add_patch(
        Rectangle(
            (0, WINDOW + 0.7), WINDOW, 0.9, facecolor="none", edgecolor=kit.MUTED, linewidth=0.7
        )
    )


def figure_footprints(tr: Tr) -> Figure:
    canvas, panels = kit.canvas(2, 4, height=3.9)
    data: dict[str, list[int]] = {"cells": [], "channels": [], "weights": []}
    lines = np.arange(WINDOW + 1)
    for axes, (name, label) in zip(panels.flat, NAMES.items(), strict=True):
        seen, kind = widest(name), KINDS[name]
        cells, channels = np.asarray(seen.any(axis=0)), np.asarray(seen.any(axis=(1, 2)))
        _pixels.draw(axes, _window(cells).astype(float))
        axes.hlines(lines, 0, WINDOW, color=kit.MUTED, linewidth=0.35)
        axes.vlines(lines, 0, WINDOW, color=kit.MUTED, linewidth=0.35)
        _bar(axes, channels)
        axes.set_ylim(WINDOW + 5, -0.2)
        for spine in axes.spines.values():
            spine.set_visible(False)
        setting = SETTINGS.get(name)
        title = tr("深度可分离", "separable") if name == "separable" else tr.pair(label)
        axes.set_title(f"{title}{tr('，', ', ')}{setting}" if setting else title, fontsize=9)
        numbers = max(reach.numbers for reach in reaches(name))
        axes.text(
            WINDOW / 2,
            WINDOW + 2.0,
            tr(f"读 {numbers} 个数\n{kind.weights:,d} 个权重",
               f"reads {numbers}\n{kind.weights:,d} weights"),
            ha="center",
            va="top",
            fontsize=8.5,
        )  # fmt: skip
        data["cells"].append(int(cells.sum()))
        data["channels"].append(int(channels.sum()))
        data["weights"].append(kind.weights)
    return Figure(
        canvas,
        caption=tr(
            f"一个输出读到的输入，由梯度量出。蓝格：每个通道里的位置；橙条：{C} 个通道里的哪些。"
            "空洞卷积读的格子与普通卷积一样多，只是散开；深度可分离卷积读的也一样，权重少得多。"
            "转置卷积画的是读得最多的一种输出，别的只读一格或两格。",
            "What one output reads, measured by gradients. Blue: places in each channel; the bar: "
            f"which of the {C} channels. A dilated convolution reads as many cells as an ordinary "
            "one, spread out; a depthwise separable one reads the same numbers with far fewer "
            "weights. For the transposed one the outputs that read most are shown; others read "
            "one cell or two.",
        ),
        alt=tr(
            "八个小格图，各带一条通道。普通、分组、逐通道、深度可分离都是 3×3 一块，"
            "空洞是隔一格的九格，1×1 是一格，转置与池化是 2×2。"
            "通道条在普通、1×1、空洞、深度可分离、转置里是满的，"
            "分组里占八分之一，逐通道与池化里只有一细条。",
            "Eight small grids with a bar of channels each. Ordinary, grouped, depthwise and "
            "separable are blocks of 3×3, dilated is nine cells one apart, 1×1 one cell, "
            "transposed and pooling 2×2. The bar is full for ordinary, 1×1, dilated, separable "
            "and transposed, an eighth for grouped, a sliver for depthwise and pooling.",
        ),
        data=data,
    )


def value_kinds() -> dict[str, float]:
    """What the page says of the kinds."""
    standard, separable = KINDS["standard"], KINDS["separable"]
    transposed = [reach.cells for reach in reaches("transposed")]
    per_output = {
        name: KINDS[name].weights * KINDS[name].uses / KINDS[name].side ** 2
        for name in ("standard", "transposed")
    }
    return {
        "numbers": reaches("standard")[0].numbers,
        "standard": standard.weights,
        "separable": separable.weights,
        "share": separable.weights / standard.weights,
        "grouped_share": KINDS["grouped"].weights / standard.weights,
        "span": reaches("dilated")[0].span,
        "fewest": min(transposed),
        "most": max(transposed),
        "mean": float(np.mean(transposed)),
        "per_output": per_output["transposed"] / per_output["standard"],
        "strided": KINDS["strided"].weights
        * KINDS["strided"].uses
        / (standard.weights * standard.uses),
    }
