"""Each failure of the check says its place and its fix, whichever tool found it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from gen import check
from gen.errors import Failure
from gen.paths import Paths
from tests.gen.conftest import ROOT, Project, make

TEST = "tests/snippets/demo/test_double.py"


@pytest.fixture
def fresh(tmp_path: Path) -> Project:
    """The small project with the test of its concept."""
    project = make(tmp_path / "checkout")
    project.write(TEST, '"""Tests."""\n')
    return project


class Tools:
    """Answers in place of ruff and mypy: what they print, and how they end."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers: dict[str, tuple[int, str, str]] = {}
        monkeypatch.setattr(check.subprocess, "run", self.run)

    def run(self, command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        name = " ".join(command[2:4]) if command[2] == "ruff" else command[2]
        code, out, err = self.answers.get(name, (0, "", ""))
        return subprocess.CompletedProcess(command, code, out, err)


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> Tools:
    return Tools(monkeypatch)


def problems(project: Project) -> list[str]:
    with pytest.raises(Failure) as failure:
        check.run(Paths(project.root))
    return [str(p) for p in failure.value.problems]


@pytest.mark.usefixtures("tools")
def test_nothing_is_wrong(fresh: Project) -> None:
    assert check.run(Paths(fresh.root)) == (
        "4 pages and all code checked; 0 typed numbers, each with its reason"
    )
    for path in ("docs/zh/demo/double.md", "docs/en/demo/double.md"):
        fresh.replace(path, "\n# ", "\n{* literal 3 | the number of the example *}\n\n# ")
    assert "2 typed numbers, each with its reason" in check.run(Paths(fresh.root))


@pytest.mark.usefixtures("tools")
def test_every_part_is_asked(fresh: Project) -> None:
    (fresh.root / TEST).unlink()
    fresh.write("snippets/demo/alone.py", "def tabel_x(tr):\n    pass\n")
    fresh.write("docs/references.bib", "@misc{a, title={T}, year={1997}}\n")
    fresh.replace("docs/zh/demo/double.md", "例如", "例如 37 和")
    told = problems(fresh)
    assert [t for t in told if t.startswith("docs/")] == [
        "docs/references.bib:1: 'a' has no author; complete the entry",
        "docs/zh/demo/double.md:8: no code stands behind the number '37'; "
        "write {* concept.value_x:.2f *}, a word for a count below ten, "
        "or {* literal 0.9 | the reason *}",
    ]
    alone = "snippets/demo/alone.py:1: "
    assert [t for t in told if t.startswith(alone)] == [
        f"{alone}'tabel_x' has a prefix that means nothing here; call it figure_x "
        "(prefixes: figure, table, value, check, formula), or _tabel_x if it is a helper",
        f"{alone}the concept has no en page; write docs/en/demo/alone.md",
        f"{alone}the concept has no test; write tests/snippets/demo/test_alone.py",
        f"{alone}the concept has no zh page; write docs/zh/demo/alone.md",
    ]
    assert f"snippets/demo/double.py:1: the concept has no test; write {TEST}" in told


# --------------------------------------------------------------------------- the tools

RUFF_OUT = """snippets/demo/double.py:3:1: F401 [*] `os` imported but unused
tests/x.py:12:101: E501 Line too long (120 > 100)
Found 2 errors.
[*] 1 fixable with the `--fix` option.
"""
MYPY_OUT = """gen/x.py:7: error: Unsupported operand types for + ("int" and "str")  [operator]
gen/x.py:7: note: a note
"""


HERE = Paths(Path())
FIX = "mend it, or run ruff check --fix"


def test_ruff(tools: Tools) -> None:
    tools.answers["ruff check"] = (1, RUFF_OUT, "")
    assert list(map(str, check._ruff(HERE))) == [
        f"snippets/demo/double.py:3: F401 [*] `os` imported but unused; {FIX}",
        f"tests/x.py:12: E501 Line too long (120 > 100); {FIX}",
    ]
    tools.answers["ruff check"] = (0, "All checks passed!\n", "")
    assert check._ruff(HERE) == []


def test_format(tools: Tools) -> None:
    out = (
        "gen/a.py:1:6: unformatted: File would be reformatted\n"
        "tests/b c.py:3:1: unformatted: File would be reformatted\n"
        "2 files would be reformatted, 1 file already formatted\n"
    )
    tools.answers["ruff format"] = (1, out, "")
    assert list(map(str, check._format(HERE))) == [
        "gen/a.py:1: unformatted: File would be reformatted; run ruff format",
        "tests/b c.py:3: unformatted: File would be reformatted; run ruff format",
    ]
    tools.answers["ruff format"] = (0, "3 files already formatted\n", "")
    assert check._format(HERE) == []


def test_mypy(tools: Tools) -> None:
    tools.answers["mypy"] = (1, MYPY_OUT, "")
    assert list(map(str, check._mypy(HERE))) == [
        'gen/x.py:7: Unsupported operand types for + ("int" and "str")  [operator]; '
        "give it the right type"
    ]
    tools.answers["mypy"] = (0, "", "")
    assert check._mypy(HERE) == []


@pytest.mark.parametrize(
    ("tool", "name"),
    [(check._ruff, "ruff check"), (check._format, "ruff format"), (check._mypy, "mypy")],
    ids=["ruff", "format", "mypy"],
)
@pytest.mark.parametrize("code", [1, 2])
def test_a_tool_that_does_not_run(tools: Tools, tool: Any, name: str, code: int) -> None:
    """It is not there, or its settings are wrong: not taken for a success."""
    tools.answers[name] = (code, "", "python: No module named it\nmore\n")
    short = name.split()[0]
    assert list(map(str, tool(HERE))) == [
        f"pyproject.toml:1: {short} did not run: python: No module named it; "
        "run make setup, or mend its settings"
    ]


def test_the_real_tools(fresh: Project) -> None:
    """What they print today is what is read."""
    fresh.write("pyproject.toml", (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = 'packages = ["bench", "gen", "tools"]\nmodules = ["snippets.kit"]\n'
    fresh.replace("pyproject.toml", packages, 'files = ["gen/wrong.py"]\n')  # the rest is slow
    fresh.write("gen/wrong.py", '"""Wrong."""\n\nimport os\n\nNUMBER: int = "text"\nx = 1;\n')
    told = problems(fresh)
    starts = [
        "gen/wrong.py:6: unformatted: File would be reformatted; run ruff format",
        "gen/wrong.py:3: F401 [*] `os` imported but unused; ",
        "gen/wrong.py:5: Incompatible types in assignment",
    ]
    for start in starts:
        assert [t for t in told if t.startswith(start)], told
