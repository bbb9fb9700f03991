"""Where gradient descent ends: a saddle, a poor minimum, the network that does not learn XOR."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Col, Spread, Table, Tr
from snippets.optimization.gradient_descent import gradient_descent, sgd_train

XOR_X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
XOR_Y = np.array([0.0, 1.0, 1.0, 0.0])
RUNS, STEPS, RATE, STD = 20, 20_000, 1.0, 1.0
LEARNED = 0.01
"""A run has learned XOR when its mean squared error / 2 is below this."""


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(z / 2))


def xor_loss_grad(theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Loss (runs,) and gradient (runs, 9) of a 2-2-1 sigmoid network on XOR, full batch.

    theta (runs, 9): hidden weights (2, 2) row by row, hidden biases, output weights, output bias.
    The loss is the mean of (output - y)² / 2.
    """
    w1, b1 = theta[:, :4].reshape(-1, 2, 2), theta[:, 4:6]
    w2, b2 = theta[:, 6:8], theta[:, 8:]
    hidden = sigmoid(XOR_X @ w1 + b1[:, None])
    output = sigmoid((hidden * w2[:, None]).sum(axis=2) + b2)
    error = output - XOR_Y
    delta2 = error * output * (1 - output) / 4
    delta1 = delta2[..., None] * w2[:, None] * hidden * (1 - hidden)
    parts = [
        (XOR_X.T @ delta1).reshape(-1, 4),
        delta1.sum(axis=1),
        (delta2[..., None] * hidden).sum(axis=1),
        delta2.sum(axis=1, keepdims=True),
    ]
    return (error**2).mean(axis=1) / 2, np.concatenate(parts, axis=1)


def xor_start() -> np.ndarray:
    """Random weights (RUNS, 9), one row a run."""
    return np.array([rng.normal(0, STD, 9) for rng in kit.seeds(RUNS)])


@cache
def xor_runs() -> tuple[np.ndarray, np.ndarray]:
    """Final losses and gradient norms (RUNS,) of full-batch gradient descent."""
    theta = xor_start()
    for _ in range(STEPS):
        theta = theta - RATE * xor_loss_grad(theta)[1]
    losses, gradients = xor_loss_grad(theta)
    return losses, np.linalg.norm(gradients, axis=1)


def value_xor() -> dict[str, object]:
    losses, norms = xor_runs()
    stuck = losses >= LEARNED
    return {
        "runs": RUNS,
        "steps": STEPS,
        "rate": RATE,
        "learned": int((~stuck).sum()),
        "stuck": int(stuck.sum()),
        "stuck_loss": Spread(losses[stuck]),
        "stuck_norm": float(norms[stuck].max()),
        "learned_loss": float(losses[~stuck].max()),
    }


def saddle_grad(theta: np.ndarray) -> np.ndarray:
    """The gradient of x²/2 + y⁴/4 - y²/2: a saddle at (0, 0), minima at (0, ±1)."""
    x, y = theta
    return np.array([x, y**3 - y])


def valleys_grad(x: float) -> float:
    """The slope of x⁴/4 - x²/2 + x/5: a deep valley on the left, a shallow one on the right."""
    return x**3 - x + 0.2


def valleys(x: float) -> float:
    return x**4 / 4 - x**2 / 2 + x / 5


def table_ends(tr: Tr) -> Table:
    """Where 300 steps at a rate of 0.1 end, from starts on either side of a watershed."""
    rows = []
    for start in ((1.0, 0.0), (1.0, 1e-3)):
        end = gradient_descent(saddle_grad, start, 0.1, 300)[-1]
        rows.append(
            [
                "$\\frac{x^2}{2} + \\frac{y^4}{4} - \\frac{y^2}{2}$",
                f"({start[0]:g}, {start[1]:g})",
                f"({abs(end[0]):.2f}, {end[1]:.2f})",
                float(end[0] ** 2 / 2 + end[1] ** 4 / 4 - end[1] ** 2 / 2),
                tr("鞍点", "a saddle") if start[1] == 0 else tr("最小值", "a minimum"),
            ]
        )
    for start1 in (-0.5, 0.5):
        end1 = float(gradient_descent(valleys_grad, start1, 0.1, 300)[-1])
        rows.append(
            [
                "$\\frac{x^4}{4} - \\frac{x^2}{2} + \\frac{x}{5}$",
                f"{start1:g}".replace("-", "−"),
                f"{end1:.2f}".replace("-", "−"),
                valleys(end1),
                tr("全局最小值", "the global minimum")
                if start1 < 0
                else tr("局部最小值", "a local minimum"),
            ]
        )
    return Table(
        [
            tr("函数", "function"),
            tr("起点", "start"),
            tr("终点", "end"),
            Col(tr("终点的函数值", "value there"), format=".3f"),
            tr("那里是", "which is"),
        ],
        rows,
        caption=tr(
            "300 步，学习率 0.1：起点决定终点",
            "300 steps at a learning rate of 0.1: the start decides the end",
        ),
    )


# --------------------------------------------------------------------------- noise

EXAMPLES, NOISE, EPOCHS, SGD_RATE, SGD_RUNS = 200, 1.0, 40, 0.1, 10
BATCHES = (1, 8, 64, EXAMPLES)


@cache
def _distances(batch: int, rate: float) -> Spread:
    """Distance of the weights from the least-squares solution after EPOCHS epochs."""
    found = []
    for rng in kit.seeds(SGD_RUNS):
        x = rng.normal(size=(EXAMPLES, 5))
        y = x @ rng.normal(size=5) + rng.normal(0, NOISE, EXAMPLES)
        best = np.linalg.lstsq(x, y, rcond=None)[0]
        found.append(np.linalg.norm(sgd_train(x, y, rate, EPOCHS, batch, rng) - best))
    return Spread(found)


def table_noise(tr: Tr) -> Table:
    return Table(
        [
            tr("批大小", "batch size"),
            Col(tr("更新次数", "updates"), format="d"),
            Col(tr(f"离最优解，η = {SGD_RATE:g}", f"distance, η = {SGD_RATE:g}"), format=".2g"),
            Col(
                tr(f"η = {SGD_RATE / 10:g}", f"η = {SGD_RATE / 10:g}"),
                format=".2g",
            ),
        ],
        [
            [
                f"{batch}" if batch < EXAMPLES else tr(f"{batch}（全部）", f"{batch} (all)"),
                EPOCHS * -(-EXAMPLES // batch),
                _distances(batch, SGD_RATE),
                _distances(batch, SGD_RATE / 10),
            ]
            for batch in BATCHES
        ],
        caption=tr(
            f"线性回归，{EXAMPLES} 个样本、5 个权重，{EPOCHS} 轮之后与最小二乘解的距离；"
            f"均值 [最小, 最大]，{SGD_RUNS} 次",
            f"Linear regression, {EXAMPLES} examples, 5 weights: distance from the least-squares "
            f"solution after {EPOCHS} epochs; mean [smallest, largest] of {SGD_RUNS} runs",
        ),
    )
