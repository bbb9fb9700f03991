"""Two-dimensional points in two classes, and a random network that is to tell them apart.

The hidden weights are drawn once and stay; only the linear output is fitted, by least squares.  So
the two networks compared differ in nothing but the activation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from snippets import kit
from snippets.activations.relu import relu
from snippets.activations.sigmoid_tanh import sigmoid
from snippets.kit import Col, Figure, Spread, Table, Tr

WIDTH, TRAIN, TEST, RUNS = 100, 400, 2000, 10

Function = Callable[[np.ndarray], np.ndarray]


def ring(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A disc (class -1) within a ring (class 1): points (count, 2), classes (count,)."""
    outer = np.arange(count) % 2 == 1
    radius = np.where(outer, 2.0, 0.0) + rng.normal(0, 0.35, count)
    angle = rng.uniform(0, 2 * np.pi, count)
    points = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return points, np.where(outer, 1.0, -1.0)


def moons(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Two half circles that reach into one another: points (count, 2), classes ±1 (count,)."""
    second = np.arange(count) % 2 == 1
    angle = rng.uniform(0, np.pi, count)
    sign = np.where(second, -1.0, 1.0)
    points = np.stack([sign * np.cos(angle) - sign / 2, sign * (np.sin(angle) - 0.25)], axis=1)
    return 1.6 * points + rng.normal(0, 0.2, (count, 2)), -sign


SETS = {"ring": ring, "moons": moons}


@dataclass(frozen=True)
class RandomNet:
    """x (n, 2) -> phi(x W1ᵀ + b1) -> phi(. W2ᵀ + b2) -> linear output (n,)."""

    weights: tuple[np.ndarray, np.ndarray]
    biases: tuple[np.ndarray, np.ndarray]
    phi: Function
    output: np.ndarray

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return features(x, self.weights, self.biases, self.phi) @ self.output


def features(x, weights, biases, phi):
    """The last hidden layer with a constant 1 beside it, shape (n, WIDTH + 1)."""
    for weight, bias in zip(weights, biases, strict=True):
        x = phi(x @ weight.T + bias)
    return np.hstack([x, np.ones((len(x), 1))])


def fit(phi: Function, x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> RandomNet:
    """Draw the hidden layers, then fit the output to the classes by damped least squares."""
    weights = (
        rng.normal(0, np.sqrt(2 / 2), (WIDTH, 2)),
        rng.normal(0, np.sqrt(2 / WIDTH), (WIDTH, WIDTH)),
    )
    biases = (rng.normal(0, 0.5, WIDTH), rng.normal(0, 0.5, WIDTH))
    hidden = features(x, weights, biases, phi)
    gram = hidden.T @ hidden + 1e-3 * len(x) * np.eye(hidden.shape[1])
    return RandomNet(weights, biases, phi, np.linalg.solve(gram, hidden.T @ y))


def accuracy(name: str, phi: Function, seed: np.random.SeedSequence) -> float:
    """Share of fresh points on the right side; the same seed gives the same points and weights."""
    points, weights, fresh = (np.random.default_rng(s) for s in seed.spawn(3))
    net = fit(phi, *SETS[name](TRAIN, points), weights)
    x, y = SETS[name](TEST, fresh)
    return float((np.sign(net(x)) == y).mean())


# --------------------------------------------------------------------------- on the page


_KINDS = {
    "identity": (("无（恒等）", "none (identity)"), lambda z: z),
    "ReLU": (("ReLU", "ReLU"), relu),
    "tanh": (("tanh", "tanh"), np.tanh),
    "sigmoid": (("sigmoid", "sigmoid"), sigmoid),
}


@cache
def _accuracies(shape: str, kind: str) -> Spread:
    seeds = np.random.SeedSequence(0).spawn(RUNS)
    return Spread(accuracy(shape, _KINDS[kind][1], seed) for seed in seeds)


def table_shapes(tr: Tr) -> Table:
    return Table(
        [
            tr("激活函数", "activation"),
            Col(tr("圆环", "ring"), format=".3f"),
            Col(tr("双月", "moons"), format=".3f"),
        ],
        [
            [tr.pair(label), _accuracies("ring", kind), _accuracies("moons", kind)]
            for kind, (label, _) in _KINDS.items()
        ],
        caption=tr(
            f"新样本上的准确率：均值 [最小, 最大]，{RUNS} 组随机数据与权重",
            f"Accuracy on new points: mean [smallest, largest] of {RUNS} draws of data and weights",
        ),
    )


def value_shapes() -> dict[str, object]:
    return {
        "ring": _accuracies("ring", "identity"),
        "moons": _accuracies("moons", "identity"),
        "relu_lowest": min(_accuracies(shape, "ReLU").low for shape in SETS),
        "width": WIDTH,
    }


def figure_shapes(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(2, 2, height=5.0)
    names = {"ring": tr("圆环", "ring"), "moons": tr("双月", "moons")}
    kinds = {"identity": tr("不用激活函数", "no activation"), "ReLU": tr.name("ReLU")}
    data = {}
    for row, (shape, name) in zip(axes, names.items(), strict=True):
        x, y = SETS[shape](TRAIN, np.random.default_rng(1))
        reach = np.abs(x).max() + 0.3
        grid = np.linspace(-reach, reach, 121)
        p, q = np.meshgrid(grid, grid)
        points = np.stack([p.ravel(), q.ravel()], axis=1)
        for panel, (kind, title) in zip(row, kinds.items(), strict=True):
            net = fit(_KINDS[kind][1], x, y, np.random.default_rng(2))
            surface = net(points).reshape(p.shape)
            panel.contourf(
                p, q, surface, levels=[-99, 0, 99], colors=[kit.BLUE, kit.ORANGE], alpha=0.18
            )
            for side, colour, marker in ((-1.0, kit.BLUE, "o"), (1.0, kit.ORANGE, "x")):
                chosen = x[y == side][:100]
                panel.plot(*chosen.T, marker, color=colour, markersize=2.5, linestyle="none")
            panel.set_title(f"{name}{tr('，', ', ')}{title}")
            panel.set_aspect("equal")
            panel.set_xticks([])
            panel.set_yticks([])
            data[f"{shape} {kind}"] = surface
    return Figure(
        canvas,
        caption=tr(
            "同一组随机权重，只拟合输出层。左列不用激活函数，边界是一条直线；右列用 ReLU，"
            "边界随数据弯曲。"
            "底色是网络的判断，圆点与叉是两类数据。",
            "The same random weights, only the output layer is fitted. Left without an activation: "
            "the border is a straight line. Right with ReLU: it bends with the data. The ground "
            "shows the network's verdict, dots and crosses are the two classes.",
        ),
        alt=tr(
            "两行两列。左列的分界是直线：圆环被切成两半，双月的两端判错。"
            "右列的分界绕住圆环的内圈，也沿着双月弯曲。",
            "Two rows of two panels. On the left the border is straight: it halves the ring and "
            "gets the tips of the moons wrong. On the right it goes round the inner disc and "
            "follows the moons.",
        ),
        data=data,
    )
