"""Adam and AdamW: momentum over the size of recent gradients, both corrected for their start."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from snippets import kit
from snippets.kit import Check, Formula
from snippets.optimization import _surfaces

State = tuple[Any, ...]


def adam(
    theta: np.ndarray,
    grad: ArrayLike,
    state: State | None = None,
    *,
    lr: ArrayLike = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    amsgrad: bool = False,
) -> tuple[np.ndarray, State]:
    """One step of Adam: the new theta, and the state (t, m, v, largest v) for the next step.

    ``weight_decay`` adds weight_decay · theta to the gradient.  ``amsgrad`` divides by the largest
    v so far.  ValueError: a beta outside [0, 1).  [kingma2015, alg. 1]
    """
    if not all(0 <= beta < 1 for beta in betas):
        raise ValueError(f"betas are {betas}; both must be at least 0 and below 1")
    t, m, v, largest = state or (0, 0.0, 0.0, 0.0)
    grad = grad + weight_decay * theta
    t = t + 1
    m = betas[0] * m + (1 - betas[0]) * grad
    v = betas[1] * v + (1 - betas[1]) * grad**2
    largest = np.maximum(largest, v)
    m_hat = m / (1 - betas[0] ** t)
    v_hat = (largest if amsgrad else v) / (1 - betas[1] ** t)
    return theta - lr * m_hat / (np.sqrt(v_hat) + eps), (t, m, v, largest)


def adamw(
    theta: np.ndarray,
    grad: ArrayLike,
    state: State | None = None,
    *,
    lr: ArrayLike = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 1e-2,
    amsgrad: bool = False,
) -> tuple[np.ndarray, State]:
    """One step of AdamW: theta shrinks by lr · weight_decay, then takes a step of Adam.

    The decay is not divided by √v.  [loshchilov2019]
    """
    shrunk = theta * (1 - lr * np.float64(weight_decay))
    return adam(shrunk, grad, state, lr=lr, betas=betas, eps=eps, amsgrad=amsgrad)


def torch_adam_step(theta, state, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
    """One step of Adam with tensors, in place, by theta.grad; ``state`` is a dict, first empty."""
    import torch

    if not state:
        state.update(t=0, m=torch.zeros_like(theta), v=torch.zeros_like(theta))
    with torch.no_grad():
        state["t"] += 1
        state["m"].mul_(betas[0]).add_(theta.grad, alpha=1 - betas[0])
        state["v"].mul_(betas[1]).addcmul_(theta.grad, theta.grad, value=1 - betas[1])
        m_hat = state["m"] / (1 - betas[0] ** state["t"])
        v_hat = state["v"] / (1 - betas[1] ** state["t"])
        theta -= lr * m_hat / (v_hat.sqrt() + eps)


def torch_adam(theta, loss, lr=1e-3, steps=1):
    """``steps`` steps of torch.optim.Adam down loss(theta), a function of a tensor."""
    import torch

    theta = theta.clone().requires_grad_()
    optimizer = torch.optim.Adam([theta], lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        loss(theta).backward()
        optimizer.step()
    return theta.detach()


# --------------------------------------------------------------------------- formulas

_ALPHA = kit.scalar(("学习率", "learning rate"), 0, 1)
_BETA1 = kit.scalar(("一阶矩的衰减", "decay of the first moment"), 0, 0.99)
_BETA2 = kit.scalar(("二阶矩的衰减", "decay of the second moment"), 0, 0.999)
_EPS = kit.scalar(("防止除以 0 的小数", "small number against division by 0"), 1e-3, 0.1)
_THETA = kit.array(("当前的参数", "parameters now"), ("n",), -3, 3)
_G = kit.array(("当前的梯度", "gradient there"), ("n",), -3, 3)
_M = kit.array(("一阶矩，起初为 0", "first moment, 0 at first"), ("n",), -3, 3)
_V = kit.array(("二阶矩，起初为 0", "second moment, 0 at first"), ("n",), 0, 9)
_N = kit.integer(("参数的个数", "number of parameters"), 1, 6)
_T = kit.integer(("第几步", "number of the step"), 1, 20)


def _one(theta_prev, g_t, m_prev, v_prev, beta_1, beta_2, alpha, eps, t):
    return adam(
        theta_prev,
        g_t,
        (int(t) - 1, m_prev, v_prev, 0.0),
        lr=alpha,
        betas=(float(beta_1), float(beta_2)),
        eps=eps,
    )


formula_adam = Formula(
    r"\begin{aligned} m_t &= \beta_1\,m_{t-1} + (1 - \beta_1)\,g_t \\"
    r" v_t &= \beta_2\,v_{t-1} + (1 - \beta_2)\,g_t^2 \\"
    r" \hat{m}_t &= \frac{m_t}{1 - \beta_1^t} \\ \hat{v}_t &= \frac{v_t}{1 - \beta_2^t} \\"
    r" \theta_t &= \theta_{t-1} - \alpha\,\frac{\hat{m}_t}{\sqrt{\hat{v}_t} + \varepsilon}"
    r" \end{aligned}",
    {
        "m_{t-1}": _M,
        "v_{t-1}": _V,
        "g_t": _G,
        r"\theta_{t-1}": _THETA,
        r"\beta_1": _BETA1,
        r"\beta_2": _BETA2,
        r"\alpha": _ALPHA,
        r"\varepsilon": _EPS,
        "t": _T,
        "n": _N,
    },
    equals={
        "m_t": lambda theta_prev, g_t, m_prev, v_prev, beta_1, beta_2, alpha, eps, t: _one(
            theta_prev, g_t, m_prev, v_prev, beta_1, beta_2, alpha, eps, t
        )[1][1],
        "v_t": lambda theta_prev, g_t, m_prev, v_prev, beta_1, beta_2, alpha, eps, t: _one(
            theta_prev, g_t, m_prev, v_prev, beta_1, beta_2, alpha, eps, t
        )[1][2],
        r"\hat{m}_t": lambda g_t, m_prev, beta_1, t: (
            (beta_1 * m_prev + (1 - beta_1) * g_t)
            / -np.expm1(t * np.log(beta_1) if beta_1 else -np.inf)
        ),
        r"\hat{v}_t": lambda g_t, v_prev, beta_2, t: (
            (beta_2 * v_prev + (1 - beta_2) * g_t**2)
            / -np.expm1(t * np.log(beta_2) if beta_2 else -np.inf)
        ),
        r"\theta_t": lambda theta_prev, g_t, m_prev, v_prev, beta_1, beta_2, alpha, eps, t: _one(
            theta_prev, g_t, m_prev, v_prev, beta_1, beta_2, alpha, eps, t
        )[0],
    },
)

formula_adamw = Formula(
    r"\theta_t = (1 - \alpha\,\lambda)\,\theta_{t-1}"
    r" - \alpha\,\frac{\hat{m}_t}{\sqrt{\hat{v}_t} + \varepsilon}",
    {
        r"\hat{m}_t": kit.array(("修正后的一阶矩", "corrected first moment"), ("n",), -3, 3),
        r"\hat{v}_t": kit.array(("修正后的二阶矩", "corrected second moment"), ("n",), 0, 9),
        r"\theta_{t-1}": _THETA,
        r"\alpha": _ALPHA,
        r"\lambda": kit.scalar(("权重衰减", "weight decay"), 0, 0.5),
        r"\varepsilon": _EPS,
        "n": _N,
    },
    # With both betas at 1/2 and a gradient of 0, a state of twice these moments, at t far on,
    # gives exactly these moments.
    equals=lambda hatm_t, hatv_t, theta_prev, alpha, lambda_, eps: adamw(
        theta_prev,
        0 * theta_prev,
        (10_000, 2 * hatm_t, 2 * hatv_t, 0.0),
        lr=alpha,
        betas=(0.5, 0.5),
        eps=eps,
        weight_decay=lambda_,
    )[0],
)


formula_size = Formula(
    r"|\theta_t - \theta_{t-1}|"
    r" = \alpha\,\frac{|\hat{m}_t|}{\sqrt{\hat{v}_t} + \varepsilon}",
    {
        r"\hat{m}_t": kit.scalar(("修正后的一阶矩", "corrected first moment"), -3, 3),
        r"\hat{v}_t": kit.scalar(("修正后的二阶矩", "corrected second moment"), 0, 9),
        r"\theta_{t-1}": kit.scalar(("一个参数", "one parameter"), -3, 3),
        r"\alpha": _ALPHA,
        r"\varepsilon": _EPS,
    },
    equals=lambda hatm_t, hatv_t, theta_prev, alpha, eps: abs(
        adam(
            theta_prev,
            0.0,
            (10_000, 2 * hatm_t, 2 * hatv_t, 0.0),
            lr=alpha,
            betas=(0.5, 0.5),
            eps=eps,
        )[0]
        - theta_prev
    ),
)


def _uncorrected_step(g: float, t: int, betas: tuple[float, float]) -> float:
    """θ_t - θ_{t-1} for α = 1, ε = 0 and a gradient that is always g, without the correction."""
    m = v = 0.0
    for _ in range(t):
        m, v = betas[0] * m + (1 - betas[0]) * g, betas[1] * v + (1 - betas[1]) * g**2
    return -m / np.sqrt(v)


_CONSTANT = {
    r"\alpha": kit.scalar(("学习率", "learning rate"), 0.01, 1),
    r"\beta_1": kit.scalar(("一阶矩的衰减", "decay of the first moment"), 0.01, 0.99),
    r"\beta_2": kit.scalar(("二阶矩的衰减", "decay of the second moment"), 0.01, 0.999),
    "g": kit.scalar(("不变的梯度", "gradient, always the same"), -3, 3, without=(0,)),
    "t": _T,
}

formula_uncorrected = Formula(
    r"\theta_t - \theta_{t-1}"
    r" = -\alpha\,\frac{1 - \beta_1^t}{\sqrt{1 - \beta_2^t}} \operatorname{sgn}(g)",
    _CONSTANT,
    equals=lambda alpha, beta_1, beta_2, g, t: (
        alpha * _uncorrected_step(g, int(t), (beta_1, beta_2))
    ),
)

formula_corrected = Formula(
    r"\theta_t - \theta_{t-1} = -\alpha \operatorname{sgn}(g)",
    {
        r"\alpha": _CONSTANT[r"\alpha"],
        "g": _CONSTANT["g"],
    },
    equals=lambda alpha, g: np.diff(
        _surfaces.trajectory(adam, lambda theta: g, 0.0, 7, lr=alpha, eps=0.0)
    )[-1],
)


# --------------------------------------------------------------------------- evidence

SETTINGS: list[dict[str, Any]] = [
    {"lr": 1e-3},
    {"lr": 0.01, "betas": (0.8, 0.95), "eps": 1e-3},
    {"lr": 0.01, "weight_decay": 0.1},
    {"lr": 0.01, "betas": (0.9, 0.9), "amsgrad": True},
    {"lr": lambda t: 0.01 / (1 + t), "weight_decay": 0.02, "amsgrad": True},
]


def check_adam() -> Check:
    import torch

    return kit.compare(
        (
            "`torch.optim.Adam` 的每一步（五种设置，含 weight_decay、amsgrad、变化的学习率；"
            "各在三处走 100 步）",
            "every step of `torch.optim.Adam` (five settings with weight_decay, amsgrad and a rate "
            "that changes; 100 steps in three places each)",
        ),
        _surfaces.side_by_side(adam, torch.optim.Adam, SETTINGS),
    )


def check_adamw() -> Check:
    import torch

    return kit.compare(
        (
            "`torch.optim.AdamW` 的每一步（同样五种设置）",
            "every step of `torch.optim.AdamW` (the same five settings)",
        ),
        _surfaces.side_by_side(adamw, torch.optim.AdamW, SETTINGS),
    )


def check_tensors() -> Check:
    import torch

    gradients = torch.tensor(_surfaces.random_gradients(100))
    ours = torch.ones(gradients.shape[1:], dtype=torch.float64)
    theirs, state = ours.clone(), {}
    optimizer = torch.optim.Adam([theirs], lr=0.01)
    pairs = []
    for gradient in gradients:
        ours.grad = theirs.grad = gradient
        torch_adam_step(ours, state, lr=0.01)
        optimizer.step()
        pairs.append((ours.numpy().copy(), theirs.numpy().copy()))
    return kit.compare(
        (
            "`torch.optim.Adam` 对张量版的每一步（100 步随机梯度）",
            "every step of `torch.optim.Adam`, for the version with tensors (100 random gradients)",
        ),
        pairs,
    )
