"""Equal weights: units that start alike stay alike."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.activations.sigmoid_tanh import sigmoid
from snippets.gradients_init.initialisation import hidden_gradient
from snippets.kit import Check, Col, Spread, Table, Tr

HIDDEN, STEPS, RATE, RUNS = 8, 2000, 1.0, 5
X = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
Y = np.array([0.0, 1, 1, 0])  # XOR


def _inputs() -> np.ndarray:
    """XOR with a third input that is always 1, in place of biases."""
    return np.column_stack([X, np.ones(4)])


def _train(W: np.ndarray, v: np.ndarray) -> tuple[float, int]:
    """The loss after STEPS steps of gradient descent, and how many different hidden units."""
    x = _inputs()
    for _ in range(STEPS):
        dW, dv = hidden_gradient(W, v, x, Y)
        W, v = W - RATE * dW, v - RATE * dv
    p = sigmoid(np.tanh(x @ W.T) @ v)
    loss = float(-np.mean(Y * np.log(p) + (1 - Y) * np.log(1 - p)))
    return loss, len(np.unique(W.round(9), axis=0))


@cache
def _found() -> dict[str, tuple]:
    def equal(value: float):
        return np.full((HIDDEN, 3), value), np.full(HIDDEN, value)

    rows: dict[str, tuple] = {}
    for name, value in (("zero", 0.0), ("constant", 0.5)):
        W, v = equal(value)
        gradient = hidden_gradient(W, v, _inputs(), Y)[0]
        rows[name] = (len(np.unique(gradient, axis=0)), np.abs(gradient).max(), *_train(W, v))
    outcomes, sizes = [], []
    for rng in kit.seeds(RUNS):
        W, v = rng.normal(0, 3**-0.5, (HIDDEN, 3)), rng.normal(0, HIDDEN**-0.5, HIDDEN)
        gradient = hidden_gradient(W, v, _inputs(), Y)[0]
        sizes.append((len(np.unique(gradient, axis=0)), np.abs(gradient).max()))
        outcomes.append(_train(W, v))
    rows["random"] = (
        min(n for n, _ in sizes),
        Spread(size for _, size in sizes),
        Spread(loss for loss, _ in outcomes),
        min(n for _, n in outcomes),
    )
    return rows


def table_symmetry(tr: Tr) -> Table:
    names = {
        "zero": tr("全部为 0", "all 0"),
        "constant": tr("全部为 0.5", "all 0.5"),
        "random": tr("随机，标准差 1/√n", "random, std 1/√n"),
    }
    return Table(
        [
            tr("初始权重", "initial weights"),
            Col(tr("第一步梯度：不同的行", "first gradient: different rows"), format="d"),
            Col(tr("最大的分量", "largest entry"), format=".2g"),
            Col(tr("训练后的损失", "loss after training"), format=".3f"),
            Col(tr("训练后不同的单元", "different units after training"), format="d"),
        ],
        [[names[key], *row] for key, row in _found().items()],
        caption=tr(
            f"异或问题，{HIDDEN} 个 tanh 隐藏单元，{STEPS} 步梯度下降，学习率 {RATE:g}；"
            f"随机一行是 {RUNS} 次，均值 [最小, 最大]，个数取最少的一次",
            f"XOR with {HIDDEN} hidden tanh units, {STEPS} steps of gradient descent, learning "
            f"rate {RATE:g}; the random row is {RUNS} runs, mean [smallest, largest], counts of "
            "the worst run",
        ),
    )


def value_symmetry() -> dict[str, object]:
    found = _found()
    return {
        "guess": float(np.log(2)),
        "zero": found["zero"][2],
        "constant": found["constant"][2],
        "random": found["random"][2],
        "units": HIDDEN,
    }


def check_symmetry() -> Check:
    import torch

    pairs = []
    for rng in kit.seeds(5):
        W, v = rng.normal(size=(HIDDEN, 3)), rng.normal(size=HIDDEN)
        w_t, v_t = (torch.tensor(a, requires_grad=True) for a in (W, v))
        logit = torch.tanh(torch.tensor(_inputs()) @ w_t.T) @ v_t
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logit, torch.tensor(Y))
        pairs += list(
            zip(
                hidden_gradient(W, v, _inputs(), Y),
                torch.autograd.grad(loss, (w_t, v_t)),
                strict=True,
            )
        )
    return kit.compare(("PyTorch 自动求导", "PyTorch's autograd"), pairs, tolerance=1e-14)
