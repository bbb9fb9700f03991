"""Eight humps on a ring, and many small networks trained side by side: for GAN and diffusion.

The networks of all runs are the rows of one tensor, so that a training step of all of them is one
batched product a layer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

MODES, RADIUS, STD = 8, 2.0, 0.1
NEAR = 3 * STD
"""A sample counts for a hump within this distance of its centre."""
LEAST = 0.25
"""A hump counts as found when it has this share of the samples that it should have."""


def dots(axes: Any, points: Any, colour: str, width: float, alpha: float = 1.0) -> None:
    """Points as one path of short strokes: thousands of markers would be an element each on the
    page, and take seconds to load.
    """
    import numpy as np
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    ends = np.repeat(np.asarray(points, dtype=float), 2, axis=0)
    ends[1::2, 0] += 1e-3
    path = Path(ends, np.tile([Path.MOVETO, Path.LINETO], len(ends) // 2))
    path.should_simplify = False
    axes.add_patch(
        PathPatch(
            path, fill=False, edgecolor=colour, linewidth=width, capstyle="round", alpha=alpha
        )
    )


def centres():
    """The centres of the humps, (MODES, 2)."""
    import torch

    angle = 2 * math.pi * torch.arange(MODES) / MODES
    return RADIUS * torch.stack([angle.cos(), angle.sin()], dim=-1)


def ring(runs: int, n: int, generator: Any):
    """n points of each run, (runs, n, 2), and the number of the hump of each, (runs, n)."""
    import torch

    k = torch.randint(MODES, (runs, n), generator=generator)
    return centres()[k] + STD * torch.randn(runs, n, 2, generator=generator), k


def found(x) -> tuple[list[int], list[float]]:
    """Of samples (runs, n, 2), for each run: humps found, and the share of samples near a hump."""
    import torch

    distance, k = torch.cdist(x, centres().expand(len(x), -1, -1)).min(dim=-1)
    near = distance < NEAR
    counts = (torch.nn.functional.one_hot(k, MODES) * near[..., None]).sum(dim=1)
    enough = counts >= LEAST * x.shape[1] / MODES
    return enough.sum(dim=1).tolist(), near.float().mean(dim=1).tolist()


def exact_eps(x, a: float, k=None):
    """The best prediction of the noise in x (..., n, 2) where ᾱ_t is a, for examples of the ring;
    with k (n,), of those on the hump k[i] only.
    """
    import numpy as np

    away = x[..., None, :] - np.sqrt(a) * centres().numpy()
    variance = a * STD**2 + 1 - a
    if k is None:
        log = -(away**2).sum(axis=-1) / (2 * variance)
        share = np.exp(log - log.max(axis=-1, keepdims=True))
        share /= share.sum(axis=-1, keepdims=True)
        mean = (share[..., None] * away).sum(axis=-2)
    else:
        mean = away[..., np.arange(len(k)), k, :]
    return np.sqrt(1 - a) * mean / variance


def parameters(runs: int, sizes: Sequence[int], generator: Any):
    """Weights and biases of ``runs`` MLPs, one row each: weights uniform with variance 1/fan-in,
    biases 0.
    """
    import torch

    parts = []
    for fan_in, fan_out in pairwise(sizes):
        weights = torch.rand(runs, fan_in * fan_out, generator=generator) * 2 - 1
        parts += [weights * math.sqrt(3 / fan_in), torch.zeros(runs, fan_out)]
    return torch.cat(parts, dim=1).requires_grad_()


def mlp(theta, sizes: Sequence[int], x):
    """The networks in the rows of theta, each at its own x: (runs, n, in) to (runs, n, out)."""
    import torch
    import torch.nn.functional as F

    at, last = 0, len(sizes) - 2
    for layer, (fan_in, fan_out) in enumerate(pairwise(sizes)):
        weights = theta[:, at : at + fan_in * fan_out].view(-1, fan_in, fan_out)
        at += fan_in * fan_out
        x = torch.baddbmm(theta[:, None, at : at + fan_out], x, weights)
        at += fan_out
        if layer < last:
            x = F.leaky_relu(x, 0.2)
    return x


class Adam:
    """Adam over the rows of one tensor, each with a learning rate of its own.  [kingma2015]"""

    def __init__(self, theta, lr, betas: tuple[float, float] = (0.9, 0.999)) -> None:
        import torch

        self.theta, self.lr, self.betas, self.step_number = theta, lr, betas, 0
        self.mean, self.square = torch.zeros_like(theta), torch.zeros_like(theta)

    def step(self, gradient, scale: float = 1.0) -> None:
        """One step along ``gradient``, its learning rate times ``scale``."""
        import torch

        b1, b2 = self.betas
        self.step_number += 1
        with torch.no_grad():
            self.mean.lerp_(gradient, 1 - b1)
            self.square.lerp_(gradient.square(), 1 - b2)
            m = self.mean / (1 - b1**self.step_number)
            v = self.square / (1 - b2**self.step_number)
            self.theta -= scale * self.lr * m / (v.sqrt() + 1e-8)
