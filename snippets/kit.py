"""The vocabulary that snippets share.

A concept module declares what its page shows by name: ``figure_*``, ``table_*``, ``value_*``,
``check_*`` functions and ``formula_*`` objects.  This module holds the types those return and
nothing else; it imports nothing of the generator, so that a snippet runs wherever NumPy does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

Lang = Literal["zh", "en"]
Pair = tuple[str, str]
"""The same text in Chinese and in English, always side by side."""

LANGS: tuple[Lang, Lang] = ("zh", "en")


class KitError(ValueError):
    """A snippet declared something that cannot be shown; the message says what to change."""


class Tr:
    """Chooses between two languages, and remembers what it said.

    ``tr("温度", "temperature")`` gives the text of the language being built; ``tr.name("softmax")``
    marks a word that is the same in both.  The generator refuses a word in a figure or a table
    that came through neither: it would stand there in one language only.
    """

    def __init__(self, lang: Lang) -> None:
        self.lang: Lang = lang
        self.said: set[str] = set()

    def __call__(self, zh: str, en: str) -> str:
        if not zh.strip() or not en.strip():
            raise KitError(f"tr({zh!r}, {en!r}): a text is missing; give both languages")
        if _has_han(en):
            raise KitError(
                f"tr({zh!r}, {en!r}): the English text has Chinese characters; "
                "the order is tr(Chinese, English)"
            )
        text = zh if self.lang == "zh" else en
        self.said.add(text)
        return text

    def name(self, text: str) -> str:
        """A proper name or an identifier, the same in both languages."""
        self.said.add(text)
        return text

    def pair(self, both: Pair) -> str:
        """The text of a (Chinese, English) pair that was declared at module level."""
        return self(*both)


def _has_han(text: str) -> bool:
    return any("\u3400" <= ch <= "\u9fff" for ch in text)


# --------------------------------------------------------------------------- formulas


@dataclass(frozen=True)
class Symbol:
    """What one symbol of a formula means, and how its values are drawn.  Made by the functions
    below.
    """

    meaning: Pair
    kind: Literal["scalar", "integer", "array", "index", "function", "constant"]
    low: float = 0.0
    high: float = 0.0
    size: tuple[str | int, ...] = ()
    value: Any = None
    unit: str = ""
    without: tuple[float, ...] = ()

    @property
    def shape(self) -> str:
        """The shape as it is printed beside the symbol: ``(n,)``, ``(m, n)``, empty for a
        scalar.
        """
        if not self.size or self.kind == "index":
            return ""
        return f"({', '.join(map(str, self.size))}{',' if len(self.size) == 1 else ''})"


def scalar(
    meaning: Pair, low: float, high: float, unit: str = "", without: tuple[float, ...] = ()
) -> Symbol:
    """A real number, sampled in [low, high]; ``without`` lists points at which nothing is
    claimed.
    """
    return Symbol(meaning, "scalar", low, high, unit=unit, without=without)


def integer(meaning: Pair, low: int, high: int, unit: str = "") -> Symbol:
    """A whole number, sampled in [low, high], both included; also the size of arrays."""
    return Symbol(meaning, "integer", low, high, unit=unit)


def array(meaning: Pair, size: tuple[str | int, ...], low: float, high: float) -> Symbol:
    """A vector, matrix or tensor; ``size`` names integer symbols or gives numbers: ("m", "n")."""
    return Symbol(meaning, "array", low, high, size)


def index(meaning: Pair, upto: str | int) -> Symbol:
    """An index that runs from 1 to ``upto`` (an integer symbol or a number)."""
    return Symbol(meaning, "index", size=(upto,))


def function(meaning: Pair, fn: Callable[..., Any]) -> Symbol:
    """A function that the formula applies: ``f(x)`` is then an application, not a product."""
    return Symbol(meaning, "function", value=fn)


def constant(meaning: Pair, value: Any, unit: str = "") -> Symbol:
    """A symbol with one fixed value."""
    return Symbol(meaning, "constant", value=value, unit=unit)


@dataclass(frozen=True)
class Formula:
    r"""A displayed LaTeX formula that is itself evaluated, with every symbol declared.

    Kinds, by what is given:

    - identity: ``equals=fn``.  Each sampled left side equals ``fn`` called with the symbols whose
      names match its parameters (``\tau`` matches ``tau``).
    - derivative: ``derivative_of=fn``.  The right side equals finite differences of ``fn`` in
      ``wrt``, and autograd of ``autograd`` (the same function written with torch).
    - system: ``equals={"m_t": fn, ...}`` for the aligned lines of one formula, each left side.
    - claim: no left side to compute but a relation (``=``, ``<``, ``\le`` ...) between expressions
      that must hold on every sample.
    - definition: none of these; ``witness`` gives the symbol values of the numeric example shown.

    ``tolerance`` bounds ``|a - b| / max(1, |b|)``; ``samples`` is the number of random draws.
    """

    latex: str
    where: Mapping[str, Symbol]
    equals: Callable[..., Any] | Mapping[str, Callable[..., Any]] | None = None
    derivative_of: Callable[..., Any] | None = None
    autograd: Callable[..., Any] | None = None
    wrt: str = "x"
    witness: Mapping[str, Any] | None = None
    samples: int = 200
    tolerance: float = 1e-9


# --------------------------------------------------------------------------- results


@dataclass(frozen=True)
class Check:
    """Evidence: our code held against something that we did not write.

    ``against`` names the oracle (for a page: ``("PyTorch 的 `F.relu`", "PyTorch's `F.relu`")`` or
    one string for both languages), ``error`` is the largest ``|a - b| / max(1, |b|)`` over
    ``cases`` numbers.
    """

    against: str | Pair
    cases: int
    error: float
    tolerance: float


def compare(
    against: str | Pair, pairs: Iterable[tuple[Any, Any]], *, tolerance: float = 1e-12
) -> Check:
    """Hold pairs (ours, theirs) of array-likes against one another, element by element.

    nan equals nan, and an infinity equals itself.  Raises KitError at the first pair that differs
    in shape or by more than ``tolerance``, relative to ``max(1, |theirs|)``, and where there is no
    case.
    """
    cases, worst = 0, 0.0
    for number, (ours, theirs) in enumerate(pairs, 1):
        a = np.atleast_1d(np.asarray(ours, dtype=float))
        b = np.atleast_1d(np.asarray(theirs, dtype=float))
        if a.shape != b.shape:
            raise KitError(f"pair {number}: shapes {a.shape} and {b.shape} differ")
        same = (a == b) | (np.isnan(a) & np.isnan(b))
        with np.errstate(invalid="ignore"):
            gap = np.where(same, 0.0, np.abs(a - b) / np.maximum(1.0, np.abs(b)))
        gap = np.where(np.isnan(gap), np.inf, gap)
        cases += a.size
        if gap.size and gap.max() > tolerance:
            at = np.unravel_index(int(gap.argmax()), gap.shape)
            raise KitError(
                f"pair {number} at {tuple(map(int, at))}: ours {a[at]!r}, theirs {b[at]!r}; "
                f"they differ by {gap[at]:.3g}, allowed is {tolerance:.3g}"
            )
        worst = max(worst, float(gap.max(initial=0.0)))
    if not cases:
        raise KitError("nothing was compared; a check needs at least one case")
    return Check(against, cases, worst, tolerance)


@dataclass(frozen=True)
class Spread:
    """A result that varies from run to run, never shown as if exact: mean, smallest and largest.

    ``format(spread, ".2f")`` gives ``0.63 [0.58, 0.69]``; the page adds the number of runs.
    """

    values: tuple[float, ...]

    def __init__(self, values: Iterable[float]) -> None:
        object.__setattr__(self, "values", tuple(float(v) for v in values))
        if len(self.values) < 2:
            raise KitError("a spread needs at least two runs; run more seeds")

    @property
    def mean(self) -> float:
        return float(np.mean(self.values))

    @property
    def low(self) -> float:
        return min(self.values)

    @property
    def high(self) -> float:
        return max(self.values)

    def __len__(self) -> int:
        return len(self.values)

    def __format__(self, spec: str) -> str:
        return f"{self.mean:{spec}} [{self.low:{spec}}, {self.high:{spec}}]"


Cell = str | int | float | bool | Formula | Spread | None


@dataclass(frozen=True)
class Col:
    """A column: its head, its unit (printed after the head), a Python format for its numbers.

    A number is set in the form of the column; a cell that is text may hold `code`, **strong** and
    $symbols$.
    """

    head: str
    unit: str = ""
    format: str = ".4g"


@dataclass(frozen=True)
class Table:
    """A table: heads, rows, a caption.  ``sortable`` where a reader would want another order."""

    columns: Sequence[Col | str]
    rows: Sequence[Sequence[Cell]]
    caption: str
    sortable: bool = False

    def __post_init__(self) -> None:
        if not self.rows:
            raise KitError("the table has no rows")
        for number, row in enumerate(self.rows, 1):
            if len(row) != len(self.columns):
                raise KitError(
                    f"row {number} has {len(row)} cells, the table has {len(self.columns)} columns"
                )


@dataclass(frozen=True)
class Figure:
    """A matplotlib figure with its caption, and a description for those who do not see it.

    ``alt`` says what the figure shows, not that it is one: what rises, where it crosses, by how
    much.
    """

    canvas: Canvas
    caption: str
    alt: str
    data: Mapping[str, Any] = field(default_factory=dict)
    """What was drawn, by name: the tests hold it against what the text says of the figure."""


# --------------------------------------------------------------------------- drawing

INK, MUTED, GRID, PAPER = "#1c2430", "#5b6675", "#d5dae1", "#fefefe"
BLUE, ORANGE, GREEN, RED, PURPLE, TEAL = (
    "#1f6fb2",
    "#bc5318",
    "#2e8540",
    "#b3263a",
    "#6f4bb0",
    "#12808a",
)
SERIES = (BLUE, ORANGE, GREEN, PURPLE, RED, TEAL)
"""Colours of the house, one role each.  On the page each becomes a CSS variable, so that one SVG
serves the light and the dark theme; any other colour stays as it is in both."""
LINES = ("-", (0, (6, 2)), "-.", ":")
"""Line styles that keep curves apart in a print without colours."""


def canvas(
    rows: int = 1, cols: int = 1, *, width: float = 5.6, height: float = 3.2, **options: Any
) -> tuple[Canvas, Any]:
    """A new matplotlib figure (inches) and its axes, as ``pyplot.subplots`` gives them, without
    pyplot.

    5.6 inches is the width of the text column and still legible on a phone: do not draw wider.
    """
    from matplotlib.figure import Figure as MatplotlibFigure

    figure = MatplotlibFigure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(rows, cols, **options)


def zero_lines(axes: Axes) -> None:
    """Thin lines through the origin, behind the curves."""
    axes.axhline(0, color=GRID, linewidth=0.8, zorder=0)
    axes.axvline(0, color=GRID, linewidth=0.8, zorder=0)


def seeds(count: int, base: int = 0) -> Iterator[np.random.Generator]:
    """Independent random generators, always the same ones: one a run of an experiment."""
    for child in np.random.SeedSequence(base).spawn(count):
        yield np.random.default_rng(child)
