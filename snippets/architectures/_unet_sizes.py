"""The sizes of the paper's U-Net: the U itself, its chain of sides, its layers, other inputs."""

from __future__ import annotations

from functools import cache
from typing import Any

from snippets import kit
from snippets.architectures._layers import Layer, layer_table, on_meta, totals, trace
from snippets.architectures.unet import torch_unet, trace_sizes
from snippets.foundations._flow import arrow, blank
from snippets.kit import Col, Figure, Table, Tr

SIDE, DEPTH, BASE = 572, 4, 64


@cache
def _traced() -> tuple[Layer, ...]:
    return tuple(trace(on_meta(torch_unet), (1, SIDE, SIDE)))


def convolutions() -> list[Layer]:
    return [layer for layer in _traced() if layer.macs]


def table_layers(tr: Tr) -> Table:
    return layer_table(
        tr,
        [(f"`{layer.name}`", layer) for layer in convolutions()],
        tr(
            f"论文里的 U-Net，输入 1×{SIDE}×{SIDE}，两类：逐层由模块读出。"
            "每个 3×3 卷积之后有 ReLU；`down` 的每一级之后是 2×2 最大池化；"
            "`up` 是 2×2 转置卷积，步幅 2；"
            "`merge` 的输入是裁剪后的跳连与 `up` 的输出拼接而成",
            f"The U-Net of the paper for an input of 1×{SIDE}×{SIDE} and two classes, read from "
            "the module. A ReLU follows each 3×3 convolution, 2×2 max pooling each level of "
            "`down`; `up` are 2×2 transposed convolutions with stride 2; the input of `merge` is "
            "the cropped skip and the output of `up`, concatenated",
        ),
    )


def table_down(tr: Tr) -> Table:
    down, bottom, _ = trace_sizes(SIDE, DEPTH)
    rows = [
        [level, BASE * 2**level, given, given - 2, made, made // 2 if level < DEPTH else None]
        for level, (given, made) in enumerate([*down, bottom])
    ]
    return Table(
        [
            Col(tr("级", "level"), format="d"),
            Col(tr("通道", "channels"), format="d"),
            Col(tr("输入", "input"), format="d"),
            Col(tr("卷积一", "conv 1"), format="d"),
            Col(tr("卷积二（留作跳连）", "conv 2 (the skip)"), format="d"),
            Col(tr("池化", "pooled"), format="d"),
        ],
        rows,
        caption=tr(
            "下行：每级两次 3×3 卷积，边长各减 2，再池化减半；最后一行是底部，不再池化",
            "The way down: two 3×3 convolutions take 2 off the side each, pooling halves it; the "
            "last row is the bottom, which is not pooled",
        ),
    )


def table_up(tr: Tr) -> Table:
    up = trace_sizes(SIDE, DEPTH)[2]
    rows = []
    for place, (enlarged, skip, made) in enumerate(up):
        level = DEPTH - 1 - place
        width = BASE * 2**level
        rows.append([level, enlarged, skip, (skip - enlarged) // 2, 2 * width, made])
    return Table(
        [
            Col(tr("级", "level"), format="d"),
            Col(tr("放大后", "upsampled"), format="d"),
            Col(tr("跳连", "skip"), format="d"),
            Col(tr("每边裁去", "cropped, each side"), format="d"),
            Col(tr("拼接后的通道", "channels, joined"), format="d"),
            Col(tr("两次卷积后", "after two convs"), format="d"),
        ],
        rows,
        caption=tr(
            "上行：边长加倍，跳连裁到同样大小后拼接，再两次 3×3 卷积",
            "The way up: the side is doubled, the skip cropped to it and joined, then two 3×3 "
            "convolutions",
        ),
    )


def value_counts() -> dict[str, float]:
    down, bottom, up = trace_sizes(SIDE, DEPTH)
    layers = convolutions()
    parameters, macs = totals(layers)
    joined = [side**2 * BASE * 2 ** (DEPTH - 1 - place) for place, (side, _, _) in enumerate(up)]
    field = 1  # pixels that a position at the bottom sees, from the bottom back to the image
    for _ in range(DEPTH):
        field = 2 * (field + 4)  # two 3×3 convolutions, then a 2×2 pooling with stride 2
    field += 4
    return {
        "parameters": parameters,
        "macs": macs / 1e9,
        "convolutions": len(layers),
        "transposed": sum(la.kind == "ConvTranspose2d" for la in layers),
        "input": SIDE,
        "first": down[0][1],
        "output": up[-1][2],
        "lost": SIDE - up[-1][2],
        "border": (SIDE - up[-1][2]) // 2,
        "bottom": bottom[1],
        "bottom_channels": BASE * 2**DEPTH,
        "bottom_share": totals(la for la in layers if la.name.startswith("bottom"))[0] / parameters,
        "skip_numbers": sum(joined),
        "field": field,
        "bottom_numbers": bottom[1] ** 2 * BASE * 2**DEPTH,
        "rgb": 3 * 9 * BASE - 9 * BASE,
    }


INPUTS = (188, 256, 512, 570, 572)


def _fits(size: int, padding: int) -> tuple[int | None, str]:
    """The side of the output, or None and what goes wrong."""
    if not padding:
        try:
            return trace_sizes(size, DEPTH)[2][-1][2], ""
        except ValueError as error:
            return None, str(error)
    if size % 2**DEPTH:
        return None, "odd"
    return trace(on_meta(torch_unet, base=2, padding=1), (1, size, size))[-1].shape[-1], ""


def table_inputs(tr: Tr) -> Table:
    odd = tr("不行：有一级要池化奇数边长", "no: a level has an odd side to pool")
    rows = []
    for size in INPUTS:
        cells = [_fits(size, padding)[0] for padding in (0, 1)]
        rows.append([f"{size}×{size}", *(odd if c is None else f"{c}×{c}" for c in cells)])
    return Table(
        [
            tr("输入", "input"),
            tr("不填充（论文）", "no padding (the paper)"),
            tr("填充 1", "padding 1"),
        ],
        rows,
        caption=tr(
            f"哪些输入尺寸可用，输出多大（池化 {DEPTH} 次）",
            f"Which sizes work, and the size of the output ({DEPTH} poolings)",
        ),
    )


# --------------------------------------------------------------------------- the drawing


def _slab(axes: Any, x: float, y: float, width: float, height: float, colour: str) -> None:
    from matplotlib.patches import Rectangle

    for face, edge, alpha in ((colour, "none", 0.2), ("none", colour, 1)):
        axes.add_patch(
            Rectangle(
                (x, y), width, height, facecolor=face, edgecolor=edge, alpha=alpha, linewidth=1.1
            )
        )


def figure_u(tr: Tr) -> Figure:
    down, bottom, up = trace_sizes(SIDE, DEPTH)
    canvas, axes = blank(4.7)
    step, top = 0.84, 4.05
    left, right = 0.25, 4.55

    def label(x: float, y: float, text: str, colour: str = kit.INK, **how: Any) -> None:
        axes.text(x, y, text, color=colour, fontsize=9, **{"ha": "center", "va": "center"} | how)

    for level, (given, made) in enumerate(down):
        y, x = top - step * level, left + 0.36 * level
        channels = BASE * 2**level
        _slab(axes, x, y - 0.14, 0.62, 0.28, kit.BLUE)
        label(x + 0.31, y, f"{made}²")
        label(x + 0.31, y + 0.25, f"{given}² → ", kit.MUTED)
        to = x + 0.58 if level < DEPTH - 1 else (left + right + 0.62) / 2 - 0.3
        arrow(axes, (x + 0.42, y - 0.16), (to, y - step + 0.36), kit.RED)
        enlarged, skip, end = up[DEPTH - 1 - level]
        u = right - 0.36 * level
        arrow(axes, (x + 0.66, y), (u - 0.06, y), kit.ORANGE, kit.LINES[1])
        label((x + 0.66 + u) / 2, y + 0.13, f"{skip}² → {enlarged}²", kit.ORANGE)
        _slab(axes, u, y - 0.14, 0.62, 0.28, kit.BLUE)
        label(u + 0.31, y, f"{end}²")
        label(u + 0.31, y + 0.25, f"{enlarged}² → ", kit.MUTED)
        label(u + 0.68, y, str(channels), kit.BLUE, ha="left")
    y, middle = top - step * DEPTH, (left + right + 0.62) / 2
    _slab(axes, middle - 0.35, y - 0.14, 0.7, 0.28, kit.BLUE)
    label(middle, y, f"{bottom[1]}²")
    label(middle, y + 0.25, f"{bottom[0]}² → ", kit.MUTED)
    label(middle + 0.41, y, str(BASE * 2**DEPTH), kit.BLUE, ha="left")
    for level in range(DEPTH):
        u, v = right - 0.36 * level, top - step * level
        start = u + 0.04 if level < DEPTH - 1 else middle + 0.3
        arrow(axes, (start, v - step + 0.36), (u + 0.22, v - 0.16), kit.GREEN)
    key = [
        (kit.RED, "-", tr("2×2 最大池化", "2×2 max pooling")),
        (kit.ORANGE, kit.LINES[1], tr("裁剪后拼接", "crop, concatenate")),
        (kit.GREEN, "-", tr("2×2 转置卷积", "2×2 transposed conv")),
    ]
    for place, (colour, line, text) in enumerate(key):
        x = 0.08 + 1.78 * place
        arrow(axes, (x, 0.14), (x + 0.3, 0.14), colour, line)
        label(x + 0.37, 0.14, text, ha="left")
    return Figure(
        canvas,
        caption=tr(
            "论文里的 U-Net。每个方框里是两次 3×3 卷积（不填充）之后的边长，"
            "上方灰字是卷积之前的边长；右侧蓝字是这一级的通道数。"
            "橙色跳连把左边的特征图裁到右边那么大，拼在一起。",
            "The U-Net of the paper. In each box the side after two 3×3 convolutions without "
            "padding, above it in grey the side before them; on the right in blue the channels of "
            "the level. The orange skips crop the map on the left to the size on the right and "
            "join the two.",
        ),
        alt=tr(
            "U 形图：左侧从 572 逐级降到 568、280、136、64，底部是 28，"
            "右侧逐级升到 52、100、196、388；四条橙色虚线箭头从左到右。",
            "A U: on the left from 572 down the levels 568, 280, 136, 64, at the bottom 28, on the "
            "right up to 52, 100, 196, 388; four dashed orange arrows lead from left to right.",
        ),
        data={"down": down, "bottom": bottom, "up": up},
    )
