"""Parameters against multiply-adds of all networks: how often each weight is used."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.architectures._architectures_overview_all import NETWORKS, counted
from snippets.kit import Figure, Tr

STYLE = {
    "dense": (("全连接", "dense"), kit.BLUE, "s"),
    "cnn": (("卷积，一个答案", "convolutional, one answer"), kit.ORANGE, "o"),
    "maps": (("输出一幅图", "an image as output"), kit.GREEN, "^"),
    "recurrent": (("循环", "recurrent"), kit.PURPLE, "D"),
}
ANGLE = 25  # of the dotted lines, as the figure is laid out
PLACES = {  # of the label: offset in points, and which end of it is there
    "mlp": (7, -5, "left"),
    "lenet": (0, -13, "center"),
    "alexnet": (0, -13, "center"),
    "vgg11": (7, -5, "left"),
    "vgg19": (7, 0, "left"),
    "resnet18": (-7, -3, "right"),
    "resnet50": (-7, 0, "right"),
    "unet": (7, -4, "left"),
    "rnn": (7, -4, "left"),
    "gru": (2, -12, "left"),
    "lstm": (7, -2, "left"),
    "vae": (-6, 3, "right"),
    "dcgan": (7, -4, "left"),
    "ddpm": (5, -11, "left"),
}


def figure_networks(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=4.1)
    ends = np.array([1e4, 2e9])
    for use in (1, 100, 10_000):
        axes.plot(ends, use * ends, color=kit.MUTED, linewidth=0.8, linestyle=":", zorder=0)
    for use, at in ((1, 1.5e8), (100, 1.2e5), (10_000, 3e4)):
        axes.annotate(
            tr(f"每个参数 {use:,d} 次", f"{use:,d} per parameter"),
            (at, use * at), (0, 3), textcoords="offset points", fontsize=8.5, color=kit.MUTED,
            rotation=ANGLE, rotation_mode="anchor",
        )  # fmt: skip
    data = {}
    for key, one in NETWORKS.items():
        _, parameters, macs = counted(key)
        _, colour, marker = STYLE[one.family]
        axes.plot(parameters, macs, marker, color=colour, markersize=5.5)
        label = tr.pair(one.name)
        if key == "vgg19":
            label = tr.name("VGG-13, 16, 19")
        if key in PLACES:
            x, y, side = PLACES[key]
            axes.annotate(
                label, (parameters, macs), (x, y), ha=side,
                textcoords="offset points", fontsize=8.5, color=colour,
            )  # fmt: skip
        data[key] = np.array([parameters, macs])
    for label, colour, marker in STYLE.values():
        axes.plot([], [], marker, color=colour, label=tr.pair(label), markersize=5.5)
    axes.legend(loc="upper center", ncols=2, bbox_to_anchor=(0.5, 1.2), handletextpad=0.2)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(1e4, 2e9)
    axes.set_ylim(1e5, 8e11)
    axes.minorticks_off()
    axes.set_xlabel(tr("参数（对数轴）", "parameters (log axis)"))
    axes.set_ylabel(tr("一次前向的 MAC（对数轴）", "MACs of a forward pass (log axis)"))
    return Figure(
        canvas,
        caption=tr(
            "参数与一次前向的乘加次数（双对数轴，输入见上表）。虚线上每个参数用同样多次："
            "全连接用 1 次，循环层每步 1 次，卷积在每个位置 1 次。",
            "Parameters against the multiply-adds of a forward pass (both axes logarithmic; inputs "
            "as in the table). Along a dotted line each parameter is used equally often: once in "
            "a linear layer, once a step in a recurrent one, once a position in a convolution.",
        ),
        alt=tr(
            "MLP 与 VAE 在每个参数 1 次的线上，循环网络和 DCGAN 在不到 30 次处，AlexNet 约 12 次；"
            "VGG、ResNet、DDPM 在 50 到 170 次之间；U-Net 最高，约 4800 次。"
            "VGG 最靠右，参数最多。",
            "MLP and VAE lie on the line of one use, AlexNet at 12, recurrent layers and DCGAN "
            "just below 30; VGG, ResNet and DDPM between 50 and 170; U-Net is highest, at about "
            "4800. VGG is furthest to the right.",
        ),
        data=data,
    )
