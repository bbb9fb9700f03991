"""The one bibliography: keys in snippets and pages, entries in docs/references.bib."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from pybtex.database import Entry, parse_string
from pybtex.exceptions import PybtexError

from gen.errors import Failure, Problem


@dataclass(frozen=True)
class Reference:
    """One entry, ready to be printed; ``short`` stands in the text: He et al., 2015."""

    key: str
    short: str
    authors: str
    title: str
    where: str
    year: str
    url: str
    line: int


@cache
def read(path: Path, shown: str) -> dict[str, Reference]:
    """All references by key.  Raises Failure for an entry that lacks what every entry needs."""
    text = path.read_text(encoding="utf-8")
    lines: dict[str, int] = {}
    problems = []
    for match in re.finditer(r"^@\w+\s*\{\s*([^,\s]+)", text, re.MULTILINE):
        line = text.count("\n", 0, match.start()) + 1
        if lines.setdefault(match[1], line) != line:
            what = f"'{match[1]}' stands in line {lines[match[1]]} already"
            problems.append(Problem(shown, line, what, "keep one of them"))
    if problems:
        raise Failure(problems)
    try:
        entries = parse_string(text, "bibtex").entries
    except PybtexError as error:
        what = f"this is not BibTeX: {error}"
        raise Failure([Problem(shown, _place(error, text), what, "mend the entry")]) from None
    references = {}
    for key, entry in entries.items():
        missing = [f for f in ("title", "year") if f not in entry.fields]
        if missing or not entry.persons.get("author"):
            lacks = ", ".join([*missing, *([] if entry.persons.get("author") else ["author"])])
            problems.append(
                Problem(shown, lines.get(key, 1), f"'{key}' has no {lacks}", "complete the entry")
            )
            continue
        references[key] = _reference(key, entry, lines.get(key, 1))
    if problems:
        raise Failure(problems)
    return _told_apart(references)


def _told_apart(references: dict[str, Reference]) -> dict[str, Reference]:
    """Works of the same authors and year get letters, in the order of their keys: 2016a, 2016b."""
    same: dict[str, list[str]] = {}
    for key in sorted(references):
        same.setdefault(references[key].short, []).append(key)
    for keys in same.values():
        for letter, key in zip("abcdefghij", keys if len(keys) > 1 else (), strict=False):
            one = references[key]
            references[key] = replace(one, short=one.short + letter, year=one.year + letter)
    return references


def _place(error: PybtexError, text: str) -> int:
    """The line of an error: pybtex gives it, or quotes what stands there."""
    if line := getattr(error, "lineno", None):
        return int(line)
    quoted = re.search(r"'([^']+)'", str(error))
    return text.count("\n", 0, max(text.find(quoted[1]), 0)) + 1 if quoted else 1


def _reference(key: str, entry: Entry, line: int) -> Reference:
    fields = entry.fields
    people = [
        _plain(" ".join([*p.first_names, *p.middle_names, *p.prelast_names, *p.last_names]))
        for p in entry.persons["author"]
    ]
    last = [_plain(" ".join([*p.prelast_names, *p.last_names])) for p in entry.persons["author"]]
    if len(last) == 1:
        who = last[0]
    elif len(last) == 2:
        who = f"{last[0]} & {last[1]}"
    else:
        who = f"{last[0]} et al."
    authors = ", ".join(people if len(people) <= 6 else [*people[:5], "et al."])
    where = next(
        (fields[f] for f in ("journal", "booktitle", "publisher", "howpublished") if f in fields),
        "",
    )
    url = fields.get("url", "")
    if not url and "doi" in fields:
        url = f"https://doi.org/{fields['doi']}"
    if not url and "eprint" in fields:
        url = f"https://arxiv.org/abs/{fields['eprint']}"
    if "eprint" in fields and "arXiv" not in where:
        where = f"{where}, arXiv:{fields['eprint']}".lstrip(", ")
    year = fields["year"]
    return Reference(
        key, f"{who}, {year}", authors, _plain(fields["title"]), _plain(where), year, url, line
    )


def _plain(text: str) -> str:
    """BibTeX's braces and accents as plain text."""
    from pybtex.richtext import Text

    return str(Text.from_latex(text)).replace("--", "–")
