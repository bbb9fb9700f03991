"""The forward process: numbers of the linear schedule, a simulation, and schedules compared."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.architectures.diffusion import alpha_bar, cosine_schedule, diffuse, linear_schedule
from snippets.kit import Col, Figure, Spread, Table, Tr

STEPS, X0, AT = 1000, 2.0, 500
RUNS, PATHS = 5, 4000


@cache
def _ends() -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and variance of x_AT over PATHS paths from X0, step by step, in each run."""
    betas = linear_schedule(STEPS)
    means, variances = [], []
    for rng in kit.seeds(RUNS):
        x = np.full(PATHS, X0)
        for beta in betas[:AT]:
            x = diffuse(x, 1 - beta, rng.normal(size=PATHS))
        means.append(float(x.mean()))
        variances.append(float(x.var()))
    return tuple(means), tuple(variances)


def value_forward() -> dict[str, object]:
    a = alpha_bar(linear_schedule(STEPS))
    means, variances = _ends()
    return {
        "middle": a[AT - 1],
        "last": a[-1],
        "half": int(np.argmin(np.abs(a - 0.5))) + 1,
        "cosine_half": int(np.argmin(np.abs(alpha_bar(cosine_schedule(STEPS)) - 0.5))) + 1,
        "steps": STEPS,
        "at": AT,
        "x0": X0,
        "mean": float(np.sqrt(a[AT - 1]) * X0),
        "variance": 1 - a[AT - 1],
        "simulated_mean": Spread(means),
        "simulated_variance": Spread(variances),
        "paths": PATHS,
        "runs": RUNS,
        "first": linear_schedule()[0],
        "final": linear_schedule()[-1],
    }


def table_schedules(tr: Tr) -> Table:
    linear, cosine = alpha_bar(linear_schedule(STEPS)), alpha_bar(cosine_schedule(STEPS))
    return Table(
        [
            Col("t", format="d"),
            Col(tr(r"线性：$\bar{\alpha}_t$", r"linear: $\bar{\alpha}_t$"), format=".5g"),
            Col(tr("信噪比", "signal to noise"), format=".3g"),
            Col(tr(r"余弦：$\bar{\alpha}_t$", r"cosine: $\bar{\alpha}_t$"), format=".5g"),
            Col(tr("信噪比", "signal to noise"), format=".3g"),
        ],
        [
            [
                t,
                *(v for a in (linear, cosine) for v in (a[t - 1], a[t - 1] / (1 - a[t - 1]))),
            ]
            for t in (1, 100, 250, 500, 750, 900, 1000)
        ],
        caption=tr(
            "两种噪声计划，T = 1000；信噪比是信号与噪声的方差之比",
            "Two noise schedules, T = 1000; signal to noise is a ratio of variances",
        ),
    )


def figure_forward(tr: Tr) -> Figure:
    """Left: ᾱ of both schedules.  Right: paths of the simulation with mean and two deviations."""
    t = np.arange(STEPS + 1)
    half = value_forward()["half"]
    linear, cosine = (
        np.concatenate([[1.0], alpha_bar(betas)])
        for betas in (linear_schedule(STEPS), cosine_schedule(STEPS))
    )
    canvas, (left, right) = kit.canvas(1, 2, height=2.7)
    left.plot(t, linear, color=kit.BLUE)
    left.plot(t, cosine, color=kit.ORANGE, linestyle=kit.LINES[1])
    left.text(20, 0.12, tr("线性", "linear"), color=kit.BLUE)
    left.text(560, 0.6, tr("余弦", "cosine"), color=kit.ORANGE)
    left.set_title(tr("剩下的信号 ᾱ", "signal left, ᾱ"))
    left.set_xlabel("t")
    rng = np.random.default_rng(0)
    paths = [np.full(6, X0)]
    for beta in linear_schedule(STEPS):
        paths.append(diffuse(paths[-1], 1 - beta, rng.normal(size=6)))
    drawn = np.array(paths)
    mean, std = np.sqrt(linear) * X0, np.sqrt(1 - linear)
    right.fill_between(t, mean - 2 * std, mean + 2 * std, color=kit.GRID, alpha=0.8)
    right.plot(t, drawn, color=kit.BLUE, linewidth=0.5, alpha=0.7)
    right.plot(t, mean, color=kit.ORANGE, linestyle=kit.LINES[1])
    right.set_title(tr("从 2 出发的六条路径", "six paths from 2"))
    right.set_xlabel("t")
    return Figure(
        canvas,
        caption=tr(
            "左：线性计划比余弦计划更早把信号耗尽。右：逐步加噪（蓝），线性计划；"
            "虚线是闭式给出的均值，路径大多落在它上下两个标准差（灰）之内。",
            "Left: the linear schedule uses up the signal sooner than the cosine schedule. Right: "
            "noise added step by step with the linear schedule (blue); the closed form gives the "
            "mean (dashed), and most of the paths stay within two standard deviations of it "
            "(grey).",
        ),
        alt=tr(
            f"左图：两条曲线从 1 降到 0，线性的在 {half} 步已到一半，余弦的约在中途。"
            "右图：锯齿状的路径从 2 散开，最后绕着 0 摆动。",
            f"Left: two curves fall from 1 to 0, the linear one is at a half by step {half}, the "
            "cosine one about half way. Right: jagged paths spread from 2 and end around 0.",
        ),
        data={"linear": linear, "cosine": cosine, "mean": mean, "std": std},
    )
