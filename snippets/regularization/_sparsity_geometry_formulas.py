"""What holds at the solution: multiplier and tangency, the interval of slopes, the fixed point."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Formula
from snippets.regularization.l1_and_l2 import soft_threshold
from snippets.regularization.sparsity_geometry import least_within

_M = kit.array(("损失的最小点", "where the loss is least"), ("n",), -3, 3)
_N = kit.integer(("权重的个数", "number of weights"), 2, 6)
_I = kit.index(("权重的编号", "weight"), "n")
_C = kit.scalar(("约束的大小", "size of the constraint"), 0.2, 6)
_SOLUTION = kit.function(
    ("约束下的最优解", "the optimum within the constraint"), lambda m, c: least_within(m, c)[0]
)
_MULTIPLIER = kit.function(
    ("乘子", "the multiplier"), lambda m, c: np.float64(least_within(m, c)[1])
)
_SHARED = {"w": _SOLUTION, r"\lambda": _MULTIPLIER, "m": _M, "c": _C, "n": _N}

formula_kkt = Formula(
    r"\|w(m, c)\|_1 \le c, \quad \lambda(m, c) \ge 0, \quad"
    r" \lambda(m, c)\,(c - \|w(m, c)\|_1) = 0",
    _SHARED,
)

formula_tangency = Formula(
    r"2\,|m_i - w(m, c)_i| \le \lambda(m, c), \quad"
    r" 2\,(m_i - w(m, c)_i)\,w(m, c)_i = \lambda(m, c)\,|w(m, c)_i|",
    {**_SHARED, "i": _I},
)

formula_same = Formula(
    r"w(m, c) = S\left(m, \frac{\lambda(m, c)}{2}\right)",
    {**_SHARED, "S": kit.function(("软阈值", "soft threshold"), soft_threshold)},
)

formula_zero = Formula(
    r"\lambda\,|w| \ge |g|\,|w| \ge -g\,w",
    {
        r"\lambda": kit.scalar(("惩罚的强度", "strength of the penalty"), 1, 3),
        "g": kit.scalar(
            ("J 在 0 处的斜率，绝对值不超过 λ", "slope of J at 0, of size at most λ"), -1, 1
        ),
        "w": kit.scalar(("另一个权重", "any other weight"), -3, 3),
    },
)

_V = kit.scalar(("不加惩罚时的最优解", "the optimum without penalty"), -4, 4)
_LAMBDA = kit.scalar(("惩罚的强度", "strength of the penalty"), 0.1, 2)

formula_soft_cases = Formula(
    r"S(v, \lambda) = \begin{cases} v - \lambda & v > \lambda \\ 0 & |v| \le \lambda \\"
    r" v + \lambda & v < -\lambda \end{cases}",
    {"v": _V, r"\lambda": _LAMBDA},
    equals=lambda v, lambda_: soft_threshold(v, lambda_),
)

_ETA = kit.scalar(("学习率", "learning rate"), 0, 0.5)

formula_fixed_point = Formula(
    r"(1 - \eta\,\lambda)\,\left(-\frac{g}{\lambda}\right) - \eta\,g = -\frac{g}{\lambda}",
    {
        r"\eta": _ETA,
        r"\lambda": _LAMBDA,
        "g": kit.scalar(("那一点上损失的梯度", "gradient of the loss there"), -3, 3),
    },
)


def _steps(w_0: float, eta: float, lambda_: float, t: int) -> float:
    w = w_0
    for _ in range(int(t)):
        w = w - eta * lambda_ * w
    return w


formula_decay = Formula(
    r"w_t = (1 - \eta\,\lambda)^t\,w_0",
    {
        "w_0": kit.scalar(("起始的权重", "weight at the start"), -3, 3),
        r"\eta": _ETA,
        r"\lambda": _LAMBDA,
        "t": kit.integer(("步数", "number of steps"), 1, 20),
    },
    equals=_steps,
)
