"""The layers of the computation graphs against exact examples, PyTorch and finite differences."""

from fractions import Fraction

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from snippets.backprop import _computation_graphs_layers as layers
from snippets.backprop import computation_graphs as graphs
from snippets.backprop.computation_graphs import (
    Affine,
    MeanSquaredWithLoss,
    ReLU,
    Sigmoid,
    SoftmaxWithLoss,
)


def test_affine_example_in_exact_arithmetic():
    X, W, G = ([[Fraction(v) for v in row] for row in a] for a in (graphs.X, graphs.W, graphs.G))

    def times(a, b):
        return [
            [sum(p * q for p, q in zip(r, c, strict=True)) for c in zip(*b, strict=True)] for r in a
        ]

    def turned(a):
        return [list(row) for row in zip(*a, strict=True)]

    layer = Affine(graphs.W, graphs.B)
    assert layer.forward(graphs.X).tolist() == [[5.5, 2.0, -1.5], [11.5, 4.0, -3.5]]
    assert layer.backward(graphs.G).tolist() == times(G, turned(W)) == [[-1, 2], [1, 1]]
    assert layer.dW.tolist() == times(turned(X), G) == [[1, 3, -1], [2, 4, 0]]
    assert layer.db.tolist() == [1, 1, 1]


def test_affine_is_linear_of_pytorch():
    rng = np.random.default_rng(1)
    X, W, b = rng.normal(size=(5, 3)), rng.normal(size=(3, 2)), rng.normal(size=2)
    linear = torch.nn.Linear(3, 2).double()
    with torch.no_grad():
        linear.weight.copy_(torch.tensor(W.T))
        linear.bias.copy_(torch.tensor(b))
    np.testing.assert_allclose(
        Affine(W, b).forward(X), linear(torch.tensor(X)).detach().numpy(), atol=1e-14
    )


def test_a_batch_is_the_sum_of_its_examples():
    rng = np.random.default_rng(2)
    X, W, b, G = (rng.normal(size=s) for s in ((4, 3), (3, 2), (2,), (4, 2)))
    whole, part = Affine(W, b), Affine(W, b)
    whole.forward(X)
    whole.backward(G)
    total = np.zeros_like(W)
    for x, g in zip(X, G, strict=True):
        part.forward(x[None])
        part.backward(g[None])
        total += part.dW
    np.testing.assert_allclose(whole.dW, total, atol=1e-14)


def test_affine_refuses_shapes_that_do_not_fit():
    for x, b in ((np.ones((4, 2)), np.ones(2)), (np.ones(3), np.ones(2)), (np.ones((4, 3)), 0.5)):
        with pytest.raises(ValueError, match="do not fit"):
            Affine(np.ones((3, 2)), np.asarray(b)).forward(x)


def test_losses_refuse_what_would_be_stretched():
    with pytest.raises(ValueError, match="must both be"):
        SoftmaxWithLoss().forward(np.zeros((3, 3)), np.array([0, 1, 2]))
    with pytest.raises(ValueError, match="one shape"):
        MeanSquaredWithLoss().forward(np.zeros((3, 1)), np.zeros(3))


def test_nan_stays_visible():
    for layer in (ReLU(), Sigmoid()):
        assert np.isnan(layer.forward(np.array([np.nan, 1.0]))).tolist() == [True, False]


@pytest.mark.parametrize("make", [Sigmoid, ReLU])
def test_activations_by_finite_differences(make):
    x = np.array([[-3.0, -0.4, 0.3], [1.0, 2.0, 5.0]])
    layer, h = make(), 1e-5
    slope = (make().forward(x + h) - make().forward(x - h)) / (2 * h)
    layer.forward(x)
    np.testing.assert_allclose(layer.backward(np.ones_like(x)), slope, atol=1e-9)


def test_activations_at_extremes():
    x = np.array([-1e4, 0.0, 1e4])
    relu, sigmoid = ReLU(), Sigmoid()
    assert relu.forward(x).tolist() == [0, 0, 1e4]
    assert relu.backward(np.ones(3)).tolist() == [0, 0, 1]
    assert sigmoid.forward(x).tolist() == [0, 0.5, 1]
    assert sigmoid.backward(np.ones(3)).tolist() == [0, 0.25, 0]


def test_softmax_loss_survives_what_two_nodes_do_not():
    z, t = np.array([[1000.0, 0.0]]), np.array([[0.0, 1.0]])
    node = SoftmaxWithLoss()
    assert node.forward(z, t) == 1000.0
    assert node.backward().tolist() == [[1.0, -1.0]]
    apart = torch.tensor(z, requires_grad=True)
    (-(torch.tensor(t) * torch.softmax(apart, 1).log()).sum()).backward()
    assert torch.isnan(apart.grad).any()


def test_softmax_loss_gradient_has_rows_of_sum_zero():
    rng = np.random.default_rng(3)
    node = SoftmaxWithLoss()
    node.forward(rng.normal(size=(6, 4)), np.eye(4)[rng.integers(0, 4, 6)])
    np.testing.assert_allclose(node.backward().sum(axis=1), 0, atol=1e-16)


def test_mean_squared_error_divides_by_all_elements():
    y, t = np.array([[1.0, 2.0], [3.0, 5.0]]), np.zeros((2, 2))
    node = MeanSquaredWithLoss()
    assert node.forward(y, t) == pytest.approx(39 / 4)
    assert node.backward().tolist() == [[0.5, 1.0], [1.5, 2.5]]
    assert F.mse_loss(torch.tensor(y), torch.tensor(t)).item() == pytest.approx(39 / 4)


def test_network_gradients_by_finite_differences():
    rng = np.random.default_rng(4)
    x, t = rng.normal(size=(5, 2)), np.eye(3)[rng.integers(0, 3, 5)]
    weights = [rng.normal(size=s) for s in ((2, 4), (4,), (4, 3), (3,))]
    _, found = layers.train_step_gradients(x, t, *weights)
    h = 1e-5
    for k, gradient in enumerate(found):
        for place in np.ndindex(gradient.shape):
            values = []
            for sign in (1, -1):
                moved = [w.copy() for w in weights]
                moved[k][place] += sign * h
                values.append(layers.train_step_gradients(x, t, *moved)[0])
            assert gradient[place] == pytest.approx((values[0] - values[1]) / (2 * h), abs=1e-9)


def test_own_node_passes_gradcheck_and_second_order():
    function = graphs.torch_sigmoid_function()
    x = torch.linspace(-4, 4, 9, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(function, (x,))
    assert torch.autograd.gradgradcheck(function, (x,))
