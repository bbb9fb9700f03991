"""Receptive fields of well-known networks, counted and measured at real modules."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from snippets.kit import Col, Table, Tr
from snippets.receptive_cost import _nets
from snippets.receptive_cost.receptive_field import bottom_up, footprint

SIDE = 512
NETWORKS: dict[str, tuple[Callable[..., Any], int | None]] = {
    # network, size published by araujo2019
    "AlexNet": (_nets.alexnet, 195),
    "VGG-11": (lambda **o: _nets.vgg(11, **o), None),
    "VGG-16": (lambda **o: _nets.vgg(16, **o), 212),
    "ResNet-18": (_nets.resnet18, None),
    "ResNet-50 v1": (lambda **o: _nets.resnet50(early=True, **o), 483),
    "ResNet-50 v1.5": (_nets.resnet50, None),
}


@cache
def fields() -> dict[str, tuple[int, int, int, int]]:
    """Of each network: size, jump, start, and the size measured at its features."""
    import torch

    found = {}
    for name, (build, _) in NETWORKS.items():
        network = _nets.positive(build(width=1, mean=True))
        x = torch.ones(1, 3, 1, SIDE, dtype=torch.float64).expand(1, 3, SIDE, SIDE)
        first, last = footprint(network[0], x)
        found[name] = (*bottom_up(_nets.main_path(network)), last - first + 1)
    return found


def value_networks() -> dict[str, int]:
    keys = ("alexnet", "vgg11", "vgg16", "resnet18", "resnet50", "resnet50b")
    return {key: found[0] for key, found in zip(keys, fields().values(), strict=True)}


def table_networks(tr: Tr) -> Table:
    return Table(
        [
            tr("网络（到最后一个特征图）", "network (up to its last feature map)"),
            Col(tr("感受野", "field"), format="d"),
            Col(tr("间隔", "jump"), format="d"),
            Col(tr("起点", "start"), format="d"),
            Col(tr("实测足迹", "measured"), format="d"),
            Col(tr("文献", "published"), format="d"),
        ],
        [
            [tr.name(name), r, j, a, seen, NETWORKS[name][1]]
            for name, (r, j, a, seen) in fields().items()
        ],
        caption=tr(
            f"沿一个轴的感受野。实测：通道数缩到最小、池化取平均、权重为正的同一网络，"
            f"{SIDE}×{SIDE} 的输入，对中央输出求导",
            "Fields along one axis. Measured: the same network with as few channels as possible, "
            f"average pooling and positive weights, the gradient of its middle output at an input "
            f"of {SIDE}×{SIDE}",
        ),
    )
