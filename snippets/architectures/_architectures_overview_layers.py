"""MLP, LeNet-5 and AlexNet layer by layer, and what the papers give for them."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from functools import cache

from snippets import kit
from snippets.architectures._layers import (
    Layer,
    layer_table,
    on_meta,
    size_text,
    totals,
    trace,
    weighted,
)
from snippets.architectures.architectures_overview import (
    torch_alexnet,
    torch_lenet5_1998,
    torch_mlp,
)
from snippets.convolution.cnn_overview import torch_lenet
from snippets.kit import Cell, Check, Col, Table, Tr

DIGIT, PADDED, IMAGE = (1, 28, 28), (1, 32, 32), (3, 224, 224)
LENET = ("C1", "S2", "C3", "S4", "C5", "F6", "output")
PAPER = {  # trainable parameters and connections, section II.B of [lecun1998b]
    "C1": (156, 122_304),
    "S2": (12, 5_880),
    "C3": (1_516, 151_600),
    "S4": (32, 2_000),
    "C5": (48_120, 48_120),
    "F6": (10_164, 10_164),
}
FREE, CONNECTED = 60_000, 340_908  # of the whole network, there
NEURONS = (290_400, 186_624, 64_896, 64_896, 43_264, 4096, 4096, 1000)


@cache
def mlp() -> tuple[Layer, ...]:
    return tuple(trace(on_meta(torch_mlp), DIGIT))


@cache
def lenet_1998() -> tuple[Layer, ...]:
    """The seven layers of the paper; the sixteen convolutions of C3 are one of them."""
    found = trace(torch_lenet5_1998(), PADDED)
    rows = []
    for name in LENET:
        own = [layer for layer in found if layer.name.split(".")[0] == name]
        channels = sum(layer.shape[0] for layer in own)
        rows.append(Layer(name, own[0].kind, (channels, *own[0].shape[1:]), *totals(own)))
    return tuple(rows)


@cache
def lenet_today() -> tuple[Layer, ...]:
    found = trace(on_meta(torch_lenet), PADDED)
    return tuple(layer for layer in found if layer.macs or "Pool" in layer.kind)


@cache
def alexnet(version: str = "torchvision") -> tuple[Layer, ...]:
    return tuple(trace(on_meta(torch_alexnet, 1000, version), IMAGE))


@cache
def connections() -> dict[str, int]:
    """Of each layer of LeNet-5: its output, summed, for ones as input, weights and biases.

    Each product of a weight with an input, and each bias, then adds 1.
    """
    import torch

    model = deepcopy(torch_lenet5_1998())
    found: dict[str, int] = {}
    with torch.no_grad():
        for tensor in model.parameters():
            tensor.fill_(1)
        for tensor in model.buffers():
            tensor.zero_()
        x = torch.ones(1, *PADDED)
        for name, layer in model.named_children():
            y = layer(x)
            if name in LENET:
                found[name] = round(y.sum().item())
            x = torch.ones_like(y)
    return found


# --------------------------------------------------------------------------- tables


def table_mlp(tr: Tr) -> Table:
    rows = [(tr(f"全连接 {n}", f"linear {n}"), la) for n, la in enumerate(weighted(mlp()), 1)]
    return layer_table(
        tr,
        rows,
        tr(
            "28×28 灰度图上的 MLP（LeNet-300-100），展平成 784 个数；前两层之后有 ReLU",
            "An MLP for grey 28×28 images (LeNet-300-100), flattened to 784 numbers; a ReLU "
            "follows the first two layers",
        ),
    )


def _beside(
    tr: Tr, names: Iterable[str], left: Iterable[Layer], right: Iterable[Layer]
) -> list[list[Cell]]:
    """Rows of two networks with the same layers; pooling has neither parameters nor MACs."""
    rows: list[list[Cell]] = []
    for name, a, b in zip(names, left, right, strict=True):
        cells: list[Cell] = [name]
        for layer in (a, b):
            cells += [size_text(layer.shape), layer.parameters, layer.macs]
        rows.append(cells)
    rows.append([tr("合计", "total"), "", *_sum(rows, (2, 3)), "", *_sum(rows, (5, 6))])
    return rows


def _sum(rows: list[list[Cell]], places: tuple[int, ...]) -> list[int]:
    return [sum(n for row in rows if isinstance(n := row[place], int)) for place in places]


def table_lenet(tr: Tr) -> Table:
    """As published, with connections as the paper counts them, beside what is written today."""
    kinds = ("C1 5×5", "S2 2×2", "C3 5×5", "S4 2×2", "C5 5×5", "F6")
    names = [*map(tr.name, kinds), tr("输出", "output")]
    rows: list[list[Cell]] = []
    for old, name, new in zip(lenet_1998(), names, lenet_today(), strict=True):
        shape = size_text(old.shape)
        rows.append(
            [name, shape, old.parameters, connections()[old.name], new.parameters, new.macs]
        )
    rows.append([tr("合计", "total"), "", *_sum(rows, (2, 3, 4, 5))])
    return Table(
        [
            tr("层", "layer"),
            tr("输出", "output"),
            Col(tr("参数，1998", "parameters, 1998"), format=",d"),
            Col(tr("连接，1998", "connections, 1998"), format=",d"),
            Col(tr("参数，今天", "parameters, today"), format=",d"),
            Col(tr("MAC，今天", "MACs, today"), format=",d"),
        ],
        rows,
        caption=tr(
            "LeNet-5，32×32 的灰度图：1998 年的与今天通行的写法。"
            "C 是卷积，S 是下采样，F 是全连接。"
            "连接数按论文的算法，每次乘法与每次加偏置各算一个；C5 今天写成全连接",
            "LeNet-5 for a grey 32×32 image, as of 1998 and as written today: C convolution, S "
            "subsampling, F fully connected. Connections as the paper counts them: each product "
            "with a weight and each bias is one; C5 is a linear layer today",
        ),
    )


def table_alexnet(tr: Tr) -> Table:
    names = [
        tr.name("conv1"), tr("池化 1", "pool 1"), tr.name("conv2"), tr("池化 2", "pool 2"),
        *(tr.name(f"conv{n}") for n in (3, 4, 5)), tr("池化 5", "pool 5"),
        *(tr.name(f"fc{n}") for n in (6, 7, 8)),
    ]  # fmt: skip
    shown = [
        [layer for layer in alexnet(version) if layer.macs or layer.kind == "MaxPool2d"]
        for version in ("paper", "torchvision")
    ]
    parameters, macs = tr("参数", "parameters"), tr("MAC", "MACs")
    return Table(
        [
            tr("层", "layer"),
            tr("输出，2012", "output, 2012"),
            Col(f"{parameters}", format=",d"),
            Col(f"{macs}", format=",d"),
            tr("输出，torchvision", "output, torchvision"),
            Col(f"{parameters}", format=",d"),
            Col(f"{macs}", format=",d"),
        ],
        _beside(tr, names, *shown),
        caption=tr(
            "AlexNet，3×224×224 的图（四周填充 2），1000 类：论文的两列（分组卷积），"
            "与 torchvision 的一列",
            "AlexNet for 3×224×224 (padded by 2) and 1000 classes: the two columns of the paper "
            "(grouped convolutions) and the single one of torchvision",
        ),
    )


def value_counts() -> dict[str, float]:
    """What the sentences say of the three networks."""
    old, new = totals(lenet_1998()), totals(lenet_today())
    paper, torch_, merged = (totals(alexnet(v)) for v in ("paper", "torchvision", "merged"))
    linear = [la for la in alexnet("paper") if la.kind == "Linear"]
    return {
        "mlp": totals(mlp())[0],
        "mlp_macs": totals(mlp())[1],
        "mlp_first": mlp()[1].parameters / totals(mlp())[0],
        "lenet": new[0],
        "lenet_macs": new[1],
        "lenet_1998": old[0],
        "connections": sum(connections().values()),
        "caffe": totals(trace(on_meta(_caffe_lenet), DIGIT))[0],
        "partial": lenet_1998()[2].parameters,
        "full": lenet_today()[2].parameters,
        "paper": paper[0],
        "alexnet": torch_[0],
        "merged": merged[0],
        "paper_gmacs": paper[1] / 1e9,
        "alexnet_gmacs": torch_[1] / 1e9,
        "merged_gmacs": merged[1] / 1e9,
        "linear": totals(linear)[0] / paper[0],
        "linear_macs": totals(linear)[1] / paper[1],
        "neurons": sum(neurons()),
    }


def _caffe_lenet():
    """Caffe's “LeNet”, which papers on pruning call LeNet-5.  [han2015]"""
    from torch import nn

    return nn.Sequential(
        nn.Conv2d(1, 20, 5), nn.MaxPool2d(2), nn.Conv2d(20, 50, 5), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(800, 500), nn.ReLU(), nn.Linear(500, 10),
    )  # fmt: skip


def value_papers() -> dict[str, int]:
    """Counts as the papers print them; the maps and units of Caffe's network, which is no LeNet-5.

    [han2015; krizhevsky2012; lecun1998b]
    """
    return {
        "mlp": 267_000,
        "caffe": 431_000,
        "alexnet": 60_000_000,
        "alexnet_pruning": 61_000_000,
        "neurons": 650_000,
        "maps1": 20,
        "maps2": 50,
        "units": 500,
    }


def neurons() -> list[int]:
    """Outputs of each layer with weights of the AlexNet of 2012."""
    from math import prod

    return [prod(layer.shape) for layer in weighted(alexnet("paper"))]


# --------------------------------------------------------------------------- evidence


def check_lenet() -> Check:
    """Parameters and connections of each layer against the numbers in the paper."""
    ours = {la.name: (la.parameters, connections()[la.name]) for la in lenet_1998()}
    pairs: list[tuple[object, object]] = [(ours[name], PAPER[name]) for name in PAPER]
    whole = totals(lenet_1998())[0], sum(connections().values())
    return kit.compare(
        (
            "LeCun 等 1998 给出的各层参数、连接数与总数",
            "the parameters and connections that LeCun et al. 1998 give for each layer and in all",
        ),
        [*pairs, (whole, (FREE, CONNECTED))],
        tolerance=0.0,
    )
