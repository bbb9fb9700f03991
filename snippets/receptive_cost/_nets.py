"""Well-known networks as PyTorch modules, at any width: what the pages of this topic count.

With ``width=1`` and average pooling a network is small enough to differentiate at full size;
neither changes a kernel, a stride or a padding.
"""

from __future__ import annotations

from functools import cache

from snippets.receptive_cost.receptive_field import Layer

VGG = {
    11: (1, 1, 2, 2, 2),
    13: (2, 2, 2, 2, 2),
    16: (2, 2, 3, 3, 3),
    19: (2, 2, 4, 4, 4),
}
"""Convolutions in each of the five blocks: configurations A, B, D and E of [simonyan2015]."""


def _pool(mean: bool, *how):
    from torch import nn

    return nn.AvgPool2d(*how) if mean else nn.MaxPool2d(*how)


def alexnet(classes: int = 1000, width: int = 64, mean: bool = False):
    """AlexNet as in torchvision (one column)."""
    from torch import nn

    w = [width, 3 * width, 6 * width, 4 * width, 4 * width]
    return nn.Sequential(
        nn.Sequential(
            nn.Conv2d(3, w[0], 11, 4, 2), nn.ReLU(), _pool(mean, 3, 2),
            nn.Conv2d(w[0], w[1], 5, 1, 2), nn.ReLU(), _pool(mean, 3, 2),
            nn.Conv2d(w[1], w[2], 3, 1, 1), nn.ReLU(),
            nn.Conv2d(w[2], w[3], 3, 1, 1), nn.ReLU(),
            nn.Conv2d(w[3], w[4], 3, 1, 1), nn.ReLU(), _pool(mean, 3, 2),
        ),
        nn.AdaptiveAvgPool2d(6),
        nn.Flatten(),
        _head(36 * w[4], 64 * width, classes),
    )  # fmt: skip


def _head(inputs: int, hidden: int, classes: int):
    from torch import nn

    return nn.Sequential(
        nn.Linear(inputs, hidden), nn.ReLU(), nn.Dropout(),
        nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(),
        nn.Linear(hidden, classes),
    )  # fmt: skip


def vgg(depth: int, classes: int = 1000, width: int = 64, mean: bool = False):
    """VGG without normalisation: features, pooling to 7×7, three dense layers."""
    from torch import nn

    layers: list[nn.Module] = []
    inputs = 3
    for block, count in enumerate(VGG[depth]):
        outputs = width * min(2**block, 8)
        for _ in range(count):
            layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU()]
            inputs = outputs
        layers.append(_pool(mean, 2, 2))
    return nn.Sequential(
        nn.Sequential(*layers),
        nn.AdaptiveAvgPool2d(7),
        nn.Flatten(),
        _head(49 * inputs, 64 * width, classes),
    )


@cache
def _residual():
    from torch import nn

    class Residual(nn.Module):
        """ReLU of the sum of a branch and a shortcut."""

        def __init__(self, branch, shortcut) -> None:
            super().__init__()
            self.branch, self.shortcut, self.relu = branch, shortcut, nn.ReLU()

        def forward(self, x):
            return self.relu(self.branch(x) + self.shortcut(x))

    return Residual


def _conv_norm(inputs: int, outputs: int, k: int, stride: int = 1):
    from torch import nn

    return [
        nn.Conv2d(inputs, outputs, k, stride, (k - 1) // 2, bias=False),
        nn.BatchNorm2d(outputs),
    ]


def _block(inputs: int, planes: int, stride: int, bottleneck: bool, early: bool):
    from torch import nn

    if bottleneck:
        outputs = 4 * planes
        first, second = (stride, 1) if early else (1, stride)
        branch = [
            *_conv_norm(inputs, planes, 1, first), nn.ReLU(),
            *_conv_norm(planes, planes, 3, second), nn.ReLU(),
            *_conv_norm(planes, outputs, 1),
        ]  # fmt: skip
    else:
        outputs = planes
        branch = [
            *_conv_norm(inputs, planes, 3, stride), nn.ReLU(),
            *_conv_norm(planes, outputs, 3),
        ]  # fmt: skip
    same = stride == 1 and inputs == outputs
    shortcut = nn.Identity() if same else nn.Sequential(*_conv_norm(inputs, outputs, 1, stride))
    return _residual()(nn.Sequential(*branch), shortcut)


def resnet(
    blocks: tuple[int, ...],
    bottleneck: bool,
    early: bool = False,
    classes: int = 1000,
    width: int = 64,
    mean: bool = False,
):
    """ResNet [he2016]; ``early`` strides in the first 1×1 of a bottleneck, as in the paper."""
    from torch import nn

    layers = [*_conv_norm(3, width, 7, 2), nn.ReLU(), _pool(mean, 3, 2, 1)]
    inputs = width
    for stage, count in enumerate(blocks):
        planes = width * 2**stage
        for number in range(count):
            stride = 2 if stage and not number else 1
            layers.append(_block(inputs, planes, stride, bottleneck, early))
            inputs = planes * (4 if bottleneck else 1)
    return nn.Sequential(
        nn.Sequential(*layers), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, classes)
    )


def resnet18(**options):
    return resnet((2, 2, 2, 2), False, **options)


def resnet50(**options):
    return resnet((3, 4, 6, 3), True, **options)


def main_path(model) -> list[Layer]:
    """Convolutions and pooling layers of the features in order, shortcuts left out."""
    from torch import nn

    def one(size) -> int:
        return size[0] if isinstance(size, tuple) else size

    kinds = (nn.Conv2d, nn.AvgPool2d, nn.MaxPool2d)
    return [
        Layer(*map(one, (m.kernel_size, m.stride, m.padding, getattr(m, "dilation", 1))))
        for name, m in model[0].named_modules()
        if isinstance(m, kinds) and ".shortcut." not in f".{name}."
    ]


def positive(model):
    """All weights equal and positive, no bias, evaluation mode: no gradient can cancel or stop."""
    import torch
    from torch import nn

    model = model.double().eval()
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.Conv2d):
                module.weight.fill_(1 / module.weight[0].numel())
                if module.bias is not None:
                    module.bias.zero_()
    return model


def lenet():
    """LeNet-5 as it is taught today: full connections between the maps, ten classes."""
    from torch import nn

    return nn.Sequential(
        nn.Sequential(
            nn.Conv2d(1, 6, 5), nn.Tanh(), nn.AvgPool2d(2),
            nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2),
        ),
        nn.Flatten(),
        nn.Sequential(
            nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10)
        ),
    )  # fmt: skip


@cache
def _unet():
    import torch
    from torch import nn

    def twice(inputs: int, outputs: int):
        return nn.Sequential(
            nn.Conv2d(inputs, outputs, 3), nn.ReLU(), nn.Conv2d(outputs, outputs, 3), nn.ReLU()
        )

    class UNet(nn.Module):
        """Down, up, and across: unpadded convolutions, as in the paper."""

        def __init__(self, inputs: int, classes: int, width: int) -> None:
            super().__init__()
            sizes = [width * 2**n for n in range(5)]
            self.down = nn.ModuleList(map(twice, [inputs, *sizes[:-1]], sizes))
            self.up = nn.ModuleList(
                nn.ConvTranspose2d(2 * n, n, 2, stride=2) for n in reversed(sizes[:-1])
            )
            self.join = nn.ModuleList(twice(2 * n, n) for n in reversed(sizes[:-1]))
            self.pool, self.last = nn.MaxPool2d(2), nn.Conv2d(width, classes, 1)

        def forward(self, x):
            kept = []
            for number, block in enumerate(self.down):
                x = block(self.pool(x) if number else x)
                kept.append(x)
            for up, join, across in zip(self.up, self.join, reversed(kept[:-1]), strict=True):
                x = up(x)
                cut = (across.shape[-1] - x.shape[-1]) // 2
                x = join(torch.cat([across[..., cut:-cut, cut:-cut], x], dim=1))
            return self.last(x)

    return UNet


def unet(inputs: int = 1, classes: int = 2, width: int = 64):
    """U-Net [ronneberger2015]: without normalisation, with biases and transposed convolutions."""
    return _unet()(inputs, classes, width)
