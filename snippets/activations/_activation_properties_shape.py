"""What each activation has: smooth, monotone, bounded, zero-centred; what it is like around 0."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.activations import _measure
from snippets.activations.activation_properties import grid_minimum, torch_grid_minimum
from snippets.activations.activation_zoo import ACTIVATIONS, BY_NAME
from snippets.activations.modern_activations import gelu, silu
from snippets.activations.sigmoid_tanh import sigmoid
from snippets.kit import Check, Col, Formula, Table, Tr

formula_near_zero = Formula(
    r"\lim_{x \to 0} \frac{\tanh(x)}{x} = 1, \quad \lim_{x \to 0} \sigma(x) = \frac{1}{2}",
    {r"\sigma": kit.function(("sigmoid", "sigmoid"), sigmoid)},
)


_GELU = {r"\operatorname{GELU}": kit.function(("GELU", "GELU"), gelu)}


_SILU = {r"\operatorname{SiLU}": kit.function(("SiLU", "SiLU"), silu)}


formula_gelu_low = Formula(r"\operatorname{GELU}(-0.7518) \approx -0.16997", _GELU)


formula_silu_low = Formula(r"\operatorname{SiLU}(-1.2785) \approx -0.27846", _SILU)


formula_not_monotone = Formula(
    r"\operatorname{GELU}(-3) > \operatorname{GELU}(-0.75) < \operatorname{GELU}(0)", _GELU
)


def _mean(name: str) -> float:
    return round(_measure.mean_and_std(BY_NAME[name].forward)[0], 12) + 0.0


def _sides(tr: Tr, name: str) -> str:
    left, right = _measure.saturation(BY_NAME[name].grad)
    if left and right:
        return tr("两侧", "both")
    return tr("左侧", "left") if left else tr("无", "none")


def table_properties(tr: Tr) -> Table:
    return Table(
        [
            tr("名称", "name"),
            tr("非线性", "nonlinear"),
            tr("导数连续", "smooth"),
            tr("单调", "monotone"),
            tr("有界", "bounded"),
            tr("零中心", "centred"),
            tr("饱和侧", "saturates"),
        ],
        [
            [
                tr.name(a.name),
                not _measure.is_linear(a.forward),
                _measure.has_continuous_slope(a.grad) and not _measure.jumps(a.forward),
                _measure.is_monotone(a.forward),
                bool(np.isfinite(_measure.limits(a.forward)).all()),
                _mean(a.name) == 0,
                _sides(tr, a.name),
            ]
            for a in ACTIVATIONS
        ],
        caption=tr(
            "每一格都由程序从函数值量出；零中心指输入服从标准正态时均值为 0",
            "Every cell is measured from values of the function; zero-centred means mean 0 for a "
            "standard normal input",
        ),
        sortable=True,
    )


def table_at_zero(tr: Tr) -> Table:
    rows = []
    for a in ACTIVATIONS:
        value = float(a.forward(0.0))
        left, right = _measure.one_sided_slopes(a.forward)
        jump = _measure.jumps(a.forward)
        slope = None if jump else left if abs(left - right) < 1e-3 else f"{left:.4g} → {right:.4g}"
        like_x = not jump and value == 0 and abs(left - 1) < 1e-3 and abs(right - 1) < 1e-3
        mean, std = _measure.mean_and_std(a.forward)
        rows.append([tr.name(a.name), value, slope, like_x, round(mean, 12) + 0.0, std])
    return Table(
        [
            tr("名称", "name"),
            Col("$f(0)$", format=".4g"),
            Col("$f'(0)$", format=".4g"),
            tr("近似 x", "like x"),
            Col(tr("均值", "mean"), format=".3f"),
            Col(tr("标准差", "std"), format=".3f"),
        ],
        rows,
        caption=tr(
            "0 附近的样子；均值与标准差是输入服从标准正态时输出的",
            "Around 0; mean and standard deviation are of the output for a standard normal input",
        ),
        sortable=True,
    )


def check_minimum() -> Check:
    import torch.nn.functional as F

    return kit.compare(
        ("PyTorch 的 `F.gelu`、`F.silu` 在同一网格上", "PyTorch's `F.gelu`, `F.silu` on the grid"),
        [
            (grid_minimum(gelu), torch_grid_minimum(F.gelu)),
            (grid_minimum(silu), torch_grid_minimum(F.silu)),
        ],
        tolerance=1e-12,
    )


def value_minimum() -> dict[str, list[float]]:
    return {"gelu": list(grid_minimum(gelu)), "silu": list(grid_minimum(silu))}
