"""Draws a computation graph: nodes, forward arrows above, gradients coming back below.

A drawing is measured in inches from its lower left corner, so that text never changes its size.
What goes forward is a solid line, what comes back a dashed one: a print without colours shows both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from snippets import kit

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

Kind = Literal["value", "operation"]
TEXT = 9.5
FORWARD, BACKWARD = kit.BLUE, kit.ORANGE
GAP = 0.035
"""Half the distance between the two arrows of an edge, inches."""


@dataclass(frozen=True)
class Node:
    """A value (a rounded box) or an operation (a circle) at (x, y); half its width and height."""

    x: float
    y: float
    half_width: float
    half_height: float
    kind: Kind

    def border(self, angle: float) -> np.ndarray:
        """The point on the border in the direction ``angle``."""
        direction = np.array([np.cos(angle), np.sin(angle)])
        if self.kind == "operation":
            return np.array([self.x, self.y]) + self.half_width * direction
        with np.errstate(divide="ignore"):
            reach = np.min(np.array([self.half_width, self.half_height]) / np.abs(direction))
        return np.array([self.x, self.y]) + reach * direction


class Graph:
    """A drawing of ``width`` by ``height`` inches; ``canvas`` goes into a ``kit.Figure``."""

    def __init__(self, width: float, height: float) -> None:
        self.canvas: Canvas
        self.canvas, self.axes = kit.canvas(width=width, height=height)
        self.canvas.set_layout_engine("none")
        self.axes.set_position((0, 0, 1, 1))
        self.axes.set_xlim(0, width)
        self.axes.set_ylim(0, height)
        self.axes.axis("off")
        self.nodes: dict[str, Node] = {}

    def value(
        self, name: str, x: float, y: float, text: str, *, width: float = 0.5, height: float = 0.3
    ) -> None:
        """A rounded box with ``text``, which may have two lines."""
        from matplotlib.patches import FancyBboxPatch

        self.nodes[name] = Node(x, y, width / 2, height / 2, "value")
        self.axes.add_patch(
            FancyBboxPatch(
                (x - width / 2, y - height / 2),
                width,
                height,
                boxstyle="round,pad=0,rounding_size=0.07",
                facecolor=kit.PAPER,
                edgecolor=kit.MUTED,
                linewidth=1.1,
                zorder=3,
            )
        )
        self.text(x, y, text)

    def operation(self, name: str, x: float, y: float, text: str, *, radius: float = 0.17) -> None:
        """A circle with the sign of the operation."""
        from matplotlib.patches import Circle

        self.nodes[name] = Node(x, y, radius, radius, "operation")
        self.axes.add_patch(
            Circle((x, y), radius, facecolor=kit.GRID, edgecolor=kit.INK, linewidth=1.1, zorder=3)
        )
        self.text(x, y, text)

    def anchor(self, name: str, x: float, y: float) -> None:
        """A point without a mark, such as a place on the border of a tall box."""
        self.nodes[name] = Node(x, y, 0.0, 0.0, "operation")

    def edge(
        self,
        start: str,
        end: str,
        forward: str | None = "",
        backward: str | None = None,
        *,
        at: float = 0.5,
        back_at: float | None = None,
    ) -> None:
        """An arrow from ``start`` to ``end`` with the text ``forward`` above it.

        With ``backward`` (which may be empty) a dashed arrow returns below it, the only one if
        ``forward`` is None.  ``at`` and ``back_at`` say how far along the edge the texts stand.
        """
        a, b = self.nodes[start], self.nodes[end]
        angle = float(np.arctan2(b.y - a.y, b.x - a.x))
        along = np.array([np.cos(angle), np.sin(angle)])
        above = np.array([-np.sin(angle), np.cos(angle)])
        if above[1] < -1e-9 or (abs(above[1]) < 1e-9 and above[0] > 0):
            above = -above
        first, last = a.border(angle) + 0.02 * along, b.border(angle + np.pi) - 0.02 * along
        aside = above * (GAP if None not in (forward, backward) else 0)
        if forward is not None:
            self._arrow(first + aside, last + aside, FORWARD, "-")
        if forward:
            self._label(first + at * (last - first) + aside, above, forward, FORWARD)
        if backward is not None:
            self._arrow(last - aside, first - aside, BACKWARD, (0, (3, 1.6)))
        if backward:
            at = at if back_at is None else back_at
            self._label(first + at * (last - first) - aside, -above, backward, BACKWARD)

    def text(
        self, x: float, y: float, text: str, *, color: str = kit.INK, align: str = "center"
    ) -> None:
        self.axes.text(
            x, y, text, ha=align, va="center", color=color, fontsize=TEXT, zorder=4, linespacing=1.3
        )

    def key(self, x: float, y: float, forward: str, backward: str) -> None:
        """What the two kinds of arrows mean, side by side, from x on at the height y."""
        for place, text, colour, style in (
            (x, forward, FORWARD, "-"),
            (x + 1.55, backward, BACKWARD, (0, (3, 1.6))),
        ):
            self._arrow(np.array([place, y]), np.array([place + 0.34, y]), colour, style)
            self.text(place + 0.42, y, text, color=colour, align="left")

    def _arrow(self, first: np.ndarray, last: np.ndarray, color: str, style: object) -> None:
        shaft = last - 0.07 * (last - first) / np.linalg.norm(last - first)
        self.axes.plot(
            *np.transpose([first, shaft]), color=color, linestyle=style, linewidth=1.3, zorder=2
        )
        self.axes.annotate(
            "",
            tuple(last),
            tuple(shaft),
            arrowprops={
                "arrowstyle": "-|>",
                "color": color,
                "linewidth": 0.6,
                "shrinkA": 0,
                "shrinkB": 0,
                "mutation_scale": 8,
            },
            zorder=2,
        )

    def _label(self, place: np.ndarray, side: np.ndarray, text: str, color: str) -> None:
        """Text beside a line, on the side to which ``side`` points."""
        steep = abs(side[0]) > 0.35
        x, y = place + side * 0.05
        self.axes.text(
            x,
            y,
            text,
            ha=("left" if side[0] > 0 else "right") if steep else "center",
            va="center" if abs(side[1]) < 0.35 else ("bottom" if side[1] > 0 else "top"),
            color=color,
            fontsize=TEXT - 0.5,
            zorder=4,
        )
