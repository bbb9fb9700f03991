"""Weights against activations: counted by hooks, and the peak of a whole training step."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from snippets import kit
from snippets.kit import Check, Col, Figure, Table, Tr
from snippets.receptive_cost import _nets
from snippets.receptive_cost.training_memory import peak_bytes, saved_bytes, training_bytes

MEGA = 1e6
NETWORKS: dict[str, tuple[Callable[[], Any], tuple[int, int, int]]] = {
    "VGG-11": (lambda: _nets.vgg(11), (3, 224, 224)),
    "ResNet-18": (_nets.resnet18, (3, 224, 224)),
    "ResNet-50": (_nets.resnet50, (3, 224, 224)),
    "U-Net": (_nets.unet, (1, 572, 572)),
}


@cache
def sizes(name: str) -> tuple[int, int]:
    """Parameters, and bytes kept for backward by one image; on the meta device."""
    import torch

    build, shape = NETWORKS[name]
    with torch.device("meta"):
        network = build()
        one, two = (saved_bytes(network, torch.empty(n, *shape)) for n in (1, 2))
    # what does not grow with the batch (running statistics) is left out
    return sum(p.numel() for p in network.parameters()), two - one


def crossing(name: str) -> float:
    """Batch size from which the activations take more than the weights."""
    n, activations = sizes(name)
    return 4 * n / activations


def table_networks(tr: Tr) -> Table:
    rows = []
    for name, (_, shape) in NETWORKS.items():
        n, activations = sizes(name)
        states = sum(training_bytes(n, 0, 1).values())
        rows.append(
            [
                tr.name(name),
                f"{shape[-1]}²",
                4 * n / MEGA,
                activations / MEGA,
                crossing(name),
                states / activations,
            ]
        )
    return Table(
        [
            tr("网络", "network"),
            tr("输入", "input"),
            Col(tr("权重", "weights"), "MB", ".1f"),
            Col(tr("激活", "activations"), "MB", ".1f"),
            Col(tr("超过权重", "over weights"), tr("张", "images"), ".1f"),
            Col(tr("超过全部状态", "over states"), tr("张", "images"), ".1f"),
        ],
        rows,
        caption=tr(
            "fp32。激活是一张图的，由 saved-tensor hooks 数出；后两列是激活开始超过权重、"
            "超过全部状态（权重、梯度与 Adam 的两个矩）的批大小",
            "fp32. Activations of one image, counted by saved-tensor hooks; the last two columns "
            "are the batch sizes from which they exceed the weights, and all states (weights, "
            "gradients and Adam's two moments)",
        ),
    )


@cache
def value_vgg11() -> dict[str, float]:
    import torch

    n, activations = sizes("VGG-11")
    with torch.device("meta"):
        network = _nets.vgg(11)
        image = torch.empty(1, 3, 224, 224)
        features, pooled = image, 0
        for layer in network[0]:
            features = layer(features)
            if isinstance(layer, torch.nn.MaxPool2d):
                pooled += features.numel()
    shares = {}
    for key, batch in (("one", 1), ("many", 256)):
        parts = training_bytes(n, activations, batch)
        shares[key] = parts["weights"] / sum(parts.values())
    return {
        "weights": 4 * n / MEGA,
        "activations": activations / MEGA,
        "indices": 8 * pooled / MEGA,
        "rest": (activations - 8 * pooled) / MEGA,
        "crossing": crossing("VGG-11"),
        "one": shares["one"],
        "many": shares["many"],
        "batch": 256,
    }


def value_bytes() -> dict[str, int]:
    """Bytes a parameter, without activations."""
    return {
        "adam": sum(training_bytes(1, 0, 1).values()),
        "mixed": sum(training_bytes(1, 0, 1, mixed=True).values()),
        "momentum": training_bytes(1, 0, 1, "momentum")["optimizer"],
    }


def value_large() -> dict[str, float]:
    """A model of 7e9 parameters before any activation, in gigabytes."""
    n = 7 * 10**9
    mixed = training_bytes(n, 0, 1, mixed=True)
    return {
        "billions": n / 1e9,
        "weights": mixed["weights"] / 1e9,
        "total": sum(mixed.values()) / 1e9,
        "fp32": sum(training_bytes(n, 0, 1).values()) / 1e9,
        "share": mixed["weights"] / sum(mixed.values()),
    }


@cache
def peaks() -> list[tuple[str, int, float, float]]:
    """Network, batch size, the estimate and the measured peak of a second step of Adam (MB)."""
    import torch

    found = []
    for name, batches in (("VGG-11", (1, 16, 64)), ("ResNet-18", (16,))):
        build, shape = NETWORKS[name]
        for batch in batches:
            made = {}

            def step(build=build, shape=shape, batch=batch, made=made):
                with torch.device("meta"):
                    network = build()
                    made["adam"] = adam = torch.optim.Adam(network.parameters())
                    for _ in range(2):
                        adam.zero_grad(set_to_none=False)
                        network(torch.empty(batch, *shape)).sum().backward()
                        adam.step()

            n, activations = sizes(name)
            estimate = sum(training_bytes(n, activations, batch).values())
            found.append((name, batch, estimate / MEGA, peak_bytes(step) / MEGA))
    return found


def table_peak(tr: Tr) -> Table:
    return Table(
        [
            tr("网络", "network"),
            Col(tr("批大小", "batch size"), format="d"),
            Col(tr("估算", "estimate"), "MB", ".0f"),
            Col(tr("实测峰值", "measured peak"), "MB", ".0f"),
            Col(tr("实测 / 估算", "measured / estimate"), format=".2f"),
        ],
        [
            [tr.name(name), batch, estimate, peak, peak / estimate]
            for name, batch, estimate, peak in peaks()
        ],
        caption=tr(
            "Adam，fp32。实测：两步训练中同时存活的全部张量的最大字节数，在 meta 设备上",
            "Adam, fp32. Measured: the most bytes of tensors alive at once during two steps of "
            "training, on the meta device",
        ),
    )


def figure_batch(tr: Tr) -> Figure:
    canvas, panels = kit.canvas(1, 2, height=2.7)
    batches = np.arange(0, 65)
    labels = {
        "weights": tr("权重", "weights"),
        "gradients": tr("梯度", "gradients"),
        "optimizer": "Adam",
        "activations": tr("激活", "activations"),
    }
    colours = (kit.BLUE, kit.TEAL, kit.PURPLE, kit.ORANGE)
    data: dict[str, Any] = {"batch": batches}
    for axes, name in zip(panels, ("VGG-11", "ResNet-50"), strict=True):
        n, activations = sizes(name)
        bottom = np.zeros(len(batches))
        for (part, label), colour in zip(labels.items(), colours, strict=True):
            grown = [training_bytes(n, activations, int(b))[part] / 1e9 for b in batches]
            top = bottom + grown
            axes.fill_between(batches, bottom, top, color=colour, alpha=0.35, linewidth=0)
            axes.plot(batches, top, color=colour, linewidth=1.2)
            place = (bottom[-1] + top[-1]) / 2 if name == "VGG-11" else 1.6
            if name == "VGG-11" or part == "activations":
                axes.text(62, place, label, ha="right", va="center", color=colour)
            data[f"{name}_{part}"] = np.array(grown)
            bottom = top
        axes.set_title(tr.name(name))
        axes.set_xlabel(tr("批大小", "batch size"))
        axes.set_xlim(0, 64)
        axes.set_ylim(0, 6.3)
    panels[0].set_ylabel("GB")
    panels[1].annotate(
        tr("权重、梯度、Adam", "weights, gradients, Adam"),
        xy=(20, 0.2),
        xytext=(3, 5.4),
        arrowprops={"arrowstyle": "-", "color": kit.MUTED, "linewidth": 0.8},
        color=kit.INK,
    )
    return Figure(
        canvas,
        caption=tr(
            "训练一步的显存随批大小的变化：Adam，fp32，输入 224×224。"
            "激活由 saved-tensor hooks 数出。",
            "Memory of a training step against batch size: Adam, fp32, inputs of 224×224, "
            "activations counted by saved-tensor hooks.",
        ),
        alt=tr(
            "左图 VGG-11：权重、梯度、Adam 三条等厚的带共约 2.1 GB，激活从零线性增长，"
            "到批大小 64 时占一半以上。右图 ResNet-50：三条带薄得几乎看不见，几乎全是激活。",
            "Left, VGG-11: weights, gradients and Adam are flat bands of 2.1 GB together; the "
            "activations grow from zero and make up more than half at a batch size of 64. Right, "
            "ResNet-50: the bands are thin, nearly all is activations.",
        ),
        data=data,
    )


def check_hooks() -> Check:
    """Activations of VGG-11 by hooks against a count by hand: inputs of layers, and indices."""
    numbers = 3 * 224**2  # the image
    side, channels = 224, 64
    for count in _nets.VGG[11]:
        numbers += count * channels * side**2  # outputs of the ReLUs
        side //= 2
        numbers += channels * side**2 * (1 + 2)  # pooled maps, and their indices of eight bytes
        channels = min(2 * channels, 512)
    numbers += 512 * 7**2  # after the pooling to 7×7
    numbers += 2 * 3 * 4096  # two dense layers: ReLU, mask of dropout, after dropout
    return kit.compare(
        ("逐层笔算", "a count by hand, layer by layer"),
        [(sizes("VGG-11")[1], 4 * numbers)],
        tolerance=0.0,
    )
