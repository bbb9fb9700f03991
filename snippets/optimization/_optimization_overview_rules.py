"""The rules in one line each, executed by the functions of the pages."""

from __future__ import annotations

from typing import Any

import numpy as np

from snippets import kit
from snippets.kit import Formula
from snippets.optimization.adagrad_rmsprop import adadelta, adagrad, rmsprop
from snippets.optimization.adam import adam, adamw
from snippets.optimization.gradient_descent import sgd
from snippets.optimization.modern_optimizers import lion, muon, newton_schulz
from snippets.optimization.momentum import sgd_momentum

_ETA = kit.scalar(("学习率", "learning rate"), 0.01, 1)
_MU = kit.scalar(("动量系数", "momentum"), 0.01, 0.99)
_DECAY = kit.scalar(("衰减系数", "decay"), 0.01, 0.99)
_LAMBDA = kit.scalar(("权重衰减", "weight decay"), 0, 0.5)
_EPS = kit.scalar(("防止除以 0 的小数", "small number against division by 0"), 1e-3, 0.1)
_N = kit.integer(("参数的个数", "number of parameters"), 1, 6)


def _vector(zh: str, en: str, low: float = -3, high: float = 3) -> kit.Symbol:
    return kit.array((zh, en), ("n",), low, high)


def _matrix(zh: str, en: str) -> kit.Symbol:
    return kit.array((zh, en), ("m", "n"), -3, 3)


_G = _vector("当前的梯度", "gradient there")
_THETA = _vector("当前的参数", "parameters now")
_B = _vector("加入当前梯度之后的缓冲", "buffer with this gradient in it")
_B_PREV = _vector("缓冲，起初为 0", "buffer, 0 at first")
_SQUARE = _vector("平方梯度的滑动平均", "moving average of squared gradients", 0, 9)
_SUM = _vector("梯度的平方和", "sum of squared gradients", 0, 9)
_MOVED = _vector("更新量平方的滑动平均", "moving average of squared updates", 0, 2)
_MEAN = _vector("梯度的滑动平均", "moving average of gradients")
_SIZES = {
    "m": kit.integer(("行数", "rows"), 1, 5),
    "n": kit.integer(("列数", "columns"), 1, 5),
}


def _moved(step: Any, g: Any, state: Any = None, theta: Any = 0.0, **settings: Any) -> Any:
    """By how much one step moves theta."""
    return step(np.asarray(theta) + 0 * np.asarray(g), g, state, **settings)[0] - theta


def _adam_state(m: Any, v: Any, beta_1: float, beta_2: float, t: int) -> tuple[Any, ...]:
    """The state from which a gradient of 0 leads to these moments at step t."""
    return int(t) - 1, m / beta_1, v / beta_2, 0.0


_BUFFER = Formula(
    r"b_t = \mu\,b_{t-1} + g_t",
    {"b_{t-1}": _B_PREV, "g_t": _G, r"\mu": _MU, "n": _N},
    equals=lambda b_prev, g_t, mu: sgd_momentum(0 * g_t, g_t, b_prev, lr=1.0, momentum=mu)[1],
)

RULES: dict[str, tuple[Formula, Formula | None]] = {
    "sgd": (
        Formula(
            r"\Delta_t = -\eta\,g_t",
            {"g_t": _G, r"\eta": _ETA, "n": _N},
            equals=lambda g_t, eta: _moved(sgd, g_t, lr=eta),
        ),
        None,
    ),
    "momentum": (
        Formula(
            r"\Delta_t = -\eta\,b_t",
            {"b_t": _B, r"\eta": _ETA, "n": _N},
            equals=lambda b_t, eta: _moved(sgd_momentum, 0 * b_t, b_t / 0.5, lr=eta, momentum=0.5),
        ),
        _BUFFER,
    ),
    "nesterov": (
        Formula(
            r"\Delta_t = -\eta\,(g_t + \mu\,b_t)",
            {"g_t": _G, "b_t": _B, r"\eta": _ETA, r"\mu": _MU, "n": _N},
            equals=lambda g_t, b_t, eta, mu: _moved(
                sgd_momentum, g_t, (b_t - g_t) / mu, lr=eta, momentum=mu, nesterov=True
            ),
        ),
        _BUFFER,
    ),
    "adagrad": (
        Formula(
            r"\Delta_t = -\eta\,\frac{g_t}{\sqrt{G_t} + \varepsilon}",
            {"g_t": _G, "G_t": _SUM, r"\eta": _ETA, r"\varepsilon": _EPS, "n": _N},
            equals=lambda g_t, G_t, eta, eps: _moved(
                adagrad, g_t, (0, G_t - g_t**2), lr=eta, eps=eps
            ),
        ),
        Formula(
            r"G_t = G_{t-1} + g_t^2",
            {"G_{t-1}": _SUM, "g_t": _G, "n": _N},
            equals=lambda G_prev, g_t: adagrad(0 * g_t, g_t, (0, G_prev))[1][1],
        ),
    ),
    "adadelta": (
        Formula(
            r"\Delta_t = -\eta\,\frac{\sqrt{D_{t-1} + \varepsilon}}{\sqrt{E_t + \varepsilon}}"
            r" \odot g_t",
            {
                "g_t": _G,
                "D_{t-1}": _MOVED,
                "E_t": _SQUARE,
                r"\eta": _ETA,
                r"\varepsilon": _EPS,
                "n": _N,
            },
            equals=lambda g_t, D_prev, E_t, eta, eps: _moved(
                adadelta, g_t, (2 * E_t - g_t**2, D_prev), lr=eta, rho=0.5, eps=eps
            ),
        ),
        Formula(
            r"\begin{aligned} E_t &= \rho\,E_{t-1} + (1 - \rho)\,g_t^2 \\"
            r" D_t &= \rho\,D_{t-1} + (1 - \rho)\,(\Delta_t / \eta)^2 \end{aligned}",
            {
                "E_{t-1}": _SQUARE,
                "D_{t-1}": _MOVED,
                "g_t": _G,
                r"\Delta_t": _vector("这一步", "this step"),
                r"\rho": _DECAY,
                r"\eta": _ETA,
                "n": _N,
            },
            equals={
                "E_t": lambda E_prev, g_t, rho: adadelta(0 * g_t, g_t, (E_prev, 0.0), rho=rho)[1][
                    0
                ],
                # with E_t made equal to D_{t-1}, the quotient of the roots is 1
                "D_t": lambda D_prev, Delta_t, rho, eta: adadelta(
                    0 * Delta_t,
                    Delta_t / eta,
                    ((D_prev - (1 - rho) * (Delta_t / eta) ** 2) / rho, D_prev),
                    rho=rho,
                )[1][1],
            },
        ),
    ),
    "rmsprop": (
        Formula(
            r"\Delta_t = -\eta\,\frac{g_t}{\sqrt{E_t} + \varepsilon}",
            {"g_t": _G, "E_t": _SQUARE, r"\eta": _ETA, r"\varepsilon": _EPS, "n": _N},
            equals=lambda g_t, E_t, eta, eps: _moved(
                rmsprop, g_t, (2 * E_t - g_t**2, 0.0, 0.0), lr=eta, alpha=0.5, eps=eps
            ),
        ),
        Formula(
            r"E_t = \alpha\,E_{t-1} + (1 - \alpha)\,g_t^2",
            {"E_{t-1}": _SQUARE, "g_t": _G, r"\alpha": _DECAY, "n": _N},
            equals=lambda E_prev, g_t, alpha: rmsprop(
                0 * g_t, g_t, (E_prev, 0.0, 0.0), alpha=alpha
            )[1][0],
        ),
    ),
    "adam": (
        Formula(
            r"\Delta_t = -\eta\,\frac{m_t / (1 - \beta_1^t)}"
            r"{\sqrt{v_t / (1 - \beta_2^t)} + \varepsilon}",
            {
                "m_t": _MEAN,
                "v_t": _SQUARE,
                r"\beta_1": _DECAY,
                r"\beta_2": _DECAY,
                r"\eta": _ETA,
                r"\varepsilon": _EPS,
                "t": kit.integer(("第几步", "number of the step"), 1, 20),
                "n": _N,
            },
            equals=lambda m_t, v_t, beta_1, beta_2, eta, eps, t: _moved(
                adam,
                0 * m_t,
                _adam_state(m_t, v_t, beta_1, beta_2, t),
                lr=eta,
                betas=(float(beta_1), float(beta_2)),
                eps=eps,
            ),
        ),
        Formula(
            r"\begin{aligned} m_t &= \beta_1\,m_{t-1} + (1 - \beta_1)\,g_t \\"
            r" v_t &= \beta_2\,v_{t-1} + (1 - \beta_2)\,g_t^2 \end{aligned}",
            {
                "m_{t-1}": _MEAN,
                "v_{t-1}": _SQUARE,
                "g_t": _G,
                r"\beta_1": _DECAY,
                r"\beta_2": _DECAY,
                "n": _N,
            },
            equals={
                "m_t": lambda m_prev, g_t, beta_1: adam(
                    0 * g_t, g_t, (0, m_prev, 0.0, 0.0), betas=(float(beta_1), 0.9)
                )[1][1],
                "v_t": lambda v_prev, g_t, beta_2: adam(
                    0 * g_t, g_t, (0, 0.0, v_prev, 0.0), betas=(0.9, float(beta_2))
                )[1][2],
            },
        ),
    ),
    "adamw": (
        Formula(
            r"\Delta_t = a_t - \eta\,\lambda\,\theta_{t-1}",
            {
                "a_t": _vector("Adam 的步子", "the step of Adam"),
                r"\theta_{t-1}": _THETA,
                r"\eta": _ETA,
                r"\lambda": _LAMBDA,
                "n": _N,
            },
            # far on (t = 10,000), with v at 1 and no ε, Adam's step is -η m
            equals=lambda a_t, theta_prev, eta, lambda_: _moved(
                adamw,
                0 * a_t,
                _adam_state(-a_t / eta, 1.0, 0.5, 0.5, 10_000),
                theta_prev,
                lr=eta,
                betas=(0.5, 0.5),
                eps=0.0,
                weight_decay=lambda_,
            ),
        ),
        None,
    ),
    "lion": (
        Formula(
            r"\Delta_t = -\eta\,(\operatorname{sign}(\beta_1\,m_{t-1} + (1 - \beta_1)\,g_t)"
            r" + \lambda\,\theta_{t-1})",
            {
                "m_{t-1}": _MEAN,
                "g_t": _G,
                r"\theta_{t-1}": _THETA,
                r"\beta_1": _DECAY,
                r"\eta": _ETA,
                r"\lambda": _LAMBDA,
                "n": _N,
            },
            equals=lambda m_prev, g_t, theta_prev, beta_1, eta, lambda_: _moved(
                lion, g_t, m_prev, theta_prev, lr=eta, betas=(beta_1, 0.9), weight_decay=lambda_
            ),
        ),
        Formula(
            r"m_t = \beta_2\,m_{t-1} + (1 - \beta_2)\,g_t",
            {"m_{t-1}": _MEAN, "g_t": _G, r"\beta_2": _DECAY, "n": _N},
            equals=lambda m_prev, g_t, beta_2: lion(0 * g_t, g_t, m_prev, betas=(0.9, beta_2))[1],
        ),
    ),
    "muon": (
        Formula(
            r"\Delta_t = -\eta\,(r\,O(\mu\,b_t + (1 - \mu)\,g_t) + \lambda\,\theta_{t-1})",
            {
                "O": kit.function(("", ""), newton_schulz),
                "r": kit.constant(("4×3 矩阵的形状系数", "factor for a 4×3 shape"), (4 / 3) ** 0.5),
                "b_t": kit.array(("加入当前梯度之后的缓冲", "buffer"), (4, 3), -3, 3),
                "g_t": kit.array(("梯度矩阵", "gradient, a matrix"), (4, 3), -3, 3),
                r"\theta_{t-1}": kit.array(("权重矩阵", "weights, a matrix"), (4, 3), -3, 3),
                r"\mu": _MU,
                r"\eta": _ETA,
                r"\lambda": _LAMBDA,
            },
            equals=lambda b_t, g_t, theta_prev, mu, eta, lambda_: _moved(
                muon,
                g_t,
                (b_t - (1 - mu) * g_t) / mu,
                theta_prev,
                lr=eta,
                momentum=mu,
                weight_decay=lambda_,
            ),
        ),
        Formula(
            r"b_t = \mu\,b_{t-1} + (1 - \mu)\,g_t",
            {
                "b_{t-1}": _matrix("缓冲，起初为 0", "buffer, 0 at first"),
                "g_t": _matrix("梯度矩阵", "gradient, a matrix"),
                r"\mu": _MU,
                **_SIZES,
            },
            equals=lambda b_prev, g_t, mu: muon(0 * g_t, g_t, b_prev, momentum=mu)[1],
        ),
    ),
}
"""The step, and what is kept (None: nothing, or the same as in the row above)."""
