"""The zig-zag: two examples by hand, and gradient descent on one linear unit with two weights.

The unit is w·x with the loss (w·x - y)² / 2 and targets y from known weights, so that the path can
be followed in the plane.  Its inputs are outputs of sigmoid units, as they are or minus their mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from snippets import kit
from snippets.activations.sigmoid_tanh import sigmoid
from snippets.activations.zero_centring import DELTA, X, unit_gradient
from snippets.kit import Col, Figure, Spread, Table, Tr, seeds

START, TARGET = np.zeros(2), (-1.0, 1.0)
OTHER_TARGET = (1.0, 1.0)
"""Along the mean of the inputs, where the loss is steepest: there the mean does no harm."""
EXAMPLES, STEPS, RUNS = 200, 200, 20
BATCHES = (1, 8, EXAMPLES)
RATES = 2.0 ** np.arange(-2, 5.5, 0.5)
ARRIVED = 0.05
"""A path has arrived when its distance to the target stays below this share of the first one."""

_BATCH_NAMES = {
    1: ("单个样本", "one example"),
    8: ("小批量，8 个", "mini-batch of 8"),
    EXAMPLES: (f"全部 {EXAMPLES} 个", f"all {EXAMPLES}"),
}


@dataclass(frozen=True)
class Descent:
    """RUNS paths (RUNS, STEPS + 1, 2) with one learning rate, and what each of them took."""

    rate: float
    paths: np.ndarray
    steps: np.ndarray
    same_sign: np.ndarray


@cache
def inputs(centred: bool) -> np.ndarray:
    """The inputs of all runs, shape (RUNS, EXAMPLES, 2)."""
    x = np.array([sigmoid(rng.normal(size=(EXAMPLES, 2))) for rng in seeds(RUNS)])
    return x - x.mean(axis=1, keepdims=True) if centred else x


@cache
def _drawn(batch: int) -> np.ndarray:
    """Which examples each step of each run uses, shape (RUNS, STEPS, batch)."""
    if batch == EXAMPLES:
        return np.broadcast_to(np.arange(EXAMPLES), (RUNS, STEPS, EXAMPLES))
    return np.array([rng.integers(EXAMPLES, size=(STEPS, batch)) for rng in seeds(RUNS, base=1)])


def descend(
    centred: bool, batch: int, rate: float, target: tuple[float, float] = TARGET
) -> Descent:
    """All runs with one learning rate, side by side."""
    x, drawn, every = inputs(centred), _drawn(batch), np.arange(RUNS)[:, None]
    paths = np.empty((RUNS, STEPS + 1, 2))
    paths[:, 0] = START
    for step in range(STEPS):
        w = paths[:, step]
        chosen = x[every, drawn[:, step]]
        delta = np.einsum("rbi,ri->rb", chosen, w - np.array(target))
        gradient = np.einsum("rb,rbi->ri", delta, chosen) / batch
        # A path that diverges is held far away: it need not be followed to infinity.
        paths[:, step + 1] = np.clip(w - rate * gradient, -1e6, 1e6)
    distance = np.linalg.norm(paths - np.array(target), axis=2)
    outside = distance >= ARRIVED * distance[:, :1]
    steps = STEPS + 1 - outside[:, ::-1].argmax(axis=1)
    same_sign = [
        (np.diff(path[: n + 1], axis=0).prod(axis=1) > 0).mean()
        for path, n in zip(paths, steps, strict=True)
    ]
    return Descent(rate, paths, steps, np.array(same_sign))


@cache
def best(centred: bool, batch: int, target: tuple[float, float] = TARGET) -> Descent:
    """The descent with the learning rate, of RATES, that needs the fewest steps on average."""
    tried = [descend(centred, batch, rate, target) for rate in RATES]
    return min(tried, key=lambda descent: descent.steps.mean())


def first_path(centred: bool, batch: int) -> np.ndarray:
    """The path of the first run until it arrives, at half of the best rate for one example."""
    descent = best(centred, batch)
    if batch == 1:
        descent = descend(centred, batch, descent.rate / 2)
    return descent.paths[0, : descent.steps[0] + 1]


def loss(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Mean loss over the inputs x (EXAMPLES, 2) at the weights w (..., 2)."""
    return (((w - TARGET) @ x.T) ** 2).mean(axis=-1) / 2


def conditions(centred: bool) -> np.ndarray:
    """Condition number of the mean of x xᵀ, the Hessian of the loss, in each run."""
    x = inputs(centred)
    return np.linalg.cond(np.einsum("rbi,rbj->rij", x, x) / EXAMPLES)


def table_batch(tr: Tr) -> Table:
    def text(pair: np.ndarray) -> str:
        return f"({', '.join(f'{v:g}' for v in pair)})".replace("-", "−")

    singles = [unit_gradient(x[None], [d]) for x, d in zip(X, DELTA, strict=True)]
    together = unit_gradient(X, DELTA)
    return Table(
        [
            "",
            "$x$",
            Col("$\\delta$", format="g"),
            tr("梯度", "gradient"),
            tr("同号？", "one sign?"),
        ],
        [
            *(
                [tr(f"样本 {k}", f"example {k}"), text(x), d, text(g), bool(g.prod() > 0)]
                for k, (x, d, g) in enumerate(zip(X, DELTA, singles, strict=True), 1)
            ),
            [tr("两个相加", "both added"), None, None, text(together), bool(together.prod() > 0)],
        ],
        caption=tr("输入全为正的两个样本", "Two examples with positive inputs"),
    )


def figure_path(tr: Tr) -> Figure:
    canvas, panels = kit.canvas(1, 2, height=3.4, sharex=True, sharey=True)
    grid = np.stack(np.meshgrid(np.linspace(-1.8, 0.4, 120), np.linspace(-0.4, 1.8, 120)))
    shown = {1: (kit.BLUE, "o-"), EXAMPLES: (kit.ORANGE, "s-")}
    data = {}
    titles = (tr("输入全为正", "Positive inputs"), tr("减去均值", "Minus their mean"))
    for axes, centred, title in zip(panels, (False, True), titles, strict=True):
        x = inputs(centred)[0]
        levels = loss(x, START) * np.array([0.02, 0.1, 0.4, 1.0, 2.5])
        axes.contour(*grid, loss(x, grid.T).T, levels=levels, colors=kit.GRID, linewidths=1.2)
        for batch, (colour, style) in shown.items():
            path = first_path(centred, batch)
            label = tr.pair(_BATCH_NAMES[batch])
            axes.plot(*path.T, style, color=colour, linewidth=1.1, markersize=3, label=label)
            data[f"{'centred' if centred else 'positive'}_{batch}"] = path
        axes.plot(*TARGET, "*", color=kit.RED, markersize=12, zorder=5)
        axes.set_title(title)
        axes.set_xlabel("w₁")
        axes.set_xticks([-1.5, -1, -0.5, 0])
        axes.set_yticks([0, 0.5, 1, 1.5])
        axes.set_aspect("equal")
        axes.grid(False)
    panels[0].set_ylabel("w₂")
    canvas.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return Figure(
        canvas,
        caption=tr(
            "从原点走向最优点（星号）；灰线是损失的等高线。学习率取下表选出的，"
            "只有单个样本减半，免得线条太乱。左：单个样本每一步只能朝右上或左下；"
            "整批的路线直得多，但谷很窄，仍要走许多步。右：减去均值，谷变圆了。",
            "From the origin to the optimum (star); grey: contours of the loss. The learning rates "
            "are those of the table below, halved for single examples to keep the picture clear. "
            "Left: a step from one example can only go up and right or down and left; the full "
            "batch goes far straighter, yet the valley is narrow and takes many steps. Right: "
            "minus the mean, the valley is round.",
        ),
        alt=tr(
            "左图：等高线是狭长的椭圆，长轴指向左上。蓝色折线在椭圆的短轴方向来回摆动，走向左上的星号；"
            "橙色折线沿长轴走过去，步子很密。右图：等高线接近圆，橙色两步就到，蓝色绕一小圈也到了。",
            "Left: the contours are long ellipses pointing up and left. The blue line swings to "
            "and fro across them on its way to the star; the orange line follows the long axis in "
            "many short steps. Right: the contours are nearly circles; orange arrives in two "
            "steps, and blue after a small loop.",
        ),
        data=data,
    )


def table_path(tr: Tr) -> Table:
    rows = []
    for centred, described in (
        (False, tr("全为正", "positive")),
        (True, tr("减去均值", "minus their mean")),
    ):
        for batch in BATCHES:
            descent = best(centred, batch)
            rows.append(
                [
                    described,
                    tr.pair(_BATCH_NAMES[batch]),
                    Spread(100 * descent.same_sign),
                    Spread(descent.steps),
                ]
            )
    return Table(
        [
            tr("输入", "inputs"),
            tr("每一步用", "a step uses"),
            Col(tr("两个分量同号的步", "steps with one sign"), unit="%", format=".0f"),
            Col(tr("到达所需步数", "steps to arrive"), format=".0f"),
        ],
        rows,
        caption=tr(
            f"走到最优点附近（剩下的距离不到 {ARRIVED:.0%}）；"
            f"均值 [最小, 最大]，{RUNS} 次。"
            f"每行的学习率从 {len(RATES)} 个（公比 √2）里选平均步数最少的，就在这些次里选",
            f"Until {ARRIVED:.0%} of the distance is left; mean [smallest, largest] of "
            f"{RUNS} runs. Each row has the learning rate, of {len(RATES)} by "
            "factors of √2, that needs the fewest steps on average in these same runs",
        ),
    )


def value_path() -> dict[str, Spread]:
    return {
        "positive_1": Spread(best(False, 1).steps),
        "positive_all": Spread(best(False, EXAMPLES).steps),
        "centred_all": Spread(best(True, EXAMPLES).steps),
        "other_all": Spread(best(False, EXAMPLES, OTHER_TARGET).steps),
        "condition_positive": Spread(conditions(False)),
        "condition_centred": Spread(conditions(True)),
    }
