"""MobileNet and the count by side, against closed forms and counts by hand."""

from itertools import pairwise
from math import prod

import pytest
import torch
from torch import nn

from snippets.receptive_cost import _receptive_cost_overview_facts as overview
from snippets.receptive_cost._receptive_cost_overview_facts import (
    CHANGES,
    CHANNELS,
    DEPTH,
    SIDE,
    changed,
    facts,
    stack,
    stages,
)
from snippets.receptive_cost.receptive_cost_overview import mobilenet, saved_by_side


def test_mobilenet_parameters_in_closed_form():
    """K²C + CO for each separable layer, two a channel for each normalisation."""
    channels = [32, 64, 128, 128, 256, 256, *[512] * 6, 1024, 1024]
    total = 9 * 3 * 32 + 2 * 32
    for inputs, outputs in pairwise(channels):
        total += 9 * inputs + 2 * inputs + inputs * outputs + 2 * outputs
    total += 1024 * 1000 + 1000
    with torch.device("meta"):
        assert sum(p.numel() for p in mobilenet().parameters()) == total
        assert mobilenet(width=8)(torch.empty(2, 3, 224, 224)).shape == (2, 1000)


def test_mobilenet_shrinks_to_seven():
    sides = [layer.shape[1] for layer in overview.traced("MobileNet") if layer.kind == "Conv2d"]
    assert [sides.count(side) for side in (112, 56, 28, 14, 7)] == [3, 4, 4, 12, 4]


def test_mobilenet_keeps_two_maps_for_each_convolution():
    """The input of the normalisation and the output of the ReLU, the image, and a last vector."""
    found = [layer for layer in overview.traced("MobileNet") if layer.kind == "Conv2d"]
    maps = sum(prod(layer.shape) for layer in found)
    assert len(found) == 27
    assert facts("MobileNet").activations == 4 * (3 * 224**2 + 2 * maps + 1024)


def test_saved_by_side_by_hand():
    # Kept: the image, what the two ReLU give, what the dense layer reads, what tanh gives.
    model = nn.Sequential(
        nn.Conv2d(3, 5, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(5, 2, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(2, 4),
        nn.Tanh(),
    )
    found = saved_by_side(model, torch.ones(11, 3, 8, 8))
    assert found[8] == 4 * 11 * (3 + 5) * 64
    assert found[4] == 4 * 11 * 2 * 16
    assert found[1] == 4 * 11 * (2 + 4)


def test_saved_by_side_leaves_parameters_and_statistics_out():
    model = nn.Sequential(nn.Conv2d(4, 4, 1, bias=False), nn.BatchNorm2d(4))
    assert saved_by_side(model, torch.ones(7, 4, 2, 2)) == {2: 4 * 7 * (4 + 4) * 4}


@pytest.mark.parametrize("name", overview.NETWORKS)
def test_stages_add_up(name):
    found, total = stages(name), facts(name)
    assert sum(found["macs"].values()) == total.macs
    assert sum(found["parameters"].values()) == total.parameters
    assert sum(found["activations"].values()) == total.activations
    assert max(found["field"].values()) == total.field
    assert total.states == 16 * total.parameters


def test_fields_along_vgg11():
    """As the program of araujo2019 prints them for vgg_a."""
    assert stages("VGG-11")["field"] == {224: 3, 112: 8, 56: 26, 28: 62, 14: 134, 7: 150}


def test_changes_in_closed_form():
    layer = 9 * CHANNELS**2
    base = changed("base")
    assert base == (2 * DEPTH + 1, SIDE, 4 * layer, 4 * layer * SIDE**2, 5 * 4 * CHANNELS * SIDE**2)
    assert changed("deeper").field == 2 * 6 + 1
    assert changed("larger").field == 4 * DEPTH + 1
    assert changed("dilated").field == 2 ** (DEPTH + 1) - 1
    assert changed("strided").field == 3 + 2 * 2 * 3
    assert changed("pooled").field == 2 + 2 * 2 * DEPTH
    # the pooling keeps what it reads, as the first convolution does
    assert changed("pooled").activations == 4 * CHANNELS * (SIDE**2 + 5 * (SIDE // 2) ** 2)
    assert changed("strided").activations == 4 * CHANNELS * (SIDE**2 + 4 * (SIDE // 2) ** 2)
    separable = changed("separable")
    assert separable.parameters / base.parameters == pytest.approx(1 / 64 + 1 / 9)
    assert separable.activations * 5 == base.activations * 9  # four maps more
    assert {change: changed(change).side for change in CHANGES} == {
        **dict.fromkeys(CHANGES, SIDE),
        "strided": SIDE // 2,
        "pooled": SIDE // 2,
    }


def test_stacks_keep_their_channels():
    for change in CHANGES:
        with torch.no_grad():
            y = stack(change)(torch.zeros(1, CHANNELS, 16, 16))
        assert y.shape[1] == CHANNELS


def test_evidence():
    for evidence in (overview.check_fields, overview.check_counter, overview.check_saved):
        assert evidence().error == 0
    assert overview.check_published().cases == 5
