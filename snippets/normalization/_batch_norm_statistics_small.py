"""Small batches: noise of the batch mean, and training with small normalisation groups."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Check, Col, Formula, Spread, Table, Tr
from snippets.normalization import _bn_nets as nets

SIZES = (2, 8, 32, 256)
GROUPS = (2, 4, 8, 32)
DRAWS, RUNS = 20_000, 5
RATE, STEPS = 0.3, 300


@cache
def _noise(size: int) -> Spread:
    """Standard deviation of the mean of ``size`` standard normal numbers."""
    return Spread(rng.normal(size=(DRAWS, size)).mean(axis=1).std() for rng in kit.seeds(RUNS))


def table_noise(tr: Tr) -> Table:
    return Table(
        [
            Col(tr("批大小 $B$", "batch size $B$"), format="d"),
            Col("$1/\\sqrt{B}$", format=".4f"),
            Col(tr("批均值的标准差", "std of the batch mean"), format=".4f"),
        ],
        [[size, size**-0.5, _noise(size)] for size in SIZES],
        caption=tr(
            f"取自 N(0, 1)，每次 {DRAWS:,} 批；均值 [最小, 最大]，{RUNS} 次",
            f"From N(0, 1), {DRAWS:,} batches each time; mean [smallest, largest] of {RUNS}",
        ),
    )


def _std(size: float) -> float:
    return float(np.sqrt(size * (1 / size) ** 2))


formula_noise = Formula(
    r"\operatorname{Std}(\mu_B) = \frac{\sigma}{\sqrt{B}}",
    {
        r"\sigma": kit.scalar(("一个通道的标准差", "standard deviation of a channel"), 0.1, 5),
        "B": kit.integer(("批里独立数值的个数", "independent values in the batch"), 1, 256),
    },
    equals=lambda sigma, B: sigma * _std(B),
)


@cache
def trained(group: int) -> dict[str, Spread]:
    """Test accuracy at inference and in training mode; normalised in groups, stepped by 32."""
    net = nets.Nets(nets.stack(("affine", "bn", "relu"), 3), group=group)
    nets.fit(net, [RATE], batch=32, steps=STEPS)
    running = nets.measured(net, 2)[1][0]
    grouped = nets.measured(net, 2, train=True, rows=992)[1][0]  # a multiple of 32
    return {"running": Spread(running), "batch": Spread(grouped)}


def table_groups(tr: Tr) -> Table:
    return Table(
        [
            Col(tr("归一化的样本数", "examples normalised together"), format="d"),
            Col(tr("准确率，滑动统计量", "accuracy, running statistics"), format=".3f"),
            Col(tr("准确率，批统计量", "accuracy, batch statistics"), format=".3f"),
        ],
        [[group, trained(group)["running"], trained(group)["batch"]] for group in GROUPS],
        caption=tr(
            f"点阵数字，三个隐藏层、每层 {nets.WIDTH} 个单元；每步的梯度总是用 32 个样本，"
            f"只是 BN 分组统计；SGD {STEPS} 步，学习率 {RATE:g}；测试准确率，"
            f"均值 [最小, 最大]，{nets.RUNS} 次初始化",
            f"Dot-matrix digits, three hidden layers of {nets.WIDTH} units. Every gradient is of "
            f"32 examples; only BN counts them in groups. {STEPS} steps of SGD at rate {RATE:g}; "
            f"test accuracy, mean [smallest, largest] of {nets.RUNS} initialisations",
        ),
    )


def value_groups() -> dict[str, Spread]:
    return {f"{key}_{group}": trained(group)[key] for group in GROUPS for key in trained(group)}


def table_alternatives(tr: Tr) -> Table:
    return Table(
        [
            tr("做法", "remedy"),
            tr("统计什么", "statistics of"),
            tr("代价", "price"),
        ],
        [
            [
                tr("GroupNorm", "GroupNorm"),
                tr("一个样本的一组通道", "a group of one example's channels"),
                tr("推理时也要算，不能折叠", "computed at inference too, no folding"),
            ],
            [
                tr("LayerNorm", "LayerNorm"),
                tr("一个样本的全部特征", "all features of one example"),
                tr("同上；卷积网络里少用", "the same; rare in convolutional networks"),
            ],
            [
                tr("SyncBatchNorm", "SyncBatchNorm"),
                tr("所有设备上的批合在一起", "the batches of all devices together"),
                tr("每层都要通信", "communication in every layer"),
            ],
            [
                tr("冻结 BN", "frozen BN"),
                tr("预训练时的滑动统计量", "running ones of the pre-training"),
                tr("只适合微调", "for fine-tuning only"),
            ],
            [
                tr("批重归一化", "batch renormalisation"),
                tr("批统计量，修正到滑动统计量", "the batch, corrected to the running ones"),
                tr("多两个要调的上限", "two more limits to tune"),
            ],
        ],
        caption=tr("批太小时的替代", "What to use when batches are too small"),
    )


def check_group_norm() -> Check:
    """One example through batch norm and its replacement, alone and with others beside it."""
    import torch
    from torch import nn

    from snippets.normalization.batch_norm_statistics import use_group_norm

    rng = torch.Generator().manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 16, 3), nn.Sequential(nn.BatchNorm2d(16), nn.ReLU()))
    model = use_group_norm(model).double()
    x = torch.randn(8, 3, 6, 6, generator=rng, dtype=torch.float64)
    with torch.no_grad():
        together, alone = model(x), torch.cat([model(x[i : i + 1]) for i in range(8)])
    return kit.compare(
        (
            "换成 GroupNorm 之后，训练模式下逐个样本单独前向的结果",
            "each example alone, in training mode, after the change to GroupNorm",
        ),
        [(together, alone)],
    )
