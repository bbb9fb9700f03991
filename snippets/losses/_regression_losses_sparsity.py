"""The L1 loss and the L1 penalty: which of them sets weights to zero."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Col, Spread, Table, Tr
from snippets.losses.regression_losses import lasso, least_absolute, least_squares, ridge

RUNS, EXAMPLES, FEATURES, REAL, STRENGTH = 10, 200, 20, 3, 0.15
TRUE = np.concatenate([[3.0, -2.0, 1.5], np.zeros(FEATURES - REAL)])


FITS = (
    ("squares", ("平方损失", "squared loss"), least_squares),
    ("absolute", ("L1 损失", "L1 loss"), least_absolute),
    (
        "lasso",
        ("平方损失 + 权重的 L1 惩罚", "squared loss + L1 penalty on weights"),
        lambda A, y: lasso(A, y, STRENGTH),
    ),
    (
        "ridge",
        ("平方损失 + 权重的 L2 惩罚", "squared loss + L2 penalty on weights"),
        lambda A, y: ridge(A, y, STRENGTH),
    ),
)


@cache
def drawn() -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Features (EXAMPLES, FEATURES) and targets of each run; only the first REAL features count."""
    runs = []
    for rng in kit.seeds(RUNS):
        A = rng.normal(size=(EXAMPLES, FEATURES))
        runs.append((A, A @ TRUE + rng.normal(size=EXAMPLES)))
    return tuple(runs)


@cache
def _zeros(fit: str) -> tuple[Spread, Spread]:
    """Weights that are 0 and residuals that are 0 up to rounding, in each run."""
    (solver,) = (solver for key, _, solver in FITS if key == fit)
    solved = [(solver(A, y), A, y) for A, y in drawn()]
    return (
        Spread((w == 0).sum() for w, _, _ in solved),
        Spread((np.abs(A @ w - y) < 1e-9).sum() for w, A, y in solved),
    )


def table_zeros(tr: Tr) -> Table:
    return Table(
        [
            tr("拟合", "fit"),
            Col(
                tr(f"为 0 的权重（共 {FEATURES} 个）", f"weights at 0, of {FEATURES}"), format=".1f"
            ),
            Col(
                tr(f"为 0 的残差（共 {EXAMPLES} 个）", f"residuals at 0, of {EXAMPLES}"),
                format=".1f",
            ),
        ],
        [[tr.pair(name), *_zeros(key)] for key, name, _ in FITS],
        caption=tr(
            f"{FEATURES} 个特征里只有 {REAL} 个真正起作用；惩罚强度 {STRENGTH}；"
            f"均值 [最小, 最大]，{RUNS} 次",
            f"{FEATURES} features, of which {REAL} matter; strength of the penalties {STRENGTH}; "
            f"mean [smallest, largest] of {RUNS} runs",
        ),
    )


def value_zeros() -> dict[str, Spread | int]:
    """Zeros under the L1 loss, in whichever run has the fewest residuals and the most weights."""
    weights, residuals = _zeros("absolute")
    return {
        "features": FEATURES,
        "examples": EXAMPLES,
        "runs": RUNS,
        "loss_weights": int(weights.high),
        "loss_residuals": int(residuals.low),
        "lasso_weights": _zeros("lasso")[0],
    }
