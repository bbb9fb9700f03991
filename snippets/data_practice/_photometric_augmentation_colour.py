"""Brightness, contrast, saturation, hue: on a grey ramp and on the house."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.data_practice import _pictures
from snippets.data_practice.photometric_augmentation import (
    adjust_brightness,
    adjust_contrast,
    adjust_hue,
    adjust_saturation,
    hsv_to_rgb,
    rgb_to_hsv,
)
from snippets.kit import Col, Figure, Table, Tr

RAMP = np.repeat(np.linspace(0.2, 0.8, 60)[None, :, None], 3, axis=2)
FACTOR, VALUE = 1.5, 1.2


def scaled_hsv(image: np.ndarray, saturation: float, value: float) -> np.ndarray:
    """Saturation and value multiplied, each cut to [0, 1]."""
    hsv = rgb_to_hsv(image) * [1, saturation, value]
    return hsv_to_rgb(np.minimum(hsv, 1))


def spread_of(image: np.ndarray) -> tuple[float, float]:
    """Standard deviation, and Michelson contrast (max - min) / (max + min), of all numbers."""
    top, bottom = image.max(), image.min()
    return float(image.std()), float((top - bottom) / (top + bottom))


@cache
def _ramps() -> dict[str, tuple[float, float, float]]:
    """Mean, standard deviation and Michelson contrast."""
    images = {
        "plain": RAMP,
        "saturation": scaled_hsv(RAMP, FACTOR, 1),
        "value": scaled_hsv(RAMP, 1, VALUE),
        "contrast": adjust_contrast(RAMP, FACTOR),
    }
    return {name: (float(image.mean()), *spread_of(image)) for name, image in images.items()}


def table_ramp(tr: Tr) -> Table:
    labels = {
        "plain": tr("原图", "as it is"),
        "saturation": tr(f"HSV：S × {FACTOR}", f"HSV: S × {FACTOR}"),
        "value": tr(f"HSV：V × {VALUE}", f"HSV: V × {VALUE}"),
        "contrast": tr(f"对比度 × {FACTOR}", f"contrast × {FACTOR}"),
    }
    return Table(
        [
            tr("灰度条", "grey ramp"),
            Col(tr("均值", "mean"), format=".3f"),
            Col(tr("标准差", "standard deviation"), format=".4f"),
            Col(tr("Michelson 对比度", "Michelson contrast"), format=".3f"),
        ],
        [[labels[name], *numbers] for name, numbers in _ramps().items()],
        caption=tr(
            "60 级灰度，从 0.2 到 0.8。Michelson 对比度是最大与最小之差除以两者之和",
            "60 greys from 0.2 to 0.8. Michelson contrast is the difference of the largest and "
            "the smallest number over their sum",
        ),
    )


def value_ramp() -> dict[str, float]:
    found = {f"{name}_std": numbers[1] for name, numbers in _ramps().items()}
    found |= {f"{name}_michelson": numbers[2] for name, numbers in _ramps().items()}
    return found | {"factor": FACTOR, "value": VALUE}


STRENGTHS = (0.3, 0.6, 1.0, 1.4, 2.0)
TURNS = (-0.2, -0.1, 0.0, 0.1, 0.2)


def _signed(text: str) -> str:
    return "0" if text == "+0" else text.replace("-", "−")


def figure_strengths(tr: Tr) -> Figure:
    house = _pictures.house()
    rows = [
        (tr("亮度", "brightness"), adjust_brightness, STRENGTHS, "×{:g}"),
        (tr("对比度", "contrast"), adjust_contrast, STRENGTHS, "×{:g}"),
        (tr("饱和度", "saturation"), adjust_saturation, STRENGTHS, "×{:g}"),
        (tr("色相", "hue"), adjust_hue, TURNS, "{:+g}"),
    ]
    canvas, axes = kit.canvas(4, 5, height=5.3)
    data = {}
    for line, (name, change, strengths, form) in zip(axes, rows, strict=True):
        for place, strength in zip(line, strengths, strict=True):
            _pictures.show(place, change(house, strength), tr.name(_signed(form.format(strength))))
        line[0].set_ylabel(name, fontsize=9)
        data[change.__name__] = np.array([change(house, s).mean() for s in strengths])
    return Figure(
        canvas,
        caption=tr(
            "同一张图，四种调整，各五种强度；中间一列是原图。色相的数字是转过的圈数。",
            "One picture, four adjustments, five strengths each; the middle column is the "
            "original. The numbers for hue are turns of the colour circle.",
        ),
        alt=tr(
            "四行五列小图。亮度由暗到过曝；对比度由灰蒙蒙到强烈；饱和度由近乎灰色到鲜艳；"
            "色相一行屋顶由紫变黄绿，明暗基本不变。",
            "Four rows of five pictures. Brightness goes from dark to overexposed, contrast from "
            "hazy to harsh, saturation from nearly grey to vivid; in the row of hue the roof goes "
            "from purple to yellowish green.",
        ),
        data=data,
    )


def value_order() -> dict[str, float]:
    """How much brightness before contrast differs from contrast before brightness."""
    house = _pictures.house()
    one = adjust_contrast(adjust_brightness(house, 1.4), 1.4)
    other = adjust_brightness(adjust_contrast(house, 1.4), 1.4)
    low = adjust_contrast(adjust_brightness(house, 0.7), 0.7)
    back = adjust_brightness(adjust_contrast(house, 0.7), 0.7)
    return {
        "bright": float(abs(one - other).max()),
        "dark": float(abs(low - back).max()),
        "up": 1.4,
        "down": 0.7,
        "clipped": float((adjust_brightness(house, 1.4) == 1).any(axis=-1).mean()),
    }
