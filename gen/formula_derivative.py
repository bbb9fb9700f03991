"""Derivatives of a sample from two independent sources: finite differences and torch's autograd."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from gen.formula_symbols import Bound
from gen.tex_functions import Value

STEP = 1e-3
"""The widest step; two halvings follow.  Rounding costs about eps |f| / STEP = 1e-13 |f|, and the
error that Richardson's extrapolation leaves is of order STEP**6."""

FD_TOLERANCE = 1e-7
"""What finite differences can promise.  Rounding alone leaves 1e-12 to 1e-9 for |f| up to 1e3, and
a kink just inside the outermost points that stays below KINK_TOLERANCE moves them by up to 1e-8;
a wrong term or factor moves a derivative by far more."""

KINK_TOLERANCE = 1e-6
"""Left and right derivatives of a smooth f differ by STEP**3 f'''' / 16 here, about 1e-10."""


class Kink(Exception):
    """Left and right derivatives differ: the sample has no derivative to compare with."""


def by_differences(bound: Bound, values: Mapping[str, Value], wrt: str) -> Value:
    """The derivative of ``bound`` in the symbol ``wrt``, of shape (*output, *input)."""
    center = np.asarray(values[wrt], dtype=float)
    at_center = _value(bound, values, wrt, center)
    columns = []
    for place in np.ndindex(center.shape):
        direction = np.zeros_like(center)
        direction[place] = STEP * max(1.0, abs(float(center[place])))
        columns.append(_along(bound, values, wrt, center, direction, place, at_center))
    stacked = np.stack(columns, axis=-1)
    return stacked.reshape((*at_center.shape, *center.shape))


def _along(
    bound: Bound,
    values: Mapping[str, Value],
    wrt: str,
    center: Any,
    direction: Any,
    place: tuple[int, ...],
    at_center: Any,
) -> Any:
    """The derivative in one element: central differences at three steps, extrapolated."""
    step = float(direction[place])
    right = [_value(bound, values, wrt, center + direction / 2**k) for k in range(3)]
    left = [_value(bound, values, wrt, center - direction / 2**k) for k in range(3)]
    from_right = (4 * right[1] - right[0] - 3 * at_center) / step
    from_left = (3 * at_center - 4 * left[1] + left[0]) / step
    scale = np.maximum(1.0, np.abs(from_right))
    if np.any(np.abs(from_right - from_left) > KINK_TOLERANCE * scale):
        raise Kink
    table = [(right[k] - left[k]) / (2 * step / 2**k) for k in range(3)]
    for order in (1, 2):
        factor = 4**order
        table = [(factor * b - a) / (factor - 1) for a, b in pairwise(table)]
    return table[0]


def _value(bound: Bound, values: Mapping[str, Value], wrt: str, at: Any) -> Any:
    return np.asarray(bound({**values, wrt: at[()]}), dtype=float)


def by_autograd(bound: Bound, values: Mapping[str, Value], wrt: str) -> Value:
    """The same derivative from torch in float64; numbers other than ``wrt`` stay Python floats."""
    import torch

    def convert(value: Value) -> Any:
        if isinstance(value, torch.Tensor) or np.ndim(value) == 0:
            return value if isinstance(value, torch.Tensor) else float(value)
        return torch.as_tensor(np.asarray(value), dtype=torch.float64)

    def function(at: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = bound({**values, wrt: at}, convert)
        return result

    start = torch.as_tensor(np.asarray(values[wrt]), dtype=torch.float64)
    jacobian = torch.autograd.functional.jacobian(function, start)  # type: ignore[no-untyped-call]
    return jacobian.detach().numpy()
