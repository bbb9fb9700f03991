"""BN as a regulariser: the same example comes out differently with other examples beside it."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Col, Formula, Spread, Table, Tr

SIZES = (2, 8, 32, 256)
VALUE, RUNS, DRAWS = 1.0, 5, 2000


@cache
def _scatter(size: int) -> Spread:
    """Std of the output of nn.BatchNorm1d in training mode for the value 1, its batch mates being
    drawn anew from N(0, 1) each time.
    """
    import torch
    from torch import nn

    norm = nn.BatchNorm1d(DRAWS, affine=False, track_running_stats=False).double()
    found = []
    for rng in kit.seeds(RUNS):
        x = torch.tensor(rng.normal(size=(size, DRAWS)))
        x[0] = VALUE
        found.append(float(norm(x)[0].std()))
    return Spread(found)


def table_scatter(tr: Tr) -> Table:
    return Table(
        [
            Col(tr("批大小 $B$", "batch size $B$"), format="d"),
            Col("$1/\\sqrt{B}$", format=".3f"),
            Col("$\\sqrt{(1 + x^2/2)/B}$", format=".3f"),
            Col(tr("输出的标准差", "std of the output"), format=".3f"),
        ],
        [[size, size**-0.5, ((1 + VALUE**2 / 2) / size) ** 0.5, _scatter(size)] for size in SIZES],
        caption=tr(
            f"固定的样本 x = {VALUE:g}，同批其余样本每次取自 N(0, 1)，{DRAWS:,} 次；"
            f"均值 [最小, 最大]，{RUNS} 组",
            f"A fixed example x = {VALUE:g}, the others of its batch drawn from N(0, 1) "
            f"{DRAWS:,} times; mean [smallest, largest] of {RUNS} such sets",
        ),
    )


def value_scatter() -> dict[str, Spread]:
    return {f"b{size}": _scatter(size) for size in SIZES}


def _noise(sigma: float, B: float) -> float:
    """By the variance of a sum of B independent terms, each divided by B."""
    return float(np.sqrt(sum((sigma / B) ** 2 for _ in range(int(B)))))


formula_mean_noise = Formula(
    r"\operatorname{Std}(\mu_B) = \frac{\sigma}{\sqrt{B}}",
    {
        r"\sigma": kit.scalar(("一个通道的标准差", "standard deviation of a channel"), 0.1, 5),
        "B": kit.integer(("批里独立样本的个数", "independent examples in the batch"), 1, 64),
    },
    equals=_noise,
)


def table_claims(tr: Tr) -> Table:
    return Table(
        [
            tr("说法", "claim"),
            tr("支持", "for"),
            tr("反对或限制", "against, or limits"),
        ],
        [
            [
                tr("可以用更大的学习率", "allows larger learning rates"),
                tr(
                    "本页实测；Bjorck 等 2018；Arora 等 2019 有证明",
                    "measured here; Bjorck et al. 2018; proofs by Arora et al. 2019",
                ),
                tr("无 BN 的网络调好学习率，差距变小", "the gap is small once both are tuned"),
            ],
            [
                tr("对权重的尺度不敏感", "insensitive to the scale of the weights"),
                tr("前向严格成立", "exact in the forward pass"),
                tr(
                    "尺度仍决定有效学习率；偏大时改不回来",
                    "the scale still sets the effective rate; too large ones do not recover",
                ),
            ],
            [
                tr("损失更平滑、梯度更可靠", "smoother loss, more reliable gradient"),
                tr("Santurkar 等 2018；本页实测", "Santurkar et al. 2018; measured here"),
                tr(
                    "刚初始化的很深的网络里梯度爆炸（Yang 等 2019）",
                    "gradients explode in very deep ones at initialisation (Yang et al. 2019)",
                ),
            ],
            [
                tr("减轻内部协变量偏移", "less internal covariate shift"),
                tr("Ioffe 与 Szegedy 2015 的动机", "the motive of Ioffe and Szegedy 2015"),
                tr(
                    "人为加入偏移，训练照样好（Santurkar 等 2018）",
                    "training stays good with shift injected (Santurkar et al. 2018)",
                ),
            ],
            [
                tr("有正则化效果", "regularises"),
                tr(
                    "批的噪声；Luo 等 2019 的分析",
                    "noise of the batch; analysis by Luo et al. 2019",
                ),
                tr("随批大小变化，不能单独调节", "depends on the batch size, no knob of its own"),
            ],
        ],
        caption=tr("BN 的好处：证据与反证", "Benefits of BN: evidence on both sides"),
    )
