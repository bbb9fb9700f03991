r"""From a whole displayed formula to its statements.

A formula is a list of statements, separated by ``\\`` or a comma; a statement is a chain of
relations.  Where the formula defines something, the first member is a left side: it is taken as a
name, not evaluated, and later lines may use it.
"""

from __future__ import annotations

from collections.abc import Sequence

from gen.tex_expressions import RELATIONS, ExpressionParser
from gen.tex_nodes import Chain, LeftSide, Node, Relation, Statement
from gen.tex_reader import Scope, shown
from gen.tex_tokens import FormulaError, Token, canonical, group_end, tokenize

ENVIRONMENTS = ("aligned", "align", "align*", "split", "gathered", "gather", "equation")


class StatementParser(ExpressionParser):
    """Reads a whole formula; with ``defines`` each statement has a left side that is a name."""

    def __init__(self, latex: str, scope: Scope, defines: bool) -> None:
        super().__init__(without_alignment(tokenize(latex)), scope)
        self.latex = latex
        self.defines = defines
        self.defined: set[str] = set()

    def statements(self) -> list[Statement]:
        found = [self.statement()]
        while self.token.text in (r"\\", ","):
            self.advance()
            if self.token.kind != "end":
                found.append(self.statement())
        if self.token.kind != "end":
            self.fail(f"{shown(self.token)} is not understood here", "remove it or write a product")
        return found

    def statement(self) -> Statement:
        self.free_indices = {}
        left = self.left_side() if self.defines else None
        first = self.defining_relation() if left else None
        starts = [self.token.column]
        members: list[Node] = [self.expression()]
        relations: list[Relation] = []
        while self.continues():
            token = self.advance()
            relation = RELATIONS[token.text]
            if relation == r"\leftarrow":
                self.fail("\\leftarrow assigns in the middle of a chain", "write =", token)
            if relations and relations[-1] == r"\in":
                self.fail("a relation follows an interval", "write a second statement", token)
            relations.append(relation)
            starts.append(self.token.column)
            members.append(self.interval() if relation == r"\in" else self.expression())
        chain = Chain(starts[0], tuple(members), tuple(relations), tuple(starts))
        if left and first:
            self.require_axes(left)
            self.define(left, first)
            return Statement(left, chain, left.axes)
        if not relations:
            self.fail("a relation is missing", "write = or another relation and its other side")
        return Statement(None, chain, tuple(self.free_indices))

    def defining_relation(self) -> Relation:
        token = self.advance()
        if token.text not in ("=", r"\leftarrow"):
            self.fail(
                f"a left side is not defined by {token.text}", "write = or \\leftarrow", token
            )
        return RELATIONS[token.text]

    def require_axes(self, left: LeftSide) -> None:
        """Each free index of the right side stands on the left."""
        for name, column in self.free_indices.items():
            if name not in left.axes:
                raise FormulaError(
                    f"the index {name} is free on the right side only",
                    column,
                    "put it on the left side, or sum over it",
                )

    def continues(self) -> bool:
        """Whether the chain goes on, if need be on the next line."""
        if self.token.text == r"\\" and self.tokens[self.at + 1].text in RELATIONS:
            self.advance()
        return self.token.text in RELATIONS

    # ------------------------------------------------------------------ left sides

    def left_side(self) -> LeftSide:
        r"""A name with its indices: ``p_i``, ``\sigma(z)_i``, ``\frac{dL}{dz_i}``."""
        start = self.at
        depth = 0
        while depth or self.token.text not in RELATIONS:
            if self.token.kind == "end" or (not depth and self.token.text == r"\\"):
                self.fail("a left side with = is missing", "write name = ...", self.tokens[start])
            depth += self.token.text in ("{", "(", "[")
            depth -= self.token.text in ("}", ")", "]")
            self.advance()
        tokens = self.tokens[start : self.at]
        if not tokens:
            self.fail("the left side is empty", "write what the formula defines")
        outer, rest = self.outer_indices(tokens)
        head, inner = self.templated(rest)
        axes = tuple(dict.fromkeys(token.text for token in [*inner, *outer]))
        name = canonical(tokens)
        self.used.update(known for known in self.scope.names() if known in name)
        self.used.update(axes)
        return LeftSide(tokens[0].column, name, head, axes, self.source(tokens, rest))

    def outer_indices(self, tokens: Sequence[Token]) -> tuple[list[Token], list[Token]]:
        """The indices that are subscripts of the whole left side, and the tokens without them."""
        if canonical(tokens) in self.scope:
            return [], list(tokens)
        outer: list[Token] = []
        rest: list[Token] = []
        at = depth = 0
        while at < len(tokens):
            token = tokens[at]
            if token.text == "_" and not depth:
                end = group_end(tokens, at + 1)
                inside = [t for t in tokens[at + 1 : end] if t.text not in ("{", "}", ",")]
                if inside and all(t.text in self.scope.indices for t in inside):
                    outer.extend(inside)
                    at = end
                    continue
            depth += token.text in ("{", "(", "[")
            depth -= token.text in ("}", ")", "]")
            rest.append(token)
            at += 1
        return outer, rest

    def source(self, tokens: Sequence[Token], kept: Sequence[Token]) -> str:
        """The LaTeX of ``tokens`` as written, without those that were not kept."""
        parts = []
        for token, following in zip(tokens, [*tokens[1:], None], strict=True):
            if token in kept:
                end = following.column if following else token.end
                parts.append(self.latex[token.column - 1 : end - 1])
        return "".join(parts).strip()

    def define(self, left: LeftSide, first: Relation) -> None:
        """Make the left side known to the lines that follow."""
        if first == "=" and left.head in self.free | self.defined:
            raise FormulaError(
                f"{left.head} is used or defined before this line gives it a value",
                left.column,
                "write \\leftarrow for an update, or give the new value its own name",
            )
        self.defined.add(left.head)
        if left.head not in self.scope.functions:
            self.scope.axes[left.head] = len(left.axes) or None


def without_alignment(tokens: Sequence[Token]) -> list[Token]:
    """The tokens without the outer environment and its ``&``; those of cases stay."""
    kept: list[Token] = []
    outer = {f"\\{word}{{{name}}}" for word in ("begin", "end") for name in ENVIRONMENTS}
    cases = 0
    for token in tokens:
        cases += token.text == r"\begin{cases}"
        cases -= token.text == r"\end{cases}"
        if token.text in outer or (token.text == "&" and not cases):
            continue
        if token.text.startswith((r"\begin{", r"\end{")) and not token.text.endswith("{cases}"):
            raise FormulaError(
                f"the environment {token.text} is unknown", token.column, "use aligned or cases"
            )
        kept.append(token)
    return kept
