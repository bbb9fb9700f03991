"""The penalty, its proximal step, one update of a weight, and how close similar features stay."""

from __future__ import annotations

from typing import Any

import numpy as np

from snippets import kit
from snippets.kit import Formula
from snippets.regularization.elastic_net import coordinate_descent, elastic_prox
from snippets.regularization.l1_and_l2 import penalties, soft_threshold

_N = kit.integer(("权重的个数", "number of weights"), 1, 6)
_L1 = kit.scalar(("L1 的强度", "strength of L1"), 0, 2)
_L2 = kit.scalar(("L2 的强度", "strength of L2"), 0, 2)
_S = kit.function(("软阈值", "soft threshold"), soft_threshold)

formula_penalty = Formula(
    r"\Omega(w) = \lambda_1\,\|w\|_1 + \frac{\lambda_2}{2}\,\|w\|_2^2",
    {
        "w": kit.array(("权重", "weights"), ("n",), -3, 3),
        "n": _N,
        r"\lambda_1": _L1,
        r"\lambda_2": _L2,
    },
    equals=lambda w, lambda_1, lambda_2: (
        lambda_1 * penalties(w)["l1"] + lambda_2 * penalties(w)["l2_squared"] / 2
    ),
)

formula_prox = Formula(
    r"E(v) = \frac{S(v, \lambda_1)}{1 + \lambda_2}",
    {
        "v": kit.array(("梯度步之后的权重", "weights after the gradient step"), ("n",), -3, 3),
        "n": _N,
        r"\lambda_1": _L1,
        r"\lambda_2": _L2,
        "S": _S,
    },
    equals=lambda v, lambda_1, lambda_2: elastic_prox(v, lambda_1, lambda_2),
)


def _one(a_j: Any, r: Any, lambda_1: float, lambda_2: float) -> Any:
    """The best weight of one feature for the residuals r that the others leave."""
    return coordinate_descent(np.asarray(a_j)[:, None], np.asarray(r), lambda_1, lambda_2)[0]


formula_update = Formula(
    r"w_j = \frac{S\left(\frac{1}{m} a_j^\top r, \lambda_1\right)}"
    r"{\frac{1}{m} \|a_j\|_2^2 + \lambda_2}",
    {
        "a_j": kit.array(("第 j 个特征的各个样本", "feature j of all examples"), ("m",), 0.1, 3),
        "r": kit.array(("不算这个特征时的残差", "residuals without this feature"), ("m",), -3, 3),
        "m": kit.integer(("样本数", "number of examples"), 1, 8),
        r"\lambda_1": _L1,
        r"\lambda_2": _L2,
        "S": _S,
    },
    equals=_one,
)


def _standard(X: Any) -> Any:
    X = np.asarray(X) - np.mean(X, axis=0)
    return X / np.sqrt((X**2).mean(axis=0))


def _fitted(X: Any, lambda_1: float, lambda_2: float) -> Any:
    """Weights of two standardised features for a target of mean square 1."""
    A = _standard(X)
    y = A @ np.array([1.0, 0.5])
    return coordinate_descent(A, y / np.sqrt((y**2).mean()), float(lambda_1), float(lambda_2))


formula_group = Formula(
    r"|w(X, \lambda_1, \lambda_2)_1 - w(X, \lambda_1, \lambda_2)_2|"
    r" \le \frac{\sqrt{2\,(1 - r(X))}}{\lambda_2}",
    {
        "X": kit.array(("两个特征的样本", "examples of two features"), (8, 2), -3, 3),
        "w": kit.function(("弹性网的解", "solution of the elastic net"), _fitted),
        "r": kit.function(
            ("两个特征的相关系数", "correlation of the two features"),
            lambda X: (_standard(X)[:, 0] * _standard(X)[:, 1]).mean(),
        ),
        r"\lambda_1": kit.scalar(("L1 的强度", "strength of L1"), 0, 0.5),
        r"\lambda_2": kit.scalar(("L2 的强度", "strength of L2"), 0.05, 2),
    },
)


def _strengths(alpha: float, rho: float) -> tuple[float, float]:
    return alpha * rho, alpha - alpha * rho


formula_sklearn = Formula(
    r"\begin{aligned} \lambda_1 &= \alpha\,\rho \\ \lambda_2 &= \alpha\,(1 - \rho) \end{aligned}",
    {
        r"\alpha": kit.scalar(("`alpha`", "`alpha`"), 0, 3),
        r"\rho": kit.scalar(("`l1_ratio`", "`l1_ratio`"), 0, 1),
    },
    equals={
        r"\lambda_1": lambda alpha, rho: _strengths(alpha, rho)[0],
        r"\lambda_2": lambda alpha, rho: _strengths(alpha, rho)[1],
    },
)
