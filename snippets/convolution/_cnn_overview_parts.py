"""LeNet-5 drawn to scale of its shapes, the Toeplitz matrix, and the comparison with dense."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.convolution import _pixels
from snippets.convolution.cnn_overview import LENET, toeplitz, trace
from snippets.convolution.conv_output_size import conv_output_size
from snippets.kit import Col, Figure, Formula, Table, Tr

formula_weights = Formula(
    r"W = C\, k^2\, O",
    {
        "C": kit.integer(("输入通道数", "input channels"), 1, 8),
        "k": kit.integer(("核的边长", "side of the kernel"), 1, 7),
        "O": kit.integer(("输出通道数", "output channels"), 1, 8),
    },
    equals=lambda C, k, O: trace((int(C), 9, 9), [("conv", int(O), int(k), 1, 0)])[0][1] - O,  # noqa: E741
)

formula_dense = Formula(
    r"W = (C\, H\, V)\,(O\, H\, V)",
    {
        "C": kit.integer(("输入通道数", "input channels"), 1, 4),
        "H": kit.integer(("高，输入输出相同", "height, of input and output"), 1, 5),
        "V": kit.integer(("宽，输入输出相同", "width, of input and output"), 1, 5),
        "O": kit.integer(("输出通道数", "output channels"), 1, 4),
    },
    equals=lambda C, H, V, O: (  # noqa: E741
        trace((int(C), int(H), int(V)), [("flatten",), ("dense", int(O * H * V))])[1][1] - O * H * V
    ),
)

SHAPES = [((1, 32, 32), 0), *trace((1, 32, 32), LENET)]


def _names(tr: Tr) -> list[str]:
    kinds = {
        "conv": tr("5×5 卷积", "5×5 conv"),
        "pool": tr("2×2 池化", "2×2 pool"),
        "flatten": tr("展平", "flatten"),
        "dense": tr("全连接", "dense"),
    }
    return [tr("输入", "input"), *(kinds[layer[0]] for layer in LENET)]


def figure_lenet(tr: Tr) -> Figure:
    """Each map a stack of squares, its side to scale; vectors as bars."""
    from matplotlib.patches import Rectangle

    canvas, axes = kit.canvas(height=2.5)
    at, data = 0.0, {}
    colours = {"conv": kit.BLUE, "pool": kit.GREEN, "dense": kit.ORANGE}
    kinds = ["input", *(layer[0] for layer in LENET)]
    for kind, (shape, _), name in zip(kinds, SHAPES, _names(tr), strict=True):
        colour = colours.get(kind, kit.MUTED)
        if len(shape) == 3:
            side, sheets = shape[1] * 0.9, min(shape[0], 6)
            for sheet in range(sheets):
                axes.add_patch(
                    Rectangle(
                        (at + 1.6 * sheet, -side / 2 + 1.3 * (sheets - sheet - 1)),
                        side, side, facecolor=kit.PAPER, edgecolor=colour, linewidth=1,
                    )
                )  # fmt: skip
            width, label = side + 1.6 * (sheets - 1), f"{shape[0]}@{shape[1]}×{shape[2]}"
        else:
            height = 2 + shape[0] ** 0.5 * 1.6
            axes.add_patch(
                Rectangle((at, -height / 2), 3, height, facecolor=colour, alpha=0.35, linewidth=0)
            )
            width, label = 3.0, str(shape[0])
        middle = at + width / 2
        axes.text(middle, -25, label, ha="center", va="top", fontsize=8)
        axes.text(middle, 27, name, ha="center", va="bottom", fontsize=8.5, rotation=90)
        at += width + (15 if len(shape) == 3 else 10)
        data[f"{len(data)}:{kind}"] = np.array(shape)
    axes.set_xlim(-4, at + 8)
    axes.set_ylim(-32, 56)
    axes.set_aspect("equal")
    axes.axis("off")
    return Figure(
        canvas,
        caption=tr(
            "LeNet-5 式网络的形状（通道@高×宽），由函数推出；方块边长按比例，最多画六层。"
            "蓝：卷积，绿：池化，橙：全连接。",
            "The shapes of a LeNet-5-style network (channels@height×width), computed by the "
            "function; sides to scale, six sheets at most. Blue convolution, green pooling, "
            "orange dense.",
        ),
        alt=tr(
            "由左到右：32×32 的输入，6 张 28×28，6 张 14×14，16 张 10×10，16 张 5×5，"
            "展平成 400，再到 120、84、10。",
            "From left to right: an input of 32×32, 6 maps of 28×28, 6 of 14×14, 16 of 10×10, "
            "16 of 5×5, flattened to 400, then 120, 84 and 10.",
        ),
        data=data,
    )


def table_lenet(tr: Tr) -> Table:
    rows = [
        [name, "×".join(map(str, shape)), count]
        for name, (shape, count) in zip(_names(tr), SHAPES, strict=True)
    ]
    return Table(
        [tr("层", "layer"), tr("输出", "output"), Col(tr("参数", "parameters"), format=",d")],
        [*rows, [tr("合计", "all"), "", sum(row[2] for row in rows)]],
        caption=tr(
            "LeNet-5 式网络，输入 1×32×32，激活不计（没有参数）",
            "LeNet-5-style network, input 1×32×32; activations, which have no parameters, are "
            "left out",
        ),
    )


def value_lenet() -> dict[str, float]:
    counts = {layer: count for layer, (_, count) in zip(range(8), SHAPES[1:], strict=True)}
    total, conv = sum(counts.values()), counts[0] + counts[2]
    return {"total": total, "conv": conv, "dense_share": 1 - conv / total}


def value_head() -> dict[str, int]:
    """Ten classes from a 128×15×15 map: flattened and dense, or global average and dense."""
    flat = trace((128, 15, 15), [("flatten",), ("dense", 10)])
    pooled = trace((128, 15, 15), [("gap",), ("dense", 10)])
    return {"flat": flat[-1][1], "gap": pooled[-1][1]}


# --------------------------------------------------------------------------- dense or not

KERNEL = np.array([[1.0, 2, -1], [3, 0, -2], [1, -3, 2]])


def figure_toeplitz(tr: Tr) -> Figure:
    matrix = toeplitz(KERNEL, 6, 6)
    dense = np.random.default_rng(0).normal(size=matrix.shape)
    canvas, panels = kit.canvas(1, 2, height=2.25)
    for axes, values, title in zip(
        panels,
        (dense, matrix),
        (tr("全连接", "dense"), tr("3×3 卷积", "3×3 convolution")),
        strict=True,
    ):
        _pixels.draw(axes, values)
        axes.set_title(title)
        axes.set_xlabel(tr("36 个输入", "36 inputs"))
    panels[0].set_ylabel(tr("16 个输出", "16 outputs"))
    return Figure(
        canvas,
        caption=tr(
            "6×6 到 4×4 的两种线性层写成矩阵：全连接处处有自己的权重；"
            "卷积只有九种数，沿对角线重复，其余为 0（分块 Toeplitz 矩阵）。",
            "Two linear layers from 6×6 to 4×4 as matrices. The dense one has a weight of its own "
            "everywhere; the convolution has nine different numbers, repeated along the "
            "diagonals, and 0 elsewhere (a Toeplitz matrix of blocks).",
        ),
        alt=tr(
            "左：16×36 的矩阵填满随机数。右：同样大小，只有几条斜带，带上的数相同。",
            "Left: a 16×36 matrix full of random numbers. Right: the same size, only some "
            "diagonal stripes, constant along each.",
        ),
        data={"dense": dense, "convolution": matrix},
    )


def value_toeplitz() -> dict[str, float]:
    matrix = toeplitz(np.arange(1.0, 10).reshape(3, 3), 6, 6)
    return {
        "entries": matrix.size,
        "nonzero": int(np.count_nonzero(matrix)),
        "different": len(np.unique(matrix[matrix != 0])),
    }


def value_first_layer() -> dict[str, float]:
    """3×224×224 to 64×224×224: weights and multiply-adds, dense and 3×3."""
    cells = 224**2
    dense = (3 * cells) * (64 * cells)
    conv = 3 * 64 * 9
    return {
        "dense": float(dense),
        "conv": conv,
        "parameters": conv + 64,
        "multiply": float(conv * cells),
        "ratio": dense / (conv * cells),
    }


def table_versus(tr: Tr) -> Table:
    found = value_first_layer()
    return Table(
        ["", tr("全连接", "dense"), tr("3×3 卷积", "3×3 convolution")],
        [
            [tr("权重", "weights"), f"{found['dense']:.1e}", f"{found['conv']:,d}"],
            [tr("乘加", "multiply-adds"), f"{found['dense']:.1e}", f"{found['multiply']:.1e}"],
            [tr("平移等变", "translation equivariant"), tr("否", "no"),
             tr("是（步幅 1、不计边界）", "yes (stride 1, apart from borders)")],
            [tr("输入大小", "size of the input"), tr("固定", "fixed"), tr("任意", "any")],
            [tr("一个输出看到", "an output sees"), tr("整张图", "the whole image"),
             tr("一个窗口", "a window")],
        ],
        caption=tr(
            "3×224×224 → 64×224×224 的一层，不计偏置",
            "One layer, 3×224×224 → 64×224×224, without biases",
        ),
    )  # fmt: skip


# --------------------------------------------------------------------------- hyper-parameters


def table_settings(tr: Tr) -> Table:
    rows = [
        (tr("卷积核", "kernel"), tr("直接看到多少", "what is seen directly"),
         tr("首层 7×7，其余 3×3 与 1×1", "7×7 first, then 3×3 and 1×1")),
        (tr("通道数", "channels"), tr("每处多少特征", "features at each place"),
         tr("每次减半尺寸时加倍：64 到 512（瓶颈块的输出是四倍）",
            "doubled at each halving: 64 to 512 (bottlenecks put out four times as many)")),
        (tr("步幅", "stride"), tr("下采样多少", "how far it downsamples"), tr("1 或 2", "1 or 2")),
        (tr("填充", "padding"), tr("保持大小", "keeps the size"),
         tr("由核与空洞率算出", "follows from kernel and dilation")),
        (tr("池化", "pooling"), tr("下采样、汇总", "downsamples, sums up"),
         tr("首层后 3×3 步幅 2；末尾全局平均", "3×3 stride 2; a global mean at the end")),
        (tr("层数", "depth"), tr("视野与非线性", "reach and nonlinearity"),
         tr("18 到 152 层", "18 to 152")),
        (tr("学习率", "learning rate"), tr("一步走多远", "length of a step"),
         tr("SGD 从 0.1 起，停滞时除以 10", "SGD from 0.1, divided by 10 at plateaus")),
        (tr("批大小", "batch size"), tr("梯度的噪声", "noise of the gradient"),
         tr("256", "256")),
        (tr("轮数", "epochs"), tr("看几遍数据", "passes over the data"),
         tr("至多约 120（60 万次迭代）", "up to about 120 (600,000 iterations)")),
        (tr("权重衰减、动量", "weight decay, momentum"), tr("正则化、加速", "regularise, speed up"),
         tr("0.0001、0.9", "0.0001, 0.9")),
    ]  # fmt: skip
    return Table(
        [
            tr("超参数", "hyper-parameter"),
            tr("管什么", "what it governs"),
            tr("ResNet 在 ImageNet 上", "ResNet on ImageNet"),
        ],
        rows,
        caption=tr(
            "以 ResNet 的论文为例（He 等 2016，第 3.3、3.4 节与表 1）；换任务、换优化器要重调",
            "The ResNet paper as an example (He et al. 2016, sections 3.3 and 3.4, table 1); "
            "another task or optimiser wants other values",
        ),
    )


def value_padding() -> dict[str, int]:
    """7×7 on 32 with paddings of 1, 2, 3; and what a 11×11 needs."""
    found = {f"p{p}": conv_output_size(32, 7, 1, p) for p in (1, 2, 3)}
    return {
        "n": 32,
        **found,
        "k11": next(p for p in range(9) if conv_output_size(32, 11, 1, p) == 32),
    }


def value_recipe() -> dict[str, float]:
    """ResNet's training in epochs, and its pooling with and without padding.  [he2016]"""
    iterations, batch, images = 600_000, 256, 1_281_167
    return {
        "epochs": iterations * batch / images,
        "batch": batch,
        "before": 112,
        "padded": conv_output_size(112, 3, 2, 1),
        "plain": conv_output_size(112, 3, 2),
    }
