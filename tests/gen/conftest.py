"""A small project of one concept, built once, and copied for each test that breaks something."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COPIED = (
    "gen",
    "theme",
    "mkdocs.yml",
    "mkdocs.en.yml",
    "snippets/kit.py",
    "snippets/house.mplstyle",
)

SNIPPET = '''"""Doubling: the smallest concept that shows one thing of each kind."""

import numpy as np

from snippets import kit
from snippets.kit import Check, Figure, Formula, Table, Tr


def double(x):
    """Twice x."""
    return 2 * x


formula_definition = Formula(
    r"d(x) = 2x", {"x": kit.scalar(("输入", "input"), -3, 3)}, equals=double
)


def check_sum() -> Check:
    x = np.linspace(-5, 5, 11)
    return kit.compare(("x + x", "x + x"), [(double(x), x + x)])


def value_three() -> float:
    return double(1.5)


def table_points(tr: Tr) -> Table:
    return Table(["x", tr("两倍", "twice")], [[1, 2], [3, 6]], caption=tr("两行", "Two rows"))


def figure_line(tr: Tr) -> Figure:
    canvas, axes = kit.canvas()
    axes.plot([0, 1], [0, 2])
    axes.set_xlabel(tr("输入", "input"))
    return Figure(canvas, caption=tr("直线。", "A line."), alt=tr("上升的直线。", "A rising line."))
'''

PAGE = {
    "zh": """---
description: 翻倍。
aliases: [翻倍]
answers: []
---
# 翻倍

把数变成两倍，例如 {* double.value_three:.1f *}。

/// card
{* double.formula_definition *}
///

## 定义 {#definition}

{* double.formula_definition *}

{* double.figure_line *}

{* double.table_points *}

{* double.double *}

{* double.check_sum *}
""",
    "en": """---
description: Doubling.
aliases: [doubling]
answers: []
---
# Doubling

It makes a number twice as large, {* double.value_three:.1f *} for one.

/// card
{* double.formula_definition *}
///

## Definition {#definition}

{* double.formula_definition *}

{* double.figure_line *}

{* double.table_points *}

{* double.double *}

{* double.check_sum *}
""",
}

FILES = {
    "snippets/__init__.py": "",
    "snippets/demo/__init__.py": "",
    "snippets/demo/double.py": SNIPPET,
    "docs/references.bib": "@book{knuth1997, author={Knuth, Donald E.}, "
    "title={The Art of Computer Programming}, publisher={Addison-Wesley}, year={1997}}\n",
    "docs/topics.yml": "demo: {zh: 示例, en: Demo, pages: [double]}\n",
    "docs/zh/index.md": "---\ndescription: 首页。\n---\n# 首页\n",
    "docs/en/index.md": "---\ndescription: Home.\n---\n# Home\n",
    "docs/zh/demo/double.md": PAGE["zh"],
    "docs/en/demo/double.md": PAGE["en"],
}


@dataclass
class Run:
    """What a command gave back; ``problems`` are the lines of the form path:line: what; todo."""

    code: int
    out: str

    @property
    def problems(self) -> list[str]:
        return [line for line in self.out.splitlines() if ": " in line and "; " in line]


@dataclass
class Project:
    """A checkout in a temporary folder."""

    root: Path

    def write(self, path: str, text: str) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def replace(self, path: str, old: str, new: str) -> None:
        text = (self.root / path).read_text(encoding="utf-8")
        assert old in text, f"{path} has no {old!r}"
        self.write(path, text.replace(old, new, 1))

    def add_to_snippet(self, code: str) -> int:
        """Append code to the snippet; the line on which it begins."""
        path = self.root / "snippets/demo/double.py"
        text = path.read_text(encoding="utf-8")
        path.write_text(text + code, encoding="utf-8")
        return text.count("\n") + 1

    def run(self, *arguments: str, **environment: str) -> Run:
        done = subprocess.run(
            [sys.executable, "-m", "gen", *arguments],
            cwd=self.root,
            env={**os.environ, "CI": "true", "NO_COLOR": "1", **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return Run(done.returncode, done.stdout + done.stderr)

    def build(self, **environment: str) -> Run:
        return self.run("build", **environment)

    def site(self) -> dict[str, str]:
        """The digest of each file of the site."""
        folder = self.root / "site"
        return {
            path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }


def make(root: Path) -> Project:
    """The files of the small project; nothing is built."""
    project = Project(root)
    for name in COPIED:
        source, target = ROOT / name, root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    for path, text in FILES.items():
        project.write(path, text)
    (root / "node_modules").symlink_to(ROOT / "node_modules")
    return project


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The small project, built.  Not to be changed: copy it by ``project``."""
    project = make(tmp_path_factory.mktemp("project") / "checkout")
    run = project.build()
    assert run.code == 0, run.out
    return project


@pytest.fixture
def project(built: Project, tmp_path: Path) -> Project:
    """A copy of the built project, to be broken."""
    shutil.copytree(built.root, tmp_path / "checkout", symlinks=True)
    return Project(tmp_path / "checkout")
