"""The glossary: one term for each concept in both languages, from the front matter of the pages.

``term: {zh: 线性整流函数, en: rectified linear unit, abbr: ReLU, not: [整流函数]}``, or a list of
such where a page is about several things.  What stands under ``not`` is another word for the same
thing; no page but this one may use it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

from gen.errors import Problem
from gen.page import CODE, Page
from gen.search_names import overrides, reading, terms
from snippets.kit import LANGS, Lang

KEYS = {"zh", "en", "abbr", "not"}
FORM = "term: {zh: ..., en: ..., abbr: ..., not: [...]}"


def table(pages: Mapping[str, Page], lang: Lang, source: str) -> str:
    """The glossary as HTML, sortable, and filterable by a field that the page's script puts above
    it.

    ``pages`` by path without suffix (activations/relu); ``source`` is the path of the page that
    shows it.
    """
    heads = {
        "zh": ("中文", "拼音", "英文", "缩写", "一句话"),
        "en": ("English", "Abbreviation", "Chinese", "Pinyin", "In one sentence"),
    }[lang]
    caption = {"zh": "术语与它的页面", "en": "Terms, and the pages they lead to"}[lang]
    up = "../" * source.count("/")
    rows = sorted(_rows(pages, lang, up))
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    body = "".join(f"<tr>{cells}</tr>" for _, cells in rows)
    return (
        f'<div class="yj-table yj-unsearched" id="terms" tabindex="0" role="region" '
        f'aria-label="{caption}" data-sortable data-filter><table class="yj-grid">'
        f"<caption>{caption}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _rows(pages: Mapping[str, Page], lang: Lang, up: str) -> Iterator[tuple[str, str]]:
    """The cells of each row, after what the rows are sorted by: sound in Chinese, letters in
    English.
    """
    for path, page in pages.items():
        for term in terms(page):
            zh, en, abbr = (str(term.get(key, "")) for key in ("zh", "en", "abbr"))
            pinyin = " ".join(reading(zh, overrides(page)))
            link = f'<a href="{up}{path}.html">{html.escape(zh if lang == "zh" else en)}</a>'
            line = html.escape(str(page.front.get("description", "")))
            if lang == "zh":
                cells = link, pinyin, f'<span lang="en">{html.escape(en)}</span>', abbr, line
                yield f"{pinyin} {zh}", _cells(cells)
            else:
                chinese = f'<span lang="zh-Hans">{html.escape(zh)}</span>'
                yield en.casefold(), _cells((link, abbr, chinese, pinyin, line))


def _cells(cells: tuple[str, ...]) -> str:
    return "".join(f"<td>{cell}</td>" for cell in cells)


# --------------------------------------------------------------------------- what is wrong


def check(pages: Mapping[Lang, Mapping[str, Page]]) -> list[Problem]:
    """Terms that are incomplete or differ between twins, and other words for a term in any page."""
    problems: list[Problem] = []
    for lang in LANGS:
        for name, page in pages[lang].items():
            problems += _form(page)
            twin = pages["zh"].get(name)
            if lang == "en" and twin and terms(page) != terms(twin):
                what = f"the term is not the one of {twin.path}"
                problems.append(
                    Problem(page.path, page.front_line("term"), what, "write the same in both")
                )
    for word, term, owner in _discouraged(pages):
        for lang in LANGS:
            for name, page in pages[lang].items():
                if name != owner:
                    problems += _uses(page, word, str(term.get(lang, "")))
    return problems


def _form(page: Page) -> list[Problem]:
    given = page.front.get("term")
    if given is None:
        return []
    listed: list[Any] = given if isinstance(given, list) else [given]
    for term in listed:
        if not isinstance(term, dict) or not {"zh", "en"} <= term.keys() <= KEYS:
            line = page.front_line("term")
            return [Problem(page.path, line, "the term is not complete", f"write {FORM}")]
        if not isinstance(term.get("not", []), list):
            line = page.front_line("term")
            return [Problem(page.path, line, "`not` of the term is no list", f"write {FORM}")]
    return []


def _discouraged(
    pages: Mapping[Lang, Mapping[str, Page]],
) -> Iterator[tuple[str, Mapping[str, Any], str]]:
    """Each word that is not to be used, the term instead of it, and the page that says so."""
    for name, page in pages["zh"].items():
        for term in terms(page):
            words = term.get("not") or []
            for word in words if isinstance(words, list) else []:
                yield str(word), term, name


def _uses(page: Page, word: str, instead: str) -> Iterator[Problem]:
    latin = re.match(r"[\w-]+$", word, re.ASCII) or " " in word
    pattern = rf"(?<!\w){re.escape(word)}(?!\w)" if latin else re.escape(word)
    for line in page.lines:
        if line.prose and re.search(pattern, CODE.sub(" ", line.text), re.IGNORECASE):
            what = f"'{word}' is another word for '{instead}'"
            yield Problem(page.path, line.number, what, f"write {instead}: one term for one thing")
