"""Remedies against over- and underfitting: the penalised objective, a run that has them all."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Check, Formula


def objective(loss: float, theta: np.ndarray, lam: float, power: int = 2) -> float:
    """Penalised objective J = loss + lam * sum |theta|^power: power 2 is L2, power 1 is L1.

    ValueError: lam below 0, a power other than 1 and 2.
    """
    if lam < 0:
        raise ValueError(f"lam is {lam}; it must not be negative")
    if power not in (1, 2):
        raise ValueError(f"power is {power}; give 1 (L1) or 2 (L2)")
    return float(loss + lam * (np.abs(theta) ** power).sum())


def polynomial_features(x: np.ndarray, degree: int) -> np.ndarray:
    """Columns 1, x, ..., x^degree for inputs x (n,): (n, degree + 1).

    A linear model on them is a polynomial of x.  ValueError: degree below 0.
    """
    if degree < 0:
        raise ValueError(f"the degree is {degree}; it must not be negative")
    return x[:, None] ** np.arange(degree + 1)


def torch_train(
    x,
    y,
    hidden=64,
    steps=150,
    lr=5e-3,
    l2=0.0,
    l1=0.0,
    dropout=0.0,
    smoothing=0.0,
    augment=None,
    validation=None,
    seed=0,
):
    """Train classifiers with one hidden ReLU layer, one a run; return their logits as a function.

    x is (runs, n, inputs), y (runs, n) classes.  l2 and l1 weigh the penalties on the weights,
    augment(x, generator) changes the inputs anew at each step; with validation=(x, y) the
    parameters of the lowest validation loss are kept (early stopping).  Adam on all examples.
    """
    import torch
    import torch.nn.functional as F

    draw = torch.Generator().manual_seed(seed)
    sizes = (x.shape[2], hidden, int(y.max()) + 1)
    parameters = []
    for n, m in ((sizes[0], sizes[1]), (sizes[1], sizes[2])):
        parameters.append(torch.randn(len(x), n, m, generator=draw) * (2 / n) ** 0.5)
        parameters.append(torch.zeros(len(x), 1, m))
    for parameter in parameters:
        parameter.requires_grad_()

    def logits(x, training=False):
        h = torch.baddbmm(parameters[1], x, parameters[0]).relu()
        if training and dropout:
            h = h * (torch.rand(h.shape, generator=draw) >= dropout) / (1 - dropout)
        return torch.baddbmm(parameters[3], h, parameters[2])

    def losses(z, y, smoothing=0.0):
        z = z.movedim(2, 1)
        return F.cross_entropy(z, y, reduction="none", label_smoothing=smoothing).mean(1)

    optimiser = torch.optim.Adam(parameters, lr=lr)
    best, kept = None, None
    for _ in range(steps):
        seen = augment(x, draw) if augment else x
        loss = losses(logits(seen, training=True), y, smoothing).sum()
        for weights in (parameters[0], parameters[2]):
            loss = loss + l2 * weights.square().sum() + l1 * weights.abs().sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if validation is not None:
            with torch.no_grad():
                now = losses(logits(validation[0]), validation[1])
                if best is None:
                    best, kept = now, [parameter.clone() for parameter in parameters]
                better = now < best
                best = torch.where(better, now, best)
                for old, new in zip(kept, parameters, strict=True):
                    old[better] = new[better]
    with torch.no_grad():
        for parameter, old in zip(parameters, kept or parameters, strict=True):
            parameter.copy_(old)

    def predict(x):
        with torch.no_grad():
            return logits(x)

    return predict


# --------------------------------------------------------------------------- formulas

formula_objective = Formula(
    r"J = L + \lambda\,\Omega(\theta)",
    {
        "L": kit.scalar(("训练数据上的损失", "loss on the training data"), 0, 5),
        r"\lambda": kit.scalar(("正则化强度，不小于 0", "strength, at least 0"), 0, 2),
        r"\theta": kit.array(("权重", "the weights"), ("n",), -3, 3),
        "n": kit.integer(("权重的个数", "number of weights"), 1, 6),
        r"\Omega": kit.function(
            ("惩罚项，这里是权重的平方和", "the penalty, here the sum of squares"),
            lambda theta: np.sum(theta**2),
        ),
    },
    equals=lambda L, theta, lambda_: objective(L, theta, lambda_),
)


# --------------------------------------------------------------------------- evidence


@cache
def check_torch() -> Check:
    """L2 in the objective and weight_decay in torch.optim.SGD take the same step."""
    import torch

    pairs = []
    for rng in kit.seeds(5):
        theta, slope = rng.normal(size=6), rng.normal(size=6)
        lam, rate, h = 0.3, 0.1, 1e-6
        steps = np.eye(6) * h
        gradient = [
            (
                objective(slope @ (theta + step), theta + step, lam)
                - objective(slope @ (theta - step), theta - step, lam)
            )
            / (2 * h)
            for step in steps
        ]
        theirs = torch.tensor(theta, requires_grad=True)
        optimiser = torch.optim.SGD([theirs], lr=rate, weight_decay=2 * lam)
        (theirs @ torch.tensor(slope)).backward()
        optimiser.step()
        pairs.append((theta - rate * np.array(gradient), theirs.detach()))
    return kit.compare(
        (
            "PyTorch 的 `SGD`，`weight_decay` 取 λ 的两倍",
            "PyTorch's `SGD` with `weight_decay` twice λ",
        ),
        pairs,
        tolerance=1e-8,
    )
