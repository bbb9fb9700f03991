"""Where exact zeros come from: the L1 objective by subgradients and by proximal steps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Col, Figure, Pair, Spread, Table, Tr
from snippets.regularization.elastic_net import coordinate_descent
from snippets.regularization.l1_and_l2 import soft_threshold

RUNS, EXAMPLES, FEATURES, REAL, STRENGTH = 10, 200, 20, 3, 0.2
STEPS, BATCH, SHOWN = 2000, 10, 40
TRUE = np.concatenate([[3.0, -2.0, 1.5], np.zeros(FEATURES - REAL)])
START = 1.0


@dataclass(frozen=True)
class Way:
    """One way down: proximal or by subgradient, on all examples or on BATCH, step constant or
    falling with the root of the number of the step.
    """

    name: Pair
    proximal: bool
    batch: int
    falling: bool


WAYS = {
    "subgradient": Way(("次梯度，步长不变", "subgradient, constant step"), False, EXAMPLES, False),
    "falling": Way(("次梯度，步长递减", "subgradient, falling step"), False, EXAMPLES, True),
    "sgd": Way(
        (f"次梯度，小批量 {BATCH}，步长递减", f"subgradient, batches of {BATCH}, falling step"),
        False,
        BATCH,
        True,
    ),
    "proximal": Way(
        ("近端（ISTA），步长不变", "proximal (ISTA), constant step"), True, EXAMPLES, False
    ),
    "proximal_constant": Way(
        (f"近端，小批量 {BATCH}，步长不变", f"proximal, batches of {BATCH}, constant step"),
        True,
        BATCH,
        False,
    ),
    "proximal_sgd": Way(
        (f"近端，小批量 {BATCH}，步长递减", f"proximal, batches of {BATCH}, falling step"),
        True,
        BATCH,
        True,
    ),
}


@cache
def drawn() -> tuple[np.ndarray, np.ndarray]:
    """Features (RUNS, EXAMPLES, FEATURES) and targets (RUNS, EXAMPLES); REAL features count."""
    rngs = list(kit.seeds(RUNS))
    A = np.array([rng.normal(size=(EXAMPLES, FEATURES)) for rng in rngs])
    return A, A @ TRUE + np.array([rng.normal(size=EXAMPLES) for rng in rngs])


def objective(w: np.ndarray) -> np.ndarray:
    """J of each run at w (RUNS, FEATURES)."""
    A, y = drawn()
    e = np.einsum("rnp,rp->rn", A, w) - y
    return (e**2).mean(axis=1) / 2 + STRENGTH * np.abs(w).sum(axis=1)


@cache
def best() -> np.ndarray:
    """The optimum of each run, by coordinate descent: (RUNS, FEATURES)."""
    return np.array([coordinate_descent(A, y, l1=STRENGTH) for A, y in zip(*drawn(), strict=True)])


@cache
def path(key: str) -> np.ndarray:
    """Weights of every run after every step: (STEPS + 1, RUNS, FEATURES)."""
    way, (A, y) = WAYS[key], drawn()
    rows = np.arange(RUNS)[:, None]
    rates = 1 / np.array([np.linalg.norm(a, 2) ** 2 / EXAMPLES for a in A])[:, None]
    picks = np.array([rng.integers(EXAMPLES, size=(STEPS, BATCH)) for rng in kit.seeds(RUNS, 1)])
    w = np.full((RUNS, FEATURES), START)
    found = [w]
    for t in range(STEPS):
        rate = rates / (1 + t) ** 0.5 if way.falling else rates
        a, b = (A, y) if way.batch == EXAMPLES else (A[rows, picks[:, t]], y[rows, picks[:, t]])
        e = (a @ w[:, :, None])[:, :, 0] - b
        gradient = (e[:, None, :] @ a)[:, 0] / way.batch
        if way.proximal:
            w = soft_threshold(w - rate * gradient, rate * STRENGTH)
        else:
            w = w - rate * (gradient + STRENGTH * np.sign(w))
        found.append(w)
    return np.array(found)


def value_setting() -> dict[str, float]:
    return {
        "runs": RUNS,
        "examples": EXAMPLES,
        "features": FEATURES,
        "real": REAL,
        "strength": STRENGTH,
        "steps": STEPS,
        "batch": BATCH,
    }


def value_zeros() -> dict[str, Spread | int]:
    """Weights that are exactly 0 at the end: the most by subgradients and the fewest by proximal
    steps in any run; and how often a subgradient step met 0 at all.
    """
    zeros = {key: (path(key)[-1] == 0).sum(axis=1) for key in WAYS}
    ever = sum(int((path(key)[1:] == 0).sum()) for key in WAYS if not WAYS[key].proximal)
    return {
        "subgradient": int(zeros["subgradient"].max()),
        "proximal": int(zeros["proximal"].min()),
        "best": int((best() == 0).sum(axis=1).min()),
        "proximal_constant": Spread(zeros["proximal_constant"]),
        "proximal_sgd": Spread(zeros["proximal_sgd"]),
        "ever": ever,
    }


def table_zeros(tr: Tr) -> Table:
    floor = objective(best())
    zero = best() == 0

    def largest(w: np.ndarray) -> Spread:
        return Spread(np.where(zero, np.abs(w), 0.0).max(axis=1))

    rows = [
        [
            tr.pair(way.name),
            Spread((path(key)[-1] == 0).sum(axis=1)),
            largest(path(key)[-1]),
            Spread(np.round(objective(path(key)[-1]) - floor, 12) + 0.0),
        ]
        for key, way in WAYS.items()
    ]
    return Table(
        [
            tr("怎么走", "way down"),
            Col(tr("恰好为 0 的权重", "weights exactly 0"), format=".1f"),
            Col(tr("本应为 0 的最大 $|w_i|$", "largest $|w_i|$ that should be 0"), format=".4f"),
            Col(tr("$J$ 高出最小值", "$J$ above the least"), format=".4f"),
        ],
        [
            *rows,
            [
                tr("最优解（坐标下降）", "optimum (coordinate descent)"),
                Spread(zero.sum(axis=1)),
                0,
                0,
            ],
        ],
        caption=tr(
            f"{EXAMPLES} 个样本，{FEATURES} 个特征，{REAL} 个起作用；均方误差的一半加 λ Σ|w|，"
            f"λ 为 {STRENGTH:g}；从 {START:g} 出发走 {STEPS} 步；均值 [最小, 最大]，{RUNS} 次",
            f"{EXAMPLES} examples, {FEATURES} features of which {REAL} matter; half the mean "
            f"squared error plus λ Σ|w| with λ at {STRENGTH:g}; {STEPS} steps from {START:g}; mean "
            f"[smallest, largest] of {RUNS} runs",
        ),
    )


def figure_paths(tr: Tr) -> Figure:
    feature = int(np.flatnonzero(best()[0] == 0)[0])
    steps = np.arange(SHOWN + 1)
    canvas, axes = kit.canvas(height=2.9)
    kit.zero_lines(axes)
    data = {"steps": steps}
    looks = {
        "subgradient": (kit.ORANGE, "-", 1.0),
        "falling": (kit.GREEN, (0, (6, 2)), 1.4),
        "proximal": (kit.BLUE, "-", 2.2),
    }
    for key, (colour, line, width) in looks.items():
        data[key] = path(key)[: SHOWN + 1, 0, feature]
        axes.plot(
            steps,
            data[key],
            color=colour,
            linestyle=line,
            linewidth=width,
            label=tr.pair(WAYS[key].name),
        )
    axes.set_xlabel(tr("步", "step"))
    axes.set_ylabel(tr("权重", "weight"))
    axes.set_ylim(-0.28, 0.34)
    axes.legend(loc="upper right")
    return Figure(
        canvas,
        caption=tr(
            f"最优值为 0 的一个权重，头 {SHOWN} 步。近端步到 0 就停住；"
            "次梯度步越过 0 又折回，步长递减只是让摆动变小。",
            f"One weight whose optimum is 0, first {SHOWN} steps. The proximal step reaches 0 and "
            "stays; the subgradient step jumps across and back, and a falling step only makes the "
            "swing smaller.",
        ),
        alt=tr(
            "蓝线几步后恰好为 0 并一直为 0；橙线在 0 两侧等幅摆动；绿色虚线的摆动逐渐变小。",
            "The blue line is exactly 0 after a few steps and stays there; the orange one swings "
            "about 0 with constant width; the swings of the dashed green one shrink.",
        ),
        data=data,
    )
