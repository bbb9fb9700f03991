"""Momentum and Nesterov against PyTorch step by step, and against one another."""

import numpy as np
import pytest
import torch

from snippets.optimization import _surfaces
from snippets.optimization.momentum import (
    _last_step,
    sgd_momentum,
    sutskever,
    sutskever_nesterov,
    torch_momentum,
)

SETTINGS = [
    {"momentum": 0.9},
    {"momentum": 0.0},
    {"momentum": 1.0},
    {"momentum": 0.8, "weight_decay": 0.3},
    {"momentum": 0.9, "dampening": 0.9},
    {"momentum": 0.9, "dampening": 0.25, "weight_decay": 0.1},
    {"momentum": 0.9, "nesterov": True},
    {"momentum": 0.6, "nesterov": True, "weight_decay": 0.2},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_hundred_steps_of_torch(settings):
    gradients = _surfaces.random_gradients(100, seed=3)
    theta = np.random.default_rng(4).normal(size=gradients.shape[1:])
    parameter, state = torch.tensor(theta, requires_grad=True), None
    optimizer = torch.optim.SGD([parameter], lr=0.003, **settings)
    for gradient in gradients:
        theta, state = sgd_momentum(theta, gradient, state, lr=0.003, **settings)
        parameter.grad = torch.tensor(gradient)
        optimizer.step()
        scale = np.maximum(1, np.abs(theta))
        np.testing.assert_allclose(theta / scale, parameter.detach().numpy() / scale, atol=1e-12)


@pytest.mark.parametrize("settings", [{"momentum": 0.0}, {"momentum": 0.9, "dampening": 0.1}])
def test_nesterov_refuses_what_torch_refuses(settings):
    with pytest.raises(ValueError, match="nesterov needs"):
        sgd_momentum(np.zeros(2), np.ones(2), lr=0.1, nesterov=True, **settings)
    with pytest.raises(ValueError, match="Nesterov momentum requires"):
        torch.optim.SGD([torch.zeros(2)], lr=0.1, nesterov=True, **settings)


def test_inputs_are_not_written_to():
    theta, grad, state = np.ones(3), np.ones(3), np.ones(3)
    for step in (sgd_momentum, sutskever):
        step(theta, grad, state, lr=0.1)
    sutskever_nesterov(theta, lambda x: x, state, lr=0.1)
    assert (theta == 1).all()
    assert (grad == 1).all()
    assert (state == 1).all()


def test_forms_agree_at_a_constant_rate_only():
    gradients = np.random.default_rng(0).normal(size=30)
    constant, falling = np.full(30, 0.1), np.geomspace(1, 0.01, 30)
    same = [_last_step(step, gradients, constant, 0.9) for step in (sgd_momentum, sutskever)]
    assert same[0] == pytest.approx(same[1], rel=1e-12)
    other = [_last_step(step, gradients, falling, 0.9) for step in (sgd_momentum, sutskever)]
    assert abs(other[0] - other[1]) > 0.01


def test_velocity_is_the_buffer_times_the_rate():
    theta, buffer, velocity = np.zeros(3), None, None
    for gradient in np.random.default_rng(1).normal(size=(20, 3)):
        _, buffer = sgd_momentum(theta, gradient, buffer, lr=0.05, momentum=0.8)
        _, velocity = sutskever(theta, gradient, velocity, lr=0.05, momentum=0.8)
    np.testing.assert_allclose(velocity, -0.05 * buffer, rtol=1e-12)


@pytest.mark.parametrize("nesterov", [False, True])
def test_torch_code_of_the_page(nesterov):
    start = np.array([1.0, -2.0])
    theirs = torch_momentum(
        torch.tensor(start), lambda x: (x**2).sum(), 0.1, 0.9, nesterov=nesterov, steps=5
    )
    ours = _surfaces.trajectory(
        sgd_momentum, lambda x: 2 * x, start, 5, lr=0.1, momentum=0.9, nesterov=nesterov
    )
    np.testing.assert_allclose(ours[-1], theirs, rtol=1e-12)
    np.testing.assert_array_equal(start, [1.0, -2.0])
