"""Every way in which a contributor's file can be wrong: path:line, what, what to do; the last
site stands.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass

import pytest

from tests.gen.conftest import Project


@dataclass(frozen=True)
class Fault:
    """Code added to the snippet, the offset of the line that is blamed, and parts of the
    message.
    """

    code: str
    offset: int
    says: tuple[str, ...]


SNIPPET_FAULTS = {
    "raises": Fault(
        "\ndef value_bad():\n    return 1 / 0\n", 2, ("ZeroDivisionError", "run it in Python")
    ),
    "hangs": Fault(
        "\ndef value_bad():\n    while True:\n        pass\n",
        2,
        ("still runs after 1 s", "quicker"),
    ),
    "nan": Fault("\ndef value_bad():\n    return float('nan')\n", 1, ("holds nan", "as text")),
    "nan in a table": Fault(
        "\ndef table_bad(tr: Tr) -> Table:\n"
        "    return Table(['x'], [[float('nan')]], caption=tr('表', 'Table'))\n",
        1,
        ("column 'x' holds nan",),
    ),
    "wrong type": Fault("\ndef value_bad():\n    return object()\n", 1, ("a value is object",)),
    "no figure": Fault(
        "\ndef figure_bad(tr: Tr):\n    return 3\n", 1, ("returned int, not kit.Figure",)
    ),
    "prints": Fault(
        "\ndef value_bad():\n    print('hello')\n    return 1\n", 1, ("prints 'hello'", "return")
    ),
    "writes a file": Fault(
        "\ndef value_bad():\n    open('x.txt', 'w').write('1')\n    return 1\n",
        2,
        ("writes a file (x.txt)", "the generator writes it"),
    ),
    "makes a folder": Fault(
        "\nimport os\n\ndef value_bad():\n    os.mkdir('x')\n    return 1\n", 4, ("makes a folder",)
    ),
    "reads the network": Fault(
        "\nimport socket\n\ndef value_bad():\n"
        "    socket.create_connection(('127.0.0.1', 9))\n    return 1\n",
        4,
        ("uses the network", "keep a small file beside it"),
    ),
    "starts a process": Fault(
        "\nimport subprocess\n\ndef value_bad():\n    subprocess.run(['true'])\n    return 1\n",
        4,
        ("starts a process",),
    ),
    "reads an unknown file": Fault(
        "\ndef value_bad():\n    return len(open('mkdocs.yml').read())\n",
        2,
        ("reads mkdocs.yml, which the cache does not know of",),
    ),
    "global random numbers": Fault(
        "\ndef value_bad():\n    return np.random.rand()\n",
        1,
        ("global random", "default_rng(seed)"),
    ),
    "a warning": Fault(
        "\ndef value_bad():\n    return np.log(np.zeros(1))[0]\n",
        2,
        ("RuntimeWarning", "mend its cause"),
    ),
    "one language": Fault(
        "\ndef figure_bad(tr: Tr) -> Figure:\n"
        "    canvas, axes = kit.canvas()\n    axes.set_xlabel('temperature')\n"
        "    return Figure(canvas, caption=tr('图', 'A'), alt=tr('图', 'A'))\n",
        1,
        ("'temperature' stands in one language only", "tr('中文', 'English')"),
    ),
    "empty translation": Fault(
        "\ndef table_bad(tr: Tr) -> Table:\n"
        "    return Table([tr('输入', '')], [[1]], caption=tr('表', 'Table'))\n",
        2,
        ("a text is missing", "give both languages"),
    ),
    "languages exchanged": Fault(
        "\ndef table_bad(tr: Tr) -> Table:\n"
        "    return Table([tr('input', '输入')], [[1]], caption=tr('表', 'Table'))\n",
        2,
        ("the English text has Chinese characters",),
    ),
    "a failing check": Fault(
        "\ndef check_bad() -> Check:\n    return kit.compare('3', [(double(1), 3)])\n",
        2,
        ("ours np.float64(2.0), theirs np.float64(3.0)",),
    ),
    "a check of nothing": Fault(
        "\ndef check_bad() -> Check:\n    return kit.compare('none', [])\n",
        2,
        ("nothing was compared",),
    ),
    "an undeclared symbol": Fault(
        '\nformula_bad = Formula(r"d(x) = 2x + y", {"x": kit.scalar(("输入", "input"), 0, 1)},'
        " equals=double)\n",
        1,
        ("y", "column"),
    ),
    "a wrong formula": Fault(
        '\nformula_bad = Formula(r"d(x) = 3x", {"x": kit.scalar(("输入", "input"), 1, 2)},'
        " equals=double)\n",
        1,
        ("formula_bad", "3x"),
    ),
    "an unknown prefix": Fault(
        "\ndef tabel_bad(tr: Tr) -> Table:\n    return None\n", 1, ("'tabel_bad'", "table_bad")
    ),
    "a parameter too many": Fault(
        "\ndef value_bad(n):\n    return n\n", 1, ("takes parameters (n)",)
    ),
    "an unused artifact": Fault(
        "\ndef value_bad():\n    return 1\n", 1, ("no page shows 'double.value_bad'", "delete it")
    ),
    "not Python": Fault("\ndef value_bad(:\n", 1, ("this is not Python",)),
    "dies": Fault(
        "\ndef value_bad():\n    import os\n    os.kill(os.getpid(), 9)\n",
        1,
        ("ended with signal 9", "memory"),
    ),
    "a character that no font has": Fault(
        "\ndef figure_bad(tr: Tr) -> Figure:\n"
        "    canvas, axes = kit.canvas()\n    axes.set_xlabel('\\U00013000')\n"
        "    return Figure(canvas, caption=tr('图', 'A'), alt=tr('图', 'A'))\n",
        1,
        ("Glyph 77824", "missing from font"),
    ),
}


@pytest.mark.parametrize("name", SNIPPET_FAULTS)
def test_snippet(project: Project, name: str) -> None:
    fault = SNIPPET_FAULTS[name]
    before = project.site()
    line = project.add_to_snippet(fault.code) + fault.offset
    # Long enough on a busy machine for all but the snippet that never ends.
    run = project.build(YOUJU_TIMEOUT="1" if name == "hangs" else "60")
    assert run.code == 1, run.out
    blamed = [p for p in run.problems if p.startswith(f"snippets/demo/double.py:{line}: ")]
    assert blamed, run.out
    assert all(part in " ".join(blamed) for part in fault.says), blamed
    assert project.site() == before


ZH, EN = "docs/zh/demo/double.md", "docs/en/demo/double.md"
SENTENCE = {ZH: "把数变成两倍", EN: "It makes a number"}

PAGE_FAULTS = {
    "unknown directive": (
        "{* double.figure_nothing *}\n\n",
        ("nothing makes 'double.figure_nothing'", "did you mean"),
    ),
    "unknown concept": ("{* tripling.value_x *}\n\n", ("there is no concept 'tripling'",)),
    "not a directive": ("{* double *}\n\n", ("'double' is no directive",)),
    "bad format": ("{* double.value_three:.2q *} ", ("the format '.2q' does not fit",)),
    "no such key": ("{* double.value_three[a] *} ", ("no entry [a]", "one value")),
    "figure in a sentence": ("See {* double.figure_line *} ", ("stands in a line of text",)),
    "unknown citation": ("[@nobody1999] ", ("'nobody1999' is not in docs/references.bib",)),
    "citation without list": ("[@knuth1997] ", ("lists no references", "{* references *}")),
    "unbound number": ("37 ", ("no code stands behind the number '37'",)),
    "typed formula": ("$$ x = 1 $$ ", ("a displayed formula is typed",)),
    "unexecuted claim": ("$a = b$ ", ("nobody executes the claim",)),
    "literal without reason": ("{* literal 37 *} ", ("gives no reason",)),
    "broken link": ("[x](nowhere.md) ", ("'nowhere.md' leads to no page",)),
    "broken anchor": ("[x](#nowhere) ", ("'#nowhere' leads to no section", "definition")),
    "heading without anchor": ("## New\n\n", ("the heading has no anchor", "{#name}")),
    "anchor twice": ("## New {#definition}\n\n", ("#definition stands in line",)),
    "answer not declared": (
        "/// question | Why?\n    attrs: {id: why}\n\nSo.\n///\n\n",
        ("'why' is answered here", "answers"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PAGE_FAULTS)
def test_page(project: Project, name: str) -> None:
    text, says = PAGE_FAULTS[name]
    before = project.site()
    for path, sentence in SENTENCE.items():  # in both, so that parity has nothing to say
        project.replace(path, sentence, text + sentence)
    run = project.build()
    assert run.code == 1, run.out
    for path in SENTENCE:
        told = " ".join(p for p in run.problems if p.startswith(f"{path}:"))
        assert all(part in told for part in says), run.out
    assert not any("lacks" in p for p in run.problems)
    assert project.site() == before


def test_page_without_a_twin(project: Project) -> None:
    (project.root / EN).unlink()
    run = project.build()
    assert run.code == 1
    assert (
        f"{ZH}:1: the page has no twin docs/en/demo/double.md; write it, or delete this" in run.out
    )


def test_heading_order_differs(project: Project) -> None:
    project.write(ZH, (project.root / ZH).read_text() + "\n## 甲 {#a}\n\n## 乙 {#b}\n")
    project.write(EN, (project.root / EN).read_text() + "\n## B {#b}\n\n## A {#a}\n")
    run = project.build()
    assert run.code == 1
    assert (
        f"{EN}:26: here is heading ## {{#b}}, where {ZH} has heading ## {{#a}} (line 26)" in run.out
    )


def test_all_problems_are_told_together(project: Project) -> None:
    project.add_to_snippet("\ndef value_a():\n    return 1 / 0\n\ndef value_b():\n    print('x')\n")
    project.replace(ZH, "例如", "例如 37 和")
    project.replace(EN, "for one", "for one [x](nowhere.md)")
    run = project.build()
    told = "\n".join(run.problems)
    for part in ("ZeroDivisionError", "prints 'x'", "number '37'", "'nowhere.md' leads to no page"):
        assert part in told
    assert f"{len(run.problems)} problems; nothing was published" in run.out


def test_broken_bibliography(project: Project) -> None:
    project.write("docs/references.bib", "@book{knuth1997,\n  title={T},\n  year={1997}\n}\n")
    run = project.build()
    assert run.code == 1
    assert "docs/references.bib:1: 'knuth1997' has no author; complete the entry" in run.out


def test_question_that_no_page_answers(project: Project) -> None:
    project.write("docs/questions.yml", "demo:\n  double: [why-double]\n")
    run = project.build()
    assert run.code == 1
    assert (
        "docs/questions.yml:2: 'why-double' is not answered on demo/double; answer it there"
        in run.out
    )


def test_no_chinese_font(project: Project) -> None:
    """The package that brings the font is hidden; the fonts that were made from it are gone."""
    before = project.site()
    project.write(
        "hide/sitecustomize.py",
        "import sys\nsys.modules['justmytype_intl_cjk'] = None\n",  # as if not installed
    )
    for folder in (project.root / "build/cache/fonts").iterdir():
        folder.rename(project.root / folder.name)
    project.replace("snippets/demo/double.py", "[0, 2]", "[0, 3]")
    run = project.build(PYTHONPATH=str(project.root / "hide"))
    assert run.code == 1, run.out
    assert run.problems == [
        "requirements.in:1: the Chinese font is missing: the package justmytype-intl-cjk is not "
        "installed; run make setup"
    ]
    assert project.site() == before


def test_two_builds_at_once(project: Project) -> None:
    project.add_to_snippet("\nimport time\ntime.sleep(3)\n")
    first = subprocess.Popen(
        [sys.executable, "-m", "gen", "build", "-q"],
        cwd=project.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    deadline = time.monotonic() + 90
    while not list((project.root / "build/cache/artifacts").glob(".making-*")):
        assert time.monotonic() < deadline, "the first build never began"
        time.sleep(0.05)
    second = project.build()
    out, _ = first.communicate(timeout=60)
    assert first.returncode == 0, out
    assert second.code == 1
    assert f"another build is running (process {first.pid}); wait for it, or end it" in second.out


def test_interrupted_build_leaves_site_and_no_litter(project: Project) -> None:
    before = project.site()
    project.add_to_snippet("\nimport time\ntime.sleep(30)\n")
    running = subprocess.Popen(
        [sys.executable, "-m", "gen", "build", "-q"], cwd=project.root, start_new_session=True
    )
    deadline = time.monotonic() + 90
    while not list((project.root / "build/cache/artifacts").glob(".making-*/double")):
        assert time.monotonic() < deadline, "the build never began"
        time.sleep(0.05)
    os.killpg(running.pid, signal.SIGINT)
    assert running.wait(timeout=90) == 130
    assert project.site() == before
    assert not list((project.root / "build/cache/artifacts").glob(".making-*"))
    assert not list((project.root / "build").glob("staging-*"))


def test_full_disk(project: Project) -> None:
    """Writing fails as on a full disk: the limit on a file's size gives the same kind of error."""
    before = project.site()
    project.replace("snippets/demo/double.py", "[0, 2]", "[0, 5]")
    done = subprocess.run(
        ["bash", "-c", f"ulimit -f 1; trap '' XFSZ; exec '{sys.executable}' -m gen build"],
        cwd=project.root,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    assert "File too large" in done.stderr
    assert project.site() == before
