"""Comparing values and printing them: what a relation allows, and how a result is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from gen.tex_eval import Evaluator
from gen.tex_functions import Value
from gen.tex_nodes import Binary, Cases, Indicator, Negative, Node, Number, Relation, Statement
from gen.tex_tokens import FormulaError


def distance(ours: Value, theirs: Value, column: int, label: str) -> float:
    """The largest ``|a - b| / max(1, |b|)``; equal infinities have none."""
    if np.shape(ours) != np.shape(theirs):
        raise FormulaError(
            f"the shape is {np.shape(ours)}, that of {label} is {np.shape(theirs)}",
            column,
            "mend an index or a transposition",
        )
    with np.errstate(invalid="ignore"):
        gap = np.abs(ours - theirs) / np.maximum(1.0, np.abs(theirs))
    gap = np.where(ours == theirs, 0.0, np.where(np.isnan(gap), np.inf, gap))
    return float(np.max(gap, initial=0.0))


def ordered(relation: Relation, left: Value, right: Value, tolerance: float) -> bool:
    """A strict relation holds exactly; one that allows equality allows rounding, too."""
    slack = tolerance * np.maximum(1.0, np.abs(right)) if np.all(np.isfinite(right)) else 0.0
    if relation == "<":
        return bool(np.all(left < right))
    if relation == ">":
        return bool(np.all(left > right))
    if relation == r"\le":
        return bool(np.all(left <= right + slack))
    if relation == r"\ge":
        return bool(np.all(left >= right - slack))
    return bool(np.all(np.abs(left - right) > slack))


def agrees_as_printed(nodes: Iterable[Node], left: Value, right: Value) -> bool:
    r"""``a \approx 1.05``: a rounds to the digits printed."""
    first, second = nodes
    for node, number, value in ((second, right, left), (first, left, right)):
        half = half_a_unit(node)
        if half is not None:
            return bool(np.all(np.abs(value - number) <= half * (1 + 1e-9)))
    raise FormulaError(
        "\\approx stands between two expressions", second.column, "write a number beside it, or ="
    )


def half_a_unit(node: Node) -> float | None:
    r"""Half a unit of the last printed digit of ``1.05``, ``-3`` or ``1.05 \times 10^{-3}``."""
    if isinstance(node, Negative):
        return half_a_unit(node.body)
    if isinstance(node, Number):
        return 0.5 * 10.0 ** -len(node.digits.partition(".")[2])
    if isinstance(node, Binary) and node.operator in ("times", "cdot"):
        unit, scale = half_a_unit(node.left), node.right
        if unit and isinstance(scale, Binary) and scale.operator == "^":
            return unit * float(Evaluator({}).value(scale))
    return None


def switches(statement: Statement) -> set[float]:
    """The printed numbers in the conditions of a statement: there it changes its case."""
    return set(_numbers(statement.chain, False))


def _numbers(node: Any, in_condition: bool) -> Iterator[float]:
    if isinstance(node, Number) and in_condition:
        yield float(node.digits)
        yield -float(node.digits)
    elif isinstance(node, Cases):
        for value, condition in node.branches:
            yield from _numbers(value, in_condition)
            yield from _numbers(condition, True)
    elif isinstance(node, Indicator):
        yield from _numbers(node.condition, True)
    elif isinstance(node, tuple):
        for part in node:
            yield from _numbers(part, in_condition)
    elif isinstance(node, Node):
        for name in node.__dataclass_fields__:
            yield from _numbers(getattr(node, name), in_condition)


# ---------------------------------------------------------------------- printing values


def printed(value: Any) -> str:
    """A value in a message, long arrays cut short."""
    text = _tuple(np.asarray(value, dtype=float), lambda number: f"{number:.6g}")
    return text if len(text) <= 60 else f"{text[:57]}..."


def described(values: Mapping[str, Value], names: Iterable[str]) -> str:
    """The symbols ``names`` of a sample: ``x = 0.5, n = 3``."""
    return ", ".join(f"{name} = {printed(values[name])}" for name in names if name in values)


def exact(value: Any) -> str:
    """A value that the author gave, as given."""
    return _tuple(np.asarray(value, dtype=float), lambda number: f"{number:.12g}")


def rounded(value: Any) -> str:
    """A computed value: three decimals, or three significant digits where those would vanish."""

    def one(number: float) -> str:
        if number and (abs(number) < 0.01 or abs(number) >= 1e6):
            return f"{number:.3g}"
        return f"{number:.3f}".rstrip("0").rstrip(".")

    return _tuple(np.asarray(value, dtype=float), one)


def _tuple(value: Any, one: Callable[[float], str]) -> str:
    if np.ndim(value) == 0:
        return one(float(value))
    return f"({', '.join(_tuple(part, one) for part in value)})"
