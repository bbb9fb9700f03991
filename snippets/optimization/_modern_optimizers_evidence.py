"""Lion, Muon and Shampoo against exact arithmetic, torch.optim.Muon and a decomposition."""

from __future__ import annotations

from typing import Any

import numpy as np

from snippets import kit
from snippets.kit import Check
from snippets.optimization._surfaces import random_gradients, replay, torch_trajectory, trajectory
from snippets.optimization.modern_optimizers import lion, muon, shampoo


def check_lion() -> Check:
    """Against the paper's algorithm in exact rational arithmetic."""
    from fractions import Fraction

    rng = np.random.default_rng(0)
    gradients = rng.integers(-64, 65, (100, 20)) / 64
    theta = rng.integers(-64, 65, 20) / 64
    beta1, beta2, lr, decay = Fraction(7, 8), Fraction(15, 16), Fraction(1, 64), Fraction(1, 8)
    path = trajectory(
        lion,
        replay(gradients),
        theta,
        100,
        lr=float(lr),
        betas=(float(beta1), float(beta2)),
        weight_decay=float(decay),
    )
    exact = [Fraction(x) for x in theta]
    m = [Fraction(0)] * len(exact)
    pairs = []
    for gradient, ours in zip(gradients, path[1:], strict=True):
        for i, g in enumerate(map(Fraction, gradient)):
            c = beta1 * m[i] + (1 - beta1) * g
            sign = (c > 0) - (c < 0)
            exact[i] -= lr * (sign + decay * exact[i])
            m[i] = beta2 * m[i] + (1 - beta2) * g
        pairs.append((ours, [float(x) for x in exact]))
    return kit.compare(
        (
            "按论文的算法用有理数精确计算的 100 步",
            "100 steps of the paper's algorithm in exact rational arithmetic",
        ),
        pairs,
    )


def _torch_muon(shape: tuple[int, int], in_float64: bool, settings: dict[str, Any]) -> np.ndarray:
    """The path of torch.optim.Muon over 100 random gradients; by default it works in bfloat16."""
    from unittest import mock

    import torch

    gradients = random_gradients(100, shape)
    start = np.random.default_rng(1).normal(size=shape)
    if not in_float64:
        return torch_trajectory(torch.optim.Muon, replay(gradients), start, 100, **settings)
    with mock.patch.object(torch.Tensor, "bfloat16", lambda tensor: tensor.clone()):
        return torch_trajectory(torch.optim.Muon, replay(gradients), start, 100, **settings)


MUON_SETTINGS: tuple[tuple[tuple[int, int], dict[str, Any]], ...] = (
    ((4, 6), {"lr": 0.02}),
    ((6, 4), {"lr": 0.02, "momentum": 0.8, "weight_decay": 0.0}),
    ((5, 5), {"lr": 0.01, "nesterov": False, "ns_steps": 3}),
)


def _our_muon(shape: tuple[int, int], settings: dict[str, Any]) -> np.ndarray:
    start = np.random.default_rng(1).normal(size=shape)
    return trajectory(muon, replay(random_gradients(100, shape)), start, 100, **settings)


def check_muon() -> Check:
    return kit.compare(
        (
            "`torch.optim.Muon` 的每一步（三种形状与设置，各 100 步；它的 Newton–Schulz 迭代改用 "
            "float64，不用 bfloat16）",
            "every step of `torch.optim.Muon` (three shapes and settings, 100 steps each; its "
            "Newton–Schulz iteration in float64 instead of bfloat16)",
        ),
        [
            (_our_muon(shape, settings), _torch_muon(shape, True, settings))
            for shape, settings in MUON_SETTINGS
        ],
        tolerance=1e-9,
    )


def value_bfloat16() -> dict[str, float]:
    """How far torch.optim.Muon as it is, in bfloat16, is from ours after 100 steps."""
    shape, settings = MUON_SETTINGS[0]
    ours, theirs = _our_muon(shape, settings), _torch_muon(shape, False, settings)
    moved = np.linalg.norm(theirs[-1] - theirs[0])
    return {"share": float(np.linalg.norm(ours[-1] - theirs[-1]) / moved), "steps": 100}


def check_shampoo() -> Check:
    """The first step without eps is the orthogonal factor U Vᵀ of the gradient."""
    import torch

    pairs = []
    for rng in kit.seeds(5):
        G = rng.normal(size=(4, 4))
        after, _ = shampoo(np.zeros((4, 4)), G, lr=1.0, eps=0.0)
        U, _, V = torch.linalg.svd(torch.tensor(G))
        pairs.append((-after, U @ V))
    return kit.compare(
        (
            "PyTorch 的奇异值分解：只有一个梯度时，更新就是 $U V^\\top$",
            "PyTorch's singular value decomposition: with one gradient, the update is $U V^\\top$",
        ),
        pairs,
        tolerance=1e-9,
    )
