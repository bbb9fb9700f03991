"""What a build says of itself: counted from the manifest, and shown like any other artifact."""

from __future__ import annotations

from typing import Any

import pytest

from gen import about
from gen.page import Page
from gen.stitch import Sources, stitch

VERSIONS = {"python": "3.11.9", "numpy": "2.1.0", "matplotlib": "3.9.0", "torch": "2.13.0+cpu"}


def entry(kind: str, **payload: Any) -> dict[str, Any]:
    return {"kind": kind, "path": "s.py", "line": 1, "zh": payload, "en": payload}


MANIFEST = {
    "versions": VERSIONS,
    "concepts": {"a": {}, "b": {}, "c": {}},
    "artifacts": {
        "a.check_x": entry("check", cases=100, error=1e-13, tolerance=1e-12),
        "a.check_y": entry("check", cases=11, error=0.0, tolerance=0.0),
        "b.check_z": entry("check", cases=5, error=4e-4, tolerance=1e-3),
        "a.formula_x": entry("formula", samples=200),
        "a.formula_y": entry("formula", samples=50),
        "a.table_x": entry("table", formulas=3),
        "a.table_y": entry("table", formulas=0),
        "a.figure_x": entry("figure"),
        "a.value_x": entry("value", value=1),
        "a.value_y": entry("value", value=2),
        "a.relu": entry("listing"),
    },
}

EXPECTED = {
    "concepts": 3,
    "artifacts": 11,
    "figures": 1,
    "tables": 2,
    "listings": 1,
    "numbers": 2,
    "checks": 3,
    "cases": 116,
    "formulas": 5,
    "samples": 250,
    "largest_share": 0.4,
    "torch": "2.13.0",
}


@pytest.mark.parametrize("name", EXPECTED)
def test_value(name: str) -> None:
    made = about.facts(MANIFEST)[f"site.value_{name}"]
    assert made["kind"] == "value"
    assert made["zh"] == made["en"] == {"value": pytest.approx(EXPECTED[name])}


def test_nothing_else_is_declared() -> None:
    names = {f"site.value_{name}" for name in EXPECTED}
    assert set(about.facts(MANIFEST)) == names | {"site.table_versions"}


def test_versions_without_their_build() -> None:
    table = about.facts(MANIFEST)["site.table_versions"]
    assert [[cell["md"] for cell in row] for row in table["en"]["rows"]] == [
        ["Python", "3.11.9"],
        ["NumPy", "2.1.0"],
        ["Matplotlib", "3.9.0"],
        ["PyTorch", "2.13.0"],
    ]
    assert [c["head"] for c in table["zh"]["columns"]] == ["软件", "版本"]
    assert [c["head"] for c in table["en"]["columns"]] == ["software", "version"]


def test_a_build_of_nothing() -> None:
    facts = about.facts({"versions": VERSIONS, "concepts": {}, "artifacts": {}})
    assert facts["site.value_cases"]["en"]["value"] == 0
    assert facts["site.value_largest_share"]["en"]["value"] == 0.0


def test_they_can_be_stitched() -> None:
    sources = Sources({"artifacts": about.facts(MANIFEST), "concepts": {}})
    numbers = "{* site.value_cases:,d *} and {* site.value_largest_share:.0% *}"
    text = f"{numbers}\n\n{{* site.table_versions *}}"
    page = Page("p.md", stitch(text, "p.md", "en", sources))
    assert page.text.startswith("116 and 40%\n\n<div class=")
    assert "The versions that ran in this build" in page.text
