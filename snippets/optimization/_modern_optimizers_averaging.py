"""Averages of weights along the way (EMA, SWA): the formulas, and what they do to noise."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Check, Col, Figure, Formula, Spread, Table, Tr
from snippets.optimization.gradient_descent import minibatches
from snippets.optimization.modern_optimizers import ema, swa, torch_average

# --------------------------------------------------------------------------- formulas

_D = kit.scalar(("衰减", "decay"), 0.5, 0.9999)


def _ema_of(theta: np.ndarray, d: float) -> float:
    average = theta[0]
    for value in theta[1:]:
        average = ema(average, value, d)
    return float(average)


def _swa_of(theta: np.ndarray) -> float:
    average = np.float64(0.0)
    for count, value in enumerate(theta):
        average = swa(average, value, count)
    return float(average)


formula_ema = Formula(
    r"\bar{\theta}_t = d\,\bar{\theta}_{t-1} + (1 - d)\,\theta_t",
    {
        r"\bar{\theta}_{t-1}": kit.array(("上一步的平均", "average before"), ("n",), -3, 3),
        r"\theta_t": kit.array(("这一步之后的权重", "weights after this step"), ("n",), -3, 3),
        "d": _D,
        "n": kit.integer(("参数的个数", "number of parameters"), 1, 6),
    },
    equals=lambda bartheta_prev, theta_t, d: ema(bartheta_prev, theta_t, d),
)

formula_weights = Formula(
    r"\bar{\theta} = d^{t-1}\,\theta_1 + (1 - d) \sum_{s=2}^{t} d^{t-s}\,\theta_s",
    {
        r"\theta": kit.array(("各步的权重", "weights of each step"), ("t",), -3, 3),
        "d": _D,
        "t": kit.integer(("步数", "number of steps"), 2, 12),
    },
    equals=lambda theta, d: _ema_of(theta, d),
)

formula_half_life = Formula(
    r"h = \frac{\ln 2}{-\ln d}",
    {"d": _D},
    equals=lambda d: np.log2(0.5) / np.log2(d),
)

formula_swa = Formula(
    r"\bar{\theta} = \frac{1}{t} \sum_{s=1}^{t} \theta_s",
    {
        r"\theta": kit.array(("取出的各份权重", "the weights collected"), ("t",), -3, 3),
        "t": kit.integer(("份数", "how many"), 1, 12),
    },
    equals=_swa_of,
)


def value_half_life() -> dict[str, float]:
    """After how many steps the weight of a step has halved: by counting, and 1/(1 - decay)."""
    weight, steps = 1.0, 0
    while weight > 0.5:
        weight, steps = weight * 0.999, steps + 1
    return {
        "decay": 0.999,
        "half": float(np.log(0.5) / np.log(0.999)),
        "whole": steps,
        "window": 1 / (1 - 0.999),
    }


def check_averages() -> Check:
    import torch

    pairs = []
    for rng in kit.seeds(5):
        theta = rng.normal(size=(100, 2, 3))
        for decay in (None, 0.9, 0.999):
            model = torch.nn.Linear(3, 2, bias=False, dtype=torch.float64)
            theirs = torch_average(model, torch.tensor(theta), decay)
            ours = theta[0]
            for count, value in enumerate(theta[1:], 1):
                ours = swa(ours, value, count) if decay is None else ema(ours, value, decay)
            pairs.append((ours, theirs))
    return kit.compare(
        (
            "`torch.optim.swa_utils.AveragedModel`（SWA 与两种衰减的 EMA，各五组权重）",
            "`torch.optim.swa_utils.AveragedModel` (SWA and EMA with two decays, five series each)",
        ),
        pairs,
    )


# --------------------------------------------------------------------------- noise

EXAMPLES, WEIGHTS, BATCH, EPOCHS, RATE, RUNS = 200, 10, 4, 40, 0.05, 10
DECAY = 0.99


@cache
def noisy_runs() -> dict[str, np.ndarray]:
    """Distances (RUNS, steps) from the least-squares solution: of SGD, its EMA and its SWA.

    SWA begins after half of the steps, and has as many distances less.
    """
    names = ("sgd", "ema", "swa")
    steps = EPOCHS * (EXAMPLES // BATCH)
    found = {name: np.empty((RUNS, steps)) for name in names}
    for run, rng in enumerate(kit.seeds(RUNS)):
        x = rng.normal(size=(EXAMPLES, WEIGHTS))
        y = x @ rng.normal(size=WEIGHTS) + rng.normal(size=EXAMPLES)
        best = np.linalg.lstsq(x, y, rcond=None)[0]
        w = np.zeros(WEIGHTS)
        slow, plain, count, step = w, w, 0, 0
        for _ in range(EPOCHS):
            for batch in minibatches(EXAMPLES, BATCH, rng):
                w = w - RATE * x[batch].T @ (x[batch] @ w - y[batch]) / BATCH
                slow = ema(slow, w, DECAY)
                found["sgd"][run, step] = np.linalg.norm(w - best)
                found["ema"][run, step] = np.linalg.norm(slow - best)
                if step >= steps // 2:
                    plain, count = swa(plain, w, count), count + 1
                    found["swa"][run, step] = np.linalg.norm(plain - best)
                step += 1
    found["swa"] = found["swa"][:, steps // 2 :]
    return found


_LABELS = {
    "sgd": ("最后的权重", "the last weights"),
    "ema": (f"EMA，衰减 {DECAY:g}", f"EMA, decay {DECAY:g}"),
    "swa": ("SWA，后一半的平均", "SWA of the second half"),
}


def figure_noise(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=2.8)
    found = noisy_runs()
    for (name, label), colour, line in zip(_LABELS.items(), kit.SERIES, kit.LINES, strict=False):
        # the first run only: a mean over runs would hide the noise
        series = found[name][0]
        steps = found["sgd"].shape[1]
        axes.plot(
            np.arange(steps - series.size + 1, steps + 1),
            series,
            color=colour,
            linestyle=line,
            linewidth=0.8 if name == "sgd" else 1.8,
            label=tr.pair(label),
        )
    axes.set_yscale("log")
    axes.set_xlabel(tr("步", "step"))
    axes.set_ylabel(tr("离最优解的距离", "distance from optimum"))
    axes.legend(loc="upper right")
    return Figure(
        canvas,
        caption=tr(
            f"线性回归，{EXAMPLES} 个样本、{WEIGHTS} 个权重，批大小 {BATCH}，学习率 {RATE:g} 不变："
            "其中一次训练里，离最小二乘解的距离。",
            f"Linear regression, {EXAMPLES} examples, {WEIGHTS} weights, batch size {BATCH}, "
            f"constant rate {RATE:g}: distance from the least-squares solution in one of the runs.",
        ),
        alt=tr(
            "三条曲线：SGD 很快降下来，之后在同一水平上剧烈抖动；EMA 平滑，低于 SGD；"
            "SWA 从中点开始，越来越低。",
            "Three curves: SGD falls quickly and then jitters at one level; the EMA is smooth and "
            "below it; SWA begins half way and gets lower and lower.",
        ),
        data=found,
    )


def table_noise(tr: Tr) -> Table:
    found = noisy_runs()
    return Table(
        [
            tr("取哪份权重", "which weights"),
            Col(tr("结束时离最优解的距离", "distance from the optimum at the end"), format=".3f"),
        ],
        [[tr.pair(label), Spread(found[name][:, -1])] for name, label in _LABELS.items()],
        caption=tr(
            f"均值 [最小, 最大]，{RUNS} 次训练",
            f"Mean [smallest, largest] of {RUNS} runs",
        ),
    )
