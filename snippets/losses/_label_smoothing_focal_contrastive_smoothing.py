"""Label smoothing: the two parts of its loss, the best gap of the logits, the loss over the gap."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.activations.softmax import log_softmax, softmax, torch_log_softmax
from snippets.kit import Col, Figure, Formula, Table, Tr
from snippets.losses.label_smoothing_focal_contrastive import smooth_labels, smoothed_cross_entropy

CLASSES, EPSILON = 10, 0.1
EPSILONS = (0.0, 0.01, 0.1, 0.3)

_E = kit.scalar(("平滑系数", "how much is smoothed"), 0.01, 0.9)
_K = kit.integer(("类别数", "number of classes"), 2, 20)
_CLASSES = kit.integer(("类别数", "number of classes"), 3, 6)
_Z = kit.array(("logits，每类一个", "the logits, one for each class"), ("K",), -3, 3)
_Y = kit.integer(("正确的类别", "the true class"), 1, 3)
_CLASS = kit.index(("类别", "a class"), "K")

formula_label = Formula(
    r"y'_k = (1 - \varepsilon)\,\mathbf{1}[k = y] + \frac{\varepsilon}{K}",
    {r"\varepsilon": _E, "y": _Y, "k": _CLASS, "K": _CLASSES},
    equals=lambda y, epsilon, K: smooth_labels([int(y) - 1], int(K), float(epsilon))[0],
)

formula_parts = Formula(
    r"L = -(1 - \varepsilon) \ln p_y - \varepsilon \cdot \frac{1}{K} \sum_{k=1}^{K} \ln p_k",
    {
        "p": kit.array(("预测的概率", "the predicted probabilities"), ("K",), 0.01, 1),
        "K": _CLASSES,
        "y": _Y,
        r"\varepsilon": _E,
    },
    equals=lambda p, y, epsilon: (
        -np.sum(smooth_labels([int(y) - 1], len(p), float(epsilon))[0] * np.log(p))
    ),
)

formula_gradient = Formula(
    r"\frac{\partial L}{\partial z_k}"
    r" = p(z)_k - (1 - \varepsilon)\,\mathbf{1}[k = y] - \frac{\varepsilon}{K}",
    {
        "p": kit.function(("softmax", "softmax"), softmax),
        "z": _Z,
        "y": _Y,
        r"\varepsilon": _E,
        "k": _CLASS,
        "K": _CLASSES,
    },
    derivative_of=lambda z, y, epsilon: (
        -np.sum(smooth_labels([int(y) - 1], len(z), float(epsilon))[0] * log_softmax(z))
    ),
    autograd=lambda z, y, epsilon: _torch_loss(z, int(y) - 1, float(epsilon)),
    wrt="z",
    samples=50,
)

formula_gap = Formula(
    r"\Delta = \ln \frac{1 - \varepsilon + \varepsilon / K}{\varepsilon / K}"
    r" = \ln \left(\frac{K (1 - \varepsilon)}{\varepsilon} + 1\right)",
    {r"\varepsilon": _E, "K": _K},
    equals=lambda epsilon, K: best_gap(int(K), float(epsilon)),
)


def _torch_loss(z, y: int, epsilon: float):
    log_p = torch_log_softmax(z)
    return -(1 - epsilon) * log_p[y] - epsilon * log_p.mean()


def best_gap(classes: int, epsilon: float) -> float:
    """By how much the true logit stands above the others where softmax equals the label."""
    y = smooth_labels([0], classes, epsilon)[0]
    return float(np.log(y[0]) - np.log(y[1]))


def _loss(gap: np.ndarray, epsilon: float) -> np.ndarray:
    """The loss of CLASSES classes when the true logit is ``gap`` and the others are 0."""
    z = np.zeros((len(gap), CLASSES))
    z[:, 0] = gap
    return np.array([smoothed_cross_entropy(row[None], [0], epsilon) for row in z])


def figure_gap(tr: Tr) -> Figure:
    gap = np.linspace(-1, 12, 261)
    canvas, axes = kit.canvas(height=3.0)
    data = {"gap": gap}
    colours = (kit.BLUE, kit.GREEN, kit.ORANGE, kit.PURPLE)
    for epsilon, colour, line in zip(EPSILONS, colours, kit.LINES, strict=True):
        loss = _loss(gap, epsilon)
        axes.plot(gap, loss, color=colour, linestyle=line, label=f"ε = {epsilon:g}")
        if epsilon:
            best = best_gap(CLASSES, epsilon)
            axes.plot(best, _loss(np.array([best]), epsilon), "o", color=colour)
        data[epsilon] = loss
    axes.set_ylim(0, 3.4)
    axes.set_xlabel(tr("正确类别的 logit 高出多少", "how far the true logit stands above the rest"))
    axes.set_ylabel(tr("损失（奈特）", "loss (nats)"))
    axes.legend(loc="upper center", ncols=4, bbox_to_anchor=(0.5, 1.17))
    return Figure(
        canvas,
        caption=tr(
            "十类、其余 logit 都为 0 时的损失。不平滑（蓝线）时差距越大损失越小，没有尽头；"
            "平滑之后在圆点处最小，再自信就要受罚。",
            "The loss of ten classes whose other logits are 0. Without smoothing (blue) a larger "
            "gap is always better; with it the loss is least at the dot, and more confidence "
            "costs.",
        ),
        alt=tr(
            "四条曲线：ε = 0 的一条一直下降到 0；其余三条先降后升，"
            "ε 越大，最低点越靠左、越高，右侧上升得越陡。",
            "Four curves: that of ε = 0 falls to 0; the other three fall and rise again, and the "
            "larger ε, the further left and the higher the lowest point and the steeper the rise.",
        ),
        data=data,
    )


def value_smoothing() -> dict[str, float]:
    y = smooth_labels([0], CLASSES, EPSILON)[0]
    gap = best_gap(CLASSES, EPSILON)
    return {
        "classes": CLASSES,
        "epsilon": EPSILON,
        "top": y[0],
        "rest": y[1],
        "gap": gap,
        "least": float(_loss(np.array([gap]), EPSILON)[0]),
        "hard": float(_loss(np.array([gap]), 0.0)[0]),
    }


def table_gaps(tr: Tr) -> Table:
    rows = []
    for classes in (2, 10, 1000):
        for epsilon in (0.01, 0.1):
            y = smooth_labels([0], classes, epsilon)[0]
            least = float(-(y * np.log(y)).sum())
            rows.append([classes, epsilon, y[0], best_gap(classes, epsilon), least])
    return Table(
        [
            Col("$K$", format="d"),
            Col("$\\varepsilon$", format="g"),
            Col(tr("正确类别的标签", "label of the true class"), format=".5g"),
            Col(tr("最优差距", "best gap"), format=".4f"),
            Col(tr("最小损失", "least loss"), tr("奈特", "nats"), ".4f"),
        ],
        rows,
        caption=tr(
            "标签平滑下，logits 的最优差距与损失的下限",
            "The best gap of the logits and the least loss under label smoothing",
        ),
    )
