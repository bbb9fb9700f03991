"""Plain and residual networks of several depths: what they start from, and how far they train."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.activations.relu import relu
from snippets.foundations.depth import torch_train
from snippets.kit import Col, Figure, Spread, Table, Tr

DEPTHS = (2, 10, 30, 60)
RATES = (1e-3, 3e-3, 1e-2)
EXAMPLES, WIDTH, STEPS, RUNS, LAST = 64, 10, 200, 5, 10
GROUP = 20


@cache
def data() -> tuple[np.ndarray, np.ndarray]:
    """Points (n, 2) in a square and a wave over it (n, 1), of mean 0 and variance 1."""
    x = np.random.default_rng(0).uniform(-1, 1, (EXAMPLES, 2))
    y = np.sin(5 * x[:, :1]) * np.sin(5 * x[:, 1:])
    return x, (y - y.mean()) / y.std()


@cache
def curves(depth: int, residual: bool) -> np.ndarray:
    """Training loss (RUNS, STEPS), each run at the rate that ends lowest."""
    losses = torch_train(depth, residual, *data(), RATES, RUNS, WIDTH, STEPS)
    best = losses[-LAST:].mean(axis=0).argmin(axis=1)
    return losses[:, np.arange(RUNS), best].T


def _final(depth: int, residual: bool) -> Spread:
    """Mean loss of the last LAST steps, of each run."""
    return Spread(curves(depth, residual)[:, -LAST:].mean(axis=1))


def start(depth: int, residual: bool, rng: np.random.Generator) -> tuple[float, float]:
    """An untrained network: how much its examples still differ, and what the gradient has left.

    One minus the mean cosine between the last hidden vectors of two examples (those that are 0 are
    left out; nan where fewer than two remain); the norm of the gradient at the input of the hidden
    layers by that at their output, for a random gradient there.
    """
    h = data()[0] @ rng.normal(size=(2, WIDTH))
    std = np.sqrt(2 / WIDTH) / (np.sqrt(depth) if residual else 1.0)
    weights = rng.normal(0, std, (depth, WIDTH, WIDTH))
    masks = []
    for W in weights:
        masks.append(h > 0 if residual else h @ W > 0)
        h = h + relu(h) @ W if residual else relu(h @ W)
    gradient = rng.normal(size=h.shape)
    before = np.linalg.norm(gradient)
    for W, mask in zip(weights[::-1], masks[::-1], strict=True):
        if residual:  # h + ReLU(h) W
            gradient += (gradient @ W.T) * mask
        else:  # ReLU(h W)
            gradient = (gradient * mask) @ W.T
    left = float(np.linalg.norm(gradient) / before)
    lengths = np.linalg.norm(h, axis=1, keepdims=True)
    unit = (h / np.where(lengths > 0, lengths, 1))[lengths[:, 0] > 0]
    if len(unit) < 2:
        return np.nan, left
    difference = np.square(unit[:, None] - unit).sum(axis=2) / 2  # 1 - cosine, without cancelling
    return float(difference.sum() / (len(unit) * (len(unit) - 1))), left


@cache
def starts(depth: int, residual: bool) -> tuple[Spread, Spread]:
    """The medians over GROUP networks, of RUNS such groups."""
    found = np.array([start(depth, residual, rng) for rng in kit.seeds(RUNS * GROUP)])
    medians = np.nanmedian(found.reshape(RUNS, GROUP, 2), axis=1)
    return Spread(medians[:, 0]), Spread(medians[:, 1])


def smooth(runs: np.ndarray) -> np.ndarray:
    """The mean of LAST steps in a row, (RUNS, STEPS - LAST + 1)."""
    return np.lib.stride_tricks.sliding_window_view(runs, LAST, axis=1).mean(axis=2)


def table_training(tr: Tr) -> Table:
    return Table(
        [
            Col(tr("隐藏层数", "hidden layers"), format="d"),
            Col(tr("普通网络", "plain"), format=".2g"),
            Col(tr("残差网络", "residual"), format=".2g"),
        ],
        [[depth, _final(depth, False), _final(depth, True)] for depth in DEPTHS],
        caption=tr(
            "训练损失（不是测试损失；目标的方差为 1，所以 1 等于什么也没学到）："
            f"每层 {WIDTH} 个单元，Adam {STEPS} 步，三个学习率取最好的；"
            f"均值 [最小, 最大]，{RUNS} 次初始化",
            "Training loss, not test loss (the target has variance 1, so 1 is having learned "
            f"nothing): {WIDTH} units a layer, {STEPS} steps of Adam, the best of three learning "
            f"rates; mean [smallest, largest] of {RUNS} initialisations",
        ),
    )


def table_start(tr: Tr) -> Table:
    rows = []
    for depth in DEPTHS:
        (plain, plain_left), (residual, residual_left) = (
            starts(depth, kind) for kind in (False, True)
        )
        rows.append([depth, plain, residual, plain_left, residual_left])
    return Table(
        [
            Col(tr("隐藏层数", "hidden layers"), format="d"),
            Col(tr("1 − 余弦：普通", "1 − cosine: plain"), format=".2g"),
            Col(tr("1 − 余弦：残差", "1 − cosine: residual"), format=".2f"),
            Col(tr("梯度：普通", "gradient: plain"), format=".2g"),
            Col(tr("梯度：残差", "gradient: residual"), format=".2f"),
        ],
        rows,
        caption=tr(
            "同样的网络，训练之前：两个样本在最后一个隐藏层里的夹角，1 减余弦，0 就是分不开；"
            "梯度的范数，隐藏层的输入处除以输出处。"
            f"{GROUP} 个网络的中位数；均值 [最小, 最大]，{RUNS} 组",
            "The same networks before training: one minus the cosine between two examples in the "
            "last hidden layer, 0 where they cannot be told apart; norm of the gradient at the "
            f"input of the hidden layers by that at their output. Medians of {GROUP} networks; "
            f"mean [smallest, largest] of {RUNS} groups",
        ),
    )


def value_training() -> dict[str, object]:
    found = {
        f"{kind}{depth}": _final(depth, kind == "residual")
        for depth in DEPTHS
        for kind in ("plain", "residual")
    }
    plain, residual = starts(DEPTHS[-1], False), starts(DEPTHS[-1], True)
    return {
        **found,
        "apart": plain[0],
        "apart_residual": residual[0],
        "left": plain[1],
        "left_residual": residual[1],
        "deep": DEPTHS[-1],
        "best": DEPTHS[1],
        "steps": STEPS,
        "width": WIDTH,
        "examples": EXAMPLES,
        "rates": RATES,
    }


def figure_training(tr: Tr) -> Figure:
    canvas, panels = kit.canvas(1, 2, height=2.9, sharey=True)
    steps = np.arange(LAST, STEPS + 1)
    shown = {"steps": steps}
    for axes, residual, title in zip(
        panels, (False, True), (tr("普通网络", "plain"), tr("残差网络", "residual")), strict=True
    ):
        for depth, colour, line in zip(DEPTHS, kit.SERIES, kit.LINES, strict=False):
            runs = smooth(curves(depth, residual))
            middle = np.median(runs, axis=0)
            axes.fill_between(
                steps, runs.min(axis=0), runs.max(axis=0), color=colour, alpha=0.13, linewidth=0
            )
            axes.plot(
                steps,
                middle,
                color=colour,
                linestyle=line,
                linewidth=1.5,
                label=tr(f"{depth} 层", f"{depth} layers"),
            )
            shown[f"{'residual' if residual else 'plain'}{depth}"] = runs
        axes.set_yscale("log")
        axes.set_ylim(0.004, 6)
        axes.set_xlabel(tr("步数", "step"))
        axes.set_title(title)
    panels[0].set_ylabel(tr("训练损失（对数轴）", "training loss (log axis)"))
    canvas.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return Figure(
        canvas,
        caption=tr(
            f"训练损失，{RUNS} 次初始化的中位数与范围（{LAST} 步滑动平均）。"
            "普通网络从 2 层到 10 层变好，到 60 层反而学不动；同样深的残差网络没有这个问题。",
            f"Training loss, median and range of {RUNS} initialisations (moving average of "
            f"{LAST} steps). The plain network gains from 2 to 10 layers and hardly learns at 60; "
            "the residual network of the same depth does.",
        ),
        alt=tr(
            "左图：60 层的曲线在高处几乎持平，10 层与 30 层降到很低，2 层居中。"
            "右图：10、30、60 层的曲线都降到低处，2 层居上。",
            "Left: the curve for 60 layers stays high and almost level, those for 10 and 30 fall "
            "far, that for 2 lies between. Right: the curves for 10, 30 and 60 all fall far, that "
            "for 2 ends highest.",
        ),
        data=shown,
    )
