"""Whole networks: parameters, multiply-adds, FLOPs, and what is published as such."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from snippets import kit
from snippets.kit import Check, Col, Figure, Table, Tr
from snippets.receptive_cost import _nets
from snippets.receptive_cost.params_and_flops import torch_costs, torch_flops, torch_parameters

PUBLISHED = {
    # parameters and "GFLOPS" in the documentation of torchvision
    "AlexNet": (61_100_840, 0.71),
    "VGG-11": (132_863_336, 7.61),
    "VGG-13": (133_047_848, 11.31),
    "VGG-16": (138_357_544, 15.47),
    "VGG-19": (143_667_240, 19.63),
    "ResNet-18": (11_689_512, 1.81),
    "ResNet-50": (25_557_032, 4.09),
}


HE2016 = {"VGG-16": 15.3, "ResNet-50": 3.8}  # billions of "FLOPs" in the ResNet paper
ARAUJO2019 = {"VGG-16": 30.71}  # billions, without the dense layers


@cache
def networks() -> dict[str, tuple[Any, tuple[int, ...]]]:
    """On the meta device: shapes without numbers, so that no memory is taken."""
    import torch

    image = (1, 3, 224, 224)
    with torch.device("meta"):
        return {
            "AlexNet": (_nets.alexnet(), image),
            **{f"VGG-{depth}": (_nets.vgg(depth), image) for depth in _nets.VGG},
            "ResNet-18": (_nets.resnet18(), image),
            "ResNet-50": (_nets.resnet50(), image),
            "U-Net": (_nets.unet(), (1, 1, 572, 572)),
        }


@cache
def costs(name: str) -> dict[str, tuple[tuple[int, ...], int, int]]:
    import torch

    network, shape = networks()[name]
    return torch_costs(network, torch.empty(shape, device="meta"))


@cache
def totals(name: str) -> tuple[int, int, int]:
    """Parameters, multiply-adds by hooks, FLOPs by PyTorch's counter."""
    import torch

    network, shape = networks()[name]
    macs = sum(macs for _, _, macs in costs(name).values())
    flops = torch_flops(network, torch.empty(shape, device="meta"))
    return torch_parameters(network)[0], macs, flops


def table_networks(tr: Tr) -> Table:
    rows = []
    for name, (_, shape) in networks().items():
        parameters, macs, flops = totals(name)
        published = PUBLISHED[name][1] if name in PUBLISHED else None
        rows.append(
            [tr.name(name), f"{shape[-1]}²", parameters, macs / 1e9, flops / 1e9, published]
        )
    return Table(
        [
            tr("网络", "network"),
            tr("输入", "input"),
            Col(tr("参数", "parameters"), format=",d"),
            Col("GMACs", format=".2f"),
            Col("GFLOPs", format=".2f"),
            Col(tr.name("torchvision"), format=".2f"),
        ],
        rows,
        caption=tr(
            "一张图的一次前向。GFLOPs 由 FlopCounterMode 数出；"
            "末列是 torchvision 文档标的 GFLOPS，其实是 GMACs",
            "One forward pass of one image. GFLOPs as FlopCounterMode counts them; the last "
            "column is what the documentation of torchvision calls GFLOPS, in fact GMACs",
        ),
        sortable=True,
    )


def table_sheet_networks(tr: Tr) -> Table:
    """What of it fits a column of a printed sheet."""
    rows = []
    for name in PUBLISHED:
        parameters, macs, _ = totals(name)
        rows.append([tr.name(name), parameters, macs / 1e9])
    return Table(
        [
            tr("网络", "network"),
            Col(tr("参数", "parameters"), format=",d"),
            Col("GMACs", format=".2f"),
        ],
        rows,
        caption=tr(
            "224×224 的一张图，一次前向；都与 torchvision 文档里的数一致",
            "One forward pass of one 224×224 image; equal to torchvision's documentation",
        ),
    )


def check_published() -> Check:
    """Parameters exactly, and multiply-adds to the two decimals that are published."""
    pairs: list[tuple[float, float]] = []
    for name, (parameters, giga) in PUBLISHED.items():
        ours = totals(name)
        pairs += [(ours[0], parameters), (round(ours[1] / 1e9, 2), giga)]
    return kit.compare(
        (
            "torchvision 文档里的参数量与 GFLOPS",
            "the parameters and GFLOPS of torchvision's documentation",
        ),
        pairs,
    )


def check_counter() -> Check:
    """Multiply-adds by hooks against PyTorch's counter, network by network."""
    return kit.compare(
        "`torch.utils.flop_counter`",
        [(2 * totals(name)[1], totals(name)[2]) for name in networks()],
        tolerance=0.0,
    )


@cache
def value_networks() -> dict[str, float]:
    import torch

    vgg = costs("VGG-11")
    dense = [(p, m) for shape, p, m in vgg.values() if len(shape) == 2]
    parameters, macs, flops = totals("VGG-11")
    conv16 = [(shape, m) for shape, _, m in costs("VGG-16").values() if len(shape) == 4]
    with torch.device("meta"):
        early = torch_costs(_nets.resnet50(early=True), torch.empty(1, 3, 224, 224))
    return {
        "vgg11": parameters,
        "vgg13": totals("VGG-13")[0],
        "vgg16": totals("VGG-16")[0],
        "vgg19": totals("VGG-19")[0],
        "resnet18": totals("ResNet-18")[0],
        "resnet50": totals("ResNet-50")[0],
        "unet": totals("U-Net")[0],
        "millions": parameters / 1e6,
        "gmacs": macs / 1e9,
        "gflops": flops / 1e9,
        "dense": sum(p for p, _ in dense) / parameters,
        "dense_macs": sum(m for _, m in dense) / macs,
        # araujo2019 counts convolutions and their biases
        "vgg16_conv": sum(2 * m + np.prod(shape) for shape, m in conv16) / 1e9,
        "vgg16_gmacs": totals("VGG-16")[1] / 1e9,
        "vgg16_he": HE2016["VGG-16"],
        "resnet50_he": HE2016["ResNet-50"],
        "vgg16_araujo": ARAUJO2019["VGG-16"],
        "resnet50_early": sum(m for _, _, m in early.values()) / 1e9,
        "resnet50_gmacs": totals("ResNet-50")[1] / 1e9,
        "unet_gmacs": totals("U-Net")[1] / 1e9,
    }


def value_backward() -> dict[str, float]:
    """FLOPs of forward and backward over those of forward."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    found = {}
    for key, name in (("vgg11", "VGG-11"), ("resnet18", "ResNet-18")):
        network, shape = networks()[name]
        x = torch.empty((2, *shape[1:]), device="meta")
        with FlopCounterMode(display=False) as both:
            network(x).sum().backward()
        network.zero_grad()
        found[key] = both.get_total_flops() / torch_flops(network, x)
    return found


def figure_vgg11(tr: Tr) -> Figure:
    layers = list(costs("VGG-11").values())
    parameters = np.array([p for _, p, _ in layers]) / totals("VGG-11")[0]
    macs = np.array([m for _, _, m in layers]) / totals("VGG-11")[1]
    names = [tr(f"卷积 {n}", f"conv {n}") for n in range(1, 9)]
    names += [tr(f"全连接 {n}", f"dense {n}") for n in range(1, 4)]
    canvas, axes = kit.canvas(height=3.3)
    rows = np.arange(len(layers))
    axes.barh(rows, -parameters, height=0.7, color=kit.BLUE)
    axes.barh(rows, macs, height=0.7, color=kit.ORANGE)
    for row, (left, right) in enumerate(zip(parameters, macs, strict=True)):
        axes.text(-left - 0.01, row, f"{left:.1%}", ha="right", va="center", fontsize=8.5)
        axes.text(right + 0.01, row, f"{right:.1%}", ha="left", va="center", fontsize=8.5)
    axes.axvline(0, color=kit.INK, linewidth=0.8)
    axes.set_yticks(rows, names)
    axes.invert_yaxis()
    axes.set_xlim(-0.95, 0.4)
    axes.set_xticks([])
    axes.grid(visible=False)
    axes.text(-0.45, 2, tr("参数的份额", "share of parameters"), color=kit.BLUE, ha="center")
    axes.text(0.3, 9, tr("乘加的份额", "share of MACs"), color=kit.ORANGE, ha="center")
    return Figure(
        canvas,
        caption=tr(
            "VGG-11 各层在参数（左）与乘加次数（右）里的份额，输入 224×224。"
            "参数在全连接层，计算在卷积层。",
            "Shares of the layers of VGG-11 in its parameters (left) and multiply-adds (right) for "
            "an input of 224×224. The parameters are in the dense layers, the work is in the "
            "convolutions.",
        ),
        alt=tr(
            "左边的条形几乎全属于第一个全连接层，卷积层都很短；"
            "右边的条形分布在八个卷积层，全连接层几乎看不见。",
            "The bars on the left nearly all belong to the first dense layer, those of the "
            "convolutions are short; on the right the eight convolutions share the work and the "
            "dense layers can hardly be seen.",
        ),
        data={"parameters": parameters, "macs": macs},
    )
