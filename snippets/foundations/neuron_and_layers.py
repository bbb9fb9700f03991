"""A neuron, the layers that networks are made of, and how many parameters they have."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from snippets.activations.relu import relu
from snippets.activations.sigmoid_tanh import sigmoid
from snippets.activations.softmax import log_softmax, softmax


def neuron(x: ArrayLike, w: ArrayLike, b: float, phi=relu) -> np.ndarray:
    """One neuron phi(wᵀx + b): x is (m,) or (n, m), w is (m,); one number an example.

    ValueError: x and w differ in length.
    """
    return phi(np.asarray(x) @ np.asarray(w) + b)


def two_relus(x: ArrayLike, b: float) -> np.ndarray:
    """Two hidden units, ReLU(x) - ReLU(x + b): b is the bias of the second one.  x has any shape.

    For b < 0 it rises from 0 to -b between 0 and -b, and stays there.
    """
    return relu(x) - relu(np.asarray(x) + b)


def output_ranges() -> dict[float, tuple[float, float]]:
    """Smallest and largest output on [-3, 3] for two values of the hidden bias."""
    x = np.linspace(-3, 3, 601)
    outputs = {b: two_relus(x, b) for b in (-1.0, -2.0)}
    return {b: (float(y.min()), float(y.max())) for b, y in outputs.items()}


def torch_two_relus(b: float):
    """The same network in PyTorch, its weights and biases edited by hand; takes x of (n, 1)."""
    import torch
    from torch import nn

    net = nn.Sequential(nn.Linear(1, 2), nn.ReLU(), nn.Linear(2, 1, bias=False)).double()
    with torch.no_grad():
        net[0].weight.fill_(1.0)
        net[0].bias.copy_(torch.tensor([0.0, b]))
        net[2].weight.copy_(torch.tensor([[1.0, -1.0]]))
    return net


class Affine:
    """Y = XW + b: X is (n, m), W is (m, k), b is (k,), Y is (n, k)."""

    def __init__(self, W: np.ndarray, b: np.ndarray) -> None:
        if W.ndim != 2 or b.shape != W.shape[1:]:
            raise ValueError(f"W {W.shape} and b {b.shape} do not fit; give (m, k) and (k,)")
        self.W, self.b = W, b

    def forward(self, X: np.ndarray) -> np.ndarray:
        if X.ndim != 2 or X.shape[1] != len(self.W):
            raise ValueError(f"X has shape {X.shape}; give (n, {len(self.W)})")
        self.X = X  # kept for the backward pass
        return X @ self.W + self.b

    def backward(self, dY: np.ndarray) -> np.ndarray:
        """From the gradient by Y: keeps those by W and b, returns the one by X."""
        self.dW, self.db = self.X.T @ dY, dY.sum(axis=0)
        return dY @ self.W.T


class Sigmoid:
    """A = 1 / (1 + exp(-Y)), element-wise; any shape, no parameters."""

    def forward(self, Y: np.ndarray) -> np.ndarray:
        self.A = sigmoid(Y)
        return self.A

    def backward(self, dA: np.ndarray) -> np.ndarray:
        return dA * self.A * (1 - self.A)


class ReLU:
    """A = max(0, Y), element-wise; any shape, no parameters."""

    def forward(self, Y: np.ndarray) -> np.ndarray:
        self.positive = Y > 0
        return relu(Y)

    def backward(self, dA: np.ndarray) -> np.ndarray:
        return dA * self.positive


class SoftmaxWithLoss:
    """Mean cross-entropy of softmax(Z): Z is (n, k), y holds n classes in 0 ... k - 1; one number.

    ValueError: shapes that do not fit, a class outside 0 ... k - 1.
    """

    def forward(self, Z: np.ndarray, y: np.ndarray) -> float:
        if Z.ndim != 2 or y.shape != Z.shape[:1]:
            raise ValueError(f"Z {Z.shape} and y {y.shape} do not fit; give (n, k) and (n,)")
        if ((y < 0) | (y >= Z.shape[1])).any():
            raise ValueError(f"classes {y.min()} to {y.max()}; give 0 to {Z.shape[1] - 1}")
        self.Z, self.y = Z, y
        return float(-log_softmax(Z)[np.arange(len(y)), y].mean())

    def backward(self) -> np.ndarray:
        """The gradient by Z, (n, k): (prediction - target) / n."""
        dZ = softmax(self.Z)
        dZ[np.arange(len(self.y)), self.y] -= 1
        return dZ / len(self.y)


def loss_and_gradients(layers: Sequence, X: np.ndarray, y: np.ndarray) -> tuple[float, list]:
    """Forward through all layers, then backward: the loss, and (dW, db) of each affine layer."""
    for layer in layers:
        X = layer.forward(X)
    head = SoftmaxWithLoss()
    loss = head.forward(X, y)
    gradient = head.backward()
    for layer in reversed(layers):
        gradient = layer.backward(gradient)
    return loss, [(layer.dW, layer.db) for layer in layers if isinstance(layer, Affine)]


def count_parameters(sizes: Sequence[int]) -> int:
    """Weights and biases of a fully connected network with layers of these sizes, input first."""
    return sum(m * k + k for m, k in pairwise(sizes))


def torch_network():
    """784-50-10 in PyTorch, and its number of parameters; the loss is nn.CrossEntropyLoss."""
    from torch import nn

    model = nn.Sequential(nn.Linear(784, 50), nn.Sigmoid(), nn.Linear(50, 10))
    return model, sum(p.numel() for p in model.parameters())
