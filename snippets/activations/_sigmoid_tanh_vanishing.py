"""Why the gradient of sigmoid and tanh vanishes over many layers: by slope, range and weights."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.activations import _depth
from snippets.activations.sigmoid_tanh import sigmoid, sigmoid_grad, tanh, tanh_grad
from snippets.kit import Col, Formula, Spread, Table, Tr

XAVIER = _depth.WIDTH**-0.5  # standard deviation, for layers with as many inputs as outputs
SCALES = {"1/√n": 1.0, "(5/3)/√n": 5 / 3, "4/√n": 4.0, "8/√n": 8.0, "16/√n": 16.0}

formula_chain = Formula(
    r"\prod_{l=1}^{L} \sigma'(z_l)\,|w_l| \le \prod_{l=1}^{L} \frac{|w_l|}{4}",
    {
        "L": kit.integer(("层数", "number of layers"), 1, 20),
        "l": kit.index(("层的编号", "layer"), "L"),
        "z": kit.array(("各层的预激活值", "pre-activations"), ("L",), -6, 6),
        "w": kit.array(("各层的权重", "weights"), ("L",), -2, 2),
        r"\sigma'": kit.function(("", ""), sigmoid_grad),
    },
)


@cache
def _ratio(phi: _depth.Function, slope: _depth.Function, scale: float = 1.0) -> Spread:
    """Norm of dL/dz at the first layer over that at the last, weights of std scale · XAVIER."""
    norms = _depth.all_norms(phi, slope, scale * XAVIER)
    return Spread(norms[:, 0] / norms[:, -1])


@cache
def _by_cause() -> list[tuple[str, str, float, Spread]]:
    """Functions by range and by slope: (function, range, largest slope, gradient ratio)."""
    functions = [
        (r"$\sigma(x)$", "$(0, 1)$", sigmoid, sigmoid_grad),
        (
            r"$\sigma(4x)$",
            "$(0, 1)$",
            lambda x: sigmoid(4 * x),
            lambda x: 4 * sigmoid_grad(4 * x),
        ),
        (
            r"$\sigma(4x) - 1/2$",
            "$(-1/2, 1/2)$",
            lambda x: sigmoid(4 * x) - 0.5,
            lambda x: 4 * sigmoid_grad(4 * x),
        ),
        (r"$\tanh x$", "$(-1, 1)$", tanh, tanh_grad),
        (
            r"$10\,\tanh(x/40)$",
            "$(-10, 10)$",
            lambda x: 10 * tanh(x / 40),
            lambda x: tanh_grad(x / 40) / 4,
        ),
    ]
    return [
        (name, interval, float(slope(np.zeros(1))[0]), _ratio(phi, slope))
        for name, interval, phi, slope in functions
    ]


def table_cause(tr: Tr) -> Table:
    return Table(
        [
            tr("函数", "function"),
            tr("值域", "range"),
            Col(tr("最大导数", "largest slope"), format="g"),
            Col(tr("∂L/∂z 的范数：首层 / 末层", "norm of ∂L/∂z: first / last layer"), format=".1e"),
        ],
        [list(row) for row in _by_cause()],
        caption=tr(
            f"{_depth.DEPTH} 层、每层 {_depth.WIDTH} 个单元，权重标准差 1/√n；"
            f"均值 [最小, 最大]，{_depth.RUNS} 次随机初始化",
            f"{_depth.DEPTH} layers of {_depth.WIDTH} units, weights of std 1/√n; "
            f"mean [smallest, largest] of {_depth.RUNS} random initialisations",
        ),
    )


def value_cause() -> dict[str, Spread]:
    names = ("sigmoid", "steep", "centred", "tanh", "wide")
    return {name: row[3] for name, row in zip(names, _by_cause(), strict=True)}


def value_bound() -> dict[str, float]:
    """A quarter for each of 20 layers, and for each of the 19 steps from the last to the first."""
    return {
        "layers": _depth.DEPTH,
        "all": 0.25**_depth.DEPTH,
        "steps": _depth.DEPTH - 1,
        "between": 0.25 ** (_depth.DEPTH - 1),
    }


@cache
def _by_scale() -> dict[str, tuple[Spread, Spread]]:
    return {
        label: (_ratio(sigmoid, sigmoid_grad, scale), _ratio(tanh, tanh_grad, scale))
        for label, scale in SCALES.items()
    }


def table_scale(tr: Tr) -> Table:
    names = {"1/√n": tr("1/√n（Xavier）", "1/√n (Xavier)")}
    return Table(
        [
            tr("权重的标准差", "std of the weights"),
            Col(tr.name("sigmoid"), format=".2g"),
            Col(tr.name("tanh"), format=".2g"),
        ],
        [[names.get(label, label), *ratios] for label, ratios in _by_scale().items()],
        caption=tr(
            "∂L/∂z 的范数，首层 / 末层；网络同上表",
            "Norm of ∂L/∂z, first / last layer; the network is that of the table above",
        ),
    )


def value_scale() -> dict[str, Spread]:
    found = _by_scale()
    return {
        "sigmoid_xavier": found["1/√n"][0],
        "tanh_xavier": found["1/√n"][1],
        "sigmoid_16": found["16/√n"][0],
    }


def value_gain() -> dict[str, float]:
    """The gains that PyTorch recommends for Xavier initialisation."""
    import torch

    return {name: torch.nn.init.calculate_gain(name) for name in ("sigmoid", "tanh")}
