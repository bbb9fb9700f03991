"""Lion, Muon and Shampoo: a step by signs, by orthogonalised matrices, by two-sided scaling."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from snippets import kit
from snippets.kit import Formula

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
    lr · √max(1, m/n).  [jordan2024]
    """
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
    lr · L^(-1/4) G R^(-1/4).  [gupta2018, alg. 1]
    """
    grad = np.asarray(grad)
    m, n = grad.shape
    L, R = state or (eps * np.eye(m), eps * np.eye(n))
    L, R = L + grad @ grad.T, R + grad.T @ grad
    return theta - lr * _inverse_root(L) @ grad @ _inverse_root(R), (L, R)


def _inverse_root(S: np.ndarray) -> np.ndarray:
    """S^(-1/4) of a symmetric positive definite matrix."""
    values, vectors = np.linalg.eigh(S)
    return vectors * values**-0.25 @ vectors.T


def torch_muon_step(weight, bias, loss):
    """One step with Muon for the matrix and AdamW for the rest, as PyTorch's manual has it."""
    import torch

    optimizers = [
        torch.optim.Muon([weight], lr=0.02, momentum=0.95, weight_decay=0.1),
        torch.optim.AdamW([bias], lr=3e-4, weight_decay=0.01),
    ]
    loss(weight, bias).backward()
    for optimizer in optimizers:
        optimizer.step()
        optimizer.zero_grad()


# --------------------------------------------------------------------------- formulas

_ETA = kit.scalar(("学习率", "learning rate"), 0, 0.5)
_LAMBDA = kit.scalar(("权重衰减", "weight decay"), 0, 0.5)
_N = kit.integer(("参数的个数", "number of parameters"), 1, 6)

formula_lion = Formula(
    r"\begin{aligned} c_t &= \beta_1\,m_{t-1} + (1 - \beta_1)\,g_t \\"
    r" \theta_t &= \theta_{t-1} - \eta\,(\operatorname{sign}(c_t) + \lambda\,\theta_{t-1}) \\"
    r" m_t &= \beta_2\,m_{t-1} + (1 - \beta_2)\,g_t \end{aligned}",
    {
        "m_{t-1}": kit.array(("动量，起初为 0", "momentum, 0 at first"), ("n",), -3, 3),
        "g_t": kit.array(("当前的梯度", "gradient there"), ("n",), -3, 3),
        r"\theta_{t-1}": kit.array(("当前的参数", "parameters now"), ("n",), -3, 3),
        r"\beta_1": kit.scalar(("更新用的混合系数", "mix for the update"), 0, 0.99),
        r"\beta_2": kit.scalar(("动量的衰减", "decay of the momentum"), 0, 0.99),
        r"\eta": _ETA,
        r"\lambda": _LAMBDA,
        "n": _N,
    },
    equals={
        "c_t": lambda m_prev, g_t, beta_1: g_t + beta_1 * (m_prev - g_t),
        r"\theta_t": lambda m_prev, g_t, theta_prev, beta_1, eta, lambda_: lion(
            theta_prev, g_t, m_prev, lr=eta, betas=(beta_1, 0.9), weight_decay=lambda_
        )[0],
        "m_t": lambda m_prev, g_t, theta_prev, beta_2: lion(
            theta_prev, g_t, m_prev, betas=(0.9, beta_2)
        )[1],
    },
)

formula_newton_schulz = Formula(
    r"\begin{aligned} A &= X\,X^\top \\ Y &= a\,X + (b\,A + c\,A\,A)\,X \end{aligned}",
    {
        "X": kit.array(("这一步之前的矩阵", "matrix before the step"), ("m", "n"), -0.5, 0.5),
        "a": kit.constant(("系数", "coefficient"), 3.4445),
        "b": kit.constant(("系数", "coefficient"), -4.775),
        "c": kit.constant(("系数", "coefficient"), 2.0315),
        "m": kit.integer(("行数", "rows"), 1, 4),
        "n": kit.integer(("列数，不小于行数", "columns, not fewer than rows"), 4, 6),
    },
    equals={
        "A": lambda X: X @ X.T,
        # newton_schulz divides by the norm first, so give it X by its factors of norm 1
        "Y": lambda X: _one_step(X),
    },
)


def _one_step(X: np.ndarray) -> np.ndarray:
    """One step from X itself, through the singular values: σ becomes aσ + bσ³ + cσ⁵."""
    U, sigma, V = np.linalg.svd(X, full_matrices=False)
    return U * (3.4445 * sigma - 4.775 * sigma**3 + 2.0315 * sigma**5) @ V


formula_singular = Formula(
    r"\sigma_{k+1} = a\,\sigma_k + b\,\sigma_k^3 + c\,\sigma_k^5",
    {
        r"\sigma_k": kit.scalar(
            ("第 k 步之后的一个奇异值", "a singular value after step k"), 0.01, 1
        ),
        "a": kit.constant(("系数", "coefficient"), 3.4445),
        "b": kit.constant(("系数", "coefficient"), -4.775),
        "c": kit.constant(("系数", "coefficient"), 2.0315),
    },
    equals=lambda sigma_k: _singular_after_one(sigma_k),
)


def _singular_after_one(sigma: float) -> float:
    """What one step of newton_schulz makes of sigma, in a turned matrix of Frobenius norm 1."""
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    X = turn @ np.diag([sigma, np.sqrt(1 - sigma**2)]) @ turn
    return float(turn[:, 0] @ newton_schulz(X, steps=1) @ turn[0])


formula_shampoo = Formula(
    r"\begin{aligned} L_t &= L_{t-1} + G_t\,G_t^\top \\ R_t &= R_{t-1} + G_t^\top\,G_t \\"
    r" W_t &= W_{t-1} - \eta\,q(L_t)\,G_t\,q(R_t) \end{aligned}",
    {
        "L_{t-1}": kit.array(
            ("行的累加，起初为 εI", "sum over rows, εI at first"), ("m", "m"), 1, 1
        ),
        "R_{t-1}": kit.array(
            ("列的累加，起初为 εI", "sum over columns, εI at first"), ("n", "n"), 1, 1
        ),
        "G_t": kit.array(("梯度矩阵", "gradient, a matrix"), ("m", "n"), -3, 3),
        "W_{t-1}": kit.array(("当前的权重矩阵", "weights now"), ("m", "n"), -3, 3),
        r"\eta": _ETA,
        "q": kit.function(("", ""), lambda S: _inverse_root(S + 0.1 * np.eye(len(S)))),
        "m": kit.integer(("行数", "rows"), 1, 4),
        "n": kit.integer(("列数", "columns"), 1, 4),
    },
    equals={
        "L_t": lambda L_prev, G_t: L_prev + G_t @ G_t.T,
        "R_t": lambda R_prev, G_t: R_prev + G_t.T @ G_t,
        "W_t": lambda L_prev, R_prev, G_t, W_prev, eta: shampoo(
            W_prev,
            G_t,
            (L_prev + 0.1 * np.eye(len(L_prev)), R_prev + 0.1 * np.eye(len(R_prev))),
            lr=eta,
        )[0],
    },
)
