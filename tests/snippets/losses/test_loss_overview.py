"""The losses by the book against 50 digits and PyTorch; the gradient of mean and sum."""

import mpmath
import numpy as np
import pytest
import torch
from torch import nn

from snippets.losses.loss_overview import (
    losses_by_the_book,
    slope_gradient,
    torch_losses,
    torch_slope_gradient,
)

RNG = np.random.default_rng(5)
N, K = 9, 4
BATCH = {
    "e": RNG.normal(0, 2, N),
    "t": RNG.choice([-1.0, 1.0], N),
    "s": RNG.normal(0, 2, N),
    "z": RNG.normal(0, 2, (N, K)),
    "y": RNG.integers(K, size=N),
    "p": RNG.dirichlet(np.ones(K), N),
    "q": RNG.dirichlet(np.ones(K), N),
    "b": RNG.integers(2, size=N).astype(float),
}


def exact(name, e, t, s, z, y, p, q, b):
    """One example in 50 digits, from the definitions."""
    e, t, s, b = map(mpmath.mpf, map(float, (e, t, s, b)))
    z, p, q = ([mpmath.mpf(float(v)) for v in row] for row in (z, p, q))
    total = sum(map(mpmath.exp, z))
    log_soft = [v - mpmath.log(total) for v in z]
    u = 1 / (1 + mpmath.exp(-s))
    hit = u if b else 1 - u
    curved = e * e / 2 if abs(e) < 1 else abs(e) - mpmath.mpf(1) / 2
    return {
        "zero_one": lambda: mpmath.mpf(t * s <= 0),
        "mse": lambda: e * e,
        "mae": lambda: abs(e),
        "smooth_l1": lambda: curved,
        "huber": lambda: curved,
        "cross_entropy": lambda: -sum(a * mpmath.log(c) for a, c in zip(p, q, strict=True)),
        "softmax_loss": lambda: -log_soft[y],
        "nll": lambda: -mpmath.log(q[y]),
        "bce": lambda: -mpmath.log(hit),
        "kl": lambda: sum(a * mpmath.log(a / c) for a, c in zip(p, q, strict=True)),
        "hinge": lambda: max(mpmath.mpf(0), 1 - t * s),
        "logistic": lambda: mpmath.log1p(mpmath.exp(-t * s)),
        "exponential": lambda: mpmath.exp(-t * s),
        "label_smoothing": lambda: (
            -(mpmath.mpf(9) / 10 * log_soft[y] + sum(log_soft) / (10 * len(z)))
        ),
        "focal": lambda: -((1 - hit) ** 2) * mpmath.log(hit),
    }[name]()


FOUND = losses_by_the_book(**BATCH)


@pytest.mark.parametrize("name", FOUND)
def test_by_the_book(name):
    with mpmath.workdps(50):
        values = [float(exact(name, **{k: v[i] for k, v in BATCH.items()})) for i in range(N)]
    np.testing.assert_allclose(FOUND[name], values, rtol=1e-12, atol=1e-15)


def test_pytorch_agrees_one_by_one():
    theirs = torch_losses(**{name: torch.tensor(v) for name, v in BATCH.items()})
    assert len(theirs) == 11
    for name, values in theirs.items():
        np.testing.assert_allclose(values, FOUND[name], rtol=1e-12, err_msg=name)


def test_by_the_book_overflows_where_the_stable_form_does_not():
    far = {**BATCH, "s": np.full(N, -1000.0), "t": np.ones(N)}
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        assert np.isinf(losses_by_the_book(**far)["logistic"]).all()
    s, one = torch.full((N,), -1000.0), torch.ones(N)
    assert nn.BCEWithLogitsLoss()(s, one).item() == 1000.0


def test_slope_of_the_worked_example():
    # Σ 2x² = 2 (1 + 4 + 9 + 16) = 60
    x, y = np.array([1.0, 2.0, 3.0, 4.0]), np.zeros(4)
    assert slope_gradient(x, y, 1.0) == 15
    assert slope_gradient(x, y, 1.0, "sum") == 60
    assert torch_slope_gradient(torch.tensor(x), torch.tensor(y), 1.0, "sum") == 60


def test_slope_is_the_difference_quotient():
    x, y, w, h = BATCH["e"], BATCH["s"], 0.7, 1e-6
    quotient = (((w + h) * x - y) ** 2 - ((w - h) * x - y) ** 2).mean() / (2 * h)
    assert slope_gradient(x, y, w) == pytest.approx(quotient, rel=1e-8)
