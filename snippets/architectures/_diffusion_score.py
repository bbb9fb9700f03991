"""The best prediction of the noise and the slope of the density are one thing: the score."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Formula

A, STD = 0.4, 0.5  # ᾱ_t, and the width of two humps at -1 and 1, each with half of the data


def _log_density(x):
    """ln p(x_t), the noise of step t added to the humps."""
    variance = A * STD**2 + 1 - A
    humps = [np.exp(-((x - np.sqrt(A) * m) ** 2) / (2 * variance)) for m in (-1, 1)]
    return np.log(sum(humps) / np.sqrt(8 * np.pi * variance))


def _torch_log_density(x):
    import torch
    from torch.distributions import Categorical, MixtureSameFamily, Normal

    centres = np.sqrt(A) * torch.tensor([-1.0, 1.0], dtype=torch.float64)
    width = torch.tensor(np.sqrt(A * STD**2 + 1 - A)).expand(2)
    half = torch.tensor([0.5, 0.5], dtype=torch.float64)
    return MixtureSameFamily(Categorical(half), Normal(centres, width)).log_prob(x)


def _best(x):
    """E[ε | x_t] by Bayes' rule, summed over a fine grid of x_0."""
    x0 = np.linspace(-6, 6, 2401)
    prior = sum(np.exp(-((x0 - m) ** 2) / (2 * STD**2)) for m in (-1, 1))
    eps = (np.asarray(x)[..., None] - np.sqrt(A) * x0) / np.sqrt(1 - A)
    weights = prior * np.exp(-(eps**2) / 2)
    return (weights * eps).sum(axis=-1) / weights.sum(axis=-1)


formula_score = Formula(
    r"\frac{\partial \ln p(x_t)}{\partial x_t}"
    r" = -\frac{\varepsilon^*(x_t)}{\sqrt{1 - \bar{\alpha}_t}}",
    {
        "x_t": kit.scalar(("第 t 步的样本", "the example at step t"), -3, 3),
        r"\varepsilon^*": kit.function(
            (
                r"最好的预测，即给定 $x_t$ 时噪声的均值（这里的数据是两个峰）",
                r"the best prediction, the mean of the noise given $x_t$ (two humps of data here)",
            ),
            _best,
        ),
        r"\bar{\alpha}_t": kit.constant(
            (r"$t$ 步之后信号所占的方差", r"share of signal in the variance at $t$"), A
        ),
    },
    derivative_of=lambda x_t: _log_density(x_t),
    autograd=lambda x_t: _torch_log_density(x_t),
    wrt="x_t",
)
