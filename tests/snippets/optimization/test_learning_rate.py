"""Descent and the range test against closed forms and PyTorch."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from snippets.optimization.learning_rate import (
    descend,
    range_test,
    torch_descend,
    torch_range_test,
)


@pytest.mark.parametrize("eta", [0.001, 0.25, 0.49, 0.51])
def test_descent_on_a_quadratic_is_a_power(eta):
    path = descend(lambda x: 4 * x, 1.5, eta, 30)
    np.testing.assert_allclose(path, 1.5 * (1 - 4 * eta) ** np.arange(31), rtol=1e-12)


def test_descent_is_that_of_pytorch_where_it_is_not_a_quadratic():
    ours = descend(lambda x: 4 * x**3 - 6 * x + 1, 2.0, 0.05, 50)
    theirs = torch_descend(lambda x: x**4 - 3 * x**2 + x, 2.0, 0.05, 50)
    np.testing.assert_allclose(ours, theirs, atol=1e-12)


def test_no_step_stays_at_the_start():
    np.testing.assert_array_equal(descend(lambda x: 1 / 0, 2.0, 0.1, 0), [2.0])


def test_range_test_takes_rates_in_geometric_progression():
    seen = []
    rates, losses = range_test(lambda rate: seen.append(rate) or 1.0, 1e-4, 1.0, 9)
    np.testing.assert_allclose(rates, np.logspace(-4, 0, 9))
    np.testing.assert_allclose(seen, rates)
    np.testing.assert_allclose(losses, 1.0)  # the mean of equal losses, however weighted


def test_range_test_stops_at_four_times_the_lowest_and_at_nan():
    values = iter([1.0, 1.0, 3.9, 4.1, 0.0])
    assert len(range_test(lambda rate: next(values), 0.1, 1.0, 5, smooth=0.0)[0]) == 4
    values = iter([1.0, np.nan, 1.0])
    assert len(range_test(lambda rate: next(values), 0.1, 1.0, 3, smooth=0.0)[0]) == 2


def test_smoothing_is_the_weighted_mean_of_what_was_seen():
    values = [3.0, 1.0, 2.0]
    source = iter(values)
    _, losses = range_test(lambda rate: next(source), 0.1, 1.0, 3, smooth=0.5)
    weights = np.array([0.25, 0.5, 1.0])
    assert losses[-1] == pytest.approx(np.average(values, weights=weights))


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (1.0, 1.0), (2.0, 1.0), (-1.0, 1.0)])
def test_bad_ranges_are_refused(low, high):
    with pytest.raises(ValueError, match="low must be positive"):
        range_test(lambda rate: 1.0, low, high, 5)


def test_a_range_of_one_step_is_refused():
    with pytest.raises(ValueError, match="at least two"):
        range_test(lambda rate: 1.0, 0.1, 1.0, 1)


def test_pytorch_range_test_updates_at_each_rate():
    model = torch.nn.Linear(1, 1, bias=False).double()
    with torch.no_grad():
        model.weight.fill_(1.0)
    batch = torch.ones(1, 1, dtype=torch.float64), torch.zeros(1, 1, dtype=torch.float64)
    rates, _ = torch_range_test(model, F.mse_loss, [batch] * 5, 0.01, 0.1, 5)
    assert model.weight.item() == pytest.approx(np.prod(1 - 2 * rates))  # the loss is w²
