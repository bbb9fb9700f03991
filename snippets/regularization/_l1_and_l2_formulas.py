"""The formulas of the two penalties, of their steps, and of the priors behind them."""

from __future__ import annotations

from typing import Any

import numpy as np

from snippets import kit
from snippets.kit import Formula
from snippets.regularization.l1_and_l2 import block_shrink, penalties, shrink, soft_threshold

_N = kit.integer(("权重的个数", "number of weights"), 1, 6)
_I = kit.index(("权重的编号", "weight"), "n")
_W = kit.array(("权重", "weights"), ("n",), -3, 3)
_W_NOT_0 = kit.array(("权重，不为 0", "weights, not 0"), ("n",), -3, 3.3)
_V = kit.array(("梯度步之后的权重", "weights after the gradient step"), ("n",), -3, 3)
_LAMBDA = kit.scalar(("正则化强度", "strength of the penalty"), 0, 2)


def _l1(w: Any) -> Any:
    return penalties(w)["l1"]


def _half_square(w: Any) -> Any:
    return penalties(w)["l2_squared"] / 2


def _loss(w: Any) -> Any:
    """Any loss will do: here of a linear model on four examples."""
    A = np.cos(np.outer(np.arange(1, 5), np.arange(1, len(w) + 1)))
    return ((A @ w - 1) ** 2).mean() / 2


formula_objective = Formula(
    r"J(w) = L(w) + \lambda\,\Omega(w)",
    {
        "w": _W,
        "n": _N,
        "L": kit.function(("损失", "loss"), _loss),
        r"\Omega": kit.function(("惩罚", "penalty"), _l1),
        r"\lambda": _LAMBDA,
    },
    equals=lambda w, lambda_: _loss(w) + lambda_ * np.abs(w).sum(),
)

formula_l1 = Formula(
    r"\Omega_1(w) = \|w\|_1 = \sum_{i=1}^{n} |w_i|",
    {"w": _W, "n": _N, "i": _I},
    equals=_l1,
)

formula_l1_gradient = Formula(
    r"\frac{\partial \Omega_1}{\partial w_i} = \operatorname{sign}(w_i)",
    {"w": _W_NOT_0, "n": _N, "i": _I},
    derivative_of=lambda w: _l1(w),
    autograd=lambda w: w.abs().sum(),
    wrt="w",
    samples=60,
)

formula_l2 = Formula(
    r"\Omega_2(w) = \frac{1}{2} \|w\|_2^2 = \frac{1}{2} \sum_{i=1}^{n} w_i^2",
    {"w": _W, "n": _N, "i": _I},
    equals=_half_square,
)

formula_l2_gradient = Formula(
    r"\frac{\partial \Omega_2}{\partial w_i} = w_i",
    {"w": _W, "n": _N, "i": _I},
    derivative_of=lambda w: _half_square(w),
    autograd=lambda w: (w**2).sum() / 2,
    wrt="w",
    samples=60,
)

formula_l2_step = Formula(
    r"w_{t+1} = w_t - \eta\,(g_t + \lambda\,w_t) = (1 - \eta\,\lambda)\,w_t - \eta\,g_t",
    {
        "w_t": _W,
        "g_t": kit.array(("损失的梯度", "gradient of the loss"), ("n",), -3, 3),
        "n": _N,
        r"\eta": kit.scalar(("学习率", "learning rate"), 0, 1),
        r"\lambda": _LAMBDA,
    },
    equals=lambda w_t, g_t, eta, lambda_: w_t - eta * g_t - eta * lambda_ * w_t,
)

formula_soft = Formula(
    r"S(v, \lambda)_i = \operatorname{sign}(v_i)\,\max(|v_i| - \lambda, 0)",
    {"v": _V, "n": _N, "i": _I, r"\lambda": _LAMBDA},
    equals=lambda v, lambda_: soft_threshold(v, lambda_),
)

formula_proximal_step = Formula(
    r"w_{t+1} = S(w_t - \eta\,g_t, \eta\,\lambda)",
    {
        "S": kit.function(("软阈值", "soft threshold"), soft_threshold),
        "w_t": _W,
        "g_t": kit.array(("损失（不含惩罚）的梯度", "gradient of the loss alone"), ("n",), -3, 3),
        "n": _N,
        r"\eta": kit.scalar(("学习率", "learning rate"), 0, 1),
        r"\lambda": _LAMBDA,
    },
    equals=lambda w_t, g_t, eta, lambda_: soft_threshold(w_t - eta * g_t, eta * lambda_),
)

formula_block = Formula(
    r"B(v, \lambda) = \max\left(1 - \frac{\lambda}{\|v\|_2}, 0\right) v",
    {
        "v": kit.array(("梯度步之后的权重", "weights after the gradient step"), ("n",), 0.1, 3),
        "n": _N,
        r"\lambda": _LAMBDA,
    },
    equals=lambda v, lambda_: block_shrink(v, float(lambda_)),
)

formula_shrink = Formula(
    r"R(v, \lambda) = \frac{v}{1 + \lambda}",
    {"v": _V, "n": _N, r"\lambda": _LAMBDA},
    equals=lambda v, lambda_: shrink(v, lambda_),
)


def _laplace(w: Any, b: Any) -> Any:
    return np.exp(-abs(w) / b) / (2 * b)


def _normal(w: Any, s: Any) -> Any:
    return np.exp(-((w / s) ** 2) / 2) / np.sqrt(2 * np.pi * s**2)


formula_priors = Formula(
    r"-\ln p(w, b) = \frac{|w|}{b} + \ln(2 b), \quad"
    r" -\ln q(w, s) = \frac{w^2}{2 s^2} + \ln(s \sqrt{2 \pi})",
    {
        "w": kit.scalar(("一个权重", "one weight"), -3, 3),
        "b": kit.scalar(("拉普拉斯分布的尺度", "scale of the Laplace distribution"), 0.3, 3),
        "s": kit.scalar(("正态分布的标准差", "standard deviation of the normal one"), 0.3, 3),
        "p": kit.function(("拉普拉斯分布的密度", "density of the Laplace distribution"), _laplace),
        "q": kit.function(("正态分布的密度", "density of the normal distribution"), _normal),
    },
)
