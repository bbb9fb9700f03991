"""Degradation in spite of batch normalisation: blocks with and without the shortcut, trained."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.foundations._depth_training import EXAMPLES, data
from snippets.kit import Col, Figure, Spread, Table, Tr

BLOCKS = (1, 4, 10, 20)
RATES = (0.003, 0.01, 0.03)
WIDTH, STEPS, RUNS, LAST = 16, 60, 5, 10


@cache
def losses(blocks: int, skip: bool) -> np.ndarray:
    """Training losses (STEPS, RUNS, RATES) of ``blocks`` blocks of two linear layers.

    Each layer is followed by batch normalisation over all examples.  Plain: h <- ReLU(F(h)),
    residual: h <- ReLU(F(h) + h).  Full-batch SGD with momentum 0.9; He initialisation; the starts
    are the same for both kinds and all rates.  A run that diverges has an infinite loss.
    """
    import torch

    x, y = (torch.tensor(a).float() for a in data())
    generator, nets = torch.Generator().manual_seed(0), RUNS * len(RATES)

    def start(*shape, std):
        drawn = torch.randn(RUNS, 1, *shape, generator=generator) * std
        drawn = drawn.expand(RUNS, len(RATES), *shape).reshape(nets, *shape)
        return drawn.clone().requires_grad_()

    parameters = first, inner, last, shift, gamma, beta = [
        start(2, WIDTH, std=1.0),
        start(2 * blocks, WIDTH, WIDTH, std=(2 / WIDTH) ** 0.5),
        start(WIDTH, 1, std=WIDTH**-0.5),
        torch.zeros(nets, 1, 1, requires_grad=True),
        torch.ones(nets, 2 * blocks, 1, WIDTH, requires_grad=True),
        torch.zeros(nets, 2 * blocks, 1, WIDTH, requires_grad=True),
    ]
    rate = torch.tensor(RATES).repeat(RUNS)
    momentum = [torch.zeros_like(p) for p in parameters]

    def layer(h, number):
        z = torch.bmm(h, inner[:, number])
        variance, mean = torch.var_mean(z, 1, keepdim=True, correction=0)
        z = (z - mean) * torch.rsqrt(variance + 1e-5)
        return torch.addcmul(beta[:, number], z, gamma[:, number])

    found = torch.empty(STEPS, nets)
    for step in range(STEPS):
        h = torch.bmm(x.expand(nets, -1, -1), first)
        for number in range(blocks):
            z = layer(layer(h, 2 * number).relu(), 2 * number + 1)
            h = (z + h if skip else z).relu()
        loss = (torch.bmm(h, last) + shift - y).square().mean((1, 2))
        found[step] = loss.detach()
        gradients = torch.autograd.grad(loss.sum(), parameters)
        with torch.no_grad():
            for p, m, g in zip(parameters, momentum, gradients, strict=True):
                m.mul_(0.9).add_(g)
                p -= rate.view(-1, *[1] * (p.ndim - 1)) * m
    shown = found.view(STEPS, RUNS, len(RATES)).double().numpy()
    return np.where(np.isfinite(shown), shown, np.inf)


@cache
def curves(blocks: int, skip: bool) -> np.ndarray:
    """Training loss (RUNS, STEPS), each run at the rate that ends lowest."""
    found = losses(blocks, skip)
    best = found[-LAST:].mean(axis=0).argmin(axis=1)
    return found[:, np.arange(RUNS), best].T


def _final(blocks: int, skip: bool) -> Spread:
    """Mean loss of the last LAST steps, of each run."""
    return Spread(curves(blocks, skip)[:, -LAST:].mean(axis=1))


def value_degradation() -> dict[str, object]:
    found = {
        f"{'residual' if skip else 'plain'}{2 * blocks}": _final(blocks, skip)
        for blocks in BLOCKS
        for skip in (False, True)
    }
    return {**found, "deep": 2 * BLOCKS[-1], "best": 2 * BLOCKS[1], "steps": STEPS}


def table_degradation(tr: Tr) -> Table:
    rates = tr("、", ", ").join(f"{rate:g}" for rate in RATES)
    return Table(
        [
            Col(tr("带批归一化的层数", "layers, each with batch norm"), format="d"),
            Col(tr("没有捷径", "without shortcuts"), format=".2g"),
            Col(tr("有捷径", "with shortcuts"), format=".2g"),
        ],
        [[2 * blocks, _final(blocks, False), _final(blocks, True)] for blocks in BLOCKS],
        caption=tr(
            f"训练损失（目标的方差为 1）：{EXAMPLES} 个样本，每层 {WIDTH} 个单元，"
            f"全批量动量 SGD {STEPS} 步，学习率 {rates} 中取最好的；"
            f"均值 [最小, 最大]，{RUNS} 次初始化",
            f"Training loss (the target has variance 1): {EXAMPLES} examples, {WIDTH} units a "
            f"layer, {STEPS} full-batch steps of SGD with momentum, the best of the learning "
            f"rates {rates}; mean [smallest, largest] of {RUNS} initialisations",
        ),
    )


def figure_degradation(tr: Tr) -> Figure:
    canvas, panels = kit.canvas(1, 2, height=2.9, sharey=True)
    steps = np.arange(1, STEPS + 1)
    shown: dict[str, np.ndarray] = {"steps": steps}
    titles = (tr("没有捷径", "without shortcuts"), tr("有捷径", "with shortcuts"))
    for axes, skip, title in zip(panels, (False, True), titles, strict=True):
        for blocks, colour, line in zip(BLOCKS, kit.SERIES, kit.LINES, strict=False):
            runs = curves(blocks, skip)
            axes.fill_between(
                steps, runs.min(axis=0), runs.max(axis=0), color=colour, alpha=0.13, linewidth=0
            )
            axes.plot(
                steps,
                np.median(runs, axis=0),
                color=colour,
                linestyle=line,
                linewidth=1.5,
                label=tr(f"{2 * blocks} 层", f"{2 * blocks} layers"),
            )
            shown[f"{'residual' if skip else 'plain'}{2 * blocks}"] = runs
        axes.set_yscale("log")
        axes.set_ylim(3e-4, 30)
        axes.set_xlabel(tr("步数", "step"))
        axes.set_title(title)
    panels[0].set_ylabel(tr("训练损失（对数轴）", "training loss (log axis)"))
    canvas.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return Figure(
        canvas,
        caption=tr(
            f"训练损失，{RUNS} 次初始化的中位数与范围，设定同下表。每层都有批归一化。"
            f"没有捷径时，{2 * BLOCKS[1]} 层最好，{2 * BLOCKS[-1]} 层几乎学不动；"
            "有捷径时，同样深的网络没有这个问题。",
            f"Training loss, median and range of {RUNS} initialisations, settings as in the table "
            f"below. Every layer has batch normalisation. Without shortcuts {2 * BLOCKS[1]} layers "
            f"are best and {2 * BLOCKS[-1]} hardly learn; with them the deep network does.",
        ),
        alt=tr(
            "左图：8 层的曲线降得最低，20 层居中，40 层停在高处。"
            "右图：8、20、40 层的曲线都降到低处，2 层居上。",
            "Left: the curve for 8 layers falls lowest, that for 20 less, that for 40 stays high. "
            "Right: the curves for 8, 20 and 40 layers all fall far, that for 2 stays above them.",
        ),
        data=shown,
    )
