"""The margin losses against mpmath, PyTorch, finite differences and exact fractions."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from snippets.losses.margin_losses import (
    adaboost_round,
    best_stump,
    exponential,
    exponential_grad,
    hinge,
    hinge_grad,
    logistic,
    logistic_grad,
    margin_gradients,
    margin_losses,
    margins,
    multi_hinge,
    torch_margin_losses,
    torch_multi_hinge,
    zero_one,
)

inf, nan = np.inf, np.nan
LOSSES = {"zero_one": zero_one, "hinge": hinge, "logistic": logistic, "exponential": exponential}
GRADIENTS = {"hinge": hinge_grad, "logistic": logistic_grad, "exponential": exponential_grad}
EXACT = {
    "zero_one": lambda m: mpmath.mpf(m <= 0),
    "hinge": lambda m: max(mpmath.mpf(0), 1 - m),
    "logistic": lambda m: mpmath.log1p(mpmath.exp(-m)),
    "exponential": lambda m: mpmath.exp(-m),
}
named = pytest.mark.parametrize("name", LOSSES)
sloped = pytest.mark.parametrize("name", GRADIENTS)

RNG = np.random.default_rng(4)
S, T = RNG.normal(0, 3, (6, 5)), RNG.choice([-1, 1], (6, 5))


# ---------------------------------------------------------------- values and gradients


@named
def test_values_to_fifty_digits(name):
    points = np.concatenate([S.ravel(), [-30.0, 30.0, 1e-9, -1e-9]])
    found = LOSSES[name](points, np.ones(len(points)), "none")
    with mpmath.workdps(50):
        exact = [float(EXACT[name](mpmath.mpf(float(m)))) for m in points]
    np.testing.assert_allclose(found, exact, rtol=4e-16, atol=0)


@pytest.mark.parametrize(
    ("margin", "value"), [(2, 0), (1, 0), (0.5, 0.5), (0, 1), (-2, 3), (1e4, 0), (-1e4, 10001)]
)
def test_hinge_by_hand(margin, value):
    assert hinge(margin, 1) == hinge(-margin, -1) == value


@sloped
def test_gradients_are_differences_and_autograd(name):
    h = 1e-6
    slopes = GRADIENTS[name](S, T)
    step = h * np.ones_like(S)
    difference = LOSSES[name](S + step, T, "none") - LOSSES[name](S - step, T, "none")
    np.testing.assert_allclose(slopes, difference / (2 * h) / S.size, rtol=1e-6, atol=1e-9)
    leaf = torch.tensor(S, requires_grad=True)
    torch_margin_losses(leaf, torch.tensor(T * 1.0))[name].backward()
    np.testing.assert_allclose(slopes, leaf.grad, rtol=1e-13, atol=1e-300)


def test_logistic_is_pytorchs_binary_cross_entropy():
    s = np.concatenate([S.ravel(), [-1e4, 1e4, -800.0, 800.0]])
    t = RNG.choice([-1, 1], s.shape)
    theirs = F.binary_cross_entropy_with_logits(
        torch.tensor(s), torch.tensor((t + 1) / 2), reduction="none"
    )
    np.testing.assert_allclose(logistic(s, t, "none"), theirs, rtol=1e-14, atol=1e-15)
    assert nn.SoftMarginLoss()(torch.tensor(S), torch.tensor(T * 1.0)).item() == pytest.approx(
        float(logistic(S, T)), rel=1e-14
    )


def test_dictionaries():
    for found, single in ((margin_losses(S, T), LOSSES), (margin_gradients(S, T), GRADIENTS)):
        assert list(found) == list(single)
        for name, value in found.items():
            np.testing.assert_array_equal(value, single[name](S, T))


@named
def test_reductions(name):
    none = LOSSES[name](S, T, "none")
    assert none.shape == S.shape
    assert LOSSES[name](S, T, "sum") == pytest.approx(none.sum())
    assert LOSSES[name](S, T) == pytest.approx(none.mean())
    with pytest.raises(ValueError, match="the reduction is 'max'"):
        LOSSES[name](S, T, "max")


@sloped
def test_gradients_sum_to_n_times_the_mean(name):
    np.testing.assert_allclose(GRADIENTS[name](S, T, "sum"), S.size * GRADIENTS[name](S, T))


# ---------------------------------------------------------------- extremes


def test_extremes():
    far = np.array([-1e4, 1e4])
    np.testing.assert_array_equal(logistic(far, [1, 1], "none"), [1e4, 0])
    np.testing.assert_array_equal(exponential(far, [1, 1], "none"), [inf, 0])
    np.testing.assert_array_equal(logistic_grad(far, [1, 1], "sum"), [-1, 0])
    for name, loss in LOSSES.items():
        # a score that is nan is no right answer
        assert loss(nan, 1) == 1 if name == "zero_one" else np.isnan(loss(nan, 1))
        assert np.isnan(loss([], []))
        assert loss([], [], "sum") == 0


def test_float32_stays_and_agrees():
    s = S.astype(np.float32)
    for name in GRADIENTS:
        found = LOSSES[name](s, T)
        assert found.dtype == np.float32
        theirs = torch_margin_losses(torch.tensor(s), torch.tensor(T, dtype=torch.float32))[name]
        assert found == pytest.approx(theirs.item(), rel=1e-6)


def test_ties_count_as_wrong():
    assert zero_one(0.0, 1) == zero_one(0.0, -1) == 1
    assert zero_one([0.1, -0.1, 3.0, -3.0], [1, 1, -1, -1]) == 0.5


def test_kink_of_the_hinge_takes_zero():
    assert hinge_grad(1.0, 1) == 0
    assert hinge_grad(1 - 1e-12, 1) == -1


# ---------------------------------------------------------------- refusals


@named
def test_refuses_other_labels_and_shapes(name):
    for labels in ([0, 1], [2, 1], [0.5, 1]):
        with pytest.raises(ValueError, match=r"labels other than -1 and 1; write 2 \* y - 1"):
            LOSSES[name]([1.0, 2.0], labels)
    for score, target in ((np.zeros((3, 1)), np.ones(3)), (np.zeros(3), 1)):
        with pytest.raises(ValueError, match="give both the same"):
            LOSSES[name](score, target)


def test_margins_are_products():
    np.testing.assert_array_equal(margins(S, T), S * T)


# ---------------------------------------------------------------- several classes


def test_multi_hinge_by_hand_and_pytorch():
    # max(0, 2 - 1 + 1) + max(0, -1 - 1 + 1) = 2
    assert multi_hinge([[1.0, 2.0, -1.0]], [0]) == 2
    scores, label = RNG.normal(0, 2, (20, 4)), RNG.integers(4, size=20)
    by_loop = [
        sum(max(0.0, s[j] - s[y] + 1) for j in range(4) if j != y)
        for s, y in zip(scores, label, strict=True)
    ]
    np.testing.assert_allclose(multi_hinge(scores, label, "none"), by_loop, rtol=1e-15)
    theirs = nn.MultiMarginLoss()(torch.tensor(scores), torch.tensor(label))
    assert multi_hinge(scores, label) == pytest.approx(4 * theirs.item(), rel=1e-14)
    ours = torch_multi_hinge(torch.tensor(scores), torch.tensor(label))
    assert ours.item() == pytest.approx(np.mean(by_loop), rel=1e-14)


@pytest.mark.parametrize(
    ("scores", "label", "message"),
    [
        (np.zeros(3), [0], "do not fit"),
        (np.zeros((2, 3)), [0], "do not fit"),
        (np.zeros((2, 3)), [0, 3], "not in 0 to 2"),
        (np.zeros((2, 3)), [-1, 0], "not in 0 to 2"),
    ],
)
def test_multi_hinge_refuses(scores, label, message):
    with pytest.raises(ValueError, match=message):
        multi_hinge(scores, label)


# ---------------------------------------------------------------- AdaBoost


def test_round_in_exact_fractions():
    weights = [Fraction(1, 10)] * 7 + [Fraction(1, 10)] * 3
    wrong = [False] * 7 + [True] * 3
    error = sum(w for w, bad in zip(weights, wrong, strict=True) if bad)
    ratio = (1 - error) / error  # exp(2 alpha) = 7/3
    # right points end at w / (2 (1 - error)), wrong ones at w / (2 error)
    expected = [
        float(w / (2 * (error if bad else 1 - error)))
        for w, bad in zip(weights, wrong, strict=True)
    ]
    target = np.ones(10)
    alpha, found = adaboost_round(np.full(10, 0.1), target, np.where(wrong, -1, 1))
    assert alpha == pytest.approx(0.5 * float(mpmath.log(mpmath.mpf(7) / 3)), rel=1e-14)
    assert ratio == Fraction(7, 3)
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_the_old_guess_is_worth_nothing_on_the_new_weights():
    weights = RNG.dirichlet(np.ones(30))
    target, guess = RNG.choice([-1, 1], 30), RNG.choice([-1, 1], 30)
    if weights[guess != target].sum() > 0.5:
        guess = -guess
    _, after = adaboost_round(weights, target, guess)
    assert after[guess != target].sum() == pytest.approx(0.5)
    assert after.sum() == pytest.approx(1)


@pytest.mark.parametrize("wrong", [0, 5, 8])
def test_round_refuses_useless_and_perfect_guesses(wrong):
    guess = np.where(np.arange(10) < wrong, -1, 1)
    with pytest.raises(ValueError, match="the weighted error is"):
        adaboost_round(np.full(10, 0.1), np.ones(10), guess)


def test_best_stump_beats_every_rule():
    x, t, w = RNG.normal(size=25), RNG.choice([-1, 1], 25), RNG.dirichlet(np.ones(25))
    threshold, sign = best_stump(x, t, w)
    found = w[sign * np.where(x > threshold, 1, -1) != t].sum()
    for edge in np.linspace(-4, 4, 2001):
        for s in (1, -1):
            assert found <= w[s * np.where(x > edge, 1, -1) != t].sum() + 1e-12
