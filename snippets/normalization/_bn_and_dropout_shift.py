"""The variance shift measured: dropout of several kinds, and both orders with batch norm."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Col, Figure, Spread, Table, Tr
from snippets.normalization.bn_and_dropout import dropout

COUNT, RUNS, KEEP = 200_000, 5, 0.5
BETA = 0.1


def _spread(measure) -> Spread:
    return Spread(measure(rng) for rng in kit.seeds(RUNS))


def _dropped(keep: float, relu: bool) -> Spread:
    def measure(rng: np.random.Generator) -> float:
        x = rng.normal(size=COUNT)
        x = np.maximum(x, 0) if relu else x
        return float(x.var() / dropout(x, 1 - keep, rng).var())

    return _spread(measure)


def _gaussian(rng: np.random.Generator) -> float:
    x = rng.normal(size=COUNT)
    return float(x.var() / (x * rng.normal(1.0, 1.0, COUNT)).var())


def _uniform(rng: np.random.Generator) -> float:
    x = rng.normal(size=COUNT)
    return float(x.var() / (x * (1 + rng.uniform(-BETA, BETA, COUNT))).var())


@cache
def measured() -> dict[str, Spread]:
    return {
        "keep_0.9": _dropped(0.9, relu=False),
        "keep_0.7": _dropped(0.7, relu=False),
        "keep_0.5": _dropped(0.5, relu=False),
        "relu": _dropped(0.5, relu=True),
        "gaussian": _spread(_gaussian),
        "uout": _spread(_uniform),
    }


def table_ratios(tr: Tr) -> Table:
    found = measured()
    theory = {
        "keep_0.9": 0.9,
        "keep_0.7": 0.7,
        "keep_0.5": 0.5,
        "relu": (0.5 - 0.5 / np.pi) / (1 - 0.5 / np.pi),
        "gaussian": 0.5,
        "uout": 3 / (3 + BETA**2),
    }
    labels = {
        "keep_0.9": tr("dropout，保留 0.9", "dropout, keeping 0.9"),
        "keep_0.7": tr("dropout，保留 0.7", "dropout, keeping 0.7"),
        "keep_0.5": tr("dropout，保留 0.5", "dropout, keeping 0.5"),
        "relu": tr("ReLU 之后，保留 0.5", "after ReLU, keeping 0.5"),
        "gaussian": tr("乘以 N(1, 1) 的噪声", "times noise from N(1, 1)"),
        "uout": tr("Uout，β = 0.1", "Uout, β = 0.1"),
    }
    return Table(
        [
            tr("噪声", "noise"),
            Col(tr("公式", "formula"), format=".4f"),
            Col(tr("实测", "measured"), format=".4f"),
        ],
        [[labels[key], theory[key], found[key]] for key in labels],
        caption=tr(
            f"推理方差与训练方差之比；输入取自 N(0, 1)，{COUNT:,} 个数，"
            f"均值 [最小, 最大]，{RUNS} 次抽样",
            f"Variance at inference over variance in training; inputs from N(0, 1), {COUNT:,} "
            f"numbers, mean [smallest, largest] of {RUNS} draws",
        ),
    )


@cache
def orders() -> dict[str, Spread]:
    """Variance of the output of nn.Sequential in both modes, after 200 batches of 256."""
    import torch
    from torch import nn

    found: dict[str, list[float]] = {
        key: [] for key in ("drop_bn_train", "drop_bn_eval", "bn_drop_train", "bn_drop_eval")
    }
    for seed in range(RUNS):
        torch.manual_seed(seed)
        drop_bn = nn.Sequential(nn.Dropout(1 - KEEP), nn.BatchNorm1d(8))
        bn_drop = nn.Sequential(nn.BatchNorm1d(8), nn.Dropout(1 - KEEP))
        with torch.no_grad():
            for _ in range(200):
                x = torch.randn(256, 8)
                drop_bn(x)
                bn_drop(x)
            x = torch.randn(8192, 8)
            for name, model in (("drop_bn", drop_bn), ("bn_drop", bn_drop)):
                found[f"{name}_train"].append(model.train()(x).var().item())
                found[f"{name}_eval"].append(model.eval()(x).var().item())
    return {key: Spread(values) for key, values in found.items()}


def value_orders() -> dict[str, Spread]:
    return orders()


def figure_orders(tr: Tr) -> Figure:
    found = orders()
    canvas, axes = kit.canvas(height=2.7)
    data = {}
    for place, (name, label) in enumerate(
        (
            ("drop_bn", tr("dropout → BN", "dropout → BN")),
            ("bn_drop", tr("BN → dropout", "BN → dropout")),
        )
    ):
        for shift, mode, colour in (
            (-0.2, "train", kit.BLUE),
            (0.2, "eval", kit.ORANGE),
        ):
            value = found[f"{name}_{mode}"].mean
            axes.bar(place + shift, value, 0.36, color=colour, alpha=0.55)
            axes.text(place + shift, value + 0.05, f"{value:.2f}", ha="center")
            data[f"{name}_{mode}"] = np.array([value])
        axes.text(place - 0.2, -0.16, tr("训练", "training"), ha="center", va="top")
        axes.text(place + 0.2, -0.16, tr("推理", "inference"), ha="center", va="top")
        axes.text(place, 2.5, label, ha="center", fontweight="bold")
    axes.axhline(1, color=kit.INK, linewidth=0.8, linestyle="--")
    axes.set_xticks([])
    axes.set_xlim(-0.6, 1.6)
    axes.set_ylim(0, 2.8)
    axes.set_ylabel(tr("输出的方差", "variance of the output"))
    return Figure(
        canvas,
        caption=tr(
            f"输入取自 N(0, 1)，保留概率 {KEEP:g}，训练 200 批之后；{RUNS} 次的均值。"
            "dropout 在 BN 之前，推理时 BN 的输出方差只有一半。",
            f"Inputs from N(0, 1), probability of keeping {KEEP:g}, after 200 training batches; "
            f"mean of {RUNS} runs. With dropout before BN, BN's output has half the variance at "
            "inference.",
        ),
        alt=tr(
            "四根柱：dropout → BN 训练时 1、推理时约一半；BN → dropout 训练时 2、推理时 1。",
            "Four bars: dropout → BN has 1 in training and about a half at inference; "
            "BN → dropout has 2 in training and 1 at inference.",
        ),
        data=data,
    )
