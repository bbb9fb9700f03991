"""Backpropagation through networks of any depth against autograd, differences and identities."""

import itertools

import numpy as np
import pytest
import torch

from snippets.backprop import chain_rule
from snippets.backprop.chain_rule import backward, forward, random_layers, torch_backward


def squared_error(layers, x, y):
    return float(((forward(layers, x)[1][-1] - y) ** 2).sum())


@pytest.mark.parametrize("sizes", [(3, 5, 3), (2, 2), (1, 1, 1), (4, 7, 1, 6, 2)])
def test_gradients_are_those_of_central_differences(sizes):
    rng = np.random.default_rng(sum(sizes))
    layers = random_layers(sizes, rng)
    x, y = rng.normal(size=sizes[0]), rng.normal(size=sizes[-1])
    h = 1e-6
    for layer, gradients in zip(layers, backward(layers, x, y), strict=True):
        for values, gradient in zip(layer, gradients, strict=True):
            assert gradient.shape == values.shape
            for place in np.ndindex(values.shape):
                old = values[place]
                values[place] = old + h
                above = squared_error(layers, x, y)
                values[place] = old - h
                below = squared_error(layers, x, y)
                values[place] = old
                assert gradient[place] == pytest.approx((above - below) / (2 * h), abs=1e-7)


def test_torch_function_is_that_of_a_module():
    rng = np.random.default_rng(5)
    layers = random_layers((3, 5, 3), rng)
    x, y = rng.normal(size=3), rng.normal(size=3)
    model = torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.ReLU(), torch.nn.Linear(5, 3))
    model.double()
    with torch.no_grad():
        for module, (W, b) in zip((model[0], model[2]), layers, strict=True):
            module.weight.copy_(torch.tensor(W))
            module.bias.copy_(torch.tensor(b))
    torch.nn.MSELoss(reduction="sum")(model(torch.tensor(x)), torch.tensor(y)).backward()
    for module, found in zip((model[0], model[2]), torch_backward(layers, x, y), strict=True):
        np.testing.assert_allclose(found[0], module.weight.grad.numpy(), atol=1e-14)
        np.testing.assert_allclose(found[1], module.bias.grad.numpy(), atol=1e-14)


def test_a_linear_layer_has_the_gradient_of_least_squares():
    W, b = np.array([[2.0, -1.0]]), np.array([0.5])
    x, y = np.array([3.0, 1.0]), np.array([4.0])
    ((dW, db),) = backward([(W, b)], x, y)
    # prediction 5.5, error 1.5
    assert dW.tolist() == [[9.0, 3.0]]
    assert db.tolist() == [3.0]


def test_silent_units_pass_nothing_back():
    layers = [(np.ones((4, 2)), np.full(4, -1e4)), (np.ones((1, 4)), np.zeros(1))]
    first, second = backward(layers, np.ones(2), np.ones(1))
    assert not first[0].any()
    assert not first[1].any()
    assert second[1].tolist() == [-2.0]


def test_wrong_shapes_are_refused():
    layers = random_layers((3, 4, 2), np.random.default_rng(0))
    with pytest.raises(ValueError, match="matmul"):
        backward(layers, np.ones(2), np.ones(2))
    with pytest.raises(ValueError, match="target"):  # NumPy would stretch it
        backward(layers, np.ones(3), np.ones(1))


def test_evidence_covers_every_parameter():
    small = 5 * 3 + 5 + 3 * 5 + 3
    assert chain_rule.check_small().cases == chain_rule.RUNS * small
    deep = sum(n * m + m for sizes in chain_rule.SHAPES[1:] for n, m in itertools.pairwise(sizes))
    assert chain_rule.check_deep().cases == chain_rule.RUNS * deep
