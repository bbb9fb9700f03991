"""Wrong formulas must not pass: each formula of the field is changed in one place at a time."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from gen.formula import FormulaError, check
from gen.tex_tokens import Token, group_end, tokenize
from tests.gen.test_formula_field import CASES, Case

SWAPS = {
    "+": "-",
    "-": "+",
    r"\max": r"\min",
    r"\min": r"\max",
    r"\sum": r"\prod",
    r"\prod": r"\sum",
    "<": ">",
    ">": "<",
    r"\le": r"\ge",
    r"\ge": r"\le",
    r"\ne": "=",
    r"\tanh": r"\sinh",
    r"\log": r"\exp",
    r"\ln": r"\exp",
    r"\exp": r"\log",
    r"\lfloor": r"\lceil",
}
CLOSERS = {"+", "-", "=", "<", r"\le", ")", "]", "}", ",", "&", r"\\", r"\|", "|", r"\end{aligned}"}


def changed(latex: str, token: Token, text: str) -> str:
    """``latex`` with ``text`` in the place of ``token``; a blank keeps a command from growing."""
    before, after = latex[: token.column - 1], latex[token.end - 1 :]
    blank = " " if re.search(r"\\[A-Za-z]+$", text) and after[:1].isalpha() else ""
    return f"{before}{text}{blank}{after}"


def right_side(case: Case, tokens: list[Token]) -> list[int]:
    """Positions of the tokens that are evaluated: a left side is only a name."""
    formula = case.formula
    is_claim = not (formula.equals or formula.derivative_of or formula.witness)
    found = []
    inside = is_claim
    for position, token in enumerate(tokens[:-1]):
        ends = token.text == r"\\" and "cases" not in formula.latex
        if not is_claim and (ends or (token.text == "," and "quad" in formula.latex)):
            inside = False
        if inside:
            found.append(position)
        if token.text in ("=", r"\leftarrow"):
            inside = True
    return found


def mutants(case: Case) -> Iterator[tuple[str, str]]:
    """(what was changed, LaTeX): operators, symbols, indices, constants, terms, fractions."""
    latex = case.formula.latex
    tokens = tokenize(latex)
    places = right_side(case, tokens)
    letters = sorted({tokens[p].text for p in places if is_symbol(tokens[p], case)})
    for place in places:
        token = tokens[place]
        if token.text in SWAPS:
            mutant = changed(latex, token, SWAPS[token.text])
            if token.text == r"\lfloor":
                mutant = mutant.replace(r"\rfloor", r"\rceil")
            yield "operator", mutant
        if token.kind == "number":
            yield "constant", changed(latex, token, str(int(token.text[-1]) + 1))
        if token.text in letters and len(letters) > 1:
            other = letters[(letters.index(token.text) + 1) % len(letters)]
            kind = "index" if tokens[place - 1].text in ("_", "{") else "symbol"
            yield kind, changed(latex, token, other)
        if token.text in ("+", "-"):
            end = term_end(tokens, place + 1)
            yield "term", latex[: token.column - 1] + latex[tokens[end].column - 1 :]
        if token.text == r"\frac" and tokens[place + 1].text == "{":
            middle = group_end(tokens, place + 1)
            end = group_end(tokens, middle)
            if tokens[middle].text == "{":
                top = latex[tokens[place + 1].column - 1 : tokens[middle - 1].end - 1]
                bottom = latex[tokens[middle].column - 1 : tokens[end - 1].end - 1]
                rest = latex[tokens[end - 1].end - 1 :]
                yield "fraction", latex[: token.column - 1] + r"\frac" + bottom + top + rest


def is_symbol(token: Token, case: Case) -> bool:
    return token.kind == "letter" or any(token.text == name for name in case.formula.where)


def term_end(tokens: list[Token], at: int) -> int:
    depth = 0
    while tokens[at].kind != "end":
        text = tokens[at].text
        if depth == 0 and text in CLOSERS:
            return at
        depth += text in ("{", "(", "[") or text.startswith(r"\begin")
        depth -= text in ("}", ")", "]") or text.startswith(r"\end")
        at += 1
    return at


EQUIVALENT = {
    ("claim-limit", r"\lim_{x \to 0} \frac{x}{e^x - 1} = 1"): "the inverse of a limit 1 is 1",
    ("claim-interval", r"\tanh(x) \in (-2, 1)"): "true: a wider interval holds what (-1, 1) holds",
    ("claim-interval", r"\tanh(x) \in (-1, 2)"): "true: a wider interval holds what (-1, 1) holds",
}
"""Mutants that say something true, by the end of their LaTeX, and why they do."""


def survivors(case: Case) -> tuple[int, list[str]]:
    """How many mutants there are, and those that pass although they were changed."""
    alive = []
    found = dict.fromkeys(latex for _, latex in mutants(case) if latex != case.formula.latex)
    for latex in found:
        try:
            check(replace(case.formula, latex=latex))
        except FormulaError:
            continue
        alive.append(latex)
    return len(found), alive


@pytest.mark.slow
def test_every_mutant_is_caught_or_explained() -> None:
    total, explained, unexplained = 0, set(), []
    for case in CASES:
        count, alive = survivors(case)
        total += count
        for latex in alive:
            reasons = [key for key in EQUIVALENT if key[0] == case.name and latex.endswith(key[1])]
            explained.update(reasons)
            if not reasons:
                unexplained.append(f"{case.name}: {latex}")
    caught = total - len(explained) - len(unexplained)
    sys.stdout.write(f"\n{caught} of {total} mutants caught, {len(explained)} equivalent\n")
    assert total > 800
    assert unexplained == []
    assert explained == EQUIVALENT.keys()


@pytest.mark.parametrize("kind", ["operator", "constant", "symbol", "index", "term", "fraction"])
def test_each_kind_of_mutation_occurs(kind: str) -> None:
    assert sum(found == kind for case in CASES for found, _ in mutants(case)) >= 20
