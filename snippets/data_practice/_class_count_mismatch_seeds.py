"""Reproducibility: what the same seed repeats bit by bit, and what quietly changes it."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets.data_practice.class_count_mismatch import torch_loader
from snippets.kit import Col, Table, Tr

EXAMPLES, INPUTS, HIDDEN, CLASSES, EPOCHS = 96, 4, 16, 3, 3


def train(seed: int, *, own_order: bool = True, extra_draw: bool = False) -> np.ndarray:
    """All weights after three epochs of SGD; the order from a generator of its own, or shared."""
    import torch
    import torch.nn.functional as F
    from torch import nn

    data = torch.Generator().manual_seed(99)
    x = torch.randn(EXAMPLES, INPUTS, generator=data)
    y = torch.randint(CLASSES, (EXAMPLES,), generator=data)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = nn.Sequential(nn.Linear(INPUTS, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, CLASSES))
        if extra_draw:
            torch.rand(1)  # a line added somewhere, which draws one number
        order = torch.Generator().manual_seed(seed) if own_order else None
        loader = torch_loader(torch.utils.data.TensorDataset(x, y), 8, order)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for _ in range(EPOCHS):
            for inputs, labels in loader:
                optimizer.zero_grad()
                F.cross_entropy(model(inputs), labels).backward()
                optimizer.step()
    return np.concatenate([p.detach().numpy().ravel() for p in model.parameters()])


@cache
def gaps() -> dict[str, float]:
    first, shared = train(0), train(0, own_order=False)
    return {
        "same": float(np.abs(train(0) - first).max()),
        "other": float(np.abs(train(1) - first).max()),
        "extra_own": float(np.abs(train(0, extra_draw=True) - first).max()),
        "extra_shared": float(np.abs(train(0, own_order=False, extra_draw=True) - shared).max()),
    }


def table_seeds(tr: Tr) -> Table:
    names = {
        "same": tr("同一个种子，再跑一次", "the same seed again"),
        "other": tr("换一个种子", "another seed"),
        "extra_shared": tr(
            "同一个种子，多抽一个随机数，共用全局生成器",
            "same seed, one draw more, shared generator",
        ),
        "extra_own": tr(
            "同一个种子，多抽一个随机数，数据顺序用自己的生成器",
            "same seed, one draw more, order from its own generator",
        ),
    }
    return Table(
        [
            tr("改动", "change"),
            Col(tr("权重的最大差别", "largest difference of a weight"), format=".2g"),
        ],
        [[names[key], gaps()[key]] for key in names],
        caption=tr(
            f"{INPUTS}-{HIDDEN}-{CLASSES} 的网络，{EXAMPLES} 个样本，SGD {EPOCHS} 轮，CPU，单线程",
            f"A {INPUTS}-{HIDDEN}-{CLASSES} network, {EXAMPLES} examples, {EPOCHS} epochs of SGD, "
            "CPU, one thread",
        ),
    )


def value_order() -> dict[str, float]:
    """The same numbers added in another order, in fp32: the reason why threads change results."""
    numbers = np.random.default_rng(0).normal(size=100_000).astype(np.float32)
    forward, backward = (np.add.accumulate(n)[-1] for n in (numbers, numbers[::-1]))
    return {"count": len(numbers), "gap": float(abs(forward - backward)), "sum": float(forward)}
