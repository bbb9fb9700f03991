"""Why gradient descent likes scaled features: round contours in place of elongated ones."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Col, Figure, Table, Tr
from snippets.normalization.feature_scaling import apply_scaling, descent_steps, fit_scaling

CONDITIONS = (1, 100, 10_000)
EPSILON = 1e-6
DATA = np.array([[-1.0, -5], [-1, 5], [1, -5], [1, 5]])  # uncorrelated, standard deviations 1, 5
TARGET = DATA @ np.array([2.0, 0.4])
SHOWN = 12  # steps drawn


def descend(X: np.ndarray, y: np.ndarray, steps: int) -> np.ndarray:
    """Weights (steps + 1, 2) of least squares from 0, at the best constant rate."""
    H, b = X.T @ X / len(X), X.T @ y / len(X)
    low, *_, high = np.linalg.eigvalsh(H)
    w = [np.zeros(2)]
    for _ in range(steps):
        w.append(w[-1] - 2 / (low + high) * (H @ w[-1] - b))
    return np.array(w)


def _scaled() -> np.ndarray:
    return apply_scaling(DATA, *fit_scaling(DATA))


def figure_paths(tr: Tr) -> Figure:
    canvas, panels = kit.canvas(1, 2, height=2.9)
    data = {}
    titles = (
        tr("原始特征，条件数 25", "raw: condition number 25"),
        tr("标准化之后，条件数 1", "scaled: condition number 1"),
    )
    for axes, X, title, key in zip(
        panels, (DATA, _scaled()), titles, ("raw", "scaled"), strict=True
    ):
        path = descend(X, TARGET, SHOWN)
        best = np.linalg.solve(X.T @ X, X.T @ TARGET)
        reach = 2.6
        u, v = np.meshgrid(
            np.linspace(best[0] - reach, best[0] + reach, 161),
            np.linspace(best[1] - reach, best[1] + reach, 161),
        )
        residual = np.stack([u, v], axis=-1) @ X.T - TARGET
        loss = (residual**2).mean(axis=-1) / 2
        axes.contour(
            u, v, loss, levels=[0.05, 0.3, 1, 2.4, 6, 14, 30], colors=kit.MUTED, linewidths=0.7
        )
        axes.plot(path[:, 0], path[:, 1], "o-", color=kit.BLUE, markersize=3, linewidth=1.2)
        axes.plot(*best, "*", color=kit.RED, markersize=11, zorder=5)
        axes.set_title(title, fontsize=9.5)
        axes.set_xlabel(tr("第一个权重", "first weight"))
        axes.set_aspect("equal")
        axes.grid(visible=False)
        data[key] = path
    panels[0].set_ylabel(tr("第二个权重", "second weight"))
    return Figure(
        canvas,
        caption=tr(
            f"最小二乘的等高线与梯度下降的前 {SHOWN} 步（起点为 0，各用最好的固定学习率）。"
            "两个特征互不相关，标准差为 1 与 5；星号是最优点。标准化之后，一步就到。",
            f"Contours of least squares, and the first {SHOWN} steps of gradient descent from 0 at "
            "the best constant rate of each. Two uncorrelated features with standard deviations 1 "
            "and 5; the star is the optimum. Once standardised, a single step gets there.",
        ),
        alt=tr(
            "左图：等高线是扁长的椭圆，路径上下来回跳，十二步后仍未到星号。右图：等高线是圆，路径一步到达星号。",
            "Left: the contours are long flat ellipses, and the path jumps up and down and has not "
            "reached the star after twelve steps. Right: circles, and one step to the star.",
        ),
        data=data,
    )


def table_steps(tr: Tr) -> Table:
    return Table(
        [
            Col(tr("条件数 κ", "condition number κ"), format=",d"),
            Col(tr("步数", "steps"), format=",d"),
            Col(tr("上界", "bound"), format=",.0f"),
        ],
        [
            [kappa, descent_steps(kappa, EPSILON), 1 + kappa / 2 * np.log(1 / EPSILON)]
            for kappa in CONDITIONS
        ],
        caption=tr(
            "二次函数 (u² + κv²)/2，从 (1, 1) 出发，各用最好的固定学习率，"
            "到最优点的距离缩小到百万分之一所需的步数，与上面公式的右边",
            "The quadratic (u² + κv²)/2 from (1, 1) at the best constant rate of each: steps until "
            "the distance to the optimum is a millionth of what it was, and the right side of the "
            "formula above",
        ),
    )


def value_steps() -> dict[str, float]:
    def cond(X: np.ndarray) -> float:
        return float(np.linalg.cond(X.T @ X))

    left = descend(DATA, TARGET, SHOWN)
    best = np.array([2.0, 0.4])
    return {
        **{f"k{kappa}": descent_steps(kappa, EPSILON) for kappa in CONDITIONS},
        "ratio": descent_steps(CONDITIONS[2], EPSILON) / descent_steps(CONDITIONS[1], EPSILON),
        "raw": cond(DATA),
        "scaled": cond(_scaled()),
        "left": float(np.linalg.norm(left[-1] - best) / np.linalg.norm(left[0] - best)),
        "correlated": 1.9 / 0.1,
        "correlation": 0.9,
    }
