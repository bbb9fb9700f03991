"""Batch size: noise, work per byte, gradient accumulation, and the rate that goes with it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def noise_scale(gradients: np.ndarray) -> float:
    """Variance of one example's gradient over the squared norm of the mean one: tr(Σ) / |g|².

    ``gradients`` is (examples, parameters).  Batches far below this many examples are mostly
    noise, batches far above it mostly repeat one another.  [mccandlish2018]
    """
    mean = gradients.mean(axis=0)
    size = (mean**2).sum()
    if size == 0:
        raise ValueError("the mean gradient is 0: every batch is nothing but noise")
    return float(((gradients - mean) ** 2).sum(axis=1).mean() / size)


def intensity(batch: float, width: float, bytes_each: float = 2.0) -> float:
    """Operations per byte of a linear layer (batch, width) @ (width, width); 2 bytes is fp16."""
    operations = 2 * batch * width**2
    moved = bytes_each * (width**2 + 2 * batch * width)  # the weights, the inputs, the outputs
    return operations / moved


def accumulate(
    gradient: Callable[[np.ndarray, np.ndarray], np.ndarray],
    x: np.ndarray,
    y: np.ndarray,
    micro: int,
) -> np.ndarray:
    """The gradient of the mean loss over a batch, from micro-batches of at most ``micro`` examples.

    ``gradient(x, y)`` is that of the mean over what it is given, so each part counts by its size.
    """
    if micro < 1:
        raise ValueError(f"a micro-batch of {micro} examples")
    if not len(x) or len(x) != len(y):
        raise ValueError(f"{len(x)} inputs and {len(y)} targets: as many of each, at least one")
    total = 0.0
    for at in range(0, len(x), micro):
        part = x[at : at + micro]
        total = total + gradient(part, y[at : at + micro]) * len(part) / len(x)
    return np.asarray(total)


def torch_accumulate(model, loss, x, y, micro):
    """The same in PyTorch: backward() adds to .grad, one optimizer.step() may follow."""
    model.zero_grad()
    for xs, ys in zip(x.split(micro), y.split(micro), strict=True):
        (loss(model(xs), ys) * len(xs) / len(x)).backward()


def scaled_rate(rate: float, k: float, rule: str) -> float:
    """First guess at the rate for k times the batch: "linear" for SGD, "root" for Adam."""
    factors = {"linear": k, "root": k**0.5}
    if rule not in factors:
        raise ValueError(f"no rule {rule!r}; there are {', '.join(factors)}")
    return rate * factors[rule]


def time_batches(width=2048, batches=(1, 8, 64, 512)):
    """Examples per second of one linear layer on this machine, by batch size."""
    import timeit

    import torch

    layer, found = torch.nn.Linear(width, width), {}
    with torch.no_grad():
        for batch in batches:
            x = torch.randn(batch, width)
            seconds = min(timeit.repeat(lambda x=x: layer(x), number=3, repeat=5)) / 3
            found[batch] = batch / seconds
    return found
