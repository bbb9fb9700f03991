"""What this build can say of itself, as artifacts of a concept named ``site``: no page types
them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from snippets.kit import LANGS, Pair, Tr

NAMES = {
    "python": "Python",
    "numpy": "NumPy",
    "matplotlib": "Matplotlib",
    "torch": "PyTorch",
}


def facts(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """``site.value_*`` and ``site.table_*`` by name, in the form of any other artifact."""
    artifacts = manifest["artifacts"]
    by_kind: dict[str, list[Any]] = {}
    for entry in artifacts.values():
        by_kind.setdefault(entry["kind"], []).append(entry["en"])
    checks, formulas = by_kind.get("check", []), by_kind.get("formula", [])
    values = {
        "concepts": len(manifest["concepts"]),
        "artifacts": len(artifacts),
        "figures": len(by_kind.get("figure", [])),
        "tables": len(by_kind.get("table", [])),
        "listings": len(by_kind.get("listing", [])),
        "numbers": len(by_kind.get("value", [])),
        "checks": len(checks),
        "cases": sum(c["cases"] for c in checks),
        "formulas": len(formulas) + sum(t["formulas"] for t in by_kind.get("table", [])),
        "samples": sum(f["samples"] for f in formulas),
        "largest_share": max(
            (c["error"] / c["tolerance"] for c in checks if c["tolerance"]), default=0.0
        ),
        "torch": manifest["versions"]["torch"].split("+")[0],
    }
    made = {
        f"site.value_{name}": {
            "kind": "value",
            "path": "gen/about.py",
            "line": 1,
            **{lang: {"value": value} for lang in LANGS},
        }
        for name, value in values.items()
    }
    made["site.table_versions"] = {
        "kind": "table",
        "path": "gen/about.py",
        "line": 1,
        **{lang: _versions(manifest["versions"], Tr(lang)) for lang in LANGS},
    }
    return made


def _versions(versions: Mapping[str, str], tr: Tr) -> dict[str, Any]:
    return {
        "columns": [
            {"head": tr("软件", "software"), "unit": ""},
            {"head": tr("版本", "version"), "unit": ""},
        ],
        "rows": [
            [{"md": label, "sort": None}, {"md": versions[name].split("+")[0], "sort": None}]
            for name, label in NAMES.items()
        ],
        "caption": tr("本次构建所用的版本", "The versions that ran in this build"),
        "sortable": False,
        "formulas": 0,
    }


CASES: dict[str, Pair] = {
    "cold": ("从零构建", "from nothing"),
    "nothing": ("什么都没改", "nothing changed"),
    "unit": ("改一个概念的代码", "the code of one concept changed"),
    "warm": ("同上，`make serve` 运行中", "the same, while `make serve` runs"),
    "words": ("改一页的文字", "the words of one page changed"),
}
PLACES: dict[str, Pair] = {
    "helper": ("改了公用模块", "a shared module changed"),
    "library": ("升级了一个库", "a library was upgraded"),
}


def benchmark(record: Mapping[str, Any]) -> dict[str, Any]:
    """The recorded benchmark as ``site.table_benchmark``: the one time measured on the site."""
    return {
        "site.table_benchmark": {
            "kind": "table",
            "path": "gen/about.py",
            "line": 1,
            **{lang: _benchmark(record, Tr(lang)) for lang in LANGS},
        }
    }


def _benchmark(record: Mapping[str, Any], tr: Tr) -> dict[str, Any]:
    def seconds(case: str, tool: str) -> dict[str, Any]:
        took = record["seconds"][case][tool]["median"]
        ratio = record["ratios"][case].get(tool)
        text = f"{took:.2g}" if took < 10 else f"{took:.0f}"
        return {"md": text if ratio is None else f"{text} ({ratio:.2g}×)", "sort": took}

    def verdict(place: str, tool: str) -> dict[str, Any]:
        stale = record["stale_units"][place][tool]
        return {"md": tr("旧结果", "stale") if stale else tr("正确", "correct"), "sort": None}

    tools, machine = record["tools"], record["machine"]
    rows = [[_words(tr.pair(name)), *(seconds(c, t) for t in tools)] for c, name in CASES.items()]
    rows += [[_words(tr.pair(name)), *(verdict(p, t) for t in tools)] for p, name in PLACES.items()]
    return {
        "columns": [
            {"head": tr("情形", "case"), "unit": ""},
            *({"head": tool, "unit": tr("秒", "s")} for tool in tools),
        ],
        "rows": rows,
        "caption": tr(
            f"{record['units']} 页 {record['units']} 图，各工具同样的内容；中位数，"
            f"括号里是有据快多少倍。{record['date']} 测于 {machine['processor']}，"
            f"{machine['cores']} 核，{record['rounds']} 轮",
            f"{record['units']} pages with {record['units']} figures, the same in each tool: "
            f"median, and in brackets how many times as fast Youju is. Measured on "
            f"{record['date']}, {machine['processor']}, {machine['cores']} cores, "
            f"{record['rounds']} rounds",
        ),
        "sortable": False,
        "formulas": 0,
    }


def _words(text: str) -> dict[str, Any]:
    return {"md": text, "sort": None}
