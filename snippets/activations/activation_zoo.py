"""The activation functions side by side: a few more, and the list of all that act on one number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from snippets.activations.modern_activations import (
    gelu,
    gelu_grad,
    gelu_tanh,
    gelu_tanh_grad,
    mish,
    mish_grad,
    silu,
    silu_grad,
)
from snippets.activations.relu import relu, relu_grad
from snippets.activations.relu_variants import (
    celu,
    celu_grad,
    elu,
    elu_grad,
    leaky_relu,
    leaky_relu_grad,
    prelu,
    prelu_grad,
    rrelu,
    rrelu_grad,
    selu,
    selu_grad,
    softplus,
    softplus_grad,
)
from snippets.activations.sigmoid_tanh import sigmoid, sigmoid_grad, tanh, tanh_grad

POINTS = np.array([-2.0, -0.5, 0.0, 0.5, 2.0])  # the worked example


def identity(x: ArrayLike) -> np.ndarray:
    """x itself: the activation of a regression output; any shape."""
    return np.asarray(x)


def identity_grad(x: ArrayLike) -> np.ndarray:
    """Slope of the identity: 1 everywhere, in the shape of x."""
    return np.ones_like(x, dtype=np.result_type(np.asarray(x), np.float32))


def step(x: ArrayLike, at_zero: float = 1.0) -> np.ndarray:
    """Heaviside step: 0 left of zero, 1 right of it, element-wise; nan stays nan.

    At zero it is 1 by default, as in a threshold unit that fires when its threshold is reached; 1/2
    and 0 are in use too.  [mcculloch1943]
    """
    return np.heaviside(x, at_zero)


def step_grad(x: ArrayLike) -> np.ndarray:
    """Slope of the step: 0, so nothing is learned; 0 also at zero, where there is none."""
    return np.zeros_like(x, dtype=np.result_type(np.asarray(x), np.float32))


def softsign(x: ArrayLike) -> np.ndarray:
    """x / (1 + |x|), element-wise: saturates like 1/x, not exponentially; range [-1, 1].

    ±inf give ±1, where PyTorch gives nan.  [glorot2010]
    """
    x = np.clip(x, -1e30, 1e30)  # ±1 from far before on; inf / inf would be nan
    return x / (1 + np.abs(x))


def softsign_grad(x: ArrayLike) -> np.ndarray:
    """Slope 1 / (1 + |x|)² of softsign, element-wise; 0 at ±inf, where PyTorch gives nan."""
    return (1 / (1 + np.abs(x))) ** 2


def hardsigmoid(x: ArrayLike) -> np.ndarray:
    """Piecewise linear sigmoid: (x + 3) / 6 cut off at 0 and 1, element-wise.

    As in PyTorch and in MobileNetV3; BinaryConnect cuts off (x + 1) / 2.  [howard2019;
    courbariaux2015]
    """
    return np.clip(np.add(x, 3), 0, 6) / 6


def hardsigmoid_grad(x: ArrayLike) -> np.ndarray:
    """Slope of hardsigmoid: 1/6 between -3 and 3, else 0, also at ±3."""
    return np.heaviside(3 - np.abs(x), 0) / 6


def hardtanh(x: ArrayLike) -> np.ndarray:
    """x cut off at -1 and 1, element-wise: a piecewise linear tanh."""
    return np.clip(x, -1, 1)


def hardtanh_grad(x: ArrayLike) -> np.ndarray:
    """Slope of hardtanh: 1 between -1 and 1, else 0, also at ±1."""
    return np.heaviside(1 - np.abs(x), 0)


def hardswish(x: ArrayLike) -> np.ndarray:
    """x · hardsigmoid(x), element-wise: SiLU without exp; range [-3/8, inf).

    -inf gives 0, where PyTorch gives nan.  [howard2019]
    """
    return np.maximum(x, -3) * hardsigmoid(x)


def hardswish_grad(x: ArrayLike) -> np.ndarray:
    """Slope of hardswish: x/3 + 1/2 between -3 and 3, 0 from -3 down, 1 from 3 up."""
    x = np.asarray(x)
    return np.where(np.abs(x) < 3, x / 3 + 0.5, np.heaviside(x, 0))


def maxout(z: ArrayLike, axis: int = -1) -> np.ndarray:
    """The largest of k linear pieces: z (..., k) gives (...); the k pieces lie along axis.

    ValueError: no piece, or an axis that z does not have.  [goodfellow2013]
    """
    return np.max(z, axis=axis)


def maxout_grad(z: ArrayLike, axis: int = -1) -> np.ndarray:
    """Slope of maxout by each piece, in the shape of z: 1 for the first largest piece, else 0."""
    z = np.asarray(z)
    slope = np.zeros_like(z, dtype=np.result_type(z, np.float32))
    np.put_along_axis(slope, np.argmax(z, axis=axis, keepdims=True), 1, axis)
    return slope


@dataclass(frozen=True)
class Activation:
    """An activation of one number, with what a comparison table needs to compute its columns."""

    name: str
    forward: Callable[[ArrayLike], np.ndarray]
    grad: Callable[[ArrayLike], np.ndarray]
    functional: str
    """The PyTorch expression in x, with ``import torch.nn.functional as F``."""
    module: str
    """The PyTorch layer; empty where there is none."""
    kinks: tuple[float, ...] = ()
    """Where it has no derivative."""


ACTIVATIONS = (
    Activation("identity", identity, identity_grad, "x", "nn.Identity()"),
    Activation("step", step, step_grad, "torch.heaviside(x, x.new_tensor(1.0))", "", (0.0,)),
    Activation("sigmoid", sigmoid, sigmoid_grad, "torch.sigmoid(x)", "nn.Sigmoid()"),
    Activation(
        "hardsigmoid",
        hardsigmoid,
        hardsigmoid_grad,
        "F.hardsigmoid(x)",
        "nn.Hardsigmoid()",
        (-3.0, 3.0),
    ),
    Activation("tanh", tanh, tanh_grad, "torch.tanh(x)", "nn.Tanh()"),
    Activation("hardtanh", hardtanh, hardtanh_grad, "F.hardtanh(x)", "nn.Hardtanh()", (-1.0, 1.0)),
    Activation("softsign", softsign, softsign_grad, "F.softsign(x)", "nn.Softsign()"),
    Activation("ReLU", relu, relu_grad, "F.relu(x)", "nn.ReLU()", (0.0,)),
    Activation(
        "Leaky ReLU",
        leaky_relu,
        leaky_relu_grad,
        "F.leaky_relu(x, 0.01)",
        "nn.LeakyReLU(0.01)",
        (0.0,),
    ),
    Activation("PReLU", prelu, prelu_grad, "F.prelu(x, x.new_tensor(0.25))", "nn.PReLU()", (0.0,)),
    Activation("RReLU", rrelu, rrelu_grad, "F.rrelu(x)", "nn.RReLU().eval()", (0.0,)),
    Activation("ELU", elu, elu_grad, "F.elu(x)", "nn.ELU()"),
    Activation("SELU", selu, selu_grad, "F.selu(x)", "nn.SELU()", (0.0,)),
    Activation("CELU", celu, celu_grad, "F.celu(x)", "nn.CELU()"),
    Activation("softplus", softplus, softplus_grad, "F.softplus(x)", "nn.Softplus()"),
    Activation("GELU", gelu, gelu_grad, "F.gelu(x)", "nn.GELU()"),
    Activation(
        "GELU (tanh)",
        gelu_tanh,
        gelu_tanh_grad,
        'F.gelu(x, approximate="tanh")',
        'nn.GELU("tanh")',
    ),
    Activation("SiLU", silu, silu_grad, "F.silu(x)", "nn.SiLU()"),
    Activation("Mish", mish, mish_grad, "F.mish(x)", "nn.Mish()"),
    Activation(
        "hardswish", hardswish, hardswish_grad, "F.hardswish(x)", "nn.Hardswish()", (-3.0, 3.0)
    ),
)
"""All activations that act on one number, with their default parameters (RReLU in evaluation)."""

BY_NAME = {activation.name: activation for activation in ACTIVATIONS}


def run_as_printed(code: str) -> Callable:
    """A PyTorch expression of the list as a function of x, run as it is printed."""

    def call(x):
        import torch
        import torch.nn.functional as F
        from torch import nn

        return eval(code, {"torch": torch, "F": F, "nn": nn, "x": x})

    return call


def torch_activations(x):
    """Every activation of the list as PyTorch has it, by name; x is a float tensor of any shape."""
    import torch
    import torch.nn.functional as F

    return {
        "step": torch.heaviside(x, x.new_tensor(1.0)),
        "sigmoid": torch.sigmoid(x),
        "hardsigmoid": F.hardsigmoid(x),
        "tanh": torch.tanh(x),
        "hardtanh": F.hardtanh(x),
        "softsign": F.softsign(x),
        "ReLU": F.relu(x),
        "Leaky ReLU": F.leaky_relu(x, 0.01),
        "PReLU": F.prelu(x, x.new_tensor(0.25)),
        "RReLU": F.rrelu(x, training=False),
        "ELU": F.elu(x),
        "SELU": F.selu(x),
        "CELU": F.celu(x),
        "softplus": F.softplus(x),
        "GELU": F.gelu(x),
        "GELU (tanh)": F.gelu(x, approximate="tanh"),
        "SiLU": F.silu(x),
        "Mish": F.mish(x),
        "hardswish": F.hardswish(x),
    }
