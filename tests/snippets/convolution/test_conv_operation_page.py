"""What the page on the convolution operation says, against closed forms and PyTorch."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from snippets.convolution import _conv_operation_columns as columns
from snippets.convolution import _conv_operation_shift as shifted
from snippets.convolution import _conv_operation_slide as slide
from snippets.convolution import conv_operation
from snippets.kit import LANGS, Tr


def test_evidence():
    for name in ("check_forward", "check_columns", "check_backward"):
        assert getattr(conv_operation, name)().error < 1e-13
    assert slide.check_flip().cases > 50


@pytest.mark.parametrize("lang", LANGS)
def test_example_is_the_one_done_by_hand(lang):
    assert slide.figure_slide(Tr(lang)).data["output"].tolist() == [[-6, -6], [-6, -6]]
    one, two = slide.table_example(Tr(lang)).rows
    assert one[3:] == [
        r"$\begin{pmatrix}-2 & -2\end{pmatrix}$",
        r"$\begin{pmatrix}2 & 2\end{pmatrix}$",
    ]
    assert "6 & 6" in two[4]
    assert slide.value_example() == {"left": 15, "right": 21, "y": -6, "flipped": 6}


def test_edges_are_those_of_pytorch():
    data = slide.figure_edges(Tr("en")).data
    image = torch.tensor(data["image"])[None, None]
    sobel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=image.dtype)
    for name, kernel in (("upright", sobel), ("lying", sobel.T)):
        theirs = F.conv2d(image, kernel[None, None])[0, 0]
        np.testing.assert_allclose(data[name], theirs, atol=1e-12)
    square = data["upright"][4:8, 14:16]  # left border of the square, which is 0.6 bright
    assert square.max() == pytest.approx(4 * 0.6)


def test_columns_by_hand():
    (row,) = columns.table_columns(Tr("en")).rows
    assert "1 & 2 & 4 & 5" in row[2]
    assert "37 & 47 & 67 & 77" in row[3]  # 1+4+12+20 and so on
    assert columns.value_memory()["copies"] == 9


def test_only_whole_shifts_of_stride_1_are_exact():
    errors = shifted.shift_errors()
    assert errors["one"]["equivariance"].high == errors["even"]["equivariance"].high == 0
    assert errors["one"]["invariance"].low > 1
    assert errors["odd"]["equivariance"].low > 1
    # two unrelated images are about the root of 2 apart; a shift by one cell is no better
    assert errors["other"]["equivariance"].mean == pytest.approx(np.sqrt(2), abs=0.15)
    assert errors["odd"]["equivariance"].mean > 0.95 * errors["other"]["equivariance"].mean
    assert 0 < errors["zeros"]["equivariance"].low < errors["zeros"]["equivariance"].high < 0.6
    assert errors["one"]["mean"].high < 1e-14 < 0.01 < errors["odd"]["mean"].low


def test_network_is_exact_for_multiples_of_its_total_stride():
    found = shifted.network_changes()
    assert found["strided_4"].high < 1e-14
    assert found["dense_1"].high < 1e-14
    assert found["strided_1"].low > 0.01
    assert found["strided_2"].low > 0.01


@pytest.mark.parametrize("lang", LANGS)
def test_shift_figure(lang):
    data = shifted.figure_shift(Tr(lang)).data
    np.testing.assert_array_equal(np.roll(data["plain"], (3, 3), (0, 1)), data["moved"])
    rolled = [np.roll(data["plain_strided"], (s, s), (0, 1)) for s in (1, 2)]
    assert all(abs(r - data["moved_strided"]).max() > 1 for r in rolled)


def test_weights_are_those_of_layers():
    found = shifted.value_weights()
    layer = torch.nn.Conv2d(3, 64, 3)
    assert found["conv"] == layer.weight.numel() == 1728
    assert found["parameters"] == sum(p.numel() for p in layer.parameters()) == 1792
    assert found["dense"] == 224**4 * 3 * 64
    assert found["small_dense"] == torch.nn.Linear(28 * 28, 28 * 28, bias=False).weight.numel()
