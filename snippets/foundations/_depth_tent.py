"""Folding an interval: the tent map composed, its pieces, and those of random networks."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from snippets import kit
from snippets.activations.relu import relu
from snippets.foundations.depth import count_pieces, folds
from snippets.kit import Col, Figure, Spread, Table, Tr

DEPTHS = range(1, 7)
WIDTH, RUNS = 16, 5


def figure_tent(tr: Tr) -> Figure:
    x = np.linspace(0, 1, 257)
    canvas, panels = kit.canvas(2, 3, height=3.4, sharex=True, sharey=True)
    data = {"x": x}
    for depth, axes in zip(DEPTHS, panels.flat, strict=True):
        data[f"folds{depth}"] = folds(x, depth)
        axes.plot(x, data[f"folds{depth}"], linewidth=1.4)
        axes.set_title(tr(f"{depth} 层：{2**depth} 段", f"depth {depth}: {2**depth} pieces"))
        axes.set_xticks([0, 0.5, 1], ["0", "½", "1"])
        axes.set_yticks([0, 1])
    for axes in panels[1]:
        axes.set_xlabel("x")
    return Figure(
        canvas,
        caption=tr(
            "帐篷映射复合 1 到 6 次。每多一层（两个 ReLU 单元），区间再对折一次，直线段翻一番。",
            "The tent map composed 1 to 6 times. Each further layer (two ReLU units) folds the "
            "interval once more and doubles the pieces.",
        ),
        alt=tr(
            "六个小图：一顶帐篷，然后是两顶、四顶，直到三十二顶等高的帐篷，越来越密。",
            "Six panels: one tent, then two, then four, up to thirty-two tents of the same height, "
            "closer and closer together.",
        ),
        data=data,
    )


def random_pieces(weights, biases, low: float, high: float) -> int:
    """Straight pieces on [low, high] of a ReLU network with one input, counted exactly.

    weights: matrices (outputs, inputs), the last one of the output layer; biases likewise.  Where a
    pre-activation changes its sign between two knots, the point of the change is a new knot.
    """
    knots = np.array([low, high])
    h = knots[None, :]
    for W, b in zip(weights[:-1], biases[:-1], strict=True):
        z = W @ h + b[:, None]
        left, right = z[:, :-1], z[:, 1:]
        unit, cell = np.nonzero(left * right < 0)
        share = left[unit, cell] / (left[unit, cell] - right[unit, cell])
        new = knots[cell] + share * (knots[cell + 1] - knots[cell])
        points = np.unique(np.concatenate([knots, new]))
        # between old knots every unit of the layer before is a straight line: no error made here
        h = np.array([np.interp(points, knots, row) for row in z])
        h, knots = relu(h), points
    f = weights[-1] @ h + biases[-1][:, None]
    slopes = np.diff(f[0]) / np.diff(knots)
    scale = np.abs(slopes).max(initial=1e-300)
    return 1 + int((np.abs(np.diff(slopes)) > 1e-7 * scale).sum())


def draw(depth: int, rng: np.random.Generator) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """A network 1 -> WIDTH (depth times) -> 1: He initialisation, biases from N(0, 0.5²)."""
    sizes = [1, *[WIDTH] * depth, 1]
    weights = [rng.normal(0, np.sqrt(2 / n), (m, n)) for n, m in pairwise(sizes)]
    return weights, [rng.normal(0, 0.5, m) for m in sizes[1:]]


def _random_counts(depth: int) -> Spread:
    return Spread(random_pieces(*draw(depth, rng), -3.0, 3.0) for rng in kit.seeds(RUNS))


def table_pieces(tr: Tr) -> Table:
    return Table(
        [
            Col(tr("层数", "layers"), format="d"),
            Col(tr("折叠网络的 ReLU 单元", "ReLU units, folding"), format="d"),
            Col(tr("直线段", "pieces"), format="d"),
            Col(tr("单隐藏层至少要几个单元", "units that one layer needs"), format="d"),
        ],
        [
            [depth, 2 * depth, pieces, pieces - 1]
            for depth in DEPTHS
            for pieces in [count_pieces(lambda x, depth=depth: folds(x, depth))]
        ],
        caption=tr("深度与直线段数，在网格上数出", "Depth and straight pieces, counted on a grid"),
    )


def value_pieces() -> dict[str, int]:
    deepest = DEPTHS[-1]
    pieces = count_pieces(lambda x: folds(x, deepest))
    return {"depth": deepest, "units": 2 * deepest, "pieces": pieces, "kinks": pieces - 1}


def table_random(tr: Tr) -> Table:
    rows = [[depth, depth * WIDTH, _random_counts(depth)] for depth in DEPTHS]
    return Table(
        [
            Col(tr("层数", "layers"), format="d"),
            Col(tr("ReLU 单元", "ReLU units"), format="d"),
            Col(tr("直线段", "pieces"), format=".0f"),
        ],
        rows,
        caption=tr(
            f"随机网络（每层 {WIDTH} 个单元，He 初始化）在 [−3, 3] 上的直线段数；"
            f"均值 [最小, 最大]，{RUNS} 次抽取",
            f"Straight pieces of random networks ({WIDTH} units a layer, He initialisation) on "
            f"[−3, 3]; mean [smallest, largest] of {RUNS} draws",
        ),
    )


def value_random() -> dict[str, object]:
    deepest = DEPTHS[-1]
    return {"one": _random_counts(1), "six": _random_counts(deepest), "units": deepest * WIDTH}


def value_steps() -> dict[str, float]:
    """The worked example: 3/8 after one fold, after two, after three."""
    return {str(depth): float(folds(0.375, depth)) for depth in (1, 2, 3)}
