"""Adagrad, RMSprop and Adadelta against torch.optim, step by step."""

import numpy as np
import pytest
import torch

from snippets.optimization import _surfaces
from snippets.optimization.adagrad_rmsprop import adadelta, adagrad, rmsprop, torch_adaptive

ADAGRAD, RMSPROP, ADADELTA = torch.optim.Adagrad, torch.optim.RMSprop, torch.optim.Adadelta
CASES = [
    (adagrad, ADAGRAD, {}),
    (adagrad, ADAGRAD, {"lr": 0.5, "lr_decay": 0.1}),
    (adagrad, ADAGRAD, {"eps": 0.1, "weight_decay": 0.5}),
    (adagrad, ADAGRAD, {"initial_accumulator_value": 2.0}),
    (rmsprop, RMSPROP, {}),
    (rmsprop, RMSPROP, {"alpha": 0.5, "eps": 0.1, "weight_decay": 0.5}),
    (rmsprop, RMSPROP, {"momentum": 0.9, "weight_decay": 0.1}),
    (rmsprop, RMSPROP, {"centered": True, "eps": 1e-3}),
    (rmsprop, RMSPROP, {"centered": True, "momentum": 0.5, "eps": 1e-3}),
    (adadelta, ADADELTA, {}),
    (adadelta, ADADELTA, {"lr": 0.3, "rho": 0.99, "eps": 1e-2}),
    (adadelta, ADADELTA, {"weight_decay": 0.5}),
]


@pytest.mark.parametrize(("step", "optimizer", "settings"), CASES)
def test_hundred_steps_of_torch(step, optimizer, settings):
    gradients = _surfaces.random_gradients(100, seed=8)
    gradients[0] = np.abs(gradients[0]) + 0.1  # the first one not 0: 0/eps is tested below
    theta = np.random.default_rng(9).normal(size=gradients.shape[1:])
    parameter, state = torch.tensor(theta, requires_grad=True), None
    made = optimizer([parameter], **settings)
    for gradient in gradients:
        theta, state = step(theta, gradient, state, **settings)
        parameter.grad = torch.tensor(gradient)
        made.step()
        np.testing.assert_allclose(theta, parameter.detach(), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("step", [adagrad, rmsprop, adadelta])
def test_defaults_are_those_of_torch(step):
    optimizer = {"adagrad": ADAGRAD, "rmsprop": RMSPROP, "adadelta": ADADELTA}[step.__name__]
    defaults = optimizer([torch.zeros(1)]).defaults
    for name, value in step.__kwdefaults__.items():
        if name != "eps_inside":
            assert defaults[name] == value


@pytest.mark.parametrize("step", [adagrad, rmsprop, adadelta])
def test_no_gradient_no_step_and_inputs_stay(step):
    theta = np.array([1.0, -2.0])
    after, state = step(theta, np.zeros(2))
    np.testing.assert_array_equal(after, theta)
    kept = [np.copy(part) for part in state]
    step(theta, np.ones(2), state)
    for part, before in zip(state, kept, strict=True):
        np.testing.assert_array_equal(part, before)
    np.testing.assert_array_equal(theta, [1.0, -2.0])


@pytest.mark.parametrize(("step", "settings"), [(adagrad, {"eps": 0}), (rmsprop, {"eps": 0})])
def test_scale_of_the_gradient_does_not_matter(step, settings):
    gradients = np.random.default_rng(3).normal(size=(30, 4))
    paths = [
        _surfaces.trajectory(
            step, _surfaces.replay(k * gradients), np.zeros(4), 30, lr=0.1, **settings
        )
        for k in (1, 1000)
    ]
    np.testing.assert_allclose(*paths, rtol=1e-10)


def test_epsilon_inside_by_hand():
    # E = 0.5 · 4 = 2, and 2 + 7 = 9: the step is 0.3 · 2 / 3
    after, _ = rmsprop(np.zeros(1), np.array([2.0]), lr=0.3, alpha=0.5, eps=7.0, eps_inside=True)
    np.testing.assert_allclose(after, [-0.2])


@pytest.mark.parametrize(
    ("step", "optimizer", "lr"), [(adagrad, ADAGRAD, 0.1), (rmsprop, RMSPROP, 0.01)]
)
def test_torch_code_of_the_page(step, optimizer, lr):
    start = np.array([1.0, -2.0])
    theirs = torch_adaptive(torch.tensor(start), lambda x: (x**2).sum(), optimizer, 7, lr=lr)
    ours = _surfaces.trajectory(step, lambda x: 2 * x, start, 7, lr=lr)[-1]
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)
