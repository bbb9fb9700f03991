"""A page as its author wrote it: front matter, headings, directives, blocks, each with its line.

Everything that reads pages (stitch, parity, lint, search) reads them through this module, so that a
directive inside a code example is a directive to none of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import yaml

from gen.errors import Problem

DIRECTIVE = re.compile(r"\{\*\s*(?P<call>.*?)\s*\*\}")
REFERENCE = re.compile(
    r"^(?P<owner>\w+)\.(?P<thing>\w+)(?P<keys>(?:\[[^\]]+\])*)(?::(?P<spec>.*))?$"
)
CITATION = re.compile(r"\[(@[^\]]+)\]")
HEADING = re.compile(r"^(?P<level>#{1,6})\s+(?P<text>.*?)(?:\s*\{(?P<attributes>[^}*]*)\})?\s*$")
FENCE = re.compile(r"^\s*(?P<fence>```+|~~~+)")
BLOCK = re.compile(r"^\s*(?P<slashes>/{3,})\s*(?P<kind>[\w-]+)?\s*(?:\|\s*(?P<title>.*?))?\s*$")
CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")


@dataclass(frozen=True)
class Line:
    """One line of a page; ``prose`` is False inside fenced code."""

    number: int
    text: str
    prose: bool


@dataclass(frozen=True)
class Directive:
    """``{* relu.value_dead:.1% *}``: what it calls, where it stands."""

    call: str
    line: int
    alone: bool
    start: int
    end: int

    @property
    def reference(self) -> re.Match[str] | None:
        return REFERENCE.match(self.call)


@dataclass(frozen=True)
class Heading:
    level: int
    text: str
    anchor: str
    line: int


@dataclass(frozen=True)
class Block:
    """``/// question | title`` with its attributes and its last line."""

    kind: str
    title: str
    anchor: str
    line: int
    last: int


@dataclass(frozen=True)
class Page:
    """The text of one page; ``path`` as messages name it (docs/zh/activations/relu.md)."""

    path: str
    text: str

    @cached_property
    def lines(self) -> list[Line]:
        """All lines after the front matter."""
        found, fence = [], ""
        for number, text in enumerate(self.text.split("\n"), 1):
            if number <= self.front_lines:
                continue
            match = FENCE.match(text)
            if match and not fence:
                fence = match["fence"]
                found.append(Line(number, text, prose=False))
            elif match and text.strip() == match["fence"] and match["fence"].startswith(fence):
                fence = ""
                found.append(Line(number, text, prose=False))
            else:
                found.append(Line(number, text, prose=not fence))
        return found

    @cached_property
    def front_lines(self) -> int:
        """How many lines the front matter takes, its two rules included."""
        if not self.text.startswith("---\n"):
            return 0
        end = self.text.find("\n---\n", 3)
        return 0 if end < 0 else self.text.count("\n", 0, end) + 2

    @cached_property
    def front(self) -> dict[str, Any]:
        """The front matter; empty when there is none or it is not a mapping."""
        body = "\n".join(self.text.split("\n")[1 : self.front_lines - 1])
        try:
            meta = yaml.safe_load(body) if self.front_lines else {}
        except yaml.YAMLError:
            return {}
        return meta if isinstance(meta, dict) else {}

    def front_problem(self) -> Problem | None:
        """What is wrong with the front matter, if it cannot be read."""
        body = "\n".join(self.text.split("\n")[1 : self.front_lines - 1])
        try:
            meta = yaml.safe_load(body) if self.front_lines else {}
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 2 if mark else 1
            return Problem(self.path, line, "the front matter is not YAML", "mend it")
        if self.front_lines and not isinstance(meta, dict):
            return Problem(self.path, 1, "the front matter is not a mapping", "write key: value")
        return None

    def front_line(self, key: str) -> int:
        """The line on which a key of the front matter stands (1 when it does not)."""
        for number, text in enumerate(self.text.split("\n")[: self.front_lines], 1):
            if text.startswith(f"{key}:"):
                return number
        return 1

    @cached_property
    def headings(self) -> list[Heading]:
        found = []
        for line in self.lines:
            match = HEADING.match(line.text) if line.prose else None
            if match:
                ids = re.findall(r"#([\w-]+)", match["attributes"] or "")
                found.append(
                    Heading(len(match["level"]), match["text"], ids[0] if ids else "", line.number)
                )
        return found

    @property
    def title(self) -> str:
        return next((h.text for h in self.headings if h.level == 1), "")

    @cached_property
    def directives(self) -> list[Directive]:
        return [d for line in self.lines if line.prose for d in directives(line)]

    @cached_property
    def blocks(self) -> list[Block]:
        """Blocks in the order in which they open.  An unclosed one ends with the page."""
        open_blocks: list[tuple[int, str, str, str, int]] = []
        found: list[Block] = []
        texts = {line.number: line.text for line in self.lines}
        last = max(texts, default=0)
        for line in self.lines:
            match = BLOCK.match(line.text) if line.prose else None
            if not match:
                continue
            depth = len(match["slashes"])
            if match["kind"]:
                anchor = _block_anchor(texts, line.number)
                open_blocks.append(
                    (depth, match["kind"], match["title"] or "", anchor, line.number)
                )
                continue
            while open_blocks:
                other, kind, title, anchor, start = open_blocks.pop()
                found.append(Block(kind, title, anchor, start, line.number))
                if other == depth:
                    break
        found += [Block(k, t, a, start, last) for _, k, t, a, start in open_blocks]
        return sorted(found, key=lambda b: b.line)

    def card(self) -> tuple[int, list[str]] | None:
        """The first line and the lines of the page's card, or None."""
        for block in self.blocks:
            if block.kind == "card":
                inside = self.text.split("\n")[block.line : block.last - 1]
                return block.line + 1, inside
        return None

    @cached_property
    def card_lines(self) -> range:
        """The numbers of the lines inside the page's card."""
        card = self.card()
        return range(card[0], card[0] + len(card[1])) if card else range(0)


def in_math(text: str) -> bool:
    """Whether a formula has been opened by a dollar sign in this beginning of a line."""
    return len(re.findall(r"(?<!\\)\$", CODE.sub("", text))) % 2 == 1


def _block_anchor(texts: dict[int, str], line: int) -> str:
    """The id that the options under a block's first line give it: ``    attrs: {id:
    relu-at-zero}``.
    """
    number = line + 1
    while texts.get(number, "").startswith("    "):
        match = re.search(r"attrs:\s*\{[^}]*\bid:\s*([\w-]+)", texts[number])
        if match:
            return match.group(1)
        number += 1
    return ""


def directives(line: Line) -> Iterator[Directive]:
    """The directives of one line, those in inline code left out."""
    code = [match.span() for match in CODE.finditer(line.text)]
    for match in DIRECTIVE.finditer(line.text):
        start, end = match.span()
        if any(a < start and end < b for a, b in code):
            continue
        alone = line.text.strip() == match.group()
        yield Directive(match["call"], line.number, alone, start, end)
