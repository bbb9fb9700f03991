"""Draws the formulas of a finished HTML page, so that no reader's browser has to.

KaTeX runs here, inside this process, from the files of the npm package; pages get HTML for the eye
and MathML for screen readers.  ``write_assets`` then reduces KaTeX's stylesheet and fonts to what
the pages use.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from html import unescape
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Any

HEAD_MARK = "<!-- yj:math -->"
"""Where the theme wants the link to the stylesheet; ``link_assets`` fills it."""

_RENDER = """
const youju = {
  trust: (asked) => { throw new katex.ParseError(asked.command + " is not allowed here"); },
  render(latex, display) {
    try {
      return JSON.stringify({html: katex.renderToString(latex, {
        displayMode: display, output: "htmlAndMathml", strict: "error", throwOnError: true,
        trust: youju.trust,
      })});
    } catch (error) {
      return JSON.stringify({reason: error.rawMessage ?? error.message, at: error.position ?? 0});
    }
  },
};
"""


@dataclass(frozen=True)
class BadFormula:
    """A formula that KaTeX refuses, and the place inside it, counted from 1."""

    latex: str
    line: int
    column: int
    reason: str

    def __str__(self) -> str:
        shown = self.latex.splitlines()[self.line - 1] if self.latex else ""
        return f"formula `{shown}`, column {self.column}: {self.reason}"


class MathError(ValueError):
    """Every formula of a page that cannot be drawn, together."""

    def __init__(self, bad: Sequence[BadFormula]) -> None:
        self.bad = tuple(bad)
        super().__init__("\n".join(map(str, self.bad)))


class Math:
    """KaTeX from ``dist`` (node_modules/katex/dist), with the drawn formulas kept in ``folder``."""

    def __init__(self, dist: Path, folder: Path) -> None:
        self._dist = dist
        self._folder = folder / "formulas"
        self._salt = f"{katex_version(dist)}\n{_RENDER}"
        self._drawn: dict[tuple[str, bool], str] = {}

    def render(self, latex: str, *, display: bool) -> str:
        """HTML and MathML of one formula.  MathError says where KaTeX stopped."""
        key = (latex, display)
        if key not in self._drawn:
            self._drawn[key] = self._from_disk(latex, display)
        return self._drawn[key]

    def page(self, html: str) -> str:
        """The page with each ``arithmatex`` element drawn.  MathError names every bad formula."""
        bad: list[BadFormula] = []

        def draw(match: re.Match[str]) -> str:
            display = match["display"] is not None
            latex = unescape(match["display"] if display else match["inline"]).strip()
            try:
                drawn = self.render(latex, display=display)
            except MathError as error:
                bad.extend(error.bad)
                return ""
            if display:
                return f'<div class="yj-math">{drawn}</div>'
            return _glue(match["before"], drawn, match["after"])

        drawn_page = _ARITHMATEX.sub(draw, html)
        if bad:
            raise MathError(bad)
        return drawn_page

    def _from_disk(self, latex: str, display: bool) -> str:
        name = hashlib.sha256(f"{self._salt}\n{display}\n{latex}".encode()).hexdigest()[:32]
        path = self._folder / f"{name}.html"
        try:
            return path.read_text(encoding="utf-8")
        except FileNotFoundError:
            html = self._draw(latex, display)
            _write(path, html.encode())
            return html

    def _draw(self, latex: str, display: bool) -> str:
        # V8 does not survive a fork: each process starts its own.
        context = _context(self._dist, os.getpid())
        answer = json.loads(context.call("youju.render", latex, display))
        if "html" in answer:
            return str(answer["html"])
        before = latex[: answer["at"]]
        line = before.count("\n") + 1
        column = len(before) - (before.rfind("\n") + 1) + 1
        raise MathError([BadFormula(latex, line, column, answer["reason"])])


def katex_version(dist: Path) -> str:
    """The version of the installed package; ValueError where it is not installed."""
    try:
        package = json.loads((dist.parent / "package.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(f"{dist}: KaTeX is not installed; run `npm ci`") from None
    return str(package["version"])


@cache
def _context(dist: Path, process: int) -> Any:
    from py_mini_racer import MiniRacer

    context = MiniRacer()
    context.eval((dist / "katex.min.js").read_text(encoding="utf-8"))
    context.eval(_RENDER)
    return context


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all: two builds may write the same file at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    partial.write_bytes(content)
    partial.replace(path)


# --------------------------------------------------------------------------- formulas in a line

_ARITHMATEX = re.compile(
    r'(?P<before>[（“‘《(\[]?)<span class="arithmatex">\\\((?P<inline>.*?)\\\)</span>'
    r"(?P<after>[-–'’]?[A-Za-z]*[，。；：、！？）”’》,.;:!?)\]]*)"
    r'|<div class="arithmatex">\\\[(?P<display>.*?)\\\]</div>',
    re.DOTALL,
)
_SHORT = 16
"""Glyphs up to which a formula with places to break stays on one line: half a line of a phone."""


def _glue(before: str, drawn: str, after: str) -> str:
    """Keep what stands at a formula without a space on its line.

    A browser may break a line on either side of a formula: a line would begin with a full stop.
    """
    breakable = drawn.count('class="katex-base"') > 1 and len(_glyphs(drawn)) > _SHORT
    if not (before or after) or breakable:
        return f"{before}{drawn}{after}"
    return f'<span class="yj-nowrap">{before}{drawn}{after}</span>'


# --------------------------------------------------------------------------- stylesheet and fonts

# These two come inside the stylesheet, so that no formula waits for them or moves when they arrive.
# Preloading them instead fails twice in Chromium: it prints such formulas as blanks where the host
# sends no cache headers, and it refuses to preload in a page that was opened from a folder.
_MAIN_FONTS = ("KaTeX_Main-Regular", "KaTeX_Math-Italic")
_ALWAYS = "\u221a"
_FONT_FACE = re.compile(r"@font-face\{[^}]*\}")
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_CLASSES = re.compile(r'class="([^"]*)"')
_CLASS = re.compile(r"\.([A-Za-z_][\w-]*)")
_FORMULA = re.compile(r'<span class="katex(?:-display)?">')
_SPAN = re.compile(r"<(/?)span\b[^>]*>")


@dataclass(frozen=True)
class Assets:
    """What ``write_assets`` wrote: paths below its folder, with ``/`` between the parts."""

    css: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class Used:
    """What the drawn formulas of a page, or of many, need: classes of the stylesheet, and
    characters.
    """

    classes: frozenset[str] = frozenset()
    glyphs: frozenset[str] = frozenset()

    def __or__(self, other: Used) -> Used:
        return Used(self.classes | other.classes, self.glyphs | other.glyphs)


def used(page: str) -> Used:
    """What the drawn formulas of a page need."""
    formulas = set(_formulas(page))
    names = {name for f in formulas for part in _CLASSES.findall(f) for name in part.split()}
    return Used(frozenset(names), frozenset(ch for f in formulas for ch in _glyphs(f)))


def write_assets(dist: Path, folder: Path, dest: Path, used: Used) -> Assets | None:
    """Write KaTeX's stylesheet and fonts, reduced to what the drawn pages use, below ``dest``.

    ``folder`` keeps the subset fonts from build to build.  The names carry a hash of the content.
    None where no page has a formula.
    """
    if not used.classes:
        return None
    glyphs = "".join(sorted(used.glyphs | set(_ALWAYS)))
    classes = set(used.classes)
    sheet = (dist / "katex.min.css").read_text(encoding="utf-8")
    rules = _used_rules(_FONT_FACE.sub("", sheet), classes)

    faces: list[str] = []
    fonts: list[str] = []
    for face in _FONT_FACE.findall(sheet):
        family, style, weight = (
            _declared(face, name) for name in ("font-family", "font-style", "font-weight")
        )
        source = re.search(r"url\(fonts/([^)]+)\.woff2\)", face)
        if source is None:
            raise ValueError(f"{dist}/katex.min.css: a font face without woff2; pin another KaTeX")
        if not _is_used(family, style, weight, rules):
            continue
        subset = _subset(dist / "fonts" / f"{source[1]}.woff2", glyphs, folder / "fonts")
        if subset is None:
            continue
        if source[1] in _MAIN_FONTS:
            url = f"data:font/woff2;base64,{b64encode(subset).decode()}"
        else:
            url = f"{source[1]}.{_digest(subset)}.woff2"
            _write(dest / url, subset)
            fonts.append(url)
        faces.append(
            f"@font-face{{font-family:{family};font-style:{style};font-weight:{weight};"
            f'font-display:block;src:url({url}) format("woff2")}}'
        )
    css = ("".join(faces) + rules).encode()
    css_name = f"katex.{_digest(css)}.css"
    _write(dest / css_name, css)
    return Assets(css_name, (css_name, *sorted(fonts)))


def link_assets(html: str, assets: Assets | None, base: str) -> str:
    """Fill the mark in the page's head; ``base`` leads from the page to the assets, with a /."""
    link = ""
    if assets is not None and 'class="katex"' in html:
        link = f'<link rel="stylesheet" href="{base}{assets.css}">'
    return html.replace(HEAD_MARK, link, 1)


def _formulas(page: str) -> Iterable[str]:
    """Each drawn formula of a page, from its first tag to the one that closes it."""
    end = 0
    while start := _FORMULA.search(page, end):
        depth = 0
        for tag in _SPAN.finditer(page, start.start()):
            depth += -1 if tag[1] else 1
            if depth == 0:
                end = tag.end()
                break
        else:
            raise ValueError(f"a formula is not closed: {page[start.start() :][:80]}")
        yield page[start.start() : end]


def _glyphs(formula: str) -> str:
    """The characters that a drawn formula shows: the text of its HTML, not of its MathML."""
    _, _, shown = formula.partition('<span class="katex-html"')
    return unescape("".join(re.findall(r">([^<]+)", shown)))


def _used_rules(sheet: str, classes: set[str]) -> str:
    kept = []
    for selectors, body in _RULE.findall(sheet):
        # A class in :not() is one that need not be there.
        named = {s: _CLASS.findall(re.sub(r":not\([^)]*\)", "", s)) for s in selectors.split(",")}
        used = [s for s, names in named.items() if classes.issuperset(names)]
        if used:
            kept.append(f"{','.join(used)}{{{body}}}")
    return "".join(kept)


def _is_used(family: str, style: str, weight: str, rules: str) -> bool:
    """Whether a rule asks for the face: by its family, slanted or bold only if a rule says so."""
    bodies = [body for _, body in _RULE.findall(rules)]
    if not any(family in body for body in bodies):
        return False
    own = [body for body in bodies if family in body or "font-family" not in body]
    return (style == "normal" or any("font-style:italic" in body for body in own)) and (
        weight == "400" or any("font-weight:700" in body for body in own)
    )


def _declared(face: str, name: str) -> str:
    found = re.search(rf"{name}:([^;}}]+)", face)
    if found is None:
        raise ValueError(f"KaTeX's stylesheet: a font face without {name}; pin another KaTeX")
    return found[1].strip("'\" ")


def _subset(font: Path, glyphs: str, folder: Path) -> bytes | None:
    """The woff2 font with only ``glyphs``; None where it has none of them."""
    source = font.read_bytes()
    tools = f"{version('fonttools')} {version('brotli')} {glyphs}"
    kept = folder / f"{font.stem}.{_digest(tools.encode() + source)}.woff2"
    if kept.exists():
        return kept.read_bytes() or None
    from fontTools import subset
    from fontTools.ttLib import TTFont

    content = b""
    with TTFont(BytesIO(source), recalcTimestamp=False) as whole:
        if set(map(ord, glyphs)) & set(whole.getBestCmap()):
            options = subset.Options(
                flavor="woff2",
                hinting=False,
                layout_features=["*"],
                name_IDs=[],
                notdef_outline=True,
            )
            subsetter = subset.Subsetter(options)
            subsetter.populate(text=glyphs)
            subsetter.subset(whole)
            out = BytesIO()
            subset.save_font(whole, out, options)
            content = out.getvalue()
    _write(kept, content)
    return content or None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:10]
