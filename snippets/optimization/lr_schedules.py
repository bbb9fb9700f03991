"""Learning-rate schedules: the rate as a function of the step, each a factor of the peak rate."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def step_decay(t: ArrayLike, every: int, factor: float) -> np.ndarray:
    """Multiply by ``factor`` after each ``every`` steps; t is the step, from 0, any shape."""
    if every < 1:
        raise ValueError(f"a drop every {every} steps: at least one step must lie between drops")
    return factor ** (np.asarray(t) // every)


def cosine(t: ArrayLike, total: int, low: float = 0.0) -> np.ndarray:
    """Half a cosine from 1 at step 0 to ``low`` at step ``total``, and on.  [loshchilov2017]"""
    if np.min(total) < 1:
        raise ValueError(f"a cosine over {total} steps: it needs at least one")
    t = np.minimum(t, total)
    return low + (1 - low) * (1 + np.cos(np.pi * t / total)) / 2


def warmup_cosine(
    t: ArrayLike, total: int, warmup: int, low: float = 0.0, start: float = 0.0
) -> np.ndarray:
    """A line from ``start`` to 1 over ``warmup`` steps, then half a cosine down to ``low``.

    PyTorch's ``LinearLR`` wants a start above 0; with start 0 the first step changes nothing.
    """
    if not 0 < warmup < total:
        raise ValueError(f"warm-up of {warmup} steps does not fit into {total}")
    t = np.asarray(t, dtype=float)
    rising = start + (1 - start) * t / warmup
    return np.where(t < warmup, rising, cosine(np.maximum(t - warmup, 0), total - warmup, low))


def wsd(
    t: ArrayLike, total: int, warmup: int, decay: int, low: float = 0.0, start: float = 0.0
) -> np.ndarray:
    """Warm-up, stable, decay: up over ``warmup`` steps, constant, down over the last ``decay``.

    Both ends are lines; the last step is ``low``.  [hu2024]
    """
    if warmup < 1 or decay < 1 or warmup + decay > total:
        raise ValueError(f"warm-up {warmup} and decay {decay} do not fit into {total} steps")
    t = np.minimum(t, total)
    rising = start + (1 - start) * t / warmup
    falling = low + (1 - low) * (total - t) / decay
    return np.minimum(np.minimum(rising, falling), 1.0)


def one_cycle(
    t: ArrayLike, total: int, up: float = 0.3, start: float = 1 / 25, low: float = 4e-6
) -> np.ndarray:
    """From ``start`` to 1 in the share ``up`` of all steps, then down to ``low``; both by cosine.

    Steps 0 to total - 1, peak at step up · total - 1, as in PyTorch's ``OneCycleLR``.  [smith2018]
    """
    peak, last = up * total - 1, total - 1
    if not 0 < peak < last:
        raise ValueError(f"a rise over {up:g} of {total} steps leaves none before or after it")
    t = np.asarray(t, dtype=float)
    rising = 1 + (start - 1) * (1 + np.cos(np.pi * t / peak)) / 2
    falling = low + (1 - low) * (1 + np.cos(np.pi * (t - peak) / (last - peak))) / 2
    return np.where(t <= peak, rising, falling)


def cosine_restarts(t: ArrayLike, first: int, growth: int = 2, low: float = 0.0) -> np.ndarray:
    """Cosine that jumps back to 1: cycles of first, first·growth, ... steps.  [loshchilov2017]"""
    if first < 1 or growth < 1:
        raise ValueError(f"cycles of {first} steps, times {growth} each: both must be at least 1")
    t = np.asarray(t)
    length, begin = np.full(t.shape, first), np.zeros(t.shape, dtype=int)
    while (over := t >= begin + length).any():
        begin, length = begin + length * over, np.where(over, length * growth, length)
    return cosine(t - begin, length, low)


def torch_warmup_cosine(optimizer, total, warmup, low, start):
    """The same as ``warmup_cosine`` in PyTorch; the optimiser was made with the peak rate."""
    from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR

    peak = optimizer.param_groups[0]["lr"]
    rise = LinearLR(optimizer, start_factor=start, total_iters=warmup)
    fall = CosineAnnealingLR(optimizer, T_max=total - warmup, eta_min=low * peak)
    return SequentialLR(optimizer, [rise, fall], milestones=[warmup])


def torch_wsd(optimizer, total, warmup, decay, low, start):
    """The same as ``wsd``; PyTorch has no class of that name, three of its schedules make one."""
    from torch.optim.lr_scheduler import ConstantLR, LinearLR, SequentialLR

    rise = LinearLR(optimizer, start_factor=start, total_iters=warmup)
    stay = ConstantLR(optimizer, factor=1.0)
    fall = LinearLR(optimizer, start_factor=1.0, end_factor=low, total_iters=decay)
    return SequentialLR(optimizer, [rise, stay, fall], milestones=[warmup, total - decay])


def torch_train(model, batches, loss, total, peak):
    """Where the scheduler steps: once after each update, not once an epoch; gives the rates."""
    import torch

    optimizer = torch.optim.AdamW(model.parameters(), lr=peak)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=peak, total_steps=total)
    rates = []
    for _, (x, y) in zip(range(total), batches, strict=False):
        optimizer.zero_grad()
        loss(model(x), y).backward()
        optimizer.step()
        rates.append(scheduler.get_last_lr()[0])
        scheduler.step()
    return rates


def noise_floor(eta: float, h: float, s: float, steps: int = 4000) -> float:
    """Variance of x after many steps of SGD on h x² / 2 with gradient noise of variance s²."""
    variance = 0.0
    for _ in range(steps):
        variance = (1 - eta * h) ** 2 * variance + (eta * s) ** 2
    return variance
