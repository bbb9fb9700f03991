"""A diffusion model on eight humps in the plane as it trains; its samplers, and its guidance."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from snippets import kit
from snippets.architectures import _ring
from snippets.architectures.diffusion import (
    alpha_bar,
    ddim_step,
    ddpm_step,
    guided,
    linear_schedule,
)
from snippets.kit import Col, Figure, Spread, Table, Tr

RUNS, STEPS, BATCH, HIDDEN, SEEN = 5, 1500, 128, 32, 500
T, RATE, DROP = 50, 1e-2, 0.5
SHOWN = (50, 150, 500, 1500)
SIZES = (2 + 4 + _ring.MODES, HIDDEN, HIDDEN, HIDDEN, 2)
WEIGHTS = (0.0, 1.0, 3.0)
FIRST, LAST = 0.002, 0.2
BETAS = linear_schedule(T, FIRST, LAST)
ALPHAS = alpha_bar(BETAS)


def _clock(t):
    """What the network is told of the step: four smooth functions of it, (..., 4)."""
    import torch

    a = torch.tensor(ALPHAS, dtype=torch.float32)[t]
    u = (t + 1) / T
    parts = (u, torch.log(a / (1 - a)) / 5, torch.sin(np.pi * u), torch.cos(np.pi * u))
    return torch.stack(parts, dim=-1)


def _predict(theta, x, t, label):
    """ε̂ of each run; label is one-hot, or all 0 where the class is not told."""
    import torch

    return _ring.mlp(theta, SIZES, torch.cat([x, _clock(t), label], dim=-1))


def sample(
    theta: Any, label: Any, *, steps: int = T, noisy: bool = True, w: float | None = None, n: int
):
    """Samples of all runs, (RUNS, n, 2): by DDPM over all T steps, or by DDIM over ``steps``.

    With ``w``, guided towards the label; without, the label goes in as it is.
    """
    import torch

    rng = torch.Generator().manual_seed(1)
    x = torch.randn(RUNS, n, 2, generator=rng).numpy()
    places = np.linspace(T - 1, 0, steps).round().astype(int)
    with torch.no_grad():
        for here, after in zip(places, [*places[1:], -1], strict=True):
            at = torch.full((RUNS, n), int(here))
            given = torch.tensor(x, dtype=torch.float32)
            eps = _predict(theta, given, at, label).numpy()
            if w is not None:
                eps = guided(eps, _predict(theta, given, at, torch.zeros_like(label)).numpy(), w)
            a_next = ALPHAS[after] if after >= 0 else 1.0
            if noisy:
                noise = torch.randn(RUNS, n, 2, generator=rng).numpy()
                x = ddpm_step(x, eps, BETAS[here], ALPHAS[here], a_next, noise)
            else:
                x = ddim_step(x, eps, ALPHAS[here], a_next)
    return torch.tensor(x, dtype=torch.float32)


@dataclass(frozen=True)
class Trained:
    """The networks, samples by step (shown, RUNS, SEEN, 2), and the loss of each step and run."""

    theta: Any
    samples: np.ndarray
    loss: np.ndarray


@cache
def train() -> Trained:
    import torch
    import torch.nn.functional as F

    rng = torch.Generator().manual_seed(0)
    theta = _ring.parameters(RUNS, SIZES, rng)
    optimizer = _ring.Adam(theta, RATE)
    alphas = torch.tensor(ALPHAS, dtype=torch.float32)
    blank = torch.zeros(RUNS, SEEN, _ring.MODES)
    samples, losses = [], []
    for step in range(1, STEPS + 1):
        x0, k = _ring.ring(RUNS, BATCH, rng)
        told = torch.rand(RUNS, BATCH, 1, generator=rng) >= DROP
        t = torch.randint(T, (RUNS, BATCH), generator=rng)
        eps = torch.randn(RUNS, BATCH, 2, generator=rng)
        a = alphas[t][..., None]
        x = a.sqrt() * x0 + (1 - a).sqrt() * eps
        error = _predict(theta, x, t, F.one_hot(k, _ring.MODES) * told) - eps
        loss = error.square().mean(dim=(1, 2))
        optimizer.step(
            *torch.autograd.grad(loss.sum(), theta), min(1.0, 2 * (1 - (step - 1) / STEPS))
        )
        losses.append(loss.detach())
        if step in SHOWN:
            samples.append(sample(theta, blank, n=SEEN))
    return Trained(theta, torch.stack(samples).numpy(), torch.stack(losses).numpy())


def figure_ring(tr: Tr) -> Figure:
    drawn = train().samples[:, 0]
    canvas, panels = kit.canvas(1, len(SHOWN), height=1.9, sharex=True, sharey=True)
    centres = _ring.centres().numpy()
    for axes, shown, step in zip(panels, drawn, SHOWN, strict=True):
        axes.plot(*centres.T, "o", color=kit.MUTED, markersize=9, markerfacecolor="none", alpha=0.8)
        _ring.dots(axes, shown, kit.BLUE, 1.0)
        axes.set_aspect("equal")
        axes.set_xlim(-3, 3)
        axes.set_ylim(-3, 3)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_title(tr(f"第 {step} 步", f"step {step}"))
    return Figure(
        canvas,
        caption=tr(
            f"训练中的扩散模型：每次都从同一批噪声出发，用 DDPM 采样 {T} 步"
            f"（{RUNS} 次中的第一次；圆圈为三个标准差）。先有轮廓，再分出各峰，不漏掉任何一个。",
            f"A diffusion model as it trains: samples by DDPM over {T} steps, from the same noise "
            f"each time (first of {RUNS} runs; circles: three standard deviations). First the "
            "outline, then the humps, none left out.",
        ),
        alt=tr(
            "四幅散点图：样本由一团变成环，再逐渐集中到环上的八个圆圈里。",
            "Four scatter plots: the samples turn from a blob into a ring and gather in eight "
            "circles on it.",
        ),
        data={"samples": drawn},
    )


def _scores(x) -> tuple[Spread, Spread]:
    humps, near = _ring.found(x)
    return Spread(humps), Spread(near)


SAMPLERS = (("ddpm", T, True), ("ddim50", T, False), ("ddim10", 10, False), ("ddim5", 5, False))


@cache
def _by_sampler() -> dict[str, tuple[Spread, Spread]]:
    import torch

    blank = torch.zeros(RUNS, SEEN, _ring.MODES)
    return {
        name: _scores(sample(train().theta, blank, steps=steps, noisy=noisy, n=SEEN))
        for name, steps, noisy in SAMPLERS
    }


def table_samplers(tr: Tr) -> Table:
    return Table(
        [
            tr("采样", "sampler"),
            Col(tr("网络调用", "network calls"), format="d"),
            Col(tr(f"找到的峰（共 {_ring.MODES}）", f"humps found of {_ring.MODES}"), format=".1f"),
            Col(tr("落在峰上的样本", "samples on humps"), format=".2f"),
        ],
        [
            [tr.name("DDPM" if noisy else "DDIM"), steps, *_by_sampler()[name]]
            for name, steps, noisy in SAMPLERS
        ],
        caption=tr(
            f"训练完的同一组网络，不给类别，均值 [最小, 最大]，{RUNS} 次，各 {SEEN} 个样本；"
            "离峰心不到三个标准差算落在峰上，得到应有份额的四分之一以上算找到",
            f"The same trained networks, no class told, mean [smallest, largest] of {RUNS} runs of "
            f"{SEEN} samples; on a hump: within three standard deviations; found: at least a "
            "quarter of its due share",
        ),
    )


@cache
def _by_weight() -> dict[float, tuple[Spread, Spread]]:
    """Share of samples near the hump that was asked for, and their spread a coordinate."""
    import torch
    import torch.nn.functional as F

    k = torch.arange(SEEN) % _ring.MODES
    label = F.one_hot(k, _ring.MODES).float().expand(RUNS, -1, -1)
    found = {}
    for w in WEIGHTS:
        x = sample(train().theta, label, noisy=False, w=w, n=SEEN)
        away = x - _ring.centres()[k]
        near = (away.norm(dim=-1) < _ring.NEAR).float().mean(dim=1)
        groups = torch.stack([x[:, k == j].std(dim=1).square().mean(dim=1) for j in range(8)])
        found[w] = (Spread(near.tolist()), Spread(groups.mean(dim=0).sqrt().tolist()))
    return found


def table_guided(tr: Tr) -> Table:
    return Table(
        [
            Col("w", format="g"),
            Col(tr("落在指定的峰上", "on the hump asked for"), format=".2f"),
            Col(tr("每个峰内的标准差", "std within a hump"), format=".3f"),
        ],
        [[w, *_by_weight()[w]] for w in WEIGHTS],
        caption=tr(
            f"给定类别，DDIM {T} 步，引导强度 w；均值 [最小, 最大]，{RUNS} 次，各 {SEEN} 个样本",
            f"A class told, DDIM over {T} steps, guidance of strength w; mean [smallest, largest] "
            f"of {RUNS} runs of {SEEN} samples",
        ),
    )


def value_ring() -> dict[str, object]:
    scores: dict[str, object] = {}
    for name, (humps, near) in _by_sampler().items():
        scores |= {f"{name}_humps": humps, f"{name}_near": near}
    for w, (near, std) in _by_weight().items():
        scores |= {f"right{w:g}": near, f"std{w:g}": std}
    return scores | {
        "runs": RUNS,
        "steps": STEPS,
        "batch": BATCH,
        "hidden": HIDDEN,
        "rate": RATE,
        "t": T,
        "drop": DROP,
        "strong": WEIGHTS[-1],
        "first": FIRST,
        "last": LAST,
        "loss": Spread(train().loss[-100:].mean(axis=0)),
        "true_std": _ring.STD,
    }
