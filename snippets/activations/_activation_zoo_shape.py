"""The tables of shapes and values: what the measurements say, in words, intervals and numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from snippets.activations import _measure
from snippets.activations.activation_zoo import ACTIVATIONS, BY_NAME, POINTS
from snippets.activations.modern_activations import gelu, gelu_tanh
from snippets.kit import Col, Table, Tr


def _number(value: float, digits: int) -> str:
    if np.isinf(value):
        return r"-\infty" if value < 0 else r"\infty"
    return f"{value:.0f}" if value == round(value) else f"{value:#.{digits}g}"


def range_of(activation: Any) -> tuple[float, float]:
    """Infimum and supremum: from the values at ±inf, and from the lowest point if there is one."""
    ends = _measure.limits(activation.forward)
    lowest = _measure.dip(activation.forward, activation.grad)
    return min(*ends, *(lowest[1:] if lowest else ())), max(ends)


def range_text(activation: Any, digits: int = 4) -> str:
    """The range as an interval, closed where the value is taken; the step takes only two values."""
    low, high = (_number(end, digits) for end in range_of(activation))
    if _measure.is_piecewise_constant(activation.grad, activation.kinks):
        return rf"$\{{{low}, {high}\}}$"
    left, right = _measure.saturation(activation.grad)
    dips = _measure.dip(activation.forward, activation.grad) is not None
    opened = "[" if dips or left == "hard" else "("
    closed = "]" if right == "hard" else ")"
    return f"${opened}{low}, {high}{closed}$"


def _saturation_text(tr: Tr, activation: Any) -> str:
    sides = _measure.saturation(activation.grad)
    words = {
        ("soft", "soft"): ("两侧，软", "both, soft"),
        ("hard", "hard"): ("两侧，硬", "both, hard"),
        ("soft", ""): ("左侧，软", "left, soft"),
        ("hard", ""): ("左侧，硬", "left, hard"),
        ("", ""): ("不饱和", "none"),
    }
    return tr.pair(words[sides])


def _slope_at_zero(activation: Any) -> float | str | None:
    if 0.0 not in activation.kinks:
        return float(activation.grad(0.0))
    if _measure.jumps(activation.forward):
        return None
    left, right = _measure.one_sided_slopes(activation.forward)
    return f"{left:.4g} → {right:.4g}"


def table_shape(tr: Tr) -> Table:
    """Range, value and slope at 0, mean and saturation of each."""
    return Table(
        [
            tr("名称", "name"),
            tr("值域", "range"),
            Col(tr("0 处的值", "value at 0"), format=".4g"),
            Col(tr("0 处的斜率", "slope at 0"), format=".4g"),
            Col(tr("均值", "mean"), format=".4f"),
            tr("饱和侧", "saturates"),
        ],
        [
            [
                tr.name(a.name),
                range_text(a),
                float(a.forward(0.0)),
                _slope_at_zero(a),
                round(_measure.mean_and_std(a.forward)[0], 12) + 0.0,
                _saturation_text(tr, a),
            ]
            for a in ACTIVATIONS
        ],
        caption=tr(
            "形状，全部由程序量出。箭头连着折点左、右的斜率；均值取自标准正态的输入，"
            "为 0 即零中心；硬饱和是导数从某处起恰为 0，软饱和是趋于 0",
            "Shape, all measured by code. An arrow joins the slopes left and right of a kink; "
            "the mean "
            "is for a standard normal input, 0 means zero-centred; saturation is hard where the "
            "slope "
            "is exactly 0 from some point on, soft where it tends to 0",
        ),
        sortable=True,
    )


def table_lowest(tr: Tr) -> Table:
    """The activations that fall before they rise, and how far."""
    return Table(
        [
            tr("名称", "name"),
            Col(tr("最低点的值", "lowest value"), format=".5f"),
            Col(tr("位于 x", "at x"), format=".5f"),
        ],
        [
            [tr.name(a.name), *reversed(lowest)]
            for a in ACTIVATIONS
            if (lowest := _measure.dip(a.forward, a.grad))
        ],
        caption=tr(
            "不单调的函数：最低点由导数变号处二分得到",
            "Those that are not monotone: the lowest point, by halving where the slope changes "
            "sign",
        ),
        sortable=True,
    )


def value_lowest() -> dict[str, dict[str, float]]:
    """Lowest points of the activations that are not monotone."""
    found = {}
    for key, name in (("gelu", "GELU"), ("silu", "SiLU"), ("mish", "Mish"), ("hard", "hardswish")):
        x, y = _measure.dip(BY_NAME[name].forward, BY_NAME[name].grad)
        found[key] = {"x": x, "y": y}
    return found


def value_gelu_gap() -> float:
    """The largest difference between the two forms of GELU."""
    x = np.linspace(-8, 8, 160_001)
    return float(np.abs(gelu_tanh(x) - gelu(x)).max())


def _table_of(tr: Tr, of: str, caption: str) -> Table:
    return Table(
        [
            tr("名称", "name"),
            *(Col(f"x = {x:g}".replace("-", "−"), format=".4f") for x in POINTS),
        ],
        [[tr.name(a.name), *map(float, getattr(a, of)(POINTS))] for a in ACTIVATIONS],
        caption=caption,
        sortable=True,
    )


def table_values(tr: Tr) -> Table:
    return _table_of(tr, "forward", tr("函数值", "Values of the function"))


def table_slopes(tr: Tr) -> Table:
    return _table_of(
        tr,
        "grad",
        tr(
            "导数值（折点处取 PyTorch 的约定）",
            "Values of the slope (at a kink as PyTorch takes it)",
        ),
    )
