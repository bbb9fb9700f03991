"""The size of what a convolution gives back, layer by layer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from snippets import kit
from snippets.kit import Check, Formula


def conv_output_size(n: int, k: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Length of the output of a convolution or pooling along one dimension; padding a side.

    ⌊(n + 2 padding − dilation (k − 1) − 1) / stride⌋ + 1.  ValueError: an argument out of range, or
    a kernel that does not fit.
    """
    if min(n, k, stride, dilation) < 1 or padding < 0:
        raise ValueError(f"cannot use n={n}, k={k}, {stride=}, {padding=}, {dilation=}")
    free = n + 2 * padding - dilation * (k - 1) - 1
    if free < 0:
        raise ValueError(f"a kernel of {k}, dilation {dilation}, does not fit in {n}+2·{padding}")
    return free // stride + 1


def count_windows(n: int, k: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """The same by trying every place where a window might begin."""
    reach, end = dilation * (k - 1), n + 2 * padding
    return sum(1 for start in range(0, end, stride) if start + reach < end)


def trace_sizes(n: int, layers: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    """(size, total stride) after each layer (k, stride, padding) or (k, stride, padding, dilation).

    ValueError: a layer of another length, or one that does not fit.
    """
    found, total = [], 1
    for place, layer in enumerate(layers, 1):
        if len(layer) not in (3, 4):
            raise ValueError(
                f"layer {place}: {len(layer)} numbers, not k, stride, padding[, dilation]"
            )
        n = conv_output_size(n, *layer)
        total *= layer[1]
        found.append((n, total))
    return found


def pool_output_size(
    n: int, k: int, stride: int, padding: int = 0, dilation: int = 1, ceil_mode: bool = False
) -> int:
    """Length of a pooled output, as PyTorch has it; ``ceil_mode`` lets the last window stick out.

    It may then start in the input or in the left padding, but not in the right one.  ValueError: as
    ``conv_output_size``.
    """
    size = conv_output_size(n, k, stride, padding, dilation)
    rest = (n + 2 * padding - dilation * (k - 1) - 1) % stride
    if ceil_mode and rest and size * stride < n + padding:
        size += 1
    return size


def torch_sizes(n: int, layers) -> list[int]:
    """Sizes after each layer, from PyTorch itself: a 1-D convolution on a tensor without data."""
    import torch
    import torch.nn.functional as F

    x, sizes = torch.empty(1, 1, n, device="meta"), []
    for k, *rest in layers:
        x = F.conv1d(x, torch.empty(1, 1, k, device="meta"), None, *rest)
        sizes.append(x.shape[-1])
    return sizes


# --------------------------------------------------------------------------- formulas

_N = kit.integer(("输入大小", "size of the input"), 9, 40)
_K = kit.integer(("核长", "length of the kernel"), 1, 4)
_S = kit.integer(("步幅", "stride"), 1, 4)
_P = kit.integer(("填充，每边", "padding, each side"), 0, 3)
_D = kit.integer(("空洞率", "dilation"), 1, 2)

formula_size = Formula(
    r"n' = \left\lfloor \frac{n + 2p - d\,(k - 1) - 1}{s} \right\rfloor + 1",
    {"n": _N, "p": _P, "d": _D, "k": _K, "s": _S},
    equals=lambda n, p, d, k, s: count_windows(*map(int, (n, k, s, p, d))),
)

formula_plain = Formula(
    r"n' = \left\lfloor \frac{n + 2p - k}{s} \right\rfloor + 1",
    {"n": _N, "p": _P, "k": _K, "s": _S},
    equals=lambda n, p, k, s: count_windows(*map(int, (n, k, s, p))),
)

# --------------------------------------------------------------------------- evidence


def settings():
    """Every n 5..19, k 1..5, stride 1..3, padding 0..2, dilation 1..3 in which the kernel fits."""
    for n in range(5, 20):
        for k in range(1, 6):
            for s in (1, 2, 3):
                for p in (0, 1, 2):
                    for d in (1, 2, 3):
                        if n + 2 * p > d * (k - 1):
                            yield n, k, s, p, d


def check_exhaustive() -> Check:
    """Each setting against the shape that F.conv1d gives."""
    import torch
    import torch.nn.functional as F

    pairs = []
    for n, k, s, p, d in settings():
        x, w = torch.zeros(1, 1, n), torch.zeros(1, 1, k)
        pairs.append((conv_output_size(n, k, s, p, d), F.conv1d(x, w, None, s, p, d).shape[-1]))
    return kit.compare(
        ("`F.conv1d` 输出的形状，穷举", "the shapes of `F.conv1d`, exhaustively"),
        pairs,
        tolerance=0.0,
    )


def check_pooling() -> Check:
    """Both roundings against F.max_pool1d, n 3..14, k 1..4, stride 1..4, every padding allowed."""
    import torch
    import torch.nn.functional as F

    pairs = []
    for n in range(3, 15):
        for k in range(1, 5):
            for s in range(1, 5):
                for p in range(k // 2 + 1):
                    for ceil_mode in (False, True):
                        if n + 2 * p < k:
                            continue
                        x = torch.zeros(1, 1, n)
                        theirs = F.max_pool1d(x, k, s, p, ceil_mode=ceil_mode).shape[-1]
                        pairs.append((pool_output_size(n, k, s, p, 1, ceil_mode), theirs))
    return kit.compare(
        (
            "`F.max_pool1d` 输出的形状，含 `ceil_mode`",
            "the shapes of `F.max_pool1d`, with and without `ceil_mode`",
        ),
        pairs,
        tolerance=0.0,
    )


def check_networks() -> Check:
    """Random nets of one to six layers: sizes against PyTorch."""
    pairs = []
    for rng in kit.seeds(50):
        layers, n = [], 200
        for _ in range(rng.integers(1, 7)):
            layers.append(
                (
                    int(rng.integers(1, 6)),
                    int(rng.integers(1, 3)),
                    int(rng.integers(0, 3)),
                    int(rng.integers(1, 3)),
                )
            )
        try:
            ours = [size for size, _ in trace_sizes(n, layers)]
        except ValueError:
            continue
        pairs.append((np.array(ours), torch_sizes(n, layers)))
    return kit.compare(
        ("PyTorch 逐层的形状，随机网络", "PyTorch's shapes layer by layer, random networks"),
        pairs,
        tolerance=0.0,
    )
