"""A hierarchy of features built by hand: strokes, corners, a square, each a ReLU layer."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.activations.relu import relu
from snippets.kit import Figure, Tr

SIZE, SIDE = 22, 5


def image() -> np.ndarray:
    """A closed square, and shapes that have some of its parts: an L, a U, a plus; (SIZE, SIZE)."""
    drawn = np.zeros((SIZE, SIZE))
    for row, col, sides in ((2, 3, "tblr"), (3, 14, "lb"), (13, 3, "lrb")):
        far = SIDE + 1
        for side, where in {
            "t": (row, slice(col, col + far)),
            "b": (row + SIDE, slice(col, col + far)),
            "l": (slice(row, row + far), col),
            "r": (slice(row, row + far), col + SIDE),
        }.items():
            if side in sides:
                drawn[where] = 1
    drawn[12:19, 16], drawn[15, 13:20] = 1, 1
    return drawn


def at(maps: np.ndarray, rows: int, cols: int) -> np.ndarray:
    """The map read so many rows below and columns to the right; the borders are blank."""
    return np.roll(maps, (-rows, -cols), axis=(0, 1))


def strokes(drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Three pixels in a row, lying and standing: weights 1, bias -2, ReLU."""
    lying = relu(at(drawn, 0, -1) + drawn + at(drawn, 0, 1) - 2)
    standing = relu(at(drawn, -1, 0) + drawn + at(drawn, 1, 0) - 2)
    return lying, standing


def corners(lying: np.ndarray, standing: np.ndarray) -> dict[tuple[int, int], np.ndarray]:
    """A lying and a standing stroke that both begin at a point, in four orientations."""
    return {
        (down, right): relu(at(lying, 0, right) + at(standing, down, 0) - 1)
        for down in (1, -1)
        for right in (1, -1)
    }


def squares(found: dict[tuple[int, int], np.ndarray]) -> np.ndarray:
    """The four corners at their places in a square with sides of SIDE: bias -3."""
    top_left, top_right = found[1, 1], at(found[1, -1], 0, SIDE)
    bottom_left, bottom_right = at(found[-1, 1], SIDE, 0), at(found[-1, -1], SIDE, SIDE)
    return relu(top_left + top_right + bottom_left + bottom_right - 3)


def figure_hierarchy(tr: Tr) -> Figure:
    drawn = image()
    lying, standing = strokes(drawn)
    found = corners(lying, standing)
    whole = squares(found)
    titles = (
        tr("像素", "pixels"),
        tr("1：笔画", "1: strokes"),
        tr("2：拐角", "2: corners"),
        tr("3：方框", "3: squares"),
    )
    canvas, panels = kit.canvas(1, 4, height=1.85, sharex=True, sharey=True)

    def dots(axes, values, marker, colour, size):
        row, col = np.nonzero(values)
        axes.plot(col, row, marker, color=colour, markersize=size, markeredgewidth=1.3)

    dots(panels[0], drawn, "s", kit.INK, 2.2)
    dots(panels[1], lying, "_", kit.BLUE, 4)
    dots(panels[1], standing, "|", kit.ORANGE, 4)
    for (down, right), values in found.items():
        for row, col in np.argwhere(values):
            panels[2].plot(
                [col + 2 * right, col, col],
                [row, row, row + 2 * down],
                color=kit.GREEN,
                linewidth=1.6,
            )
    for row, col in np.argwhere(whole):
        x, y = [col, col + SIDE, col + SIDE, col, col], [row, row, row + SIDE, row + SIDE, row]
        panels[3].fill(x, y, color=kit.RED, alpha=0.25, linewidth=0)
        panels[3].plot(x, y, color=kit.RED, linewidth=1.6)
    for axes, title in zip(panels, titles, strict=True):
        axes.set_title(title)
        axes.set_xlim(-1, SIZE)
        axes.set_ylim(SIZE, -1)
        axes.set_aspect("equal")
        axes.grid(visible=False)
        axes.set_xticks([])
        axes.set_yticks([])
        for spine in axes.spines.values():
            spine.set_visible(True)
    return Figure(
        canvas,
        caption=tr(
            "手工写出的特征层级，每层都是加权和、偏置加 ReLU：笔画由像素组成，拐角由笔画组成，"
            "方框由拐角组成。L 形、U 形和十字有方框的一部分，只有方框走到了最后一层。",
            "A hierarchy of features written by hand; each layer is a weighted sum, a bias and a "
            "ReLU. Strokes are made of pixels, corners of strokes, a square of corners. The L, the "
            "U and the plus share parts with the square; only the square reaches the last layer.",
        ),
        alt=tr(
            "四个小图：像素画出方框、L、U 和十字；然后是横竖笔画；然后是拐角；"
            "最后只剩左上角的方框。",
            "Four panels: a square, an L, a U and a plus in pixels; then lying and standing "
            "strokes; then corners; in the end only the square at the top left is left.",
        ),
        data={"image": drawn, "lying": lying, "standing": standing, "squares": whole}
        | {f"corner{down:+d}{right:+d}": values for (down, right), values in found.items()},
    )
