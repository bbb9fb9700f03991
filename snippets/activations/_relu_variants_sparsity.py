"""Sparse is not dead: zeros counted by example and by unit, before training and after."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.activations import _relu_variants_dying as dying
from snippets.activations.relu_variants import zero_shares
from snippets.kit import Figure, Formula, Tr

formula_shares = Formula(
    r"\begin{aligned}"
    r" s &= \frac{1}{n m} \sum_{i=1}^{n} \sum_{j=1}^{m} \left(1 - H(z_{ij})\right) \\"
    r" d &= \frac{1}{m} \sum_{j=1}^{m} \prod_{i=1}^{n} \left(1 - H(z_{ij})\right)"
    r" \end{aligned}",
    {
        "z": kit.array(
            ("预激活值：样本 × 单元", "pre-activations: examples × units"), ("n", "m"), -3, 1
        ),
        "n": kit.integer(("样本数", "number of examples"), 1, 4),
        "m": kit.integer(("单元数", "number of units"), 1, 6),
        "i": kit.index(("样本", "example"), "n"),
        "j": kit.index(("单元", "unit"), "m"),
        "H": kit.function(
            ("正数得 1，否则得 0", "1 for positive numbers, else 0"), lambda z: float(z > 0)
        ),
    },
    equals={"s": lambda z: zero_shares(z)[0], "d": lambda z: zero_shares(z)[1]},
)


def value_before() -> dict[str, object]:
    """Of the untrained networks: the share of zeros, and how many of all units are dead."""
    untrained = dying.runs(0.0)
    return {
        "zeros": untrained.zeros,
        "dead": round(sum(untrained.dead.values) * dying.HIDDEN),
        "of": dying.RUNS * dying.HIDDEN,
    }


def value_after() -> dict[str, object]:
    """After training at the largest rate of the sweep."""
    trained = dying.runs(dying.LARGE)
    return {
        "zeros": trained.zeros,
        "dead": trained.dead,
        "leaky": dying.runs(dying.LARGE, slope=dying.LEAK).dead,
        "rate": dying.LARGE,
    }


SHOWN = 32


def figure_pattern(tr: Tr) -> Figure:
    x, y, start = next(iter(dying.draws()))
    end = dying.train(x, y, start, dying.LARGE)
    canvas, panels = kit.canvas(1, 2, height=2.9, sharey=True)
    data = {}
    for axes, name, network, title in zip(
        panels,
        ("before", "after"),
        (start, end),
        (
            tr("训练前", "before training"),
            tr(f"学习率 {dying.LARGE:g} 之后", f"after learning rate {dying.LARGE:g}"),
        ),
        strict=True,
    ):
        active = network.hidden(x) > 0
        example, unit = np.nonzero(active[:SHOWN, :SHOWN])
        axes.plot(unit + 1, example + 1, "s", color=kit.BLUE, markersize=2.6, markeredgewidth=0)
        dead = np.nonzero(~active.any(axis=0)[:SHOWN])[0]
        for column in dead:
            axes.axvspan(column + 0.5, column + 1.5, color=kit.RED, alpha=0.18, linewidth=0)
        axes.set_xlim(0.5, SHOWN + 0.5)
        axes.set_ylim(SHOWN + 0.5, 0.5)
        axes.grid(visible=False)
        axes.set_xlabel(tr("单元", "unit"))
        axes.set_title(title)
        data[name] = active
        data[f"{name}_dead"] = dead
    panels[0].set_ylabel(tr("样本", "example"))
    return Figure(
        canvas,
        caption=tr(
            f"{SHOWN} 个样本（行）在 {SHOWN} 个单元（列）上的输出：点为正，空白为零。"
            "左：稀疏，每行都有空白，每列都有点。"
            f"右：涂色的列对全部 {dying.SAMPLES} 个样本都是零，单元已死。",
            f"Outputs of {SHOWN} units (columns) for {SHOWN} examples (rows): a dot is "
            "positive, blank is zero. Left: sparse, every row has blanks, every column has dots. "
            f"Right: the shaded columns are zero for all {dying.SAMPLES} examples; "
            "those units are dead.",
        ),
        alt=tr(
            "左图蓝点均匀散布，约占一半，没有整列空白；"
            "右图许多列整列空白并涂成红色，其余列只有零星蓝点。",
            "Left: dots scattered evenly over about half of the cells, no blank column. "
            "Right: many columns are blank from top to bottom and shaded red, "
            "the others hold few dots.",
        ),
        data=data,
    )
