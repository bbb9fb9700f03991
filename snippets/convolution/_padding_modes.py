"""The four modes, on a row and on an image, and what a zero stands for."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.backprop import _grids
from snippets.convolution import _pixels
from snippets.convolution.padding import NUMPY_MODES, pad
from snippets.kit import Col, Figure, Formula, Table, Tr

ROW, BY = np.arange(1.0, 6), 3
NAMES = {"zeros": ("零", "zeros"), "reflect": ("镜像", "reflect"),
         "replicate": ("复制边缘", "replicate"), "circular": ("循环", "circular")}  # fmt: skip


def _source(mode: str):
    """Which cell 1..n stands at place i of the padded row, i from 1 − n + 1 to 2n − 1."""

    def place(i, n):
        length = int(n)
        padded = np.pad(np.arange(1, length + 1), length - 1, mode=NUMPY_MODES[mode])  # type: ignore[call-overload]
        return np.float64(padded[int(i) + length - 2])

    return place


_I = kit.integer(("位置；小于 1 或大于 n 是填充", "place; below 1 or above n is padding"), -1, 7)
_N = kit.integer(("行的长度", "length of the row"), 4, 7)


def _mode(name: str, zh: str, en: str) -> dict[str, kit.Symbol]:
    return {"i": _I, "n": _N, rf"\operatorname{{{name}}}": kit.function((zh, en), _source(name))}


formula_replicate = Formula(
    r"\operatorname{replicate}(i, n) = \min(\max(i, 1), n)",
    _mode("replicate", "从哪一格取值", "the cell whose number is taken"),
)
formula_reflect = Formula(
    r"\operatorname{reflect}(i, n) = n - \left|n - 1 - \left|i - 1\right|\right|",
    _mode("reflect", "从哪一格取值", "the cell whose number is taken"),
)
formula_circular = Formula(
    r"\operatorname{circular}(i, n) = i - n \left\lfloor \frac{i - 1}{n} \right\rfloor",
    _mode("circular", "从哪一格取值", "the cell whose number is taken"),
)


def figure_row(tr: Tr) -> Figure:
    canvas, panels = kit.canvas(4, 1, height=2.5)
    rows = {mode: pad(ROW, BY, BY, mode) for mode in NAMES}
    places = range(BY + len(ROW) + BY)
    for axes, (mode, values) in zip(panels, rows.items(), strict=True):
        added = {(0, at) for at in places if not BY <= at < BY + len(ROW)}
        _grids.draw(axes, values[None], filled=added)
        axes.add_patch(_border(BY, len(ROW)))
        axes.set_xlim(-3.6, len(values) + 0.1)
        axes.text(-0.35, 0.54, tr.pair(NAMES[mode]), ha="right", va="center")
    return Figure(
        canvas,
        caption=tr(
            "一行五个数（粗框），两边各填充三格（涂色）。镜像以端点为轴，端点本身不重复。",
            "A row of five numbers (framed), three cells added on each side (shaded). Reflection "
            "turns at the last cell and does not repeat it.",
        ),
        alt=tr(
            "四行：零填 0 0 0；镜像填 4 3 2 与 4 3 2；复制边缘填 1 1 1 与 5 5 5；"
            "循环填 3 4 5 与 1 2 3。",
            "Four rows: zeros add 0 0 0; reflect 4 3 2 and 4 3 2; replicate 1 1 1 and 5 5 5; "
            "circular 3 4 5 and 1 2 3.",
        ),
        data=rows,
    )


def _border(start: int, length: int):
    from matplotlib.patches import Rectangle

    return Rectangle((start, 0), length, 1, facecolor="none", edgecolor=kit.INK, linewidth=2)


def figure_image(tr: Tr) -> Figure:
    image = _pixels.picture(24)[1:22, 2:23]
    by, canvas_and_panels = 7, kit.canvas(1, 4, height=1.75)
    canvas, panels = canvas_and_panels
    data = {}
    for axes, mode in zip(panels, NAMES, strict=True):
        data[mode] = np.pad(image, by, mode=NUMPY_MODES[mode])  # type: ignore[call-overload]
        _pixels.draw(axes, data[mode], colour=kit.INK)
        _grids.frame(axes, by, by, len(image))
        axes.set_title(tr.pair(NAMES[mode]))
    return Figure(
        canvas,
        caption=tr(
            "同一张 21×21 的图（橙框内），四周各填充七格。",
            "The same 21×21 image (framed), seven cells added on each side.",
        ),
        alt=tr(
            "零填充的四周空白；镜像把图翻过去；复制把边缘拉成条纹；循环像铺瓷砖。",
            "Zeros leave a blank margin; reflect turns the image over; replicate draws the border "
            "out into stripes; circular lays the image like tiles.",
        ),
        data=data,
    )


def table_names(tr: Tr) -> Table:
    uses = {
        "zeros": tr("默认；最便宜", "the default; the cheapest"),
        "reflect": tr("图像处理、生成：边缘不突变", "image processing, synthesis: no jump"),
        "replicate": tr("同上；小图也能用", "likewise; works for small maps too"),
        "circular": tr("周期数据：经度、角度", "periodic data: longitude, angles"),
    }
    return Table(
        [
            tr("方式", "mode"),
            "`nn.Conv2d(padding_mode=)`",
            "`F.pad(mode=)`",
            "`np.pad(mode=)`",
            tr("何时用", "when"),
        ],
        [
            [
                tr.pair(NAMES[mode]),
                tr.name(f"`{mode}`"),
                tr.name("`constant`" if mode == "zeros" else f"`{mode}`"),
                tr.name(f"`{numpy}`"),
                uses[mode],
            ]
            for mode, numpy in NUMPY_MODES.items()
        ],
        caption=tr("四种方式在各库里的名字", "What the libraries call the four modes"),
    )


# --------------------------------------------------------------------------- what a zero is

MEAN = np.array([0.485, 0.456, 0.406])  # of ImageNet, as torchvision's models use it
STD = np.array([0.229, 0.224, 0.225])


def table_colours(tr: Tr) -> Table:
    rows = {
        tr("填充的 0", "a padded 0"): np.zeros(3),
        tr("黑", "black"): -MEAN / STD,
        tr("白", "white"): (1 - MEAN) / STD,
    }
    heads = [tr("红", "red"), tr("绿", "green"), tr("蓝", "blue")]
    return Table(
        [
            "",
            *(Col(f"{head}{tr('（标准化后）', ' (normalised)')}", format=".3f") for head in heads),
            tr("像素值", "pixel"),
        ],
        [
            [name, *values, "(" + ", ".join(f"{v:.0f}" for v in 255 * (MEAN + STD * values)) + ")"]
            for name, values in rows.items()
        ],
        caption=tr(
            "用 ImageNet 的均值与标准差标准化之后：0 是均值色，不是黑",
            "After normalisation by the mean and deviation of ImageNet, 0 is the mean colour, "
            "not black",
        ),
    )


def value_colours() -> dict[str, list[float]]:
    return {"zero": list(255 * MEAN), "black": list(-MEAN / STD), "white": list((1 - MEAN) / STD)}
