"""What the page on choosing an optimiser says."""

import numpy as np
import pytest
import torch

from snippets.kit import Spread, Tr
from snippets.optimization import _b_digits as digits
from snippets.optimization import _b_race as runs
from snippets.optimization import _choosing_optimizers_race as race
from snippets.optimization import _choosing_optimizers_rotation as rotation
from snippets.optimization._surfaces import trajectory
from snippets.optimization.lr_schedules import warmup_cosine

EN = Tr("en")


def test_evidence():
    assert rotation.check_torch().cases == 5 * 201 * 2


def test_sgd_and_momentum_do_not_notice_the_turn():
    for name in ("SGD", "momentum"):
        aligned, turned = (rotation.result(name, angle) for angle in rotation.ANGLES)
        assert aligned["rate"] == turned["rate"]
        np.testing.assert_array_equal(aligned["steps"], turned["steps"])


def test_adaptive_methods_lose_their_lead():
    found = rotation.value_rotation()
    for name in ("adagrad", "rmsprop"):
        assert found[f"{name}_aligned"].high < 20
        assert found[f"{name}_rotated"].low > 200
    assert found["adam_rotated"].mean > found["adam_aligned"].mean
    for name in ("adagrad", "rmsprop"):  # from the front to the level of SGD
        assert found[f"{name}_aligned"].high < found["momentum_aligned"].low / 10
        assert found[f"{name}_rotated"].low < found["sgd_rotated"].high
        assert found[f"{name}_rotated"].high > found["sgd_rotated"].low
        assert found[f"{name}_small"].high < 20  # at the rate 1 too, not only at the end of RATES


def test_sgd_takes_the_steps_that_theory_gives():
    result = rotation.result("SGD", "aligned")
    point, count = rotation.starts("aligned")[0], 0
    while (np.array([1, 100]) * point**2).sum() / 2 >= rotation.SMALL:
        point, count = point * (1 - result["rate"] * np.array([1, 100])), count + 1
    assert result["steps"][0] == count


def test_rmsprop_does_not_settle():
    assert (rotation.result("RMSprop", "aligned")["settled"] > rotation.STEPS).all()
    assert (rotation.result("SGD", "aligned")["settled"] < rotation.STEPS).all()


@pytest.mark.parametrize("name", ["Adagrad", "RMSprop"])
def test_larger_rates_than_those_of_the_sweep_change_little_along_the_axes(name):
    step, settings, _ = rotation.METHODS[name]
    assert rotation.result(name, "aligned")["rate"] == rotation.RATES[-1]
    place, rates = rotation.surface("aligned"), 10.0 ** np.arange(1.5, 4.1, 0.25)
    start = np.broadcast_to(rotation.starts("aligned"), (len(rates), rotation.RUNS, 2))
    path = trajectory(step, place.gradient, start, 60, lr=rates[:, None, None], **settings)
    below = place.value(path) < rotation.SMALL
    best = below.any(axis=0).all(axis=1)  # rates at which all runs get there
    first = below.argmax(axis=0)[best].mean(axis=1).min()
    assert 2 <= first <= rotation.result(name, "aligned")["steps"].mean() + 1


def test_from_a_diagonal_start_the_turn_does_not_show():
    step, settings, _ = rotation.METHODS["Adagrad"]
    place = rotation.surface("rotated")
    rates = rotation.RATES[:, None]
    start = np.ones((len(rates), 2))
    path = trajectory(step, place.gradient, start, 60, lr=rates, **settings)
    below = (place.value(path) < rotation.SMALL)[:, -1]
    assert below.argmax() <= rotation.result("Adagrad", "aligned")["steps"].mean()
    assert below.any()


def test_paths_turn_with_the_function_or_not():
    data = rotation.figure_rotation(EN).data
    c = np.sqrt(0.5)
    turn = np.array([[c, -c], [c, c]])
    np.testing.assert_allclose(data["SGD_rotated"], data["SGD_aligned"] @ turn.T, atol=1e-12)
    for name in ("Adagrad", "Adam"):
        assert np.abs(data[f"{name}_rotated"] - data[f"{name}_aligned"] @ turn.T).max() > 0.05


def test_untuned_and_tuned_rankings_differ():
    found = race.value_race()
    names = ("sgd", "momentum", "adagrad", "rmsprop", "adam")
    untuned = sorted(names, key=lambda n: -found[f"{n}_default"].mean)
    assert untuned[0] == "rmsprop"
    assert untuned[-1] == "sgd"
    assert found["sgd_default"].high < 0.15  # guessing is a tenth
    assert found["rmsprop_default"].low > found["adam_default"].high + 0.4
    assert found["tuned_high"] - found["tuned_low"] < 0.03
    for name in ("sgd", "rmsprop", "adam"):
        assert found[f"{name}_tuned"].high > found["adagrad_tuned"].low


def test_every_best_rate_lies_inside_its_sweep():
    for name in runs.OPTIMISERS:
        assert 0 < runs.race(name).best < runs.GRID - 1


def test_speed_as_told():
    found = race.value_race()
    others = ("sgd", "momentum", "adagrad", "adam", "adamw")
    for name in ("rmsprop", "adagrad"):
        assert found[f"{name}_updates"].high < found["sgd_updates"].low
    assert found["rmsprop_updates"].high >= found["adagrad_updates"].low
    adam = found["adam_updates"]
    for name in ("sgd", "momentum", "adagrad", "rmsprop"):
        assert adam.low <= found[f"{name}_updates"].high
        assert found[f"{name}_updates"].low <= adam.high
    assert {found[f"{n}_width"] for n in (*others, "rmsprop")} <= {2, 3, 4}


def test_figure_is_relative_to_the_best():
    for x, means in race.figure_race(EN).data.values():
        assert x[means.argmax()] == 1


def test_state():
    # SGD none, a buffer, a sum, a square, two moments: the documentation of torch.optim
    state = race.value_state()
    assert state == {"sgd": 0, "momentum": 1, "adagrad": 1, "rmsprop": 1, "adam": 2, "adamw": 2}


@pytest.mark.parametrize("name", ["momentum", "RMSprop", "AdamW"])
def test_one_run_of_the_race_is_a_plain_loop(name):
    found = runs.race(name)
    kind, settings, _ = runs.OPTIMISERS[name]
    train, _, test = digits.data()
    parameters = [p[:1].clone().requires_grad_() for p in digits.networks(runs.RUNS)]
    optimizer = getattr(torch.optim, kind)(parameters, lr=found.rates[found.best], **settings)
    factors = warmup_cosine(np.arange(1, runs.STEPS + 1), runs.STEPS + 1, runs.WARMUP)
    source = digits.batches(runs.RUNS, runs.BATCH)
    for factor, rows in zip(factors, source, strict=False):
        optimizer.param_groups[0]["lr"] = found.rates[found.best] * factor
        z = digits.logits(parameters, train.x[rows[:1]])
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(z[0], train.y[rows[0]]).backward()
        optimizer.step()
    accuracy = digits.accuracies([p.detach() for p in parameters], test)[0]
    assert found.test[found.best, 0] == pytest.approx(accuracy, abs=0.012)


def test_recipes_as_published():
    # he2016, vaswani2017, devlin2019, touvron2023 (table of sizes, 6.7B), liu2022: rate and decay
    rows = {row[0]: (row[3], row[5]) for row in race.table_recipes(EN).rows}
    assert rows.pop("Transformer") == (f"{512**-0.5 * 4000**-0.5:.4f}", "–")
    assert {name: tuple(map(float, row)) for name, row in rows.items()} == {
        "ResNet": (1e-1, 1e-4),
        "BERT": (1e-4, 1e-2),
        "LLaMA-7B": (3e-4, 0.1),
        "ConvNeXt": (4e-3, 0.05),
    }


def test_tables_have_a_row_for_each():
    assert len(race.table_race(EN).rows) == len(race.table_speed(EN).rows) == 6
    assert all(isinstance(row[2], Spread) for row in race.table_race(EN).rows)
    assert len(race.table_recipes(EN).rows) == 5
    assert len(rotation.table_rotation(EN).rows) == 5
