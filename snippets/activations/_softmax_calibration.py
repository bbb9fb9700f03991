"""Are softmax outputs probabilities?  A small network on data whose true probabilities are known.

Three classes are three normal distributions of unit variance around equally spaced centres.  Their
true posterior is itself a softmax, of logits that are linear in x [bridle1990]; so both the truth
and the network can be held against what happens on fresh data.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np

from snippets import kit
from snippets.kit import Col, Figure, Spread, Table, Tr

CLASSES, WIDTH, TRAIN, VALIDATE, TEST, RUNS = 3, 64, 300, 1000, 5000, 5
RATE, MOMENTUM = 0.1, 0.9
SHORT, LONG = 100, 1000  # steps, each over the whole training set
RADIUS = 1.5
ANGLES = 2 * np.pi * np.arange(CLASSES) / CLASSES
CENTRES = RADIUS * np.column_stack([np.cos(ANGLES), np.sin(ANGLES)])
BINS = 10
TEMPERATURES = np.geomspace(0.5, 20, 400)


@dataclass(frozen=True)
class Run:
    """Probabilities of the test points by where they come from, labels, the fitted temperature."""

    true: np.ndarray
    short: np.ndarray
    long: np.ndarray
    scaled: np.ndarray
    labels: np.ndarray
    tau: float


def draw(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Points (count, 2) and their classes (count,)."""
    y = rng.integers(0, CLASSES, count)
    return CENTRES[y] + rng.normal(size=(count, 2)), y


def true_logits(x: np.ndarray) -> np.ndarray:
    """Log-densities of the classes up to a constant: linear, because the variances are equal."""
    return x @ CENTRES.T - (CENTRES**2).sum(axis=1) / 2


@cache
def runs() -> tuple[Run, ...]:
    """RUNS independent experiments; kept, because figure, table and text share them."""
    return tuple(_run(rng) for rng in kit.seeds(RUNS, base=1))


def _run(rng: np.random.Generator) -> Run:
    import torch

    def softmax(z: np.ndarray, tau: float = 1.0) -> np.ndarray:
        return torch.softmax(torch.tensor(z / tau), dim=-1).numpy()

    train, validation, test = (draw(count, rng) for count in (TRAIN, VALIDATE, TEST))
    short, long = _trained(*train, [validation[0], test[0]], rng)
    tau = temperature(long[0], validation[1])
    return Run(
        true=softmax(true_logits(test[0])),
        short=softmax(short[1]),
        long=softmax(long[1]),
        scaled=softmax(long[1], tau),
        labels=test[1],
        tau=tau,
    )


def _trained(
    x: np.ndarray, y: np.ndarray, elsewhere: list[np.ndarray], rng: np.random.Generator
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Logits at the given other points after SHORT and after LONG steps."""
    import torch
    import torch.nn.functional as F

    sizes = (2, WIDTH, WIDTH, CLASSES)
    layers = [
        (torch.tensor(rng.normal(0, (2 / n) ** 0.5, (n, m))), torch.zeros(m, dtype=torch.float64))
        for n, m in pairwise(sizes)
    ]
    parameters = [p.requires_grad_() for layer in layers for p in layer]

    def network(points: np.ndarray) -> torch.Tensor:
        h = torch.tensor(points)
        for number, (weight, bias) in enumerate(layers):
            h = (h if number == 0 else h.relu()) @ weight + bias
        return h

    velocity = [torch.zeros_like(p) for p in parameters]
    labels, seen = torch.tensor(y), []
    for step in range(1, LONG + 1):
        loss = F.cross_entropy(network(x), labels)
        gradients = torch.autograd.grad(loss, parameters)
        with torch.no_grad():
            for p, v, g in zip(parameters, velocity, gradients, strict=True):
                v.mul_(MOMENTUM).add_(g)
                p.sub_(RATE * v)
            if step in (SHORT, LONG):
                seen.append([network(points).numpy() for points in elsewhere])
    return seen[0], seen[1]


def temperature(z: np.ndarray, y: np.ndarray) -> float:
    """The temperature of the grid with the lowest cross-entropy on (z, y).  [guo2017, sec. 4.2]"""
    import torch
    import torch.nn.functional as F

    logits, labels = torch.tensor(z), torch.tensor(y)
    losses = [F.cross_entropy(logits / tau, labels).item() for tau in TEMPERATURES]
    return float(TEMPERATURES[np.argmin(losses)])


def reliability(p: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean confidence, accuracy and share of cases in BINS bins of confidence; nan if empty."""
    confidence, hit = p.max(axis=-1), p.argmax(axis=-1) == y
    which = np.minimum((confidence * BINS).astype(int), BINS - 1)
    count = np.bincount(which, minlength=BINS)
    with np.errstate(invalid="ignore"):
        return (
            np.bincount(which, confidence, BINS) / count,
            np.bincount(which, hit, BINS) / count,
            count / len(y),
        )


def calibration_error(p: np.ndarray, y: np.ndarray) -> float:
    """Expected calibration error: |confidence - accuracy| averaged over the cases, bin by bin.

    [guo2017, sec. 2]
    """
    confidence, accuracy, share = reliability(p, y)
    return float(np.nansum(np.abs(confidence - accuracy) * share))


_SOURCES = {
    "true": ("真实的后验概率", "the true posterior"),
    "short": (f"网络，训练 {SHORT} 步", f"network, {SHORT} steps"),
    "long": (f"网络，训练 {LONG} 步", f"network, {LONG} steps"),
    "scaled": ("同上，温度缩放之后", "the same, temperature-scaled"),
}


def _both(source: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """(probabilities, labels) of the test points of each run."""
    return [(getattr(run, source), run.labels) for run in runs()]


def measured(source: str) -> dict[str, Spread]:
    runs = _both(source)
    return {
        "accuracy": Spread((p.argmax(axis=-1) == y).mean() for p, y in runs),
        "confidence": Spread(p.max(axis=-1).mean() for p, _ in runs),
        "error": Spread(calibration_error(p, y) for p, y in runs),
    }


def table_calibration(tr: Tr) -> Table:
    return Table(
        [
            tr("概率的来源", "source of the probabilities"),
            Col(tr("准确率", "accuracy"), format=".3f"),
            Col(tr("平均置信度", "mean confidence"), format=".3f"),
            Col(tr("校准误差 ECE", "calibration error (ECE)"), format=".3f"),
        ],
        [[tr.pair(name), *measured(source).values()] for source, name in _SOURCES.items()],
        caption=tr(
            f"三个正态分布的分类，{TRAIN} 个训练点，{TEST} 个测试点；"
            f"均值 [最小, 最大]，{RUNS} 次运行",
            f"Three normal distributions to tell apart, {TRAIN} training points, "
            f"{TEST} test points; mean [smallest, largest] of {RUNS} runs",
        ),
    )


def value_calibration() -> dict[str, object]:
    """Accuracy and confidence of the network trained long, and the temperature fitted to it."""
    found = measured("long")
    return {
        "accuracy": found["accuracy"],
        "confidence": found["confidence"],
        "tau": Spread(run.tau for run in runs()),
    }


def value_setting() -> dict[str, int]:
    return {"width": WIDTH, "train": TRAIN, "validation": VALIDATE}


def figure_reliability(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=3.5)
    axes.plot([1 / 3, 1], [1 / 3, 1], color=kit.MUTED, linewidth=1, linestyle=(0, (4, 3)))
    data = {}
    for (source, name), colour, marker in zip(
        _SOURCES.items(), (kit.GREEN, kit.BLUE, kit.RED, kit.ORANGE), "osD^", strict=True
    ):
        p, y = (np.concatenate(part) for part in zip(*_both(source), strict=True))
        confidence, accuracy, share = reliability(p, y)
        shown = share > 0.005
        axes.plot(
            confidence[shown], accuracy[shown], marker=marker, color=colour, label=tr.pair(name)
        )
        data[source] = np.array([confidence[shown], accuracy[shown], share[shown]])
    axes.set_xlabel(
        tr("置信度：最大的概率（各档平均）", "confidence: largest probability (bin means)")
    )
    axes.set_ylabel(tr("其中分对的比例", "share that is right"))
    axes.set_xlim(0.33, 1.01)
    axes.set_ylim(0.33, 1.01)
    axes.legend(loc="lower right")
    return Figure(
        canvas,
        caption=tr(
            "可靠性图。落在虚线上，就是几成把握有几成对：真实后验在线上；"
            "训练太久的网络落在线下，过于自信；温度缩放减小了误差，却偏于保守。",
            "Reliability: on the dashed line, confidence comes true. The true posterior lies "
            "on it; the network trained too long falls below, too sure of itself; temperature "
            "scaling shrinks the error, and errs on the side of caution.",
        ),
        alt=tr(
            "横轴是置信度，纵轴是准确率。真实后验贴着对角线，训练太久的网络整条在对角线之下，"
            "缩放之后基本在对角线之上。",
            "Confidence against accuracy. The true posterior follows the diagonal, the network "
            "trained too long lies below it throughout, and mostly above it once scaled.",
        ),
        data=data,
    )
