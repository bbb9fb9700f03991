"""The neuron and the layers, by hand-computed cases, finite differences and PyTorch."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

from snippets.foundations.neuron_and_layers import (
    Affine,
    ReLU,
    Sigmoid,
    SoftmaxWithLoss,
    count_parameters,
    loss_and_gradients,
    neuron,
    output_ranges,
    torch_network,
    torch_two_relus,
    two_relus,
)


def test_neuron_by_hand():
    # 0.5 - 2 + 2 = 0.5 and 1.5 - 1 + 2 = 2.5; with b = -2: -3.5 and -1.5, which ReLU sets to 0
    x, w = [[1.0, 2.0], [3.0, 1.0]], [0.5, -1.0]
    np.testing.assert_array_equal(neuron(x, w, 2.0), [0.5, 2.5])
    np.testing.assert_array_equal(neuron(x, w, -2.0), [0.0, 0.0])
    assert neuron(x[0], w, 2.0, phi=np.square) == 0.25
    with pytest.raises(ValueError, match="mismatch"):
        neuron([1.0, 2.0, 3.0], w, 0.0)


@pytest.mark.parametrize("b", [0.0, -0.5, -1.0, -2.0, -1e4])
def test_two_relus_is_a_clipped_ramp(b):
    x = np.array([-1e4, -1.0, 0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 1e4])
    np.testing.assert_array_equal(two_relus(x, b), np.clip(x, 0, -b))
    with torch.no_grad():
        theirs = torch_two_relus(b)(torch.tensor(x)[:, None])[:, 0]
    np.testing.assert_array_equal(theirs, np.clip(x, 0, -b))


def test_output_ranges():
    assert output_ranges() == {-1.0: (0.0, 1.0), -2.0: (0.0, 2.0)}


# ---------------------------------------------------------------- layers


def test_affine_by_hand():
    layer = Affine(np.array([[1.0, -2.0, 0.0], [3.0, 0.5, 1.0]]), np.array([0.5, -1.0, 2.0]))
    np.testing.assert_array_equal(layer.forward(np.array([[1.0, 2.0]])), [[7.5, -2.0, 4.0]])
    # G = (1, 2, 3): W Gᵀ = (1 - 4 + 0, 3 + 1 + 3), xᵀ G row by row
    np.testing.assert_array_equal(layer.backward(np.array([[1.0, 2.0, 3.0]])), [[-3.0, 7.0]])
    np.testing.assert_array_equal(layer.dW, [[1.0, 2.0, 3.0], [2.0, 4.0, 6.0]])
    np.testing.assert_array_equal(layer.db, [1.0, 2.0, 3.0])


@pytest.mark.parametrize(
    ("layer", "theirs"), [(Sigmoid(), torch.sigmoid), (ReLU(), torch.relu)], ids=["sigmoid", "relu"]
)
def test_activation_layers_follow_autograd(layer, theirs):
    Y = np.array([[-1e4, -3.0, -1e-3], [1e-3, 2.0, 1e4]])
    tensor = torch.tensor(Y, requires_grad=True)
    out = theirs(tensor)
    np.testing.assert_allclose(layer.forward(Y), out.detach(), rtol=1e-15)
    G = np.array([[1.0, -2.0, 3.0], [0.5, 4.0, -1.0]])
    out.backward(torch.tensor(G))
    np.testing.assert_allclose(layer.backward(G), tensor.grad, rtol=1e-12, atol=1e-300)


def test_loss_of_equal_logits_is_the_logarithm_of_the_number_of_classes():
    head = SoftmaxWithLoss()
    assert head.forward(np.zeros((3, 10)), np.array([0, 4, 9])) == pytest.approx(np.log(10))
    gradient = head.backward()
    np.testing.assert_allclose(gradient.sum(axis=1), 0, atol=1e-15)
    assert gradient[1, 4] == pytest.approx(-0.9 / 3)
    assert gradient[1, 5] == pytest.approx(0.1 / 3)


def test_loss_does_not_overflow():
    head = SoftmaxWithLoss()
    assert head.forward(np.array([[1e4, 0.0], [-1e4, 0.0]]), np.array([1, 1])) == 5e3
    np.testing.assert_allclose(head.backward(), [[0.5, -0.5], [0.0, 0.0]])


def test_gradients_of_a_network_by_finite_differences():
    rng = np.random.default_rng(5)
    layers = [
        Affine(rng.normal(size=(4, 5)), rng.normal(size=5)),
        Sigmoid(),
        Affine(rng.normal(size=(5, 3)), rng.normal(size=3)),
        ReLU(),
        Affine(rng.normal(size=(3, 3)), rng.normal(size=3)),
    ]
    X, y, h = rng.normal(size=(6, 4)), rng.integers(0, 3, 6), 1e-6
    _, gradients = loss_and_gradients(layers, X, y)
    assert len(gradients) == 3
    for layer, pair in zip(layers[::2], gradients, strict=True):
        for array, gradient in zip((layer.W, layer.b), pair, strict=True):
            assert gradient.shape == array.shape
            place = tuple(rng.integers(0, n) for n in array.shape)
            at = array[place]
            losses = []
            for array[place] in (at + h, at - h):
                losses.append(loss_and_gradients(layers, X, y)[0])
            array[place] = at
            assert gradient[place] == pytest.approx((losses[0] - losses[1]) / (2 * h), abs=1e-8)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Affine(np.ones((2, 3)), np.ones(2)), r"W \(2, 3\) and b \(2,\) do not fit"),
        (lambda: Affine(np.ones(3), np.ones(3)), r"give \(m, k\) and \(k,\)"),
        (lambda: Affine(np.ones((2, 3)), np.ones(3)).forward(np.ones((4, 3))), r"give \(n, 2\)"),
        (lambda: Affine(np.ones((2, 3)), np.ones(3)).forward(np.ones(2)), r"give \(n, 2\)"),
        (lambda: SoftmaxWithLoss().forward(np.ones((2, 3)), np.array([0])), r"and y \(1,\)"),
        (
            lambda: SoftmaxWithLoss().forward(np.ones((2, 3)), np.array([0, -1])),
            "classes -1 to 0; give 0 to 2",
        ),
        (
            lambda: SoftmaxWithLoss().forward(np.ones((2, 3)), np.array([3, 1])),
            "classes 1 to 3; give 0 to 2",
        ),
    ],
)
def test_wrong_shapes_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# ---------------------------------------------------------------- parameters


@pytest.mark.parametrize("sizes", [(784, 50, 10), (2, 2, 1), (7,), (3, 4), (10, 20, 30, 40)])
def test_parameters_as_pytorch_counts_them(sizes):
    layers = [nn.Linear(m, k) for m, k in pairwise(sizes)]
    expected = sum(p.numel() for layer in layers for p in layer.parameters())
    assert count_parameters(sizes) == expected


def test_torch_network():
    model, count = torch_network()
    assert count == 39_760  # 784 · 50 + 50 + 50 · 10 + 10
    assert model(torch.zeros(3, 784)).shape == (3, 10)
