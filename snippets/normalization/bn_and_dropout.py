"""Batch norm and dropout together: the variance that dropout shifts between training and use."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Check, Formula


def dropout(x: np.ndarray, p: float, rng: np.random.Generator) -> np.ndarray:
    """Inverted dropout as in training: each element is 0 with probability p, else over 1 - p.

    Any shape; the mean stays, the variance grows.  ValueError: p outside [0, 1).
    """
    if not 0 <= p < 1:
        raise ValueError(f"p must be in [0, 1), not {p}")
    return np.where(rng.random(np.shape(x)) >= p, x, 0.0) / (1 - p)


def variance_ratio(x: np.ndarray, p: float) -> float:
    """Variance at inference over the one in training, for values x before dropout.

    1 - p for values of mean 0, less if the mean is not 0.  ValueError: as for dropout.
    """
    if not 0 <= p < 1:
        raise ValueError(f"p must be in [0, 1), not {p}")
    square, mean = np.mean(np.square(x)), np.mean(x)
    return float((square - mean**2) / (square / (1 - p) - mean**2))


def torch_recalibrate(model, batches) -> None:
    """Measure the running statistics of a PyTorch model anew with dropout off, weights as they are.

    batches is an iterable of inputs; the model is in eval mode afterwards.  [hendrycks2016b]
    ValueError: no batch; the old statistics are kept then.
    """
    from itertools import chain

    import torch
    from torch import nn

    rest = iter(batches)
    first = next(rest, None)
    if first is None:
        raise ValueError("no batch to measure the statistics on")
    model.eval()
    norms = [m for m in model.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    kept = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the mean over all batches
        norm.train()
    with torch.no_grad():
        for x in chain([first], rest):
            model(x)
    for norm, momentum in zip(norms, kept, strict=True):
        norm.momentum = momentum
    model.eval()


# --------------------------------------------------------------------------- formulas

_K = kit.scalar(("保留的概率 1 − p", "probability of keeping, 1 − p"), 0.1, 1)


def _moments(m: float, v: float, k: float) -> tuple[float, float]:
    """Mean and variance of inverted dropout of two values m ± √v, from all four outcomes."""
    values = np.array([m - np.sqrt(v), m + np.sqrt(v)]) / k
    outcomes = np.concatenate([values, [0.0, 0.0]])
    weights = np.array([k / 2, k / 2, (1 - k) / 2, (1 - k) / 2])
    mean = float(weights @ outcomes)
    return mean, float(weights @ (outcomes - mean) ** 2)


_MEAN = kit.scalar(("输入的均值", "mean of the inputs"), -2, 2)
_VAR = kit.scalar(("输入的方差", "variance of the inputs"), 0.1, 3)

formula_variance = Formula(
    r"\operatorname{Var}_{\text{train}} = \frac{\sigma^2 + \mu^2}{k} - \mu^2, \quad"
    r" \operatorname{Var}_{\text{eval}} = \sigma^2",
    {r"\mu": _MEAN, r"\sigma^2": _VAR, "k": _K},
    equals={
        r"\operatorname{Var}_{\text{train}}": lambda mu, sigma2, k: _moments(mu, sigma2, k)[1],
        r"\operatorname{Var}_{\text{eval}}": lambda mu, sigma2, k: _moments(mu, sigma2, 1.0)[1],
    },
)

formula_ratio = Formula(
    r"R = \frac{\sigma^2}{(\sigma^2 + \mu^2)/k - \mu^2} \le k",
    {r"\mu": _MEAN, r"\sigma^2": _VAR, "k": _K},
    equals=lambda mu, sigma2, k: sigma2 / _moments(mu, sigma2, k)[1],
)


def _relu_ratio(k: float) -> float:
    """By quadrature of max(0, z), z standard normal."""
    nodes, weights = np.polynomial.legendre.leggauss(200)
    z, w = 6 * (nodes + 1), 6 * weights
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) * w
    mean, square = float((z * density).sum()), float((z**2 * density).sum())
    return (square - mean**2) / (square / k - mean**2)


def _uniform_ratio(beta: float) -> float:
    """1 / E((1 + r)²), r uniform on [-β, β], by quadrature."""
    nodes, weights = np.polynomial.legendre.leggauss(20)
    return 1 / float((weights / 2 * (1 + beta * nodes) ** 2).sum())


formula_relu_ratio = Formula(
    r"R_{\text{ReLU}}(k) = \frac{1/2 - 1/(2\pi)}{1/(2k) - 1/(2\pi)}, \quad"
    r" R_{\text{ReLU}}(1/2) \approx 0.405",
    {"k": _K, r"R_{\text{ReLU}}": kit.function(("方差比", "variance ratio"), _relu_ratio)},
)

formula_uout = Formula(
    r"x' = x\,(1 + r), \quad R_{\text{Uout}}(\beta) = \frac{3}{3 + \beta^2}",
    {
        "x": kit.scalar(("均值为 0 的输入", "input of mean 0"), -2, 2),
        "r": kit.scalar(("取自 U(−β, β)", "from U(−β, β)"), -1, 1),
        r"\beta": kit.scalar(("噪声的宽度", "width of the noise"), 0, 1),
    },
    equals={
        "x'": lambda x, r: x + x * r,
        r"R_{\text{Uout}}(\beta)": _uniform_ratio,
    },
)


def check_dropout() -> Check:
    """The variances of nn.Dropout in both modes against the formula, for large samples."""
    import torch

    pairs = []
    for rng, p in zip(kit.seeds(4), (0.1, 0.3, 0.5, 0.8), strict=True):
        x = rng.normal(0.5, 1.0, 400_000)
        torch.manual_seed(int(rng.integers(2**31)))
        layer = torch.nn.Dropout(p)
        train = layer(torch.tensor(x)).var(correction=0).item()
        evaluated = layer.eval()(torch.tensor(x)).var(correction=0).item()
        pairs.append((variance_ratio(x, p), evaluated / train))
    return kit.compare(
        (
            "`nn.Dropout` 在两种模式下的方差之比，每个 p 四十万个数",
            "ratio of the variances of `nn.Dropout` in both modes, 400,000 numbers for each p",
        ),
        pairs,
        tolerance=0.01,
    )
