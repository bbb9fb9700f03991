"""The ground on which the grammar stands: a stream of tokens, and what the author declared.

A script or an argument is kept as a :class:`Script`, a place in the stream, because only the name
before it decides whether it is part of that name, an index or a power.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, NoReturn

from gen.tex_nodes import Name, Node, Number
from gen.tex_tokens import FormulaError, Token, canonical, group_end


@dataclass
class Scope:
    """What the author declared, by normal name.

    ``axes``: number of axes of each value, None where only evaluation tells.  ``indices``: the last
    value of each declared index.  ``ranges``: the sampled range of each scalar.
    """

    axes: dict[str, int | None] = field(default_factory=dict)
    functions: dict[str, Callable[..., Any]] = field(default_factory=dict)
    indices: dict[str, str | int] = field(default_factory=dict)
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return name in self.axes or name in self.functions or name in self.indices

    def names(self) -> list[str]:
        return sorted({*self.axes, *self.functions, *self.indices})


class Script(NamedTuple):
    """A subscript or superscript: its mark, the positions of its content, its normal form."""

    mark: str
    start: int
    end: int
    text: str
    column: int


class TokenReader(ABC):
    """Takes tokens one by one, and reads the groups that scripts and arguments are.

    On the way it collects the names that are ``used``, those of them that are ``free`` or ``swept``
    (bound by a sum, an extremum or a limit), and the free indices of the statement with the
    column of the first use.
    """

    def __init__(self, tokens: Sequence[Token], scope: Scope) -> None:
        self.tokens = split_digits(tokens)
        self.scope = scope
        self.at = 0
        self.bound: list[str] = []
        self.closers: list[str] = [""]
        self.used: set[str] = set()
        self.free: set[str] = set()
        self.swept: set[str] = set()
        self.free_indices: dict[str, int] = {}

    @abstractmethod
    def expression(self) -> Node:
        """A sum, as far as it goes."""

    @abstractmethod
    def factor(self) -> Node:
        """An atom with its subscripts and powers."""

    # ------------------------------------------------------------------ the stream of tokens

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def fail(self, message: str, todo: str, place: Token | Script | None = None) -> NoReturn:
        raise FormulaError(message, (place or self.token).column, todo)

    def advance(self) -> Token:
        token = self.token
        self.at += 1
        return token

    def accept(self, text: str) -> bool:
        if self.token.text != text or self.token.kind == "end":
            return False
        self.at += 1
        return True

    def expect(self, text: str, opened: Token) -> None:
        if not self.accept(text):
            self.fail(
                f"expected {text} here, found {shown(self.token)}",
                f"close the {opened.text} of column {opened.column}",
            )

    def within(self, closer: str, read: Callable[[], Any]) -> Any:
        """Read something up to ``closer``; the opening token was the last one taken."""
        opened = self.tokens[self.at - 1]
        self.closers.append(closer)
        result = read()
        self.closers.pop()
        self.expect(closer, opened)
        return result

    # ------------------------------------------------------------------ scripts and arguments

    def scripts(self) -> list[Script]:
        """The scripts that follow, at most one of each kind; primes count as one."""
        found: list[Script] = []
        while self.token.text in ("_", "^", "'"):
            mark = self.token.text
            start = self.at
            if mark == "'":
                while self.accept("'"):
                    pass
                text = "'" * (self.at - start)
                found.append(Script("'", start, self.at, text, self.tokens[start].column))
                continue
            if any(script.mark == mark for script in found):
                self.fail("a second script of the same kind", "put the first in braces")
            self.advance()
            found.append(self.argument(mark))
        return found

    def argument(self, mark: str = "") -> Script:
        """The group or single token that follows; of a bare number TeX takes only one digit."""
        token = self.token
        if token.kind == "end":
            self.fail("an argument is missing", "write it in braces")
        if token.kind == "number" and len(token.text) > 1:
            self.fail("TeX takes only the first digit", f"write {{{token.text}}}")
        first = start = self.at
        end = self.at = group_end(self.tokens, start)
        if token.text == "{":
            start, end = start + 1, end - 1
        column = self.tokens[first - 1].column if mark else token.column
        return Script(mark, start, end, canonical(self.tokens[start:end]), column)

    def only_subscript(self, opened: Token) -> Script:
        scripts = self.scripts()
        if len(scripts) != 1 or scripts[0].mark != "_":
            self.fail(f"{opened.text} needs a subscript and nothing else", "write it below", opened)
        return scripts[0]

    def inside(self, script: Script) -> Node:
        """The expression that a script or an argument holds."""
        here, self.at = self.at, script.start
        if script.end == script.start:
            self.fail("the braces are empty", "write an expression in them")
        if script.end == script.start + 1:
            node = self.single()
        else:
            self.closers.append("}")
            node = self.expression()
            self.closers.pop()
        if self.at != script.end:
            self.fail(f"{shown(self.token)} is not understood here", "write an expression")
        self.at = here
        return node

    def single(self) -> Node:
        """An expression of one token: what follows belongs to someone else."""
        following = self.tokens[self.at + 1]
        self.tokens[self.at + 1] = Token("end", "", following.column, following.column)
        self.closers.append("}")
        node = self.factor()
        self.closers.pop()
        self.tokens[self.at] = following
        return node

    def subscripts(self, script: Script, axes: int | None) -> tuple[Node, ...]:
        """``i``, ``ij``, ``i,j``, ``i+1``; ``12`` counts as two where the array has two axes."""
        tokens = self.tokens[script.start : script.end]
        letters = [token for token in tokens if token.text != ","]
        if letters and all(self.is_index(token.text) for token in letters):
            return tuple(self.index(token) for token in letters)
        if len(tokens) == 1 and tokens[0].kind == "number" and axes == len(tokens[0].text) != 1:
            return tuple(Number(tokens[0].column, digit) for digit in tokens[0].text)
        if script.end == script.start + 1:
            return (self.inside(script),)
        here, self.at = self.at, script.start
        self.closers.append("}")
        parts = [self.expression()]
        while self.at < script.end and self.accept(","):
            parts.append(self.expression())
        self.closers.pop()
        if self.at != script.end:
            self.fail(f"{shown(self.token)} is not understood in a subscript", "write i or i, j")
        self.at = here
        return tuple(parts)

    # ------------------------------------------------------------------ names that were met

    def use(self, name: str) -> None:
        self.used.add(name)
        if name not in self.bound:
            self.free.add(name)
            if name in self.scope.indices:
                self.free_indices.setdefault(name, self.tokens[max(self.at - 1, 0)].column)

    def is_index(self, text: str) -> bool:
        return text in self.scope.indices or text in self.bound

    def index(self, token: Token) -> Node:
        self.use(token.text)
        return Name(token.column, token.text)


def split_digits(tokens: Sequence[Token]) -> list[Token]:
    r"""The tokens with ``12`` in ``\frac12`` as two: TeX takes one digit of a bare number."""
    result = list(tokens)
    for start in range(len(tokens) - 1, -1, -1):
        if result[start].text != r"\frac":
            continue
        at = start + 1
        for _ in ("numerator", "denominator"):
            token = result[at]
            if token.kind == "number" and len(token.text) > 1:
                first = Token("number", token.text[0], token.column, token.column + 1)
                others = Token("number", token.text[1:], token.column + 1, token.end)
                result[at : at + 1] = [first, others]
            at = group_end(result, at)
    return result


def shown(token: Token) -> str:
    return "the end" if token.kind == "end" else token.text
