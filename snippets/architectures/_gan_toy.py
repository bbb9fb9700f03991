"""The one-dimensional GAN as it trains: densities over the steps, and what a penalty changes."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.architectures.gan import torch_gan_1d
from snippets.kit import Figure, Spread, Tr

RUNS, STEPS, BATCH = 5, 800, 256
PENALTIES = (0.0, 0.2)
MEAN, STD = 1.0, 0.5
SHOWN = (0, 25, 50, 100, 150, 400)


@cache
def path(penalty: float) -> tuple[np.ndarray, np.ndarray]:
    """Parameters of G (STEPS + 1, 2, RUNS), the scale positive, and of D (STEPS + 1, 3, RUNS)."""
    g, d = (found.numpy() for found in torch_gan_1d(penalty, RUNS, STEPS, BATCH))
    return np.stack([np.abs(g[:, 0]), g[:, 1]], axis=1), d


def normal(x: np.ndarray, mean: float, std: float) -> np.ndarray:
    return np.exp(-(((x - mean) / std) ** 2) / 2) / (std * np.sqrt(2 * np.pi))


def figure_density(tr: Tr) -> Figure:
    x = np.linspace(-3, 4, 701)
    g, d = path(PENALTIES[1])
    canvas, panels = kit.canvas(2, 3, height=3.7, sharex=True, sharey=True)
    data: dict[str, np.ndarray] = {"x": x}
    for axes, step in zip(panels.flat, SHOWN, strict=True):
        std, mean = g[step, :, 0]
        a, b, c = d[step, :, 0]
        q, judged = normal(x, mean, std), 1 / (1 + np.exp(-(a + b * x + c * x**2)))
        axes.fill_between(x, normal(x, MEAN, STD), color=kit.GRID, alpha=0.9)
        axes.plot(x, q, color=kit.BLUE)
        axes.plot(x, judged, color=kit.ORANGE, linestyle=kit.LINES[1])
        axes.set_title(tr(f"第 {step} 步", f"step {step}"))
        axes.set_ylim(0, 1.65)
        axes.set_xticks([-2, 0, 2, 4])
        data |= {f"q{step}": q, f"d{step}": judged}
    panels[0, 0].text(3.2, 0.56, "D", color=kit.ORANGE)
    panels[0, 2].text(0.65, 1.2, tr("生成", "generated"), color=kit.BLUE, ha="right")
    panels[0, 0].text(1.0, 0.86, tr("数据", "data"), color=kit.MUTED, ha="center")
    return Figure(
        canvas,
        caption=tr(
            f"一维 GAN 训练中的密度（{RUNS} 次中的第一次，惩罚 {PENALTIES[1]:g}）："
            "灰色为数据 N(1, 0.5²)，蓝线为生成的密度（超出画面的尖峰被截去），虚线为 D(x)。"
            "生成的密度先走到数据中间、缩成尖峰，再展开到与数据重合；这时 D 处处接近一半。",
            f"Densities while the 1-D GAN trains (first of {RUNS} runs, penalty {PENALTIES[1]:g}): "
            "grey the data N(1, 0.5²), blue the generated density (peaks cut off above), dashed "
            "D(x). The generated density moves to the data, shrinks to a peak, then widens until "
            "both agree; D is then close to a half everywhere.",
        ),
        alt=tr(
            "六个小图：蓝色钟形从左边移到灰色钟形处，先变成尖峰，最后与灰色重合；"
            "橙色虚线从斜线变成中间凹下，最后水平在 0.5。",
            "Six panels: the blue bell moves from the left to the grey one, narrows to a peak and "
            "finally coincides with it; the dashed orange curve ends level at 0.5.",
        ),
        data=data,
    )


def figure_std(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=2.6)
    steps = np.arange(STEPS + 1)
    data = {"steps": steps}
    labels = (tr("没有惩罚", "no penalty"), tr("惩罚 0.2", "penalty 0.2"))
    for penalty, colour, line, label in zip(
        PENALTIES, (kit.ORANGE, kit.BLUE), (kit.LINES[1], kit.LINES[0]), labels, strict=True
    ):
        std = path(penalty)[0][:, 0]
        axes.fill_between(steps, std.min(axis=1), std.max(axis=1), color=colour, alpha=0.25)
        axes.plot(steps, std.mean(axis=1), color=colour, linestyle=line)
        data[f"std{penalty:g}"] = std
        axes.text(
            185 if penalty else 290,
            0.6 if penalty else 0.9,
            label,
            color=colour,
            ha=("right" if penalty else "left"),
        )
    axes.axhline(STD, color=kit.MUTED, linewidth=0.9, linestyle=kit.LINES[3])
    axes.set_xlabel(tr("步", "step"))
    axes.set_ylabel(tr("生成分布的标准差", "std of the generated"))
    axes.set_ylim(0, 1.1)
    return Figure(
        canvas,
        caption=tr(
            f"生成分布的标准差（{RUNS} 次的均值与范围，几乎重合；点线：数据的 0.5）。"
            "两种训练都先塌缩；没有惩罚时来回振荡，有惩罚时很快停下来。",
            f"Standard deviation of the generated distribution (mean and range of {RUNS} runs, "
            "nearly one line; dotted: the data's 0.5). Both collapse first; without the penalty "
            "it goes on swinging, with the penalty it soon comes to rest.",
        ),
        alt=tr(
            "两条曲线从 1 降到接近 0；实线略微越过 0.5 后停住，"
            "虚线冲到将近 1，再在 0.5 上下摆动，逐渐变小。",
            "Two curves fall from 1 to nearly 0; the solid one goes a little beyond 0.5 and stays, "
            "the dashed one shoots up to nearly 1 and swings about 0.5, less and less.",
        ),
        data=data,
    )


def value_toy() -> dict[str, object]:
    """Standard deviation at its least and at the end, and the mean at the end, with and without."""
    plain, helped = (path(penalty)[0] for penalty in PENALTIES)
    level = 1 / (1 + np.exp(-_logits(path(PENALTIES[1])[1][-1])))
    return {
        "least": Spread(plain[:, 0].min(axis=0)),
        "plain": Spread(plain[-1, 0]),
        "helped": Spread(helped[-1, 0]),
        "mean": Spread(helped[-1, 1]),
        "highest": Spread(plain[100:, 0].max(axis=0)),
        "low": float(level.min()),
        "high": float(level.max()),
        "steps": STEPS,
        "penalty": PENALTIES[1],
        "batch": BATCH,
    }


def _logits(d: np.ndarray) -> np.ndarray:
    """D's logit over the middle of the data, two standard deviations on either side."""
    x = np.linspace(MEAN - 2 * STD, MEAN + 2 * STD, 101)[:, None]
    return d[0] + d[1] * x + d[2] * x**2
