"""Lion, Muon and Shampoo; averages of weights; and SAM, which goes on top of any optimiser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

State = tuple[Any, ...]


def lion(
    theta: np.ndarray,
    grad: ArrayLike,
    state: np.ndarray | None = None,
    *,
    lr: ArrayLike = 1e-4,
    betas: tuple[float, float] = (0.9, 0.99),
    weight_decay: float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    """One step of Lion: the new theta, and the momentum m to pass to the next step.

    The step is lr in every coordinate, with the sign of β₁m + (1 - β₁)g; then m ← β₂m + (1 - β₂)g.
    Weight decay is decoupled, as in AdamW.  [chen2023, alg. 2]
    """
    grad = np.asarray(grad)
    m = np.zeros_like(grad) if state is None else state
    update = np.sign(betas[0] * m + (1 - betas[0]) * grad)
    m = betas[1] * m + (1 - betas[1]) * grad
    return theta - lr * (update + weight_decay * theta), m


def newton_schulz(
    G: np.ndarray,
    steps: int = 5,
    coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315),
    eps: float = 1e-7,
) -> np.ndarray:
    """A matrix with the singular vectors of G (m, n) and singular values near 1.

    X ← aX + (bA + cA²)X with A = XXᵀ, from G over its Frobenius norm.  ValueError: G has not two
    axes.  [jordan2024]
    """
    if np.ndim(G) != 2:
        raise ValueError(f"G has {np.ndim(G)} axes; Muon is for matrices")
    a, b, c = coefficients
    X = G / max(np.linalg.norm(G), eps)
    if G.shape[0] > G.shape[1]:
        X = X.T
    for _ in range(steps):
        A = X @ X.T
        X = a * X + (b * A + c * A @ A) @ X
    return X.T if G.shape[0] > G.shape[1] else X


def muon(
    theta: np.ndarray,
    grad: ArrayLike,
    state: np.ndarray | None = None,
    *,
    lr: float = 1e-3,
    momentum: float = 0.95,
    nesterov: bool = True,
    weight_decay: float = 0.1,
    ns_steps: int = 5,
) -> tuple[np.ndarray, np.ndarray]:
    """One step of Muon for a matrix theta (m, n): the new theta, and the momentum buffer.

    As in torch.optim.Muon: an averaging buffer, decoupled weight decay, and a rate of
    lr · √max(1, m/n).  ValueError: theta has not two axes.  [jordan2024]
    """
    if np.ndim(theta) != 2:
        raise ValueError(f"theta has {np.ndim(theta)} axes; Muon is for matrices")
    grad = np.asarray(grad)
    buffer = np.zeros_like(grad) if state is None else state
    buffer = momentum * buffer + (1 - momentum) * grad
    update = momentum * buffer + (1 - momentum) * grad if nesterov else buffer
    rate = lr * np.sqrt(max(1, theta.shape[0] / theta.shape[1]))
    shrunk = theta * (1 - lr * weight_decay)
    return shrunk - rate * newton_schulz(update, ns_steps), buffer


def shampoo(
    theta: np.ndarray,
    grad: ArrayLike,
    state: State | None = None,
    *,
    lr: float = 0.1,
    eps: float = 1e-4,
) -> tuple[np.ndarray, State]:
    """One step of Shampoo for a matrix theta (m, n): the new theta, and the state (L, R).

    L ← L + GGᵀ and R ← R + GᵀG, both from eps times the identity; the step is
    lr · L^(-1/4) G R^(-1/4).  ValueError: grad has not two axes.  [gupta2018, alg. 1]
    """
    grad = np.asarray(grad)
    if grad.ndim != 2:
        raise ValueError(f"grad has {grad.ndim} axes; this Shampoo is for matrices")
    m, n = grad.shape
    L, R = state or (eps * np.eye(m), eps * np.eye(n))
    L, R = L + grad @ grad.T, R + grad.T @ grad
    return theta - lr * _inverse_root(L) @ grad @ _inverse_root(R), (L, R)


def _inverse_root(S: np.ndarray) -> np.ndarray:
    """S^(-1/4) of a symmetric positive definite matrix."""
    values, vectors = np.linalg.eigh(S)
    return vectors * values**-0.25 @ vectors.T


def torch_muon_steps(weight, bias, loss, steps):
    """Steps with Muon for the matrix and AdamW for the rest; both are made once and keep state."""
    import torch

    optimizers = [
        torch.optim.Muon([weight], lr=0.02, momentum=0.95, weight_decay=0.1),
        torch.optim.AdamW([bias], lr=3e-4, weight_decay=0.01),
    ]
    for _ in range(steps):
        loss(weight, bias).backward()
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()


def ema(average: ArrayLike, theta: ArrayLike, decay: float = 0.999) -> np.ndarray:
    """The exponential moving average of weights after one more step; it starts as the weights."""
    return decay * np.asarray(average) + (1 - decay) * np.asarray(theta)


def swa(average: ArrayLike, theta: ArrayLike, count: int) -> np.ndarray:
    """The plain average of count + 1 weights, from that of count.  [izmailov2018]"""
    return np.asarray(average) + (np.asarray(theta) - average) / (count + 1)


def torch_average(model, paths, decay=None):
    """The same with torch.optim.swa_utils: an EMA for a given decay, else SWA.

    ``paths`` gives the weights of ``model`` after each step; returns the averaged weights.
    """
    import torch
    from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

    multi_avg_fn = get_ema_multi_avg_fn(decay) if decay is not None else None
    averaged = AveragedModel(model, multi_avg_fn=multi_avg_fn)
    for weights in paths:
        with torch.no_grad():
            model.weight.copy_(weights)
        averaged.update_parameters(model)
    return averaged.module.weight.detach()


def sam(
    theta: ArrayLike,
    gradient: Callable[[np.ndarray], ArrayLike],
    *,
    lr: float = 0.1,
    rho: float = 0.05,
) -> np.ndarray:
    """One step of SAM on top of gradient descent: two gradients, the second one uphill by rho.

    θ ← θ - lr · ∇L(θ + ρ g/‖g‖) with g = ∇L(θ).  Where g is 0 it stays.  [foret2021]
    """
    theta = np.asarray(theta, dtype=float)
    g = np.asarray(gradient(theta))
    norm = np.linalg.norm(g)
    uphill = theta + rho * g / norm if norm else theta
    return theta - lr * np.asarray(gradient(uphill))


def torch_sam_step(theta, loss, optimizer, rho=0.05):
    """The same in PyTorch, on top of any optimiser of the tensor theta; two backward passes."""
    import torch

    optimizer.zero_grad()
    loss(theta).backward()
    with torch.no_grad():
        uphill = rho * theta.grad / theta.grad.norm().clamp(min=1e-12)
        theta += uphill
    optimizer.zero_grad()
    loss(theta).backward()
    with torch.no_grad():
        theta -= uphill
    optimizer.step()
