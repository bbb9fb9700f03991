"""Which output channel reads which input channel: a diagram."""

from __future__ import annotations

from typing import Any

from snippets import kit
from snippets.kit import Figure, Tr

INPUTS, OUTPUTS, GAP = 4, 6, 0.8


def _heights(count: int) -> list[float]:
    return [(count - 1) / 2 * GAP - i * GAP for i in range(count)]


def _nodes(axes: Any, x: float, count: int, colour: str) -> None:
    axes.plot([x] * count, _heights(count), "o", color=colour, markersize=9, zorder=3)


def _lines(axes: Any, x: float, pairs: list[tuple[int, int]], ends: tuple[int, int], wide: bool):
    """Lines between channels; solid and thick for 3×3, dashed and thin for 1×1."""
    left, right = _heights(ends[0]), _heights(ends[1])
    for i, o in pairs:
        axes.plot(
            [x, x + 1],
            [left[i], right[o]],
            color=kit.INK if wide else kit.ORANGE,
            linewidth=1.5 if wide else 0.9,
            linestyle="-" if wide else (0, (4, 2)),
            zorder=1,
        )


def figure_channels(tr: Tr) -> Figure:
    everyone = [(i, o) for i in range(INPUTS) for o in range(OUTPUTS)]
    grouped = [(i, o) for i, o in everyone if i // 2 == o // 3]
    own = [(i, i) for i in range(INPUTS)]
    canvas, panels = kit.canvas(1, 3, height=2.9, gridspec_kw={"width_ratios": [1.35, 1.35, 2.3]})
    titles = (
        tr("普通", "ordinary"),
        tr("分组，g = 2", "grouped, g = 2"),
        tr("逐通道，再逐点", "depthwise, pointwise"),
    )
    counts = (9 * len(everyone), 9 * len(grouped), 9 * len(own) + len(everyone))
    for axes, title, pairs in zip(panels, titles, (everyone, grouped, own), strict=True):
        last = axes is panels[2]
        _lines(axes, 0, pairs, (INPUTS, INPUTS if last else OUTPUTS), wide=True)
        _nodes(axes, 0, INPUTS, kit.BLUE)
        if last:
            _lines(axes, 1, everyone, (INPUTS, OUTPUTS), wide=False)
            _nodes(axes, 1, INPUTS, kit.PURPLE)
        _nodes(axes, 2 if last else 1, OUTPUTS, kit.GREEN)
        axes.set_title(title)
        axes.set_xlim(-0.25, 2.25 if last else 1.25)
        axes.set_ylim(-3.3, 2.4)
        axes.axis("off")
    for axes, count, x in zip(panels, counts, (0.5, 0.5, 1.0), strict=True):
        axes.text(x, -2.55, tr(f"{count} 个权重", f"{count} weights"), ha="center", va="top",
                  fontsize=9.5, color=kit.INK)  # fmt: skip
    return Figure(
        canvas,
        caption=tr(
            "四个输入通道（蓝）到六个输出通道（绿）。每条实线是一个 3×3 的核，"
            "每条虚线是一个 1×1 的权重。深度可分离卷积先逐通道看邻域，再逐像素混合通道。",
            "From four input channels (blue) to six output channels (green). A solid line is a 3×3 "
            "kernel, a dashed line one 1×1 weight. A depthwise separable convolution first looks "
            "around within each channel, then mixes the channels at each pixel.",
        ),
        alt=tr(
            "三张连线图。左：每个输入连到每个输出；中：上半连上半、下半连下半；"
            "右：每个输入通道一条实线到自己的中间通道，再用虚线连到全部输出。",
            "Three diagrams. Left, every input is joined to every output; centre, the upper half "
            "to the upper half and the lower to the lower; right, each input by one solid line to "
            "a channel of its own, and from there by dashed lines to all outputs.",
        ),
        data={"weights": list(counts)},
    )
