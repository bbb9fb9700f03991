"""What the page on vanishing and exploding gradients says."""

import math

import numpy as np
import pytest

from snippets.gradients_init import _vanishing_exploding_factors as factors
from snippets.gradients_init import _vanishing_exploding_layers as layers
from snippets.gradients_init import _vanishing_exploding_pairings as pairings
from snippets.gradients_init import _vanishing_exploding_training as training
from snippets.gradients_init import vanishing_exploding
from snippets.kit import LANGS, Tr


def test_evidence():
    assert vanishing_exploding.check_jacobian().error < 1e-14
    assert layers.check_layers().cases == 7 * 20
    assert layers.check_hooks().cases == 20


def test_products_are_exact_powers():
    found = factors.value_products()
    assert found["half"] == found["minus_half"] == 1 / 2**20
    assert found["quarter"] == 1 / 2**40
    assert found["minus_two"] == 2**20
    assert found["up"] == pytest.approx(3**20 / 2**20)


@pytest.mark.parametrize("lang", LANGS)
def test_verdicts_go_by_size(lang):
    tr = Tr(lang)
    for factor, _, verdict in factors.table_products(tr).rows:
        expected = ("不变", "stays") if abs(factor) == 1 else ("消失", "vanishes")
        if abs(factor) > 1:
            expected = ("爆炸", "explodes")
        assert verdict == expected[lang == "en"]


def test_slopes_drawn():
    data = factors.figure_slopes(Tr("en")).data
    assert data["sigmoid"].max() == pytest.approx(0.25, abs=1e-9)
    assert data["tanh"].max() == pytest.approx(1, abs=1e-9)
    assert data["GELU"].max() > 1.12
    assert data["SiLU"].max() > 1.09


def test_overflow_where_the_closed_form_has_it():
    found = factors.value_overflow()
    assert all(v == 32 for v in found["unit"].values)  # 16^32 = 2^128 > the largest float32
    assert found["scaled"].low == 300


def test_nan_is_found():
    found = factors.value_nan()
    assert math.isnan(float(found["loss"]))
    assert found["name"] == "`0.weight`"
    assert "nan" in found["message"]
    # A ReLU layer multiplies by √(256/2): the 36th has about 2^126, its largest unit and the eight
    # examples some more, and 2^128 is out of range.
    assert 35 <= found["linear"] <= 38


def test_layers_follow_the_variance_argument():
    # Each ReLU layer scales the second moment of the gradient by n std² / 2 (he2015, eq. 14).
    found = layers.value_ratio()
    for setting, std in (("he", 2**0.5 / 16), ("relu_xavier", 1 / 16), ("relu_large", 1.0)):
        expected = (256 * std**2 / 2) ** (19 / 2)
        assert 0.4 < found[setting].mean / expected < 2.5
    assert found["sigmoid"].high < 2 * 0.25**19
    assert 0.05 < found["tanh"].low <= found["tanh"].high < 1
    assert found["tanh_large"].low > 1e7


def test_bound_holds_and_is_loose():
    found = layers.value_bound()
    for bound, norm in zip(found["bound"].values, found["norm"].values, strict=True):
        assert norm < bound / 1e3


def test_range_is_not_the_cause():
    found, sigmoid = layers.value_range(), layers.value_ratio()["sigmoid"]
    assert found["steep"].low > 1e6 * sigmoid.high
    assert found["centred"].high < 10 * sigmoid.high


@pytest.mark.parametrize("lang", LANGS)
def test_figure_of_layers(lang):
    data = layers.figure_layers(Tr(lang)).data
    assert all(np.allclose(share[:, -1], 1) for share in data.values())
    rising = {name for name, share in data.items() if share[:, 0].mean() > 10}
    assert rising == {"relu_large", "tanh_large"}


def test_pairings_as_told():
    found = pairings.value_pairings()
    assert found["batch"].low > 1e3
    assert found["batch_sigmoid"].low > 2  # grows for sigmoid as well, if little
    assert 0.2 < found["layer"].low < found["layer"].high < 5
    assert found["layer_tanh"].low > 10
    assert found["both"].high < found["both_batch"].low < found["both_batch"].high < 20
    assert found["skip"].low > 1e9
    assert found["sigmoid_layer"].high < 1e-15
    # Slopes of N(0, 1) have a mean square of 0.0448; the variance of the outputs is 0.0434, their
    # mean square 0.2934: the factor of a layer is √(0.0448 / 0.2934), without the mean about 1.
    assert 0.1 < found["sigmoid_layer"].mean / (0.0448 / 0.2934) ** (49 / 2) < 10
    assert 0.3 < found["centred_layer"].low < found["centred_layer"].high < 30
    table = pairings.table_pairings(Tr("en"))
    assert all(0.1 < row[-1] < 10 for row in table.rows)  # residual + layer norm
    relu = {row[0]: row for row in table.rows}
    plain, he = relu["ReLU, 1/√n"], relu["ReLU, √(2/n)"]
    for column in (2, 3):  # normalised: the scale of the weights does not matter
        assert plain[column] == pytest.approx(he[column], rel=0.2)
    assert he[1] / plain[1] > 1e6


def test_training_as_told():
    found = training.value_training()
    assert found["untouched"].low == 1.0
    assert found["first"].low > found["smallest"]
    assert found["longest"] < 6
    assert all(len(run.losses) == training.STEPS for run in training._runs("healthy"))
    assert all(not np.isfinite(run.norms[-1]).all() for run in training._runs("exploding"))
    # Too large weights overflow because of the rate: at a tenth of it no run does.
    assert all(len(run.losses) == training.STEPS for run in training._slow())
    assert found["slow"].high < 0.5 < 20 < found["slow_start"].low
    healthy = training._runs("healthy")
    assert all(run.losses[-1] < run.losses[0] for run in healthy)
    assert all(1e-4 < ratio < 0.1 for run in healthy for ratio in run.ratios[[0, 9, 19]])


@pytest.mark.parametrize("lang", LANGS)
def test_tables_have_both_languages(lang):
    assert len(training.table_symptoms(Tr(lang)).rows) == 5
    assert training.table_training(Tr(lang)).rows[2][4] in ("溢出", "overflow")


@pytest.mark.parametrize("lang", LANGS)
def test_figure_of_steps(lang):
    data = training.figure_steps(Tr(lang)).data
    first, last = data["vanishing"][:, 0], data["vanishing"][:, -1]
    assert (first / last > 1e-13).all()
    assert (first / last < 1e-11).all()  # some twelve decades
    assert (data["healthy"][:, 0] / data["healthy"][:, -1] > 0.1).all()
    assert (data["exploding"][:, 0] / data["exploding"][:, -1] > 10).all()
