"""Straight pieces, and still nonlinear: where ReLU is not linear, and what sums of it draw."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.activations.relu import relu
from snippets.kit import Figure, Formula, Tr

_X = kit.scalar(("预激活值", "pre-activation"), -6, 6)
_RELU = kit.function(("", ""), relu)

formula_not_additive = Formula(
    r"\operatorname{ReLU}(1) + \operatorname{ReLU}(-1) = 1 \ne 0 = \operatorname{ReLU}(1 + (-1))",
    {r"\operatorname{ReLU}": _RELU},
)

formula_homogeneous = Formula(
    r"\operatorname{ReLU}(a\,x) = a\,\operatorname{ReLU}(x)",
    {
        "a": kit.scalar(("不小于 0 的系数", "a factor, at least 0"), 0, 5),
        "x": _X,
        r"\operatorname{ReLU}": _RELU,
    },
)

formula_not_homogeneous = Formula(
    r"\operatorname{ReLU}(-1 \cdot 2) = 0 \ne -2 = -1 \cdot \operatorname{ReLU}(2)",
    {r"\operatorname{ReLU}": _RELU},
)

KNOTS = np.linspace(0, 1, 5)[:-1]


def _broken_line(x: np.ndarray) -> np.ndarray:
    """The terms c_i ReLU(x - t_i), shape (knots, n): summed, they join points of x^2."""
    ends = np.append(KNOTS, 1.0)
    slopes = np.diff(ends**2) / np.diff(ends)
    changes = np.diff(slopes, prepend=0.0)
    return changes[:, None] * relu(x - KNOTS[:, None])


def figure_sum(tr: Tr) -> Figure:
    x = np.linspace(0, 1, 401)
    terms = _broken_line(x)
    total = terms.sum(axis=0)
    canvas, (parts, whole) = kit.canvas(1, 2, height=2.6, sharey=True)
    for knot, term, line in zip(KNOTS, terms, kit.LINES, strict=True):
        parts.plot(x, term, linestyle=line, label=f"t = {knot:g}")
    parts.legend(title=tr("折点", "knot"))
    parts.set_title(tr("四个平移的 ReLU", "Four shifted ReLUs"))
    whole.plot(x, x**2, color=kit.ORANGE, linewidth=3, alpha=0.6, label="x²")
    whole.plot(x, total, color=kit.INK, linewidth=1.2, label=tr("它们的和", "their sum"))
    whole.legend()
    whole.set_title(tr("相加之后", "Added up"))
    for axes in (parts, whole):
        axes.set_xlabel("x")
    return Figure(
        canvas,
        caption=tr(
            "四个平移、缩放过的 ReLU（左）相加，得到贴近 x² 的折线（右）。",
            "Four shifted and scaled ReLUs (left) add up to a broken line close to x² (right).",
        ),
        alt=tr(
            "左图：四条折线各在自己的折点之后上升。右图：它们的和与抛物线在五个点重合，其余处略高。",
            "Left: four lines, each rising after its own knot. "
            "Right: their sum meets the parabola at five points, slightly above it between them.",
        ),
        data={"x": x, "terms": terms, "sum": total},
    )


def value_sum_error() -> float:
    x = np.linspace(0, 1, 100_001)
    return np.abs(_broken_line(x).sum(axis=0) - x**2).max()
