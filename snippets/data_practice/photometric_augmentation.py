"""Photometric augmentation: brightness, contrast, saturation, hue, noise, PCA colour; mixing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from snippets import kit
from snippets.data_practice import _pictures
from snippets.kit import Check

LUMA = np.array([0.299, 0.587, 0.114])


def grey(image: np.ndarray) -> np.ndarray:
    """Luma of an image (H, W, 3): (H, W, 1), in the range of the image.  Weights of BT.601."""
    return (image @ LUMA)[..., None]


def _blend(image: np.ndarray, other: ArrayLike, factor: float) -> np.ndarray:
    """factor * image + (1 - factor) * other, cut to [0, 1]; beyond 1 it leads away from other."""
    if factor < 0:
        raise ValueError(f"the factor is {factor}; it must not be negative")
    return np.clip(factor * image + (1 - factor) * np.asarray(other), 0, 1)


def adjust_brightness(image: np.ndarray, factor: float) -> np.ndarray:
    """Blend with black; image (H, W, 3) in [0, 1].  ValueError: factor below 0."""
    return _blend(image, 0.0, factor)


def adjust_contrast(image: np.ndarray, factor: float) -> np.ndarray:
    """Blend with one grey, the mean luma of the image.  ValueError: factor below 0."""
    return _blend(image, grey(image).mean(), factor)


def adjust_saturation(image: np.ndarray, factor: float) -> np.ndarray:
    """Blend every pixel with its own grey.  ValueError: factor below 0."""
    return _blend(image, grey(image), factor)


def rgb_to_hsv(image: np.ndarray) -> np.ndarray:
    """RGB to hue, saturation, value, all in [0, 1]; shape (..., 3).  Grey has hue 0."""
    r, g, b = np.moveaxis(image, -1, 0)
    value, chroma = image.max(axis=-1), np.ptp(image, axis=-1)
    safe = np.where(chroma > 0, chroma, 1)
    hue = np.select(
        [chroma == 0, value == r, value == g], [0, (g - b) / safe % 6, (b - r) / safe + 2],
        (r - g) / safe + 4,
    )  # fmt: skip
    saturation = chroma / np.where(value > 0, value, 1)
    return np.stack([hue / 6 % 1, saturation, value], axis=-1)


def hsv_to_rgb(hsv: np.ndarray) -> np.ndarray:
    """The way back, shape (..., 3)."""
    h, s, v = np.moveaxis(hsv, -1, 0)
    k = (np.array([5.0, 3.0, 1.0]) + 6 * h[..., None]) % 6
    ramp = np.clip(np.minimum(k, 4 - k), 0, 1)
    return v[..., None] * (1 - s[..., None] * ramp)


def adjust_hue(image: np.ndarray, turn: float) -> np.ndarray:
    """Turn the hue by a share of the colour circle, -0.5 to 0.5."""
    hsv = rgb_to_hsv(image)
    hsv[..., 0] = (hsv[..., 0] + turn) % 1
    return hsv_to_rgb(hsv)


def gaussian_noise(image: np.ndarray, sigma: float, rng: np.random.Generator) -> np.ndarray:
    """Every number of the image moves, by N(0, sigma²); the result is cut to [0, 1]."""
    return np.clip(image + rng.normal(0, sigma, image.shape), 0, 1)


def salt_and_pepper(image: np.ndarray, p: float, rng: np.random.Generator) -> np.ndarray:
    """A share p of the pixels of (H, W, ...) becomes 0 or 1, half each; the others stay.

    ValueError: p is not in [0, 1].
    """
    if not 0 <= p <= 1:
        raise ValueError(f"p is {p}; it must be in [0, 1]")
    draw = rng.random(image.shape[:2])
    result = image.copy()
    result[draw < p] = 1.0
    result[draw < p / 2] = 0.0
    return result


def colour_axes(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues (3,), the largest first, and eigenvectors (columns of (3, 3)) of the covariance
    of RGB pixels (n, 3).
    """
    values, vectors = np.linalg.eigh(np.cov(pixels.T, bias=True))
    return values[::-1], vectors[:, ::-1]


def pca_colour(
    image: np.ndarray, values: np.ndarray, vectors: np.ndarray, alpha: np.ndarray
) -> np.ndarray:
    """Add one colour to all pixels: vectors @ (alpha * values).  [krizhevsky2012]

    alpha (3,) is drawn anew for each image, N(0, 0.1²) in the paper.
    """
    return np.clip(image + vectors @ (alpha * values), 0, 1)


def mixup(
    x1: np.ndarray, y1: np.ndarray, x2: np.ndarray, y2: np.ndarray, lam: float
) -> tuple[np.ndarray, np.ndarray]:
    """Blend two images and, in the same shares, their one-hot labels.  [zhang2018]"""
    return lam * x1 + (1 - lam) * x2, lam * y1 + (1 - lam) * y2


def cut_box(
    height: int, width: int, lam: float, rng: np.random.Generator
) -> tuple[int, int, int, int]:
    """Top, bottom, left, right of a box of the share 1 - lam, cut off at the border.  [yun2019]"""
    tall, wide = int(height * np.sqrt(1 - lam)), int(width * np.sqrt(1 - lam))
    top, left = rng.integers(height) - tall // 2, rng.integers(width) - wide // 2
    return max(top, 0), min(top + tall, height), max(left, 0), min(left + wide, width)


def cutmix(
    x1: np.ndarray, y1: np.ndarray, x2: np.ndarray, y2: np.ndarray, box: tuple[int, int, int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Paste a box of x2 into x1; the labels are weighed by the area that is really left."""
    top, bottom, left, right = box
    x = x1.copy()
    x[top:bottom, left:right] = x2[top:bottom, left:right]
    lam = 1 - (bottom - top) * (right - left) / (x1.shape[0] * x1.shape[1])
    return x, lam * y1 + (1 - lam) * y2


def rand_augment(
    image: np.ndarray,
    transforms: Sequence[Callable[[np.ndarray, float], np.ndarray]],
    n: int,
    magnitude: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Apply n of the transforms, drawn with replacement, all at one magnitude.  [cubuk2020]"""
    for number in rng.integers(len(transforms), size=n):
        image = transforms[number](image, magnitude)
    return image


def torch_colour(images, factor, values, vectors, alpha):
    """Brightness, contrast, saturation, PCA colour of a batch (N, 3, H, W) in [0, 1]."""
    import torch

    luma = images.new_tensor([0.299, 0.587, 0.114])
    grey = torch.einsum("nchw,c->nhw", images, luma)[:, None]
    colour = vectors @ (alpha * values)
    mean = grey.mean((2, 3), keepdim=True)
    return {
        "brightness": (factor * images).clamp(0, 1),
        "contrast": torch.lerp(mean, images, factor).clamp(0, 1),
        "saturation": torch.lerp(grey, images, factor).clamp(0, 1),
        "pca": (images + colour[:, None, None]).clamp(0, 1),
    }


def torch_colour_axes(pixels):
    """Eigenvalues (ascending) and eigenvectors of the covariance of RGB pixels (n, 3)."""
    import torch

    return torch.linalg.eigh(torch.cov(pixels.T, correction=0))


def torch_mixup_loss(model, x, y, lam, order):
    """Cross-entropy on a batch x (N, ...) mixed with itself in another order; classes y (N,).

    lam is drawn from Beta(alpha, alpha), order is a random permutation of the batch.
    """
    import torch.nn.functional as F

    z = model(lam * x + (1 - lam) * x[order])
    return lam * F.cross_entropy(z, y) + (1 - lam) * F.cross_entropy(z, y[order])


# --------------------------------------------------------------------------- evidence


def check_colorsys() -> Check:
    import colorsys

    pixels = np.concatenate([_pictures.house().reshape(-1, 3), np.eye(3), np.ones((1, 3)) / 3])
    theirs = [colorsys.rgb_to_hsv(*pixel) for pixel in pixels.tolist()]
    return kit.compare(
        ("Python 标准库的 `colorsys`", "`colorsys` of Python's standard library"),
        [
            (rgb_to_hsv(pixels), theirs),
            (hsv_to_rgb(np.array(theirs)), [colorsys.hsv_to_rgb(*hsv) for hsv in theirs]),
        ],
        tolerance=1e-12,
    )


def check_torch() -> Check:
    import torch
    import torch.nn.functional as F

    pixels = _pictures.house().reshape(-1, 3)
    values, vectors = colour_axes(pixels)
    theirs, axes = torch_colour_axes(torch.tensor(pixels))
    batch = torch.tensor(_pictures.house()).movedim(-1, 0)[None]
    alpha = torch.tensor([1.0, -0.5, 2.0], dtype=torch.float64)
    moved = torch_colour(batch, 1.3, theirs, axes, alpha)
    ours = {
        "brightness": adjust_brightness(_pictures.house(), 1.3),
        "contrast": adjust_contrast(_pictures.house(), 1.3),
        "saturation": adjust_saturation(_pictures.house(), 1.3),
        "pca": pca_colour(_pictures.house(), theirs.numpy(), axes.numpy(), alpha.numpy()),
    }
    draw = torch.Generator().manual_seed(0)
    x, y = torch.randn(8, 5, generator=draw), torch.arange(8) % 5
    order, spread = torch.randperm(8, generator=draw), F.one_hot(y, 5).float()
    soft = F.cross_entropy(0.3 * x + 0.7 * x[order], 0.3 * spread + 0.7 * spread[order])
    return kit.compare(
        (
            "PyTorch（颜色、`linalg.eigh`、软标签的 `F.cross_entropy`）",
            "PyTorch (colours, `linalg.eigh`, `F.cross_entropy` with soft labels)",
        ),
        [
            *((picture, moved[name][0].movedim(0, -1)) for name, picture in ours.items()),
            (values[::-1], theirs),
            ((vectors * values) @ vectors.T, axes @ torch.diag(theirs) @ axes.T),
            (torch_mixup_loss(lambda z: z, x, y, 0.3, order), soft),
        ],
        tolerance=1e-6,
    )
