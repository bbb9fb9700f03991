"""GAN: a generator and a discriminator that train one another."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from snippets import kit
from snippets.kit import Check, Formula


def gan_value(p: ArrayLike, q: ArrayLike, d: ArrayLike) -> float:
    """V = Σ p ln d + Σ q ln(1 - d): data p, generator q, and d the discriminator's output at each
    outcome; all of one shape.  Where p or q is 0, its term is 0.  [goodfellow2014]

    ValueError: shapes that differ, a d that is not between 0 and 1 where there is mass.
    """
    p, q, d = (np.asarray(v, dtype=float) for v in (p, q, d))
    if not p.shape == q.shape == d.shape:
        raise ValueError(f"shapes {p.shape}, {q.shape}, {d.shape}; give three of the same")
    data, made = p > 0, q > 0
    if not ((d >= 0) & (d <= 1))[data | made].all():
        raise ValueError("d must lie between 0 and 1; give probabilities, not logits")
    with np.errstate(divide="ignore"):
        return float((p[data] * np.log(d[data])).sum() + (q[made] * np.log1p(-d[made])).sum())


def optimal_discriminator(p: ArrayLike, q: ArrayLike) -> np.ndarray:
    """D* = p / (p + q), which maximises gan_value; where neither has mass, nan."""
    p, q = np.asarray(p, dtype=float), np.asarray(q, dtype=float)
    with np.errstate(invalid="ignore"):
        return p / (p + q)


def js_divergence(p: ArrayLike, q: ArrayLike) -> float:
    """Jensen-Shannon divergence of two distributions in nats, from 0 to ln 2.

    ValueError: shapes that differ, a negative probability.
    """
    p, q = np.asarray(p, dtype=float), np.asarray(q, dtype=float)
    if p.shape != q.shape:
        raise ValueError(f"p is {p.shape} and q is {q.shape}; give two of the same shape")
    if (p < 0).any() or (q < 0).any():
        raise ValueError("a probability is negative; give probabilities, not logarithms")
    m = (p + q) / 2
    return float(sum((a[a > 0] * np.log(a[a > 0] / m[a > 0])).sum() / 2 for a in (p, q)))


def wasserstein_1d(x: ArrayLike, p: ArrayLike, q: ArrayLike) -> float:
    """W1 of the distributions p and q over the points x of a line: the area between their
    cumulative sums.  [arjovsky2017]

    ValueError: shapes that differ, x not ascending, p and q of different mass.
    """
    x, p, q = (np.asarray(v, dtype=float) for v in (x, p, q))
    if not x.shape == p.shape == q.shape:
        raise ValueError(f"shapes {x.shape}, {p.shape}, {q.shape}; give three of the same")
    if (np.diff(x) < 0).any():
        raise ValueError("x is not ascending; sort x, and p and q with it")
    if not np.isclose(p.sum(), q.sum(), rtol=1e-9):
        raise ValueError(f"p adds up to {p.sum():g} and q to {q.sum():g}; give distributions")
    return float((np.abs(np.cumsum(p - q))[:-1] * np.diff(x)).sum())


def torch_gan_losses(real, fake):
    """Losses from the logits of D for real and for generated samples: of D, and of G (the
    saturating one of the minimax game, the non-saturating one of practice).
    """
    import torch
    import torch.nn.functional as F

    one, zero = torch.ones_like(real), torch.zeros_like(fake)
    bce = F.binary_cross_entropy_with_logits
    d_loss = bce(real, one) + bce(fake, zero)
    return d_loss, -bce(fake, zero), bce(fake, torch.ones_like(fake))


def torch_gan_1d(penalty: float, runs: int = 5, steps: int = 800, batch: int = 256, seed: int = 0):
    """A GAN for N(1, 0.5²): G(z) = s z + m and D(x) = σ(a + b x + c x²), ``runs`` of them at once.

    ``penalty`` weighs the squared slope of D's logit at the data.  Returns s and m, and a, b, c,
    after each step: (steps + 1, 2, runs) and (steps + 1, 3, runs).
    """
    import torch
    import torch.nn.functional as F

    rng = torch.Generator().manual_seed(seed)
    g = torch.tensor([[1.0], [-1.0]]).repeat(1, runs).requires_grad_()
    d = torch.zeros(3, runs, requires_grad=True)
    path_g, path_d = [g.detach().clone()], [d.detach().clone()]

    def generate():
        return g[0] * torch.randn(batch, runs, generator=rng) + g[1]

    def logit(x):
        return d[0] + d[1] * x + d[2] * x**2

    for _ in range(steps):
        x, fake = 1 + 0.5 * torch.randn(batch, runs, generator=rng), generate().detach()
        d_loss = F.softplus(-logit(x)) + F.softplus(logit(fake))
        d_loss = d_loss + penalty * (d[1] + 2 * d[2] * x) ** 2
        (step_d,) = torch.autograd.grad(d_loss.mean(dim=0).sum(), d)
        with torch.no_grad():
            d -= 0.3 * step_d
        g_loss = F.softplus(-logit(generate()))  # non-saturating: -ln D(G(z))
        (step_g,) = torch.autograd.grad(g_loss.mean(dim=0).sum(), g)
        with torch.no_grad():
            g -= 0.1 * step_g
        path_g.append(g.detach().clone())
        path_d.append(d.detach().clone())
    return torch.stack(path_g), torch.stack(path_d)


def torch_dcgan_generator(z: int = 100, width: int = 64, channels: int = 3):
    """DCGAN's generator, (n, z, 1, 1) to (n, channels, 64, 64) in [-1, 1].  [radford2016]"""
    from torch import nn

    def up(fan_in, fan_out, stride, padding):
        conv = nn.ConvTranspose2d(fan_in, fan_out, 4, stride, padding, bias=False)
        return nn.Sequential(conv, nn.BatchNorm2d(fan_out), nn.ReLU())

    return nn.Sequential(
        up(z, 8 * width, 1, 0),
        up(8 * width, 4 * width, 2, 1),
        up(4 * width, 2 * width, 2, 1),
        up(2 * width, width, 2, 1),
        nn.Sequential(nn.ConvTranspose2d(width, channels, 4, 2, 1, bias=False), nn.Tanh()),
    )


# --------------------------------------------------------------------------- formulas

_N = kit.integer(("可能结果的个数", "number of outcomes"), 2, 6)
_P = kit.array(("数据的分布", "distribution of the data"), ("n",), 0.05, 1)
_Q = kit.array(("生成器的分布", "distribution of the generator"), ("n",), 0.05, 1)


def _scaled(v: np.ndarray) -> np.ndarray:
    """Positive numbers made a distribution."""
    return v / v.sum()


def _js(p: np.ndarray, q: np.ndarray) -> float:
    return js_divergence(_scaled(p), _scaled(q))


def _best_value(p: np.ndarray, q: np.ndarray) -> float:
    p, q = _scaled(p), _scaled(q)
    return gan_value(p, q, optimal_discriminator(p, q))


def _saddle() -> float:
    """min over q, max over D for data (0.3, 0.7): both by search on a grid, no formula used."""
    d = np.linspace(0.0, 1.0, 2003)[1:-1]
    p = (0.3, 0.7)

    def best(q: float) -> float:
        return sum(
            float((a * np.log(d) + b * np.log1p(-d)).max())
            for a, b in zip(p, (q, 1 - q), strict=True)
        )

    return min(best(q) for q in np.linspace(0.01, 0.99, 99))


formula_minimax = Formula(
    r"\min_G \max_D \left(\mathrm{E}_x[\ln D(x)] + \mathrm{E}_z[\ln(1 - D(G(z)))]\right)"
    r" = -2 \ln 2",
    {},
    equals=_saddle,
    tolerance=1e-6,
)

formula_optimal = Formula(
    r"D^*_i = \frac{p_i}{p_i + q_i}",
    {"p": _P, "q": _Q, "n": _N, "i": kit.index(("一个结果", "an outcome"), "n")},
    equals=optimal_discriminator,
)

formula_js = Formula(
    r"\begin{aligned} m_i &= \frac{p_i + q_i}{2} \\"
    r" \operatorname{JS}(p, q) &= \frac{1}{2} \sum_{i=1}^{n} p_i \ln \frac{p_i}{m_i}"
    r" + \frac{1}{2} \sum_{i=1}^{n} q_i \ln \frac{q_i}{m_i} \end{aligned}",
    {"p": _P, "q": _Q, "n": _N, "i": kit.index(("一个结果", "an outcome"), "n")},
    equals={"m_i": lambda p, q: (p + q) / 2, r"\operatorname{JS}(p, q)": js_divergence},
)

formula_value = Formula(
    r"\max_D \left(\mathrm{E}_{x \sim p}[\ln D(x)] + \mathrm{E}_{x \sim q}[\ln(1 - D(x))]\right)"
    r" = -2 \ln 2 + 2 \operatorname{JS}(p, q)",
    {
        "p": _P,
        "q": _Q,
        "n": _N,
        r"\operatorname{JS}": kit.function(
            ("Jensen–Shannon 散度", "the Jensen–Shannon divergence"), _js
        ),
    },
    equals=_best_value,
)


def _sigmoid(s):
    return 1 / (1 + np.exp(-s))


def _torch_log_d(s):
    import torch.nn.functional as F

    return F.logsigmoid(s)


_S = kit.scalar(("D 的 logit", "the logit of D"), -8, 8)
_SIGMA = kit.function(("sigmoid，即 D", "sigmoid, which is D"), _sigmoid)

formula_saturating = Formula(
    r"\frac{\partial \ln(1 - D)}{\partial s} = -\sigma(s)",
    {"s": _S, r"\sigma": _SIGMA},
    derivative_of=lambda s: np.log1p(-_sigmoid(s)),
    autograd=lambda s: _torch_log_d(-s),
    wrt="s",
)

formula_non_saturating = Formula(
    r"\frac{\partial (-\ln D)}{\partial s} = \sigma(s) - 1",
    {"s": _S, r"\sigma": _SIGMA},
    derivative_of=lambda s: -np.log(_sigmoid(s)),
    autograd=lambda s: -_torch_log_d(s),
    wrt="s",
)


P, Q = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5])  # the worked example


# --------------------------------------------------------------------------- evidence


def check_sorted() -> Check:
    """W1 of samples of one size is the mean distance of the sorted samples."""
    pairs = []
    for rng in kit.seeds(30):
        a, b = rng.normal(size=40), rng.normal(1, 2, 40)
        x = np.concatenate([a, b])
        order = np.argsort(x)
        p, q = np.repeat([1 / 40, 0.0], 40)[order], np.repeat([0.0, 1 / 40], 40)[order]
        pairs.append((wasserstein_1d(x[order], p, q), np.abs(np.sort(a) - np.sort(b)).mean()))
    return kit.compare(
        ("排序后逐个相减", "the differences of the sorted samples"), pairs, tolerance=1e-12
    )


def check_search() -> Check:
    """The best D by PyTorch's gradient ascent on the logits, and the value there."""
    import torch
    import torch.nn.functional as F

    pairs = []
    for rng in kit.seeds(5):
        p, q = rng.dirichlet(np.ones(4), 2)
        logit = torch.zeros(4, dtype=torch.float64, requires_grad=True)
        weights = torch.tensor(p), torch.tensor(q)
        find = torch.optim.LBFGS([logit], max_iter=100, tolerance_grad=1e-12, tolerance_change=0)

        def loss(logit=logit, weights=weights):
            return (weights[0] * F.softplus(-logit) + weights[1] * F.softplus(logit)).sum()

        def closure(find=find, loss=loss):
            find.zero_grad()
            found = loss()
            found.backward()
            return found

        find.step(closure)
        pairs += [
            (optimal_discriminator(p, q), torch.sigmoid(logit.detach())),
            (2 * js_divergence(p, q) - 2 * np.log(2), -loss().item()),
        ]
    return kit.compare(
        (
            "用 PyTorch 的 L-BFGS 直接搜索最优判别器",
            "a direct search for the best discriminator with PyTorch's L-BFGS",
        ),
        pairs,
        tolerance=1e-6,
    )
