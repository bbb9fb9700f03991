"""What the overview of convolutional networks says, against PyTorch and arithmetic."""

import numpy as np
import pytest
import torch

from snippets.convolution import _cnn_overview_parts as parts
from snippets.kit import LANGS, Tr


@pytest.mark.parametrize("lang", LANGS)
def test_lenet_shapes_as_published(lang):
    # LeCun et al. 1998, figure 2: 6@28×28, 6@14×14, 16@10×10, 16@5×5, 120, 84, 10
    shapes = [tuple(s) for s in parts.figure_lenet(Tr(lang)).data.values()]
    assert shapes == [
        (1, 32, 32), (6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5), (400,), (120,), (84,),
        (10,),
    ]  # fmt: skip
    assert parts.table_lenet(Tr(lang)).rows[-1][-1] == 61_706


def test_heads_against_layers():
    found = parts.value_head()
    assert found["flat"] == sum(p.numel() for p in torch.nn.Linear(128 * 15 * 15, 10).parameters())
    assert found["gap"] == sum(p.numel() for p in torch.nn.Linear(128, 10).parameters())


@pytest.mark.parametrize("lang", LANGS)
def test_matrix_drawn_is_that_of_a_convolution(lang):
    matrix = parts.figure_toeplitz(Tr(lang)).data["convolution"]
    x = torch.arange(36.0, dtype=torch.float64)
    w = torch.tensor(parts.KERNEL)[None, None]
    theirs = torch.nn.functional.conv2d(x.reshape(1, 1, 6, 6), w).flatten()
    np.testing.assert_allclose(matrix @ x.numpy(), theirs, atol=1e-12)
    assert parts.value_toeplitz() == {"entries": 16 * 36, "nonzero": 16 * 9, "different": 9}


def test_first_layer_by_arithmetic():
    found = parts.value_first_layer()
    layer = torch.nn.Conv2d(3, 64, 3, padding=1, device="meta")
    assert found["parameters"] == sum(p.numel() for p in layer.parameters()) == 1792
    assert found["dense"] == pytest.approx(4.8338e11, rel=1e-4)
    assert found["ratio"] == pytest.approx(224**2 / 9)
    assert parts.table_versus(Tr("en")).rows[0][1:] == ["4.8e+11", "1,728"]


def test_padding_and_recipe():
    assert parts.value_padding() == {"n": 32, "p1": 28, "p2": 30, "p3": 32, "k11": 5}
    recipe = parts.value_recipe()
    assert recipe["epochs"] == pytest.approx(119.9, abs=0.05)
    x = torch.zeros(1, 1, 112, 112)
    for padding, key in ((1, "padded"), (0, "plain")):
        pooled = torch.nn.functional.max_pool2d(x, 3, 2, padding)
        assert recipe[key] == pooled.shape[-1]


@pytest.mark.parametrize("lang", LANGS)
def test_table_of_settings_names_each_once(lang):
    rows = parts.table_settings(Tr(lang)).rows
    assert len({row[0] for row in rows}) == len(rows) == 10
