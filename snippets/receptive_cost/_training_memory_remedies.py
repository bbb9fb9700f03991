"""What makes a training step smaller: states and activations of one network, measured."""

from __future__ import annotations

from functools import cache

from snippets.kit import Col, Table, Tr
from snippets.receptive_cost import _nets
from snippets.receptive_cost.training_memory import STATES, saved_bytes

BATCH, SIDE = 8, 64


def _states(network, optimizer: str) -> int:
    learned = sum(p.numel() for p in network.parameters() if p.requires_grad)
    return 4 * sum(p.numel() for p in network.parameters()) + (4 + STATES[optimizer]) * learned


def _kept(network) -> tuple[float, float]:
    """Bytes kept for backward: what grows with the batch, and what does not."""
    import torch

    x = torch.zeros(BATCH, 3, SIDE, SIDE)
    whole, half = saved_bytes(network, x), saved_bytes(network, x[: BATCH // 2])
    return 2 * (whole - half), 2 * half - whole


@cache
def remedies() -> dict[str, tuple[float, float, float]]:
    """Megabytes of weights, gradients and optimiser state; of activations; kept besides."""
    import torch

    network = _nets.resnet18()
    activations, besides = _kept(network)
    found = {
        "adam": (_states(network, "adam"), activations, besides),
        "half": (_states(network, "adam"), activations / 2, besides),
        "momentum": (_states(network, "momentum"), activations, besides),
    }
    with torch.autocast("cpu", torch.bfloat16):
        found["autocast"] = _states(network, "adam"), *_kept(network)
    for parameter in network[:-1].parameters():
        parameter.requires_grad_(False)
    found["frozen"] = _states(network, "adam"), *_kept(network)
    with torch.no_grad():
        weights = 4 * sum(p.numel() for p in network.parameters())
        found["inference"] = weights, *_kept(network)
    return {name: (a / 1e6, b / 1e6, c / 1e6) for name, (a, b, c) in found.items()}


def table_remedies(tr: Tr) -> Table:
    names = {
        "adam": tr("Adam，fp32", "Adam, fp32"),
        "half": tr("批大小减半（梯度累积两次）", "half the batch (two accumulated)"),
        "momentum": tr("换成带动量的 SGD", "SGD with momentum instead"),
        "autocast": tr("`torch.autocast`，bf16", "`torch.autocast`, bf16"),
        "frozen": tr("只训练最后一层", "the last layer trained alone"),
        "inference": tr("`torch.no_grad()`，只推理", "`torch.no_grad()`, inference"),
    }
    return Table(
        [
            tr("做法", "measure"),
            Col(tr("权重、梯度、优化器", "weights, gradients, optimiser"), "MB", ".1f"),
            Col(tr("激活", "activations"), "MB", ".1f"),
            Col(tr("另外保存", "kept besides"), "MB", ".1f"),
        ],
        [[names[key], *found] for key, found in remedies().items()],
        caption=tr(
            f"ResNet-18，{BATCH} 张 {SIDE}×{SIDE} 的图；每行只改一处",
            f"ResNet-18, {BATCH} images of {SIDE}×{SIDE}; each line changes one thing",
        ),
    )


def value_remedies() -> dict[str, float]:
    found = remedies()
    return {
        "autocast": found["autocast"][1] / found["adam"][1],
        "copies": found["autocast"][2],
    }
