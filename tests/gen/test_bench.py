"""The benchmark: stale pages count as stale, all tools have the same work, memory is read right."""

from __future__ import annotations

import ast
import os
import sys
from importlib import metadata
from pathlib import Path

import pytest

from bench import measure, report, workload
from bench.measure import Cost
from bench.workload import CHANGED, Tool

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Tool]:
    here = tmp_path_factory.mktemp("bench") / "sites"
    return {tool.name: tool for tool in workload.tools(ROOT, here, Path("bin"))}


def python_of(tool: Tool) -> str:
    text = tool.file(tool.unit).read_text(encoding="utf-8")
    if not tool.unit.endswith(".md"):
        return text
    blocks = text.split("```python")[1:]
    return "\n".join(block.split("\n", 1)[1].split("```")[0] for block in blocks)


class _OneLanguage(ast.NodeTransformer):
    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        return node.args[1] if isinstance(node.func, ast.Name) and node.func.id == "tr" else node


def drawing(tool: Tool) -> list[str]:
    """The statements of a unit that compute and draw, with English labels."""
    tree = _OneLanguage().visit(ast.parse(python_of(tool)))
    said = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    wanted = ("x =", "y =", "left.", "right.", "def wave", "NUMBER =", "RATE =", "UNIT =")
    return [line for line in said if line.startswith(wanted)]


def test_every_tool_computes_and_draws_the_same(sites: dict[str, Tool]) -> None:
    ours = sorted(drawing(sites["Youju"]))
    assert len(ours) == 15
    for tool in sites.values():
        assert sorted(drawing(tool)) == ours, tool.name


def test_every_tool_has_the_same_words(sites: dict[str, Tool]) -> None:
    paragraphs = (workload.TEMPLATES / "words_en.txt").read_text(encoding="utf-8").split("\n\n")
    for tool in sites.values():
        text = tool.file(tool.words).read_text(encoding="utf-8")
        assert all(paragraph.strip() in text for paragraph in paragraphs), tool.name


def test_no_gap_is_left_and_every_unit_is_there(sites: dict[str, Tool]) -> None:
    for tool in sites.values():
        for unit in range(tool.units):
            text = tool.file(tool.unit, unit).read_text(encoding="utf-8")
            assert "@" not in text
            assert f"UNIT = {unit}\n" in text


# --------------------------------------------------------------------------- stale pages


@pytest.fixture
def built(tmp_path: Path) -> Tool:
    """A tool whose pages, in two languages, show the helper's first number."""
    tool = Tool("t", tmp_path / "t", (), (), "", "", "", "site/**/unit-@UNIT@.html")
    for unit in range(workload.UNITS):
        for folder in ("site", "site/en"):
            page = tmp_path / "t" / folder / f"unit-{unit:02d}.html"
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(f"<p>helper says <b>{300_000 + unit}</b>, library says 500000</p>")
    return tool


def test_fresh_pages_are_not_stale(built: Tool) -> None:
    assert workload.stale(built, "helper", 300) == 0


def test_old_pages_are_stale(built: Tool) -> None:
    assert workload.stale(built, "helper", 301) == workload.UNITS


def test_a_page_left_behind_in_one_language_is_stale(built: Tool) -> None:
    (built.folder / "site/en/unit-07.html").write_text("helper says 299007")
    assert workload.stale(built, "helper", 300) == 1


def test_a_longer_number_is_another_number(built: Tool) -> None:
    (built.folder / "site/en/unit-07.html").write_text("helper says 3000070")
    assert workload.stale(built, "helper", 300) == 1


def test_a_missing_page_is_stale(built: Tool) -> None:
    for page in built.folder.rglob(f"unit-{CHANGED:02d}.html"):
        page.unlink()
    assert workload.stale(built, "helper", 300) == 1


def test_an_installed_package_tells_its_new_version(tmp_path: Path) -> None:
    tool = Tool("t", tmp_path / "t", (), (), "", "", "", "")
    for number, version in ((500, "1.0"), (501, "1.1")):
        workload.install(tool, number, version)
        (found,) = metadata.distributions(path=[str(tool.library)])
        assert (found.name, found.version) == ("benchlib", version)
        assert (tool.library / "benchlib.py").read_text() == f"NUMBER = {number}\n"


# --------------------------------------------------------------------------- measuring


def python(code: str, folder: Path, *, memory: bool = False) -> Cost:
    folder.mkdir()
    return measure.run((sys.executable, "-c", code), folder, os.environ, memory=memory)


def test_a_failed_build_gives_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(measure.BuildFailed, match=r"ended with 3: no such page$"):
        python("import sys; print('no such page'); sys.exit(3)", tmp_path / "run")


def test_time_and_processor_time_are_told_apart(tmp_path: Path) -> None:
    cost = python("import time; time.sleep(1)", tmp_path / "run")
    assert cost.seconds > 1
    assert cost.cpu < 1


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="only Linux tells")
def test_memory_of_all_processes_is_summed_and_shared_pages_count_once(tmp_path: Path) -> None:
    # Multiplied, not copied from bytes: a copy would for a moment count twice.
    code = (
        "import os, time\n"
        "shared = bytearray(b'x') * (100 << 20)\n"  # 100 MB that both processes see
        "child = os.fork()\n"
        "own = bytearray(b'y') * (60 << 20)\n"  # and 60 MB of each
        "time.sleep(1.5)\n"
        "child and os.wait()\n"
    )
    cost = python(code, tmp_path / "run", memory=True)
    assert 160 < cost.largest < 260
    assert 220 < cost.together < 300


# --------------------------------------------------------------------------- the report


def costs(*seconds: float) -> list[Cost]:
    return [Cost(s, s, 100.0, 0.0) for s in seconds]


def test_the_ratio_is_the_median_of_the_ratios_of_the_rounds() -> None:
    # Round by round 2, 3 and 10 times; the ratio of the medians would be 4 / 2 = 2.
    assert report.ratio(costs(4, 3, 30), costs(2, 1, 3)) == 3


def test_a_missed_target_is_said() -> None:
    ratios = {
        "cold": {"markdown-exec": 1.8, "sphinx-gallery": 2.99},
        "warm": {"sphinx-gallery": 4.0},
        "nothing": {"sphinx-gallery": 15.0},
    }
    stale = {"helper": {"Youju": 0}, "library": {"Youju": 60}}
    found = report.targets(ratios, Cost(1, 1, 300, 1100), stale)
    assert [target["met"] for target in found] == [True, False, True, True, False, True, False]


def test_versions_are_found_however_a_package_spells_its_name(tmp_path: Path) -> None:
    spelled = ("Sphinx", "sphinx_gallery", "mkdocs-gallery", "markdown_exec")
    for name in (*spelled, "mkdocs", "mkdocs-material", "matplotlib", "NumPy"):
        about = tmp_path / f"{name.replace('-', '_')}-1.2.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
    found = report.versions(tmp_path)
    names = ("sphinx", "sphinx-gallery", "markdown-exec", "numpy")
    assert {found[name] for name in names} == {"1.2"}
