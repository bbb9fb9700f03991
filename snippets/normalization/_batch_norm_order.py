"""Batch norm before or after the activation, and the bias that it makes redundant."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Col, Formula, Spread, Table, Tr
from snippets.normalization import _bn_nets as nets

RATES = (0.1, 0.3, 1.0)
LAYERS, STEPS, BATCH = 4, 300, 32
BLOCKS = {
    "none": ("affine", "relu"),
    "before": ("affine", "bn", "relu"),
    "after": ("affine", "relu", "bn"),
}


@cache
def trained(order: str) -> tuple[np.ndarray, np.ndarray]:
    """Test accuracy (rates, runs) of a stack of blocks, and its validation accuracy."""
    net = nets.Nets(nets.stack(BLOCKS[order], LAYERS), copies=len(RATES))
    nets.fit(net, RATES, batch=BATCH, steps=STEPS)
    return nets.measured(net, 2)[1], nets.measured(net, 1)[1]


def _best(order: str) -> tuple[float, Spread]:
    test, validation = trained(order)
    best = int(validation.mean(axis=1).argmax())
    return RATES[best], Spread(test[best])


def value_order() -> dict[str, object]:
    found: dict[str, object] = {order: _best(order)[1] for order in ("none", "before", "after")}
    return {**found, "runs": nets.RUNS, "steps": STEPS, "batch": BATCH}


def table_order(tr: Tr) -> Table:
    rows = []
    for order, arrow, used in (
        ("none", tr("线性 → ReLU", "linear → ReLU"), tr("无归一化", "no normalisation")),
        (
            "before",
            tr("线性 → BN → ReLU", "linear → BN → ReLU"),
            tr("原论文，ResNet", "the original paper, ResNet"),
        ),
        (
            "after",
            tr("线性 → ReLU → BN", "linear → ReLU → BN"),
            tr("也有人用", "used by some"),
        ),
    ):
        rate, accuracy = _best(order)
        rows.append([arrow, used, rate, accuracy])
    rows.insert(
        2,
        [
            tr("BN → ReLU → 线性", "BN → ReLU → linear"),
            tr("预激活 ResNet", "pre-activation ResNet"),
            None,
            None,
        ],
    )
    return Table(
        [
            tr("顺序", "order"),
            tr("用在", "used by"),
            Col(tr("最好的学习率", "best rate"), format="g"),
            Col(tr("测试准确率", "test accuracy"), format=".3f"),
        ],
        rows,
        caption=tr(
            f"点阵数字，{LAYERS} 个隐藏层、每层 {nets.WIDTH} 个单元，SGD {STEPS} 步，"
            f"批大小 {BATCH}，"
            f"学习率按验证集选自三个；均值 [最小, 最大]，{nets.RUNS} 次初始化。"
            "没有残差时，预激活的顺序与第二行是同一个网络，不另外训练",
            f"Dot-matrix digits, {LAYERS} hidden layers of {nets.WIDTH} units, {STEPS} steps of "
            f"SGD, batch size {BATCH}, rate chosen among three on validation data; mean "
            f"[smallest, largest] of {nets.RUNS} initialisations. Without skips, the "
            "pre-activation order is the network of the second row and is not trained again",
        ),
    )


formula_relu_moments = Formula(
    r"\operatorname{E}(\operatorname{ReLU}(z)) = \frac{1}{\sqrt{2\pi}} \approx 0.399, \quad"
    r" \operatorname{Std}(\operatorname{ReLU}(z))"
    r" = \sqrt{\frac{1}{2} - \frac{1}{2\pi}} \approx 0.584",
    {"z": kit.scalar(("服从 N(0, 1)", "from N(0, 1)"), -1, 1)},
    equals={
        r"\operatorname{E}(\operatorname{ReLU}(z))": lambda: _relu_moments()[0],
        r"\operatorname{Std}(\operatorname{ReLU}(z))": lambda: _relu_moments()[1],
    },
)


@cache
def _relu_moments() -> tuple[float, float]:
    """Mean and standard deviation of max(0, z) by quadrature, z standard normal."""
    nodes, weights = np.polynomial.legendre.leggauss(200)
    z, w = 6 * (nodes + 1), 6 * weights
    density = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi) * w
    mean, square = float((z * density).sum()), float((z**2 * density).sum())
    return mean, math.sqrt(square - mean**2)


def value_bias() -> dict[str, object]:
    """Gradient norms of the bias and the weights of a convolution before batch norm."""
    import torch
    from torch import nn

    found: dict[str, list[float]] = {"single": [], "double": [], "weights": [], "after": []}
    for name, dtype in (("single", torch.float32), ("double", torch.float64)):
        for seed in range(5):
            rng = torch.Generator().manual_seed(seed)
            conv, norm = nn.Conv2d(3, 8, 3, padding=1).to(dtype), nn.BatchNorm2d(8).to(dtype)
            with torch.no_grad():
                for p in conv.parameters():
                    p.copy_(torch.randn(p.shape, generator=rng, dtype=torch.float64) / 5)
            x = torch.randn(16, 3, 12, 12, generator=rng, dtype=torch.float64).to(dtype)
            y = torch.relu(norm(conv(x)))
            up = torch.randn(y.shape, generator=rng, dtype=torch.float64).to(dtype)
            (y * up).sum().backward()
            found[name].append(float(conv.bias.grad.norm()))
            if name == "single":
                found["weights"].append(float(conv.weight.grad.norm()))
                found["after"].append(float(norm.bias.grad.norm()))
    return {name: Spread(values) for name, values in found.items()}
