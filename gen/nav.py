"""The navigation, from the pages that exist and the order in docs/topics.yml."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from gen.errors import Failure, Problem
from gen.paths import Paths
from snippets.kit import Lang

Topics = Mapping[str, Mapping[str, Any]]


def read(paths: Paths) -> Topics:
    """The topics by folder name.  Raises Failure where one has no name in both languages."""
    path = paths.docs / "topics.yml"
    topics = mapping(path, paths)
    problems = []
    for topic, about in topics.items():
        named = isinstance(about, dict) and {"zh", "en"} <= about.keys()
        if not named or not isinstance(about.get("pages", []), list):
            problems.append(
                Problem(
                    paths.show(path),
                    line_of(path, rf"{topic}\s*:"),
                    f"the topic '{topic}' is not complete",
                    "give it zh: and en:, its names, and pages: as a list",
                )
            )
    if problems:
        raise Failure(problems)
    return topics


def mapping(path: Path, paths: Paths) -> dict[str, Any]:
    """A YAML file of the form key: value.  Raises Failure where it is not."""
    todo = "write key: value"
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise Failure([Problem(paths.show(path), line, "this is not YAML", todo)]) from None
    if not isinstance(content, dict):
        raise Failure([Problem(paths.show(path), 1, "this is not a mapping", todo)])
    return content


def line_of(path: Path, pattern: str) -> int:
    """The first line of a file that matches, but for spaces around it; 1 where none does."""
    lines = path.read_text(encoding="utf-8").split("\n")
    return next((i for i, text in enumerate(lines, 1) if re.match(pattern, text.strip())), 1)


def in_order(topics: Topics, topic: str, names: Iterable[str]) -> list[str]:
    """The pages of a topic in its order; one that is not listed stands at the end."""
    order = {f"{topic}/{slug}.md": i for i, slug in enumerate(topics[topic].get("pages", []))}
    inside = [n for n in names if n.startswith(f"{topic}/")]
    return sorted(inside, key=lambda n: (order.get(n, len(order)), n))


def nav(topics: Topics, titles: Mapping[str, str], lang: Lang) -> list[Any]:
    """MkDocs' ``nav``: home, the topics, then what lies beside the home page.

    ``titles`` are those of the pages, by path.  They are given to MkDocs, which does not read the
    pages that a partial build leaves alone.
    """
    names = sorted(titles)
    titles = {**titles, "index.md": {"zh": "首页", "en": "Home"}[lang]}
    result: list[Any] = [{titles[n]: n} for n in names if n == "index.md"]
    for topic, about in topics.items():
        inside = in_order(topics, topic, names)
        if inside:
            result.append({about[lang]: [{titles[n]: n} for n in inside]})
    return result + [{titles[n]: n} for n in names if "/" not in n and n != "index.md"]


def check(topics: Topics, names: Iterable[str], paths: Paths) -> list[Problem]:
    """Pages in a topic that has no name, and listed pages that are not there."""
    names = set(names)
    path = paths.docs / "topics.yml"
    shown = paths.show(path)
    problems = [
        Problem(shown, 1, f"the topic '{topic}' has no name", f"add {topic}: with zh: and en:")
        for topic in sorted({n.split("/")[0] for n in names if "/" in n} - topics.keys())
    ]
    for topic, about in topics.items():
        for slug in about.get("pages", []):
            if f"{topic}/{slug}.md" not in names:
                line = line_of(path, rf"- {slug}(\s|$)")
                what = f"there is no page {topic}/{slug}"
                problems.append(Problem(shown, line, what, "write it, or delete this"))
    return problems
