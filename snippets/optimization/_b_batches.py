"""The batch-size experiment on the digits: every batch size at every learning rate, five seeds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from snippets.kit import Spread
from snippets.optimization import _b_digits as digits

SIZES, RUNS, EPOCHS, TARGET = (1, 4, 16, 64, 256, 1024), 5, 2, 0.8
RATES = tuple(float(rate) for rate in 2.0 ** np.arange(-6, 3))
ADAM_SIZES = (16, 64, 256)
ADAM_RATES = tuple(float(rate) for rate in 2.0 ** np.arange(-9, -2))
FIXED = 0.125
BETAS, EPS = (0.9, 0.999), 1e-8


@dataclass(frozen=True)
class Trial:
    """One batch size: scores (rates, runs) after EPOCHS, and when each run was below TARGET."""

    size: int
    updates: int
    rates: tuple[float, ...]
    validation: np.ndarray
    test: np.ndarray
    reached: np.ndarray

    @property
    def best(self) -> int:
        """The number of the rate with the best mean validation accuracy."""
        return int(self.validation.mean(axis=1).argmax())

    def at(self, rate: float) -> Spread:
        """The test accuracies at a rate."""
        return Spread(self.test[self.rates.index(rate)])

    @property
    def tuned(self) -> tuple[float, Spread]:
        return self.rates[self.best], Spread(self.test[self.best])

    @property
    def steps(self) -> Spread:
        """Updates until TARGET at the rate that needs the fewest of them, where all runs get there.

        They are looked at now and then only, at numbers that grow by an eighth or less.
        """
        all_there = np.where(np.isfinite(self.reached).all(axis=1)[:, None], self.reached, np.inf)
        return Spread(all_there[all_there.mean(axis=1).argmin()])


@cache
def trial(size: int, adam: bool = False, updates: int | None = None) -> Trial:
    """Train at all rates side by side; ``updates`` other than EPOCHS of them, if given.

    Goes on until TARGET is reached as well, unless ``updates`` is given or Adam is used.
    """
    import torch

    train, validation, test = digits.data()
    rates = ADAM_RATES if adam else RATES
    parameters = digits.networks(RUNS, len(rates))
    eta = torch.tensor(rates).repeat_interleave(RUNS)[:, None, None]
    first = [torch.zeros_like(p) for p in parameters]
    second = [torch.zeros_like(p) for p in parameters]
    shape, total = (len(rates), RUNS), updates or EPOCHS * digits.TRAIN // size
    reached = np.full(shape, np.inf)
    scores, look, aim = None, 1, updates is None and not adam
    for step, drawn in enumerate(digits.batches(RUNS, size), 1):
        rows = drawn.repeat(len(rates), 1)
        _, found = digits.gradients(parameters, train.x[rows], train.y[rows])
        for p, m, v, g in zip(parameters, first, second, found, strict=True):
            if adam:
                m.mul_(BETAS[0]).add_(g, alpha=1 - BETAS[0])
                v.mul_(BETAS[1]).addcmul_(g, g, value=1 - BETAS[1])
                root = (v / (1 - BETAS[1] ** step)).sqrt().add_(EPS)
                p.sub_(eta * m / (1 - BETAS[0] ** step) / root)
            else:
                p.sub_(eta * g)
        if aim and step >= look:
            look = max(step + 1, step * 9 // 8)
            below = digits.losses(parameters, validation).reshape(shape) <= TARGET
            reached[below & np.isinf(reached)] = step
            aim = not np.isfinite(reached).all(axis=1).any()
        if step == total:
            scores = [digits.accuracies(parameters, d).reshape(shape) for d in (validation, test)]
        if scores and not aim:
            break
    assert scores is not None
    return Trial(size, total, rates, *scores, reached)
