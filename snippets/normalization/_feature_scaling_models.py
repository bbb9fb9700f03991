"""Which models notice when one feature is given in another unit: nine of them, measured."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Col, Spread, Table, Tr
from snippets.normalization.feature_scaling import (
    apply_scaling,
    best_split,
    fit_scaling,
    nearest,
)

TRAIN, TEST, RUNS, FACTOR = 100, 500, 5, 100.0
MANY = 400  # draws for PCA, whose accuracy depends on the draw
STEPS, RATE = 200, 0.5

Model = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""Training examples (n, 2), labels 0 and 1, test examples -> predicted labels."""


def draw(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Two features from N(0, 1), both needed: the class is that of their sum, with noise."""
    x = rng.normal(size=(count, 2))
    return x, (x.sum(axis=1) + 0.5 * rng.normal(size=count) > 0).astype(int)


def _with_one(x: np.ndarray) -> np.ndarray:
    return np.column_stack([x, np.ones(len(x))])


def least_squares(x, y, new):
    w = np.linalg.lstsq(_with_one(x), 2.0 * y - 1, rcond=None)[0]
    return (_with_one(new) @ w > 0).astype(int)


def ridge(x, y, new, lam: float = 50.0):
    mean, t = x.mean(axis=0), 2.0 * y - 1
    c = x - mean
    w = np.linalg.solve(c.T @ c + lam * np.eye(x.shape[1]), c.T @ (t - t.mean()))
    return ((new - mean) @ w + t.mean() > 0).astype(int)


def logistic(x, y, new):
    """Logistic regression by STEPS of gradient descent from 0."""
    a, w = _with_one(x), np.zeros(x.shape[1] + 1)
    for _ in range(STEPS):
        p = 0.5 * (1 + np.tanh(a @ w / 2))
        w -= RATE * a.T @ (p - y) / len(y)
    return (_with_one(new) @ w > 0).astype(int)


def network(x, y, new, hidden: int = 16):
    """A network with one tanh layer by STEPS of gradient descent, always from the same weights."""
    rng = np.random.default_rng(7)
    v, u = rng.normal(size=(x.shape[1] + 1, hidden)), rng.normal(size=hidden + 1) / hidden**0.5
    a = _with_one(x)
    for _ in range(STEPS):
        h = _with_one(np.tanh(a @ v))
        delta = (0.5 * (1 + np.tanh(h @ u / 2)) - y) / len(y)
        back = np.outer(delta, u[:-1]) * (1 - h[:, :-1] ** 2)
        u, v = u - RATE * h.T @ delta, v - RATE * a.T @ back
    return (_with_one(np.tanh(_with_one(new) @ v)) @ u > 0).astype(int)


def neighbours(x, y, new, k: int = 5):
    distance = ((new[:, None] - x[None]) ** 2).sum(axis=2)
    near = np.argpartition(distance, k, axis=1)[:, :k]
    return (y[near].mean(axis=1) > 0.5).astype(int)


def kernel(x, y, new, gamma: float = 0.5):
    """Kernel ridge with a Gaussian kernel: what an SVM with an RBF kernel measures by, too."""

    def gram(a, b):
        return np.exp(-gamma * ((a[:, None] - b[None]) ** 2).sum(axis=2))

    weights = np.linalg.solve(gram(x, x) + np.eye(len(x)), 2.0 * y - 1)
    return (gram(new, x) @ weights > 0).astype(int)


def components(x, y, new):
    """The first principal component, then the nearer class mean on it."""
    mean = x.mean(axis=0)
    axis = np.linalg.svd(x - mean, full_matrices=False)[2][0]
    s, t = (x - mean) @ axis, (new - mean) @ axis
    return (abs(t - s[y == 1].mean()) < abs(t - s[y == 0].mean())).astype(int)


def tree(x, y, new, depth: int = 4):
    """A decision tree of Gini splits."""
    if not depth or y.min() == y.max():
        return np.full(len(new), int(y.mean() > 0.5))
    options = []
    for column in range(x.shape[1]):
        low = best_split(x[:, column], y)
        impurity = sum(p.size * p.mean() * (1 - p.mean()) for p in (y[low], y[~low]))
        options.append((impurity, column, x[low, column].max()))
    _, column, threshold = min(options)
    low, goes = x[:, column] <= threshold, new[:, column] <= threshold
    found = np.empty(len(new), dtype=int)
    found[goes] = tree(x[low], y[low], new[goes], depth - 1)
    found[~goes] = tree(x[~low], y[~low], new[~goes], depth - 1)
    return found


def forest(x, y, new, trees: int = 9):
    """The vote of trees that were grown on resampled examples."""
    rng = np.random.default_rng(7)
    votes = 0
    for _ in range(trees):
        some = rng.integers(0, len(x), len(x))
        votes = votes + tree(x[some], y[some], new, depth=3)
    return (votes > trees / 2).astype(int)


MODELS: dict[str, tuple[tuple[str, str], tuple[str, str], tuple[str, str], Model]] = {
    "least_squares": (
        ("最小二乘（解析解）", "least squares (closed form)"),
        ("不需要", "no"),
        ("权重反比例地变，预测不变", "the weight changes inversely, the prediction stays"),
        least_squares,
    ),
    "ridge": (
        ("岭回归、lasso", "ridge, lasso"),
        ("需要", "yes"),
        ("惩罚对各权重一视同仁", "the penalty treats all weights alike"),
        ridge,
    ),
    "logistic": (
        ("逻辑回归，梯度下降", "logistic regression by GD"),
        ("需要", "yes"),
        ("学习率要迁就最陡的方向", "the rate must suit the steepest direction"),
        logistic,
    ),
    "network": (
        ("神经网络", "neural network"),
        ("需要", "yes"),
        ("同上；单元还会饱和", "the same, and units saturate"),
        network,
    ),
    "neighbours": (
        ("k 近邻、k 均值", "k nearest neighbours, k-means"),
        ("需要", "yes"),
        ("距离由大特征说了算", "the large feature rules the distance"),
        neighbours,
    ),
    "kernel": (
        ("RBF 核（SVM 等）", "RBF kernel (SVM and others)"),
        ("需要", "yes"),
        ("核是距离的函数", "the kernel is a function of distance"),
        kernel,
    ),
    "components": (
        ("PCA（再取最近类中心）", "PCA (then nearer class mean)"),
        ("需要", "yes"),
        ("方差由大特征说了算", "the large feature rules the variance"),
        components,
    ),
    "tree": (
        ("决策树", "decision tree"),
        ("不需要", "no"),
        ("只看大小顺序", "uses the order only"),
        tree,
    ),
    "forest": (
        ("随机森林、提升树", "forest, boosted trees"),
        ("不需要", "no"),
        ("由树组成", "made of trees"),
        forest,
    ),
}


@cache
def measured(key: str) -> dict[str, Spread]:
    """Over RUNS draws: predictions changed by the factor, accuracy without and with it."""
    model, changed, before, after = MODELS[key][3], [], [], []
    for rng in kit.seeds(RUNS):
        (x, y), (new, truth) = draw(TRAIN, rng), draw(TEST, rng)
        unit = np.array([1.0, FACTOR])
        plain, large = model(x, y, new), model(x * unit, y, new * unit)
        changed.append(np.mean(plain != large))
        before.append(np.mean(plain == truth))
        after.append(np.mean(large == truth))
    return {"changed": Spread(changed), "before": Spread(before), "after": Spread(after)}


@cache
def components_over_many() -> tuple[float, float]:
    """Mean accuracy of PCA without and with the factor, over MANY draws."""
    unit, pairs = np.array([1.0, FACTOR]), []
    for rng in kit.seeds(MANY):
        (x, y), (new, truth) = draw(TRAIN, rng), draw(TEST, rng)
        plain, large = components(x, y, new), components(x * unit, y, new * unit)
        pairs.append((np.mean(plain == truth), np.mean(large == truth)))
    before, after = np.mean(pairs, axis=0)
    return float(before), float(after)


def table_models(tr: Tr) -> Table:
    rows = []
    for key, (name, need, why, _) in MODELS.items():
        found = measured(key)
        rows.append(
            [
                tr.pair(name),
                tr.pair(need),
                tr.pair(why),
                found["changed"],
                found["before"].mean,
                found["after"].mean,
            ]
        )
    return Table(
        [
            tr("模型", "model"),
            tr("需要缩放吗", "scaling needed?"),
            tr("原因", "why"),
            Col(tr("预测改变的比例", "predictions changed"), format=".1%"),
            Col(tr("准确率，单位变前", "accuracy before"), format=".1%"),
            Col(tr("变后", "after"), format=".1%"),
        ],
        rows,
        caption=tr(
            f"两个特征之一换成百分之一大小的单位（数值乘以 {FACTOR:g}），训练与测试一起换："
            f"{TRAIN} 个训练样本、{TEST} 个测试样本，{RUNS} 次抽样，均值 [最小, 最大]；"
            f"梯度下降 {STEPS} 步、学习率 {RATE}。每行实测的是其中第一个模型",
            "One of two features in a unit a hundred times smaller (its numbers times "
            f"{FACTOR:g}), in training and test alike: {TRAIN} training and {TEST} test examples, "
            f"{RUNS} draws, mean [smallest, largest]; gradient descent of {STEPS} steps at a rate "
            f"of {RATE}. "
            "Measured is the first model of each row",
        ),
    )


def value_models() -> dict[str, object]:
    return {
        **{f"{key}_{what}": spread for key in MODELS for what, spread in measured(key).items()},
        "factor": FACTOR,
        "runs": RUNS,
        "many": MANY,
        "many_before": components_over_many()[0],
        "many_after": components_over_many()[1],
    }


# --------------------------------------------------------------------------- two small examples

SPLIT_X = np.array([1.0, 2, 5, 20, 100, 1000])
SPLIT_Y = np.array([0, 0, 0, 1, 1, 1])
PEOPLE = np.array([[1.90, 5010.0], [1.71, 5200.0], [1.52, 4000.0], [1.65, 6200.0]])
QUERY = np.array([1.70, 5000.0])


def table_neighbours(tr: Tr) -> Table:
    """The nearest of four people, before and after standardising."""
    a, b = fit_scaling(PEOPLE)
    raw = np.linalg.norm(PEOPLE - QUERY, axis=1)
    scaled = np.linalg.norm(apply_scaling(PEOPLE, a, b) - apply_scaling(QUERY, a, b), axis=1)
    return Table(
        [
            tr("候选", "candidate"),
            Col(tr("身高", "height"), unit="m", format=".2f"),
            Col(tr("收入", "income"), format=",.0f"),
            Col(tr("原始距离", "raw distance"), format=",.1f"),
            Col(tr("标准化后的距离", "standardised distance"), format=".2f"),
        ],
        [
            [tr.name(label), *person, raw[i], scaled[i]]
            for i, (label, person) in enumerate(zip("ABCD", PEOPLE, strict=True))
        ],
        caption=tr(
            f"离 {QUERY[0]:.2f} m、收入 {QUERY[1]:,.0f} 的人最近的是谁",
            f"Who is nearest to a person of {QUERY[0]:.2f} m with an income of {QUERY[1]:,.0f}?",
        ),
    )


def value_small() -> dict[str, object]:
    a, b = fit_scaling(PEOPLE)
    return {
        "left_x": int(best_split(SPLIT_X, SPLIT_Y).sum()),
        "left_log": int(best_split(np.log(SPLIT_X), SPLIT_Y).sum()),
        "same": bool((best_split(SPLIT_X, SPLIT_Y) == best_split(np.log(SPLIT_X), SPLIT_Y)).all()),
        "x": [float(v) for v in SPLIT_X],
        "raw": "ABCD"[nearest(PEOPLE, QUERY)],
        "scaled": "ABCD"[nearest(apply_scaling(PEOPLE, a, b), apply_scaling(QUERY, a, b))],
    }
