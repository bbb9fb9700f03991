"""Checks before a training: what a sound network shows, and which bug each check finds."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.data_practice.class_count_mismatch import torch_sanity_checks
from snippets.kit import Col, Spread, Table, Tr

INPUTS, HIDDEN, CLASSES, EXAMPLES, RUNS = 6, 32, 7, 14, 5


def _network(bug: str, seed: int):
    """Builds the network with one bug, the same weights each time."""
    import torch
    from torch import nn

    class Mixed(nn.Module):
        def forward(self, x):
            return x.t().reshape(x.shape)  # "to get the axes right": examples get mixed

    class Detached(nn.Module):
        def forward(self, x):
            return x.detach()

    def make():
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            layers = [nn.Linear(INPUTS, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, CLASSES)]
        if bug == "scale":
            with torch.no_grad():
                layers[-1].weight *= 30
        extra = {
            "softmax": (3, nn.Softmax(dim=1)),
            "mixed": (0, Mixed()),
            "detach": (2, Detached()),
        }
        if bug in extra:
            layers.insert(*extra[bug])
        return nn.Sequential(*layers)

    return make


BUGS: dict[str, kit.Pair] = {
    "none": ("没有错误", "none"),
    "scale": ("末层权重放大 30 倍", "weights of the last layer × 30"),
    "softmax": ("交叉熵之前多了一个 softmax", "a softmax before the cross-entropy"),
    "mixed": ("用 reshape 代替转置，样本混在一起", "reshape for transpose: examples mixed"),
    "detach": ("隐藏层之后有 detach()", "detach() behind the hidden layer"),
}


@cache
def findings() -> dict[str, dict[str, Spread | int]]:
    import torch

    found: dict[str, dict[str, Spread | int]] = {}
    for bug in BUGS:
        results = []
        for seed, rng in enumerate(kit.seeds(RUNS)):
            x = torch.tensor(rng.normal(size=(EXAMPLES, INPUTS)), dtype=torch.float32)
            y = torch.arange(EXAMPLES) % CLASSES
            results.append(torch_sanity_checks(_network(bug, seed), x, y))
        found[bug] = {
            name: Spread(result[name] for result in results) for name in ("first", "last", "leak")
        } | {"silent": max(result["silent"] for result in results)}
    return found


def table_checks(tr: Tr) -> Table:
    return Table(
        [
            tr("错误", "bug"),
            Col(tr("初始损失", "first loss"), format=".2f"),
            Col(tr("记住一批之后", "after one batch"), format=".4f"),
            Col(tr("漏到别的样本", "leak"), format=".2f"),
            Col(tr("无梯度的参数", "silent"), format="d"),
        ],
        [
            [tr.pair(BUGS[bug]), of["first"], of["last"], of["leak"], of["silent"]]
            for bug, of in findings().items()
        ],
        caption=tr(
            f"{INPUTS}-{HIDDEN}-{CLASSES} 的网络，一批 {EXAMPLES} 个随机样本，"
            f"Adam 100 步，学习率 0.05，{RUNS} 个种子：平均值 [最小, 最大]",
            f"A {INPUTS}-{HIDDEN}-{CLASSES} network, one batch of {EXAMPLES} random examples, 100 "
            f"steps of Adam with learning rate 0.05, {RUNS} seeds: mean [smallest, largest]",
        ),
    )  # fmt: skip


@cache
def value_checks() -> dict[str, float | Spread]:
    import torch
    import torch.nn.functional as F

    model = _network("none", 0)().double()
    rng = next(iter(kit.seeds(1)))
    x = torch.tensor(rng.normal(size=(EXAMPLES, INPUTS)))
    y = torch.arange(EXAMPLES) % CLASSES

    def loss() -> torch.Tensor:
        return F.cross_entropy(model(x), y)

    worst, h = 0.0, 1e-5
    for parameter, grad in zip(
        model.parameters(), torch.autograd.grad(loss(), list(model.parameters())), strict=True
    ):
        values, slopes = parameter.data.view(-1), grad.view(-1)
        for place in range(0, len(values), 7):
            sides = []
            for sign in (1, -1):
                values[place] += sign * h
                sides.append(loss().item())
                values[place] -= sign * h
            worst = max(worst, abs((sides[0] - sides[1]) / (2 * h) - slopes[place].item()))
    # the least loss that a softmax of a softmax can reach: one probability 1, the others 0
    floor = float(np.log(np.exp(1) + CLASSES - 1) - 1)
    found = findings()
    return {
        "ln7": float(np.log(CLASSES)),
        "ln8": float(np.log(CLASSES + 1)),
        "gradient": worst,
        "floor": floor,
        "first": found["none"]["first"],
        "last": found["none"]["last"],
        "softmax": found["softmax"]["last"],
    }
