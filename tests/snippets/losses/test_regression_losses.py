"""The regression losses against exact fractions, SciPy, PyTorch, linear programming."""

from fractions import Fraction

import numpy as np
import pytest
import scipy.optimize
import scipy.special
import torch
import torch.nn.functional as F

from snippets.losses.regression_losses import (
    best_constant,
    descend,
    error_measures,
    huber,
    huber_grad,
    lasso,
    least_absolute,
    least_huber,
    least_squares,
    mae,
    mae_grad,
    mse,
    mse_grad,
    regression_gradients,
    regression_losses,
    ridge,
    smooth_l1,
    smooth_l1_grad,
    torch_column_against_row,
    torch_descend,
    torch_fit_line,
    torch_regression_losses,
)

inf, nan = np.inf, np.nan
LOSSES = {"mse": mse, "mae": mae, "smooth_l1": smooth_l1, "huber": huber}
GRADIENTS = {"mse": mse_grad, "mae": mae_grad, "smooth_l1": smooth_l1_grad, "huber": huber_grad}
THEIRS = {
    "mse": F.mse_loss,
    "mae": F.l1_loss,
    "smooth_l1": F.smooth_l1_loss,
    "huber": F.huber_loss,
}
named = pytest.mark.parametrize("name", LOSSES)

RNG = np.random.default_rng(3)
P, Y = RNG.normal(0, 3, (7, 4)), RNG.normal(0, 3, (7, 4))


def exact(e: Fraction, name: str, switch: Fraction) -> Fraction:
    """The definitions in exact fractions: girshick2015, huber1964."""
    if name == "mse":
        return e * e
    if name == "mae":
        return abs(e)
    inside = abs(e) < switch
    if name == "smooth_l1":
        return e * e / (2 * switch) if inside else abs(e) - switch / 2
    return e * e / 2 if inside else switch * (abs(e) - switch / 2)


# ---------------------------------------------------------------- values


@named
@pytest.mark.parametrize("switch", [Fraction(1, 4), Fraction(1), Fraction(2)])
def test_values_are_the_exact_ones(name, switch):
    for e in (Fraction(k, 8) for k in range(-40, 41)):
        options = {"smooth_l1": {"beta": float(switch)}, "huber": {"delta": float(switch)}}
        found = LOSSES[name](float(e), 0.0, **options.get(name, {}))
        assert found == pytest.approx(float(exact(e, name, switch)), rel=1e-15, abs=0)


def test_known_residuals():
    # 0.3, 1, 2.5 by hand from the definitions
    e, zero = np.array([0.3, 1.0, 2.5]), np.zeros(3)
    np.testing.assert_allclose(mse(e, zero, "none"), [0.09, 1, 6.25], rtol=1e-15)
    np.testing.assert_allclose(mae(e, zero, "none"), [0.3, 1, 2.5], rtol=1e-15)
    np.testing.assert_allclose(smooth_l1(e, zero, 1.0, "none"), [0.045, 0.5, 2.0], rtol=1e-15)
    assert smooth_l1(2.5, 0.0, 2.0) == 1.5
    assert huber(2.5, 0.0, 2.0) == 3.0


def test_huber_is_scipys():
    for delta in (0.1, 1.0, 7.0):
        np.testing.assert_allclose(
            huber(P, Y, delta, "none"), scipy.special.huber(delta, P - Y), rtol=1e-14
        )


@named
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_pytorch_agrees(name, dtype, reduction):
    p, y = P.astype(dtype), Y.astype(dtype)
    leaf = torch.tensor(p, requires_grad=True)
    theirs = THEIRS[name](leaf, torch.tensor(y), reduction=reduction)
    ours = LOSSES[name](p, y, reduction=reduction)
    assert ours.dtype == dtype
    np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=20 * np.finfo(dtype).eps)
    theirs.sum().backward()
    np.testing.assert_allclose(
        GRADIENTS[name](p, y, reduction=reduction), leaf.grad, rtol=20 * np.finfo(dtype).eps
    )


@named
def test_gradients_are_differences(name):
    h = 1e-5
    slopes = GRADIENTS[name](P, Y)
    for place in np.ndindex(P.shape):
        step = np.zeros_like(P)
        step[place] = h
        difference = (LOSSES[name](P + step, Y) - LOSSES[name](P - step, Y)) / (2 * h)
        assert slopes[place] == pytest.approx(difference, abs=1e-9)


def test_dictionaries_hold_all_four():
    for found, single in (
        (regression_losses(P, Y), LOSSES),
        (regression_gradients(P, Y), GRADIENTS),
    ):
        assert list(found) == list(single)
        for name, value in found.items():
            np.testing.assert_array_equal(value, single[name](P, Y))
    theirs = torch_regression_losses(torch.tensor(P), torch.tensor(Y))
    assert theirs["mae"].item() == pytest.approx(np.abs(P - Y).mean(), rel=1e-14)


# ---------------------------------------------------------------- reductions, extremes, shapes


@named
def test_reductions(name):
    none = LOSSES[name](P, Y, reduction="none")
    assert none.shape == P.shape
    assert LOSSES[name](P, Y, reduction="sum") == pytest.approx(none.sum(), rel=1e-14)
    assert LOSSES[name](P, Y) == pytest.approx(none.sum() / P.size, rel=1e-14)
    ratio = GRADIENTS[name](P, Y, reduction="sum") / GRADIENTS[name](P, Y)
    np.testing.assert_allclose(ratio, P.size, rtol=1e-14)


@named
def test_extremes(name):
    far = LOSSES[name](np.array([1e4, -1e4]), np.zeros(2), reduction="none")
    expected = {"mse": 1e8, "mae": 1e4, "smooth_l1": 1e4 - 0.5, "huber": 1e4 - 0.5}[name]
    np.testing.assert_array_equal(far, expected)
    assert LOSSES[name](inf, 0.0) == inf
    assert np.isnan(LOSSES[name](nan, 0.0))
    assert np.isnan(LOSSES[name]([], []))
    assert torch.isnan(THEIRS[name](torch.empty(0), torch.empty(0)))  # PyTorch too
    assert LOSSES[name]([], [], reduction="sum") == 0


@named
def test_gradient_at_zero_is_zero_as_in_pytorch(name):
    leaf = torch.zeros(3, requires_grad=True)
    THEIRS[name](leaf, torch.zeros(3)).backward()
    np.testing.assert_array_equal(GRADIENTS[name](np.zeros(3), np.zeros(3)), leaf.grad)


def test_beta_zero_is_l1():
    np.testing.assert_array_equal(smooth_l1(P, Y, 0.0, "none"), np.abs(P - Y))
    np.testing.assert_array_equal(smooth_l1_grad(P, Y, 0.0, "sum"), np.sign(P - Y))
    theirs = F.smooth_l1_loss(torch.tensor(P), torch.tensor(Y), beta=0.0)
    assert smooth_l1(P, Y, 0.0) == pytest.approx(theirs.item(), rel=1e-14)


def test_infinite_delta_is_half_the_square():
    theirs = F.mse_loss(torch.tensor(P), torch.tensor(Y), reduction="none") / 2
    np.testing.assert_allclose(huber(P, Y, inf, "none"), theirs, rtol=1e-15)
    np.testing.assert_array_equal(huber_grad(P, Y, inf, "sum"), P - Y)


@named
@pytest.mark.parametrize("shapes", [((3, 1), (3,)), ((3,), (1,)), ((2, 3), (3, 2)), ((), (1,))])
def test_refuses_shapes_that_would_be_broadcast(name, shapes):
    p, y = map(np.zeros, shapes)
    for call in (LOSSES[name], GRADIENTS[name]):
        with pytest.raises(ValueError, match=r"the prediction has shape .* give both the same"):
            call(p, y)


@named
def test_refuses_unknown_reductions(name):
    with pytest.raises(ValueError, match="the reduction is 'average'; give"):
        LOSSES[name](P, Y, reduction="average")


@pytest.mark.parametrize("switch", [-1.0, nan])
def test_refuses_switches(switch):
    with pytest.raises(ValueError, match=r"beta is .*; it must not be negative"):
        smooth_l1(P, Y, switch)
    with pytest.raises(ValueError, match=r"beta is .*; it must not be negative"):
        smooth_l1_grad(P, Y, switch)
    with pytest.raises(ValueError, match=r"delta is .*; it must be positive"):
        huber_grad(P, Y, switch)
    with pytest.raises(ValueError, match=r"delta is .*; it must be positive"):
        huber(P, Y, switch)
    with pytest.raises(ValueError, match=r"delta is 0.0; it must be positive"):
        huber(P, Y, 0.0)


def test_pytorch_version_refuses_broadcasting_too():
    with pytest.raises(ValueError, match="differ"):
        torch_regression_losses(torch.zeros(3, 1), torch.zeros(3))


def test_column_against_row_averages_all_pairs():
    x = np.array([1.0, 2.0, 3.0, 7.0])
    loss, warned = torch_column_against_row(torch.tensor(x))
    pairs = [(a - b) ** 2 for a in x for b in x]
    assert loss == pytest.approx(sum(pairs) / len(pairs))
    assert len(warned) == 1


# ---------------------------------------------------------------- measures, descent, constants


def test_measures():
    found = error_measures(P, Y)
    assert found["distance"] == pytest.approx(np.linalg.norm(P - Y))
    assert found["rmse"] == pytest.approx(np.sqrt(np.mean((P - Y) ** 2)))
    assert found["sse"] == pytest.approx(P.size * found["mse"])


def test_descent_is_pytorchs():
    rates = 0.3 * 0.9 ** np.arange(30)
    np.testing.assert_allclose(
        descend(lambda x: mae_grad(x, 0.0), -2.0, rates), torch_descend(-2.0, rates), atol=1e-15
    )


def test_best_constants_are_mean_and_median():
    y = np.array([4.0, -2.0, 9.5, 0.5, 1.0])
    grid = np.round(np.arange(-3, 10, 0.1), 1)
    assert best_constant(mse, y, grid) == pytest.approx(y.mean())
    assert best_constant(mae, y, grid) == np.median(y)


# ---------------------------------------------------------------- fits


def problem(seed, n=40, p=4):
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(n, p))
    return A, A @ rng.normal(size=p) + rng.standard_t(2, size=n)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("size", [(12, 2), (40, 4), (200, 20)])
def test_least_absolute_is_the_linear_programme(seed, size):
    A, y = problem(seed, *size)
    n, p = size
    found = scipy.optimize.linprog(  # A w + u - v = y, least sum of u + v
        np.r_[np.zeros(p), np.ones(2 * n)],
        A_eq=np.c_[A, np.eye(n), -np.eye(n)],
        b_eq=y,
        bounds=[(None, None)] * p + [(0, None)] * (2 * n),
    )
    np.testing.assert_allclose(least_absolute(A, y), found.x[:p], atol=1e-7)


LINE = np.arange(10.0)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (LINE, [0, 2, 3, 3, 5, 5, 5, 8, 8, 20]),  # whole numbers: many ties
        (LINE, 2 * LINE + 1),  # all on one line
        ([0, 0, 0, 1, 1, 1], [0, 0.1, 0.2, 1, 1.1, 1.5]),  # points above one another
        ([0, 1] * 5, [1, 2, 1, 2, 3, 2, 1, 5, 1, 2]),
        ([0, 1], [3.0, 5.0]),  # as many points as weights
        (LINE, 1e6 * np.array([0, 2, 3, 3, 5, 5, 5, 8, 8, 20])),
    ],
)
def test_least_absolute_with_ties(x, y):
    A, y = np.column_stack([x, np.ones(len(x))]), np.array(y, dtype=float)
    n = len(y)
    found = scipy.optimize.linprog(
        np.r_[0, 0, np.ones(2 * n)],
        A_eq=np.c_[A, np.eye(n), -np.eye(n)],
        b_eq=y,
        bounds=[(None, None)] * 2 + [(0, None)] * (2 * n),
    )
    ours = np.abs(A @ least_absolute(A, y) - y).sum()  # the optimum is not unique, its value is
    assert ours == pytest.approx(found.fun, rel=1e-9, abs=1e-9)


def test_least_absolute_refuses_dependent_columns():
    with pytest.raises(ValueError, match="not independent"):
        least_absolute(np.ones((5, 2)), np.arange(5.0))


def test_least_squares_and_huber_have_no_gradient_left():
    A, y = problem(1)
    np.testing.assert_allclose(A.T @ (A @ least_squares(A, y) - y), 0, atol=1e-10)
    for delta in (0.3, 1.0):
        e = A @ least_huber(A, y, delta) - y
        np.testing.assert_allclose(A.T @ np.clip(e, -delta, delta), 0, atol=1e-8)


def test_lasso_meets_the_conditions_of_its_optimum():
    A, y = problem(2, 100, 8)
    for strength in (0.05, 0.4):
        w = lasso(A, y, strength)
        pull = A.T @ (y - A @ w) / len(y)  # = strength · sign(w) where w is not 0
        np.testing.assert_allclose(pull[w != 0], strength * np.sign(w[w != 0]), atol=1e-10)
        assert (np.abs(pull[w == 0]) <= strength).all()
    assert (lasso(A, y, 1e3) == 0).all()


def test_ridge_has_no_gradient_left():
    A, y = problem(2, 100, 8)
    w = ridge(A, y, 0.4)
    np.testing.assert_allclose(A.T @ (A @ w - y) / len(y) + 0.4 * w, 0, atol=1e-12)


def test_torch_finds_the_line():
    x = np.linspace(0, 3, 9)
    found = torch_fit_line(x, 1.5 * x - 0.5, F.mse_loss)
    np.testing.assert_allclose(found, [1.5, -0.5], atol=1e-4)
