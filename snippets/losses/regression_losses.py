"""Losses of a residual: squared, absolute, and Huber's and Smooth-L1's ways between them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from snippets.losses._a_reduction import reduced, residuals, share


def mse(prediction: ArrayLike, target: ArrayLike, reduction: str = "mean") -> np.ndarray:
    """Mean squared error; both arguments of one shape, range [0, inf).

    ValueError: shapes that differ, an unknown reduction.
    """
    return reduced(residuals(prediction, target) ** 2, reduction)


def mse_grad(prediction: ArrayLike, target: ArrayLike, reduction: str = "mean") -> np.ndarray:
    """Gradient of ``mse`` by the prediction, in its shape: proportional to the residual."""
    e = residuals(prediction, target)
    return 2 * e * share(e, reduction)


def mae(prediction: ArrayLike, target: ArrayLike, reduction: str = "mean") -> np.ndarray:
    """Mean absolute error, the L1 loss; both arguments of one shape, range [0, inf).

    ValueError: shapes that differ, an unknown reduction.
    """
    return reduced(np.abs(residuals(prediction, target)), reduction)


def mae_grad(prediction: ArrayLike, target: ArrayLike, reduction: str = "mean") -> np.ndarray:
    """A subgradient of ``mae`` by the prediction: the sign of the residual.

    At a residual of 0 every number in [-1, 1] is one; this takes 0, as PyTorch does.
    """
    e = residuals(prediction, target)
    return np.sign(e) * share(e, reduction)


def smooth_l1(
    prediction: ArrayLike, target: ArrayLike, beta: float = 1.0, reduction: str = "mean"
) -> np.ndarray:
    """Smooth L1: a parabola up to |residual| = beta, from there a line of slope 1.

    Range [0, inf); beta = 0 gives the L1 loss.  ValueError: a negative beta, shapes that differ, an
    unknown reduction.  [girshick2015]
    """
    if not beta >= 0:
        raise ValueError(f"beta is {beta}; it must not be negative")
    e = np.abs(residuals(prediction, target))
    near = np.minimum(e, beta)
    curved = 0.5 * near**2 / beta if beta else 0 * near
    return reduced(curved + (e - near), reduction)


def smooth_l1_grad(
    prediction: ArrayLike, target: ArrayLike, beta: float = 1.0, reduction: str = "mean"
) -> np.ndarray:
    """Gradient of ``smooth_l1`` by the prediction: residual / beta, held within [-1, 1].

    ValueError: as for ``smooth_l1``.
    """
    if not beta >= 0:
        raise ValueError(f"beta is {beta}; it must not be negative")
    e = residuals(prediction, target)
    slope = np.clip(e / beta, -1, 1) if beta else np.sign(e)
    return slope * share(e, reduction)


def huber(
    prediction: ArrayLike, target: ArrayLike, delta: float = 1.0, reduction: str = "mean"
) -> np.ndarray:
    """Huber's loss: half the square up to |residual| = delta, from there a line of slope delta.

    Range [0, inf); delta = inf gives half the square.  ValueError: delta not positive, shapes that
    differ, an unknown reduction.  [huber1964]
    """
    if not delta > 0:
        raise ValueError(f"delta is {delta}; it must be positive")
    e = np.abs(residuals(prediction, target))
    near = np.minimum(e, delta)
    return reduced(near * (0.5 * near + (e - near)), reduction)


def huber_grad(
    prediction: ArrayLike, target: ArrayLike, delta: float = 1.0, reduction: str = "mean"
) -> np.ndarray:
    """Gradient of ``huber`` by the prediction: the residual, held within [-delta, delta].

    ValueError: as for ``huber``.
    """
    if not delta > 0:
        raise ValueError(f"delta is {delta}; it must be positive")
    e = residuals(prediction, target)
    return np.clip(e, -delta, delta) * share(e, reduction)


def regression_losses(
    prediction: ArrayLike,
    target: ArrayLike,
    beta: float = 1.0,
    delta: float = 1.0,
    reduction: str = "mean",
) -> dict[str, np.ndarray]:
    """The four losses of the same predictions, by name; both arguments of one shape."""
    return {
        "mse": mse(prediction, target, reduction),
        "mae": mae(prediction, target, reduction),
        "smooth_l1": smooth_l1(prediction, target, beta, reduction),
        "huber": huber(prediction, target, delta, reduction),
    }


def regression_gradients(
    prediction: ArrayLike,
    target: ArrayLike,
    beta: float = 1.0,
    delta: float = 1.0,
    reduction: str = "mean",
) -> dict[str, np.ndarray]:
    """Their gradients by the prediction, each in its shape."""
    return {
        "mse": mse_grad(prediction, target, reduction),
        "mae": mae_grad(prediction, target, reduction),
        "smooth_l1": smooth_l1_grad(prediction, target, beta, reduction),
        "huber": huber_grad(prediction, target, delta, reduction),
    }


def torch_regression_losses(prediction, target, beta=1.0, delta=1.0, reduction="mean"):
    """The four in PyTorch; both tensors must have one shape."""
    import torch.nn.functional as F

    if prediction.shape != target.shape:
        raise ValueError(f"shapes {tuple(prediction.shape)} and {tuple(target.shape)} differ")
    return {
        "mse": F.mse_loss(prediction, target, reduction=reduction),
        "mae": F.l1_loss(prediction, target, reduction=reduction),
        "smooth_l1": F.smooth_l1_loss(prediction, target, beta=beta, reduction=reduction),
        "huber": F.huber_loss(prediction, target, delta=delta, reduction=reduction),
    }


def error_measures(prediction: ArrayLike, target: ArrayLike) -> dict[str, float]:
    """Sum and mean of the squared errors, root of the mean, root of the sum (the distance)."""
    e = residuals(prediction, target)
    sse = float((e**2).sum())
    return {"sse": sse, "mse": sse / e.size, "rmse": (sse / e.size) ** 0.5, "distance": sse**0.5}


def torch_column_against_row(values):
    """MSE of numbers (N,) against themselves, once as a column (N, 1): broadcast to (N, N)."""
    import warnings

    import torch.nn.functional as F

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        loss = F.mse_loss(values[:, None], values)
    return loss.item(), [str(w.message) for w in caught]


def descend(slope, start: float, rates) -> np.ndarray:
    """Positions of gradient descent on one number: x - rate · slope(x), one step a rate."""
    path = [start]
    for rate in rates:
        path.append(path[-1] - rate * float(slope(path[-1])))
    return np.array(path)


def torch_descend(start: float, rates):
    """The same for the L1 loss of PyTorch, with torch.optim.SGD."""
    import torch
    import torch.nn.functional as F

    x = torch.tensor([start], dtype=torch.float64, requires_grad=True)
    path, optimiser = [start], torch.optim.SGD([x], lr=1.0)
    for rate in rates:
        optimiser.param_groups[0]["lr"] = float(rate)
        optimiser.zero_grad()
        F.l1_loss(x, torch.zeros_like(x)).backward()
        optimiser.step()
        path.append(x.item())
    return path


def best_constant(loss, y: np.ndarray, grid: np.ndarray) -> float:
    """The number of the grid that has the least loss as the prediction for every y."""
    return float(min(grid, key=lambda c: loss(np.full_like(y, c), y)))


def least_squares(A: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Weights w (p,) with the least sum of (A w - y)²; A is (n, p), y is (n,)."""
    return np.linalg.lstsq(A, y, rcond=None)[0]


def least_absolute(A: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Weights w (p,) with a least sum of |A w - y|; A is (n, p), y is (n,).

    Some optimum runs through p of the points.  This goes from one such solution to a better one by
    exchanging a point, until the multipliers of all p points are within [-1, 1]: then none is
    better.  Ties, in which it could go round in circles, are broken by shifting y by 1e-9 of its
    size while points are chosen.  ValueError: columns of A that depend on one another.
    """
    p = A.shape[1]
    if np.linalg.matrix_rank(A) < p:
        raise ValueError(f"the columns of A {A.shape} are not independent; leave some out")
    shifts = np.random.default_rng(0).uniform(-1, 1, len(y))
    shifted = y + 1e-9 * max(1, np.abs(y).max()) * shifts
    chosen = np.zeros(0, dtype=int)  # the closest points that determine a solution
    for point in np.argsort(np.abs(A @ least_squares(A, y) - y)):
        more = np.append(chosen, point)
        if len(chosen) < p and np.linalg.matrix_rank(A[more]) == len(more):
            chosen = more
    while True:
        inverse = np.linalg.inv(A[chosen])
        e = shifted - A @ (inverse @ shifted[chosen])
        e[chosen] = 0
        multipliers = -(np.sign(e) @ A) @ inverse
        worst = np.abs(multipliers).argmax()
        if np.abs(multipliers[worst]) <= 1 + 1e-9:
            return inverse @ y[chosen]
        along = A @ inverse[:, worst]
        along[np.delete(chosen, worst)] = 0  # these stay on the line
        moving = np.flatnonzero(np.abs(along) > 1e-12 * np.abs(along).max())
        order = moving[np.argsort(e[moving] / along[moving])]
        weights = np.cumsum(np.abs(along[order]))  # the best step is a weighted median
        chosen[worst] = order[np.searchsorted(weights, weights[-1] / 2)]


def least_huber(A: np.ndarray, y: np.ndarray, delta: float = 1.0, steps: int = 200) -> np.ndarray:
    """Weights w (p,) with the least sum of Huber's loss, by reweighted least squares.

    A point beyond delta counts with delta / |residual|.  [huber1964]
    """
    weight = np.ones(len(y))
    for _ in range(steps):
        root = np.sqrt(weight)
        w = least_squares(A * root[:, None], y * root)
        weight = delta / np.maximum(np.abs(A @ w - y), delta)
    return w


def torch_fit_line(x, y, loss_function, steps=1500, rate=0.3, decay=0.99):
    """Slope and intercept by Adam with a falling rate; loss_function is one like F.l1_loss."""
    import torch

    x, y = torch.as_tensor(x), torch.as_tensor(y)
    w = torch.zeros(2, dtype=x.dtype, requires_grad=True)
    optimiser = torch.optim.Adam([w], lr=rate)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimiser, decay)
    for _ in range(steps):
        optimiser.zero_grad()
        loss_function(w[0] * x + w[1], y).backward()
        optimiser.step()
        schedule.step()
    return w.detach().numpy()


def lasso(A: np.ndarray, y: np.ndarray, strength: float, sweeps: int = 200) -> np.ndarray:
    """Least mean of (A w - y)² / 2 plus strength · Σ|w|, by coordinate descent.  [tibshirani1996]

    A weight whose slope without itself is within ±strength becomes exactly 0.
    """
    w, e, squares = np.zeros(A.shape[1]), y.copy(), (A**2).mean(axis=0)
    for _ in range(sweeps):
        for j, column in enumerate(A.T):
            pull = column @ e / len(y) + squares[j] * w[j]
            new = np.sign(pull) * max(abs(pull) - strength, 0.0) / squares[j]
            e -= column * (new - w[j])
            w[j] = new
    return w


def ridge(A: np.ndarray, y: np.ndarray, strength: float) -> np.ndarray:
    """Least mean of (A w - y)² / 2 plus strength · Σw² / 2, in closed form."""
    n, p = A.shape
    return np.linalg.solve(A.T @ A / n + strength * np.eye(p), A.T @ y / n)
