"""What the page on model selection says: stopping, folds, and the flattered winner."""

import numpy as np
import pytest

from snippets import kit
from snippets.regularization import _model_selection_folds as folds
from snippets.regularization import _model_selection_stopping as stopping
from snippets.regularization import _model_selection_winner as winner
from snippets.regularization import model_selection as page

EN = kit.Tr("en")


@pytest.mark.parametrize("check", [page.check_maximum, page.check_restored])
def test_check(check):
    found = check()
    assert found.cases >= 3
    assert found.error <= found.tolerance


def test_worked_example():
    found = stopping.value_example()
    assert (found["first_stop"], found["first_loss"]) == (3, 0.7)
    assert (found["patient_stop"], found["patient_loss"], found["kept"]) == (11, 0.44, 8)
    waited = stopping.table_example(EN).rows[2][1:]
    assert waited == [0, 0, 1, 0, 0, 0, 1, 0, 1, 2, 3]


def test_patience():
    found = stopping.value_patience()
    assert found["p1_misses"] > 12
    assert found["p1_misses"] > found["p3_misses"] >= found["p5_misses"] >= found["p10_misses"]
    assert found["p1_epochs"].mean < found["p5_epochs"].mean < found["p10_epochs"].mean
    assert found["p5_test"].mean < found["p1_test"].mean < found["none_test"].mean
    first = np.array(found["p1_validation"].values)
    assert (first >= np.array(found["p5_validation"].values)).all()


def test_figure_of_a_run():
    data = stopping.figure_stopping(EN).data
    first, kept, stopped = data["marks"]
    losses = data["validation"]
    assert first < kept < stopped == kept + 5
    assert losses[kept] == losses.min()
    assert losses[first] > losses[first - 1]
    assert (np.diff(losses[:first]) < 0).all()


def test_folds_choose_well_and_change_nothing():
    found = folds.value_folds()
    assert found["changed"] == 0
    assert found["coefficients"] == 200
    assert found["training_degree"] == folds.DEGREES[-1]
    assert found["between"] >= 0.7 * folds.RUNS
    assert found["oracle_test"].mean <= found["chosen_test"].mean < found["training_test"].mean
    rows = folds.table_folds(EN).rows
    assert sum(row[5] for row in rows) == folds.RUNS
    trains = [row[1] for row in rows]
    assert trains == sorted(trains, reverse=True)
    for _, train, estimate, _, test, _ in rows:
        assert estimate.mean > test.mean > train  # pessimistic; training is optimistic
    assert rows[-1][2].mean - rows[-1][4].mean == max(r[2].mean - r[4].mean for r in rows)


def test_the_winner_is_flattered_and_the_test_set_is_not():
    data = winner.figure_winner(EN).data
    flattery, honest = data["flattery"], data["honest"]
    assert (np.diff(flattery.mean(axis=1)) > -1e-9).all()
    assert flattery[-1].mean() > 0.05
    assert flattery[-1].mean() < data["theory"][-1]
    error = honest.std(axis=1, ddof=1) / np.sqrt(winner.RUNS)
    assert (np.abs(honest.mean(axis=1)) < 3 * error).all()
    found = winner.value_winner()
    assert found["guess"] == pytest.approx(0.5794, abs=1e-4)
    assert found["guess_formula"] == pytest.approx(found["guess"], abs=5e-4)
    assert found["fresh"].mean - found["single"].mean < 0.03
    assert found["validation"].mean > found["fresh"].mean + 0.05
