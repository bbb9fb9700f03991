"""VGG-11 layer by layer, the family beside it, and where parameters and MACs are."""

from __future__ import annotations

import re
from functools import cache

import numpy as np

from snippets import kit
from snippets.architectures._layers import (
    Layer,
    layer_table,
    on_meta,
    parameters_of,
    size_text,
    totals,
    trace,
    weighted,
)
from snippets.architectures.vgg import PUBLISHED, conv_parameters, torch_vgg, trace_vgg
from snippets.kit import Col, Figure, Table, Tr

NAMES = {"A": "VGG-11", "B": "VGG-13", "D": "VGG-16", "E": "VGG-19"}
CLASSES = 7


@cache
def _traced(config: str = "A") -> tuple[Layer, ...]:
    return tuple(trace(on_meta(torch_vgg, config), (3, 224, 224)))


def rows_of_table() -> list[tuple[str, Layer]]:
    """The 11 layers with weights and the pooling layers of VGG-11, named as on the page."""
    shown = [layer for layer in _traced() if layer.macs or "Pool" in layer.kind]
    return [(row[0], layer) for row, layer in zip(trace_vgg(), shown, strict=True)]


def table_layers(tr: Tr) -> Table:
    return layer_table(
        tr,
        [(f"`{name}`", layer) for name, layer in rows_of_table()],
        tr(
            "VGG-11（配置 A），输入 3×224×224，逐层由模块读出。每个卷积层与前两个全连接层之后都有 "
            "ReLU，没有参数，从略",
            "VGG-11 (configuration A) for an input of 3×224×224, read from the module. A ReLU "
            "without parameters follows each convolution and the first two linear layers",
        ),
    )


def table_family(tr: Tr) -> Table:
    rows = []
    for config, name in NAMES.items():
        layers = _traced(config)
        parameters, macs = totals(layers)
        convolutions = sum(layer.kind == "Conv2d" for layer in layers)
        rows.append(
            [
                f"{tr.name(name)} ({tr.name(config)})",
                convolutions,
                len(weighted(layers)),
                parameters,
                PUBLISHED[config][0],
                macs / 1e9,
                PUBLISHED[config][1],
            ]
        )
    documented = tr("文档", "docs")
    return Table(
        [
            tr("网络（配置）", "network"),
            Col(tr("卷积层", "conv"), format="d"),
            Col(tr("带权重的层", "weighted"), format="d"),
            Col(tr("参数", "parameters"), format=",d"),
            Col(documented, format=",d"),
            Col(tr.name("GMAC"), format=".3f"),
            Col(documented, format=".3f"),
        ],
        rows,
        caption=tr(
            "四种配置，输入 3×224×224，1000 类：由模块数出的个数，"
            "旁边是 torchvision 文档公布的（那里把 GMAC 写作 GFLOPS）",
            "The four configurations for 3×224×224 and 1000 classes: counted from the module, and "
            "beside it as torchvision documents it (where GMACs are called GFLOPS)",
        ),
    )


def value_counts() -> dict[str, float]:
    """Totals of VGG-11 and the shares of its parts; with another number of classes."""
    layers = _traced()
    parameters, macs = totals(layers)
    linear = [layer for layer in layers if layer.kind == "Linear"]
    fc, fc_macs = totals(linear)
    seven = parameters_of(on_meta(torch_vgg, "A", CLASSES))
    return {
        "parameters": parameters,
        "macs": macs / 1e9,
        "flops": 2 * macs / 1e9,
        "fc": fc / parameters,
        "fc1": linear[0].parameters,
        "fc1_share": linear[0].parameters / parameters,
        "conv_parameters": parameters - fc,
        "conv_macs": 1 - fc_macs / macs,
        "classes": CLASSES,
        "seven": seven,
        "head": linear[-1].parameters,
        "head_seven": 4096 * CLASSES + CLASSES,
        "megabytes": 4 * parameters / 1e6,
        "first": conv_parameters(3, 64),
        "first_macs": layers[0].macs,
        "channels": layers[0].shape[0],
        "hidden": linear[0].shape[0],
    }


def figure_share(tr: Tr) -> Figure:
    rows = [(name, layer) for name, layer in rows_of_table() if layer.macs]
    parameters, macs = totals(layer for _, layer in rows)
    shares = np.array([[la.parameters / parameters, la.macs / macs] for _, la in rows])
    canvas, (left, right) = kit.canvas(1, 2, height=3.3, sharey=True)
    place = np.arange(len(rows))
    for axes, values, title, colour in (
        (left, shares[:, 0], tr("参数占比", "share of the parameters"), kit.BLUE),
        (right, shares[:, 1], tr("MAC 占比", "share of the MACs"), kit.ORANGE),
    ):
        axes.barh(place, 100 * values, color=colour, height=0.68)
        for y, value in zip(place, values, strict=True):
            axes.text(100 * value + 1.5, y, f"{100 * value:.2g}", va="center", fontsize=9)
        axes.set_title(title)
        axes.set_xlim(0, 100)
        axes.set_xlabel("%")
        axes.grid(visible=False, axis="y")
    left.set_yticks(place, [tr.name(name) for name, _ in rows])
    left.invert_yaxis()
    return Figure(
        canvas,
        caption=tr(
            "VGG-11 的 11 个带权重的层：参数几乎都在第一个全连接层，计算几乎都在卷积层。",
            "The 11 layers with weights of VGG-11: most parameters are in the first linear layer, "
            "nearly all computation is in the convolutions.",
        ),
        alt=tr(
            "左图横条：fc1 独占七成多的参数，卷积层各不到两个百分点。"
            "右图横条：八个卷积层占去几乎全部 MAC，conv3_2 与 conv4_2 最多，"
            "三个全连接层合计不到百分之二。",
            "Left: fc1 alone has over three quarters of the parameters, each convolution less than "
            "two per cent. Right: the eight convolutions have nearly all MACs, conv3_2 and conv4_2 "
            "the most, the three linear layers less than two per cent together.",
        ),
        data={"parameters": shares[:, 0], "macs": shares[:, 1]},
    )


def figure_blocks(tr: Tr) -> Figure:
    """The stages as slabs: as high as the map is wide, as wide as it has channels."""
    from matplotlib.patches import Rectangle

    stages: list[list[Layer]] = [[]]
    for layer in _traced():
        if layer.kind == "Conv2d":
            stages[-1].append(layer)
        elif layer.kind == "MaxPool2d":
            stages.append([])
    stages.pop()
    linear = [layer for layer in _traced() if layer.kind == "Linear"]
    canvas, axes = kit.canvas(height=2.75)
    axes.set_axis_off()
    axes.set_ylim(0, 2.75)
    middle, x = 1.42, 0.12

    def slab(width: float, height: float, colour: str) -> None:
        nonlocal x
        for face, edge, alpha in ((colour, "none", 0.2), ("none", colour, 1)):
            axes.add_patch(
                Rectangle(
                    (x, middle - height / 2),
                    width,
                    height,
                    facecolor=face,
                    edgecolor=edge,
                    alpha=alpha,
                    linewidth=1.1,
                )
            )
        x += width + 0.05

    drawn = []
    for stage in stages:
        start = x
        channels, side, _ = stage[0].shape
        height = 1.9 * (side / 224) ** 0.5
        for _ in stage:
            slab(0.16 + 0.3 * channels / 512, height, kit.BLUE)
        slab(0.07, 1.9 * (side / 2 / 224) ** 0.5, kit.ORANGE)
        centre = (start + x) / 2
        axes.text(centre, middle + height / 2 + 0.07, f"{side}²", ha="center", fontsize=9)
        axes.text(
            centre,
            0.2,
            f"{len(stage)} × {channels}" if len(stage) > 1 else f"{channels}",
            ha="center",
            fontsize=9,
            color=kit.BLUE,
        )
        x += 0.2
        drawn.append((len(stage), channels, side))
    x += 0.04
    for layer in linear:
        width = layer.shape[0]
        start = x
        slab(0.14, 0.35 + 0.9 * width / 4096, kit.GREEN)
        axes.text(
            start + 0.07,
            middle + 0.26 + 0.45 * width / 4096,
            str(width),
            ha="center",
            fontsize=9,
            color=kit.GREEN,
        )
        x += 0.42
        drawn.append((1, width, 1))
    axes.set_xlim(0, x - 0.1)
    return Figure(
        canvas,
        caption=tr(
            "VGG-11。蓝：3×3 卷积，下面是通道数（两层的写作 2 × 通道数），上面是特征图的边长；"
            "橙：2×2 最大池化，边长减半；绿：全连接层与它的输出个数。",
            "VGG-11. Blue: 3×3 convolutions, their channels below (2 × where there are two), the "
            "side of the feature map above; orange: 2×2 max pooling, which halves the side; green: "
            "linear layers with the number of their outputs.",
        ),
        alt=tr(
            "五组越来越矮、越来越宽的蓝色板块，边长 224、112、56、28、14，"
            "各有 1、1、2、2、2 个卷积层，组间是橙色池化；右边三个绿色全连接层 4096、4096、1000。",
            "Five groups of blue slabs, ever lower and wider: sides 224, 112, 56, 28, 14 with 1, "
            "1, 2, 2, 2 convolutions, orange pooling after each; on the right three green linear "
            "layers of 4096, 4096 and 1000.",
        ),
        data={"blocks": drawn},
    )


SIZES = (16, 32, 64, 224, 256)


def message(size: int) -> str:
    """PyTorch's words for an image of this size without AdaptiveAvgPool2d; empty if it runs.

    The weights of the first linear layer are a view of one zero, which takes no memory.
    """
    import torch
    import torch.nn.functional as F

    try:
        channels, side, _ = next(r[1] for r in trace_vgg("A", size) if r[0] == "pool5")
    except ValueError:
        return "pool"
    weights = torch.zeros(1).expand(4096, 512 * 7 * 7)
    try:
        F.linear(torch.zeros(1, channels * side * side), weights)
    except RuntimeError as error:
        return str(error)
    return ""


def _shapes(told: str) -> str:
    """The two shapes that PyTorch names in its message."""
    return " · ".join(f"`{shape}`" for shape in re.findall(r"\d+x\d+", told))


def table_sizes(tr: Tr) -> Table:
    rows = []
    for size in SIZES:
        told = message(size)
        if told == "pool":
            too_small = tr("`pool5` 没有可池化的了", "nothing left for `pool5`")
            rows.append([f"{size}×{size}", "—", too_small, too_small])
            continue
        side = next(r[1] for r in trace_vgg("A", size) if r[0] == "pool5")
        fixed = trace(on_meta(torch_vgg, "A", CLASSES), (3, size, size))[-1].shape
        rows.append(
            [
                f"{size}×{size}",
                size_text(side),
                tr("报错：", "fails: ") + _shapes(told) if told else tr("可以", "runs"),
                tr(f"可以，输出 {fixed[0]} 个", f"runs, {fixed[0]} outputs"),
            ]
        )
    return Table(
        [
            tr("输入", "input"),
            tr("`pool5` 之后", "after `pool5`"),
            tr(
                "直接接 `nn.Linear(512 * 7 * 7, 4096)`",
                "straight to `nn.Linear(512 * 7 * 7, 4096)`",
            ),
            tr("先 `nn.AdaptiveAvgPool2d(7)`", "`nn.AdaptiveAvgPool2d(7)` first"),
        ],
        rows,
        caption=tr("VGG-11 遇到别的输入尺寸", "VGG-11 and other sizes of the input"),
    )


def value_small() -> dict[str, int]:
    """A 32×32 image before and after AdaptiveAvgPool2d(7): how many numbers differ; a lean head."""
    import torch
    from torch import nn

    generator = torch.Generator().manual_seed(0)
    maps = torch.randn(1, 512, 1, 1, generator=generator)
    pooled = nn.AdaptiveAvgPool2d(7)(maps).flatten()
    convolutions = totals(la for la in _traced() if la.kind == "Conv2d")[0]
    return {
        "inputs": pooled.numel(),
        "different": len(pooled.unique()),
        "copies": pooled.numel() // len(pooled.unique()),
        "lean": convolutions + 512 * CLASSES + CLASSES,
        "macs": totals(trace(on_meta(torch_vgg, "A", CLASSES), (3, 32, 32)))[1] // 1_000_000,
    }
