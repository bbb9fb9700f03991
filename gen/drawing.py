"""Makes the SVG that matplotlib writes fit to stand inside a page: small, without ids that could
meet those of another drawing, its colours as CSS variables, with a title that is read aloud.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from snippets import kit

ROLES = {
    kit.INK: "ink",
    kit.MUTED: "muted",
    kit.GRID: "grid",
    kit.PAPER: "paper",
    kit.BLUE: "blue",
    kit.ORANGE: "orange",
    kit.GREEN: "green",
    kit.RED: "red",
    kit.PURPLE: "purple",
    kit.TEAL: "teal",
}

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
GROUP, TEXT, DEFS = f"{{{SVG}}}g", f"{{{SVG}}}text", f"{{{SVG}}}defs"
HREF = f"{{{XLINK}}}href"
DROPPED = {f"{{{SVG}}}metadata", f"{{{SVG}}}style"}
"""Inline in a page, matplotlib's `* {stroke-linejoin: round}` would reach every icon."""

COLOUR = re.compile(r"#[0-9a-f]{6}\b")
NUMBER = re.compile(r"-?\d+\.\d+(?:e[-+]?\d+)?")
COMMAND = re.compile(r"([MLQCZmlqcz])([^A-Za-z]*)")
POINTS = {"M": 1, "L": 1, "Q": 2, "C": 3}
"""How many points each command of a path takes."""
URL = re.compile(r"url\(#([^)]+)\)")
WIDTH = re.compile(r"(?<![\w.#])\d+\.\d+")
NO_TURN = re.compile(r"rotate\(-?0 [^)]*\)")

PLACES = {"x", "y", "width", "height", "points", "offset", "x1", "x2", "y1", "y2", "cx", "cy", "r"}
CENTS = 100
"""Coordinates are kept to a hundredth of a point, less than a pixel of any screen or printer."""


def themed(svg: str, prefix: str, alt: str) -> str:
    """The drawing for one page.  ``prefix`` begins its ids, ``alt`` is its title."""
    for space, uri in (("", SVG), ("xlink", XLINK)):
        ElementTree.register_namespace(space, uri)
    root = ElementTree.fromstring(svg)
    names = {name: f"{prefix}{n}" for n, name in enumerate(_used(root))}
    _tidy(root, names)
    root.attrib.pop("version", None)
    root.attrib.update(
        {
            "role": "img",
            "aria-labelledby": f"{prefix}-t",
            "stroke-linejoin": "round",
            "stroke-linecap": "butt",
        }
    )
    title = Element(f"{{{SVG}}}title", {"id": f"{prefix}-t"})
    title.text = alt
    root.insert(0, title)
    return ElementTree.tostring(root, encoding="unicode").replace("\n", " ")


def _used(root: Element) -> dict[str, None]:
    """The ids that something refers to, in the order of their first use."""
    used: dict[str, None] = {}
    for element in root.iter():
        for name, value in element.attrib.items():
            if name == HREF and value.startswith("#"):
                used[value[1:]] = None
            elif "url(" in value:
                used.update(dict.fromkeys(URL.findall(value)))
    return used


def _tidy(parent: Element, names: Mapping[str, str]) -> None:
    """Every element below ``parent``, children first: groups that say nothing are dissolved."""
    _attributes(parent, names)
    if parent.tag == TEXT:
        for part in parent.iter():
            if part is not parent:
                _attributes(part, names)
                if part.tail and "\n" in part.tail:  # the layout of the file, not a word
                    part.tail = part.tail.strip() or None
        if len(parent) and parent.text and "\n" in parent.text:
            parent.text = parent.text.strip() or None
        return
    kept: list[Element] = []
    for child in parent:
        if child.tag in DROPPED:
            continue
        child.tail = None
        _tidy(child, names)
        if child.tag == GROUP and not child.attrib:
            kept += child
        elif len(child) or child.tag not in (GROUP, DEFS):
            kept.append(child)
    parent[:] = kept
    parent.text = None


def _attributes(element: Element, names: Mapping[str, str]) -> None:
    given = dict(element.attrib)
    element.attrib.clear()
    for name, value in given.items():
        new = _attribute(name, value, names)
        if new:
            element.set(name, new)


def _attribute(name: str, value: str, names: Mapping[str, str]) -> str:
    """The attribute as it stays, or nothing."""
    if name == "id":
        return names.get(value, "")
    if name == HREF:
        return f"#{names[value[1:]]}" if value.startswith("#") else value
    if name == "d":
        return path(value)
    if name in PLACES:  # "403.2pt" is one too
        return NUMBER.sub(_coarse, value)
    if name == "transform":
        return NUMBER.sub(_fine, NO_TURN.sub("", value)).strip()
    if "url(" in value:
        value = URL.sub(lambda match: f"url(#{names[match[1]]})", value)
    if name == "style":
        value = re.sub(r"\s*([:;,])\s*", r"\1", value.strip().rstrip(";"))
        return COLOUR.sub(_variable, WIDTH.sub(_fine, value))
    return value


def _variable(match: re.Match[str]) -> str:
    colour = match.group()
    return f"var(--yj-{ROLES[colour]},{colour})" if colour in ROLES else colour


def _coarse(match: re.Match[str]) -> str:
    return _hundredths(round(float(match.group()) * CENTS))


def _fine(match: re.Match[str]) -> str:
    """Of a scale or a width: five digits."""
    return f"{float(match.group()):.5g}"


def _hundredths(number: int) -> str:
    """123 as 1.23, -50 as -.5"""
    whole, rest = divmod(abs(number), CENTS)
    text = str(whole) if whole or not rest else ""
    if rest:
        text += f".{rest:02d}".rstrip("0")
    return f"-{text}" if number < 0 else text


def path(drawn: str) -> str:
    """Path data in relative coordinates, each point rounded where it lies: errors do not add up.

    >>> path("M 10.001 20 L 30.004 40.5 L 31 41 C 1 2 3 4 5 6 z")
    'M10 20l20 20.5 1 .5c-30-39-28-37-26-35z'
    """
    parts: list[str] = []
    here = start = (0, 0)
    last = ""
    for command, text in COMMAND.findall(drawn):
        if command in "Zz":
            parts.append("z")
            here, last = start, "z"
            continue
        if command.islower():
            raise ValueError(f"path command {command!r}: only absolute ones are known")
        numbers = [round(float(number) * CENTS) for number in text.split()]
        points = list(zip(numbers[::2], numbers[1::2], strict=True))
        count = POINTS[command]
        for i in range(0, len(points), count):
            base = (0, 0) if command == "M" else here
            letter = command if command == "M" else command.lower()
            moves = [n for x, y in points[i : i + count] for n in (x - base[0], y - base[1])]
            here = points[i + count - 1]
            if command == "M":
                start = here
            if letter != last or command == "M":
                parts.append(letter)
            for k, move in enumerate(moves):
                shown = _hundredths(move)
                alone = k == 0 and (letter != last or command == "M")
                parts.append(shown if alone or shown[0] == "-" else f" {shown}")
            last = letter
    return "".join(parts)
