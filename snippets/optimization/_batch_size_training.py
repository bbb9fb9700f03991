"""What the batch size does to training: accuracy at a fixed and a tuned rate, steps to a target."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Col, Figure, Table, Tr
from snippets.optimization._b_batches import (
    ADAM_SIZES,
    EPOCHS,
    FIXED,
    RATES,
    RUNS,
    SIZES,
    TARGET,
    trial,
)


def table_accuracy(tr: Tr) -> Table:
    rows = []
    for size in SIZES:
        found = trial(size)
        rate, accuracy = found.tuned
        rows.append([f"{size}", found.updates, found.at(FIXED), f"{rate:g}", accuracy])
    return Table(
        [
            tr("批大小", "batch size"),
            Col(tr("更新次数", "updates"), format=",d"),
            Col(tr(f"学习率固定 {FIXED:g}", f"at rate {FIXED:g}"), format=".3f"),
            Col(tr("最好的学习率", "best rate")),
            Col(tr("学习率调好", "at the best rate"), format=".3f"),
        ],
        rows,
        caption=tr(
            f"点阵数字的测试准确率，SGD，{EPOCHS} 轮；最好的学习率按验证集在 {len(RATES)} 个里选"
            f"（公比 2）；均值 [最小, 最大]，{RUNS} 个种子",
            f"Test accuracy on the dot-matrix digits, SGD, {EPOCHS} epochs; best rate of "
            f"{len(RATES)}, by factors of 2, on validation digits; mean [smallest, largest] of "
            f"{RUNS} seeds",
        ),
    )


def value_sizes() -> dict[str, int]:
    return {f"{size}": size for size in SIZES}


def value_training() -> dict[str, object]:
    fair = trial(256, updates=trial(64).updates)
    found: dict[str, object] = {f"tuned_{size}": trial(size).tuned[1] for size in SIZES}
    found |= {f"fixed_{size}": trial(size).at(FIXED) for size in SIZES}
    found |= {f"rate_{size}": trial(size).tuned[0] for size in SIZES}
    found |= {f"steps_{size}": trial(size).steps for size in SIZES}
    return found | {
        "fair": fair.tuned[1],
        "fair_updates": fair.updates,
        "fixed": FIXED,
        "epochs": EPOCHS,
        "seeds": RUNS,
        "target": TARGET,
    }


def table_rates(tr: Tr) -> Table:
    return Table(
        [
            tr("批大小", "batch size"),
            Col(tr("SGD 最好的学习率", "best rate of SGD")),
            Col(tr("Adam 最好的学习率", "best rate of Adam")),
        ],
        [
            [
                f"{size}",
                f"{trial(size).tuned[0]:g}",
                f"{trial(size, adam=True).tuned[0]:g}" if size in ADAM_SIZES else None,
            ]
            for size in SIZES
        ],
        caption=tr(
            f"最好的学习率（公比 2 的网格），{EPOCHS} 轮，{RUNS} 个种子的平均验证准确率",
            f"Best rates on grids by factors of 2; {EPOCHS} epochs, mean validation accuracy of "
            f"{RUNS} seeds",
        ),
    )


def figure_steps(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=3.1)
    steps = [trial(size).steps for size in SIZES]
    means = np.array([s.mean for s in steps])
    ideal = means[0] / np.array(SIZES)
    axes.plot(SIZES, ideal, "--", color=kit.MUTED, linewidth=1)
    axes.text(
        110, 4.5, tr("步数与 B 成反比", "inversely proportional"), color=kit.MUTED, ha="right"
    )
    low, high = np.array([s.low for s in steps]), np.array([s.high for s in steps])
    axes.errorbar(SIZES, means, [means - low, high - means], fmt="o-", color=kit.BLUE, capsize=3)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_ylim(2, 5000)
    axes.set_xticks(SIZES, [str(size) for size in SIZES])
    axes.set_xlabel(tr("批大小（对数轴）", "batch size (log axis)"))
    axes.set_ylabel(tr("更新次数（对数轴）", "updates (log axis)"))
    return Figure(
        canvas,
        caption=tr(
            f"验证损失降到 {TARGET:g} 所需的更新次数，每个批大小各用最快的学习率；"
            f"{RUNS} 个种子的均值与范围。批小时，批翻倍，步数大约减半；批大以后，几乎不再减少。",
            f"Updates until the validation loss is {TARGET:g}, each batch size at its fastest "
            f"rate; mean and range of {RUNS} seeds. While batches are small, twice the batch about "
            "halves the updates; once they are large it hardly saves any.",
        ),
        alt=tr(
            "双对数图。蓝线从批大小 1 的一千多步起，先沿虚线下降，16 起渐渐高出它，256 之后变平，"
            "到 1024 时是虚线的十倍以上。",
            "Log-log plot. The line starts well above a thousand updates at batch size 1, follows "
            "the dashed line at first, lies more and more above it from 16 on and is flat from 256 "
            "on; at 1024 it is more than ten times as high.",
        ),
        data={"sizes": np.array(SIZES), "steps": means, "ideal": ideal},
    )


def figure_rates(tr: Tr) -> Figure:
    canvas, panels = kit.canvas(1, 2, height=3.4, sharey=True)
    data = {}
    lines = (*kit.LINES, "-", (0, (6, 2)))
    for size, colour, marker, line in zip(SIZES, kit.SERIES, "os^Dvx", lines, strict=True):
        accuracy = trial(size).validation.mean(axis=1)
        for axes, x in zip(panels, (np.array(RATES), np.array(RATES) / size), strict=True):
            axes.plot(
                x, accuracy, marker=marker, linestyle=line, color=colour, markersize=3.5,
                linewidth=1.2, label=f"B = {size}",
            )  # fmt: skip
        data[size] = accuracy
    for axes, label in zip(
        panels,
        (tr("学习率 η（对数轴）", "rate η (log axis)"), tr("η / B（对数轴）", "η / B (log axis)")),
        strict=True,
    ):
        axes.set_xscale("log")
        axes.set_xlabel(label)
    panels[0].set_ylabel(tr("验证集准确率", "validation accuracy"))
    canvas.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return Figure(
        canvas,
        caption=tr(
            f"{EPOCHS} 轮之后的准确率，{RUNS} 个种子的均值。左：批越大，最好的学习率越大。"
            "右：同样的点改用 η/B 作横轴，左侧重合成一条线：学习率随批大小同比例变化，结果就不变；"
            "到了各自的稳定界限才分开。",
            f"Accuracy after {EPOCHS} epochs, mean of {RUNS} seeds. Left: the larger the batch, "
            f"the "
            "higher the best rate. Right: the same points over η/B fall on one line at the left: "
            "scale the rate with the batch and the result stays; they part where each reaches its "
            "limit of stability.",
        ),
        alt=tr(
            "左图六条钟形曲线依次右移。右图六条曲线的上升段几乎重合，批越大，越早转而下降，"
            "峰也越低。",
            "Left: six humps, each further right. Right: their rising parts nearly coincide; the "
            "larger the batch, the earlier it turns down and the lower its peak.",
        ),
        data=data,
    )
