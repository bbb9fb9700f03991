"""Adam and AdamW against torch.optim step by step, and against closed forms."""

import numpy as np
import pytest
import torch

from snippets.optimization import _surfaces
from snippets.optimization.adam import adam, adamw, torch_adam, torch_adam_step

ADAM, ADAMW = torch.optim.Adam, torch.optim.AdamW
SETTINGS = [
    {},
    {"lr": 0.1, "betas": (0.5, 0.8)},
    {"lr": 0.1, "betas": (0.0, 0.9)},
    {"lr": 0.01, "eps": 0.1, "weight_decay": 0.5},
    {"lr": 0.01, "betas": (0.9, 0.8), "amsgrad": True},
    {"lr": 0.01, "amsgrad": True, "weight_decay": 0.3, "eps": 1e-4},
]


@pytest.mark.parametrize(("step", "optimizer"), [(adam, ADAM), (adamw, ADAMW)])
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_hundred_steps_of_torch(step, optimizer, settings):
    gradients = _surfaces.random_gradients(100, seed=12)
    theta = np.random.default_rng(13).normal(size=gradients.shape[1:])
    parameter, state = torch.tensor(theta, requires_grad=True), None
    made = optimizer([parameter], **settings)
    for gradient in gradients:
        theta, state = step(theta, gradient, state, **settings)
        parameter.grad = torch.tensor(gradient)
        made.step()
        np.testing.assert_allclose(theta, parameter.detach(), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("step", "optimizer"), [(adam, ADAM), (adamw, ADAMW)])
def test_defaults_are_those_of_torch(step, optimizer):
    defaults = optimizer([torch.zeros(1)]).defaults
    assert {name: defaults[name] for name in step.__kwdefaults__} == step.__kwdefaults__


def test_first_step_is_the_rate_with_the_sign_of_the_gradient():
    gradient = np.array([1e-3, -5.0, 1e6])
    after, _ = adam(np.zeros(3), gradient, lr=0.1, eps=0.0)
    np.testing.assert_allclose(after, -0.1 * np.sign(gradient), rtol=1e-12)


def test_step_has_a_bound():
    # kingma2015, section 2.1: at most lr (1 - beta1)/sqrt(1 - beta2) where that exceeds lr.
    rng = np.random.default_rng(5)
    gradients = rng.normal(size=(300, 50)) * (rng.random((300, 50)) > 0.95)
    path = _surfaces.trajectory(
        adam, _surfaces.replay(gradients), np.zeros(50), 300, lr=1.0, eps=1e-30
    )
    assert np.abs(np.diff(path, axis=0)).max() <= 0.1 / np.sqrt(0.001) * (1 + 1e-9)


def test_state_and_inputs_are_not_written_to():
    theta, grad = np.ones(2), np.ones(2)
    _, state = adam(theta, grad)
    kept = [np.copy(part) for part in state]
    adam(theta, grad, state, amsgrad=True)
    for part, before in zip(state, kept, strict=True):
        np.testing.assert_array_equal(part, before)
    assert theta.tolist() == grad.tolist() == [1, 1]


@pytest.mark.parametrize("betas", [(1.0, 0.9), (0.9, 1.0), (-0.1, 0.9)])
def test_betas_outside_are_refused_as_in_torch(betas):
    for step in (adam, adamw):
        with pytest.raises(ValueError, match="betas"):
            step(np.zeros(1), np.ones(1), betas=betas)
    with pytest.raises(ValueError, match="Invalid beta"):
        ADAM([torch.zeros(1)], betas=betas)


def test_torch_code_of_the_page():
    start = torch.tensor([1.0, -2.0], dtype=torch.float64)
    theirs = torch_adam(start, lambda x: (x**2).sum(), lr=0.1, steps=9)
    ours = _surfaces.trajectory(adam, lambda x: 2 * x, start.numpy(), 9, lr=0.1)[-1]
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    by_hand, state = start.clone(), {}
    for _ in range(9):
        by_hand.grad = 2 * by_hand
        torch_adam_step(by_hand, state, lr=0.1)
    np.testing.assert_allclose(by_hand, theirs, rtol=1e-12)
    assert start.tolist() == [1, -2]
