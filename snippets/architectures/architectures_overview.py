"""Architectures at a glance: an MLP, LeNet-5 as published, AlexNet, and all networks compared."""

from __future__ import annotations

from itertools import pairwise


def torch_mlp(sizes=(784, 300, 100, 10)):
    """A multilayer perceptron: linear layers with ReLU between them, images (N, ...) to logits.

    The default is LeNet-300-100 for 28×28 digits.  [han2015]  ValueError: fewer than two sizes.
    """
    from torch import nn

    if len(sizes) < 2:
        raise ValueError(f"sizes {sizes}; give those of the input and the output at least")
    layers = [nn.Flatten()]
    for inputs, outputs in pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])  # no ReLU after the logits


def torch_lenet5_1998():
    """LeNet-5 as published, (N, 1, 32, 32) to distances (N, 10): the smallest wins.  [lecun1998b]

    Its third layer sees some maps only, subsampling is trained, the output compares F6 with ten
    fixed codes of ±1 (here drawn at random; the paper draws each digit on 7×12 pixels).
    """
    import torch
    from torch import nn

    seen = [{(i + j) % 6 for j in range(3)} for i in range(6)]  # 3 maps in a row
    seen += [{(i + j) % 6 for j in range(4)} for i in range(6)]  # 4 in a row
    seen += [{0, 1, 3, 4}, {1, 2, 4, 5}, {0, 2, 3, 5}, set(range(6))]

    class Squash(nn.Module):
        def forward(self, x):
            return 1.7159 * torch.tanh(2 / 3 * x)

    class Subsample(nn.Module):  # the sum of 2×2, one weight and one bias for each map
        def __init__(self, maps):
            super().__init__()
            self.weight = nn.Parameter(torch.full((maps,), 0.25))
            self.bias = nn.Parameter(torch.zeros(maps))

        def forward(self, x):
            total = 4 * nn.functional.avg_pool2d(x, 2)
            return total * self.weight[:, None, None] + self.bias[:, None, None]

    class Partial(nn.Module):  # one convolution for each of the 16 maps
        def __init__(self):
            super().__init__()
            self.maps = nn.ModuleList(nn.Conv2d(len(s), 1, 5) for s in seen)

        def forward(self, x):
            pairs = zip(self.maps, seen, strict=True)
            return torch.cat([conv(x[:, sorted(s)]) for conv, s in pairs], dim=1)

    class Codes(nn.Module):  # squared distance to each code; nothing here is trained
        def __init__(self):
            super().__init__()
            codes = torch.randint(2, (10, 84), generator=torch.Generator().manual_seed(0))
            self.register_buffer("codes", 2.0 * codes - 1)

        def forward(self, x):
            return ((x[:, None] - self.codes) ** 2).sum(dim=-1)

    model = nn.Sequential()
    for name, layer in (
        ("C1", nn.Conv2d(1, 6, 5)),
        ("S2", Subsample(6)),
        ("C3", Partial()),
        ("S4", Subsample(16)),
        ("C5", nn.Conv2d(16, 120, 5)),
        ("flat", nn.Flatten()),
        ("F6", nn.Linear(120, 84)),
        ("output", Codes()),
    ):
        model.add_module(name, layer)
        if name not in ("flat", "output"):
            model.add_module(f"squash{name}", Squash())
    return model


def torch_alexnet(classes=1000, version="torchvision"):
    """AlexNet, (N, 3, 224, 224) to logits (N, classes).  [krizhevsky2012; krizhevsky2014]

    "torchvision": one column, its parameters named as there.  "paper": the widths and the two
    columns of 2012 as groups, with response normalisation.  "merged": the same without groups.
    ValueError: another version.
    """
    from collections import OrderedDict

    from torch import nn

    if version not in ("torchvision", "paper", "merged"):
        raise ValueError(f"version {version!r}; give torchvision, paper or merged")
    old = version != "torchvision"
    widths = (96, 256, 384, 384, 256) if old else (64, 192, 384, 256, 256)
    groups = (1, 2, 1, 2, 2) if version == "paper" else (1,) * 5
    plan = ((11, 4, 2), (5, 1, 2), (3, 1, 1), (3, 1, 1), (3, 1, 1))  # kernel, stride, padding
    features, channels = [], 3
    for number, (width, shared, how) in enumerate(zip(widths, groups, plan, strict=True), 1):
        features += [nn.Conv2d(channels, width, *how, groups=shared), nn.ReLU(inplace=True)]
        if old and number <= 2:
            features.append(nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2))
        if number in (1, 2, 5):
            features.append(nn.MaxPool2d(3, 2))  # windows overlap
        channels = width
    classifier = nn.Sequential(
        nn.Dropout(),
        nn.Linear(channels * 6 * 6, 4096),
        nn.ReLU(inplace=True),
        nn.Dropout(),
        nn.Linear(4096, 4096),
        nn.ReLU(inplace=True),
        nn.Linear(4096, classes),
    )
    return nn.Sequential(
        OrderedDict(
            features=nn.Sequential(*features),
            avgpool=nn.AdaptiveAvgPool2d(6),
            flatten=nn.Flatten(),
            classifier=classifier,
        )
    )
