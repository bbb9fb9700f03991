"""What is bounded and what is not; what batch norm normalises and what weight norm does."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Check, Formula, Table, Tr
from snippets.normalization.batch_norm import batch_norm

BATCH = 100


def _largest(m: float) -> float:
    """The standardised value of one outlier among m - 1 equal numbers, without epsilon."""
    x = np.zeros((int(m), 1))
    x[0] = 1.0
    return float(batch_norm(x, np.ones(1), np.zeros(1), eps=0.0)[1].max())


formula_bound = Formula(
    r"\left|\frac{x_i - \mu(x)}{s(x)}\right| \le \sqrt{m - 1}",
    {
        "x": kit.array(("一个通道在一批里的数值", "values of a channel in a batch"), ("m",), -3, 3),
        "m": kit.integer(("数值个数", "how many"), 2, 12),
        "i": kit.index(("批内的位置", "place in the batch"), "m"),
        r"\mu": kit.function(("均值", "mean"), np.mean),
        "s": kit.function(("标准差（有偏）", "standard deviation (biased)"), np.std),
    },
)


def value_outlier() -> dict[str, float]:
    """One outlier among equal numbers, and a batch of normal numbers, of 100 each."""
    largest = [
        float(np.abs(batch_norm(rng.normal(size=(BATCH, 1)), np.ones(1), np.zeros(1))[1]).max())
        for rng in kit.seeds(5)
    ]
    return {"batch": BATCH, "outlier": _largest(BATCH), "normal": max(largest)}


formula_weight_norm = Formula(
    r"w = g\,\frac{v}{\|v\|_2}, \quad \|w\|_2 = g",
    {
        "g": kit.scalar(("长度，可学习", "length, learnt"), 0.1, 3),
        "v": kit.array(("方向，可学习", "direction, learnt"), (4,), 0.2, 2),
    },
    equals={"w": lambda g, v: _torch_weight_norm(g, v), r"\|w\|_2": lambda g: g},
    tolerance=1e-6,
    samples=20,
)


def _torch_weight_norm(g: float, v: np.ndarray) -> np.ndarray:
    import torch

    layer = torch.nn.Linear(len(v), 1, bias=False).double()
    layer = torch.nn.utils.parametrizations.weight_norm(layer)
    with torch.no_grad():
        layer.parametrizations.weight.original0[:] = float(g)
        layer.parametrizations.weight.original1[:] = torch.tensor(v)
    return layer.weight.detach().numpy()[0]


def check_weight_norm() -> Check:
    pairs = []
    for rng in kit.seeds(20):
        g, v = rng.uniform(0.1, 3), rng.normal(size=6)
        pairs.append((g * v / np.linalg.norm(v), _torch_weight_norm(g, v)))
    return kit.compare(
        (
            "PyTorch 的 `nn.utils.parametrizations.weight_norm`",
            "PyTorch's `nn.utils.parametrizations.weight_norm`",
        ),
        pairs,
    )


def table_weight_norm(tr: Tr) -> Table:
    return Table(
        [tr("问题", "question"), tr("批归一化", "batch norm"), tr("权重归一化", "weight norm")],
        [
            [
                tr("归一化什么", "normalises"),
                tr("一个通道在一批里的激活值", "a channel's activations in a batch"),
                tr("一个单元的权重向量", "a unit's weight vector"),
            ],
            [
                tr("输出的均值、方差", "mean and variance of the output"),
                tr("由 β、γ 定", "set by β and γ"),
                tr("不定，随输入而变", "not set, they follow the input"),
            ],
            [
                tr("依赖批里别的样本", "depends on the other examples"),
                tr("训练时依赖", "in training"),
                tr("从不", "never"),
            ],
            [
                tr("训练与推理不同", "training differs from inference"),
                tr("不同，要存滑动统计量", "yes, running statistics are kept"),
                tr("相同", "no"),
            ],
            [
                tr("权重放大 $a$ 倍", "weights times $a$"),
                tr("输出不变", "output unchanged"),
                tr("$v$ 放大时输出不变", "unchanged when $v$ is scaled"),
            ],
        ],
        caption=tr("两种归一化的对象不同", "The two normalise different things"),
    )
