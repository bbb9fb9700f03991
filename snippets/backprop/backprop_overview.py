"""The backward pass of every common layer, and a small network that uses them all."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.activations.softmax import log_softmax, softmax
from snippets.backprop.cnn_backprop import (
    conv2d,
    conv2d_backward,
    max_pool2d,
    max_pool2d_backward,
)
from snippets.kit import Check


def affine_backward(
    g: np.ndarray, x: np.ndarray, w: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients of y = x w + b by x (n, d), w (d, m) and b (m,), given g = ∂L/∂y (n, m)."""
    return g @ w.T, x.T @ g, g.sum(axis=0)


def sigmoid_backward(g: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Gradient by the input of a sigmoid, from its output y; any shape."""
    return g * y * (1 - y)


def tanh_backward(g: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Gradient by the input of tanh, from its output y; any shape."""
    return g * (1 - y**2)


def relu_backward(g: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Gradient by the input of ReLU, from its output y; any shape."""
    return g * (y > 0)


def softmax_backward(g: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Gradient by the logits, from the probabilities p; classes along the last axis."""
    return p * (g - (g * p).sum(axis=-1, keepdims=True))


def cross_entropy_backward(z: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Gradient by the logits z (n, k) of the mean cross-entropy after softmax; target (n,).

    ValueError: a target that is not one of the classes 0 to k - 1.
    """
    if np.min(target) < 0 or np.max(target) >= z.shape[1]:
        raise ValueError(f"the targets must be from 0 to {z.shape[1] - 1}")
    return (softmax(z) - np.eye(z.shape[1])[target]) / len(z)


def mse_backward(prediction: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Gradient of the mean squared error by the prediction; any shape.

    ValueError: a target of another shape; NumPy would broadcast (n, 1) and (n,) to (n, n).
    """
    if np.shape(prediction) != np.shape(target):
        raise ValueError(f"the shapes {np.shape(prediction)} and {np.shape(target)} differ")
    return 2 * (prediction - target) / prediction.size


def batch_norm(
    x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, eps: float = 1e-5
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Training-mode batch norm of x (n, c, ...): output, normalised x, standard deviation."""
    axes = (0, *range(2, x.ndim))
    shape = (1, -1, *[1] * (x.ndim - 2))
    s = np.sqrt(x.var(axis=axes, keepdims=True) + eps)
    u = (x - x.mean(axis=axes, keepdims=True)) / s
    return gamma.reshape(shape) * u + beta.reshape(shape), u, s


def batch_norm_backward(
    g: np.ndarray, u: np.ndarray, s: np.ndarray, gamma: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients by x, gamma and beta, from the normalised x and the standard deviation."""
    axes = (0, *range(2, g.ndim))
    mean_g, mean_gu = (a.mean(axis=axes, keepdims=True) for a in (g, g * u))
    dx = gamma.reshape(s.shape) / s * (g - mean_g - u * mean_gu)
    return dx, (g * u).sum(axis=axes), g.sum(axis=axes)


def dropout_backward(g: np.ndarray, mask: np.ndarray, p: float) -> np.ndarray:
    """Gradient by the input of inverted dropout, p below 1: the mask of the forward pass again."""
    return g * mask / (1 - p)


P = 0.25  # dropout


def network_gradients(
    x: np.ndarray, target: np.ndarray, mask: np.ndarray, w: dict[str, np.ndarray]
) -> tuple[float, dict[str, np.ndarray]]:
    """Loss and gradients of a small network: forward line by line, then back in reverse order.

    x is (n, c, 8, 8), target (n,) classes, mask the 0/1 mask of dropout, w the parameters.
    """
    # forward, keeping what the way back will need
    a = conv2d(x, w["conv"], w["conv_b"], padding=1)
    b, u, s = batch_norm(a, w["gamma"], w["beta"])
    c = np.maximum(0, b)
    d = max_pool2d(c, 2, 2)
    e = d.reshape(len(d), -1)
    f = np.tanh(e @ w["block"] + w["block_b"])
    h = e + f  # residual
    k = h * mask / (1 - P)
    z = k @ w["out"] + w["out_b"]
    loss = -log_softmax(z)[np.arange(len(z)), target].mean()
    # backward, from the last line to the first
    grad = {}
    dz = cross_entropy_backward(z, target)
    dk, grad["out"], grad["out_b"] = affine_backward(dz, k, w["out"])
    dh = dropout_backward(dk, mask, P)
    through, grad["block"], grad["block_b"] = affine_backward(tanh_backward(dh, f), e, w["block"])
    de = dh + through  # e was used twice: add
    dc = max_pool2d_backward(de.reshape(d.shape), c, 2, 2)
    db = relu_backward(dc, c)
    da, grad["gamma"], grad["beta"] = batch_norm_backward(db, u, s, w["gamma"])
    grad["x"], grad["conv"], grad["conv_b"] = conv2d_backward(da, x, w["conv"], padding=1)
    return float(loss), grad


def torch_network_gradients(x, target, mask, w):
    """The same with PyTorch's autograd; x, target, mask are tensors, w a dict of tensors."""
    import torch
    import torch.nn.functional as F

    w = {name: value.detach().requires_grad_() for name, value in w.items()}
    x = x.detach().requires_grad_()
    a = F.conv2d(x, w["conv"], w["conv_b"], padding=1)
    b = F.batch_norm(a, None, None, w["gamma"], w["beta"], training=True)
    e = F.max_pool2d(F.relu(b), 2).flatten(1)
    h = e + torch.tanh(e @ w["block"] + w["block_b"])
    z = (h * mask / (1 - P)) @ w["out"] + w["out_b"]
    loss = F.cross_entropy(z, target)
    loss.backward()
    return loss.item(), {"x": x.grad, **{name: value.grad for name, value in w.items()}}


# --------------------------------------------------------------------------- evidence


def _example(rng: np.random.Generator):
    """(x, target, mask, parameters): four images, two channels in, three kernels, five classes."""
    w = {
        "conv": rng.normal(0, 0.4, (3, 2, 3, 3)),
        "conv_b": rng.normal(size=3),
        "gamma": rng.uniform(0.5, 1.5, 3),
        "beta": rng.normal(size=3),
        "block": rng.normal(0, 0.15, (48, 48)),
        "block_b": rng.normal(size=48),
        "out": rng.normal(0, 0.15, (48, 5)),
        "out_b": rng.normal(size=5),
    }
    x = rng.normal(size=(4, 2, 8, 8))
    return x, rng.integers(0, 5, 4), (rng.random((4, 48)) >= P).astype(float), w


def check_network() -> Check:
    """Loss and every gradient of the network, on five draws."""
    import torch

    pairs = []
    for rng in kit.seeds(5):
        x, target, mask, w = _example(rng)
        loss, grad = network_gradients(x, target, mask, w)
        tensors = {name: torch.tensor(value) for name, value in w.items()}
        theirs, expected = torch_network_gradients(
            torch.tensor(x), torch.tensor(target), torch.tensor(mask), tensors
        )
        pairs.append((loss, theirs))
        pairs += [(grad[name], expected[name]) for name in expected]
    return kit.compare(
        (
            "PyTorch 自动求导：整个网络的损失与全部梯度",
            "PyTorch's autograd: the loss and all gradients of the whole network",
        ),
        pairs,
        tolerance=1e-12,
    )


def check_rules() -> Check:
    """The short backward functions that the network does not use, or not alone."""
    import torch
    import torch.nn.functional as F

    pairs = []
    for rng in kit.seeds(5):
        x, g = rng.normal(size=(6, 5)), rng.normal(size=(6, 5))
        target = rng.integers(0, 5, 6)

        def theirs(function, x=x, g=g):
            t = torch.tensor(x, requires_grad=True)
            y = function(t)
            upstream = torch.tensor(g) if y.ndim else torch.tensor(1.0, dtype=torch.float64)
            return y.detach().numpy(), torch.autograd.grad(y, t, grad_outputs=upstream)[0]

        for ours, function in (
            (sigmoid_backward, torch.sigmoid),
            (tanh_backward, torch.tanh),
            (relu_backward, torch.relu),
            (softmax_backward, lambda t: t.softmax(-1)),
        ):
            y, expected = theirs(function)
            pairs.append((ours(g, y), expected))
        _, expected = theirs(lambda t, k=target: F.cross_entropy(t, torch.tensor(k)))
        pairs.append((cross_entropy_backward(x, target), expected))
        _, expected = theirs(lambda t, g=g: F.mse_loss(t, torch.tensor(g)))
        pairs.append((mse_backward(x, g), expected))
    return kit.compare(
        (
            "PyTorch 自动求导：激活、softmax、两种损失",
            "PyTorch's autograd: activations, softmax and two losses",
        ),
        pairs,
        tolerance=1e-14,
    )
