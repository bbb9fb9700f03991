"""The learning rate: how far one step goes, how large it may be, and how to find a good one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def descend(gradient: Callable[[float], float], x: float, eta: float, steps: int) -> np.ndarray:
    """Gradient descent x ← x - eta · gradient(x); the path, shape (steps + 1,)."""
    path = [x]
    for _ in range(steps):
        path.append(path[-1] - eta * gradient(path[-1]))
    return np.array(path)


def torch_descend(f, x, eta, steps):
    """The same with torch.optim.SGD; f takes and returns a tensor."""
    import torch

    x = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=eta)
    path = [x.item()]
    for _ in range(steps):
        optimizer.zero_grad()
        f(x).backward()
        optimizer.step()
        path.append(x.item())
    return np.array(path)


def range_test(
    step: Callable[[float], float], low: float, high: float, steps: int, smooth: float = 0.9
) -> tuple[np.ndarray, np.ndarray]:
    """Learning-rate range test: one update at each of ``steps`` rates from low to high.

    ``step(rate)`` makes one update and returns the loss of its batch before it.  Gives the rates
    and the smoothed losses; ends where the loss is four times the lowest.  [smith2017]
    """
    if not 0 < low < high:
        raise ValueError(f"rates from {low:g} to {high:g}: low must be positive and below high")
    if steps < 2:
        raise ValueError(f"{steps} steps: a range needs at least two")
    rates = low * (high / low) ** (np.arange(steps) / (steps - 1))
    losses, average = [], 0.0
    for number, rate in enumerate(rates, 1):
        average = smooth * average + (1 - smooth) * step(rate)
        losses.append(average / (1 - smooth**number))  # not biased towards the 0 it began with
        if not losses[-1] <= 4 * min(losses):
            break
    return rates[: len(losses)], np.array(losses)


def torch_range_test(model, loss, batches, low, high, steps):
    """The same with a PyTorch model and at least ``steps`` batches; it changes the model."""
    import torch

    optimizer = torch.optim.SGD(model.parameters(), lr=low)
    source = iter(batches)

    def step(rate):
        optimizer.param_groups[0]["lr"] = float(rate)
        x, y = next(source)
        optimizer.zero_grad()
        value = loss(model(x), y)
        value.backward()
        optimizer.step()
        return value.item()

    return range_test(step, low, high, steps)
