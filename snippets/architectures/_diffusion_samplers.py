"""The diffusion model on eight humps: its samplers and its guidance, and what the exact ε gives."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.architectures import _ring
from snippets.architectures._diffusion_ring import (
    ALPHAS,
    BATCH,
    DROP,
    FIRST,
    HIDDEN,
    LAST,
    RATE,
    RUNS,
    SEEN,
    STEPS,
    T,
    exact,
    learned,
    sample,
    towards,
    train,
)
from snippets.kit import Col, Spread, Table, Tr

WEIGHTS = (0.0, 1.0, 3.0)
DRAWS = 2000  # for the least loss


def _scores(x) -> tuple[Spread, Spread]:
    humps, near = _ring.found(x)
    return Spread(humps), Spread(near)


SAMPLERS = (
    ("ddpm", T, True),
    ("ddim50", T, False),
    ("ddim10", 10, False),
    ("ddim5", 5, False),
)


@cache
def _by_sampler() -> dict[str, tuple[Spread, Spread]]:
    ways = {"": learned(train().theta), "exact_": exact()}
    return {
        f"{way}{name}": _scores(sample(predict, steps=steps, noisy=noisy))
        for way, predict in ways.items()
        for name, steps, noisy in SAMPLERS
    }


def table_samplers(tr: Tr) -> Table:
    return Table(
        [
            tr("采样", "sampler"),
            Col(tr("网络调用", "network calls"), format="d"),
            Col(tr(f"找到的峰（共 {_ring.MODES}）", f"humps found of {_ring.MODES}"), format=".1f"),
            Col(tr("落在峰上的样本", "samples on humps"), format=".2f"),
            Col(tr("换成精确的 ε", "with the exact ε"), format=".2f"),
        ],
        [
            [
                tr.name("DDPM" if noisy else "DDIM"),
                steps,
                *_by_sampler()[name],
                _by_sampler()[f"exact_{name}"][1],
            ]
            for name, steps, noisy in SAMPLERS
        ],
        caption=tr(
            f"训练完的同一组网络，不给类别，均值 [最小, 最大]，{RUNS} 次，各 {SEEN} 个样本；"
            "离峰心不到三个标准差算落在峰上，得到应有份额的四分之一以上算找到。"
            "最后一列：同样的起点，用精确的 ε 代替网络，落在峰上的样本",
            f"The same trained networks, no class told, mean [smallest, largest] of {RUNS} runs of "
            f"{SEEN} samples; on a hump: within three standard deviations; found: at least a "
            "quarter of its due share. Last column: samples on humps from the same starts with the "
            "exact ε in place of the network",
        ),
    )


@cache
def _by_weight() -> dict[float, tuple[Spread, ...]]:
    """Share of samples near the hump that was asked for, and the standard deviation of the samples
    of one class a coordinate: with the networks, then with the exact ε.
    """
    import torch

    k = np.arange(SEEN) % _ring.MODES
    theta = train().theta
    ways = ((learned(theta, k), learned(theta)), (exact(k), exact()))
    found: dict[float, tuple[Spread, ...]] = {}
    for w in WEIGHTS:
        found[w] = ()
        for told, untold in ways:
            x = sample(towards(told, untold, w), noisy=False)
            away = x - _ring.centres()[k]
            near = (away.norm(dim=-1) < _ring.NEAR).float().mean(dim=1)
            groups = torch.stack([x[:, k == j].std(dim=1).square().mean(dim=1) for j in range(8)])
            found[w] += (Spread(near.tolist()), Spread(groups.mean(dim=0).sqrt().tolist()))
    return found


def table_guided(tr: Tr) -> Table:
    return Table(
        [
            Col("w", format="g"),
            Col(tr("落在指定的峰上", "on the hump asked for"), format=".2f"),
            Col(tr("同类样本的标准差", "std within a class"), format=".3f"),
            Col(tr("精确的 ε：落在峰上", "exact ε: on the hump"), format=".2f"),
            Col(tr("精确的 ε：标准差", "exact ε: std"), format=".3f"),
        ],
        [[w, *_by_weight()[w]] for w in WEIGHTS],
        caption=tr(
            f"给定类别，DDIM {T} 步，引导强度 w；均值 [最小, 最大]，{RUNS} 次，各 {SEEN} 个样本。"
            "先是训练好的网络，后两列用精确的 ε 代替两种预测",
            f"A class told, DDIM over {T} steps, guidance of strength w; mean [smallest, largest] "
            f"of {RUNS} runs of {SEEN} samples. First the trained networks, then the exact ε in "
            "place of both predictions",
        ),
    )


def _floor() -> Spread:
    """The loss of the exact ε, the class told as often as in training, from draws of their own."""
    import torch

    losses = []
    for rng in kit.seeds(RUNS):
        x0, k = _ring.ring(1, DRAWS, torch.Generator().manual_seed(int(rng.integers(2**31))))
        told, label, eps = (
            rng.random(DRAWS) >= DROP,
            k[0].numpy(),
            rng.normal(size=(T, DRAWS, 2)),
        )
        errors = []
        for a, noise in zip(ALPHAS, eps, strict=True):
            x = np.sqrt(a) * x0[0].numpy() + np.sqrt(1 - a) * noise
            found = np.where(told[:, None], _ring.exact_eps(x, a, label), _ring.exact_eps(x, a))
            errors.append(((found - noise) ** 2).mean())
        losses.append(float(np.mean(errors)))
    return Spread(losses)


def value_ring() -> dict[str, object]:
    scores: dict[str, object] = {}
    for name, (humps, near) in _by_sampler().items():
        scores |= {f"{name}_humps": humps, f"{name}_near": near}
    for w, (near, std, best_near, best_std) in _by_weight().items():
        scores |= {f"right{w:g}": near, f"std{w:g}": std}
        scores |= {f"exact_right{w:g}": best_near, f"exact_std{w:g}": best_std}
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
        "floor": _floor(),
        "data_near": 1 - float(np.exp(-((_ring.NEAR / _ring.STD) ** 2) / 2)),
        "true_std": _ring.STD,
    }
