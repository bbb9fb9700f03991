"""Formulas drawn at build time: what a reader sees, hears, and what is refused."""

from __future__ import annotations

import json
import os
import re
import shutil
import xml.etree.ElementTree as ET
from base64 import b64decode
from io import BytesIO
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from gen.math import HEAD_MARK, Math, MathError, Used, link_assets, used, write_assets

DIST = Path(__file__).resolve().parents[2] / "node_modules/katex/dist"
MATHML = "{http://www.w3.org/1998/Math/MathML}"


def inline(latex: str) -> str:
    return f'<span class="arithmatex">\\({latex}\\)</span>'


def display(latex: str) -> str:
    return f'<div class="arithmatex">\\[{latex}\\]</div>'


@pytest.fixture
def math(tmp_path: Path) -> Math:
    return Math(DIST, tmp_path / "cache")


def spoken(drawn: str) -> ET.Element:
    """The MathML of a drawn formula, which is what a screen reader gets."""
    found = re.search(r"<math.*?</math>", drawn, re.DOTALL)
    assert found
    return ET.fromstring(found[0])


# --------------------------------------------------------------------------- one formula


def test_a_screen_reader_gets_the_structure_and_not_the_drawing(math: Math) -> None:
    drawn = math.render(r"\frac{a}{2}", display=False)
    fraction = spoken(drawn).find(f".//{MATHML}mfrac")
    assert fraction is not None
    assert [(part.tag, part.text) for part in fraction] == [
        (f"{MATHML}mi", "a"),
        (f"{MATHML}mn", "2"),
    ]
    assert drawn.count('<span class="katex-html" aria-hidden="true">') == 1


def test_a_display_formula_is_a_block_and_an_inline_one_is_not(math: Math) -> None:
    assert spoken(math.render("x", display=True)).get("display") == "block"
    assert spoken(math.render("x", display=False)).get("display") is None


@pytest.mark.parametrize(
    ("latex", "line", "column", "reason"),
    [
        (r"a + \undefined", 1, 5, r"Undefined control sequence: \undefined"),
        ("x_i_j", 1, 4, "Double subscript"),
        ("a &= b \\\\\n c &= \\oops", 1, 3, "Expected 'EOF', got '&'"),
        ("\\frac{1}{2} +\n  \\oops", 2, 3, r"Undefined control sequence: \oops"),
        (r"\href{https://example.org}{x}", 1, 1, r"\href is not allowed here"),
        ("x = 值", 1, 5, 'Unicode text character "值" used in math mode'),
    ],
)
def test_a_wrong_formula_is_named_with_its_place(
    math: Math, latex: str, line: int, column: int, reason: str
) -> None:
    with pytest.raises(MathError) as caught:
        math.render(latex, display=False)
    (bad,) = caught.value.bad
    assert (bad.latex, bad.line, bad.column) == (latex, line, column)
    assert reason in bad.reason
    assert str(caught.value).startswith(
        f"formula `{latex.splitlines()[line - 1]}`, column {column}: "
    )


def test_chinese_words_stand_in_text(math: Math) -> None:
    drawn = math.render(r"x_{\text{输入}}", display=False)
    assert [text.text for text in spoken(drawn).iter(f"{MATHML}mtext")] == ["输入"]


# --------------------------------------------------------------------------- a page


def test_only_the_formulas_of_a_page_change(math: Math) -> None:
    page = f"<p>设 {inline('x')} 为输入</p>\n{display('y')}\n<pre>\\(z\\) &lt;b&gt;</pre>"
    drawn = math.page(page)
    assert drawn == (
        f"<p>设 {math.render('x', display=False)} 为输入</p>\n"
        f'<div class="yj-math">{math.render("y", display=True)}</div>\n'
        "<pre>\\(z\\) &lt;b&gt;</pre>"
    )


def test_entities_of_the_page_are_characters_of_the_formula(math: Math) -> None:
    drawn = math.page(display("\na &lt; b\n"))
    assert [o.text for o in spoken(drawn).iter(f"{MATHML}mo")] == ["<"]


def test_every_bad_formula_of_a_page_is_told_at_once(math: Math) -> None:
    page = inline("a") + inline(r"\one") + inline("b") + display(r"\two")
    with pytest.raises(MathError) as caught:
        math.page(page)
    assert [bad.latex for bad in caught.value.bad] == [r"\one", r"\two"]


@pytest.mark.parametrize(
    ("around", "kept"),
    [
        ("设 {}，则", "{}，"),
        ("（{}）。则", "（{}）。"),
        ("the {}-dimensional case", "{}-dimensional"),
        ("the {}th layer", "{}th"),
        ("so {}; and", "{};"),
        ("({}, {})", "({},"),
    ],
)
def test_what_touches_a_formula_stays_on_its_line(math: Math, around: str, kept: str) -> None:
    drawn = math.render("x", display=False)
    page = math.page(around.format(inline("x"), inline("x")))
    assert f'<span class="yj-nowrap">{kept.format(drawn)}</span>' in page


def test_words_and_spaces_beside_a_formula_are_free(math: Math) -> None:
    assert "yj-nowrap" not in math.page(f"当 {inline('x')} 时，若{inline('y')}为负")


def test_a_long_formula_may_break(math: Math) -> None:
    long = "a+b+c+d+e+f+g+h+i=j+k+l+m+n+o+p"
    assert "yj-nowrap" not in math.page(inline(long) + "。")


# --------------------------------------------------------------------------- the cache


def copy_of_katex(tmp_path: Path) -> Path:
    copy = tmp_path / "katex"
    (copy / "dist").mkdir(parents=True)
    shutil.copy(DIST.parent / "package.json", copy)
    shutil.copy(DIST / "katex.min.js", copy / "dist")
    return copy / "dist"


def test_a_drawn_formula_is_not_drawn_again(tmp_path: Path) -> None:
    dist = copy_of_katex(tmp_path)
    first = Math(dist, tmp_path / "cache").page(inline("x^2"))
    (dist / "katex.min.js").unlink()
    assert Math(dist, tmp_path / "cache").page(inline("x^2")) == first


def test_another_katex_draws_anew(tmp_path: Path) -> None:
    dist = copy_of_katex(tmp_path)
    Math(dist, tmp_path / "cache").render("x^2", display=False)
    package = dist.parent / "package.json"
    package.write_text(json.dumps(json.loads(package.read_text()) | {"version": "0.0.0"}))
    (dist / "katex.min.js").write_text(
        "const katex = {renderToString: (latex) => `drawn anew: ${latex}`};"
    )
    moved = dist.rename(dist.with_name("other"))
    assert Math(moved, tmp_path / "cache").render("x^2", display=False) == "drawn anew: x^2"


def test_display_and_inline_are_kept_apart(math: Math, tmp_path: Path) -> None:
    once = [math.render("x", display=d) for d in (True, False)]
    again = Math(DIST, tmp_path / "cache")
    assert [again.render("x", display=d) for d in (True, False)] == once
    assert once[0] != once[1]


def test_without_katex_the_message_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"katex/dist: KaTeX is not installed; run `npm ci`$"):
        Math(tmp_path / "katex/dist", tmp_path)


# --------------------------------------------------------------------------- stylesheet and fonts


def used_by(pages: list[str]) -> Used:
    together = Used()
    for page in pages:
        together |= used(page)
    return together


def assets_of(math: Math, tmp_path: Path, *latex: str, out: str = "out"):
    pages = [math.page(display(one)) for one in latex]
    return write_assets(DIST, tmp_path / "cache", tmp_path / out, used_by(pages)), tmp_path / out


def glyphs_of(folder: Path, family: str, style: str = "normal", weight: str = "400") -> set[str]:
    """The characters of one font face of the stylesheet, from inside it or from its file."""
    (sheet,) = folder.glob("katex.*.css")
    (url,) = re.findall(
        rf"font-family:KaTeX_{family};font-style:{style};font-weight:{weight};[^}}]*url\(([^)]*)\)",
        sheet.read_text(),
    )
    inside = url.removeprefix("data:font/woff2;base64,")
    content = b64decode(inside) if inside != url else (folder / url).read_bytes()
    with TTFont(BytesIO(content)) as read:
        return set(map(chr, read.getBestCmap()))


def test_a_font_holds_the_glyphs_that_the_pages_show(math: Math, tmp_path: Path) -> None:
    _, out = assets_of(math, tmp_path, r"\alpha + x", r"\mathrm{lim}\, 7")
    assert {"α", "x"} <= glyphs_of(out, "Math", "italic")
    assert {"+", "7", "l", "i", "m", "√"} <= glyphs_of(out, "Main")
    assert not {"β", "y"} & glyphs_of(out, "Math", "italic")
    assert "8" not in glyphs_of(out, "Main")


def test_a_font_that_no_formula_uses_is_not_there(math: Math, tmp_path: Path) -> None:
    assets, out = assets_of(math, tmp_path, "x")
    assert not list(out.glob("KaTeX_Fraktur*"))
    assert not list(out.glob("*Bold*"))
    assert not list(out.glob("KaTeX_Main-Italic*"))
    assets, out = assets_of(math, tmp_path, r"\mathfrak{R} \mathbf{w} \mathit{tp}", out="more")
    assert "R" in glyphs_of(out, "Fraktur")
    assert "w" in glyphs_of(out, "Main", weight="700")
    assert "p" in glyphs_of(out, "Main", "italic")
    assert assets is not None
    assert sorted(p.name for p in out.iterdir()) == sorted(assets.files)


def test_bold_and_slanted_words_have_their_fonts(math: Math, tmp_path: Path) -> None:
    _, out = assets_of(math, tmp_path, r"\textbf{b} \textit{i}")
    assert "b" in glyphs_of(out, "Main", weight="700")
    assert "i" in glyphs_of(out, "Main", "italic")


def test_the_stylesheet_names_only_fonts_that_exist(math: Math, tmp_path: Path) -> None:
    assets, out = assets_of(math, tmp_path, r"\sqrt{x} + \sum_i \mathcal{L}_i")
    assert assets is not None
    css = (out / assets.css).read_text()
    named = re.findall(r"url\(([^)]*)\)", css)
    files = [url for url in named if not url.startswith("data:")]
    assert sorted(files) == sorted(set(assets.files) - {assets.css})
    assert css.count("font-display:block") == len(named)


def test_the_fonts_of_every_formula_come_with_the_stylesheet(math: Math, tmp_path: Path) -> None:
    assets, out = assets_of(math, tmp_path, r"x + \mathbb{R}")
    assert assets is not None
    assert [name.split(".")[0] for name in assets.files] == ["katex", "KaTeX_AMS-Regular"]
    css = (out / assets.css).read_text()
    for family in ("Main", "Math"):
        assert re.search(rf"KaTeX_{family};[^}}]*url\(data:font/woff2;base64,", css)


def test_the_rules_that_a_formula_needs_are_kept_and_the_others_not(
    math: Math, tmp_path: Path
) -> None:
    assets, out = assets_of(math, tmp_path, r"\frac{a}{b}")
    assert assets is not None
    css = (out / assets.css).read_text()
    for needed in (".katex{", ".katex-display>", ".mfrac .frac-line", ".mathnormal{", ".vlist-t{"):
        assert needed in css
    for other in (".sqrt", ".mathfrak", ".katex-version", ".cd-arrow", "KaTeX_AMS"):
        assert other in (DIST / "katex.min.css").read_text()
        assert other not in css


def test_an_accent_stands_over_its_letter(math: Math, tmp_path: Path) -> None:
    """The rule that centres it speaks of a class that must not be there."""
    assets, out = assets_of(math, tmp_path, r"\hat{y}")
    assert assets is not None
    rule = ".accent-body:not(.accent-full){width:0}"
    assert rule in (DIST / "katex.min.css").read_text()
    assert rule in (out / assets.css).read_text()


def test_the_same_pages_give_the_same_bytes_and_names(math: Math, tmp_path: Path) -> None:
    latex = (r"\frac{a}{b}", r"\sum_{i=1}^n x_i")
    first, one = assets_of(math, tmp_path, *latex, out="one")
    fresh = Math(DIST, tmp_path / "other")
    pages = [fresh.page(display(x)) for x in reversed(latex)]
    second = write_assets(DIST, tmp_path / "other", tmp_path / "two", used_by(pages))
    assert first == second
    assert first is not None
    for name in first.files:
        assert (one / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_changed_font_has_another_name(math: Math, tmp_path: Path) -> None:
    first, _ = assets_of(math, tmp_path, "x", out="one")
    second, _ = assets_of(math, tmp_path, "x + y", out="two")
    assert first is not None
    assert second is not None
    assert not set(first.files) & set(second.files)


def test_without_a_formula_nothing_is_written_or_linked(tmp_path: Path) -> None:
    page = f"<head>{HEAD_MARK}</head><p>no formula</p>"
    assert write_assets(DIST, tmp_path, tmp_path / "out", used(page)) is None
    assert not (tmp_path / "out").exists()
    assert link_assets(page, None, "") == "<head></head><p>no formula</p>"


def test_a_page_links_what_it_needs_relative_to_itself(math: Math, tmp_path: Path) -> None:
    drawn = f"<head>{HEAD_MARK}</head>" + math.page(inline("x"))
    plain = f"<head>{HEAD_MARK}</head><p>no formula</p>"
    assets = write_assets(DIST, tmp_path, tmp_path / "out", used_by([drawn, plain]))
    assert assets is not None
    linked = link_assets(drawn, assets, "../assets/math/")
    assert f'<link rel="stylesheet" href="../assets/math/{assets.css}">' in linked
    assert HEAD_MARK not in linked
    assert link_assets(plain, assets, "") == "<head></head><p>no formula</p>"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_worker_draws_on_its_own(math: Math, tmp_path: Path) -> None:
    math.render("x", display=False)
    child = os.fork()
    if not child:
        try:
            drawn = Math(DIST, tmp_path / "child").render("y", display=False)
            (tmp_path / "drawn").write_text(drawn)
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert (tmp_path / "drawn").read_text() == math.render("y", display=False)
