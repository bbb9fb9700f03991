"""The functions of the page on epochs and batches, by hand-counted cases and PyTorch."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from snippets.foundations.epochs_and_batches import (
    batches,
    descend,
    example_gradients,
    rms_noise,
    steps_per_epoch,
    sum_and_mean,
    torch_descend,
    torch_steps,
    torch_sum_and_mean,
)


@pytest.mark.parametrize(
    ("n", "size", "up", "down"),
    [(10, 4, 3, 2), (8, 4, 2, 2), (1, 1, 1, 1), (3, 5, 1, 0), (50_000, 128, 391, 390)],
)
def test_steps_by_hand(n, size, up, down):
    assert steps_per_epoch(n, size) == torch_steps(n, size) == math.ceil(n / size) == up
    assert steps_per_epoch(n, size, drop_last=True) == torch_steps(n, size, drop_last=True) == down


@pytest.mark.parametrize(("n", "size"), [(0, 1), (1, 0), (-3, 2), (5, -1)])
def test_steps_refuse_sizes_below_one(n, size):
    with pytest.raises(ValueError, match="must be at least 1"):
        steps_per_epoch(n, size)
    with pytest.raises(ValueError, match="must be at least 1"):
        list(batches(n, size, np.random.default_rng(0)))


@pytest.mark.parametrize(("n", "size"), [(10, 4), (12, 4), (5, 8), (7, 1)])
def test_an_epoch_uses_every_example_once(n, size):
    drawn = list(batches(n, size, np.random.default_rng(3)))
    assert [len(pick) for pick in drawn[:-1]] == [size] * (len(drawn) - 1)
    assert 1 <= len(drawn[-1]) <= size
    assert sorted(np.concatenate(drawn)) == list(range(n))
    kept = list(batches(n, size, np.random.default_rng(3), drop_last=True))
    assert [len(pick) for pick in kept] == [size] * (n // size)


def test_epochs_are_shuffled_anew():
    rng = np.random.default_rng(0)
    first, second = (np.concatenate(list(batches(50, 7, rng))) for _ in range(2))
    assert not np.array_equal(first, second)


def test_gradients_of_the_examples_by_autograd():
    rng = np.random.default_rng(1)
    w, X, y = rng.normal(size=3), rng.normal(size=(6, 3)), rng.normal(size=6)
    ours = example_gradients(w, X, y)
    for row, x, target in zip(ours, torch.tensor(X), torch.tensor(y), strict=True):
        weight = torch.tensor(w, requires_grad=True)
        ((x @ weight - target) ** 2).backward()
        np.testing.assert_allclose(row, weight.grad, rtol=1e-13)


def test_noise_is_that_of_the_closed_form():
    gradients = np.random.default_rng(2).normal(size=(300, 4)) * [1, 2, 3, 4]
    for size in (1, 9, 100):
        expected = math.sqrt(gradients.var(axis=0).sum() / size)
        found = rms_noise(gradients, size, np.random.default_rng(size), draws=4000)
        assert found == pytest.approx(expected, rel=0.05)
    assert rms_noise(np.ones((5, 2)), 3, np.random.default_rng(0)) == 0


def test_sum_and_mean_by_hand():
    # residuals 1, 2, 3, 4 at w = 3; twice their products with x: 2 (1 + 4 + 9 + 16) = 60
    x = np.array([1.0, 2.0, 3.0, 4.0])
    assert sum_and_mean(3.0, x, 2 * x) == (60, 15)
    assert torch_sum_and_mean(3.0, torch.tensor(x), torch.tensor(2 * x)) == (60, 15)


@pytest.mark.parametrize("size", [1, 7, 40])
def test_descend_reaches_least_squares(size):
    rng = np.random.default_rng(5)
    X = rng.normal(size=(40, 3))
    y = X @ [1.0, -2.0, 0.5]  # without noise every batch agrees on the best point
    path = descend(X, y, size, 0.05, 300, rng)
    assert path.shape == (300 * math.ceil(40 / size) + 1, 3)
    np.testing.assert_allclose(path[-1], [1.0, -2.0, 0.5], atol=1e-6)
    torch.manual_seed(0)
    theirs = torch_descend(torch.tensor(X), torch.tensor(y), size, 0.05, 300)
    np.testing.assert_allclose(theirs, [1.0, -2.0, 0.5], atol=1e-6)


# ---------------------------------------------------------------- what the page says of PyTorch


def test_batch_norm_refuses_a_batch_of_one():
    layer = nn.BatchNorm1d(3)
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        layer(torch.zeros(1, 3))
    assert layer.eval()(torch.zeros(1, 3)).shape == (1, 3)


def test_defaults_of_pytorch():
    loader = torch.utils.data.DataLoader(list(range(10)), batch_size=4)
    assert [batch.tolist() for batch in loader] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert {loss().reduction for loss in (nn.MSELoss, nn.CrossEntropyLoss, nn.L1Loss)} == {"mean"}


def test_mean_squared_error_divides_by_elements():
    # two examples of three elements: 1 + 4 + 9 over six, not over two
    y = torch.tensor([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]], dtype=torch.float64)
    assert nn.MSELoss()(torch.zeros_like(y), y).item() == pytest.approx(14 / 6)


def test_adam_hardly_notices_a_sum():
    after = {}
    for optim in (torch.optim.SGD, torch.optim.Adam):
        for scale in (15.0, 60.0):
            w = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
            optimizer = optim([w], lr=0.04)
            (scale * w).backward()
            optimizer.step()
            after[optim, scale] = w.item()
    assert after[torch.optim.Adam, 60.0] == pytest.approx(after[torch.optim.Adam, 15.0], rel=1e-9)
    assert after[torch.optim.SGD, 60.0] == pytest.approx(3 - 4 * (3 - after[torch.optim.SGD, 15.0]))


def test_a_constant_rate_wanders_only_if_examples_disagree():
    rng = np.random.default_rng(9)
    X = rng.normal(size=(40, 2))
    agree = X @ [1.0, -1.0]
    for noise, settles in ((0.0, True), (1.0, False)):
        y = agree + noise * rng.normal(size=40)
        path = descend(X, y, 1, 0.05, 100, np.random.default_rng(1))
        best = np.linalg.lstsq(X, y, rcond=None)[0]
        late = np.abs(path[-40:] - best).max()
        assert (late < 1e-6) if settles else (late > 0.05)


def test_accumulated_gradients_are_divided_by_their_number():
    rng = np.random.default_rng(6)
    x, y = rng.normal(size=(2, 12))
    parts = [
        sum_and_mean(0.3, a, b)[1] / 3
        for a, b in zip(x.reshape(3, 4), y.reshape(3, 4), strict=True)
    ]
    assert sum(parts) == pytest.approx(sum_and_mean(0.3, x, y)[1])
