"""The tables of formulas, each cell evaluated in the build, and the formulas of the text."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import numpy as np

from snippets import kit
from snippets.activations import _activation_zoo_latex as latex
from snippets.activations._activation_zoo_shape import range_text
from snippets.activations.activation_zoo import ACTIVATIONS, BY_NAME, maxout, run_as_printed
from snippets.activations.modern_activations import glu, normal_cdf, swiglu
from snippets.activations.relu_variants import SELU_ALPHA, SELU_SCALE, elu, leaky_relu, prelu, rrelu
from snippets.activations.softmax import log_softmax, logsumexp, softmax
from snippets.kit import Col, Formula, Table, Tr

_FORMULAS = {
    a.name: latex.of_one(a.name, a.forward, run_as_printed(a.functional)) for a in ACTIVATIONS
}


_X = kit.scalar(("预激活值", "pre-activation"), -6, 6)


formula_inner = Formula(
    r"u(x) = \sqrt{\frac{2}{\pi}}\,(x + 0.044715\,x^3)", {"x": _X}, witness={"x": 0.5}
)


formula_inner_slope = Formula(
    r"u'(x) = \sqrt{\frac{2}{\pi}}\,(1 + 0.134145\,x^2)",
    {"x": _X},
    derivative_of=latex.inner,
    autograd=latex.inner,
)


formula_sigmoid_half = Formula(r"\frac{1}{1 + e^{-0.5}} \approx 0.6225", {})


formula_softplus_half = Formula(r"\ln(1 + e^{0.5}) \approx 0.9741", {})


formula_gelu_half = Formula(
    r"\Phi(0.5) \approx 0.6915, \quad 0.5\,\Phi(0.5) \approx 0.3457",
    {r"\Phi": kit.function(("标准正态分布函数", "the normal distribution function"), normal_cdf)},
)


def table_formulas(tr: Tr) -> Table:
    return Table(
        [tr("名称", "name"), tr("函数", "function"), tr("导数", "derivative")],
        [[tr.name(name), f, slope] for name, (f, slope) in _FORMULAS.items()],
        caption=tr(
            "作用于一个数的激活函数。每一格里的公式都在构建时代入数值核对过",
            "Activations of one number. Every formula in these cells was evaluated in the build",
        ),
        sortable=True,
    )


def table_card(tr: Tr) -> Table:
    names = ["sigmoid", "tanh", "ReLU", "ELU", "softplus", "GELU", "SiLU", "Mish"]
    return Table(
        [tr("名称", "name"), tr("函数", "function"), tr("值域", "range")],
        [[tr.name(n), _FORMULAS[n][0], range_text(BY_NAME[n], 2)] for n in names],
        caption=tr("先记这八个（ELU 取 α = 1）", "Eight to know by heart (ELU with α = 1)"),
    )


def value_formulas() -> dict[str, int]:
    both = [f for pair in (*_FORMULAS.values(), *latex.OF_SEVERAL.values()) for f in pair]
    return {"count": len(both), "samples": both[0].samples}


def value_defaults() -> dict[str, float]:
    """The parameters that stand in the formulas as letters, as our functions default to them."""

    def default(function: Callable, name: str) -> float:
        return float(inspect.signature(function).parameters[name].default)

    return {
        "leaky": default(leaky_relu, "slope"),
        "prelu": default(prelu, "slope"),
        "rrelu": (default(rrelu, "lower") + default(rrelu, "upper")) / 2,
        "elu": default(elu, "alpha"),
        "selu_scale": SELU_SCALE,
        "selu_alpha": SELU_ALPHA,
    }


_AT_ZERO = {
    "softmax": lambda: softmax(np.zeros(2))[0],
    "log-softmax": lambda: log_softmax(np.zeros(2))[0],
    "logsumexp": lambda: logsumexp(np.zeros(2)),
    "maxout": lambda: maxout(np.zeros(2)),
    "GLU": lambda: glu(np.zeros(2))[0],
    "SwiGLU": lambda: swiglu(0.0, 0.0),
}


_RANGES = {
    "softmax": "$(0, 1)$",
    "log-softmax": r"$(-\infty, 0)$",
    "logsumexp": r"$(-\infty, \infty)$",
    "maxout": r"$(-\infty, \infty)$",
    "GLU": r"$(-\infty, \infty)$",
    "SwiGLU": r"$(-\infty, \infty)$",
}


def table_several(tr: Tr) -> Table:
    return Table(
        [
            tr("名称", "name"),
            tr("函数", "function"),
            tr("导数", "derivative"),
            tr("值域", "range"),
            Col(tr("两个输入都为 0", "both inputs 0"), format=".4f"),
        ],
        [
            [tr.name(name), f, slope, _RANGES[name], float(_AT_ZERO[name]())]
            for name, (f, slope) in latex.OF_SEVERAL.items()
        ],
        caption=tr(
            "多个输入的激活函数（0 处的值取 n = 2）",
            "Activations that read several numbers at once (the value at 0 is for n = 2)",
        ),
    )
