r"""Declared symbols: their sampled values, and the parameters that are named after them.

``\tau`` is the parameter ``tau`` of a Python function, ``m_{t-1}`` is ``m_prev``.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from gen.tex_functions import Value
from gen.tex_reader import Scope
from gen.tex_tokens import ACCENTS, FONTS, FormulaError, Token, canonical, normal_name, tokenize
from snippets.kit import Symbol


class Symbols:
    """The ``where`` of a formula, by normal name."""

    def __init__(self, where: Mapping[str, Symbol]) -> None:
        self.written: dict[str, str] = {}
        self.of: dict[str, Symbol] = {}
        indices = {normal_name(name) for name, symbol in where.items() if symbol.kind == "index"}
        for latex, symbol in where.items():
            name = normal_name(latex)
            if symbol.kind == "array" and name.startswith(r"\frac"):
                name = _general(name, indices)
            if name in self.of:
                raise FormulaError(f"{latex} is declared twice", 1, "remove one from where")
            self.written[name] = latex
            self.of[name] = symbol
        for name, symbol in self.of.items():
            for size in symbol.size:
                self._require_size(name, size)

    def _require_size(self, name: str, size: str | int) -> None:
        if isinstance(size, int):
            return
        sized_by = self.of.get(normal_name(size))
        if sized_by is None or sized_by.kind not in ("integer", "constant"):
            raise FormulaError(
                f"the size {size} of {self.written[name]} is no declared integer",
                1,
                f"declare {size} with integer(...)",
            )

    def scope(self) -> Scope:
        scope = Scope()
        for name, symbol in self.of.items():
            if symbol.kind == "function":
                scope.functions[name] = symbol.value
            elif symbol.kind == "index":
                upto = symbol.size[0]
                scope.indices[name] = normal_name(upto) if isinstance(upto, str) else upto
            else:
                scope.axes[name] = (
                    np.ndim(symbol.value) if symbol.kind == "constant" else len(symbol.size)
                )
            if symbol.kind == "scalar":
                scope.ranges[name] = (symbol.low, symbol.high)
        return scope

    def sizes(self, name: str) -> list[str]:
        """The integer symbols that the shape or the range of ``name`` is made of."""
        return [normal_name(size) for size in self.of[name].size if isinstance(size, str)]

    def length(self, size: str | int, values: Mapping[str, Value]) -> int:
        return int(size if isinstance(size, int) else values[normal_name(size)])

    # ------------------------------------------------------------------ samples

    def edges(self, further: Iterable[float]) -> list[tuple[str, float]]:
        """Symbols with values at which a formula is likeliest to be wrong.

        These are the ends of the range, zero, and the numbers ``further`` at which the formula
        changes its case.
        """
        found = []
        for name, symbol in self.of.items():
            if symbol.kind in ("scalar", "integer"):
                whole = symbol.kind == "integer"
                points = {symbol.low, symbol.high, 0.0, *further}
                found += [
                    (name, point)
                    for point in sorted(points)
                    if symbol.low <= point <= symbol.high
                    and point not in symbol.without
                    and not (whole and point % 1)
                ]
        return found

    def draw(self, rng: np.random.Generator, edge: tuple[str, float] | None) -> dict[str, Value]:
        """One value of each symbol, with the value of ``edge`` where it is given."""
        values: dict[str, Value] = {}
        for name, symbol in self.of.items():
            if symbol.kind == "integer":
                number = rng.integers(int(symbol.low), int(symbol.high), endpoint=True)
                values[name] = np.float64(number)
            elif symbol.kind == "scalar":
                values[name] = np.float64(rng.uniform(symbol.low, symbol.high))
            elif symbol.kind == "constant":
                values[name] = np.asarray(symbol.value, dtype=float)[()]
        if edge is not None:
            values[edge[0]] = np.float64(edge[1])
        for name, symbol in self.of.items():
            if symbol.kind == "array":
                shape = tuple(self.length(size, values) for size in symbol.size)
                values[name] = rng.uniform(symbol.low, symbol.high, shape)
        return values

    def given(self, witness: Mapping[str, Any]) -> dict[str, Value]:
        """The values of a numeric example; sizes that it leaves out follow from its arrays."""
        values = {}
        for latex, value in witness.items():
            name = normal_name(latex)
            if name not in self.of:
                raise FormulaError(f"the witness gives {latex}", 1, "declare it in where")
            values[name] = np.asarray(value, dtype=float)[()]
        for name, symbol in self.of.items():
            if symbol.kind == "constant":
                values[name] = np.asarray(symbol.value, dtype=float)[()]
            if symbol.kind == "array" and name in values:
                self._fit(name, symbol, values)
        for name, symbol in self.of.items():
            if symbol.kind in ("scalar", "integer", "array") and name not in values:
                raise FormulaError(
                    f"the witness gives no value of {self.written[name]}", 1, "add it to witness"
                )
        return values

    def _fit(self, name: str, symbol: Symbol, values: dict[str, Value]) -> None:
        shape = np.shape(values[name])
        fits = len(shape) == len(symbol.size)
        for size, length in zip(symbol.size, shape, strict=False):
            if isinstance(size, str):
                values.setdefault(normal_name(size), np.float64(length))
            fits = fits and self.length(size, values) == length
        if not fits:
            raise FormulaError(
                f"the witness of {self.written[name]} has shape {shape}, not {symbol.shape}",
                1,
                "give an example of the declared shape",
            )


def _general(name: str, indices: set[str]) -> str:
    """The name of an array with its indices taken out, as the parser looks it up."""
    seen: list[str] = []
    tokens = []
    for token in tokenize(name)[:-1]:
        text = token.text
        if text in indices:
            if text not in seen:
                seen.append(text)
            text = f"\u25a1{seen.index(text) + 1}"
        tokens.append(Token(token.kind, text, token.column, token.end))
    return canonical(tokens)


# ---------------------------------------------------------------------- Python's parameters


def python_names(name: str) -> set[str]:
    r"""The parameter names, without underscores, under which a function takes the symbol.

    ``\beta_1``: beta1; ``\hat{y}``: haty or yhat; ``h_{t-1}``: htminus1 or hprev; ``\varepsilon``:
    varepsilon, epsilon or eps; ``\frac{\partial L}{\partial W}``: dLdW; ``f'``: fprime.
    """
    plain = re.sub("\u25a1\\d", "", name)
    pieces = [_words(token) for token in tokenize(plain)[:-1]]
    names = {"".join(choice) for choice in product(*pieces)}
    return names | {re.sub(r"[a-z]minus1", "prev", known) for known in names}


def _words(token: Token) -> set[str]:
    text = token.text
    head, brace, inner = text.partition("{")
    if brace and (head in ACCENTS or head in FONTS or head == r"\text"):
        words = python_names(inner[:-1]) if inner else {""}
        accent = head[1:] if head in ACCENTS else ""
        return {accent + word for word in words} | {word + accent for word in words}
    special = {
        r"\varepsilon": {"varepsilon", "epsilon", "eps"},
        r"\epsilon": {"epsilon", "eps"},
        r"\partial": {"d"},
        r"\frac": {""},
        "-": {"minus"},
        "+": {"plus"},
        "'": {"prime"},
    }
    return special.get(text) or {re.sub(r"[^A-Za-z0-9]", "", text)}


@dataclass(frozen=True)
class Bound:
    """A function with the normal names of the symbols that its parameters take.

    The first ``positional`` of them have no name by which to pass them.
    """

    function: Callable[..., Any]
    parameters: Mapping[str, str]
    positional: int

    def __call__(
        self, values: Mapping[str, Value], convert: Callable[[Value], Any] = lambda value: value
    ) -> Any:
        arguments = {name: convert(values[symbol]) for name, symbol in self.parameters.items()}
        in_order = [arguments.pop(name) for name in list(arguments)[: self.positional]]
        return self.function(*in_order, **arguments)


def bind(function: Callable[..., Any], names: Iterable[str], column: int) -> Bound:
    """Match the parameters of ``function`` with ``names``; those with a default may stay free."""
    label = getattr(function, "__name__", repr(function))
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        raise FormulaError(
            f"the parameters of {label} cannot be read", column, "wrap it in a lambda"
        ) from None
    spoken = {name: python_names(name) for name in names}
    found: dict[str, str] = {}
    positional = 0
    for parameter in parameters:
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise FormulaError(
                f"{label} takes any parameters", column, "wrap it in a lambda that names them"
            )
        wanted = parameter.name.replace("_", "")
        matches = [name for name, said in spoken.items() if wanted in said]
        if len(matches) > 1:
            raise FormulaError(
                f"the parameter {parameter.name} of {label} may be {' or '.join(matches)}",
                column,
                "rename one of them",
            )
        if matches:
            found[parameter.name] = matches[0]
            positional += parameter.kind is parameter.POSITIONAL_ONLY
        elif parameter.default is parameter.empty:
            raise FormulaError(
                f"no symbol is named after the parameter {parameter.name} of {label}",
                column,
                "rename the parameter, or wrap the function in a lambda",
            )
    return Bound(function, found, positional)
