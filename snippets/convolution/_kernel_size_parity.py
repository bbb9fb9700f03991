"""Odd and even kernels, and the sizes in use."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.convolution.conv_operation import correlate1d
from snippets.convolution.conv_output_size import conv_output_size
from snippets.convolution.padding import same_padding
from snippets.kit import Col, Figure, Table, Tr

LAYERS, LENGTH = 8, 41


def drift(k: int, *, alternate: bool = False) -> np.ndarray:
    """Where the centre of an impulse is after each of LAYERS same-padded layers of equal weights.

    With ``alternate`` every second layer puts the extra cell first instead of last.
    """
    x = np.eye(LENGTH)[LENGTH // 2]
    places = [0.0]
    for layer in range(LAYERS):
        left, right = same_padding(k)
        if alternate and layer % 2:
            left, right = right, left
        x = correlate1d(np.pad(x, (left, right)), np.full(k, 1 / k))
        places.append(float(x @ np.arange(LENGTH) / x.sum()) - LENGTH // 2)
    return np.array(places)


def figure_drift(tr: Tr) -> Figure:
    curves = {"odd": drift(3), "even": drift(2), "alternate": drift(2, alternate=True)}
    labels = {
        "odd": tr("k = 3", "k = 3"),
        "even": tr("k = 2，多的一格总在末端", "k = 2, extra cell always last"),
        "alternate": tr("k = 2，末端与首端轮流", "k = 2, last and first in turn"),
    }
    canvas, axes = kit.canvas(height=2.6)
    for (name, places), line in zip(curves.items(), kit.LINES, strict=False):
        axes.plot(places, linestyle=line, marker=".", label=labels[name])
    axes.set_xlabel(tr("层数", "layers"))
    axes.set_ylabel(tr("重心的位移（格）", "shift of the centre (cells)"))
    axes.legend(loc="lower left")
    return Figure(
        canvas,
        caption=tr(
            "冲激经过若干层 same 填充、等权的核之后，重心偏了多少格。",
            "An impulse through layers of equal weights with same padding: how far its centre "
            "has moved.",
        ),
        alt=tr(
            "k 为 3 时一直是 0；k 为 2 时每层偏半格，八层偏四格；轮流放置时在 0 与负半格之间来回。",
            "For k of 3 it stays at 0; for k of 2 it moves half a cell a layer, four cells in "
            "eight; in turn it goes to and fro between 0 and minus a half.",
        ),
        data=curves,
    )


def value_drift() -> dict[str, float]:
    return {"layers": LAYERS, "even": -float(drift(2)[-1]), "odd": abs(float(drift(3)[-1]))}


def value_even() -> dict[str, int]:
    return {
        "n": 224,
        "vit": conv_output_size(224, 16, 16),
        "convnext": conv_output_size(224, 4, 4),
    }


def table_even(tr: Tr) -> Table:
    return Table(
        [
            tr("网络", "network"),
            tr("哪里", "where"),
            Col("$k$", format="d"),
            Col("$s$", format="d"),
            Col("$p$", format="d"),
            tr("边长", "side"),
        ],
        [
            [
                "ViT",
                tr("图块嵌入", "patch embedding"),
                16,
                16,
                0,
                f"224 → {conv_output_size(224, 16, 16)}",
            ],
            [
                "ConvNeXt",
                tr("第一层", "first layer"),
                4,
                4,
                0,
                f"224 → {conv_output_size(224, 4, 4)}",
            ],
            [
                "ConvNeXt",
                tr("各阶段之间", "between stages"),
                2,
                2,
                0,
                f"56 → {conv_output_size(56, 2, 2)}",
            ],
            [
                "DCGAN",
                tr("判别器（生成器用其转置）", "discriminator (the generator: its transpose)"),
                4,
                2,
                1,
                f"64 → {conv_output_size(64, 4, 2, 1)}",
            ],
        ],
        caption=tr(
            "偶数核都带步幅：核长是步幅的整数倍，每格被读到的次数相同",
            "Even kernels come with a stride: a multiple of it, so that each cell is read "
            "equally often",
        ),
    )


def table_sizes(tr: Tr) -> Table:
    """Largest kernel by network, and its weights at 256 channels, dense and depth-wise."""
    rows = [
        (2012, "AlexNet", 11, False),
        (2014, "VGG", 3, False),
        (2015, "ResNet", 7, False),
        (2022, "ConvNeXt", 7, True),
        (2022, "RepLKNet", 31, True),
        (2022, "SLaK", 51, True),
    ]
    names = {False: tr("普通", "dense"), True: tr("逐通道", "depth-wise")}
    return Table(
        [
            tr("年份", "year"),
            tr("网络", "network"),
            tr("最大的核", "largest kernel"),
            tr("形式", "form"),
            Col(tr("256 通道时的权重", "weights at 256 channels"), format=",d"),
        ],
        [
            [str(year), tr.name(name), f"{k}×{k}", names[depthwise], _weights(k, depthwise)]
            for year, name, k, depthwise in rows
        ],
        caption=tr(
            "各网络最大的卷积核；最后一列是假设输入输出各 256 通道时的权重数，便于比较"
            "（SLaK 的核另经分解与稀疏化）",
            "The largest kernel of each network; the last column supposes 256 channels in and "
            "out, for comparison (SLaK further factorises its kernel and makes it sparse)",
        ),
    )


WIDTH = 256


def _weights(k: int, depthwise: bool) -> int:
    return k**2 * WIDTH * (1 if depthwise else WIDTH)


def value_huge() -> dict[str, int]:
    return {
        "channels": WIDTH,
        "depthwise": _weights(31, True),
        "dense3": _weights(3, False),
        "dense31": _weights(31, False),
    }
