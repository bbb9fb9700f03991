"""Rare classes: weights, resampling and thresholds, for a logistic regression of one number.

Negatives are drawn from N(0, 1), positives from N(SHIFT, 1), so that the true probability of a
positive is itself a sigmoid of a linear function of x.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from snippets import kit
from snippets.activations.sigmoid_tanh import sigmoid
from snippets.kit import Col, Figure, Formula, Spread, Table, Tr
from snippets.losses.label_smoothing_focal_contrastive import balanced_weights

SHARE, SHIFT, TRAIN, TEST, RUNS = 0.05, 2.0, 2000, 20000, 5
COUNTS = np.array([900, 90, 10])
BETA = 0.999
BATCH = 32

_LABELS = np.array([1, 1, 1, 1, 2, 3, 3])

formula_weights = Formula(
    r"w_k = \frac{n}{K n_k}",
    {
        "n": kit.integer(("样本数", "number of examples"), 100, 200),
        "n_k": kit.integer(("其中第 k 类的个数", "those of class k"), 1, 99),
        "K": kit.constant(("类别数（这里取两类）", "number of classes (two here)"), 2),
    },
    equals=lambda n, n_k: balanced_weights([n_k, n - n_k])[0],
)

formula_resampling = Formula(
    r"\frac{1}{K} \sum_{k=1}^{K} \frac{1}{c_k} \sum_{i=1}^{n} \mathbf{1}[y_i = k]\, \ell_i"
    r" = \frac{1}{n} \sum_{i=1}^{n} \frac{n}{K c_{y_i}}\, \ell_i",
    {
        "y": kit.constant(("各样本的类别", "the class of each example"), _LABELS),
        "c": kit.constant(("各类的个数", "the count of each class"), np.bincount(_LABELS)[1:]),
        r"\ell": kit.array(("各样本的损失", "the loss of each example"), (7,), 0, 5),
        "n": kit.constant(("样本数（这里七个）", "number of examples (seven here)"), 7),
        "K": kit.constant(("类别数（这里三类）", "number of classes (three here)"), 3),
    },
)

formula_shift = Formula(
    r"\frac{w\,\sigma(z)}{w\,\sigma(z) + 1 - \sigma(z)} = \sigma(z + \ln w)",
    {
        "z": kit.scalar(("不加权时的 logit", "the logit without weights"), -6, 6),
        "w": kit.scalar(
            ("正负两类权重之比", "weight of positives over that of negatives"), 0.1, 50
        ),
        r"\sigma": kit.function(("sigmoid", "the sigmoid"), sigmoid),
    },
)

formula_effective = Formula(
    r"E_k = \frac{1 - \beta^{n_k}}{1 - \beta}",
    {
        r"\beta": kit.scalar(("0 到 1 之间的超参数", "a hyperparameter below 1"), 0.5, 0.999),
        "n_k": kit.integer(("第 k 类的个数", "examples of class k"), 1, 1000),
    },
    equals=lambda beta, n_k: np.sum(float(beta) ** np.arange(int(n_k))),
)


def table_weights(tr: Tr) -> Table:
    balanced = balanced_weights(COUNTS)
    effective = 1 / ((1 - BETA**COUNTS) / (1 - BETA))
    effective *= len(COUNTS) / effective.sum()
    rows = [
        [k, int(count), w, w * count / COUNTS.sum(), e]
        for k, (count, w, e) in enumerate(zip(COUNTS, balanced, effective, strict=True), 1)
    ]
    return Table(
        [
            Col(tr("类别", "class"), format="d"),
            Col(tr("个数", "examples"), format="d"),
            Col(tr("反比权重", "inverse weight"), format=".4f"),
            Col(tr("占总权重", "share of all weight"), format=".4f"),
            Col(tr("按有效样本数", "by effective number"), format=".4f"),
        ],
        rows,
        caption=tr(
            f"两种权重；有效样本数取 β = {BETA:g}，权重归一到和为类别数",
            f"Two kinds of weights; effective numbers with β = {BETA:g}, weights adding up to the "
            "number of classes",
        ),
    )


@dataclass(frozen=True)
class Line:
    """A logistic regression of one number."""

    slope: float
    bias: float

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return sigmoid(self.slope * x + self.bias)


def draw(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    y = (rng.random(count) < SHARE).astype(float)
    return rng.normal(size=count) + SHIFT * y, y


def fit(x: np.ndarray, y: np.ndarray, w: np.ndarray | None = None, gamma: float = 0.0) -> Line:
    """The minimum of the weighted mean loss (focal loss for γ > 0), by L-BFGS from 0."""
    import torch
    import torch.nn.functional as F

    inputs, labels = torch.tensor(x), torch.tensor(y)
    weights = torch.ones_like(labels) if w is None else torch.tensor(w)
    place = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([place], max_iter=100, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        z = place[0] * inputs + place[1]
        loss = F.binary_cross_entropy_with_logits(z, labels, reduction="none")
        if gamma:
            loss = torch.sigmoid((1 - 2 * labels) * z) ** gamma * loss
        mean = (weights * loss).mean()
        mean.backward()
        return mean

    optimizer.step(closure)
    return Line(*place.tolist())


def best() -> Line:
    """The true probability: what Bayes' rule gives."""
    return Line(SHIFT, float(np.log(SHARE / (1 - SHARE)) - SHIFT**2 / 2))


@cache
def runs() -> dict[str, list[tuple[Line, dict[str, float]]]]:
    """For each recipe the fitted lines and what they do on fresh data."""
    found: dict[str, list[tuple[Line, dict[str, float]]]] = {}
    for rng in kit.seeds(RUNS):
        x, y = draw(TRAIN, rng)
        test = draw(TEST, rng)
        weights = balanced_weights([(y == 0).sum(), (y == 1).sum()])[y.astype(int)]
        rare = np.flatnonzero(y == 1)
        again = np.concatenate([np.flatnonzero(y == 0), rng.choice(rare, int((y == 0).sum()))])
        plain = fit(x, y)
        lines = {
            "plain": (plain, 0.5),
            "moved": (plain, float(y.mean())),
            "weighted": (fit(x, y, weights), 0.5),
            "resampled": (fit(x[again], y[again]), 0.5),
            "focal": (fit(x, y, gamma=2.0), 0.5),
        }
        for name, (line, threshold) in lines.items():
            found.setdefault(name, []).append((line, _measured(line, threshold, *test)))
    return found


def _measured(line: Line, threshold: float, x: np.ndarray, y: np.ndarray) -> dict[str, float]:
    p = line(x)
    said = p > threshold
    hits = float((said & (y == 1)).sum())
    return {
        "recall": hits / float((y == 1).sum()),
        "precision": hits / max(1.0, float(said.sum())),
        "accuracy": float((said == (y == 1)).mean()),
        "mean": float(p.mean()),
    }


def _spread(name: str, measure: str) -> Spread:
    return Spread([measured[measure] for _, measured in runs()[name]])


def table_recipes(tr: Tr) -> Table:
    names = {
        "plain": tr("交叉熵，阈值 ½", "cross-entropy, threshold ½"),
        "moved": tr("交叉熵，阈值 = 正类占比", "cross-entropy, threshold = share of positives"),
        "weighted": tr("反比权重，阈值 ½", "inverse weights, threshold ½"),
        "resampled": tr("过采样，阈值 ½", "oversampling, threshold ½"),
        "focal": tr("focal（γ = 2），阈值 ½", "focal (γ = 2), threshold ½"),
    }
    measures = ("recall", "precision", "mean")
    return Table(
        [
            tr("做法", "recipe"),
            Col(tr("召回率", "recall"), format=".2f"),
            Col(tr("精确率", "precision"), format=".2f"),
            Col(tr("预测概率的平均", "mean prediction"), format=".3f"),
        ],
        [[label, *(_spread(name, m) for m in measures)] for name, label in names.items()],
        caption=tr(
            f"负类 N(0, 1)，正类 N({SHIFT:g}, 1)、占 {SHARE:.0%}；"
            f"{TRAIN} 个训练样本、{TEST} 个测试样本；"
            f"均值 [最小, 最大]，{RUNS} 次",
            f"Negatives N(0, 1), positives N({SHIFT:g}, 1), a share of {SHARE:.0%}; {TRAIN} "
            f"examples to train, {TEST} to test; mean [smallest, largest] of {RUNS} runs",
        ),
    )


def value_recipes() -> dict[str, object]:
    return {
        "share": SHARE,
        "always_negative": 1 - SHARE,
        "plain": _spread("plain", "recall"),
        "moved": _spread("moved", "recall"),
        "weighted": _spread("weighted", "recall"),
        "plain_accuracy": _spread("plain", "accuracy"),
        "weighted_accuracy": _spread("weighted", "accuracy"),
        "plain_mean": _spread("plain", "mean"),
        "weighted_mean": _spread("weighted", "mean"),
        "batch": BATCH,
        "missing": (1 - SHARE) ** BATCH,
        "missing_rarer": 0.99**BATCH,
        "pos_weight": (1 - SHARE) / SHARE,
    }


def figure_recipes(tr: Tr) -> Figure:
    x = np.linspace(-2, 5, 281)
    looks = (
        ("true", best(), kit.INK, kit.LINES[3], tr("真实概率", "true probability")),
        ("plain", runs()["plain"][0][0], kit.BLUE, kit.LINES[0], tr("交叉熵", "cross-entropy")),
        ("weighted", runs()["weighted"][0][0], kit.ORANGE, kit.LINES[1], tr("反比权重", "weights")),
        (
            "focal",
            runs()["focal"][0][0],
            kit.GREEN,
            kit.LINES[2],
            tr("focal，γ = 2", "focal, γ = 2"),
        ),
    )
    canvas, axes = kit.canvas(height=3.0)
    data = {"x": x}
    axes.axhline(0.5, color=kit.MUTED, linewidth=0.8)
    axes.axhline(SHARE, color=kit.MUTED, linewidth=0.8)
    for name, line, colour, style, label in looks:
        data[name] = line(x)
        axes.plot(x, data[name], color=colour, linestyle=style, label=label)
    axes.annotate(tr("阈值 ½", "threshold ½"), (-1.95, 0.52), fontsize=9)
    axes.annotate(tr("正类占比", "share of positives"), (4.95, 0.07), ha="right", fontsize=9)
    axes.set_xlabel(tr.name("x"))
    axes.set_ylabel(tr("正类的概率", "probability of a positive"))
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 0.17))
    return Figure(
        canvas,
        caption=tr(
            "第一次运行的拟合。不加权的曲线贴着真实概率；加权把整条曲线左移，"
            "它过 ½ 的地方，正是不加权的曲线过正类占比的地方：等于换了一个阈值。",
            "The fits of the first run. Without weights the curve follows the true probability; "
            "weights move all of it to the left, and it crosses ½ where the unweighted one "
            "crosses the share of positives: another threshold, in effect.",
        ),
        alt=tr(
            "四条 S 形曲线。不加权的与真实概率几乎重合；加权的平行地靠左；focal 的更平缓。"
            "加权曲线与横线 ½ 的交点、不加权曲线与正类占比横线的交点，横坐标几乎相同。",
            "Four S-shaped curves. The unweighted one nearly coincides with the true probability; "
            "the weighted one lies to its left; that of focal loss is flatter. The weighted curve "
            "meets ½ at nearly the x where the unweighted one meets the share of positives.",
        ),
        data=data,
    )
