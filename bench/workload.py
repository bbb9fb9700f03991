"""Writes the synthetic site in the form of each tool, and makes the changes whose cost is measured.

Every unit has the same code, words, figure of two panels, table and three numbers in all tools.
Each of the numbers is known to one place only: the unit itself, the helper that all units import,
and an installed package.  A built page thus tells from what state of each it was made.
"""

from __future__ import annotations

import re
import shutil
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

TEMPLATES = Path(__file__).parent / "templates"
UNITS = 60
"""Pages with a figure that each tool makes; ours are half as many concepts, in two languages."""
CHANGED = 7
"""The unit whose code and words are changed."""
NUMBERS = {"unit": 100, "helper": 300, "library": 500}
"""What each place says at first; a change adds to it."""

COPIED = ("gen", "theme", "mkdocs.yml", "mkdocs.en.yml", "pyproject.toml", "requirements.txt")
"""What the copy of our checkout takes whole; of the snippets only what all of them share."""


@dataclass(frozen=True)
class Tool:
    """One tool with its copy of the site, and what is needed to build, change and read it."""

    name: str
    folder: Path
    command: Sequence[str]
    caches: Sequence[str]
    """What is removed before a cold build, relative to the folder."""
    unit: str
    """The file of one unit's code, and of its words; ``@UNIT@`` stands for the number."""
    words: str
    helper: str
    pages: str
    """The built pages of one unit: a glob."""
    units: int = UNITS

    @property
    def library(self) -> Path:
        """The folder on the path of Python in which the small package is installed."""
        return self.folder.with_name(f"{self.folder.name}-packages") / "site-packages"

    def file(self, pattern: str, unit: int = CHANGED) -> Path:
        return self.folder / pattern.replace("@UNIT@", f"{unit:02d}")

    def clear(self) -> None:
        """Back to a fresh checkout."""
        for name in self.caches:
            shutil.rmtree(self.folder / name, ignore_errors=True)


def tools(root: Path, here: Path, others: Path) -> list[Tool]:
    """The four tools, ours first, each with its site written below ``here``.

    ``root`` is our checkout, ``others`` the folder with the programs of the other three.
    """
    gallery = "examples/plot_unit_@UNIT@.py"
    made = [
        Tool(
            "Youju",
            here / "youju",
            (sys.executable, "-m", "gen", "build", "-q"),
            ("build", "site"),
            "snippets/bench/unit_@UNIT@.py",
            "docs/en/bench/unit-@UNIT@.md",
            "snippets/bench/_helper.py",
            "site/**/bench/unit-@UNIT@.html",
            UNITS // 2,
        ),
        Tool(
            "sphinx-gallery",
            here / "sphinx-gallery",
            (str(others / "sphinx-build"), "-M", "html", ".", "built", "-q"),
            ("built", "auto_examples", "gen_modules"),
            gallery,
            gallery,
            "lib/helper.py",
            "built/html/auto_examples/plot_unit_@UNIT@.html",
        ),
        Tool(
            "mkdocs-gallery",
            here / "mkdocs-gallery",
            (str(others / "mkdocs"), "build", "-q"),
            ("site", "docs/generated"),
            f"docs/{gallery}",
            f"docs/{gallery}",
            "lib/helper.py",
            "site/generated/plot_unit_@UNIT@/index.html",
        ),
        Tool(
            "markdown-exec",
            here / "markdown-exec",
            (str(others / "mkdocs"), "build", "-q"),
            ("site",),
            "docs/unit_@UNIT@.md",
            "docs/unit_@UNIT@.md",
            "lib/helper.py",
            "site/unit_@UNIT@/index.html",
        ),
    ]
    shutil.rmtree(here, ignore_errors=True)
    ours, sphinx, mkdocs_gallery, markdown_exec = made
    _copy_of_ours(root, ours)
    _put(sphinx, "conf.py", _template("sphinx_conf"))
    _put(sphinx, "index.rst", "bench\n=====\n\n.. toctree::\n\n   auto_examples/index\n")
    _put(sphinx, "examples/README.rst", "Units\n=====\n")
    _put(mkdocs_gallery, "mkdocs.yml", _template("mkdocs_gallery"))
    _put(mkdocs_gallery, "docs/index.md", "# bench\n")
    _put(mkdocs_gallery, "docs/examples/README.md", "# Units\n")
    _put(markdown_exec, "mkdocs.yml", _template("mkdocs_exec"))
    _put(markdown_exec, "docs/index.md", "# bench\n")
    for tool in made:
        _put(tool, tool.helper, _template("helper"))
        install(tool, NUMBERS["library"], "1.0")
    for unit in range(UNITS):
        if unit < ours.units:
            for lang in ("zh", "en"):
                page = f"docs/{lang}/bench/unit-@UNIT@.md"
                _put(ours, page, _filled("youju_page", unit, lang), unit)
            _put(ours, ours.unit, _filled("youju_snippet", unit, both=True), unit)
        for tool in (sphinx, mkdocs_gallery):
            _put(tool, tool.unit, _commented(_filled("gallery_unit", unit)), unit)
        _put(markdown_exec, markdown_exec.unit, _filled("exec_page", unit), unit)
    return made


def _copy_of_ours(root: Path, ours: Tool) -> None:
    """Our generator and theme with the synthetic site as its only content."""
    (ours.folder / "snippets").mkdir(parents=True)
    shared = [path for path in (root / "snippets").iterdir() if path.is_file()]
    for path in [*(root / name for name in COPIED), *shared]:
        copy = ours.folder / path.relative_to(root)
        if path.is_dir():
            shutil.copytree(path, copy, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(path, copy)
    (ours.folder / "node_modules").symlink_to((root / "node_modules").resolve())
    _put(ours, "snippets/bench/__init__.py", "")
    _put(ours, "docs/topics.yml", "bench: {zh: 测试, en: Bench}\n")
    _put(ours, "docs/references.bib", "")
    _put(ours, "docs/zh/index.md", "# 测试\n")
    _put(ours, "docs/en/index.md", "# Bench\n")


def _put(tool: Tool, name: str, text: str, unit: int = CHANGED) -> None:
    path = tool.file(name, unit)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


# --------------------------------------------------------------------------- templates


def _template(name: str) -> str:
    return (TEMPLATES / f"{name}.txt").read_text(encoding="utf-8")


def _filled(name: str, unit: int, lang: str = "en", *, both: bool = False) -> str:
    """A template with its gaps filled; ``both`` leaves the labels in two languages."""
    text = _template(name)
    for gap in ("code", "draw", "rows"):
        filling = _template(gap).strip()
        if not both:
            filling = re.sub(r'tr\("[^"]*", ("[^"]*")\)', r"\1", filling)
        text = re.sub(
            f"^( *)@{gap.upper()}@$",
            partial(_indented, filling),
            text,
            flags=re.MULTILINE,
        ).replace(f"@{gap.upper()}@", filling)
    for number, words in enumerate(_template(f"words_{lang}").strip().split("\n\n"), 1):
        text = text.replace(f"@WORDS_{number}@", words)
    # An integer of Python has no leading zero; file names have.
    return text.replace("UNIT = @UNIT@", f"UNIT = {unit}").replace("@UNIT@", f"{unit:02d}")


def _indented(filling: str, gap: re.Match[str]) -> str:
    return textwrap.indent(filling, gap[1])


def _commented(text: str) -> str:
    """The words after ``# %%`` as the comment that a gallery takes for text."""
    return re.sub(r"(?<=^# %%\n)(?=\w)", "# ", text, flags=re.MULTILINE)


# --------------------------------------------------------------------------- changes


def change_unit(tool: Tool, by: int) -> None:
    """Another number in the code of one unit."""
    _number(tool.file(tool.unit), "NUMBER = ", NUMBERS["unit"] + by)


def change_helper(tool: Tool, by: int) -> None:
    """Another number in the module that all units import."""
    _number(tool.file(tool.helper), "NUMBER = ", NUMBERS["helper"] + by)


def change_words(tool: Tool, by: int) -> None:
    """Another word in the text of one page."""
    path = tool.file(tool.words)
    text = path.read_text(encoding="utf-8")
    changed = re.sub(r"A swing(?: number \w+)? that", f"A swing number {word(by)} that", text)
    assert changed != text, f"{path}: nothing to change"
    path.write_text(changed, encoding="utf-8")


def word(by: int) -> str:
    """A word that stands in no page before the change that brings it."""
    return "".join("abcdefghij"[int(digit)] * 3 for digit in str(by))


def change_library(tool: Tool, by: int) -> None:
    """A new version of the installed package, as pip would put it there."""
    install(tool, NUMBERS["library"] + by, f"1.{by}")


def install(tool: Tool, number: int, version: str) -> None:
    """Put the package into the place of an older version, with what names its version."""
    shutil.rmtree(tool.library, ignore_errors=True)
    about = tool.library / f"benchlib-{version}.dist-info"
    about.mkdir(parents=True)
    (tool.library / "benchlib.py").write_text(f"NUMBER = {number}\n", encoding="utf-8")
    (about / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: benchlib\nVersion: {version}\n", encoding="utf-8"
    )
    (about / "RECORD").write_text("benchlib.py,,\n", encoding="utf-8")


def _number(path: Path, before: str, number: int) -> None:
    text = path.read_text(encoding="utf-8")
    changed = re.sub(rf"^{before}\d+", f"{before}{number}", text, flags=re.MULTILINE)
    assert changed != text, f"{path}: nothing to change"
    path.write_text(changed, encoding="utf-8")


# --------------------------------------------------------------------------- what was built


def pages(tool: Tool, unit: int) -> list[str]:
    """The text of the built pages of one unit."""
    pattern = tool.pages.replace("@UNIT@", f"{unit:02d}")
    return [path.read_text(encoding="utf-8") for path in sorted(tool.folder.glob(pattern))]


def stale(tool: Tool, place: str, number: int) -> int:
    """How many units have no page, or one that does not show the number that ``place`` has now.

    Only the changed unit counts for ``unit``, all of them for ``helper`` and ``library``.
    """
    units = [CHANGED] if place == "unit" else range(tool.units)
    return sum(
        not _shows(pages(tool, unit), f"{place} says {number * 1000 + unit}") for unit in units
    )


def shows_word(tool: Tool, by: int) -> bool:
    """Whether a page of the changed unit has the new word."""
    return any(f"number {word(by)} that" in page for page in pages(tool, CHANGED))


def _shows(texts: Sequence[str], claim: str) -> bool:
    """Every page shows it: a page in another language may not be left behind."""
    said = re.compile(rf"{claim}(?!\d)")
    return bool(texts) and all(said.search(re.sub(r"<[^>]+>", "", text)) for text in texts)
