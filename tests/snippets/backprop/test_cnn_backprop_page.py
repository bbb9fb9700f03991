"""What the page on convolution and pooling says, against grids done by hand."""

import numpy as np
import pytest

from snippets.backprop import _cnn_backprop_conv as conv
from snippets.backprop import _cnn_backprop_pool as pool
from snippets.backprop import cnn_backprop
from snippets.kit import LANGS, Tr


def test_evidence_covers_every_setting():
    assert cnn_backprop.check_conv().error < 1e-13
    assert cnn_backprop.check_pool().error < 1e-13
    assert cnn_backprop.check_differences().error < 1e-8


@pytest.mark.parametrize("lang", LANGS)
def test_frames_end_at_the_result(lang):
    data = conv.figure_frames(Tr(lang)).data
    assert data["dx"].tolist() == [
        [1, 1, -1, -1], [2, 2, -2, -2], [2, 2, -2, -2], [1, 1, -1, -1],
    ]  # fmt: skip
    assert data["dw"].tolist() == [[14, 18, 22], [30, 34, 38], [46, 50, 54]]
    (row,) = conv.table_example(Tr(lang)).rows
    assert "14 & 18 & 22" in row[3]
    assert row[4] == "4"


def test_spread_sizes_are_those_of_the_caption():
    data = conv.figure_spread(Tr("en")).data
    assert data["plain"].shape == (6, 6)  # minus 2 gives 4
    assert data["strided"].shape == (7, 7)  # minus 2 gives 5
    assert data["strided"][1, 1:6].tolist() == [1, 0, 2, 0, 3]


def test_unread_cells():
    found = conv.value_unread()
    assert found["cells"] == 6 + 6 - 1  # the last row and the last column
    assert found["largest"] == 0


def test_sharing():
    assert conv.value_sharing() == {"corner": 1, "centre": 4, "weight": 4}


@pytest.mark.parametrize("lang", LANGS)
def test_pooling_figure(lang):
    data = pool.figure_pooling(Tr(lang)).data
    assert data["max"].tolist() == [[0, 0, 0, 0], [1, 0, 0, 2], [0, 0, 4, 0], [3, 0, 0, 0]]
    np.testing.assert_array_equal(data["average"][:2, 2:], np.full((2, 2), 0.5))
    assert data["average"].sum() == data["max"].sum() == 10


def test_overlap_done_by_hand():
    found = pool.value_overlap()
    assert found == {"centre": 4, "average": 1, "total": 4}
    (row,) = pool.table_overlap(Tr("en")).rows
    assert r"0.25 & 0.5 & 0.25 \\ 0.5 & 1 & 0.5" in row[2]
    assert r"0 & 4 & 0" in row[1]


def test_ties_as_documented():
    # docs.pytorch.org, torch.amax: amax and max() share evenly, max(dim) follows the index.
    rows = {row[0]: row[1] for row in pool.table_ties(Tr("en")).rows}
    assert rows["`x.amax(dim=0)`"] == rows["`x.max()`"] == "(0.5, 0.5)"
    assert rows["`x.max(dim=0).values`"] == rows["`F.max_pool1d(x, 2)`"] == "(1, 0)"
    assert pool.value_ties()["mask"] == 2


def test_share_of_ties_after_relu_is_that_of_four_zeros():
    error = np.sqrt(1 / 16 * 15 / 16 / 10_000)
    assert all(abs(v - 1 / 16) < 4 * error for v in pool.value_relu_ties().values)
