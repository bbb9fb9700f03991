"""A stack of equal layers z = W h, h = φ(z): what reaches its end, and what comes back.

Inputs and the gradient at the output are from N(0, 1); there are no biases.  As on the other pages,
the gradient is that with respect to the pre-activations z.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from snippets import kit
from snippets.activations.relu import relu, relu_grad
from snippets.activations.sigmoid_tanh import sigmoid, sigmoid_grad, tanh, tanh_grad
from snippets.kit import Spread

DEPTH, WIDTH, BATCH, RUNS = 50, 128, 64, 5

Draw = Callable[[np.random.Generator], np.ndarray]

FUNCTIONS = {
    "sigmoid": (sigmoid, sigmoid_grad),
    "tanh": (tanh, tanh_grad),
    "ReLU": (relu, relu_grad),
    "linear": (lambda z: z, np.ones_like),
}


def normal(std: float) -> Draw:
    """Square weights from N(0, std²)."""
    return lambda rng: rng.normal(0.0, std, (WIDTH, WIDTH))


def run(
    name: str, draw: Draw, rng: np.random.Generator, depth: int = DEPTH
) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Mean of z² and norm of ∂L/∂z for each layer, first layer first, and the activations h."""
    phi, slope = FUNCTIONS[name]
    h, weights, slopes, hidden = rng.normal(size=(BATCH, WIDTH)), [], [], []
    upstream, moments, norms = rng.normal(size=(BATCH, WIDTH)), np.empty(depth), np.empty(depth)
    for layer in range(depth):
        weights.append(draw(rng))
        z = h @ weights[-1].T
        moments[layer] = np.mean(z**2)
        h = phi(z)
        hidden.append(h)
        slopes.append(slope(z))
    for layer in reversed(range(depth)):
        delta = upstream * slopes[layer]
        norms[layer] = np.linalg.norm(delta)
        upstream = delta @ weights[layer]
    return moments, norms, hidden


@cache
def gained(name: str, gain: float, depth: int = DEPTH) -> tuple[np.ndarray, np.ndarray]:
    """Moments and norms of RUNS networks with std gain / √n, each of shape (RUNS, depth)."""
    draw = normal(gain / WIDTH**0.5)
    found = [run(name, draw, rng, depth)[:2] for rng in kit.seeds(RUNS)]
    return np.array([m for m, _ in found]), np.array([n for _, n in found])


def ratio(norms: np.ndarray) -> Spread:
    """First layer over last, a run at a time."""
    return Spread(norms[:, 0] / norms[:, -1])


def growth(moments: np.ndarray) -> Spread:
    """Last layer over first, a run at a time."""
    return Spread(moments[:, -1] / moments[:, 0])
