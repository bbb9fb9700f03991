"""What a formula means, as a tree.  The parser makes it once; the evaluator walks it per sample."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Operator = Literal["+", "-", "/", "^", "juxtapose", "cdot", "times", "odot", "otimes"]
Relation = Literal["=", "<", ">", r"\le", r"\ge", r"\ne", r"\approx", r"\in", r"\leftarrow"]


@dataclass(frozen=True, slots=True)
class Node:
    """``column`` is where the part starts in the LaTeX, for the errors of its evaluation."""

    column: int


@dataclass(frozen=True, slots=True)
class Number(Node):
    r"""``digits`` is the number as printed: what ``\approx`` promises."""

    digits: str


@dataclass(frozen=True, slots=True)
class Constant(Node):
    """A number that needs no declaration: pi, e, infinity."""

    value: float


@dataclass(frozen=True, slots=True)
class Name(Node):
    """The value of a declared symbol, of an earlier left side, or of a bound index."""

    name: str


@dataclass(frozen=True, slots=True)
class Item(Node):
    """An element (or a row) of an array; subscripts count from 1."""

    base: Node
    subscripts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Negative(Node):
    body: Node


@dataclass(frozen=True, slots=True)
class Binary(Node):
    operator: Operator
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Transpose(Node):
    body: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    name: str
    function: Callable[..., Any]
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Norm(Node):
    """``order`` is None for the Euclidean norm that needs no subscript."""

    body: Node
    order: Literal["1", "2", "F", r"\infty"] | None


@dataclass(frozen=True, slots=True)
class Span:
    """The values of one bound index: from ``first`` to ``last``, of which ``only`` keeps some."""

    variable: str
    first: Node
    last: Node
    only: Chain | None = None


@dataclass(frozen=True, slots=True)
class Reduce(Node):
    """A sum, product, maximum or minimum over indices."""

    operator: Literal["sum", "prod", "max", "min"]
    spans: tuple[Span, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class Extremum(Node):
    """The largest (or smallest) value of ``body`` over the range of a declared scalar."""

    variable: str
    low: float
    high: float
    largest: bool
    body: Node


@dataclass(frozen=True, slots=True)
class Limit(Node):
    """``target`` may be infinite; ``sides`` are the directions from which a finite one is met."""

    variable: str
    target: Node
    sides: tuple[int, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class Cases(Node):
    """Pairs of value and condition; the condition None stands for "otherwise"."""

    branches: tuple[tuple[Node, Chain | None], ...]


@dataclass(frozen=True, slots=True)
class Indicator(Node):
    condition: Chain


@dataclass(frozen=True, slots=True)
class Interval(Node):
    low: Node
    high: Node
    low_closed: bool
    high_closed: bool


@dataclass(frozen=True, slots=True)
class Chain(Node):
    r"""Members joined by relations, as in ``0 < a \le b``; ``starts`` are their columns."""

    members: tuple[Node, ...]
    relations: tuple[Relation, ...]
    starts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LeftSide:
    """What a formula defines.

    ``name`` is the whole left side, ``head`` the name under which later lines find its value (with
    the indices ``axes`` taken off), ``latex`` the head as the reader sees it.
    """

    column: int
    name: str
    head: str
    axes: tuple[str, ...]
    latex: str


@dataclass(frozen=True, slots=True)
class Statement:
    """One line: what is defined (None in a claim), and the members with the relations before each.

    With a left side ``chain.members`` are the right sides only.  ``axes`` are the free indices:
    each member is evaluated for every combination of their values.
    """

    left: LeftSide | None
    chain: Chain
    axes: tuple[str, ...]
