"""Turns one declared thing into what the manifest holds: an SVG, a table, a number, evidence.

Runs in a worker process.  Everything here is a pure function of what the snippet returned.
"""

from __future__ import annotations

import hashlib
import io
import math
import numbers
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gen import drawing
from snippets import kit

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

STYLE = Path(kit.__file__).with_name("house.mplstyle")

HAN = re.compile(r"[\u3400-\u9fff]")
WORD = re.compile(r"[a-z]{4,}")


class Refused(ValueError):
    """What a snippet returned cannot be shown; ``what`` and ``todo`` make the problem's text."""

    def __init__(self, what: str, todo: str) -> None:
        super().__init__(f"{what}; {todo}")
        self.what, self.todo = what, todo


# --------------------------------------------------------------------------- figures


def figure(made: Any, tr: kit.Tr, name: str) -> tuple[dict[str, Any], str]:
    """The payload of a figure, and its SVG: one for both themes, colours as CSS variables."""
    _expect(made, kit.Figure)
    for label, text in (("caption", made.caption), ("alt", made.alt)):
        if not text.strip():
            raise Refused(f"the figure has no {label}", f"give {label}=tr(...)")
        _both_languages(text, tr)
    _numbers_are_finite(made.data.values(), "the figure's data")
    svg = _svg(made.canvas, f"{name}.{tr.lang}", made.alt)
    for text in _texts(made.canvas):  # after the drawing, which made the ticks
        _both_languages(text, tr)
    width, height = (float(v) * 72 for v in made.canvas.get_size_inches())
    payload = {
        "caption": made.caption,
        "alt": made.alt,
        "width": round(width, 2),
        "height": round(height, 2),
    }
    return payload, svg


def _texts(canvas: Canvas) -> list[str]:
    from matplotlib.text import Text

    return [t.get_text() for t in canvas.findobj(Text) if t.get_visible() and t.get_text()]


def _svg(canvas: Canvas, name: str, alt: str) -> str:
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    prefix = "f" + hashlib.sha256(name.encode()).hexdigest()[:6]
    drawn = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": prefix}), _ticks_once():
        # Not by savefig, which lays the figure out twice; the bytes are the same.
        page = FigureCanvasSVG(canvas)
        page.print_svg(drawn, metadata={"Date": None, "Creator": None})  # type: ignore[no-untyped-call]
    return drawing.themed(drawn.getvalue(), prefix, alt)


@contextmanager
def _ticks_once() -> Iterator[None]:
    """While a finished figure is laid out and drawn, the ticks of an axis are computed again only
    where its limits or its place have changed.

    matplotlib asks for them some ten times an axis, mostly without a change; the drawing is the
    same to the byte, and takes a fifth less time.
    """
    from matplotlib.axis import Axis

    original = Axis._update_ticks  # type: ignore[attr-defined]
    known: dict[Any, tuple[Any, Any]] = {}

    def update(axis: Any) -> Any:
        state = (*axis.get_view_interval(), *axis.axes.bbox.bounds)
        if axis not in known or known[axis][0] != state:
            known[axis] = state, original(axis)
        return known[axis][1]

    Axis._update_ticks = update  # type: ignore[attr-defined]
    try:
        yield
    finally:
        Axis._update_ticks = original  # type: ignore[attr-defined]


# --------------------------------------------------------------------------- tables


def table(made: Any, tr: kit.Tr) -> tuple[dict[str, Any], list[kit.Formula]]:
    """The payload of a table, and the formulas in its cells, which are to be checked like all
    others.
    """
    _expect(made, kit.Table)
    columns = [c if isinstance(c, kit.Col) else kit.Col(c) for c in made.columns]
    for text in (made.caption, *(c.head for c in columns), *(c.unit for c in columns)):
        _both_languages(text, tr)
    formulas = [cell for row in made.rows for cell in row if isinstance(cell, kit.Formula)]
    rows = [
        [_cell(cell, column, tr) for cell, column in zip(row, columns, strict=True)]
        for row in made.rows
    ]
    if not made.caption.strip():
        raise Refused("the table has no caption", "give caption=tr(...)")
    return {
        "columns": [{"head": c.head, "unit": c.unit} for c in columns],
        "rows": rows,
        "caption": made.caption,
        "sortable": made.sortable,
    }, formulas


def _cell(cell: kit.Cell, column: kit.Col, tr: kit.Tr) -> dict[str, Any]:
    if cell is None:
        return {"md": "–", "sort": None}
    if isinstance(cell, bool):
        return {"md": tr("是", "yes") if cell else tr("否", "no"), "sort": float(cell)}
    if isinstance(cell, kit.Formula):
        return {"md": f"${cell.latex}$", "sort": None}
    if isinstance(cell, str):
        _both_languages(cell, tr)
        return {"md": cell, "sort": None}
    if isinstance(cell, kit.Spread):
        return {"md": spread_text(cell.values, column.format), "sort": cell.mean}
    if isinstance(cell, numbers.Real):
        _numbers_are_finite([cell], f"column '{column.head}'", allow_infinity=True)
        return {"md": number_text(cell, column.format), "sort": float(cell)}
    raise Refused(
        f"a cell of column '{column.head}' is {type(cell).__name__}",
        "give a number, a text, a Formula, a Spread or None",
    )


# --------------------------------------------------------------------------- numbers


def number_text(value: Any, spec: str) -> str:
    """A number as it stands in a text: a true minus sign, powers of ten as such.

    >>> number_text(-9.1e-13, ".1e")
    '−9.1×10<sup>−13</sup>'
    """
    if not isinstance(value, numbers.Real):
        return format(value, spec)
    if math.isinf(float(value)):
        return "∞" if float(value) > 0 else "−∞"
    text = format(value, spec)
    if not text.strip("-0.,%"):  # what is rounded to zero has no sign
        text = text.lstrip("-")
    mantissa, e, exponent = text.partition("e")
    if e:
        power = str(int(exponent)).replace("-", "−")
        return f"{mantissa.replace('-', '−')}×10<sup>{power}</sup>"
    return text.replace("-", "−")


def number_latex(value: Any, spec: str) -> str:
    """The same inside a formula."""
    if not isinstance(value, numbers.Real):
        return format(value, spec)
    if math.isinf(float(value)):
        return r"\infty" if float(value) > 0 else r"-\infty"
    mantissa, e, exponent = format(value, spec).partition("e")
    if e:
        return rf"{mantissa}\times 10^{{{int(exponent)}}}"
    return mantissa.replace(",", "{,}").replace("%", r"\%")


def spread_text(values: Sequence[float], spec: str) -> str:
    """Mean and range over runs: ``0.63 [0.58, 0.69]``."""
    mean, low, high = sum(values) / len(values), min(values), max(values)
    return f"{number_text(mean, spec)} [{number_text(low, spec)}, {number_text(high, spec)}]"


def value(made: Any) -> dict[str, Any]:
    """The payload of a value: numbers, texts, and lists or mappings of them."""
    return {"value": _plain(made)}


def _plain(made: Any) -> Any:
    if isinstance(made, kit.Spread):
        return {"spread": list(made.values)}
    if isinstance(made, bool | str):
        return made
    if isinstance(made, numbers.Integral):
        return int(made)
    if isinstance(made, numbers.Real):
        _numbers_are_finite([made], "the value")
        return float(made)
    if isinstance(made, Mapping):
        return {str(k): _plain(v) for k, v in made.items()}
    if hasattr(made, "tolist"):
        return _plain(made.tolist())
    if isinstance(made, list | tuple):
        return [_plain(v) for v in made]
    raise Refused(
        f"a value is {type(made).__name__}",
        "return a number, a text, a Spread, or a list or dict of them",
    )


# --------------------------------------------------------------------------- evidence


def check(made: Any) -> dict[str, Any]:
    """The payload of a check; one whose error exceeds its tolerance is refused."""
    _expect(made, kit.Check)
    if made.cases < 1:
        raise Refused("the check compared nothing", "give it at least one case")
    if not made.error <= made.tolerance:
        raise Refused(
            f"the check fails: error {made.error:.3g}, allowed {made.tolerance:.3g}",
            "correct the function, or the oracle",
        )
    zh, en = (made.against, made.against) if isinstance(made.against, str) else made.against
    return {
        "against": {"zh": zh, "en": en},
        "cases": int(made.cases),
        "error": float(made.error),
        "tolerance": float(made.tolerance),
    }


# --------------------------------------------------------------------------- what is refused


def _expect(made: Any, wanted: type) -> None:
    if not isinstance(made, wanted):
        raise Refused(
            f"it returned {type(made).__name__}, not kit.{wanted.__name__}",
            f"return kit.{wanted.__name__}(...)",
        )


def _numbers_are_finite(values: Iterable[Any], where: str, *, allow_infinity: bool = False) -> None:
    import numpy as np

    for value in values:
        data = np.asarray(value)
        if data.dtype.kind not in "fc":
            continue
        bad = np.isnan(data) if allow_infinity else ~np.isfinite(data)
        if bad.any():
            raise Refused(
                f"{where} holds {data[bad].flat[0] if data.ndim else data}",
                "find where it comes from; where nan is the point, show it as text",
            )


def _both_languages(text: str, tr: kit.Tr) -> None:
    """Refuse a word that stands in one language only, because it did not come through ``tr``."""
    if text in tr.said:
        return
    rest = re.sub(r"`[^`]*`|\$[^$]*\$", " ", text)
    for said in sorted(tr.said, key=len, reverse=True):
        rest = rest.replace(said, " ")
    found = HAN.search(rest) or WORD.search(rest)
    if found:
        raise Refused(
            f"the text {text!r} stands in one language only",
            "write it as tr('中文', 'English'), or tr.name('...') where both use the same name",
        )
