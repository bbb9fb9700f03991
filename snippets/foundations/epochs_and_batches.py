"""Epoch, batch size, step; batch, stochastic and mini-batch gradient descent."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np


def steps_per_epoch(n: int, batch_size: int, drop_last: bool = False) -> int:
    """Updates in one pass over n examples: n / batch_size rounded up, or down with drop_last.

    ValueError: n or batch_size below 1.
    """
    if n < 1 or batch_size < 1:
        raise ValueError(f"n is {n}, batch_size is {batch_size}; both must be at least 1")
    return n // batch_size if drop_last else -(-n // batch_size)


def batches(
    n: int, batch_size: int, rng: np.random.Generator, drop_last: bool = False
) -> Iterator[np.ndarray]:
    """One epoch: the indices 0 ... n - 1 in random order, each at most once, batch by batch.

    ValueError: n or batch_size below 1.
    """
    steps = steps_per_epoch(n, batch_size, drop_last)
    order = rng.permutation(n)
    for step in range(steps):
        yield order[step * batch_size : (step + 1) * batch_size]


def torch_steps(n: int, batch_size: int, drop_last: bool = False) -> int:
    """The same in PyTorch: a DataLoader's length is its number of steps in an epoch."""
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    data = TensorDataset(torch.arange(n))
    return len(DataLoader(data, batch_size=batch_size, shuffle=True, drop_last=drop_last))


def example_gradients(w: np.ndarray, X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Gradient of (x·w - y)² by w for each example: X is (n, p), y (n,); the result is (n, p)."""
    return 2 * (X @ w - y)[:, None] * X


def rms_noise(
    gradients: np.ndarray, batch_size: int, rng: np.random.Generator, draws: int = 2000
) -> float:
    """Root mean square distance of mini-batch gradients from the full one, by sampling.

    gradients is (n, p), one example a row; batches are drawn with replacement.
    """
    picks = rng.integers(0, len(gradients), (draws, batch_size))
    estimates = np.stack([gradients[pick].mean(axis=0) for pick in picks])
    return float(np.sqrt(((estimates - gradients.mean(axis=0)) ** 2).sum(axis=1).mean()))


def sum_and_mean(w: float, x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Gradients by w of the summed and of the averaged loss (w x - y)² over a batch."""
    each = 2 * (w * x - y) * x
    return float(each.sum()), float(each.mean())


def torch_sum_and_mean(w: float, x, y):
    """The same in PyTorch; x and y are tensors."""
    import torch
    import torch.nn.functional as F

    found = []
    for reduction in ("sum", "mean"):
        weight = torch.tensor(w, dtype=x.dtype, requires_grad=True)
        F.mse_loss(weight * x, y, reduction=reduction).backward()
        found.append(weight.grad.item())
    return tuple(found)


def descend(X, y, batch_size: int, lr: float, epochs: int, rng: np.random.Generator) -> np.ndarray:
    """Parameters (steps + 1, p) on the way of least squares from 0, by mini-batches."""
    path = [np.zeros(X.shape[1])]
    for _ in range(epochs):
        for pick in batches(len(X), batch_size, rng):
            gradient = example_gradients(path[-1], X[pick], y[pick]).mean(axis=0)
            path.append(path[-1] - lr * gradient)
    return np.array(path)


def torch_descend(X, y, batch_size: int, lr: float, epochs: int):
    """The same in PyTorch; torch.optim.SGD does not know how large the batch was."""
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    w = torch.zeros(X.shape[1], dtype=X.dtype, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=lr)
    loader = DataLoader(TensorDataset(X, y), batch_size=batch_size, shuffle=True)
    for _ in range(epochs):
        for inputs, targets in loader:
            optimizer.zero_grad()
            ((inputs @ w - targets) ** 2).mean().backward()
            optimizer.step()
    return w.detach()
