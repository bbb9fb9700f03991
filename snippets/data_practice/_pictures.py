"""Two small colour pictures drawn by code, and how they are shown: what augmentation works on."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from snippets import kit

SIDE = 48
_FINE = 4  # points a pixel is averaged over, in each direction

Colour = tuple[float, float, float]


def _grid() -> tuple[np.ndarray, np.ndarray]:
    """Coordinates x (to the right) and y (down) in pixels, _FINE points a pixel."""
    line = (np.arange(SIDE * _FINE) + 0.5) / _FINE
    return np.meshgrid(line, line)


def _paint(picture: np.ndarray, where: np.ndarray, colour: Colour) -> None:
    picture[where] = colour


def _coarse(picture: np.ndarray) -> np.ndarray:
    return picture.reshape(SIDE, _FINE, SIDE, _FINE, 3).mean(axis=(1, 3))


def _backdrop(y: np.ndarray, top: Colour, bottom: Colour) -> np.ndarray:
    share = (y / SIDE)[..., None]
    return (1 - share) * np.array(top) + share * np.array(bottom)


@cache
def house() -> np.ndarray:
    """A house with a chimney on the right, a door on the left and the sun: (SIDE, SIDE, 3)."""
    x, y = _grid()
    picture = _backdrop(y, (0.45, 0.66, 0.88), (0.80, 0.88, 0.93))
    _paint(picture, (x - 8) ** 2 + (y - 8) ** 2 < 20, (0.97, 0.82, 0.25))
    _paint(picture, y > 40, (0.36, 0.60, 0.30))
    _paint(picture, (abs(x - 33) < 2.5) & (y > 8) & (y < 20), (0.45, 0.30, 0.26))
    _paint(picture, (y > 10) & (y < 23) & (abs(x - 25) < (y - 9) * 1.2), (0.75, 0.25, 0.20))
    _paint(picture, (abs(x - 25) < 13) & (y >= 23) & (y < 42), (0.90, 0.80, 0.64))
    _paint(picture, (abs(x - 18) < 3) & (y > 31) & (y < 42), (0.35, 0.22, 0.16))
    _paint(picture, (abs(x - 30) < 4) & (y > 27) & (y < 35), (0.25, 0.38, 0.58))
    return _coarse(picture)


@cache
def boat() -> np.ndarray:
    """A sailing boat on the sea: (SIDE, SIDE, 3)."""
    x, y = _grid()
    picture = _backdrop(y, (0.93, 0.72, 0.52), (0.98, 0.90, 0.78))
    _paint(picture, y > 34, (0.12, 0.42, 0.52))
    _paint(picture, (y > 32) & (y < 39) & (abs(x - 24) < 18 - (y - 32) * 0.9), (0.55, 0.16, 0.20))
    _paint(picture, (abs(x - 22) < 0.8) & (y > 6) & (y < 33), (0.25, 0.20, 0.18))
    _paint(picture, (x > 23) & (y > 8) & (y < 30) & (x < 23 + (y - 8) * 0.75), (0.96, 0.96, 0.94))
    _paint(picture, (x < 21) & (y > 12) & (y < 30) & (x > 21 - (y - 12) * 0.6), (0.30, 0.52, 0.36))
    return _coarse(picture)


def show(axes: Any, picture: np.ndarray, title: str, size: float = 9) -> None:
    """The picture, pixel by pixel and embedded as such, with its name above."""
    axes.imshow(np.clip(picture, 0, 1), interpolation="none")
    axes.set_title(title, fontsize=size, fontweight="normal", pad=3)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(False)
    for side in axes.spines.values():
        side.set_visible(True)
        side.set_color(kit.MUTED)
        side.set_linewidth(0.5)
