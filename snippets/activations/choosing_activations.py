"""Choosing an activation: by architecture in hidden layers, by task in the output layer."""

from __future__ import annotations

from math import comb

import numpy as np

from snippets.activations.sigmoid_tanh import sigmoid
from snippets.activations.softmax import softmax


def best_of_coin_flips(models: int, items: int, rng: np.random.Generator) -> tuple[float, float]:
    """Pick the best of models that only guess between two classes: (its score, its true accuracy).

    The score is the share of items guessed right by the luckiest model, the accuracy that of the
    same model on as many fresh items.
    """
    right = rng.random((models, items)) < 0.5
    best = right.mean(axis=1).argmax()
    return float(right[best].mean()), float((rng.random(items) < 0.5).mean())


def expected_best(models: int, items: int) -> float:
    """The score that the best of so many guessing models reaches on average, exactly."""
    chances = [comb(items, k) / 2**items for k in range(items)]
    at_most = np.cumsum(chances)  # probability that one model has k right or fewer
    return float((1 - at_most**models).sum() / items)


def torch_output_losses(z, y):
    """The usual loss of each kind of output, from what the last layer gives: no activation before.

    z is (batch, n).  y holds the targets by kind: "real" numbers, "labels" 0 or 1 and "count"s of
    shape (batch, n), "class" numbers of shape (batch,).
    """
    import torch.nn.functional as F

    return {
        "regression": F.mse_loss(z, y["real"]),
        "labels": F.binary_cross_entropy_with_logits(z, y["labels"]),
        "classes": F.cross_entropy(z, y["class"]),
        "counts": F.poisson_nll_loss(z, y["count"], log_input=True),
    }


def output_losses(z: np.ndarray, y: dict[str, np.ndarray]) -> dict[str, float]:
    """The losses by the book: first the activation, then minus the log-probability of the target.

    z and y as in ``torch_output_losses``.  For small logits only: exp overflows, where PyTorch's
    losses do not.
    """
    p, rate = sigmoid(z), np.exp(z)
    rows = np.arange(len(z))
    return {
        "regression": float(((z - y["real"]) ** 2).mean()),
        "labels": float(-np.log(np.where(y["labels"] == 1, p, 1 - p)).mean()),
        "classes": float(-np.log(softmax(z)[rows, y["class"]]).mean()),
        "counts": float((rate - y["count"] * np.log(rate)).mean()),
    }


def torch_double_softmax(z, y):
    """Cross-entropy of logits z (batch, n), and with a softmax that should not be there."""
    import torch.nn.functional as F

    return F.cross_entropy(z, y), F.cross_entropy(F.softmax(z, dim=-1), y)


def torch_train(activation, rate, x, y, seeds=5, width=32, steps=400):
    """Networks 2 -> width -> width -> 2 that differ only in their seed, trained side by side.

    x is (n, 2), y is (n,).  Returns a function from points (m, 2) to logits (seeds, m, 2).  The
    weights start with standard deviation gain/√n, the gain that keeps the mean square of N(0, 1).
    """
    import torch
    import torch.nn.functional as F

    x, y = torch.as_tensor(x).float(), torch.as_tensor(y)
    draws = [torch.Generator().manual_seed(seed) for seed in range(seeds)]
    gain = activation(torch.randn(100_000, generator=draws[0])).square().mean() ** -0.5
    parameters = []
    for n, m, scale in ((2, width, 1.0), (width, width, gain), (width, 2, gain)):
        weights = torch.stack([torch.randn(n, m, generator=draw) for draw in draws])
        parameters += [weights * scale / n**0.5, torch.zeros(seeds, 1, m)]

    def logits(points):
        w1, b1, w2, b2, w3, b3 = parameters
        hidden = activation(points @ w1 + b1)
        return activation(hidden @ w2 + b2) @ w3 + b3

    for p in parameters:
        p.requires_grad_()
    for _ in range(steps):
        out = logits(x)
        loss = F.cross_entropy(out.flatten(0, 1), y.repeat(seeds)) * seeds  # the sum of the means
        gradients = torch.autograd.grad(loss, parameters)
        with torch.no_grad():
            for p, gradient in zip(parameters, gradients, strict=True):
                p -= rate * gradient
    return lambda points: logits(torch.as_tensor(points).float()).detach().numpy()
