"""What the page on schedules says."""

import numpy as np
import pytest

from snippets.kit import Tr
from snippets.optimization import _lr_schedules_formulas as formulas
from snippets.optimization import _lr_schedules_race as race

EN = Tr("en")


def test_evidence_covers_six_schedules():
    assert formulas.check_schedulers().cases == 50 + 38 + 130 + 101 + 90 + 81


def test_one_cycle_takes_the_momentum_along():
    assert formulas.value_momentum() == pytest.approx({"start": 0.95, "peak": 0.85})


def test_worked_example():
    assert formulas.table_warmup(EN).rows[0][1:] == pytest.approx([0, 0.5, 1, 0.55, 0.1])


def test_shapes():
    step, cosine, restarts, warm, cycle, wsd = formulas.figure_shapes(EN).data["factors"]
    assert len(set(np.round(step, 12))) == 4
    assert (np.diff(cosine) < 0).all()
    assert (np.diff(restarts) > 0.5).sum() == 2
    assert warm.argmax() == 10
    assert 25 < cycle.argmax() < 33
    assert (wsd[10:81] == 1).all()


def test_a_decay_is_worth_something_and_a_warm_up_only_where_the_start_is_steep():
    found = race.value_race()
    for name in ("cosine", "wsd", "cycle", "warmup"):
        assert found[name].low > found["constant"].high
    assert found["cosine"].mean - found["step"].mean > 0.02
    assert abs(found["cosine"].mean - found["wsd"].mean) < 0.01
    assert abs(found["cosine"].mean - found["warmup"].mean) < 0.015
    assert found["cycle_large"].low > found["cosine_large"].high


def test_the_best_peak_of_cosine_is_twice_that_of_a_constant_rate_and_of_wsd():
    peaks = {name: race.best(name)[0] for name in ("constant", "cosine", "wsd")}
    assert peaks["cosine"] == 2 * peaks["constant"] == 2 * peaks["wsd"]


def test_only_the_long_warm_up_can_be_told_from_none():
    found = race.value_race()
    assert found["warmup_large"].low < found["cosine_large"].high
    assert found["step"].low < found["constant"].high < found["step"].high
    assert found["step_large"].high < found["constant_large"].low


def test_every_peak_chosen_lies_inside_the_sweep():
    for name in race.SCHEDULES:
        for scale in (1.0, race.LARGE):
            assert race.RATES[0] < race.best(name, scale)[0] < race.RATES[-1]


def test_at_high_rates_the_constant_one_is_lowest():
    data = race.figure_race(EN).data
    for scale in ("1", "3"):
        last = {name: data[f"{name}_{scale}"][-1].mean() for name in ("constant", "cosine", "wsd")}
        assert min(last, key=last.get) == "constant"
    for column in (-2, -1):  # "one-cycle holds out longest"
        means = {name: data[f"{name}_3"][column].mean() for name in ("constant", "cosine", "wsd")}
        assert data["cycle_3"][column].mean() > max(means.values())
