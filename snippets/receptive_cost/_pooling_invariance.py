"""What pooling does not see: shifts, turns and changes of scale, measured."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.backprop.cnn_backprop import conv2d
from snippets.kit import Col, Figure, Formula, Spread, Table, Tr
from snippets.receptive_cost.pooling import global_avg_pool, global_max_pool, pool_reshape


def _share(k: float, t: float) -> float:
    """Of all places of a single bright cell, the share that a shift by t leaves in its window."""
    places = np.arange(12 * int(k))
    return float((places // int(k) == (places + int(t)) // int(k)).mean())


formula_tolerance = Formula(
    r"S(k, t) = \max\left(0, 1 - \frac{t}{k}\right)",
    {
        "k": kit.integer(("窗口边长，也是步幅", "side of the window, also the stride"), 1, 6),
        "t": kit.integer(("平移的格数", "cells shifted"), 0, 8),
    },
    equals={"S(k, t)": _share},
)

# --------------------------------------------------------------------------- the bar


def _bar(col: int) -> np.ndarray:
    x = np.zeros((8, 8))
    x[:, col] = 1
    return x


def figure_bar(tr: Tr) -> Figure:
    from matplotlib.patches import Rectangle

    bars = (_bar(2), _bar(3), _bar(4), _bar(2).T)
    pooled = [pool_reshape(bar, 2) for bar in bars]
    titles = (
        tr("竖条", "bar"),
        tr("右移 1", "shift 1"),
        tr("再移 1", "1 more"),
        tr("转 90°", "turn 90°"),
    )
    canvas, panels = kit.canvas(2, 4, height=3.3)
    for column, bar, small, title in zip(panels.T, bars, pooled, titles, strict=True):
        for axes, values in zip(column, (bar, small), strict=True):
            n = len(values)
            for (row, col), number in np.ndenumerate(values):
                if number:
                    axes.add_patch(
                        Rectangle((col, row), 1, 1, facecolor=kit.BLUE, edgecolor="none", alpha=0.6)
                    )
            lines = np.arange(n + 1)
            width = [1.1 if n == 4 or not i % 2 else 0.3 for i in lines]
            axes.hlines(lines, 0, n, color=kit.MUTED, linewidth=width)
            axes.vlines(lines, 0, n, color=kit.MUTED, linewidth=width)
            axes.set_xlim(-0.1, n + 0.1)
            axes.set_ylim(n + 0.1, -0.1)
            axes.set_aspect("equal")
            axes.axis("off")
        column[0].set_title(title)
    for axes, text in zip(panels[:, 0], (tr("输入", "input"), tr("池化后", "pooled")), strict=True):
        axes.text(-0.1, 0.5, text, rotation=90, ha="center", va="center", fontsize=9.5,
                  transform=axes.transAxes)  # fmt: skip
    return Figure(
        canvas,
        caption=tr(
            "一条竖条与 2×2 最大池化。窗口之内右移一格，结果不变；再移一格越过窗口的边，"
            "结果全变；旋转 90°，结果跟着旋转，没有不变性可言。",
            "A bar under 2×2 max pooling. A shift within the window changes nothing; one more cell "
            "crosses the window's edge and moves everything; turned by 90°, the result turns too.",
        ),
        alt=tr(
            "上排四个 8×8 网格，竖条在第 3、4、5 列，最后一个是横条；下排 4×4：前两个相同，"
            "第三个右移一列，第四个是一行。",
            "Above, four 8×8 grids with a bar in columns 3, 4 and 5 and then in a row; below, 4×4: "
            "the first two are equal, the third is one column on, the fourth is a row.",
        ),
        data={"pooled": np.stack(pooled)},
    )


def value_bar() -> dict[str, float]:
    """L1 differences of the pooled bars."""
    first, inside, across, turned = (
        pool_reshape(bar, 2) for bar in (_bar(2), _bar(3), _bar(4), _bar(2).T)
    )
    return {
        "inside": float(np.abs(first - inside).sum()),
        "across": float(np.abs(first - across).sum()),
        "turned": float(np.abs(first - turned).sum()),
        "total": float(first.sum()),
    }


# --------------------------------------------------------------------------- smooth random maps

RUNS, CHANNELS, SIDE, ANGLE = 10, 8, 32, 10


def _map(rng: np.random.Generator) -> np.ndarray:
    """Smooth noise (C, 32, 32) in a disc, so that no transformation moves it out of the frame."""
    at = np.fft.fftfreq(SIDE)
    low = np.exp(-2 * (np.pi * 1.5) ** 2 * (at[:, None] ** 2 + at**2))  # Gaussian, σ = 1.5 cells
    noise = rng.normal(size=(CHANNELS, SIDE, SIDE))
    smooth = np.fft.ifft2(np.fft.fft2(noise) * low).real
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    return np.asarray(smooth / smooth.std() * (np.hypot(y, x) < 11))


def _moved(x: np.ndarray, angle: float = 0.0, scale: float = 1.0) -> np.ndarray:
    """Turned (degrees) and enlarged about the centre, with bilinear interpolation."""
    import torch
    import torch.nn.functional as F

    turn = np.deg2rad(angle)
    matrix = (
        np.array([[np.cos(turn), -np.sin(turn), 0.0], [np.sin(turn), np.cos(turn), 0.0]]) / scale
    )
    grid = F.affine_grid(torch.tensor(matrix)[None], [1, CHANNELS, SIDE, SIDE], align_corners=False)
    moved = F.grid_sample(torch.tensor(x)[None], grid, align_corners=False)
    return np.asarray(moved[0].numpy())


CHANGES = {
    "shift1": lambda x: np.roll(x, 1, axis=-1),
    "shift2": lambda x: np.roll(x, 2, axis=-1),
    "turn10": lambda x: _moved(x, angle=ANGLE),
    "turn90": lambda x: np.rot90(x, axes=(-2, -1)),
    "scale": lambda x: _moved(x, scale=1.2),
}


def _blurred(x: np.ndarray) -> np.ndarray:
    """Max pooling without a stride, a 3×3 blur, then every other row and column.  [zhang2019c]"""
    dense = np.maximum(np.maximum(x[:, :-1, :-1], x[:, 1:, :-1]),
                       np.maximum(x[:, :-1, 1:], x[:, 1:, 1:]))  # fmt: skip
    line = np.array([0.25, 0.5, 0.25])
    blur = np.outer(line, line)[None, None]
    return conv2d(dense[:, None], blur, 0.0, 2, 1)[:, 0]


POOLS = {
    "none": lambda x: x,
    "max": lambda x: pool_reshape(x, 2),
    "blur": _blurred,
    "gap": global_avg_pool,
    "gmp": global_max_pool,
}


@cache
def _changes() -> dict[str, dict[str, Spread]]:
    """Relative change of the pooled maps, by transformation and pooling."""
    found: dict[str, dict[str, list[float]]] = {c: {p: [] for p in POOLS} for c in CHANGES}
    for rng in kit.seeds(RUNS):
        x = _map(rng)
        for change, move in CHANGES.items():
            moved = move(x)
            for name, pool in POOLS.items():
                before, after = pool(x), pool(moved)
                found[change][name].append(
                    float(np.linalg.norm(after - before) / np.linalg.norm(before))
                )
    return {c: {p: Spread(v) for p, v in row.items()} for c, row in found.items()}


def table_changes(tr: Tr) -> Table:
    names = {
        "shift1": tr("平移 1 格", "shift by 1"),
        "shift2": tr("平移 2 格", "shift by 2"),
        "turn10": tr("旋转 10°", "turn by 10°"),
        "turn90": tr("旋转 90°", "turn by 90°"),
        "scale": tr("放大 1.2 倍", "enlarge 1.2×"),
    }
    heads = (
        tr("无池化", "none"),
        tr("最大 2×2", "max 2×2"),
        tr("最大 + 模糊", "max + blur"),
        tr.name("GAP"),
        tr.name("GMP"),
    )
    return Table(
        [tr("变换", "transformation"), *(Col(head, format=".2f") for head in heads)],
        [[names[change], *row.values()] for change, row in _changes().items()],
        caption=tr(
            f"池化结果的相对变化，均值 [最小, 最大]，{RUNS} 次：平滑随机特征图，"
            f"{CHANNELS} 个通道，32×32，内容限于圆内，不会移出画面",
            f"Relative change of the pooled maps, mean [smallest, largest] of {RUNS} draws: smooth "
            f"random maps of {CHANNELS} channels, 32×32, within a disc so that nothing leaves the "
            "frame",
        ),
    )


def value_changes() -> dict[str, object]:
    found = _changes()
    return {
        "turn_max": found["turn10"]["max"],
        "scale_max": found["scale"]["max"],
        "scale_gap": found["scale"]["gap"].mean,
        "area": 1.2**2 - 1,
        "angle": ANGLE,
        "runs": RUNS,
    }
