"""Polynomials, bias and variance, least squares: against closed forms, PyTorch and scikit-learn."""

from fractions import Fraction

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge

from snippets.kit import seeds
from snippets.regularization.over_and_underfitting import (
    bias_variance,
    fit_polynomial,
    gap_by_projection,
    min_norm_fit,
    relu_features,
    rmse,
    torch_curves,
)


def test_recovers_a_polynomial():
    x = np.linspace(-1, 2, 9)
    fit = fit_polynomial(x, 2 - 3 * x + 0.5 * x**3, 3)
    np.testing.assert_allclose(fit.convert().coef, [2, -3, 0, 0.5], atol=1e-12)


def test_line_is_the_textbook_slope():
    x, y = np.array([0.0, 1.0, 2.0, 5.0]), np.array([1.0, 0.0, 4.0, 3.0])
    fit = fit_polynomial(x, y, 1)
    slope = ((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum()
    assert fit(3.0) == pytest.approx(y.mean() + slope * (3 - x.mean()))


def test_full_degree_passes_through_all_points():
    x, y = np.linspace(0, 1, 8), np.arange(8) % 3 * 1.0
    np.testing.assert_allclose(fit_polynomial(x, y, 7)(x), y, atol=1e-9)


@pytest.mark.parametrize("degree", [3, 4, 10])
def test_refuses_more_coefficients_than_points(degree):
    with pytest.raises(ValueError, match=rf"degree {degree} needs {degree + 1} points.*3"):
        fit_polynomial(np.arange(3.0), np.arange(3.0), degree)


def test_rmse_by_hand():
    assert rmse([1, 2, 3], [1, 2, 6]) == pytest.approx(3**0.5)
    assert rmse(np.ones(4), 1) == 0
    assert np.isnan(rmse([np.nan], [0]))


def test_bias_and_variance_by_hand():
    # two fits, two inputs: means 2 and 0, truth 1 and 0; squared deviations 1, 1 and 4, 4
    bias, variance = bias_variance(np.array([[1.0, 2.0], [3.0, -2.0]]), np.array([1.0, 0.0]))
    assert (bias, variance) == (Fraction(1, 2), Fraction(5, 2))


def test_bias_and_variance_add_up_to_the_error():
    for rng in seeds(5):
        predictions, truth = rng.normal(size=(7, 30)), rng.normal(size=30)
        bias, variance = bias_variance(predictions, truth)
        assert bias + variance == pytest.approx(((predictions - truth) ** 2).mean())
        assert variance == pytest.approx(
            torch.tensor(predictions).var(dim=0, unbiased=False).mean().item()
        )


def test_relu_features_are_a_torch_layer():
    rng = np.random.default_rng(0)
    x, weights = rng.normal(size=(6, 3)), rng.normal(size=(4, 5))
    layer = torch.nn.Linear(3, 5).double()
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(weights[:3].T))
        layer.bias.copy_(torch.tensor(weights[3]))
        expected = layer(torch.tensor(x)).relu()
    np.testing.assert_allclose(relu_features(x, weights), expected, atol=1e-15)


def test_min_norm_is_the_shortest_of_the_exact_fits():
    rng = np.random.default_rng(1)
    features, y = rng.normal(size=(5, 12)), rng.normal(size=5)
    found = min_norm_fit(features, y)
    np.testing.assert_allclose(features @ found, y, atol=1e-12)
    # every other solution differs by something the features cannot see
    blind = np.linalg.svd(features)[2][5:]
    for step in blind:
        np.testing.assert_allclose(features @ (found + step), y, atol=1e-12)
        assert np.sum((found + step) ** 2) == pytest.approx(np.sum(found**2) + 1)


@pytest.mark.parametrize("p", [3, 20, 50])
def test_ridge_is_scikit_learns(p):
    rng = np.random.default_rng(p)
    features, y = rng.normal(size=(20, p)), rng.normal(size=20)
    theirs = Ridge(alpha=0.7, fit_intercept=False).fit(features, y).coef_
    np.testing.assert_allclose(min_norm_fit(features, y, 0.7), theirs, atol=1e-10)


def test_refuses_a_negative_ridge():
    with pytest.raises(ValueError, match=r"ridge is -1\.0; it must not be negative"):
        min_norm_fit(np.eye(2), np.ones(2), -1.0)


@pytest.mark.parametrize(("sigma", "p", "n"), [(1.0, 1, 12), (0.3, 6, 20), (2.0, 12, 12)])
def test_gap_is_twice_the_covariance_of_fit_and_target(sigma, p, n):
    # Mallows: the gap is 2/n times the sum of the covariances, here by exact fractions
    exact = 2 * Fraction(sigma) ** 2 * p / n
    assert gap_by_projection(sigma, p, n) == pytest.approx(float(exact))


def test_curves_start_at_the_loss_of_the_first_network_and_fall():
    rng = np.random.default_rng(2)
    x = torch.tensor(rng.uniform(-1, 1, (3, 10, 1)), dtype=torch.float32)
    train, validation = torch_curves(x, x**2, x, x**2, (4,), 200, every=50)
    assert train.shape == validation.shape == (5, 3)
    torch.testing.assert_close(train, validation)  # the same data
    assert (train[-1] < 0.2 * train[0]).all()


def test_a_run_does_not_depend_on_its_neighbours():
    rng = np.random.default_rng(3)
    x = torch.tensor(rng.uniform(-1, 1, (2, 10, 1)), dtype=torch.float32)
    both, _ = torch_curves(x, x, x, x, (3,), 20, every=10)
    other = torch.stack([x[0], 5 * x[1]])
    changed, _ = torch_curves(other, other, other, other, (3,), 20, every=10)
    torch.testing.assert_close(both[:, 0], changed[:, 0])
    assert not torch.allclose(both[:, 1], changed[:, 1])
