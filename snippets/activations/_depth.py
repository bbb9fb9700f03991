"""The experiment that several pages share: what reaches the first layer of the gradient.

A stack of equal layers z = W h, h = phi(z) without bias, weights from N(0, std^2), inputs from
N(0, 1).  At its end stands a random linear loss L; the gradient with respect to the
pre-activations z of each layer is computed by hand.  (Not with respect to the weights: that one
also carries the size of the layer's input, and for ReLU, where both change by the same factor, its
ratio between layers would not depend on the scale of the weights at all.)
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from snippets.kit import seeds

DEPTH, WIDTH, BATCH, RUNS = 20, 256, 64, 5

Function = Callable[[np.ndarray], np.ndarray]


def gradient_norms(
    phi: Function, slope: Function, std: float, rng: np.random.Generator
) -> np.ndarray:
    """Frobenius norm of dL/dz for each of DEPTH layers, first layer first; shape (DEPTH,)."""
    weights, hidden, upstream = draw(std, rng)
    slopes = []
    for weight in weights:
        z = hidden @ weight.T
        hidden = phi(z)
        slopes.append(slope(z))
    norms = np.empty(DEPTH)
    for layer in reversed(range(DEPTH)):
        delta = upstream * slopes[layer]
        norms[layer] = np.linalg.norm(delta)
        upstream = delta @ weights[layer]
    return norms


def draw(std: float, rng: np.random.Generator) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """Weights, inputs (BATCH, WIDTH) and the gradient of the loss with respect to the output."""
    weights = [rng.normal(0.0, std, (WIDTH, WIDTH)) for _ in range(DEPTH)]
    return weights, rng.normal(size=(BATCH, WIDTH)), rng.normal(size=(BATCH, WIDTH))


def all_norms(phi: Function, slope: Function, std: float) -> np.ndarray:
    """The norms of RUNS independent networks, shape (RUNS, DEPTH)."""
    return np.array([gradient_norms(phi, slope, std, rng) for rng in seeds(RUNS)])


def torch_gradient_norms(torch_phi: Callable, std: float, rng: np.random.Generator) -> np.ndarray:
    """The same norms by PyTorch's autograd in float64: the oracle of ``gradient_norms``."""
    import torch

    weights, inputs, upstream = (
        [torch.tensor(a) for a in part] if isinstance(part, list) else torch.tensor(part)
        for part in draw(std, rng)
    )
    hidden, pre_activations = inputs, []
    for weight in weights:
        z = (hidden @ weight.T).requires_grad_()
        z.retain_grad()
        pre_activations.append(z)
        hidden = torch_phi(z)
    (hidden * upstream).sum().backward()
    return np.array([z.grad.norm().item() for z in pre_activations])
