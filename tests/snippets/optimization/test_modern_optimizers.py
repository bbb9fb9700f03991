"""Lion, Muon, Shampoo, averages and SAM against second implementations and decompositions."""

from contextlib import nullcontext
from unittest import mock

import numpy as np
import pytest
import scipy.linalg
import torch

from snippets.optimization import _surfaces
from snippets.optimization.modern_optimizers import (
    ema,
    lion,
    muon,
    newton_schulz,
    sam,
    shampoo,
    swa,
    torch_average,
    torch_muon_steps,
    torch_sam_step,
)

# Printed by optax 0.2.8 (jax in float64): optax.lion(0.03, b1=0.8, b2=0.95, weight_decay=0.2),
# with the gradients sin(t k) 10^(k-2) for k = 1 … 4, after step t.
OPTAX = {
    1: [0.964, -2.018, 0.46699999999999997, 3.012],
    2: [0.9282159999999999, -1.9758919999999998, 0.49419799999999997, 2.963928],
    10: [0.8842326222509702, -1.824795741574297, 0.47167589601468163, 2.8232014420940916],
    100: [0.4892337779670342, -0.9836677790661504, 0.2745781473411881, 1.4535451835556514],
}


def test_lion_is_that_of_optax():
    theta, state, k = np.array([1.0, -2.0, 0.5, 3.0]), None, np.arange(1, 5)
    for t in range(1, 101):
        gradient = np.sin(t * k * 1.0) * 10.0 ** (k - 2)
        theta, state = lion(theta, gradient, state, lr=0.03, betas=(0.8, 0.95), weight_decay=0.2)
        if t in OPTAX:
            np.testing.assert_allclose(theta, OPTAX[t], rtol=1e-12)


def test_lion_moves_every_coordinate_alike():
    after, _ = lion(np.zeros(3), np.array([1e-9, -4.0, 0.0]), lr=0.5)
    np.testing.assert_array_equal(after, [-0.5, 0.5, 0.0])


MUON = [
    ((3, 5), {"lr": 0.1}),
    ((5, 3), {"lr": 0.1, "weight_decay": 0.5}),
    ((4, 4), {"lr": 0.01, "momentum": 0.0, "nesterov": False}),
    ((1, 6), {"lr": 0.01, "momentum": 0.5, "ns_steps": 2}),
]


@pytest.mark.parametrize(("shape", "settings"), MUON)
@pytest.mark.parametrize("exact", [True, False])
def test_hundred_steps_of_torch_muon(shape, settings, exact):
    gradients = np.random.default_rng(2).normal(size=(100, *shape))
    start = np.random.default_rng(3).normal(size=shape)
    ours = _surfaces.trajectory(muon, _surfaces.replay(gradients), start, 100, **settings)
    in_float64 = mock.patch.object(torch.Tensor, "bfloat16", lambda tensor: tensor.clone())
    # as it is: bfloat16 has 8 bits, an update an error of a few percent
    with in_float64 if exact else nullcontext():
        theirs = _surfaces.torch_trajectory(
            torch.optim.Muon, _surfaces.replay(gradients), start, 100, **settings
        )
    moved = np.linalg.norm(theirs[1:] - theirs[:1], axis=(1, 2))
    gap = np.linalg.norm(ours[1:] - theirs[1:], axis=(1, 2))
    assert (gap <= (1e-10 if exact else 0.03) * moved).all()


def test_defaults_of_muon_are_those_of_torch():
    defaults = torch.optim.Muon([torch.zeros(2, 2)]).defaults
    assert {name: defaults[name] for name in muon.__kwdefaults__} == muon.__kwdefaults__


@pytest.mark.parametrize("shape", [(4, 4), (3, 7), (7, 3)])
def test_newton_schulz_keeps_singular_vectors(shape):
    G = np.random.default_rng(4).normal(size=shape)
    U, sigma, V = np.linalg.svd(G, full_matrices=False)
    core = U.T @ newton_schulz(G) @ V.T
    np.testing.assert_allclose(core, np.diag(np.diag(core)), atol=1e-9)
    for s, after in zip(sigma / np.linalg.norm(sigma), np.diag(core), strict=True):
        for _ in range(5):
            s = 3.4445 * s - 4.775 * s**3 + 2.0315 * s**5
        assert after == pytest.approx(s, abs=1e-9)


def test_newton_schulz_of_zero_and_of_vectors():
    np.testing.assert_array_equal(newton_schulz(np.zeros((2, 3))), np.zeros((2, 3)))
    with pytest.raises(ValueError, match="for matrices"):
        newton_schulz(np.zeros(3))
    with pytest.raises(ValueError, match="only supports 2D"):
        torch.optim.Muon([torch.zeros(3)])
    for step in (muon, shampoo):
        with pytest.raises(ValueError, match="for matrices"):
            step(np.zeros(3), np.zeros(3))


def test_shampoo_by_matrix_powers_of_scipy():
    gradients = np.random.default_rng(5).normal(size=(20, 3, 4))
    theta, state = np.zeros((3, 4)), None
    ours, L, R = theta, 1e-4 * np.eye(3), 1e-4 * np.eye(4)
    for G in gradients:
        ours, state = shampoo(ours, G, state, lr=0.1)
        L, R = L + G @ G.T, R + G.T @ G
        left, right = (scipy.linalg.fractional_matrix_power(S, -0.25) for S in (L, R))
        theta = theta - 0.1 * left @ G @ right
        np.testing.assert_allclose(ours, theta, rtol=1e-8, atol=1e-8)


def test_shampoo_of_a_number_is_adagrad():
    # For 1×1 matrices L = R = Σ g², so L^(-1/4) g R^(-1/4) = g / √(Σ g²).
    theta, state, total = np.ones((1, 1)), None, 0.0
    for g in (2.0, -1.0, 0.5):
        before = theta[0, 0]
        theta, state = shampoo(theta, np.full((1, 1), g), state, lr=0.3, eps=0.0)
        total += g * g
        assert theta[0, 0] == pytest.approx(before - 0.3 * g / np.sqrt(total))


@pytest.mark.parametrize("decay", [None, 0.0, 0.7, 0.999])
def test_averages_of_torch(decay):
    theta = np.random.default_rng(6).normal(size=(30, 2, 3))
    model = torch.nn.Linear(3, 2, bias=False, dtype=torch.float64)
    ours = theta[0]
    for count, weights in enumerate(theta[1:], 1):
        ours = swa(ours, weights, count) if decay is None else ema(ours, weights, decay)
    np.testing.assert_allclose(ours, torch_average(model, torch.tensor(theta), decay), rtol=1e-10)
    if decay is None:
        np.testing.assert_allclose(ours, theta.mean(axis=0), rtol=1e-12)


def test_sam_takes_the_gradient_uphill():
    # f = x², from 1 with rho 0.5: the gradient at 1.5 is 3
    np.testing.assert_allclose(sam([1.0], lambda x: 2 * x, lr=0.1, rho=0.5), [0.7])
    np.testing.assert_array_equal(sam([0.0], lambda x: 2 * x, rho=0.5), [0.0])
    start = np.array([3.0, -2.0])
    np.testing.assert_allclose(sam(start, np.sin, lr=0.1, rho=0.0), start - 0.1 * np.sin(start))


def test_sam_in_torch_leaves_theta_where_it_was_before_the_step():
    theta = torch.tensor([1.0, 1.0], dtype=torch.float64, requires_grad=True)
    torch_sam_step(theta, lambda t: (t**2).sum(), torch.optim.SGD([theta], lr=0.0), rho=0.3)
    np.testing.assert_allclose(theta.detach(), [1.0, 1.0])


def test_sam_in_torch_stays_where_the_gradient_is_zero():
    theta = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    torch_sam_step(theta, lambda t: (t**2).sum(), torch.optim.SGD([theta], lr=0.1))
    np.testing.assert_array_equal(theta.detach(), [0.0, 0.0])


def test_torch_muon_code_of_the_page():
    # the gradient of the matrix turns by a quarter at each step: momentum must be remembered
    gradients = [np.array([[1.0, 0.0], [0.0, 0.0]]), np.array([[0.0, 1.0], [0.0, 0.0]])]
    weight = torch.ones(2, 2, dtype=torch.float64, requires_grad=True)
    bias = torch.ones(2, dtype=torch.float64, requires_grad=True)
    left = iter(torch.tensor(np.array(gradients)))
    torch_muon_steps(weight, bias, lambda w, b: (next(left) * w).sum() + b.sum(), steps=2)
    ours = _surfaces.trajectory(
        muon, _surfaces.replay(gradients), np.ones((2, 2)), 2, lr=0.02, weight_decay=0.1
    )
    np.testing.assert_allclose(weight.detach(), ours[-1], atol=1e-3)
    assert (bias < 1).all()
    assert weight.grad is None
