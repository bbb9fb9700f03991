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
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
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
RAREST = (*range(20, 0, -1), 0)
"""On how many pages a word of the texts may stand to be kept: the most with which the index is not
too large. Names, headings and descriptions are kept whole; a word in none of them is found by this.
"""
LATER = 5
"""On how many pages fewer a pair of Chinese characters may stand: three of four are no word."""
RUN = re.compile(rf"[A-Za-z][A-Za-z0-9]{{2,}}|{HAN.pattern}{{2,}}")
"""A word, or Chinese without a break."""
LEAD = 200
"""Characters kept of the beginning of a page that has no description."""
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
    pairs = "".join(old + new for old, new in _simplified().items())
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
Runs = Mapping[str, Sequence[Sequence[str]]]
"""The words of each section of a page, by the page's path without suffix."""


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
    """``search_index.json`` of one language, with as many rare words as its size allows."""
    docs = _docs(lang, pages, read)

    runs = {
        path.removesuffix(".md"): [RUN.findall(section.text) for section in sections]
        for path, sections in read[lang].items()
    }

    def with_rare(pages_at_most: int) -> str:
        texts = _texts(docs, runs, pages_at_most)
        found = {"config": _config(lang), "docs": {**docs, "texts": texts}}
        return json.dumps(found, ensure_ascii=False, separators=(",", ":"))

    def too_large(pages_at_most: int) -> bool:
        return len(gzip.compress(with_rare(pages_at_most).encode(), 6, mtime=0)) > LARGEST

    # The first of RAREST that fits: the sizes are in order, so that halving finds it.
    found = bisect.bisect_left(RAREST, True, key=lambda count: not too_large(count))
    if found < len(RAREST):
        return with_rare(RAREST[found])
    what = f"the search index of {lang} has more than {LARGEST} bytes compressed"
    raise Failure([Problem("gen/search.py", 1, what, "give the pages fewer aliases")])


def _config(lang: Lang) -> dict[str, Any]:
    return {
        "lang": [lang],
        # By this Material splits the words that it marks on the page which a result leads to.
        "separator": r"\s+",
        "glossary": "glossary.html",
    }


def _docs(lang: Lang, pages: Pages, read: Read) -> dict[str, Any]:
    """What the index says of the pages, in columns: like beside like takes an eighth less.

    Each column has an entry for each page; ``anchors``, ``titles`` and ``twins`` hold one for each
    of its sections, of which the first is the page itself; ``names`` has a column for each of the
    ``weights``.
    """
    other: Lang = "en" if lang == "zh" else "zh"
    paths = sorted(read[lang])
    sections = {path: _searched(pages[lang][path], read[lang][path]) for path in paths}
    known = {path: names(pages[lang][path], pages[other].get(path)) for path in paths}
    weights = sorted({name.weight for of_page in known.values() for name in of_page}, reverse=True)
    docs: dict[str, Any] = {
        "pages": [path.removesuffix(".md") for path in paths],
        "leads": [_lead(pages[lang][path], sections[path]) for path in paths],
        "boosts": [1 if is_concept(path) else BESIDE for path in paths],
        "weights": weights,
        "names": [
            [[name.text for name in known[path] if name.weight == weight] for path in paths]
            for weight in weights
        ],
        "readings": {n.text: n.pinyin for path in paths for n in known[path] if _is_unusual(n)},
        "formulas": [_formulas(sections[path]) for path in paths],
        **{column: [] for column in ("anchors", "titles", "twins")},
    }
    for path in paths:
        twins = {section.anchor: section.title for section in read[other].get(path, ())}
        docs["anchors"].append([section.anchor for section in sections[path]])
        docs["titles"].append([section.title for section in sections[path]])
        docs["twins"].append([s.anchor and twins.get(s.anchor, "") for s in sections[path]])
    return docs


def _searched(page: Page, sections: Sequence[Section]) -> Sequence[Section]:
    """The sections that a search looks into; of some pages only the names are known."""
    if (page.front.get("search") or {}).get("exclude"):
        return [Section("", sections[0].title)]
    return sections


def _lead(page: Page, sections: Sequence[Section]) -> str:
    """What the page is about, which a result shows."""
    return str(page.front.get("description") or sections[0].text[:LEAD])


def _units(run: str) -> list[str]:
    """A word, or every two neighbouring characters of a run of Chinese."""
    return [run[i : i + 2] for i in range(len(run) - 1)] if HAN.match(run) else [run.lower()]


def _texts(docs: Mapping[str, Any], runs: Runs, pages_at_most: int) -> list[list[str]]:
    """For each section its words that stand on few pages, and in no name, heading or description
    of the page; of Chinese what stands on the page more than once.
    """
    counts = {
        path: Counter(u for s in of_page for r in s for u in _units(r))
        for path, of_page in runs.items()
    }
    pages_with = Counter(unit for count in counts.values() for unit in count)
    texts = []
    for i, path in enumerate(docs["pages"]):
        named = chain(
            docs["titles"][i],
            docs["twins"][i],
            [docs["leads"][i]],
            *(column[i] for column in docs["names"]),
        )
        known = "\n".join(named).lower()

        def is_kept(unit: str, path: str = path, known: str = known) -> bool:
            if HAN.match(unit):
                often = counts[path][unit] > 1
                return often and pages_with[unit] <= pages_at_most - LATER and unit not in known
            return pages_with[unit] <= pages_at_most and unit not in known

        sections = runs[path][: len(docs["anchors"][i])]
        texts.append(
            [
                " ".join(sorted({part for run in s for part in _joined(run, is_kept)}))
                for s in sections
            ]
        )
    return texts


def _joined(run: str, is_kept: Callable[[str], bool]) -> Iterator[str]:
    """The parts of a run whose units are all kept."""
    if not HAN.match(run):
        if is_kept(run.lower()):
            yield run
        return
    start = 0
    for at, unit in enumerate([*_units(run), ""]):
        if unit and is_kept(unit):
            continue
        if at > start:
            yield run[start : at + 1]
        start = at + 1


def _is_unusual(name: Name) -> bool:
    """Whether its pinyin is not that of its characters one by one, which the script knows."""
    return [_syllables().get(char) for char in HAN.findall(name.text)] != name.pinyin.split()


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
    found = {char: convert(char) for char in chars}
    return {char: new for char, new in found.items() if new != char and _is_in_use(new)}


def _is_in_use(text: str) -> bool:
    """Whether it is one character of GB 2312, rare ones as 阈 included."""
    return len(text) == 1 and bool(text.encode("gb2312", "ignore"))
