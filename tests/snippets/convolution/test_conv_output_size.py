"""Sizes against the shapes of PyTorch, and against sizes printed in papers."""

import pytest
import torch
import torch.nn.functional as F

from snippets.convolution.conv_output_size import (
    conv_output_size,
    count_windows,
    pool_output_size,
    settings,
    torch_sizes,
    trace_sizes,
)


def test_every_setting_against_pytorch():
    count = 0
    for n, k, s, p, d in settings():
        x, w = torch.empty(1, 1, n, device="meta"), torch.empty(1, 1, k, device="meta")
        size = F.conv1d(x, w, None, s, p, d).shape[-1]
        assert conv_output_size(n, k, s, p, d) == count_windows(n, k, s, p, d) == size
        count += 1
    assert count == 1914


@pytest.mark.parametrize("ceil_mode", [False, True])
def test_pooling_against_pytorch(ceil_mode):
    for n in range(2, 16):
        for k in range(1, 6):
            for s in range(1, 6):
                for p in range(k // 2 + 1):
                    for d in (1, 2):
                        if n + 2 * p <= d * (k - 1):
                            continue
                        y = F.max_pool1d(torch.zeros(1, 1, n), k, s, p, d, ceil_mode=ceil_mode)
                        assert pool_output_size(n, k, s, p, d, ceil_mode) == y.shape[-1]


def test_published_sizes():
    # He et al. 2016, table 1: 112, 56, 28, 14, 7
    resnet = [(7, 2, 3), (3, 2, 1), (3, 2, 1), (3, 2, 1), (3, 2, 1)]
    assert [size for size, _ in trace_sizes(224, resnet)] == [112, 56, 28, 14, 7]
    assert trace_sizes(224, resnet)[-1][1] == 32
    # LeCun et al. 1998, figure 2: 28, 14, 10, 5, 1
    lenet = [(5, 1, 0), (2, 2, 0), (5, 1, 0), (2, 2, 0), (5, 1, 0)]
    assert [size for size, _ in trace_sizes(32, lenet)] == [28, 14, 10, 5, 1]


def test_layers_of_three_and_of_four_numbers():
    layers = [(3, 2, 1), (3, 1, 0, 2), (5, 3, 2, 1)]
    assert [size for size, _ in trace_sizes(50, layers)] == torch_sizes(50, layers)


@pytest.mark.parametrize(
    "arguments",
    [(0, 1), (5, 0), (5, 3, 0), (5, 3, 1, -1), (5, 3, 1, 0, 0), (4, 5), (4, 3, 1, 0, 2)],
)
def test_misfits_are_refused(arguments):
    with pytest.raises(ValueError, match=r"cannot use|does not fit"):
        conv_output_size(*arguments)


@pytest.mark.parametrize("layer", [(3, 1), (3, 1, 0, 1, 1)])
def test_layers_of_another_length_are_refused(layer):
    with pytest.raises(ValueError, match="layer 2"):
        trace_sizes(9, [(3, 1, 0), layer])
