"""What the page on gradient checking says."""

import numpy as np
import pytest
import torch

from snippets.backprop import _gradient_checking_bugs as bugs
from snippets.backprop import _gradient_checking_methods as methods
from snippets.backprop import _gradient_checking_step as step
from snippets.backprop import gradient_checking as checking
from snippets.kit import LANGS, Tr


def test_best_step_is_where_the_derivative_of_the_model_vanishes():
    for eps, F, M in ((2.2e-16, 2.3, 4.0), (1.2e-7, 1.0, 0.5)):
        h = checking._best_step(eps, F, M)
        assert h * M / 3 == pytest.approx(eps * F / h**2, rel=1e-5)


def test_measured_valley_is_near_the_best_step():
    data = step.figure_step(Tr("en")).data
    values = step.value_errors()
    for name, best in (("central64", values["best64"]), ("central32", values["best32"])):
        # typical errors (medians over a decade) are smallest within a decade of the model's step
        decade = {
            k: np.median(data[name][(data["h"] >= 10.0**k) & (data["h"] < 10.0 ** (k + 1))])
            for k in range(-7, 0)
        }
        lowest = min(decade, key=decade.get)
        assert 10.0 ** (lowest - 1) < best < 10.0 ** (lowest + 2)


def test_truncation_has_the_slopes_named():
    data = step.figure_step(Tr("zh")).data
    inside = (data["h"] > 1e-4) & (data["h"] < 1e-2)
    fit = lambda name: np.polyfit(np.log(data["h"][inside]), np.log(data[name][inside]), 1)[0]  # noqa: E731
    assert fit("central64") == pytest.approx(2, abs=0.01)
    assert fit("forward64") == pytest.approx(1, abs=0.01)


def test_rounding_grows_as_one_over_h():
    data = step.figure_step(Tr("en")).data
    small = (data["h"] < 1e-7) & (data["central64"] > 0)
    slope = np.polyfit(np.log(data["h"][small]), np.log(data["central64"][small]), 1)[0]
    assert slope == pytest.approx(-1, abs=0.1)


def test_errors_by_leading_terms():
    s, c = np.sin(1.0), np.cos(1.0)
    second = np.exp(s) * (c * c - s)
    third = np.exp(s) * c * (c * c - 3 * s - 1)
    values = step.value_errors()
    assert values["forward"] == pytest.approx(abs(second) * 1e-4 / 2, rel=1e-3)
    assert values["central"] == pytest.approx(abs(third) * 1e-8 / 6, rel=1e-2)
    assert values["complex"] < 1e-15
    assert values["eps64"] == 2.0**-52
    assert values["eps32"] == 2.0**-23
    assert values["single"] > 20 * values["single_best"]


def test_float32_column_is_that_of_pytorch():
    for h, *_, single in step.table_steps(Tr("en")).rows:
        x, d = torch.tensor(1.0), torch.tensor(h)
        slope = (torch.exp(torch.sin(x + d)) - torch.exp(torch.sin(x - d))) / (2 * d)
        expected = abs(slope.item() - np.cos(1) * np.exp(np.sin(1)))
        # one unit in the last place of f, over 2h
        assert single == pytest.approx(expected, abs=2 * 2.4e-7 / (2 * h) + 1e-6)
    rows = step.table_steps(Tr("en")).rows
    for row in rows[-2:]:
        assert row[3] == pytest.approx(np.cos(1) * np.exp(np.sin(1)))


def test_methods_are_counted_and_ordered():
    rows = {row[0]: row for row in methods.table_methods(Tr("en")).rows}
    n = methods.COUNT
    assert n == 3 * 4 + 4 + 4 * 2 + 2
    assert rows["forward difference"][2] == n + 1
    assert rows["central difference"][2] == 2 * n
    assert rows["complex step"][2] == n
    error = [row[4] for row in rows.values()]
    assert error[0] > 100 * error[1] > 1000 * error[2]
    assert max(error[2:]) < 1e-13


def test_cost_of_the_large_network():
    cost = methods.value_cost()
    model = torch.nn.Sequential(
        torch.nn.Linear(784, 50), torch.nn.Sigmoid(), torch.nn.Linear(50, 10)
    )
    assert cost["parameters"] == sum(p.numel() for p in model.parameters())
    assert cost["central"] == 2 * cost["parameters"]
    from torch.utils.flop_counter import FlopCounterMode

    x = torch.zeros(1, 784)
    with FlopCounterMode(display=False) as counter:
        out = model(x)
    assert counter.get_total_flops() == 2 * cost["forward"]  # a multiplication and an addition
    with FlopCounterMode(display=False) as counter:
        out.sum().backward()
    assert counter.get_total_flops() == 2 * cost["backward"]


def test_factor_tends_to_three_with_depth():
    from torch.utils.flop_counter import FlopCounterMode

    def factor(depth):
        model = torch.nn.Sequential(*(torch.nn.Linear(8, 8) for _ in range(depth)))
        with FlopCounterMode(display=False) as counter:
            out = model(torch.zeros(1, 8))
        forward = counter.get_total_flops()
        with FlopCounterMode(display=False) as counter:
            out.sum().backward()
        return 1 + counter.get_total_flops() / forward

    found = [factor(depth) for depth in (1, 2, 5, 50)]
    assert found == sorted(found)
    assert found[0] == 2
    assert 2.95 < found[-1] < 3


def test_the_step_belongs_to_the_function_not_to_the_parameter():
    values = step.value_errors()
    exact = np.cos(1e-6) * np.exp(np.sin(1e-6))
    for name, h in (("kept", 1e-5), ("scaled", 1e-11)):
        x, d = (torch.tensor(v, dtype=torch.float64) for v in (1e-6, h))
        slope = (torch.exp(torch.sin(x + d)) - torch.exp(torch.sin(x - d))) / (2 * d)
        # two roundings of f, near 1, over 2h
        assert values[name] == pytest.approx(abs(slope.item() - exact), abs=2 * 2.3e-16 / (2 * h))
    assert values["scaled"] > 1000 * values["kept"]


def test_batch_normalisation_is_no_obstacle_but_dropout_is():
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(6, 3, generator=generator, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(torch.nn.BatchNorm1d(3).double().train(), (x,))
    dropout = torch.nn.Dropout(0.5).train()
    assert not torch.autograd.gradcheck(dropout, (x,), raise_exception=False)


def test_network_without_a_bug_is_that_of_autograd():
    network = bugs._Network(np.random.default_rng(5))
    theta = torch.tensor(network.theta, requires_grad=True)
    W1, b1, W2, b2 = torch.split(theta, [20, 5, 15, 3])
    out = torch.sigmoid(torch.tensor(network.x) @ W1.reshape(4, 5) + b1) @ W2.reshape(5, 3) + b2
    decay = bugs.DECAY / 2 * ((W1**2).sum() + (W2**2).sum())
    loss = ((out - torch.tensor(network.y)) ** 2).mean() + decay
    loss.backward()
    assert network.loss(network.theta) == pytest.approx(loss.item(), abs=1e-14)
    np.testing.assert_allclose(network.gradient(), theta.grad.numpy(), atol=1e-15)


@pytest.mark.parametrize("lang", LANGS)
def test_every_bug_is_found(lang):
    rows = bugs.table_bugs(Tr(lang)).rows
    right = rows[0][1]
    assert right.high < 1e-9
    for _, errors in rows[1:]:
        assert errors.low > 1e5 * right.high
    # a gradient of half the size is off by a third, but for the weight decay
    assert rows[1][1].mean == pytest.approx(1 / 3, abs=2e-3)


def test_directions_find_the_smallest_bug():
    values = bugs.value_bugs()
    assert values["direction"].high < 1e-9
    assert values["direction_decay"].mean > 1e4 * values["direction"].high
    rows = bugs.table_bugs(Tr("en")).rows
    assert values["right"] == max(rows[0][1].values)
    assert values["wrong"] == min(min(row[1].values) for row in rows[1:])
    assert values["wrong"] > 1e5 * values["right"]


def test_kink_and_precision():
    # relu(3h/2) - relu(-h/2) over 2h is 3/4
    assert bugs.value_kink()["near"] == pytest.approx(0.75, abs=1e-12)
    assert bugs.value_kink()["far"] == pytest.approx(1.0, abs=1e-9)
    assert bugs.value_gradcheck() == {"double": True, "single": False}


def test_the_formula_read_three_ways():
    v = bugs.value_formula()
    W = torch.tensor([[0.3, -1.2], [0.8, 0.5]], dtype=torch.float64, requires_grad=True)
    (torch.sin(W) ** 2).sum().backward()
    assert v["first"] == pytest.approx(W.grad[0, 0].item(), abs=1e-7)
    assert v["whole"] == pytest.approx(W.grad.sum().item(), abs=1e-7)
    assert v["whole"] == pytest.approx(v["sum"], abs=1e-9)
    assert v["typed"] == pytest.approx(v["first"] * v["h"] ** 2, rel=1e-9)
