"""A small network trained with one activation or another: one hidden layer, the ring of points.

Eight hidden units, all weights learned by full-batch gradient descent on the logistic loss.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from snippets.activations._why_nonlinearity_shapes import ring
from snippets.activations.activation_zoo import BY_NAME
from snippets.kit import Col, Spread, Table, Tr

HIDDEN, STEPS, RUNS, TRAIN, TEST, RATE = 8, 500, 10, 400, 2000, 0.5

Function = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Trained:
    """Accuracy on new points, and how far the hidden weights moved from where they began."""

    accuracy: float
    moved: float


def train(phi: Function, slope: Function, run: int, rate: float = RATE) -> Trained:
    """Train from the weights and data of that run; the same run gives the same start."""
    rng = np.random.default_rng([17, run])
    x, y = ring(TRAIN, rng)
    W, b = rng.normal(0, 1, (HIDDEN, 2)), rng.normal(0, 0.5, HIDDEN)
    c, c0 = rng.normal(0, HIDDEN**-0.5, HIDDEN), 0.0
    start = W.copy()
    for _ in range(STEPS):
        z = x @ W.T + b
        hidden = phi(z)
        margin = np.clip(y * (hidden @ c + c0), -500, 500)
        upstream = -y / (1 + np.exp(margin)) / TRAIN
        dz = upstream[:, None] * c * slope(z)
        c, c0 = c - rate * hidden.T @ upstream, c0 - rate * upstream.sum()
        W, b = W - rate * dz.T @ x, b - rate * dz.sum(axis=0)
    fresh, classes = ring(TEST, rng)
    output = phi(fresh @ W.T + b) @ c + c0
    moved = float(np.linalg.norm(W - start) / np.linalg.norm(start))
    return Trained(float((np.sign(output) == classes).mean()), moved)


TRAINED = ("identity", "step", "sigmoid", "tanh", "ReLU", "Leaky ReLU", "Mish")


@cache
def _runs(name: str) -> list[Trained]:
    a = BY_NAME[name]
    return [train(a.forward, a.grad, run) for run in range(RUNS)]


def _accuracy(name: str) -> Spread:
    return Spread(run.accuracy for run in _runs(name))


def _moved(name: str) -> Spread:
    return Spread(run.moved for run in _runs(name))


def table_training(tr: Tr) -> Table:
    lacks = {
        "identity": ("非线性", "nonlinear"),
        "step": ("不为 0 的导数", "a slope other than 0"),
        "sigmoid": ("零中心", "zero-centred"),
        "tanh": ("无界", "unbounded"),
        "ReLU": ("处处可导、有界", "a slope everywhere, bounded"),
        "Leaky ReLU": ("饱和区、有界", "a saturating side, bounded"),
        "Mish": ("单调、便宜", "monotone, cheap"),
    }
    return Table(
        [
            tr("激活函数", "activation"),
            tr("它缺的性质", "what it lacks"),
            Col(tr("准确率", "accuracy"), format=".3f"),
            Col(tr("隐藏层权重的变化", "change of hidden weights"), format=".2f"),
        ],
        [[tr.name(n), tr.pair(lacks[n]), _accuracy(n), _moved(n)] for n in TRAINED],
        caption=tr(
            f"圆环数据，{HIDDEN} 个隐藏单元，{RUNS} "
            f"次训练："
            "均值 [最小, 最大]；变化以初始权重的范数为 1",
            f"Ring data, {HIDDEN} hidden units, {RUNS} "
            "runs: mean [smallest, largest]; the change in units of the norm of the first weights",
        ),
    )


def value_training() -> dict[str, object]:
    return {
        "identity": _accuracy("identity"),
        "step": _accuracy("step"),
        "step_moved": max(_moved("step").values),
        "relu": _accuracy("ReLU"),
        "leaky": _accuracy("Leaky ReLU"),
    }


def table_needed(tr: Tr) -> Table:
    yes, no = tr("必要", "needed"), tr("不必要", "not needed")
    handy = tr("方便", "handy")
    step, identity, leaky = (f"{_accuracy(n):.3f}" for n in ("step", "identity", "Leaky ReLU"))
    moved = f"{_moved('step').high:g}"
    return Table(
        [tr("性质", "property"), tr("必要吗", "verdict"), tr("没有它会怎样", "without it")],
        [
            [
                tr("非线性（非多项式）", "nonlinear (no polynomial)"),
                yes,
                tr(
                    f"恒等：准确率 {identity}，近于猜",
                    f"identity: accuracy {identity}, near a guess",
                ),
            ],
            [
                tr("几乎处处可微，且导数不恒为 0", "a slope almost everywhere, not always 0"),
                yes,
                tr(
                    f"step：隐藏层权重变化 {moved}，只训练了输出层，准确率 {step}",
                    f"step: hidden weights change by {moved}, only the output learns: {step}",
                ),
            ],
            [
                tr("计算简单", "cheap"),
                handy,
                tr(
                    "Mish：要三个超越函数，照样学会",
                    "Mish: three transcendental functions, and it learns",
                ),
            ],
            [
                tr("单调", "monotone"),
                no,
                tr("Mish：先降后升，照样学会", "Mish falls, then rises, and still learns"),
            ],
            [
                tr("有界", "bounded"),
                no,
                tr("ReLU 无上界，照样学会", "ReLU has no upper bound and learns"),
            ],
            [
                tr("处处可导", "a slope at every point"),
                no,
                tr("ReLU：只有一点不可导", "ReLU: there is none at one point"),
            ],
            [
                tr("零中心", "zero-centred"),
                handy,
                tr("sigmoid：照样学会", "sigmoid learns all the same"),
            ],
            [
                tr("0 附近近似 x", "like x around 0"),
                handy,
                tr("ReLU：改用 He 初始化即可", "ReLU: He initialisation makes up for it"),
            ],
            [
                tr("有饱和区", "a saturating region"),
                no,
                tr(f"Leaky ReLU 没有，准确率 {leaky}", f"Leaky ReLU has none: accuracy {leaky}"),
            ],
        ],
        caption=tr("哪些必要，哪些只是方便", "What is needed, and what is merely handy"),
    )
