"""What the page on Adam says, against closed forms, PyTorch and published claims."""

import numpy as np
import pytest
import torch

from snippets.kit import Tr
from snippets.optimization import _adam_decay as decay
from snippets.optimization import _adam_paths as paths
from snippets.optimization import _adam_sparse as sparse
from snippets.optimization import _adam_steps as steps
from snippets.optimization import adam
from snippets.optimization._surfaces import RAVINE, SURFACES

EN = Tr("en")


@pytest.mark.parametrize("name", ["adam", "adamw", "tensors"])
def test_evidence_is_close(name):
    assert getattr(adam, f"check_{name}")().error < 1e-13


def test_first_steps_of_torch():
    theta = torch.ones(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([theta], lr=0.1)
    for row in steps.table_hand(EN).rows:
        assert row[1] == pytest.approx(2 * theta.item())
        optimizer.zero_grad()
        (theta**2).sum().backward()
        optimizer.step()
        state = optimizer.state[theta]
        assert row[2] == pytest.approx(state["exp_avg"].item())
        assert row[3] == pytest.approx(state["exp_avg_sq"].item())
        assert row[6] == pytest.approx(theta.item(), abs=1e-7)
    assert round(row[6], 6) == 0.701586


def test_correction():
    value = steps.value_first()
    assert value["uncorrected"] == pytest.approx(1e-3 * 0.1 / np.sqrt(1e-3))
    assert value["ratio"] == pytest.approx(np.sqrt(10))
    lengths = [(1 - 0.9**t) / np.sqrt(1 - 0.999**t) for t in range(1, 100)]
    assert value["peak"] == pytest.approx(max(lengths))
    assert value["peak_at"] == 1 + int(np.argmax(lengths))
    assert value["same_path"] < 1e-12
    data = steps.figure_correction(EN).data
    assert data["without"][-1] == pytest.approx(1e-3, rel=1e-3)
    np.testing.assert_allclose(data["with"], 1e-3, rtol=1e-6)  # every step, by adam itself


def test_effective_rates():
    data = steps.figure_rates(EN).data
    before, after = steps.BEFORE, steps.AFTER
    np.testing.assert_allclose(data["adam"][:before], 1e-3, rtol=1e-9)
    v = (1 - 0.999**before) * 0.999**after + (1 - 0.999**after) * 1e-4
    assert data["adam"][-1] == pytest.approx(1e-3 / np.sqrt(v), rel=1e-6)
    assert data["rmsprop"][-1] == pytest.approx(0.1, rel=1e-6)
    assert data["adagrad"][-1] == pytest.approx(1e-3 / np.sqrt(before + after * 1e-4))
    assert (np.diff(data["adagrad"]) < 0).all()
    for row, name in zip(steps.table_rates(EN).rows, data, strict=True):
        np.testing.assert_allclose(row[1:], data[name][[0, before - 1, -1]])


def test_learning_rate_stays_where_torch_keeps_it():
    value = steps.value_lr()
    assert value["plain"] == 1e-3
    assert value["scheduled"] == pytest.approx(1e-4)
    assert value["rise"] == pytest.approx(100, rel=0.01)


def test_from_scratch_equals_torch():
    rows = steps.table_scratch(EN).rows
    assert len(rows) == 8
    for name, _, gap in rows:
        assert gap < 1e-9, name


def test_decay():
    value = decay.value_decay()
    assert value["adam"] == pytest.approx(0.99)
    assert value["adamw"] == pytest.approx(0.989)
    rows = decay.table_decay(EN).rows
    for _, coupled, apart in rows:
        assert apart == pytest.approx(value["alone"], rel=0.05)
        assert coupled > 0
    coupled = [row[1] for row in rows]
    assert coupled == sorted(coupled)
    assert coupled[-1] > 5 * coupled[0]


def test_paths():
    data = paths.figure_paths(EN).data
    assert len(data) == 3 * len(paths.DRAWN)
    for name in ("RMSprop", "Adam"):
        first = np.abs(np.diff(data[f"ravine_{name}"][:2], axis=0))[0]
        assert first[0] == pytest.approx(first[1], rel=1e-6)  # equal steps in both coordinates
    rates = paths.RATES[paths.RATES > 4]  # a large rate is enough, it need not be the right one
    for surface in SURFACES[:2]:
        path = paths.trajectory(
            paths.adagrad,
            surface.gradient,
            np.tile(surface.start, (len(rates), 1)),
            50,
            lr=rates[:, None],
        )
        assert paths.steps_until(path, surface, paths.TOLERANCE).max() <= 12
    for name in paths.DRAWN:
        end = data[f"Rosenbrock_{name}"][-1]
        assert np.linalg.norm(end - 1) > 0.2
    assert data["ravine_momentum"][:, 0].min() < -1
    assert data["ravine_Adam"][:, 0].min() < -1


def test_steps_of_the_table_by_torch():
    rate, count = paths.best("Adam", RAVINE)
    theta = torch.tensor(RAVINE.start, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([theta], lr=rate)
    values = []
    for _ in range(count + 50):
        theta.grad = torch.tensor(RAVINE.gradient(theta.detach().numpy()))
        optimizer.step()
        values.append(float(RAVINE.value(theta.detach().numpy())))
    assert values[count - 2] >= paths.TOLERANCE
    assert max(values[count - 1 :]) < paths.TOLERANCE


def test_none_is_fastest_everywhere():
    counts = {name: [paths.best(name, s)[1] for s in SURFACES] for name in paths.METHODS}
    winners = {min(counts, key=lambda name, k=k: counts[name][k]) for k in range(3)}
    assert winners == {"Adagrad", "momentum"}
    assert counts["RMSprop"][0] > 10 * counts["SGD"][0]


def test_sparse_features():
    for name in sparse.METHODS:
        assert sparse.result(name)["inside"], name  # no best rate at the end of the grid
    value = sparse.value_sparse()
    assert value["better"] == value["runs"] == 5
    assert value["adam"].low > 0
    assert value["adagrad_better"] == 5
    heavy = sparse.result("SGD, momentum 0.9")["losses"]
    assert (sparse.result("Adam")["losses"] < heavy).all()


def test_sparse_loss_is_that_of_torch():
    w = sparse.weights("Adam")[0, 2]
    x, y = sparse._data()[2][1, 0], sparse._data()[3][1, 0]
    loss = torch.nn.BCEWithLogitsLoss()(torch.tensor(x @ w), torch.tensor(y, dtype=torch.float64))
    assert sparse.losses(sparse.weights("Adam"), 1)[0, 2] == pytest.approx(loss.item())
