"""Early stopping, folds and the expected maximum: by hand, scikit-learn, scipy and mpmath."""

import mpmath
import numpy as np
import pytest
import torch
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import LeaveOneOut, cross_val_score

from snippets.activations.choosing_activations import expected_best
from snippets.kit import seeds
from snippets.regularization.model_selection import (
    cross_validate,
    early_stop,
    expected_maximum,
    k_fold,
    selection_bias,
    torch_fit,
)

inf, nan = np.inf, np.nan
CURVE = [0.9, 0.7, 0.72, 0.6, 0.5, 0.45, 0.46, 0.44, 0.47, 0.46, 0.48]

STOPS = [
    # losses, patience, min_delta, (stopped, kept): by hand, epochs from 0
    (CURVE, 1, 0.0, (2, 1)),
    (CURVE, 2, 0.0, (9, 7)),
    (CURVE, 3, 0.0, (10, 7)),
    (CURVE, 4, 0.0, (10, 7)),  # never reached: the last epoch
    (CURVE, 2, 0.04, (7, 5)),  # 0.44 is no improvement on 0.45 by more than 0.04
    ([1.0, 1.0, 1.0], 2, 0.0, (2, 0)),  # equal is not better
    ([nan, 1.0, nan, nan], 2, 0.0, (3, 1)),
    ([inf, inf], 2, 0.0, (1, 0)),
    ([5.0], 1, 0.0, (0, 0)),
]


@pytest.mark.parametrize(("losses", "patience", "min_delta", "expected"), STOPS)
def test_early_stop(losses, patience, min_delta, expected):
    assert early_stop(losses, patience, min_delta) == expected


def test_early_stop_refuses():
    with pytest.raises(ValueError, match="patience is 0"):
        early_stop([1.0], 0)
    with pytest.raises(ValueError, match="no losses"):
        early_stop([], 1)


def test_more_patience_never_finds_less():
    for rng in seeds(20):
        losses = rng.uniform(size=30)
        kept = [losses[early_stop(losses, patience)[1]] for patience in range(1, 31)]
        assert kept == sorted(kept, reverse=True)
        assert kept[-1] == losses.min()


def test_fit_stops_restores_and_leaves_no_gradient_on():
    model = torch.nn.Linear(1, 1, bias=False)
    seen = []

    def train_epoch(model):
        assert model.training
        with torch.no_grad():
            model.weight.fill_(float(len(seen)))

    def validate(model):
        assert not model.training
        assert not torch.is_grad_enabled()
        seen.append(1)
        return CURVE[len(seen) - 1]

    losses = torch_fit(model, train_epoch, validate, epochs=11, patience=3)
    assert losses == CURVE
    assert model.weight.item() == 7.0


def test_fit_refuses_no_patience():
    with pytest.raises(ValueError, match="patience is 0"):
        torch_fit(torch.nn.Linear(1, 1), lambda model: None, lambda model: 0.0, patience=0)


# ---------------------------------------------------------------- folds


@pytest.mark.parametrize(("n", "k"), [(10, 5), (11, 5), (7, 7), (9, 2)])
def test_folds_are_a_partition(n, k):
    pairs = k_fold(n, k, np.random.default_rng(0))
    assert len(pairs) == k
    assert sorted(np.concatenate([held for _, held in pairs])) == list(range(n))
    sizes = [len(held) for _, held in pairs]
    assert max(sizes) - min(sizes) <= 1
    for train, held in pairs:
        assert sorted([*train, *held]) == list(range(n))


def test_folds_are_shuffled():
    held = k_fold(100, 5, np.random.default_rng(0))[0][1]
    assert not np.array_equal(np.sort(held), np.arange(20))


@pytest.mark.parametrize("k", [1, 6, -2])
def test_refuses_a_wrong_number_of_folds(k):
    with pytest.raises(ValueError, match=rf"k is {k}; it must be between 2 and the 5"):
        k_fold(5, k, np.random.default_rng(0))


def test_leave_one_out_is_scikit_learns_and_the_closed_form():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(12, 3)), rng.normal(size=12)

    def fit_and_score(train, held):
        theta = np.linalg.lstsq(x[train], y[train], rcond=None)[0]
        return ((x[held] @ theta - y[held]) ** 2).mean()

    mean, error = cross_validate(fit_and_score, 12, 12, np.random.default_rng(0))
    theirs = -cross_val_score(
        LinearRegression(fit_intercept=False),
        x,
        y,
        cv=LeaveOneOut(),
        scoring="neg_mean_squared_error",
    )
    assert mean == pytest.approx(theirs.mean())
    assert error == pytest.approx(theirs.std(ddof=1) / 12**0.5)
    # least squares: the residual over 1 - leverage
    hat = x @ np.linalg.pinv(x)
    assert mean == pytest.approx((((y - hat @ y) / (1 - np.diag(hat))) ** 2).mean())


# ---------------------------------------------------------------- the largest of m


@pytest.mark.parametrize("m", [1, 2, 3, 4, 5, 10, 50, 500])
def test_expected_maximum_by_mpmath(m):
    def integrand(z):
        return z * m * mpmath.npdf(z) * mpmath.ncdf(z) ** (m - 1)

    exact = mpmath.quad(integrand, [-12, -4, -1, 0, 1, 2, 3, 4, 6, 12])
    assert expected_maximum(m) == pytest.approx(float(exact), abs=1e-6)


@pytest.mark.parametrize(("q", "n", "m"), [(1.2, 10, 2), (np.nan, 10, 2), (0.5, 0, 2), (0.5, 9, 0)])
def test_selection_bias_refuses(q, n, m):
    with pytest.raises(ValueError, match="at least one"):
        selection_bias(q, n, m)


def test_selection_bias_against_the_exact_binomial():
    for models, items in ((5, 400), (50, 200), (200, 1000)):
        exact = expected_best(models, items) - 0.5
        assert selection_bias(0.5, items, models) == pytest.approx(exact, rel=0.02)
    assert selection_bias(1.0, 100, 10) == 0
