"""Parameters and operations against PyTorch, counting loops and published numbers."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

from snippets.receptive_cost import _nets
from snippets.receptive_cost.params_and_flops import (
    conv_by_loops,
    conv_flops,
    conv_macs,
    conv_parameters,
    linear_parameters,
    torch_costs,
    torch_flops,
    torch_parameters,
)


@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("norm", [True, False])
def test_parameters_of_a_convolution(groups, bias, norm):
    layers = [nn.Conv2d(8, 12, 3, groups=groups, bias=bias)]
    layers += [nn.BatchNorm2d(12)] if norm else []
    stack = nn.Sequential(*layers)
    assert conv_parameters(8, 3, 12, groups, bias, norm) == sum(
        p.numel() for _, p in stack.named_parameters()
    )
    assert torch_parameters(stack)[1] == (12 + 12 + 1 if norm else 0)


def test_groups_must_divide():
    with pytest.raises(ValueError, match="3 groups do not divide 8 and 12"):
        conv_parameters(8, 3, 12, groups=3)
    with pytest.raises(ValueError, match="do not divide"):
        conv_parameters(8, 3, 6, groups=4)


@pytest.mark.parametrize("count", [conv_macs, conv_flops])
def test_groups_must_divide_for_operations_too(count):
    with pytest.raises(ValueError, match="3 groups do not divide 8 and 12"):
        count(8, 3, 12, 5, 5, groups=3)


def test_dense_layer():
    assert linear_parameters(25088, 4096) == 102_764_544  # first of VGG
    assert linear_parameters(3, 2, bias=False) == 6


COUNTS = {
    # documentation of torchvision
    "alexnet": (_nets.alexnet, 61_100_840),
    "vgg11": (lambda: _nets.vgg(11), 132_863_336),
    "vgg13": (lambda: _nets.vgg(13), 133_047_848),
    "vgg16": (lambda: _nets.vgg(16), 138_357_544),
    "vgg19": (lambda: _nets.vgg(19), 143_667_240),
    "resnet18": (_nets.resnet18, 11_689_512),
    "resnet50": (_nets.resnet50, 25_557_032),
    "resnet101": (lambda: _nets.resnet((3, 4, 23, 3), True), 44_549_160),
}


@pytest.mark.parametrize(("build", "expected"), COUNTS.values(), ids=COUNTS)
def test_published_parameters(build, expected):
    with torch.device("meta"):
        assert torch_parameters(build())[0] == expected


def test_parameters_of_unet_by_hand():
    sizes = [1, 64, 128, 256, 512, 1024]
    total = 0
    for a, b in pairwise(sizes):  # down
        total += a * b * 9 + b + b * b * 9 + b
    for b in (512, 256, 128, 64):  # up: transposed 2×2, then two 3×3 on twice the channels
        total += 2 * b * b * 4 + b + 2 * b * b * 9 + b + b * b * 9 + b
    total += 64 * 2 + 2
    with torch.device("meta"):
        network = _nets.unet()
        assert torch_parameters(network)[0] == total == 31_030_658
        # output size of the paper: 572 in, 388 out [ronneberger2015]
        assert network(torch.empty(1, 1, 572, 572)).shape == (1, 2, 388, 388)


def test_loops_count_what_they_do():
    rng = np.random.default_rng(3)
    x, w = rng.normal(size=(4, 6, 6)), rng.normal(size=(2, 4, 3, 3))
    y, products, sums = conv_by_loops(x, w)
    theirs = nn.functional.conv2d(torch.tensor(x)[None], torch.tensor(w))[0]
    np.testing.assert_allclose(y, theirs, rtol=1e-12)
    assert (products, sums) == (2 * 16 * 36, 2 * 16 * 35)
    assert products + sums == conv_flops(4, 3, 2, 4, 4)
    assert products == conv_macs(4, 3, 2, 4, 4)


def test_depthwise_costs_a_channel_at_a_time():
    assert conv_macs(32, 3, 32, 10, 10, groups=32) == 32 * 100 * 9
    assert conv_flops(32, 3, 32, 10, 10, groups=32, bias=True) == 2 * 32 * 100 * 9


def test_hooks_count_every_kind_of_layer_as_the_counter_does():
    with torch.device("meta"):
        model = nn.Sequential(
            nn.Conv2d(3, 8, 3, 2, groups=1),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.ConvTranspose2d(8, 4, 2, 2),
            nn.Conv2d(4, 4, 3, groups=4, dilation=2),
            nn.AdaptiveAvgPool2d(3),
            nn.Flatten(),
            nn.Linear(36, 5),
        )
        x = torch.empty(2, 3, 21, 17)
        costs = torch_costs(model, x)
        assert 2 * sum(macs for _, _, macs in costs.values()) == torch_flops(model, x)
        assert list(costs) == ["0", "3", "4", "7"]
        assert costs["7"] == ((2, 5), 36 * 5 + 5, 2 * 36 * 5)
        assert not any(m._forward_hooks for m in model.modules())


def test_a_layer_called_twice_counts_twice():
    with torch.device("meta"):
        layer, x = nn.Linear(4, 4), torch.empty(2, 4)
        model = nn.Sequential(layer, nn.ReLU(), layer)
        assert torch_costs(model, x)["0"] == ((2, 4), 20, 2 * 2 * 16)
        assert torch_flops(model, x) == 2 * 2 * 2 * 16


def test_hooks_are_removed_after_an_error():
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(3, 3))
    with pytest.raises(RuntimeError):
        torch_costs(model, torch.zeros(1, 4))
    assert not any(m._forward_hooks for m in model.modules())


def test_dense_layers_on_sequences():
    with torch.device("meta"):
        layer, x = nn.Sequential(nn.Linear(6, 4)), torch.empty(2, 5, 6)
        assert torch_costs(layer, x)["0"] == ((2, 5, 4), 28, 2 * 5 * 24)
        assert torch_flops(layer, x) == 2 * 2 * 5 * 24
