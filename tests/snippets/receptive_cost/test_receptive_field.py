"""The receptive field against autograd, published sizes and closed forms."""

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from torch import nn

from snippets.receptive_cost import _nets
from snippets.receptive_cost._chains import measured, random_chains, torch_chain
from snippets.receptive_cost.receptive_field import (
    Layer,
    bottom_up,
    box_profile,
    footprint,
    gradient_map,
    top_down,
)

KNOWN = [
    # layers, (r, j, a), source
    ([], (1, 1, 0), "the input itself"),
    ([Layer(1)], (1, 1, 0), "a 1×1 convolution"),
    ([Layer(3)] * 2, (5, 1, 0), "two 3×3 are a 5×5 [simonyan2015]"),
    ([Layer(3)] * 3, (7, 1, 0), "three 3×3 are a 7×7 [simonyan2015]"),
    ([Layer(3, 2)], (3, 2, 0), "by hand"),
    ([Layer(3, 1, 1, 2)], (5, 1, -1), "by hand: positions -1, 1, 3"),
    ([Layer(2, 2)] * 5, (32, 32, 0), "non-overlapping windows"),
]


@pytest.mark.parametrize(("layers", "expected", "source"), KNOWN)
def test_known_fields(layers, expected, source):
    assert bottom_up(layers) == expected, source
    assert top_down(layers) == expected[0], source


def test_both_directions_agree_with_autograd():
    for layers in random_chains(80):
        assert bottom_up(layers) == measured(layers), layers
        assert top_down(layers) == measured(layers)[0], layers


def test_changing_an_input_changes_the_output_inside_the_field_only():
    layers = [Layer(3, 2, 1), Layer(3, 1, 0, 2), Layer(2, 2)]
    r, j, a = bottom_up(layers)
    chain = torch_chain(layers)
    x = torch.zeros(1, 1, 80, dtype=torch.float64)
    base, i = chain(x)[0, 0, 4].item(), 4
    changed = []
    for u in range(80):
        x[0, 0, u] = 1.0
        if chain(x)[0, 0, i].item() != base:
            changed.append(u)
        x[0, 0, u] = 0.0
    assert (changed[0], changed[-1]) == (a + i * j, a + i * j + r - 1)


@pytest.mark.parametrize("bad", [(0, 1, 0, 1), (3, 0, 0, 1), (3, 1, -1, 1), (3, 1, 0, 0)])
def test_layers_that_cannot_be_are_refused(bad):
    with pytest.raises(ValueError, match=r"no layer has k="):
        bottom_up([Layer(3), Layer(*bad)])


def test_triples_are_refused():
    with pytest.raises(ValueError, match="not enough values to unpack"):
        bottom_up([(3, 1, 1)])


PUBLISHED = [
    # README of google-research/receptive_field, the program of [araujo2019]
    (_nets.alexnet, {}, 195, 32),
    (lambda **o: _nets.vgg(16, **o), {}, 212, 32),
    (_nets.resnet50, {"early": True}, 483, 32),
    (lambda **o: _nets.resnet((3, 4, 23, 3), True, **o), {"early": True}, 1027, 32),
    (lambda **o: _nets.resnet((3, 8, 36, 3), True, **o), {"early": True}, 1507, 32),
]


@pytest.mark.parametrize(("build", "options", "size", "jump"), PUBLISHED)
def test_published_fields(build, options, size, jump):
    with torch.device("meta"):
        layers = _nets.main_path(build(**options))
    assert bottom_up(layers)[:2] == (size, jump)


def test_published_padding_of_vgg16():
    with torch.device("meta"):
        layers = _nets.main_path(_nets.vgg(16))
    assert bottom_up(layers)[2] == -90  # effective padding of [araujo2019]


def test_box_profile_counts_the_paths():
    # 3×3 layers: trinomial coefficients over 3^n
    row = [Fraction(1)]
    for _ in range(6):
        wide = [Fraction(0)] * 2 + row + [Fraction(0)] * 2
        row = [sum(wide[i : i + 3]) / 3 for i in range(len(row) + 2)]
    np.testing.assert_allclose(box_profile([3] * 6), [float(f) for f in row], rtol=1e-14)


def test_variance_of_a_box_profile():
    kernels = [3, 5, 2, 11]
    profile = box_profile(kernels)
    places = np.arange(len(profile)) - (len(profile) - 1) / 2
    assert profile.sum() == pytest.approx(1)
    # independent uniform steps over k positions have variance (k² - 1) / 12
    expected = sum((k * k - 1) / 12 for k in kernels)
    assert (profile * places**2).sum() == pytest.approx(expected)


def test_gradient_map_of_a_known_kernel():
    conv = nn.Conv2d(1, 1, 3, bias=False)
    with torch.no_grad():
        conv.weight.copy_(torch.arange(-4.0, 5.0).view(1, 1, 3, 3))
    x = torch.zeros(1, 1, 5, 5)
    found = gradient_map(conv, x)
    expected = torch.zeros(5, 5)
    expected[1:4, 1:4] = torch.arange(-4.0, 5.0).view(3, 3).abs()
    torch.testing.assert_close(found, expected)
    assert not x.requires_grad
    assert footprint(conv, x) == (1, 3)


def test_max_pooling_shows_the_winners_only():
    x = torch.zeros(1, 1, 6)
    x[0, 0, 3] = 1.0
    assert footprint(nn.MaxPool1d(6), x) == (3, 3)
    assert footprint(nn.AvgPool1d(6), x) == (0, 5)


def test_a_normal_density_fits_many_boxes():
    profile = box_profile([3] * 200)
    sigma = math.sqrt(200 * 2 / 3)
    assert profile[200] == pytest.approx(1 / (sigma * math.sqrt(2 * math.pi)), rel=2e-3)
