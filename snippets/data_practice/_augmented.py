"""Networks trained on few dot-matrix digits with and without augmentation, all side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from snippets import kit
from snippets.optimization import _b_digits as digits

RUNS, TEST, MOST = 5, 1000, 1600
HIDDEN, BATCH, STEPS, RATE = 32, 32, 400, 5e-3
DARK = -0.3  # what an empty dot of a digit is

Move = Callable[[Any, Any], Any]
"""Changes images (networks, batch, height, width) with a generator."""


class Setting(NamedTuple):
    """Examples, what is done to the images, and how many moved copies are made beforehand."""

    count: int
    move: str = "none"
    copies: int = 0


def shifted(images, draw):
    """Every image moved by -1, 0 or 1 dots down and to the right, at random."""
    import torch
    import torch.nn.functional as F

    height, width = images.shape[2:]
    padded = F.pad(images, (1, 1, 1, 1), value=DARK)
    rows, cols = (
        torch.arange(n) + torch.randint(3, (*images.shape[:2], 1), generator=draw)
        for n in (height, width)
    )
    network = torch.arange(len(images))[:, None, None, None]
    example = torch.arange(images.shape[1])[:, None, None]
    return padded[network, example, rows[..., None], cols[..., None, :]]


def _half(images, moved, draw):
    """Each image, or what it was moved to, with probability 1/2."""
    import torch

    choice = torch.rand(images.shape[:2], generator=draw) < 0.5
    return torch.where(choice[..., None, None], moved, images)


def turned(images, draw):
    """Every second image turned by 180 degrees."""
    return _half(images, images.flip(2, 3), draw)


def mirrored(images, draw):
    """Every second image mirrored, left and right exchanged."""
    return _half(images, images.flip(3), draw)


MOVES: dict[str, Move] = {"shift": shifted, "turn": turned, "mirror": mirrored}


@cache
def data():
    """Training images (RUNS, MOST, 8, 7), labels, test images and labels, as tensors."""
    import torch

    parts: list[list[np.ndarray]] = []
    for rng in kit.seeds(RUNS, 21):
        parts.append([*digits.digits(MOST, rng), *digits.digits(TEST, rng)])
    x, y, x_test, y_test = (torch.tensor(np.array(part)) for part in zip(*parts, strict=True))
    shape = (RUNS, -1, digits.HEIGHT, digits.WIDTH)
    return x.reshape(shape), y, x_test.reshape(shape), y_test


def _pools(settings: Sequence[Setting]):
    """The images that each network draws from, padded to one length, and how many they are."""
    import torch

    x, y, _, _ = data()
    draw = torch.Generator().manual_seed(1)
    sizes = [s.count * (1 + s.copies) for s in settings for _ in range(RUNS)]
    images = torch.zeros(len(sizes), max(sizes), digits.HEIGHT, digits.WIDTH)
    labels = torch.zeros(len(sizes), max(sizes), dtype=torch.long)
    for number, s in enumerate(settings):
        rows = slice(number * RUNS, (number + 1) * RUNS)
        stored = [x[:, : s.count]]
        stored += [MOVES[s.move](x[:, : s.count], draw) for _ in range(s.copies)]
        size = s.count * (1 + s.copies)
        images[rows, :size] = torch.cat(stored, dim=1)
        labels[rows, :size] = y[:, : s.count].repeat(1, 1 + s.copies)
    return images, labels, torch.tensor(sizes)


def train(settings: Sequence[Setting], mix=None, steps: int = STEPS):
    """Logits (settings, RUNS, TEST, classes) of trained networks, one for each setting and run.

    The same initial weights, number of steps and batch size for all; mix(x, targets, generator)
    may change batches (networks, batch, 8, 7) and one-hot targets further.
    """
    import torch
    import torch.nn.functional as F

    images, labels, sizes = _pools(settings)
    _, _, x_test, _ = data()
    nets = len(sizes)
    parameters = digits.networks(RUNS, len(settings), (HIDDEN,))
    for parameter in parameters:
        parameter.requires_grad_()
    optimiser = torch.optim.Adam(parameters, lr=RATE)
    draw = torch.Generator().manual_seed(2)
    rows = torch.arange(nets)[:, None]
    for _ in range(steps):
        place = (torch.rand(nets, BATCH, generator=draw) * sizes[:, None]).long()
        x, y = images[rows, place], F.one_hot(labels[rows, place], digits.CLASSES).float()
        for number, s in enumerate(settings):
            if s.move != "none" and not s.copies:
                part = slice(number * RUNS, (number + 1) * RUNS)
                x[part] = MOVES[s.move](x[part], draw)
        if mix is not None:
            x, y = mix(x, y, draw)
        log_p = digits.logits(parameters, x.flatten(2)).log_softmax(2)
        loss = -(y * log_p).sum(2).mean(1).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        x = x_test.flatten(2).repeat(len(settings), 1, 1)
        return digits.logits(parameters, x).reshape(len(settings), RUNS, TEST, -1)


def accuracy(logits) -> np.ndarray:
    """Share of the test images that are right: (settings, RUNS)."""
    _, _, _, y = data()
    return (logits.argmax(3) == y).double().mean(2).numpy()


def recall(logits) -> np.ndarray:
    """The same for each class: (settings, RUNS, classes)."""
    import torch

    _, _, _, y = data()
    of = torch.nn.functional.one_hot(y, digits.CLASSES).double()
    right = (logits.argmax(3) == y).double()[..., None] * of
    return (right.sum(2) / of.sum(1)).numpy()
