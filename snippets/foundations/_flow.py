"""Boxes and arrows for diagrams of networks, in the colours of the house."""

from __future__ import annotations

from typing import Any

from snippets import kit


def blank(height: float, width: float = 5.6) -> tuple[Any, Any]:
    """A canvas whose axes are in inches, from (0, 0) at the lower left, with nothing drawn."""
    canvas, axes = kit.canvas(width=width, height=height)
    axes.set_axis_off()
    axes.set_xlim(0, width)
    axes.set_ylim(0, height)
    return canvas, axes


def box(
    axes: Any, x: float, y: float, width: float, height: float, text: str, colour: str = kit.BLUE
) -> None:
    """A rectangle with its centre at (x, y), a tint of its colour, and text in it."""
    from matplotlib.patches import FancyBboxPatch

    corner = (x - width / 2, y - height / 2)
    style = "round,pad=0,rounding_size=0.06"
    for fill in (True, False):
        axes.add_patch(
            FancyBboxPatch(
                corner,
                width,
                height,
                boxstyle=style,
                facecolor=colour if fill else "none",
                edgecolor="none" if fill else colour,
                alpha=0.14 if fill else 1,
                linewidth=1.2,
            )
        )
    axes.text(x, y, text, ha="center", va="center", color=kit.INK)


def arrow(
    axes: Any,
    start: tuple[float, float],
    end: tuple[float, float],
    colour: str = kit.INK,
    line: Any = "-",
    bend: float = 0.0,
) -> None:
    """An arrow from start to end; ``bend`` is the curvature of its arc."""
    axes.annotate(
        "",
        end,
        start,
        arrowprops={
            "arrowstyle": "-|>",
            "color": colour,
            "linestyle": line,
            "linewidth": 1.3,
            "shrinkA": 0,
            "shrinkB": 0,
            "mutation_scale": 11,
            "connectionstyle": f"arc3,rad={bend}",
        },
    )
