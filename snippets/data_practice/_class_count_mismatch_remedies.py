"""Every remedy trained on the same data: seven classes on a ring, a linear classifier."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Col, Spread, Table, Tr

CLASSES, TRAIN, TEST, RUNS = 7, 30, 100, 5
STEPS, RATE, NOISE = 150, 1.0, 0.45


def _data(rng: np.random.Generator, each: int) -> tuple[np.ndarray, np.ndarray]:
    """Points with a 1 appended for the bias, and their classes from 0."""
    y = np.repeat(np.arange(CLASSES), each)
    angle = 2 * np.pi * y / CLASSES
    points = 2 * np.column_stack([np.cos(angle), np.sin(angle)])
    return np.column_stack([points + rng.normal(scale=NOISE, size=points.shape), y**0]), y


@cache
def _draws():
    """Training and test sets of all runs: (runs, points, 3) and (runs, points)."""
    import torch

    sets = [(*_data(rng, TRAIN), *_data(rng, TEST)) for rng in kit.seeds(RUNS)]
    return tuple(torch.tensor(np.stack(part)) for part in zip(*sets, strict=True))


@cache
def _fit(outputs: int, low: int, first: int, last: int):
    """Softmax regression by gradient descent on columns first to last, all runs side by side."""
    import torch
    import torch.nn.functional as F

    x, y, _, _ = _draws()
    w = torch.zeros(RUNS, 3, outputs, dtype=torch.float64, requires_grad=True)
    for _ in range(STEPS):
        logits = (x @ w)[..., first:last].flatten(0, 1)
        (grad,) = torch.autograd.grad(RUNS * F.cross_entropy(logits, y.flatten() + low), w)
        with torch.no_grad():
            w -= RATE * grad
    return w.detach()


ALL, SEVEN, LATER = slice(None), slice(0, 7), slice(1, 8)
WAYS: dict[str, tuple[int, int, slice, slice, bool]] = {
    # outputs, first label, columns in training, columns kept at test, softmax before the cut
    "head": (7, 0, ALL, ALL, False),
    "after": (8, 0, ALL, SEVEN, True),
    "test": (8, 0, ALL, SEVEN, False),
    "both": (8, 0, SEVEN, SEVEN, False),
    "shift": (8, 1, ALL, LATER, False),
    "wrong": (8, 1, ALL, SEVEN, False),
}


@cache
def runs() -> dict[str, dict[str, Spread]]:
    _, _, test, truth = _draws()
    found: dict[str, dict[str, Spread]] = {}
    for way, (outputs, low, trained, kept, early) in WAYS.items():
        first, last, _ = trained.indices(outputs)
        logits = test @ _fit(outputs, low, first, last)
        whole = logits.softmax(dim=-1)
        probabilities = whole[..., kept] if early else logits[..., kept].softmax(dim=-1)
        start = -1 if low and kept == SEVEN else 0  # the class for which column 0 is taken
        right = probabilities.argmax(dim=-1) + start == truth
        found[way] = {
            "accuracy": Spread(right.double().mean(dim=1)),
            "total": Spread(probabilities.sum(dim=-1).mean(dim=1)),
        }
        if outputs > CLASSES:
            found[way]["spare"] = Spread(whole[..., 0 if low else CLASSES].mean(dim=1))
    return found


def table_remedies(tr: Tr) -> Table:
    names = {
        "head": tr("换成七列的头", "a head of seven"),
        "after": tr("八列训练，先 softmax 再切", "train eight, softmax, then cut"),
        "test": tr("八列训练，测试时先切再 softmax", "train eight, cut at test, then softmax"),
        "both": tr("训练与测试都用 `logits[:, :7]`", "`logits[:, :7]` in training and test"),
        "shift": tr("标签 1–7，切掉第 0 列", "labels 1–7, column 0 cut"),
        "wrong": tr("标签 1–7，却切掉最后一列", "labels 1–7, yet the last column cut"),
    }
    return Table(
        [
            tr("做法", "way"),
            Col(tr("测试准确率", "test accuracy"), format=".3f"),
            Col(tr("概率之和", "sum of probabilities"), format=".4f"),
            Col(tr("多余列的概率", "the spare column's"), format=".4f"),
        ],
        [[names[way], of["accuracy"], of["total"], of.get("spare")] for way, of in runs().items()],
        caption=tr(
            f"七类各 {TRAIN} 个训练点、{TEST} 个测试点，环形排列，线性分类器，"
            f"全批梯度下降 {STEPS} 步，学习率 {RATE:g}，{RUNS} 个种子",
            f"Seven classes on a ring, {TRAIN} training and {TEST} test points each, a linear "
            f"classifier, {STEPS} steps of full-batch gradient descent with learning rate "
            f"{RATE:g}, {RUNS} seeds",
        ),
    )


def value_remedies() -> dict[str, Spread | float]:
    found = runs()
    return {
        "head": found["head"]["accuracy"],
        "wrong": found["wrong"]["accuracy"],
        "spare": found["test"]["spare"],
        "untrained": found["both"]["spare"],
        "perfect": (CLASSES - 1) / CLASSES,
    }
