"""What one output of a layer reads, against masks written by hand and the coverage of a stack."""

import numpy as np
import pytest
import torch
from torch import nn

from snippets.convolution.convolution_overview import (
    KINDS,
    C,
    check_modules,
    footprints,
    reaches,
    torch_reads,
)
from snippets.convolution.dilated_conv import coverage


def cells(seen):
    return seen.any(0).numpy()


def test_ordinary_layer_reads_its_window():
    expected = np.zeros((9, 9), bool)
    expected[3:6, 2:5] = True
    seen = torch_reads(nn.Conv2d(2, 4, 3, padding=1), torch.ones(1, 2, 9, 9), 4, 3)
    np.testing.assert_array_equal(cells(seen), expected)
    assert seen.all(0).equal(seen.any(0))


def test_stride_and_padding_at_the_border():
    seen = torch_reads(nn.Conv2d(1, 1, 3, 2, 1), torch.ones(1, 1, 7, 7), 0, 2)
    expected = np.zeros((7, 7), bool)
    expected[:2, 3:6] = True
    np.testing.assert_array_equal(cells(seen), expected)


def test_groups_see_their_own_channels():
    layer = nn.Conv2d(6, 9, 1, groups=3)
    seen = torch_reads(layer, torch.ones(1, 6, 2, 2), 0, 0)  # output channel 4 is of the second
    assert seen[:, 0, 0].tolist() == [False, False, True, True, False, False]


def test_dilated_stack_reads_what_its_coverage_says():
    stack = nn.Sequential(nn.Conv2d(1, 2, 3, dilation=2), nn.Conv2d(2, 1, 3, dilation=4))
    seen = torch_reads(stack, torch.ones(1, 1, 13, 13), 0, 0)
    np.testing.assert_array_equal(cells(seen), coverage((2, 4)) > 0)


def test_transposed_layer_is_the_transposed_convolution():
    # Output t is reached from input i if the convolution of the same settings reads t at i.
    back, size = nn.Conv2d(1, 1, 3, 2, 1), 8
    layer = nn.ConvTranspose2d(1, 1, 3, 2, padding=1, output_padding=1)
    for t in range(2 * size):
        ours = cells(torch_reads(layer, torch.ones(1, 1, size, size), t, t)).any(1)
        image = torch.ones(1, 1, 2 * size, 2 * size)
        theirs = [bool(cells(torch_reads(back, image, i, i)).any(1)[t]) for i in range(size)]
        assert ours.tolist() == theirs


def test_max_pooling_is_refused():
    layer = nn.Sequential(nn.Conv2d(1, 1, 3), nn.MaxPool2d(2))
    with pytest.raises(ValueError, match="max pooling"):
        torch_reads(layer, torch.ones(1, 1, 8, 8), 0, 0)
    layer[1] = nn.AvgPool2d(2)
    assert cells(torch_reads(layer, torch.ones(1, 1, 8, 8), 0, 0)).sum() == 4**2


def test_module_and_input_are_left_alone():
    layer, x = nn.Conv2d(1, 1, 3), torch.ones(1, 1, 5, 5)
    before = layer.weight.clone()
    torch_reads(layer, x, 1, 1)
    assert layer.weight.equal(before)
    assert layer.weight.grad is None
    assert not x.requires_grad


@pytest.mark.parametrize("name", KINDS)
def test_gradient_is_that_of_moving_an_input(name):
    """The footprints by a second way: a change of an input changes the output or does not."""
    kind = KINDS[name]
    layer = kind.build(C, C, 3)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.fill_(1)
    seen, at = footprints(name)[0], kind.side // 2
    rng = np.random.default_rng(0)
    where = np.argwhere(seen)
    inside = where[rng.integers(0, len(where), 6)]
    near = where[0] + rng.integers(-3, 4, (12, 3))
    with torch.no_grad():
        before = layer(torch.zeros(1, C, 32, 32))[0, C // 2, at, at].item()
        for c, i, j in [*inside, *near]:
            x = torch.zeros(1, C, 32, 32)
            x[0, c % C, i, j] = 1
            moved = layer(x)[0, C // 2, at, at].item() != before
            assert moved == seen[c % C, i, j]


def test_four_outputs_agree_but_for_the_transposed():
    for name in KINDS:
        found = reaches(name)
        if name == "transposed":
            assert [reach.cells for reach in found] == [1, 2, 2, 4]
        else:
            assert len(set(found)) == 1


def test_evidence():
    evidence = check_modules()
    assert evidence.error == 0
    assert evidence.cases == 4 * len(KINDS)
