"""Surfaces to descend on, with their gradients, and the paths that optimisers take on them.

Every optimiser of this topic is a function of one step, ``step(theta, grad, state, **settings)``,
which returns the new theta and the new state; the first state is None.  ``trajectory`` repeats it,
``torch_trajectory`` does the same with an optimiser of PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from snippets import kit
from snippets.kit import Pair

Gradient = Callable[[np.ndarray], ArrayLike]
Step = Callable[..., tuple[np.ndarray, Any]]


@dataclass(frozen=True)
class Surface:
    """A function of two parameters: ``value`` and ``gradient`` take points (..., 2)."""

    name: Pair
    value: Callable[[ArrayLike], np.ndarray]
    gradient: Callable[[ArrayLike], np.ndarray]
    start: tuple[float, float]
    minimum: tuple[float, float]


def quadratic(
    name: Pair, curvatures: tuple[float, float], start: tuple[float, float], angle: float = 0.0
) -> Surface:
    """½ θᵀ H θ, where H has these curvatures along axes turned by angle (radians); minimum 0."""
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    hessian = turn @ np.diag(curvatures) @ turn.T

    def gradient(theta: ArrayLike) -> np.ndarray:
        return np.asarray(theta, dtype=float) @ hessian

    def value(theta: ArrayLike) -> np.ndarray:
        return (np.asarray(theta) * gradient(theta)).sum(axis=-1) / 2

    return Surface(name, value, gradient, start, (0.0, 0.0))


def _rosenbrock(theta: ArrayLike) -> np.ndarray:
    x, y = np.moveaxis(np.asarray(theta, dtype=float), -1, 0)
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def _rosenbrock_grad(theta: ArrayLike) -> np.ndarray:
    x, y = np.moveaxis(np.asarray(theta, dtype=float), -1, 0)
    return np.stack([-2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2)], axis=-1)


BOWL = quadratic(("碗形", "bowl"), (1.0, 4.0), (4.0, 2.0))
"""½ (x² + 4y²): condition number 4, stable for learning rates below 1/2."""
RAVINE = quadratic(("峡谷", "ravine"), (1.0, 40.0), (10.0, 1.0))
"""½ (x² + 40y²): condition number 40, stable for learning rates below 1/20."""
ROSENBROCK = Surface(("Rosenbrock", "Rosenbrock"), _rosenbrock, _rosenbrock_grad, (-1.2, 1), (1, 1))
"""(1 - x)² + 100 (y - x²)²: a curved valley; start and minimum are the usual ones."""
SURFACES = (BOWL, RAVINE, ROSENBROCK)


# --------------------------------------------------------------------------- paths


def trajectory(
    step: Step,
    gradient: Gradient,
    start: ArrayLike,
    steps: int,
    *,
    lr: ArrayLike | Callable[[int], ArrayLike],
    **settings: Any,
) -> np.ndarray:
    """The points (steps + 1, ...) that ``step`` visits from ``start``.

    ``lr`` is a number, or a function of the number of the step (0 for the first).  A start of shape
    (runs, 2) with rates (runs, 1) follows many paths at once.  A path that leaves the range of
    floating-point numbers goes on as nan.
    """
    theta, state = np.asarray(start, dtype=float), None
    path = [theta]
    with np.errstate(over="ignore", invalid="ignore"):
        for t in range(steps):
            rate = lr(t) if callable(lr) else lr
            theta, state = step(theta, gradient(theta), state, lr=rate, **settings)
            path.append(theta)
    return np.array(path)


def torch_trajectory(
    optimizer: Callable[..., Any],
    gradient: Gradient,
    start: ArrayLike,
    steps: int,
    *,
    lr: float | Callable[[int], float],
    **settings: Any,
) -> np.ndarray:
    """The same with an optimiser of PyTorch such as torch.optim.Adam, in float64."""
    import torch

    theta = torch.tensor(np.asarray(start, dtype=float), requires_grad=True)
    made = optimizer([theta], lr=lr(0) if callable(lr) else lr, **settings)
    path = [theta.detach().numpy().copy()]
    for t in range(steps):
        if callable(lr):
            made.param_groups[0]["lr"] = lr(t)
        theta.grad = torch.tensor(np.asarray(gradient(path[-1]), dtype=float))
        made.step()
        path.append(theta.detach().numpy().copy())
    return np.array(path)


def replay(gradients: Iterable[np.ndarray]) -> Gradient:
    """A gradient function that gives these gradients one after the other, whatever theta is."""
    left = iter(gradients)
    return lambda theta: next(left)


def random_gradients(steps: int, shape: Sequence[int] = (4, 3), seed: int = 0) -> np.ndarray:
    """Gradients (steps, *shape) of very different sizes, some of them exactly 0."""
    rng = np.random.default_rng(seed)
    sizes = 10.0 ** rng.uniform(-4, 2, shape)
    return rng.normal(size=(steps, *shape)) * sizes * (rng.random((steps, *shape)) > 0.1)


def side_by_side(
    step: Step,
    optimizer: Callable[..., Any],
    settings: Iterable[dict[str, Any]],
    *,
    names: dict[str, str] | None = None,
    steps: int = 100,
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Pairs of paths, ours and PyTorch's, for each of the settings.

    Each runs for ``steps`` steps on random gradients, on the ravine and on Rosenbrock's valley (the
    latter with a hundredth of the gradient, so that every rate is stable).  ``names`` translates
    our names of settings into PyTorch's, where they differ.
    """
    pairs = []
    gradients = random_gradients(steps)
    start = np.random.default_rng(1).normal(size=gradients.shape[1:])
    for ours in settings:
        theirs = {(names or {}).get(key, key): value for key, value in ours.items()}
        places: list[tuple[Callable[[], Gradient], ArrayLike]] = [
            (lambda: replay(gradients), start),
            (lambda: RAVINE.gradient, RAVINE.start),
            (lambda: lambda theta: ROSENBROCK.gradient(theta) / 100, ROSENBROCK.start),
        ]
        for make, origin in places:
            pairs.append(
                (
                    trajectory(step, make(), origin, steps, **ours),
                    torch_trajectory(optimizer, make(), origin, steps, **theirs),
                )
            )
    return pairs


def steps_until(path: np.ndarray, surface: Surface, tolerance: float) -> np.ndarray:
    """After how many steps the value stays below tolerance; one more than all where it does not.

    ``path`` (steps + 1, ..., 2) may hold many paths side by side; one number is given for each.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        outside = ~(surface.value(path) < tolerance)
    return len(path) - np.where(outside.any(axis=0), outside[::-1].argmax(axis=0), len(path))


# --------------------------------------------------------------------------- drawing


def contours(
    axes: Any,
    surface: Surface,
    x: tuple[float, float],
    y: tuple[float, float],
    levels: Sequence[float],
) -> None:
    """Grey contours of the surface over a window, and a star at its minimum."""
    grid = np.stack(np.meshgrid(np.linspace(*x, 161), np.linspace(*y, 161)), axis=-1)
    axes.contour(
        grid[..., 0],
        grid[..., 1],
        surface.value(grid),
        levels=levels,
        colors=kit.GRID,
        linewidths=1.1,
    )
    axes.plot(*surface.minimum, "*", color=kit.RED, markersize=10, zorder=5)
    axes.set_xlim(*x)
    axes.set_ylim(*y)
    axes.grid(False)
