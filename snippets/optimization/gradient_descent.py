"""Gradient descent and SGD: walk downhill by the learning rate times the gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from snippets import kit
from snippets.kit import Check, Formula
from snippets.optimization import _surfaces


def gradient_descent(
    gradient: Callable[[np.ndarray], ArrayLike], start: ArrayLike, lr: float, steps: int
) -> np.ndarray:
    """The points (steps + 1, ...) of θ ← θ - lr · ∇L(θ) from ``start``, a number or any array."""
    path = [np.asarray(start, dtype=float)]
    for _ in range(steps):
        path.append(path[-1] - lr * np.asarray(gradient(path[-1])))
    return np.array(path)


def sgd(
    theta: np.ndarray,
    grad: ArrayLike,
    state: None = None,
    *,
    lr: ArrayLike,
    weight_decay: float = 0,
) -> tuple[np.ndarray, None]:
    """One step of SGD: the new theta, in the shape of theta.  SGD keeps no state.

    ``weight_decay`` adds weight_decay · theta to the gradient.  ValueError: grad has another shape.
    """
    if np.shape(grad) != np.shape(theta):
        raise ValueError(f"theta {np.shape(theta)} and grad {np.shape(grad)} differ in shape")
    return theta - lr * (grad + weight_decay * theta), None


def minibatches(count: int, batch_size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """One epoch: the numbers 0 … count - 1 in random order, split; the last part may be shorter.

    ValueError: a batch_size below 1.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}; give at least 1")
    order = rng.permutation(count)
    for first in range(0, count, batch_size):
        yield order[first : first + batch_size]


def sgd_train(
    x: np.ndarray,
    y: np.ndarray,
    lr: float,
    epochs: int,
    batch_size: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Weights (n,) of a linear model for inputs x (m, n) and targets y (m,), by mini-batch SGD.

    The loss is the mean of (x w - y)² / 2 over the batch; the weights start at 0.  ValueError: y is
    not one target a row of x, or batch_size is below 1.
    """
    if np.shape(y) != (len(x),):
        raise ValueError(f"y has shape {np.shape(y)}; give ({len(x)},), one target a row of x")
    w = np.zeros(x.shape[1])
    for _ in range(epochs):
        for batch in minibatches(len(x), batch_size, rng):
            error = x[batch] @ w - y[batch]
            grad = x[batch].T @ error / len(batch)
            w = w - lr * grad
    return w


def torch_sgd_train(x, y, lr, epochs, batch_size, rng):
    """The same in PyTorch; x and y are tensors, rng draws the same batches."""
    import torch

    w = torch.zeros(x.shape[1], dtype=x.dtype, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=lr)
    for _ in range(epochs):
        for batch in minibatches(len(x), batch_size, rng):
            loss = ((x[batch] @ w - y[batch]) ** 2).mean() / 2
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return w.detach()


# --------------------------------------------------------------------------- formulas

_ETA = kit.scalar(("学习率", "learning rate"), 0, 1)
_THETA = kit.array(("当前的参数", "parameters now"), ("n",), -3, 3)
_G = kit.array(("当前的梯度 ∇L", "gradient ∇L there"), ("n",), -3, 3)
_N = kit.integer(("参数的个数", "number of parameters"), 1, 6)

formula_update = Formula(
    r"\theta_t = \theta_{t-1} - \eta\,g_t",
    {r"\theta_{t-1}": _THETA, r"\eta": _ETA, "g_t": _G, "n": _N},
    equals=lambda theta_prev, g_t, eta: sgd(theta_prev, g_t, lr=eta)[0],
)

formula_length = Formula(
    r"\|\theta_t - \theta_{t-1}\| = \eta\,\|g_t\|",
    {r"\theta_{t-1}": _THETA, r"\eta": _ETA, "g_t": _G, "n": _N},
    equals=lambda theta_prev, g_t, eta: np.linalg.norm(
        sgd(theta_prev, g_t, lr=eta)[0] - theta_prev
    ),
)


def smooth(theta: np.ndarray) -> float:
    """Σ ln cosh θ_i, whose gradient changes at most as fast as θ does: L = 1."""
    return float(np.log(np.cosh(theta)).sum())


formula_descent = Formula(
    r"f(\theta - \eta\,g(\theta)) \le f(\theta)"
    r" - \eta \left(1 - \frac{L\,\eta}{2}\right) \|g(\theta)\|^2",
    {
        "f": kit.function(("", ""), smooth),
        "g": kit.function(("", ""), np.tanh),
        r"\theta": kit.array(("参数", "parameters"), ("n",), -3, 3),
        r"\eta": kit.scalar(("学习率", "learning rate"), 0, 3),
        "L": kit.constant(("梯度的 Lipschitz 常数", "Lipschitz constant of the gradient"), 1.0),
        "n": _N,
    },
)

formula_quadratic = Formula(
    r"\theta_t = (1 - \eta\,a)^t\,\theta_0",
    {
        r"\eta": kit.scalar(("学习率", "learning rate"), 0, 1),
        "a": kit.scalar(("曲率", "curvature"), 0, 3),
        "t": kit.integer(("步数", "number of steps"), 0, 12),
        r"\theta_0": kit.scalar(("起点", "start"), -3, 3),
    },
    equals=lambda eta, a, t, theta_0: gradient_descent(lambda x: a * x, theta_0, eta, int(t))[-1],
)


# --------------------------------------------------------------------------- evidence


def check_torch() -> Check:
    import torch

    settings: list[dict[str, Any]] = [
        {"lr": 0.01},
        {"lr": 0.03, "weight_decay": 0.1},
        {"lr": 0.03, "weight_decay": 1.5},
    ]
    return kit.compare(
        (
            "`torch.optim.SGD` 的每一步（三种设置，各在三处走 100 步）",
            "every step of `torch.optim.SGD` (three settings, 100 steps in three places each)",
        ),
        _surfaces.side_by_side(sgd, torch.optim.SGD, settings),
    )


def check_training() -> Check:
    import torch

    pairs = []
    for rng in kit.seeds(5):
        x = rng.normal(size=(50, 3))
        y = x @ [1.0, -2.0, 0.5] + rng.normal(size=50)
        ours, theirs = np.random.default_rng(7), np.random.default_rng(7)
        pairs.append(
            (
                sgd_train(x, y, 0.1, 5, 8, ours),
                torch_sgd_train(torch.tensor(x), torch.tensor(y), 0.1, 5, 8, theirs),
            )
        )
    return kit.compare(
        (
            "用 `torch.optim.SGD` 训练出的权重（五组数据，各 5 轮）",
            "the weights that training with `torch.optim.SGD` gives (five data sets, 5 epochs)",
        ),
        pairs,
    )
