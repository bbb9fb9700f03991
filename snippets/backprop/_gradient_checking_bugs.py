"""What a check finds and what it does not: planted bugs, a kink, float32, and a wrong formula."""

from __future__ import annotations

import warnings
from functools import cache

import numpy as np

from snippets import kit
from snippets.activations.sigmoid_tanh import sigmoid
from snippets.backprop.gradient_checking import (
    direction_error,
    numerical_gradient,
    relative_error,
    torch_gradcheck,
)
from snippets.kit import Col, Spread, Table, Tr

RUNS, DECAY = 10, 1e-3


class _Network:
    """A 4-5-3 sigmoid network with mean squared error and weight decay on a batch of six."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.x, self.y = rng.normal(size=(6, 4)), rng.normal(size=(6, 3))
        self.theta = rng.normal(size=4 * 5 + 5 + 5 * 3 + 3)

    def parts(self, theta: np.ndarray):
        W1, b1, W2, b2 = np.split(theta, [20, 25, 40])
        return W1.reshape(4, 5), b1, W2.reshape(5, 3), b2

    def loss(self, theta: np.ndarray) -> float:
        W1, b1, W2, b2 = self.parts(theta)
        out = sigmoid(self.x @ W1 + b1) @ W2 + b2
        decay = DECAY / 2 * ((W1**2).sum() + (W2**2).sum())
        return float(((out - self.y) ** 2).mean() + decay)

    def gradient(self, bug: str = "") -> np.ndarray:
        W1, b1, W2, b2 = self.parts(self.theta)
        h = sigmoid(self.x @ W1 + b1)
        d = 2 * (h @ W2 + b2 - self.y) / self.y.size
        if bug == "factor":
            d = d / 2
        slope = h if bug == "slope" else h * (1 - h)
        dh = (d @ W2.T) * slope
        db2 = d.mean(axis=0) if bug == "mean" else d.sum(axis=0)
        decay = 0.0 if bug == "decay" else DECAY
        parts = (self.x.T @ dh + decay * W1, dh.sum(axis=0), h.T @ d + decay * W2, db2)
        return np.concatenate([part.ravel() for part in parts])


@cache
def _errors(bug: str) -> Spread:
    networks = [_Network(rng) for rng in kit.seeds(RUNS)]
    return Spread(
        relative_error(n.gradient(bug), numerical_gradient(n.loss, n.theta)) for n in networks
    )


_BUGS = (
    ("", ("没有错", "none")),
    ("factor", ("平方的导数漏了 2", "the 2 of the square left out")),
    ("slope", ("sigmoid 的斜率漏了 $1 - h$", "$1 - h$ left out of the sigmoid's slope")),
    ("mean", ("偏置的梯度用了平均，不是求和", "a bias gradient averaged, not summed")),
    ("decay", ("梯度里漏了权重衰减", "weight decay left out of the gradient")),
)


def table_bugs(tr: Tr) -> Table:
    return Table(
        [
            tr("反向里的错", "bug in the backward pass"),
            Col(
                tr("与中心差分的相对误差", "relative error against central differences"),
                format=".1e",
            ),
        ],
        [[tr.pair(name), _errors(bug)] for bug, name in _BUGS],
        caption=tr(
            f"4-5-3 sigmoid 网络，六个样本，权重衰减 {DECAY:g}，步长 1e-5，float64；"
            f"{RUNS} 次随机初始化的均值 [最小, 最大]",
            f"4-5-3 sigmoid network, six examples, weight decay {DECAY:g}, step 1e-5, float64; "
            f"mean [smallest, largest] of {RUNS} random networks",
        ),
    )


def value_bugs() -> dict[str, object]:
    """Relative errors without a bug and with the smallest one; a check along one direction."""
    network = [_Network(rng) for rng in kit.seeds(RUNS)]
    return {
        "none": _errors(""),
        "decay": _errors("decay"),
        "direction": Spread(
            direction_error(n.loss, n.gradient(), n.theta, seed) for seed, n in enumerate(network)
        ),
        "direction_decay": Spread(
            direction_error(n.loss, n.gradient("decay"), n.theta, seed)
            for seed, n in enumerate(network)
        ),
        "right": _errors("").high,
        "wrong": min(_errors(bug).low for bug, _ in _BUGS if bug),
    }


def value_kink() -> dict[str, float]:
    """ReLU at half a step above its kink, and far from it."""
    h = 1e-5

    def relu(x: np.ndarray) -> float:
        return float(np.maximum(x, 0))

    near = numerical_gradient(relu, np.array(h / 2), h)
    far = numerical_gradient(relu, np.array(1.0), h)
    return {"near": near.item(), "far": far.item()}


def value_gradcheck() -> dict[str, bool]:
    """gradcheck of the same function in float64 and in float32, at its usual settings."""
    import torch

    def f(x):
        return torch.exp(torch.sin(x))

    x = torch.linspace(-2, 2, 9, requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the input is no float64
        single = torch.autograd.gradcheck(f, (x,), raise_exception=False)
    return {"double": torch_gradcheck(f, x.detach().numpy().astype(float)), "single": single}


def value_formula() -> dict[str, float]:
    """[L(W+h) - L(W-h)]/2h read three ways, for a matrix W of four weights."""
    W, h = np.array([[0.3, -1.2], [0.8, 0.5]]), 1e-4

    def loss(W: np.ndarray) -> float:
        return float((np.sin(W) ** 2).sum())

    difference = loss(W + h) - loss(W - h)
    gradient = numerical_gradient(loss, W, h)
    one = np.zeros_like(W)
    one[0, 0] = h
    single = loss(W + one) - loss(W - one)
    return {
        "whole": difference / (2 * h),
        "sum": float(gradient.sum()),
        "first": float(gradient[0, 0]),
        "exact": float(np.sin(2 * W[0, 0])),
        "typed": single / 2 * h,
        "h": h,
    }
