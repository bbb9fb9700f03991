"""Residual connections on random labels: they help to fit, and nothing is there to generalise."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np

from snippets.kit import Col, Spread, Table, Tr

BLOCKS, WIDTH, INPUTS, EXAMPLES, TEST, RUNS, STEPS = 12, 24, 16, 128, 500, 5, 100


@cache
def _runs(residual: bool, random: bool) -> np.ndarray:
    """(2, RUNS): training and test accuracy."""
    import torch

    draw = torch.Generator().manual_seed(0)
    x = torch.randn(RUNS, EXAMPLES + TEST, INPUTS, generator=draw)
    y = x[:, :, 0] * x[:, :, 1] > 0  # what there is to learn
    if random:
        y = torch.rand(y.shape, generator=draw) < 0.5
    sign = 2.0 * y - 1
    sizes = [INPUTS, *[WIDTH] * (BLOCKS + 1), 1]
    parameters = []
    for n, m in pairwise(sizes):
        parameters.append(torch.randn(RUNS, n, m, generator=draw) * (2 / n) ** 0.5)
        parameters.append(torch.zeros(RUNS, 1, m))
    for parameter in parameters:
        parameter.requires_grad_()

    def logits(x):
        h = torch.baddbmm(parameters[1], x, parameters[0])
        for number in range(2, len(parameters) - 2, 2):
            block = torch.baddbmm(parameters[number + 1], h, parameters[number]).relu()
            h = h + block / BLOCKS**0.5 if residual else block
        return torch.baddbmm(parameters[-1], h, parameters[-2])[:, :, 0]

    optimiser = torch.optim.Adam(parameters, lr=5e-3)
    inside = slice(0, EXAMPLES)
    for _ in range(STEPS):
        losses = torch.nn.functional.softplus(-sign[:, inside] * logits(x[:, inside])).mean(1)
        optimiser.zero_grad()
        losses.sum().backward()
        optimiser.step()
    with torch.no_grad():
        right = ((logits(x) > 0) == y).double()
    return np.array([right[:, inside].mean(1).numpy(), right[:, EXAMPLES:].mean(1).numpy()])


def table_residual(tr: Tr) -> Table:
    rows = []
    for random, labels in ((True, ("随机", "random")), (False, ("真实", "real"))):
        for residual, network in (
            (False, ("普通", "plain")),
            (True, ("残差", "residual")),
        ):
            train, test = _runs(residual, random)
            rows.append([tr.pair(labels), tr.pair(network), Spread(train), Spread(test)])
    return Table(
        [
            tr("标签", "labels"),
            tr("网络", "network"),
            Col(tr("训练准确率", "training accuracy"), format=".3f"),
            Col(tr("测试准确率", "test accuracy"), format=".3f"),
        ],
        rows,
        caption=tr(
            f"{BLOCKS} 块，宽 {WIDTH}，{EXAMPLES} 个样本，Adam {STEPS} 步；均值 [最小, 最大]，"
            f"{RUNS} 次运行。真实的标签是两个输入之积的符号",
            f"{BLOCKS} blocks of width {WIDTH}, {EXAMPLES} examples, {STEPS} steps of Adam; mean "
            f"[smallest, largest] of {RUNS} runs. Real: the sign of the product of two inputs",
        ),
    )


def value_residual() -> dict[str, object]:
    found: dict[str, object] = {"blocks": BLOCKS, "examples": EXAMPLES}
    for residual, network in ((False, "plain"), (True, "residual")):
        for random, labels in ((True, "random"), (False, "real")):
            train, test = _runs(residual, random)
            found |= {
                f"{network}_{labels}_train": Spread(train),
                f"{network}_{labels}_test": Spread(test),
            }
    return found
