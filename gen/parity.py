"""Compares the Chinese and the English page of one concept: the words may differ, nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from gen.errors import Problem
from gen.page import CITATION, Page

FRONT_KEYS = ("answers", "hide", "template")


@dataclass(frozen=True)
class _Part:
    """A step of the skeleton: how it is compared, how it is named in a message, where it stands."""

    what: str
    line: int


def compare(zh: Page, en: Page) -> list[Problem]:
    """What differs, told at the place in the English page where the skeletons part."""
    problems = []
    for key in FRONT_KEYS:
        if zh.front.get(key) != en.front.get(key):
            problems.append(
                Problem(
                    en.path,
                    en.front_line(key),
                    f"the front matter's '{key}' differs from {zh.path}",
                    "give both pages the same",
                )
            )
    first = _first_difference(_skeleton(zh), _skeleton(en), zh, en)
    if first:
        return [*problems, first]
    return [*problems, *_sections(zh, en)]


def _skeleton(page: Page) -> list[_Part]:
    """Headings with level and anchor, blocks with kind and id, directives that stand alone; in
    order.
    """
    parts = [
        _Part(f"heading {'#' * h.level} {{#{h.anchor}}}" if h.level > 1 else "title", h.line)
        for h in page.headings
    ]
    parts += [
        _Part(f"block {b.kind}" + (f" #{b.anchor}" if b.anchor else ""), b.line)
        for b in page.blocks
        if b.kind != "tab"  # a tab's label is a name, and the same in both
    ]
    parts += [_Part(f"tab {b.title}", b.line) for b in page.blocks if b.kind == "tab"]
    parts += [_Part(f"{{* {d.call} *}}", d.line) for d in page.directives if d.alone]
    return sorted(parts, key=lambda p: p.line)


def _first_difference(
    zh_parts: Sequence[_Part], en_parts: Sequence[_Part], zh: Page, en: Page
) -> Problem | None:
    for a, b in zip_longest(zh_parts, en_parts):
        if a and b and a.what == b.what:
            continue
        line = b.line if b else (en.lines[-1].number if en.lines else 1)
        here = b.what if b else "the end of the page"
        there = f"{a.what} (line {a.line})" if a else "the end of the page"
        return Problem(
            en.path,
            line,
            f"here is {here}, where {zh.path} has {there}",
            "both pages have the same headings, blocks, figures and tables in the same order",
        )
    return None


def _sections(zh: Page, en: Page) -> list[Problem]:
    """Numbers and citations within sentences: the same in each section, in whatever order."""
    problems = []
    for (_, zh_counts), (en_line, en_counts) in zip(_counts(zh), _counts(en), strict=True):
        missing, extra = zh_counts - en_counts, en_counts - zh_counts
        for call in missing:
            problems.append(
                Problem(en.path, en_line, f"this section lacks {call}", f"{zh.path} has it")
            )
        for call in extra:
            problems.append(
                Problem(
                    en.path,
                    en_line,
                    f"this section has {call}",
                    f"{zh.path} lacks it: add it there",
                )
            )
    return problems


def _counts(page: Page) -> list[tuple[int, Counter[str]]]:
    starts = [h.line for h in page.headings] or [1]
    counts: list[tuple[int, Counter[str]]] = [(line, Counter()) for line in starts]

    def section(line: int) -> Counter[str]:
        return next((c for start, c in reversed(counts) if start <= line), counts[0][1])

    for directive in page.directives:
        if not directive.alone:
            call = directive.call
            # The reason of a literal is in the page's own language.
            call = call.partition("|")[0].strip() if call.startswith("literal ") else call
            section(directive.line)[f"{{* {call} *}}"] += 1
    for line in page.lines:
        for match in CITATION.finditer(line.text) if line.prose else ():
            section(line.number)[match.group()] += 1
    return counts
