"""What the page on the chain rule says."""

from fractions import Fraction

import numpy as np
import pytest
import torch

from snippets.backprop import _chain_rule_cost as cost
from snippets.backprop import _chain_rule_drawings as drawings
from snippets.backprop import _chain_rule_roles as roles
from snippets.kit import LANGS, Tr


def test_unit_is_that_of_autograd():
    u = drawings.UNIT
    t = {k: torch.tensor(v, dtype=torch.float64, requires_grad=True) for k, v in u.items()}
    z = t["w"] * t["x"] + t["b"]
    a = torch.sigmoid(z)
    loss = (a - t["y"]) ** 2
    z.retain_grad()
    a.retain_grad()
    loss.backward()
    v = drawings.value_unit()
    assert v["loss"] == pytest.approx(loss.item(), abs=1e-15)
    expected = {"da": a, "dz": z, "dw": t["w"], "dx": t["x"]}
    for name, tensor in expected.items():
        assert v[name] == pytest.approx(tensor.grad.item(), abs=1e-15)
    assert t["b"].grad.item() == pytest.approx(v["dz"], abs=1e-15)
    assert v["da"] == pytest.approx(2 * v["a"])  # the text: the square multiplies by 2a


def test_two_paths_add_up():
    v = drawings.value_paths()
    assert v["sum"] == pytest.approx(drawings.value_shared_autograd(), abs=1e-16)
    assert v["sum"] > max(v["first"], v["second"])


@pytest.mark.parametrize("lang", LANGS)
def test_drawings_carry_the_numbers(lang):
    unit = {t.get_text() for t in drawings.figure_unit(Tr(lang)).canvas.axes[0].texts}
    assert {"0.8808", "1.7616", "0.1850", "0.2774", "0.3699", "1"} <= unit
    fan = {t.get_text() for t in drawings.figure_fan_out(Tr(lang)).canvas.axes[0].texts}
    assert {"0.026736", "0.029992", "0.056728"} <= fan


def test_paths_are_counted_as_the_power_of_the_adjacency_matrix():
    for width, depth in ((2, 3), (3, 4), (10, 5)):
        hops = np.linalg.matrix_power(np.ones((width, width), dtype=int), depth - 1)
        assert cost._paths(width, depth) == hops.sum()


def test_sweep_equals_all_paths_in_exact_arithmetic():
    rng = np.random.default_rng(3)
    draw = np.vectorize(Fraction, otypes=[object])
    first, last = (draw(rng.integers(-4, 5, 3)) for _ in range(2))
    inner = [draw(rng.integers(-4, 5, (3, 3))) for _ in range(3)]
    total = sum(
        first[a] * inner[0][b, a] * inner[1][c, b] * inner[2][d, c] * last[d]
        for a in range(3)
        for b in range(3)
        for c in range(3)
        for d in range(3)
    )
    as_float = [m.astype(float) for m in inner]
    assert cost._sweep(first.astype(float), as_float, last.astype(float)) == total
    assert cost._path_sum(first.astype(float), as_float, last.astype(float)) == total
    assert cost.check_paths().cases == 10


def test_table_of_paths_counts_multiplications():
    rows = cost.table_paths(Tr("en")).rows
    for depth, paths, by_path, sweep in rows:
        assert paths == 10.0**depth
        assert by_path == depth * paths
        assert sweep == 100 * (depth - 1) + 10
    assert [row[0] for row in rows] == list(cost.DEPTHS)


def test_orders_counted_by_hand():
    # 784-50-10 and the loss: (1x10)(10x50), (1x50)(50x784); or (10x50)(50x784), (1x10)(10x784)
    orders = cost.value_orders()
    assert orders["backward"] == 10 * 50 + 50 * 784
    assert orders["forward"] == 10 * 50 * 784 + 10 * 784
    assert orders["ratio"] > 10


def test_backward_moves_nothing_and_a_step_does():
    still, sgd, adam = ([s.values for s in row[1:]] for row in roles.table_roles(Tr("en")).rows)
    assert set(still[1]) == {0.0}
    assert still[0] == sgd[0] == adam[0]  # the same gradients
    # plain SGD moves by rate times norm
    np.testing.assert_allclose(sgd[1], roles.RATE * np.array(sgd[0]), rtol=1e-12)
    # the first step of Adam moves each of the 38 parameters by the rate, or not at all
    furthest = roles.RATE * np.sqrt(38)
    assert all(0.5 * furthest < moved <= furthest * (1 + 1e-9) for moved in adam[1])
    assert np.greater(still[2], sgd[2]).all()
    assert roles.value_roles()["still"] == 0.0


@pytest.mark.parametrize("name", ["sgd", "adam"])
def test_steps_are_those_of_the_optimisers(name):
    start, gradient = np.array([1.0, -2.0, 0.5]), np.array([0.3, -4.0, 0.0])
    p = torch.tensor(start, requires_grad=True)
    p.grad = torch.tensor(gradient)
    {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[name]([p], lr=roles.RATE).step()
    np.testing.assert_allclose(start + roles._STEPS[name](gradient), p.detach().numpy(), rtol=1e-12)
