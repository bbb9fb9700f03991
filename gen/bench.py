"""What a build costs, side by side with three other tools on the same synthetic site.

What is compared, and how, is told in docs/decisions/benchmark.md.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bench import measure, others, report, workload
from bench.measure import BuildFailed, Cost
from bench.workload import Tool
from gen.build import write_atomically
from gen.errors import Failure, Problem
from gen.paths import Paths
from gen.progress import Progress

LEAST, MOST = 3, 5
"""Rounds."""
SECONDS = 540.0
"""No round beyond LEAST begins that would end after this time."""

Change = Callable[[Tool, int], None]
CHANGES: Mapping[str, Change] = {
    "unit": workload.change_unit,
    "words": workload.change_words,
    "helper": workload.change_helper,
    "library": workload.change_library,
}


def run(paths: Paths, progress: Progress, *, keep: bool = False) -> str:
    """Measure, print the table to standard output and write build/bench/result.json.

    ``keep`` also writes docs/benchmark.json, which the site shows.  Raises Failure when the others
    cannot be installed, when a build fails, and when a page does not show what it was made from.
    """
    started = time.monotonic()
    programs = others.programs(paths.root, quiet=progress.quiet)
    installed = report.versions(_packages(programs))
    here = paths.build / "bench"
    try:
        tools = workload.tools(paths.root, here / "sites", programs)
        # The first builds also read everything from the disk once, so their times are not used.
        memory = {tool.name: _first(tool, progress) for tool in tools}
        stale = {
            place: {tool.name: _after(tool, place, progress) for tool in tools}
            for place in report.PLACES
        }
        times: dict[str, dict[str, list[Cost]]] = {
            case: {tool.name: [] for tool in tools} for case in report.CASES
        }
        for number in range(1, MOST + 1):
            began = time.monotonic()
            for case, by_tool in times.items():
                if case == "warm":
                    continue
                for tool in tools:
                    by_tool[tool.name].append(_timed(tool, case, number))
                progress.say(f"round {number}, {report.CASES[case]}: {_last(by_tool)}")
            ended = time.monotonic()
            if number >= LEAST and (ended - started) + (ended - began) > SECONDS:
                break
        times["warm"] = {
            **times["unit"],
            report.OURS: _resident(tools[0], len(times["unit"][report.OURS])),
        }
    except BuildFailed as failed:
        raise Failure(
            [Problem("gen/bench.py", 1, str(failed), "build/bench/sites has what was built")]
        ) from None
    result = report.record(times, memory, stale, installed, workload.UNITS)
    text = json.dumps(result, ensure_ascii=False, indent=1) + "\n"
    write_atomically(here / "result.json", text)
    if keep:
        write_atomically(paths.docs / "benchmark.json", text)
    print(report.table(result))
    return "measured, see build/bench/result.json" + (" and docs/benchmark.json" if keep else "")


def _packages(programs: Path) -> Path:
    """Where the packages of an environment lie that was made by this Python."""
    base = {"base": str(programs.parent), "platbase": str(programs.parent)}
    return Path(sysconfig.get_path("purelib", "venv", base))


def _environment(tool: Tool) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, (tool.library, tool.folder / "lib"))),
        "MPLCONFIGDIR": str(tool.folder.with_name("matplotlib")),
        "CI": "true",
    }


def _build(tool: Tool, *, memory: bool = False) -> Cost:
    return measure.run(tool.command, tool.folder, _environment(tool), memory=memory)


def _resident(tool: Tool, rounds: int) -> list[Cost]:
    """Builds of a changed unit by the process that `make serve` keeps, with its libraries loaded.

    From the change of the file to the published site, without the half second of the watcher.
    """
    code = (
        "import sys; from gen.paths import here; from gen.serve import Builder\n"
        "builder = Builder(here())\n"
        "for _ in sys.stdin:\n    builder.build(); print('built', flush=True)\n"
        "builder.end()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=tool.folder,
        env=_environment(tool),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        orders, answers = process.stdin, process.stdout
        assert orders
        assert answers

        def build() -> float:
            began = time.perf_counter()
            orders.write("build\n")
            orders.flush()
            answers.readline()
            return time.perf_counter() - began

        build()  # loads the libraries
        costs = []
        for number in range(rounds + 1, 2 * rounds + 1):
            workload.change_unit(tool, number)
            costs.append(Cost(build(), 0.0, 0.0, 0.0))
            said = workload.NUMBERS["unit"] + number
            _expect(workload.stale(tool, "unit", said) == 0, tool, "the number of the unit")
        orders.close()
    return costs


def _first(tool: Tool, progress: Progress) -> Cost:
    """The first build, for its memory; every page must be there and right."""
    tool.clear()
    cost = _build(tool, memory=True)
    for place, number in workload.NUMBERS.items():
        _expect(workload.stale(tool, place, number) == 0, tool, f"the number of the {place}")
    progress.say(f"{tool.name}: all pages are right")
    return cost


def _after(tool: Tool, place: str, progress: Progress) -> int:
    """How many units are stale after a build with another helper or library."""
    CHANGES[place](tool, 1)
    _build(tool)
    stale = workload.stale(tool, place, workload.NUMBERS[place] + 1)
    progress.say(f"{tool.name}, {report.PLACES[place]}: {stale} stale")
    return stale


def _timed(tool: Tool, case: str, number: int) -> Cost:
    """One build of one case, and a look at what it made."""
    if case == "cold":
        tool.clear()
    elif case in CHANGES:
        CHANGES[case](tool, number)
    cost = _build(tool)
    if case == "words":
        _expect(workload.shows_word(tool, number), tool, "the new word")
    else:
        said = workload.NUMBERS["unit"] + (number if case == "unit" else number - 1)
        _expect(workload.stale(tool, "unit", said) == 0, tool, "the number of the unit")
    return cost


def _expect(right: bool, tool: Tool, what: str) -> None:
    if not right:
        raise BuildFailed(f"{tool.name} does not show {what}")


def _last(by_tool: Mapping[str, list[Any]]) -> str:
    return ", ".join(f"{name} {costs[-1].seconds:.2f} s" for name, costs in by_tool.items())
