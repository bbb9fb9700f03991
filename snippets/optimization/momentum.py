"""Momentum: a running sum of gradients, in PyTorch's form and in Sutskever's; and Nesterov's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from snippets import kit
from snippets.kit import Check, Formula
from snippets.optimization import _surfaces
from snippets.optimization._surfaces import RAVINE, ROSENBROCK, Step, replay, trajectory


def sgd_momentum(
    theta: np.ndarray,
    grad: ArrayLike,
    state: np.ndarray | None = None,
    *,
    lr: ArrayLike,
    momentum: float = 0.9,
    dampening: float = 0.0,
    nesterov: bool = False,
    weight_decay: float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    """One step in PyTorch's form: the new theta, and the buffer b to pass to the next step.

    b ← μb + (1 - dampening)·g, then θ ← θ - lr·b; the first b is g.  With ``nesterov`` the step is
    lr·(g + μb).  ValueError: nesterov with dampening or without momentum, as in PyTorch.
    """
    if nesterov and (momentum <= 0 or dampening):
        raise ValueError("nesterov needs a momentum above 0 and no dampening")
    grad = grad + weight_decay * theta
    buffer = grad if state is None else momentum * state + (1 - dampening) * grad
    return theta - lr * (grad + momentum * buffer if nesterov else buffer), buffer


def sutskever(
    theta: np.ndarray,
    grad: ArrayLike,
    state: np.ndarray | None = None,
    *,
    lr: ArrayLike,
    momentum: float = 0.9,
) -> tuple[np.ndarray, np.ndarray]:
    """One step in Sutskever's form: v ← μv - lr·g, then θ ← θ + v; the first v is 0.

    The state is the velocity v: it already has the learning rate in it.  [sutskever2013]
    """
    velocity = momentum * (0.0 if state is None else state) - lr * np.asarray(grad)
    return theta + velocity, velocity


def sutskever_nesterov(
    theta: np.ndarray,
    gradient: Callable[[np.ndarray], ArrayLike],
    state: np.ndarray | None = None,
    *,
    lr: ArrayLike,
    momentum: float = 0.9,
) -> tuple[np.ndarray, np.ndarray]:
    """One step of Nesterov's method: the gradient (a function) is taken ahead, at θ + μv.

    [sutskever2013]
    """
    velocity = np.zeros_like(theta) if state is None else state
    velocity = momentum * velocity - lr * np.asarray(gradient(theta + momentum * velocity))
    return theta + velocity, velocity


def torch_momentum(theta, loss, lr, momentum, nesterov=False, steps=1):
    """The same in PyTorch: ``steps`` steps down loss(theta), a function of a tensor."""
    import torch

    theta = theta.clone().requires_grad_()
    optimizer = torch.optim.SGD([theta], lr=lr, momentum=momentum, nesterov=nesterov)
    for _ in range(steps):
        optimizer.zero_grad()
        loss(theta).backward()
        optimizer.step()
    return theta.detach()


# --------------------------------------------------------------------------- formulas

_MU = kit.scalar(("动量系数", "momentum"), 0, 0.99)
_ETA = kit.scalar(("学习率", "learning rate"), 0.01, 1)
_THETA = kit.array(("当前的参数", "parameters now"), ("n",), -3, 3)
_G = kit.array(("当前的梯度", "gradient there"), ("n",), -3, 3)
_N = kit.integer(("参数的个数", "number of parameters"), 1, 6)
_T = kit.integer(("步数", "number of steps"), 1, 12)

formula_pytorch = Formula(
    r"\begin{aligned} b_t &= \mu\,b_{t-1} + g_t \\ \theta_t &= \theta_{t-1} - \eta\,b_t"
    r" \end{aligned}",
    {
        "b_{t-1}": kit.array(("动量缓冲，起初为 0", "buffer, 0 at first"), ("n",), -3, 3),
        "g_t": _G,
        r"\theta_{t-1}": _THETA,
        r"\mu": _MU,
        r"\eta": _ETA,
        "n": _N,
    },
    equals={
        "b_t": lambda b_prev, g_t, mu, theta_prev: sgd_momentum(
            theta_prev, g_t, b_prev, lr=1.0, momentum=mu
        )[1],
        r"\theta_t": lambda b_prev, g_t, mu, eta, theta_prev: sgd_momentum(
            theta_prev, g_t, b_prev, lr=eta, momentum=mu
        )[0],
    },
)

formula_sutskever = Formula(
    r"\begin{aligned} v_t &= \mu\,v_{t-1} - \eta\,g_t \\ \theta_t &= \theta_{t-1} + v_t"
    r" \end{aligned}",
    {
        "v_{t-1}": kit.array(("速度，起初为 0", "velocity, 0 at first"), ("n",), -3, 3),
        "g_t": _G,
        r"\theta_{t-1}": _THETA,
        r"\mu": _MU,
        r"\eta": _ETA,
        "n": _N,
    },
    equals={
        "v_t": lambda v_prev, g_t, mu, eta, theta_prev: sutskever(
            theta_prev, g_t, v_prev, lr=eta, momentum=mu
        )[1],
        r"\theta_t": lambda v_prev, g_t, mu, eta, theta_prev: sutskever(
            theta_prev, g_t, v_prev, lr=eta, momentum=mu
        )[0],
    },
)


def _last_step(step: Step, gradients: np.ndarray, rates: np.ndarray, mu: float) -> float:
    """θ_t - θ_{t-1} of the last step, for these gradients and learning rates."""
    path = trajectory(
        step,
        replay(gradients),
        0.0,
        len(gradients),
        lr=lambda t: rates[t],
        momentum=mu,
    )
    return float(path[-1] - path[-2])


_GRADIENTS = kit.array(("各步的梯度", "gradient of each step"), ("t",), -3, 3)
_RATES = kit.array(("各步的学习率", "learning rate of each step"), ("t",), 0.01, 1)

formula_now = Formula(
    r"\theta_t - \theta_{t-1} = -\eta_t \sum_{s=1}^{t} \mu^{t-s}\,g_s",
    {r"\eta": _RATES, "g": _GRADIENTS, r"\mu": _MU, "t": _T},
    equals=lambda eta, g, mu: _last_step(sgd_momentum, g, eta, mu),
)

formula_then = Formula(
    r"\theta_t - \theta_{t-1} = -\sum_{s=1}^{t} \eta_s\,\mu^{t-s}\,g_s",
    {r"\eta": _RATES, "g": _GRADIENTS, r"\mu": _MU, "t": _T},
    equals=lambda eta, g, mu: _last_step(sutskever, g, eta, mu),
)

formula_effective = Formula(
    r"\theta_t - \theta_{t-1} = -\eta\,\frac{1 - \mu^t}{1 - \mu}\,g",
    {
        r"\eta": _ETA,
        r"\mu": _MU,
        "g": kit.scalar(("不变的梯度", "gradient, always the same"), -3, 3),
        "t": _T,
    },
    equals=lambda eta, g, mu, t: _last_step(
        sgd_momentum, np.full(int(t), g), np.full(int(t), eta), mu
    ),
)

formula_nesterov = Formula(
    r"\begin{aligned} v_t &= \mu\,v_{t-1} - \eta\,g(\theta_{t-1} + \mu\,v_{t-1}) \\"
    r" \theta_t &= \theta_{t-1} + v_t \end{aligned}",
    {
        "v_{t-1}": kit.array(("速度，起初为 0", "velocity, 0 at first"), ("n",), -3, 3),
        "g": kit.function(("", ""), np.sin),
        r"\theta_{t-1}": _THETA,
        r"\mu": _MU,
        r"\eta": _ETA,
        "n": _N,
    },
    equals={
        "v_t": lambda v_prev, mu, eta, theta_prev: sutskever_nesterov(
            theta_prev, np.sin, v_prev, lr=eta, momentum=mu
        )[1],
        r"\theta_t": lambda v_prev, mu, eta, theta_prev: sutskever_nesterov(
            theta_prev, np.sin, v_prev, lr=eta, momentum=mu
        )[0],
    },
)

formula_nesterov_pytorch = Formula(
    r"\theta_t = \theta_{t-1} - \eta\,(g_t + \mu\,b_t)",
    {
        "b_t": kit.array(
            ("加入当前梯度之后的缓冲", "buffer with this gradient in it"), ("n",), -3, 3
        ),
        "g_t": _G,
        r"\theta_{t-1}": _THETA,
        r"\mu": kit.scalar(("动量系数", "momentum"), 0.01, 0.99),
        r"\eta": _ETA,
        "n": _N,
    },
    equals=lambda b_t, g_t, mu, eta, theta_prev: sgd_momentum(
        theta_prev, g_t, (b_t - g_t) / mu, lr=eta, momentum=mu, nesterov=True
    )[0],
)


# --------------------------------------------------------------------------- evidence


def check_torch() -> Check:
    import torch

    settings: list[dict[str, Any]] = [
        {"lr": 0.01, "momentum": 0.9},
        {"lr": 0.01, "momentum": 0.5, "weight_decay": 0.1},
        {"lr": 0.01, "momentum": 0.9, "dampening": 0.4, "weight_decay": 0.02},
        {"lr": 0.01, "momentum": 0.9, "nesterov": True},
        {"lr": 0.01, "momentum": 0.7, "nesterov": True, "weight_decay": 0.1},
        {"lr": lambda t: 0.01 if t < 20 else 0.001, "momentum": 0.9},
    ]
    return kit.compare(
        (
            "`torch.optim.SGD` 的每一步（六种设置：dampening、weight_decay、nesterov、"
            "中途降学习率；各在三处走 100 步）",
            "every step of `torch.optim.SGD` (six settings: dampening, weight_decay, nesterov, a "
            "rate that drops; 100 steps in three places each)",
        ),
        _surfaces.side_by_side(sgd_momentum, torch.optim.SGD, settings),
    )


def check_conventions() -> Check:
    """Sutskever's form, and Nesterov's moved to the point ahead, against PyTorch's paths."""
    import torch

    pairs = []
    for surface, rate in ((RAVINE, 0.02), (ROSENBROCK, 2e-4)):
        for mu in (0.5, 0.9):
            theirs = _surfaces.torch_trajectory(
                torch.optim.SGD, surface.gradient, surface.start, 100, lr=rate, momentum=mu
            )
            ours = trajectory(sutskever, surface.gradient, surface.start, 100, lr=rate, momentum=mu)
            pairs.append((ours, theirs))
            ahead = _surfaces.torch_trajectory(
                torch.optim.SGD,
                surface.gradient,
                surface.start,
                100,
                lr=rate,
                momentum=mu,
                nesterov=True,
            )
            path = trajectory(
                sutskever_nesterov,
                lambda theta, surface=surface: surface.gradient,
                surface.start,
                100,
                lr=rate,
                momentum=mu,
            )
            velocity = np.diff(path, axis=0)
            pairs.append((path[1:] + mu * velocity, ahead[1:]))
    return kit.compare(
        (
            "`torch.optim.SGD` 的路径：Sutskever 式的动量，以及 Nesterov 法的 θ + μv"
            "（学习率不变；两个曲面、两个 μ，各 100 步）",
            "the paths of `torch.optim.SGD`: Sutskever's momentum, and θ + μv of Nesterov's method "
            "(constant rate; two surfaces, two values of μ, 100 steps each)",
        ),
        pairs,
    )
