"""The pages against one another, the questions and the manifest, before anything is built."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gen import bibliography, review
from gen.errors import Failure, Problem
from gen.paths import Paths

PAGE = "---\nanswers: [why]\n---\n# A\n\n/// question | {}\n    attrs: {{id: why}}\n\n{}\n///\n"
FILES = {
    "docs/topics.yml": "demo: {zh: 示例, en: Demo}\n",
    "docs/references.bib": "@misc{knuth1997, author={K, D}, title={T}, year={1997}}\n",
    "docs/zh/demo/a.md": PAGE.format("为何？", "因此。"),
    "docs/en/demo/a.md": PAGE.format("Why?", "So."),
}
ZH, EN = "docs/zh/demo/a.md", "docs/en/demo/a.md"


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    """A project of one page; what is said of names and terms has tests of its own."""
    monkeypatch.setattr(review.search_names, "check", lambda _: [])
    monkeypatch.setattr(review.glossary, "check", lambda _: [])
    for name, text in FILES.items():
        write(Paths(tmp_path), name, text)
    bibliography.read.cache_clear()
    return Paths(tmp_path)


def write(paths: Paths, name: str, text: str) -> None:
    path = paths.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def words(paths: Paths) -> list[str]:
    return sorted(str(p) for p in review.words(review.read_pages(paths), paths))


def append(paths: Paths, zh: str, en: str) -> None:
    for name, text in ((ZH, zh), (EN, en)):
        write(paths, name, FILES[name] + text)


def test_read_pages(paths: Paths) -> None:
    pages = review.read_pages(paths)
    assert {lang: list(named) for lang, named in pages.items()} == {
        "zh": ["demo/a.md"],
        "en": ["demo/a.md"],
    }
    assert pages["en"]["demo/a.md"].path == EN


def test_nothing_is_wrong(paths: Paths) -> None:
    assert words(paths) == []


@pytest.mark.parametrize("module", ["search_names", "glossary"])
def test_names_and_terms_are_asked(
    paths: Paths, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    problem = Problem("p.md", 1, "a name", "change it")
    monkeypatch.setattr(getattr(review, module), "check", lambda _: [problem])
    assert words(paths) == ["p.md:1: a name; change it"]


def test_a_page_in_one_language(paths: Paths) -> None:
    write(paths, "docs/en/demo/b.md", "# B\n")
    write(paths, "docs/zh/demo/c.md", "# C\n")
    assert words(paths) == [
        "docs/en/demo/b.md:1: the page has no twin docs/zh/demo/b.md; write it, or delete this",
        "docs/zh/demo/c.md:1: the page has no twin docs/en/demo/c.md; write it, or delete this",
    ]


def both(problem: str) -> list[str]:
    return [f"docs/en/demo/a.md:{problem}", f"docs/zh/demo/a.md:{problem}"]


HEADING = "end it with {#name}, the same in both languages"
ADDED = [
    ("## B\n", f"11: the heading has no anchor; {HEADING}"),
    ("## B {#why}\n", "6: the anchor #why stands in line 11 already; choose another"),
    (
        "## B {#b}\n\n## C {#b}\n",
        "13: the anchor #b stands in line 11 already; choose another",
    ),
    (
        "/// question | B\n    attrs: {id: how}\n///\n",
        "11: 'how' is answered here; add it to `answers` in line 1",
    ),
    ("[x](b.md)\n", "11: the link 'b.md' leads to no page; did you mean a.md?"),
    ("37\n", None),
]


@pytest.mark.parametrize(("text", "problem"), ADDED)
def test_in_both_pages(paths: Paths, text: str, problem: str | None) -> None:
    append(paths, text, text)
    if problem is None:
        assert [p.split("; ")[0] for p in words(paths)] == both(
            "11: no code stands behind the number '37'"
        )
    else:
        assert words(paths) == both(problem)


def test_links_to_what_stitching_adds(paths: Paths) -> None:
    """A figure, a table and a formula of the page, by the id that the stitched page gives them."""
    made = "{* r.figure_x *}\n\n{* r.table_y_z *}\n\n{* r.formula_f *}\n\n{* r.check_c *}\n"
    good = "[a](#fig-r-x) [b](#tab-r-y-z) [c](#eq-r-f)\n"
    append(paths, made + good, made + good)
    assert words(paths) == []
    append(paths, made + "[d](#check-r-c)\n", made + "[d](#check-r-c)\n")
    assert [p.split(":")[1] for p in words(paths)] == ["18", "18"]


def test_an_answer_that_is_not_there(paths: Paths) -> None:
    for name in (ZH, EN):
        write(paths, name, FILES[name].replace("[why]", "[how, why]"))
    fix = "write /// question | ... with attrs: {id: how}"
    assert words(paths) == both(
        f"2: 'how' is said to be answered, and no question block has that id; {fix}"
    )


def test_questions(paths: Paths) -> None:
    """Only of pages that exist; the line is that of the whole id."""
    write(
        paths,
        "docs/questions.yml",
        "demo:\n  a:\n    - why-not\n    - why\n    - how\n    - not-how\n  later: [when]\n",
    )
    assert words(paths) == [
        f"docs/questions.yml:{line}: '{name}' is not answered on demo/a; answer it there"
        for line, name in ((3, "why-not"), (5, "how"), (6, "not-how"))
    ]


def test_front_matter_that_is_not_yaml(paths: Paths) -> None:
    write(paths, "docs/zh/demo/b.md", "---\na: [\n---\n# B\n")
    write(paths, "docs/en/demo/b.md", "---\na: 1\n---\n# B\n")
    assert words(paths) == ["docs/zh/demo/b.md:2: the front matter is not YAML; mend it"]


# --------------------------------------------------------------------------- stitched


def value(number: float) -> dict[str, Any]:
    payload = {"value": number}
    return {"kind": "value", "path": "snippets/r.py", "line": 3, "zh": payload, "en": payload}


LISTING = {"kind": "listing", "path": "snippets/r.py", "line": 9, "zh": {}, "en": {}}


def stitched(paths: Paths, **artifacts: Any) -> review.Reviewed:
    named = {name.replace("__", "."): made for name, made in artifacts.items()}
    manifest = {"artifacts": named, "concepts": {}}
    return review.stitched(review.read_pages(paths), manifest, paths, "https://g", "https://s/")


def test_stitched(paths: Paths) -> None:
    append(paths, "值 {* r.value_x *}\n", "value {* r.value_x *}\n")
    for lang in ("zh", "en"):
        for name in ("index", "one"):
            write(paths, f"docs/{lang}/cheatsheets/{name}.md", f"# {name} {{* r.value_x *}}\n")
    result = stitched(paths, r__value_x=value(7), site__value_y=value(1), r__relu=LISTING)
    assert result.web["zh"]["demo/a.md"].endswith("///\n值 7\n")
    assert result.web["en"]["demo/a.md"].endswith("///\nvalue 7\n")
    assert result.print["en"] == {"cheatsheets/one.md": "# one 7\n"}
    assert set(result.web["en"]) == {"cheatsheets/index.md", "cheatsheets/one.md", "demo/a.md"}


def test_what_no_page_shows(paths: Paths) -> None:
    with pytest.raises(Failure) as failure:
        stitched(paths, r__value_x=value(7), site__value_y=value(1), r__relu=LISTING)
    assert str(failure.value) == (
        "snippets/r.py:3: no page shows 'r.value_x'; "
        "write {* r.value_x *} on a page, delete it, or begin its name with _"
    )


def test_problems_of_all_pages_and_of_the_bibliography_together(paths: Paths) -> None:
    append(paths, "{* r.value_x *} [@nobody]\n", "{* r.value_y *}\n")
    write(paths, "docs/references.bib", "@misc{a, title={T}, year={1997}}\n")
    with pytest.raises(Failure) as failure:
        stitched(paths)
    assert [str(p).split("; ")[0] for p in failure.value.problems] == [
        "docs/en/demo/a.md:11: nothing makes 'r.value_y'",
        "docs/references.bib:1: 'a' has no author",
        "docs/zh/demo/a.md:11: nothing makes 'r.value_x'",
    ]
