"""Where things are, relative to the root of a checkout."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Paths:
    """The folders of one checkout; everything the generator touches is named here."""

    root: Path

    @property
    def snippets(self) -> Path:
        return self.root / "snippets"

    @property
    def docs(self) -> Path:
        return self.root / "docs"

    @property
    def bibliography(self) -> Path:
        return self.docs / "references.bib"

    @property
    def theme(self) -> Path:
        return self.root / "theme"

    @property
    def build(self) -> Path:
        return self.root / "build"

    @property
    def cache(self) -> Path:
        return self.build / "cache"

    @property
    def manifest(self) -> Path:
        return self.build / "manifest.json"

    @property
    def site(self) -> Path:
        return self.root / "site"

    def show(self, path: Path) -> str:
        """The path as a message names it: relative to the root, with forward slashes."""
        try:
            return path.resolve().relative_to(self.root.resolve()).as_posix()
        except ValueError:
            return str(path)


def here() -> Paths:
    """The checkout that this generator stands in."""
    return Paths(Path(__file__).resolve().parent.parent)
