"""Properties of activations: which are needed, which are handy, and what saturation means."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

FAR = 30.0


def grid_minimum(f: Callable, low: float = -5.0, high: float = 5.0) -> tuple[float, float]:
    """(x, f(x)) of the smallest value of f on a fine grid of [low, high], to about 1e-5 in x."""
    x = np.linspace(low, high, 1_000_001)
    y = f(x)
    at = int(np.argmin(y))
    return float(x[at]), float(y[at])


def torch_grid_minimum(f, low: float = -5.0, high: float = 5.0):
    """The same in PyTorch; f takes a tensor: F.gelu, F.silu."""
    import torch

    x = torch.linspace(low, high, 1_000_001, dtype=torch.float64)
    y = f(x)
    at = y.argmin()
    return x[at].item(), y[at].item()


def end_slopes(slope: Callable, far: float = FAR) -> tuple[float, float]:
    """The slope far out on the left and on the right: near 0 where the activation saturates."""
    left, right = slope(np.array([-far, far]))
    return float(left), float(right)


def torch_end_slopes(f, far: float = FAR):
    """The same by autograd in float64; f takes a tensor."""
    import torch

    x = torch.tensor([-far, far], dtype=torch.float64, requires_grad=True)
    f(x).sum().backward()
    return tuple(x.grad.tolist())


def torch_sign_gradient():
    """Gradient of torch.sign at -2, 0, 3: all 0, so nothing before it is ever trained."""
    import torch

    x = torch.tensor([-2.0, 0.0, 3.0], requires_grad=True)
    torch.sign(x).sum().backward()
    return x.grad
