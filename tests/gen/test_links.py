"""Links between pages lead somewhere, and a broken one is told with its line."""

from __future__ import annotations

import pytest

from gen import links
from gen.page import Page

HERE = "# A\n\n## One {#one}\n\n/// question | Q\n    attrs: {id: why}\n\nSo.\n///\n\n"
OTHER = "# B\n\n## Two {#two}\n"
SHEET = "# Sheet\n"
LINE = HERE.count("\n") + 1


def problems(line: str) -> list[str]:
    pages = {
        "topic/a.md": Page("docs/en/topic/a.md", HERE + line),
        "topic/b.md": Page("docs/en/topic/b.md", OTHER),
        "other/c.md": Page("docs/en/other/c.md", "# C\n"),
        "cheatsheets/s.md": Page("docs/en/cheatsheets/s.md", SHEET),
        "index.md": Page("docs/en/index.md", "# Home\n"),
    }
    made = {"topic/b.md": {"fig-b-curve"}}
    return [str(p) for p in links.check(pages, made)]


GOOD = [
    "b.md",
    "b.md#two",
    "b.md#fig-b-curve",
    "#one",
    "#why",
    "a.md#one",
    "./b.md",
    "../other/c.md",
    "../topic/b.md#two",
    "../index.md",
    "../cheatsheets/s-a4.pdf",
    "../cheatsheets/s-us-letter.pdf",
    "https://example.org/x.md#y",
    "mailto:a@example.org",
    'b.md "a title"',
]


@pytest.mark.parametrize("target", GOOD)
def test_good(target: str) -> None:
    assert problems(f"[text]({target})") == []


PLACE = f"docs/en/topic/a.md:{LINE}: "
RELATIVE = "write the path of a page, relative to this one"
BAD = [
    ("bb.md", "the link 'bb.md' leads to no page; did you mean b.md?"),
    ("c.md", "the link 'c.md' leads to no page; did you mean b.md?"),
    ("/topic/b.md", "the link '/topic/b.md' leads to no page; did you mean b.md?"),
    ("nowhere/else.md", f"the link 'nowhere/else.md' leads to no page; {RELATIVE}"),
    ("b.md#tow", "the link 'b.md#tow' leads to no section; did you mean #two?"),
    ("b.md#zzz", "the link 'b.md#zzz' leads to no section; it has fig-b-curve, two"),
    ("#zzz", "the link '#zzz' leads to no section; it has one, why"),
    (
        "../cheatsheets/t-a3.pdf",
        "the link '../cheatsheets/t-a3.pdf' leads to no page; did you mean ../cheatsheets/s.md?",
    ),
]


@pytest.mark.parametrize(("target", "told"), BAD)
def test_bad(target: str, told: str) -> None:
    assert problems(f"[text]({target})") == [PLACE + told]


def test_two_on_a_line_and_brackets_in_a_text() -> None:
    told = problems("[a [b] c](x1.md) and [`code`](y2.md)")
    assert [p.split("'")[1] for p in told] == ["x1.md", "y2.md"]


@pytest.mark.parametrize("text", ["`[a](x.md)`", "```\n[a](x.md)\n```", "![a](x.png)"])
def test_no_link(text: str) -> None:
    assert problems(text) == []
