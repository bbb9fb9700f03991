"""A new concept: four files that build, pass the check of words and their own test at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gen import concepts, new, review
from gen.errors import Failure
from gen.paths import Paths
from tests.gen.conftest import ROOT, Project, make

PAGE = "demo/some-thing"
FILES = [
    "snippets/demo/some_thing.py",
    "tests/snippets/demo/test_some_thing.py",
    "docs/zh/demo/some-thing.md",
    "docs/en/demo/some-thing.md",
]


@pytest.fixture
def fresh(tmp_path: Path) -> Project:
    """The small project, not built."""
    return make(tmp_path / "checkout")


def refused(project: Project, page: str) -> str:
    with pytest.raises(Failure) as failure:
        new.run(Paths(project.root), page)
    return str(failure.value)


def files(project: Project) -> set[str]:
    return {
        path.relative_to(project.root).as_posix()
        for folder in ("snippets", "docs", "tests")
        for path in (project.root / folder).rglob("*")
        if path.is_file()
    }


def test_the_files(fresh: Project) -> None:
    before = files(fresh)
    said = new.run(Paths(fresh.root), PAGE)
    assert files(fresh) - before == set(FILES)
    assert all(name in said for name in FILES)
    for name in FILES:
        text = (fresh.root / name).read_text(encoding="utf-8")
        assert not [gap for gap in ("<name>", "<title>", "<topic>", "<folder>") if gap in text]
    assert "# Some thing\n" in (fresh.root / FILES[3]).read_text(encoding="utf-8")


def test_the_words_are_in_order(fresh: Project) -> None:
    new.run(Paths(fresh.root), PAGE)
    paths = Paths(fresh.root)
    assert review.words(review.read_pages(paths), paths) == []
    (concept,) = [c for c in concepts.discover(paths) if c.name == "some_thing"]
    assert concept.page == PAGE
    assert [d.kind for d in concepts.declared(concept, paths)] == [
        "listing",
        "listing",
        "formula",
        "check",
        "figure",
    ]


def test_the_code_is_in_order(fresh: Project) -> None:
    new.run(Paths(fresh.root), PAGE)
    fresh.write("pyproject.toml", (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for arguments in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *arguments, *FILES[:2]],
            cwd=fresh.root,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_it_builds_at_once_and_its_test_passes(project: Project) -> None:
    run = project.run("new", PAGE)
    assert run.code == 0, run.out
    run = project.build()
    assert run.code == 0, run.out
    for page in ("demo/some-thing.html", "en/demo/some-thing.html"):
        assert (project.root / "site" / page).is_file()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--rootdir=.", "-o", "pythonpath=.", FILES[1]],
        cwd=project.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout


def test_a_topic_with_a_hyphen(fresh: Project) -> None:
    """Its folder of code has an underscore; code and pages still belong together."""
    fresh.write("docs/topics.yml", "demo: {zh: 示例, en: Demo}\nnew-topic: {zh: 新, en: New}\n")
    new.run(Paths(fresh.root), "new-topic/a-b")
    assert (fresh.root / "snippets/new_topic/__init__.py").is_file()
    (concept,) = [c for c in concepts.discover(Paths(fresh.root)) if c.name == "a_b"]
    assert (fresh.root / f"docs/zh/{concept.page}.md").is_file()


@pytest.mark.parametrize(
    "page",
    ["", "demo", "demo/", "/x", "Demo/x", "demo/X", "demo/a_b", "demo/a--b", "demo/1a", "a/b/c"],
)
def test_a_name_of_another_form(fresh: Project, page: str) -> None:
    before = files(fresh)
    assert refused(fresh, page) == (
        f"Makefile:1: '{page}' is not the name of a page; make new page=topic/some-slug"
    )
    assert files(fresh) == before


def test_a_topic_that_is_not_there(fresh: Project) -> None:
    assert refused(fresh, "nowhere/x") == (
        "docs/topics.yml:1: there is no topic 'nowhere'; add nowhere: with zh: and en: there first"
    )


@pytest.mark.parametrize("slug", ["lambda", "value-iteration", "check-sum", "table-lookup"])
def test_a_name_with_a_meaning_of_its_own(fresh: Project, slug: str) -> None:
    name = slug.replace("-", "_")
    assert refused(fresh, f"demo/{slug}") == (
        f"Makefile:1: a function named '{name}' would not be listed: "
        f"'{name.partition('_')[0]}' has a meaning of its own; choose another slug"
    )


def test_a_concept_of_another_topic(fresh: Project) -> None:
    fresh.write("docs/topics.yml", "demo: {zh: 示例, en: Demo}\nmore: {zh: 更多, en: More}\n")
    before = files(fresh)
    assert refused(fresh, "more/double") == (
        "snippets/demo/double.py:1: a concept named 'double' exists already; "
        "choose another slug: pages call a concept by its name alone"
    )
    assert files(fresh) == before


@pytest.mark.parametrize("there", FILES[1:])
def test_a_file_that_is_there_already(fresh: Project, there: str) -> None:
    fresh.write(there, "mine")
    before = files(fresh)
    assert refused(fresh, PAGE) == f"{there}:1: the file is there already; choose another slug"
    assert files(fresh) == before
    assert (fresh.root / there).read_text() == "mine"
