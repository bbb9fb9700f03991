"""One function, three spellings: what NumPy, torch and torch.nn call it, and that they agree."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.activations.activation_zoo import (
    ACTIVATIONS,
    BY_NAME,
    Activation,
    run_as_printed,
    torch_activations,
)
from snippets.kit import Check, Table, Tr


def _largest_difference(activation: Activation) -> tuple[float, float]:
    """NumPy against the functional form, and that against the module, as they are printed."""
    import torch

    x = np.concatenate([np.linspace(-10, 10, 2001), [-0.0, 1e-30, 1e4, -1e4]])
    t = torch.tensor(x)
    theirs = run_as_printed(activation.functional)(t)
    gap = kit.compare("PyTorch", [(activation.forward(x), theirs)], tolerance=3e-9).error
    if not activation.module:
        return gap, 0.0
    module = run_as_printed(activation.module)(t).double()
    return gap, kit.compare("PyTorch", [(module(t).detach(), theirs)], tolerance=0.0).error


def _numpy_name(activation: Activation) -> str:
    return "np.tanh" if activation.name == "tanh" else activation.forward.__name__


def table_names(tr: Tr) -> Table:
    worst = max(_largest_difference(a)[0] for a in ACTIVATIONS)
    return Table(
        [tr("名称", "name"), tr.name("NumPy"), tr.name("torch / F"), tr.name("torch.nn")],
        [
            [
                tr.name(a.name),
                f"`{_numpy_name(a)}`",
                f"`{a.functional}`",
                f"`{a.module}`" if a.module else None,
            ]
            for a in ACTIVATIONS
        ],
        caption=tr(
            f"同一个函数的三种写法，逐格执行过：函数与层逐位相同，NumPy 与函数最多相差 {worst:.0e}",
            "One function, three spellings, each cell run: function and layer agree to the last "
            f"bit, NumPy and the function to {worst:.0e}",
        ),
        sortable=True,
    )


def check_torch() -> Check:
    import torch

    x = np.concatenate([np.linspace(-10, 10, 2001), [1e4, -1e4]])
    t = torch.tensor(x)
    theirs = torch_activations(t)
    return kit.compare(
        ("PyTorch 的同名函数", "PyTorch's functions of the same names"),
        [(BY_NAME[name].forward(x), y) for name, y in theirs.items()],
        tolerance=3e-9,  # softplus: PyTorch is linear above 20, off by e^-20
    )


def check_slopes() -> Check:
    """Slopes against autograd, away from the step, of which PyTorch has none."""
    import torch

    x = np.linspace(-10, 10, 2001)
    pairs = []
    for name in torch_activations(torch.zeros(1)):
        if name != "step":
            t = torch.tensor(x, requires_grad=True)
            torch_activations(t)[name].sum().backward()
            pairs.append((BY_NAME[name].grad(x), t.grad))
    return kit.compare(("PyTorch 的自动求导", "PyTorch's autograd"), pairs, tolerance=1e-8)


def check_differences() -> Check:
    """Slopes against central differences, away from the kinks and from 0."""
    h = 1e-5
    x = np.linspace(-10, 10, 2001)
    x = x[np.all([np.abs(x - kink) > 1e-3 for kink in (-3, -1, 0, 1, 3)], axis=0)]
    return kit.compare(
        ("有限差分", "finite differences"),
        [(a.grad(x), (a.forward(x + h) - a.forward(x - h)) / (2 * h)) for a in ACTIVATIONS],
        tolerance=1e-9,
    )
