"""Weight decay and the L2 penalty: the same for SGD, different for momentum and Adam."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Check
from snippets.optimization.adam import adamw


def sgd_step(
    w: np.ndarray,
    grad: np.ndarray,
    buffer: np.ndarray | float = 0.0,
    *,
    lr: float,
    decay: float,
    momentum: float = 0.0,
    decoupled: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """One step of SGD with momentum: the new w, and the buffer for the next step.

    An L2 penalty adds decay · w to the gradient, and so to the buffer; ``decoupled`` instead
    multiplies w by 1 - lr · decay.  Any shape.  ValueError: a negative decay.  [loshchilov2019]
    """
    if decay < 0:
        raise ValueError(f"decay is {decay}; it must not be negative")
    if decoupled:
        shrunk = w * (1 - lr * decay)
    else:
        shrunk, grad = w, grad + decay * w
    buffer = momentum * buffer + grad
    return shrunk - lr * buffer, buffer


def relu_net(x: np.ndarray, W1: np.ndarray, b1: np.ndarray, W2: np.ndarray) -> np.ndarray:
    """Two layers with ReLU between them: x (m, d), W1 (h, d), b1 (h,), W2 (k, h), result (m, k)."""
    return np.maximum(0, x @ W1.T + b1) @ W2.T


def rescale(
    W1: np.ndarray, b1: np.ndarray, W2: np.ndarray, factor: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same function with other weights: the first layer times factor, the second divided.

    ValueError: a factor that is not positive.  [neyshabur2015]
    """
    if not factor > 0:
        raise ValueError(f"factor is {factor}; it must be positive")
    return W1 * factor, b1 * factor, W2 / factor


def torch_removed(optimizer_class, gradients, lr, decay):
    """How much weight_decay takes off a weight of 1 under these gradients (steps,)."""
    import torch

    ends = []
    for weight_decay in (0.0, decay):
        w = torch.ones((), dtype=torch.float64, requires_grad=True)
        optimizer = optimizer_class([w], lr=lr, weight_decay=weight_decay)
        for gradient in gradients:
            w.grad = torch.as_tensor(gradient, dtype=torch.float64)
            optimizer.step()
        ends.append(w.item())
    return ends[0] - ends[1]


def torch_parameter_groups(model, decay):
    """Groups for an optimizer: matrices and kernels decay, biases and parameters of norms do not.

    The rule is the number of dimensions.  [he2019]
    """
    parameters = [p for p in model.parameters() if p.requires_grad]
    return [
        {"params": [p for p in parameters if p.ndim >= 2], "weight_decay": decay},
        {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
    ]


# --------------------------------------------------------------------------- evidence


def check_sgd() -> Check:
    """SGD with and without momentum, against torch.optim.SGD with weight_decay."""
    import torch

    pairs = []
    for rng, momentum in zip(kit.seeds(4), (0.0, 0.0, 0.9, 0.9), strict=True):
        w, buffer = rng.normal(size=6), 0.0
        theirs = torch.tensor(w, requires_grad=True)
        optimizer = torch.optim.SGD([theirs], lr=0.1, momentum=momentum, weight_decay=0.3)
        for _ in range(20):
            grad = rng.normal(size=6)
            w, buffer = sgd_step(w, grad, buffer, lr=0.1, decay=0.3, momentum=momentum)
            theirs.grad = torch.tensor(grad)
            optimizer.step()
            pairs.append((w, theirs.detach().numpy().copy()))
    return kit.compare("`torch.optim.SGD`", pairs)


def check_adamw() -> Check:
    """One step of AdamW, against torch.optim.AdamW."""
    import torch

    pairs = []
    for rng in kit.seeds(10):
        w, grad = rng.normal(size=6), rng.normal(size=6)
        theirs = torch.tensor(w, requires_grad=True)
        theirs.grad = torch.tensor(grad)
        torch.optim.AdamW([theirs], lr=0.1, weight_decay=0.3).step()
        ours, _ = adamw(w, grad, lr=0.1, weight_decay=0.3)
        pairs.append((ours, theirs.detach().numpy()))
    return kit.compare("`torch.optim.AdamW`", pairs)
