"""Small grids of numbers, drawn or set as a matrix: what the pages on convolution show."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from snippets import kit


def shown(number: float) -> str:
    """A short number with a real minus sign: −2, 0.25, 1."""
    return f"{number:g}".replace("-", "−")


def draw(
    axes: Any,
    values: np.ndarray,
    *,
    filled: Collection[tuple[int, int]] = (),
    colour: str = kit.BLUE,
    size: float = 9,
    faint_zeros: bool = False,
) -> None:
    """Draws a matrix as a grid of cells with their numbers; ``filled`` cells (row, column)."""
    from matplotlib.patches import Rectangle

    rows, cols = values.shape
    for (row, col), number in np.ndenumerate(values):
        face = colour if (row, col) in filled else "none"
        cell = Rectangle((col, row), 1, 1, facecolor=face, edgecolor="none", alpha=0.22)
        axes.add_patch(cell)
        axes.add_patch(
            Rectangle((col, row), 1, 1, facecolor="none", edgecolor=kit.MUTED, linewidth=0.7)
        )
        faint = faint_zeros and (row, col) not in filled
        axes.text(
            col + 0.5,
            row + 0.54,
            shown(number),
            ha="center",
            va="center",
            fontsize=size,
            color=kit.MUTED if faint else kit.INK,
        )
    axes.set_xlim(-0.08, cols + 0.08)
    axes.set_ylim(rows + 0.08, -0.08)
    axes.set_aspect("equal")
    axes.axis("off")


def frame(axes: Any, row: float, col: float, k: int, colour: str = kit.ORANGE) -> None:
    """A thick border around the k×k cells whose upper left one is (row, col)."""
    from matplotlib.patches import Rectangle

    axes.add_patch(
        Rectangle((col, row), k, k, facecolor="none", edgecolor=colour, linewidth=2, zorder=5)
    )


def matrix(values: np.ndarray) -> str:
    """The matrix as LaTeX, for a cell of a table."""
    rows = (" & ".join(f"{v:g}" for v in row) for row in np.atleast_2d(values))
    return r"$\begin{pmatrix}" + r" \\ ".join(rows) + r"\end{pmatrix}$"
