"""Remedies for underfitting, each on the sine: features, less penalty, more steps, better steps."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Col, Spread, Table, Tr
from snippets.regularization import _sine as sine
from snippets.regularization.fighting_overfitting import polynomial_features
from snippets.regularization.over_and_underfitting import rmse

POINTS, NOISE, DRAWS = 15, 0.2, 100
X = np.linspace(0, 1, POINTS)
DEGREE, RATE = 5, 0.3
STRONG, WEAK = 1.0, 1e-4
FEW, MANY = 100, 20000


def _solve(degree: int, ridge: float = 0.0) -> np.ndarray:
    """Matrix from training targets to predictions on X and on the grid: exact least squares."""
    a = polynomial_features(2 * X - 1, degree)
    both = polynomial_features(2 * np.concatenate([X, sine.GRID]) - 1, degree)
    return both @ np.linalg.solve(a.T @ a + ridge * POINTS * np.eye(degree + 1), a.T)


def _descend(steps: int, momentum: float) -> np.ndarray:
    """The same matrix after so many steps of gradient descent from zero on the mean square."""
    a = polynomial_features(2 * X - 1, DEGREE)
    both = polynomial_features(2 * np.concatenate([X, sine.GRID]) - 1, DEGREE)
    theta, velocity = np.zeros((DEGREE + 1, POINTS)), np.zeros((DEGREE + 1, POINTS))
    for _ in range(steps):
        velocity = momentum * velocity - RATE * a.T @ (a @ theta - np.eye(POINTS)) / POINTS
        theta = theta + velocity
    return both @ theta


@cache
def _errors(matrix_of: str) -> np.ndarray:
    """(2, DRAWS): training and test error."""
    matrix = {
        "degree 1": lambda: _solve(1),
        "degree 5": lambda: _solve(DEGREE),
        "strong": lambda: _solve(DEGREE, STRONG),
        "weak": lambda: _solve(DEGREE, WEAK),
        "few": lambda: _descend(FEW, 0.0),
        "many": lambda: _descend(MANY, 0.0),
        "momentum": lambda: _descend(FEW, 0.9),
    }[matrix_of]()
    found = []
    for rng in kit.seeds(DRAWS):
        y, y_test = sine.noisy(X, NOISE, rng), sine.noisy(sine.GRID, NOISE, rng)
        fitted = matrix @ y
        found.append((rmse(fitted[:POINTS], y), rmse(fitted[POINTS:], y_test)))
    return np.array(found).T


def table_underfitting(tr: Tr) -> Table:
    rows = [
        (tr("1 次", "degree 1"), "degree 1"),
        (tr("特征加到 5 次", "features up to degree 5"), "degree 5"),
        (tr(f"5 次，λ = {STRONG:g}", f"degree 5, λ = {STRONG:g}"), "strong"),
        (tr(f"λ 减到 {WEAK:g}", f"λ cut to {WEAK:g}"), "weak"),
        (tr(f"5 次，梯度下降 {FEW} 步", f"degree 5, {FEW} steps of gradient descent"), "few"),
        (tr(f"训练 {MANY:,} 步", f"{MANY:,} steps"), "many"),
        (tr(f"{FEW} 步，加动量", f"{FEW} steps with momentum"), "momentum"),
    ]
    return Table(
        [
            tr("模型与训练", "model and training"),
            Col(tr("训练误差", "training error"), format=".2f"),
            Col(tr("测试误差", "test error"), format=".2f"),
        ],
        [[label, *map(Spread, _errors(key))] for label, key in rows],
        caption=tr(
            f"均方根误差：正弦的 {POINTS} 个点，噪声 {NOISE:g}；学习率 {RATE:g}，动量系数 0.9；"
            f"均值 [最小, 最大]，{DRAWS} 次抽取噪声",
            f"Root mean squared error: {POINTS} points of the sine, noise {NOISE:g}; learning rate "
            f"{RATE:g}, momentum 0.9; mean [smallest, largest] of {DRAWS} draws of the noise",
        ),
    )


def value_underfitting() -> dict[str, object]:
    found: dict[str, object] = {"few_steps": FEW, "many_steps": MANY}
    for key in ("degree 1", "degree 5", "strong", "weak", "few", "many", "momentum"):
        found[key.replace(" ", "_")] = Spread(_errors(key)[1])
    return found
