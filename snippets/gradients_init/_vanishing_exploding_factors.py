"""The factors: products of twenty, the slopes of activations, and when the numbers run out."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.activations.modern_activations import gelu_grad, silu_grad
from snippets.activations.relu import relu_grad
from snippets.activations.sigmoid_tanh import sigmoid_grad, tanh_grad
from snippets.gradients_init.vanishing_exploding import layers_until_overflow
from snippets.kit import Col, Figure, Formula, Spread, Table, Tr

LAYERS = 20
FACTORS = (0.25, 0.5, -0.5, 0.9, 1.0, 1.1, 1.5, -2.0)


def table_products(tr: Tr) -> Table:
    def verdict(factor: float) -> str:
        size = abs(factor)
        if size == 1:
            return tr("不变", "stays")
        return tr("消失", "vanishes") if size < 1 else tr("爆炸", "explodes")

    return Table(
        [
            Col(tr("每层的因子", "factor of each layer"), format="g"),
            Col(tr(f"{LAYERS} 个相乘", f"product of {LAYERS}"), format=".3g"),
            tr("结果", "outcome"),
        ],
        [[f, f**LAYERS, verdict(f)] for f in FACTORS],
        caption=tr(
            "决定结果的是绝对值小于还是大于 1，不是正负号",
            "What decides is whether the absolute value is below or above 1, not the sign",
        ),
    )


def value_products() -> dict[str, float]:
    """Products of LAYERS equal factors, and their number."""
    names = {"quarter": 0.25, "half": 0.5, "minus_half": -0.5, "up": 1.5, "minus_two": -2.0}
    return {**{name: f**LAYERS for name, f in names.items()}, "layers": LAYERS}


# --------------------------------------------------------------------------- slopes

SLOPES = {
    "sigmoid": sigmoid_grad,
    "tanh": tanh_grad,
    "ReLU": relu_grad,
    "GELU": gelu_grad,
    "SiLU": silu_grad,
}

formula_sigmoid = Formula(
    r"\max_z \sigma'(z) = \sigma'(0) = \frac{1}{4}",
    {
        "z": kit.scalar(("预激活值", "pre-activation"), -6, 6),
        r"\sigma'": kit.function(("sigmoid 的导数", "slope of the sigmoid"), sigmoid_grad),
    },
)

formula_others = Formula(
    r"\max_z \tanh'(z) = 1, \quad \max_z \operatorname{GELU}'(z) \approx 1.129,"
    r" \quad \max_z \operatorname{SiLU}'(z) \approx 1.100",
    {
        "z": kit.scalar(("预激活值", "pre-activation"), -6, 6),
        r"\tanh'": kit.function(("tanh 的导数", "slope of tanh"), tanh_grad),
        r"\operatorname{GELU}'": kit.function(("GELU 的导数", "slope of GELU"), gelu_grad),
        r"\operatorname{SiLU}'": kit.function(("SiLU 的导数", "slope of SiLU"), silu_grad),
    },
)

formula_break_even = Formula(
    r"|w|\,\sigma'(z) \le \frac{|w|}{4}",
    {
        "w": kit.scalar(("权重", "the weight"), -10, 10),
        "z": kit.scalar(("预激活值", "pre-activation"), -6, 6),
        r"\sigma'": kit.function(("sigmoid 的导数", "slope of the sigmoid"), sigmoid_grad),
    },
)

formula_eight = Formula(
    r"\left(8 \cdot \sigma'(0)\right)^{10} = 2^{10} = 1024",
    {r"\sigma'": kit.function(("sigmoid 的导数", "slope of the sigmoid"), sigmoid_grad)},
)


def figure_slopes(tr: Tr) -> Figure:
    z = np.linspace(-4, 4, 801)
    canvas, axes = kit.canvas(height=2.9)
    axes.axhline(1, color=kit.MUTED, linewidth=0.8)
    axes.axhline(0, color=kit.GRID, linewidth=0.8, zorder=0)
    styles = ["-", "--", "-.", ":", (0, (8, 2, 1, 2, 1, 2))]
    ends = {"sigmoid": (-3.9, 0.1), "tanh": (-1.45, 0.62), "ReLU": (2.9, 0.88),
            "GELU": (1.35, 1.17), "SiLU": (3.05, 1.12)}  # fmt: skip
    for (name, slope), colour, line in zip(SLOPES.items(), kit.SERIES, styles, strict=False):
        y = slope(z)
        if name == "ReLU":
            y[np.abs(z) < 1e-9] = np.nan
        axes.plot(z, y, color=colour, linestyle=line)
        axes.text(*ends[name], tr.name(name), color=colour, fontsize=9)
    axes.set_xlabel(tr("预激活值 z", "pre-activation z"))
    axes.set_ylabel(tr("导数", "slope"))
    axes.set_ylim(-0.18, 1.28)
    return Figure(
        canvas,
        caption=tr(
            "激活函数的导数。灰线以下，导数使梯度缩小；sigmoid 处处不超过四分之一，"
            "只有 GELU 和 SiLU 略微超过 1。",
            "Slopes of activations. Below the grey line the slope shrinks the gradient; sigmoid "
            "never passes a quarter, and only GELU and SiLU rise a little above 1.",
        ),
        alt=tr(
            "五条导数曲线：sigmoid 的矮峰高四分之一，tanh 的峰在 0 处到 1，"
            "ReLU 由 0 跳到 1，GELU 与 SiLU 在 1 到 2.5 之间略高于 1。",
            "Five slopes: sigmoid a low hump of a quarter, tanh a peak of 1 at 0, ReLU a jump "
            "from 0 to 1, GELU and SiLU slightly above 1 between 1 and 2.5.",
        ),
        data={"z": z, **{name: slope(z) for name, slope in SLOPES.items()}},
    )


# --------------------------------------------------------------------------- overflow

WIDTH, RUNS, DEEP = 256, 5, 40

formula_range = Formula(
    r"\left(\sqrt{256}\right)^{32} = 2^{128}",
    {},
)


@cache
def _overflows(std: float) -> Spread:
    return Spread(layers_until_overflow(std, WIDTH, rng, most=300) for rng in kit.seeds(RUNS))


def value_overflow() -> dict[str, object]:
    """Layers until float32 overflows: weights of std 1, and of std 1/√n (none of 300 does)."""
    return {
        "unit": _overflows(1.0),
        "scaled": _overflows(WIDTH**-0.5),
        "width": WIDTH,
        "largest": float(np.finfo(np.float32).max),
        "growth": float(np.sqrt(WIDTH)),
    }


@cache
def _broken():
    """A deep ReLU network, unit-variance weights: loss, first bad gradient, output, message."""
    import warnings

    import torch
    from torch import nn

    from snippets.gradients_init.vanishing_exploding import first_not_finite, first_overflow

    generator = torch.Generator().manual_seed(0)
    layers: list[nn.Module] = []
    for _ in range(DEEP):
        layer = nn.Linear(WIDTH, WIDTH, bias=False)
        nn.init.normal_(layer.weight, generator=generator)
        layers += [layer, nn.ReLU()]
    model = nn.Sequential(*layers)
    x = torch.randn(8, WIDTH, generator=generator)
    loss = nn.functional.cross_entropy(model(x), torch.arange(8))
    loss.backward()
    name = first_not_finite(model)
    message = ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with torch.autograd.set_detect_anomaly(True):
            try:
                nn.functional.cross_entropy(model(x), torch.arange(8)).backward()
            except RuntimeError as error:
                message = str(error).rstrip(".")
    return f"{loss.item()}", name, first_overflow(model, x), message


def value_nan() -> dict[str, object]:
    loss, name, place, message = _broken()
    return {
        "loss": loss,
        "name": f"`{name}`",
        "place": f"`{place}`",
        "linear": int(place) // 2 + 1,  # modules 0, 2, 4, ... are the linear layers
        "message": message,
        "layers": DEEP,
    }
