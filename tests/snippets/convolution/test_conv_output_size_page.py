"""What the page on output sizes says, against counting and PyTorch."""

import numpy as np
import pytest
import torch

from snippets.convolution import _conv_output_size_shapes as shapes
from snippets.convolution import conv_output_size
from snippets.kit import LANGS, Tr


def test_evidence():
    assert conv_output_size.check_exhaustive().cases == 1914
    assert conv_output_size.check_pooling().cases > 700
    assert conv_output_size.check_networks().cases > 100


def test_tally_as_counted_elsewhere():
    # 885 of 1,914 wrong without dilation, none with a dilation of 1
    assert shapes.value_tally() == {"settings": 1914, "wrong": 0, "without": 885}
    assert shapes.tally()[1][2] == 0
    assert shapes.table_exhaustive(Tr("en")).rows[-1][1:] == [1914, 0, 885]


@pytest.mark.parametrize("lang", LANGS)
def test_windows_drawn_are_those_unfolded_by_pytorch(lang):
    data = shapes.figure_windows(Tr(lang)).data
    for name, (n, k, s, p, d) in shapes.CASES.items():
        row = torch.arange(n + 2.0 * p)[None, None, None]
        cells = torch.nn.functional.unfold(row, (1, k), dilation=(1, d), stride=(1, s))[0].T
        np.testing.assert_array_equal(data[name], cells.numpy())
    assert data["plain_unread"].size == 0
    assert data["strided_unread"].tolist() == [9]
    assert data["dilated_unread"].tolist() == [1, 3, 5, 7, 9]


@pytest.mark.parametrize("lang", LANGS)
def test_staircase_steps_have_the_width_of_the_stride(lang):
    data = shapes.figure_staircase(Tr(lang)).data
    for s in (1, 2, 3):
        sizes = data[f"s{s}"]
        assert sizes[0] == 1
        assert (sizes[s:] - sizes[:-s] == 1).all()


def test_mistakes_by_arithmetic():
    found = shapes.value_mistakes()
    assert (found["stem"], found["stem_stride"], found["divided"]) == (56, 4, 56.75)
    assert (found["dilated"], found["undilated"]) == (28, 30)
    assert (found["a_side"], found["total"]) == (32, 30)
    assert (found["alexnet_224"], found["alexnet_floor"]) == (54.25, 54)
    assert found["alexnet_227"] == found["alexnet_pad"] == 55
    with pytest.raises(ValueError, match="unpack"):
        _ = [k for k, s, p in [(3, 1, 1), (3, 1, 1, 2)]]


@pytest.mark.parametrize("lang", LANGS)
def test_trace_halves(lang):
    rows = shapes.table_trace(Tr(lang)).rows
    assert [row[4] for row in rows] == [112, 56, 56, 28, 14, 7]
    assert [row[6] for row in rows] == [1, 1, 0, 1, 1, 1]
