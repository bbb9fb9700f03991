"""Optimisation at a glance: the optimisers side by side, what each keeps, and how it steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from snippets.kit import Pair
from snippets.optimization._surfaces import Step
from snippets.optimization.adagrad_rmsprop import adadelta, adagrad, rmsprop
from snippets.optimization.adam import adam, adamw
from snippets.optimization.gradient_descent import sgd
from snippets.optimization.modern_optimizers import lion, muon
from snippets.optimization.momentum import sgd_momentum


def step_lengths(
    step: Callable[..., Any], g: float, steps: int, *, lr: float, **settings: Any
) -> np.ndarray:
    """Lengths (steps,) of the steps over lr, while the gradient of the one parameter stays g.

    ``step(theta, grad, state, lr=..., **settings)`` gives the new theta and state.  ValueError: g
    is 0, which no optimiser follows.
    """
    if g == 0:
        raise ValueError("g is 0; give a gradient that moves the parameter")
    theta, state, lengths = np.zeros((1, 1)), None, []
    for _ in range(steps):
        after, state = step(theta, np.full((1, 1), g), state, lr=lr, **settings)
        lengths.append(abs(after - theta).item() / lr)
        theta = after
    return np.array(lengths)


def torch_step_lengths(make, g, steps, lr):
    """The same for an optimiser of PyTorch: make([theta], lr) gives it, such as torch.optim.Adam.

    The parameter is a 1×1 matrix, so that torch.optim.Muon takes it, too.
    """
    import torch

    theta = torch.zeros(1, 1, dtype=torch.float64, requires_grad=True)
    optimizer = make([theta], lr=lr)
    lengths = []
    for _ in range(steps):
        before = theta.item()
        theta.grad = torch.full_like(theta, g)
        optimizer.step()
        lengths.append(abs(theta.item() - before) / lr)
    return lengths


# --------------------------------------------------------------------------- the optimisers


@dataclass(frozen=True)
class Optimiser:
    """One row of the tables: our step, PyTorch's class (empty: none), the settings of both."""

    name: Pair
    step: Step
    kind: str = ""
    settings: dict[str, Any] = field(default_factory=dict)


OPTIMISERS: dict[str, Optimiser] = {
    "sgd": Optimiser(("SGD", "SGD"), sgd, "SGD"),
    "momentum": Optimiser(("动量", "momentum"), sgd_momentum, "SGD", {"momentum": 0.9}),
    "nesterov": Optimiser(
        ("Nesterov", "Nesterov"), sgd_momentum, "SGD", {"momentum": 0.9, "nesterov": True}
    ),
    "adagrad": Optimiser(("Adagrad", "Adagrad"), adagrad, "Adagrad"),
    "adadelta": Optimiser(("Adadelta", "Adadelta"), adadelta, "Adadelta"),
    "rmsprop": Optimiser(("RMSprop", "RMSprop"), rmsprop, "RMSprop"),
    "adam": Optimiser(("Adam", "Adam"), adam, "Adam"),
    "adamw": Optimiser(("AdamW", "AdamW"), adamw, "AdamW", {"weight_decay": 0.0}),
    "lion": Optimiser(("Lion", "Lion"), lion),
    "muon": Optimiser(("Muon", "Muon"), muon, "Muon", {"weight_decay": 0.0}),
}
"""Weight decay is off in all of them, so that AdamW takes the steps of Adam."""
