"""Gradient descent, SGD and mini-batches against closed forms, PyTorch and counting."""

import numpy as np
import pytest
import torch

from snippets.optimization import _surfaces
from snippets.optimization.gradient_descent import (
    gradient_descent,
    minibatches,
    sgd,
    sgd_train,
    torch_sgd_train,
)


@pytest.mark.parametrize(
    ("slope", "rate", "path"),
    [
        (2.0, 0.1, [1, 0.8, 0.64, 0.512]),  # powers of 1 - 0.2
        (4.0, 0.5, [1, -1, 1, -1]),
        (4.0, 0.25, [1, 0, 0, 0]),
        (4.0, 0.0, [1, 1, 1, 1]),
    ],
)
def test_known_paths(slope, rate, path):
    np.testing.assert_allclose(gradient_descent(lambda x: slope * x, 1.0, rate, 3), path)


def test_path_keeps_the_shape_and_the_start():
    path = gradient_descent(lambda theta: theta, np.ones((2, 3)), 0.5, 4)
    assert path.shape == (5, 2, 3)
    np.testing.assert_array_equal(path[0], np.ones((2, 3)))
    assert gradient_descent(lambda theta: theta, 1.0, 0.5, 0).tolist() == [1.0]


@pytest.mark.parametrize("weight_decay", [0.0, 0.3, 2.0])
def test_hundred_steps_of_torch(weight_decay):
    gradients = _surfaces.random_gradients(100, seed=5)
    start = np.random.default_rng(6).normal(size=gradients.shape[1:])
    ours = theta = start
    parameter = torch.tensor(start, requires_grad=True)
    optimizer = torch.optim.SGD([parameter], lr=0.02, weight_decay=weight_decay)
    for gradient in gradients:
        theta, state = sgd(theta, gradient, lr=0.02, weight_decay=weight_decay)
        assert state is None
        parameter.grad = torch.tensor(gradient)
        optimizer.step()
        np.testing.assert_allclose(theta, parameter.detach(), rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(ours, start)  # the input is not written to


def test_gradients_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="differ in shape"):
        sgd(np.zeros(3), np.zeros((3, 1)), lr=0.1)


@pytest.mark.parametrize(
    ("count", "size", "lengths"), [(10, 4, [4, 4, 2]), (3, 5, [3]), (0, 2, [])]
)
def test_each_example_is_in_one_batch(count, size, lengths):
    batches = list(minibatches(count, size, np.random.default_rng(0)))
    assert [len(batch) for batch in batches] == lengths
    assert sorted(np.concatenate([*batches, []])) == list(range(count))


def test_epochs_differ_in_order():
    rng = np.random.default_rng(0)
    first, second = (np.concatenate(list(minibatches(50, 8, rng))) for _ in range(2))
    assert (first != second).any()


def test_batches_need_a_size():
    with pytest.raises(ValueError, match="batch_size is 0"):
        next(minibatches(3, 0, np.random.default_rng(0)))


def test_training_finds_the_least_squares_solution():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(40, 3))
    y = x @ [1.0, 2.0, -1.0] + 0.1 * rng.normal(size=40)
    best = np.linalg.lstsq(x, y, rcond=None)[0]
    np.testing.assert_allclose(sgd_train(x, y, 0.3, 200, 40, rng), best, atol=1e-9)
    near = sgd_train(x, y, 0.01, 200, 4, rng)
    assert np.linalg.norm(near - best) < 0.05


@pytest.mark.parametrize("y", [np.zeros((4, 1)), np.zeros(3), np.float64(0)])
def test_targets_of_another_shape_are_refused(y):
    # a column (4, 1) would broadcast against (4,) to (4, 4) without a word
    with pytest.raises(ValueError, match="one target a row"):
        sgd_train(np.ones((4, 2)), y, 0.1, 1, 2, np.random.default_rng(0))


@pytest.mark.parametrize("batch", [1, 7, 20])
def test_training_equals_pytorch(batch):
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(20, 4)), rng.normal(size=20)
    ours = sgd_train(x, y, 0.05, 3, batch, np.random.default_rng(3))
    theirs = torch_sgd_train(
        torch.tensor(x), torch.tensor(y), 0.05, 3, batch, np.random.default_rng(3)
    )
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)
