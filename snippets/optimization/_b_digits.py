"""The small task of this topic: digits of a dot-matrix display, made by code, and a network.

No data set is fetched: ten glyphs of 5×7 dots stand at a random place of an 8×10 grid, in random
brightness, with dots lost and noise added.  All runs of an experiment are trained side by side:
each tensor has the runs as its first axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from snippets.kit import seeds

GLYPHS = (
    "01110 10001 10011 10101 11001 10001 01110",
    "00100 01100 00100 00100 00100 00100 01110",
    "01110 10001 00001 00010 00100 01000 11111",
    "11111 00010 00100 00010 00001 10001 01110",
    "00010 00110 01010 10010 11111 00010 00010",
    "11111 10000 11110 00001 00001 10001 01110",
    "00110 01000 10000 11110 10001 10001 01110",
    "11111 00001 00010 00100 01000 01000 01000",
    "01110 10001 10001 01110 10001 10001 01110",
    "01110 10001 10001 01111 00001 00010 01100",
)
HEIGHT, WIDTH = 8, 7
INPUTS, CLASSES = HEIGHT * WIDTH, len(GLYPHS)
HIDDEN = 24
LOST, NOISE = 0.1, 0.3


def digits(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Noisy digits (count, INPUTS), centred, in float32, and their classes (count,)."""
    glyphs = np.array([[[int(dot) for dot in row] for row in g.split()] for g in GLYPHS])
    y = rng.integers(CLASSES, size=count)
    x = np.zeros((count, HEIGHT, WIDTH))
    down, right = rng.integers(HEIGHT - 6, size=count), rng.integers(WIDTH - 4, size=count)
    light = rng.uniform(0.6, 1.4, count)
    for n in range(count):
        dots = glyphs[y[n]] * (rng.random((7, 5)) >= LOST) * light[n]
        x[n, down[n] : down[n] + 7, right[n] : right[n] + 5] = dots
    x = x + rng.normal(0, NOISE, x.shape) - 0.3
    return x.reshape(count, INPUTS).astype(np.float32), y


class Data(NamedTuple):
    """Digits as tensors: inputs (count, INPUTS) and classes (count,)."""

    x: object
    y: object


TRAIN, HELD_OUT = 4096, 1000


@cache
def data() -> tuple[Data, Data, Data]:
    """Digits for training (TRAIN), validation and test (HELD_OUT each): always the same ones."""
    import torch

    sizes = (TRAIN, HELD_OUT, HELD_OUT)
    draws = [digits(count, rng) for count, rng in zip(sizes, seeds(3, 7), strict=True)]
    return tuple(Data(torch.tensor(x), torch.tensor(y)) for x, y in draws)


def networks(runs: int, copies: int = 1, hidden: Sequence[int] = (HIDDEN,)):
    """Weights and biases of ``runs`` He-initialised networks, each in ``copies`` copies.

    Weights (copies * runs, in, out), biases (copies * runs, 1, out), layer by layer; run r of every
    copy starts with the same weights.
    """
    import torch

    sizes = [INPUTS, *hidden, CLASSES]
    draws = [torch.Generator().manual_seed(seed) for seed in range(runs)]
    parameters = []
    for n, m in pairwise(sizes):
        weights = torch.stack([torch.randn(n, m, generator=draw) for draw in draws])
        parameters += [weights * (2 / n) ** 0.5, torch.zeros(runs, 1, m)]
    return [p.repeat(copies, 1, 1) for p in parameters]


def logits(parameters, x):
    """Outputs (networks, batch, CLASSES) for inputs (batch, INPUTS), with or without networks."""
    h = x
    for number in range(0, len(parameters), 2):
        h = (h.relu() if number else h) @ parameters[number] + parameters[number + 1]
    return h


def losses(parameters, data) -> np.ndarray:
    """Mean cross-entropy of each network on the data, shape (networks,)."""
    import torch.nn.functional as F

    z = logits(parameters, data.x)
    y = data.y.expand(len(z), -1)
    return F.cross_entropy(z.movedim(2, 1), y, reduction="none").mean(1).double().numpy()


def accuracies(parameters, data) -> np.ndarray:
    """Share of digits that each network gets right, shape (networks,); nan counts as wrong."""
    z = logits(parameters, data.x)
    right = (z.argmax(2) == data.y) & z.isfinite().all(2)
    return right.double().mean(1).numpy()


def gradients(parameters, x, y):
    """Losses (networks,) of a batch and their gradients, by hand: autograd would cost twice.

    x is (networks, batch, INPUTS), y is (networks, batch).
    """
    import torch

    activations = [x]
    for number in range(0, len(parameters), 2):
        h = torch.baddbmm(parameters[number + 1], activations[-1], parameters[number])
        activations.append(h.relu() if number + 2 < len(parameters) else h)
    log_p = activations[-1].log_softmax(2)
    loss = -log_p.gather(2, y[:, :, None]).mean((1, 2))
    delta = log_p.exp()
    delta.scatter_add_(2, y[:, :, None], torch.full_like(delta[:, :, :1], -1.0))
    delta /= y.shape[1]
    found = []
    for number in range(len(parameters) - 2, -1, -2):
        h = activations[number // 2]
        found += [delta.sum(1, keepdim=True), h.transpose(1, 2) @ delta]
        if number:
            delta = (delta @ parameters[number].transpose(1, 2)) * (h > 0)
    return loss, found[::-1]


def batches(runs: int, size: int, base: int = 0):
    """Endless index arrays (runs, size): each run shuffles anew in every epoch."""
    import torch

    draws = [torch.Generator().manual_seed(1000 + base + seed) for seed in range(runs)]
    while True:
        order = torch.stack([torch.randperm(TRAIN, generator=draw) for draw in draws])
        yield from order[:, : TRAIN - TRAIN % size].split(size, dim=1)
