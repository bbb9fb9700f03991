"""Finds what no code stands behind: typed numbers in prose, and formulas that nobody executes."""

from __future__ import annotations

import re

from gen.errors import Problem
from gen.page import BLOCK, CITATION, CODE, DIRECTIVE, HEADING, Line, Page

MATH = re.compile(r"(?<![\\$])\$(?!\$)((?:\\.|[^$\\])+)\$")
LINK = re.compile(
    r"(?<=\])\((?:[^()\s]|\([^)]*\))*\)|\{[^}*]*\}|</?[A-Za-z][^>]*>|<https?://[^>]+>|https?://\S+"
)
RELATION = re.compile(
    r"=|<|>|\\(?:approx|le|ge|leq|geq|ne|neq|to|in|sim|propto|equiv|lt|gt|rightarrow|iff)\b"
)

# What may follow a year or a small count; 1.5, 2,000, 1e-3, 2 % and 2 万 are measured, not counted.
_ENDS = r"(?![A-Za-z0-9]|\.\d|,\d|\s?(?:[%％‰百千万亿]|(?:hundred|thousand|million|billion)\b))"
# Letters and digits are spelled out: in Chinese text, `\w` would run on into the words that follow.
IDENTIFIER = re.compile(
    rf"""(?x)
      (?<![A-Za-z0-9.])[A-Za-z_]+-?\d[A-Za-z0-9_-]*(?:\.\d+)*  # ResNet-50, fp16, C4, v1.2
    | (?<![\d.])\d(?:D|st|nd|rd|th)(?![A-Za-z0-9])  # 2D, 4th
    | (?<![\d.])\d+(?:-\d+){{2,}}                    # a shape by name: a 2-3-1 network; a date
    | CC[ ]BY[ ]\d\.\d                                # the licence
    | \d+\s?[×x]\s?\d+(?:\s?[×x]\s?\d+)*          # 3×3
    | (?<![\d.])(?:19\d\d|20[0-3]\d){_ENDS}         # a year; 2048 is none
    | (?<![\d.])[012]{_ENDS}                        # zero, one, two
    | ^\s*\d+[.)]\s                                # the number of a list item
    """
)
NUMBER = re.compile(r"[-−]?\d(?:[\d,.]*\d)?(?:\s?%|[eE][-+]?\d+)?|[½¼¾⅓⅔]")
MATH_NUMBER = re.compile(r"\d[\d.]*")
FREE_IN_MATH = re.compile(r"[_^](?:\{[^{}]*\}|\w)|(?<![\d.])[012](?![\d.])")


def check(page: Page) -> list[Problem]:
    """The problems of one page, in order."""
    prose = [line for line in page.lines if line.prose]
    return _unreplaced(page) + [problem for line in prose for problem in _line(page, line)]


def literals(page: Page) -> int:
    """How many typed numbers of a page carry a reason instead of code."""
    return sum(d.call.startswith("literal ") for d in page.directives)


def _unreplaced(page: Page) -> list[Problem]:
    """Directives where nothing replaces them: the reader would see them as they are typed."""
    front = page.text.split("\n")[: page.front_lines]
    found = [
        Problem(page.path, number, "the front matter holds a directive", "say it without a value")
        for number, text in enumerate(front, 1)
        if DIRECTIVE.search(text)
    ]
    for line in page.lines:
        codes = CODE.findall(line.text) if line.prose else []
        if any(DIRECTIVE.search(code) for _, code in codes):
            what = "the inline code holds a directive, which is printed as it stands"
            found.append(Problem(page.path, line.number, what, "end the code before it"))
    return found


def _line(page: Page, line: Line) -> list[Problem]:
    text = line.text
    if HEADING.match(text) or re.match(r"^\s*attrs:|^\[[^\]]+\]:\s", text):
        return []
    problems = []
    if "$$" in text:
        problems.append(
            Problem(
                page.path,
                line.number,
                "a displayed formula is typed into the page",
                "declare formula_x = Formula(...) in the snippet and write {* concept.formula_x *}",
            )
        )
        return problems
    block = BLOCK.match(text)
    text = block["title"] or "" if block else text
    text = CITATION.sub(" ", CODE.sub(" ", text))
    for match in MATH.finditer(text):
        problems += _math(page, line.number, match.group(1))
    text = MATH.sub(" ", DIRECTIVE.sub(" ", text))
    text = IDENTIFIER.sub(" ", LINK.sub(" ", text))
    for match in NUMBER.finditer(text):
        problems.append(
            Problem(
                page.path,
                line.number,
                f"no code stands behind the number '{match.group()}'",
                "write {* concept.value_x:.2f *}, a word for a count below ten, "
                "or {* literal 0.9 | the reason *}",
            )
        )
    return problems


def _math(page: Page, line: int, latex: str) -> list[Problem]:
    bare = DIRECTIVE.sub(" ", latex)
    if DIRECTIVE.search(latex) and not bare.strip():
        return []  # a declared formula in the line
    if RELATION.search(bare):
        return [
            Problem(
                page.path,
                line,
                f"nobody executes the claim ${latex}$",
                "declare formula_x = Formula(...) and write {* concept.formula_x *} in its place",
            )
        ]
    number = MATH_NUMBER.search(FREE_IN_MATH.sub(" ", bare))
    if number:
        return [
            Problem(
                page.path,
                line,
                f"no code stands behind the number '{number.group()}' in ${latex}$",
                "declare a formula or a value for it",
            )
        ]
    return []
