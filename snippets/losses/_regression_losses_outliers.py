"""One number for five: the mean, the median, Huber's compromise, and what one outlier does."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Col, Formula, Table, Tr
from snippets.losses._regression_losses_formulas import E, I, N, Y
from snippets.losses.regression_losses import (
    best_constant,
    huber,
    huber_grad,
    mae,
    mae_grad,
    mse,
    mse_grad,
)

DATA = np.array([1.0, 2.0, 3.0, 4.0, 100.0])
CLEAN = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
_LOSSES = (
    ("mse", mse, mse_grad),
    ("mae", mae, mae_grad),
    ("huber", huber, huber_grad),
)


def grid_over(y: np.ndarray) -> np.ndarray:
    """Candidates from the least to the largest y, 0.01 apart."""
    return np.round(np.arange(y.min(), y.max() + 0.005, 0.01), 2)


formula_mean = Formula(
    r"\sum_{i=1}^{N} (y_i - c)^2 = \sum_{i=1}^{N} \left( y_i - \operatorname{mean}(y) \right)^2"
    r" + N \left( c - \operatorname{mean}(y) \right)^2",
    {
        "y": Y,
        "c": kit.scalar(("任意常数预测", "any constant prediction"), -4, 4),
        "N": N,
        "i": I,
        r"\operatorname{mean}": kit.function(("", ""), np.mean),
    },
)

formula_median = Formula(
    r"\sum_{i=1}^{N} |y_i - c| \ge \sum_{i=1}^{N} \left| y_i - \operatorname{median}(y) \right|",
    {
        "y": Y,
        "c": kit.scalar(("任意常数预测", "any constant prediction"), -4, 4),
        "N": N,
        "i": I,
        r"\operatorname{median}": kit.function(("", ""), np.median),
    },
)


def table_location(tr: Tr) -> Table:
    names = {
        "mse": tr("MSE（均值）", "MSE (the mean)"),
        "mae": tr("MAE（中位数）", "MAE (the median)"),
        "huber": tr("Huber（δ = 1）", "Huber (δ = 1)"),
    }
    rows = []
    for key, loss, grad in _LOSSES:
        slopes = grad(np.full_like(DATA, 3.0), DATA)
        rows.append(
            [
                names[key],
                best_constant(loss, CLEAN, grid_over(CLEAN)),
                best_constant(loss, DATA, grid_over(DATA)),
                float(slopes[-1]),
                float(np.abs(slopes[-1]) / np.abs(slopes).sum()),
            ]
        )
    return Table(
        [
            tr("损失", "loss"),
            Col(tr("1, 2, 3, 4, 5", "1, 2, 3, 4, 5"), format="g"),
            Col(tr("1, 2, 3, 4, 100", "1, 2, 3, 4, 100"), format="g"),
            Col(tr("100 的梯度", "gradient of 100"), format="g"),
            Col(tr("占比", "its share"), format=".0%"),
        ],
        rows,
        caption=tr(
            "预测五个数的最佳常数（间隔 0.01 的网格搜索）；100 在 c = 3 处的梯度，及其占五个梯度"
            "绝对值之和的比例",
            "The best constant for five numbers (found on a grid of step 0.01); the gradient of "
            "the 100 at c = 3, and its share in the five absolute gradients",
        ),
    )


def value_data() -> dict[str, object]:
    """The five numbers as they are written, and the one that is wrong."""
    return {
        "all": ", ".join(f"{y:g}" for y in DATA),
        "wrong": float(DATA[-1]),
        "right": float(CLEAN[-1]),
        "at": float(np.median(DATA)),
    }


def value_location() -> dict[str, float]:
    table = {key: best_constant(loss, DATA, grid_over(DATA)) for key, loss, _ in _LOSSES}
    slopes = {
        f"{key}_slope": float(grad(np.full_like(DATA, 3.0), DATA)[-1]) for key, _, grad in _LOSSES
    }
    return {**table, **slopes, "residual": float(DATA[-1] - 3.0)}


# --------------------------------------------------------------------------- where they come from


def _normal(r: float) -> float:
    """Density of the normal distribution of mean 0 and variance 1."""
    return float(np.exp(-0.5 * r * r) / np.sqrt(2 * np.pi))


def _laplace(r: float) -> float:
    """Density of the Laplace distribution of location 0 and scale 1."""
    return float(0.5 * np.exp(-abs(r)))


formula_noise = Formula(
    r"-\ln p(e) = \frac{e^2}{2} + \ln \sqrt{2 \pi}, \quad -\ln q(e) = |e| + \ln 2",
    {
        "e": E,
        "p": kit.function(("标准正态分布的密度", "density of the standard normal"), _normal),
        "q": kit.function(("拉普拉斯分布的密度", "density of the Laplace distribution"), _laplace),
    },
)
