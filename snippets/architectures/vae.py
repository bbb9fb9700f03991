"""VAE: an autoencoder whose code is a distribution, trained on a lower bound of ln p(x)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from snippets import kit
from snippets.kit import Check, Formula
from snippets.losses.kl_divergence import kl_gaussian


def reparameterize(mu: ArrayLike, log_var: ArrayLike, eps: ArrayLike) -> np.ndarray:
    """z = μ + σ ε with ln σ² given: a sample of N(μ, σ²) for eps from N(0, 1).  [kingma2014]"""
    return np.asarray(mu) + np.exp(np.asarray(log_var) / 2) * np.asarray(eps)


def kl_to_standard(mu: ArrayLike, log_var: ArrayLike) -> np.ndarray:
    """D(N(μ, diag σ²) || N(0, I)) in nats, summed over the last axis; ln σ² given.  [kingma2014]"""
    mu, log_var = np.asarray(mu, dtype=float), np.asarray(log_var, dtype=float)
    return (mu**2 + np.exp(log_var) - 1 - log_var).sum(axis=-1) / 2


def elbo(
    x: np.ndarray,
    mu: np.ndarray,
    log_var: np.ndarray,
    decode: Callable[[np.ndarray], np.ndarray],
    noise: float,
    eps: np.ndarray,
) -> np.ndarray:
    """Estimate of the ELBO of each example in nats, (n,), for p(x | z) = N(decode(z), noise² I).

    x is (n, D), mu and log_var are (n, d), eps is (samples, n, d) from N(0, 1); decode takes
    (samples, n, d) to (samples, n, D).  ValueError: noise not positive.
    """
    if not noise > 0:
        raise ValueError(f"noise is {noise}; it must be positive")
    error = (x - decode(reparameterize(mu, log_var, eps))) / noise
    log_p = -(error**2 + np.log(2 * np.pi * noise**2)).sum(axis=-1) / 2
    return log_p.mean(axis=0) - kl_to_standard(mu, log_var)


def torch_vae(inputs: int, latent: int, hidden: int):
    """Encoder (n, inputs) to (n, 2 latent), which is μ beside ln σ², and decoder back."""
    from torch import nn

    def mlp(fan_in, fan_out):
        first, last = nn.Linear(fan_in, hidden), nn.Linear(hidden, fan_out)
        return nn.Sequential(first, nn.ReLU(), last)

    return mlp(inputs, 2 * latent), mlp(latent, inputs)


def torch_vae_loss(x, encoder, decoder, noise: float = 1.0, beta: float = 1.0):
    """The negative ELBO, one sample of z an example, mean over the batch; beta weighs the KL."""
    import torch
    from torch.distributions import Normal

    mu, log_var = encoder(x).chunk(2, dim=-1)
    z = mu + (log_var / 2).exp() * torch.randn_like(mu)  # the gradient reaches mu and log_var
    log_p = Normal(decoder(z), noise).log_prob(x).sum(dim=-1)
    kl = (mu**2 + log_var.exp() - 1 - log_var).sum(dim=-1) / 2
    return (beta * kl - log_p).mean()


# --------------------------------------------------------------------------- formulas

_MU = kit.scalar(("q 的均值", "the mean of q"), -2, 2)
_SIGMA = kit.scalar(("q 的标准差", "the standard deviation of q"), 0.1, 2)
_X = kit.scalar(("一个样本", "an example"), -3, 3)
_W = kit.scalar(("解码器的权重", "the decoder's weight"), -2, 2)
_S = kit.scalar(("解码器噪声的标准差", "the standard deviation of the decoder's noise"), 0.2, 2)
WEIGHT, NOISE = 1.5, 0.5
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(60)


def _normal_log(x, mean, std):
    return -(((x - mean) / std) ** 2) / 2 - np.log(std * np.sqrt(2 * np.pi))


def _expect(f: Callable[[np.ndarray], np.ndarray], mu: float, sigma: float) -> float:
    """E f(z) for z from N(μ, σ²), by quadrature that is exact for polynomials up to degree 119."""
    return float(_WEIGHTS @ f(mu + sigma * _NODES) / np.sqrt(2 * np.pi))


def linear_elbo(x: float, mu: float, sigma: float, w: float = WEIGHT, s: float = NOISE) -> float:
    """The ELBO of the linear model z ~ N(0, 1), x ~ N(w z, s²), by quadrature."""
    return _expect(
        lambda z: _normal_log(x, w * z, s) + _normal_log(z, 0, 1) - _normal_log(z, mu, sigma),
        mu,
        sigma,
    )


def linear_posterior(x: float, w: float = WEIGHT, s: float = NOISE) -> tuple[float, float]:
    """Mean and standard deviation of p(z | x) in that model."""
    total = w**2 + s**2
    return w * x / total, s / np.sqrt(total)


def _evidence(x: float) -> float:
    return float(np.exp(_normal_log(x, 0, np.hypot(WEIGHT, NOISE))))


def _gap(x: float, mu: float, sigma: float) -> float:
    """D(q || p(z | x)): of two normals, the one moved and scaled so that the other is standard."""
    mean, std = linear_posterior(x)
    return float(kl_gaussian((mu - mean) / std, sigma / std))


formula_elbo = Formula(
    r"\mathrm{E}_{z \sim q}[\ln p(x \mid z)] - D(q(z \mid x) \parallel p(z))"
    r" = \ln p(x) - K(x, \mu, \sigma)",
    {
        "x": _X,
        r"\mu": _MU,
        r"\sigma": _SIGMA,
        "p": kit.function(("样本的密度", "the density of an example"), _evidence),
        "K": kit.function(
            (
                r"$q(z \mid x)$ 到真后验 $p(z \mid x)$ 的 KL 散度，不小于 0",
                r"KL divergence of $q(z \mid x)$ from the true posterior $p(z \mid x)$, at least 0",
            ),
            _gap,
        ),
    },
    equals=lambda x, mu, sigma: linear_elbo(x, mu, sigma),
)

formula_linear = Formula(
    r"\mathrm{ELBO} = -\frac{(x - w \mu)^2 + w^2 \sigma^2}{2 s^2} - \frac{1}{2} \ln(2 \pi s^2)"
    r" - \frac{1}{2} (\mu^2 + \sigma^2 - 1) + \ln \sigma",
    {"x": _X, "w": _W, "s": _S, r"\mu": _MU, r"\sigma": _SIGMA},
    equals=lambda x, mu, sigma, w, s: linear_elbo(x, mu, sigma, w, s),
)

formula_kl = Formula(
    r"D(\mathcal{N}(\mu, \operatorname{diag}(\sigma^2)) \parallel \mathcal{N}(0, I))"
    r" = \frac{1}{2} \sum_{j=1}^{d} \left(\mu_j^2 + \sigma_j^2 - 1 - \ln \sigma_j^2\right)",
    {
        r"\mu": kit.array(("编码器给出的均值", "means given by the encoder"), ("d",), -3, 3),
        r"\sigma": kit.array(("编码器给出的标准差", "standard deviations"), ("d",), 0.1, 3),
        "d": kit.integer(("隐变量的维数", "dimensions of the code"), 1, 6),
    },
    equals=lambda mu, sigma: kl_to_standard(mu, 2 * np.log(sigma)),
)

formula_reparameterization = Formula(
    r"z = \mu + \sigma \odot \varepsilon",
    {
        r"\mu": kit.array(("均值", "means"), ("d",), -3, 3),
        r"\sigma": kit.array(("标准差", "standard deviations"), ("d",), 0.1, 3),
        r"\varepsilon": kit.array(
            ("标准正态的随机数", "random numbers from N(0, 1)"), ("d",), -3, 3
        ),
        "d": kit.integer(("隐变量的维数", "dimensions of the code"), 1, 6),
    },
    equals=lambda mu, sigma, varepsilon: reparameterize(mu, 2 * np.log(sigma), varepsilon),
)


def _best_square(lambda_: float, s: float) -> float:
    """The w² that maximises the mean of ln p(x) for data of variance lambda_: a golden search."""

    def mean_log(square: float) -> float:
        total = square + s**2
        return -(np.log(total) + lambda_ / total) / 2

    low, high, golden = 0.0, 20.0, (np.sqrt(5) - 1) / 2
    for _ in range(80):
        a, b = high - golden * (high - low), low + golden * (high - low)
        if mean_log(a) < mean_log(b):
            low = a
        else:
            high = b
    return (low + high) / 2


formula_collapse = Formula(
    r"w^2 = \max(\lambda - s^2, 0)",
    {"s": _S, r"\lambda": kit.scalar(("数据的方差", "the variance of the data"), 0.1, 9)},
    equals=lambda s, lambda_: _best_square(lambda_, s),
    tolerance=1e-5,
)


# --------------------------------------------------------------------------- evidence


def check_torch() -> Check:
    """The closed KL against torch.distributions, the ELBO against Normal.log_prob and KL there."""
    import torch
    from torch.distributions import Normal
    from torch.distributions import kl_divergence as theirs

    pairs = []
    for rng in kit.seeds(10):
        mu, log_var, x = rng.normal(size=(4, 2)), rng.normal(size=(4, 2)), rng.normal(size=(4, 3))
        eps, weights = rng.normal(size=(6, 4, 2)), rng.normal(size=(2, 3))
        code = Normal(torch.tensor(mu), torch.tensor(log_var / 2).exp())
        unit = Normal(torch.zeros(4, 2).double(), torch.ones(4, 2).double())
        divergence = theirs(code, unit).sum(dim=-1)
        pairs.append((kl_to_standard(mu, log_var), divergence))
        z = torch.tensor(mu) + torch.tensor(log_var / 2).exp() * torch.tensor(eps)
        log_p = Normal(torch.tanh(z @ torch.tensor(weights)), 0.3).log_prob(torch.tensor(x))
        ours = elbo(x, mu, log_var, lambda z, weights=weights: np.tanh(z @ weights), 0.3, eps)
        pairs.append((ours, log_p.sum(dim=-1).mean(dim=0) - divergence))
    return kit.compare(
        ("PyTorch 的 `torch.distributions`", "PyTorch's `torch.distributions`"),
        pairs,
        tolerance=1e-12,
    )
