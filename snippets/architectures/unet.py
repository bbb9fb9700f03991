"""U-Net: convolutions down to a small map and up again, the large maps copied across."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.architectures._layers import on_meta, trace
from snippets.kit import Check, Formula


def double_conv(n, K=3):
    """Side of the map after two K×K convolutions without padding."""
    return n - 2 * (K - 1)


def trace_sizes(size=572, depth=4):
    """The sides of all maps of a U-Net without padding: way down, bottom, way up.

    Gives down: (input, after two convolutions) per level; bottom: the same pair; up: (upsampled,
    skip, after two convolutions) per level, the deepest first.  ValueError: a side that max
    pooling would have to cut, or an image too small.
    """
    down, up, side = [], [], size
    for level in range(depth):
        down.append((side, double_conv(side)))
        side = double_conv(side)
        if side < 2 or side % 2:
            raise ValueError(f"level {level} has {side}×{side} to pool; it must be even")
        side //= 2
    bottom = (side, double_conv(side))
    side = bottom[1]
    for _, skip in reversed(down):
        up.append((2 * side, skip, double_conv(2 * side)))
        side = double_conv(2 * side)
    if min(bottom[1], side) < 1:
        raise ValueError(f"nothing is left of {size}×{size}; give a larger image")
    return down, bottom, up


def crop_and_concat(skip, x):
    """The middle of ``skip`` (C, H, W), as large as x (D, h, w), on top of it: (C + D, h, w)."""
    top, left = ((a - b) // 2 for a, b in zip(skip.shape[-2:], x.shape[-2:], strict=True))
    if min(top, left) < 0:
        raise ValueError(f"the skip is {skip.shape}, smaller than {x.shape}; nothing to crop")
    cropped = skip[..., top : top + x.shape[-2], left : left + x.shape[-1]]
    return np.concatenate([cropped, x], axis=-3)


def torch_unet(inputs=1, classes=2, base=64, depth=4, padding=0):
    """U-Net in PyTorch; padding=0 is that of the paper, padding=1 keeps the size.

    (N, inputs, H, W) gives logits (N, classes, h, w), one for each pixel.  [ronneberger2015]
    """
    import torch
    from torch import nn

    def double(given, made):
        return nn.Sequential(
            nn.Conv2d(given, made, 3, padding=padding),
            nn.ReLU(inplace=True),
            nn.Conv2d(made, made, 3, padding=padding),
            nn.ReLU(inplace=True),
        )

    widths = [base * 2**level for level in range(depth + 1)]

    class UNet(nn.Module):
        def __init__(self):
            super().__init__()
            given = [inputs, *widths]
            self.down = nn.ModuleList(double(given[i], widths[i]) for i in range(depth))
            self.pool = nn.MaxPool2d(2)
            self.bottom = double(widths[-2], widths[-1])
            pairs = [(widths[i + 1], widths[i]) for i in reversed(range(depth))]
            self.up = nn.ModuleList(nn.ConvTranspose2d(a, b, 2, stride=2) for a, b in pairs)
            self.merge = nn.ModuleList(double(a, b) for a, b in pairs)
            self.head = nn.Conv2d(base, classes, 1)

        def forward(self, x):
            skips = []
            for convolutions in self.down:
                skips.append(convolutions(x))
                x = self.pool(skips[-1])
            x = self.bottom(x)
            for enlarge, convolutions in zip(self.up, self.merge, strict=True):
                x, skip = enlarge(x), skips.pop()
                top, left = ((a - b) // 2 for a, b in zip(skip.shape[2:], x.shape[2:], strict=True))
                skip = skip[:, :, top : top + x.shape[2], left : left + x.shape[3]]
                x = convolutions(torch.cat([skip, x], dim=1))
            return self.head(x)

    return UNet()


# --------------------------------------------------------------------------- formulas


def output_side(n, d):
    """Side of the output of a U-Net without padding, step by step; fractions are not refused."""
    for _ in range(int(d)):
        n = double_conv(n) / 2
    n = double_conv(n)
    for _ in range(int(d)):
        n = double_conv(2 * n)
    return n


_SIDE = kit.integer(("输入的边长", "side of the input"), 100, 1000)
_DEPTH = kit.integer(("池化的次数", "number of poolings"), 1, 5)

formula_double = Formula(
    r"n' = n - 2\,(K - 1)",
    {
        "n'": kit.integer(
            ("两次卷积之后的边长，不填充", "side after two convolutions without padding"), 1, 10
        ),
        "n": _SIDE,
        "K": kit.integer(("卷积核边长", "side of the kernel"), 1, 7),
    },
    equals=double_conv,
)

formula_side = Formula(
    r"n_{\text{out}} = n + 8 - 12 \cdot 2^d",
    {
        r"n_{\text{out}}": kit.integer(("输出的边长", "side of the output"), 1, 10),
        "n": _SIDE,
        "d": _DEPTH,
    },
    equals=output_side,
)


# --------------------------------------------------------------------------- evidence


def check_sizes() -> Check:
    """The tracer and the closed form against the shapes of the module, at several sizes."""
    pairs = []
    for depth, sizes in ((4, (188, 204, 572)), (3, (92, 100, 180)), (2, (44, 100))):
        model = on_meta(torch_unet, base=2, depth=depth)
        for size in sizes:
            down, bottom, up = trace_sizes(size, depth)
            layers = trace(model, (1, size, size))
            sides = [la.shape[-1] for la in layers if la.kind in ("Conv2d", "ConvTranspose2d")]
            ours = []
            for given, made in [*down, bottom]:
                ours += [given - 2, made]
            for enlarged, _, made in up:
                ours += [enlarged, enlarged - 2, made]
            pairs += [([*ours, up[-1][2]], sides), (output_side(size, depth), sides[-1])]
    return kit.compare(
        ("PyTorch 模块各层的尺寸", "the sizes in the PyTorch module, layer by layer"),
        pairs,
        tolerance=0.0,
    )


def check_crop() -> Check:
    """crop_and_concat against a centre crop by negative padding in PyTorch."""
    import torch
    import torch.nn.functional as F

    pairs = []
    for rng, (large, small) in zip(kit.seeds(3), ((64, 56), (9, 4), (7, 7)), strict=True):
        skip, x = rng.normal(size=(3, large, large)), rng.normal(size=(2, small, small))
        before = (large - small) // 2
        after = large - small - before
        theirs = F.pad(torch.tensor(skip), (-before, -after, -before, -after))
        pairs.append((crop_and_concat(skip, x), torch.cat([theirs, torch.tensor(x)])))
    return kit.compare(
        (
            "PyTorch 的 `F.pad`（负填充）与 `torch.cat`",
            "PyTorch's `F.pad` (negative) and `torch.cat`",
        ),
        pairs,
        tolerance=0.0,
    )
