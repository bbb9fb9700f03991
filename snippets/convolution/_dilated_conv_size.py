"""What dilation does to the size of the kernel and of the output."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.convolution.dilated_conv import conv2d_dilated, coverage, dilated_windows
from snippets.kit import Formula, Table, Tr

_K = kit.integer(("核的边长", "side of the kernel"), 1, 5)
_D = kit.integer(("空洞率", "dilation"), 1, 4)

formula_definition = Formula(
    r"Y_{ij} = b + \sum_{a=1}^{3} \sum_{c=1}^{3} W_{ac}\, X_{i + d(a-1),\, j + d(c-1)}",
    {
        "X": kit.array(("输入，一个通道", "the input, one channel"), (9, 9), -2, 2),
        "W": kit.array(("卷积核", "the kernel"), (3, 3), -2, 2),
        "b": kit.scalar(("偏置", "the bias"), -2, 2),
        "d": kit.integer(("空洞率", "dilation"), 1, 3),
        "i": kit.index(("输出的行", "row of the output"), 3),
        "j": kit.index(("输出的列", "column of the output"), 3),
    },
    equals=lambda X, W, b, d: conv2d_dilated(
        X[None, None], W[None, None], b, dilation=int(d)
    )[0, 0, :3, :3],
    samples=20,
)  # fmt: skip

formula_span = Formula(
    r"k_\text{eff} = d\,(k - 1) + 1",
    {"d": _D, "k": _K},
    equals=lambda d, k: len(coverage([int(d)], int(k))),
)


def _out(n, k, d, p) -> int:
    return dilated_windows(np.zeros((int(n), int(n))), int(k), 1, int(p), int(d)).shape[0]


formula_size = Formula(
    r"n_\text{out} = \left\lfloor \frac{n + 2p - d\,(k - 1) - 1}{s} \right\rfloor + 1",
    {
        "n": kit.integer(("输入的边长", "side of the input"), 17, 24),
        "k": _K,
        "d": _D,
        "p": kit.integer(("填充", "padding"), 0, 3),
        "s": kit.integer(("步幅", "stride"), 1, 3),
    },
    equals=lambda n, k, d, p, s: dilated_windows(
        np.zeros((int(n), int(n))), int(k), int(s), int(p), int(d)
    ).shape[0],
)

formula_same = Formula(
    r"n_\text{out}\!\left(n, k, d, \frac{d\,(k - 1)}{2}\right) = n",
    {
        "n": kit.integer(("输入的边长", "side of the input"), 17, 24),
        "k": kit.constant(("核的边长，奇数", "side of the kernel, odd"), 3),
        "d": _D,
        r"n_\text{out}": kit.function(
            (
                "步幅为 1 时输出的边长，依次给出输入、核、空洞率与填充",
                "side of the output at stride 1, given input, kernel, dilation and padding",
            ),
            _out,
        ),
    },
)


def table_sizes(tr: Tr) -> Table:
    rows = []
    for d in (1, 2, 3):
        sizes = (_torch_size(32, d, p) for p in (0, 1, 2, 3))
        rows.append([f"{d}", f"{2 * d + 1}", *(f"**{n}**" if n == 32 else f"{n}" for n in sizes)])
    return Table(
        ["$d$", tr("跨度", "span"), *(f"$p = {p}$" for p in range(4))],
        rows,
        caption=tr(
            "输入 32×32、3×3 的核、步幅 1：`nn.Conv2d` 输出的边长（粗体：与输入相同）",
            "Input 32×32, 3×3 kernel, stride 1: side of the output of `nn.Conv2d` (bold: as the "
            "input)",
        ),
    )


def _torch_size(n: int, d: int, p: int) -> int:
    import torch

    layer = torch.nn.Conv2d(1, 1, 3, padding=p, dilation=d)
    with torch.no_grad():
        return int(layer(torch.zeros(1, 1, n, n)).shape[-1])


def value_sizes() -> dict[str, int]:
    """Side of the output for n = 32, 3×3 and dilation 2, by padding."""
    return {
        "n": 32,
        "p0": _torch_size(32, 2, 0),
        "p1": _torch_size(32, 2, 1),
        "p2": _torch_size(32, 2, 2),
    }
