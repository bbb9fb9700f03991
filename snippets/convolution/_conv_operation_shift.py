"""What a shift of the input does to the output; how many weights sharing saves."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.convolution import _pixels
from snippets.convolution._conv_operation_slide import SOBEL
from snippets.convolution.conv_operation import conv2d_circular, correlate2d, shift
from snippets.kit import Col, Figure, Formula, Spread, Table, Tr

SIDE, RUNS = 16, 10
_TAPS = np.array([[1.0, -2, 0], [0.5, 3, 1], [-1, 0, 2]])
_IMAGE = kit.array(("图像", "an image"), (6, 6), -2, 2)
_SHIFT = kit.function(
    ("平移：下移一格、右移两格，移出的从对边回来", "a shift: one down, two right, wrapping around"),
    lambda x: shift(x, 1, 2),
)

formula_equivariant = Formula(
    r"f(T(x)) = T(f(x))",
    {
        "x": _IMAGE,
        "T": _SHIFT,
        "f": kit.function(
            ("卷积：步幅 1，填充首尾相接", "a convolution of stride 1 whose padding wraps around"),
            lambda x: conv2d_circular(x, _TAPS),
        ),
    },
    samples=20,
)

formula_invariant = Formula(
    r"g(T(x)) = g(x)",
    {
        "x": _IMAGE,
        "T": _SHIFT,
        "g": kit.function(
            ("同样的卷积，再取全局平均", "the same convolution, then the mean over all positions"),
            lambda x: np.float64(conv2d_circular(x, _TAPS).mean()),
        ),
    },
    samples=20,
)


def _apart(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


def _zero_padded(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return correlate2d(np.pad(x, w.shape[0] // 2), w)


@cache
def shift_errors() -> dict[str, dict[str, Spread]]:
    """Relative change in three senses, by setting; random images and 3×3 kernels.

    ``equivariance``: conv(shift x) against the closest whole shift of conv(x); ``invariance``:
    against conv(x); ``mean``: the same after the global mean of the ReLU.  ``other`` is a control:
    not x moved but another random image.
    """
    settings = {
        "one": (lambda x, w: conv2d_circular(x, w), 1),
        "odd": (lambda x, w: conv2d_circular(x, w, 2), 1),
        "even": (lambda x, w: conv2d_circular(x, w, 2), 2),
        "other": (lambda x, w: conv2d_circular(x, w, 2), None),
        "zeros": (_zero_padded, 1),
    }
    found = {}
    for name, (conv, by) in settings.items():
        runs = []
        for rng in kit.seeds(RUNS):
            x, w = rng.normal(size=(SIDE, SIDE)), rng.normal(size=(3, 3))
            after = rng.normal(size=x.shape) if by is None else shift(x, 0, by)
            still, moved = conv(x, w), conv(after, w)
            pooled = [np.maximum(y, 0).mean() for y in (moved, still)]
            runs.append(
                (
                    min(_apart(moved, shift(still, 0, step)) for step in range(3)),
                    _apart(moved, still),
                    abs(pooled[0] - pooled[1]) / pooled[1],
                )
            )
        senses = zip(("equivariance", "invariance", "mean"), zip(*runs, strict=True), strict=True)
        found[name] = {sense: Spread(values) for sense, values in senses}
    return found


def table_shift(tr: Tr) -> Table:
    names = {
        "one": tr("步幅 1，环形填充，移一格", "stride 1, wrapping, moved by one"),
        "odd": tr("步幅 2，环形填充，移一格", "stride 2, wrapping, moved by one"),
        "even": tr("步幅 2，环形填充，移两格", "stride 2, wrapping, moved by two"),
        "other": tr("步幅 2，环形填充，换一张图", "stride 2, wrapping, another image"),
        "zeros": tr("步幅 1，零填充，移一格", "stride 1, zeros, moved by one"),
    }
    errors = shift_errors()
    return Table(
        [
            "",
            Col(tr("与平移后的输出相差", "off the shifted output"), format=".2g"),
            Col(tr("与原来的输出相差", "off the old output"), format=".2g"),
            Col(tr("全局平均相差", "off in the global mean"), format=".1g"),
        ],
        [[names[key], *errors[key].values()] for key in names],
        caption=tr(
            f"相对变化（范数之比），{RUNS} 次运行：均值 [最小, 最大]。"
            f"随机 {SIDE}×{SIDE} 图像与 3×3 核；"
            "第一列取最接近的整格平移；全局平均前有 ReLU",
            f"Relative change (ratio of norms), {RUNS} runs: mean [smallest, largest]. Random "
            f"{SIDE}×{SIDE} images and 3×3 kernels; the first column takes the closest whole "
            "shift; a ReLU stands before the global mean",
        ),
    )


def value_shift() -> dict[str, object]:
    errors = shift_errors()
    return {
        "runs": RUNS,
        "one": errors["one"]["equivariance"].high,
        "moved": errors["one"]["invariance"],
        "odd": errors["odd"]["equivariance"],
        "even": errors["even"]["equivariance"].high,
        "other": errors["other"]["equivariance"],
        "zeros": errors["zeros"]["equivariance"],
    }


PATCH = 12


@cache
def network_changes() -> dict[str, Spread]:
    """Relative change of the features of a random network when a patch moves on an empty ground.

    Two 3×3 convolutions (8, 16 channels), each with ReLU and 2×2 max pooling, then the global mean;
    ``strided`` pooling has stride 2, ``dense`` pooling stride 1.
    """
    import torch
    import torch.nn.functional as F

    def features(x, kernels, stride: int):
        for w in kernels:
            x = F.max_pool2d(F.relu(F.conv2d(x, w, padding=1)), 2, stride)
        return x.mean(dim=(2, 3))

    cases = {"strided_1": (2, 1), "strided_2": (2, 2), "strided_4": (2, 4), "dense_1": (1, 1)}
    found: dict[str, list[float]] = {name: [] for name in cases}
    for rng in kit.seeds(RUNS):
        patch = rng.normal(size=(PATCH, PATCH))
        kernels = [torch.tensor(rng.normal(size=shape)) for shape in ((8, 1, 3, 3), (16, 8, 3, 3))]
        for name, (stride, by) in cases.items():
            outputs = []
            for at in (12, 12 + by):
                ground = np.zeros((1, 1, 40, 40))
                ground[0, 0, 12 : 12 + PATCH, at : at + PATCH] = patch
                outputs.append(features(torch.tensor(ground), kernels, stride).numpy())
            found[name].append(_apart(outputs[1], outputs[0]))
    return {name: Spread(values) for name, values in found.items()}


def table_network(tr: Tr) -> Table:
    found = network_changes()
    rows = (
        (tr("步幅 2", "stride 2"), 1, "strided_1"),
        (tr("步幅 2", "stride 2"), 2, "strided_2"),
        (tr("步幅 2", "stride 2"), 4, "strided_4"),
        (tr("步幅 1", "stride 1"), 1, "dense_1"),
    )
    return Table(
        [
            tr("池化", "pooling"),
            Col(tr("平移（像素）", "shift in pixels"), format="d"),
            Col(tr("特征的相对变化", "relative change of the features"), format=".1e"),
        ],
        [[name, by, found[key]] for name, by, key in rows],
        caption=tr(
            f"随机网络：两个 3×3 卷积（8、16 通道），各接 ReLU 与 2×2 最大池化，末尾全局平均。"
            f"{PATCH}×{PATCH} 的随机图块在 40×40 的空白上移动；{RUNS} 次运行：均值 [最小, 最大]",
            f"Random network: two 3×3 convolutions (8, 16 channels), each with ReLU and 2×2 max "
            f"pooling, then the global mean. A random {PATCH}×{PATCH} patch moves on an empty "
            f"40×40 ground; {RUNS} runs: mean [smallest, largest]",
        ),
    )


def value_network() -> dict[str, object]:
    found = network_changes()
    return {
        "odd": found["strided_1"],
        "two": found["strided_2"],
        "whole": found["strided_4"].high,
        "dense": found["dense_1"].high,
        "patch": PATCH,
    }


def figure_shift(tr: Tr) -> Figure:
    """The input, its edges, and every second of them; below, the same of the shifted input."""
    image = _pixels.picture()
    rows = []
    for x in (image, shift(image, 3, 3)):
        edges = conv2d_circular(x, SOBEL)
        rows.append((x, edges, edges[::2, ::2]))
    canvas, panels = kit.canvas(2, 3, height=3.9)
    titles = (
        tr("输入", "input"),
        tr("步幅 1", "stride 1"),
        tr("步幅 2", "stride 2"),
    )
    for line, row in zip(panels, rows, strict=True):
        for place, (axes, values) in enumerate(zip(line, row, strict=True)):
            _pixels.draw(axes, values, colour=kit.BLUE if place else kit.INK, top=4 if place else 1)
    for axes, title in zip(panels[0], titles, strict=True):
        axes.set_title(title)
    for axes, label in zip(
        panels[:, 0], (tr("原图", "as it was"), tr("移 3 格", "moved by 3")), strict=True
    ):
        axes.set_ylabel(label)
    return Figure(
        canvas,
        caption=tr(
            "下排的输入向下、向右各移了 3 格（移出的从对边回来），核为 Sobel 核。步幅 1 的特征图"
            "（中）原样跟着移 3 格；步幅 2（右）要移一格半，办不到，边缘的数变了样。",
            "Below, the input was moved by 3 cells down and 3 to the right, wrapping around; the "
            "kernel is a Sobel kernel. The feature map of stride 1 (middle) moves along "
            "unchanged; that of stride 2 (right) would have to move by one cell and a half, and "
            "its numbers change.",
        ),
        alt=tr(
            "两排三列。中列下图是上图的平移；右列两图的边缘粗细与深浅不同。",
            "Two rows of three. In the middle the lower map is the upper one, moved; on the right "
            "the edges differ in width and shade.",
        ),
        data={
            "plain": rows[0][1],
            "moved": rows[1][1],
            "plain_strided": rows[0][2],
            "moved_strided": rows[1][2],
        },
    )


# --------------------------------------------------------------------------- weights


def layer_weights(side: int, channels: int, out: int, k: int) -> dict[str, int]:
    """Weights from (channels, side, side) to (out, side, side), dense and as a convolution."""
    return {
        "dense": (channels * side**2) * (out * side**2),
        "conv": channels * out * k**2,
        "biases": out,
    }


def table_weights(tr: Tr) -> Table:
    cases = {
        "28×28 → 28×28": layer_weights(28, 1, 1, 3),
        "3×224×224 → 64×224×224": layer_weights(224, 3, 64, 3),
    }
    return Table(
        [
            tr("形状", "shapes"),
            Col(tr("全连接的权重", "weights, dense"), format=",d"),
            Col(tr("3×3 卷积的权重", "weights, 3×3 convolution"), format=",d"),
            Col(tr("卷积的偏置", "biases of the convolution"), format=",d"),
        ],
        [[tr.name(name), *counts.values()] for name, counts in cases.items()],
        caption=tr("同样的输入输出，两种连接", "The same input and output, connected in two ways"),
    )


def value_weights() -> dict[str, int]:
    large, small = layer_weights(224, 3, 64, 3), layer_weights(28, 1, 1, 3)
    return {
        "dense": large["dense"],
        "conv": large["conv"],
        "parameters": large["conv"] + large["biases"],
        "small_dense": small["dense"],
        "small_conv": small["conv"],
    }
