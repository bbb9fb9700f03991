"""Cross-entropy against SciPy, exact arithmetic, PyTorch and finite differences."""

import mpmath
import numpy as np
import pytest
import scipy.special
import scipy.stats
import torch

from snippets.losses import _b_exact
from snippets.losses.cross_entropy import (
    bce,
    bce_with_logits,
    bce_with_logits_grad,
    cross_entropy,
    cross_entropy_grad,
    cross_entropy_of_probabilities,
    nll,
    soft_cross_entropy,
    torch_bce,
    torch_cross_entropy,
    torch_nll,
)

inf = np.inf


@pytest.fixture
def batch():
    rng = np.random.default_rng(1)
    return rng.normal(0, 5, (8, 6)), rng.integers(0, 6, 8), rng.dirichlet(np.ones(6), 8)


def test_class_numbers_by_scipy_and_torch(batch):
    z, y, _ = batch
    expected = -scipy.special.log_softmax(z, axis=1)[np.arange(8), y].mean()
    assert cross_entropy(z, y) == pytest.approx(expected, rel=1e-14)
    assert nll(scipy.special.log_softmax(z, axis=1), y) == pytest.approx(expected, rel=1e-14)
    t, labels = torch.tensor(z), torch.tensor(y)
    assert torch_cross_entropy(t, labels).item() == pytest.approx(expected, rel=1e-14)
    assert torch_nll(t, labels).item() == pytest.approx(expected, rel=1e-14)


def test_distributions_by_scipy(batch):
    """scipy.stats.entropy(q, p) is Σ q ln(q/p): with the entropy of q added, the cross-entropy."""
    z, _, q = batch
    p = scipy.special.softmax(z, axis=1)
    expected = np.mean(scipy.stats.entropy(q, p, axis=1) + scipy.stats.entropy(q, axis=1))
    assert cross_entropy_of_probabilities(p, q) == pytest.approx(expected, rel=1e-13)
    assert soft_cross_entropy(z, q) == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("z", [[1e4, 0.0, -1e4], [-1e4, -1e4, -1e4 + 1]])
@pytest.mark.parametrize("y", [0, 1, 2])
def test_extreme_logits_by_mpmath(z, y):
    with mpmath.workdps(30):
        exact = float(mpmath.log(mpmath.fsum(mpmath.exp(mpmath.mpf(v)) for v in z)) - z[y])
    assert cross_entropy([z], [y]) == pytest.approx(exact, rel=1e-12, abs=1e-15)


def test_uniform_logits_cost_the_logarithm_of_the_number_of_classes():
    for count in (2, 10, 1000):
        assert cross_entropy(np.full((3, count), 7.0), [0, 1, 1]) == pytest.approx(np.log(count))


def test_gradient_by_differences_and_autograd(batch):
    z, y, _ = batch
    t = torch.tensor(z, requires_grad=True)
    torch.nn.CrossEntropyLoss()(t, torch.tensor(y)).backward()
    ours = cross_entropy_grad(z, y)
    np.testing.assert_allclose(ours, t.grad.numpy(), rtol=0, atol=1e-16)
    h = 1e-5
    for place in [(0, 0), (3, y[3]), (7, 5)]:
        step = np.zeros_like(z)
        step[place] = h
        slope = (cross_entropy(z + step, y) - cross_entropy(z - step, y)) / (2 * h)
        assert ours[place] == pytest.approx(slope, abs=1e-9)
    np.testing.assert_allclose(ours.sum(axis=1), 0, atol=1e-16)


def test_zero_probabilities():
    one_hot = np.array([[0.0, 1.0]])
    assert cross_entropy_of_probabilities(one_hot, one_hot) == 0
    assert cross_entropy_of_probabilities(np.array([[1.0, 0.0]]), one_hot) == inf
    assert bce([0.0, 1.0], [0.0, 1.0]) == 0
    assert bce(0.0, 1.0) == bce(1.0, 0.0) == inf


@pytest.mark.parametrize(
    ("function", "first", "second"),
    [
        (nll, np.zeros(3), [0]),
        (nll, np.zeros((2, 3)), [0]),
        (nll, np.zeros((0, 3)), np.zeros(0, int)),
        (nll, np.zeros((2, 3)), [0, 3]),
        (nll, np.zeros((2, 3)), [0, -1]),
        (nll, np.zeros((2, 3)), [0.0, 1.0]),
        (cross_entropy, np.zeros((2, 3)), [0, 3]),
        (soft_cross_entropy, np.zeros((2, 3)), np.zeros((2, 4))),
        (soft_cross_entropy, np.zeros((0, 3)), np.zeros((0, 3))),
        (cross_entropy_of_probabilities, np.zeros(3), np.zeros(3)),
        (cross_entropy_of_probabilities, np.zeros((0, 3)), np.zeros((0, 3))),
        (cross_entropy_of_probabilities, [[2.0, -1.0]], [[1.0, 0.0]]),
        (cross_entropy_of_probabilities, [[0.5, 0.5]], [[2.0, -1.0]]),
        (cross_entropy_grad, np.zeros((2, 3)), [0, -1]),
        (cross_entropy_grad, np.zeros((2, 3)), [0]),
        (bce, [0.5, 0.5], [1.0]),
        (bce, [0.5, -0.5], [1.0, 0.0]),
        (bce, [0.5, 3.0], [1.0, 0.0]),
        (bce, [0.5, 0.5], [1.0, -1.0]),
        (bce_with_logits, np.zeros(2), np.zeros((2, 1))),
        (bce_with_logits, np.zeros(0), np.zeros(0)),
        (bce_with_logits, [3.0, -2.0], [1, -1]),
        (bce_with_logits_grad, np.zeros(2), np.zeros((2, 1))),
        (bce_with_logits_grad, np.zeros(1), [2.0]),
    ],
)
def test_wrong_input_is_told(function, first, second):
    with pytest.raises(ValueError, match=r"give|must be"):
        function(first, second)


# ---------------------------------------------------------------- two classes


def test_binary_by_mpmath():
    rng = np.random.default_rng(2)
    z = np.concatenate([rng.normal(0, 5, 20), [-700.0, -50.0, 0.0, 50.0, 700.0]])
    for y in (0.0, 0.3, 1.0):
        with mpmath.workdps(400):
            exact = [
                float(
                    y * mpmath.log(1 + mpmath.exp(-mpmath.mpf(v)))
                    + (1 - mpmath.mpf(y)) * mpmath.log(1 + mpmath.exp(mpmath.mpf(v)))
                )
                for v in map(float, z)
            ]
        assert [bce_with_logits(v, y) for v in z] == pytest.approx(exact, rel=1e-13)
        inner = np.abs(z) < 20
        p = scipy.special.expit(z[inner])
        assert bce(p, np.full(len(p), y)) == pytest.approx(
            np.mean(np.array(exact)[inner]), rel=1e-8
        )


def test_binary_is_two_classes_of_softmax():
    z, y = np.random.default_rng(3).normal(0, 4, 9), np.arange(9) % 2
    pairs = np.column_stack([np.zeros(9), z])
    assert bce_with_logits(z, y) == pytest.approx(cross_entropy(pairs, y), rel=1e-14)


def test_binary_gradient():
    z, y = np.random.default_rng(4).normal(0, 6, (3, 4)), np.linspace(0, 1, 12).reshape(3, 4)
    t = torch.tensor(z, requires_grad=True)
    torch_bce(t, torch.tensor(y)).backward()
    np.testing.assert_allclose(bce_with_logits_grad(z, y), t.grad.numpy(), rtol=0, atol=1e-16)


def test_the_second_oracle_by_mpmath():
    z, q = [0.3, -2.0, 5.0], [0.5, 0.3, 0.2]
    with mpmath.workdps(40):
        lse = mpmath.log(mpmath.fsum(mpmath.exp(mpmath.mpf(v)) for v in z))
        total = mpmath.fsum(
            mpmath.mpf(w) * (lse - mpmath.mpf(v)) for v, w in zip(z, q, strict=True)
        )
        binary = mpmath.log(1 + mpmath.exp(mpmath.mpf(40)))
        ratio = mpmath.mpf(0.5) * mpmath.log(mpmath.mpf(0.5) / mpmath.mpf(0.4))
    assert _b_exact.cross_entropy(z, q) == pytest.approx(float(total), rel=1e-15)
    assert _b_exact.binary_cross_entropy(40.0, 0.0) == pytest.approx(float(binary), rel=1e-15)
    assert _b_exact.divergence([0.5], [0.4]) == pytest.approx(float(ratio), rel=1e-15)
