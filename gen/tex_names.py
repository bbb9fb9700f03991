r"""Names: which of its scripts belong to a symbol, and what the others do.

The longest declared name wins: with ``x_i`` declared ``x_i`` is that symbol, with the array ``x``
it is an element.  A declared function is applied; functions known to everyone need no declaration.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from gen import tex_functions
from gen.tex_nodes import Binary, Call, Constant, Item, Name, Node
from gen.tex_reader import Script, TokenReader
from gen.tex_tokens import FormulaError, Token, canonical, script_text

BRACKETS = {"(": ")", "[": "]", r"\{": r"\}"}
PRODUCT_SIGNS = frozenset((r"\cdot", r"\times", r"\odot", r"\otimes", "/"))
GREEK = frozenset(
    r"\alpha \beta \gamma \delta \epsilon \varepsilon \zeta \eta \theta \vartheta \iota \kappa"
    r" \lambda \mu \nu \xi \rho \varrho \sigma \tau \upsilon \phi \varphi \chi \psi \omega \Gamma"
    r" \Delta \Theta \Lambda \Xi \Pi \Sigma \Upsilon \Phi \Psi \Omega \ell \nabla \partial".split()
)
"""Commands that are letters: without a declaration they are symbols, not unknown commands."""


class NameReader(TokenReader):
    """Reads symbols and applications."""

    @abstractmethod
    def starts_factor(self) -> bool:
        """Whether the next token goes on with the product."""

    @abstractmethod
    def attach(self, node: Node, scripts: Sequence[Script]) -> Node:
        """``node`` with its subscripts and powers."""

    # ------------------------------------------------------------------ names

    def symbol(self) -> Node:
        """The longest declared name that starts here, with what its scripts then mean."""
        base = self.advance()
        scripts = self.scripts()
        name, rest = self.longest(base, scripts)
        if name is None:
            return self.undeclared_symbol(base, scripts)
        self.use(name)
        if name in self.scope.functions and name not in self.bound:
            return self.application(base, name, rest)
        node: Node = Name(base.column, name)
        axes = 0 if name in self.bound or self.is_index(name) else self.scope.axes[name]
        for script in rest:
            if script.mark == "'":
                self.fail(f"{name}' is not declared", "declare it with its prime", base)
            if script.mark == "_":
                column = script.column
                if axes == 0:
                    raise FormulaError(
                        f"{name} is a scalar and has the subscript {script.text}",
                        column,
                        f"declare {name}_{script_text(script.text)}, or {name} as an array",
                    )
                node = Item(column, node, self.subscripts(script, axes))
        return self.attach(node, [script for script in rest if script.mark == "^"])

    def longest(self, base: Token, scripts: Sequence[Script]) -> tuple[str | None, list[Script]]:
        """The declared name made of ``base`` and the most of its scripts, and the scripts left."""
        found: dict[int, list[tuple[str, list[Script]]]] = {}
        for chosen in range(2 ** len(scripts)):
            own = [script for bit, script in enumerate(scripts) if chosen >> bit & 1]
            rest = [script for script in scripts if script not in own]
            name = written(base.text, own)
            if name in self.scope or name in self.bound:
                found.setdefault(len(own), []).append((name, rest))
        if not found:
            return None, list(scripts)
        best = found[max(found)]
        if len(best) > 1:
            names = " and ".join(name for name, _ in best)
            self.fail(f"{names} are both declared", "declare the whole name or rename one", base)
        return best[0]

    def undeclared_symbol(self, base: Token, scripts: list[Script]) -> Node:
        if base.text in tex_functions.BUILTIN:
            return self.builtin(base, scripts)
        constants = {"e": math.e, r"\pi": math.pi, r"\infty": math.inf}
        if base.text in constants:
            if any(script.mark != "^" for script in scripts):
                self.undeclared(base, written(base.text, scripts))
            return self.attach(Constant(base.column, constants[base.text]), scripts)
        if base.kind == "command" and "{" not in base.text and base.text not in GREEK:
            self.fail(
                f"the command {base.text} is unknown", "declare it, or write it otherwise", base
            )
        return self.undeclared(base, written(base.text, scripts))

    def undeclared(self, token: Token, name: str) -> NoReturn:
        declared = ", ".join(self.scope.names()) or "nothing"
        self.fail(f"{name} is not declared", f"declare it in where (declared: {declared})", token)

    def templated(self, tokens: Sequence[Token]) -> tuple[str, list[Token]]:
        """The name with its indices taken out (first, second ... place), and those indices."""
        seen: list[Token] = []
        general = []
        for token in tokens:
            if self.is_index(token.text):
                texts = [other.text for other in seen]
                if token.text not in texts:
                    seen.append(token)
                    texts.append(token.text)
                place = f"\u25a1{texts.index(token.text) + 1}"
                token = Token("letter", place, token.column, token.end)
            general.append(token)
        return canonical(general), seen

    # ------------------------------------------------------------------ functions

    def application(self, base: Token, name: str, rest: Sequence[Script]) -> Node:
        function = self.scope.functions[name]
        opens = self.token.text in BRACKETS
        if not opens and len(rest) == 1 and rest[0].mark == "_":
            return Call(base.column, name, function, self.subscripts(rest[0], None))
        if rest:
            self.fail(
                f"the function {name} has the script {rest[0].text}",
                "declare it as part of the name, or put it after the arguments",
                rest[0],
            )
        if not opens:
            self.fail(f"the function {name} has no arguments", f"write {name}(...)", base)
        return self.apply(base, function, name)

    def apply(self, opened: Token, function: Callable[..., Any], name: str | None = None) -> Node:
        r"""``f(a, b)``, also ``f(x; \theta)``."""
        if self.token.text not in BRACKETS:
            self.fail(f"{opened.text} has no arguments", "write them in parentheses")
        arguments: list[Node] = []

        def read() -> None:
            arguments.append(self.expression())
            while self.token.text in (",", ";"):
                self.advance()
                arguments.append(self.expression())

        self.within(BRACKETS[self.advance().text], read)
        return Call(opened.column, name or opened.text, function, tuple(arguments))

    def builtin(self, base: Token, scripts: Sequence[Script]) -> Node:
        r"""``\log x``, ``\tanh^2(x)``, ``\log_2 n``: one factor without parentheses is enough."""
        function = tex_functions.BUILTIN[base.text]
        by_mark = {script.mark: script for script in scripts}
        power = by_mark.get("^")
        if "'" in by_mark:
            self.fail(f"{base.text}' is not declared", "declare it with its prime", base)
        if power and not power.text.isdigit():
            self.fail(
                f"{base.text}^{script_text(power.text)} can be read in two ways",
                "put the power after the arguments",
                power,
            )
        if "_" in by_mark and base.text != r"\log":
            self.fail(f"{base.text} takes no subscript", "remove it", base)
        if self.token.text in BRACKETS:
            node = self.apply(base, function)
            if self.token.text in BRACKETS:
                self.fail("the argument can end here or later", "write \\cdot or one bracket")
        else:
            node = Call(base.column, base.text, function, (self.factor(),))
            if self.starts_factor() or self.token.text in PRODUCT_SIGNS:
                self.fail(
                    f"where the argument of {base.text} ends can be read in two ways",
                    "put it in parentheses",
                )
        if "_" in by_mark:
            logarithm = Call(base.column, base.text, function, (self.inside(by_mark["_"]),))
            node = Binary(base.column, "/", node, logarithm)
        if power:
            node = Binary(base.column, "^", node, self.inside(power))
        return node


def written(base: str, scripts: Sequence[Script]) -> str:
    """The normal form of ``base`` with these scripts."""
    text = base
    for script in sorted(scripts, key=lambda script: "'_^".find(script.mark)):
        text += script.text if script.mark == "'" else script.mark + script_text(script.text)
    return text
