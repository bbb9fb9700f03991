"""Batch normalisation: forward, backward and running statistics, from scratch."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Check, Formula, Table, Tr


def batch_norm(
    x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, eps: float = 1e-5
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Training-mode batch normalisation of x (n, c) or (n, c, ...), channel by channel.

    gamma and beta are (c,).  Returns the output, the normalised x and the root of variance plus
    eps, which the backward pass needs.  The variance is the biased one.  [ioffe2015]
    ValueError: fewer than two values a channel, or a wrong number of channels.
    """
    if x.ndim < 2 or x.shape[1:2] != gamma.shape or gamma.shape != beta.shape:
        raise ValueError(f"x {x.shape} needs gamma and beta of shape {x.shape[1:2]}")
    if x.size // x.shape[1] < 2:
        raise ValueError("a channel needs at least two values to have a variance")
    axes = (0, *range(2, x.ndim))
    shape = (1, -1, *[1] * (x.ndim - 2))
    std = np.sqrt(x.var(axis=axes, keepdims=True) + eps)
    x_hat = (x - x.mean(axis=axes, keepdims=True)) / std
    return gamma.reshape(shape) * x_hat + beta.reshape(shape), x_hat, std


def batch_norm_backward(
    g: np.ndarray, x_hat: np.ndarray, std: np.ndarray, gamma: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients with respect to x, gamma and beta, given g = ∂L/∂y of the shape of x."""
    axes = (0, *range(2, g.ndim))
    mean_g = g.mean(axis=axes, keepdims=True)
    mean_gx = (g * x_hat).mean(axis=axes, keepdims=True)
    dx = gamma.reshape(std.shape) / std * (g - mean_g - x_hat * mean_gx)
    return dx, (g * x_hat).sum(axis=axes), g.sum(axis=axes)


def update_running(
    x: np.ndarray, running_mean: np.ndarray, running_var: np.ndarray, momentum: float = 0.1
) -> tuple[np.ndarray, np.ndarray]:
    """The running mean and variance after one batch; the variance is the unbiased one."""
    axes = (0, *range(2, x.ndim))
    mean, var = x.mean(axis=axes), x.var(axis=axes, ddof=1)
    return (
        (1 - momentum) * running_mean + momentum * mean,
        (1 - momentum) * running_var + momentum * var,
    )


def torch_batch_norm(x, gamma, beta, running_mean, running_var):
    """The same with PyTorch; it changes running_mean and running_var in place."""
    import torch.nn.functional as F

    return F.batch_norm(x, running_mean, running_var, gamma, beta, training=True, momentum=0.1)


# --------------------------------------------------------------------------- formulas

_M = kit.integer(("一个通道里的数值个数 N·H·W", "values in a channel, N·H·W"), 2, 6)
_X = kit.array(("一个通道在一批里的数值", "the values of one channel in a batch"), ("m",), -3, 3)
_EPS = kit.scalar(("很小的正数，PyTorch 取 1e-5", "a small number, 1e-5 in PyTorch"), 1e-5, 0.1)
_GAMMA = kit.scalar(("可学习的缩放，初值 1", "learnt scale, 1 at first"), 0.2, 3)
_BETA = kit.scalar(("可学习的平移，初值 0", "learnt shift, 0 at first"), -2, 2)


def _one(x: np.ndarray, gamma: float, beta: float, eps: float) -> np.ndarray:
    """The output for one channel."""
    return batch_norm(x[:, None], np.array([gamma]), np.array([beta]), eps)[0][:, 0]


formula_forward = Formula(
    r"\begin{aligned}"
    r" \mu &= \frac{1}{m} \sum_{i=1}^{m} x_i, \quad"
    r" \sigma^2 = \frac{1}{m} \sum_{i=1}^{m} (x_i - \mu)^2 \\"
    r" \hat{x}_i &= \frac{x_i - \mu}{\sqrt{\sigma^2 + \varepsilon}}, \quad"
    r" y_i = \gamma\,\hat{x}_i + \beta"
    r" \end{aligned}",
    {
        "x": _X,
        "m": _M,
        "i": kit.index(("批内的位置", "place in the batch"), "m"),
        r"\varepsilon": _EPS,
        r"\gamma": _GAMMA,
        r"\beta": _BETA,
    },
    equals={
        r"\mu": lambda x: x.mean(),
        r"\sigma^2": lambda x: x.var(),
        r"\hat{x}_i": lambda x, varepsilon: _one(x, 1.0, 0.0, varepsilon),
        "y_i": lambda x, gamma, beta, varepsilon: _one(x, gamma, beta, varepsilon),
    },
)


def _running(x: np.ndarray, r: float, v: float, rho: float) -> tuple[float, float]:
    mean, var = update_running(x[:, None], np.array([r]), np.array([v]), rho)
    return float(mean[0]), float(var[0])


formula_running = Formula(
    r"r' = (1 - \rho)\,r + \rho\,\mu, \quad"
    r" v' = (1 - \rho)\,v + \rho\,\frac{m}{m - 1}\,\sigma^2",
    {
        "r": kit.scalar(("滑动均值，初值 0", "running mean, 0 at first"), -2, 2),
        "v": kit.scalar(("滑动方差，初值 1", "running variance, 1 at first"), 0, 3),
        r"\rho": kit.scalar(("动量，PyTorch 默认 0.1", "momentum, 0.1 in PyTorch"), 0, 1),
        r"\mu": kit.scalar(("批均值", "mean of the batch"), -2, 2),
        r"\sigma^2": kit.scalar(("批方差（有偏）", "variance of the batch (biased)"), 0, 3),
        "m": _M,
    },
    equals={
        "r'": lambda r, v, rho, mu, m: _running(_with(mu, 1.0, m), r, v, rho)[0],
        "v'": lambda r, v, rho, mu, sigma2, m: _running(_with(mu, sigma2, m), r, v, rho)[1],
    },
)


def _with(mean: float, var: float, m: float) -> np.ndarray:
    """m numbers of the given mean and biased variance."""
    steps = np.arange(int(m)) - (int(m) - 1) / 2
    return mean + steps * np.sqrt(var / np.mean(steps**2))


# --------------------------------------------------------------------------- evidence


def _cases():
    """Inputs of every layout that PyTorch knows, with parameters and an upstream gradient."""
    for rng, shape in zip(
        kit.seeds(5), ((2, 1), (7, 3), (4, 3, 5), (4, 2, 3, 5), (2, 2, 3, 2, 2)), strict=True
    ):
        c = shape[1]
        yield (
            rng.normal(3, 2, shape),
            rng.normal(1, 0.5, c),
            rng.normal(0, 1, c),
            rng.normal(0, 1, shape),
        )


def check_torch() -> Check:
    import torch

    pairs = []
    for x, gamma, beta, _ in _cases():
        mean, var = torch.zeros(len(gamma)).double(), torch.ones(len(gamma)).double()
        theirs = torch_batch_norm(*map(torch.tensor, (x, gamma, beta)), mean, var)
        pairs.append((batch_norm(x, gamma, beta)[0], theirs))
        ours = update_running(x, np.zeros(len(gamma)), np.ones(len(gamma)))
        pairs += [(ours[0], mean), (ours[1], var)]
    return kit.compare(
        (
            "PyTorch 的 `F.batch_norm`：输出、滑动均值、滑动方差",
            "PyTorch's `F.batch_norm`: output, running mean, running variance",
        ),
        pairs,
        tolerance=1e-12,
    )


def check_autograd() -> Check:
    import torch

    pairs = []
    for x, gamma, beta, g in _cases():
        inputs = [torch.tensor(a, requires_grad=True) for a in (x, gamma, beta)]
        y = torch.nn.functional.batch_norm(inputs[0], None, None, *inputs[1:], training=True)
        theirs = torch.autograd.grad(y, inputs, torch.tensor(g))
        _, x_hat, std = batch_norm(x, gamma, beta)
        pairs += list(zip(batch_norm_backward(g, x_hat, std, gamma), theirs, strict=True))
    return kit.compare(("PyTorch 的自动求导", "PyTorch's autograd"), pairs, tolerance=1e-11)


# --------------------------------------------------------------------------- worked example

SMALL = np.array([1.0, 2.0, 3.0, 4.0])


def table_steps(tr: Tr) -> Table:
    _, x_hat, _ = batch_norm(SMALL[:, None], np.ones(1), np.zeros(1))
    y = batch_norm(SMALL[:, None], np.array([2.0]), np.array([1.0]))[0]
    rows = [
        ["$x_i$", *SMALL],
        ["$x_i - \\mu$", *(SMALL - SMALL.mean())],
        ["$\\hat{x}_i$", *x_hat[:, 0]],
        ["$y_i$", *y[:, 0]],
    ]
    columns = [kit.Col(f"$i$ = {i}", format=".4g") for i in range(1, 5)]
    return Table(
        [tr("量", "quantity"), *columns],
        rows,
        caption=tr(
            "一个通道、批大小 4；最后一行取 γ = 2、β = 1",
            "One channel, batch size 4; the last row has γ = 2 and β = 1",
        ),
    )


def value_small() -> dict[str, float]:
    """Statistics of (1, 2, 3, 4), and the running ones after it with momentum 1."""
    mean, var = update_running(SMALL[:, None], np.zeros(1), np.ones(1), momentum=1.0)
    _, x_hat, std = batch_norm(SMALL[:, None], np.ones(1), np.zeros(1))
    return {
        "mean": float(mean[0]),
        "biased": float(SMALL.var()),
        "unbiased": float(var[0]),
        "outer": float(x_hat[3, 0]),
        "inner": float(x_hat[2, 0]),
        "std": float(std[0, 0]),
    }
