"""Dropout in numbers and as a drawing: what nn.Dropout does in training, and not in evaluation."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Col, Figure, Spread, Table, Tr
from snippets.regularization.dropout import apply_mask, drop_path, expected_depth, moments

P, UNITS, RUNS = 0.3, 100_000, 5
EXAMPLE, MASK = np.array([2.0, 1.0, -0.5, 3.0]), np.array([1.0, 0.0, 1.0, 1.0])


@cache
def value_torch() -> dict[str, object]:
    """nn.Dropout(P) on ones: share of zeros, the kept value, the mean; then after eval()."""
    import torch

    layer, ones = torch.nn.Dropout(P), torch.ones(UNITS, dtype=torch.float64)
    draws = [layer(ones) for _ in range(RUNS)]
    layer.eval()
    return {
        "p": P,
        "units": UNITS,
        "zeros": Spread([float((draw == 0).double().mean()) for draw in draws]),
        "kept": float(draws[0].max()),
        "mean": Spread([float(draw.mean()) for draw in draws]),
        "changed": int((layer(ones) != ones).sum()),
        "variance": moments(1.0, P)[1],
    }


def table_example(tr: Tr) -> Table:
    p = 0.25
    rows = [
        [tr("输入 $x$", "input $x$"), *EXAMPLE],
        [tr("掩码 $m$", "mask $m$"), *MASK],
        [tr("训练时的输出", "output in training"), *apply_mask(EXAMPLE, MASK, p)],
        [tr("推理时的输出", "output in evaluation"), *EXAMPLE],
    ]
    return Table(
        ["", *(Col(str(unit), format=".4g") for unit in range(1, 5))],
        rows,
        caption=tr(
            f"四个单元，p = {p:g}：第二个被丢弃，其余除以 {1 - p:g}",
            f"Four units, p = {p:g}: the second is dropped, the others are divided by {1 - p:g}",
        ),
    )


def figure_networks(tr: Tr) -> Figure:
    masks = [np.ones(5), np.array([1.0, 0, 1, 1, 0]), np.array([0.0, 1, 0, 1, 1])]
    titles = (
        tr("推理：全部", "evaluation: all"),
        tr("训练：一个掩码", "training: one mask"),
        tr("训练：下一步", "training: next step"),
    )
    canvas, panels = kit.canvas(1, 3, height=2.3)
    heights = [np.linspace(0, 1, n) for n in (3, 5, 2)]
    for axes, mask, title in zip(panels, masks, titles, strict=True):
        for layer in (0, 1):
            for i, low in enumerate(heights[layer]):
                for j, high in enumerate(heights[layer + 1]):
                    unit = (j, i)[layer]
                    if mask[unit]:
                        axes.plot([layer, layer + 1], [low, high], color=kit.MUTED, linewidth=0.6)
        for layer, column in enumerate(heights):
            for unit, height in enumerate(column):
                dropped = layer == 1 and not mask[unit]
                axes.plot(
                    layer,
                    height,
                    "o",
                    markersize=11,
                    color=kit.PAPER if dropped else kit.BLUE,
                    markeredgecolor=kit.MUTED if dropped else kit.BLUE,
                    zorder=3,
                )
                if dropped:
                    axes.plot(layer, height, "x", color=kit.RED, markersize=7, zorder=4)
        axes.set_title(title)
        axes.set_xlim(-0.3, 2.3)
        axes.set_ylim(-0.15, 1.15)
        axes.set_axis_off()
    return Figure(
        canvas,
        caption=tr(
            "隐藏层用 dropout：训练的每一步另抽一个掩码（叉号），推理时全部单元都在。",
            "Dropout on the hidden layer: each step of training draws a new mask (crosses); in "
            "evaluation all units are there.",
        ),
        alt=tr(
            "三个相同的 3-5-2 网络：左边完整；中间与右边各有一些隐藏单元打叉，连线也消失，"
            "两者打叉的不同。",
            "Three copies of a 3-5-2 network: complete on the left; in the middle and on the right "
            "some hidden units are crossed out, their connections gone, not the same ones.",
        ),
        data={"masks": np.array(masks)},
    )


BLOCKS, LAST = 24, 0.1


@cache
def value_depth() -> dict[str, object]:
    """Stochastic depth: expected blocks, exactly and drawn; mean of a block's output."""
    found = []
    for rng in kit.seeds(RUNS):
        chances = LAST * np.arange(1, BLOCKS + 1) / BLOCKS
        found.append((rng.random((2000, BLOCKS)) >= chances).sum(axis=1).mean())
    rng = np.random.default_rng(0)
    x, branch = np.ones((20000, 1)), np.full((20000, 1), 2.0)
    out = drop_path(x, branch, 0.5, rng)
    return {
        "blocks": BLOCKS,
        "last": LAST,
        "expected": expected_depth(BLOCKS, LAST),
        "drawn": Spread(found),
        "outputs": sorted(map(float, np.unique(out))),
    }
