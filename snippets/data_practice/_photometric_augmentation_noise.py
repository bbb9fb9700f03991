"""Gaussian noise, salt and pepper, PCA colour: three panels, and what share of pixels changes."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.data_practice import _pictures
from snippets.data_practice.photometric_augmentation import (
    colour_axes,
    gaussian_noise,
    pca_colour,
    salt_and_pepper,
)
from snippets.kit import Col, Figure, Spread, Table, Tr

SIGMA, P, RUNS, SIDE, ALPHA = 0.1, 0.04, 20, 100, 0.1
IMAGENET = np.array([0.2175, 0.0188, 0.0045])  # eigenvalues in wide use, pixels in [0, 1]
BYTE = 255


@cache
def _shares() -> dict[str, tuple[Spread, Spread, Spread]]:
    """Share of changed pixels, the same after rounding to bytes, standard deviation of the change:
    on a mid-grey image of SIDE × SIDE.
    """
    image = np.full((SIDE, SIDE), 0.5)
    found = {}
    for name, noise, strength in (
        ("gaussian", gaussian_noise, SIGMA),
        ("impulse", salt_and_pepper, P),
    ):
        changes = [noise(image, strength, rng) - image for rng in kit.seeds(RUNS)]
        found[name] = (
            Spread((change != 0).mean() for change in changes),
            Spread((np.round(change * BYTE) != 0).mean() for change in changes),
            Spread(change.std() for change in changes),
        )
    return found


def table_noise(tr: Tr) -> Table:
    labels = {
        "gaussian": tr(f"高斯，σ = {SIGMA}", f"Gaussian, σ = {SIGMA}"),
        "impulse": tr(f"椒盐，p = {P}", f"salt and pepper, p = {P}"),
    }
    return Table(
        [
            tr("噪声", "noise"),
            Col(tr("变了的像素", "pixels changed"), format=".2%"),
            Col(tr("变化的标准差", "standard deviation of the change"), format=".3f"),
            Col(tr("理论值", "in theory"), format=".3f"),
        ],
        [
            [labels["gaussian"], _shares()["gaussian"][0], _shares()["gaussian"][2], SIGMA],
            [labels["impulse"], _shares()["impulse"][0], _shares()["impulse"][2], 0.5 * P**0.5],
        ],
        caption=tr(
            f"中灰（0.5）图像，{SIDE}×{SIDE} 像素；均值 [最小, 最大]，{RUNS} 次抽样",
            f"A mid-grey (0.5) image of {SIDE}×{SIDE} pixels; mean [smallest, largest] of {RUNS} "
            "draws",
        ),
    )


def value_noise() -> dict[str, object]:
    return {
        "sigma": SIGMA,
        "p": P,
        "gaussian": _shares()["gaussian"][0],
        "gaussian_bytes": _shares()["gaussian"][1],
        "gaussian_std": _shares()["gaussian"][2],
        "impulse": _shares()["impulse"][0],
        "impulse_std": _shares()["impulse"][2],
    }


@cache
def _axes() -> tuple[np.ndarray, np.ndarray]:
    pixels = np.concatenate([_pictures.house().reshape(-1, 3), _pictures.boat().reshape(-1, 3)])
    return colour_axes(pixels)


def value_pca() -> dict[str, float]:
    values, _ = _axes()
    return {
        "first": float(values[0]),
        "second": float(values[1]),
        "third": float(values[2]),
        "share": float(values[0] / values.sum()),
        "shift": float(ALPHA * values[0]),
        "bytes": float(ALPHA * values[0] * BYTE**2),
        "alpha": ALPHA,
        "byte": BYTE,
        "imagenet": float(IMAGENET[0]),
        "imagenet_shift": float(ALPHA * IMAGENET[0]),
        "imagenet_levels": float(ALPHA * IMAGENET[0] * BYTE),
        "imagenet_scaled": float(IMAGENET[0] * BYTE),
        "imagenet_bytes": float(ALPHA * IMAGENET[0] * BYTE**2),
        "exaggerated": 1.5,
    }


def figure_noise(tr: Tr) -> Figure:
    house = _pictures.house()
    values, vectors = _axes()
    draw = np.random.default_rng(1)
    canvas, axes = kit.canvas(1, 3, height=2.2)
    pictures = [
        gaussian_noise(house, SIGMA, draw),
        salt_and_pepper(house, P, draw),
        pca_colour(house, values, vectors, np.array([1.5, 1.5, -1.5])),
    ]
    titles = [
        tr(f"高斯，σ = {SIGMA}", f"Gaussian, σ = {SIGMA}"),
        tr(f"椒盐，p = {P}", f"salt and pepper, p = {P}"),
        tr("PCA 颜色，α = ±1.5", "PCA colour, α = ±1.5"),
    ]
    for place, picture, title in zip(axes, pictures, titles, strict=True):
        _pictures.show(place, picture, title)
    changed = [float((abs(p - house) > 1e-12).any(axis=-1).mean()) for p in pictures]
    return Figure(
        canvas,
        caption=tr(
            "高斯噪声动每个像素；椒盐只把少数像素变成黑或白；PCA 颜色给所有像素加上同一个颜色"
            "（系数是论文标准差的 15 倍，才看得出来）。",
            "Gaussian noise moves every pixel; salt and pepper turns a few black or white; PCA "
            "colour adds one colour to all pixels (with coefficients 15 times the paper's standard "
            "deviation, to be seen).",
        ),
        alt=tr(
            "三幅小屋：第一幅处处有细小的彩色颗粒；第二幅零星散布黑点与白点，其余不变；"
            "第三幅没有颗粒，整体偏色。",
            "Three houses: fine coloured grain everywhere; scattered black and white dots, the "
            "rest unchanged; no grain, but all colours shifted.",
        ),
        data={"changed": changed},
    )
