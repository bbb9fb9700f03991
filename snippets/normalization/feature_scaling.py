"""Feature scaling: min-max, z-score, robust and max-abs, fitted on the training set."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from snippets import kit
from snippets.kit import Check, Formula

WORKED = np.array([1.0, 2, 3, 4, 1000])


def min_max(x: ArrayLike) -> np.ndarray:
    """The numbers x, 1-D, moved and stretched to [0, 1]: the smallest is 0, the largest 1.

    ValueError: all are equal (fit_scaling leaves such a column unscaled).
    """
    x = np.asarray(x, dtype=float)
    if np.ptp(x) == 0:
        raise ValueError("all numbers are equal: there is no range to divide by")
    return (x - x.min()) / (x.max() - x.min())


def z_score(x: ArrayLike) -> np.ndarray:
    """The numbers x, 1-D, with mean 0 and standard deviation 1 (over n, as everywhere here).

    ValueError: all are equal (fit_scaling leaves such a column unscaled).
    """
    x = np.asarray(x, dtype=float)
    if np.ptp(x) == 0:
        raise ValueError("all numbers are equal: the standard deviation is 0")
    return (x - x.mean()) / x.std()


def penalised(loss: float, weights: ArrayLike, lam: float) -> float:
    """The regularised loss: it acts on the weights and leaves the data alone."""
    return loss + lam * float(np.sum(np.square(weights)))


def fit_scaling(train: ArrayLike, method: str = "z-score") -> tuple[np.ndarray, np.ndarray]:
    """Offset a and divisor b of each column of train (n, d), both (d,), for (x - a) / b.

    method: "min-max", "z-score", "robust" (median and interquartile range) or "max-abs".  A
    column without spread gets the divisor 1.  ValueError: another method, no rows, not 2-D.
    """
    train = np.asarray(train, dtype=float)
    if train.ndim != 2 or not len(train):
        raise ValueError(f"train has the shape {train.shape}; it must be (n, d) with n > 0")
    if method == "min-max":
        a, b = train.min(axis=0), np.ptp(train, axis=0)
    elif method == "z-score":
        a, b = train.mean(axis=0), train.std(axis=0)
        b = np.where(np.ptp(train, axis=0) > 0, b, 0)  # constant, but rounding may leave 1e-17
    elif method == "robust":
        low, a, high = np.quantile(train, [0.25, 0.5, 0.75], axis=0)
        b = high - low
    elif method == "max-abs":
        a, b = np.zeros(train.shape[1]), np.abs(train).max(axis=0)
    else:
        raise ValueError(f"unknown method {method!r}: min-max, z-score, robust or max-abs")
    return a, np.where(b > 0, b, 1.0)


def apply_scaling(x: ArrayLike, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Columns of x (m, d) scaled with what fit_scaling found on the training set."""
    return (np.asarray(x, dtype=float) - a) / b


def torch_standardise(train, test):
    """Standardise both with the statistics of train; tensors (n, d) and (m, d)."""
    mean = train.mean(dim=0)
    std = train.std(dim=0, correction=0)
    std = std.masked_fill((train == train[0]).all(dim=0), 1.0)  # columns without spread
    return (train - mean) / std, (test - mean) / std


def torch_three_words(x, weight):
    """One tensor x (n, d), one weight (d,): what three similar names do in PyTorch.

    Returns rows of length 1, columns of mean 0 and variance 1, and the weight after one step of
    weight decay with a gradient of 0.
    """
    import torch
    import torch.nn.functional as F

    rows = F.normalize(x, dim=1)  # each example by its own length
    columns = torch.nn.BatchNorm1d(x.shape[1], eps=1e-9, affine=False)(x)  # each feature by batch
    w = weight.clone().requires_grad_()
    w.grad = torch.zeros_like(w)
    torch.optim.SGD([w], lr=0.1, weight_decay=0.5).step()  # no data in it at all
    return rows, columns, w.detach()


def descent_steps(kappa: float, epsilon: float) -> int:
    """Steps of gradient descent on (u² + kappa v²) / 2 from (1, 1) until the distance to the
    optimum is epsilon of what it was, at the best constant rate 2 / (1 + kappa).
    """
    if kappa < 1 or not 0 < epsilon < 1:
        raise ValueError(f"kappa is {kappa}, epsilon {epsilon}; need kappa >= 1, 0 < epsilon < 1")
    rate, u, v, steps = 2 / (1 + kappa), 1.0, 1.0, 0
    while u * u + v * v > 2 * epsilon**2:
        u, v, steps = u - rate * u, v - rate * kappa * v, steps + 1
    return steps


def best_split(x: ArrayLike, y: ArrayLike) -> np.ndarray:
    """Which examples a decision stump sends left, (n,) of bool: the split of lowest Gini impurity.

    x is one feature (n,), y holds 0 and 1.  Only the order of x is used.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y)
    best, left = np.inf, np.zeros(len(x), dtype=bool)
    for threshold in np.unique(x)[:-1]:
        low = x <= threshold
        impurity = sum(part.size * part.mean() * (1 - part.mean()) for part in (y[low], y[~low]))
        if impurity < best:
            best, left = impurity, low
    return left


def nearest(x: ArrayLike, query: ArrayLike) -> int:
    """Index of the row of x (n, d) that is nearest to the query (d,)."""
    return int(np.argmin(np.sum((np.asarray(x) - np.asarray(query)) ** 2, axis=1)))


# --------------------------------------------------------------------------- formulas

_X = kit.array(("一个特征在训练集上的取值", "one feature over the training set"), ("n",), -9, 9)
_N = kit.integer(("样本数", "number of examples"), 3, 9)
_I = kit.index(("样本", "an example"), "n")


def _column(method: str):
    def scaled(x):
        column = np.asarray(x)[:, None]
        return apply_scaling(column, *fit_scaling(column, method))[:, 0]

    return scaled


formula_min_max = Formula(
    r"x'_i = \frac{x_i - \min_j x_j}{\max_j x_j - \min_j x_j}",
    {"x": _X, "n": _N, "i": _I, "j": _I},
    equals=_column("min-max"),
)

formula_z_score = Formula(
    r"z_i = \frac{x_i - \mu(x)}{\sigma(x)}",
    {
        "x": _X,
        "n": _N,
        "i": _I,
        r"\mu": kit.function(("均值", "the mean"), np.mean),
        r"\sigma": kit.function(
            ("标准差（除以 n）", "the standard deviation (divided by n)"), np.std
        ),
    },
    equals=_column("z-score"),
)

formula_robust = Formula(
    r"x'_i = \frac{x_i - Q(x, 1/2)}{Q(x, 3/4) - Q(x, 1/4)}",
    {
        "x": _X,
        "n": _N,
        "i": _I,
        "Q": kit.function(
            ("分位数，$Q(x, 1/2)$ 是中位数", "the quantile; a half is the median"), np.quantile
        ),
    },
    equals=_column("robust"),
)

formula_max_abs = Formula(
    r"x'_i = \frac{x_i}{\max_j |x_j|}",
    {"x": _X, "n": _N, "i": _I, "j": _I},
    equals=_column("max-abs"),
)

formula_penalty = Formula(
    r"J = L + \lambda \sum_{k=1}^{d} w_k^2",
    {
        "L": kit.scalar(("训练损失", "training loss"), 0, 5),
        r"\lambda": kit.scalar(("正则化强度", "strength of the penalty"), 0, 2),
        "w": kit.array(("权重", "the weights"), ("d",), -3, 3),
        "d": kit.integer(("权重个数", "number of weights"), 1, 5),
    },
    equals=lambda L, lambda_, w: penalised(L, w, lambda_),
)

formula_steps = Formula(
    r"t(\kappa, \varepsilon) \le 1 + \frac{\kappa}{2} \ln\frac{1}{\varepsilon}",
    {
        "t": kit.function(
            ("梯度下降的步数", "steps of gradient descent"),
            lambda kappa, epsilon: float(descent_steps(float(kappa), float(epsilon))),
        ),
        r"\kappa": kit.scalar(("条件数", "condition number"), 1, 300),
        r"\varepsilon": kit.scalar(
            ("到最优点的距离要缩小到原来的多少", "share of the distance to be left"), 1e-6, 0.5
        ),
    },
)

formula_correlation = Formula(
    r"\kappa = \frac{1 + |r|}{1 - |r|}",
    {"r": kit.scalar(("两个特征的相关系数", "correlation of the two features"), -0.95, 0.95)},
    equals=lambda r: float(np.linalg.cond(np.array([[1.0, r], [r, 1.0]]))),
)

formula_monotone = Formula(
    r"\mathbf{1}[x \le t] = \mathbf{1}[\ln x \le \ln t]",
    {
        "x": kit.scalar(("大于 0 的特征", "a feature above 0"), 0.01, 50),
        "t": kit.scalar(("划分的阈值", "threshold of the split"), 0.01, 50),
    },
)

# --------------------------------------------------------------------------- evidence


def check_torch() -> Check:
    """Ours against PyTorch's own pieces: BatchNorm1d, quantile, amax."""
    import torch

    pairs = []
    for rng in kit.seeds(5):
        x = rng.normal(3, 2, (40, 3)) * [1, 10, 0.1]
        t = torch.tensor(x)
        norm = torch.nn.BatchNorm1d(3, eps=1e-18, affine=False).double()
        low, mid, high = torch.quantile(t, torch.tensor([0.25, 0.5, 0.75]).double(), dim=0)
        theirs = {
            "z-score": norm(t),
            "min-max": (t - t.amin(0)) / (t.amax(0) - t.amin(0)),
            "robust": (t - mid) / (high - low),
            "max-abs": t / torch.linalg.vector_norm(t, float("inf"), dim=0),
        }
        pairs += [(apply_scaling(x, *fit_scaling(x, k)), v) for k, v in theirs.items()]
    return kit.compare(
        (
            "PyTorch 的 `nn.BatchNorm1d`、`torch.quantile` 等",
            "PyTorch's `nn.BatchNorm1d`, `torch.quantile` and others",
        ),
        pairs,
        tolerance=1e-12,
    )
