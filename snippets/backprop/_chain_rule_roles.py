"""Backpropagation computes, an optimiser moves: the same gradient, three things done with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Col, Spread, Table, Tr

RATE, RUNS, BATCH = 0.01, 10, 8


def _loss(parameters, x, y):
    import torch

    W1, b1, W2, b2 = parameters
    return ((torch.relu(x @ W1.T + b1) @ W2.T + b2 - y) ** 2).mean()


_STEPS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "none": np.zeros_like,
    "sgd": lambda g: -RATE * g,
    "adam": lambda g: -RATE * g / (np.abs(g) + 1e-8),  # its first step: both moments are of g
}


@cache
def _runs(optimiser: str) -> dict[str, Spread]:
    """Backward on RUNS random 3-5-3 networks, then perhaps a step: norm, distance, loss after."""
    import torch

    found = []
    for rng in kit.seeds(RUNS):
        shapes = ((5, 3), (5,), (3, 5), (3,))
        before = [rng.normal(0, 0.5, shape) for shape in shapes]
        parameters = [torch.tensor(p, requires_grad=True) for p in before]
        x, y = (torch.tensor(rng.normal(size=(BATCH, 3))) for _ in range(2))
        _loss(parameters, x, y).backward()
        gradients = [p.grad.numpy() for p in parameters]
        with torch.no_grad():
            for p, g in zip(parameters, gradients, strict=True):
                p += torch.tensor(_STEPS[optimiser](g))
        moved = [p.detach().numpy() - q for p, q in zip(parameters, before, strict=True)]
        found.append((_norm(gradients), _norm(moved), _loss(parameters, x, y).item()))
    norm, distance, loss = zip(*found, strict=True)
    return {"norm": Spread(norm), "moved": Spread(distance), "loss": Spread(loss)}


def _norm(parts: list[np.ndarray]) -> float:
    return float(np.sqrt(sum((part**2).sum() for part in parts)))


def table_roles(tr: Tr) -> Table:
    rows = []
    for name, optimiser in (
        (tr("只有 `loss.backward()`", "`loss.backward()` alone"), "none"),
        (tr("再走一步 SGD", "then one step of SGD"), "sgd"),
        (tr("或者再走一步 Adam", "or one step of Adam"), "adam"),
    ):
        found = _runs(optimiser)
        rows.append([name, found["norm"], found["moved"], found["loss"]])
    return Table(
        [
            tr("做了什么", "what is done"),
            Col(tr("梯度的范数", "norm of the gradient"), format=".2f"),
            Col(tr("参数移动的距离", "how far parameters moved"), format=".3f"),
            Col(tr("之后的损失", "loss after it"), format=".3f"),
        ],
        rows,
        caption=tr(
            f"{RUNS} 个随机的 3-5-3 网络，各一批 {BATCH} 个样本，"
            f"学习率 {RATE:g}；均值 [最小, 最大]",
            f"{RUNS} random 3-5-3 networks, a batch of {BATCH} examples each, learning rate "
            f"{RATE:g}; mean [smallest, largest]",
        ),
    )


def value_roles() -> dict[str, object]:
    return {
        "still": _runs("none")["moved"].high,
        "sgd": _runs("sgd")["moved"],
        "adam": _runs("adam")["moved"],
    }
