"""The order of the pages, and what docs/topics.yml may say."""

from __future__ import annotations

from pathlib import Path

import pytest

from gen import nav
from gen.errors import Failure
from gen.paths import Paths

TOPICS = """# a comment
b:
  zh: 乙
  en: B
  pages:
    - second
    - first
    - first-again
a: {zh: 甲, en: A}
empty: {zh: 空, en: Empty}
"""
TITLES = {
    "index.md": "Youju",
    "about.md": "About",
    "b/first.md": "First",
    "b/second.md": "Second",
    "b/unlisted.md": "Unlisted",
    "b/another.md": "Another",
    "a/one.md": "One",
}


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/topics.yml").write_text(TOPICS, encoding="utf-8")
    return Paths(tmp_path)


def test_nav(paths: Paths) -> None:
    """Topics and pages as listed, the unlisted at the end; no empty topic."""
    topics = nav.read(paths)
    assert nav.nav(topics, TITLES, "en") == [
        {"Home": "index.md"},
        {
            "B": [
                {"Second": "b/second.md"},
                {"First": "b/first.md"},
                {"Another": "b/another.md"},
                {"Unlisted": "b/unlisted.md"},
            ]
        },
        {"A": [{"One": "a/one.md"}]},
        {"About": "about.md"},
    ]
    chinese = nav.nav(topics, TITLES, "zh")
    assert [next(iter(entry)) for entry in chinese] == ["首页", "乙", "甲", "About"]


def test_check(paths: Paths) -> None:
    names = [n for n in TITLES if n != "b/first.md"] + ["c/x.md", "b/first-again.md"]
    assert list(map(str, nav.check(nav.read(paths), names, paths))) == [
        "docs/topics.yml:1: the topic 'c' has no name; add c: with zh: and en:",
        "docs/topics.yml:7: there is no page b/first; write it, or delete this",
    ]


def test_check_finds_nothing(paths: Paths) -> None:
    assert nav.check(nav.read(paths), [*TITLES, "b/first-again.md"], paths) == []


INCOMPLETE = "give it zh: and en:, its names, and pages: as a list"
BROKEN = [
    ("", "docs/topics.yml:1: this is not a mapping; write key: value"),
    ("- a\n", "docs/topics.yml:1: this is not a mapping; write key: value"),
    ("a:\n  zh: [\n", "docs/topics.yml:3: this is not YAML; write key: value"),
    (
        "a: {zh: 甲, en: A}\nb: {zh: 乙}\n",
        f"docs/topics.yml:2: the topic 'b' is not complete; {INCOMPLETE}",
    ),
    ("a:\n", f"docs/topics.yml:1: the topic 'a' is not complete; {INCOMPLETE}"),
    (
        "a: {zh: 甲, en: A, pages: }\n",
        f"docs/topics.yml:1: the topic 'a' is not complete; {INCOMPLETE}",
    ),
]


@pytest.mark.parametrize(("text", "told"), BROKEN)
def test_broken_topics(paths: Paths, text: str, told: str) -> None:
    (paths.docs / "topics.yml").write_text(text, encoding="utf-8")
    with pytest.raises(Failure) as failure:
        nav.read(paths)
    assert str(failure.value) == told
