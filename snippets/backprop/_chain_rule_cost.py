"""What the order costs: paths against one sweep, from the loss or from the inputs."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np

from snippets import kit
from snippets.kit import Col, Formula, Table, Tr

WIDTH, DEPTHS = 10, (2, 5, 10, 20)
NETWORK = (784, 50, 10, 1)
"""Inputs, hidden units, classes, and the loss as the last layer of one."""


def _paths(width: int, depth: int) -> int:
    """Paths from one input to the loss through depth hidden layers, counted layer by layer."""
    count = np.ones(width, dtype=object)  # from the input, one path to each unit
    for _ in range(depth - 1):
        count = np.full(width, count.sum(), dtype=object)
    return int(count.sum())


formula_paths = Formula(
    r"N = w^d",
    {
        "w": kit.integer(("每层的单元数", "units in each hidden layer"), 1, 12),
        "d": kit.integer(("隐藏层数", "number of hidden layers"), 1, 8),
    },
    equals=lambda w, d: float(_paths(int(w), int(d))),
)


def _path_sum(first: np.ndarray, inner: list[np.ndarray], last: np.ndarray) -> float:
    """The derivative as the sum over all paths, each the product of its local derivatives."""
    total = 0.0
    for path in product(range(len(first)), repeat=len(inner) + 1):
        term = first[path[0]]
        for matrix, (a, b) in zip(inner, pairwise(path), strict=True):
            term *= matrix[b, a]
        total += term * last[path[-1]]
    return float(total)


def _sweep(first: np.ndarray, inner: list[np.ndarray], last: np.ndarray) -> float:
    """The same, from the loss to the input, one vector at a time."""
    g = last
    for matrix in reversed(inner):
        g = g @ matrix
    return float(g @ first)


def check_paths() -> kit.Check:
    """Both ways on small random networks."""
    pairs = []
    for rng in kit.seeds(10):
        width, depth = int(rng.integers(2, 5)), int(rng.integers(1, 6))
        first, last = rng.normal(size=width), rng.normal(size=width)
        inner = [rng.normal(size=(width, width)) for _ in range(depth - 1)]
        pairs.append((_sweep(first, inner, last), _path_sum(first, inner, last)))
    return kit.compare(
        ("逐条路径相乘再相加", "the sum over all paths, one by one"), pairs, tolerance=1e-11
    )


def table_paths(tr: Tr) -> Table:
    rows = []
    for depth in DEPTHS:
        paths = _paths(WIDTH, depth)
        by_path = paths * depth  # a path has depth + 1 edges, hence depth multiplications
        sweep = (depth - 1) * WIDTH**2 + WIDTH
        rows.append([depth, float(paths), float(by_path), sweep])
    return Table(
        [
            Col(tr("隐藏层数", "hidden layers"), format="d"),
            Col(tr("路径数", "paths"), format=".0e"),
            Col(tr("逐条路径：乘法次数", "path by path: multiplications"), format=".0e"),
            Col(tr("从损失往回一遍：乘法次数", "one sweep back: multiplications"), format=",d"),
        ],
        rows,
        caption=tr(
            f"损失对一个输入的导数，每层 {WIDTH} 个单元，相邻层全连接，每条边一个局部导数",
            f"The derivative of the loss with respect to one input; {WIDTH} units per layer, fully "
            "connected, one local derivative per edge",
        ),
    )


def _products(sizes: tuple[int, ...], backward: bool) -> int:
    """Multiplications in the product of the Jacobians of all layers, from one end or the other."""
    matrices = [(m, n) for n, m in pairwise(sizes)]  # first layer first
    total = 0
    if backward:
        rows = matrices[-1][0]
        return sum(rows * m * n for m, n in matrices[:-1][::-1])
    columns = matrices[0][1]
    for m, n in matrices[1:]:
        total += m * n * columns
    return total


def value_orders() -> dict[str, float]:
    back, forth = _products(NETWORK, True), _products(NETWORK, False)
    return {"backward": back, "forward": forth, "ratio": forth / back}
