"""The formulas of colour, noise and mixing, each held against the function a reader copies."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.data_practice.photometric_augmentation import (
    adjust_brightness,
    adjust_contrast,
    adjust_saturation,
    cutmix,
    gaussian_noise,
    grey,
    mixup,
    pca_colour,
)
from snippets.kit import Formula


def _picture(x: np.ndarray) -> np.ndarray:
    return np.asarray(x).reshape(2, 2, 3)


_F = kit.scalar(("倍数", "the factor"), 0, 2.5)
_LAM = kit.scalar(("第一个样本的份额", "share of the first example"), 0, 1)

formula_adjust = Formula(
    r"\begin{aligned} B &= C(f x) \\ K &= C(f x + (1 - f)\, m(x)) \\"
    r" S &= C(f x + (1 - f)\, g(x)) \end{aligned}",
    {
        "x": kit.array(("图像的像素（RGB）", "pixels of an image (RGB)"), (4, 3), 0, 1),
        "f": _F,
        "C": kit.function(
            ("截断到 0 与 1 之间", "cut to 0 and 1"), lambda value: np.clip(value, 0, 1)
        ),
        "g": kit.function(("每个像素的灰度", "the grey of each pixel"), grey),
        "m": kit.function(
            ("整幅图的平均灰度", "the mean grey of the image"), lambda x: grey(x).mean()
        ),
    },
    equals={
        "B": lambda x, f: adjust_brightness(_picture(x), f).reshape(4, 3),
        "K": lambda x, f: adjust_contrast(_picture(x), f).reshape(4, 3),
        "S": lambda x, f: adjust_saturation(_picture(x), f).reshape(4, 3),
    },
)

formula_grey = Formula(
    r"g = 0.299\,R + 0.587\,G + 0.114\,B",
    {
        "R": kit.scalar(("红", "red"), 0, 1),
        "G": kit.scalar(("绿", "green"), 0, 1),
        "B": kit.scalar(("蓝", "blue"), 0, 1),
    },
    equals=lambda R, G, B: grey(np.array([[[R, G, B]]]))[0, 0, 0],
)


class _Fixed:
    """A generator that gives the numbers it was made with."""

    def __init__(self, epsilon: np.ndarray) -> None:
        self.epsilon = epsilon

    def normal(self, _mean: float, sigma: float, _shape: object) -> np.ndarray:
        return sigma * self.epsilon


formula_gaussian = Formula(
    r"y = C(x + \sigma \varepsilon)",
    {
        "x": kit.array(("图像的每个数", "every number of the image"), (4,), 0, 1),
        r"\sigma": kit.scalar(("标准差", "standard deviation"), 0, 0.5),
        r"\varepsilon": kit.array(
            ("独立的标准正态随机数", "independent standard normal numbers"), (4,), -3, 3
        ),
        "C": kit.function(
            ("截断到 0 与 1 之间", "cut to 0 and 1"), lambda value: np.clip(value, 0, 1)
        ),
    },
    equals=lambda x, sigma, epsilon: gaussian_noise(x, sigma, _Fixed(epsilon)),  # type: ignore[arg-type]
)

formula_impulse = Formula(
    r"d = \frac{\sqrt{p}}{2}",
    {"p": kit.scalar(("变为 0 或 1 的像素的比例", "share of pixels set to 0 or 1"), 0, 1)},
    equals=lambda p: np.sqrt((1 - p) * 0**2 + p / 2 * 0.5**2 + p / 2 * (-0.5) ** 2),
)

formula_pca = Formula(
    r"y_c = x_c + \sum_{i=1}^{3} P_{ci}\, \alpha_i \lambda_i",
    {
        "x": kit.array(("一个像素的 RGB", "the RGB of a pixel"), (3,), 0.4, 0.6),
        "P": kit.array(
            (
                "协方差矩阵的特征向量，第 i 列是 pᵢ",
                "eigenvectors of the covariance, column i is pᵢ",
            ),
            (3, 3),
            -1,
            1,
        ),
        r"\lambda": kit.array(("特征值", "eigenvalues"), (3,), 0, 0.2),
        r"\alpha": kit.array(
            ("随机系数，每幅图一组", "random coefficients, drawn once an image"), (3,), -0.4, 0.4
        ),
        "c": kit.index(("颜色通道", "a colour"), 3),
        "i": kit.index(("主成分", "a component"), 3),
    },
    equals=lambda x, P, lambda_, alpha: pca_colour(x, lambda_, P, alpha),
)

formula_mixup = Formula(
    r"\begin{aligned} x &= \lambda a + (1 - \lambda)\, b \\"
    r" y &= \lambda p + (1 - \lambda)\, q \end{aligned}",
    {
        "a": kit.array(("第一幅图", "the first image"), (4,), 0, 1),
        "b": kit.array(("第二幅图", "the second image"), (4,), 0, 1),
        "p": kit.array(("第一个标签，one-hot", "the first label, one-hot"), (3,), 0, 1),
        "q": kit.array(("第二个标签", "the second label"), (3,), 0, 1),
        r"\lambda": _LAM,
    },
    equals={
        "x": lambda a, b, lambda_: mixup(a, a, b, b, lambda_)[0],
        "y": lambda p, q, lambda_: mixup(p, p, q, q, lambda_)[1],
    },
)

formula_loss = Formula(
    r"-\sum_{k=1}^{3} (\lambda p_k + (1 - \lambda)\, q_k) \ln s_k"
    r" = \lambda \left(-\sum_{k=1}^{3} p_k \ln s_k\right)"
    r" + (1 - \lambda) \left(-\sum_{k=1}^{3} q_k \ln s_k\right)",
    {
        "p": kit.array(("第一个标签", "the first label"), (3,), 0, 1),
        "q": kit.array(("第二个标签", "the second label"), (3,), 0, 1),
        "s": kit.array(("模型给出的概率", "probabilities of the model"), (3,), 0.05, 1),
        r"\lambda": _LAM,
        "k": kit.index(("类别", "a class"), 3),
    },
)


def _left_share(H: int, W: int, h: int, w: int) -> float:
    one = np.zeros((int(H), int(W)))
    return float(cutmix(one, np.ones(1), one, np.zeros(1), (1, 1 + int(h), 2, 2 + int(w)))[1][0])


formula_cutmix = Formula(
    r"\lambda = 1 - \frac{h w}{H W}",
    {
        "H": kit.integer(("图像的高", "height of the image"), 8, 12),
        "W": kit.integer(("图像的宽", "width of the image"), 8, 12),
        "h": kit.integer(("贴上的框的高", "height of the box pasted"), 1, 6),
        "w": kit.integer(("框的宽", "width of the box"), 1, 6),
    },
    equals=_left_share,
)
