"""The U-Net of DDPM for 32×32 images, to be counted: residual blocks told of t, attention."""

from __future__ import annotations


def torch_ddpm(base=128, multiples=(1, 2, 2, 2), blocks=2, attention=(16,), size=32, channels=3):
    """ε of images (N, channels, size, size) at times t (N,).  [ho2020]

    The defaults are those for CIFAR-10; ``attention`` lists the sides of the maps that have it.
    """
    import math

    import torch
    from torch import nn

    time = 4 * base

    class Block(nn.Module):
        def __init__(self, given, made):
            super().__init__()
            self.norm1, self.conv1 = nn.GroupNorm(32, given), nn.Conv2d(given, made, 3, padding=1)
            self.time = nn.Linear(time, made)
            self.norm2, self.conv2 = nn.GroupNorm(32, made), nn.Conv2d(made, made, 3, padding=1)
            self.dropout = nn.Dropout(0.1)
            self.shortcut = nn.Conv2d(given, made, 1) if given != made else None

        def forward(self, x, t):
            silu = nn.functional.silu
            h = self.conv1(silu(self.norm1(x))) + self.time(silu(t))[:, :, None, None]
            h = self.conv2(self.dropout(silu(self.norm2(h))))
            return h + (x if self.shortcut is None else self.shortcut(x))

    class Attention(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.norm = nn.GroupNorm(32, width)
            self.q, self.k, self.v, self.out = (nn.Conv2d(width, width, 1) for _ in range(4))

        def forward(self, x):
            h = self.norm(x)
            q, k, v = (f(h).flatten(2) for f in (self.q, self.k, self.v))
            weights = torch.softmax(q.transpose(1, 2) @ k / math.sqrt(q.shape[1]), dim=-1)
            return x + self.out((v @ weights.transpose(1, 2)).view_as(x))

    class DDPM(nn.Module):
        def __init__(self):
            super().__init__()
            self.time = nn.Sequential(nn.Linear(base, time), nn.SiLU(), nn.Linear(time, time))
            self.first = nn.Conv2d(channels, base, 3, padding=1)
            self.down, self.up = nn.ModuleList(), nn.ModuleList()
            widths, width, side = [base], base, size
            for level, multiple in enumerate(multiples):
                for _ in range(blocks):
                    self.down.append(Block(width, base * multiple))
                    width = base * multiple
                    widths.append(width)
                    self.down.append(Attention(width) if side in attention else nn.Identity())
                if level < len(multiples) - 1:
                    self.down.append(nn.Conv2d(width, width, 3, 2, padding=1))
                    widths.append(width)
                    side //= 2
            self.middle = nn.ModuleList([Block(width, width), Attention(width)])
            self.middle.append(Block(width, width))
            for level, multiple in reversed(list(enumerate(multiples))):
                for _ in range(blocks + 1):
                    self.up.append(Block(width + widths.pop(), base * multiple))
                    width = base * multiple
                    self.up.append(Attention(width) if side in attention else nn.Identity())
                if level:
                    self.up.append(nn.Upsample(scale_factor=2))
                    self.up.append(nn.Conv2d(width, width, 3, padding=1))
                    side *= 2
            self.norm, self.last = nn.GroupNorm(32, width), nn.Conv2d(width, channels, 3, padding=1)

        def forward(self, x, t):
            rates = torch.exp(-math.log(10_000) * torch.arange(base // 2) / (base // 2 - 1))
            angles = t[:, None] * rates
            t = self.time(torch.cat([angles.sin(), angles.cos()], dim=1))
            h = self.first(x)
            kept = [h]
            for layer in self.down:
                h = layer(h, t) if isinstance(layer, Block) else layer(h)
                if isinstance(layer, Attention | nn.Identity):
                    kept[-1] = h  # the skip is taken after attention
                else:
                    kept.append(h)
            for layer in self.middle:
                h = layer(h, t) if isinstance(layer, Block) else layer(h)
            for layer in self.up:
                if isinstance(layer, Block):
                    h = layer(torch.cat([h, kept.pop()], dim=1), t)
                else:
                    h = layer(h)
            return self.last(nn.functional.silu(self.norm(h)))

    return DDPM()
