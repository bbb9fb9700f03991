"""All networks of the topic side by side: parameters, MACs, and how often a weight is used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from snippets import kit
from snippets.architectures import _architectures_overview_layers as small
from snippets.architectures._ddpm import torch_ddpm
from snippets.architectures._layers import Layer, on_meta, totals, trace
from snippets.architectures.gan import torch_dcgan_generator
from snippets.architectures.resnet import torch_resnet
from snippets.architectures.unet import torch_unet
from snippets.architectures.vae import torch_vae
from snippets.architectures.vgg import torch_vgg
from snippets.kit import Cell, Check, Col, Pair, Table, Tr

STEPS, FEATURES, UNITS = 28, 28, 128  # an image of digits, row by row
CALLS = 1000  # steps of DDPM
ASIDE = ("downsample", "shortcut", "time", "k", "v")  # beside the longest path


@dataclass(frozen=True)
class Network:
    """A row: when, what marks it, the input; ``family`` colours it; top-1 as torchvision has it."""

    name: Pair
    year: int
    mark: Pair
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
        _named("MLP"), 1986,
        ("隐藏层，反向传播训练", "hidden layers, trained"),
        "1×28×28", small.mlp, "dense",
    ),
    "lenet": Network(
        _named("LeNet-5"), 1998,
        ("卷积与下采样", "convolution, pooling"),
        "1×32×32", small.lenet_today, "cnn",
    ),
    "alexnet": Network(
        _named("AlexNet"), 2012,
        ("ReLU、dropout、GPU", "ReLU, dropout, GPUs"),
        "3×224×224", small.alexnet, "cnn", 56.5,
    ),
    "vgg11": Network(
        _named("VGG-11"), 2014, ("只用 3×3，加深", "3×3 only, deeper"),
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
        _named("ResNet-18"), 2015, ("捷径", "shortcuts"),
        "3×224×224", _image(torch_resnet, 18), "cnn", 69.8,
    ),
    "resnet50": Network(
        _named("ResNet-50"), 2015, ("瓶颈块", "bottlenecks"),
        "3×224×224", _image(torch_resnet, 50), "cnn", 76.1,
    ),
    "unet": Network(
        _named("U-Net"), 2015, ("把大特征图拼过去", "maps copied across"),
        "1×572×572", lambda: tuple(trace(on_meta(torch_unet), (1, 572, 572))), "maps",
    ),
    "rnn": Network(
        _named("RNN"), 1990, ("状态", "a state"),
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
        _named("VAE"), 2013, ("编码是分布", "a distribution as code"),
        "784", _vae, "dense",
    ),
    "dcgan": Network(
        _named("DCGAN"), 2015,
        ("转置卷积的 GAN", "a convolutional GAN"),
        "100", lambda: tuple(trace(on_meta(torch_dcgan_generator), (100, 1, 1))), "maps",
    ),
    "ddpm": Network(
        _named("DDPM"), 2020, ("一步步去噪", "denoising in steps"),
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


def table_networks(tr: Tr) -> Table:
    rows: list[list[Cell]] = []
    for key, one in NETWORKS.items():
        depth, parameters, macs = counted(key)
        rows.append(
            [
                tr.pair(one.name),
                one.year,
                tr.pair(one.mark),
                one.given,
                depth,
                parameters,
                macs / 1e9,
                one.top1,
            ]
        )
    return Table(
        [
            tr("网络", "network"),
            Col(tr("年", "year"), format="d"),
            tr("标志", "its mark"),
            tr("输入", "input"),
            Col(tr("层", "layers"), format="d"),
            Col(tr("参数", "parameters"), format=",d"),
            Col(tr("GMAC", "GMACs"), format=".3g"),
            Col(tr("top-1", "top-1"), format=".1f", unit="%"),
        ],
        rows,
        caption=tr(
            "一个样本的一次前向，都由 PyTorch 模块数出；LeNet-5、AlexNet、LSTM 按今天的写法。"
            "年：下面引用的论文首次公开；层：从输入出发的最长路径上带权重的层；"
            f"循环网络是一层 {UNITS} 个单元，逐行读 28×28 的图；VAE 是 784-400-20-400-784；"
            "DCGAN 只算生成器；DDPM 是 CIFAR-10 的网络，一次调用，注意力里激活之间的乘积不计。"
            "top-1：torchvision 文档里 ImageNet 上的准确率，IMAGENET1K_V1 权重",
            "One forward pass of one example, counted from PyTorch modules; LeNet-5, AlexNet and "
            "LSTM as written today. Year: when the paper cited below was first public; layers: "
            "with weights, on the longest path from the input. "
            f"Recurrent: one layer of {UNITS} units reading 28×28 row by row; VAE: "
            "784-400-20-400-784; DCGAN: its generator; DDPM: the network for CIFAR-10, one call, "
            "without the products of activations in its attention. Top-1: accuracy on ImageNet in "
            "torchvision's documentation, weights IMAGENET1K_V1",
        ),
    )


@cache
def _vgg19_at_unets_size() -> int:
    """MACs of VGG-19 for an image as large as U-Net's."""
    return totals(trace(on_meta(torch_vgg, "E"), (3, 572, 572)))[1]


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
        "unet_same": counted("unet")[2] / _vgg19_at_unets_size(),
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
