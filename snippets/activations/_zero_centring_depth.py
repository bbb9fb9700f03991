"""Sigmoid and tanh over many layers, plain and shifted: the share of the slope and of the mean."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.activations import _depth
from snippets.activations.sigmoid_tanh import (
    sigmoid,
    sigmoid_grad,
    tanh,
    tanh_grad,
    torch_sigmoid,
    torch_tanh,
)
from snippets.kit import Check, Col, Figure, Spread, Table, Tr

_FUNCTIONS = {
    "sigmoid": ("sigmoid", sigmoid, sigmoid_grad),
    "centred": ("sigmoid − ½", lambda z: sigmoid(z) - 0.5, sigmoid_grad),
    "shifted": ("tanh + 1", lambda z: tanh(z) + 1, tanh_grad),
    "tanh": ("tanh", tanh, tanh_grad),
}


def check_depth() -> Check:
    """In logarithms, because small norms would agree however wrong they were."""
    std = _depth.WIDTH**-0.5
    return kit.compare(
        (
            "PyTorch 自动求导得到的各层梯度范数（比较对数）",
            "the gradient norms of all layers by PyTorch's autograd (their logarithms)",
        ),
        [
            (
                np.log10(_depth.gradient_norms(phi, slope, std, np.random.default_rng(0))),
                np.log10(_depth.torch_gradient_norms(theirs, std, np.random.default_rng(0))),
            )
            for phi, slope, theirs in (
                (sigmoid, sigmoid_grad, torch_sigmoid),
                (tanh, tanh_grad, torch_tanh),
            )
        ],
    )


@cache
def _norms(name: str) -> np.ndarray:
    _, phi, slope = _FUNCTIONS[name]
    return _depth.all_norms(phi, slope, _depth.WIDTH**-0.5)


def _ratio(name: str) -> Spread:
    norms = _norms(name)
    return Spread(norms[:, 0] / norms[:, -1])


def table_compare(tr: Tr) -> Table:
    def row(head: str, of_sigmoid: kit.Cell, of_tanh: kit.Cell) -> list[kit.Cell]:
        return [head, of_sigmoid, of_tanh]

    peaks = float(sigmoid_grad(0.0)), float(tanh_grad(0.0))
    return Table(
        ["", Col(tr.name("sigmoid"), format=".2g"), Col(tr.name("tanh"), format=".2g")],
        [
            row(tr("值域", "range"), "$(0, 1)$", "$(-1, 1)$"),
            row(
                tr("预激活值对称分布时的输出均值", "mean output for symmetric pre-activations"),
                float(sigmoid(1.0) + sigmoid(-1.0)) / 2,
                float(tanh(1.0) + tanh(-1.0)) / 2,
            ),
            row(tr("最大导数", "largest slope"), *peaks),
            row(
                tr(
                    f"{_depth.DEPTH} 层最大导数之积",
                    f"product of {_depth.DEPTH} largest slopes",
                ),
                *(peak**_depth.DEPTH for peak in peaks),
            ),
            row(
                tr("实测梯度：首层 / 末层", "gradient measured: first / last layer"),
                _ratio("sigmoid"),
                _ratio("tanh"),
            ),
        ],
        caption=tr(
            f"sigmoid 与 tanh；实测为 {_depth.DEPTH} 层、每层 {_depth.WIDTH} 个单元，"
            f"权重标准差 1/√n，{_depth.RUNS} 次初始化的均值 [最小, 最大]",
            f"Sigmoid and tanh; measured in {_depth.DEPTH} layers of {_depth.WIDTH} units with "
            f"weights of std 1/√n, mean [smallest, largest] of {_depth.RUNS} initialisations",
        ),
    )


def figure_depth(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=3.0)
    layers = np.arange(1, _depth.DEPTH + 1)
    data = {}
    looks = ((kit.BLUE, "-"), (kit.TEAL, "--"), (kit.PURPLE, "-."), (kit.ORANGE, "-"))
    for (name, (label, _, _)), (colour, style) in zip(_FUNCTIONS.items(), looks, strict=True):
        share = _norms(name) / _norms(name)[:, -1:]
        axes.fill_between(layers, share.min(axis=0), share.max(axis=0), color=colour, alpha=0.2)
        axes.plot(layers, share.mean(axis=0), style, color=colour, label=tr.name(label))
        data[name] = share
    axes.set_yscale("log")
    axes.set_xlabel(tr("层（1 最靠近输入）", "layer (1 is next to the input)"))
    axes.set_ylabel(tr("∂L/∂z 的范数（末层 = 1）", "norm of ∂L/∂z (last layer = 1)"))
    axes.set_xticks([1, 5, 10, 15, 20])
    axes.legend(loc="lower right", reverse=True)  # in the order of the curves
    return Figure(
        canvas,
        caption=tr(
            "梯度从末层（右）传回首层（左），对数轴。不是实线的两条只平移了输出："
            "sigmoid 减去一半好转有限，tanh 加上 1 却差了几个数量级。",
            "The gradient on its way from the last layer (right) to the first (left), log axis. "
            "Broken lines: the outputs are merely shifted. Sigmoid minus a half gains little, "
            "while tanh plus 1 loses several orders of magnitude.",
        ),
        alt=tr(
            "四条线在末层重合。tanh 到首层只略有下降；tanh 加 1 下降约四个数量级；"
            "sigmoid 与减去一半的 sigmoid 几乎重合，下降约十二个数量级。",
            "Four lines meet at the last layer. Tanh falls only a little towards the first; tanh "
            "plus 1 falls by about four orders of magnitude; sigmoid and sigmoid minus a half "
            "nearly coincide and fall by about twelve.",
        ),
        data=data,
    )


def table_shift(tr: Tr) -> Table:
    return Table(
        [
            tr("最大导数", "largest slope"),
            Col(tr("输出均值为 0", "mean output 0"), format=".1e"),
            Col(tr("输出均值不为 0", "mean output not 0"), format=".1e"),
        ],
        [
            [tr("1（tanh，tanh + 1）", "1 (tanh, tanh + 1)"), _ratio("tanh"), _ratio("shifted")],
            [
                tr("1/4（sigmoid − ½，sigmoid）", "1/4 (sigmoid − ½, sigmoid)"),
                _ratio("centred"),
                _ratio("sigmoid"),
            ],
        ],
        caption=tr(
            "把两个因素拆开：∂L/∂z 的范数，首层 / 末层；网络同上",
            "The two causes apart: norm of ∂L/∂z, first / last layer; the network as above",
        ),
    )


def value_depth() -> dict[str, object]:
    return {
        "layers": _depth.DEPTH,
        "bound": float(sigmoid_grad(0.0)) ** _depth.DEPTH,
        **{name: _ratio(name) for name in _FUNCTIONS},
    }
