"""Initialisers against PyTorch, closed forms and published numbers."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from snippets.activations.relu import relu
from snippets.gradients_init.initialisation import (
    draw_weight,
    fans,
    he_std,
    hidden_gradient,
    layer_stds,
    lsuv,
    orthogonal,
    second_moment,
    torch_initialise,
    uniform_bound,
    variance_of_sum,
    xavier_std,
)


@pytest.mark.parametrize("shape", [(5, 3), (64, 32, 3, 3), (8, 4, 5), (1, 1)])
def test_fans_are_those_of_pytorch(shape):
    assert fans(shape) == nn.init._calculate_fan_in_and_fan_out(torch.empty(shape))


def test_fans_refuse_a_bias():
    with pytest.raises(ValueError, match="two dimensions"):
        fans((5,))


def test_closed_forms():
    assert xavier_std(250, 1000) == pytest.approx(0.04)
    assert xavier_std(8, 8) == pytest.approx(8**-0.5)
    assert xavier_std(8, 8, gain=2) == pytest.approx(2 * 8**-0.5)
    assert he_std(50) == pytest.approx(0.2)
    # the slope by which nn.Linear arrives at 1 / (3 fan_in)
    assert he_std(12, math.sqrt(5)) == pytest.approx(1 / 6)


@pytest.mark.parametrize("sizes", [(0, 3), (3, 0), (-1, 2)])
def test_empty_layers_are_refused(sizes):
    with pytest.raises(ValueError, match="at least 1"):
        xavier_std(*sizes)
    with pytest.raises(ValueError, match="at least 1"):
        he_std(min(sizes))


@pytest.mark.parametrize("uniform", [False, True])
def test_draws_have_the_std(uniform):
    weight = draw_weight(300, 500, 0.1, np.random.default_rng(0), uniform)
    assert weight.shape == (500, 300)
    # the sample std of 150 000 draws is off by some 0.2 %
    assert weight.std() == pytest.approx(0.1, rel=0.01)
    assert abs(weight.mean()) < 0.002
    if uniform:
        assert np.abs(weight).max() <= uniform_bound(0.1)
    else:
        assert np.abs(weight).max() > uniform_bound(0.1)


def test_second_moments_have_closed_forms():
    assert second_moment(relu, 3.0) == pytest.approx(4.5, rel=1e-12)
    assert second_moment(lambda z: z, 2.0) == pytest.approx(4, rel=1e-12)
    assert second_moment(lambda z: z**2) == pytest.approx(3, rel=1e-12)
    assert second_moment(lambda z: np.exp(z / 2)) == pytest.approx(math.exp(0.5), rel=1e-12)


def test_variance_does_not_depend_on_the_signs_of_the_inputs():
    x = np.array([1.0, 2, -2])
    assert variance_of_sum(x, 0.5) == pytest.approx(0.25 * 9)
    assert variance_of_sum(np.abs(x), 0.5) == pytest.approx(0.25 * 9)


@pytest.mark.parametrize("shape", [(4, 4), (6, 3), (3, 6)])
def test_orthogonal(shape):
    weight = orthogonal(*shape, np.random.default_rng(0), gain=3.0)
    assert weight.shape == shape
    np.testing.assert_allclose(np.linalg.svd(weight)[1], 3.0)


def test_orthogonal_is_uniform():
    # The trace of a uniform orthogonal matrix has mean 0 (without the signs of QR it is biased).
    rng = np.random.default_rng(0)
    traces = [np.trace(orthogonal(3, 3, rng)) for _ in range(2000)]
    assert abs(np.mean(traces)) < 0.1


def test_lsuv_gives_unit_variance_on_its_batch():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(50, 20))
    for weight in lsuv(np.tanh, x, 6, rng):
        z = x @ weight.T
        assert z.std() == pytest.approx(1)
        x = np.tanh(z)


def test_lsuv_refuses_inputs_without_variance():
    with pytest.raises(ValueError, match="no variance"):
        lsuv(np.tanh, np.zeros((5, 4)), 2, np.random.default_rng(0))


def test_equal_units_get_equal_gradients():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(10, 3)), rng.integers(0, 2, 10)
    W, v = np.tile(rng.normal(size=3), (4, 1)), np.full(4, 0.7)
    dW, dv = hidden_gradient(W, v, x, y)
    assert (dW == dW[0]).all()
    assert np.ptp(dv) < 1e-15
    assert np.abs(dW).max() > 0
    for gradient in hidden_gradient(0 * W, 0 * v, x, y):
        assert (gradient == 0).all()


def test_torch_initialise():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(8, 64, 3), nn.ReLU(), nn.Flatten(), nn.Linear(64, 400))
    torch_initialise(model)
    assert model[0].weight.std().item() == pytest.approx(math.sqrt(2 / 72), rel=0.05)
    assert model[3].weight.std().item() == pytest.approx(math.sqrt(2 / 64), rel=0.05)
    assert not model[0].bias.any()
    assert not model[3].bias.any()
    torch_initialise(nn.Sequential(nn.Linear(2, 2, bias=False)))


def test_layer_stds_sees_outputs_and_leaves_no_hooks():
    model = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2))
    x = torch.randn(7, 3, generator=torch.Generator().manual_seed(0))
    first = model[0](x)
    expected = [first.std().item(), model[2](first.tanh()).std().item()]
    assert layer_stds(model, x) == pytest.approx(expected)
    assert not model[0]._forward_hooks
