"""What optimisers share, what is proved of them, and what curvature has to do with it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from snippets import kit
from snippets.kit import Formula


def generic_step(theta: ArrayLike, m: ArrayLike, D: ArrayLike, eta: float) -> np.ndarray:
    """θ - η m / D, element-wise: every optimiser below is a choice of m and D."""
    return np.asarray(theta - eta * np.asarray(m) / D)


def mean_and_scale(
    name: str,
    g: np.ndarray,
    momentum: float = 0.9,
    alpha: float = 0.99,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
) -> tuple[np.ndarray, np.ndarray]:
    """m and D after the gradients g (steps, ...), summed up instead of updated step by step.

    ValueError: an unknown name, or no gradient.
    """
    if not len(g):
        raise ValueError("there is no gradient yet")
    back = np.arange(len(g))[::-1].reshape(-1, *[1] * (g.ndim - 1))  # t - s for s from 1 to t
    total = {
        "SGD": (lambda: g[-1], lambda: np.ones_like(g[-1])),
        "momentum": (lambda: (momentum**back * g).sum(0), lambda: np.ones_like(g[-1])),
        "Adagrad": (lambda: g[-1], lambda: np.sqrt((g**2).sum(0)) + eps),
        "RMSprop": (
            lambda: g[-1],
            lambda: np.sqrt((1 - alpha) * (alpha**back * g**2).sum(0)) + eps,
        ),
        "Adam": (
            lambda: (betas[0] ** back * g).sum(0) / (betas[0] ** back).sum(),
            lambda: np.sqrt((betas[1] ** back * g**2).sum(0) / (betas[1] ** back).sum()) + eps,
        ),
    }
    if name not in total:
        raise ValueError(f"no optimiser {name!r}; there are {', '.join(total)}")
    m, D = total[name]
    return m(), D()


def adversary(
    method: str,
    steps: int,
    C: float = 3.0,
    rate: float = 0.5,
    eps: float = 1e-8,
    start: float = 1.0,
    beta: float | None = None,
) -> np.ndarray:
    """Iterates (steps + 1,) on [-1, 1] with slopes C, -1, -1, C, -1, -1, ...; the best x is -1.

    ``method``: "Adam" (beta_1 = 0, beta_2 = 1 / (1 + C²) unless ``beta`` is given), "AMSGrad" or
    "SGD", all with the rate divided by √t.  [reddi2018]
    """
    if method not in ("Adam", "AMSGrad", "SGD"):
        raise ValueError(f"no method {method!r}; there are Adam, AMSGrad, SGD")
    beta = 1 / (1 + C**2) if beta is None else beta
    v, largest, x, path = 0.0, 0.0, start, [start]
    for t in range(1, steps + 1):
        g = C if t % 3 == 1 else -1.0
        v = beta * v + (1 - beta) * g * g
        largest = max(largest, v)
        used = {"Adam": v, "AMSGrad": largest}.get(method)
        # PyTorch corrects the bias of v; the counterexample of the paper does not need it
        scale = 1.0 if used is None else (used / (1 - beta**t)) ** 0.5 + eps
        x = min(1.0, max(-1.0, x - rate / t**0.5 * g / scale))
        path.append(x)
    return np.array(path)


def torch_adversary(amsgrad, steps, C=3.0, rate=0.5, start=1.0, beta=None):
    """The same with torch.optim.Adam: the rate set before each step, x clipped after it."""
    import torch

    x = torch.full((1,), start, dtype=torch.float64, requires_grad=True)
    betas = (0.0, 1 / (1 + C**2) if beta is None else beta)
    optimizer = torch.optim.Adam([x], lr=rate, betas=betas, amsgrad=amsgrad)
    path = [start]
    for t in range(1, steps + 1):
        optimizer.param_groups[0]["lr"] = rate / t**0.5
        optimizer.zero_grad()
        (x * (C if t % 3 == 1 else -1.0)).sum().backward()
        optimizer.step()
        with torch.no_grad():
            x.clamp_(-1, 1)
        path.append(x.item())
    return np.array(path)


def diagonal_condition(H: np.ndarray) -> float:
    """Condition number of the Hessian H (n, n) once each axis is scaled by the root of H_ii.

    ValueError: a curvature along an axis is not positive.
    """
    if not (np.diag(H) > 0).all():
        raise ValueError(f"the diagonal {np.diag(H)} must be positive")
    root = np.sqrt(np.diag(H))
    return float(np.linalg.cond(H / np.outer(root, root)))


def torch_state(make, parameters):
    """Bytes of state that an optimiser keeps for such parameters, its step counters left out.

    One step is taken on copies; the parameters stay as they are.
    """
    import torch

    copies = [torch.nn.Parameter(p.detach().clone()) for p in parameters]
    optimizer = make(copies)
    for p in copies:
        p.grad = torch.ones_like(p)
    optimizer.step()
    kept = [v for s in optimizer.state.values() for name, v in s.items() if name != "step"]
    return sum(t.numel() * t.element_size() for t in kept if torch.is_tensor(t))


# --------------------------------------------------------------------------- formulas

formula_general = Formula(
    r"\theta_t = \theta_{t-1} - \eta\,\frac{m_t}{D_t}",
    {
        r"\theta_{t-1}": kit.scalar(("当前的参数", "parameter now"), -2, 2),
        r"\eta": kit.scalar(("学习率", "learning rate"), 0.001, 1),
        "m_t": kit.scalar(("方向：梯度的和或平均", "direction: a sum or mean of gradients"), -3, 3),
        "D_t": kit.scalar(("尺度，大于 0", "scale, above 0"), 0.1, 3),
    },
    equals=lambda theta_prev, eta, m_t, D_t: generic_step(theta_prev, m_t, D_t, eta),
)
