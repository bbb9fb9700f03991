"""Many layers: how large the gradient still is when it reaches the first one."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.activations import _depth
from snippets.activations.relu import relu, relu_grad, torch_relu
from snippets.activations.sigmoid_tanh import sigmoid, sigmoid_grad
from snippets.kit import Check, Col, Figure, Formula, Spread, Table, Tr

formula_half = Formula(
    r"\operatorname{ReLU}(z)^2 + \operatorname{ReLU}(-z)^2 = z^2",
    {
        "z": kit.scalar(("预激活值", "pre-activation"), -6, 6),
        r"\operatorname{ReLU}": kit.function(("", ""), relu),
    },
)

_SETTINGS = {
    "sigmoid": (("sigmoid，标准差 1/√n", "sigmoid, std 1/√n"), _depth.WIDTH**-0.5),
    "he": (("ReLU，He：√(2/n)", "ReLU, He: √(2/n)"), (2 / _depth.WIDTH) ** 0.5),
    "small": (("ReLU，标准差 0.01", "ReLU, std 0.01"), 0.01),
    "large": (("ReLU，标准差 1", "ReLU, std 1"), 1.0),
}


@cache
def _norms(setting: str) -> np.ndarray:
    """Gradient norms of all runs and layers; kept, because figure, table and text share them."""
    std = _SETTINGS[setting][1]
    if setting == "sigmoid":
        return _depth.all_norms(sigmoid, sigmoid_grad, std)
    return _depth.all_norms(relu, relu_grad, std)


def _ratio(setting: str) -> Spread:
    norms = _norms(setting)
    return Spread(norms[:, 0] / norms[:, -1])


def check_depth() -> Check:
    std = np.sqrt(2 / _depth.WIDTH)
    return kit.compare(
        (
            "PyTorch 自动求导得到的各层梯度范数",
            "the gradient norms of all layers by PyTorch's autograd",
        ),
        [
            (
                _depth.gradient_norms(relu, relu_grad, std, np.random.default_rng(0)),
                _depth.torch_gradient_norms(torch_relu, std, np.random.default_rng(0)),
            )
        ],
        tolerance=1e-12,
    )


def table_depth(tr: Tr) -> Table:
    return Table(
        [
            tr("激活与权重", "activation and weights"),
            Col(tr("∂L/∂z 的范数：首层 / 末层", "norm of ∂L/∂z: first / last layer"), format=".2g"),
        ],
        [[tr.pair(label), _ratio(setting)] for setting, (label, _) in _SETTINGS.items()],
        caption=tr(
            f"{_depth.DEPTH} 层、每层 {_depth.WIDTH} 个单元；均值 [最小, 最大]，"
            f"{_depth.RUNS} 次随机初始化",
            f"{_depth.DEPTH} layers of {_depth.WIDTH} units; mean [smallest, largest] of "
            f"{_depth.RUNS} random initialisations",
        ),
    )


def value_depth() -> dict[str, object]:
    return {**{setting: _ratio(setting) for setting in _SETTINGS}, "layers": _depth.DEPTH}


def figure_depth(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=3.0)
    layers = np.arange(1, _depth.DEPTH + 1)
    data = {}
    for (setting, (label, _)), colour, line in zip(
        _SETTINGS.items(), kit.SERIES, kit.LINES, strict=False
    ):
        norms = _norms(setting)
        share = norms / norms[:, -1:]
        axes.fill_between(layers, share.min(axis=0), share.max(axis=0), color=colour, alpha=0.2)
        axes.plot(layers, share.mean(axis=0), color=colour, linestyle=line, label=tr.pair(label))
        data[setting] = share
    axes.set_yscale("log")
    axes.set_xlabel(tr("层（1 最靠近输入）", "layer (1 is next to the input)"))
    axes.set_ylabel(tr("∂L/∂z 的范数（末层 = 1）", "norm of ∂L/∂z (last layer = 1)"))
    axes.set_xticks([1, 5, 10, 15, 20])
    axes.legend(loc="upper center", ncols=2, bbox_to_anchor=(0.5, 1.24))
    return Figure(
        canvas,
        caption=tr(
            f"梯度传回首层时的大小，以末层为 1（对数轴；{_depth.RUNS} 次初始化的均值与范围）。"
            "同样是 ReLU，权重的尺度决定它平稳、消失还是爆炸。",
            "The gradient on its way back to the first layer, the last layer's being 1 (log axis; "
            f"mean and range of {_depth.RUNS} initialisations). With the same ReLU, the scale of "
            "the weights decides whether it stays, vanishes or explodes.",
        ),
        alt=tr(
            "四条曲线：He 初始化的 ReLU 基本水平；sigmoid 与小权重的 ReLU 向首层急剧下降；"
            "大权重的 ReLU 向首层急剧上升。",
            "Four curves: ReLU with He weights is nearly level; sigmoid, and ReLU with small "
            "weights, fall steeply towards the first layer; ReLU with large weights rises steeply.",
        ),
        data=data,
    )
