"""Elastic net, lasso and ridge by coordinate descent, against scikit-learn and closed forms."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from sklearn.linear_model import ElasticNet, Lasso

from snippets import kit
from snippets.regularization.elastic_net import coordinate_descent, elastic_prox

RNGS = list(kit.seeds(5))


def problem(rng, n=50, p=9):
    A = rng.normal(size=(n, p))
    A[:, 1] = A[:, 0] + 0.1 * rng.normal(size=n)
    return A, A[:, :3] @ [2.0, 1.0, -1.0] + 0.5 * rng.normal(size=n)


@pytest.mark.parametrize("rng", RNGS)
@pytest.mark.parametrize("ratio", [0.1, 0.5, 0.9])
def test_elastic_net_is_scikit_learns(rng, ratio):
    A, y = problem(rng)
    theirs = ElasticNet(
        alpha=0.4, l1_ratio=ratio, fit_intercept=False, tol=1e-14, max_iter=100_000
    ).fit(A, y)
    ours = coordinate_descent(A, y, l1=0.4 * ratio, l2=0.4 * (1 - ratio))
    np.testing.assert_allclose(ours, theirs.coef_, atol=1e-6)


def test_ends_are_lasso_and_ridge():
    A, y = problem(RNGS[0])
    lasso = Lasso(alpha=0.2, fit_intercept=False, tol=1e-14, max_iter=100_000).fit(A, y)
    np.testing.assert_allclose(coordinate_descent(A, y, l1=0.2), lasso.coef_, atol=1e-5)
    n, p = A.shape
    ridge = np.linalg.solve(A.T @ A / n + 0.2 * np.eye(p), A.T @ y / n)
    np.testing.assert_allclose(coordinate_descent(A, y, l2=0.2), ridge, atol=1e-9)
    least = np.linalg.lstsq(A, y, rcond=None)[0]
    np.testing.assert_allclose(coordinate_descent(A, y), least, atol=1e-8)


def test_start_does_not_matter_with_l2():
    A, y = problem(RNGS[1])
    ends = [coordinate_descent(A, y, 0.1, 0.1, start=s * np.ones(9)) for s in (-5, 0, 5)]
    np.testing.assert_allclose(ends[0], ends[1], atol=1e-9)
    np.testing.assert_allclose(ends[2], ends[1], atol=1e-9)


def test_strong_penalty_leaves_nothing():
    A, y = problem(RNGS[2])
    edge = np.abs(A.T @ y).max() / len(y)
    assert (coordinate_descent(A, y, l1=edge * (1 + 1e-9)) == 0).all()
    assert (coordinate_descent(A, y, l1=edge * 0.99) != 0).sum() == 1


@pytest.mark.parametrize("v", [-2.0, -0.3, 0.2, 1.5])
def test_prox_is_scipys_minimum(v):
    found = minimize_scalar(
        lambda w: (w - v) ** 2 / 2 + 0.4 * abs(w) + 0.7 * w**2 / 2,
        bounds=(-5, 5),
        method="bounded",
        options={"xatol": 1e-9},
    )
    assert elastic_prox(v, 0.4, 0.7) == pytest.approx(found.x, abs=1e-6)


def test_prox_by_hand():
    found = elastic_prox([3.0, -2.0, 0.5, -1.0], 0.5, 0.5)
    np.testing.assert_allclose(found, [5 / 3, -1, 0, -1 / 3], atol=1e-15)


def test_refusals():
    A, y = problem(RNGS[3])
    for l1, l2 in ((-0.1, 0.0), (0.0, -0.1)):
        with pytest.raises(ValueError, match="negative"):
            coordinate_descent(A, y, l1, l2)
        with pytest.raises(ValueError, match="negative"):
            elastic_prox(y, l1, l2)
    with pytest.raises(ValueError, match="must be"):
        coordinate_descent(A, y[:-1], 0.1)
    A[:, 4] = 0
    with pytest.raises(ValueError, match="column"):
        coordinate_descent(A, y, 0.1)
    assert coordinate_descent(A, y, 0.1, 0.1)[4] == 0
