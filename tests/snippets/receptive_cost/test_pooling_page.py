"""What the page on pooling says, against hand counts, PyTorch and closed forms."""

import numpy as np
import pytest
import torch

from snippets.kit import LANGS, Tr
from snippets.receptive_cost import _pooling_counts as counts
from snippets.receptive_cost import _pooling_invariance as invariance
from snippets.receptive_cost import _pooling_methods as methods
from snippets.receptive_cost import pooling


def test_evidence():
    assert pooling.check_pools().error < 1e-14
    assert pooling.check_global_backward().error < 1e-15


@pytest.mark.parametrize("lang", LANGS)
def test_example(lang):
    (row,) = methods.table_example(Tr(lang)).rows
    assert r"6 & 8 \\ 3 & 4" in row[1]
    assert r"3.75 & 5.25 \\ 2 & 2" in row[2]
    assert row[3:5] == ["3.25", "8"]
    assert "4.73 & 6.33" in row[5]  # 71/15 and 133/21
    found = methods.value_example()
    assert found["lp1"] == 1 + 3 + 5 + 6
    assert found["lp8"] == pytest.approx((1 + 3**8 + 5**8 + 6**8) ** 0.125)


def test_relu_commutes_with_the_maximum_only():
    found = methods.value_relu()
    assert found["max"] == 0
    assert found["mean"].low > 0.1


def test_counts_worked_out_by_hand():
    found = counts.value_counts()
    assert found["pool"] == 0
    assert found["conv"] == found["conv_pooled"] == 128 * 64 * 9 + 128 == 73_856
    assert found["dense"] == 10 * 128 * 30 * 30 + 10 == 1_152_010
    assert found["dense_pooled"] == 10 * 128 * 15 * 15 + 10 == 288_010
    assert found["gap"] == 10 * 128 + 10 == 1_290
    assert found["strided"] == 128 * 128 * 9 + 128


def test_sizes_of_the_table():
    x = torch.nn.Conv2d(64, 128, 3)(torch.zeros(1, 64, 32, 32))
    assert x.shape[1:] == (128, 30, 30)
    assert torch.nn.MaxPool2d(2)(x).shape[2:] == (15, 15)


def test_bar():
    first, inside, across, turned = invariance.figure_bar(Tr("en")).data["pooled"]
    np.testing.assert_array_equal(first, inside)
    assert first[:, 1].all()
    assert across[:, 2].all()
    np.testing.assert_array_equal(turned, first.T)
    assert invariance.value_bar() == {"inside": 0, "across": 8, "turned": 6, "total": 4}


def test_changes_as_they_must_be():
    found = invariance._changes()
    for change in ("shift1", "shift2", "turn90"):
        assert found[change]["gmp"].high == 0
        assert found[change]["gap"].high < 1e-12
    for change in found:
        assert found[change]["max"].low > 0.4  # far from invariant
        assert found[change]["max"].mean < found[change]["none"].mean
    # The mean over the frame grows with the area of the content: 1.2² − 1.
    assert found["scale"]["gap"].mean == pytest.approx(0.44, abs=0.02)


def test_a_turn_by_a_right_angle_is_exact():
    x = invariance._map(np.random.default_rng(0))
    np.testing.assert_allclose(
        invariance._moved(x, angle=90), np.rot90(x, k=1, axes=(-2, -1)), atol=1e-9
    )


def test_blur_pooling_is_that_of_pytorch():
    x = invariance._map(np.random.default_rng(1))
    image = torch.tensor(x)[:, None]
    blur = torch.tensor(np.outer([1, 2, 1], [1, 2, 1]) / 16)[None, None]
    dense = torch.nn.functional.max_pool2d(image, 2, 1)
    theirs = torch.nn.functional.conv2d(dense, blur, stride=2, padding=1)[:, 0]
    np.testing.assert_allclose(invariance._blurred(x), theirs.numpy(), atol=1e-12)


def test_picture():
    data = methods.figure_four(Tr("zh")).data
    assert (data["max"] >= data["mean"]).all()
    assert (data["max"] >= data["stochastic"]).all()
    assert 0 < data["mean"].min() < data["max"].max() <= 1
