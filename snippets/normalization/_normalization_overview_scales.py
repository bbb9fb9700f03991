"""One batch of different contrasts and channels, before and after each method."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Figure, Pair, Tr
from snippets.normalization.normalization_overview import METHODS

CONTRAST = np.array([0.5, 1.0, 3.0])
MEANS, SCALES = np.array([0.0, 1.0, 2.0, 3.0]), np.array([1.0, 2.0, 0.5, 1.0])
SIDE, GROUPS, TRAIN = 8, 2, 101
SHOWN: dict[str, Pair] = {
    "input": ("输入", "input"),
    "z_score": ("z-score", "z-score"),
    "batch": ("批归一化", "batch norm"),
    "layer": ("层归一化，图像", "layer, image"),
    "token": ("层归一化，词元", "layer, token"),
    "rms": ("RMSNorm", "RMSNorm"),
    "instance": ("实例归一化", "instance"),
    "group": ("组归一化", "group"),
}


def draw(contrast: np.ndarray) -> np.ndarray:
    """Pictures (N, 4, SIDE, SIDE) of these contrasts: contrast · (mean + scale · wave).

    The waves have mean 0 and variance 1 over the positions and are uncorrelated.
    """
    p = np.arange(SIDE**2)
    waves = [np.sqrt(2) * np.cos(2 * np.pi * (k + 1) * p / p.size) for k in range(len(MEANS))]
    picture = MEANS[:, None] + SCALES[:, None] * np.array(waves)
    return (contrast[:, None, None] * picture).reshape(len(contrast), -1, SIDE, SIDE)


@cache
def planes(key: str) -> np.ndarray:
    """Mean and standard deviation of every channel of every example, (2, N, C), after a method."""
    x = draw(CONTRAST)
    if key == "z_score":
        x = METHODS[key].ours(x, draw(np.geomspace(CONTRAST[0], CONTRAST[-1], TRAIN)))
    elif key == "group":
        x = METHODS[key].ours(x, GROUPS)
    elif key != "input":
        x = METHODS[key].ours(x)
    return np.array([x.mean(axis=(2, 3)), x.std(axis=(2, 3))])


def figure_scales(tr: Tr) -> Figure:
    canvas, panels = kit.canvas(2, 4, height=4.1, sharex=True)
    n, c = len(CONTRAST), len(MEANS)
    places = np.arange(n)[:, None] * (c + 1.5) + np.arange(c)
    for axes, key in zip(panels.flat, SHOWN, strict=True):
        mean, std = planes(key)
        axes.axhline(0, color=kit.GRID, linewidth=0.8, zorder=0)
        for channel, (colour, marker) in enumerate(zip(kit.SERIES, "os^D", strict=False)):
            axes.errorbar(
                places[:, channel],
                mean[:, channel],
                std[:, channel],
                color=colour,
                marker=marker,
                markersize=3.2,
                linestyle="none",
                linewidth=1.4,
                label=tr(f"通道 {channel + 1}", f"channel {channel + 1}"),
            )
        axes.set_title(tr.pair(SHOWN[key]), fontsize=9.5)
        axes.set_xticks(places.mean(axis=1), ["1", "2", "3"])
        axes.grid(False)
        if key != "input":
            axes.set_ylim(-3.4, 3.4)
            axes.set_yticks([-2, 0, 2])
    for axes in panels[1]:
        axes.set_xlabel(tr("样本", "example"))
    handles, labels = panels[0, 0].get_legend_handles_labels()
    canvas.legend(handles, labels, loc="outside lower center", ncols=4)
    return Figure(
        canvas,
        caption=tr(
            "一批三个样本（对比度 0.5、1、3），各四个通道：每个通道的均值（点）± 标准差（线）。"
            f"输入的纵轴另有刻度；z-score 逐通道用 {TRAIN} 个训练样本的统计量，组归一化分两组；"
            "γ 为 1，β 为 0。",
            "A batch of three examples (contrast 0.5, 1, 3) with four channels each: mean (mark) "
            "± standard deviation (bar) of every channel. The input has a scale of its own; "
            f"z-score by channel with the statistics of {TRAIN} training examples, group norm in "
            "two groups; γ is 1, β is 0.",
        ),
        alt=tr(
            "八幅小图。输入里样本 3 的线最长。z-score 与批归一化之后，样本 3 仍比样本 1 长；"
            "层归一化、RMSNorm、组归一化之后三个样本完全一样，各通道仍然不同；"
            "实例归一化之后所有的线都以 0 为中心，一样长。",
            "Eight small panels. In the input, example 3 has the longest bars. After z-score and "
            "batch norm it still has; after layer norm, RMSNorm and group norm the three examples "
            "are alike and the channels still differ; after instance norm all bars are centred at "
            "0 and equally long.",
        ),
        data={
            f"{key}_{what}": planes(key)[i]
            for key in SHOWN
            for i, what in enumerate(("mean", "std"))
        },
    )


def value_left() -> dict[str, float]:
    """Ratios of standard deviations that are left: example 3 over 1, and of channels."""
    found = {}
    for key in SHOWN:
        mean, std = planes(key)
        found |= {
            f"{key}_examples": float(std[-1, 0] / std[0, 0]),
            f"{key}_channels": float(std[0].max() / std[0].min()),
            f"{key}_mean": float(mean[-1].mean()),
        }
    return found
