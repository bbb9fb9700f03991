"""What the page on LSTM and GRU says, against closed forms and PyTorch."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from snippets.architectures import _lstm_cell as cell
from snippets.architectures import _lstm_gradient as gradient
from snippets.architectures import lstm
from snippets.kit import Tr

EN = Tr("en")


def test_evidence():
    assert lstm.check_lstm().error < 1e-11
    assert lstm.check_gru().error < 1e-11


def _s(z):
    return 1 / (1 + math.exp(-z))


def test_worked_example_by_hand():
    v = cell.value_step()
    c = _s(2) * 1 + _s(-1) * math.tanh(0.5)
    assert v["c"] == pytest.approx(c)
    assert v["h"] == pytest.approx(_s(0) * math.tanh(c))
    assert (round(v["c"], 5), round(v["h"], 5)) == (1.00508, 0.38186)
    assert [row[3] for row in cell.table_step(EN).rows] == pytest.approx(
        [_s(2), _s(-1), math.tanh(0.5), 0.5, c, 0.5 * math.tanh(c)]
    )


def test_gru_step_by_hand():
    v = cell.value_gru()
    n = math.tanh(0.5 + 0.5 * 1)
    assert v["n"] == pytest.approx(n)
    assert v["h"] == pytest.approx((1 - _s(2)) * n + _s(2) * 1)
    assert v["apart"].low > 0.01
    assert v["parameters"] == sum(p.numel() for p in nn.GRU(10, 20).parameters()) == 1920


def test_counts():
    assert cell.value_counts() == {"two": 2560, "one": 2480}


def test_forgetting():
    v = cell.value_forget()
    assert v["b0"] == pytest.approx(2.0**-100)
    assert v["b2"] == pytest.approx(_s(2) ** 100)
    assert v["b5"] == pytest.approx(0.511, abs=5e-4)
    assert _s(1) ** v["half1"] == pytest.approx(0.5)
    rows = cell.table_forget(EN).rows
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)
    assert all(row[1] ** row[2] == pytest.approx(0.5) for row in rows)


def test_drawn_cell_has_the_gates_and_the_knots():
    data = cell.figure_cell(EN).data
    assert set(data["gates"]) == set("figo")
    height = {name: y for name, (_, y) in data["knots"].items()}
    assert height["forget"] == height["add"]  # both on the memory


def test_gradients_by_layer():
    v = gradient.value_lags()
    # default: the gates stand near a half, so the direct way is near 2^-99, and more comes around h
    assert 99 * math.log10(0.5) < v["lstm"].low < v["lstm"].high < -15
    # 1/√n uniform: radius near 1/√3, an upper bound for the decay rate of tanh
    assert v["rnn"].high < 99 * math.log10(3**-0.5) + 2
    assert v["rnn"].mean < v["lstm"].mean < v["lstm_1"].mean < v["lstm_3"].mean
    assert v["lstm_3"].low > -2
    assert abs(v["lstm_1997"].mean) < 1
    assert v["lstm_large"].low > 1
    assert v["gru"].high < -15
    assert -4 < v["gru_3"].mean < 0


def test_lags_agree_with_a_loop_over_autograd():
    torch.manual_seed(3)
    layer = gradient._layer("lstm_3")
    x = torch.randn(5, 1, gradient.INPUTS, dtype=torch.float64)
    r = torch.randn(gradient.WIDTH, dtype=torch.float64)
    steps = [x[t : t + 1].clone().requires_grad_() for t in range(5)]
    state, out = None, None
    for step in steps:
        out, state = layer(step, state)
    (out[0, 0] @ r).backward()
    norms = np.array([step.grad.norm().item() for step in steps])[::-1]
    found = lstm.torch_gradient_by_lag(layer, x, r)
    np.testing.assert_allclose(found, norms / norms[0], rtol=1e-10)


def test_drawn_lags_are_those_of_the_table():
    data = gradient.figure_lags(EN).data
    rows = {row[0]: row for row in gradient.table_lags(EN).rows}
    assert data["rnn"][50] == pytest.approx(rows["RNN, default"][2].mean)
    assert all(data[name][0] == 0 for name in data if name != "k")


def test_the_open_gate_learns_what_the_closed_one_does_not():
    v = gradient.value_recall()
    # 500 coin flips: guessing stays within four standard errors of a half
    assert abs(v["b0"].mean - 0.5) < 4 * 0.5 / math.sqrt(500)
    assert v["b3"].mean > 0.85
    assert v["b3"].mean > v["b1"].mean + 0.2


def test_comparison_table():
    rows = cell.table_cells(EN).rows
    assert rows[-1][1:] == ["1", "3", "4"]
