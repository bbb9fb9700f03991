"""The tree that pandoc read of a sheet, turned into calls of ``gen/sheet.typ``.

pandoc still writes all text as Typst; what is put in here around it are the calls: one for a group,
one around each card, one for each figure and each formula.
"""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pypandoc

from gen import typst_math
from gen.errors import Problem

Node = dict[str, Any]
"""A node of pandoc's tree: its type under "t", what it holds under "c"."""

# As Python-Markdown reads it, which sets the same text for the web.
_READER = (
    "markdown-implicit_figures-markdown_in_html_blocks-blank_before_header+east_asian_line_breaks"
)
# One long line: of a pipe table with long rows pandoc would fix the widths of the columns.
_OPTIONS = ("--wrap=none", "--columns=10000")
# Characters for private use mark where pandoc's translation of a formula begins and ends.
_BEGIN, _BETWEEN, _END = "\ue000", "\ue001", "\ue002"
_MARKED = re.compile(f"{_BEGIN}(\\d+){_BETWEEN}(.*?){_END}", re.DOTALL)
_CSS_VARIABLE = re.compile(r"var\(\s*--[\w-]+\s*,\s*([^()]*)\)")


@dataclass(frozen=True)
class Formula:
    """A formula of a sheet: the card it stands in, its LaTeX and its Typst."""

    card: str
    tex: str
    typst: str


@dataclass
class Sheet:
    """What one sheet is made of, and what is wrong with it."""

    source: str
    root: Path
    markdown: str
    about: dict[str, str] = field(default_factory=dict)
    """The words of the front matter."""
    body: str = ""
    """Typst: the calls that fill ``items``."""
    formulas: list[Formula] = field(default_factory=list)
    figures: dict[str, str] = field(default_factory=dict)
    """SVG text by the name under which the template asks for it."""
    problems: list[Problem] = field(default_factory=list)

    def problem(self, what: str, todo: str, card: str = "") -> Problem:
        where = f"card '{card}': " if card else ""
        return Problem(self.source, 1, where + what, todo)


def read(markdown: str, *, source: str, root: Path) -> Sheet:
    """The sheet that the print Markdown tells of; the caller looks at its ``problems`` first."""
    sheet = Sheet(source, root, markdown)
    tree = _parsed(markdown)
    sheet.about = {
        key: plain(entry["c"]) for key, entry in tree["meta"].items() if entry["t"] == "MetaInlines"
    }
    walk = _Walk(sheet)
    tree["blocks"] = walk.blocks(tree["blocks"])
    sheet.body = _MARKED.sub(walk.translated, _pandoc(json.dumps(tree), "json", "typst"))
    return sheet


def plain(inlines: list[Node]) -> str:
    """The words of a title or a description, without their markup; of a formula its LaTeX."""
    words = []
    for node in inlines:
        kind, content = node["t"], node.get("c", [])
        match kind:
            case "Str":
                words.append(content)
            case "Space" | "SoftBreak" | "LineBreak":
                words.append(" ")
            case "Code" | "Math":
                words.append(content[1])
            case "Quoted":
                marks = "‘’" if content[0]["t"] == "SingleQuote" else "“”"
                words.append(marks[0] + plain(content[1]) + marks[1])
            case "Link" | "Image" | "Span":
                words.append(plain(content[1]))
            case "Emph" | "Strong" | "Superscript" | "Subscript" | "Strikeout":
                words.append(plain(content))
    return "".join(words)


def quoted(text: str) -> str:
    """A string of Typst, whose escapes are JSON's for all that stands in text."""
    return json.dumps(text, ensure_ascii=False)


class _Walk:
    """One pass over a sheet's tree."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.card = ""
        self.tex: list[tuple[str, str]] = []
        """Each formula's card and LaTeX, in order."""

    def complain(self, what: str, todo: str) -> None:
        self.sheet.problems.append(self.sheet.problem(what, todo, self.card))

    # -------------------------------------------------------------- groups, cards, figures

    def blocks(self, blocks: list[Node]) -> list[Node]:
        out: list[Node] = []
        for block in blocks:
            if block["t"] == "Header":
                if self.card:
                    out.append(_end_of_card())
                out.append(self._heading(block))
            elif not self.card:
                self.complain("text outside a card", "put it below a '### card' heading")
            elif block["t"] == "Para" and any(part["t"] == "Image" for part in block["c"]):
                out.append(self._figure(block["c"]))
            else:
                out += self._nodes([block])
        if self.card:
            out.append(_end_of_card())
        self.card = ""
        if not out:
            self.complain("the sheet has no cards", "add '### card' headings with text")
        return out

    def _heading(self, block: Node) -> Node:
        level, (_, _, attributes), title = block["c"]
        words = plain(title)
        self.card = words if level == 3 else ""
        if level == 2:
            return _around('#items.push((kind: "group", name: [', self._nodes(title), "]))")
        if level != 3:
            self.complain(
                f"heading '{words}' is of level {level}", "a sheet has groups (##) and cards (###)"
            )
        href = quoted(dict(attributes).get("href", ""))
        return _around(
            f'#items.push((kind: "card", words: {quoted(words)}, href: {href}, title: [',
            self._nodes(title),
            "], body: [",
        )

    def _figure(self, inlines: list[Node]) -> Node:
        if len(inlines) != 1:
            self.complain("a figure stands inside a line of text", "give it a paragraph of its own")
            return _around("", [], "")
        (_, _, attributes), alt, (name, _) = inlines[0]["c"]
        caption = dict(attributes).get("caption", "").strip()
        path = self.sheet.root / name
        if path.suffix != ".svg" or not path.is_file():
            self.complain(f"no figure {name}", "name an SVG file that the build has made")
        elif not alt:
            self.complain(f"figure {name} has no description", "say in [...] what it shows")
        elif not caption:
            self.complain(f"figure {name} has no caption", 'add {caption="..."}')
        else:
            self.sheet.figures[name] = _CSS_VARIABLE.sub(r"\1", path.read_text("utf-8"))
            # A line block: what looks like a list or a heading is a caption all the same.
            inlines = _parsed(f"| {' '.join(caption.split())}")["blocks"][0]["c"][0]
        opening = f"#picture({quoted(name)}, {quoted(plain(alt))}, ["
        return _around(opening, self._nodes(inlines), "])")

    # -------------------------------------------------------------- inside a block

    def _inside(self, content: Any) -> Any:
        """The same content with its formulas marked; a table or a list is walked to its depth."""
        if isinstance(content, dict):
            return {**content, "c": self._inside(content["c"])} if "c" in content else content
        if not isinstance(content, list):
            return content
        if content and all(isinstance(part, dict) and "t" in part for part in content):
            return self._nodes(content)
        return [self._inside(part) for part in content]

    def _nodes(self, nodes: list[Node]) -> list[Node]:
        out: list[Node] = []
        for node in nodes:
            if node["t"] == "Math":
                out += self._formula(node)
                continue
            if node["t"] in ("RawInline", "RawBlock", "Div", "Span"):
                self.complain("HTML cannot be printed", "write it in Markdown")
            elif node["t"] == "Image":
                self.complain("a figure stands inside text", "give it a paragraph of its own")
            elif node["t"] == "Link" and not node["c"][2][0].startswith(("https://", "http://")):
                self.complain(
                    f"the link {node['c'][2][0]} leads nowhere on paper",
                    "give the whole address, https://...",
                )
            out.append(self._inside(node))
        return out

    # -------------------------------------------------------------- formulas

    def _formula(self, node: Node) -> list[Node]:
        kind, tex = node["c"]
        tex = tex.strip()
        if reason := typst_math.refuse(tex):
            self.complain(f"formula `{tex}`: {reason[0]}", reason[1])
        self.tex.append((self.card, tex))
        return [
            _raw(f"{_BEGIN}{len(self.tex) - 1}{_BETWEEN}"),
            {"t": "Math", "c": [kind, typst_math.before(tex)]},
            _raw(_END),
        ]

    def translated(self, marked: re.Match[str]) -> str:
        """What stands in the document for a formula that pandoc has translated."""
        self.card, tex = self.tex[int(marked[1])]
        if not marked[2].startswith("$"):
            self.complain(
                f"pandoc cannot translate the formula `{tex}`", "use only commands that it knows"
            )
        formula = Formula(self.card, tex, typst_math.after(marked[2]))
        self.sheet.formulas.append(formula)
        return f"#formula({quoted(tex)}, {formula.typst});"


def _parsed(markdown: str) -> Node:
    tree: Node = json.loads(_pandoc(markdown, _READER, "json"))
    return tree


def _pandoc(text: str, reader: str, writer: str) -> str:
    run = subprocess.run(
        [pypandoc.get_pandoc_path(), "--from", reader, "--to", writer, *_OPTIONS],
        input=text.encode(),
        capture_output=True,
        check=True,
    )
    return run.stdout.decode()


def _raw(typst_code: str) -> Node:
    return {"t": "RawInline", "c": ["typst", typst_code]}


def _around(opening: str, inlines: list[Node], closing: str) -> Node:
    return {"t": "Plain", "c": [_raw(opening), *inlines, _raw(closing)]}


def _end_of_card() -> Node:
    return {"t": "RawBlock", "c": ["typst", "]))"]}
