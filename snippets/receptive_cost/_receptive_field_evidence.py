"""The receptive field in both directions against what a gradient reaches."""

from __future__ import annotations

from snippets import kit
from snippets.kit import Check
from snippets.receptive_cost._chains import measured, random_chains, torch_chain
from snippets.receptive_cost.receptive_field import (
    Layer,
    bottom_up,
    box_profile,
    gradient_map,
    top_down,
)


def check_gradients() -> Check:
    """Size, jump and start in both directions against what autograd reaches."""
    pairs = []
    for layers in random_chains():
        pairs.append((bottom_up(layers), measured(layers)))
        pairs.append((top_down(layers), measured(layers)[0]))
    return kit.compare(
        ("PyTorch 自动求导量出的足迹", "the footprint measured by PyTorch's autograd"),
        pairs,
        tolerance=0.0,
    )


def check_profile() -> Check:
    """Profiles and standard deviations against the gradient of equal weights."""
    import numpy as np
    import torch

    pairs = []
    for kernels in ((3,) * 20, (5, 3, 7), (2, 2), (11,) * 4):
        chain = torch_chain([Layer(k) for k in kernels])
        length = 1 + sum(k - 1 for k in kernels)
        grad = gradient_map(chain, torch.ones(1, 1, length, dtype=torch.float64))
        pairs.append((box_profile(kernels), grad))
        places = np.arange(length) - (length - 1) / 2
        spread = np.sqrt((grad.numpy() * places**2).sum())
        pairs.append((np.sqrt(sum(k**2 - 1 for k in kernels) / 12), spread))
    return kit.compare(
        ("PyTorch 的梯度（各权重相等）", "PyTorch's gradient (equal weights)"), pairs
    )
