"""The race on the digits: torch.optim's optimisers, each at every rate, five seeds side by side."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from snippets.kit import Spread
from snippets.optimization import _b_digits as digits
from snippets.optimization.lr_schedules import warmup_cosine

BATCH, EPOCHS, RUNS, TARGET = 32, 2, 5, 0.7
STEPS = EPOCHS * digits.TRAIN // BATCH
WARMUP, LOOK = STEPS // 10, 8
GRID = 7

OPTIMISERS: dict[str, tuple[str, dict[str, Any], float]] = {
    # name: class of torch.optim, settings, highest rate of the sweep
    "SGD": ("SGD", {}, 4.0),
    "momentum": ("SGD", {"momentum": 0.9}, 1.0),
    "Adagrad": ("Adagrad", {}, 1.0),
    "RMSprop": ("RMSprop", {}, 0.125),
    "Adam": ("Adam", {}, 0.25),
    "AdamW": ("AdamW", {}, 0.25),
}


def rates(name: str) -> tuple[float, ...]:
    """GRID rates by factors of two, lowest first."""
    return tuple(float(rate) for rate in OPTIMISERS[name][2] / 2.0 ** np.arange(GRID - 1, -1, -1))


def default(name: str) -> float:
    """The rate that PyTorch takes unless told."""
    import torch

    made = getattr(torch.optim, OPTIMISERS[name][0])([torch.zeros(1, requires_grad=True)])
    return float(made.defaults["lr"])


@dataclass(frozen=True)
class Race:
    """Scores (rates, runs) after STEPS, and updates until the validation loss was below TARGET."""

    rates: tuple[float, ...]
    validation: np.ndarray
    test: np.ndarray
    reached: np.ndarray

    @property
    def best(self) -> int:
        return int(self.validation.mean(axis=1).argmax())

    @property
    def accuracy(self) -> Spread:
        """Test accuracies at the rate chosen on the validation digits."""
        return Spread(self.test[self.best])

    @property
    def updates(self) -> Spread:
        """Updates until TARGET at that rate."""
        return Spread(self.reached[self.best])

    @property
    def width(self) -> int:
        """How many rates of the grid stay within five points of the best, on validation digits."""
        means = self.validation.mean(axis=1)
        return int((means > means.max() - 0.05).sum())


@cache
def race(name: str, at: tuple[float, ...] = ()) -> Race:
    """Train with an optimiser at each rate (``at``, or its grid): warm-up, then a cosine to 0.

    The networks of one rate are one parameter group, slices of tensors that hold all of them.
    """
    import torch

    train, validation, test = digits.data()
    kind, settings, _ = OPTIMISERS[name]
    peaks = at or rates(name)
    parameters = digits.networks(RUNS, len(peaks))
    groups = []
    for number in range(len(peaks)):
        rows = slice(number * RUNS, (number + 1) * RUNS)
        groups.append({"params": [torch.nn.Parameter(p[rows]) for p in parameters]})
    optimizer = getattr(torch.optim, kind)(groups, lr=1.0, **settings)
    shape = len(peaks), RUNS
    reached = np.full(shape, np.inf)
    factors = warmup_cosine(np.arange(1, STEPS + 1), STEPS + 1, WARMUP)
    for step, drawn in zip(range(STEPS), digits.batches(RUNS, BATCH), strict=False):
        chosen = drawn.repeat(len(peaks), 1)
        _, found = digits.gradients(parameters, train.x[chosen], train.y[chosen])
        for number, (group, peak) in enumerate(zip(optimizer.param_groups, peaks, strict=True)):
            group["lr"] = peak * float(factors[step])
            for p, g in zip(group["params"], found, strict=True):
                p.grad = g[number * RUNS : (number + 1) * RUNS]
        optimizer.step()
        if (step + 1) % LOOK == 0:
            below = digits.losses(parameters, validation).reshape(shape) <= TARGET
            reached[below & np.isinf(reached)] = step + 1
    return Race(
        peaks,
        digits.accuracies(parameters, validation).reshape(shape),
        digits.accuracies(parameters, test).reshape(shape),
        reached,
    )
