"""Parameter counts and causal convolutions against PyTorch, SciPy and counts by hand."""

import numpy as np
import pytest
import scipy.signal
import torch
from torch import nn

from snippets.foundations.network_families import (
    causal_conv,
    conv_parameters,
    gru_parameters,
    lstm_parameters,
    mlp_parameters,
    rnn_parameters,
    torch_causal_conv,
    torch_parameters,
)


def test_counts_by_hand():
    assert mlp_parameters(3, 2) == 3 * 2 + 2
    assert conv_parameters(3, 3, 64) == 1792  # VGG-16, conv1_1
    assert rnn_parameters(10, 20) == 200 + 400 + 20
    assert rnn_parameters(10, 20, biases=2) == 640
    assert gru_parameters(10, 20, biases=2) == 1920
    assert lstm_parameters(10, 20, biases=2) == 2560
    assert lstm_parameters(10, 20) == 2480  # one bias, as in Keras


@pytest.mark.parametrize(("d", "h"), [(1, 1), (5, 3), (10, 20)])
def test_counts_equal_pytorch(d, h):
    assert torch_parameters(nn.Linear(d, h)) == mlp_parameters(d, h)
    assert torch_parameters(nn.Conv2d(d, h, 5)) == conv_parameters(d, 5, h)
    assert torch_parameters(nn.RNN(d, h)) == rnn_parameters(d, h, biases=2)
    assert torch_parameters(nn.GRU(d, h)) == gru_parameters(d, h, biases=2)
    assert torch_parameters(nn.LSTM(d, h)) == lstm_parameters(d, h, biases=2)
    assert torch_parameters(nn.LSTM(d, h, bias=False)) == lstm_parameters(d, h, biases=0)


@pytest.mark.parametrize("dilation", [1, 2, 7])
@pytest.mark.parametrize("taps", [1, 2, 4])
def test_causal_convolution_is_a_finite_impulse_response(taps, dilation):
    rng = np.random.default_rng(taps)
    x, w = rng.normal(size=25), rng.normal(size=taps)
    spread = np.zeros((taps - 1) * dilation + 1)
    spread[::dilation] = w
    expected = scipy.signal.lfilter(spread, [1.0], x)
    np.testing.assert_allclose(causal_conv(x, w, dilation), expected, atol=1e-12)
    ours = torch_causal_conv(torch.tensor(x), torch.tensor(w), dilation)
    np.testing.assert_allclose(ours, expected, atol=1e-12)


def test_causal_convolution_does_not_see_the_future():
    x = np.random.default_rng(0).normal(size=20)
    later = x.copy()
    later[12:] += 1
    w = np.array([1.0, -2.0, 0.5])
    np.testing.assert_array_equal(causal_conv(x, w)[:12], causal_conv(later, w)[:12])
    assert (causal_conv(x, w)[12:] != causal_conv(later, w)[12:]).any()


def test_shorter_than_the_filter():
    np.testing.assert_array_equal(causal_conv(np.array([1.0, 2.0]), np.ones(4)), [1.0, 3.0])
