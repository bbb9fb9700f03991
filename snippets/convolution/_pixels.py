"""Small pictures: an image or a feature map as shaded cells, in the colours of both themes."""

from __future__ import annotations

from typing import Any

import numpy as np

from snippets import kit

STEPS = 6


def draw(
    axes: Any, values: np.ndarray, *, top: float | None = None, colour: str = kit.BLUE
) -> None:
    """Draws a matrix: the larger a number, the stronger its ``colour``; negative ones are orange.

    ``top`` is the size that gets the full colour, by default the largest.  Shades come in STEPS.
    """
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    rows, cols = values.shape
    top = float(np.abs(values).max()) if top is None else top
    level = np.rint(values / (top or 1) * STEPS).astype(int).clip(-STEPS, STEPS)
    for step in sorted(set(level.flat) - {0}):
        cells = [
            [(start, row), (stop, row), (stop, row + 1), (start, row + 1), (start, row)]
            for row in range(rows)
            for start, stop in _runs(level[row] == step)
        ]
        path = Path.make_compound_path(*(Path(cell, closed=True) for cell in cells))
        axes.add_patch(
            PathPatch(
                path,
                facecolor=colour if step > 0 else kit.ORANGE,
                alpha=abs(step) / STEPS,
                linewidth=0,
            )
        )
    axes.set_xlim(-0.15, cols + 0.15)
    axes.set_ylim(rows + 0.15, -0.15)
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_visible(True)


def _runs(where: np.ndarray) -> list[tuple[int, int]]:
    """Where a row of truths begins and ends, run by run."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], where.astype(int), [0]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def picture(size: int = 24) -> np.ndarray:
    """A drawn image (size, size) between 0 and 1: a disc, a square and a slanted bar."""
    row, col = np.mgrid[:size, :size] + 0.5
    unit = size / 24
    drawn = np.zeros((size, size))
    drawn[(row - 7 * unit) ** 2 + (col - 7 * unit) ** 2 <= (4.6 * unit) ** 2] = 1
    drawn[(abs(row - 7 * unit) <= 4 * unit) & (abs(col - 18 * unit) <= 3 * unit)] = 0.6
    drawn[(abs(row + col / 3 - 21.5 * unit) <= 1.6 * unit) & (abs(col - 12 * unit) <= 8 * unit)] = 1
    return drawn
