"""Guidance and DDIM where the best prediction is known: normal distributions on a line."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.architectures.diffusion import (
    alpha_bar,
    ddim_step,
    ddpm_step,
    gaussian_eps,
    guided,
    linear_schedule,
)
from snippets.kit import Col, Figure, Formula, Spread, Table, Tr

MEAN, STD = 1.0, 0.5  # of the class
WIDE = 1.5  # standard deviation of everything, around 0
WEIGHTS = (0.0, 1.0, 3.0)
STEPS = 1000
RUNS, DRAWS = 5, 500

formula_powered = Formula(
    r"\begin{aligned} v_w &= \left(\frac{1 + w}{s^2} - \frac{w}{S^2}\right)^{-1} \\"
    r" m_w &= v_w\,\frac{(1 + w)\,m}{s^2} \end{aligned}",
    {
        "w": kit.scalar(("引导强度", "strength of guidance"), 0, 5),
        "m": kit.scalar(("类别的均值", "mean of the class"), -2, 2),
        "s": kit.scalar(("类别的标准差", "standard deviation of the class"), 0.2, 1),
        "S": kit.scalar(("全体的标准差", "standard deviation of everything"), 1.1, 3),
    },
    equals={
        "v_w": lambda w, m, s, S: _powered(w, m, s, S)[1],
        "m_w": lambda w, m, s, S: _powered(w, m, s, S)[0],
    },
    tolerance=1e-7,
)


def _powered(w: float, m: float, s: float, wide: float) -> tuple[float, float]:
    """Mean and variance of p(x | c)^(1 + w) / p(x)^w, scaled to 1, by a fine sum."""
    x = np.linspace(-12, 12, 40_001)
    log = -(1 + w) * ((x - m) / s) ** 2 / 2 + w * (x / wide) ** 2 / 2
    weights = np.exp(log - log.max())
    weights /= weights.sum()
    mean = float(weights @ x)
    return mean, float(weights @ (x - mean) ** 2)


def _guided_eps(x: np.ndarray, a: float, w: float) -> np.ndarray:
    return guided(gaussian_eps(x, a, MEAN, STD), gaussian_eps(x, a, 0.0, WIDE), w)


@cache
def by_ddim(w: float) -> tuple[float, float]:
    """Mean and standard deviation of guided samples by DDIM: every step is linear in x, so two
    starting points say all about a start from N(0, 1).
    """
    a = alpha_bar(linear_schedule(STEPS))
    x = np.array([0.0, 1.0])
    for t in range(STEPS - 1, -1, -1):
        x = ddim_step(x, _guided_eps(x, a[t], w), a[t], a[t - 1] if t else 1.0)
    return float(x[0]), float(x[1] - x[0])


@cache
def by_ddpm(w: float) -> tuple[float, float]:
    """The same by DDPM: mean and variance carried through its steps exactly."""
    betas = linear_schedule(STEPS)
    a = alpha_bar(betas)
    mean, variance = 0.0, 1.0
    for t in range(STEPS - 1, -1, -1):
        before = a[t - 1] if t else 1.0
        x = np.array([0.0, 1.0])
        moved = ddpm_step(x, _guided_eps(x, a[t], w), betas[t], a[t], before, np.zeros(2))
        added = ddpm_step(x, x, betas[t], a[t], before, np.ones(2)) - ddpm_step(
            x, x, betas[t], a[t], before, np.zeros(2)
        )
        mean = moved[0] + (moved[1] - moved[0]) * mean
        variance = (moved[1] - moved[0]) ** 2 * variance + added[0] ** 2
    return float(mean), float(np.sqrt(variance))


def table_guidance(tr: Tr) -> Table:
    rows = []
    for w in WEIGHTS:
        mean, variance = _powered(w, MEAN, STD, WIDE)
        rows.append([w, *by_ddim(w), *by_ddpm(w), mean, float(np.sqrt(variance))])
    mean, std = tr("均值", "mean"), tr("标准差", "std")
    return Table(
        [
            Col("w", format="g"),
            *(
                Col(f"{name} {part}", format=".3f")
                for name in (tr.name("DDIM"), tr.name("DDPM"), tr("幂次", "powered"))
                for part in (mean, std)
            ),
        ],
        rows,
        caption=tr(
            f"一维引导：类别 N({MEAN:g}, {STD:g}²)，全体 N(0, {WIDE:g}²)，用精确的 ε，"
            f"线性计划，{STEPS} 步。最后两列：p(x|c)^(1+w) / p(x)^w",
            f"Guidance on a line: class N({MEAN:g}, {STD:g}²), everything N(0, {WIDE:g}²), exact "
            f"ε, linear schedule, {STEPS} steps. Last two columns: p(x|c)^(1+w) / p(x)^w",
        ),
    )


def figure_guidance(tr: Tr) -> Figure:
    x = np.linspace(-2.2, 3.2, 541)
    canvas, axes = kit.canvas(height=2.8)

    def bell(mean: float, std: float) -> np.ndarray:
        return np.exp(-(((x - mean) / std) ** 2) / 2) / (std * np.sqrt(2 * np.pi))

    axes.fill_between(x, bell(0.0, WIDE), color=kit.GRID, alpha=0.9)
    axes.text(-1.35, 0.2, tr("全体 p(x)", "everything, p(x)"), color=kit.MUTED, ha="center")
    data = {"x": x}
    for w, colour, line in zip(WEIGHTS, kit.SERIES, kit.LINES, strict=False):
        data[f"w{w:g}"] = bell(*by_ddim(w))
        axes.plot(x, data[f"w{w:g}"], color=colour, linestyle=line, label=f"w = {w:g}")
    mean, variance = _powered(WEIGHTS[-1], MEAN, STD, WIDE)
    data["powered"] = bell(mean, np.sqrt(variance))
    axes.plot(
        x,
        data["powered"],
        color=kit.PURPLE,
        linestyle=kit.LINES[3],
        label=tr("幂次分布，w = 3", "powered, w = 3"),
    )
    axes.set_xlabel(tr.name("x"))
    axes.set_ylim(0, 2.9)
    axes.set_ylabel(tr("密度", "density"))
    axes.legend(loc="upper left")
    return Figure(
        canvas,
        caption=tr(
            "DDIM 加引导得到的分布。样本离开全体的中心，w 越大彼此越像（w 为 3 的尖峰被截去）；"
            "它也不是幂次分布（紫色点线）。",
            "The distributions that DDIM with guidance gives. Samples move away from the centre of "
            "everything, and the larger w, the more they are alike (the peak of w = 3 is cut "
            "off); it is not the powered distribution (dotted).",
        ),
        alt=tr(
            "三条钟形曲线，w 越大越窄越高，引导后的两条偏右；"
            "点线的钟形与 w 为 3 的曲线位置、宽度都不同。",
            "Three bells, narrower and higher with larger w, the guided ones further right; the "
            "dotted bell differs from that of w = 3 in place and width.",
        ),
        data=data,
    )


def value_guidance() -> dict[str, float]:
    found = {}
    for name, (mean, std) in (
        ("none", by_ddim(0.0)),
        ("ddim", by_ddim(3.0)),
        ("ddpm", by_ddpm(3.0)),
    ):
        found |= {f"{name}_mean": mean, f"{name}_std": std}
    mean, variance = _powered(3.0, MEAN, STD, WIDE)
    return found | {"powered_mean": mean, "powered_std": float(np.sqrt(variance)), "strength": 3.0}


# --------------------------------------------------------------------------- same seed, same sample


@cache
def _twice() -> tuple[float, tuple[float, ...]]:
    """How far two samples from one start x_T are apart: by DDIM, by DDPM in each run."""
    betas = linear_schedule(STEPS)
    a = alpha_bar(betas)
    gaps, worst = [], 0.0
    for rng in kit.seeds(RUNS):
        start = rng.normal(size=DRAWS)
        ends = []
        for _ in range(2):
            x, y = start.copy(), start.copy()
            for t in range(STEPS - 1, -1, -1):
                before = a[t - 1] if t else 1.0
                eps = gaussian_eps(x, a[t], MEAN, STD)
                x = ddpm_step(x, eps, betas[t], a[t], before, rng.normal(size=DRAWS))
                y = ddim_step(y, gaussian_eps(y, a[t], MEAN, STD), a[t], before)
            ends.append((x, y))
        (x1, y1), (x2, y2) = ends
        gaps.append(float(np.sqrt(((x1 - x2) ** 2).mean())))
        worst = max(worst, float(np.abs(y1 - y2).max()))
    return worst, tuple(gaps)


def value_same() -> dict[str, object]:
    worst, gaps = _twice()
    return {"ddim": worst, "ddpm": Spread(gaps), "independent": STD * np.sqrt(2)}
