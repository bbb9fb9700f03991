"""The networks and the single changes side by side, and where in a network each cost lies."""

from __future__ import annotations

from typing import Any

import numpy as np

from snippets import kit
from snippets.kit import Cell, Col, Figure, Table, Tr
from snippets.receptive_cost._receptive_cost_overview_facts import (
    CHANGES,
    CHANNELS,
    MEGA,
    NETWORKS,
    SIDE,
    changed,
    facts,
    normalised,
    stages,
    traced,
)


def table_networks(tr: Tr) -> Table:
    rows: list[list[Cell]] = []
    for name, (_, shape) in NETWORKS.items():
        found = facts(name)
        rows.append(
            [
                tr.name(name),
                f"{shape[-1]}²",
                found.field,
                found.jump,
                found.parameters,
                found.macs / MEGA,
                found.states / MEGA,
                found.activations / MEGA,
            ]
        )
    return Table(
        [
            tr("网络", "network"),
            tr("输入", "input"),
            Col(tr("感受野", "field"), format="d"),
            Col(tr("间隔", "jump"), format="d"),
            Col(tr("参数", "parameters"), format=",d"),
            Col(tr("MACs，百万", "million MACs"), format=",.1f"),
            Col(tr("状态", "states"), "MB", ",.1f"),
            Col(tr("激活", "activations"), "MB", ",.2f"),
        ],
        rows,
        caption=tr(
            "感受野与间隔到最后一个特征图为止。状态：fp32 的权重、梯度与 Adam 的两个矩，"
            "后者占一半；激活：一张图为反向保存的字节数，由 saved-tensor hooks 数出。"
            "ResNet 与 MobileNet 有批归一化，VGG-11 没有；ResNet-50 是 torchvision 的 v1.5",
            "Field and jump up to the last feature map. States: weights, gradients and Adam's two "
            "moments in fp32, half of it the moments; activations: bytes that one image keeps for "
            "backward, counted by saved-tensor hooks. ResNet and MobileNet have batch "
            "normalisation, VGG-11 has none; ResNet-50 is torchvision's v1.5",
        ),
    )


LABELS: dict[str, kit.Pair] = {
    "base": ("四层 3×3", "four layers of 3×3"),
    "deeper": ("六层", "six layers"),
    "larger": ("核 5×5", "kernels of 5×5"),
    "dilated": ("空洞率 1、2、4、8", "dilations 1, 2, 4, 8"),
    "strided": ("第一层步幅 2", "stride 2 in the first"),
    "pooled": ("前面加 2×2 平均池化", "2×2 average pooling in front"),
    "separable": ("深度可分离", "depthwise separable"),
    "narrower": ("中间通道减半", "half the channels between"),
}


def table_changes(tr: Tr) -> Table:
    base = changed("base")
    rows: list[list[Cell]] = []
    for change in CHANGES:
        found = changed(change)
        rows.append(
            [
                tr.pair(LABELS[change]),
                found.field,
                f"{found.side}²",
                found.parameters / base.parameters,
                found.macs / base.macs,
                found.activations / base.activations,
            ]
        )
    return Table(
        [
            tr("做法", "change"),
            Col(tr("感受野", "field"), format="d"),
            tr("输出", "output"),
            Col(tr("参数", "parameters"), format=".2f"),
            Col(tr("MACs", "MACs"), format=".2f"),
            Col(tr("激活", "activations"), format=".2f"),
        ],
        rows,
        caption=tr(
            f"输入 {CHANNELS}×{SIDE}×{SIDE}，来自前面的层；每层 {CHANNELS} 个通道，"
            f"卷积后接 ReLU，无偏置；后三列是第一行的倍数，第一行是 {base.parameters:,d} 个参数、"
            f"{base.macs / MEGA:.1f} 百万 MACs、{base.activations / MEGA:.2f} MB 激活",
            f"Input {CHANNELS}×{SIDE}×{SIDE} from other layers, {CHANNELS} channels in each layer, "
            "convolutions with ReLU, no biases. The last three columns are multiples of the first "
            f"row, which has {base.parameters:,d} parameters, {base.macs / MEGA:.1f} million MACs "
            f"and {base.activations / MEGA:.2f} MB of activations",
        ),
    )


# --------------------------------------------------------------------------- where it lies

DRAWN = ("VGG-11", "ResNet-18", "MobileNet")
LARGE = (*DRAWN, "ResNet-50")  # for 224×224
SIDES = (224, 112, 56, 28, 14, 7, 1)
COSTS = ("activations", "macs", "parameters")


def shares(name: str, cost: str) -> np.ndarray:
    """Share of each side of SIDES in a cost of the whole network."""
    found = stages(name)[cost]
    numbers = np.array([found.get(side, 0) for side in SIDES], dtype=float)
    return numbers / sum(found.values())


def figure_stages(tr: Tr) -> Figure:
    canvas, panels = kit.canvas(len(DRAWN), 1, height=5.6)
    looks = {
        "activations": (tr("激活", "activations"), kit.ORANGE, kit.LINES[0], "o"),
        "macs": (tr("MACs", "MACs"), kit.BLUE, kit.LINES[1], "s"),
        "parameters": (tr("参数", "parameters"), kit.PURPLE, kit.LINES[2], "^"),
    }
    places = {"activations": (0.1, 0.42), "macs": (3.1, 0.41), "parameters": (4.45, 0.62)}
    x = np.arange(len(SIDES))
    data: dict[str, Any] = {}
    for axes, name in zip(panels, DRAWN, strict=True):
        for cost, (label, colour, line, marker) in looks.items():
            found = shares(name, cost)
            axes.plot(
                x, found, color=colour, linestyle=line, marker=marker, markersize=4, linewidth=1.5
            )
            if name == DRAWN[0]:
                axes.text(*places[cost], label, color=colour, ha="left")
            data[f"{name}_{cost}"] = found
        fields = stages(name)["field"]
        ticks = []
        for side in SIDES[:-1]:
            reach = f"r = {fields[side]}" if side in fields else ""
            ticks.append(f"{side}²\n{reach}")
        axes.set_xticks(x, [*ticks, tr("向量\n", "vectors\n")])
        axes.set_title(tr.name(name), fontsize=9.5)
        axes.set_ylim(-0.04, 1.0)
        axes.set_yticks([0, 0.5, 1], ["0", "50%", "100%"])
    panels[1].set_ylabel(tr("占整个网络的份额", "share of the whole network"))
    return Figure(
        canvas,
        caption=tr(
            "激活、MACs、参数各有多少落在哪种大小的特征图上，以及那里最后一层的感受野 r；"
            "输入 224×224，层按输出的大小归类。三个网络都是激活在前、参数在后。",
            "How much of the activations, MACs and parameters lies on maps of which size, and the "
            "field r of the last layer there; inputs of 224×224, layers sorted by the size of "
            "their output. In all three the activations come first and the parameters last.",
        ),
        alt=tr(
            "三幅折线图，横轴是特征图的大小，从 224 到 7，再到向量。激活的线在左边最高，往右下降；"
            "参数的线在左边贴近零，到右端升到最高；MACs 的线在中间。感受野从左到右增大。",
            "Three line plots over the size of the map, from 224 to 7 and to vectors. Activations "
            "are high on the left and fall to the right, parameters are near zero on the left and "
            "highest at the right end, MACs lie between. The field grows from left to right.",
        ),
        data=data,
    )


def value_networks() -> dict[str, float]:
    vgg, resnet, mobile = (facts(name) for name in ("VGG-11", "ResNet-18", "MobileNet"))
    return {
        "parameters": vgg.parameters / mobile.parameters,
        "macs": vgg.macs / mobile.macs,
        "activations": mobile.activations / vgg.activations,
        "normalised": mobile.activations / normalised("VGG-11"),
        "resnet": mobile.activations / resnet.activations,
        "convolutions": len([1 for layer in traced("MobileNet") if layer.kind == "Conv2d"]),
        "resnet_convolutions": len([1 for la in traced("ResNet-18") if la.kind == "Conv2d"]),
        "vgg_field": vgg.field,
        "mobile_field": mobile.field,
        "resnet_field": resnet.field,
        "states": vgg.states / vgg.activations,
        "mobile_states": mobile.states / mobile.activations,
        "early": min(shares(name, "activations")[:3].sum() for name in LARGE),
        "early_parameters": max(shares(name, "parameters")[:3].sum() for name in LARGE),
        "late_parameters": min(shares(name, "parameters")[4:].sum() for name in LARGE),
    }


def value_changes() -> dict[str, float]:
    base = changed("base")
    return {
        "base": base.field,
        "dilated": changed("dilated").field,
        "larger": changed("larger").field,
        "larger_macs": changed("larger").macs / base.macs,
        "strided": changed("strided").field,
        "pooled": changed("pooled").field,
        "separable": changed("separable").parameters / base.parameters,
        "separable_activations": changed("separable").activations / base.activations,
    }
