"""Follows the links between pages, so that a broken one is told with its line."""

from __future__ import annotations

import difflib
import posixpath
import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from gen.errors import Problem
from gen.page import CODE, Page

INLINE_LINK = re.compile(
    r"(?<!!)\[(?:[^\[\]]|\[[^\]]*\])*\]\((?P<target>[^)\s]+)(?:\s+\"[^\"]*\")?\)"
)


SHEET = re.compile(r"-(?:a4|us-letter)\.pdf$")


def check(pages: Mapping[str, Page], made: Mapping[str, set[str]]) -> list[Problem]:
    """Problems with the links of all pages of one language.

    ``pages`` by path inside the language's folder (activations/relu.md); ``made`` gives the
    anchors that stitching adds to a page (of figures, tables, formulas).
    """
    anchors = {name: _anchors(page) | made.get(name, set()) for name, page in pages.items()}
    problems = []
    for name, page in pages.items():
        for line, target in _links(page):
            problem = _follow(name, page, line, target, anchors)
            if problem:
                problems.append(problem)
    return problems


def _anchors(page: Page) -> set[str]:
    return {h.anchor for h in page.headings if h.anchor} | {b.anchor for b in page.blocks}


def _links(page: Page) -> Iterator[tuple[int, str]]:
    for line in page.lines:
        if line.prose:
            for match in INLINE_LINK.finditer(CODE.sub(" ", line.text)):
                yield line.number, match["target"]


def _follow(
    name: str, page: Page, line: int, target: str, anchors: Mapping[str, set[str]]
) -> Problem | None:
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        return None
    # The PDF of a sheet is made from the sheet's page.
    parts = parts._replace(path=SHEET.sub(".md", parts.path))
    path = posixpath.normpath(posixpath.join(posixpath.dirname(name), parts.path))
    path = name if not parts.path else path
    if path not in anchors:
        near = difflib.get_close_matches(path, anchors, 1)
        todo = "write the path of a page, relative to this one"
        if near:
            todo = f"did you mean {posixpath.relpath(near[0], posixpath.dirname(name) or '.')}?"
        return Problem(page.path, line, f"the link '{target}' leads to no page", todo)
    if parts.fragment and parts.fragment not in anchors[path]:
        near = difflib.get_close_matches(parts.fragment, anchors[path], 1)
        todo = f"did you mean #{near[0]}?" if near else f"it has {', '.join(sorted(anchors[path]))}"
        return Problem(page.path, line, f"the link '{target}' leads to no section", todo)
    return None
