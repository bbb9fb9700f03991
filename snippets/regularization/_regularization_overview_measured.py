"""Each remedy from weak to strong on one task: the trust in false labels, and the test loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from snippets import kit
from snippets.kit import Col, Figure, Spread, Table, Tr
from snippets.regularization import _regularization_overview_runs as runs
from snippets.regularization.regularization_overview import REMEDIES

TRUST, LOSS, ACCURACY, LENGTH, ZEROS, TRUE = (
    runs.MEASURED.index(name) for name in ("trust", "loss", "accuracy", "length", "zeros", "true")
)
PANELS = (
    ("data",),
    ("augment",),
    ("l2", "decay"),
    ("net",),
    ("l1",),
    ("smoothing",),
    ("dropout",),
    ("early",),
)


def strength(key: str) -> str:
    """The tuned strength, as the table prints it."""
    best, sign = runs.tuned(key)[0], REMEDIES[key].sign
    if key == "early":
        return f"t ≈ {best:.0f}"
    if key == "data":
        return f"× {best:g}"
    return f"{sign} = {best:g}" if sign else f"{best:.0%}"


def line(key: str) -> np.ndarray:
    """Means over the runs, (2, points): trust and test loss, from no remedy to the strongest."""
    path = runs.paths()[key].mean(axis=2)
    if key != "early":
        path = np.concatenate([runs.paths()["none"].mean(axis=2), path])
    return path[:, [TRUST, LOSS]].T


def figure_paths(tr: Tr) -> Figure:
    canvas, panels = kit.canvas(2, 4, height=4.2, sharex=True, sharey=True)
    lines = {key: line(key) for key in REMEDIES}
    looks = ((kit.BLUE, "-", "o"), (kit.ORANGE, kit.LINES[1], "s"))
    for axes, keys in zip(panels.flat, PANELS, strict=True):
        for other in lines.values():
            axes.plot(*other, color=kit.GRID, linewidth=0.9, zorder=1)
        for key, (colour, style, marker) in zip(keys, looks, strict=False):
            axes.plot(*lines[key], color=colour, linestyle=style, linewidth=1.5)
            if key != "early":
                axes.plot(*lines[key][:, 1:], marker, color=colour, markersize=2.6)
            best = runs.tuned(key)[1][[TRUST, LOSS]]
            mean = best.mean(axis=1)
            low, high = mean - best.min(axis=1), best.max(axis=1) - mean
            axes.errorbar(
                *mean,
                xerr=[[low[0]], [high[0]]],
                yerr=[[low[1]], [high[1]]],
                color=colour,
                marker=marker,
                markersize=5.5,
                linewidth=1.2,
                zorder=3,
            )
        axes.plot(*lines["l2"][:, 0], "x", color=kit.INK, markersize=5, zorder=3)
        names = [tr.pair(REMEDIES[key].name) for key in keys]
        axes.set_title(tr("、", ", ").join(names) if len(names) > 1 else names[0], fontsize=9.5)
        tr.name(axes.get_title())
        axes.set_xlim(0, 1)
        axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
        axes.set_ylim(0.9, 2.8)
    for axes in panels[:, 0]:
        axes.set_ylabel(tr("测试损失", "test loss"))
    canvas.supxlabel(
        tr(
            "错标概率：给训练集中错误标签的概率",
            "trust: probability given to the false training labels",
        ),
        fontsize=10,
    )
    return Figure(
        canvas,
        caption=tr(
            f"从什么都不做（×）走向越来越强：{runs.RUNS} 次的均值，灰线是其余各法。"
            "大的标记是验证损失最低的强度，十字线是各次的范围。设置同下表；"
            "早停的线是训练过程倒着看。",
            f"From doing nothing (×) to ever stronger: means of {runs.RUNS} runs, the other "
            "remedies in grey. Large marks: the strength of the lowest validation loss, with the "
            "range of the runs. Settings as in the table; the line of early stopping is training "
            "seen backwards.",
        ),
        alt=tr(
            "每条线都从右上方出发向左走，先降后升。数据增强与增加数据降得最低；"
            "L2 与权重衰减两条线重合，弹性网与它们几乎一样；L1、dropout、早停的最低点高一些。",
            "Every line starts at the upper right and runs to the left, first falling, then "
            "rising. More data and augmentation fall lowest; L2 and weight decay coincide, the "
            "elastic net is nearly the same; L1, dropout and early stopping have higher minima.",
        ),
        data=lines,
    )


def table_tuned(tr: Tr) -> Table:
    rows: list[list[Any]] = []
    length = runs.tuned("none")[1][LENGTH].mean()
    for key in ("none", *REMEDIES):
        found = runs.tuned(key)[1]
        rows.append(
            [
                tr("什么都不做", "nothing") if key == "none" else tr.pair(REMEDIES[key].name),
                "–" if key == "none" else tr.name(strength(key)),
                Spread(found[LOSS]),
                Spread(found[ACCURACY]),
                Spread(found[TRUST]),
                float(found[LENGTH].mean() / length),
                float(found[ZEROS].mean()),
            ]
        )
    return Table(
        [
            tr("办法", "remedy"),
            tr("强度", "strength"),
            Col(tr("测试损失", "test loss"), format=".2f"),
            Col(tr("准确率", "accuracy"), format=".2f"),
            Col(tr("错标概率", "trust"), format=".2f"),
            Col(tr("长度", "length"), format=".2f"),
            Col(tr("零", "zeros"), format=".0%"),
        ],
        rows,
        caption=tr(
            f"点阵数字，{runs.EXAMPLES} 个训练样本，每 {runs.FALSE} 个标签有 1 个是错的，"
            "验证与测试的标签全对；"
            f"56-{runs.HIDDEN}-10 网络，全部样本的梯度下降 {runs.STEPS} 步，学习率 {runs.RATE:g}，"
            f"动量 {runs.MOMENTUM:g}；强度按每次 {runs.HELD_OUT} 个验证样本的平均损失选"
            "（早停各次自己选），"
            f"在 {runs.TEST} 个测试样本上量，弹性网的两个 λ 相等；"
            f"均值 [最小, 最大]，{runs.RUNS} 次；"
            "错标概率是给训练集中错误标签的概率，长度是全部权重的（以什么都不做为 1），"
            "零是恰为 0 的权重的比例，后两列只列均值",
            f"Dot-matrix digits, {runs.EXAMPLES} training examples, one label in {runs.FALSE} "
            f"false, for validation and test all true; 56-{runs.HIDDEN}-10 network, {runs.STEPS} "
            f"steps of gradient descent on all examples, rate {runs.RATE:g}, momentum "
            f"{runs.MOMENTUM:g}; strength by the mean loss on {runs.HELD_OUT} validation examples "
            "a run (early stopping: in each run by itself), "
            f"measured on {runs.TEST} for test, both λ of the elastic net alike; mean "
            f"[smallest, largest] of {runs.RUNS} runs. Trust: probability given to the false "
            "labels of the training set; length: of all weights, relative to doing nothing; "
            "zeros: share of weights that are exactly 0; means only in these two",
        ),
    )


def value_tuned() -> dict[str, Any]:
    """By remedy: test loss, accuracy and trust at the tuned strength, length of weights, zeros."""
    found: dict[str, Any] = {
        "runs": runs.RUNS,
        "examples": runs.EXAMPLES,
        "multiple": max(REMEDIES["data"].strengths),
    }
    length = runs.tuned("none")[1][LENGTH].mean()
    for key in ("none", *REMEDIES):
        one = runs.tuned(key)[1]
        found |= {
            key: Spread(one[LOSS]),
            f"{key}_accuracy": Spread(one[ACCURACY]),
            f"{key}_trust": Spread(one[TRUST]),
            f"{key}_length": float(one[LENGTH].mean() / length),
            f"{key}_zeros": float(one[ZEROS].mean()),
        }
    brakes = [found[key].mean for key in REMEDIES if key not in ("data", "augment")]
    path = runs.paths()["l2"].mean(axis=2)
    tempered = runs.tempered()
    return found | {
        "l2_range": float(np.ptp(path[:, LOSS])),
        "strongest_trust": float(path[-1, TRUST]),
        "strongest_true": float(path[-1, TRUE]),
        "brakes_range": max(brakes) - min(brakes),
        "tempered": Spread(tempered),
        "brakes": len(brakes),
        "behind": sum(tempered.mean() < brake for brake in brakes),
        "longer": runs.LONGER,
        **{f"longer_{key}": Spread(one[LOSS]) for key, one in runs.longer().items()},
        **{f"longer_{key}_accuracy": Spread(one[ACCURACY]) for key, one in runs.longer().items()},
    }
