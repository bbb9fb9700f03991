"""Data augmentation: geometric transforms from scratch, and the objective that they change."""

from __future__ import annotations

from itertools import product
from math import comb

import numpy as np
from numpy.typing import ArrayLike

from snippets import kit
from snippets.data_practice import _pictures
from snippets.kit import Check, Formula


def affine_matrix(
    angle: float = 0.0, scale: float = 1.0, shear: float = 0.0, flip: bool = False
) -> np.ndarray:
    """The matrix (2, 2) that moves a point (x, y): mirror, shear, scale, then turn.

    x points right, y down, the origin is the centre of the image; a positive angle (degrees)
    turns counter-clockwise.  ValueError: scale is not above 0.
    """
    if scale <= 0:
        raise ValueError(f"scale is {scale}; it must be above 0")
    t = np.deg2rad(angle)
    turn = np.array([[np.cos(t), np.sin(t)], [-np.sin(t), np.cos(t)]])
    return turn @ np.diag([scale, scale]) @ [[-1.0 if flip else 1.0, shear], [0.0, 1.0]]


def warp(
    image: np.ndarray, matrix: ArrayLike, shift: ArrayLike = (0, 0), fill: float = 0.0
) -> np.ndarray:
    """Move every point p of an image (H, W, ...) to matrix @ p + shift; shift is (right, down).

    Each pixel of the result looks up where it came from, between pixels bilinearly; outside the
    image stands ``fill``.  ValueError: the matrix cannot be inverted.
    """
    matrix = np.asarray(matrix, dtype=float)
    if abs(np.linalg.det(matrix)) < 1e-12:
        raise ValueError("the matrix has no inverse")
    height, width = image.shape[:2]
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    y, x = np.mgrid[:height, :width]
    out = np.stack([x, y], axis=-1) - centre - np.asarray(shift, dtype=float)
    u, v = np.moveaxis(out @ np.linalg.inv(matrix).T + centre, -1, 0)
    left, top = np.floor(u).astype(int), np.floor(v).astype(int)
    result = np.zeros(image.shape)
    for row, col in product((0, 1), (0, 1)):
        i, j = top + row, left + col
        weight = (1 - abs(v - i)) * (1 - abs(u - j))
        inside = (i >= 0) & (i < height) & (j >= 0) & (j < width)
        pixel = image[np.clip(i, 0, height - 1), np.clip(j, 0, width - 1)]
        extra = (1,) * (image.ndim - 2)
        pixel = np.where(inside.reshape(*inside.shape, *extra), pixel, fill)
        result += weight.reshape(*weight.shape, *extra) * pixel
    return result


def random_crop(image: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """A window of size × size at a random place, mirrored with probability 1/2.  [krizhevsky2012]

    ValueError: the window is larger than the image.
    """
    height, width = image.shape[:2]
    if size > min(height, width):
        raise ValueError(f"no {size}×{size} window in an image of {height}×{width}")
    top, left = rng.integers(height - size + 1), rng.integers(width - size + 1)
    window = image[top : top + size, left : left + size]
    return window[:, ::-1] if rng.random() < 0.5 else window


def cutout(image: np.ndarray, top: int, left: int, size: int, fill: float = 0.0) -> np.ndarray:
    """A copy with a square set to ``fill``; what lies outside is ignored.  [devries2017]"""
    result = image.copy()
    result[max(top, 0) : max(top + size, 0), max(left, 0) : max(left + size, 0)] = fill
    return result


def torch_warp(images, matrix, shift=(0.0, 0.0)):
    """The same for a batch (N, C, H, W) with PyTorch's sampler; outside stands 0."""
    import torch
    import torch.nn.functional as F

    half = torch.tensor(images.shape[:1:-1], dtype=images.dtype) / 2  # (W / 2, H / 2)
    inverse = torch.linalg.inv(torch.as_tensor(matrix, dtype=images.dtype))
    back = -inverse @ torch.as_tensor(shift, dtype=images.dtype)
    theta = torch.cat([inverse * half, back[:, None]], dim=1) / half[:, None]  # in [-1, 1]
    grid = F.affine_grid(theta.expand(len(images), 2, 3), images.shape, align_corners=False)
    return F.grid_sample(images, grid, mode="bilinear", align_corners=False)


def torch_dataset(images, labels, transform, seed=0):
    """Online augmentation: a Dataset that transforms anew whenever an example is fetched.

    images (N, H, W, C) and labels (N,) are arrays, transform(image, rng) returns one image.  The
    draw depends on seed, epoch and index, so no two workers can share one; call set_epoch before
    each epoch (workers that persist would keep the old one).
    """
    import torch

    class Augmented(torch.utils.data.Dataset):
        epoch = 0

        def set_epoch(self, epoch):
            self.epoch = epoch

        def __len__(self):
            return len(images)

        def __getitem__(self, index):
            rng = np.random.default_rng((seed, self.epoch, index))
            image = np.ascontiguousarray(transform(images[index], rng))
            return torch.from_numpy(image).movedim(-1, 0), labels[index]

    return Augmented()


# --------------------------------------------------------------------------- formulas

_TRANSFORMS = {1: lambda a: a, 2: lambda a: -a, 3: lambda a: a / 2}


def _risk(w: float, x: np.ndarray, y: np.ndarray) -> float:
    """The same as one mean over the K-fold data set."""
    copies = np.concatenate([move(x) for move in _TRANSFORMS.values()])
    return float(np.mean((w * copies - np.tile(y, len(_TRANSFORMS))) ** 2))


formula_risk = Formula(
    r"R(w) = \frac{1}{NK} \sum_{i=1}^{N} \sum_{k=1}^{K} \ell(f(T(x_i, k), w), y_i)",
    {
        "x": kit.array(("样本", "the examples"), ("N",), -3, 3),
        "y": kit.array(("标签，不随变换改变", "labels, which no transform changes"), ("N",), -3, 3),
        "w": kit.scalar(("模型的参数", "the parameter of the model"), -2, 2),
        "N": kit.integer(("样本数", "number of examples"), 1, 6),
        "K": kit.constant(("变换的个数，机会均等", "number of transforms, equally likely"), 3),
        "i": kit.index(("样本", "an example"), "N"),
        "k": kit.index(("变换", "a transform"), "K"),
        "T": kit.function(("第 k 个变换", "transform k"), lambda x, k: _TRANSFORMS[int(k)](x)),
        "f": kit.function(("模型，这里是 wx", "the model, here wx"), lambda x, w: w * x),
        r"\ell": kit.function(
            ("损失，这里是平方误差", "the loss, here squared error"), lambda a, b: (a - b) ** 2
        ),
    },
    equals=_risk,
)

formula_noise = Formula(
    r"\operatorname{E}((w^\top (x + \sigma\varepsilon) - y)^2)"
    r" = (w^\top x - y)^2 + \sigma^2\, w^\top w",
    {
        "x": kit.array(("一个样本", "an example"), (4,), -3, 3),
        "w": kit.array(("线性模型的权重", "weights of a linear model"), (4,), -3, 3),
        "y": kit.scalar(("目标", "the target"), -3, 3),
        r"\sigma": kit.scalar(("噪声的标准差", "standard deviation of the noise"), 0, 3),
    },
    equals=lambda x, w, y, sigma: np.mean(  # each component of epsilon is -1 or 1, all 16 cases
        [(w @ (x + sigma * np.array(signs)) - y) ** 2 for signs in product((-1, 1), repeat=4)]
    ),
)

_ANGLE = kit.scalar(("转角，逆时针为正", "the angle, counter-clockwise"), -3, 3)


def _moved(number: int, x: float, y: float, theta: float, s: float, shift: float) -> float:
    return float((affine_matrix(np.rad2deg(theta), s) @ [x, y])[number] + shift)


formula_affine = Formula(
    r"\begin{aligned} u &= s\,(x \cos\theta + y \sin\theta) + a \\"
    r" v &= s\,(y \cos\theta - x \sin\theta) + b \end{aligned}",
    {
        "x": kit.scalar(("原来的位置，向右", "old place, to the right"), -5, 5),
        "y": kit.scalar(("原来的位置，向下", "old place, down"), -5, 5),
        r"\theta": _ANGLE,
        "s": kit.scalar(("缩放倍数", "scale"), 0.5, 2),
        "a": kit.scalar(("向右平移", "shift to the right"), -3, 3),
        "b": kit.scalar(("向下平移", "shift down"), -3, 3),
    },
    equals={
        "u": lambda x, y, theta, s, a: _moved(0, x, y, theta, s, a),
        "v": lambda x, y, theta, s, b: _moved(1, x, y, theta, s, b),
    },
)

formula_bilinear = Formula(
    r"P = (1 - a)(1 - b)\, I_{11} + a (1 - b)\, I_{12} + (1 - a)\, b\, I_{21} + a b\, I_{22}",
    {
        "I": kit.array(("四个相邻的像素", "four pixels side by side"), (2, 2), 0, 1),
        "a": kit.scalar(("离左列的距离", "distance from the left column"), 0, 1),
        "b": kit.scalar(("离上行的距离", "distance from the upper row"), 0, 1),
    },
    equals=lambda I, a, b: warp(I, np.eye(2), (-a, -b))[0, 0],  # noqa: E741
)


def _windows(n: int, m: int) -> int:
    """Different windows and mirror images of a picture whose pixels all differ, one by one."""
    picture = np.arange(n * n).reshape(n, n)
    seen = set()
    for top, left in product(range(n), range(n)):
        window = picture[top : top + m, left : left + m]
        if window.shape == (m, m):
            seen |= {window.tobytes(), window[:, ::-1].tobytes()}
    return len(seen)


formula_crops = Formula(
    r"V = 2\,(n - m + 1)^2",
    {
        "n": kit.integer(("图像的边长", "side of the image"), 5, 9),
        "m": kit.integer(("窗口的边长", "side of the window"), 2, 5),
    },
    equals=lambda n, m: _windows(int(n), int(m)),
)


def expected_distinct(variants: int, epochs: int) -> float:
    """Expected number of different variants after ``epochs`` draws, each as likely."""
    return variants * (1 - (1 - 1 / variants) ** epochs)


def _surjections(draws: int, kinds: int) -> int:
    return sum((-1) ** j * comb(kinds, j) * (kinds - j) ** draws for j in range(kinds + 1))


formula_distinct = Formula(
    r"D = V \left(1 - \left(1 - \frac{1}{V}\right)^{E}\right)",
    {
        "V": kit.integer(("变体的个数，机会均等", "number of variants, equally likely"), 1, 8),
        "E": kit.integer(("轮数", "epochs"), 1, 8),
    },
    equals=lambda V, E: (  # the mean over all V^E sequences of draws, counted
        sum(d * comb(int(V), d) * _surjections(int(E), d) for d in range(1, int(V) + 1))
        / int(V) ** int(E)
    ),
)


# --------------------------------------------------------------------------- evidence

CASES = (
    (affine_matrix(angle=30), (0, 0)),
    (affine_matrix(angle=-75, scale=0.7, shear=0.3, flip=True), (4.5, -3)),
    (affine_matrix(scale=1.6), (0, 7)),
)


def check_torch() -> Check:
    import torch

    pairs = []
    for picture in (_pictures.house(), _pictures.boat()[4:, :30]):
        batch = torch.tensor(picture).movedim(-1, 0)[None]
        pairs += [
            (warp(picture, matrix, shift), torch_warp(batch, matrix, shift)[0].movedim(0, -1))
            for matrix, shift in CASES
        ]
    return kit.compare(
        (
            "PyTorch 的 `F.affine_grid` 与 `F.grid_sample`",
            "PyTorch's `F.affine_grid` and `F.grid_sample`",
        ),
        pairs,
        tolerance=1e-9,
    )


def check_quarter_turns() -> Check:
    picture = _pictures.house()
    return kit.compare(
        ("`np.rot90` 与切片 `[:, ::-1]`", "`np.rot90` and the slice `[:, ::-1]`"),
        [
            *((warp(picture, affine_matrix(90 * k)), np.rot90(picture, k)) for k in range(4)),
            (warp(picture, affine_matrix(flip=True)), picture[:, ::-1]),
        ],
        tolerance=1e-9,
    )
