"""A diffusion model on eight humps in the plane as it trains, and samples from it."""

from __future__ import annotations

from collections.abc import Callable
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
from snippets.kit import Figure, Tr

RUNS, STEPS, BATCH, HIDDEN, SEEN = 5, 1500, 128, 32, 500
T, RATE, DROP = 50, 1e-2, 0.5
SHOWN = (50, 150, 500, 1500)
SIZES = (2 + 4 + _ring.MODES, HIDDEN, HIDDEN, HIDDEN, 2)
FIRST, LAST = 0.002, 0.2
BETAS = linear_schedule(T, FIRST, LAST)
ALPHAS = alpha_bar(BETAS)
Predict = Callable[[np.ndarray, int], np.ndarray]


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


def learned(theta: Any, k: np.ndarray | None = None) -> Predict:
    """The networks as a function of x (RUNS, n, 2) and the step; k (n,) is the class that is told,
    if any.
    """
    import torch
    import torch.nn.functional as F

    def predict(x: np.ndarray, here: int) -> np.ndarray:
        n = x.shape[1]
        label = torch.zeros(n, _ring.MODES) if k is None else F.one_hot(torch.tensor(k), 8).float()
        given, at = torch.tensor(x, dtype=torch.float32), torch.full((RUNS, n), here)
        with torch.no_grad():
            return _predict(theta, given, at, label.expand(RUNS, -1, -1)).numpy()

    return predict


def exact(k: np.ndarray | None = None) -> Predict:
    """The best prediction in place of the networks."""
    return lambda x, here: _ring.exact_eps(x, ALPHAS[here], k)


def towards(told: Predict, untold: Predict, w: float) -> Predict:
    """Both predictions, guided."""
    return lambda x, here: guided(told(x, here), untold(x, here), w)


def sample(predict: Predict, *, steps: int = T, noisy: bool = True):
    """Samples of all runs, (RUNS, SEEN, 2): by DDPM over all T steps, or by DDIM over ``steps``.

    Always from the same noise.
    """
    import torch

    rng = torch.Generator().manual_seed(1)
    x = torch.randn(RUNS, SEEN, 2, generator=rng).numpy()
    places = np.linspace(T - 1, 0, steps).round().astype(int)
    for here, after in zip(places, [*places[1:], -1], strict=True):
        eps = predict(x, int(here))
        a_next = ALPHAS[after] if after >= 0 else 1.0
        if noisy:
            noise = torch.randn(RUNS, SEEN, 2, generator=rng).numpy()
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
            samples.append(sample(learned(theta)))
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
            f"（{RUNS} 次中的第一次；圆圈为三个标准差）。"
            "先有轮廓，再分出各峰，不漏掉任何一个，但许多样本仍在峰与峰之间。",
            f"A diffusion model as it trains: samples by DDPM over {T} steps, from the same noise "
            f"each time (first of {RUNS} runs; circles: three standard deviations). First the "
            "outline, then the humps, none left out, though many samples stay between them.",
        ),
        alt=tr(
            "四幅散点图：样本由一团变成环，再逐渐集中到环上的八个圆圈里。",
            "Four scatter plots: the samples turn from a blob into a ring and gather in eight "
            "circles on it.",
        ),
        data={"samples": drawn},
    )
