"""One declared thing as it is kept: an SVG for both themes, a table, a number, evidence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import matplotlib.style
import numpy as np
import pytest

from gen import drawing, fonts, render
from gen.paths import here
from gen.render import Refused, number_latex, number_text
from snippets import kit
from snippets.kit import Check, Col, Figure, Formula, Spread, Table, Tr

NAN, INF = float("nan"), float("inf")

NUMBERS = [
    (3, "", "3", "3"),
    (-3, "", "−3", "-3"),
    (0.25, ".2f", "0.25", "0.25"),
    (-0.25, ".2f", "−0.25", "-0.25"),
    (1e-13, ".1e", "1.0×10<sup>−13</sup>", r"1.0\times 10^{-13}"),
    (-9.1e13, ".1e", "−9.1×10<sup>13</sup>", r"-9.1\times 10^{13}"),
    (1e-7, ".3g", "1×10<sup>−7</sup>", r"1\times 10^{-7}"),
    (1234567, ",d", "1,234,567", "1{,}234{,}567"),
    (0.125, ".1%", "12.5%", r"12.5\%"),
    (0.5, "+.1f", "+0.5", "+0.5"),
    (INF, ".2f", "∞", r"\infty"),
    (-INF, ".2f", "−∞", r"-\infty"),
    (np.float32(0.5), ".1f", "0.5", "0.5"),
    (np.int64(7), "d", "7", "7"),
    ("a-b", "", "a-b", "a-b"),
    ("the mean", "", "the mean", "the mean"),
    ("case1", "", "case1", "case1"),
    ("x", ">3", "  x", "  x"),
]


@pytest.mark.parametrize(("value", "spec", "text", "latex"), NUMBERS)
def test_number(value: Any, spec: str, text: str, latex: str) -> None:
    assert number_text(value, spec) == text
    assert number_latex(value, spec) == latex


def test_spread() -> None:
    assert render.spread_text([-0.5, 0.75], ".2f") == "0.12 [−0.50, 0.75]"


VALUES = [
    (3, 3),
    (np.int64(3), 3),
    (np.float64(0.5), 0.5),
    (True, True),
    ("text", "text"),
    ([1, (2, 3)], [1, [2, 3]]),
    (np.array([[1, 2]]), [[1, 2]]),
    (np.array(2.0), 2.0),
    ({"a": np.int8(1), 2: [0.5]}, {"a": 1, "2": [0.5]}),
    (Spread([1, 2]), {"spread": [1.0, 2.0]}),
]


@pytest.mark.parametrize(("made", "expected"), VALUES)
def test_value(made: Any, expected: Any) -> None:
    plain = render.value(made)["value"]
    assert plain == expected
    assert type(plain) is type(expected)


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (NAN, "the value holds nan"),
        (INF, "the value holds inf"),
        ([1, NAN], "the value holds nan"),
        (None, "a value is NoneType"),
        (1j, "a value is complex"),
        ({"a": object()}, "a value is object"),
    ],
)
def test_value_refused(made: Any, told: str) -> None:
    with pytest.raises(Refused) as error:
        render.value(made)
    assert error.value.what == told


# --------------------------------------------------------------------------- tables


def table(rows: list[list[kit.Cell]], *heads: str | Col, tr: Tr | None = None) -> dict[str, Any]:
    tr = tr or Tr("en")
    columns = heads or ("x",)
    return render.table(Table(columns, rows, tr("表", "A table")), tr)[0]


CELLS = [
    (3, "3", 3.0),
    (0.123456, "0.1235", 0.123456),
    (-2, "−2", -2.0),
    (1e-9, "1×10<sup>−9</sup>", 1e-9),
    (INF, "∞", INF),
    (None, "–", None),
    (True, "yes", 1.0),
    (False, "no", 0.0),
    ("`code` $x$", "`code` $x$", None),
    (Spread([1, 2]), "1.5 [1, 2]", 1.5),
    (np.float64(0.5), "0.5", 0.5),
    (Formula("x + 1", {}), "$x + 1$", None),
]


@pytest.mark.parametrize(("cell", "text", "sort"), CELLS)
def test_cell(cell: kit.Cell, text: str, sort: float | None) -> None:
    assert table([[cell]])["rows"] == [[{"md": text, "sort": sort}]]


def test_table() -> None:
    tr = Tr("zh")
    made = Table(
        [tr("名字", "name"), Col(tr("时间", "time"), "ms", ".1f")],
        [[tr.name("Adam"), 2.25]],
        tr("一行", "One row"),
        sortable=True,
    )
    payload, formulas = render.table(made, tr)
    assert payload == {
        "columns": [{"head": "名字", "unit": ""}, {"head": "时间", "unit": "ms"}],
        "rows": [[{"md": "Adam", "sort": None}, {"md": "2.2", "sort": 2.25}]],
        "caption": "一行",
        "sortable": True,
    }
    assert formulas == []


def test_formulas_of_cells_are_given_back_to_be_checked() -> None:
    first, second = Formula("x", {}), Formula("y", {})
    tr = Tr("en")
    made = Table(["a", "b"], [[first, 1], [second, 2]], tr("表", "T"))
    assert render.table(made, tr)[1] == [first, second]


ONE_LANGUAGE = [
    ([["temperature"]], "the text 'temperature' stands in one language only"),
    ([["温度"]], "the text '温度' stands in one language only"),
    ([["`temperature` $\\text{mean}$"]], None),
    ([["ReLU"]], None),
    ([["x y"]], None),
    ([["fp16"]], None),
    ([[NAN]], "column 'x' holds nan"),
    ([[object()]], "a cell of column 'x' is object"),
    ([[1j]], "a cell of column 'x' is complex"),
]


@pytest.mark.parametrize(("rows", "told"), ONE_LANGUAGE)
def test_cells_refused(rows: list[list[Any]], told: str | None) -> None:
    if told is None:
        assert len(table(rows)["rows"]) == 1
        return
    with pytest.raises(Refused) as error:
        table(rows)
    assert error.value.what == told


@pytest.mark.parametrize("column", [Col("temperature"), Col("x", "seconds"), "temperature"])
def test_heads_and_units_in_both_languages(column: Col | str) -> None:
    with pytest.raises(Refused, match="stands in one language only"):
        table([[1]], column)


def test_no_caption() -> None:
    with pytest.raises(Refused, match=r"^the table has no caption; give caption=tr"):
        render.table(Table(["x"], [[1]], " "), Tr("en"))


def test_a_text_that_was_said_may_be_part_of_another() -> None:
    tr = Tr("en")
    assert table([[f"{tr('温度', 'temperature')} + {tr('压力', 'pressure')} (K)"]], tr=tr)["rows"]
    with pytest.raises(Refused):
        table([[f"{tr('温度', 'temperature')} + volume"]], tr=tr)


def test_of_two_texts_that_were_said_the_longer_is_seen_first() -> None:
    tr = Tr("en")
    assert tr("临", "temp") != tr("温度", "temperature")
    assert table([["temperature (K)"]], tr=tr)["rows"]


# --------------------------------------------------------------------------- evidence


def test_check() -> None:
    made = Check(("甲", "a"), 3, 1e-14, 1e-12)
    assert render.check(made) == {
        "against": {"zh": "甲", "en": "a"},
        "cases": 3,
        "error": 1e-14,
        "tolerance": 1e-12,
    }
    assert render.check(Check("torch", 1, 0, 0))["against"] == {"zh": "torch", "en": "torch"}


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (Check("a", 0, 0.0, 0.0), "the check compared nothing"),
        (Check("a", 1, 2e-12, 1e-12), "the check fails: error 2e-12, allowed 1e-12"),
        (Check("a", 1, NAN, 1e-12), "the check fails: error nan, allowed 1e-12"),
        (True, "it returned bool, not kit.Check"),
    ],
)
def test_check_refused(made: Any, told: str) -> None:
    with pytest.raises(Refused) as error:
        render.check(made)
    assert error.value.what == told


# --------------------------------------------------------------------------- figures


def line(lang: kit.Lang = "en", **changes: Any) -> tuple[Figure, Tr]:
    tr = Tr(lang)
    canvas, axes = kit.canvas(width=4, height=2)
    kit.zero_lines(axes)
    axes.plot([0, 1, 2], [0, 1, 0], color=kit.BLUE)
    axes.fill_between([0, 1], [0, 1], color=kit.ORANGE)
    axes.plot([0, 1], [1, 0], color="#123456")
    axes.set_xlabel(tr("x 轴", "axis of x"))
    parts = {
        "caption": tr("线。", "A line."),
        "alt": tr("线 <升>", "It rises & falls <so>"),
        **changes,
    }
    return Figure(canvas, **parts), tr


@pytest.fixture(scope="module", autouse=True)
def house() -> Iterator[None]:
    """The style and the Chinese font of a build, for these tests alone."""
    fonts.register(here().cache / "fonts")
    with matplotlib.rc_context():
        matplotlib.style.use(render.STYLE)
        yield


@pytest.fixture(scope="module")
def drawn(house: None) -> tuple[dict[str, Any], str]:
    return render.figure(*line(), "demo.figure_line")


def test_payload(drawn: tuple[dict[str, Any], str]) -> None:
    assert drawn[0] == {
        "caption": "A line.",
        "alt": "It rises & falls <so>",
        "width": 288.0,
        "height": 144.0,
    }


def test_colours_of_the_house_are_variables_and_others_stay(
    drawn: tuple[dict[str, Any], str],
) -> None:
    svg = drawn[1]
    for role, colour in (("blue", kit.BLUE), ("orange", kit.ORANGE), ("grid", kit.GRID)):
        assert f"var(--yj-{role},{colour})" in svg
        assert svg.count(colour) == svg.count(f"var(--yj-{role},{colour})")
    assert "#123456" in svg
    assert "var(" not in "".join(re.findall(r'(?:fill|stroke)="[^"]*"', svg)), "only in a style"


def test_drawing_is_named_for_a_reader_who_does_not_see_it(
    drawn: tuple[dict[str, Any], str],
) -> None:
    root = ElementTree.fromstring(drawn[1])
    title = root[0]
    assert root.get("role") == "img"
    assert title.tag.endswith("title")
    assert title.text == "It rises & falls <so>"
    assert root.get("aria-labelledby") == title.get("id")


def test_drawing_can_stand_in_a_page(drawn: tuple[dict[str, Any], str]) -> None:
    svg = drawn[1]
    assert svg.startswith("<svg ")
    assert "\n" not in svg
    assert "<style" not in svg, "it would reach the whole page"
    assert "<metadata" not in svg
    assert not re.search(r"\b20\d\d-\d\d-\d\d", svg)
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', svg))
    assert used <= set(re.findall(r' id="([^"]+)"', svg))


def test_ids_differ_between_drawings_and_languages() -> None:
    ids = []
    for name, lang in (("a.figure_x", "zh"), ("a.figure_x", "en"), ("b.figure_x", "en")):
        figure, tr = line(lang)  # type: ignore[arg-type]
        ids.append(set(re.findall(r' id="([^"]+)"', render.figure(figure, tr, name)[1])))
    assert all(ids)
    assert not (ids[0] & ids[1] | ids[0] & ids[2] | ids[1] & ids[2])


def test_the_same_drawing_is_the_same_text(drawn: tuple[dict[str, Any], str]) -> None:
    assert render.figure(*line(), "demo.figure_line") == drawn


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"caption": " "}, "the figure has no caption"),
        ({"alt": ""}, "the figure has no alt"),
        ({"caption": "untranslated"}, "the text 'untranslated' stands in one language only"),
        ({"alt": "untranslated"}, "the text 'untranslated' stands in one language only"),
        ({"data": {"y": np.array([0.0, NAN])}}, "the figure's data holds nan"),
        ({"data": {"y": np.array([0.0, INF])}}, "the figure's data holds inf"),
    ],
)
def test_figure_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(Refused) as error:
        render.figure(*line(**changes), "demo.figure_line")
    assert error.value.what == told


@pytest.mark.parametrize("where", ["set_title", "set_ylabel"])
def test_a_label_in_one_language(where: str) -> None:
    figure, tr = line()
    getattr(figure.canvas.axes[0], where)("probability")
    with pytest.raises(Refused, match="the text 'probability' stands in one language only"):
        render.figure(figure, tr, "demo.figure_line")


def test_every_colour_of_the_house_has_a_role_in_the_stylesheet() -> None:
    names = {
        n for n in vars(kit) if n.isupper() and re.fullmatch(r"#[0-9a-f]{6}", str(vars(kit)[n]))
    }
    assert {vars(kit)[n] for n in names} == set(drawing.ROLES)
    assert {drawing.ROLES[vars(kit)[n]] for n in names} == {n.lower() for n in names}
    css = "".join(
        p.read_text(encoding="utf-8")
        for p in (Path(render.__file__).parents[1] / "theme").rglob("*.css")
    )
    for colour, role in drawing.ROLES.items():
        assert f"--yj-{role}: {colour}" in css, f"{role} of the light theme is another colour"
