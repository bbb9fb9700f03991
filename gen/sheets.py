"""Cheat sheets on paper: the print Markdown of one sheet becomes a tagged PDF.

``gen.sheet_tree`` turns the Markdown into Typst by pandoc, ``gen.typst_math`` mends the formulas on
the way, and Typst sets the pages as ``gen/sheet.typ`` lays them out.  The PDF is accessible
(PDF/UA-1), and the same bytes each time.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, Literal

import typst

from gen import sheet_tree
from gen.errors import Failure, Problem
from gen.fonts import FontFiles
from gen.sheet_tree import Sheet
from snippets.kit import SERIES, Lang

Paper = Literal["a4", "us-letter"]

MAX_PAGES = 2

_TEMPLATE = Path(__file__).with_name("sheet.typ")
_WORDS: dict[Lang, dict[str, str]] = {
    "zh": {
        "site": "有据 Youju",
        "again": "（续）",
        "licence": "文字与图以 CC BY 4.0 许可使用",
    },
    "en": {
        "site": "Youju 有据",
        "again": " (continued)",
        "licence": "Text and figures: CC BY 4.0",
    },
}


def typeset(
    markdown: str,
    *,
    lang: Lang,
    paper: Paper,
    title: str,
    root: Path,
    fonts: FontFiles,
    source: str,
    max_pages: int = MAX_PAGES,
) -> bytes:
    """The PDF of one sheet.

    ``markdown`` is Pandoc Markdown: ``## group``, ``### card {#id href="https://..."}``, and in the
    cards text, formulas, lists, pipe tables, code and ``![alt](figure.svg){caption="..."}``, an SVG
    file below ``root``.  Its front matter may have ``subtitle``, ``url`` (the home of the site) and
    ``version-line``.  Raises Failure with every problem of the sheet, told of ``source``, the file
    that the author wrote.
    """
    sheet = sheet_tree.read(markdown, source=source, root=root)
    if sheet.problems:
        raise Failure(sheet.problems)
    about = {
        "title": title,
        "lang": lang,
        "paper": paper,
        "max-pages": max_pages,
        "subtitle": sheet.about.get("subtitle", ""),
        "url": sheet.about.get("url", ""),
        "version": sheet.about.get("version-line", ""),
        **_WORDS[lang],
    }
    document = f"{_TEMPLATE.read_text('utf-8')}\n#let items = ()\n{sheet.body}\n#sheet(items)\n"
    try:
        pdf, warnings = typst.compile_with_warnings(
            document.encode(),
            font_paths=_fonts(fonts.folder),
            sys_inputs={"about": json.dumps(about), "hues": json.dumps(SERIES), **sheet.figures},
            format="pdf",
            pdf_standards=["ua-1"],
            timestamp=0,
        )
    except typst.TypstError as error:
        raise Failure(_explained(error, sheet, fonts)) from None
    if warnings:
        raise Failure(
            sheet.problem(f"Typst warns: {warning.message}", "mend the sheet or gen/sheet.typ")
            for warning in warnings
        )
    return pdf


@cache
def _fonts(folder: Path) -> typst.Fonts:
    """Typst's own fonts (mathematics, code) and those of the folder; none of the machine's."""
    return typst.Fonts(include_system_fonts=False, font_paths=[str(folder)])


# ------------------------------------------------------------------ what Typst says


def _explained(error: typst.TypstError, sheet: Sheet, fonts: FontFiles) -> list[Problem]:
    """Typst's complaint in the words of the sheet's author."""
    if panic := re.match(r"panicked with: (\[.*\])", error.message, re.DOTALL):
        return [_too_large(*json.loads(panic[1]), sheet=sheet)]
    if missing := re.search(r'the text `"(.*)"` could not be displayed', error.message):
        return [_no_glyph(_unescaped(missing[1]), sheet)]
    return _broken_formulas(sheet, fonts) or [
        sheet.problem(
            f"Typst cannot set the sheet: {'; '.join([error.message, *error.hints])}",
            "mend the sheet or gen/sheet.typ",
        )
    ]


def _too_large(how: str, *facts: Any, sheet: Sheet) -> Problem:
    """What the template found no room for, from the facts that its ``refuse`` gave."""
    if how == "long":
        paper, pages, allowed = facts
        return sheet.problem(
            f"the {paper} sheet has {pages} pages in its smallest letters, allowed: {allowed}",
            "shorten its cards or move a group to another sheet",
        )
    if how == "tall":
        card, percent = facts
        return sheet.problem(
            f"the card is {percent:.0f} % of the height of a column", "split it in two", card
        )
    tex, percent = facts
    card = next(formula.card for formula in sheet.formulas if formula.tex == tex)
    return sheet.problem(
        f"the formula `{tex}`, set small, is {percent:.0f} % of the width of its card",
        "break it into lines with aligned",
        card,
    )


def _unescaped(text: str) -> str:
    r"""The text that Typst quotes: it writes \u{10fffd} for a character that nobody would see."""
    text = re.sub(r"\\u\{([0-9a-f]+)\}", lambda found: chr(int(found[1], 16)), text)
    return re.sub(r"\\(.)", r"\1", text)


def _no_glyph(text: str, sheet: Sheet) -> Problem:
    code = " ".join(f"U+{ord(character):04X}" for character in text)
    what, todo = f"no font has the character {text} ({code})", "use another one"
    card = ""
    for line in sheet.markdown.splitlines():
        if line.startswith("### "):
            card = line[4:].partition("{")[0].strip()
        if text in line:
            return sheet.problem(what, todo, card)
    for name, svg in sheet.figures.items():
        if text in svg:
            return sheet.problem(f"figure {name}: {what}", todo)
    return sheet.problem(what, todo)


def _broken_formulas(sheet: Sheet, fonts: FontFiles) -> list[Problem]:
    broken = []
    for formula in sheet.formulas:
        try:
            typst.compile(formula.typst.encode(), font_paths=_fonts(fonts.folder))
        except typst.TypstError as error:
            broken.append(
                sheet.problem(
                    f"Typst cannot set the formula `{formula.tex}`: {error.message}",
                    "write it in another way, or add a rule to gen/typst_math.py",
                    formula.card,
                )
            )
    return broken
