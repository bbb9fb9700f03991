"""The condition number that the outputs of an activation give to the layer behind it."""

from __future__ import annotations

import numpy as np

from snippets.activations import _depth
from snippets.activations.relu import relu
from snippets.activations.sigmoid_tanh import sigmoid, tanh
from snippets.activations.zero_centring import condition_number
from snippets.kit import Col, Table, Tr


def _moments(phi: _depth.Function, mean: float = 0.0) -> tuple[float, float]:
    """Mean and standard deviation of phi(z), z ~ N(mean, 1), by integration."""
    z = np.linspace(-12, 12, 48_001)
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    y = phi(z + mean)
    first = np.trapezoid(y * density, z)
    return float(first), float(np.sqrt(np.trapezoid((y - first) ** 2 * density, z)))


def table_condition(tr: Tr) -> Table:
    rows = []
    for name, phi in (("sigmoid", sigmoid), ("ReLU", relu), ("tanh", tanh)):
        mean, std = _moments(phi)
        mean = 0.0 if abs(mean) < 1e-12 else mean  # what rounding leaves of an odd function
        rows.append([tr.name(name), mean, std, condition_number(_depth.WIDTH, mean, std)])
    return Table(
        [
            tr("激活函数", "activation"),
            Col(tr("输出均值 μ", "mean output μ"), format=".3g"),
            Col(tr("标准差 s", "std s"), format=".3g"),
            Col(tr("条件数 κ", "condition number κ"), format=".4g"),
        ],
        rows,
        caption=tr(
            f"预激活值服从 N(0, 1)、{_depth.WIDTH} 个互不相关的单元，作为下一层的输入",
            f"{_depth.WIDTH} uncorrelated units with pre-activations from N(0, 1), as inputs of "
            "the next layer",
        ),
        sortable=True,
    )


def value_moments() -> dict[str, float]:
    """The mean of tanh(z) when z ~ N(1, 1): not zero."""
    return {"tanh_at_1": _moments(tanh, mean=1.0)[0]}
