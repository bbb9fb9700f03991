"""The functions of the page on choosing, against exact values, SciPy and PyTorch."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest
import scipy.stats
import torch
import torch.nn.functional as F

from snippets.activations.choosing_activations import (
    best_of_coin_flips,
    expected_best,
    output_losses,
    torch_double_softmax,
    torch_output_losses,
    torch_train,
)

KNOWN = [
    # models, items, expected best score, source
    (1, 7, 0.5, "one model is not selected"),
    (2, 1, 0.75, "both wrong in one case of four"),
    (3, 1, 0.875, "all wrong in one case of eight"),
    (2, 2, 11 / 16, "scores 0, 1/2, 1 in the shares 1, 2, 1: 16 pairs counted out"),
]


@pytest.mark.parametrize(("models", "items", "value", "source"), KNOWN)
def test_expected_best_known(models, items, value, source):
    assert expected_best(models, items) == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize(("models", "items"), [(50, 200), (5, 50), (500, 1000)])
def test_expected_best_by_scipy(models, items):
    scores = np.arange(items + 1)
    at_most = scipy.stats.binom.cdf(scores, items, 0.5) ** models
    by_scipy = (np.diff(at_most, prepend=0) * scores).sum() / items
    assert expected_best(models, items) == pytest.approx(by_scipy, rel=1e-12)


def test_expected_best_by_fractions():
    items, models, total, below = 12, 5, Fraction(0), Fraction(0)
    for k in range(items + 1):
        at_most = below + Fraction(comb(items, k), 2**items)
        total += k * (at_most**models - below**models)
        below = at_most
    assert expected_best(models, items) == pytest.approx(float(total / items), rel=1e-14)


def test_best_of_coin_flips_agrees_with_the_expectation():
    rng = np.random.default_rng(3)
    scores, fresh = np.array([best_of_coin_flips(50, 200, rng) for _ in range(3000)]).T
    # the best of 50 has a standard deviation of about 0.014, a fresh score of 0.035
    assert abs(scores.mean() - expected_best(50, 200)) < 4 * scores.std() / 3000**0.5
    assert abs(fresh.mean() - 0.5) < 4 * 0.5 / (200 * 3000) ** 0.5


def test_one_model_is_itself():
    assert best_of_coin_flips(1, 1, np.random.default_rng(0))[0] in (0.0, 1.0)


# ---------------------------------------------------------------- losses


def targets(z):
    return {
        "real": np.array([[0.5, -1.0]]),
        "labels": np.array([[1.0, 0.0]]),
        "class": np.array([1]),
        "count": np.array([[2.0, 0.0]]),
    }


def test_output_losses_by_hand():
    z = np.array([[0.0, np.log(3)]])
    losses = output_losses(z, targets(z))
    assert losses["regression"] == pytest.approx((0.25 + (np.log(3) + 1) ** 2) / 2)
    assert losses["labels"] == pytest.approx(
        (np.log(2) + np.log(4)) / 2
    )  # σ(0) = 1/2, σ(ln 3) = 3/4
    assert losses["classes"] == pytest.approx(np.log(4 / 3))  # softmax (1/4, 3/4)
    assert losses["counts"] == pytest.approx((1 + 3) / 2)  # e^z - y z: 1 - 0, 3 - 0


def test_losses_on_outputs_stay_finite_where_the_book_overflows():
    z = np.array([[800.0, -800.0]])
    tensors = {name: torch.tensor(y) for name, y in targets(z).items()}
    losses = torch_output_losses(torch.tensor(z), tensors)
    assert losses["labels"] == 0
    assert losses["classes"] == 1600


def test_double_softmax_is_worse_and_bounded():
    z, y = torch.tensor([[50.0, 0.0, 0.0]], dtype=torch.float64), torch.tensor([0])
    once, twice = torch_double_softmax(z, y)
    assert once == pytest.approx(2 * np.exp(-50), rel=1e-6, abs=1e-15)
    assert twice == pytest.approx(np.log(1 + 2 / np.e), rel=1e-12)


# ---------------------------------------------------------------- training


def test_training_separates_what_a_line_separates():
    x = np.random.default_rng(0).normal(size=(200, 2))
    y = (x[:, 0] > 0).astype(int)
    for function in (F.relu, torch.tanh):
        network = torch_train(function, 0.5, x, y, seeds=3, width=8, steps=200)
        logits = network(x)
        assert logits.shape == (3, 200, 2)
        assert (logits.argmax(-1) == y).mean() > 0.95


def test_a_seed_gives_the_same_network_among_few_and_many():
    x = np.random.default_rng(0).normal(size=(50, 2))
    y = (x[:, 0] * x[:, 1] > 0).astype(int)
    few, many = (torch_train(torch.tanh, 0.1, x, y, seeds, 8, 20)(x) for seeds in (1, 4))
    np.testing.assert_allclose(few[0], many[0], rtol=0, atol=1e-4)
    assert np.abs(many[0] - many[1]).max() > 0.01
