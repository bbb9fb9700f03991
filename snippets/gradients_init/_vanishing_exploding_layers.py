"""Layer by layer: the gradient on its way back through twenty layers, in seven configurations."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.activations import _depth
from snippets.activations.relu import relu, relu_grad
from snippets.activations.sigmoid_tanh import sigmoid, sigmoid_grad, tanh, tanh_grad
from snippets.gradients_init.vanishing_exploding import jacobian_product, pre_activation_gradients
from snippets.kit import Check, Col, Figure, Spread, Table, Tr

_ROOT = _depth.WIDTH**-0.5
_FUNCTIONS = {
    "sigmoid": (sigmoid, sigmoid_grad),
    "tanh": (tanh, tanh_grad),
    "ReLU": (relu, relu_grad),
}
_SETTINGS = {
    "relu_large": ("ReLU", "1", 1.0),
    "tanh_large": ("tanh", "1", 1.0),
    "he": ("ReLU", "√(2/n)", 2**0.5 * _ROOT),
    "tanh": ("tanh", "1/√n", _ROOT),
    "relu_xavier": ("ReLU", "1/√n", _ROOT),
    "sigmoid": ("sigmoid", "1/√n", _ROOT),
    "small": ("ReLU", "0.01", 0.01),
}


@cache
def _norms(setting: str) -> np.ndarray:
    """Norms of ∂L/∂z of all runs and layers, shape (runs, layers)."""
    name, _, std = _SETTINGS[setting]
    return _depth.all_norms(*_FUNCTIONS[name], std)


def _ratio(setting: str) -> Spread:
    norms = _norms(setting)
    return Spread(norms[:, 0] / norms[:, -1])


def value_ratio() -> dict[str, object]:
    return {
        **{setting: _ratio(setting) for setting in _SETTINGS},
        "layers": _depth.DEPTH,
        "steps": _depth.DEPTH - 1,
    }


def check_layers() -> Check:
    """The norms by hand over those by autograd, against 1."""
    import torch

    functions = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "ReLU": torch.relu}
    pairs = []
    for name, _, std in _SETTINGS.values():
        ours = _depth.gradient_norms(*_FUNCTIONS[name], std, np.random.default_rng(0))
        theirs = _depth.torch_gradient_norms(functions[name], std, np.random.default_rng(0))
        pairs.append((ours / theirs, np.ones_like(ours)))
    return kit.compare(
        (
            "PyTorch 自动求导得到的各层梯度范数（相对误差）",
            "the gradient norms of all layers by PyTorch's autograd (relative)",
        ),
        pairs,
        tolerance=1e-5,  # tanh with std 1: autograd loses digits in 1 - tanh² where it saturates
    )


def check_hooks() -> Check:
    """The monitor with hooks on a 20-layer nn.Sequential against the norms by hand."""
    import torch
    from torch import nn

    std = 2**0.5 * _ROOT
    weights, inputs, upstream = _depth.draw(std, np.random.default_rng(0))
    layers: list[nn.Module] = []
    for weight in weights:
        layer = nn.Linear(*weight.shape, bias=False, dtype=torch.float64)
        layer.weight.data = torch.tensor(weight)
        layers += [layer, nn.ReLU()]
    model, x, g = nn.Sequential(*layers), torch.tensor(inputs), torch.tensor(upstream)
    theirs = pre_activation_gradients(model, lambda m: (m(x) * g).sum())
    ours = _depth.gradient_norms(relu, relu_grad, std, np.random.default_rng(0))
    return kit.compare(
        (
            f"`pre_activation_gradients` 在 {_depth.DEPTH} 层 `nn.Sequential` 上给出的范数",
            f"what `pre_activation_gradients` gives on an `nn.Sequential` of {_depth.DEPTH} layers",
        ),
        [(ours, theirs)],
        tolerance=1e-10,
    )


def figure_layers(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=3.7)
    layers = np.arange(1, _depth.DEPTH + 1)
    lines = ["-", "--", "-", "-.", "--", ":", "-."]
    colours = [kit.RED, kit.PURPLE, kit.BLUE, kit.TEAL, kit.ORANGE, kit.GREEN, kit.INK]
    lift = {"he": 2.2, "tanh": -0.2, "relu_xavier": -1.0}
    data = {}
    for (setting, (name, text, _)), colour, line in zip(
        _SETTINGS.items(), colours, lines, strict=True
    ):
        share = _norms(setting) / _norms(setting)[:, -1:]
        axes.fill_between(layers, share.min(axis=0), share.max(axis=0), color=colour, alpha=0.2)
        axes.plot(layers, share.mean(axis=0), color=colour, linestyle=line)
        height = np.log10(share.mean(axis=0)[0]) + lift.get(setting, 0)
        label = tr.name(f"{name}, {text}")
        axes.text(0.6, 10.0**height, label, color=colour, fontsize=9, va="center")
        data[setting] = share
    axes.set_yscale("log")
    axes.set_ylim(1e-21, 1e24)
    axes.set_xlim(20.5, -4.8)
    axes.set_xticks([20, 15, 10, 5, 1])
    axes.set_xlabel(tr("层（反向传播从左到右）", "layer (the backward pass runs left to right)"))
    axes.set_ylabel(tr("∂L/∂z 的范数（末层 = 1）", "norm of ∂L/∂z (last layer = 1)"))
    return Figure(
        canvas,
        caption=tr(
            f"梯度从第 {_depth.DEPTH} 层传回第 1 层，以末层为 1（对数轴）。"
            f"每层 {_depth.WIDTH} 个单元，曲线旁标的是激活函数与权重的标准差；"
            f"{_depth.RUNS} 次初始化的均值与范围。",
            f"The gradient from layer {_depth.DEPTH} back to layer 1, the last layer's being 1 "
            f"(log axis). {_depth.WIDTH} units a layer; each curve is labelled with activation and "
            f"standard deviation of the weights; mean and range of {_depth.RUNS} initialisations.",
        ),
        alt=tr(
            "七条从右端散开的曲线：标准差 1 的 ReLU 与 tanh 直线上升；He 初始化的 ReLU 几乎水平；"
            "tanh 略降；标准差 1/√n 的 ReLU 缓降；sigmoid 与标准差 0.01 的 ReLU 直线下降。",
            "Seven curves fan out: ReLU and tanh with std 1 climb, ReLU with He weights stays "
            "level, tanh sinks a little, ReLU with 1/√n more, sigmoid and ReLU with 0.01 plunge.",
        ),
        data=data,
    )


def table_layers(tr: Tr) -> Table:
    def factor(setting: str) -> float:
        return float(_ratio(setting).mean ** (1 / (_depth.DEPTH - 1)))

    return Table(
        [
            tr("激活", "activation"),
            tr("权重的标准差", "std of the weights"),
            Col(tr("首层 / 末层", "first / last layer"), format=".2g"),
            Col(tr("每层的因子（几何平均）", "factor a layer (geometric mean)"), format=".2g"),
        ],
        [
            [tr.name(name), text, _ratio(setting), factor(setting)]
            for setting, (name, text, _) in _SETTINGS.items()
        ],
        caption=tr(
            f"∂L/∂z 的范数之比，{_depth.DEPTH} 层、每层 {_depth.WIDTH} 个单元；"
            f"均值 [最小, 最大]，{_depth.RUNS} 次随机初始化",
            f"Ratio of the norms of ∂L/∂z, {_depth.DEPTH} layers of {_depth.WIDTH} units; "
            f"mean [smallest, largest] of {_depth.RUNS} random initialisations",
        ),
        sortable=True,
    )


@cache
def _bounds() -> tuple[Spread, Spread, Spread]:
    """Of 20 sigmoid layers: ‖J‖₂, the bound on it, and the singular value a random vector sees."""
    true, bound, typical = [], [], []
    for rng in kit.seeds(_depth.RUNS):
        weights, hidden, _ = _depth.draw(_ROOT, rng)
        h, slopes = hidden[0], []
        for weight in weights:
            z = weight @ h
            h = sigmoid(z)
            slopes.append(sigmoid_grad(z))
        jacobian = jacobian_product(np.array(weights), np.array(slopes))
        singular = np.linalg.svd(jacobian, compute_uv=False)
        true.append(singular[0])
        typical.append(np.sqrt(np.mean(singular**2)))
        bound.append(
            np.prod([np.linalg.norm(w, 2) * s.max() for w, s in zip(weights, slopes, strict=True)])
        )
    return Spread(true), Spread(bound), Spread(typical)


def value_bound() -> dict[str, Spread]:
    true, bound, typical = _bounds()
    return {"norm": true, "bound": bound, "typical": typical}


def value_range() -> dict[str, Spread]:
    """Ratios of two sigmoids of the same range (0, 1): σ(x), and σ(4x) whose slope reaches 1."""
    steep = _depth.all_norms(lambda x: sigmoid(4 * x), lambda x: 4 * sigmoid_grad(4 * x), _ROOT)
    shifted = _depth.all_norms(lambda x: sigmoid(x) - 0.5, sigmoid_grad, _ROOT)
    return {
        "steep": Spread(steep[:, 0] / steep[:, -1]),
        "centred": Spread(shifted[:, 0] / shifted[:, -1]),
    }
