"""Why activations are nonlinear: linear layers collapse into one, a bend lets sums approximate."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from snippets.activations.relu import relu

XOR_INPUTS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
XOR_TARGETS = np.array([0.0, 1.0, 1.0, 0.0])


def layer(x: ArrayLike, W: ArrayLike, b: ArrayLike, phi=relu) -> np.ndarray:
    """One layer phi(W x + b): x is (m,) or (n, m), W is (k, m), b is (k,), phi acts by element."""
    return phi(np.asarray(x) @ np.transpose(W) + b)


def collapse(layers: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """The one linear layer (W, b) that equals a stack [(W1, b1), (W2, b2), ...] of them."""
    W, b = layers[0]
    for next_W, next_b in layers[1:]:
        W, b = next_W @ W, next_W @ b + next_b
    return W, b


def torch_collapse(model):
    """The same for an nn.Sequential of nn.Linear layers: one nn.Linear."""
    import torch

    with torch.no_grad():
        weight, bias = model[0].weight, model[0].bias
        for linear in model[1:]:
            weight, bias = linear.weight @ weight, linear.weight @ bias + linear.bias
        single = torch.nn.Linear(weight.shape[1], weight.shape[0], dtype=weight.dtype)
        single.weight.copy_(weight)
        single.bias.copy_(bias)
    return single


def torch_network(nonlinear: bool):
    """Two inputs, two hidden layers, one output; without ReLU it can only draw a straight line."""
    from torch import nn

    phi = nn.ReLU if nonlinear else nn.Identity
    return nn.Sequential(nn.Linear(2, 100), phi(), nn.Linear(100, 100), phi(), nn.Linear(100, 1))


def best_linear(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Outputs (n,) of the linear model w x + b nearest to y in least squares; x is (n, m)."""
    design = np.column_stack([x, np.ones(len(x))])
    solution, *_ = np.linalg.lstsq(design, y, rcond=None)
    return design @ solution


def xor_network(x: ArrayLike) -> np.ndarray:
    """XOR of two bits by two hidden ReLUs; x is (..., 2)."""
    W, b = np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([0.0, -1.0])
    return layer(x, W, b) @ np.array([1.0, -2.0])


def interpolating_net(
    knots: np.ndarray, values: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Weights (w, b, c, c0) of a one-layer ReLU network that joins the points by straight lines.

    The network is c0 + Σ c_i ReLU(w_i x + b_i).  knots (N + 1,) ascend; it has N hidden units: each
    bends the line at the start of a piece, by the change of slope there.
    """
    slopes = np.diff(values) / np.diff(knots)
    return np.ones(len(slopes)), -knots[:-1], np.diff(slopes, prepend=0.0), float(values[0])


def one_hidden_layer(x: ArrayLike, w, b, c, c0=0.0, phi=relu) -> np.ndarray:
    """c0 + Σ c_i phi(w_i x + b_i) for each x (...), with w, b, c of shape (N,)."""
    return c0 + phi(np.multiply.outer(x, w) + b) @ c


def torch_interpolating_net(knots, values):
    """The same network in PyTorch, its weights set by hand; takes x of shape (n, 1)."""
    import torch
    from torch import nn

    *arrays, c0 = interpolating_net(knots, values)
    w, b, c = map(torch.as_tensor, arrays)
    net = nn.Sequential(nn.Linear(1, len(w)), nn.ReLU(), nn.Linear(len(w), 1)).double()
    with torch.no_grad():
        net[0].weight.copy_(w[:, None])
        net[0].bias.copy_(b)
        net[2].weight.copy_(c[None, :])
        net[2].bias.fill_(c0)
    return net
