"""What the overview says of the remedies: the order, the paths, the weights."""

import numpy as np
import pytest

from snippets.kit import LANGS, Spread, Tr
from snippets.regularization import _regularization_overview_measured as measured
from snippets.regularization import _regularization_overview_rules as rules
from snippets.regularization import _regularization_overview_runs as runs
from snippets.regularization.regularization_overview import REMEDIES

LOSS = runs.MEASURED.index("loss")


def loss(key):
    return runs.tuned(key)[1][LOSS]


def test_every_remedy_lowers_the_loss_in_every_run():
    for key in REMEDIES:
        assert (loss(key) < loss("none")).all(), key


def test_information_beats_every_brake_in_every_run():
    for key in set(REMEDIES) - {"data", "augment"}:
        assert (loss("data") < loss("augment")).all()
        assert (loss("augment") < loss(key)).all(), key


def test_the_three_with_an_l2_part_are_the_best_brakes_in_every_run():
    for best in ("l2", "decay", "net"):
        for other in ("l1", "dropout", "early", "smoothing"):
            assert (loss(best) < loss(other)).all(), (best, other)


def test_information_is_below_all_brakes_at_the_same_trust():
    lines = measured.figure_paths(Tr("en")).data
    for key in ("data", "augment"):
        for other in set(REMEDIES) - {"data", "augment"}:
            trust, losses = lines[other][:, ::-1]
            inside = (lines[key][0, 1:] > trust[0]) & (lines[key][0, 1:] < trust[-1])
            assert inside.any()
            there = np.interp(lines[key][0, 1:][inside], trust, losses)
            assert (lines[key][1, 1:][inside] < there).all(), (key, other)


def test_strength_against_choice():
    found = measured.value_tuned()
    assert found["l2_range"] > 2 * found["brakes_range"]
    means = [loss(key).mean() for key in set(REMEDIES) - {"data", "augment"}]
    assert found["brakes_range"] == pytest.approx(max(means) - min(means))


def test_accuracy():
    found = measured.value_tuned()
    assert found["l2_gains"] == runs.RUNS
    assert found["dropout_gains"] == found["l1_gains"] == 1
    assert found["l2_accuracy"].mean - found["none_accuracy"].mean < 0.05


def test_strengths_are_chosen_by_validation_and_lie_inside():
    for key, remedy in REMEDIES.items():
        best, found = runs.tuned(key)
        validation = runs.paths()[key][:, 1]
        if key == "early":
            np.testing.assert_array_equal(found[1], validation.min(axis=0))
        else:
            assert found[1].mean() == pytest.approx(validation.mean(axis=1).min())
            if key != "data":
                assert remedy.strengths[0] < best < remedy.strengths[-1]


def test_decay_is_l2_times_ten_under_this_momentum():
    l2, decay = REMEDIES["l2"].strengths, REMEDIES["decay"].strengths
    np.testing.assert_allclose(np.array(decay) * (1 - runs.MOMENTUM), l2, rtol=0.01)
    gap = runs.paths()["l2"].mean(axis=2)[:, :4] - runs.paths()["decay"].mean(axis=2)[:, :4]
    assert np.abs(gap).max() < 0.05


def test_weights():
    found = measured.value_tuned()
    assert found["none_length"] == 1
    for key in REMEDIES:
        assert found[f"{key}_length"] < 1
        assert (found[f"{key}_zeros"] > 0.1) == (key in ("l1", "net")), key
    assert found["l1_zeros"] > found["net_zeros"]
    assert max(found[f"{key}_length"] for key in ("l2", "decay", "l1", "net")) < min(
        found[f"{key}_length"] for key in ("data", "augment", "dropout", "early", "smoothing")
    )


def test_too_strong_is_worse_again():
    lines = measured.figure_paths(Tr("en")).data
    for key, (trust, losses) in lines.items():
        assert losses.min() < losses[0]
        assert (np.diff(trust) < 0).all(), key
        if key != "data":
            assert losses[-1] > losses.min()
    assert set(lines) == set(REMEDIES) == {key for keys in measured.PANELS for key in keys}


@pytest.mark.parametrize("lang", LANGS)
def test_tables(lang):
    tr = Tr(lang)
    rows = measured.table_tuned(tr).rows
    assert len(rows) == len(REMEDIES) + 1
    assert all(isinstance(cell, Spread) and len(cell) == runs.RUNS for r in rows for cell in r[2:5])
    assert [row[0] for row in rules.table_rules(tr).rows] == [row[0] for row in rows[1:]]
