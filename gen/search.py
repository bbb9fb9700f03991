"""The index of the search and the script that searches it.

Material draws the box and the results; its own worker, which knows no names and drops the last
character of each run of Chinese, is replaced by ours (theme/assets/js/search), which speaks the
same messages.
"""

from __future__ import annotations

import bisect
import gzip
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from gen.errors import Failure, Problem
from gen.page import Page
from gen.search_names import HAN, Name, is_concept, names, pinyin
from gen.search_text import Section
from snippets.kit import Lang

PARTS = ("text", "names", "body", "formulas", "show", "engine", "worker")
LIBRARY = {"MiniSearch": "dist/umd/index.js", "SearchableMap": "dist/umd/SearchableMap.js"}
LARGEST = 100_000
"""Bytes that the index of one language may have when compressed."""
CUTS = (*range(2400, 600, -200), *range(600, 200, -40), *range(200, -1, -10))
"""Characters that are kept of a section's text: the most with which the index is not too large."""
BESIDE = 0.4
"""What headings and texts of a page that is about no concept (home, cheat sheets) count."""


# --------------------------------------------------------------------------- the script


def worker(theme: Path, minisearch: Path) -> str:
    """The script of the worker: MiniSearch and our parts in one file, which needs no other."""
    licence = (minisearch / "LICENSE.txt").read_text(encoding="utf-8").replace("*/", "")
    parts = [f"/*! MiniSearch\n{licence}*/", _tables()]
    parts += [_library(name, minisearch / path) for name, path in LIBRARY.items()]
    parts += [
        (theme / "assets/js/search" / f"{name}.js").read_text(encoding="utf-8") for name in PARTS
    ]
    return "(() => {\n" + '"use strict";\n' + "\n".join(parts) + "})();\n"


def _tables() -> str:
    """What the script knows of Chinese; it stays the same when the site does not."""
    common = set("".join(_sounds().values()))
    pairs = "".join(old + new for old, new in _simplified().items() if new in common)
    sounds = json.dumps(_sounds(), ensure_ascii=False, separators=(",", ":"))
    return f'const SOUNDS = {sounds};\nconst SIMPLIFIED = "{pairs}";'


def _library(name: str, path: Path) -> str:
    """A library that was written for Node and browsers alike, as a constant, without a global
    name.
    """
    source = re.sub(r"^//# sourceMappingURL=.*$", "", path.read_text(encoding="utf-8"), flags=re.M)
    return (
        f"const {name} = (() => {{\nconst module = {{ exports: {{}} }};\n"
        f"const exports = module.exports;\n{source}\nreturn module.exports;\n}})();\n"
    )


def worker_name(script: str) -> str:
    """Its path in the site: with another content it has another name, so no browser keeps an old
    one.
    """
    return f"assets/js/search.{hashlib.sha256(script.encode()).hexdigest()[:8]}.js"


# --------------------------------------------------------------------------- the index

Pages = Mapping[Lang, Mapping[str, Page]]
"""The pages of both languages by path (activations/relu.md)."""
Read = Mapping[Lang, Mapping[str, Sequence[Section]]]
"""The sections of each of them."""


def files(lang: Lang, pages: Pages, read: Read, script: str) -> dict[str, str]:
    """Script and index of one language, by path in its site.

    Raises Failure where the index is too large even with the shortest texts.
    """
    text = index(lang, pages, read)
    return {
        worker_name(script): script,
        "search/search_index.json": text,
        # A page opened from a folder may not fetch; Material asks for a script there.
        "search/search_index.js": f"var __index = {text}\n",
    }


def index(lang: Lang, pages: Pages, read: Read) -> str:
    """``search_index.json`` of one language, with as much text as its size allows."""
    docs = _docs(lang, pages, read)

    def cut_to(length: int) -> str:
        short = [{**doc, "text": doc["text"][:length]} for doc in docs]
        found = {"config": _config(lang), "docs": short}
        return json.dumps(found, ensure_ascii=False, separators=(",", ":"))

    def too_large(length: int) -> bool:
        return len(gzip.compress(cut_to(length).encode(), 6, mtime=0)) > LARGEST

    # The longest of CUTS that fits: the sizes are in order, so that halving finds it.
    found = bisect.bisect_left(CUTS, True, key=lambda length: not too_large(length))
    if found < len(CUTS):
        return cut_to(CUTS[found])
    what = f"the search index of {lang} has more than {LARGEST} bytes compressed"
    raise Failure([Problem("gen/search.py", 1, what, "keep less of each section: see CUTS")])


def _config(lang: Lang) -> dict[str, Any]:
    return {
        "lang": [lang],
        # By this Material splits the words that it marks on the page which a result leads to.
        "separator": r"\s+",
        "glossary": "glossary.html",
    }


def _docs(lang: Lang, pages: Pages, read: Read) -> list[dict[str, Any]]:
    """The sections of all pages; the first of each page also has what belongs to the whole page."""
    other: Lang = "en" if lang == "zh" else "zh"
    docs: list[dict[str, Any]] = []
    for path, sections in sorted(read[lang].items()):
        if (pages[lang][path].front.get("search") or {}).get("exclude"):
            sections = [Section("", sections[0].title)]  # found by its names alone
        url = path.removesuffix(".md") + ".html"
        titles = {section.anchor: section.title for section in read[other].get(path, ())}
        for number, section in enumerate(sections):
            doc: dict[str, Any] = {
                "location": f"{url}#{section.anchor}" if section.anchor else url,
                "title": section.title,
                "text": section.text,
            }
            if number == 0:
                known = names(pages[lang][path], pages[other].get(path))
                doc["names"] = [[name.text, name.weight, *_reading(name)] for name in known]
                doc["formulas"] = _formulas(sections)
                doc["boost"] = 1 if is_concept(path) else BESIDE
            elif section.anchor in titles:
                doc["twin"] = titles[section.anchor]
            docs.append(doc)
    return docs


def _reading(name: Name) -> list[str]:
    """The pinyin of a name, where it is not that of its characters, which the script knows."""
    alone = [_syllables().get(char) for char in HAN.findall(name.text)]
    return [name.pinyin] if alone != name.pinyin.split() else []


def _formulas(sections: Sequence[Section]) -> list[list[str]]:
    """Each formula of a page once, with the section that it stands in; the top's only if nowhere
    else.
    """
    found: dict[str, str] = {}
    for section in sections:
        for formula in section.formulas:
            found[formula] = found.get(formula) or section.anchor
    return [[formula, anchor] for formula, anchor in found.items()]


def load() -> None:
    """The tables that every index needs, for builds in forks of this process."""
    _sounds()
    _simplified()


@cache
def _sounds() -> dict[str, str]:
    """The common characters (level 1 of GB 2312) by their syllable: for what was typed by sound."""
    by_syllable: dict[str, str] = {}
    for row in range(0xB0, 0xD8):
        for cell in range(0xA1, 0xFF):
            try:
                char = bytes((row, cell)).decode("gb2312")
            except UnicodeDecodeError:
                continue
            syllable = pinyin().lazy_pinyin(char)[0]
            syllable = re.sub(r"([ln])v", r"\1u", syllable)
            by_syllable[syllable] = by_syllable.get(syllable, "") + char
    return dict(sorted(by_syllable.items()))


@cache
def _syllables() -> dict[str, str]:
    return {char: syllable for syllable, chars in _sounds().items() for char in chars}


@cache
def _simplified() -> dict[str, str]:
    """Traditional characters and their simplified forms."""
    import opencc

    convert = opencc.OpenCC("t2s").convert
    chars = [chr(code) for code in range(0x4E00, 0x9FA6)]
    return {char: new for char in chars if (new := convert(char)) != char and len(new) == 1}
