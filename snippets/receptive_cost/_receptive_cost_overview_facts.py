"""Five networks, and single changes to a stack: field, parameters, MACs, states, activations."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

from snippets import kit
from snippets.architectures import _layers
from snippets.convolution.conv_output_size import conv_output_size
from snippets.convolution.pointwise_and_depthwise import torch_separable
from snippets.kit import Check
from snippets.receptive_cost import _nets
from snippets.receptive_cost.params_and_flops import torch_flops
from snippets.receptive_cost.receptive_cost_overview import mobilenet, saved_by_side
from snippets.receptive_cost.receptive_field import bottom_up, footprint
from snippets.receptive_cost.training_memory import saved_bytes, training_bytes

MEGA = 1e6

# --------------------------------------------------------------------------- the networks

NETWORKS: dict[str, tuple[Callable[..., Any], tuple[int, int, int]]] = {
    "LeNet-5": (_nets.lenet, (1, 32, 32)),
    "VGG-11": (lambda: _nets.vgg(11), (3, 224, 224)),
    "ResNet-18": (_nets.resnet18, (3, 224, 224)),
    "ResNet-50": (_nets.resnet50, (3, 224, 224)),
    "MobileNet": (mobilenet, (3, 224, 224)),
}
BATCH = 7
"""Images at once where bytes are counted: no network has a layer of so many channels or numbers."""


class Facts(NamedTuple):
    """Of a network; ``states`` are weights, gradients and Adam's moments, activations an image."""

    field: int
    jump: int
    parameters: int
    macs: int
    states: int
    activations: int


@cache
def traced(name: str) -> list[_layers.Layer]:
    build, shape = NETWORKS[name]
    return _layers.trace(_layers.on_meta(build), shape)


@cache
def facts(name: str) -> Facts:
    build, _ = NETWORKS[name]
    field, jump, _ = bottom_up(_nets.main_path(_layers.on_meta(build)))
    parameters, macs = _layers.totals(traced(name))
    states = sum(training_bytes(parameters, 0, 1).values())
    activations = sum(stages(name)["activations"].values())
    return Facts(field, jump, parameters, macs, states, activations)


@cache
def stages(name: str) -> dict[str, dict[int, int]]:
    """By the side of the map: activations (bytes an image), MACs, parameters, and the field there.

    A layer belongs to the side of its output; the field is that of the last layer of the side.
    """
    import torch

    build, shape = NETWORKS[name]
    network = _layers.on_meta(build)
    saved = saved_by_side(network, torch.empty(BATCH, *shape, device="meta"))
    found: dict[str, dict[int, int]] = {
        "activations": {side: size // BATCH for side, size in saved.items()},
        "macs": {},
        "parameters": {},
        "field": {},
    }
    for layer in traced(name):
        side = layer.shape[-1] if len(layer.shape) == 3 else 1
        for key, number in (("macs", layer.macs), ("parameters", layer.parameters)):
            found[key][side] = found[key].get(side, 0) + number
    path, side = _nets.main_path(network), shape[-1]
    for count, (k, s, p, d) in enumerate(path, 1):
        side = conv_output_size(side, k, s, p, d)
        found["field"][side] = bottom_up(path[:count])[0]
    return found


def normalised(name: str) -> int:
    """Activations an image of the network with a normalisation behind each convolution."""
    import torch
    from torch import nn

    build, shape = NETWORKS[name]
    network = _layers.on_meta(build)
    layers: list[Any] = []
    for layer in network[0]:
        layers.append(layer)
        if isinstance(layer, nn.Conv2d):
            layers.append(_layers.on_meta(nn.BatchNorm2d, layer.out_channels))
    network[0] = nn.Sequential(*layers)
    saved = saved_by_side(network, torch.empty(BATCH, *shape, device="meta"))
    return sum(saved.values()) // BATCH


# --------------------------------------------------------------------------- single changes

CHANNELS, SIDE, DEPTH = 64, 56, 4
CHANGES = ("base", "deeper", "larger", "dilated", "strided", "pooled", "separable", "narrower")


def stack(change: str):
    """Four 3×3 layers with ReLU, 64 channels, and what a ``change`` makes of them."""
    from torch import nn

    channels = [CHANNELS] * (DEPTH + 1 + 2 * (change == "deeper"))
    if change == "narrower":
        channels[1:-1] = [CHANNELS // 2] * (DEPTH - 1)
    layers: list[Any] = [nn.AvgPool2d(2)] if change == "pooled" else []
    for number, (inputs, outputs) in enumerate(pairwise(channels)):
        if change == "separable":
            layers += torch_separable(inputs, outputs)
        else:
            k = 5 if change == "larger" else 3
            d = 2**number if change == "dilated" else 1
            s = 2 if change == "strided" and not number else 1
            layers.append(nn.Conv2d(inputs, outputs, k, s, d * (k // 2), d, bias=False))
        layers.append(nn.ReLU())
    return nn.Sequential(*layers)


class Change(NamedTuple):
    field: int
    side: int
    parameters: int
    macs: int
    activations: int


@cache
def changed(change: str) -> Change:
    import torch

    model = _layers.on_meta(stack, change)
    x = torch.empty(1, CHANNELS, SIDE, SIDE, device="meta", requires_grad=True)  # of other layers
    layers = _layers.trace(model, (CHANNELS, SIDE, SIDE))
    field, _, _ = bottom_up(_nets.main_path([model]))
    return Change(field, layers[-1].shape[-1], *_layers.totals(layers), saved_bytes(model, x))


# --------------------------------------------------------------------------- evidence


def _measured(model, features, channels: int, side: int) -> int:
    """The field of the features by the gradient of one output; weights equal and positive."""
    import torch

    _nets.positive(model)
    first, last = footprint(features, torch.ones(1, channels, side, side, dtype=torch.float64))
    return last - first + 1


def check_fields() -> Check:
    """Those of LeNet, MobileNet (as narrow as possible) and the stacks; padding is cut off."""
    pairs = []
    for network, channels, side, name in (
        (_nets.lenet(), 1, 32, "LeNet-5"),
        (mobilenet(width=1), 3, 384, "MobileNet"),
    ):
        pairs.append((facts(name).field, _measured(network, network[0], channels, side)))
    for change in CHANGES:
        model = stack(change)
        pairs.append((changed(change).field, _measured(model, model, CHANNELS, SIDE)))
    return kit.compare(
        (
            "自动求导量出的足迹",
            "the footprints that autograd shows",
        ),
        pairs,
        tolerance=0.0,
    )


def check_counter() -> Check:
    """Multiply-adds of the networks and of the stacks against PyTorch's counter."""
    import torch

    pairs = []
    for name, (build, shape) in NETWORKS.items():
        x = torch.empty(1, *shape, device="meta")
        pairs.append((2 * facts(name).macs, torch_flops(_layers.on_meta(build), x)))
    for change in CHANGES:
        x = torch.empty(1, CHANNELS, SIDE, SIDE, device="meta")
        pairs.append((2 * changed(change).macs, torch_flops(_layers.on_meta(stack, change), x)))
    return kit.compare("`torch.utils.flop_counter`", pairs, tolerance=0.0)


def check_saved() -> Check:
    """Bytes by side, added up, against all bytes kept; running statistics do not grow with it."""
    import torch

    pairs = []
    for name, (build, shape) in NETWORKS.items():
        network = _layers.on_meta(build)
        one, two = (
            saved_bytes(network, torch.empty(n, *shape, device="meta")) for n in (BATCH, 2 * BATCH)
        )
        pairs.append((facts(name).activations, (two - one) / BATCH))
    return kit.compare(
        (
            "两种批大小下 saved-tensor hooks 总字节数之差",
            "the difference of all bytes kept at two batch sizes",
        ),
        pairs,
        tolerance=0.0,
    )


PUBLISHED = {
    "parameters": 4.2,  # howard2017: millions, and millions of multiply-adds
    "macs": 569,
    "field": 315,  # araujo2019's program: MobileNet, and VGG-11 after its last pooling
    "jump": 32,
    "vgg11": 150,
}


def check_published() -> Check:
    """MobileNet to the decimals that its paper gives; fields as published, VGG-11's too."""
    found = facts("MobileNet")
    ours = {
        "parameters": round(found.parameters / MEGA, 1),
        "macs": round(found.macs / MEGA),
        "field": found.field,
        "jump": found.jump,
        "vgg11": facts("VGG-11").field,
    }
    return kit.compare(
        (
            "MobileNet 与 VGG-11 的发表值",
            "published numbers of MobileNet and VGG-11",
        ),
        [(ours[key], PUBLISHED[key]) for key in PUBLISHED],
        tolerance=0.0,
    )
