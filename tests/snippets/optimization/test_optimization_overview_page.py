"""What the overview says of defaults, steps and the ravine."""

import numpy as np
import pytest
import torch

from snippets.kit import LANGS, Spread, Tr
from snippets.optimization import _optimization_overview_measured as measured
from snippets.optimization import _optimization_overview_state as state
from snippets.optimization._surfaces import torch_trajectory
from snippets.optimization.optimization_overview import OPTIMISERS

EN = Tr("en")


def test_default_rates():
    theta = torch.zeros(2, 2, requires_grad=True)
    for name, one in OPTIMISERS.items():
        if one.kind:
            made = getattr(torch.optim, one.kind)([theta])
            assert measured.default(name) == made.defaults["lr"]
        else:
            assert measured.default(name) is None
    assert not hasattr(torch.optim, "Lion")


@pytest.mark.parametrize("lang", LANGS)
def test_tables_have_all(lang):
    tr = Tr(lang)
    names = [tr.pair(one.name) for one in OPTIMISERS.values()]
    assert [row[0] for row in state.table_rules(tr).rows] == names
    assert [row[0] for row in measured.table_steps(tr).rows] == names
    assert len(measured.table_ravine(tr).rows) == len(names) - 2


def test_who_follows_the_size_of_the_gradient():
    grows = {row[0]: row[-1] for row in measured.table_steps(EN).rows}
    for name, times in grows.items():
        proportional = name in ("SGD", "momentum", "Nesterov")
        assert times == pytest.approx(100 if proportional else 1, rel=0.02), name


def test_values_and_figure():
    found = measured.value_steps()
    assert found["momentum"] == pytest.approx(1 / (1 - 0.9))
    assert found["rmsprop"] == pytest.approx(1 / np.sqrt(1 - 0.99), rel=1e-4)
    # √ε / √(0.1 g² + ε) · g, Adadelta's first step
    g = measured.GRADIENT
    assert found["adadelta"] == pytest.approx((1e-6 / (0.1 * g * g + 1e-6)) ** 0.5 * g)
    data = measured.figure_steps(EN).data
    assert (np.diff(data["adagrad"]) < 0).all()
    assert (np.diff(data["adadelta"]) > 0).all()
    for name in ("adamw", "lion"):
        np.testing.assert_allclose(measured.lengths(name), data["adam"], rtol=1e-6)


def test_evidence():
    assert measured.check_steps().cases == 8 * 2 * 100


def closed_steps(rate: float, start: np.ndarray) -> int:
    """Steps of gradient descent on ½(x² + 40y²) by (1 - rate · curvature)^t."""
    t = np.arange(2000)
    x, y = (start[i] * (1 - rate * a) ** t for i, a in enumerate((1, 40)))
    return int(np.flatnonzero((x**2 + 40 * y**2) / 2 >= measured.SMALL)[-1]) + 1


def test_gradient_descent_on_the_ravine():
    best, found = measured.ravine("sgd", "aligned")
    rate, points = measured.RATES[best], measured.starts("aligned")
    assert found.tolist() == [closed_steps(rate, start) for start in points]
    for other in measured.RATES[measured.RATES < 2 / 40]:
        assert np.mean([closed_steps(other, start) for start in points]) >= found.mean()


def test_the_turn():
    for name in measured.RACERS:
        straight, turned = (measured.ravine(name, way)[1] for way in measured.SURFACES)
        if name in ("sgd", "momentum", "nesterov"):
            assert (straight == turned).all()
        else:
            assert turned.mean() > straight.mean()
        for way in measured.SURFACES:
            assert 0 < measured.ravine(name, way)[0] < len(measured.RATES) - 1
    values = measured.value_ravine()
    assert values["adagrad_aligned"] == 3
    assert values["adagrad_turned"] > 10 * values["adagrad_aligned"]
    curvatures = np.linalg.eigvalsh(measured.SURFACES["turned"].gradient(np.eye(2)))
    assert curvatures[1] / curvatures[0] == pytest.approx(values["condition"])


@pytest.mark.parametrize("name", ["adam", "rmsprop"])
def test_adaptive_runs_on_the_turned_ravine_by_pytorch(name):
    best, found = measured.ravine(name, "turned")
    surface, one = measured.SURFACES["turned"], OPTIMISERS[name]
    made = getattr(torch.optim, one.kind)
    rate, points = float(measured.RATES[best]), measured.starts("turned")
    values = [
        surface.value(torch_trajectory(made, surface.gradient, p, measured.STEPS, lr=rate))
        for p in points
    ]
    last = [int(np.flatnonzero(v >= measured.SMALL)[-1]) + 1 for v in values]
    there = np.array(last) <= measured.STEPS - 100
    assert (there == np.isfinite(found)).all()
    np.testing.assert_allclose(np.array(last)[there], found[there], atol=2)
    if name == "adam":
        run, said = int(np.argmax(last)), measured.value_return()
        assert int((values[run] < measured.SMALL).argmax()) == said["first"]
        assert last[run] == pytest.approx(said["good"], abs=2)
        assert sorted(last)[-2] == said["typical"] < said["good"] / 10
    else:
        assert there.sum() == measured.value_ravine()["rmsprop_there"] < len(points)


def test_why_adam_leaves_again():
    """Before the run is thrown out, torch's v has shrunk, and the value was next to 0."""
    best, found = measured.ravine("adam", "turned")
    surface, start = measured.SURFACES["turned"], measured.starts("turned")[found.argmax()]
    theta = torch.tensor(start, requires_grad=True)
    optimizer = torch.optim.Adam([theta], lr=float(measured.RATES[best]))
    sizes, values = [], []
    for t in range(1, int(found.max()) + 1):
        theta.grad = torch.tensor(surface.gradient(theta.detach().numpy()))
        optimizer.step()
        sizes.append(optimizer.state[theta]["exp_avg_sq"].max().item() / (1 - 0.999**t))
        values.append(float(surface.value(theta.detach().numpy())))
    out = int(np.flatnonzero(np.array(values) < 1e-9)[-1])  # the last time that it was at rest
    assert out > measured.value_return()["typical"]
    assert sizes[out] < max(sizes[:100]) / 5
    assert max(values[out:]) > measured.SMALL
    assert max(sizes[out:]) > sizes[out]


def test_spreads_in_the_table():
    rows = {row[0]: row for row in measured.table_ravine(EN).rows}
    assert rows["Adagrad"][1] == "180"
    assert rows["RMSprop"][4] == "in 7 of 10"
    assert isinstance(rows["Adam"][4], Spread)
