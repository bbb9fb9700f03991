"""What the page on network families says, against PyTorch and closed forms."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from snippets.foundations import _network_families_drawings as drawings
from snippets.foundations import _network_families_reach as reach
from snippets.foundations import network_families as families
from snippets.kit import LANGS, Tr

EN = Tr("en")


def test_checks_agree():
    assert families.check_counts().error == 0
    assert families.check_causal().error < 1e-12


def test_table_of_counts():
    rows = families.table_counts(EN).rows
    assert [row[1:] for row in rows] == [
        [620, 640, 640],
        [1860, 1920, 1920],
        [2480, 2560, 2560],
    ]
    counts = families.value_counts()
    assert counts["weights_x"] + counts["weights_h"] + counts["hidden"] == counts["rnn1"] == 620
    assert (counts["rnn"], counts["gru"], counts["lstm"]) == (640, 1920, 2560)


def test_drawn_connections():
    drawn = drawings.figure_connectivity(EN).data
    # MLP: n m weights; CNN: three; an RNN two matrices; inputs of an LSTM step: x, h, c
    assert len({weight for *_, weight in drawn["mlp"]}) == len(drawn["mlp"]) == 16
    assert len({weight for *_, weight in drawn["cnn"]}) == 3
    assert all(abs(int(a[1:]) - int(b[1:])) <= 1 for a, b, _ in drawn["cnn"])
    assert len({weight for *_, weight in drawn["rnn"]}) == 2
    assert {(a[0], b[0]) for a, b, _ in drawn["lstm"]} == {
        ("x", "c"),
        ("h", "c"),
        ("c", "c"),
        ("c", "h"),
    }


def test_chain_and_tree():
    drawn = drawings.figure_unrolling(EN).data
    n = drawings.LEAVES
    assert drawings.depth_of(drawn["chain"]) == n - 1
    assert drawings.depth_of(drawn["tree"]) == math.ceil(math.log2(n))
    for pairs in drawn.values():
        assert len(pairs) == 2 * (n - 1)  # each composition joins two
        below = [b for b, _ in pairs]
        assert len(set(below)) == len(below)


def test_reach_is_full_band_and_triangle():
    found = reach.figure_reach(EN).data
    row, column = np.indices((reach.TIME, reach.TIME))
    past = row - column
    assert (found["MLP"] > 0).all()
    np.testing.assert_array_equal(found["CNN"] > 0, (past >= 0) & (past < 5))
    for name in ("RNN", "LSTM"):
        np.testing.assert_array_equal(found[name] > 0, past >= 0)
        near, far = (found[name][past == distance].mean() for distance in (0, 8))
        assert far < near / 10  # "ever more weakly"


def test_steps_equal_the_closed_forms():
    for length in (2, 10, 64, 100):
        assert reach.steps_between("recurrent", length) == length - 1
        assert reach.steps_between("conv", length) == math.ceil((length - 1) / 2)
        # receptive field 1 + 2 (2^L - 1)
        layers = math.ceil(math.log2((length - 1) / 2 + 1))
        assert reach.steps_between("dilated", length) == layers
        assert reach.steps_between("dense", length) == 1


def test_receptive_field_equals_that_of_a_network():
    dilations, k = (1, 2, 4), 3
    x = torch.zeros(1, 1, 40, requires_grad=True)
    h = x
    for d in dilations:
        h = F.conv1d(F.pad(h, ((k - 1) * d, 0)), torch.ones(1, 1, k), dilation=d)
    h[0, 0, -1].backward()
    field = families.formula_field.equals(k, len(dilations), np.array(dilations))
    assert (x.grad != 0).sum() == field == 1 + 2 * 7


def test_delay_is_learned_with_four_taps_and_not_with_three():
    found = reach.value_delay()
    assert list(found["taps"].values()) == [0, 0, 0, 1]
    assert found["four"] < 1e-20
    assert 0.95 < found["three"] <= 1  # independent noise: nothing to be had out of reach


def test_dense_head_is_a_convolution():
    found = reach.value_convolutional()
    assert found["apart"] < 1e-12
    assert found["side"] == 12 - 7 + 1


@pytest.mark.parametrize("lang", LANGS)
def test_table_names_each_family(lang):
    table = reach.table_families(Tr(lang))
    assert list(table.columns)[1:] == ["MLP", "CNN", "RNN", "LSTM"]
    steps = reach.value_steps()
    path = table.rows[3]
    assert str(steps["conv"]) in path[2]
    assert str(steps["dilated"]) in path[2]
    assert str(steps["recurrent"]) in path[3]
