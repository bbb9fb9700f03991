"""The second-order view: what a diagonal can do about the condition number, and what it cannot."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Col, Figure, Formula, Table, Tr
from snippets.optimization.optimizer_theory import diagonal_condition

CURVATURES = np.array([1.0, 100.0])
ANGLES = (0, 5, 15, 30, 45)


def turned(degrees: float) -> np.ndarray:
    """The Hessian with CURVATURES along axes turned by so many degrees."""
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return turn @ np.diag(CURVATURES) @ turn.T


formula_turned = Formula(
    r"\kappa_D = \frac{(a + b) + |b - a|}{(a + b) - |b - a|} = \frac{b}{a}",
    {
        "a": kit.scalar(("较小的曲率", "smaller curvature"), 0.1, 1),
        "b": kit.scalar(("较大的曲率", "larger curvature"), 1, 100),
    },
    equals=lambda a, b: diagonal_condition(np.array([[a + b, a - b], [a - b, a + b]]) / 2),
)


def newton_steps(hessian: np.ndarray, start: np.ndarray) -> int:
    """Newton steps until the gradient of ½ xᵀHx is 0 to rounding."""
    x, count = start, 0
    while np.linalg.norm(hessian @ x) > 1e-9:
        x, count = x - np.linalg.solve(hessian, hessian @ x), count + 1
    return count


def table_condition(tr: Tr) -> Table:
    rows = []
    for degrees in ANGLES:
        H = turned(degrees)
        rows.append(
            [
                f"{degrees}°",
                float(np.linalg.cond(H)),
                diagonal_condition(H),
                newton_steps(H, np.array([0.6, 0.8])),
            ]
        )
    return Table(
        [
            tr("转角", "turned by"),
            Col(tr("H 的条件数", "condition of H"), format=".1f"),
            Col(tr("各坐标缩放之后", "after scaling the axes"), format=".1f"),
            Col(tr("牛顿法的步数", "Newton steps"), format="d"),
        ],
        rows,
        caption=tr(
            "曲率为 1 与 100 的黑塞矩阵 H，转过不同的角度",
            "A Hessian H with curvatures 1 and 100, turned by several angles",
        ),
    )


def value_condition() -> dict[str, float]:
    found = {f"scaled_{degrees}": diagonal_condition(turned(degrees)) for degrees in ANGLES}
    return {**found, "angle": 15, "plain": float(np.linalg.cond(turned(0)))}


def figure_condition(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=2.7)
    degrees = np.linspace(0, 45, 91)
    scaled = np.array([diagonal_condition(turned(d)) for d in degrees])
    axes.plot(degrees, scaled, color=kit.BLUE)
    axes.axhline(100, color=kit.ORANGE, linestyle="--")
    axes.text(1, 108, tr("不缩放", "not scaled"), color=kit.ORANGE, va="bottom")
    axes.text(16, 10, tr("各坐标缩放之后", "axes scaled"), color=kit.BLUE, ha="left")
    axes.set_yscale("log")
    axes.set_ylim(0.9, 220)
    axes.set_xticks([0, 15, 30, 45])
    axes.set_xlabel(tr("转角（度）", "angle (degrees)"))
    axes.set_ylabel(tr("条件数（对数轴）", "condition number (log axis)"))
    return Figure(
        canvas,
        caption=tr(
            "缩放坐标能消掉多少条件数：沿坐标轴时全部消掉，转到 45° 时一点也消不掉。",
            "How much of the condition number scaling the axes removes: all of it along the axes, "
            "nothing at 45°.",
        ),
        alt=tr(
            "蓝线在 0 度时为 1，随转角上升，到 45 度时碰到 100 处的橙色虚线。",
            "The blue line starts at 1 at 0 degrees, rises with the angle and meets the dashed "
            "line at 100 at 45 degrees.",
        ),
        data={"degrees": degrees, "scaled": scaled},
    )
