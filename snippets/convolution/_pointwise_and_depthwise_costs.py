"""What each way to thin out a convolution costs, counted by PyTorch, and what it gives up."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from snippets import kit
from snippets.convolution.pointwise_and_depthwise import conv_cost, torch_separable
from snippets.kit import Check, Col, Pair, Spread, Table, Tr

C, O, K, SIDE, M = 64, 128, 3, 56, 32  # noqa: E741
PIXELS = SIDE * SIDE

Parts = list[tuple[int, int, int, int, int]]
"""Layers as arguments of ``conv_cost``: channels in, channels out, kernel, pixels, groups."""


def _layers() -> dict[str, tuple[Pair, str, Parts, Callable[[], Any]]]:
    """name: (label, formula, layers, the PyTorch module for a 56×56 input)."""
    from torch import nn

    def conv(*a: Any, **k: Any) -> Any:
        return nn.Conv2d(*a, bias=False, **k)

    return {
        "standard": (
            ("普通卷积", "ordinary"),
            "$K^2CO$",
            [(C, O, K, PIXELS, 1)],
            lambda: conv(C, O, K, padding=1),
        ),
        "grouped": (
            ("分组，g = 8", "grouped, g = 8"),
            "$K^2CO/g$",
            [(C, O, K, PIXELS, 8)],
            lambda: conv(C, O, K, padding=1, groups=8),
        ),
        "separable": (
            ("深度可分离", "depthwise separable"),
            "$K^2C + CO$",
            [(C, C, K, PIXELS, C), (C, O, 1, PIXELS, 1)],
            lambda: torch_separable(C, O, K),
        ),
        "bottleneck": (
            (f"瓶颈，M = {M}", f"bottleneck, M = {M}"),
            "$CM + K^2M^2 + MO$",
            [(C, M, 1, PIXELS, 1), (M, M, K, PIXELS, 1), (M, O, 1, PIXELS, 1)],
            lambda: nn.Sequential(conv(C, M, 1), conv(M, M, K, padding=1), conv(M, O, 1)),
        ),
        "factorised": (
            ("3×1 再 1×3，M = 64", "3×1 then 1×3, M = 64"),
            "$KCM + KMO$",
            [(C * K, C, 1, PIXELS, 1), (C * K, O, 1, PIXELS, 1)],
            lambda: nn.Sequential(
                conv(C, C, (K, 1), padding=(1, 0)), conv(C, O, (1, K), padding=(0, 1))
            ),
        ),
        "pooled": (
            ("先 2×2 池化，再普通卷积", "2×2 pooling, then ordinary"),
            "$K^2CO$",
            [(C, O, K, PIXELS // 4, 1)],
            lambda: nn.Sequential(nn.MaxPool2d(2), conv(C, O, K, padding=1)),
        ),
    }


@cache
def _costs() -> dict[str, dict[str, int]]:
    """Weights and FLOPs of each way by our formulas."""
    return {
        name: {key: sum(conv_cost(*part)[key] for part in parts) for key in ("weights", "flops")}
        for name, (_, _, parts, _) in _layers().items()
    }


def _measured(module: Any, shape: tuple[int, ...]) -> tuple[int, int]:
    """Parameters and FLOPs as PyTorch counts them.

    FlopCounterMode loads torch._dynamo, as torch.optim does; the build loads it beforehand where
    either is named.
    """
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        module(torch.zeros(shape))
    return sum(p.numel() for p in module.parameters()), counter.get_total_flops()


def check_costs() -> Check:
    pairs: list[tuple[Any, Any]] = []
    for name, (_, _, _, make) in _layers().items():
        ours = _costs()[name]
        pairs.append(((ours["weights"], ours["flops"]), _measured(make(), (1, C, SIDE, SIDE))))
    return kit.compare(
        (
            "PyTorch 的 `p.numel()` 与 `FlopCounterMode`",
            "PyTorch's `p.numel()` and `FlopCounterMode`",
        ),
        pairs,
        tolerance=0.0,
    )


def table_costs(tr: Tr) -> Table:
    standard = _costs()["standard"]
    return Table(
        [
            tr("办法", "way"),
            tr("权重数公式", "weights, formula"),
            tr("权重数", "weights"),
            Col(tr("占普通卷积", "of ordinary"), format=".1%"),
            tr("FLOPs", "FLOPs"),
        ],
        [
            [
                tr.pair(label),
                formula,
                f"{_costs()[name]['weights']:,d}",
                _costs()[name]["weights"] / standard["weights"],
                f"{_costs()[name]['flops']:,d}",
            ]
            for name, (label, formula, _, _) in _layers().items()
        ],
        caption=tr(
            f"{C}→{O} 通道、3×3、{SIDE}×{SIDE}、步幅 1、无偏置；一次乘加算 2 FLOPs",
            f"{C}→{O} channels, 3×3, {SIDE}×{SIDE}, stride 1, no biases; a multiplication and its "
            "addition are 2 FLOPs",
        ),
    )


def value_costs() -> dict[str, float]:
    found = _costs()
    standard, thin, pooled = found["standard"], found["separable"], found["pooled"]
    depth, point = conv_cost(C, C, K, PIXELS, C), conv_cost(C, O, 1, PIXELS)
    maps_in, maps_out = C * PIXELS, O * PIXELS
    return {
        "in": C,
        "out": O,
        "standard": standard["weights"],
        "standard_flops": standard["flops"],
        "separable": thin["weights"],
        "separable_flops": thin["flops"],
        "ratio": thin["weights"] / standard["weights"],
        "grouped": found["grouped"]["weights"],
        "pooled": pooled["weights"],
        "pooled_flops": pooled["flops"] / standard["flops"],
        "point_share": point["weights"] / thin["weights"],
        "intensity": standard["flops"] / (maps_in + maps_out + standard["weights"]),
        "depth_intensity": depth["flops"] / (2 * maps_in + depth["weights"]),
        "moved": (3 * maps_in + maps_out + thin["weights"])
        / (maps_in + maps_out + standard["weights"]),
    }


# --------------------------------------------------------------------------- a 1×1 in front

DIRECT: Parts = [(192, 32, 5, 28 * 28, 1)]
REDUCED: Parts = [(192, 16, 1, 28 * 28, 1), (16, 32, 5, 28 * 28, 1)]


def table_reduce(tr: Tr) -> Table:
    rows = []
    for label, parts in (
        (tr("直接 5×5", "5×5 directly"), DIRECT),
        (tr("先 1×1 降到 16 通道，再 5×5", "1×1 to 16 channels, then 5×5"), REDUCED),
    ):
        weights = sum(conv_cost(*part)["weights"] for part in parts)
        macs = sum(conv_cost(*part)["flops"] for part in parts) // 2
        rows.append([label, f"{weights:,d}", f"{macs:,d}"])
    return Table(
        [tr("28×28，192→32 通道", "28×28, 192→32 channels"), tr("权重数", "weights"),
         tr("乘加次数", "multiply–adds")],
        rows,
        caption=tr(
            "GoogLeNet 式的降维：1×1 卷积放在 5×5 前面（无偏置）",
            "Reduction as in GoogLeNet: a 1×1 convolution in front of the 5×5 (no biases)",
        ),
    )  # fmt: skip


def check_reduce() -> Check:
    from torch import nn

    pairs = []
    for parts in (DIRECT, REDUCED):
        module = nn.Sequential(
            *(nn.Conv2d(c, o, k, padding=k // 2, bias=False) for c, o, k, _, _ in parts)
        )
        ours = [sum(conv_cost(*part)[key] for part in parts) for key in ("weights", "flops")]
        pairs.append((ours, _measured(module, (1, 192, 28, 28))))
    return kit.compare(
        ("PyTorch 的 `FlopCounterMode`", "PyTorch's `FlopCounterMode`"), pairs, tolerance=0.0
    )


# --------------------------------------------------------------------------- what is given up

RUNS = 5


@cache
def _residuals() -> dict[int, Spread]:
    """Share of a random dense kernel that m depthwise kernels for each channel cannot reproduce.

    For each input channel its O×K² matrix has rank 9; the best m kernels are its first singular
    vectors.
    """
    found: dict[int, list[float]] = {m: [] for m in (1, 2, 4, 9)}
    for rng in kit.seeds(RUNS):
        singular = np.linalg.svd(rng.normal(size=(C, O, K * K)), compute_uv=False)
        energy = (singular**2).sum()
        for m, values in found.items():
            values.append(float(np.sqrt((singular[:, m:] ** 2).sum() / energy)))
    return {m: Spread(values) for m, values in found.items()}


def table_residual(tr: Tr) -> Table:
    return Table(
        [
            Col("$m$", format="d"),
            tr("权重数", "weights"),
            Col(tr("剩余误差", "error left"), format=".3f"),
        ],
        [
            [m, f"{m * (C * K * K + C * O):,d}", spread]
            for m, spread in _residuals().items()
        ],
        caption=tr(
            f"用每个通道 $m$ 个核的深度可分离卷积，逼近随机的 {C}→{O}、3×3 "
            f"普通卷积核（标准正态分布）；最佳逼近的相对误差，均值 [最小, 最大]，{RUNS} 次",
            f"Best approximation of a random ordinary kernel, {C}→{O}, 3×3 (standard normal), by "
            "a depthwise separable one with $m$ kernels for each channel: relative error; mean "
            f"[smallest, largest] of {RUNS} draws",
        ),
    )  # fmt: skip
