"""LSTM and GRU cells and their gradients against PyTorch and finite differences."""

import numpy as np
import pytest
import torch
from torch import nn

from snippets.architectures.lstm import (
    gru_backward,
    gru_cell,
    lstm_backward,
    lstm_cell,
    run_gru,
    run_lstm,
    sigmoid,
    torch_gradient_by_lag,
    torch_lstm,
)


def _arrays(seed, *shapes):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape) for shape in shapes]


def test_sigmoid_keeps_its_range():
    z = np.array([-1e4, -30.0, 0.0, 1.0, 30.0, 1e4])
    np.testing.assert_allclose(sigmoid(z), torch.sigmoid(torch.tensor(z)), atol=1e-15)
    assert ((sigmoid(z) >= 0) & (sigmoid(z) <= 1)).all()


def _fill(module, *arrays):
    with torch.no_grad():
        for ours, theirs in zip(arrays, module.parameters(), strict=True):
            theirs.copy_(torch.tensor(ours))
    return module


def test_lstm_cell_equals_pytorch():
    x, h, c, W_x, W_h, b = _arrays(0, (5, 3), (5, 4), (5, 4), (16, 3), (16, 4), (16,))
    cell = _fill(nn.LSTMCell(3, 4, dtype=torch.float64), W_x, W_h, b, 0 * b)
    theirs = cell(torch.tensor(x), (torch.tensor(h), torch.tensor(c)))
    ours = lstm_cell(x, h, c, W_x, W_h, b)[:2]
    for a, t in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, t.detach(), atol=1e-14)


def test_gru_cell_equals_pytorch():
    x, h, W_x, W_h, b_x, b_h = _arrays(1, (5, 3), (5, 4), (12, 3), (12, 4), (12,), (12,))
    cell = _fill(nn.GRUCell(3, 4, dtype=torch.float64), W_x, W_h, b_x, b_h)
    theirs = cell(torch.tensor(x), torch.tensor(h)).detach()
    np.testing.assert_allclose(gru_cell(x, h, W_x, W_h, b_x, b_h)[0], theirs, atol=1e-14)


def test_reset_before_the_matrix_by_the_definition_of_the_paper():
    x, h, W_x, W_h, b = _arrays(2, (1, 3), (1, 4), (12, 3), (12, 4), (12,))
    r, z, n = (slice(4 * k, 4 * k + 4) for k in range(3))
    gate_r, gate_z = (1 / (1 + np.exp(-(x @ W_x[k].T + h @ W_h[k].T + b[k]))) for k in (r, z))
    new = np.tanh(x @ W_x[n].T + b[n] + (gate_r * h) @ W_h[n].T)
    expected = gate_z * h + (1 - gate_z) * new
    ours = gru_cell(x, h, W_x, W_h, b, 0 * b, reset_after=False)[0]
    np.testing.assert_allclose(ours, expected, atol=1e-14)
    assert np.abs(ours - gru_cell(x, h, W_x, W_h, b, 0 * b)[0]).max() > 1e-3


def test_variants_agree_with_an_open_reset_gate():
    x, h, W_x, W_h, b = _arrays(3, (2, 3), (2, 4), (12, 3), (12, 4), (12,))
    b[:4] = 60.0
    after, before = (gru_cell(x, h, W_x, W_h, b, 0 * b, a)[0] for a in (True, False))
    np.testing.assert_allclose(after, before, atol=1e-12)


def _numeric(loss, arrays, which):
    gradient = np.zeros_like(arrays[which])
    for at in np.ndindex(gradient.shape):
        values = []
        for step in (1e-6, -1e-6):
            moved = [a.copy() for a in arrays]
            moved[which][at] += step
            values.append(loss(*moved))
        gradient[at] = (values[0] - values[1]) / 2e-6
    return gradient


@pytest.mark.parametrize("which", range(6))
def test_lstm_gradients_are_those_of_finite_differences(which):
    given = _arrays(4, (3, 2, 2), (2, 3), (2, 3), (12, 2), (12, 3), (12,))
    (grad,) = _arrays(5, (3, 2, 3))
    h, c, gates = run_lstm(*given)
    ours = lstm_backward(given[0], h, c, gates, given[3], given[4], grad)
    expected = _numeric(lambda *a: (run_lstm(*a)[0][1:] * grad).sum(), given, which)
    name = ("x", "h_0", "c_0", "W_x", "W_h", "b")[which]
    np.testing.assert_allclose(ours[name], expected, atol=1e-7)


@pytest.mark.parametrize("which", range(6))
def test_gru_gradients_are_those_of_finite_differences(which):
    given = _arrays(6, (3, 2, 2), (2, 3), (9, 2), (9, 3), (9,), (9,))
    (grad,) = _arrays(7, (3, 2, 3))
    h, gates = run_gru(*given)
    ours = gru_backward(given[0], h, gates, given[2], given[3], grad)
    expected = _numeric(lambda *a: (run_gru(*a)[0][1:] * grad).sum(), given, which)
    name = ("x", "h_0", "W_x", "W_h", "b_x", "b_h")[which]
    np.testing.assert_allclose(ours[name], expected, atol=1e-7)


def test_an_open_memory_is_kept():
    # forget gate 1, input gate 0: the memory stays, whatever comes in
    x, h, c = _arrays(8, (20, 1, 2), (1, 3), (1, 3))
    b = np.repeat([-800.0, 800.0, 0.0, 0.0], 3)
    _, memory, _ = run_lstm(x, h, c, np.zeros((12, 2)), np.zeros((12, 3)), b)
    np.testing.assert_array_equal(memory[-1], c)


def test_forget_bias_is_what_pytorch_adds():
    layer = torch_lstm(2, 3, 1.5)
    total = (layer.bias_ih_l0 + layer.bias_hh_l0).detach()
    assert total[3:6].tolist() == [1.5, 1.5, 1.5]
    with torch.no_grad():
        layer.weight_ih_l0.zero_()
        layer.weight_hh_l0.zero_()
        # c_0 = 1 and a candidate of 0 would leave c_1 = sigmoid(1.5)
        layer.bias_ih_l0[6:9] = 0
        layer.bias_hh_l0[6:9] = 0
        start = (torch.zeros(1, 1, 3), torch.ones(1, 1, 3))
        c = layer(torch.zeros(1, 1, 2), start)[1][1]
    assert torch.allclose(c, torch.sigmoid(torch.tensor(1.5)).expand(1, 1, 3))


def test_gradient_by_lag_of_a_linear_layer_is_known():
    # nn.RNN with relu, positive states and W_h = a I: a step back multiplies by a
    layer = nn.RNN(2, 2, nonlinearity="relu", dtype=torch.float64)
    with torch.no_grad():
        layer.weight_ih_l0.copy_(torch.eye(2))
        layer.weight_hh_l0.copy_(0.5 * torch.eye(2))
        layer.bias_ih_l0.fill_(5)
        layer.bias_hh_l0.zero_()
    x = torch.rand(6, 1, 2, dtype=torch.float64)
    found = torch_gradient_by_lag(layer, x, torch.tensor([1.0, -2.0], dtype=torch.float64))
    np.testing.assert_allclose(found, 0.5 ** np.arange(6), rtol=1e-12)
