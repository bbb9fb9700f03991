"""The learning rate that kills: zeros, dead units and error over a sweep of it."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.activations import _relu_variants_dying as dying
from snippets.kit import Col, Figure, Table, Tr

RATES = (0.01, 0.1, 0.2, 0.25, 0.3, 0.35, dying.LARGE)


def figure_sweep(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=3.0)
    data = {"rates": np.array(RATES)}
    for name, colour, line, label in (
        ("zeros", kit.BLUE, "o-", tr("零的比例（逐样本）", "zeros (per example)")),
        ("dead", kit.RED, "s--", tr("死亡单元的比例", "dead units")),
    ):
        values = np.array([getattr(dying.runs(lr), name).values for lr in RATES])
        axes.fill_between(RATES, values.min(axis=1), values.max(axis=1), color=colour, alpha=0.2)
        axes.plot(RATES, values.mean(axis=1), line, color=colour, markersize=4, label=label)
        data[name] = values
    axes.set_xlabel(tr("学习率", "learning rate"))
    axes.set_ylabel(tr("训练后的比例", "share after training"))
    axes.set_ylim(-0.04, 1.04)
    axes.legend(loc="center left", bbox_to_anchor=(0.02, 0.72))
    return Figure(
        canvas,
        caption=tr(
            f"{dying.STEPS} 步梯度下降之后，{dying.RUNS} 次初始化的均值与范围。"
            "学习率小时约一半输出是零，却没有一个单元死亡；学习率变大，先是零变多，然后单元成片死亡。",
            f"After {dying.STEPS} steps of gradient descent, mean and range of {dying.RUNS} "
            "initialisations. At small learning rates about half of the outputs are zero and no "
            "unit is dead; at larger ones the zeros multiply first, then units die in droves.",
        ),
        alt=tr(
            "横轴学习率，纵轴比例。蓝线（零的比例）先停在一半左右，再升到接近一；"
            "红线（死亡单元）先贴着零，随后陡升到一半以上。",
            "Learning rate against share. The blue line (zeros) stays near one half and then rises "
            "to almost one; the red line (dead units) lies on zero and then climbs past one half.",
        ),
        data=data,
    )


def table_sweep(tr: Tr) -> Table:
    rows = []
    for lr in (0.0, *RATES):
        relu, leaky = dying.runs(lr), dying.runs(lr, slope=dying.LEAK)
        rows.append(
            [
                f"{lr:g}" if lr else tr("训练前", "before training"),
                relu.zeros,
                relu.dead,
                relu.loss,
                leaky.dead,
            ]
        )
    return Table(
        [
            tr("学习率", "learning rate"),
            Col(tr("零的比例", "zeros"), format=".2f"),
            Col(tr("死亡单元", "dead units"), format=".2f"),
            Col(tr("均方误差", "squared error"), format=".3f"),
            Col(tr("Leaky：恒负的单元", "Leaky: always negative"), format=".2f"),
        ],
        rows,
        caption=tr(
            f"10-64-1 回归，{dying.STEPS} 步之后；均值 [最小, 最大]，{dying.RUNS} 次初始化",
            f"10-64-1 regression after {dying.STEPS} steps; mean [smallest, largest] of "
            f"{dying.RUNS} initialisations",
        ),
    )


def value_mild() -> dict[str, object]:
    """A rate at which some units are dead and the error is lower than at a slower one."""
    fast, slow = dying.runs(0.3), dying.runs(0.1)
    return {
        "rate": 0.3,
        "dead": fast.dead,
        "loss": fast.loss,
        "slow_rate": 0.1,
        "slow_loss": slow.loss,
    }
