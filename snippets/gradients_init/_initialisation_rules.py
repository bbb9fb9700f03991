"""The rules in numbers, the std that was read as a variance, and a VGG as PyTorch starts it."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from snippets import kit
from snippets.activations.relu import relu
from snippets.gradients_init.initialisation import (
    he_std,
    layer_stds,
    torch_initialise,
    uniform_bound,
    xavier_std,
)
from snippets.kit import Col, Spread, Table, Tr

N_IN, N_OUT, RUNS = 250, 1000, 5


@cache
def _measured() -> dict[str, float]:
    """Standard deviations of one draw of each initialiser of PyTorch, (N_OUT, N_IN)."""
    import torch
    from torch import nn

    weight, found = torch.empty(N_OUT, N_IN), {}
    for number, (name, fill, options) in enumerate(
        (
            ("xavier", nn.init.xavier_normal_, {}),
            ("xavier_uniform", nn.init.xavier_uniform_, {}),
            ("he", nn.init.kaiming_normal_, {"nonlinearity": "relu"}),
            ("he_uniform", nn.init.kaiming_uniform_, {"nonlinearity": "relu"}),
            ("default", nn.init.kaiming_uniform_, {"a": math.sqrt(5)}),
        )
    ):
        fill(weight, **options, generator=torch.Generator().manual_seed(number))
        found[name] = float(weight.double().std())
    return found


def table_rules(tr: Tr) -> Table:
    rows = [
        (tr("LeCun（Caffe 的 xavier）", "LeCun (Caffe's xavier)"), r"$1/n_{\text{in}}$",
         N_IN**-0.5, None),
        (tr.name("Xavier / Glorot"), r"$2/(n_{\text{in}} + n_{\text{out}})$",
         xavier_std(N_IN, N_OUT), _measured()["xavier"]),
        (tr.name("He / Kaiming, fan_in"), r"$2/n_{\text{in}}$", he_std(N_IN), _measured()["he"]),
        (tr.name("He / Kaiming, fan_out"), r"$2/n_{\text{out}}$", he_std(N_OUT), None),
        (tr("`nn.Linear` 的默认（均匀）", "default of `nn.Linear` (uniform)"),
         r"$1/(3\,n_{\text{in}})$", (3 * N_IN) ** -0.5, _measured()["default"]),
    ]  # fmt: skip
    return Table(
        [
            tr("初始化", "initialisation"),
            tr("方差", "variance"),
            Col(tr("标准差", "std"), format=".4f"),
            Col(tr("均匀分布的界", "bound if uniform"), format=".4f"),
            Col(tr("PyTorch 抽一次，实测标准差", "std of one draw in PyTorch"), format=".4f"),
        ],
        [[name, variance, std, uniform_bound(std), drawn] for name, variance, std, drawn in rows],
        caption=tr(
            f"{N_IN} 个输入、{N_OUT} 个输出的全连接层（权重 {N_IN * N_OUT:,} 个）；"
            "空白：PyTorch 没有，或没有抽",
            f"A linear layer of {N_IN} inputs and {N_OUT} outputs ({N_IN * N_OUT:,} weights); "
            "blank: not in PyTorch, or not drawn",
        ),
    )


def value_rules() -> dict[str, float]:
    """The numbers of the table that the text uses, and their inputs."""
    return {
        "n_in": N_IN,
        "n_out": N_OUT,
        "lecun": N_IN**-0.5,
        "xavier": xavier_std(N_IN, N_OUT),
        "xavier_bound": uniform_bound(xavier_std(N_IN, N_OUT)),
        "he": he_std(N_IN),
        "he_bound": uniform_bound(he_std(N_IN)),
        "default": (3 * N_IN) ** -0.5,
        "default_bound": N_IN**-0.5,
    }


# --------------------------------------------------------------------------- std or variance

WIDTH, LAYERS, SAMPLES = 100, 10, 200


def relu_stack_std(std: float, rng: np.random.Generator) -> float:
    """Standard deviation of the outputs of LAYERS ReLU layers, inputs from N(0, 1)."""
    h = rng.normal(size=(SAMPLES, WIDTH))
    for _ in range(LAYERS):
        h = relu(h @ rng.normal(0.0, std, (WIDTH, WIDTH)).T)
    return float(h.std())


@cache
def _misread() -> tuple[Spread, Spread]:
    right, wrong = he_std(WIDTH), math.sqrt(he_std(WIDTH))
    return (
        Spread(relu_stack_std(right, rng) for rng in kit.seeds(RUNS)),
        Spread(relu_stack_std(wrong, rng) for rng in kit.seeds(RUNS)),
    )


def value_misread() -> dict[str, object]:
    """√(2/n) used as the std, and read as a variance; the factor is (1/√(2/n))^(layers/2)."""
    right, wrong = _misread()
    return {
        "right": right,
        "wrong": wrong,
        "layers": LAYERS,
        "width": WIDTH,
        "std": he_std(WIDTH),
        "read": math.sqrt(he_std(WIDTH)),
        "factor": he_std(WIDTH) ** (-LAYERS / 2),
    }


# --------------------------------------------------------------------------- VGG-11


def _vgg11():
    """The eight convolutions of VGG-11 and one linear layer, for images of 32×32 pixels."""
    from torch import nn

    layers, channels = [], 3
    for width in (64, 0, 128, 0, 256, 256, 0, 512, 512, 0, 512, 512, 0):
        if width:
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
            channels = width
        else:
            layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(512, 10))


@cache
def _vgg_stds() -> dict[str, np.ndarray]:
    """Of PyTorch's default and of He, (RUNS, 9); and how far logits differ between images, (RUNS,).

    The draws leave the global random state alone.
    """
    import torch

    found: dict[str, list] = {"default": [], "he": [], "images": []}
    for seed in range(RUNS):
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.manual_seed(seed)
            model = _vgg11()
            x = torch.randn(4, 3, 32, 32)
            found["default"].append(layer_stds(model, x))
            found["images"].append(model(x).std(dim=0).mean().item())
            torch_initialise(model)
            found["he"].append(layer_stds(model, x))
    return {name: np.array(rows) for name, rows in found.items()}


def table_vgg(tr: Tr) -> Table:
    layers = (0, 1, 3, 5, 7, 8)
    names = {"default": tr("PyTorch 的默认", "PyTorch's default"), "he": tr.name("He")}
    heads = [
        tr("输出 logits", "logits") if layer == 8 else tr(f"卷积 {layer + 1}", f"conv {layer + 1}")
        for layer in layers
    ]
    return Table(
        [tr("初始化", "initialisation"), *(Col(head, format=".2g") for head in heads)],
        [[names[key], *_vgg_stds()[key][:, layers].mean(axis=0).tolist()] for key in names],
        caption=tr(
            f"VGG-11 的八个卷积层加一个线性层，各层输出的标准差；输入 32×32，取自 N(0, 1)；"
            f"{RUNS} 次初始化的均值",
            "The eight convolutions of VGG-11 and a linear layer: std of the outputs; inputs of "
            f"32×32 from N(0, 1); mean of {RUNS} initialisations",
        ),
    )


def value_vgg() -> dict[str, Spread]:
    default, he = _vgg_stds()["default"], _vgg_stds()["he"]
    return {
        "first": Spread(default[:, 0]),
        "last": Spread(default[:, 7]),
        "logits": Spread(default[:, 8]),
        "images": Spread(_vgg_stds()["images"]),
        "he_last": Spread(he[:, 7]),
    }
