"""The SVG that stands in a page, held against the one that matplotlib wrote."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

import numpy as np
import pytest

from gen import drawing

SPACE = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
TOKEN = re.compile(r"[A-Za-z]|-?(?:\d+\.?\d*|\.\d+)")
TAKES = {"m": 2, "l": 2, "q": 4, "c": 6, "z": 0}


def points(data: str) -> Iterator[tuple[str, float, float]]:
    """Every point of a path, absolute, as the standard reads it (SVG 1.1, section 8.3)."""
    tokens = TOKEN.findall(data)
    x = y = 0.0
    start = (0.0, 0.0)
    command, at = "", 0
    while at < len(tokens):
        if tokens[at].isalpha():
            command, at = tokens[at], at + 1
        count = TAKES[command.lower()]
        numbers = [float(t) for t in tokens[at : at + count]]
        at += count
        if not count:
            x, y = start
            continue
        base = (x, y) if command.islower() else (0.0, 0.0)
        for i in range(0, count, 2):
            x, y = base[0] + numbers[i], base[1] + numbers[i + 1]
            yield command.lower(), x, y
        if command.lower() == "m":
            start = x, y
            command = "l" if command == "m" else "L"


def test_a_path_keeps_its_points() -> None:
    draws = np.random.default_rng(3)
    parts = []
    for _ in range(200):
        command = draws.choice(["M", "L", "L", "L", "Q", "C", "z"]) if parts else "M"
        numbers = draws.normal(0, 100, TAKES[command.lower()])
        parts.append(f"{command} {' '.join(f'{n:.6f}' for n in numbers)} \n")
        if command == "z":
            parts.append("M 1 2 \n")
    drawn = "".join(parts)
    before, after = list(points(drawn)), list(points(drawing.path(drawn)))
    assert [p[0] for p in before] == [p[0] for p in after]
    np.testing.assert_allclose(
        [p[1:] for p in after], [p[1:] for p in before], atol=0.005 + 1e-9, rtol=0
    )
    assert len(drawing.path(drawn)) < 0.6 * len(drawn)


def test_many_small_steps_do_not_drift() -> None:
    drawn = "M 0 0 " + " ".join(f"L {i / 3:.6f} {-i / 7:.6f}" for i in range(1000))
    *_, (_, x, y) = points(drawing.path(drawn))
    assert (x, y) == (pytest.approx(333, abs=0.005), pytest.approx(-999 / 7, abs=0.005))


@pytest.mark.parametrize(
    ("drawn", "kept"),
    [
        ("M 0 0 L 10.5 0", "M0 0l10.5 0"),
        ("M 0 0 L -0.004 0", "M0 0l0 0"),
        ("M 1 1 L 2 2 z L 3 3", "M1 1l1 1zl2 2"),  # after z the point is that of M
        ("M 1 1 M 2 2", "M1 1M2 2"),
        ("", ""),
    ],
)
def test_path(drawn: str, kept: str) -> None:
    assert drawing.path(drawn) == kept


def themed(inside: str) -> ElementTree.Element:
    svg = f'<svg {SPACE} width="9pt" height="9pt" viewBox="0 0 9 9" version="1.1">{inside}</svg>'
    return ElementTree.fromstring(drawing.themed(svg, "fab", "It rises."))


def text(inside: str) -> str:
    return ElementTree.tostring(themed(inside), encoding="unicode").split("</title>", 1)[1]


def test_groups_that_say_nothing_are_dissolved_and_those_that_clip_stay() -> None:
    found = themed(
        '<g id="figure_1"><g id="axes_1"><path d="M 0 0"/></g></g>'
        '<g clip-path="url(#p1)"><path d="M 1 1"/></g>'
        '<defs><clipPath id="p1"><rect x="1.2345" width="3.10000" height="2"/></clipPath></defs>'
    )
    names = [element.tag.partition("}")[2] for element in found.iter()]
    assert names == ["svg", "title", "path", "g", "path", "defs", "clipPath", "rect"]
    rect = found.find(".//{*}rect")
    assert rect is not None
    assert (rect.get("x"), rect.get("width"), rect.get("height")) == ("1.23", "3.1", "2")


def test_ids_are_short_where_they_are_used_and_gone_where_not() -> None:
    found = text(
        '<defs><path id="mlong" d="M 0 0"/><pattern id="hatch"/></defs>'
        '<use xlink:href="#mlong" x="1"/><path id="line2d_7" style="fill: url(#hatch)" d="M 0 0"/>'
    )
    assert re.findall(r'id="([^"]*)"', found) == ["fab0", "fab1"]
    assert 'href="#fab0"' in found
    assert "fill:url(#fab1)" in found


def test_words_and_their_parts_stay_as_they_are() -> None:
    found = text(
        '<text transform="rotate(-0 1 2)" x="1.23456">a <tspan style="font-size: 7.00001px" '
        'dy="1">2</tspan> b</text><text transform="rotate(-90 10.123456 20)">c</text>'
    )
    assert "rotate(-0" not in found
    assert 'rotate(-90 10.123 20)"' in found
    words = themed('<text>a <tspan x="1">2</tspan> b</text>').find("{*}text")
    assert words is not None
    assert "".join(words.itertext()) == "a 2 b"
    lines = themed('<text>\n  <tspan x="1">1</tspan>\n  <tspan x="2">0</tspan>\n</text>')
    assert "".join(lines.find("{*}text").itertext()) == "10"  # type: ignore[union-attr]


def test_a_matrix_keeps_five_digits() -> None:
    found = text('<use transform="matrix(0.0012345678 0 0 1 0 0)"/>')
    assert 'transform="matrix(0.0012346 0 0 1 0 0)"' in found
