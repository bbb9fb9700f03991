"""The formulas of Lion, Muon and Shampoo."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Formula
from snippets.optimization.modern_optimizers import _inverse_root, lion, newton_schulz, shampoo

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
        "a": kit.constant(("系数 3.4445", "coefficient 3.4445"), 3.4445),
        "b": kit.constant(("系数 −4.775", "coefficient −4.775"), -4.775),
        "c": kit.constant(("系数 2.0315", "coefficient 2.0315"), 2.0315),
        "m": kit.integer(("行数", "rows"), 1, 4),
        "n": kit.integer(("列数，不小于行数", "columns, not fewer than rows"), 4, 6),
    },
    equals={
        "A": lambda X: X @ X.T,
        # newton_schulz divides by the norm first; formula_singular and the tests hold it to this
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
        "a": kit.constant(("系数 3.4445", "coefficient 3.4445"), 3.4445),
        "b": kit.constant(("系数 −4.775", "coefficient −4.775"), -4.775),
        "c": kit.constant(("系数 2.0315", "coefficient 2.0315"), 2.0315),
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
