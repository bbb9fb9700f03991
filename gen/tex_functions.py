"""The functions that a formula may use without declaring them, as NumPy knows them."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

Value = Any
"""A NumPy float64 or a float64 array."""


class EvaluationError(ValueError):
    """A value for which the formula has no meaning: what is wrong, and what to do."""

    def __init__(self, message: str, todo: str) -> None:
        super().__init__(message, todo)
        self.message = message
        self.todo = todo


def floor(value: Value) -> Value:
    return np.floor(value)


def ceil(value: Value) -> Value:
    return np.ceil(value)


def absolute(value: Value) -> Value:
    """``|x|`` of a number; of an array it might be a norm, a determinant or elementwise."""
    if np.ndim(value):
        raise EvaluationError(
            "bars around an array can be read in two ways", "write \\|x\\| or |x_i|"
        )
    return np.abs(value)


def root(value: Value, degree: Value) -> Value:
    """Real roots; the odd root of a negative number is nan, and so an error of the sample."""
    if np.ndim(degree):
        raise EvaluationError("the degree of a root is an array", "write a number")
    return np.sqrt(value) if degree == 2 else np.power(value, 1.0 / degree)


def erf(value: Value) -> Value:
    return _erf(value) if np.ndim(value) else np.float64(math.erf(value))


_erf = np.vectorize(math.erf, otypes=[float])


def largest(*values: Value) -> Value:
    """``max(a, b)`` elementwise; ``max(z)`` over the elements of one array."""
    return _extreme(np.maximum, np.max, values)


def smallest(*values: Value) -> Value:
    return _extreme(np.minimum, np.min, values)


def _extreme(
    of_two: Callable[[Value, Value], Value], of_array: Callable[[Value], Value], values: Any
) -> Value:
    if len(values) > 1:
        return reduce(of_two, values)
    if not np.ndim(values[0]):
        raise EvaluationError("the extreme of one number", "give it an array or two arguments")
    return of_array(values[0])


def diagonal(value: Value) -> Value:
    if np.ndim(value) != 1:
        raise EvaluationError("diag needs a vector", "give it one")
    return np.diag(value)


def trace(value: Value) -> Value:
    if np.ndim(value) != 2:
        raise EvaluationError("tr needs a matrix", "give it one")
    return np.trace(value)


BUILTIN: dict[str, Callable[..., Value]] = {
    r"\exp": np.exp,
    r"\log": np.log,
    r"\ln": np.log,
    r"\sin": np.sin,
    r"\cos": np.cos,
    r"\tan": np.tan,
    r"\arctan": np.arctan,
    r"\sinh": np.sinh,
    r"\cosh": np.cosh,
    r"\tanh": np.tanh,
    r"\max": largest,
    r"\min": smallest,
    r"\operatorname{erf}": erf,
    r"\operatorname{sign}": np.sign,
    r"\operatorname{sgn}": np.sign,
    r"\operatorname{diag}": diagonal,
    r"\operatorname{tr}": trace,
}
