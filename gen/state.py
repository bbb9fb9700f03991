"""What the generator hands to MkDocs' hooks: MkDocs loads those by path, so a module between is
needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gen.search_text import Section
from snippets.kit import Lang


@dataclass
class State:
    """One language's build: the finished Markdown of its pages, and where drawings lie."""

    lang: Lang
    stitched: Mapping[str, str]
    """Markdown by path inside the language's folder."""
    nav: list[Any]
    build: Path
    katex: Path
    cache: Path
    twins: frozenset[str] = field(default_factory=frozenset)
    """The pages that the other language has too."""
    changed: frozenset[str] | None = None
    """The pages that are to be rendered; None for all."""
    worker: str = ""
    """Where the script of the search lies, in the language's site."""
    read: dict[str, list[Section]] = field(default_factory=dict)
    """What the search has read of each page that was rendered."""
    folder: Mapping[str, str] = field(default_factory=lambda: {"zh": "", "en": "en/"})
    """Where each language lies in the site."""


current: State | None = None


def get() -> State:
    """The state of this process; only the generator sets it."""
    if current is None:
        raise RuntimeError("the pages are not stitched: build with `make build`, not with mkdocs")
    return current
