"""The closed KL against samples, and two ways to the gradient of an expectation."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.architectures.vae import (
    NOISE,
    WEIGHT,
    _expect,
    kl_to_standard,
    linear_elbo,
    linear_posterior,
)
from snippets.kit import Col, Figure, Formula, Spread, Table, Tr

MEAN, STD = 0.5, 0.8
RUNS, SAMPLES = 5, 100_000


def value_kl() -> dict[str, object]:
    """D(N(0.5, 0.8²) || N(0, 1)): closed, and the mean of ln q - ln p over samples of q."""
    drawn = []
    for rng in kit.seeds(RUNS):
        z = MEAN + STD * rng.normal(size=SAMPLES)
        log_ratio = -(((z - MEAN) / STD) ** 2) / 2 - np.log(STD) + z**2 / 2
        drawn.append(log_ratio.mean())
    return {
        "closed": float(kl_to_standard([MEAN], [2 * np.log(STD)])),
        "sampled": Spread(drawn),
        "samples": SAMPLES,
        "runs": RUNS,
        "mean": MEAN,
        "std": STD,
    }


def _variance(estimate, mu: float, sigma: float) -> float:
    mean = _expect(estimate, mu, sigma)
    return _expect(lambda z: (estimate(z) - mean) ** 2, mu, sigma)


_MU = kit.scalar(("均值", "the mean"), -2, 2)
_SIGMA = kit.scalar(("标准差", "the standard deviation"), 0.3, 2)

formula_gradient = Formula(
    r"\frac{\partial\,\mathrm{E}[z^2]}{\partial \mu} = 2 \mu",
    {r"\mu": _MU},
    derivative_of=lambda mu: mu**2 + STD**2,
    autograd=lambda mu: mu**2 + STD**2,
    wrt=r"\mu",
)

formula_path_variance = Formula(
    r"\operatorname{Var}[2 z] = 4 \sigma^2",
    {r"\sigma": _SIGMA},
    equals=lambda sigma: _variance(lambda z: 2 * z, MEAN, sigma),
)

formula_score_variance = Formula(
    r"\operatorname{Var}\left[z^2 \frac{z - \mu}{\sigma^2}\right]"
    r" = \frac{\mu^4}{\sigma^2} + 14 \mu^2 + 15 \sigma^2",
    {r"\mu": _MU, r"\sigma": _SIGMA},
    equals=lambda mu, sigma: _variance(lambda z: z**2 * (z - mu) / sigma**2, mu, sigma),
)

BATCH = 1000


@cache
def _estimates() -> dict[str, list[tuple[float, float]]]:
    """Of each run: mean and standard deviation of the estimates of dE[z²]/dμ, two ways."""
    import torch

    found: dict[str, list[tuple[float, float]]] = {"path": [], "score": []}
    for rng in kit.seeds(RUNS):
        eps = torch.tensor(rng.normal(size=BATCH))
        # as many copies of μ as there are samples: the gradient of each sample by itself
        mu = torch.full((BATCH,), MEAN, dtype=torch.float64, requires_grad=True)
        ((mu + STD * eps) ** 2).sum().backward()
        assert mu.grad is not None
        path = mu.grad.clone()
        mu.grad = None
        z = (mu + STD * eps).detach()
        log_q = torch.distributions.Normal(mu, STD).log_prob(z)
        (z**2 * log_q).sum().backward()
        for key, grads in (("path", path), ("score", mu.grad)):
            found[key].append((grads.mean().item(), grads.std().item()))
    return found


def table_gradient(tr: Tr) -> Table:
    names = {
        "path": tr("重参数化：对 $z$ 求导", "reparameterised: through $z$"),
        "score": tr("得分函数（REINFORCE）", "score function (REINFORCE)"),
    }
    exact = {"path": 2 * STD, "score": np.sqrt(MEAN**4 / STD**2 + 14 * MEAN**2 + 15 * STD**2)}
    return Table(
        [
            tr("估计方法", "estimator"),
            Col(tr("均值", "mean"), format=".2f"),
            Col(tr("单个样本的标准差", "std of one sample"), format=".2f"),
            Col(tr("理论值", "in theory"), format=".3f"),
        ],
        [
            [
                name,
                Spread(mean for mean, _ in _estimates()[key]),
                Spread(std for _, std in _estimates()[key]),
                float(exact[key]),
            ]
            for key, name in names.items()
        ],
        caption=tr(
            f"∂E[z²]/∂μ 的两种估计，μ = {MEAN:g}、σ = {STD:g}，真值 {2 * MEAN:g}；"
            f"每次 {BATCH} 个样本，均值 [最小, 最大]，{RUNS} 次",
            f"Two estimators of ∂E[z²]/∂μ at μ = {MEAN:g}, σ = {STD:g}, true value {2 * MEAN:g}; "
            f"{BATCH} samples a run, mean [smallest, largest] of {RUNS} runs",
        ),
    )


def value_gradient() -> dict[str, float]:
    ratio = (MEAN**4 / STD**2 + 14 * MEAN**2 + 15 * STD**2) / (4 * STD**2)
    return {"ratio": ratio, "true": 2 * MEAN}


# --------------------------------------------------------------------------- the gap

EXAMPLE = 1.2


def figure_bound(tr: Tr) -> Figure:
    """The ELBO of one example over the mean of q, for three standard deviations."""
    mean, std = linear_posterior(EXAMPLE)
    mu = np.linspace(-0.6, 1.9, 126)
    evidence = linear_elbo(EXAMPLE, mean, std)
    canvas, axes = kit.canvas(height=2.7)
    data = {"mu": mu}
    labels = (
        (1.0, tr("σ 等于真后验的", "σ of the true posterior")),
        (2.0, tr("两倍", "twice that")),
        (0.5, tr("一半", "half of it")),
    )
    for (scale, label), colour, line in zip(labels, kit.SERIES, kit.LINES, strict=False):
        bound = np.array([linear_elbo(EXAMPLE, m, scale * std) for m in mu])
        axes.plot(mu, bound, color=colour, linestyle=line, label=label)
        data[f"bound{scale:g}"] = bound
    axes.axhline(evidence, color=kit.INK, linewidth=0.9)
    axes.text(-0.55, evidence + 0.07, "ln p(x)", color=kit.INK, va="bottom")
    axes.plot([mean], [evidence], "o", color=kit.INK, markersize=4)
    axes.set_ylim(evidence - 4, evidence + 0.6)
    axes.set_xlabel(tr("q 的均值 μ", "mean μ of q"))
    axes.set_ylabel("ELBO")
    axes.legend(loc="lower center")
    return Figure(
        canvas,
        caption=tr(
            "线性模型里一个样本的 ELBO（w = 1.5，s = 0.5，x = 1.2）。它从不超过 ln p(x)，"
            "只有 q 等于真后验时才碰到（圆点）。",
            "ELBO of one example in the linear model (w = 1.5, s = 0.5, x = 1.2). It never exceeds "
            "ln p(x) and touches it only where q is the true posterior (dot).",
        ),
        alt=tr(
            "三条开口向下的抛物线都在一条水平线之下，只有实线的顶点碰到它。",
            "Three parabolas open downwards below a level line; only the top of the solid one "
            "touches it.",
        ),
        data=data,
    )


def value_bound() -> dict[str, float]:
    mean, std = linear_posterior(EXAMPLE)
    return {
        "x": EXAMPLE,
        "weight": WEIGHT,
        "noise": NOISE,
        "evidence": linear_elbo(EXAMPLE, mean, std),
        "prior": linear_elbo(EXAMPLE, 0.0, 1.0),
        "mean": mean,
        "std": std,
    }
