"""A GAN on eight humps in the plane, as it trains: five runs each of three ways to train it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from snippets import kit
from snippets.architectures import _ring
from snippets.kit import Col, Figure, Spread, Table, Tr

RUNS, STEPS, BATCH, NOISE, HIDDEN, SEEN = 5, 1200, 96, 2, 32, 1000
RATE_G, RATE_D = 3e-3, 6e-3
SLOW, WINDOW = 10, 20
SHOWN = (0, 150, 300, 600, 1200)
G_SIZES, D_SIZES = (NOISE, HIDDEN, HIDDEN, 2), (2, HIDDEN, HIDDEN, 1)
WAYS = ("plain", "saturating", "slow")


@dataclass(frozen=True)
class Trained:
    """Samples by step, way and run: (shown, ways, runs, SEEN, 2), and the loss of D each step."""

    samples: np.ndarray
    humps: np.ndarray
    near: np.ndarray
    loss: np.ndarray


@cache
def train() -> Trained:
    """Every run of every way at once; the first way is the one that the figure shows."""
    import torch
    import torch.nn.functional as F

    rng = torch.Generator().manual_seed(0)
    rows = RUNS * len(WAYS)
    saturating = torch.arange(rows)[:, None, None] // RUNS == 1
    rate_d = torch.full((rows, 1), RATE_D)
    rate_d[2 * RUNS :] /= SLOW
    # the three ways start from the same networks
    g, d = (
        _ring.parameters(RUNS, sizes, rng).detach().repeat(len(WAYS), 1).requires_grad_()
        for sizes in (G_SIZES, D_SIZES)
    )
    step_g = _ring.Adam(g, RATE_G, (0.5, 0.9))
    step_d = _ring.Adam(d, rate_d, (0.5, 0.9))
    watched = torch.randn(RUNS, SEEN, NOISE, generator=rng).repeat(len(WAYS), 1, 1)
    samples, loss = [], []
    for step in range(STEPS + 1):
        if step in SHOWN:
            with torch.no_grad():
                samples.append(_ring.mlp(g, G_SIZES, watched))
        if step == STEPS:
            break
        real, _ = _ring.ring(RUNS, BATCH, rng)
        z = torch.randn(RUNS, 2 * BATCH, NOISE, generator=rng).repeat(len(WAYS), 1, 1)
        with torch.no_grad():
            fake = _ring.mlp(g, G_SIZES, z[:, :BATCH])
        logits = _ring.mlp(d, D_SIZES, torch.cat([real.repeat(len(WAYS), 1, 1), fake], dim=1))
        by_run = (F.softplus(-logits[:, :BATCH]) + F.softplus(logits[:, BATCH:])).mean(dim=(1, 2))
        step_d.step(*torch.autograd.grad(by_run.sum(), d))
        loss.append(by_run.detach())
        logits = _ring.mlp(d, D_SIZES, _ring.mlp(g, G_SIZES, z[:, BATCH:]))
        for_g = torch.where(saturating, -F.softplus(logits), F.softplus(-logits))
        step_g.step(*torch.autograd.grad(for_g.mean(dim=(1, 2)).sum(), g))
    shape = (len(SHOWN), len(WAYS), RUNS)
    scores = [_ring.found(x) for x in samples]
    return Trained(
        torch.stack(samples).reshape(*shape, SEEN, 2).numpy(),
        np.array([humps for humps, _ in scores]).reshape(shape),
        np.array([near for _, near in scores]).reshape(shape),
        torch.stack(loss).reshape(STEPS, len(WAYS), RUNS).numpy(),
    )


def figure_ring(tr: Tr) -> Figure:
    drawn = train().samples[:, [0, 2], 0]
    canvas, panels = kit.canvas(2, len(SHOWN) - 1, height=3.2, sharex=True, sharey=True)
    rng = np.random.default_rng(0)
    angle = 2 * np.pi * rng.integers(_ring.MODES, size=400) / _ring.MODES
    real = np.stack([np.cos(angle), np.sin(angle)], axis=1) * _ring.RADIUS
    real += _ring.STD * rng.normal(size=real.shape)
    rows = (tr("正常", "balanced"), tr("D 太慢", "D too slow"))
    for way, (line, label) in enumerate(zip(panels, rows, strict=True)):
        for axes, shown, step in zip(line, drawn[1:, way], SHOWN[1:], strict=True):
            _ring.dots(axes, real, kit.MUTED, 0.8, alpha=0.5)
            _ring.dots(axes, shown[:500], kit.BLUE, 1.0)
            axes.set_aspect("equal")
            axes.set_xlim(-3, 3)
            axes.set_ylim(-3, 3)
            axes.set_xticks([])
            axes.set_yticks([])
            if way == 0:
                axes.set_title(tr(f"第 {step} 步", f"step {step}"))
        line[0].set_ylabel(label)
    return Figure(
        canvas,
        caption=tr(
            "环上八个峰（灰）与生成的样本（蓝），各取五次中的第一次。上：逐渐铺满各峰。"
            f"下：D 的学习率除以 {SLOW}，样本始终落不到峰上。",
            "Eight humps on a ring (grey), generated samples (blue), the first of five runs each. "
            f"Top: the humps fill up. Bottom: with D's learning rate divided by {SLOW} the "
            "samples never settle on them.",
        ),
        alt=tr(
            "两行四列散点图。上行：样本由一团散开成环，最后落到各峰上，峰间有少量连线。"
            "下行：样本连成线或张成扇形，从各峰旁扫过。",
            "Two rows of four scatter plots. Top: the samples spread into a ring and end on the "
            "humps, a few on bridges between. Bottom: lines and wedges that sweep past the humps.",
        ),
        data={"samples": drawn},
    )


def _scores(way: str) -> tuple[Spread, Spread, Spread]:
    """Humps found, share of samples near one, and D's loss over the last 100 steps."""
    found, at = train(), WAYS.index(way)
    return (
        Spread(found.humps[-1, at]),
        Spread(found.near[-1, at]),
        Spread(found.loss[-100:, at].mean(axis=0)),
    )


def table_ring(tr: Tr) -> Table:
    names = {
        "plain": tr("非饱和损失", "non-saturating loss"),
        "saturating": tr("饱和损失", "saturating loss"),
        "slow": tr(f"非饱和，D 的学习率 ÷ {SLOW}", f"non-saturating, D's rate ÷ {SLOW}"),
    }
    return Table(
        [
            tr("训练方式", "training"),
            Col(tr(f"找到的峰（共 {_ring.MODES}）", f"humps found of {_ring.MODES}"), format=".1f"),
            Col(tr("落在峰上的样本", "samples on humps"), format=".2f"),
            Col(tr("D 的损失", "loss of D"), format=".3f"),
        ],
        [[names[way], *_scores(way)] for way in WAYS],
        caption=tr(
            f"{STEPS} 步之后，均值 [最小, 最大]，{RUNS} 次；离峰心不到三个标准差算落在峰上，"
            "得到应有份额的四分之一以上算找到；D 的损失取最后 100 步的平均",
            f"After {STEPS} steps, mean [smallest, largest] of {RUNS} runs; on a hump: within "
            "three standard deviations; found: at least a quarter of its due share; D's loss: mean "
            "of the last 100 steps",
        ),
    )


def value_ring() -> dict[str, object]:
    names = ("humps", "near", "loss")
    scores = {
        f"{way}_{name}": score
        for way in WAYS
        for name, score in zip(names, _scores(way), strict=True)
    }
    # the least loss of D in the balanced runs, averaged over WINDOW steps
    sums = np.cumsum(train().loss[:, :2], axis=0)
    means = (sums[WINDOW:] - sums[:-WINDOW]) / WINDOW
    settings = {
        "lowest": float(means.min()),
        "window": WINDOW,
        "runs": RUNS,
        "steps": STEPS,
        "batch": BATCH,
        "hidden": HIDDEN,
        "rate_g": RATE_G,
        "rate_d": RATE_D,
        "slow": SLOW,
        "balance": 2 * np.log(2),
    }
    return scores | settings
