"""From the single measurements to the table and the record."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from datetime import date
from importlib import metadata
from pathlib import Path
from statistics import median
from typing import Any

from bench.measure import Cost

CASES = {
    "cold": "cold: nothing is there yet",
    "nothing": "nothing changed",
    "unit": "a number in one unit changed",
    "words": "a word of one page changed",
    "warm": "a number in one unit changed, while `make serve` runs",
}
"""The others have no process that stays: in the last case theirs is the build of a changed unit."""

PLACES = {"helper": "a helper changed", "library": "a library has a new version"}
OURS = "Youju"

# Ratio of the others' time to ours, at least: (case, tool, ratio).
TARGETS = (
    ("cold", "markdown-exec", 1.8),
    ("cold", "sphinx-gallery", 3.0),
    ("warm", "sphinx-gallery", 4.0),
    ("nothing", "sphinx-gallery", 15.0),
)
MEMORY = 1024.0
"""What all our processes may take together, MB."""

Times = Mapping[str, Mapping[str, Sequence[Cost]]]
"""By case and tool, one a round."""


def record(
    times: Times,
    memory: Mapping[str, Cost],
    stale: Mapping[str, Mapping[str, int]],
    versions: Mapping[str, str],
    units: int,
) -> dict[str, Any]:
    """All that was measured, as it is written to the file."""
    tools = list(memory)
    ratios = {
        case: {
            tool: round(ratio(by_tool[tool], by_tool[OURS]), 2) for tool in tools if tool != OURS
        }
        for case, by_tool in times.items()
    }
    return {
        "date": date.today().isoformat(),
        "machine": machine(),
        "versions": dict(versions),
        "units": units,
        "rounds": len(times["cold"][OURS]),
        "tools": tools,
        "seconds": {
            case: {tool: _spread([c.seconds for c in costs]) for tool, costs in by_tool.items()}
            for case, by_tool in times.items()
        },
        "cpu_seconds": {
            case: {tool: _spread([c.cpu for c in costs]) for tool, costs in by_tool.items()}
            for case, by_tool in times.items()
        },
        "ratios": ratios,
        "memory_mb": {
            tool: {"largest": round(cost.largest), "together": round(cost.together)}
            for tool, cost in memory.items()
        },
        "stale_units": {place: dict(counts) for place, counts in stale.items()},
        "targets": targets(ratios, memory[OURS], stale),
    }


def ratio(theirs: Sequence[Cost], ours: Sequence[Cost]) -> float:
    """The median, over the rounds, of the ratio in one round: what slows a round slows both."""
    return median(t.seconds / o.seconds for t, o in zip(theirs, ours, strict=True))


def _spread(numbers: Sequence[float]) -> dict[str, float]:
    return {
        "median": round(median(numbers), 3),
        "low": round(min(numbers), 3),
        "high": round(max(numbers), 3),
    }


def targets(
    ratios: Mapping[str, Mapping[str, float]],
    memory: Cost,
    stale: Mapping[str, Mapping[str, int]],
) -> list[dict[str, Any]]:
    """What was to be reached, and what was."""
    found: list[dict[str, Any]] = [
        {
            "what": f"{CASES[case]}: {tool} / {OURS}",
            "wanted": f"at least {least:g}",
            "measured": ratios[case][tool],
            "met": ratios[case][tool] >= least,
        }
        for case, tool, least in TARGETS
    ]
    peak = memory.together or memory.largest
    found.append(
        {
            "what": "peak memory, MB",
            "wanted": f"below {MEMORY:g}",
            "measured": round(peak),
            "met": peak < MEMORY,
        }
    )
    found += [
        {
            "what": f"{PLACES[place]}: stale units",
            "wanted": "0",
            "measured": counts[OURS],
            "met": counts[OURS] == 0,
        }
        for place, counts in stale.items()
    ]
    return found


# --------------------------------------------------------------------------- the table


def table(result: Mapping[str, Any]) -> str:
    """The record as Markdown."""
    tools = result["tools"]
    head = ["", *tools]
    rows = []
    for case, name in CASES.items():
        cells = [f"{name}, seconds"]
        for tool in tools:
            spread = result["seconds"][case][tool]
            cell = (
                f"{_number(spread['median'])} [{_number(spread['low'])}, {_number(spread['high'])}]"
            )
            if tool != OURS:
                cell += f" · {_number(result['ratios'][case][tool])}×"
            cells.append(cell)
        rows.append(cells)
    for place, name in PLACES.items():
        counts = result["stale_units"][place]
        rows.append([name, *(_verdict(counts[tool]) for tool in tools)])
    for key, name in (
        ("largest", "peak memory of the largest process, MB"),
        ("together", "peak memory of all processes together, MB"),
    ):
        rows.append([name, *(str(result["memory_mb"][tool][key] or "not told") for tool in tools)])
    machine, versions = result["machine"], result["versions"]
    return "\n".join(
        [
            _row(head),
            _row(["---", *("---:" for _ in tools)]),
            *map(_row, rows),
            "",
            f"{result['units']} units, {result['rounds']} rounds: median [lowest, highest] · "
            f"how many times {OURS} is as fast (median of the ratios within a round).  "
            f"Each tool makes {result['units']} pages with {result['units']} figures; "
            f"those of {OURS} are {result['units'] // 2} concepts in two languages.",
            "",
            f"{result['date']}; {machine['processor']}, {machine['cores']} cores, "
            f"{machine['memory_gb']} GB, {machine['system']}; "
            + ", ".join(f"{name} {version}" for name, version in versions.items()),
            "",
            *(
                f"- {'reached' if t['met'] else 'MISSED'}: {t['what']}: {t['measured']} "
                f"(wanted: {t['wanted']})"
                for t in result["targets"]
            ),
        ]
    )


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _number(value: float) -> str:
    """Three significant digits, never in powers of ten."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _verdict(stale: int) -> str:
    return f"STALE: {stale} units" if stale else "correct"


# --------------------------------------------------------------------------- the machine


def machine() -> dict[str, Any]:
    """What the times hold for."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(memory / 2**30),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def versions(packages: Path) -> dict[str, str]:
    """Python, the three others, and what they share with us."""
    wanted = ("sphinx", "sphinx-gallery", "mkdocs-gallery", "markdown-exec")
    shared = ("mkdocs", "mkdocs-material", "matplotlib", "numpy")
    found = {"Python": platform.python_version()}
    for name in wanted + shared:
        (installed,) = metadata.distributions(name=name, path=[str(packages)])
        found[name] = installed.version
    return found
