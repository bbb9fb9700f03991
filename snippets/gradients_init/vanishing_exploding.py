"""Vanishing and exploding gradients: a product of many factors, and how to see it in a network."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from snippets import kit
from snippets.activations.sigmoid_tanh import sigmoid_grad
from snippets.kit import Check, Formula


def jacobian_product(weights: ArrayLike, slopes: ArrayLike) -> np.ndarray:
    """∂h_L/∂h_0 of the layers h_l = φ(W_l h_{l-1}): the product of diag(φ'(z_l)) W_l.

    weights is (L, n, n), slopes φ'(z_l) is (L, n), both from the first layer on; the result is
    (n, n).  ValueError: shapes that do not fit.
    """
    weights, slopes = np.asarray(weights, dtype=float), np.asarray(slopes, dtype=float)
    square = weights.ndim == 3 and weights.shape[1] == weights.shape[2]
    if not square or slopes.shape != weights.shape[:2]:
        raise ValueError(f"weights {weights.shape} and slopes {slopes.shape} do not fit")
    jacobian = np.eye(weights.shape[2])
    for weight, slope in zip(weights, slopes, strict=True):
        jacobian = slope[:, None] * (weight @ jacobian)
    return jacobian


def layers_until_overflow(
    std: float, width: int, rng: np.random.Generator, dtype: type = np.float32, most: int = 1000
) -> int:
    """How many linear layers with weights from N(0, std²) until an activation is inf or nan.

    The input is from N(0, 1).  Returns ``most`` where none of so many overflows.
    """
    h = rng.normal(size=width).astype(dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        for layer in range(1, most + 1):
            h = rng.normal(0.0, std, (width, width)).astype(dtype) @ h
            if not np.isfinite(h).all():
                return layer
    return most


def pre_activation_gradients(model, loss_of) -> list[float]:
    """Norm of ∂L/∂z for each nn.Linear of a PyTorch model, first layer first.

    loss_of(model) runs the model forward and gives the loss.  The output of a linear layer is the
    pre-activation z, so a hook on it sees ∂L/∂z.  As ever, the backward pass also adds to the
    ``.grad`` of the parameters.
    """
    from torch import nn

    norms, handles = [], []

    def watch(_, __, z):
        z.register_hook(lambda gradient: norms.append(gradient.norm().item()))

    for module in model.modules():
        if isinstance(module, nn.Linear):
            handles.append(module.register_forward_hook(watch))
    try:
        loss_of(model).backward()
    finally:
        for handle in handles:
            handle.remove()
    return norms[::-1]


def first_not_finite(model) -> str | None:
    """Name of the first parameter of a PyTorch model whose gradient has an inf or a nan.

    That something broke, not where: on the way back a nan reaches every layer before it.
    """
    import torch

    for name, parameter in model.named_parameters():
        if parameter.grad is not None and not torch.isfinite(parameter.grad).all():
            return name
    return None


def first_overflow(model, x) -> str | None:
    """Name of the first module of a PyTorch model whose output for x has an inf or a nan."""
    import torch

    bad, handles = [], []

    def watch(name):
        return lambda _, __, y: bad.append(name) if not torch.isfinite(y).all() else None

    for name, module in model.named_modules():
        if not list(module.children()):
            handles.append(module.register_forward_hook(watch(name)))
    try:
        with torch.no_grad():
            model(x)
    finally:
        for handle in handles:
            handle.remove()
    return bad[0] if bad else None


def update_ratio(before: ArrayLike, after: ArrayLike) -> float:
    """‖Δw‖ / ‖w‖ of one optimiser step: the size of the update relative to the weights.

    ValueError: shapes that differ, or weights that are all zero.
    """
    before, after = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
    if before.shape != after.shape:
        raise ValueError(f"the shapes {before.shape} and {after.shape} differ")
    size = np.linalg.norm(before)
    if size == 0:
        raise ValueError("the weights are all zero; there is nothing to relate the update to")
    return float(np.linalg.norm(after - before) / size)


# --------------------------------------------------------------------------- formulas

_WEIGHTS = kit.array(("权重", "weights"), ("L", "n", "n"), -2, 2)
_SLOPES = kit.array(
    ("各层的导数 φ′(z)，每个单元一个", "slopes φ′(z) of each layer, one for each unit"),
    ("L", "n"),
    -1,
    1.2,
)
_L = kit.integer(("层数", "number of layers"), 1, 6)
_N = kit.integer(("每层单元数", "units in a layer"), 1, 5)

formula_two = Formula(
    r"\frac{\partial h_2}{\partial h_0} ="
    r" \operatorname{diag}(\phi'(z_2))\, W_2\, \operatorname{diag}(\phi'(z_1))\, W_1",
    {
        "W_1": kit.array(("第一层的权重", "weights of the first layer"), ("n", "n"), -2, 2),
        "W_2": kit.array(("第二层的权重", "weights of the second layer"), ("n", "n"), -2, 2),
        "z_1": kit.array(("第一层的预激活值", "its pre-activations"), ("n",), -3, 3),
        "z_2": kit.array(
            ("第二层的预激活值", "pre-activations of the second layer"), ("n",), -3, 3
        ),
        r"\phi'": kit.function(
            (
                "激活函数的导数（核对时用 sigmoid）",
                "slope of the activation (sigmoid in the check)",
            ),
            sigmoid_grad,
        ),
        "n": _N,
    },
    equals=lambda W_1, W_2, z_1, z_2: jacobian_product(
        [W_1, W_2], [sigmoid_grad(z_1), sigmoid_grad(z_2)]
    ),
)

formula_bound = Formula(
    r"\left\lVert J(W, s) \right\rVert_2 \le"
    r" \prod_{l=1}^{L} \lVert W_l \rVert_2 \max_i |s_{li}|",
    {
        "J": kit.function(
            ("雅可比连乘 ∂h_L/∂h_0", "the product of Jacobians, ∂h_L/∂h_0"), jacobian_product
        ),
        "W": _WEIGHTS,
        "s": _SLOPES,
        "L": _L,
        "n": _N,
        "l": kit.index(("层", "a layer"), "L"),
        "i": kit.index(("单元", "a unit"), "n"),
    },
)

formula_update = Formula(
    r"r = \frac{\lVert w_{t+1} - w_t \rVert_2}{\lVert w_t \rVert_2}",
    {
        "w_t": kit.array(("这一步之前的权重", "weights before the step"), (4,), 0.1, 2),
        "w_{t+1}": kit.array(("这一步之后的权重", "weights after it"), (4,), -2, 2),
    },
    equals=lambda w_t, w_tplus1: update_ratio(w_t, w_tplus1),
)


# --------------------------------------------------------------------------- evidence


def check_jacobian() -> Check:
    """The product against autograd's Jacobian of five tanh layers."""
    import torch

    pairs = []
    for rng in kit.seeds(5):
        weights, h = rng.normal(0, 0.6, (5, 4, 4)), rng.normal(size=4)

        def network(x, weights=weights):
            for weight in weights:
                x = torch.tanh(torch.tensor(weight) @ x)
            return x

        slopes, x = [], h
        for weight in weights:
            x = np.tanh(weight @ x)
            slopes.append(1 - x**2)
        theirs = torch.autograd.functional.jacobian(network, torch.tensor(h))
        pairs.append((jacobian_product(weights, slopes), theirs))
    return kit.compare(
        ("PyTorch 自动求导得到的雅可比矩阵", "the Jacobian by PyTorch's autograd"),
        pairs,
        tolerance=1e-13,
    )
