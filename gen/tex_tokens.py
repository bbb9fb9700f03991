r"""LaTeX as tokens with columns, and the one normal form in which two spellings of a name meet.

``\hat y_{i}`` and ``\hat{y}_i`` are the same name to a reader; :func:`canonical` makes them one
string.  A decorated or upright name (``\hat{y}``, ``\operatorname{erf}``) is a single token.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["number", "letter", "command", "mark", "end"]


class FormulaError(ValueError):
    """A formula that cannot be read, evaluated or confirmed.

    ``column`` counts from 1 in the LaTeX; ``todo`` says what the author can do.  ``latex`` is
    filled in by :func:`gen.formula.check`, so that ``str`` can point at the place.
    """

    def __init__(self, message: str, column: int, todo: str, latex: str = "") -> None:
        super().__init__(message, column, todo)
        self.message = message
        self.column = column
        self.todo = todo
        self.latex = latex

    @property
    def what(self) -> str:
        """What is wrong and where, on one line: for a :class:`gen.errors.Problem`."""
        rest = " ".join(self.latex[self.column - 1 :].split())
        near = f' at "{rest[:24]}"' if rest else ""
        return f"formula, column {self.column}{near}: {self.message}"

    def __str__(self) -> str:
        text = f"column {self.column}: {self.message}; {self.todo}"
        if not self.latex:
            return text
        before = self.latex[: self.column - 1]
        start = before.rfind("\n") + 1
        line = self.latex[start:].split("\n", 1)[0]
        return f"{text}\n    {line}\n    {' ' * (len(before) - start)}^"


@dataclass(frozen=True, slots=True)
class Token:
    """``text`` is the normal form; it stands from ``column`` (counted from 1) up to ``end``."""

    kind: Kind
    text: str
    column: int
    end: int


SPACING = frozenset(
    r"\, \; \: \! \  \quad \qquad \displaystyle \textstyle \limits \nolimits".split(" ")
) | {"\\ "}
SIZING = frozenset(
    r"\left \right \big \Big \bigg \Bigg \bigl \Bigl \biggl \Biggl \bigr \Bigr \biggr \Biggr \bigm"
    r" \middle".split()
)
OPENING = frozenset(r"\left \bigl \Bigl \biggl \Biggl".split())
CLOSING = frozenset(r"\right \bigr \Bigr \biggr \Biggr".split())
ACCENTS = frozenset(r"\hat \widehat \tilde \widetilde \bar \overline \vec \dot \ddot".split())
FONTS = frozenset(
    r"\mathrm \mathbf \mathit \mathsf \mathtt \mathcal \mathbb \mathfrak \boldsymbol \bm"
    r" \operatorname".split()
)
VERBATIM = frozenset(r"\text \mathrm \operatorname \begin \end".split())
"""Commands whose argument is a word, not mathematics."""
SYNONYMS = {
    r"\leq": r"\le",
    r"\leqslant": r"\le",
    r"\geq": r"\ge",
    r"\geqslant": r"\ge",
    r"\neq": r"\ne",
    r"\gets": r"\leftarrow",
    r"\tfrac": r"\frac",
    r"\dfrac": r"\frac",
    r"\Vert": r"\|",
    r"\vert": "|",
    r"\lbrace": r"\{",
    r"\rbrace": r"\}",
    r"\lbrack": "[",
    r"\rbrack": "]",
}
_PATTERN = re.compile(
    r"(?P<space>\s+)|(?P<number>\d+(?:\.\d+)?)|(?P<command>\\(?:[A-Za-z]+\*?|.))|(?P<letter>[A-Za-z])"
    r"|(?P<mark>[-+*/=<>()\[\]{}^_|,&:;.'!])",
    re.DOTALL,
)


def tokenize(latex: str, first_column: int = 1) -> list[Token]:
    """The tokens of ``latex`` without spacing and sizing commands, closed by one ``end`` token."""
    tokens: list[Token] = []
    at = 0
    sizing = ""
    while at < len(latex):
        match = _PATTERN.match(latex, at)
        column = first_column + at
        if match is None:
            raise FormulaError(
                f"character {latex[at]!r} has no meaning in a formula", column, "put it in \\text{}"
            )
        text = match.group()
        at = match.end()
        if match.lastgroup == "space" or text in SPACING:
            continue
        if text in SIZING:
            sizing = text
            continue
        text = SYNONYMS.get(text, text)
        if text in ACCENTS | FONTS | VERBATIM:
            content, at = _argument(latex, at, column, first_column)
            inner = content if text in VERBATIM else _normal(content, column)
            text = f"{text}{{{' '.join(inner.split())}}}"
        if text in ("|", r"\|") and sizing in OPENING | CLOSING:
            side = "l" if sizing in OPENING else "r"
            text = f"\\{side}{'vert' if text == '|' else 'Vert'}"
        sizing = ""
        kind: Kind = match.lastgroup  # type: ignore[assignment]
        tokens.append(Token(kind, text, column, first_column + at))
    tokens.append(Token("end", "", first_column + len(latex), first_column + len(latex)))
    return tokens


def _argument(latex: str, at: int, column: int, first_column: int) -> tuple[str, int]:
    """The argument of a command: a balanced group or one token; and where the text goes on."""
    while at < len(latex) and latex[at].isspace():
        at += 1
    if at == len(latex):
        raise FormulaError("the command has no argument", column, "write one in braces")
    if latex[at] != "{":
        match = _PATTERN.match(latex, at)
        text = match.group() if match else latex[at]
        text = text[:1] if text[:1].isdigit() else text
        return text, at + len(text)
    depth = 0
    for end in range(at, len(latex)):
        depth += {"{": 1, "}": -1}.get(latex[end], 0)
        if depth == 0:
            return latex[at + 1 : end], end + 1
    raise FormulaError("the brace is never closed", first_column + at, "close it with }")


def _normal(latex: str, column: int) -> str:
    return canonical(tokenize(latex, column)[:-1])


def normal_name(latex: str) -> str:
    """The normal form of a name as an author writes it in ``where`` or ``equals``."""
    return canonical(tokenize(latex)[:-1])


def canonical(tokens: Sequence[Token]) -> str:
    """One string for all spellings: no spaces, no needless braces, subscript before superscript."""
    parts: list[str] = []
    at = 0
    while at < len(tokens):
        text = tokens[at].text
        at += 1
        if text not in ("_", "^"):
            parts.append(_spaced(parts, text))
            continue
        scripts = {}
        at -= 1
        while at < len(tokens) and tokens[at].text in ("_", "^") and tokens[at].text not in scripts:
            mark = tokens[at].text
            end = group_end(tokens, at + 1)
            inside = tokens[at + 1 : end]
            if inside and inside[0].text == "{":
                inside = inside[1:-1]
            scripts[mark] = canonical(inside) if len(inside) != 1 else inside[0].text
            at = end
        parts.extend(
            f"{mark}{script_text(scripts[mark])}" for mark in ("_", "^") if mark in scripts
        )
    return "".join(parts)


def script_text(text: str) -> str:
    """The content of a script, in braces unless TeX needs none."""
    return text if re.fullmatch(r"[A-Za-z0-9]|\\[A-Za-z]+", text) else f"{{{text}}}"


def _spaced(parts: list[str], text: str) -> str:
    """A blank where a command would otherwise swallow the next letter."""
    swallows = bool(parts) and re.search(r"\\[A-Za-z]+$", parts[-1]) is not None
    return f" {text}" if swallows and text[:1].isalpha() else text


def group_end(tokens: Sequence[Token], at: int) -> int:
    """The position after the group, or the single token, that starts at ``at``."""
    depth = 0
    for position in range(at, len(tokens)):
        depth += {"{": 1, "}": -1}.get(tokens[position].text, 0)
        if tokens[position].kind == "end":
            break
        if depth <= 0:
            return position + 1
    place = tokens[min(at, len(tokens) - 1)] if tokens else None
    column = place.column if place else 1
    raise FormulaError("the group is never closed", column, "close it with }")
