"""What opens the gap: few examples, noise, parameters; and a shift, which is something else."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Col, Spread, Table, Tr
from snippets.regularization import _sine as sine
from snippets.regularization.over_and_underfitting import fit_polynomial, rmse

BATCHES, DRAWS = 5, 400
CASES = (
    (20, 0.3, 5),
    (80, 0.3, 5),
    (320, 0.3, 5),
    (20, 0.1, 5),
    (20, 0.6, 5),
    (20, 0.3, 1),
    (20, 0.3, 9),
)


@cache
def _measured(n: int, noise: float, degree: int) -> np.ndarray:
    """(BATCHES, 2): mean squared error on the training targets and on fresh ones, same inputs."""
    x = np.linspace(0, 1, n)
    features = sine.legendre(x, degree)
    hat = features @ np.linalg.pinv(features)
    found = []
    for rng in kit.seeds(BATCHES):
        y, fresh = (sine.truth(x) + noise * rng.normal(size=(DRAWS, n)) for _ in range(2))
        fitted = y @ hat.T
        found.append((((fitted - y) ** 2).mean(), ((fitted - fresh) ** 2).mean()))
    return np.array(found)


def table_gap(tr: Tr) -> Table:
    rows = []
    for n, noise, degree in CASES:
        train, test = _measured(n, noise, degree).T
        formula = 2 * noise**2 * (degree + 1) / n
        rows.append([n, noise, degree, train.mean(), test.mean(), Spread(test - train), formula])
    return Table(
        [
            Col(tr("样本数", "examples"), format="d"),
            Col(tr("噪声", "noise"), format="g"),
            Col(tr("次数", "degree"), format="d"),
            Col(tr("训练", "training"), format=".3f"),
            Col(tr("测试", "test"), format=".3f"),
            Col(tr("差距", "gap"), format=".4f"),
            Col(tr("公式", "formula"), format=".4f"),
        ],
        rows,
        caption=tr(
            f"均方误差与差距，测试用同样的输入、新的噪声；{BATCHES} 批的均值 [最小, 最大]，"
            f"每批 {DRAWS} 个训练集",
            "Mean squared errors and their gap, tested at the same inputs with fresh noise; mean "
            f"[smallest, largest] of {BATCHES} batches of {DRAWS} training sets",
        ),
    )


def value_gap() -> dict[str, object]:
    """Means over all batches; the table has their spread."""

    def gap(case: int) -> float:
        train, test = _measured(*CASES[case]).mean(axis=0)
        return float(test - train)

    return {
        "base": gap(0),
        "more": gap(1),
        "noisy": gap(4),
        "degree_9": gap(6),
        "examples": CASES[0][0],
    }


SIZES, SHIFT, RUNS, DEGREE, NOISE = (50, 500, 5000), 0.4, 20, 5, 0.3


@cache
def _shifted(n: int) -> np.ndarray:
    """(RUNS, 3): training error, test error on [0, 1], test error on inputs moved by SHIFT."""
    found = []
    for rng in kit.seeds(RUNS):
        x = rng.uniform(0, 1, n)
        y = sine.noisy(x, NOISE, rng)
        fit = fit_polynomial(x, y, DEGREE)
        errors = [rmse(fit(x), y)]
        for offset in (0.0, SHIFT):
            x_test = rng.uniform(0, 1, 1000) + offset
            errors.append(rmse(fit(x_test), sine.noisy(x_test, NOISE, rng)))
        found.append(errors)
    return np.array(found)


def table_shift(tr: Tr) -> Table:
    rows = []
    for n in SIZES:
        train, test, moved = _shifted(n).T
        rows.append([n, Spread(test - train), Spread(moved - train)])
    return Table(
        [
            Col(tr("样本数", "examples"), format=",d"),
            Col(tr("差距，同一分布", "gap, same distribution"), format=".3f"),
            Col(tr("差距，输入平移", "gap, shifted inputs"), format=".2f"),
        ],
        rows,
        caption=tr(
            f"{DEGREE} 次多项式，输入在 [0, 1] 上随机，噪声 {NOISE:g}；平移是测试输入加 {SHIFT:g}。"
            f"均方根误差之差，均值 [最小, 最大]，{RUNS} 次",
            f"Degree {DEGREE}, random inputs on [0, 1], noise {NOISE:g}; shifted: {SHIFT:g} is "
            f"added to the test inputs. Differences of root mean squared errors, mean [smallest, "
            f"largest] of {RUNS} runs",
        ),
    )


def value_shift() -> dict[str, object]:
    train, test, moved = _shifted(SIZES[-1]).T
    return {"n": SIZES[-1], "same": Spread(test - train), "moved": Spread(moved - train)}
