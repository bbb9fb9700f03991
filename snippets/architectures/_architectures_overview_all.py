"""All networks of the topic side by side: parameters, MACs, and how often a weight is used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from snippets import kit
from snippets.architectures import _architectures_overview_layers as small
from snippets.architectures._ddpm import torch_ddpm
from snippets.architectures._layers import Layer, on_meta, totals, trace
from snippets.architectures.gan import torch_dcgan_generator
from snippets.architectures.resnet import torch_resnet
from snippets.architectures.unet import torch_unet
from snippets.architectures.vae import torch_vae
from snippets.architectures.vgg import torch_vgg
from snippets.kit import Cell, Check, Col, Figure, Pair, Table, Tr

STEPS, FEATURES, UNITS = 28, 28, 128  # an image of digits, row by row
CALLS = 1000  # steps of DDPM
ASIDE = ("downsample", "shortcut", "time", "k", "v")  # beside the longest path


@dataclass(frozen=True)
class Network:
    """A row: when, what was new, the input; ``family`` colours it; top-1 as torchvision has it."""

    name: Pair
    year: int
    news: Pair
    given: str
    build: Callable[[], tuple[Layer, ...]]
    family: str
    top1: float | None = None


def _image(build: Callable, *args, **options) -> Callable[[], tuple[Layer, ...]]:
    return lambda: tuple(trace(on_meta(build, *args, **options), small.IMAGE))


def _recurrent(kind: str) -> Callable[[], tuple[Layer, ...]]:
    def build() -> tuple[Layer, ...]:
        from torch import nn

        layer = on_meta(getattr(nn, kind), FEATURES, UNITS, batch_first=True)
        return tuple(trace(layer, (STEPS, FEATURES)))

    return build


def _vae() -> tuple[Layer, ...]:
    encoder, decoder = on_meta(torch_vae, 784, 20, 400)
    return (*trace(encoder, (784,)), *trace(decoder, (20,)))


def _named(name: str) -> Pair:
    return name, name


NETWORKS: dict[str, Network] = {
    "mlp": Network(
        ("MLP（300-100）", "MLP (300-100)"), 1986,
        ("隐藏层由反向传播训练", "hidden layers, trained by backpropagation"),
        "1×28×28", small.mlp, "dense",
    ),
    "lenet": Network(
        _named("LeNet-5"), 1998,
        ("卷积与下采样，从像素到数字一起训练", "convolutions trained from pixel to digit"),
        "1×32×32", small.lenet_today, "cnn",
    ),
    "alexnet": Network(
        _named("AlexNet"), 2012,
        ("ReLU、dropout、两块 GPU", "ReLU, dropout, two GPUs"),
        "3×224×224", small.alexnet, "cnn", 56.5,
    ),
    "vgg11": Network(
        _named("VGG-11"), 2014, ("只用 3×3，换来深度", "3×3 only, and depth"),
        "3×224×224", _image(torch_vgg, "A"), "cnn", 69.0,
    ),
    "vgg13": Network(
        _named("VGG-13"), 2014, ("再加两层", "two more"),
        "3×224×224", _image(torch_vgg, "B"), "cnn", 69.9,
    ),
    "vgg16": Network(
        _named("VGG-16"), 2014, ("再加三层", "three more"),
        "3×224×224", _image(torch_vgg, "D"), "cnn", 71.6,
    ),
    "vgg19": Network(
        _named("VGG-19"), 2014, ("再加三层", "three more"),
        "3×224×224", _image(torch_vgg, "E"), "cnn", 72.4,
    ),
    "resnet18": Network(
        _named("ResNet-18"), 2015, ("捷径：块只学修正量", "shortcuts: a block learns a correction"),
        "3×224×224", _image(torch_resnet, 18), "cnn", 69.8,
    ),
    "resnet50": Network(
        _named("ResNet-50"), 2015, ("瓶颈块", "bottlenecks"),
        "3×224×224", _image(torch_resnet, 50), "cnn", 76.1,
    ),
    "unet": Network(
        _named("U-Net"), 2015, ("大特征图拼接过去，逐像素输出", "large maps copied across"),
        "1×572×572", lambda: tuple(trace(on_meta(torch_unet), (1, 572, 572))), "maps",
    ),
    "rnn": Network(
        _named("RNN"), 1990, ("状态逐步传下去", "a state, carried on"),
        "28×28", _recurrent("RNN"), "recurrent",
    ),
    "lstm": Network(
        _named("LSTM"), 1997, ("带门的记忆", "a gated memory"),
        "28×28", _recurrent("LSTM"), "recurrent",
    ),
    "gru": Network(
        _named("GRU"), 2014, ("一个状态，两个门", "one state, two gates"),
        "28×28", _recurrent("GRU"), "recurrent",
    ),
    "vae": Network(
        _named("VAE"), 2013, ("编码是一个分布", "a code that is a distribution"),
        "784", _vae, "dense",
    ),
    "dcgan": Network(
        ("DCGAN（生成器）", "DCGAN (generator)"), 2015,
        ("转置卷积做的 GAN", "a GAN of transposed convolutions"),
        "100", lambda: tuple(trace(on_meta(torch_dcgan_generator), (100, 1, 1))), "maps",
    ),
    "ddpm": Network(
        _named("DDPM"), 2020, ("一步一步去噪", "noise removed step by step"),
        "3×32×32", lambda: tuple(trace(on_meta(torch_ddpm), (3, 32, 32), ())), "maps",
    ),
}  # fmt: skip

PUBLISHED = {  # parameters, and to how many of them the source rounds
    "mlp": (267_000, 1000),
    "alexnet": (61_100_840, 1),
    "vgg11": (132_863_336, 1),
    "vgg13": (133_047_848, 1),
    "vgg16": (138_357_544, 1),
    "vgg19": (143_667_240, 1),
    "resnet18": (11_689_512, 1),
    "resnet50": (25_557_032, 1),
    "ddpm": (35_700_000, 100_000),
}


@cache
def counted(key: str) -> tuple[int, int, int]:
    """Layers with weights on the longest path, parameters, MACs."""
    layers = NETWORKS[key].build()
    path = [la for la in layers if not set(la.name.split(".")) & set(ASIDE)]
    depth = sum(bool(la.macs) for la in path)
    return depth, *totals(layers)


def _three(number: float) -> str:
    """Three digits, or all before the point: 0.266, 11.7, 150,428."""
    places = max(0, 2 - int(np.floor(np.log10(number))))
    return f"{number:,.{places}f}"


def table_networks(tr: Tr) -> Table:
    rows: list[list[Cell]] = []
    for key, one in NETWORKS.items():
        depth, parameters, macs = counted(key)
        rows.append(
            [
                tr.pair(one.name),
                one.year,
                tr.pair(one.news),
                one.given,
                depth,
                parameters,
                _three(macs / 1e6),
                _three(macs / parameters),
                one.top1,
            ]
        )
    return Table(
        [
            tr("网络", "network"),
            Col(tr("年", "year"), format="d"),
            tr("新在哪里", "what was new"),
            tr("输入", "input"),
            Col(tr("层", "layers"), format="d"),
            Col(tr("参数", "parameters"), format=",d"),
            tr("百万 MAC", "million MACs"),
            tr("MAC/参数", "MACs/parameter"),
            Col(tr("top-1", "top-1"), format=".1f", unit="%"),
        ],
        rows,
        caption=tr(
            "一个样本的一次前向，都由 PyTorch 模块数出。年：首次公开；层：最长路径上带权重的层；"
            f"循环网络是一层 {UNITS} 个单元，逐行读 28×28 的图；VAE 是 784-400-20-400-784；"
            "DDPM 是 CIFAR-10 的网络，一次调用，注意力里激活之间的乘积不计。"
            "top-1：torchvision 文档里 ImageNet 上的准确率",
            "One forward pass of one example, counted from PyTorch modules. Year: first public; "
            f"layers: with weights, on the longest path. Recurrent: one layer of {UNITS} units "
            "reading 28×28 row by row; VAE: 784-400-20-400-784; DDPM: the network for CIFAR-10, "
            "one call, without the products of activations in its attention. Top-1: accuracy on "
            "ImageNet in torchvision's documentation",
        ),
    )


STYLE = {
    "dense": (("全连接", "dense"), kit.BLUE, "s"),
    "cnn": (("卷积，一个答案", "convolutional, one answer"), kit.ORANGE, "o"),
    "maps": (("输出一幅图", "an image as output"), kit.GREEN, "^"),
    "recurrent": (("循环", "recurrent"), kit.PURPLE, "D"),
}
ANGLE = 25  # of the dotted lines, as the figure is laid out
PLACES = {  # of the label: offset in points, and which end of it is there
    "mlp": (7, -5, "left"),
    "lenet": (-7, -4, "right"),
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
    for use, at in ((1, 8e6), (100, 5e5), (10_000, 3e5)):
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
                label.split("（")[0].split(" (")[0], (parameters, macs), (x, y), ha=side,
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


def value_networks() -> dict[str, float]:
    """What the sentences compare."""
    found: dict[str, float] = {}
    for key in NETWORKS:
        _, parameters, macs = counted(key)
        found |= {f"{key}_uses": macs / parameters, f"{key}_gmacs": macs / 1e9, key: parameters}
    _, p11, _ = counted("vgg11")
    products = 5 * 2 * 256**2 * 256 + 2 * 16**2 * 256  # q·k and weights·v at 16×16, and at 4×4
    return found | {
        "steps": STEPS,
        "calls": CALLS,
        "sample_tmacs": CALLS * counted("ddpm")[2] / 1e12,
        "fewer": 1 - counted("resnet50")[1] / counted("vgg16")[1],
        "less": 1 - counted("resnet50")[2] / counted("vgg16")[2],
        "top_vgg16": NETWORKS["vgg16"].top1 or 0,
        "top_resnet50": NETWORKS["resnet50"].top1 or 0,
        "attention": products / counted("ddpm")[2],
        "unet_times": counted("unet")[2] / counted("vgg19")[2],
        "vgg11_millions": p11 / 1e6,
    }


def check_published() -> Check:
    """Parameters against published counts, rounded as these are."""
    pairs = []
    for key, (number, unit) in PUBLISHED.items():
        pairs.append((round(counted(key)[1] / unit), number / unit))
    return kit.compare(
        (
            "公布的参数量：torchvision 文档（AlexNet、VGG、ResNet）、"
            "Han 等 2015（MLP，到千）、Ho 等 2020（DDPM，到十万）",
            "published parameters: torchvision's documentation (AlexNet, VGG, ResNet), Han et "
            "al. 2015 (MLP, in thousands), Ho et al. 2020 (DDPM, in hundreds of thousands)",
        ),
        pairs,
        tolerance=0.0,
    )
