r"""Evaluates a displayed formula with its declared symbols and compares.

:func:`check` parses the LaTeX once, draws samples, and walks the tree for each.  What is held
against what depends on what the snippet gives (see ``kit.Formula``): an identity and the lines of a
system against functions, a derivative against finite differences and autograd, the members of a
claim against one another; a definition only shows its values on one example.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

import numpy as np

from gen.formula_compare import (
    agrees_as_printed,
    described,
    distance,
    exact,
    ordered,
    printed,
    rounded,
    switches,
)
from gen.formula_derivative import FD_TOLERANCE, Kink, by_autograd, by_differences
from gen.formula_symbols import Bound, Symbols, bind
from gen.tex_eval import Evaluator, plain
from gen.tex_functions import Value
from gen.tex_nodes import (
    Interval,
    LeftSide,
    Node,
    Statement,
)
from gen.tex_parse import StatementParser
from gen.tex_tokens import FormulaError, normal_name
from snippets.kit import Formula

__all__ = ["FormulaError", "Outcome", "check"]

Kind = Literal["identity", "derivative", "system", "claim", "definition"]
MOST_SKIPPED = 0.1
"""The share of samples that may fall on kinks; more of them would leave the formula unchecked."""


@dataclass(frozen=True)
class Outcome:
    """Evidence that a formula holds.

    ``samples`` counts the draws compared, ``error`` is the largest ``|a - b| / max(1, |b|)`` (of a
    derivative: against finite differences), ``witness`` the printed example of a definition.
    """

    kind: Kind
    samples: int
    error: float
    autograd_error: float | None = None
    witness: list[tuple[str, str]] | None = None


def check(formula: Formula) -> Outcome:
    """Evaluate and compare ``formula``; raise FormulaError where it cannot be confirmed."""
    try:
        return _Check(formula).outcome()
    except FormulaError as error:
        error.latex = formula.latex
        raise


class _Check:
    """One formula on its way from LaTeX to its outcome."""

    def __init__(self, formula: Formula) -> None:
        self.formula = formula
        self.kind = kind_of(formula)
        self.symbols = Symbols(formula.where)
        parser = StatementParser(formula.latex, self.symbols.scope(), self.kind != "claim")
        self.statements = parser.statements()
        self.swept = parser.swept - parser.free
        self.refuse_unused(parser)
        self.references = self.bind_references()
        self.error = 0.0
        self.autograd_error = 0.0

    def outcome(self) -> Outcome:
        if self.kind == "definition":
            return self.definition()
        compared = skipped = 0
        for number, values in enumerate(self.draws(), 1):
            try:
                self.compare(values)
                compared += 1
            except Kink:
                skipped += 1
            except FormulaError as error:
                sample = described(values, self.symbols.of)
                where = f" in sample {number} ({sample})" if sample else ""
                raise FormulaError(error.message + where, error.column, error.todo) from error
        if skipped > MOST_SKIPPED * (compared + skipped):
            raise FormulaError(
                f"{skipped} of {compared + skipped} samples fall on kinks of the function",
                1,
                "choose a range in which it is smooth nearly everywhere",
            )
        autograd = self.autograd_error if self.kind == "derivative" else None
        return Outcome(self.kind, compared, self.error, autograd)

    # ------------------------------------------------------------------ before the samples

    def refuse_unused(self, parser: StatementParser) -> None:
        """A symbol that is explained beside the formula must occur in it, or size what does."""
        used = set(parser.used)
        for name in parser.used & self.symbols.of.keys():
            used.update(self.symbols.sizes(name))
        for name, latex in self.symbols.written.items():
            if name not in used:
                raise FormulaError(
                    f"{latex} is declared but does not occur", 1, "use it or remove it from where"
                )

    def bind_references(self) -> list[dict[str, Bound]]:
        """For each statement the functions to hold it against, by what they are."""
        formula = self.formula
        declared = [n for n, s in self.symbols.of.items() if s.kind not in ("index", "function")]
        if self.kind == "derivative":
            self.only_statement()
            functions = {"differences": formula.derivative_of, "autograd": formula.autograd}
            self.wrt = self.find_wrt()
            bound = {key: bind(fn, declared, 1) for key, fn in functions.items() if fn}
            for which in bound.values():
                if self.wrt not in which.parameters.values():
                    raise FormulaError(
                        f"a function to differentiate has no parameter {formula.wrt}", 1, "mend wrt"
                    )
            return [bound]
        if self.kind == "identity":
            left = self.only_statement()
            assert callable(formula.equals)
            return [{"equals": bind(formula.equals, declared, left.column)}]
        if self.kind == "system":
            return list(self.bind_system(declared))
        return [{} for _ in self.statements]

    def only_statement(self) -> LeftSide:
        if len(self.statements) > 1:
            left = self.statements[1].left
            raise FormulaError(
                "several lines are defined", left.column if left else 1, "give equals by left side"
            )
        left = self.statements[0].left
        assert left is not None
        return left

    def find_wrt(self) -> str:
        wanted = normal_name(self.formula.wrt)
        symbol = self.symbols.of.get(wanted)
        if symbol is None or symbol.kind not in ("scalar", "array"):
            raise FormulaError(
                f"wrt={self.formula.wrt} is no declared scalar or array", 1, "declare it in where"
            )
        return wanted

    def bind_system(self, declared: list[str]) -> Iterator[dict[str, Bound]]:
        """Each line with its function, which may also take what earlier lines define."""
        assert isinstance(self.formula.equals, Mapping)
        functions = {normal_name(name): fn for name, fn in self.formula.equals.items()}
        known = list(declared)
        for statement in self.statements:
            left = statement.left
            assert left is not None
            if left.name not in functions:
                raise FormulaError(
                    f"nothing is given to compare {left.name} with",
                    left.column,
                    f"add {left.name} to equals",
                )
            yield {"equals": bind(functions.pop(left.name), known, left.column)}
            if left.head not in known:
                known.append(left.head)
        if functions:
            raise FormulaError(
                f"equals has {', '.join(functions)}, which no line defines", 1, "mend the name"
            )

    # ------------------------------------------------------------------ samples

    def draws(self) -> Iterator[dict[str, Value]]:
        """Edges first, then random values; the same for the same LaTeX on every machine."""
        seed = int.from_bytes(hashlib.sha256(self.formula.latex.encode()).digest()[:8], "big")
        rng = np.random.default_rng(seed)
        further = {point for statement in self.statements for point in switches(statement)}
        edges = self.symbols.edges(further)
        sampled = [
            name
            for name, symbol in self.symbols.of.items()
            if symbol.kind in ("scalar", "integer", "array") and name not in self.swept
        ]
        count = max(self.formula.samples, len(edges)) if sampled else 1
        for number in range(count):
            yield self.symbols.draw(rng, edges[number] if number < len(edges) else None)

    # ------------------------------------------------------------------ one sample

    def compare(self, values: dict[str, Value]) -> None:
        """Evaluate every line on one sample and hold it against all there is."""
        evaluator = Evaluator(values)
        for statement, references in zip(self.statements, self.references, strict=True):
            members = self.members(statement, evaluator)
            self.hold_together(statement, members)
            for which, bound in references.items():
                known = {**evaluator.values, **values}
                self.hold_against(which, bound, known, statement, members)
            if statement.left is not None:
                evaluator.values[statement.left.head] = members[0]

    def members(self, statement: Statement, evaluator: Evaluator) -> list[Value]:
        """The value of each member; of an interval its two ends."""
        found = []
        for node, start in zip(statement.chain.members, statement.chain.starts, strict=True):
            parts = (node.low, node.high) if isinstance(node, Interval) else (node,)
            with np.errstate(all="ignore"):
                values = [self.over(statement.axes, part, evaluator) for part in parts]
            if any(np.any(np.isnan(value)) for value in values):
                raise FormulaError("the formula gives nan", start, "narrow the ranges")
            found.append(values if isinstance(node, Interval) else values[0])
        return found

    def over(self, axes: tuple[str, ...], node: Node, evaluator: Evaluator) -> Value:
        """The value of ``node`` for all values of the free indices, which become its first axes."""
        if not axes:
            return plain(evaluator.value(node))
        lengths = [
            self.symbols.length(self.symbols.of[axis].size[0], evaluator.values) for axis in axes
        ]
        found = []
        for places in product(*(range(1, length + 1) for length in lengths)):
            evaluator.values.update(zip(axes, map(np.float64, places), strict=True))
            found.append(plain(evaluator.value(node)))
        for axis in axes:
            del evaluator.values[axis]
        return np.asarray(found).reshape((*lengths, *np.shape(found[0])))

    def hold_together(self, statement: Statement, members: list[Value]) -> None:
        """Every relation of the chain, between neighbours."""
        nodes = statement.chain.members
        for place, relation in enumerate(statement.chain.relations):
            left, right = members[place], members[place + 1]
            column = statement.chain.starts[place + 1]
            if relation == "=":
                gap = distance(left, right, column, "the member before it")
                self.error = max(self.error, gap)
                holds: Any = gap <= self.formula.tolerance
            elif relation == r"\approx":
                holds = agrees_as_printed(nodes[place : place + 2], left, right)
            elif relation == r"\in":
                interval = nodes[place + 1]
                assert isinstance(interval, Interval)
                low, high = right
                holds = ordered(
                    r"\le" if interval.low_closed else "<", low, left, self.formula.tolerance
                ) and ordered(
                    r"\le" if interval.high_closed else "<", left, high, self.formula.tolerance
                )
            else:
                holds = ordered(relation, left, right, self.formula.tolerance)
            if not holds:
                raise FormulaError(
                    f"{printed(left)} {relation} {printed(right)} does not hold",
                    column,
                    "mend the formula or its ranges",
                )

    def hold_against(
        self,
        which: str,
        bound: Bound,
        values: Mapping[str, Value],
        statement: Statement,
        members: list[Value],
    ) -> None:
        """Every member that is equal to the left side, against a function."""
        theirs, tolerance = self.reference(which, bound, values, statement)
        equal = 1
        while statement.chain.relations[equal - 1 : equal] == ("=",):
            equal += 1
        for start, ours in zip(statement.chain.starts[:equal], members[:equal], strict=True):
            label = {
                "equals": getattr(bound.function, "__name__", "equals"),
                "differences": "finite differences",
                "autograd": "autograd",
            }[which]
            gap = distance(ours, theirs, start, label)
            if which == "autograd":
                self.autograd_error = max(self.autograd_error, gap)
            else:
                self.error = max(self.error, gap)
            if not gap <= tolerance:
                raise FormulaError(
                    f"the formula gives {printed(ours)}, {label} gives {printed(theirs)}",
                    start,
                    f"they differ by {gap:.3g}, allowed is {tolerance:.3g}: mend one of them",
                )

    def reference(
        self, which: str, bound: Bound, values: Mapping[str, Value], statement: Statement
    ) -> tuple[Value, float]:
        """What a function says of the sample, and how near the formula must come."""
        column = statement.chain.column
        tolerance = self.formula.tolerance
        try:
            if which == "differences":
                theirs = by_differences(bound, values, self.wrt)
                tolerance = max(tolerance, FD_TOLERANCE)
            elif which == "autograd":
                theirs = by_autograd(bound, values, self.wrt)
            else:
                theirs = np.asarray(bound(values), dtype=float)
        except Kink:
            raise
        except Exception as error:
            name = getattr(bound.function, "__name__", "the function")
            raise FormulaError(
                f"{name} raised {type(error).__name__}: {error}", column, "mend the function"
            ) from error
        if np.any(np.isnan(theirs)):
            name = getattr(bound.function, "__name__", "the function")
            raise FormulaError(f"{name} gives nan", column, "mend the function or the ranges")
        return theirs, tolerance

    # ------------------------------------------------------------------ definitions

    def definition(self) -> Outcome:
        """Evaluate the one example, and show what went in and what came out."""
        assert self.formula.witness is not None
        values = self.symbols.given(self.formula.witness)
        evaluator = Evaluator(values)
        shown = [
            (self.symbols.written[normal_name(latex)], exact(value))
            for latex, value in self.formula.witness.items()
        ]
        for statement in self.statements:
            assert statement.left is not None
            members = self.members(statement, evaluator)
            self.hold_together(statement, members)
            evaluator.values[statement.left.head] = members[0]
            shown.append((statement.left.latex, rounded(members[0])))
        return Outcome("definition", 1, self.error, witness=shown)


def kind_of(formula: Formula) -> Kind:
    """What is given decides what is compared; nothing and too much are refused."""
    given = [
        name
        for name, value in (
            ("equals", formula.equals),
            ("derivative_of", formula.derivative_of),
            ("witness", formula.witness),
        )
        if value is not None
    ]
    if len(given) > 1:
        raise FormulaError(f"{' and '.join(given)} are both given", 1, "keep one of them")
    if formula.derivative_of is None and formula.autograd is not None:
        raise FormulaError("autograd is given without derivative_of", 1, "give both")
    if formula.derivative_of is not None:
        if formula.autograd is None:
            raise FormulaError(
                "a derivative needs autograd, too", 1, "give the same function written with torch"
            )
        return "derivative"
    if isinstance(formula.equals, Mapping):
        return "system"
    if formula.equals is not None:
        return "identity"
    return "definition" if formula.witness is not None else "claim"
