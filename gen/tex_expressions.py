"""From tokens to a tree: expressions, read by recursive descent against the declared symbols.

Nothing is guessed.  A declared function makes ``f(x)`` an application, a declared variable makes
``a(x)`` a product; what can be read in two ways is refused, with the column and a way to write it.

From loose to tight: relations, sums, products (also by juxtaposition), powers, atoms.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from gen import tex_functions
from gen.tex_names import BRACKETS, NameReader
from gen.tex_nodes import (
    Binary,
    Call,
    Cases,
    Chain,
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
    Operator,
    Reduce,
    Relation,
    Span,
    Transpose,
)
from gen.tex_reader import Script, shown
from gen.tex_tokens import Token, canonical

PRODUCTS: dict[str, Operator] = {
    r"\cdot": "cdot",
    r"\times": "times",
    r"\odot": "odot",
    r"\otimes": "otimes",
    "/": "/",
}
RELATIONS: dict[str, Relation] = {
    "=": "=",
    "<": "<",
    ">": ">",
    r"\le": r"\le",
    r"\ge": r"\ge",
    r"\ne": r"\ne",
    r"\approx": r"\approx",
    r"\in": r"\in",
    r"\leftarrow": r"\leftarrow",
}
REDUCTIONS = {r"\sum": "sum", r"\prod": "prod", r"\max": "max", r"\min": "min"}
TRANSPOSE = frozenset((r"\top", r"\intercal", r"\mathsf{T}", r"\mathrm{T}", "T"))
INDICATORS = frozenset((r"\mathbb{1}", r"\mathbf{1}"))
FENCES = {
    r"\lfloor": (r"\rfloor", tex_functions.floor),
    r"\lceil": (r"\rceil", tex_functions.ceil),
    r"\lvert": (r"\rvert", tex_functions.absolute),
    "|": ("|", tex_functions.absolute),
}
NORMS = {r"\lVert": r"\rVert", r"\|": r"\|"}
STOPS = frozenset(
    [
        *("", "+", "-", ")", "]", "}", ",", ";", ":", "&", ".", "^", "_", "'", r"\\"),
        *(r"\}", r"\rfloor", r"\rceil", r"\rvert", r"\rVert"),
        *RELATIONS,
        *PRODUCTS,
    ]
)
"""Tokens that end a product: no factor starts with them."""
REFUSED = {
    r"\pm": ("\\pm is two formulas in one", "write one formula for each sign"),
    r"\mp": ("\\mp is two formulas in one", "write one formula for each sign"),
    r"\to": ("\\to states a limit without naming it", "write \\lim_{x\\to a} f(x) = b"),
    r"\rightarrow": ("\\rightarrow states a limit without naming it", "write \\lim_{x\\to a}"),
    r"\dots": ("dots leave terms to be guessed", "write \\sum or \\prod with its range"),
    r"\cdots": ("dots leave terms to be guessed", "write \\sum or \\prod with its range"),
    r"\ldots": ("dots leave terms to be guessed", "write \\sum or \\prod with its range"),
    "*": ("* may be a product or a convolution", "write \\cdot, \\odot or a declared function"),
    "!": ("the factorial is not in the grammar", "declare a function and apply it"),
}
CASE_WORDS = frozenset(("if", "for", "when", "若", "当"))
OTHERWISE = frozenset(("otherwise", "else", "否则", "其他", "其它"))


class ExpressionParser(NameReader):
    """Reads expressions and chains of relations."""

    # ------------------------------------------------------------------ relations

    def chain(self) -> Chain:
        """Expressions joined by relations, at least one relation."""
        starts = [self.token.column]
        members, relations = [self.expression()], []
        while self.token.text in RELATIONS:
            relations.append(RELATIONS[self.advance().text])
            starts.append(self.token.column)
            members.append(self.interval() if relations[-1] == r"\in" else self.expression())
        if not relations:
            self.fail("a relation is missing", "write one of = < > \\le \\ge \\ne \\approx \\in")
        return Chain(starts[0], tuple(members), tuple(relations), tuple(starts))

    def interval(self) -> Interval:
        opened = self.advance()
        if opened.text not in ("[", "("):
            self.fail("only an interval can stand after \\in", "write [a, b] or (a, b)", opened)
        low = self.expression()
        if not self.accept(","):
            self.fail("an interval needs two ends", "write them as [a, b]")
        high = self.expression()
        closed = self.advance()
        if closed.text not in ("]", ")"):
            self.fail("the interval is not closed", "close it with ] or )", closed)
        return Interval(opened.column, low, high, opened.text == "[", closed.text == "]")

    # ------------------------------------------------------------------ sums and products

    def expression(self) -> Node:
        left = self.term()
        while self.token.text in ("+", "-"):
            sign = self.advance()
            operator: Operator = "+" if sign.text == "+" else "-"
            if self.token.text in ("+", "-"):
                self.fail("two signs follow one another", "put the second term in parentheses")
            left = Binary(sign.column, operator, left, self.term())
        return left

    def term(self) -> Node:
        """A product, with the sign before it."""
        sign = self.token
        if sign.text in ("+", "-"):
            self.advance()
            body = self.term()
            return Negative(sign.column, body) if sign.text == "-" else body
        left = self.factor()
        divided = False
        while True:
            token = self.token
            if token.text in PRODUCTS:
                self.advance()
                divided = token.text == "/"
                left = Binary(token.column, PRODUCTS[token.text], left, self.factor())
            elif self.starts_factor():
                if divided:
                    self.fail("a / b c can be read in two ways", "write \\frac or parentheses")
                if token.kind == "number":
                    self.fail("a number follows a factor", "write \\cdot between them")
                right = self.factor()
                if isinstance(left, Number) and token.text == r"\frac" and is_fraction(right):
                    self.fail("this may be a mixed number or a product", "write \\cdot", token)
                left = Binary(token.column, "juxtapose", left, right)
            else:
                return left

    def starts_factor(self) -> bool:
        token = self.token
        if token.text == self.closers[-1] or token.text in STOPS:
            return False
        return not token.text.startswith((r"\text{", r"\end{"))

    def factor(self) -> Node:
        """An atom with its subscripts and powers."""
        return self.postfix(self.atom())

    def postfix(self, node: Node) -> Node:
        scripts = self.scripts()
        return self.attach(node, scripts)

    def attach(self, node: Node, scripts: Sequence[Script]) -> Node:
        """Subscripts first, then the power: an element is squared, a square has no elements."""
        for script in sorted(scripts, key=lambda script: "_^".find(script.mark)):
            column = script.column
            if script.mark == "'":
                self.fail("a prime follows what is no declared name", "declare it with its prime")
            if script.mark == "_":
                node = Item(column, node, self.subscripts(script, None))
            elif self.is_transpose(script.text):
                node = Transpose(column, node)
            else:
                node = Binary(column, "^", node, self.inside(script))
        return node

    def is_transpose(self, text: str) -> bool:
        return text in TRANSPOSE and text not in self.scope and text not in self.bound

    # ------------------------------------------------------------------ atoms

    def atom(self) -> Node:
        token = self.token
        text = token.text
        if text in REFUSED:
            self.fail(*REFUSED[text])
        if not self.starts_factor():
            self.fail(f"expected an expression, found {shown(token)}", "write or remove a term")
        if token.kind == "number":
            self.advance()
            return Number(token.column, text)
        if text == "{":
            self.advance()
            return self.within("}", self.expression)  # type: ignore[no-any-return]
        if text in ("(", "["):
            self.advance()
            return self.within(BRACKETS[text], self.expression)  # type: ignore[no-any-return]
        if text in FENCES:
            self.advance()
            closer, function = FENCES[text]
            body = self.within(closer, self.expression)
            return Call(token.column, text, function, (body,))
        if text in NORMS:
            return self.norm()
        if text == r"\frac":
            return self.fraction()
        if text == r"\sqrt":
            return self.root()
        if text == r"\begin{cases}":
            return self.cases()
        if text == r"\lim":
            return self.limit()
        if text in INDICATORS and text not in self.scope:
            return self.indicator()
        if text in REDUCTIONS and text not in self.scope:
            return self.reduction()
        if text in (r"\sup", r"\inf"):
            return self.reduction()
        return self.symbol()

    def norm(self) -> Node:
        opened = self.advance()
        body = self.within(NORMS[opened.text], self.expression)
        scripts = self.scripts()
        orders = {"1": "1", "2": "2", "F": "F", r"\infty": r"\infty"}
        order = next((script.text for script in scripts if script.mark == "_"), None)
        if order is not None and order not in orders:
            self.fail(f"the norm {order} is unknown", "use 1, 2, F or \\infty", opened)
        node = Norm(opened.column, body, orders[order] if order else None)  # type: ignore[arg-type]
        return self.attach(node, [script for script in scripts if script.mark != "_"])

    def fraction(self) -> Node:
        r"""A quotient, or a name such as ``\frac{\partial L}{\partial z_i}`` that was declared."""
        opened = self.advance()
        start = self.at - 1
        top = self.argument()
        bottom = self.argument()
        tokens = self.tokens[start : self.at]
        plain = canonical(tokens)
        general, indices = self.templated(tokens)
        if plain in self.scope.axes:
            self.use(plain)
            return Name(opened.column, plain)
        if general in self.scope.axes:
            self.use(general)
            subscripts = tuple(self.index(token) for token in indices)
            return Item(opened.column, Name(opened.column, general), subscripts)
        if any(token.text == r"\partial" for token in tokens):
            self.undeclared(opened, plain)
        return Binary(opened.column, "/", self.inside(top), self.inside(bottom))

    def root(self) -> Node:
        opened = self.advance()
        degree: Node = Number(opened.column, "2")
        if self.accept("["):
            degree = self.within("]", self.expression)
        body = self.inside(self.argument())
        return Call(opened.column, r"\sqrt", tex_functions.root, (body, degree))

    def cases(self) -> Node:
        opened = self.advance()
        branches: list[tuple[Node, Chain | None]] = []
        self.closers.append(r"\end{cases}")
        while not self.accept(r"\end{cases}"):
            if branches and branches[-1][1] is None:
                self.fail("a case follows the last one", "put \\text{otherwise} last")
            value = self.expression()
            self.accept(",")
            if not self.accept("&"):
                self.fail("a case has no condition", "write value & condition")
            branches.append((value, self.condition()))
            self.accept(",")
            self.accept(".")
            if not self.accept(r"\\") and self.token.text != r"\end{cases}":
                self.fail(f"expected \\\\ or \\end{{cases}}, found {shown(self.token)}", "mend it")
        self.closers.pop()
        return Cases(opened.column, tuple(branches))

    def condition(self) -> Chain | None:
        token = self.token
        if token.text.startswith(r"\text{"):
            self.advance()
            word = token.text[len(r"\text{") : -1].strip()
            if word in OTHERWISE:
                return None
            if word not in CASE_WORDS:
                self.fail(f"the words {word!r} are unknown", "write if or otherwise", token)
        return self.chain()

    def limit(self) -> Node:
        opened = self.advance()
        script = self.only_subscript(opened)
        here, self.at = self.at, script.start
        variable = self.advance().text
        if not self.accept(r"\to"):
            self.fail("a limit needs its target", "write \\lim_{x \\to a}")
        sides: tuple[int, ...] = (-1, 1)
        target: Node
        if self.at < script.end and self.tokens[script.end - 2].text == "^":
            sign = self.tokens[script.end - 1].text
            sides = (1,) if sign == "+" else (-1,)
            if sign not in ("+", "-"):
                self.fail("the side of a limit is + or -", "write x \\to a^+")
            end = self.tokens[script.end - 2]
            self.tokens[script.end - 2] = Token("end", "", end.column, end.column)
            target = self.expression()
        else:
            target = self.expression()
            if self.at != script.end:
                self.fail("the target of the limit is not understood", "write x \\to a")
        self.at = here
        body = self.with_bound([variable], self.term)
        return Limit(opened.column, variable, target, sides, body)

    def indicator(self) -> Node:
        opened = self.advance()
        if self.token.text in BRACKETS:
            condition = self.within(BRACKETS[self.advance().text], self.chain)
            return Indicator(opened.column, condition)
        script = self.only_subscript(opened)
        here, self.at = self.at, script.start
        braced = self.accept(r"\{")
        condition = self.chain()
        if braced:
            self.expect(r"\}", opened)
        if self.at != script.end:
            self.fail("the condition is not understood", "write one chain of relations")
        self.at = here
        return Indicator(opened.column, condition)

    # ------------------------------------------------------------------ sums over indices

    def reduction(self) -> Node:
        opened = self.advance()
        scripts = {script.mark: script for script in self.scripts()}
        lower, upper = scripts.get("_"), scripts.get("^")
        if lower is None:
            if opened.text in (r"\max", r"\min"):
                return self.apply(opened, tex_functions.BUILTIN[opened.text])
            self.fail(f"{opened.text} has no index", "write its range below it", opened)
        if lower.text in self.scope.ranges and opened.text not in (r"\sum", r"\prod"):
            return self.extremum(opened, lower)
        if opened.text in (r"\sup", r"\inf"):
            self.fail(f"{lower.text} is no declared scalar", "declare its range", opened)
        spans = self.spans(lower, upper)
        body = self.with_bound([span.variable for span in spans], self.term)
        return Reduce(opened.column, REDUCTIONS[opened.text], tuple(spans), body)  # type: ignore[arg-type]

    def extremum(self, opened: Token, lower: Script) -> Node:
        low, high = self.scope.ranges[lower.text]
        self.used.add(lower.text)
        body = self.with_bound([lower.text], self.term)
        largest = opened.text in (r"\max", r"\sup")
        return Extremum(opened.column, lower.text, low, high, largest, body)

    def spans(self, lower: Script, upper: Script | None) -> list[Span]:
        """``j=1`` with an upper end, or declared indices ``i, j``, the last with a condition."""
        here, self.at = self.at, lower.start
        spans: list[Span] = []
        while True:
            variable = self.advance()
            if variable.kind != "letter" and variable.text not in self.scope.indices:
                self.fail("a range starts with an index", "write j=1 or j \\ne i", variable)
            name = variable.text
            if name in self.scope and name not in self.scope.indices:
                self.fail(
                    f"{name} is declared, but not as an index", "use another letter", variable
                )
            if self.accept("="):
                if upper is None:
                    self.fail("the range has no upper end", "write ^{n}", variable)
                first = self.expression()
                spans.append(Span(name, first, self.inside(upper)))
                upper = None
                break
            last = self.upto(variable)
            self.bound.append(name)
            only = None
            if self.token.text in RELATIONS:
                self.at -= 1
                only = self.chain()
            spans.append(Span(name, Number(variable.column, "1"), last, only))
            if not (self.at < lower.end and self.accept(",")):
                break
        for span in spans:
            if span.variable in self.bound:
                self.bound.remove(span.variable)
        if self.at != lower.end or upper is not None:
            self.fail("the range is not understood", "write j=1 below and n above, or j \\ne i")
        self.at = here
        return spans

    def upto(self, variable: Token) -> Node:
        if variable.text not in self.scope.indices:
            self.fail(
                f"the range of {variable.text} is not declared",
                f"write {variable.text}=1 and an upper end, or declare the index",
                variable,
            )
        self.used.add(variable.text)
        upto = self.scope.indices[variable.text]
        if isinstance(upto, int):
            return Number(variable.column, str(upto))
        self.use(upto)
        return Name(variable.column, upto)

    def with_bound(self, variables: Collection[str], read: Callable[[], Node]) -> Node:
        """Read with ``variables`` bound, so that they need no declaration."""
        self.bound.extend(variables)
        self.used.update(variables)
        self.swept.update(variables)
        body = read()
        del self.bound[len(self.bound) - len(variables) :]
        return body


def is_fraction(node: Node) -> bool:
    """Whether both parts of a quotient are printed numbers, as in a mixed number."""
    return (
        isinstance(node, Binary)
        and isinstance(node.left, Number)
        and isinstance(node.right, Number)
    )
