"""Diffusion: noise added in small steps, and a network that takes it away again."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from snippets import kit
from snippets.kit import Check, Formula


def linear_schedule(steps: int = 1000, first: float = 1e-4, last: float = 0.02) -> np.ndarray:
    """β of each step, (steps,): equally spaced.  [ho2020]"""
    return np.linspace(first, last, steps)


def cosine_schedule(steps: int = 1000, offset: float = 0.008) -> np.ndarray:
    """β of each step, (steps,), at most 0.999: ᾱ falls as a squared cosine.  [nichol2021]"""
    t = np.arange(steps + 1) / steps
    signal = np.cos((t + offset) / (1 + offset) * np.pi / 2) ** 2
    return np.minimum(1 - signal[1:] / signal[:-1], 0.999)


def alpha_bar(betas: ArrayLike) -> np.ndarray:
    """ᾱ_t = Π (1 - β_s): the share of the variance that is still signal after step t.

    ValueError: a β that is not between 0 and 1.
    """
    betas = np.asarray(betas, dtype=float)
    if not ((betas > 0) & (betas < 1)).all():
        raise ValueError("betas must lie between 0 and 1")
    return np.cumprod(1 - betas)


def diffuse(x0: ArrayLike, a: ArrayLike, eps: ArrayLike) -> np.ndarray:
    """x_t = √ᾱ x0 + √(1 - ᾱ) ε in one go; a is ᾱ_t, eps from N(0, I).  [ho2020]

    ValueError: an a that is not between 0 and 1.
    """
    a = np.asarray(a, dtype=float)
    if not ((a >= 0) & (a <= 1)).all():
        raise ValueError("a is a share of the variance; it must lie between 0 and 1")
    return np.sqrt(a) * np.asarray(x0) + np.sqrt(1 - a) * np.asarray(eps)


def ddpm_step(
    x: np.ndarray, eps_hat: np.ndarray, beta: float, a: float, a_before: float, noise: np.ndarray
) -> np.ndarray:
    """x_{t-1} from x_t and the noise predicted in it; a is ᾱ_t, a_before ᾱ_{t-1}.

    The variance is that of q(x_{t-1} | x_t, x_0); noise from N(0, I), without effect where
    a_before is 1.  [ho2020]
    """
    mean = (x - beta / np.sqrt(1 - a) * eps_hat) / np.sqrt(1 - beta)
    return mean + np.sqrt(beta * (1 - a_before) / (1 - a)) * noise


def ddim_step(x: np.ndarray, eps_hat: np.ndarray, a: float, a_next: float) -> np.ndarray:
    """From noise level ᾱ = a to any lower one, a_next, without randomness.  [song2021]"""
    x0_hat = (x - np.sqrt(1 - a) * eps_hat) / np.sqrt(a)
    return np.sqrt(a_next) * x0_hat + np.sqrt(1 - a_next) * eps_hat


def guided(eps_cond: ArrayLike, eps_uncond: ArrayLike, w: float) -> np.ndarray:
    """Classifier-free guidance: (1 + w) ε(x, c) - w ε(x); w = 0 for none.  [ho2022]"""
    return (1 + w) * np.asarray(eps_cond) - w * np.asarray(eps_uncond)


def gaussian_eps(x: ArrayLike, a: float, mean: float, std: float) -> np.ndarray:
    """The best prediction of ε from x_t = x when x_0 is from N(mean, std²): no network needed."""
    variance = a * std**2 + 1 - a
    return np.sqrt(1 - a) * (np.asarray(x) - np.sqrt(a) * mean) / variance


def torch_ddpm_loss(model, x0, alpha_bars):
    """The simple loss: model(x_t, t) is to be the noise in x_t, at a random step t (from 0)."""
    import torch
    import torch.nn.functional as F

    t = torch.randint(len(alpha_bars), (len(x0),), device=x0.device)
    a = alpha_bars[t].view(-1, *[1] * (x0.dim() - 1))
    eps = torch.randn_like(x0)
    return F.mse_loss(model(a.sqrt() * x0 + (1 - a).sqrt() * eps, t), eps)


def torch_ddim_sample(model, shape, alpha_bars, steps: int, generator=None):
    """Samples by DDIM over ``steps`` of the steps that the model was trained on.

    ValueError: no step, or more than there are.
    """
    import torch

    if not 1 <= steps <= len(alpha_bars):
        raise ValueError(f"steps is {steps}; give from 1 to {len(alpha_bars)}")
    device = alpha_bars.device
    x = torch.randn(shape, generator=generator, device=device)
    places = torch.linspace(len(alpha_bars) - 1, 0, steps, device=device).round().long()
    a_next = torch.cat([alpha_bars[places[1:]], alpha_bars.new_ones(1)])
    with torch.no_grad():
        for t, after in zip(places, a_next, strict=True):
            a, eps = alpha_bars[t], model(x, t.expand(shape[0]))
            x0 = (x - (1 - a).sqrt() * eps) / a.sqrt()
            x = after.sqrt() * x0 + (1 - after).sqrt() * eps
    return x


# --------------------------------------------------------------------------- formulas

_X0 = kit.array(("样本", "an example"), ("d",), -2, 2)
_EPS = kit.array(("标准正态噪声", "noise from N(0, I)"), ("d",), -2, 2)
_X = kit.array(("第 t 步的样本", "the example at step t"), ("d",), -3, 3)
_HAT = kit.array(("网络预测的噪声", "the noise predicted by the network"), ("d",), -2, 2)
_A = kit.scalar((r"$t$ 步之后信号所占的方差", r"share of signal in the variance at $t$"), 0.05, 0.9)
_NEXT = kit.scalar(
    ("下一个、较低的噪声水平处的同一个量", "the same at the next, lower noise"), 0.91, 0.999
)
_BETA = kit.scalar(
    (r"第 $t$ 步加入的噪声的方差", r"variance of the noise added at step $t$"), 0.001, 0.2
)
_D = kit.integer(("维数", "dimensions"), 1, 5)
_B = kit.array(("各步的噪声方差", "noise variance of each step"), ("T",), 0.001, 0.2)
_T = kit.integer(("步数", "number of steps"), 2, 8)

formula_step = Formula(
    r"x_t = \sqrt{1 - \beta_t}\,x_{t-1} + \sqrt{\beta_t}\,\varepsilon",
    {
        "x_{t-1}": kit.array(("上一步的样本", "the example one step before"), ("d",), -2, 2),
        r"\beta_t": _BETA,
        r"\varepsilon": _EPS,
        "d": _D,
    },
    equals=lambda x_prev, beta_t, varepsilon: diffuse(x_prev, 1 - beta_t, varepsilon),
)

formula_alpha_bar = Formula(
    r"\bar{\alpha}_t = \prod_{s=1}^{t} (1 - \beta_s)",
    {r"\beta": _B, "T": _T, "t": kit.index(("一步", "a step"), "T")},
    equals=lambda beta: alpha_bar(beta),
)

formula_closed = Formula(
    r"x_t = \sqrt{\bar{\alpha}_t}\,x_0 + \sqrt{1 - \bar{\alpha}_t}\,\varepsilon",
    {"x_0": _X0, r"\bar{\alpha}_t": _A, r"\varepsilon": _EPS, "d": _D},
    equals=lambda x_0, baralpha_t, varepsilon: diffuse(x_0, baralpha_t, varepsilon),
)

formula_loss = Formula(
    r"L = \left\| \varepsilon - \varepsilon_\theta(x_t, t) \right\|_2^2",
    {
        r"\varepsilon": _EPS,
        "x_t": _X,
        "t": kit.scalar(("步，换算到 0 与 1 之间", "the step, as a number from 0 to 1"), 0, 1),
        r"\varepsilon_\theta": kit.function(
            ("预测噪声的网络（这里是一个固定的函数）", "the network (a fixed function here)"),
            lambda x, t: np.tanh(x) * t,
        ),
        "d": _D,
    },
    equals=lambda varepsilon, x_t, t: float(((varepsilon - np.tanh(x_t) * t) ** 2).sum()),
)


def _from_posterior(x: np.ndarray, hat: np.ndarray, beta: float, a: float) -> np.ndarray:
    """Mean of q(x_{t-1} | x_t, x_0) by Bayes' rule for normals, with x_0 as ε̂ implies it."""
    before = a / (1 - beta)
    x0 = (x - np.sqrt(1 - a) * hat) / np.sqrt(a)
    # two sources on x_{t-1}: N(√before x0, 1 - before), and x = √(1-β) x_{t-1} + √β noise
    precision = 1 / (1 - before) + (1 - beta) / beta
    return (np.sqrt(before) * x0 / (1 - before) + np.sqrt(1 - beta) * x / beta) / precision


formula_ddpm = Formula(
    r"\mu_\theta = \frac{1}{\sqrt{1 - \beta_t}}"
    r" \left(x_t - \frac{\beta_t}{\sqrt{1 - \bar{\alpha}_t}}\,\hat{\varepsilon}\right)",
    {
        "x_t": _X,
        r"\hat{\varepsilon}": _HAT,
        r"\beta_t": _BETA,
        r"\bar{\alpha}_t": kit.scalar(_A.meaning, 0.05, 0.75),
        "d": _D,
    },
    equals=lambda x_t, hatvarepsilon, beta_t, baralpha_t: _from_posterior(
        x_t, hatvarepsilon, beta_t, baralpha_t
    ),
)

formula_ddim = Formula(
    r"\begin{aligned} \hat{x}_0 &= \frac{x_t - \sqrt{1 - \bar{\alpha}_t}\,\hat{\varepsilon}}"
    r"{\sqrt{\bar{\alpha}_t}} \\"
    r" x_s &= \sqrt{\bar{\alpha}_s}\,\hat{x}_0 + \sqrt{1 - \bar{\alpha}_s}\,\hat{\varepsilon}"
    r" \end{aligned}",
    {
        "x_t": _X,
        r"\hat{\varepsilon}": _HAT,
        r"\bar{\alpha}_t": _A,
        r"\bar{\alpha}_s": _NEXT,
        "d": _D,
    },
    equals={
        r"\hat{x}_0": lambda x_t, hatvarepsilon, baralpha_t: ddim_step(
            x_t, hatvarepsilon, baralpha_t, 1.0
        ),
        "x_s": lambda x_t, hatvarepsilon, baralpha_t, baralpha_s: ddim_step(
            x_t, hatvarepsilon, baralpha_t, baralpha_s
        ),
    },
)

formula_guidance = Formula(
    r"\tilde{\varepsilon} = (1 + w)\,\varepsilon_\theta(x_t, c) - w\,\varepsilon_\theta(x_t)",
    {
        "x_t": _X,
        "c": kit.scalar(("条件，如类别", "the condition, such as a class"), -1, 1),
        "w": kit.scalar(("引导强度", "strength of guidance"), 0, 5),
        r"\varepsilon_\theta": kit.function(
            ("网络；不给条件时为无条件预测", "the network; without c, the unconditional one"),
            lambda x, c=0.0: np.tanh(x - c),
        ),
        "d": _D,
    },
    equals=lambda x_t, c, w: guided(np.tanh(x_t - c), np.tanh(x_t), w),
)


def _bayes_eps(x: float, a: float, m: float, s: float) -> float:
    """E[ε | x_t] for x_0 from N(m, s²), by quadrature over x_0."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    x0 = m + s * nodes
    eps = (x - np.sqrt(a) * x0) / np.sqrt(1 - a)
    posterior = weights * np.exp(-(eps**2) / 2)
    return float((posterior * eps).sum() / posterior.sum())


formula_gaussian = Formula(
    r"\mathrm{E}[\varepsilon \mid x_t] = \sqrt{1 - \bar{\alpha}_t}\,"
    r"\frac{x_t - \sqrt{\bar{\alpha}_t}\,m}{\bar{\alpha}_t s^2 + 1 - \bar{\alpha}_t}",
    {
        "x_t": kit.scalar(("第 t 步的样本", "the example at step t"), -2, 2),
        r"\bar{\alpha}_t": kit.scalar(_A.meaning, 0.05, 0.75),
        "m": kit.scalar(("数据的均值", "the mean of the data"), -1, 1),
        "s": kit.scalar(("数据的标准差", "the standard deviation of the data"), 0.2, 1),
    },
    equals=lambda x_t, baralpha_t, m, s: _bayes_eps(x_t, baralpha_t, m, s),
    tolerance=1e-6,
)


# --------------------------------------------------------------------------- evidence


def check_exact() -> Check:
    """ᾱ of the linear schedule against decimal arithmetic of 50 digits."""
    import mpmath

    a = alpha_bar(linear_schedule())
    exact, product = [], mpmath.mpf(1)
    with mpmath.workdps(50):
        for k in range(1000):
            first, last = mpmath.mpf("1e-4"), mpmath.mpf("0.02")
            product *= 1 - (first + (last - first) * k / 999)
            exact.append(float(product))
    return kit.compare(
        ("50 位十进制算术（mpmath）", "decimal arithmetic of 50 digits (mpmath)"),
        [(a, exact)],
        tolerance=1e-13,
    )


def check_torch() -> Check:
    """torch_ddim_sample against ddim_step, with the exact noise of a normal as the model."""
    import torch

    a = alpha_bar(linear_schedule(50, 0.002, 0.3))
    bars = torch.tensor(a)
    rng = torch.Generator().manual_seed(0)

    def model(x, t):
        at = bars[t].view(-1, 1)
        return (1 - at).sqrt() * (x - at.sqrt()) / (at * 0.25 + 1 - at)

    theirs = torch_ddim_sample(model, (40, 1), bars, 50, rng)
    x = torch.randn((40, 1), generator=torch.Generator().manual_seed(0)).numpy().astype(float)
    for t in range(49, -1, -1):
        after = a[t - 1] if t else 1.0
        x = ddim_step(x, gaussian_eps(x, a[t], 1.0, 0.5), a[t], after)
    return kit.compare(("PyTorch 的写法", "the PyTorch version"), [(x, theirs)], tolerance=1e-9)
