"""Writes the four files of a new concept, which build at once and say what to put where."""

from __future__ import annotations

import keyword
import re
from pathlib import Path

from gen import concepts, nav
from gen.errors import Failure, Problem
from gen.paths import Paths

TEMPLATES = Path(__file__).with_name("templates")
FORM = re.compile(r"^(?P<topic>[a-z][a-z0-9-]*)/(?P<slug>[a-z][a-z0-9]*(?:-[a-z0-9]+)*)$")


def run(paths: Paths, page: str) -> str:
    """Write snippet, test and both pages of ``topic/slug``.  Raises Failure where one exists
    already.
    """
    match = FORM.match(page)
    if not match:
        _refuse("Makefile", f"'{page}' is not the name of a page", "make new page=topic/some-slug")
    assert match
    topic, slug = match["topic"], match["slug"]
    if topic not in nav.read(paths):
        _refuse(
            paths.show(paths.docs / "topics.yml"),
            f"there is no topic '{topic}'",
            f"add {topic}: with zh: and en: there first",
        )
    name = slug.replace("-", "_")
    prefix = name.partition("_")[0]
    if prefix in concepts.PREFIXES or keyword.iskeyword(name):
        _refuse(
            "Makefile",
            f"a function named '{name}' would not be listed: '{prefix}' has a meaning of its own",
            "choose another slug",
        )
    for other in concepts.discover(paths):
        if other.name == name:
            todo = "choose another slug: pages call a concept by its name alone"
            _refuse(paths.show(other.path), f"a concept named '{name}' exists already", todo)
    folder = topic.replace("-", "_")
    files = {
        "snippet.py": paths.snippets / folder / f"{name}.py",
        "test.py": paths.root / "tests/snippets" / folder / f"test_{name}.py",
        "page.zh.md": paths.docs / "zh" / topic / f"{slug}.md",
        "page.en.md": paths.docs / "en" / topic / f"{slug}.md",
    }
    for path in files.values():
        if path.exists():
            _refuse(paths.show(path), "the file is there already", "choose another slug")
    words = {
        "name": name,
        "topic": topic,
        "folder": folder,
        "title": slug.replace("-", " ").capitalize(),
    }
    for template, path in files.items():
        text = (TEMPLATES / template).read_text(encoding="utf-8")
        for key, word in words.items():
            text = text.replace(f"<{key}>", word)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    package = paths.snippets / folder / "__init__.py"
    package.touch()
    written = "\n".join(f"  {paths.show(path)}" for path in files.values())
    return f"wrote\n{written}\nnow run make serve, and read CONTRIBUTING.md"


def _refuse(path: str, what: str, todo: str) -> None:
    raise Failure([Problem(path, 1, what, todo)])
