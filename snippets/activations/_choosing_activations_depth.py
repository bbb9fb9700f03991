"""The gradient through many layers: each activation with weights that suit it, and with others."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.activations import _depth
from snippets.activations.modern_activations import gelu, gelu_grad, silu, silu_grad
from snippets.activations.relu import relu, relu_grad
from snippets.activations.sigmoid_tanh import sigmoid, sigmoid_grad, tanh, tanh_grad
from snippets.kit import Check, Col, Spread, Table, Tr

FUNCTIONS = {
    "ReLU": (relu, relu_grad),
    "GELU": (gelu, gelu_grad),
    "SiLU": (silu, silu_grad),
    "tanh": (tanh, tanh_grad),
    "sigmoid": (sigmoid, sigmoid_grad),
}
SMALL, LARGE = 0.01, 1.0
DEPTH, WIDTH, RUNS = _depth.DEPTH, _depth.WIDTH, _depth.RUNS


def gain(name: str) -> float:
    """1/√E[φ(z)²] for z from N(0, 1), integrated by a fine trapezoid rule."""
    z = np.linspace(-12, 12, 24_001)
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    return float(np.trapezoid(FUNCTIONS[name][0](z) ** 2 * density, z) ** -0.5)


@cache
def ratios(name: str, std: float) -> np.ndarray:
    """(RUNS,): norm of ∂L/∂z in the first layer over that in the last, one for each network."""
    norms = _depth.all_norms(*FUNCTIONS[name], std)
    return norms[:, 0] / norms[:, -1]


def matched(name: str) -> np.ndarray:
    """The same with the standard deviation that suits the activation."""
    return ratios(name, gain(name) / np.sqrt(WIDTH))


def check_depth() -> Check:
    """The norms by hand against autograd, for every activation."""
    import torch
    import torch.nn.functional as F

    theirs = (F.relu, F.gelu, F.silu, torch.tanh, torch.sigmoid)
    pairs = []
    for name, function in zip(FUNCTIONS, theirs, strict=True):
        std = gain(name) / np.sqrt(WIDTH)
        by_hand = _depth.gradient_norms(*FUNCTIONS[name], std, np.random.default_rng(0))
        autograd = _depth.torch_gradient_norms(function, std, np.random.default_rng(0))
        pairs.append((by_hand / autograd, np.ones_like(autograd)))
    return kit.compare(
        (
            "PyTorch 自动求导得到的各层梯度范数（相对误差）",
            "the gradient norms of all layers by PyTorch's autograd (relative)",
        ),
        pairs,
        tolerance=1e-9,
    )


def table_depth(tr: Tr) -> Table:
    return Table(
        [
            tr("激活", "activation"),
            Col("g", format=".3f"),
            Col(tr("标准差 g/√n", "std g/√n"), format=".2g"),
            Col(tr(f"标准差 {SMALL}", f"std {SMALL}"), format=".0e"),
            Col(tr("标准差 1", "std 1"), format=".0e"),
        ],
        [
            [
                tr.name(name),
                gain(name),
                Spread(matched(name)),
                float(ratios(name, SMALL).mean()),
                float(ratios(name, LARGE).mean()),
            ]
            for name in FUNCTIONS
        ],
        caption=tr(
            f"{DEPTH} 层、每层 {WIDTH} 个单元，首层与末层 ∂L/∂z 的范数之比；"
            f"{RUNS} 次初始化，配套的一列给均值 [最小, 最大]，另两列给均值",
            f"Norm of ∂L/∂z in the first layer over that in the last, {DEPTH} layers of "
            f"{WIDTH} units, {RUNS} initialisations: mean [smallest, largest] where "
            "matched, else the mean",
        ),
    )


def value_depth() -> dict[str, object]:
    return {
        **{name: Spread(matched(name)) for name in ("ReLU", "GELU", "tanh", "sigmoid")},
        "sigmoid_large": Spread(ratios("sigmoid", LARGE)),
        "tanh_large": Spread(ratios("tanh", LARGE)),
        "layers": DEPTH,
    }


def value_gain_tanh() -> float:
    from torch.nn.init import calculate_gain

    return calculate_gain("tanh")


def value_pytorch_defaults() -> dict[str, str]:
    """What torch.nn takes when no activation is named."""
    from torch import nn

    layer = nn.TransformerEncoderLayer(8, 2, dim_feedforward=8)
    return {
        "transformer": f"`F.{layer.activation.__name__}`",
        "rnn": f"`{nn.RNN(2, 2).nonlinearity}`",
    }
