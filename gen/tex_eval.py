"""The tree of a formula to NumPy values: one method a kind of node, chosen by its type.

A vector is a column.  Its transpose is a :class:`Row`, so that ``a^T b`` is a number and ``a b^T``
a matrix although NumPy gives both the same shape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn

import numpy as np

from gen.tex_functions import EvaluationError, Value
from gen.tex_nodes import (
    Binary,
    Call,
    Cases,
    Chain,
    Constant,
    Extremum,
    Indicator,
    Interval,
    Item,
    Limit,
    Name,
    Negative,
    Node,
    Norm,
    Number,
    Reduce,
    Relation,
    Span,
    Transpose,
)
from gen.tex_tokens import FormulaError

SAME_CASE = 1e-9
"""How far two cases that meet at a boundary may differ: by rounding."""
LIMIT_STEPS = 45
LIMIT_TOLERANCE = 1e-10
GRID = 65
ZOOMS = 8


class Row(np.ndarray[Any, np.dtype[np.float64]]):
    """A transposed vector; NumPy's functions keep the type."""


class Evaluator:
    """Walks trees; ``values`` holds the sample by normal name, and bound indices while they run."""

    def __init__(self, values: Mapping[str, Value]) -> None:
        self.values: dict[str, Value] = dict(values)

    def value(self, node: Node) -> Value:
        return _METHODS[type(node)](self, node)

    def fail(self, node: Node, message: str, todo: str) -> NoReturn:
        raise FormulaError(message, node.column, todo)

    # ------------------------------------------------------------------ atoms

    def number(self, node: Number) -> Value:
        return np.float64(node.digits)

    def constant(self, node: Constant) -> Value:
        return np.float64(node.value)

    def name(self, node: Name) -> Value:
        return self.values[node.name]

    def item(self, node: Item) -> Value:
        base = self.value(node.base)
        places = tuple(self.place(subscript) for subscript in node.subscripts)
        shape = np.shape(base)
        if len(places) > len(shape):
            self.fail(node, f"{len(places)} subscripts on a value of shape {shape}", "remove one")
        for place, length in zip(places, shape, strict=False):
            if not 0 <= place < length:
                self.fail(
                    node,
                    f"the subscript {place + 1} is outside 1..{length}",
                    "mend the range of the index or the size of the array",
                )
        return base[places]

    def place(self, node: Node) -> int:
        number = self.value(node)
        if np.ndim(number) or not np.isfinite(number) or number % 1:
            self.fail(node, f"the subscript {number} is no whole number", "use an index")
        return int(number) - 1

    # ------------------------------------------------------------------ arithmetic

    def negative(self, node: Negative) -> Value:
        return -self.value(node.body)

    def binary(self, node: Binary) -> Value:
        left, right = self.value(node.left), self.value(node.right)
        try:
            return _OPERATIONS[node.operator](left, right)
        except EvaluationError as error:
            self.fail(node, error.message, error.todo)
        except ValueError:
            shapes = f"{np.shape(left)} and {np.shape(right)}"
            self.fail(node, f"the shapes {shapes} do not fit", "mend the order, or transpose")

    def transpose(self, node: Transpose) -> Value:
        value = self.value(node.body)
        axes = np.ndim(value)
        if not axes:
            self.fail(node, "a number is transposed", "write a power with braces, or an array")
        if axes > 1:
            return np.swapaxes(value, -1, -2)
        return np.asarray(value) if isinstance(value, Row) else value.view(Row)

    def call(self, node: Call) -> Value:
        arguments = [self.value(argument) for argument in node.arguments]
        try:
            result = node.function(*arguments)
        except EvaluationError as error:
            self.fail(node, error.message, error.todo)
        except Exception as error:
            self.fail(node, f"{node.name} raised {type(error).__name__}: {error}", "mend it")
        return result if type(result) is np.float64 else as_value(result)

    def norm(self, node: Norm) -> Value:
        value = self.value(node.body)
        axes = np.ndim(value)
        if axes == 2 and node.order is None:
            self.fail(node, "a matrix has several norms", "write \\|W\\|_F or \\|W\\|_2")
        if node.order == "F":
            if axes != 2:
                self.fail(node, "the Frobenius norm is one of matrices", "write \\|x\\|_2")
            return np.linalg.norm(value)
        orders = {"1": 1, "2": 2, r"\infty": np.inf, None: 2}
        return np.linalg.norm(np.atleast_1d(value), orders[node.order])

    # ------------------------------------------------------------------ conditions

    def cases(self, node: Cases) -> Value:
        """The value of the case that applies, elementwise where the condition is an array.

        Cases are not tried in order as in a program: where two apply, they must agree.
        """
        covered: Any = np.False_
        result: Value = np.float64(np.nan)
        for branch, condition in node.branches:
            here = np.logical_not(covered) if condition is None else self.holds(condition)
            if not np.any(here):
                continue
            value = self.value(branch)
            twice = np.logical_and(covered, here)
            if np.any(twice & ~np.isclose(value, result, rtol=SAME_CASE, atol=SAME_CASE)):
                self.fail(node, "two cases apply and differ", "let no conditions overlap")
            result = np.where(covered, result, np.where(here, value, np.nan))[()]
            covered = np.logical_or(covered, here)
        if not np.all(covered):
            self.fail(node, "no case applies", "add the missing case or \\text{otherwise}")
        return result

    def indicator(self, node: Indicator) -> Value:
        holds = self.holds(node.condition)
        return np.asarray(holds, dtype=float)[()]

    def holds(self, chain: Chain) -> Any:
        """Whether every relation of a condition holds: exactly, without tolerance."""
        result: Any = True
        left = self.value(chain.members[0])
        for relation, member in zip(chain.relations, chain.members[1:], strict=True):
            if isinstance(member, Interval):
                result = result & self.contains(member, left)
                continue
            right = self.value(member)
            if relation not in _CONDITIONS:
                self.fail(chain, f"{relation} is no exact condition", "write = < > \\le \\ge \\ne")
            result = result & _CONDITIONS[relation](left, right)
            left = right
        return result

    def decides(self, chain: Chain) -> bool:
        """A condition that must be one truth value."""
        result = self.holds(chain)
        if np.ndim(result):
            self.fail(chain, "the condition of a range is an array", "compare numbers")
        return bool(result)

    def contains(self, node: Interval, value: Value) -> Any:
        low, high = self.value(node.low), self.value(node.high)
        above = value >= low if node.low_closed else value > low
        below = value <= high if node.high_closed else value < high
        return above & below

    # ------------------------------------------------------------------ ranges and limits

    def reduce(self, node: Reduce) -> Value:
        results = [self.value(node.body) for _ in self.combinations(node.spans)]
        if node.operator == "sum":
            return sum(results, start=np.float64(0.0))
        if node.operator == "prod":
            if any(np.ndim(result) for result in results):
                what = "a \\prod of arrays can be read in two ways"
                self.fail(node, what, "write the factors side by side, or the elements")
            return np.prod(results, initial=np.float64(1.0))
        if not results:
            self.fail(node, f"the {node.operator} of an empty range", "mend the range")
        return (np.max if node.operator == "max" else np.min)(results, axis=0)

    def combinations(self, spans: tuple[Span, ...]) -> Iterator[None]:
        """Bind the indices of ``spans`` to each combination of their values in turn."""
        if not spans:
            yield
            return
        span, inner = spans[0], spans[1:]
        first, last = self.value(span.first), self.value(span.last)
        if np.ndim(first) or np.ndim(last) or first % 1 or last % 1:
            self.fail(span.last, f"the range {first}..{last} is not whole", "use \\lfloor")
        hidden = self.values.get(span.variable)
        for number in range(int(first), int(last) + 1):
            self.values[span.variable] = np.float64(number)
            if span.only is None or self.decides(span.only):
                yield from self.combinations(inner)
        self.restore(span.variable, hidden)

    def restore(self, name: str, hidden: Value | None) -> None:
        if hidden is None:
            self.values.pop(name, None)
        else:
            self.values[name] = hidden

    def at(self, variable: str, value: float, body: Node) -> Value:
        """The value of ``body`` where ``variable`` is ``value``."""
        hidden = self.values.get(variable)
        self.values[variable] = np.float64(value)
        result = self.value(body)
        self.restore(variable, hidden)
        return result

    def extremum(self, node: Extremum) -> Value:
        """A grid over the range, then finer grids around the best point.

        Exact to rounding where the function is smooth; a peak narrower than the grid may be missed.
        """
        sign = 1.0 if node.largest else -1.0
        low, high = node.low, node.high
        best = -np.inf
        for _ in range(ZOOMS):
            grid = np.linspace(low, high, GRID)
            heights = [sign * self.at(node.variable, point, node.body) for point in grid]
            if np.ndim(heights) > 1:
                self.fail(node, "the extreme of an array over a range", "take one element")
            top = int(np.argmax(heights))
            best = max(best, heights[top])
            low, high = grid[max(top - 1, 0)], grid[min(top + 1, GRID - 1)]
        return np.float64(sign * best)

    def limit(self, node: Limit) -> Value:
        """The common limit from every side; it must converge, and the sides must agree."""
        target = self.value(node.target)
        if np.isinf(target):
            found = [self.approach(node, lambda step: float(np.sign(target) / step))]
        else:
            found = [self.approach(node, beside(target, side)) for side in node.sides]
        if not np.allclose(found[0], found[-1], rtol=0, atol=1e-7):
            self.fail(node, f"the limits {found[0]} and {found[-1]} differ", "write x \\to a^+")
        return found[-1]

    def approach(self, node: Limit, point: Callable[[float], float]) -> Value:
        """Values at halved steps, extrapolated by Richardson's table (an expansion in the step)."""
        previous: list[Value] = []
        for halvings in range(2, LIMIT_STEPS):
            row = [self.at(node.variable, point(0.5**halvings), node.body)]
            for order, before in enumerate(previous[:4], 1):
                row.append(row[-1] + (row[-1] - before) / (2**order - 1))
            if len(previous) == 5 and np.all(np.isfinite(row[-1])):
                gap = np.abs(row[-1] - previous[-1]) / np.maximum(1.0, np.abs(row[-1]))
                if np.max(gap) <= LIMIT_TOLERANCE and np.allclose(row[0], row[-1], atol=1e-2):
                    return row[-1]
            previous = row
        return self.fail(node, "the limit does not converge", "state a limit that exists")


def beside(target: float, side: int) -> Callable[[float], float]:
    """The point at a distance from ``target``, on one side of it."""
    return lambda step: target + side * step


# ---------------------------------------------------------------------- operations on values


def as_value(result: Any) -> Value:
    """The result of a foreign function as float64; a Row stays one."""
    if isinstance(result, Row):
        return result
    return np.asarray(result, dtype=float)[()]


def plain(value: Value) -> Value:
    """A value as snippets give it: a row is a vector like any other."""
    return np.asarray(value) if isinstance(value, Row) else value


def _same_kind(left: Value, right: Value) -> None:
    """A row and a column of the same length would silently be added elementwise."""
    if np.ndim(left) == 1 == np.ndim(right) and isinstance(left, Row) != isinstance(right, Row):
        raise EvaluationError("a row and a column are combined", "transpose one of them")


def _add(left: Value, right: Value) -> Value:
    _same_kind(left, right)
    return left + right


def _subtract(left: Value, right: Value) -> Value:
    _same_kind(left, right)
    return left - right


def _divide(left: Value, right: Value) -> Value:
    _same_kind(left, right)
    if np.ndim(left) > 1 and np.ndim(right) > 1:
        raise EvaluationError("a matrix is divided by a matrix", "write the elements")
    return left / right


def _elementwise(left: Value, right: Value) -> Value:
    _same_kind(left, right)
    return left * right


def _power(left: Value, right: Value) -> Value:
    if np.ndim(left) > 1 or np.ndim(right) > 1:
        raise EvaluationError(
            "a power with a matrix can be read in two ways", "write the product, or the elements"
        )
    return left**right


def _product(left: Value, right: Value) -> Value:
    """Juxtaposition: a scale, or the matrix product with vectors as columns."""
    if not np.ndim(left) or not np.ndim(right):
        return left * right
    left_row, right_row = isinstance(left, Row), isinstance(right, Row)
    if np.ndim(left) == 1 and np.ndim(right) == 1:
        if left_row and not right_row:
            return np.float64(np.asarray(left) @ np.asarray(right))
        if right_row and not left_row:
            return np.outer(np.asarray(left), np.asarray(right))
        raise EvaluationError(
            "two vectors stand side by side", "write a^\\top b, a b^\\top or a \\odot b"
        )
    if np.ndim(left) == 1 and not left_row:
        raise EvaluationError("a column stands before a matrix", "write x^\\top W or W x")
    if np.ndim(right) == 1 and right_row:
        raise EvaluationError("a row stands after a matrix", "write W x")
    result = np.asarray(left) @ np.asarray(right)
    return result.view(Row) if left_row and result.ndim == 1 else result


def _dot(left: Value, right: Value) -> Value:
    r"""``a \cdot b``: the inner product of two vectors, else as juxtaposition."""
    if np.ndim(left) == 1 == np.ndim(right):
        return np.float64(np.asarray(left) @ np.asarray(right))
    return _product(left, right)


def _times(left: Value, right: Value) -> Value:
    if np.ndim(left) and np.ndim(right):
        raise EvaluationError("\\times between arrays can be read in two ways", "write \\odot")
    return left * right


def _outer(left: Value, right: Value) -> Value:
    if np.ndim(left) != 1 or np.ndim(right) != 1:
        raise EvaluationError("\\otimes is known for two vectors", "declare a function")
    return np.outer(left, right)


_OPERATIONS: dict[str, Callable[[Value, Value], Value]] = {
    "+": _add,
    "-": _subtract,
    "/": _divide,
    "^": _power,
    "juxtapose": _product,
    "cdot": _dot,
    "times": _times,
    "odot": _elementwise,
    "otimes": _outer,
}
_CONDITIONS: dict[Relation, Callable[[Value, Value], Any]] = {
    "=": np.equal,
    "<": np.less,
    ">": np.greater,
    r"\le": np.less_equal,
    r"\ge": np.greater_equal,
    r"\ne": np.not_equal,
}
_METHODS: dict[type[Node], Callable[[Evaluator, Any], Value]] = {
    Number: Evaluator.number,
    Constant: Evaluator.constant,
    Name: Evaluator.name,
    Item: Evaluator.item,
    Negative: Evaluator.negative,
    Binary: Evaluator.binary,
    Transpose: Evaluator.transpose,
    Call: Evaluator.call,
    Norm: Evaluator.norm,
    Cases: Evaluator.cases,
    Indicator: Evaluator.indicator,
    Reduce: Evaluator.reduce,
    Extremum: Evaluator.extremum,
    Limit: Evaluator.limit,
}
