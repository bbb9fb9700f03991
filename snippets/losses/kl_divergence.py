"""KL divergence: what it costs, in logarithms, to take one distribution for another."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from snippets import kit
from snippets.activations.softmax import log_softmax, softmax, torch_log_softmax, torch_softmax
from snippets.kit import Check, Formula
from snippets.losses import _b_exact


def kl_divergence(p: ArrayLike, q: ArrayLike) -> np.ndarray:
    """D(p || q) = Σ p ln(p / q) along the last axis, in nats; p and q are distributions.

    A class with p = 0 counts for nothing; one with p > 0 and q = 0 makes the result infinite.
    ValueError: shapes that differ, a negative probability.  That the sums are 1 is not checked.
    [kullback1951]
    """
    p, q = np.asarray(p, dtype=float), np.asarray(q, dtype=float)
    if p.shape != q.shape:
        raise ValueError(f"p is {p.shape} and q is {q.shape}; give two of the same shape")
    if (p < 0).any() or (q < 0).any():
        raise ValueError("a probability is negative; give probabilities, not logarithms")
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(p > 0, p * (np.log(p) - np.log(q)), 0.0).sum(axis=-1)


def entropy(p: ArrayLike) -> np.ndarray:
    """H(p) = -Σ p ln p along the last axis, in nats: between 0 (one-hot) and ln K (uniform)."""
    p = np.asarray(p, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(p > 0, -p * np.log(p), 0.0).sum(axis=-1)


def kl_from_logits(a: ArrayLike, z: ArrayLike) -> np.ndarray:
    """D(softmax(a) || softmax(z)) along the last axis, without a logarithm of a probability.

    a and z are finite: a logit of -inf, as a mask gives, makes nan, in PyTorch too.  ValueError:
    shapes that differ.
    """
    if np.shape(a) != np.shape(z):
        raise ValueError(f"a is {np.shape(a)} and z is {np.shape(z)}; give two of the same shape")
    return (softmax(a) * (log_softmax(a) - log_softmax(z))).sum(axis=-1)


def kl_gaussian(mu: ArrayLike, sigma: ArrayLike) -> np.ndarray:
    """D(N(mu, sigma²) || N(0, 1)), element-wise; sigma > 0, else ValueError.  [kingma2014]"""
    mu, sigma = np.asarray(mu), np.asarray(sigma)
    if not (sigma > 0).all():
        raise ValueError("sigma must be positive")
    return (mu**2 + sigma**2 - 1) / 2 - np.log(sigma)


def torch_kl(p, q):
    """Mean of D(p_n || q_n) over a batch in PyTorch; p and q are (N, K).  Mind the order."""
    import torch.nn.functional as F

    return F.kl_div(q.log(), p, reduction="batchmean")


def torch_kl_from_logits(a, z):
    """The same from the logits a of the target and z of the model, both (N, K)."""
    import torch.nn.functional as F

    log_p, log_q = F.log_softmax(a, dim=-1), F.log_softmax(z, dim=-1)
    return F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)


# --------------------------------------------------------------------------- formulas

N = kit.integer(("类别数", "number of classes"), 2, 6)
P = kit.array(("概率分布", "a distribution"), ("n",), 0.01, 1)
Q = kit.array(("另一个概率分布", "another distribution"), ("n",), 0.01, 1)
_I = kit.index(("类别", "a class"), "n")
_SOFTMAX = kit.function(("", ""), softmax)


def _h(p: np.ndarray, q: np.ndarray | None = None) -> float:
    """Entropy of p, or the cross-entropy of p and q: no distributions are asked for."""
    return float(-np.sum(p * np.log(p if q is None else q)))


formula_definition = Formula(
    r"D(p \parallel q) = \sum_{i=1}^{n} p_i \ln \frac{p_i}{q_i}",
    {"p": P, "q": Q, "n": N},
    equals=kl_divergence,
)

formula_identity = Formula(
    r"D(p \parallel q) = H(p, q) - H(p)",
    {
        "p": P,
        "q": Q,
        "n": N,
        "H": kit.function(
            ("熵；有两个自变量时是交叉熵", "entropy; with two arguments cross-entropy"), _h
        ),
    },
    equals=kl_divergence,
)

formula_entropies = Formula(
    r"\sum_{i=1}^{n} p_i \ln \frac{p_i}{q_i}"
    r" = -\sum_{i=1}^{n} p_i \ln q_i + \sum_{i=1}^{n} p_i \ln p_i",
    {"p": P, "q": Q, "n": N},
)

formula_gibbs = Formula(
    r"\sum_{i=1}^{n} p_i \ln \frac{p_i}{q_i}"
    r" \ge \sum_{i=1}^{n} p_i \left(1 - \frac{q_i}{p_i}\right)"
    r" = \sum_{i=1}^{n} p_i - \sum_{i=1}^{n} q_i",
    {"p": P, "q": Q, "n": N},
)

formula_tangent = Formula(
    r"-\ln t \ge 1 - t",
    {"t": kit.scalar(("任意正数", "any positive number"), 0.001, 9)},
)

_X = np.array([1, 3, 3, 2, 3])

formula_likelihood = Formula(
    r"\hat{p}_k = \frac{1}{N} \sum_{n=1}^{N} \mathbf{1}[x_n = k], \quad"
    r" L = -\frac{1}{N} \sum_{n=1}^{N} \ln q_{x_n} = -\sum_{k=1}^{K} \hat{p}_k \ln q_k",
    {
        "x": kit.constant(("观测到的类别", "the classes that were observed"), _X),
        "N": kit.constant(("观测个数（这里取五个）", "number of observations (five here)"), 5),
        "q": kit.array(("模型给各类的概率", "the model's probabilities"), ("K",), 0.01, 1),
        "K": kit.constant(("类别数（这里三类）", "number of classes (three here)"), 3),
        "k": kit.index(("类别", "a class"), "K"),
    },
    equals={
        r"\hat{p}_k": lambda: np.bincount(_X - 1, minlength=3) / len(_X),
        "L": lambda q: -np.mean(np.log(q[_X - 1])),
    },
)

_Z = kit.array(("模型的 logits", "the logits of the model"), ("n",), -3, 3)
_A = kit.array(("目标的 logits", "the logits of the target"), ("n",), -3, 3)

formula_forward_gradient = Formula(
    r"\frac{\partial D(p \parallel q)}{\partial z_i} = q(z)_i - p(a)_i",
    {
        "q": kit.function(("softmax", "softmax"), softmax),
        "p": kit.function(("softmax", "softmax"), softmax),
        "z": _Z,
        "a": _A,
        "n": N,
        "i": _I,
    },
    derivative_of=lambda a, z: kl_from_logits(a, z),
    autograd=lambda a, z: _torch_divergence(a, z),
    wrt="z",
    samples=50,
)

formula_reverse_gradient = Formula(
    r"\frac{\partial D(q \parallel p)}{\partial z_i}"
    r" = q(z)_i \left(\ln \frac{q(z)_i}{p(a)_i}"
    r" - \sum_{j=1}^{n} q(z)_j \ln \frac{q(z)_j}{p(a)_j}\right)",
    {
        "q": kit.function(("softmax", "softmax"), softmax),
        "p": kit.function(("softmax", "softmax"), softmax),
        "z": _Z,
        "a": _A,
        "n": N,
        "i": _I,
    },
    derivative_of=lambda a, z: kl_from_logits(z, a),
    autograd=lambda a, z: _torch_divergence(z, a),
    wrt="z",
    samples=50,
)

formula_gaussian = Formula(
    r"D(\mathcal{N}(\mu, \sigma^2) \parallel \mathcal{N}(0, 1))"
    r" = \frac{1}{2} (\mu^2 + \sigma^2 - 1) - \ln \sigma",
    {
        r"\mu": kit.scalar(("均值", "the mean"), -3, 3),
        r"\sigma": kit.scalar(("标准差", "the standard deviation"), 0.1, 3),
    },
    equals=kl_gaussian,
)


def _torch_divergence(a, z):
    return (torch_softmax(a) * (torch_log_softmax(a) - torch_log_softmax(z))).sum()


# --------------------------------------------------------------------------- evidence


def check_torch() -> Check:
    """Divergences from probabilities and logits against F.kl_div and torch.distributions."""
    import torch
    from torch.distributions import Normal
    from torch.distributions import kl_divergence as theirs

    pairs = []
    for rng in kit.seeds(20):
        a, z = rng.normal(0, 3, (2, 6, 5))
        p, q = softmax(a), softmax(z)
        pairs += [
            (kl_divergence(p, q).mean(), torch_kl(torch.tensor(p), torch.tensor(q)).item()),
            (
                kl_from_logits(a, z).mean(),
                torch_kl_from_logits(torch.tensor(a), torch.tensor(z)).item(),
            ),
        ]
        mu, sigma = rng.normal(0, 2, 8), rng.uniform(0.1, 3, 8)
        normal = Normal(torch.tensor(mu), torch.tensor(sigma))
        unit = Normal(torch.zeros(8).double(), torch.ones(8).double())
        pairs.append((kl_gaussian(mu, sigma), theirs(normal, unit)))
    return kit.compare(
        (
            "PyTorch 的 `F.kl_div` 与 `torch.distributions`",
            "PyTorch's `F.kl_div` and `torch.distributions`",
        ),
        pairs,
        tolerance=1e-13,
    )


def check_exact() -> Check:
    pairs = []
    for rng in kit.seeds(50):
        p, q = rng.dirichlet(np.ones(4), 2)
        pairs.append((kl_divergence(p, q), _b_exact.divergence(p, q)))
    return kit.compare(
        ("50 位十进制算术", "decimal arithmetic of 50 digits"), pairs, tolerance=1e-14
    )
