"""Puts what the snippets made into the words of a page: Markdown in, Markdown out.

``stitch`` is pure.  It knows the manifest, the bibliography and the cards of other pages, reads
no file, and collects every error of a page before it raises.
"""

from __future__ import annotations

import difflib
import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from gen import emit, glossary
from gen.bibliography import Reference
from gen.errors import Failure, Problem
from gen.page import CITATION, CODE, Directive, Line, Page, directives, in_math
from snippets.kit import Lang

Target = Literal["web", "print"]
ALONE = ("figure", "table", "listing", "check")


@dataclass(frozen=True)
class Sources:
    """What a page may call for, besides its own words."""

    manifest: Mapping[str, Any]
    references: Mapping[str, Reference] | None = field(default_factory=dict)
    """None where the bibliography cannot be read, which is told once and not for each citation."""
    pages: Mapping[str, Page] = field(default_factory=dict)
    """The pages of the same language by path without suffix (activations/relu), for their cards."""
    topics: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The pages of each topic in its order, by path without suffix."""
    source_url: str = ""
    """Where the source is shown: ``<source_url>/snippets/activations/relu.py#L12``."""
    site_url: str = ""
    """Where a printed card's title leads: ``<site_url>activations/relu.html``."""


def stitch(text: str, path: str, lang: Lang, sources: Sources, *, target: Target = "web") -> str:
    """The page with every directive and citation replaced.  Raises Failure with all its
    problems.
    """
    stitcher = _Stitcher(Page(path, text), lang, sources, target)
    result = stitcher.run()
    if stitcher.problems:
        raise Failure(stitcher.problems)
    return result


class _Stitcher:
    def __init__(self, page: Page, lang: Lang, sources: Sources, target: Target) -> None:
        self.page, self.lang, self.sources, self.target = page, lang, sources, target
        self.emit = emit.Web(lang, sources.source_url) if target == "web" else emit.Print(lang)
        self.problems: list[Problem] = []
        self.cited: dict[str, Reference] = {}
        self.lists_references = False
        self.in_card = False
        self.placed: set[str] = set()

    def run(self) -> str:
        front = self.page.text.split("\n")[: self.page.front_lines]
        body = [self._line(line) for line in self.page.lines]
        if self.cited and not self.lists_references and self.target == "web":
            self._problem(
                self.page.lines[-1].number,
                "the page cites and lists no references",
                "end it with a section that holds {* references *}",
            )
        listed = self.emit.references(sorted(self.cited.values(), key=lambda r: r.short))
        return "\n".join([*front, *body]).replace(emit.REFERENCES, listed)

    def _problem(self, line: int, what: str, todo: str) -> None:
        self.problems.append(Problem(self.page.path, line, what, todo))

    def _line(self, line: Line) -> str:
        if not line.prose:
            return line.text
        found = list(directives(line))
        if len(found) == 1 and found[0].alone:
            indent = line.text[: len(line.text) - len(line.text.lstrip())]
            block = self._block(found[0])
            return "\n".join(indent + part if part else part for part in block.split("\n"))
        text = line.text
        for directive in reversed(found):
            math = in_math(text[: directive.start])
            text = text[: directive.start] + self._inline(directive, math) + text[directive.end :]
        return self._citations(text, line.number)

    # ------------------------------------------------------------------ directives

    def _block(self, directive: Directive) -> str:
        if directive.call == "references":
            self.lists_references = True
            return emit.REFERENCES
        if directive.call == "sheets":
            return self._sheets()
        if directive.call == "glossary":
            return glossary.table(self.sources.pages, self.lang, self.page.path.split("/", 2)[-1])
        if directive.call == "pdf":
            return self._pdf_links()
        if directive.call.startswith("pages "):
            return self._pages(directive)
        if directive.call.endswith(".card"):
            return self._card(directive)
        found = self._lookup(directive)
        if found is None:
            return ""
        name, entry, keys, spec = found
        kind, payload = entry["kind"], entry[self.lang]
        if kind == "value":
            return self._value(directive, payload, keys, spec, math=False)
        if self._refuses_format(directive, found):
            return ""
        brief = self.in_card or directive.line in self.page.card_lines
        block = self.emit.block(kind, name, entry, payload, brief=brief)
        if name in self.placed and kind == "figure":
            what, todo = f"'{name}' is on this page already", "link to it: #fig-..."
            self._problem(directive.line, what, todo)
        if name in self.placed:
            # Shown again, say in an answer: links lead to the first, and an id stands once on a
            # page.
            block = re.sub(r' id="[^"]*"', "", block, count=1)
        if not (brief and kind == "formula"):  # which has no id there
            self.placed.add(name)
        has_caption = kind in ("figure", "table")
        return self._citations(block, directive.line) if has_caption else block

    def _inline(self, directive: Directive, math: bool) -> str:
        if directive.call.startswith("literal "):
            return self._literal(directive)
        found = self._lookup(directive)
        if found is None:
            return ""
        name, entry, keys, spec = found
        kind = entry["kind"]
        if kind in ALONE:
            self._problem(
                directive.line,
                f"'{name}' is a {kind} and stands in a line of text",
                "put the directive on a line of its own",
            )
            return ""
        if kind == "formula":
            if self._refuses_format(directive, found):
                return ""
            latex = " ".join(entry[self.lang]["latex"].split())  # a line of text is one line
            return latex if math else f"${latex}$"
        return self._value(directive, entry[self.lang], keys, spec, math=math)

    def _refuses_format(self, directive: Directive, found: tuple[str, Any, list[str], str]) -> bool:
        name, entry, keys, spec = found
        if keys or spec:
            self._problem(
                directive.line,
                f"'{directive.call}': a {entry['kind']} takes no key and no format",
                f"write {{* {name} *}}",
            )
        return bool(keys or spec)

    def _lookup(self, directive: Directive) -> tuple[str, Any, list[str], str] | None:
        match = directive.reference
        artifacts = self.sources.manifest["artifacts"]
        if match is None:
            self._problem(
                directive.line,
                f"'{directive.call}' is no directive",
                "write {* concept.thing *}, {* concept.value_x:.2f *} or {* references *}",
            )
            return None
        name = f"{match['owner']}.{match['thing']}"
        if name not in artifacts:
            near = difflib.get_close_matches(name, artifacts, 3)
            owner = [n for n in artifacts if n.startswith(f"{match['owner']}.")]
            todo = (
                f"did you mean {', '.join(near)}?"
                if near
                else f"declare {match['thing']} in that module"
                if owner
                else f"there is no concept '{match['owner']}'"
            )
            self._problem(directive.line, f"nothing makes '{name}'", todo)
            return None
        keys = (
            [key.strip("[]") for key in (match["keys"] or "").split("][")] if match["keys"] else []
        )
        return name, artifacts[name], keys, match["spec"] or ""

    def _value(
        self, directive: Directive, payload: Any, keys: list[str], spec: str, *, math: bool
    ) -> str:
        value = payload["value"]
        for key in keys:
            try:
                value = value[key] if isinstance(value, dict) else value[int(key)]
            except (KeyError, IndexError, ValueError, TypeError):
                has = (
                    f"it has {', '.join(value)}"
                    if isinstance(value, dict)
                    else f"it has {len(value)} entries, counted from 0"
                    if isinstance(value, list)
                    else "it is one value"
                )
                self._problem(directive.line, f"'{directive.call}': no entry [{key}]", has)
                return ""
        try:
            return self.emit.value(value, spec, math=math)
        except (ValueError, TypeError) as error:
            self._problem(
                directive.line,
                f"'{directive.call}': the format '{spec}' does not fit {value!r:.60}",
                f"use Python's format specification ({error})",
            )
            return ""

    def _literal(self, directive: Directive) -> str:
        text, bar, reason = directive.call.removeprefix("literal ").partition("|")
        if not bar or len(reason.strip()) < 8:
            self._problem(
                directive.line,
                f"the typed number '{text.strip()}' gives no reason",
                "write {* literal 0.9 | why no code stands behind it *}",
            )
        return text.strip()

    def _pages(self, directive: Directive) -> str:
        """Links to the pages of a topic; its own index is left out."""
        topic = directive.call.removeprefix("pages ").strip()
        if topic not in self.sources.topics:
            has = ", ".join(self.sources.topics)
            self._problem(directive.line, f"there is no topic '{topic}'", f"there are {has}")
            return ""
        start = posixpath.dirname(self.page.path.split("/", 2)[-1])
        return "\n".join(
            f"- [{self.sources.pages[name].title}]({posixpath.relpath(name, start or '.')}.md)"
            for name in self.sources.topics[topic]
            if not name.endswith("/index")
        )

    def _sheets(self) -> str:
        """A table of the cheat sheets with their PDFs."""
        head = {"zh": "速查表", "en": "Sheet"}[self.lang]
        rows = [f"| {head} | A4 | US Letter |", "| --- | --- | --- |"]
        for name in self.sources.topics.get("cheatsheets", ()):
            slug = name.rsplit("/", 1)[-1]
            if slug != "index":
                title = self.sources.pages[name].title
                rows.append(
                    f"| [{title}]({slug}.md) | [PDF]({slug}-a4.pdf) | [PDF]({slug}-us-letter.pdf) |"
                )
        return "\n".join(rows)

    def _pdf_links(self) -> str:
        """Where this sheet lies as a PDF; nothing on the sheet itself."""
        if self.target == "print":
            return ""
        slug = posixpath.basename(self.page.path).removesuffix(".md")
        label = {"zh": "打印：", "en": "Print: "}[self.lang]
        return (
            f":material-printer: {label}"
            f"[A4]({slug}-a4.pdf){{ .md-button }} [US Letter]({slug}-us-letter.pdf){{ .md-button }}"
        )

    def _card(self, directive: Directive) -> str:
        concept = self.sources.manifest["concepts"].get(directive.call.removesuffix(".card"))
        page = self.sources.pages.get(concept["page"]) if concept else None
        card = page.card() if page else None
        if page is None or card is None:
            self._problem(
                directive.line,
                f"'{directive.call}': that page has no card",
                "name a concept whose page has a /// card block",
            )
            return ""
        first, lines = card
        inside = _Stitcher(
            Page(page.path, "\n" * (first - 1) + "\n".join(lines)),
            self.lang,
            self.sources,
            self.target,
        )
        inside.in_card = True
        body = "\n".join(inside._line(line) for line in inside.page.lines[first - 1 :])
        self.problems += inside.problems
        self.cited.update(inside.cited)
        return self.emit.card(page.title, concept["page"], body.strip("\n"), self.sources.site_url)

    # ------------------------------------------------------------------ citations

    def _citations(self, text: str, number: int) -> str:
        if self.sources.references is None:
            return text
        code = [match.span() for match in CODE.finditer(text)]
        for match in reversed(list(CITATION.finditer(text))):
            if any(a < match.start() < b for a, b in code):
                continue
            parts = []
            for part in match.group(1).split(";"):
                key, _, where = part.strip().removeprefix("@").partition(",")
                reference = self.sources.references.get(key.strip())
                if reference is None:
                    near = difflib.get_close_matches(key, self.sources.references, 2)
                    hint = f"did you mean {', '.join(near)}?" if near else "add it there"
                    self._problem(
                        number, f"the citation '{key.strip()}' is not in docs/references.bib", hint
                    )
                    continue
                self.cited[reference.key] = reference
                parts.append(self.emit.citation(reference, where.strip()))
            before, after = text[: match.start()], text[match.end() :]
            if self.lang == "zh":  # full-width brackets bring their own space
                before, after = before.rstrip(" "), after.lstrip(" ")
            text = before + self.emit.cited(parts) + after
        return text
