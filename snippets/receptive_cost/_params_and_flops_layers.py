"""One layer: bias and normalisation, operations counted one by one, LeNet-5 line by line."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Check, Col, Spread, Table, Tr
from snippets.receptive_cost import _nets
from snippets.receptive_cost.params_and_flops import (
    conv_by_loops,
    conv_flops,
    conv_macs,
    conv_parameters,
    linear_parameters,
    torch_costs,
    torch_flops,
    torch_parameters,
)

IN, OUT, KERNEL = 64, 128, 3
SHIFT, RUNS = 100.0, 5


def _stack(bias: bool, norm: bool, device: str = "meta"):
    from torch import nn

    layers = [nn.Conv2d(IN, OUT, KERNEL, padding=1, bias=bias, device=device)]
    return nn.Sequential(*layers, *([nn.BatchNorm2d(OUT, device=device)] if norm else []))


def table_layer(tr: Tr) -> Table:
    rows = []
    for name, terms, bias, norm in (
        (tr("卷积，无偏置", "convolution, no bias"), "$cK^2O$", False, False),
        (tr("卷积，有偏置", "convolution with bias"), "$cK^2O + O$", True, False),
        (tr("卷积，有偏置，批归一化", "with bias, batch-normalised"), "$cK^2O + 3O$", True, True),
        (tr("卷积，无偏置，批归一化", "no bias, batch-normalised"), "$cK^2O + 2O$", False, True),
    ):
        parameters, buffers = torch_parameters(_stack(bias, norm))
        ours = conv_parameters(IN, KERNEL, OUT, bias=bias, norm=norm)
        rows.append([name, terms, ours, parameters, buffers])
    return Table(
        [
            tr("层", "layer"),
            tr("公式", "formula"),
            Col(tr("公式算得", "by formula"), format=",d"),
            Col(tr("PyTorch 数得", "in PyTorch"), format=",d"),
            Col(tr("缓冲区", "buffers"), format=",d"),
        ],
        rows,
        caption=tr(
            f"{IN} → {OUT} 通道、3×3 的卷积。缓冲区是滑动均值、滑动方差和一个计数器，不参与学习",
            f"A 3×3 convolution from {IN} to {OUT} channels. Buffers are running mean, running "
            "variance and one counter; they are not learned",
        ),
    )


@cache
def value_bias() -> dict[str, Spread | float | int]:
    """A bias before batch normalisation: what adding 100 to it changes, and its gradient."""
    import torch

    moved: dict[str, list[float]] = {"float32": [], "float64": [], "gradient": []}
    for run in range(RUNS):
        rng = torch.Generator().manual_seed(run)
        x = torch.randn(8, IN, 8, 8, generator=rng)
        target = torch.randn(8, OUT, 8, 8, generator=rng)
        for name in ("float32", "float64"):
            dtype = getattr(torch, name)
            stack = _stack(True, True, "cpu").to(dtype)
            with torch.no_grad():
                for p in stack[0].parameters():
                    p.copy_(0.05 * torch.randn(p.shape, generator=rng))
            before = stack(x.to(dtype))
            if name == "float64":
                loss = (before * target).mean()
                weight, bias = torch.autograd.grad(loss, list(stack[0].parameters()))
                moved["gradient"].append(float(bias.abs().max() / weight.abs().max()))
            with torch.no_grad():
                stack[0].bias += SHIFT
                moved[name].append(float((stack(x.to(dtype)) - before).abs().max()))
    return {name: Spread(found) for name, found in moved.items()} | {
        "shift": SHIFT,
        "runs": RUNS,
    }


def _misplaced(C: int, K: int, O: int, H: int, W: int) -> int:  # noqa: E741
    """The sum over channels put outside the bracket: C - 1 additions once, not at every output."""
    return O * (H * W * (C * K**2 + C * (K**2 - 1)) + C - 1)


def table_costs(tr: Tr) -> Table:
    import torch
    from torch import nn

    rows = []
    for C, K, O, side in ((4, 3, 2, 4), (3, 3, 64, 224), (512, 1, 512, 14)):  # noqa: E741
        layer = nn.Conv2d(C, O, K, bias=False, device="meta")
        x = torch.empty(1, C, side + K - 1, side + K - 1, device="meta")
        rows.append(
            [
                f"{C} → {O}, {K}×{K}, {side}×{side}",
                conv_macs(C, K, O, side, side),
                conv_flops(C, K, O, side, side),
                torch_flops(layer, x),
                _misplaced(C, K, O, side, side),
            ]
        )
    return Table(
        [
            tr("通道、核、输出", "channels, kernel, output"),
            Col("MACs", format=",d"),
            Col(tr("逐次数，无偏置", "one by one, no bias"), format=",d"),
            Col(tr.name("`FlopCounterMode`"), format=",d"),
            Col(tr("括号放错的公式", "bracket misplaced"), format=",d"),
        ],
        rows,
        caption=tr("一层卷积的运算次数，批大小为 1", "Operations of one convolution, batch size 1"),
    )  # fmt: skip


@cache
def value_loops() -> dict[str, int]:
    """A convolution written as loops, with every multiplication and addition counted."""
    rng = next(iter(kit.seeds(1)))
    _, products, sums = conv_by_loops(rng.normal(size=(4, 6, 6)), rng.normal(size=(2, 4, 3, 3)))
    layer = conv_flops(3, 3, 64, 224, 224), conv_macs(3, 3, 64, 224, 224)
    return {
        "products": products,
        "sums": sums,
        "total": products + sums,
        "misplaced": _misplaced(4, 3, 2, 4, 4),
        "flops": layer[0],
        "macs": layer[1],
        "biased": conv_flops(3, 3, 64, 224, 224, bias=True),
    }


def check_loops() -> Check:
    """The counting loops: their output against F.conv2d, their counts against the formula."""
    import torch
    import torch.nn.functional as F

    pairs = []
    for rng, (C, K, O, side) in zip(  # noqa: E741
        kit.seeds(3), ((4, 3, 2, 6), (3, 1, 5, 4), (1, 2, 1, 7)), strict=True
    ):
        x, w = rng.normal(size=(C, side, side)), rng.normal(size=(O, C, K, K))
        y, products, sums = conv_by_loops(x, w)
        theirs = F.conv2d(torch.tensor(x)[None], torch.tensor(w))[0]
        out = theirs.shape[-1]
        pairs += [
            (y, theirs),
            (conv_flops(C, K, O, out, out), products + sums),
            (conv_macs(C, K, O, out, out), products),
        ]
    return kit.compare(("`F.conv2d` 与逐次计数的循环", "`F.conv2d` and the counting loops"), pairs)


def table_lenet(tr: Tr) -> Table:
    import torch

    with torch.device("meta"):
        costs = list(torch_costs(_nets.lenet(), torch.empty(1, 1, 32, 32)).values())
    written = [
        (tr("卷积 1 → 6，5×5", "convolution 1 → 6, 5×5"), "1·25·6 + 6", conv_parameters(1, 5, 6)),
        (
            tr("卷积 6 → 16，5×5", "convolution 6 → 16, 5×5"),
            "6·25·16 + 16",
            conv_parameters(6, 5, 16),
        ),
        (tr("全连接 400 → 120", "dense 400 → 120"), "400·120 + 120", linear_parameters(400, 120)),
        (tr("全连接 120 → 84", "dense 120 → 84"), "120·84 + 84", linear_parameters(120, 84)),
        (tr("全连接 84 → 10", "dense 84 → 10"), "84·10 + 10", linear_parameters(84, 10)),
    ]  # fmt: skip
    rows: list[list] = []
    for (name, terms, ours), (shape, parameters, macs) in zip(written, costs, strict=True):
        if ours != parameters:
            raise kit.KitError(f"{name}: {ours} by hand, {parameters} in PyTorch")
        rows.append([name, "×".join(map(str, shape[1:])), terms, ours, macs])
    total = [sum(row[place] for row in rows) for place in (3, 4)]
    rows.append([f"**{tr('合计', 'total')}**", None, None, *total])
    return Table(
        [
            tr("层", "layer"),
            tr("输出", "output"),
            tr("笔算", "by hand"),
            Col(tr("参数", "parameters"), format=",d"),
            Col("MACs", format=",d"),
        ],
        rows,
        caption=tr(
            "LeNet-5（两层卷积之间全连接的版本），32×32 的灰度图；每行都与 PyTorch 数的相同",
            "LeNet-5 (with full connections between the two convolutions) on a grey 32×32 image; "
            "every line equals the count in PyTorch",
        ),
    )


def value_lenet() -> int:
    import torch

    with torch.device("meta"):
        return int(np.sum([p.numel() for p in _nets.lenet().parameters()]))
