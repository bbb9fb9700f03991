"""A VAE on eight humps in the plane as it trains, and what the noise of its decoder decides."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from snippets import kit
from snippets.architectures import _ring
from snippets.kit import Col, Figure, Spread, Table, Tr

RUNS, STEPS, BATCH, HIDDEN, LATENT, SEEN = 5, 1500, 96, 32, 2, 1000
RATE, DRAWS = 1e-2, 32
SHOWN = (0, 100, 300, 1500)
WAYS = {
    "annealed": (0.1, 1.0, 1.0),
    "fixed": (0.1, 1.0, 0.1),
    "plain": (0.1, 0.0, 0.1),
    "noisy": (2.0, 1.0, 2.0),
}
"""Standard deviation of the decoder's noise, weight of the KL, and the noise at the start."""
ANNEALED = 0.6
"""The share of the steps over which the noise goes from its start to its end."""
ENC, DEC = (2, HIDDEN, HIDDEN, 2 * LATENT), (LATENT, HIDDEN, HIDDEN, 2)


@dataclass(frozen=True)
class Trained:
    """Samples and codes by step (shown, runs, SEEN, 2), of the first way; scores by way and run."""

    samples: np.ndarray
    codes: np.ndarray
    labels: np.ndarray
    kl: np.ndarray
    error: np.ndarray
    elbo: np.ndarray
    log_p: np.ndarray
    near: np.ndarray
    humps: np.ndarray


@cache
def train() -> Trained:
    import torch

    rng = torch.Generator().manual_seed(0)
    noise, beta, start = (
        torch.tensor([way[i] for way in WAYS.values()]).repeat_interleave(RUNS)[:, None]
        for i in range(3)
    )
    enc, dec = (
        _ring.parameters(RUNS, sizes, rng).detach().repeat(len(WAYS), 1).requires_grad_()
        for sizes in (ENC, DEC)
    )
    steps = [_ring.Adam(theta, RATE) for theta in (enc, dec)]
    prior = torch.randn(RUNS, SEEN, LATENT, generator=rng).repeat(len(WAYS), 1, 1)
    jitter = torch.randn(RUNS, SEEN, 2, generator=rng).repeat(len(WAYS), 1, 1)
    held, labels = _ring.ring(RUNS, SEEN, rng)
    held = held.repeat(len(WAYS), 1, 1)

    def parts(x, eps):
        """Of each example: code, its ln variance, KL, squared error, and ln p(x | z)."""
        mu, log_var = _ring.mlp(enc, ENC, x).chunk(2, dim=-1)
        kl = (mu**2 + log_var.exp() - 1 - log_var).sum(dim=-1) / 2
        error = (x - _ring.mlp(dec, DEC, mu + (log_var / 2).exp() * eps)).square().sum(dim=-1)
        log_p = -error / (2 * noise**2) - torch.log(2 * np.pi * noise**2)
        return mu, log_var, kl, error, log_p

    samples, codes = [], []
    for step in range(STEPS + 1):
        if step in SHOWN:
            with torch.no_grad():
                made = _ring.mlp(dec, DEC, prior) + noise[..., None] * jitter
                samples.append(made[:RUNS])
                mu, log_var, *_ = parts(held, jitter)
                codes.append((mu + (log_var / 2).exp() * jitter)[:RUNS])
        if step == STEPS:
            break
        x = _ring.ring(RUNS, BATCH, rng)[0].repeat(len(WAYS), 1, 1)
        eps = torch.randn(RUNS, BATCH, LATENT, generator=rng).repeat(len(WAYS), 1, 1)
        _, _, kl, error, _ = parts(x, eps)
        now = noise * (start / noise) ** max(0.0, 1 - step / (ANNEALED * STEPS))
        # times the variance of the noise, so that the rate need not follow it
        loss = (beta * kl * now**2 + error / 2).mean(dim=1)
        scale = min(1.0, 2 * (1 - step / STEPS))
        for theta, gradient in zip(
            (enc, dec), torch.autograd.grad(loss.sum(), (enc, dec)), strict=True
        ):
            steps[theta is dec].step(gradient, scale)
    with torch.no_grad():
        kls, errors, bounds, weights = [], [], [], []
        for _ in range(DRAWS):
            eps = torch.randn(RUNS, SEEN, LATENT, generator=rng).repeat(len(WAYS), 1, 1)
            mu, log_var, kl, error, log_p = parts(held, eps)
            z = mu + (log_var / 2).exp() * eps
            kls.append(kl)
            errors.append(error)
            bounds.append(log_p - kl)
            # importance weight p(x, z) / q(z | x); the constants of both normals cancel
            weights.append(log_p - (z**2 - eps**2 - log_var).sum(dim=-1) / 2)
        made = _ring.mlp(dec, DEC, prior) + noise[..., None] * jitter
        humps, near = _ring.found(made)
        log_mean = torch.logsumexp(torch.stack(weights), dim=0) - np.log(len(weights))

        def mean(values) -> np.ndarray:
            found = torch.stack(values).mean(dim=(0, 2)) if isinstance(values, list) else values
            return found.reshape(len(WAYS), RUNS).numpy()

        return Trained(
            torch.stack(samples).numpy(),
            torch.stack(codes).numpy(),
            labels.numpy(),
            mean(kls),
            mean(errors),
            mean(bounds),
            mean(log_mean.mean(dim=1)),
            np.array(near).reshape(len(WAYS), RUNS),
            np.array(humps).reshape(len(WAYS), RUNS),
        )


def figure_ring(tr: Tr) -> Figure:
    found = train()
    canvas, panels = kit.canvas(2, len(SHOWN), height=3.4)
    rng = np.random.default_rng(0)
    angle = 2 * np.pi * rng.integers(_ring.MODES, size=400) / _ring.MODES
    real = np.stack([np.cos(angle), np.sin(angle)], axis=1) * _ring.RADIUS
    real += _ring.STD * rng.normal(size=real.shape)
    for column, step in enumerate(SHOWN):
        above, below = panels[:, column]
        _ring.dots(above, real, kit.MUTED, 0.8, alpha=0.5)
        _ring.dots(above, found.samples[column, 0, :500], kit.BLUE, 1.0)
        above.set_title(tr(f"第 {step} 步", f"step {step}"))
        for hump in range(_ring.MODES):
            of = found.codes[column, 0][found.labels[0] == hump][:60]
            colour = kit.SERIES[hump % len(kit.SERIES)]
            _ring.dots(below, of, colour, 1.0)
            if column == len(SHOWN) - 1:
                below.text(
                    *(1.6 * of.mean(axis=0)), str(hump + 1), color=kit.INK, ha="center", va="center"
                )
        for axes in (above, below):
            axes.set_aspect("equal")
            axes.set_xlim(-3.2, 3.2)
            axes.set_ylim(-3.2, 3.2)
            axes.set_xticks([])
            axes.set_yticks([])
    panels[0, 0].set_ylabel(tr("样本", "samples"))
    panels[1, 0].set_ylabel(tr("编码 z", "codes z"))
    return Figure(
        canvas,
        caption=tr(
            f"VAE 在八个峰（灰）上的训练，{RUNS} 次中的第一次（解码器噪声由 1 退火到 0.1）。"
            "上：由先验抽取、再解码的样本（蓝）。下：编码器给新样本的编码 z，数字是峰的编号；"
            "起初各峰混在一起，最后各占一块；先验也会抽到块与块之间，那里解码出来就落在峰与峰之间。",
            f"A VAE trained on eight humps (grey), first of {RUNS} runs (decoder noise annealed "
            "from 1 to 0.1). Top: samples drawn from the prior and decoded (blue). Bottom: codes z "
            "that the encoder gives to new examples, numbered by hump; mixed up at first, in the "
            "end each in a region of its own; the prior also draws from between the regions, and "
            "what is decoded there lies between humps.",
        ),
        alt=tr(
            "两行四列散点图。上行：样本由一团变成环，最后集中在八个峰上，峰间有零散的点。"
            "下行：编码由混杂的一团变成环上八小块，中间是空的。",
            "Two rows of four scatter plots. Top: the samples turn from a blob into a ring and "
            "gather on eight humps, some points between them. Bottom: the codes turn from a mixed "
            "heap into eight small regions on a ring, empty in the middle.",
        ),
        data={"samples": found.samples[:, 0], "codes": found.codes[:, 0]},
    )


def table_ring(tr: Tr) -> Table:
    names = {
        "annealed": tr("噪声由 1 退火到 0.1", "noise annealed, 1 to 0.1"),
        "fixed": tr("噪声一直是 0.1", "noise 0.1 throughout"),
        "plain": tr("噪声 0.1，不要 KL 项", "noise 0.1, no KL term"),
        "noisy": tr("噪声一直是 2", "noise 2 throughout"),
    }
    found = train()
    return Table(
        [
            tr("训练方式", "training"),
            Col("KL", format=".2f"),
            Col(tr("重建误差", "squared error"), format=".3f"),
            Col("ELBO", format=".2f"),
            Col(tr("样本在峰上", "samples on humps"), format=".2f"),
        ],
        [
            [
                names[way],
                *(Spread(score[i]) for score in (found.kl, found.error, found.elbo, found.near)),
            ]
            for i, way in enumerate(WAYS)
        ],
        caption=tr(
            f"{STEPS} 步之后，均值 [最小, 最大]，{RUNS} 次；"
            f"在 {SEEN} 个新样本上算，KL 与 ELBO 以奈特计",
            f"After {STEPS} steps, mean [smallest, largest] of {RUNS} runs on {SEEN} new examples; "
            "KL and ELBO in nats",
        ),
    )


def value_ring() -> dict[str, object]:
    found = train()
    names = ("kl", "error", "elbo", "log_p", "near", "humps")
    scores = {
        f"{way}_{name}": Spread(getattr(found, name)[i])
        for i, way in enumerate(WAYS)
        for name in names
    }
    # humps that hardly overlap: the entropy of the choice and that of one normal in the plane
    best = -(np.log(_ring.MODES) + np.log(2 * np.pi * np.e * _ring.STD**2))
    settings = {
        "runs": RUNS,
        "steps": STEPS,
        "batch": BATCH,
        "hidden": HIDDEN,
        "rate": RATE,
        "best": float(best),
        "choice": float(np.log(_ring.MODES)),
        "importance": DRAWS,
    }
    return scores | settings


def value_threshold() -> dict[str, float]:
    """The noise from which a linear VAE ignores its code: the data's standard deviation."""
    return {"std": float(np.sqrt(_ring.RADIUS**2 / 2 + _ring.STD**2))}
