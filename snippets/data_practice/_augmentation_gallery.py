"""Every transform on one picture, what each keeps, and what a turn there and back loses."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.data_practice import _pictures
from snippets.data_practice import photometric_augmentation as photometric
from snippets.data_practice.augmentation import affine_matrix, cutout, warp
from snippets.kit import Figure, Pair, Table, Tr

GREY = 0.5
LAM = 0.7


def _panels() -> list[tuple[Pair, np.ndarray]]:
    house, boat = _pictures.house(), _pictures.boat()
    none = np.zeros(1)
    values, vectors = photometric.colour_axes(house.reshape(-1, 3))
    draw = np.random.default_rng(0)
    side = _pictures.SIDE
    box = (side // 2, side, side // 2, side)
    return [
        (("原图", "original"), house),
        (("水平翻转", "horizontal flip"), house[:, ::-1]),
        (("垂直翻转", "vertical flip"), house[::-1]),
        (("旋转 15°", "turned by 15°"), warp(house, affine_matrix(angle=15), fill=GREY)),
        (("旋转 90°", "turned by 90°"), np.rot90(house)),
        (("缩小到 0.7", "scaled to 0.7"), warp(house, affine_matrix(scale=0.7), fill=GREY)),
        (("裁剪并放大", "crop, enlarged"), warp(house, affine_matrix(scale=1.5), (6, -4))),
        (("平移", "shifted"), warp(house, np.eye(2), (9, -6), fill=GREY)),
        (("错切", "sheared"), warp(house, affine_matrix(shear=0.3), fill=GREY)),
        (("Cutout", "Cutout"), cutout(house, 22, 24, 16, fill=GREY)),
        (("亮度 ×1.4", "brightness ×1.4"), photometric.adjust_brightness(house, 1.4)),
        (("对比度 ×0.5", "contrast ×0.5"), photometric.adjust_contrast(house, 0.5)),
        (("饱和度 ×0.3", "saturation ×0.3"), photometric.adjust_saturation(house, 0.3)),
        (("色相转 0.25 圈", "hue turned by 1/4"), photometric.adjust_hue(house, 0.25)),
        (("高斯噪声", "Gaussian noise"), photometric.gaussian_noise(house, 0.1, draw)),
        (("椒盐噪声", "salt and pepper"), photometric.salt_and_pepper(house, 0.04, draw)),
        (
            ("PCA 颜色", "PCA colour"),
            photometric.pca_colour(house, values, vectors, np.array([-1.5, 1.5, 1.5])),
        ),
        (("第二张图", "a second image"), boat),
        (("Mixup，λ = 0.7", "Mixup, λ = 0.7"), photometric.mixup(house, none, boat, none, LAM)[0]),
        (
            ("CutMix，λ = 0.75", "CutMix, λ = 0.75"),
            photometric.cutmix(house, none, boat, none, box)[0],
        ),
    ]


def figure_gallery(tr: Tr) -> Figure:
    panels = _panels()
    canvas, axes = kit.canvas(5, 4, height=7.6)
    for place, (name, picture) in zip(axes.flat, panels, strict=True):
        _pictures.show(place, picture, tr.pair(name))
    return Figure(
        canvas,
        caption=tr(
            "代码画的一张图（48×48 像素）与它的变换。先是几何变换与遮挡（外面填灰色），"
            "其后是颜色与噪声，最后是第二张图与两种混合。"
            "PCA 颜色的系数取得比论文大得多，才看得出来。",
            "A picture drawn by code (48×48 pixels) under each transform: geometry and masking "
            "first (grey fills what lies outside), then colour and noise, then mixtures of two "
            "images. The PCA coefficients are far larger than the paper's, to be seen at all.",
        ),
        alt=tr(
            "四列五行小图：一座红顶小屋的原图、翻转、旋转、缩放、裁剪、平移、错切、遮挡、"
            "亮度、对比度、饱和度、色相、两种噪声、PCA 颜色，以及与帆船图的 Mixup 和 CutMix。",
            "Four by five small pictures: a house with a red roof as drawn, flipped, turned, "
            "scaled, cropped, shifted, sheared, masked, with other brightness, contrast, "
            "saturation and hue, with two kinds of noise, with PCA colour, and mixed with a "
            "sailing boat by Mixup and CutMix.",
        ),
        data={"house": panels[0][1], "turned": panels[4][1], "mixed": panels[18][1]},
    )


# --------------------------------------------------------------------------- what is kept


def table_transforms(tr: Tr) -> Table:
    exact, no = tr("能，无损", "yes, exact"), tr("不能", "no")
    lossy = tr("近似：插值、出界", "roughly: blur, border")
    clipped = tr("未截断时能", "unless clipped")
    return Table(
        [
            tr("变换", "transform"),
            tr("矩阵或公式", "matrix or rule"),
            tr("参数", "parameters"),
            tr("标签不变，除非……", "label kept, unless …"),
            tr("能还原吗", "can be undone"),
        ],
        [
            [
                tr("水平翻转", "horizontal flip"),
                r"$\begin{pmatrix} -1 & 0 \\ 0 & 1 \end{pmatrix}$",
                tr("概率", "probability"),
                tr("左右有意义：文字、箭头", "left and right matter: text, arrows"),
                exact,
            ],
            [
                tr("旋转", "rotation"),
                r"$\begin{pmatrix} \cos\theta & \sin\theta \\ -\sin\theta & \cos\theta "
                r"\end{pmatrix}$",
                tr("角度 θ", "angle θ"),
                tr("方向有意义：6 与 9", "direction matters: 6 and 9"),
                tr("90° 的倍数无损，其余近似", "multiples of 90° exactly, others roughly"),
            ],
            [
                tr("缩放", "scaling"),
                r"$\begin{pmatrix} s & 0 \\ 0 & s \end{pmatrix}$",
                tr("倍数 s", "factor s"),
                tr("大小就是标签", "size is the label"),
                lossy,
            ],
            [
                tr("平移", "translation"),
                r"$p + (a, b)$",
                tr("位移 a、b", "shift a, b"),
                tr("目标移出画面", "the object leaves the image"),
                tr("除去移出的部分", "except what left"),
            ],
            [
                tr("裁剪", "crop"),
                tr("取一个窗口", "a window"),
                tr("位置、大小", "place, size"),
                tr("目标被裁掉", "the object is cut off"),
                no,
            ],
            [
                tr.name("Cutout"),
                tr("方块置为常数", "a square set to a constant"),
                tr("边长", "side"),
                tr("关键部位被遮住", "it hides the part that decides"),
                no,
            ],
            [
                tr("亮度、对比度、饱和度", "brightness, contrast, saturation"),
                r"$f x + (1 - f)\, m$",
                tr("倍数 f", "factor f"),
                tr("明暗就是标签", "shade is the label"),
                clipped,
            ],
            [
                tr("色相", "hue"),
                r"$h + \delta$",
                tr("转角 δ", "turn δ"),
                tr("颜色就是标签：红绿灯", "colour is the label: traffic lights"),
                tr("能", "yes"),
            ],
            [
                tr("高斯噪声", "Gaussian noise"),
                r"$x + \sigma \varepsilon$",
                tr("标准差 σ", "standard deviation σ"),
                tr("细节就是标签", "fine detail is the label"),
                no,
            ],
            [
                tr("PCA 颜色", "PCA colour"),
                r"$x + [p_1\ p_2\ p_3]\,[\alpha_1 \lambda_1\ \alpha_2 \lambda_2\ \alpha_3 "
                r"\lambda_3]^\top$",
                tr("系数 α", "coefficients α"),
                tr("颜色就是标签", "colour is the label"),
                clipped,
            ],
            [
                tr.name("Mixup, CutMix"),
                r"$\lambda x_1 + (1 - \lambda) x_2$",
                tr("混合比 λ", "share λ"),
                tr("标签一起混合", "labels are mixed too"),
                no,
            ],
        ],
        caption=tr(
            "常用变换：参数、对标签的要求、能否还原",
            "The usual transforms: what they need and lose",
        ),
    )


def table_labels(tr: Tr) -> Table:
    yes, no = tr("是", "yes"), tr("**否**", "**no**")
    return Table(
        [
            tr("任务", "task"),
            tr("左右翻转", "mirrored"),
            tr("转半圈", "half-turn"),
            tr("转 10°", "turned by 10°"),
            tr("换色相", "other hue"),
        ],
        [
            [tr("猫与狗的照片", "photos of cats and dogs"), yes, tr("少见", "rare"), yes, yes],
            [tr("数字", "digits"), no, tr("6、9 **否**", "6 and 9 **no**"), yes, yes],
            [tr("文字识别", "reading text"), no, no, yes, yes],
            [
                tr("左转与右转标志", "turn left, turn right signs"),
                tr("**否**（互换）", "**no** (they swap)"),
                no,
                yes,
                yes,
            ],
            [tr("红绿灯", "traffic lights"), yes, no, yes, no],
            [
                tr("显微镜下的细胞", "cells under a microscope"),
                yes,
                yes,
                yes,
                tr("看染色", "depends"),
            ],
            [
                tr("检测、分割", "detection, segmentation"),
                tr("标注一起变", "move it too"),
                tr("标注一起变", "move it too"),
                tr("标注一起变", "move it too"),
                yes,
            ],
        ],
        caption=tr("变换之后，标签还对吗", "Is the label still true after the transform?"),
    )


# --------------------------------------------------------------------------- there and back


def there_and_back(angle: float) -> tuple[float, float]:
    """Relative error of the house turned by the angle and back: all pixels, the inscribed disc."""
    house = _pictures.house()
    back = warp(warp(house, affine_matrix(angle)), affine_matrix(-angle))
    middle = (_pictures.SIDE - 1) / 2
    y, x = np.mgrid[: _pictures.SIDE, : _pictures.SIDE] - middle
    disc = x**2 + y**2 < (middle - 1.5) ** 2  # the interpolation of the disc needs nothing outside
    return _relative(back, house), _relative(back[disc], house[disc])


def _relative(ours: np.ndarray, true: np.ndarray) -> float:
    return float(np.linalg.norm(ours - true) / np.linalg.norm(true))


@cache
def _turns() -> dict[str, float]:
    whole, disc = there_and_back(45)
    house = _pictures.house()
    return {
        "whole": whole,
        "disc": disc,
        "quarter": _relative(np.rot90(np.rot90(house), -1), house),
        "angle": 45,
        "right": 90,
    }


def value_turns() -> dict[str, float]:
    return _turns()
