"""Is a large weight complex?  Networks that rescale, and linear models with fixed features."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Col, Spread, Table, Tr
from snippets.regularization.weight_decay import relu_net, rescale

FACTOR, INPUTS, HIDDEN, POINTS = 100.0, 8, 32, 64


def value_rescale() -> dict[str, float]:
    """The same network with weights moved between layers; a unit with batch statistics."""
    rng = next(kit.seeds(1))
    W1 = rng.normal(size=(HIDDEN, INPUTS)) / INPUTS**0.5
    b1 = 0.1 * rng.normal(size=HIDDEN)
    W2 = rng.normal(size=(1, HIDDEN)) / HIDDEN**0.5
    x = rng.normal(size=(POINTS, INPUTS))
    moved = rescale(W1, b1, W2, FACTOR)
    before, after = relu_net(x, W1, b1, W2), relu_net(x, *moved)

    def square(parts: tuple[np.ndarray, ...]) -> float:
        return float(sum((p**2).sum() for p in parts))

    def normalised(z: np.ndarray) -> np.ndarray:
        return (z - z.mean(axis=0)) / z.std(axis=0)

    z = x @ W1.T
    return {
        "factor": FACTOR,
        "gap": float(np.abs(before - after).max()),
        "before": square((W1, b1, W2)),
        "after": square(moved),
        "normalised_gap": float(np.abs(normalised(z) - normalised(FACTOR * z)).max()),
        "inputs": INPUTS,
        "hidden": HIDDEN,
    }


RUNS, TRAIN, TEST, FEATURES, ERROR = 10, 30, 500, 60, 0.3
STRENGTHS = (1e-6, 1e-3, 1e-1, 10.0)


def features(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Random cosines of x (m,): fixed features (m, FEATURES)."""
    return np.cos(np.outer(x, rng.normal(size=FEATURES) * 3) + rng.uniform(0, 2 * np.pi, FEATURES))


@cache
def fits() -> dict[float, np.ndarray]:
    """Length of w, error on the training points and on new ones: (RUNS, 3) for each strength."""
    found: dict[float, list] = {strength: [] for strength in STRENGTHS}
    for rng in kit.seeds(RUNS):
        x = rng.uniform(-2, 2, TRAIN + TEST)
        y = np.sin(2 * x) + ERROR * rng.normal(size=len(x))
        A = features(x, rng)
        for strength in STRENGTHS:
            gram = A[:TRAIN].T @ A[:TRAIN] / TRAIN + strength * np.eye(FEATURES)
            w = np.linalg.solve(gram, A[:TRAIN].T @ y[:TRAIN] / TRAIN)
            e = (A @ w - y) ** 2
            found[strength].append((np.linalg.norm(w), e[:TRAIN].mean(), e[TRAIN:].mean()))
    return {strength: np.array(rows) for strength, rows in found.items()}


def table_ridge(tr: Tr) -> Table:
    return Table(
        [
            Col("$\\lambda$", format="g"),
            Col("$\\|w\\|_2$", format=".2f"),
            Col(tr("训练误差", "training error"), format=".3f"),
            Col(tr("测试误差", "test error"), format=".2f"),
        ],
        [[strength, *(Spread(column) for column in fits()[strength].T)] for strength in STRENGTHS],
        caption=tr(
            f"{FEATURES} 个固定的余弦特征，{TRAIN} 个带噪声的样本（噪声方差 {ERROR**2:.2g}），"
            f"L2 惩罚；均方误差，均值 [最小, 最大]，{RUNS} 次",
            f"{FEATURES} fixed cosine features, {TRAIN} noisy examples (noise of variance "
            f"{ERROR**2:.2g}), L2 penalty; mean squared errors, mean [smallest, largest] of "
            f"{RUNS} runs",
        ),
    )


def value_ridge() -> dict[str, Spread | int]:
    return {
        "runs": RUNS,
        "weak": Spread(fits()[STRENGTHS[0]][:, 2]),
        "good": Spread(fits()[STRENGTHS[2]][:, 2]),
        "weak_norm": Spread(fits()[STRENGTHS[0]][:, 0]),
        "good_norm": Spread(fits()[STRENGTHS[2]][:, 0]),
    }
