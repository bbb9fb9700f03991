"""ResNet-18 layer by layer, ResNet-50 by stage, the family, and what the stride's place costs."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets.activations.relu import relu
from snippets.architectures._layers import Layer, layer_table, on_meta, totals, trace
from snippets.architectures.resnet import (
    DEPTHS,
    PUBLISHED,
    basic_weights,
    block,
    bottleneck_weights,
    torch_resnet,
)
from snippets.kit import Col, Table, Tr

PAPER = {18: 1.8, 34: 3.6, 50: 3.8, 101: 7.6, 152: 11.3}  # 10^9, he2016, table 1


@cache
def _traced(depth: int, v1: bool = False) -> tuple[Layer, ...]:
    return tuple(trace(on_meta(torch_resnet, depth, 1000, v1), (3, 224, 224)))


def folded(depth: int) -> list[tuple[str, Layer]]:
    """Convolutions and the linear layer, the batch normalisation after each counted with it."""
    rows: list[tuple[str, Layer]] = []
    for layer in _traced(depth):
        if layer.kind == "BatchNorm2d":
            name, conv = rows[-1]
            parameters = conv.parameters + layer.parameters
            rows[-1] = name, Layer(name, conv.kind, conv.shape, parameters, conv.macs)
        elif layer.macs:
            rows.append((layer.name, layer))
    return rows


def by_stage(depth: int) -> list[tuple[str, Layer]]:
    """The same, summed over each stage; the shape is that at its end."""
    stages: dict[str, list[Layer]] = {}
    for name, layer in folded(depth):
        stages.setdefault(name.split(".")[0], []).append(layer)
    rows = []
    for name, layers in stages.items():
        main = [la for la in layers if "downsample" not in la.name]
        rows.append((name, Layer(name, "stage", main[-1].shape, *totals(layers))))
    return rows


def table_layers(tr: Tr) -> Table:
    return layer_table(
        tr,
        [(f"`{name}`", layer) for name, layer in folded(18)],
        tr(
            "ResNet-18，输入 3×224×224：卷积层连同其后的批归一化，最后是全连接层。`conv1` 之后有 "
            "3×3 最大池化（步幅 2），`fc` 之前有全局平均池化，都没有参数",
            "ResNet-18 for an input of 3×224×224: convolutions, each with the batch normalisation "
            "after it, and the linear layer. 3×3 max pooling with stride 2 after `conv1` and "
            "global average pooling before `fc` have no parameters",
        ),
    )


def table_stages(tr: Tr) -> Table:
    rows = []
    for name, layer in by_stage(50):
        place = int(name[-1]) - 1 if name.startswith("layer") else None
        label = f"`{name}`" if place is None else f"`{name}` × {DEPTHS[50][1][place]}"
        rows.append((label, layer))
    return layer_table(
        tr,
        rows,
        tr(
            "ResNet-50（torchvision 的 v1.5）按段合计，输入 3×224×224；× 后面是瓶颈块的个数",
            "ResNet-50 (v1.5, as in torchvision) summed by stage, input 3×224×224; after × the "
            "number of bottleneck blocks",
        ),
    )


def table_family(tr: Tr) -> Table:
    rows = []
    for depth, (bottleneck, blocks) in DEPTHS.items():
        parameters, macs = totals(_traced(depth))
        rows.append(
            [
                depth,
                tr("瓶颈块", "bottleneck") if bottleneck else tr("普通块", "basic"),
                "-".join(map(str, blocks)),
                parameters,
                PUBLISHED[depth][0],
                macs / 1e9,
                totals(_traced(depth, True))[1] / 1e9,
                PAPER[depth],
            ]
        )
    return Table(
        [
            Col(tr.name("ResNet"), format="d"),
            tr("块", "block"),
            tr("各段块数", "blocks"),
            Col(tr("参数", "parameters"), format=",d"),
            Col(tr("文档", "docs"), format=",d"),
            Col(tr("GMAC，v1.5", "GMAC, v1.5"), format=".3f"),
            Col(tr("GMAC，v1", "GMAC, v1"), format=".3f"),
            Col(tr("论文", "paper"), format=".1f"),
        ],
        rows,
        caption=tr(
            "五种 ResNet，输入 3×224×224，1000 类：由模块数出的参数，"
            "旁边是 torchvision 文档公布的；"
            "GMAC 分步幅在 3×3 上（v1.5）与在第一个 1×1 上（v1）两种，旁边是论文表 1 的数字",
            "The five networks for 3×224×224 and 1000 classes: parameters counted from the module "
            "and as torchvision documents them; GMACs with the stride in the 3×3 (v1.5) and in the "
            "first 1×1 (v1), and as given in table 1 of the paper",
        ),
    )


def value_counts() -> dict[str, float]:
    parameters, macs = totals(_traced(18))
    large, large_macs = totals(_traced(50))
    v1 = totals(_traced(50, True))[1]
    linear = next(la for la in _traced(18) if la.kind == "Linear")
    return {
        "parameters18": parameters,
        "parameters50": large,
        "macs18": macs / 1e9,
        "macs50": large_macs / 1e9,
        "macs50_v1": v1 / 1e9,
        "more": large_macs / v1 - 1,
        "fc18": linear.parameters,
        "fc_share": linear.parameters / parameters,
        "layers18": sum("downsample" not in name for name, _ in folded(18)),
        "projections18": sum("downsample" in name for name, _ in folded(18)),
    }


def value_weights() -> dict[str, int]:
    """Weights of a basic block and of a bottleneck of width 64, and of what it replaces."""
    return {
        "width": 64,
        "outside": 4 * 64,
        "basic": basic_weights(64),
        "bottleneck": bottleneck_weights(64),
        "wide": basic_weights(4 * 64),
        "times": basic_weights(4 * 64) / bottleneck_weights(64),
    }


X = np.array([1.0, -2.0])
W1 = np.array([[1.0, 0.0], [1.0, 1.0]])
W2 = np.array([[0.0, 1.0], [-1.0, 0.0]])


def _vector(v: np.ndarray) -> str:
    return f"({', '.join(f'{n:g}' for n in v)})".replace("-", "−")


def table_steps(tr: Tr) -> Table:
    hidden = W1 @ X
    branch = W2 @ relu(hidden)
    return Table(
        [tr("一步", "step"), tr("结果", "result")],
        [
            ["$x$", _vector(X)],
            ["$W_1 x$", _vector(hidden)],
            [tr("ReLU", "its ReLU"), _vector(relu(hidden))],
            [tr("乘 $W_2$：支路的输出", "times $W_2$: the branch"), _vector(branch)],
            [tr("加上 $x$", "plus $x$"), _vector(branch + X)],
            [tr("ReLU：$y$", "ReLU: $y$"), _vector(block(X, W1, W2))],
        ],
        caption=tr(
            "一个块，两个数。$W_1$ 的两行是 (1, 0) 与 (1, 1)，$W_2$ 的两行是 (0, 1) 与 (−1, 0)",
            "A block on two numbers. The rows of $W_1$ are (1, 0) and (1, 1), those of $W_2$ are "
            "(0, 1) and (−1, 0)",
        ),
    )
