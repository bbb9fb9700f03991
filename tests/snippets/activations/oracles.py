"""What the activations are held against: exact values, autograd, finite differences.

None of it uses the code under test, nor its way of computing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import mpmath
import numpy as np
import torch

RNG = np.random.default_rng(20)
POINTS = np.sort(
    np.concatenate([RNG.uniform(-6, 6, 60), RNG.normal(0, 30, 30), 10.0 ** RNG.uniform(-12, 0, 10)])
)
"""Places to compare at: dense where the curves bend, some far out, some close to 0, not 0."""

DTYPES = (np.float64, np.float32)
DIGITS = 350
"""Beyond the smallest float64: 1 + exp(-700) still differs from 1."""


def exact(formula: Callable[[Any], Any], x: np.ndarray) -> np.ndarray:
    """The formula at each x to so many digits that nothing cancels, rounded once to float64."""
    with mpmath.workdps(DIGITS):
        return np.array([float(formula(mpmath.mpf(float(v)))) for v in x])


def exact_slope(formula: Callable[[Any], Any], x: np.ndarray) -> np.ndarray:
    """The derivative of the formula at each x, by differences of as many digits."""
    with mpmath.workdps(DIGITS):
        return np.array([float(mpmath.diff(formula, mpmath.mpf(float(v)))) for v in x])


def autograd(function: Callable[..., torch.Tensor], *inputs: np.ndarray) -> list[np.ndarray]:
    """Gradients of the sum of the outputs by each input, by PyTorch, in the dtype of the inputs."""
    tensors = [torch.tensor(x, requires_grad=True) for x in inputs]
    gradients = torch.autograd.grad(function(*tensors).sum(), tensors)
    return [gradient.numpy() for gradient in gradients]


def difference(function: Callable[[np.ndarray], np.ndarray], x: np.ndarray) -> np.ndarray:
    """Slope of an element-wise function by the five-point rule: errors of order h⁴ and 1e-16/h."""
    h = 1e-3
    return (
        8 * (function(x + h) - function(x - h)) - (function(x + 2 * h) - function(x - 2 * h))
    ) / (12 * h)


def away_from(x: np.ndarray, kinks: Sequence[float], margin: float = 0.01) -> np.ndarray:
    """The x that are farther than margin from every kink."""
    return x[np.all([np.abs(x - kink) > margin for kink in kinks], axis=0)] if kinks else x


def assert_close(
    ours: Any, theirs: Any, *, ulps: float | np.ndarray = 4, floor: float = 0.0
) -> None:
    """Equal to ``ulps`` units in the last place of max(|theirs|, floor), in the dtype of ours.

    nan and inf equal themselves.  The smallest normal number is forgiven on top: below it digits
    are lost.
    """
    ours = np.asarray(ours)
    info = np.finfo(ours.dtype)
    theirs = np.asarray(theirs, dtype=float)
    assert ours.shape == theirs.shape
    with np.errstate(invalid="ignore"):
        gap = np.abs(ours.astype(float) - theirs)
    allowed = ulps * float(info.eps) * np.maximum(np.abs(theirs), floor) + float(info.tiny)
    same = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
    bad = ~(same | (gap <= allowed))
    assert not bad.any(), (
        f"{bad.sum()} of {bad.size} differ; first: ours {ours[bad][0]!r}, theirs {theirs[bad][0]!r}"
    )
