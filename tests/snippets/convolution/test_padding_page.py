"""What the page on padding says, against NumPy, PyTorch and arithmetic."""

import numpy as np
import pytest

from snippets.convolution import _padding_modes as modes
from snippets.convolution import _padding_same as same
from snippets.convolution import padding
from snippets.kit import LANGS, Tr


def test_evidence():
    assert padding.check_modes().error == 0
    assert padding.check_same().error < 1e-14


@pytest.mark.parametrize("lang", LANGS)
def test_row_and_image(lang):
    rows = modes.figure_row(Tr(lang)).data
    assert rows["reflect"][:3].tolist() == [4, 3, 2]
    assert rows["circular"][-3:].tolist() == [1, 2, 3]
    image = modes.figure_image(Tr(lang)).data
    middle = image["zeros"][7:-7, 7:-7]
    assert all((v[7:-7, 7:-7] == middle).all() for v in image.values())
    assert image["zeros"][:7].sum() == 0
    np.testing.assert_array_equal(
        image["reflect"][6],
        middle[1][abs(np.arange(-7, 28)) - 2 * np.clip(np.arange(-7, 28) - 20, 0, None)],
    )


def test_colours_as_published():
    # mean and deviation as in the weights of torchvision: (123.675, 116.28, 103.53) of 255
    found = modes.value_colours()
    assert found["zero"] == pytest.approx([123.675, 116.28, 103.53])
    assert np.round(found["black"], 3).tolist() == [-2.118, -2.036, -1.804]
    assert np.round(found["white"], 3).tolist() == [2.249, 2.429, 2.64]
    assert [row[-1] for row in modes.table_colours(Tr("en")).rows] == [
        "(124, 116, 104)", "(0, 0, 0)", "(255, 255, 255)",
    ]  # fmt: skip


@pytest.mark.parametrize("lang", LANGS)
def test_impulse_tells_where_the_extra_cell_is(lang):
    torch_row, end, start = (row[1:] for row in same.table_impulse(Tr(lang)).rows)
    assert torch_row == end == [2, 1, 0, 0, 0, 0]
    assert start == [3, 2, 1, 0, 0, 0]
    assert same.value_impulse() == {"torch": 2, "top": 3}


@pytest.mark.parametrize("lang", LANGS)
def test_even_kernels_are_off_by_half_a_cell(lang):
    assert same.figure_half_pixel(Tr(lang)).data["centres"].tolist() == [5, 4.5, 5.5]


def test_amounts_by_arithmetic():
    rows = {(row[0], row[1]): row for row in same.table_amounts(Tr("en")).rows}
    assert rows[7, 1][3:] == [28, 30, 32]
    assert rows[11, 1][2] == 5
    assert rows[4, 1][2] == "1 | 2"
    assert same.value_amounts() == {"k7": 3, "k11": 5, "dilated": 4}
    assert same.value_strided() == {"n": 224, "left": 0, "right": 1, "out": 112}


def test_only_zeros_show_the_border():
    found = same.value_border()
    assert found["zeros"] == 1 - (24 / 32) ** 2
    assert found["others"] == 0
