"""Adagrad, RMSprop and Adadelta: each parameter divided by the size of its own past gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from snippets import kit
from snippets.kit import Check, Formula
from snippets.optimization import _surfaces

State = tuple[Any, ...]


def adagrad(
    theta: np.ndarray,
    grad: ArrayLike,
    state: State | None = None,
    *,
    lr: ArrayLike = 0.01,
    lr_decay: float = 0.0,
    eps: float = 1e-10,
    weight_decay: float = 0.0,
    initial_accumulator_value: float = 0.0,
) -> tuple[np.ndarray, State]:
    """One step of Adagrad: the new theta, and the state (t, G) to pass to the next step.

    G ← G + g², then θ ← θ - lr · g / (√G + eps), element-wise.  [duchi2011]
    """
    t, G = state or (0, initial_accumulator_value)
    grad = grad + weight_decay * theta
    G = G + grad**2
    rate = lr / (1 + t * lr_decay)
    return theta - rate * grad / (np.sqrt(G) + eps), (t + 1, G)


def rmsprop(
    theta: np.ndarray,
    grad: ArrayLike,
    state: State | None = None,
    *,
    lr: ArrayLike = 0.01,
    alpha: float = 0.99,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    momentum: float = 0.0,
    centered: bool = False,
    eps_inside: bool = False,
) -> tuple[np.ndarray, State]:
    """One step of RMSprop: the new theta, and the state (E[g²], E[g], buffer).

    E ← αE + (1 - α)g², then θ ← θ - lr · g / (√E + eps); with ``eps_inside`` g / √(E + eps).
    ``centered`` subtracts E[g]² from E; ``momentum`` adds the quotients up.  [tieleman2012]
    """
    square, mean, buffer = state or (0.0, 0.0, 0.0)
    grad = grad + weight_decay * theta
    square = alpha * square + (1 - alpha) * grad**2
    mean = alpha * mean + (1 - alpha) * grad
    spread = square - mean**2 if centered else square
    scale = np.sqrt(spread + eps) if eps_inside else np.sqrt(spread) + eps
    buffer = momentum * buffer + grad / scale
    return theta - lr * buffer, (square, mean, buffer)


def adadelta(
    theta: np.ndarray,
    grad: ArrayLike,
    state: State | None = None,
    *,
    lr: ArrayLike = 1.0,
    rho: float = 0.9,
    eps: float = 1e-6,
    weight_decay: float = 0.0,
) -> tuple[np.ndarray, State]:
    """One step of Adadelta: the new theta, and the state (E[g²], E[Δ²]).

    Δ ← √(E[Δ²] + eps) / √(E[g²] + eps) · g, then θ ← θ - lr · Δ.  [zeiler2012]
    """
    square, moved = state or (0.0, 0.0)
    grad = grad + weight_decay * theta
    square = rho * square + (1 - rho) * grad**2
    delta = np.sqrt(moved + eps) / np.sqrt(square + eps) * grad
    moved = rho * moved + (1 - rho) * delta**2
    return theta - lr * delta, (square, moved)


def torch_adaptive(theta, loss, optimizer, steps=1, **settings):
    """The same in PyTorch: ``optimizer`` is torch.optim.Adagrad, RMSprop or Adadelta."""
    theta = theta.clone().requires_grad_()
    made = optimizer([theta], **settings)
    for _ in range(steps):
        made.zero_grad()
        loss(theta).backward()
        made.step()
    return theta.detach()


# --------------------------------------------------------------------------- formulas

_ETA = kit.scalar(("学习率", "learning rate"), 0, 1)
_THETA = kit.array(("当前的参数", "parameters now"), ("n",), -3, 3)
_G = kit.array(("当前的梯度", "gradient there"), ("n",), -3, 3)
_N = kit.integer(("参数的个数", "number of parameters"), 1, 6)
_EPS = kit.scalar(("防止除以 0 的小数", "small number against division by 0"), 1e-3, 0.1)
_ALPHA = kit.scalar(("衰减系数", "decay"), 0, 0.99)

formula_adagrad = Formula(
    r"\begin{aligned} G_t &= G_{t-1} + g_t^2 \\"
    r" \theta_t &= \theta_{t-1} - \eta\,\frac{g_t}{\sqrt{G_t} + \varepsilon} \end{aligned}",
    {
        "G_{t-1}": kit.array(
            ("以往梯度的平方和，起初为 0", "sum of past squared gradients, 0 at first"),
            ("n",),
            0,
            9,
        ),
        "g_t": _G,
        r"\theta_{t-1}": _THETA,
        r"\eta": _ETA,
        r"\varepsilon": _EPS,
        "n": _N,
    },
    equals={
        "G_t": lambda G_prev, g_t, theta_prev: adagrad(theta_prev, g_t, (0, G_prev))[1][1],
        r"\theta_t": lambda G_prev, g_t, theta_prev, eta, eps: adagrad(
            theta_prev, g_t, (0, G_prev), lr=eta, eps=eps
        )[0],
    },
)

_E = kit.array(
    ("平方梯度的滑动平均，起初为 0", "moving average of squared gradients, 0 at first"),
    ("n",),
    0,
    9,
)

formula_rmsprop = Formula(
    r"\begin{aligned} E_t &= \alpha\,E_{t-1} + (1 - \alpha)\,g_t^2 \\"
    r" \theta_t &= \theta_{t-1} - \eta\,\frac{g_t}{\sqrt{E_t} + \varepsilon} \end{aligned}",
    {
        "E_{t-1}": _E,
        "g_t": _G,
        r"\theta_{t-1}": _THETA,
        r"\alpha": _ALPHA,
        r"\eta": _ETA,
        r"\varepsilon": _EPS,
        "n": _N,
    },
    equals={
        "E_t": lambda E_prev, g_t, theta_prev, alpha: rmsprop(
            theta_prev, g_t, (E_prev, 0.0, 0.0), alpha=alpha
        )[1][0],
        r"\theta_t": lambda E_prev, g_t, theta_prev, alpha, eta, eps: rmsprop(
            theta_prev, g_t, (E_prev, 0.0, 0.0), alpha=alpha, lr=eta, eps=eps
        )[0],
    },
)

formula_inside = Formula(
    r"\theta_t = \theta_{t-1} - \eta\,\frac{g_t}{\sqrt{E_t + \varepsilon}}",
    {
        "E_t": kit.array(("更新之后的滑动平均", "moving average after its update"), ("n",), 0, 9),
        "g_t": _G,
        r"\theta_{t-1}": _THETA,
        r"\eta": _ETA,
        r"\varepsilon": _EPS,
        "n": _N,
    },
    equals=lambda E_t, g_t, theta_prev, eta, eps: rmsprop(
        theta_prev, g_t, (2 * E_t - g_t**2, 0.0, 0.0), alpha=0.5, lr=eta, eps=eps, eps_inside=True
    )[0],
)

formula_adadelta = Formula(
    r"\begin{aligned} E_t &= \rho\,E_{t-1} + (1 - \rho)\,g_t^2 \\"
    r" \Delta_t &= \frac{\sqrt{D_{t-1} + \varepsilon}}{\sqrt{E_t + \varepsilon}} \odot g_t \\"
    r" D_t &= \rho\,D_{t-1} + (1 - \rho)\,\Delta_t^2 \\"
    r" \theta_t &= \theta_{t-1} - \eta\,\Delta_t \end{aligned}",
    {
        "E_{t-1}": _E,
        "D_{t-1}": kit.array(
            ("更新量平方的滑动平均，起初为 0", "moving average of squared updates, 0 at first"),
            ("n",),
            0,
            2,
        ),
        "g_t": _G,
        r"\theta_{t-1}": _THETA,
        r"\rho": _ALPHA,
        r"\eta": kit.scalar(("学习率，常取 1", "learning rate, usually 1"), 0, 1),
        r"\varepsilon": _EPS,
        "n": _N,
    },
    equals={
        "E_t": lambda E_prev, D_prev, g_t, theta_prev, rho: adadelta(
            theta_prev, g_t, (E_prev, D_prev), rho=rho
        )[1][0],
        r"\Delta_t": lambda E_prev, D_prev, g_t, theta_prev, rho, eps: (
            -adadelta(0 * theta_prev, g_t, (E_prev, D_prev), rho=rho, eps=eps)[0]
        ),
        "D_t": lambda E_prev, D_prev, g_t, theta_prev, rho, eps: adadelta(
            theta_prev, g_t, (E_prev, D_prev), rho=rho, eps=eps
        )[1][1],
        r"\theta_t": lambda E_prev, D_prev, g_t, theta_prev, rho, eta, eps: adadelta(
            theta_prev, g_t, (E_prev, D_prev), rho=rho, lr=eta, eps=eps
        )[0],
    },
)


# --------------------------------------------------------------------------- evidence


def _against(name: str) -> kit.Pair:
    return (
        f"`torch.optim.{name}` 的每一步（各种设置，各在三处走 100 步）",
        f"every step of `torch.optim.{name}` (several settings, 100 steps in three places each)",
    )


def check_adagrad() -> Check:
    import torch

    settings: list[dict[str, Any]] = [
        {"lr": 0.1},
        {"lr": 0.1, "lr_decay": 0.02, "eps": 1e-3},
        {"lr": 0.05, "weight_decay": 0.1, "initial_accumulator_value": 0.3},
    ]
    return kit.compare(
        _against("Adagrad"), _surfaces.side_by_side(adagrad, torch.optim.Adagrad, settings)
    )


def check_rmsprop() -> Check:
    import torch

    settings: list[dict[str, Any]] = [
        {"lr": 0.01},
        {"lr": 0.01, "alpha": 0.9, "eps": 1e-3, "weight_decay": 0.1},
        {"lr": 0.01, "alpha": 0.9, "momentum": 0.9},
        {"lr": 0.01, "alpha": 0.9, "centered": True, "eps": 1.0},
        {"lr": 0.01, "centered": True, "momentum": 0.5, "eps": 0.5},
    ]
    return kit.compare(
        _against("RMSprop"),
        _surfaces.side_by_side(rmsprop, torch.optim.RMSprop, settings),
    )


def check_adadelta() -> Check:
    import torch

    settings: list[dict[str, Any]] = [
        {"lr": 1.0},
        {"lr": 0.5, "rho": 0.95, "eps": 1e-3},
        {"lr": 1.0, "weight_decay": 0.1},
    ]
    return kit.compare(
        _against("Adadelta"), _surfaces.side_by_side(adadelta, torch.optim.Adadelta, settings)
    )
