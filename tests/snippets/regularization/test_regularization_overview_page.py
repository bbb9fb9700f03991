"""What the overview says of the remedies: the order, the paths, the weights."""

import numpy as np
import pytest
import torch

from snippets.data_practice.calibration import torch_fit_temperature
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
    without = found["none_accuracy"]
    for key in set(REMEDIES) - {"data", "augment"}:
        gain = abs(found[f"{key}_accuracy"].mean - without.mean)
        assert gain < max(without.values) - min(without.values)
    for key in ("data", "augment"):
        assert found[f"{key}_accuracy"].mean - without.mean > 0.1


def test_one_temperature_against_the_brakes():
    """The temperature by another optimiser: L-BFGS of PyTorch; accuracy cannot change."""
    training, validation, test = runs.data()
    x, y = training.x[:, : runs.EXAMPLES], training.y[:, : runs.EXAMPLES]
    parameters = runs.train([{}], x, y)
    held, new = (runs._forward(parameters, part.x).double() for part in (validation, test))
    found = measured.value_tuned()
    for run, ours in enumerate(found["tempered"].values):
        tau = torch_fit_temperature(held[run], validation.y[run])
        theirs = torch.nn.functional.cross_entropy(new[run] / float(tau), test.y[run]).item()
        assert ours == pytest.approx(theirs, abs=1e-4)
    assert found["none"].mean - found["tempered"].mean > 0.6
    behind = [key for key in REMEDIES if loss(key).mean() > found["tempered"].mean]
    assert set(behind) == {"l1", "dropout", "early", "smoothing"}
    assert found["behind"] == len(behind)
    assert found["brakes"] == 7


def test_longer_training_takes_the_lead_in_loss_but_not_in_accuracy():
    found = measured.value_tuned()
    assert found["longer_l2"].mean == pytest.approx(found["l2"].mean, abs=0.03)
    for key in ("data", "augment"):
        assert found[f"longer_{key}"].mean > found[key].mean + 0.3
        assert found[f"longer_{key}"].mean > found["longer_l2"].mean
        for ahead, l2 in zip(
            found[f"longer_{key}_accuracy"].values, found["longer_l2_accuracy"].values, strict=True
        ):
            assert ahead > l2
    both = found["longer_both"].values
    for key in ("l2", "data", "augment"):
        assert (np.array(both) < found[f"longer_{key}"].values).all()
        assert found["longer_both_accuracy"].mean > found[f"longer_{key}_accuracy"].mean


def test_where_early_stopping_stops():
    training = runs.data()[0]
    x, y = training.x[:, : runs.EXAMPLES], training.y[:, : runs.EXAMPLES]
    seen = []
    runs.train([{}], x, y, lambda step, now: seen.append((runs.measure(now)[0, 1], step)))
    stops = [min((losses[run], step) for losses, step in seen)[1] for run in range(runs.RUNS)]
    assert runs.tuned("early")[0] == np.mean(stops)


def test_fewer_steps_lie_on_the_path_of_early_stopping():
    training = runs.data()[0]
    x, y = training.x[:, : runs.EXAMPLES], training.y[:, : runs.EXAMPLES]
    short = runs.measure(runs.train([{}], x, y, steps=40))[0]
    np.testing.assert_allclose(short, runs.paths()["early"][(runs.STEPS - 40) // runs.EVERY])


def test_the_strongest_brake_refuses_true_labels_too():
    found = measured.value_tuned()
    assert 0.1 < found["strongest_trust"] < found["strongest_true"] < 0.25


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
