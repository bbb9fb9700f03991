"""The two blocks, drawn: what the branch does to 64 or 256 channels, and the way past it."""

from __future__ import annotations

from typing import Any

from snippets import kit
from snippets.foundations._flow import arrow, blank, box
from snippets.kit import Figure, Tr

BASIC = (("3×3", 64, 64), ("3×3", 64, 64))
BOTTLENECK = (("1×1", 256, 64), ("3×3", 64, 64), ("1×1", 64, 256))


def _draw(axes: Any, tr: Tr, x: float, top: float, plan: tuple, title: str, skip: str) -> None:
    """One block from the top down, its branch at x, the shortcut to the right of it."""
    channels = plan[0][1]
    axes.text(x, top + 0.33, title, ha="center", weight="bold", color=kit.INK)
    axes.text(x, top, f"x: {channels}", ha="center", va="center", color=kit.INK)
    y = top - 0.14
    height, gap = 0.36, 0.24
    for number, (kernel, given, made) in enumerate(plan):
        arrow(axes, (x, y), (x, y - gap))
        y -= gap + height / 2
        last = number == len(plan) - 1
        after = tr.name("BN") if last else tr.name("BN, ReLU")
        box(axes, x, y, 1.9, height, f"{kernel}, {given}→{made}, {after}")
        y -= height / 2
    arrow(axes, (x, y), (x, y - gap))
    y -= gap + 0.13
    axes.text(x, y, "+", ha="center", va="center", fontsize=13, color=kit.INK)
    axes.plot(
        [x], [y], "o", markersize=17, markerfacecolor="none", markeredgecolor=kit.INK, zorder=1
    )
    side = x + 1.16
    axes.plot(
        [x + 0.32, side, side],
        [top, top, y],
        color=kit.ORANGE,
        linewidth=1.6,
        solid_joinstyle="round",
    )
    arrow(axes, (side, y), (x + 0.14, y), kit.ORANGE)
    axes.text(
        side + 0.06,
        (top + y) / 2,
        skip,
        color=kit.ORANGE,
        rotation=90,
        va="center",
        ha="left",
        fontsize=9,
    )
    arrow(axes, (x, y - 0.13), (x, y - 0.13 - gap))
    axes.text(x, y - 0.27 - gap, f"ReLU → y: {channels}", ha="center", va="center", color=kit.INK)


def figure_blocks(tr: Tr) -> Figure:
    canvas, axes = blank(3.9)
    identity = tr("捷径：x 原样", "shortcut: x as it is")
    _draw(axes, tr, 1.2, 3.05, BASIC, tr("普通块", "basic block"), identity)
    _draw(axes, tr, 3.95, 3.4, BOTTLENECK, tr("瓶颈块", "bottleneck"), identity)
    tr.name("ReLU → y: 64")
    tr.name("ReLU → y: 256")
    for plan in (BASIC, BOTTLENECK):
        for number, (kernel, given, made) in enumerate(plan):
            after = "BN" if number == len(plan) - 1 else "BN, ReLU"
            tr.name(f"{kernel}, {given}→{made}, {after}")
    return Figure(
        canvas,
        caption=tr(
            "两种残差块，数字是通道数。左：两个 3×3 卷积（ResNet-18、34）。"
            "右：1×1 先把通道减到四分之一，3×3 在少的通道上做，1×1 再还原（ResNet-50 以上）。"
            "BN 是批归一化；最后的 ReLU 在相加之后。",
            "The two residual blocks, with numbers of channels. Left: two 3×3 convolutions "
            "(ResNet-18, 34). Right: a 1×1 reduces the channels to a quarter, the 3×3 works on "
            "these, a 1×1 restores them (ResNet-50 and deeper). BN is batch normalisation; the "
            "last ReLU comes after the sum.",
        ),
        alt=tr(
            "两个自上而下的流程图：x 经过两个或三个卷积框，到加号处与右侧绕过来的橙色捷径相加，"
            "再过 ReLU 得 y。",
            "Two charts from the top down: x passes two or three boxes of convolutions, meets at a "
            "plus sign the orange shortcut that went round on the right, and leaves through a ReLU "
            "as y.",
        ),
        data={"basic": BASIC, "bottleneck": BOTTLENECK},
    )
