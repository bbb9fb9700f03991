"""Squared errors: four numbers that are mixed up, and the broadcasting that makes a fifth."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Col, Formula, Table, Tr
from snippets.losses._regression_losses_formulas import Y_HAT, I, N, Y
from snippets.losses.regression_losses import (
    error_measures,
    mae,
    mse,
    mse_grad,
    torch_column_against_row,
)

PREDICTION, TARGET = np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0])


formula_distance = Formula(
    r"\|\hat{y} - y\|_2 = \sqrt{\sum_{i=1}^{N} (\hat{y}_i - y_i)^2}"
    r" = \sqrt{N \cdot \operatorname{MSE}(\hat{y}, y)}",
    {
        r"\hat{y}": Y_HAT,
        "y": Y,
        "N": N,
        "i": I,
        r"\operatorname{MSE}": kit.function(("均方误差", "the mean squared error"), mse),
    },
)


def table_measures(tr: Tr) -> Table:
    found = error_measures(PREDICTION, TARGET)
    steps = [
        (tr("误差平方和 SSE", "sum of squares, SSE"), tr.name("$1^2 + 2^2 + 3^2$"), "sse"),
        (tr("均方误差 MSE", "mean squared error, MSE"), tr.name("SSE / N"), "mse"),
        (tr("均方根误差 RMSE", "root mean squared error, RMSE"), tr.name("√MSE"), "rmse"),
        (tr("欧氏距离", "Euclidean distance"), tr.name("√SSE"), "distance"),
    ]
    return Table(
        [tr("量", "quantity"), tr("算法", "how"), Col(tr("值", "value"), format=".4f")],
        [[name, how, found[key]] for name, how, key in steps],
        caption=tr(
            "预测 (1, 2, 3)，目标 (2, 4, 6)，N = 3",
            "Predictions (1, 2, 3), targets (2, 4, 6), N = 3",
        ),
    )


def value_measures() -> dict[str, object]:
    return {
        **error_measures(PREDICTION, TARGET),
        "prediction": PREDICTION.tolist(),
        "target": TARGET.tolist(),
        "mae": float(mae(PREDICTION, TARGET)),
        "last": float(mse_grad(PREDICTION, TARGET)[-1]),
    }


def value_trap() -> dict[str, object]:
    """What PyTorch gives for a column against a row, and whether it warns."""
    import torch

    loss, (message,) = torch_column_against_row(torch.tensor(PREDICTION))
    return {"loss": loss, "message": message.split(". ")[1]}


def value_far() -> dict[str, float]:
    """The gradient of the residual of 97 among five, by the prediction 3, and its double."""
    y = np.array([1.0, 2.0, 3.0, 4.0, 100.0])
    far, farther = (mse_grad(np.full(5, 3.0), np.append(y[:4], t))[-1] for t in (100, 197))
    return {"mse": float(far), "residual": 97.0, "ratio": float(farther / far)}
