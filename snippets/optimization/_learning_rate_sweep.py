"""On the digits: a sweep over the rate on a log scale, and the range test that foretells it."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Figure, Spread, Tr
from snippets.optimization import _b_digits as digits
from snippets.optimization.learning_rate import range_test

BATCH, EPOCHS, RUNS = 32, 3, 5
STEPS = EPOCHS * digits.TRAIN // BATCH
RATES = tuple(float(rate) for rate in 2.0 ** np.arange(-9, 4))
LOW, HIGH, TESTED = 1e-3, 16.0, 200
SHORT, LONG = 60, 600


@cache
def sweep() -> dict[str, np.ndarray]:
    """Training loss and validation accuracy (rates, runs) after STEPS of SGD at a constant rate."""
    import torch

    train, validation, _ = digits.data()
    parameters = digits.networks(RUNS, len(RATES))
    eta = torch.tensor(RATES).repeat_interleave(RUNS)[:, None, None]
    for _, drawn in zip(range(STEPS), digits.batches(RUNS, BATCH), strict=False):
        rows = drawn.repeat(len(RATES), 1)
        _, found = digits.gradients(parameters, train.x[rows], train.y[rows])
        for p, g in zip(parameters, found, strict=True):
            p.sub_(eta * g)
    shape = len(RATES), RUNS
    return {
        "loss": digits.losses(parameters, train).reshape(shape),
        "accuracy": digits.accuracies(parameters, validation).reshape(shape),
    }


@cache
def range_tests(steps: int = TESTED) -> list[tuple[np.ndarray, np.ndarray]]:
    """The range test of each run, over so many steps: rates and smoothed losses."""
    train, _, _ = digits.data()
    found = []
    for run in range(RUNS):
        parameters = [p[run : run + 1].clone() for p in digits.networks(RUNS)]
        source = (rows[run : run + 1] for rows in digits.batches(RUNS, BATCH))

        def step(rate, parameters=parameters, source=source):
            rows = next(source)
            loss, gradients = digits.gradients(parameters, train.x[rows], train.y[rows])
            for p, g in zip(parameters, gradients, strict=True):
                p.sub_(float(rate) * g)
            return float(loss)

        found.append(range_test(step, LOW, HIGH, steps))
    return found


def value_settings() -> dict[str, float]:
    """The rates that the text speaks of, and other settings of its examples."""
    return {
        "tiny": 0.001,
        "slow": 0.01,
        "medium": 0.05,
        "fast": 0.49,
        "over": 0.51,
        "steps": 100,
        "batch": BATCH,
    }


def value_sweep() -> dict[str, object]:
    """The best rate, how wide the good range is, and what the range tests say of it."""
    accuracy = sweep()["accuracy"]
    means = accuracy.mean(axis=1)
    best = int(means.argmax())
    good = [rate for rate, mean in zip(RATES, means, strict=True) if mean > means[best] - 0.05]
    return {
        "best": RATES[best],
        "accuracy": Spread(accuracy[best]),
        "slow": Spread(accuracy[best - 3]),
        "fast": Spread(accuracy[best + 3]),
        "factor": 8,
        "good_low": good[0],
        "good_high": good[-1],
        "lowest": Spread(rates[losses.argmin()] for rates, losses in range_tests()),
        "end": Spread(rates[-1] for rates, _ in range_tests()),
        "tested": TESTED,
        "steps": STEPS,
        "runs": RUNS,
    }


def value_lengths() -> dict[str, object]:
    """Where the loss is lowest in a shorter and in a longer range test."""
    lowest = {
        name: Spread(rates[losses.argmin()] for rates, losses in range_tests(steps))
        for name, steps in (("lowest_short", SHORT), ("lowest_long", LONG))
    }
    return {"short": SHORT, "long": LONG, **lowest}


def figure_range_test(tr: Tr) -> Figure:
    canvas, (above, below) = kit.canvas(2, 1, height=4.2, sharex=True)
    for number, (rates, losses) in enumerate(range_tests()):
        above.plot(rates, losses, color=kit.BLUE, linewidth=1, linestyle=(*kit.LINES, "-")[number])
    lowest = np.median([rates[losses.argmin()] for rates, losses in range_tests()])
    above.axvline(lowest, color=kit.ORANGE, linestyle=":")
    above.text(lowest * 0.9, 3.0, tr("最低处", "lowest"), color=kit.ORANGE, ha="right")
    above.set_ylim(0, 3.6)
    above.set_ylabel(tr("平滑后的损失", "smoothed loss"))
    above.set_title(tr(f"范围测试：一次 {TESTED} 步", f"range test: {TESTED} steps in all"))
    accuracy = sweep()["accuracy"]
    below.fill_between(
        RATES, accuracy.min(axis=1), accuracy.max(axis=1), color=kit.GREEN, alpha=0.2
    )
    below.plot(RATES, accuracy.mean(axis=1), "s-", color=kit.GREEN, markersize=4)
    below.axvline(lowest, color=kit.ORANGE, linestyle=":")
    below.set_xscale("log")
    below.set_xlabel(tr("学习率（对数轴）", "learning rate (log axis)"))
    below.set_ylabel(tr("验证集准确率", "validation accuracy"))
    below.set_title(tr(f"扫描：每个学习率训练 {STEPS} 步", f"sweep: {STEPS} steps at each rate"))
    return Figure(
        canvas,
        caption=tr(
            f"上：{RUNS} 个种子的范围测试，学习率每步按同一倍数增大，损失先降后升，发散即停。"
            f"下：同一网络以固定学习率训练 {EPOCHS} 轮，均值与范围。虚线："
            f"范围测试损失最低处（中位数）。",
            f"Top: range tests of {RUNS} seeds; the rate grows by the same factor each step, the "
            "loss falls, then rises, and the test ends where it blows up. Bottom: the same network "
            f"trained for {EPOCHS} epochs at each constant rate, mean and range. Dotted: the rate "
            f"of "
            "the lowest loss in the test (median).",
        ),
        alt=tr(
            "上图五条曲线先平、后降，在 2 到 4 之间到底后急升。下图准确率从一成多升到八成半，"
            "过了 1 处的最高点急跌；虚线在最高点右边。",
            "Top: five curves are level, fall, reach their lowest from 2 to 4 and shoot up. "
            "Bottom: accuracy rises from little above a tenth to 0.85 and drops steeply past its "
            "peak at 1; the dotted line lies to the right of the peak.",
        ),
        data={"rates": np.array(RATES), "accuracy": accuracy, "lowest": lowest},
    )
