"""What the search reads of a page: its sections, as plain text, and its displayed formulas."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

HEADINGS = ("h1", "h2", "h3", "h4")
VOID = ("area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr")
INLINE = ("a", "abbr", "b", "code", "em", "i", "kbd", "mark", "span", "strong", "sub", "sup")
# What says nothing of a page's subject: evidence, links to the source, lists of papers.
LEFT_OUT = (
    *("headerlink", "yj-evidence", "yj-source", "yj-listing-source", "yj-where", "yj-references"),
    *("tabbed-labels", "md-tags", "filename", "yj-unsearched"),
)
UNSEARCHED = ("references", "related")
"""Sections that only lead elsewhere."""
API = re.compile(r"\b(?:nn|F|torch|np|jax|tf)(?:\.\w+)+")
NUMBER = re.compile(r"[\s\d.,%×·−+()eE-]*")


@dataclass
class Section:
    """A part of a page that a result can lead to."""

    anchor: str
    title: str = ""
    text: str = ""
    formulas: list[str] = field(default_factory=list)


def sections(html: str) -> list[Section]:
    """The sections of a page: its top, each heading with an id, each question block with an id."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    for section in reader.sections:
        section.title = tidy(section.title)
        section.text = tidy(section.text)
    return [s for s in reader.sections if s.anchor not in UNSEARCHED]


def tidy(text: str) -> str:
    """Inline formulas as plain text, white space as single spaces."""
    text = re.sub(r"\\\((.*?)\\\)", lambda match: plain_math(match[1]), text, flags=re.DOTALL)
    return " ".join(text.split())


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.sections = [Section("")]
        self.open: list[str] = []
        self.skipping = 0
        """The depth at which an element was met whose text is left out; 0 outside such."""
        self.title_at = 0
        self.code_at = 0
        self.formula_at = 0
        self.cell_at = 0
        self.buffer = ""
        self.outside: list[tuple[int, Section]] = []
        """Question blocks that are open: their depth, and the section that they interrupt."""
        self.here = self.sections[0]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            self.here.text += " "
            return
        self.open.append(tag)
        depth, about = len(self.open), dict(attrs)
        if tag not in INLINE:
            self.here.text += " "
        classes = (about.get("class") or "").split()
        if self.skipping:
            return
        if any(name in classes for name in LEFT_OUT) or tag in ("svg", "script", "style"):
            self.skipping = depth
        elif tag in HEADINGS and (tag == "h1" or about.get("id")):
            self._begin(self.here if tag == "h1" else Section(about.get("id") or ""))
            self.title_at = depth
        elif tag == "details" and about.get("id"):
            self.outside.append((depth, self.here))
            self._begin(Section(about["id"] or ""))
        elif tag == "summary" and self.outside and self.outside[-1][0] == depth - 1:
            self.title_at = depth
        elif tag == "pre":
            self.code_at, self.buffer = depth, ""
        elif "arithmatex" in classes and tag == "div":
            self.formula_at, self.buffer = depth, ""
        elif tag in ("td", "th"):
            self.cell_at, self.buffer = depth, ""

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.open:
            return
        while self.open:
            self._close(len(self.open))
            closed = self.open.pop()
            if closed not in INLINE:
                self.here.text += " "
            if closed == tag:
                break

    def handle_data(self, data: str) -> None:
        if self.skipping:
            return
        if self.code_at or self.formula_at or self.cell_at:
            self.buffer += data
        elif self.title_at:
            self.here.title += data
        else:
            self.here.text += data

    def _begin(self, section: Section) -> None:
        self.here = section
        if section not in self.sections:
            self.sections.append(section)

    def _close(self, depth: int) -> None:
        if self.skipping == depth:
            self.skipping = 0
        elif self.title_at == depth:
            self.title_at = 0
        elif self.code_at == depth:
            self.code_at = 0
            names = dict.fromkeys(API.findall(self.buffer))
            self.here.text += " ".join(names) + " "
        elif self.formula_at == depth:
            self.formula_at = 0
            latex = self.buffer.strip().removeprefix(r"\[").removesuffix(r"\]")
            self.here.formulas.append(plain_math(latex))
        elif self.cell_at == depth:
            self.cell_at = 0
            if not NUMBER.fullmatch(self.buffer):
                self.here.text += self.buffer + " "
        elif self.outside and self.outside[-1][0] == depth:
            self.here = self.outside.pop()[1]


# --------------------------------------------------------------------------- formulas

SYMBOLS = {
    **dict(
        zip(
            "alpha beta gamma delta epsilon varepsilon zeta eta theta kappa lambda mu nu xi pi "
            "rho sigma tau phi varphi chi psi omega "
            "Gamma Delta Theta Lambda Sigma Phi Psi Omega".split(),
            "αβγδεεζηθκλμνξπρστφφχψωΓΔΘΛΣΦΨΩ",
            strict=True,
        )
    ),
    **{"le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "ne": "≠", "in": "∈", "infty": "∞"},
    **{"cdot": "·", "times": "×", "odot": "⊙", "to": "→", "approx": "≈", "sum": "∑", "prod": "∏"},
    **{"partial": "∂", "nabla": "∇", "top": "T", "ell": "ℓ", "pm": "±", "dots": "…"},
    **{"ldots": "…", "cdots": "…", "lVert": "‖", "rVert": "‖", "Vert": "‖", "mid": "|"},
    **{"leftarrow": "←", "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", "prime": "′"},
}
GROUP = r"\{([^{}]*)\}"


def plain_math(latex: str) -> str:
    r"""LaTeX as people type a formula: ``\frac{1}{1+e^{-x}}`` is ``1/(1+e^-x)``."""
    text = re.sub(r"\\(?:begin|end)\{\w+\}(?:\{[lcr|]*\})?", " ", latex)
    text = re.sub(
        r"\\(?:left|right|[bB]igg?[lrm]?|displaystyle|limits|nonumber)(?![a-zA-Z])", "", text
    )
    text = re.sub(r"\\(?:q?quad|[,;:! ])|\\\\|&|~", " ", text)
    text = re.sub(
        rf"\\(?:operatorname\*?|text|mathrm|mathbf|mathbb|mathcal|boldsymbol){GROUP}", r"\1", text
    )
    text = re.sub(r"\\([a-zA-Z]+)", lambda m: SYMBOLS.get(m[1], m[0]), text)
    before = ""
    while before != text:
        before = text
        text = re.sub(rf"\\[dt]?frac\s*{GROUP}\s*{GROUP}", _fraction, text)
        text = re.sub(rf"([_^]){GROUP}", lambda m: m[1] + m[2].replace(" ", ""), text)
        text = re.sub(rf"\\(?:hat|bar|tilde|vec|overline|underline|widehat){GROUP}", r"\1", text)
        text = re.sub(rf"\\sqrt\s*{GROUP}", lambda m: f"√{_bracket(m[1].strip())}", text)
    return " ".join(re.sub(r"[{}\\]", "", text).split())


def _fraction(match: re.Match[str]) -> str:
    above, below = match[1].strip(), match[2].strip()
    return f"{_bracket(above)}/{_bracket(below)}"


def _bracket(part: str) -> str:
    return part if re.fullmatch(r"\\?\w+|\w+", part) else f"({part})"
