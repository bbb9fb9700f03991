"""SELU: its two constants, and the fixed point that they are made for."""

from __future__ import annotations

import math

import numpy as np

from snippets import kit
from snippets.activations.relu import relu
from snippets.activations.relu_variants import SELU_ALPHA, SELU_SCALE, elu, selu
from snippets.kit import Col, Formula, Spread, Table, Tr

_PHI = kit.function(
    ("标准正态分布函数", "standard normal distribution function"),
    lambda x: (1 + math.erf(x / math.sqrt(2))) / 2,
)

formula_selu = Formula(
    r"\operatorname{SELU}(x) ="
    r" \lambda \begin{cases} x & x > 0 \\ \alpha\,(e^x - 1) & x \le 0 \end{cases}",
    {
        r"\alpha": kit.constant(("由不动点条件定出", "set by the fixed point"), SELU_ALPHA),
        r"\lambda": kit.constant(("由不动点条件定出", "set by the fixed point"), SELU_SCALE),
        "x": kit.scalar(("预激活值", "pre-activation"), -6, 6),
    },
    equals=selu,
)

formula_selu_alpha = Formula(
    r"\alpha = \frac{1/\sqrt{2\pi}}{1/2 - \sqrt{e}\,\Phi(-1)} \approx 1.6733",
    {r"\Phi": _PHI},
    equals=lambda: SELU_ALPHA,
)

formula_selu_lambda = Formula(
    r"\lambda^{-2} = \frac{1}{2}"
    r" + \alpha^2 \left( e^2\,\Phi(-2) - 2\sqrt{e}\,\Phi(-1) + \frac{1}{2} \right)",
    {
        r"\alpha": kit.constant(("上式的值", "as above"), SELU_ALPHA),
        r"\lambda": kit.constant(("缩放系数", "the scale"), SELU_SCALE),
        r"\Phi": _PHI,
    },
)

LAYERS, WIDTH = 32, 128


def value_moments() -> dict[str, float]:
    """Mean and variance of SELU(z) for a standard normal z, by quadrature on both sides of 0."""
    nodes, weights = np.polynomial.legendre.leggauss(200)
    z, w = 6.5 * (nodes + 1), 6.5 * weights
    density = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi) * w
    mean = (density * (selu(z) + selu(-z))).sum()
    return {
        "mean": abs(mean),
        "variance": (density * (selu(z) ** 2 + selu(-z) ** 2)).sum() - mean**2,
    }


def _after_layers(f, gain: float) -> tuple[Spread, Spread]:
    """Mean and variance of the activations behind LAYERS random layers, inputs of mean 1, std 2."""
    means, variances = [], []
    for rng in kit.seeds(5):
        h = rng.normal(1.0, 2.0, (256, WIDTH))
        for _ in range(LAYERS):
            h = f(h @ rng.normal(0.0, math.sqrt(gain / WIDTH), (WIDTH, WIDTH)))
        means.append(h.mean())
        variances.append(h.var())
    return Spread(means), Spread(variances)


def table_selu(tr: Tr) -> Table:
    settings = (
        (("SELU，LeCun：√(1/n)", "SELU, LeCun: √(1/n)"), selu, 1.0),
        (("SELU，He：√(2/n)", "SELU, He: √(2/n)"), selu, 2.0),
        (("ELU，LeCun：√(1/n)", "ELU, LeCun: √(1/n)"), elu, 1.0),
        (("ReLU，He：√(2/n)", "ReLU, He: √(2/n)"), relu, 2.0),
    )
    return Table(
        [
            tr("激活与权重的标准差", "activation and std of the weights"),
            Col(tr("均值", "mean"), format=".3f"),
            Col(tr("方差", "variance"), format=".3g"),
        ],
        [[tr.pair(label), *_after_layers(f, gain)] for label, f, gain in settings],
        caption=tr(
            f"经过 {LAYERS} 个随机层（每层 {WIDTH} 个单元）之后的激活值；输入均值为 1、标准差为 2；"
            "均值 [最小, 最大]，5 次初始化",
            f"Activations behind {LAYERS} random layers of {WIDTH} units; inputs of mean 1 and "
            "standard deviation 2; mean [smallest, largest] of 5 initialisations",
        ),
    )
