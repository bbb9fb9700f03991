"""The variants: the dual form of W1, the cycle loss, the shapes of DCGAN, and the table."""

from __future__ import annotations

from itertools import product

import numpy as np

from snippets import kit
from snippets.architectures.gan import P, Q, torch_dcgan_generator
from snippets.kit import Col, Formula, Table, Tr


def _by_slopes(p: np.ndarray, q: np.ndarray) -> float:
    """The largest E f under p less under q, over all f on 1, 2 ... n with slopes 1 and -1.

    The largest over slopes between -1 and 1 is among them: the difference is linear in the slopes.
    """
    return max(
        float((p - q) @ np.cumsum([0.0, *slopes]))
        for slopes in product((-1.0, 1.0), repeat=len(p) - 1)
    )


formula_wasserstein = Formula(
    r"\max_{\|f\|_L \le 1} \left(\mathrm{E}_{x \sim p}[f(x)] - \mathrm{E}_{x \sim q}[f(x)]\right)"
    r" = \sum_{k=1}^{n-1} \left| \sum_{i=1}^{k} p_i - \sum_{i=1}^{k} q_i \right|",
    {
        "p": kit.constant(("点 1, 2, 3 上的分布", "distribution over the points 1, 2, 3"), P),
        "q": kit.constant(("另一个分布", "another distribution"), Q),
        "n": kit.constant(("点数（这里是三个）", "number of points (three here)"), 3),
    },
    equals=_by_slopes,
)

formula_wgan = Formula(
    r"\min_G \max_{\|f\|_L \le 1} \left(\mathrm{E}_x[f(x)] - \mathrm{E}_z[f(G(z))]\right) = 0",
    {},
    equals=lambda: min(_by_slopes(P, np.array([a, 1 - a - b, b])) for a, b in _SIMPLEX),
)

_SIMPLEX = [(a / 10, b / 10) for a in range(11) for b in range(11 - a)]

formula_cycle = Formula(
    r"L_{\mathrm{cyc}} = \|F(G(x)) - x\|_1 + \|G(F(y)) - y\|_1",
    {
        "x": kit.array(("一个域的样本", "an example of one domain"), (4,), -2, 2),
        "y": kit.array(("另一个域的样本", "an example of the other"), (4,), -2, 2),
        "G": kit.function(("由前者到后者", "from the first to the second"), lambda x: 2 * x + 1),
        "F": kit.function(("由后者到前者", "from the second to the first"), lambda y: y / 3),
    },
    equals=lambda x, y: np.abs((2 * x + 1) / 3 - x).sum() + np.abs(2 * y / 3 + 1 - y).sum(),
)


# --------------------------------------------------------------------------- DCGAN


def _shapes() -> list[tuple[int, int, int]]:
    """Channels, height and parameters after each stage, on PyTorch's meta device."""
    import torch

    with torch.device("meta"):
        model = torch_dcgan_generator()
        x = torch.empty(2, 100, 1, 1)
    rows = []
    for stage in model:
        x = stage(x)
        rows.append((x.shape[1], x.shape[2], sum(w.numel() for w in stage.parameters())))
    return rows


def table_dcgan(tr: Tr) -> Table:
    rows = _shapes()
    last = len(rows) - 1
    return Table(
        [
            tr("一级", "stage"),
            tr("输出 C×H×W", "output C×H×W"),
            Col(tr("参数", "parameters"), format=",d"),
        ],
        [[tr("噪声 z", "noise z"), "100×1×1", 0]]
        + [
            [
                tr("转置卷积 4×4", "transposed conv 4×4")
                + (tr("，步幅 1", ", stride 1") if i == 0 else tr("，步幅 2", ", stride 2"))
                + (tr("，tanh", ", tanh") if i == last else ""),
                f"{c}×{h}×{h}",
                count,
            ]
            for i, (c, h, count) in enumerate(rows)
        ],
        caption=tr(
            "DCGAN 生成器的形状，按下面的代码逐级前向得到（除最后一级外都接批归一化与 ReLU）",
            "Shapes in DCGAN's generator, from a forward pass of the code below (all stages but "
            "the last have batch normalisation and ReLU)",
        ),
    )


def value_dcgan() -> dict[str, object]:
    rows = _shapes()
    return {"parameters": sum(row[2] for row in rows), "sizes": [1, *(row[1] for row in rows)]}


# --------------------------------------------------------------------------- variants


def table_variants(tr: Tr) -> Table:
    return Table(
        [
            "",
            tr("年", "year"),
            tr("想法", "idea"),
            tr("损失", "loss"),
            tr("结构", "architecture"),
            tr("解决什么", "what it solves"),
        ],
        [
            [
                tr.name("GAN"),
                "2014",
                tr("判别器代替似然", "a discriminator in place of a likelihood"),
                tr("二分类交叉熵", "binary cross-entropy"),
                tr("MLP（原论文）", "MLP (first paper)"),
                tr("不写出密度也能训练生成器", "trains a generator without a density"),
            ],
            [
                tr.name("CGAN"),
                "2014",
                tr("G 与 D 都输入条件 y", "y goes into G and D"),
                tr("同上，给定 y", "the same, given y"),
                tr("多一个输入", "one more input"),
                tr("指定生成哪一类", "says which class to generate"),
            ],
            [
                tr.name("DCGAN"),
                "2015",
                tr("一套卷积结构的规矩", "rules for convolutional GANs"),
                tr("同 GAN", "as GAN"),
                tr(
                    "带步幅的卷积与转置卷积，批归一化，无池化",
                    "strided and transposed convolutions, batch normalisation, no pooling",
                ),
                tr("深层图像 GAN 训练得更稳", "deep image GANs train more stably"),
            ],
            [
                tr.name("WGAN"),
                "2017",
                tr("用 W₁ 代替 JS", "W₁ in place of JS"),
                tr("评论家输出之差，无对数", "difference of critic outputs, no logarithm"),
                tr(
                    "评论家无 sigmoid，权重裁剪或梯度惩罚",
                    "critic without sigmoid; weights clipped, or a gradient penalty",
                ),
                tr("分布不重叠时也有梯度", "a gradient where supports do not meet"),
            ],
            [
                tr.name("CycleGAN"),
                "2017",
                tr("两个 G 互为逆映射", "two generators, each the other's inverse"),
                tr("对抗损失 + 循环损失", "adversarial + cycle loss"),
                tr("两个 G、两个 D", "two G, two D"),
                tr("没有成对数据的图像转换", "image translation without pairs"),
            ],
        ],
        caption=tr(
            "五种 GAN 的区别（年份取 arXiv 首次公开）",
            "How five GANs differ (years of the first arXiv version)",
        ),
    )
