"""What the page on backpropagation by hand says."""

import itertools

import numpy as np
import pytest
import torch

from snippets.backprop import _backprop_by_hand_network as network
from snippets.backprop import _backprop_by_hand_steps as steps
from snippets.backprop import backprop_by_hand as by_hand
from snippets.backprop.backprop_by_hand import RATE, START, X, Y
from snippets.kit import LANGS, Tr


def torch_descent(shared: bool, updates: int) -> tuple[float, dict[str, float]]:
    """The loss after so many steps of torch's SGD, and the parameters, on nn.Linear layers."""
    first, second = torch.nn.Linear(2, 2).double(), torch.nn.Linear(2, 1).double()
    with torch.no_grad():
        first.weight.copy_(torch.tensor([[0.15, 0.20], [0.25, 0.30]], dtype=torch.float64))
        second.weight.copy_(torch.tensor([[0.40, 0.45]], dtype=torch.float64))
        first.bias.copy_(torch.tensor([0.35, 0.35], dtype=torch.float64))
        second.bias.copy_(torch.tensor([0.60], dtype=torch.float64))
    bias = torch.tensor(0.35, dtype=torch.float64, requires_grad=True)
    used = [first.weight, second.weight, second.bias, bias if shared else first.bias]
    optimiser = torch.optim.SGD(used, lr=RATE)
    x, y = torch.tensor(X, dtype=torch.float64), torch.tensor([Y], dtype=torch.float64)

    def error():
        hidden = torch.sigmoid(first.weight @ x + (bias if shared else first.bias))
        return torch.nn.functional.mse_loss(torch.sigmoid(second(hidden)), y)

    for _ in range(updates):
        optimiser.zero_grad()
        error().backward()
        optimiser.step()
    values = {"w1": first.weight[0, 0].item(), "w5": second.weight[0, 0].item()}
    return error().item(), values


def test_one_update_is_that_of_an_optimiser():
    after, values = torch_descent(shared=False, updates=1)
    assert steps.value_numbers()["after"] == pytest.approx(after, abs=1e-14)
    rows = {row[0]: row for row in steps.table_gradients(Tr("en")).rows}
    assert rows["$w_1$"][-1] == pytest.approx(values["w1"], abs=1e-14)
    assert rows["$w_5$"][-1] == pytest.approx(values["w5"], abs=1e-14)


def test_one_update_of_a_shared_bias_is_that_of_an_optimiser():
    after, _ = torch_descent(shared=True, updates=1)
    assert steps.value_shared()["after"] == pytest.approx(after, abs=1e-14)


def test_descent_is_that_of_an_optimiser():
    row = steps.table_descent(Tr("en")).rows[0]
    for count, value in zip((0, *steps.STEPS), row[1:], strict=True):
        assert value == pytest.approx(torch_descent(shared=False, updates=count)[0], rel=1e-9)


def test_three_columns_agree():
    for row in steps.table_gradients(Tr("zh")).rows:
        assert row[3] == pytest.approx(row[5], abs=1e-17)
        assert row[3] == pytest.approx(row[4], abs=1e-10)


def test_a_shared_bias_adds_two_paths():
    shared = steps.value_shared()
    assert shared["sum"] == pytest.approx(shared["autograd"], abs=1e-16)
    assert shared["sum"] == pytest.approx(shared["differences"], abs=1e-10)
    numbers = steps.value_numbers()
    assert shared["sum"] == pytest.approx(numbers["d1"] + numbers["d2"])


def test_hidden_error_terms_are_about_a_tenth():
    numbers = steps.value_numbers()
    for name in ("d1", "d2"):
        assert 0.09 < numbers[name] / numbers["d3"] < 0.12


def test_the_ratio_is_made_of_the_three_factors_named():
    n = steps.value_numbers()
    assert n["ratio"] == pytest.approx(n["h1"] / (n["w5_start"] * n["slope"] * n["x1"]))


def test_gradient_is_a_tangent():
    data = steps.figure_step(Tr("en")).data
    gap = np.abs(data["real"] - data["predicted"])
    assert gap[0] == 0.0
    assert gap[data["rates"] <= 1].max() < 0.01
    assert gap[data["rates"] >= 8].min() > 0.3
    assert (np.diff(data["real"]) < 0).all()


@pytest.mark.parametrize("lang", LANGS)
def test_drawings_show_the_numbers(lang):
    forward, backward = network.figure_forward(Tr(lang)), network.figure_backward(Tr(lang))
    said = {text.get_text() for text in backward.canvas.axes[0].texts}
    automatic = by_hand.torch_gradients(START, X, Y)
    assert backward.data["gradients"] == pytest.approx(list(automatic.values()), abs=1e-16)
    assert f"∂w₅: {automatic['w5']:.4f}" in said
    assert f"∂w₁: {automatic['w1']:.5f}" in said
    assert "h₁\n0.5933" in {text.get_text() for text in forward.canvas.axes[0].texts}


@pytest.mark.parametrize("draw", [network.figure_forward, network.figure_backward])
def test_no_two_labels_overlap(draw):
    canvas = draw(Tr("en")).canvas
    canvas.draw_without_rendering()
    boxes = [(t.get_text(), t.get_window_extent()) for t in canvas.axes[0].texts if t.get_text()]
    for (text, box), (other, beside) in itertools.combinations(boxes, 2):
        assert not box.overlaps(beside), f"{text} on {other}"


def test_first_layer_gradients_stay_below_the_bound_of_the_description():
    g = by_hand.torch_gradients(START, X, Y)
    assert max(g[name] for name in ("w1", "w2", "w3", "w4")) < 0.004
    assert [round(g[name], 3) for name in ("w5", "w6")] == [0.164, 0.165]
