"""Every schedule at every peak rate on the digits: what a decay and what a warm-up are worth."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Col, Figure, Spread, Table, Tr
from snippets.optimization import _b_digits as digits
from snippets.optimization.lr_schedules import cosine, one_cycle, step_decay, warmup_cosine, wsd

BATCH, EPOCHS, RUNS, MOMENTUM, LARGE = 32, 3, 5, 0.9, 3.0
STEPS = EPOCHS * digits.TRAIN // BATCH
RATES = tuple(float(rate) for rate in 2.0 ** np.arange(-5, 0))
WARMUP, DECAY = STEPS // 10, STEPS // 5

_T = np.arange(STEPS)
SCHEDULES = {
    "constant": (("不变", "constant"), np.ones(STEPS)),
    "step": (("阶梯：每三分之一乘 0.1", "step: times 0.1 each third"),
             step_decay(_T, STEPS // 3, 0.1)),
    "cosine": (("余弦", "cosine"), cosine(_T, STEPS)),
    "warmup": (("预热 + 余弦", "warm-up + cosine"), warmup_cosine(_T + 1, STEPS + 1, WARMUP)),
    "cycle": (("单周期", "one-cycle"), one_cycle(_T, STEPS)),
    "wsd": (("WSD", "WSD"), wsd(_T + 1, STEPS + 1, WARMUP, DECAY)),
}  # fmt: skip


@cache
def race(scale: float = 1.0) -> dict[str, np.ndarray]:
    """Accuracies (schedules, rates, runs) on validation and test digits, by name of the set.

    ``scale`` multiplies the initial weights.
    """
    import torch

    train, validation, test = digits.data()
    copies = len(SCHEDULES) * len(RATES)
    factors = torch.tensor(np.array([f for _, f in SCHEDULES.values()]), dtype=torch.float32)
    peaks = torch.tensor(RATES)
    parameters = [scale * p for p in digits.networks(RUNS, copies)]
    velocity = [torch.zeros_like(p) for p in parameters]
    for step, drawn in zip(range(STEPS), digits.batches(RUNS, BATCH), strict=False):
        rate = (factors[:, step, None] * peaks).flatten().repeat_interleave(RUNS)[:, None, None]
        rows = drawn.repeat(copies, 1)
        _, found = digits.gradients(parameters, train.x[rows], train.y[rows])
        for p, v, g in zip(parameters, velocity, found, strict=True):
            v.mul_(MOMENTUM).add_(g)
            p.sub_(rate * v)
    shape = len(SCHEDULES), len(RATES), RUNS
    return {
        "validation": digits.accuracies(parameters, validation).reshape(shape),
        "test": digits.accuracies(parameters, test).reshape(shape),
    }


def best(name: str, scale: float = 1.0) -> tuple[float, Spread]:
    """The peak rate with the best mean validation accuracy, and the test accuracies there."""
    row = list(SCHEDULES).index(name)
    found = race(scale)
    number = int(found["validation"][row].mean(axis=-1).argmax())
    return RATES[number], Spread(found["test"][row, number])


def table_race(tr: Tr) -> Table:
    rows = []
    for name, (label, _) in SCHEDULES.items():
        rate, accuracy = best(name)
        large_rate, large = best(name, LARGE)
        rows.append([tr.pair(label), rate, accuracy, large_rate, large])
    return Table(
        [
            tr("计划", "schedule"),
            Col(tr("峰值", "peak"), format=".3g"),
            Col(tr("测试准确率", "test accuracy"), format=".3f"),
            Col(tr("峰值（权重过大）", "peak (large weights)"), format=".3g"),
            Col(tr("测试准确率（权重过大）", "test accuracy (large weights)"), format=".3f"),
        ],
        rows,
        caption=tr(
            f"点阵数字，{STEPS} 步（{EPOCHS} 轮，批大小 {BATCH}），SGD 加动量 {MOMENTUM:g}；"
            f"峰值学习率各自在 {len(RATES)} 个里按验证集选；均值 [最小, 最大]，{RUNS} 个种子。"
            f"右边两列：初始权重乘 {LARGE:g}",
            f"Dot-matrix digits, {STEPS} steps ({EPOCHS} epochs, batch size {BATCH}), SGD with "
            f"momentum {MOMENTUM:g}; each peak rate chosen of {len(RATES)} on validation digits; "
            f"mean [smallest, largest] of {RUNS} seeds. Right: initial weights times {LARGE:g}",
        ),
    )


def value_race() -> dict[str, object]:
    found: dict[str, object] = {name: best(name)[1] for name in SCHEDULES}
    found |= {f"{name}_large": best(name, LARGE)[1] for name in SCHEDULES}
    return found | {"seeds": RUNS, "steps": STEPS, "scale": LARGE, "momentum": MOMENTUM}


def figure_race(tr: Tr) -> Figure:
    canvas, panels = kit.canvas(1, 2, height=3.5, sharey=True)
    data = {"rates": np.array(RATES)}
    shown = {
        "constant": (kit.MUTED, "o:"),
        "cosine": (kit.BLUE, "s-"),
        "cycle": (kit.ORANGE, "^--"),
        "wsd": (kit.GREEN, "D-."),
    }
    titles = (
        tr("He 初始化", "He initialisation"),
        tr(f"初始权重乘 {LARGE:g}", f"weights times {LARGE:g}"),
    )
    for axes, scale, title in zip(panels, (1.0, LARGE), titles, strict=True):
        for name, (colour, line) in shown.items():
            accuracy = race(scale)["validation"][list(SCHEDULES).index(name)]
            low, high = accuracy.min(axis=1), accuracy.max(axis=1)
            axes.fill_between(RATES, low, high, color=colour, alpha=0.15)
            label = tr.pair(SCHEDULES[name][0])
            axes.plot(RATES, accuracy.mean(axis=1), line, color=colour, markersize=4, label=label)
            data[f"{name}_{scale:g}"] = accuracy
        axes.set_xscale("log", base=2)
        axes.set_xticks(RATES, [f"1/{1 / rate:g}" for rate in RATES])
        axes.set_xlabel(tr("峰值学习率（对数轴）", "peak rate (log axis)"))
        axes.set_title(title)
    panels[0].set_ylabel(tr("验证集准确率", "validation accuracy"))
    canvas.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return Figure(
        canvas,
        caption=tr(
            f"验证集准确率随峰值学习率的变化，{RUNS} 个种子的均值与范围。左：学习率大时，"
            "不变的那条先掉下去，余弦还在涨。右：初始权重过大，预热最长的单周期撑得最久。",
            f"Validation accuracy by peak rate, mean and range of {RUNS} seeds. Left: at high "
            "rates the constant one falls first while cosine still rises. Right: with initial "
            "weights too large, one-cycle, whose warm-up is longest, holds out longest.",
        ),
        alt=tr(
            "两幅图，横轴峰值学习率。左图四条线先升后平，不变的一条最早转而下降。"
            "右图四条线大多更低，单周期在较大的学习率处高于其余三条。",
            "Two panels over the peak rate. Left: four lines rise and flatten, the constant one "
            "turns down first. Right: most are lower, and at large rates one-cycle stays above "
            "the others.",
        ),
        data=data,
    )
