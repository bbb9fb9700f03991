"""What pooling changes in the counts of parameters: PyTorch counts them."""

from __future__ import annotations

from functools import cache

from snippets.kit import Table, Tr


@cache
def _counts() -> dict[str, int]:
    """Parameters of conv 64→128 (3×3), then with and without pooling a classifier of 10."""
    from torch import nn

    def count(module: nn.Module) -> int:
        return sum(p.numel() for p in module.parameters())

    conv = nn.Conv2d(64, 128, 3)  # 32×32 gives 30×30
    return {
        "channels": conv.out_channels,
        "pool": count(nn.MaxPool2d(2)) + count(nn.AdaptiveAvgPool2d(1)),
        "conv": count(conv),
        "conv_pooled": count(nn.Sequential(nn.MaxPool2d(2), conv)),
        "dense": count(nn.Linear(128 * 30 * 30, 10)),
        "dense_pooled": count(nn.Linear(128 * 15 * 15, 10)),
        "gap": count(nn.Linear(128, 10)),
        "strided": count(nn.Conv2d(128, 128, 3, stride=2, padding=1)),
    }


def value_counts() -> dict[str, int]:
    return _counts()


def table_counts(tr: Tr) -> Table:
    found = {name: f"{number:,d}" for name, number in _counts().items()}
    same = tr("不变", "none")
    return Table(
        [
            tr("层", "layer"),
            tr("没有池化", "without pooling"),
            tr("有 2×2 池化", "with 2×2 pooling"),
            tr("变化", "change"),
        ],
        [
            [tr("池化层自己", "the pooling layer"), tr.name("–"), found["pool"], same],
            [tr("卷积 64→128，3×3", "conv 64→128, 3×3"), found["conv"], found["conv_pooled"], same],
            [
                tr("展平后的全连接，10 类", "dense layer on flattened maps, 10 classes"),
                found["dense"],
                found["dense_pooled"],
                tr("降到约四分之一", "to about a quarter"),
            ],
            [
                tr("换成 GAP 后的全连接", "dense layer behind GAP instead"),
                found["gap"],
                found["gap"],
                same,
            ],
        ],
        caption=tr(
            "`sum(p.numel())`，连偏置；输入 64×32×32，卷积无填充，输出 128×30×30，池化后 15×15",
            "`sum(p.numel())`, biases included; input 64×32×32, convolution without padding to "
            "128×30×30, 15×15 after pooling",
        ),
    )
