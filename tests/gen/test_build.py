"""What a change makes stale, that equal inputs give equal bytes, and what a crash leaves."""

from __future__ import annotations

import datetime
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gen import build, concepts, publish
from gen.paths import Paths
from tests.gen.conftest import Project, make

HELPED = """from snippets.demo._helper import _twice


def helped(x):
    return _twice(x)


def value_four():
    return helped(2)
"""
MORE = {
    "snippets/demo/_helper.py": "from snippets.demo._deeper import FACTOR\n\n\n"
    "def _twice(x):\n    return FACTOR * x\n",
    "snippets/demo/_deeper.py": "FACTOR = 2\n",
    "snippets/demo/helped.py": HELPED,
    "snippets/demo/through.py": "from snippets.demo.helped import helped\n\n\n"
    "def value_six():\n    return helped(3)\n",
    "snippets/demo/alone.py": "def value_five():\n    return 5\n",
}
ALL = {"double", "helped", "through", "alone"}


def add_more(project: Project) -> None:
    for path, text in MORE.items():
        project.write(path, text)


@pytest.fixture
def larger(tmp_path: Path) -> Project:
    """The small project with three more concepts, nothing built."""
    project = make(tmp_path / "checkout")
    add_more(project)
    return project


def keys(project: Project, **installed: str) -> dict[str, str]:
    paths = Paths(project.root)
    versions = {**build.versions(), **installed}
    return build.keys_of(concepts.discover(paths), paths, versions, concepts.Imports(paths.root))


CHANGES = {
    "snippets/demo/alone.py": {"alone"},
    "snippets/demo/double.py": {"double"},
    "snippets/demo/through.py": {"through"},
    "snippets/demo/helped.py": {"helped", "through"},
    "snippets/demo/_helper.py": {"helped", "through"},
    "snippets/demo/_deeper.py": {"helped", "through"},
    "snippets/demo/__init__.py": ALL,
    "snippets/kit.py": ALL,
    "snippets/house.mplstyle": ALL,
    "gen/work.py": ALL,
    "gen/render.py": ALL,
    "gen/guard.py": ALL,
    "gen/listing.py": ALL,
    "gen/fonts.py": ALL,
    "gen/warm.py": ALL,
    "gen/formula.py": ALL,
    "gen/tex_eval.py": ALL,
    "gen/stitch.py": set(),
    "gen/emit.py": set(),
    "gen/lint.py": set(),
    "gen/site.py": set(),
    "theme/main.html": set(),
    "mkdocs.yml": set(),
    "docs/zh/demo/double.md": set(),
    "docs/references.bib": set(),
}


@pytest.mark.parametrize("path", CHANGES)
def test_what_a_change_makes_stale(larger: Project, path: str) -> None:
    before = keys(larger)
    with (larger.root / path).open("a", encoding="utf-8") as file:
        file.write("\n")
    after = keys(larger)
    assert {name for name in ALL if before[name] != after[name]} == CHANGES[path]


@pytest.mark.parametrize("library", ["python", *build.LIBRARIES])
def test_another_version_makes_everything_stale(larger: Project, library: str) -> None:
    before, after = keys(larger), keys(larger, **{library: "0.0.1"})
    assert all(before[name] != after[name] for name in ALL)


def test_versions_are_those_that_are_installed() -> None:
    import matplotlib
    import numpy as np
    import torch

    found = build.versions()
    assert found["numpy"] == np.__version__
    assert found["matplotlib"] == matplotlib.__version__
    assert found["torch"].split("+")[0] == torch.__version__.split("+")[0]
    assert set(found) == {"python", *build.LIBRARIES}
    assert "none" not in found.values()


def test_every_installed_package_that_a_snippet_imports_is_in_the_key() -> None:
    paths = Paths(Path(__file__).resolve().parents[2])
    standard = sys.stdlib_module_names | {"snippets"}
    used = {
        line.split()[1].partition(".")[0]
        for path in paths.snippets.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip().startswith(("import ", "from ")) and len(line.split()) > 1
    }
    assert used - standard <= set(build.LIBRARIES)


DRIVER = """
import sys
from pathlib import Path
from gen import build
from gen.errors import Failure
from gen.paths import Paths
from gen.progress import Progress

for name, version in [a.split("=") for a in sys.argv[2:]]:
    real = build.versions
    build.versions = lambda: {**real(), name: version}
try:
    build.build(Paths(Path.cwd()), Progress(), workers=int(sys.argv[1]))
except Failure as failure:
    print(failure)
"""


def artifacts(project: Project, *arguments: str, workers: int = 2, seed: int = 0) -> list[str]:
    """Make the artifacts in a process of its own; the concepts that were made, in order."""
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, str(workers), *arguments],
        cwd=project.root,
        env={**os.environ, "CI": "true", "PYTHONHASHSEED": str(seed)},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert not done.stdout, done.stdout
    return [line.split()[2] for line in done.stderr.splitlines() if " made " in line]


def stored(project: Project) -> dict[str, bytes]:
    """Everything that the artifacts are kept in, and the manifest."""
    folder = project.root / "build/cache/artifacts"
    files = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.*")}
    return {**files, "manifest.json": (project.root / "build/manifest.json").read_bytes()}


def test_one_worker_or_two_in_any_order_and_folder(larger: Project, tmp_path: Path) -> None:
    other = make(tmp_path / "another folder")
    add_more(other)
    times = {"alone": 9, "through": 8, "double": 7, "helped": 6}
    other.write("build/cache/times.json", json.dumps(times))
    first = artifacts(larger, workers=2, seed=1)
    second = artifacts(other, workers=1, seed=2)
    assert set(first) == ALL
    assert second == list(times)
    one, two = stored(larger), stored(other)
    assert sorted(one) == sorted(two)
    assert [name for name in one if one[name] != two[name]] == []
    assert "double.figure_line" in one["manifest.json"].decode()
    assert str(tmp_path) not in one["manifest.json"].decode()


def test_only_what_is_stale_is_made(larger: Project) -> None:
    (larger.root / "snippets/demo/double.py").unlink()  # the one with a figure: slow
    every = ALL - {"double"}
    assert set(artifacts(larger)) == every
    whole = stored(larger)
    assert artifacts(larger) == []
    larger.replace("snippets/demo/_deeper.py", "2", "3")
    assert set(artifacts(larger)) == {"helped", "through"}
    manifest = json.loads(stored(larger)["manifest.json"])["artifacts"]
    assert manifest["helped.value_four"]["en"]["value"] == 6
    assert manifest["through.value_six"]["en"]["value"] == 9
    larger.replace("snippets/demo/_deeper.py", "3", "2")
    assert artifacts(larger) == [], "what was made before is still there"
    assert stored(larger)["manifest.json"] == whole["manifest.json"]
    (gone,) = (larger.root / "build/cache/artifacts").glob("alone-*")
    shutil.rmtree(gone)
    assert artifacts(larger) == ["alone"]
    assert stored(larger)["manifest.json"] == whole["manifest.json"]
    shutil.rmtree(larger.root / "build")
    assert set(artifacts(larger)) == every
    assert stored(larger)["manifest.json"] == whole["manifest.json"]
    assert set(artifacts(larger, "numpy=0.0.1")) == every
    (larger.root / "snippets/demo/through.py").unlink()
    assert artifacts(larger) == []
    assert "through.value_six" not in json.loads(stored(larger)["manifest.json"])["artifacts"]


UNSEEN = {
    "when it is imported": ("\nTEXT = open('data.txt').read()\n", "import: it reads data.txt"),
    "in a formula": (
        "\ndef looks_up(x):\n    return x * float(open('data.txt').read())\n\n\n"
        'formula_bad = Formula(r"d(x) = 2x", {"x": kit.scalar(("输入", "input"), 1, 2)},'
        " equals=looks_up)\n",
        "it reads data.txt",
    ),
    "as a module by its name in a text": (
        "\nimport importlib\n\nHELPER = importlib.import_module('snippets.demo' + '._helper')\n",
        "import: it reads snippets/demo/_helper.py",
    ),
}


@pytest.mark.parametrize("how", UNSEEN)
def test_a_file_that_the_key_does_not_hold_is_refused(project: Project, how: str) -> None:
    """Else a change of that file would leave the artifacts stale."""
    code, says = UNSEEN[how]
    project.write("data.txt", "2")
    project.write("snippets/demo/_helper.py", "")
    # Compiled before: Python then reads only the compiled file.
    subprocess.run([sys.executable, "-m", "compileall", "-q", "snippets"], cwd=project.root)
    project.add_to_snippet(code)
    run = project.build()
    assert run.code == 1
    assert any(
        f"{says}, which the cache does not know of" in problem for problem in run.problems
    ), run.out


DIFFERENT = {
    "a value": "\ndef value_bad():\n    return time.perf_counter()\n",
    "a list": "\ndef value_bad():\n    return {'a': [1, time.perf_counter()]}\n",
    "a check": "\ndef check_bad():\n    return Check('x', 1, time.perf_counter(), 1e99)\n",
    "a table": "\ndef table_bad(tr: Tr) -> Table:\n"
    "    return Table(['x'], [[time.perf_counter()]], caption=tr('表', 'Table'))\n",
}


def test_numbers_that_differ_between_the_languages(project: Project) -> None:
    """Each artifact is made once a language; the pages must not tell two results."""
    text = "\nimport time\n"
    for number, code in enumerate(DIFFERENT.values()):
        text += code.replace("_bad", f"_bad_{number}")
    project.add_to_snippet(text)
    run = project.build()
    assert run.code == 1
    told = [p for p in run.problems if "its numbers differ between Chinese and English" in p]
    assert len(told) == len(DIFFERENT), run.out


# --------------------------------------------------------------------------- the whole site


def test_the_site_is_the_same_from_another_folder_and_hash_seed(
    built: Project, tmp_path: Path
) -> None:
    other = make(tmp_path / "elsewhere")
    run = other.build(PYTHONHASHSEED="7")
    assert run.code == 0, run.out
    assert other.site() == built.site()
    assert (other.root / "build/manifest.json").read_bytes() == (
        built.root / "build/manifest.json"
    ).read_bytes()


def test_no_file_of_the_site_knows_the_day_or_the_folder(built: Project) -> None:
    today = datetime.datetime.now(datetime.UTC).date()
    for path in (built.root / "site").rglob("*"):
        if path.suffix in (".html", ".xml", ".json", ".js", ".css", ".svg"):
            text = path.read_text(encoding="utf-8")
            assert today.isoformat() not in text, path
            assert str(built.root) not in text, path


# --------------------------------------------------------------------------- crashes


@pytest.fixture
def site(tmp_path: Path) -> Paths:
    """A folder with a published site, and a newer one that is to be published."""
    paths = Paths(tmp_path)
    for folder, text in ((paths.site, "old"), (paths.build / "site/tree", "new")):
        folder.mkdir(parents=True)
        (folder / "index.html").write_text(text)
    return paths


def shown(paths: Paths) -> str:
    return (paths.site / "index.html").read_text()


def test_publish(site: Paths) -> None:
    publish.publish(site.build / "site/tree", site)
    assert shown(site) == "new"
    assert sorted(p.name for p in site.build.iterdir()) == ["site"]


class Killed(BaseException):
    """Stands for the end of the process: no handler of the generator catches it."""


@pytest.mark.parametrize("at", [1, 2])
def test_killed_between_the_renames(site: Paths, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """Whichever rename is the last that happened, the next build finds a site."""
    renames = 0
    real = Path.rename

    def rename(self: Path, target: Path) -> Path:
        nonlocal renames
        renames += 1
        if renames == at:
            raise Killed
        return real(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    monkeypatch.setattr(publish.shutil, "rmtree", lambda *_, **__: None)  # nor does it clean up
    with pytest.raises(Killed):
        publish.publish(site.build / "site/tree", site)
    monkeypatch.undo()
    assert site.site.exists() == (at == 1)
    with publish.alone(site):
        assert shown(site) == "old"
        publish.publish(site.build / "site/tree", site)
    assert shown(site) == "new"
    assert not list(site.build.glob("staging-*"))
    assert not (site.build / "site.previous").exists()


def test_write_atomically(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "folder/manifest.json"
    build.write_atomically(path, "one")
    build.write_atomically(path, "two 有据")
    assert path.read_text(encoding="utf-8") == "two 有据"

    def refuse(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(Killed):
        build.write_atomically(path, "three")
    assert path.read_text(encoding="utf-8") == "two 有据"
    assert [p.name for p in path.parent.iterdir()] == ["manifest.json"]


def test_old_artifacts_are_forgotten_oldest_first(tmp_path: Path) -> None:
    for number, name in enumerate(["current", "oldest", "older", "old"]):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (number, number))
    build._forget_old(tmp_path, {"current"}, keep=2)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["current", "old", "older"]


def test_a_broken_cache_is_made_again(project: Project) -> None:
    """A record that was cut off in writing does not stop a build."""
    for name in ("build/cache/times.json", "build/site/made.json"):
        project.write(name, '{"cut')
    (project.root / "build/stamp").unlink()
    project.replace("snippets/demo/double.py", "[0, 2]", "[0, 4]")
    run = project.build()
    assert run.code == 0, run.out
