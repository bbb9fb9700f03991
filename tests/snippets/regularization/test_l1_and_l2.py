"""Penalties, proximal steps and both ways down, against scipy, PyTorch and scikit-learn."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize, minimize_scalar
from sklearn.linear_model import Lasso

from snippets import kit
from snippets.regularization.l1_and_l2 import (
    block_shrink,
    ista,
    penalties,
    shrink,
    soft_threshold,
    subgradient_descent,
    torch_l2_step,
    torch_lasso,
)

RNGS = list(kit.seeds(5))


def problem(rng, n=60, p=8):
    A = rng.normal(size=(n, p))
    return A, A[:, :2] @ [2.0, -1.0] + 0.3 * rng.normal(size=n)


def test_penalties_are_numpys_norms():
    w = RNGS[0].normal(size=(4, 3))
    found = penalties(w)
    assert found["l1"] == pytest.approx(np.linalg.norm(w.ravel(), 1))
    assert found["l2"] == pytest.approx(np.linalg.norm(w))
    assert found["l2_squared"] == pytest.approx(np.linalg.norm(w) ** 2)
    assert penalties([]) == {"l1": 0, "l2": 0, "l2_squared": 0}


@pytest.mark.parametrize("strength", [0.0, 0.3, 2.0])
def test_soft_threshold_is_softshrink(strength):
    v = np.concatenate([np.linspace(-4, 4, 801), [1e4, -1e4, np.inf, -np.inf]])
    theirs = torch.nn.functional.softshrink(torch.tensor(v), strength).numpy()
    np.testing.assert_array_equal(soft_threshold(v, strength), theirs)
    assert np.isnan(soft_threshold(np.nan, strength))


@pytest.mark.parametrize("v", [-2.5, -0.4, 0.0, 0.7, 3.0])
@pytest.mark.parametrize(("step", "penalty"), [(soft_threshold, abs), (shrink, lambda w: w**2 / 2)])
def test_proximal_steps_are_scipys_minima(v, step, penalty):
    found = minimize_scalar(
        lambda w: (w - v) ** 2 / 2 + 0.6 * penalty(w),
        bounds=(-5, 5),
        method="bounded",
        options={"xatol": 1e-9},
    )
    assert step(v, 0.6) == pytest.approx(found.x, abs=1e-6)


def test_block_shrink_is_scipys_minimum():
    v = np.array([3.0, -4.0, 1.0])
    found = minimize(
        lambda w: ((w - v) ** 2).sum() / 2 + 2.0 * np.linalg.norm(w),
        v,
        method="Nelder-Mead",
        options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 5000},
    )
    np.testing.assert_allclose(block_shrink(v, 2.0), found.x, atol=1e-5)
    assert block_shrink(np.zeros(3), 1.0).tolist() == [0, 0, 0]
    assert block_shrink([3.0, -4.0], 5.0).tolist() == [0, 0]
    assert np.linalg.norm(block_shrink([3.0, -4.0], 4.999)) == pytest.approx(0.001)


@pytest.mark.parametrize("step", [soft_threshold, shrink, block_shrink])
def test_negative_strength_is_refused(step):
    with pytest.raises(ValueError, match="must not be negative"):
        step(np.ones(2), -0.1)


@pytest.mark.parametrize("rng", RNGS)
def test_ista_is_scikit_learns_lasso(rng):
    A, y = problem(rng)
    theirs = Lasso(alpha=0.2, fit_intercept=False, tol=1e-12, max_iter=100_000).fit(A, y).coef_
    ours = ista(A, y, 0.2)
    np.testing.assert_allclose(ours, theirs, atol=1e-8)
    np.testing.assert_array_equal(ours == 0, theirs == 0)
    assert (ours == 0).any()


def test_subgradients_come_close_but_give_no_zeros():
    A, y = problem(np.random.default_rng(7))
    w = subgradient_descent(A, y, 0.2)
    assert (w != 0).all()
    np.testing.assert_allclose(w, ista(A, y, 0.2), atol=0.25)


def test_torch_lasso_counts_the_same_zeros_and_keeps_its_inputs():
    A, y = problem(np.random.default_rng(8))
    tensors = torch.tensor(A), torch.tensor(y)
    near = torch_lasso(*tensors, 0.2)
    assert ((near == 0).numpy() == (ista(A, y, 0.2) == 0)).all()
    assert (torch_lasso(*tensors, 0.2, proximal=False) != 0).all()
    assert not near.requires_grad


def test_l2_step_by_hand():
    start = torch.tensor([2.0], dtype=torch.float64)
    found = {name: w.item() for name, w in torch_l2_step(start, 0.1, 0.5).items()}
    assert found["weight_decay"] == pytest.approx(2 * (1 - 0.1 * 0.5))
    assert found["half_square"] == pytest.approx(found["weight_decay"])
    assert found["square"] == pytest.approx(2 * (1 - 2 * 0.1 * 0.5))
    assert start.item() == 2.0
