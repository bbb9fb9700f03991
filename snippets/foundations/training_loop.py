"""The training loop: forward, loss, backward, step, and again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from snippets.activations.sigmoid_tanh import sigmoid


def rescale(X: np.ndarray, low: ArrayLike, high: ArrayLike) -> np.ndarray:
    """X mapped so that low becomes 0 and high becomes 1; take both from the training data.

    X is (n, m); low and high are (m,), one for each input, or single numbers for all of them.
    ValueError: high is not above low somewhere (an input that never varies cannot be scaled).
    """
    low, high = np.asarray(low), np.asarray(high)
    if not (high > low).all():
        raise ValueError(f"the range is {low} to {high}; high must be above low")
    return (X - low) / (high - low)


def forward(X: np.ndarray, layers: Sequence, phi=sigmoid, out=sigmoid) -> list[np.ndarray]:
    """All activations [A0, A1, ..., Y] of a network; X is (n, m), one example a row.

    layers is [(W, b), ...] with W (inputs, outputs) and b (outputs,).  The last layer has its own
    affine map too, with out instead of phi.  ValueError: shapes that do not fit.
    """
    A = [X]
    for number, (W, b) in enumerate(layers, 1):
        if A[-1].shape[1] != W.shape[0] or b.shape != W.shape[1:]:
            raise ValueError(f"layer {number}: {A[-1].shape}, W {W.shape}, b {b.shape} do not fit")
        Z = A[-1] @ W + b
        A.append(out(Z) if number == len(layers) else phi(Z))
        assert A[-1].shape == (len(X), len(b))
    return A


def sgd_step(theta: np.ndarray, gradient: np.ndarray, eta: float) -> np.ndarray:
    """The parameters after one step of gradient descent with learning rate eta."""
    return theta - eta * gradient


def train(X, T, W1, b1, W2, b2, lr=0.5, steps=1):
    """Mean squared error of a sigmoid network before each step, and its parameters at the end.

    X is (n, m), T (n, k), W1 (m, h), b1 (h,), W2 (h, k), b2 (k,).
    """
    losses = []
    for _ in range(steps):
        A1 = sigmoid(X @ W1 + b1)  # forward
        Y = sigmoid(A1 @ W2 + b2)
        losses.append(float(((Y - T) ** 2).mean()))  # loss
        dZ2 = 2 * (Y - T) / Y.size * Y * (1 - Y)  # backward
        dZ1 = dZ2 @ W2.T * A1 * (1 - A1)
        dW1, db1 = X.T @ dZ1, dZ1.sum(axis=0)
        dW2, db2 = A1.T @ dZ2, dZ2.sum(axis=0)
        W1, b1 = W1 - lr * dW1, b1 - lr * db1  # step
        W2, b2 = W2 - lr * dW2, b2 - lr * db2
    return losses, (W1, b1, W2, b2)


def torch_network(W1, b1, W2, b2):
    """The same network in PyTorch; nn.Linear stores its weights as (outputs, inputs)."""
    import torch
    from torch import nn

    model = nn.Sequential(
        nn.Linear(*W1.shape), nn.Sigmoid(), nn.Linear(*W2.shape), nn.Sigmoid()
    ).double()
    with torch.no_grad():
        for layer, W, b in ((model[0], W1, b1), (model[2], W2, b2)):
            layer.weight.copy_(torch.tensor(W).T)
            layer.bias.copy_(torch.tensor(b))
    return model


def torch_train(model, X, T, lr=0.5, steps=1):
    """The same loop in PyTorch; X and T are tensors, model is changed in place."""
    import torch
    import torch.nn.functional as F

    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()  # or the gradients of the last step are added to
        loss = F.mse_loss(model(X), T)  # forward, loss
        loss.backward()  # gradients only: no weight changes here
        optimizer.step()  # the update
        losses.append(loss.item())
    return losses


def train_xor(parameters, steps=2000, lr=0.1, betas=(0.9, 0.999), eps=1e-8):
    """Many 2-2-1 sigmoid networks learn XOR at once, by Adam; losses (steps, runs) and outputs.

    parameters are W1 (runs, 2, 2), b1 (runs, 1, 2), W2 (runs, 2, 1) and b2 (runs, 1, 1); the
    outputs (runs, 4) are those for the inputs 00, 01, 10, 11 before the last step.
    """
    X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    T = np.array([[0.0], [1.0], [1.0], [0.0]])
    p = list(parameters)
    m, v = [0 * a for a in p], [0 * a for a in p]
    losses = []
    for t in range(1, steps + 1):
        W1, b1, W2, b2 = p
        A1 = sigmoid(X @ W1 + b1)
        Y = sigmoid(A1 @ W2 + b2)
        losses.append(((Y - T) ** 2).mean(axis=(1, 2)))
        dZ2 = 2 * (Y - T) / 4 * Y * (1 - Y)
        dZ1 = dZ2 @ W2.swapaxes(1, 2) * A1 * (1 - A1)
        gradients = (X.T @ dZ1, dZ1.sum(1, keepdims=True))
        gradients += (A1.swapaxes(1, 2) @ dZ2, dZ2.sum(1, keepdims=True))
        for i, g in enumerate(gradients):
            m[i] = betas[0] * m[i] + (1 - betas[0]) * g
            v[i] = betas[1] * v[i] + (1 - betas[1]) * g**2
            mean, square = m[i] / (1 - betas[0] ** t), v[i] / (1 - betas[1] ** t)
            p[i] = p[i] - lr * mean / (np.sqrt(square) + eps)
    return np.array(losses), Y[:, :, 0]


def torch_train_xor(parameters, steps=2000, lr=0.1):
    """The same in PyTorch: losses (steps, runs)."""
    import torch

    X = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], dtype=torch.float64)
    T = torch.tensor([[0.0], [1.0], [1.0], [0.0]], dtype=torch.float64)
    W1, b1, W2, b2 = tensors = [torch.tensor(p, requires_grad=True) for p in parameters]
    optimizer = torch.optim.Adam(tensors, lr=lr)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        Y = torch.sigmoid(torch.sigmoid(X @ W1 + b1) @ W2 + b2)
        each = ((Y - T) ** 2).mean(dim=(1, 2))
        each.sum().backward()  # the runs share no parameter, so each has its own gradient
        optimizer.step()
        losses.append(each.detach().numpy())
    return np.array(losses)
