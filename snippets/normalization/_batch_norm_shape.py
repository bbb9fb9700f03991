"""What standardising does to a distribution: mean and variance change, the shape does not."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Col, Figure, Pair, Spread, Table, Tr
from snippets.normalization.batch_norm import batch_norm

COUNT, RUNS = 100_000, 5
NAMES: dict[str, Pair] = {
    "normal": ("正态 N(3, 4)", "normal N(3, 4)"),
    "exponential": ("指数分布，均值 1", "exponential, mean 1"),
    "bimodal": ("双峰：±4 附近各一半", "two peaks, half around ±4"),
}


def draw(name: str, rng: np.random.Generator, count: int = COUNT) -> np.ndarray:
    """Values of one channel from a named distribution."""
    if name == "exponential":
        return rng.exponential(1.0, count)
    if name == "bimodal":
        return rng.choice([-4.0, 4.0], count) + rng.normal(0, 1, count)
    return rng.normal(3.0, 2.0, count)


def standardised(x: np.ndarray) -> np.ndarray:
    """Batch normalisation of one channel with γ = 1 and β = 0."""
    return batch_norm(x[:, None], np.ones(1), np.zeros(1))[1][:, 0]


@cache
def moments(name: str) -> dict[str, Spread]:
    """Of the standardised channel: moments, and shares below 0 and within half of 0."""
    found: dict[str, list[float]] = {
        key: [] for key in ("mean", "std", "skew", "kurtosis", "below", "near")
    }
    for rng in kit.seeds(RUNS):
        z = standardised(draw(name, rng))
        for key, value in (
            ("mean", z.mean()),
            ("std", z.std()),
            ("skew", (z**3).mean()),
            ("kurtosis", (z**4).mean() - 3),
            ("below", (z < 0).mean()),
            ("near", (np.abs(z) < 0.5).mean()),
        ):
            found[key].append(float(value))
    return {key: Spread(values) for key, values in found.items()}


def table_moments(tr: Tr) -> Table:
    return Table(
        [
            tr("标准化之前", "before"),
            Col(tr("偏度", "skewness"), format=".2f"),
            Col(tr("超额峰度", "excess kurtosis"), format=".2f"),
            Col(tr("小于 0", "below 0"), format=".3f"),
            Col(tr("绝对值小于 ½", "within ½ of 0"), format=".3f"),
        ],
        [
            [
                tr.pair(label),
                *(moments(name)[key] for key in ("skew", "kurtosis", "below", "near")),
            ]
            for name, label in NAMES.items()
        ],
        caption=tr(
            f"标准化之后的一个通道（均值 0、标准差 1）："
            f"{COUNT:,} 个数，均值 [最小, 最大]，{RUNS} 次抽样",
            f"One channel after standardising (mean 0, standard deviation 1): {COUNT:,} numbers, "
            f"mean [smallest, largest] of {RUNS} draws",
        ),
    )


def value_moments() -> dict[str, Spread]:
    return {f"{name}_{key}": spread for name in NAMES for key, spread in moments(name).items()}


def figure_histograms(tr: Tr) -> Figure:
    canvas, grid = kit.canvas(2, 2, height=4.2)
    z = np.linspace(-3.2, 3.2, 321)
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    data = {"z": z, "normal": density}
    rng = next(iter(kit.seeds(1)))
    for row, name in zip(grid, ("exponential", "bimodal"), strict=True):
        x = draw(name, rng)
        after = standardised(x)
        edges = np.linspace(x.min(), np.quantile(x, 0.998), 41)
        moved = (edges - x.mean()) / x.std()
        for axes, values, bins, colour in (
            (row[0], x, edges, kit.BLUE),
            (row[1], after, moved, kit.ORANGE),
        ):
            heights, _ = np.histogram(values, bins)
            heights = heights / len(values) / np.diff(bins)
            axes.stairs(heights, bins, fill=True, color=colour, alpha=0.35)
            axes.stairs(heights, bins, color=colour)
            data[f"{name}_{'before' if axes is row[0] else 'after'}"] = heights
        row[0].set_ylabel(tr("密度", "density"))
        row[1].plot(z, density, "--", color=kit.INK)
        row[0].set_title(tr.pair(NAMES[name]))
    grid[0][1].set_title(tr("标准化之后，虚线 N(0, 1)", "after; dashed: N(0, 1)"))
    for axes in grid[1]:
        axes.set_xlabel(tr("数值", "value"))
    return Figure(
        canvas,
        caption=tr(
            "同一批数标准化前（左）后（右）：坐标轴平移、伸缩，形状不变，不会变成正态分布。",
            "The same numbers before (left) and after standardising (right): the axis is shifted "
            "and stretched, the shape stays, and no normal distribution comes out.",
        ),
        alt=tr(
            "上排指数分布，下排双峰分布；左右两图轮廓相同，只是横轴刻度不同。"
            "右图的正态密度虚线与两者都不吻合：双峰在 0 处几乎为零，虚线在那里最高。",
            "Top row an exponential, bottom row a two-peaked distribution; left and right have the "
            "same outline and other scales. The dashed normal density on the right fits neither: "
            "where it is highest, at 0, the two-peaked one is almost empty.",
        ),
        data=data,
    )
