"""The initialisations side by side, against powers that ReLU's homogeneity gives exactly."""

import math

import numpy as np
import pytest

from snippets.gradients_init import gradients_overview as overview
from snippets.kit import LANGS, Tr


@pytest.mark.parametrize("lang", LANGS)
def test_table(lang):
    rows = overview.table_initialisations(Tr(lang)).rows
    assert len(rows) == len(overview.ROWS)
    assert rows[0][-2:] == [None, None]
    he = next(row for row in rows if row[0].startswith("He"))
    assert 0.1 < he[-2] < 10
    for row in rows[1:]:
        if "√2" not in row[0]:  # orthogonal weights are other draws
            assert row[-2] / he[-2] == pytest.approx((row[2] / math.sqrt(2)) ** 49, rel=1e-6)
    by_gain = [row[-1] for row in sorted(rows[1:], key=lambda row: row[2])]
    assert by_gain[0] < 1e-40
    assert by_gain[-1] > 1e15


def test_figure():
    data = overview.figure_gain(Tr("en")).data
    gains = np.array(overview.GAINS)
    slope = np.diff(np.log(data["ReLU"])) / np.diff(np.log(gains))
    np.testing.assert_allclose(slope, 49, rtol=1e-6)
    assert 0.1 < data["ReLU"][gains == 2**0.5].item() < 10
    assert data["sigmoid"].max() < 1e-3
    flat = np.diff(np.log(data["tanh"])) / np.diff(np.log(gains))
    assert flat.argmin() == list(gains).index(1.0)  # from 1 to √2
    assert (flat < 49 * 1.1).all()


def test_window_of_relu():
    found = overview.value_window()
    assert (1 + found["share"]) ** (found["layers"] - 1) == pytest.approx(10)
    assert 0.04 < found["share"] < 0.06  # "five percent" on the card
