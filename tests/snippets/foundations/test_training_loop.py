"""The functions of the training loop, by hand-computed cases, differences and PyTorch."""

from itertools import pairwise

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from snippets.foundations.training_loop import (
    forward,
    rescale,
    sgd_step,
    torch_network,
    torch_train,
    torch_train_xor,
    train,
    train_xor,
)


def network(rng, sizes):
    pairs = pairwise(sizes)
    return [(rng.normal(size=(m, k)), rng.normal(size=k)) for m, k in pairs]


def test_rescale_by_hand():
    np.testing.assert_array_equal(rescale(np.array([0.0, 51.0, 255.0]), 0, 255), [0, 0.2, 1])
    np.testing.assert_array_equal(rescale(np.array([-4.0, 6.0]), -2, 2), [-0.5, 2])  # test data
    # each column by its own range: 1 of 0 ... 4 and 30 of 10 ... 50
    columns = rescale(np.array([[1.0, 30.0], [4.0, 10.0]]), [0.0, 10.0], [4.0, 50.0])
    np.testing.assert_array_equal(columns, [[0.25, 0.5], [1.0, 0.0]])
    wrong = ((1.0, 1.0), (2.0, 1.0), (0.0, np.nan), ([0.0, 3.0], [1.0, 3.0]))
    for low, high in wrong:
        with pytest.raises(ValueError, match="high must be above low"):
            rescale(np.ones(2), low, high)


@pytest.mark.parametrize("sizes", [(3, 2), (4, 7, 2), (2, 5, 3, 6, 1)])
def test_forward_as_pytorch_goes(sizes):
    rng = np.random.default_rng(3)
    layers, X = network(rng, sizes), rng.normal(size=(9, sizes[0]))
    A = forward(X, layers, phi=np.tanh, out=lambda z: z)
    assert [a.shape for a in A] == [(9, size) for size in sizes]
    tensor = torch.tensor(X)
    for number, (W, b) in enumerate(layers, 1):
        tensor = F.linear(tensor, torch.tensor(W).T, torch.tensor(b))
        if number < len(layers):
            tensor = torch.tanh(tensor)
        np.testing.assert_allclose(A[number], tensor, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(
    ("X", "W", "b"), [((4, 3), (2, 5), (5,)), ((4, 2), (2, 5), (2,)), ((4, 2), (5, 2), (2,))]
)
def test_forward_refuses_what_does_not_fit(X, W, b):
    with pytest.raises(ValueError, match=r"layer 1: .* do not fit"):
        forward(np.ones(X), [(np.ones(W), np.ones(b))])


def test_sgd_step_is_pytorchs():
    rng = np.random.default_rng(4)
    theta, gradient = rng.normal(size=(2, 6))
    parameter = nn.Parameter(torch.tensor(theta))
    parameter.grad = torch.tensor(gradient)
    torch.optim.SGD([parameter], lr=0.3).step()
    np.testing.assert_allclose(sgd_step(theta, gradient, 0.3), parameter.detach(), rtol=1e-15)


def test_the_gradients_of_the_loop_by_finite_differences():
    rng = np.random.default_rng(6)
    X, T = rng.normal(size=(5, 3)), rng.random((5, 2))
    start = [a for pair in network(rng, (3, 4, 2)) for a in pair]
    losses, after = train(X, T, *start, lr=1.0)
    assert len(losses) == 1
    h = 1e-6
    for number, array in enumerate(start):
        for place in np.ndindex(array.shape):
            moved = []
            for sign in (1, -1):
                changed = [a.copy() for a in start]
                changed[number][place] += sign * h
                moved.append(train(X, T, *changed, lr=0.0)[0][0])
            gradient = array[place] - after[number][place]
            assert gradient == pytest.approx((moved[0] - moved[1]) / (2 * h), abs=1e-8)


def test_numpy_and_pytorch_take_the_same_steps():
    rng = np.random.default_rng(7)
    X, T = rng.normal(size=(6, 3)), rng.random((6, 2))
    start = [a for pair in network(rng, (3, 4, 2)) for a in pair]
    model = torch_network(*start)
    losses, after = train(X, T, *start, lr=0.7, steps=60)
    theirs = torch_train(model, torch.tensor(X), torch.tensor(T), lr=0.7, steps=60)
    np.testing.assert_allclose(losses, theirs, rtol=1e-12)
    for ours, parameter in zip(after, model.parameters(), strict=True):
        np.testing.assert_allclose(ours.T, parameter.detach(), rtol=1e-10)
    assert (np.diff(losses) < 0).all()
    assert train(X, T, *start, steps=0)[0] == []


def test_adam_on_xor_is_pytorchs():
    rng = np.random.default_rng(8)
    start = [rng.normal(size=(3, *s)) for s in ((2, 2), (1, 2), (2, 1), (1, 1))]
    losses, outputs = train_xor(start, steps=80)
    assert losses.shape == (80, 3)
    np.testing.assert_allclose(losses, torch_train_xor(start, steps=80), rtol=1e-9)
    np.testing.assert_allclose(((outputs - [0, 1, 1, 0]) ** 2).mean(axis=1), losses[-1])
