"""VGG: stages of 3×3 convolutions, each closed by a pooling layer, then three linear layers."""

from __future__ import annotations

from snippets import kit
from snippets.architectures._layers import on_meta, totals, trace, weighted
from snippets.kit import Check, Formula

CONFIGS = {  # numbers are convolutions with so many output channels, M is max pooling
    "A": "64 M 128 M 256 256 M 512 512 M 512 512 M",
    "B": "64 64 M 128 128 M 256 256 M 512 512 M 512 512 M",
    "D": "64 64 M 128 128 M 256 256 256 M 512 512 512 M 512 512 512 M",
    "E": "64 64 M 128 128 M 256 256 256 256 M 512 512 512 512 M 512 512 512 512 M",
}


def conv_parameters(C, O, K=3):  # noqa: E741
    """Weights and biases of a convolution with C input and O output channels."""
    return K**2 * C * O + O


def conv_macs(C, O, H, W, K=3):  # noqa: E741
    """Its multiply-adds for an output of H × W positions."""
    return K**2 * C * O * H * W


def trace_vgg(config="A", size=224, classes=1000):
    """VGG as arithmetic: (layer, output shape, parameters, MACs) for each row.

    ValueError: a configuration other than A, B, D, E; nothing left for a pooling layer to pool.
    """
    if config not in CONFIGS:
        raise ValueError(f"configuration {config!r}; give one of {', '.join(CONFIGS)}")
    rows, channels, stage, number = [], 3, 1, 1
    for word in CONFIGS[config].split():
        if word == "M":
            if size < 2:
                raise ValueError(f"nothing left to pool in stage {stage}; give at least 32×32")
            size //= 2
            rows.append((f"pool{stage}", (channels, size, size), 0, 0))
            stage, number = stage + 1, 1
        else:
            width = int(word)
            counts = conv_parameters(channels, width), conv_macs(channels, width, size, size)
            rows.append((f"conv{stage}_{number}", (width, size, size), *counts))
            channels, number = width, number + 1
    inputs = channels * 7 * 7  # AdaptiveAvgPool2d(7) makes any size 7×7
    rows.append(("avgpool", (channels, 7, 7), 0, 0))
    for number, outputs in enumerate((4096, 4096, classes), 1):
        rows.append((f"fc{number}", (outputs,), inputs * outputs + outputs, inputs * outputs))
        inputs = outputs
    return rows


def torch_vgg(config="A", classes=1000):
    """VGG in PyTorch, its parameters named as in torchvision.  [simonyan2015; torchvision]

    Input (N, 3, H, W) with H and W of at least 32, output (N, classes): logits.  ValueError: a
    configuration other than A, B, D, E.
    """
    from collections import OrderedDict

    from torch import nn

    if config not in CONFIGS:
        raise ValueError(f"configuration {config!r}; give one of {', '.join(CONFIGS)}")
    features, channels = [], 3
    for word in CONFIGS[config].split():
        if word == "M":
            features.append(nn.MaxPool2d(2))
        else:
            width = int(word)
            features += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU(inplace=True)]
            channels = width
    classifier = nn.Sequential(
        nn.Linear(channels * 7 * 7, 4096),
        nn.ReLU(inplace=True),
        nn.Dropout(),
        nn.Linear(4096, 4096),
        nn.ReLU(inplace=True),
        nn.Dropout(),
        nn.Linear(4096, classes),
    )
    return nn.Sequential(
        OrderedDict(
            features=nn.Sequential(*features),
            avgpool=nn.AdaptiveAvgPool2d(7),
            flatten=nn.Flatten(),
            classifier=classifier,
        )
    )


def he_start(model):
    """He initialisation of all convolutions, N(0, 0.01²) for linear layers, biases 0; in place.

    As torchvision starts its VGGs; PyTorch's default makes the signal fade.  [he2015; torchvision]
    """
    from torch import nn

    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, 0, 0.01)
            nn.init.zeros_(module.bias)
    return model


# --------------------------------------------------------------------------- formulas

_CHANNELS = (
    kit.integer(("输入通道数", "input channels"), 1, 512),
    kit.integer(("输出通道数", "output channels"), 1, 512),
)
_K = kit.integer(("卷积核边长", "side of the kernel"), 1, 7)


def weight_layers(c):
    """Layers with weights: c convolutions and the three linear ones."""
    return c + 3


formula_layers = Formula(
    r"L = c + 3",
    {
        "L": kit.integer(("带权重的层数", "layers with weights"), 1, 30),
        "c": kit.integer(("卷积层数", "convolutions"), 1, 20),
    },
    equals=weight_layers,
)

formula_eleven = Formula(r"8 + 3 = 11", {})

formula_counts = Formula(
    r"\begin{aligned} P &= K^2 C\,O + O \\ M &= K^2 C\,O\,H\,W \end{aligned}",
    {
        "P": kit.integer(("参数个数", "parameters"), 1, 10),
        "M": kit.integer(("乘加次数（MAC）", "multiply-adds (MACs)"), 1, 10),
        "K": _K,
        "C": _CHANNELS[0],
        "O": _CHANNELS[1],
        "H": kit.integer(("输出的高", "height of the output"), 1, 224),
        "W": kit.integer(("输出的宽", "width of the output"), 1, 224),
    },
    equals={"P": conv_parameters, "M": conv_macs},
)


# --------------------------------------------------------------------------- evidence

PUBLISHED = {  # parameters and GMACs ("GFLOPS") in torchvision's documentation
    "A": (132_863_336, 7.609),
    "B": (133_047_848, 11.308),
    "D": (138_357_544, 15.47),
    "E": (143_667_240, 19.632),
}


def check_published() -> Check:
    """Parameters of the four networks against those that torchvision documents."""
    found = [totals(trace(on_meta(torch_vgg, name), (3, 224, 224)))[0] for name in CONFIGS]
    return kit.compare(
        (
            "torchvision 文档公布的参数个数（VGG-11、13、16、19）",
            "the parameters that torchvision documents (VGG-11, 13, 16, 19)",
        ),
        [(found, [PUBLISHED[name][0] for name in CONFIGS])],
        tolerance=0.0,
    )


def check_trace() -> Check:
    """The arithmetic against the module itself, layer by layer, at three sizes of the image."""
    pairs = []
    for config in CONFIGS:
        model = on_meta(torch_vgg, config, 10)
        for size in (32, 224, 250):
            ours = [(*shape, p, m) for _, shape, p, m in trace_vgg(config, size, 10) if p]
            theirs = weighted(trace(model, (3, size, size)))
            pairs += [
                (a, (*b.shape, b.parameters, b.macs)) for a, b in zip(ours, theirs, strict=True)
            ]
    return kit.compare(
        (
            "模块本身：前向钩子看到的形状、参数与 MAC",
            "the module itself: shapes, parameters and MACs as forward hooks see them",
        ),
        pairs,
        tolerance=0.0,
    )
