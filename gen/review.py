"""Holds the pages against the manifest and against one another, before anything is built from
them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gen import bibliography, emit, glossary, links, lint, nav, parity, search_names, stamp
from gen.errors import Failure, Problem
from gen.page import Page
from gen.paths import Paths
from gen.stitch import Sources, stitch
from snippets.kit import LANGS, Lang

Pages = dict[Lang, dict[str, Page]]


def read_pages(paths: Paths) -> Pages:
    """All pages of both languages, by path inside the language's folder."""
    return {
        lang: {
            file.relative_to(paths.docs / lang).as_posix(): Page(
                paths.show(file), file.read_text(encoding="utf-8")
            )
            for file in sorted((paths.docs / lang).rglob("*.md"))
        }
        for lang in LANGS
    }


@dataclass(frozen=True)
class Reviewed:
    """The pages, ready for MkDocs (``web``) and, for the sheets, for Pandoc (``print``)."""

    web: Mapping[Lang, Mapping[str, str]]
    print: Mapping[Lang, Mapping[str, str]]


def words_of(pages: Pages, paths: Paths) -> list[Problem]:
    """``words``, unless the pages are those in which the last build found nothing wrong."""
    mark, now = paths.cache / "reviewed", stamp.digest(paths.root, ("docs", "gen"))
    if mark.is_file() and mark.read_text(encoding="utf-8") == now:
        return []
    problems = words(pages, paths)
    if not problems:
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.write_text(now, encoding="utf-8")
    return problems


def words(pages: Pages, paths: Paths) -> list[Problem]:
    """What can be said without running anything: twins, parity, unbound numbers, links,
    questions.
    """
    zh, en = pages["zh"], pages["en"]
    problems: list[Problem] = []
    for here, there, lang in ((zh, en, "en"), (en, zh, "zh")):
        for name in here.keys() - there.keys():
            twin = f"docs/{lang}/{name}"
            problems.append(
                Problem(
                    here[name].path, 1, f"the page has no twin {twin}", "write it, or delete this"
                )
            )
    for name in zh.keys() & en.keys():
        problems += parity.compare(zh[name], en[name])
    for lang in LANGS:
        for page in pages[lang].values():
            front = page.front_problem()
            problems += [front] if front else []
            problems += lint.check(page)
            problems += _anchors(page)
            problems += _answers(page)
        problems += links.check(pages[lang], {n: _made(p) for n, p in pages[lang].items()})
    problems += search_names.check(pages) + glossary.check(pages)
    problems += nav.check(nav.read(paths), zh.keys() | en.keys(), paths)
    return problems + _questions(pages, paths)


def _anchors(page: Page) -> list[Problem]:
    """Every section has a name of its own: the same in both languages, and stable."""
    problems = []
    seen: dict[str, int] = {}
    for heading in page.headings:
        if heading.level > 1 and not heading.anchor:
            problems.append(
                Problem(
                    page.path,
                    heading.line,
                    "the heading has no anchor",
                    "end it with {#name}, the same in both languages",
                )
            )
    named = [(h.anchor, h.line) for h in page.headings] + [(b.anchor, b.line) for b in page.blocks]
    for anchor, line in named:
        if anchor and anchor in seen:
            what = f"the anchor #{anchor} stands in line {seen[anchor]} already"
            problems.append(Problem(page.path, line, what, "choose another"))
        seen.setdefault(anchor, line)
    return problems


def _answers(page: Page) -> list[Problem]:
    """The ids in the front matter are those of the page's question blocks."""
    declared = set(page.front.get("answers") or [])
    given = {b.anchor: b.line for b in page.blocks if b.kind == "question" and b.anchor}
    line = page.front_line("answers")
    return [
        Problem(
            page.path,
            line,
            f"'{missing}' is said to be answered, and no question block has that id",
            f"write /// question | ... with attrs: {{id: {missing}}}",
        )
        for missing in sorted(declared - given.keys())
    ] + [
        Problem(
            page.path, given[extra], f"'{extra}' is answered here", "add it to `answers` in line 1"
        )
        for extra in sorted(given.keys() - declared)
    ]


def _questions(pages: Pages, paths: Paths) -> list[Problem]:
    """Each question of the bank is answered on its page, once that page exists."""
    bank_path = paths.docs / "questions.yml"
    if not bank_path.is_file():
        return []
    problems = []
    for topic, answers in nav.mapping(bank_path, paths).items():
        for slug, ids in answers.items():
            page = pages["zh"].get(f"{topic}/{slug}.md")
            if page is None:
                continue
            for missing in set(ids) - set(page.front.get("answers") or []):
                line = nav.line_of(bank_path, rf"(.*\W)?{re.escape(missing)}(?![\w-])")
                what = f"'{missing}' is not answered on {topic}/{slug}"
                problems.append(Problem(paths.show(bank_path), line, what, "answer it there"))
    return problems


def _made(page: Page) -> set[str]:
    """The anchors that stitching adds: of figures, tables and formulas."""
    short = {"figure": "fig", "table": "tab", "formula": "eq"}
    anchors = set()
    for directive in page.directives:
        match = directive.reference
        kind = match["thing"].split("_")[0] if match else ""
        if match and kind in short and directive.alone:
            anchors.add(f"{short[kind]}-{emit.anchor(match['owner'] + '.' + match['thing'])}")
    return anchors


def stitched(
    pages: Pages, manifest: Mapping[str, Any], paths: Paths, source_url: str, site_url: str
) -> Reviewed:
    """Every page with its artifacts in place.  Raises Failure with the problems of all pages."""
    problems: list[Problem] = []
    web: dict[Lang, dict[str, str]] = {lang: {} for lang in LANGS}
    printed: dict[Lang, dict[str, str]] = {lang: {} for lang in LANGS}
    try:
        references = bibliography.read(paths.bibliography, paths.show(paths.bibliography))
    except Failure as failure:
        problems += failure.problems
        references = None
    topics = nav.read(paths)
    for lang in LANGS:
        by_name = {name.removesuffix(".md"): page for name, page in pages[lang].items()}
        site = site_url + ("en/" if lang == "en" else "")
        in_topic = {
            topic: [n.removesuffix(".md") for n in nav.in_order(topics, topic, pages[lang])]
            for topic in topics
        }
        sources = Sources(manifest, references, by_name, in_topic, source_url, site)
        for name, page in pages[lang].items():
            try:
                web[lang][name] = stitch(page.text, page.path, lang, sources)
                if is_sheet(name):
                    printed[lang][name] = stitch(
                        page.text, page.path, lang, sources, target="print"
                    )
            except Failure as failure:
                problems += failure.problems
    problems += _unused(pages, manifest)
    if problems:
        raise Failure(problems)
    return Reviewed(web, printed)


def is_sheet(name: str) -> bool:
    """A cheat sheet: a page that is also made a PDF."""
    return name.startswith("cheatsheets/") and not name.endswith("/index.md")


def _unused(pages: Pages, manifest: Mapping[str, Any]) -> list[Problem]:
    """What a snippet declares and no page shows."""
    called = {
        f"{match['owner']}.{match['thing']}"
        for page in pages["zh"].values()
        for directive in page.directives
        if (match := directive.reference)
    }
    return [
        Problem(
            entry["path"],
            entry["line"],
            f"no page shows '{name}'",
            f"write {{* {name} *}} on a page, delete it, or begin its name with _",
        )
        for name, entry in manifest["artifacts"].items()
        if entry["kind"] != "listing" and name not in called and not name.startswith("site.")
    ]
