"""SGD and Adam with a penalty, the decay of a schedule, and what rescaling does."""

from __future__ import annotations

from typing import Any

import numpy as np

from snippets import kit
from snippets.kit import Formula
from snippets.regularization.weight_decay import relu_net, rescale, sgd_step

_N = kit.integer(("权重的个数", "number of weights"), 2, 5)
_ETA = kit.scalar(("学习率", "learning rate"), 0.01, 0.5)
_LAMBDA = kit.scalar(("权重衰减", "weight decay"), 0, 1)
_W = kit.array(("当前的权重", "weights now"), ("n",), -3, 3)
_G = kit.array(("损失的梯度", "gradient of the loss"), ("n",), -3, 3)

formula_sgd = Formula(
    r"w_{t+1} = w_t - \eta\,(g_t + \lambda\,w_t) = (1 - \eta\,\lambda)\,w_t - \eta\,g_t",
    {"w_t": _W, "g_t": _G, "n": _N, r"\eta": _ETA, r"\lambda": _LAMBDA},
    equals=lambda w_t, g_t, eta, lambda_: sgd_step(w_t, g_t, lr=eta, decay=lambda_, decoupled=True)[
        0
    ],
)

formula_divided = Formula(
    r"\frac{g + \lambda\,w}{\sqrt{v} + \varepsilon}"
    r" = \frac{g}{\sqrt{v} + \varepsilon} + \frac{\lambda}{\sqrt{v} + \varepsilon}\,w",
    {
        "g": kit.scalar(("损失的梯度", "gradient of the loss"), -3, 3),
        "w": kit.scalar(("权重", "weight"), -3, 3),
        "v": kit.scalar(("梯度平方的滑动平均", "moving average of squared gradients"), 0.01, 9),
        r"\lambda": _LAMBDA,
        r"\varepsilon": kit.scalar(
            ("防止除以 0 的小数", "small number against division by 0"), 0, 0.1
        ),
    },
)

formula_schedule = Formula(
    r"\prod_{t=1}^{T} (1 - \eta_t\,\lambda) \le \exp\left(-\lambda \sum_{t=1}^{T} \eta_t\right)",
    {
        "T": kit.integer(("步数", "number of steps"), 1, 12),
        r"\eta": kit.array(("各步的学习率", "learning rate of each step"), ("T",), 0, 0.3),
        "t": kit.index(("步", "step"), "T"),
        r"\lambda": _LAMBDA,
    },
)


def _rescaled(W_1: Any, W_2: Any, x: Any, a: float) -> Any:
    first, bias, second = rescale(W_1, np.zeros(len(W_1)), W_2, float(a))
    return relu_net(np.asarray(x)[None], first, bias, second)[0]


formula_rescale = Formula(
    r"f(x) = \frac{1}{a} W_2 \max(0, a\,W_1\,x)",
    {
        "W_1": kit.array(("第一层的权重", "weights of the first layer"), ("h", "n"), -2, 2),
        "W_2": kit.array(("第二层的权重", "weights of the second layer"), (2, "h"), -2, 2),
        "x": kit.array(("输入", "input"), ("n",), -3, 3),
        "a": kit.scalar(("任何正数", "any positive number"), 0.01, 100),
        "h": kit.integer(("隐藏单元数", "number of hidden units"), 2, 6),
        "n": _N,
    },
    equals=lambda W_1, W_2, x: _rescaled(W_1, W_2, x, 1.0),
)

formula_balance = Formula(
    r"a^2\,\|u\|_2^2 + \frac{\|v\|_2^2}{a^2} \ge 2\,\|u\|_2\,\|v\|_2",
    {
        "u": kit.array(("一个单元的输入权重", "incoming weights of a unit"), ("n",), -2, 2),
        "v": kit.array(("它的输出权重", "its outgoing weights"), ("n",), -2, 2),
        "a": kit.scalar(("任何正数", "any positive number"), 0.1, 10),
        "n": _N,
    },
)

formula_lipschitz = Formula(
    r"|w^\top \phi - w^\top \phi'| \le \|w\|_2\,\|\phi - \phi'\|_2",
    {
        "w": kit.array(("权重", "weights"), ("n",), -3, 3),
        r"\phi": kit.array(("一个输入的特征", "features of one input"), ("n",), -3, 3),
        r"\phi'": kit.array(("另一个输入的特征", "features of another"), ("n",), -3, 3),
        "n": _N,
    },
)


def _slope(w: Any) -> Any:
    """Gradient of the cosine between w and a fixed vector: a loss that ignores the size of w."""
    u = np.arange(1.0, len(w) + 1)
    size = np.linalg.norm(w)
    return u / size - (u @ w) * np.asarray(w) / size**3


formula_invariant = Formula(
    r"g(a\,w) = \frac{g(w)}{a}",
    {
        "w": kit.array(("归一化之前的权重", "weights before the normalisation"), ("n",), 0.1, 3),
        "a": kit.scalar(("任何正数", "any positive number"), 0.1, 10),
        "g": kit.function(
            ("不受权重尺度影响的损失的梯度", "gradient of a loss that ignores the scale"), _slope
        ),
        "n": _N,
    },
)
