"""The names by which a page is found: title, aliases, terms, those of its twin, and their pinyin.

They come from the front matter; what is wrong there is told with its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

from gen.errors import Problem
from gen.page import Page
from snippets.kit import LANGS, Lang

HAN = re.compile(r"[\u3400-\u9fff]")
AND = re.compile(r"、|，|, | 与 | 和 | and ")
"""Between the parts of a title of several things: "sigmoid 与 tanh", "GELU, SiLU, SwiGLU"."""
WEIGHTS = {"title": 1.0, "term": 1.0, "alias": 0.96}
TWIN = 0.92
"""What the names of the other language's page count, beside those of the page itself."""

POLYPHONES = set("重行差调长还朝藏薄塞弹校似角折参")
"""Characters of the field that are read in two ways, where a guess may be wrong."""

FIELD = """
残差 can cha, 重参数 chong can shu, 重计算 chong ji suan, 重采样 chong cai yang, 重排 chong pai,
重塑 chong su, 核重 he zhong, 调参 tiao can, 微调 wei tiao, 行向量 hang xiang liang, 按行 an hang,
步长 bu chang, 长程 chang cheng, 长尾 chang wei, 校准 jiao zhun
"""
"""Words of the field that a general dictionary lacks, with their readings."""


@dataclass(frozen=True)
class Name:
    text: str
    weight: float
    pinyin: str
    """The syllables of its Han characters, toneless, with spaces between: ``ji huo han shu``."""


def is_concept(name: str) -> bool:
    """A page about a concept: it lies in a topic, and is neither a list nor a cheat sheet."""
    return "/" in name and not name.startswith("cheatsheets/") and not name.endswith("/index.md")


def key(text: str) -> str:
    """What two names have in common if they are the same for a reader who types one."""
    return re.sub(r"[^\w\u0370-\u03ff]|_", "", text.casefold())


def own(page: Page) -> Iterator[tuple[str, float]]:
    """The names that the page itself gives, each with its weight."""
    title = re.sub(r"<[^>]+>|\{[^}]*\}|[*`]", "", page.title).strip()
    yield title, WEIGHTS["title"]
    parts = [part.strip() for part in AND.split(title)]
    # A sheet is no other name of its subjects, and a number (0-1) no name of a page.
    if len(parts) > 1 and "/cheatsheets/" not in page.path:
        yield from ((part, WEIGHTS["title"]) for part in parts if re.search(r"[^\W\d]", part))
    for term in terms(page):
        for part in ("zh", "en", "abbr"):
            if term.get(part):
                yield str(term[part]), WEIGHTS["term"]
    for alias in aliases(page):
        yield alias, WEIGHTS["alias"]


def aliases(page: Page) -> list[str]:
    given = page.front.get("aliases") or []
    return [str(alias) for alias in given] if isinstance(given, list) else []


def terms(page: Page) -> list[Mapping[str, Any]]:
    """What ``term`` of the front matter holds: one, or a list of them."""
    given = page.front.get("term") or []
    listed = given if isinstance(given, list) else [given]
    return [term for term in listed if isinstance(term, dict)]


def names(page: Page, twin: Page | None) -> list[Name]:
    """All names of a page, each once, with the greatest of its weights."""
    weights: dict[str, tuple[str, float]] = {}
    given = list(own(page))
    if twin:
        given += [(text, weight * TWIN) for text, weight in own(twin)]
    for text, weight in given:
        if text and weight > weights.get(key(text), ("", 0.0))[1]:
            weights[key(text)] = text, weight
    readings = {**overrides(twin), **overrides(page)} if twin else overrides(page)
    return [
        Name(text, round(weight, 3), " ".join(reading(text, readings)))
        for text, weight in weights.values()
    ]


# --------------------------------------------------------------------------- pinyin


@cache
def pinyin() -> ModuleType:
    """The dictionary, with the words of the field.  Loaded late: it takes a sixth of a second."""
    import pypinyin

    pypinyin.load_phrases_dict(
        {
            word: [[syllable] for syllable in syllables]
            for word, *syllables in (entry.split() for entry in FIELD.split(","))
        }
    )
    return pypinyin


def overrides(page: Page) -> dict[str, list[str]]:
    """``pinyin: {重参数化: chong can shu hua}`` of the front matter, by word."""
    given = page.front.get("pinyin") or {}
    return {str(k): str(v).split() for k, v in given.items()} if isinstance(given, dict) else {}


def reading(text: str, readings: Mapping[str, list[str]]) -> list[str]:
    """The syllables of the Han characters of a name; ü is written u, as most people type it."""
    if text in readings:
        syllables = readings[text]
    else:
        syllables = []
        for run in re.findall(r"[\u3400-\u9fff]+", text):
            syllables += pinyin().lazy_pinyin(run)
    return [re.sub(r"([ln])(?:v|ü)", r"\1u", syllable) for syllable in syllables]


def unsure(text: str) -> Iterator[tuple[str, list[str]]]:
    """Polyphones of a name whose reading no known word settles, with their readings."""
    pinyin()
    from pypinyin.seg.mmseg import seg

    for run in re.findall(r"[\u3400-\u9fff]+", text):
        for word in seg.cut(run):
            if len(word) == 1 and word in POLYPHONES:
                possible = sorted(_readings(word))
                if len(possible) > 1:
                    yield word, possible


def _readings(char: str) -> set[str]:
    return set(pinyin().pinyin(char, style=pinyin().NORMAL, heteronym=True)[0])


# --------------------------------------------------------------------------- what is wrong


def check(pages: Mapping[Lang, Mapping[str, Page]]) -> list[Problem]:
    """Names that two pages claim, concepts without an alias, readings that are wrong or unknown."""
    problems = _claims(pages)
    for lang in LANGS:
        for name, page in pages[lang].items():
            if is_concept(name) and not aliases(page):
                problems.append(
                    Problem(
                        page.path,
                        page.front_line("aliases"),
                        "the page has no alias",
                        "write in `aliases` what else people call it",
                    )
                )
            twin = pages["en" if lang == "zh" else "zh"].get(name)
            problems += _readings_of(
                page, {**overrides(twin), **overrides(page)} if twin else overrides(page)
            )
    return problems


def _claims(pages: Mapping[Lang, Mapping[str, Page]]) -> list[Problem]:
    problems = []
    owners: dict[str, tuple[str, Page]] = {}
    titled = {
        key(page.title): (name, page)
        for lang in LANGS
        for name, page in pages[lang].items()
        if page.title
    }
    for lang in LANGS:
        for name, page in pages[lang].items():
            for text in dict.fromkeys(text for text, _ in own(page)):
                other, owner = titled.get(key(text)) or owners.setdefault(key(text), (name, page))
                if text and other != name:
                    problems.append(
                        Problem(
                            page.path,
                            _line_of(page, text),
                            f"'{text}' is a name of {owner.path} too",
                            "a name leads to one page: take it out of one of them",
                        )
                    )
    return problems


def _line_of(page: Page, text: str) -> int:
    """The line of the front matter that holds a name, or that of the title."""
    for number, line in enumerate(page.text.split("\n")[: page.front_lines], 1):
        if text in line:
            return number
    return next((h.line for h in page.headings if h.level == 1), 1)


def _readings_of(page: Page, readings: Mapping[str, list[str]]) -> list[Problem]:
    problems = []
    line = page.front_line("pinyin")
    for text, syllables in overrides(page).items():
        chars = HAN.findall(text)
        if len(chars) != len(syllables):
            what = f"{text} has {len(chars)} characters and {len(syllables)} syllables of pinyin"
            problems.append(Problem(page.path, line, what, "write one a character, without tones"))
            continue
        for char, syllable in zip(chars, syllables, strict=True):
            if syllable not in _readings(char):
                what = f"'{syllable}' is no reading of {char} in {text}"
                known = " or ".join(sorted(_readings(char)))
                problems.append(Problem(page.path, line, what, f"write {known}, without tones"))
    for text in dict.fromkeys(text for text, _ in own(page)):
        if text in readings:
            continue
        for char, possible in unsure(text):
            guess = " ".join(reading(text, {}))
            what = f"whether {char} in {text} is read {' or '.join(possible)} is not known"
            todo = f"say it in the front matter: pinyin: {{{text}: {guess}}}"
            problems.append(Problem(page.path, _line_of(page, text), what, todo))
    return problems
