"""The experiment on dead units, and why they stay dead: a 10-64-1 regression, in NumPy.

Inputs from N(0, 1), target sin(sum of the inputs / sqrt 10), mean squared error, gradient descent
on all SAMPLES examples in every step.  Weights and biases start uniform in ±1/sqrt(fan-in), as
``torch.nn.Linear`` does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np

from snippets import kit
from snippets.activations.relu import relu_grad, torch_relu
from snippets.activations.relu_variants import zero_shares
from snippets.kit import Check, Formula, Spread

INPUTS, HIDDEN, SAMPLES, STEPS, RUNS = 10, 64, 128, 300, 6
LARGE, SMALL = 0.4, 0.03
"""Learning rates at which many units die, and none."""
LEAK = 0.01
"""The slope of Leaky ReLU in the same experiment."""


@dataclass(frozen=True)
class Network:
    """The parameters of ReLU(x W + b) V + c.

    Shapes (INPUTS, HIDDEN), (HIDDEN,), (HIDDEN, 1) and (1,).
    """

    W: np.ndarray
    b: np.ndarray
    V: np.ndarray
    c: np.ndarray

    def hidden(self, x: np.ndarray) -> np.ndarray:
        """Pre-activations (samples, HIDDEN) of the hidden layer."""
        return x @ self.W + self.b


def draw(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, Network]:
    """Inputs (SAMPLES, INPUTS), targets (SAMPLES, 1) and a network before training."""
    x = rng.normal(size=(SAMPLES, INPUTS))
    y = np.sin(x.sum(axis=1, keepdims=True) / INPUTS**0.5)
    near, far = INPUTS**-0.5, HIDDEN**-0.5
    network = Network(
        rng.uniform(-near, near, (INPUTS, HIDDEN)),
        rng.uniform(-near, near, HIDDEN),
        rng.uniform(-far, far, (HIDDEN, 1)),
        rng.uniform(-far, far, 1),
    )
    return x, y, network


def draws(runs: int = RUNS):
    """``runs`` independent draws, always the same ones."""
    return (draw(rng) for rng in kit.seeds(runs))


def train(
    x: np.ndarray,
    y: np.ndarray,
    network: Network,
    lr: float,
    *,
    slope: float = 0.0,
    steps: int = STEPS,
    clip: float = np.inf,
    warmup: int = 0,
) -> Network:
    """The network after ``steps`` of gradient descent; ``slope`` is that of (leaky) ReLU left of 0.

    ``clip`` bounds the norm of the whole gradient; over the first ``warmup`` steps lr rises
    linearly.  A run that diverges ends in nan or inf.
    """
    W, b, V, c = (p.copy() for p in (network.W, network.b, network.V, network.c))
    with np.errstate(over="ignore", invalid="ignore"):
        for step in range(1, steps + 1):
            z = x @ W + b
            open_ = np.where(z > 0, 1.0, slope)
            h = z * open_
            g = 2 * (h @ V + c - y) / len(x)
            gz = (g @ V.T) * open_
            gradient = [x.T @ gz, gz.sum(axis=0), h.T @ g, g.sum(axis=0)]
            norm = np.sqrt(sum((part**2).sum() for part in gradient))
            rate = lr * min(1.0, clip / norm) * min(1.0, step / max(warmup, 1))
            for parameter, part in zip((W, b, V, c), gradient, strict=True):
                parameter -= rate * part
    return Network(W, b, V, c)


def loss(x: np.ndarray, y: np.ndarray, network: Network, slope: float = 0.0) -> float:
    """Mean squared error; inf where training has diverged."""
    with np.errstate(over="ignore", invalid="ignore"):
        z = network.hidden(x)
        error = np.where(z > 0, z, slope * z) @ network.V + network.c - y
        mean = float((error**2).mean())
    return mean if np.isfinite(mean) else np.inf


def torch_train(
    x: np.ndarray, y: np.ndarray, network: Network, lr: float, slope: float = 0.0
) -> Network:
    """``train`` with PyTorch's layers and autograd in float64: its oracle."""
    import torch
    from torch import nn

    model = nn.Sequential(
        nn.Linear(INPUTS, HIDDEN), nn.LeakyReLU(slope), nn.Linear(HIDDEN, 1)
    ).double()
    start = (network.W.T, network.b, network.V.T, network.c)
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), start, strict=True):
            parameter.copy_(torch.tensor(value))
    inputs, targets = torch.tensor(x), torch.tensor(y)
    for _ in range(STEPS):
        error = nn.functional.mse_loss(model(inputs), targets)
        gradient = torch.autograd.grad(error, list(model.parameters()))
        with torch.no_grad():
            for parameter, part in zip(model.parameters(), gradient, strict=True):
                parameter -= lr * part
    W, b, V, c = (p.detach().numpy() for p in model.parameters())
    return Network(W.T, b, V.T, c)


def check_training() -> Check:
    def pairs():
        for x, y, start in draws(2):
            for lr, slope in ((0.4, 0.0), (0.4, 0.01)):
                ours = train(x, y, start, lr, slope=slope)
                theirs = torch_train(x, y, start, lr, slope)
                yield from ((getattr(ours, p), getattr(theirs, p)) for p in "WbVc")

    return kit.compare(
        (
            "PyTorch 自动求导训练的同一网络的全部参数",
            "all parameters of the same network trained by PyTorch's autograd",
        ),
        pairs(),
        tolerance=1e-10,
    )


# --------------------------------------------------------------------------- what is measured


@dataclass(frozen=True)
class Outcome:
    """Over several runs: share of zeros, share of units at 0 for every example, squared error."""

    zeros: Spread
    dead: Spread
    loss: Spread


def measure(ends: Iterable[tuple[np.ndarray, np.ndarray, Network]], slope: float = 0.0) -> Outcome:
    """The outcome of runs that ended in these inputs, targets and networks."""
    shares = [(*zero_shares(net.hidden(x)), loss(x, y, net, slope)) for x, y, net in ends]
    zeros, dead, losses = zip(*shares, strict=True)
    return Outcome(Spread(zeros), Spread(dead), Spread(losses))


@cache
def runs(lr: float, slope: float = 0.0, clip: float = np.inf, warmup: int = 0) -> Outcome:
    """RUNS runs after STEPS steps; lr 0 leaves the networks as they were drawn."""
    how = {"slope": slope, "clip": clip, "warmup": warmup}
    return measure(((x, y, train(x, y, start, lr, **how)) for x, y, start in draws()), slope)


# --------------------------------------------------------------------------- dead for good


def _unit_gradient(delta, x, w, b):
    """Gradient by w of the sum of delta_i ReLU(w x_i + b), by PyTorch."""
    import torch

    delta, x, w = (torch.tensor(np.asarray(a, dtype=float)) for a in (delta, x, w))
    w.requires_grad_()
    (delta * torch_relu(x @ w + float(b))).sum().backward()
    return w.grad.numpy()


formula_unit_gradient = Formula(
    r"\frac{\partial L}{\partial w} ="
    r" \sum_{i=1}^{n} \delta_i\, \operatorname{ReLU}'(w^\top x_i + b)\, x_i",
    {
        "x": kit.array(("各样本的输入", "inputs of the examples"), ("n", "k"), -2, 2),
        r"\delta": kit.array(
            (
                "各样本的损失对该单元输出的梯度",
                "gradient of the loss by the unit's output, by example",
            ),
            ("n",),
            -2,
            2,
        ),
        "w": kit.array(("该单元的权重", "weights of the unit"), ("k",), -2, 2),
        "b": kit.scalar(("该单元的偏置", "bias of the unit"), -3, 3),
        "n": kit.integer(("样本数", "number of examples"), 1, 5),
        "k": kit.integer(("输入数", "number of inputs"), 1, 4),
        "i": kit.index(("样本", "example"), "n"),
        r"\operatorname{ReLU}'": kit.function(("", ""), relu_grad),
    },
    equals=_unit_gradient,
)

LONG = 1000  # steps


@cache
def value_revived() -> dict[str, float]:
    """Dead units after the LARGE rate, and how many of them LONG more steps at SMALL bring back."""
    dead = back = 0
    for x, y, start in draws():
        broken = train(x, y, start, LARGE)
        mended = train(x, y, broken, SMALL, steps=LONG)
        was = (broken.hidden(x) <= 0).all(axis=0)
        dead += int(was.sum())
        back += int((was & (mended.hidden(x) > 0).any(axis=0)).sum())
    return {"dead": dead, "of": RUNS * HIDDEN, "back": back, "steps": LONG}
