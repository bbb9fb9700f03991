"""Recurrent cells and BPTT against PyTorch, finite differences and closed forms."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from snippets.architectures.rnn import (
    additive_attention,
    rnn_backward,
    rnn_cell,
    rnn_forward,
    state_jacobian,
    torch_causal_network,
    torch_rnn,
    torch_truncated,
)


def _given(seed=0, T=6, B=2, d=3, n=4):
    rng = np.random.default_rng(seed)
    shapes = ((T, B, d), (B, n), (n, d), (n, n), (n,))
    return [rng.normal(size=shape) for shape in shapes]


def test_one_step_by_hand():
    W_x, W_h = np.array([[0.2, 0.4]]), np.array([[0.6]])
    h = rnn_cell(np.array([1.0, -1.0]), np.array([0.5]), W_x, W_h, np.zeros(1))
    assert h[0] == pytest.approx(math.tanh(0.2 - 0.4 + 0.3), abs=1e-15)
    assert round(float(h[0]), 5) == 0.09967


def test_cell_equals_pytorch():
    x, h_0, W_x, W_h, b = _given()
    cell = nn.RNNCell(3, 4, dtype=torch.float64)
    with torch.no_grad():
        for ours, theirs in zip((W_x, W_h, b, 0 * b), cell.parameters(), strict=True):
            theirs.copy_(torch.tensor(ours))
        expected = cell(torch.tensor(x[0]), torch.tensor(h_0))
    np.testing.assert_allclose(rnn_cell(x[0], h_0, W_x, W_h, b), expected, atol=1e-14)


def test_states_start_with_the_given_one_and_stay_within_one():
    x, h_0, W_x, W_h, b = _given()
    h = rnn_forward(1e4 * x, h_0, W_x, W_h, b)
    assert h.shape == (7, 2, 4)
    np.testing.assert_array_equal(h[0], h_0)
    assert (np.abs(h[1:]) <= 1).all()


@pytest.mark.parametrize("which", range(5))
def test_gradients_are_those_of_finite_differences(which):
    given = _given(T=4)
    g = np.random.default_rng(1).normal(size=(4, 2, 4))

    def loss(arrays):
        return (rnn_forward(*arrays)[1:] * g).sum()

    x, _, W_x, W_h, _ = given
    ours = rnn_backward(x, rnn_forward(*given), W_x, W_h, g)[("x", "h_0", "W_x", "W_h", "b")[which]]
    numeric = np.zeros_like(given[which])
    for at in np.ndindex(numeric.shape):
        values = []
        for step in (1e-6, -1e-6):
            arrays = [a.copy() for a in given]
            arrays[which][at] += step
            values.append(loss(arrays))
        numeric[at] = (values[0] - values[1]) / 2e-6
    np.testing.assert_allclose(ours, numeric, atol=1e-7)


def test_no_steps_no_gradient():
    x, h_0, W_x, W_h, b = _given()
    h = rnn_forward(x[:0].reshape(0, 2, 3), h_0, W_x, W_h, b)
    assert h.shape == (1, 2, 4)
    assert not rnn_backward(x[:0], h, W_x, W_h, np.zeros((0, 2, 4)))["W_h"].any()


def test_a_sequence_without_batch_is_refused():
    _, h_0, W_x, W_h, b = _given()
    with pytest.raises(ValueError, match=r"\(T, B, d\)"):
        rnn_forward(np.ones((5, 3)), h_0, W_x, W_h, b)


def test_jacobian_equals_autograd():
    x, h_0, W_x, W_h, b = _given(B=1)
    h = rnn_forward(x, h_0, W_x, W_h, b)
    x_t, *weights = (torch.tensor(a) for a in (x, W_x, W_h, b))
    theirs = torch.autograd.functional.jacobian(
        lambda start: torch_rnn(x_t, start, *weights)[0][-1, 0], torch.tensor(h_0)
    )[:, 0]
    np.testing.assert_allclose(state_jacobian(h[1:, 0], W_h), theirs, atol=1e-13)


def test_attention_weights_are_a_distribution_and_follow_the_sources():
    rng = np.random.default_rng(0)
    s, h = rng.normal(size=3), rng.normal(size=(5, 4))
    W, U, v = rng.normal(size=(2, 3)), rng.normal(size=(2, 4)), rng.normal(size=2)
    alpha, c = additive_attention(s, h, W, U, v)
    e = np.array([math.fsum(v * np.tanh(W @ s + U @ h_j)) for h_j in h])
    np.testing.assert_allclose(alpha, torch.softmax(torch.tensor(e), 0), atol=1e-14)
    np.testing.assert_allclose(c, sum(a * h_j for a, h_j in zip(alpha, h, strict=True)), atol=1e-14)
    order = [3, 0, 4, 1, 2]
    permuted, same = additive_attention(s, h[order], W, U, v)
    np.testing.assert_allclose(permuted, alpha[order], atol=1e-14)
    np.testing.assert_allclose(same, c, atol=1e-14)
    # without a score all positions count the same
    np.testing.assert_allclose(additive_attention(s, h, W, U, 0 * v)[1], h.mean(axis=0), atol=1e-14)
    huge = additive_attention(s, h, W, U, 1e5 * v)[0]
    assert huge.sum() == pytest.approx(1)


def test_truncation_in_one_chunk_is_the_full_gradient():
    x, h_0, W_x, W_h, b = (torch.tensor(a) for a in _given(B=1))
    layer = torch_rnn(x, 0 * h_0, W_x, W_h, b)[1]
    total = torch_truncated(layer, x, torch.sum, len(x))
    ours = layer.weight_hh_l0.grad.clone()
    layer.zero_grad()
    loss = layer(x)[0].sum()
    loss.backward()
    assert total == pytest.approx(loss.item(), abs=1e-12)
    torch.testing.assert_close(ours, layer.weight_hh_l0.grad)
    layer.zero_grad()
    assert torch_truncated(layer, x, torch.sum, 2) == pytest.approx(total, abs=1e-12)
    assert not torch.allclose(ours, layer.weight_hh_l0.grad)


def test_the_causal_network_sees_its_field_and_no_future():
    network = torch_causal_network((1, 8, 8, 8), 2, (1, 2, 4))
    x = torch.randn(1, 1, 30, requires_grad=True)
    y = network(x)
    assert y.shape == (1, 8, 30)
    y[0, :, 20].sum().backward()
    touched = x.grad[0, 0].nonzero().flatten()
    assert touched.min() >= 20 - 7
    assert touched.max() <= 20
