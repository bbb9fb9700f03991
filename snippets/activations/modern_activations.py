"""GELU, SiLU, Mish: x times a gate that opens with x; GLU and SwiGLU: a gate with its own input.

At ±inf the functions of one input take their limits: value and slope 0 at -inf, slope 1 at +inf.
PyTorch gives nan there, for the value at -inf and for the slope at both ends.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from snippets import kit
from snippets.activations.relu_variants import softplus
from snippets.activations.sigmoid_tanh import sigmoid, sigmoid_grad, tanh_grad
from snippets.kit import Check, Formula

FAR = 1e3
"""Beyond ±FAR every gate is exactly 0 or 1: clipping there avoids inf · 0 = nan."""

_erfc = np.vectorize(math.erfc, otypes=[float])


def normal_cdf(x: ArrayLike) -> np.ndarray:
    """Φ(x), the probability that a standard normal variable is at most x; element-wise, [0, 1].

    By erfc rather than 1 + erf, which would cancel to 0 left of about -8.
    """
    x = np.asarray(x) * 1.0
    return (_erfc(x.astype(float) / -math.sqrt(2)) / 2).astype(x.dtype)


def normal_pdf(x: ArrayLike) -> np.ndarray:
    """Density φ(x) = exp(-x²/2) / √(2π) of the standard normal distribution, the slope of Φ."""
    return np.exp(np.square(x) / -2) / math.sqrt(2 * math.pi)


def gelu(x: ArrayLike) -> np.ndarray:
    """Gaussian error linear unit x · Φ(x), element-wise; any shape, range [-0.17, inf).

    [hendrycks2016]
    """
    return np.maximum(x, -FAR) * normal_cdf(x)


def gelu_grad(x: ArrayLike) -> np.ndarray:
    """Slope Φ(x) + x · φ(x) of GELU, element-wise; range [-0.13, 1.13]."""
    x = np.clip(x, -FAR, FAR)
    return normal_cdf(x) + x * normal_pdf(x)


def gelu_tanh(x: ArrayLike) -> np.ndarray:
    """The tanh approximation of GELU, x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³))), element-wise.

    Written with (1 + tanh u) / 2 = σ(2u), which does not cancel left of zero.  [hendrycks2016]
    """
    return np.maximum(x, -FAR) * sigmoid(_cubic(np.clip(x, -FAR, FAR)))


def gelu_tanh_grad(x: ArrayLike) -> np.ndarray:
    """Slope of gelu_tanh at x, element-wise."""
    x = np.clip(x, -FAR, FAR)
    cubic_grad = math.sqrt(8 / math.pi) * (1 + 3 * 0.044715 * x**2)
    return sigmoid(_cubic(x)) + x * sigmoid_grad(_cubic(x)) * cubic_grad


def _cubic(x):
    return math.sqrt(8 / math.pi) * (x + 0.044715 * x**3)


def silu(x: ArrayLike) -> np.ndarray:
    """Sigmoid linear unit x · σ(x), also called Swish; element-wise, range [-0.28, inf).

    [elfwing2018; ramachandran2017]
    """
    return np.maximum(x, -FAR) * sigmoid(x)


def silu_grad(x: ArrayLike) -> np.ndarray:
    """Slope σ(x) + x · σ(x) (1 - σ(x)) of SiLU, element-wise."""
    x = np.clip(x, -FAR, FAR)
    return sigmoid(x) + x * sigmoid_grad(x)


def swish(x: ArrayLike, beta: float = 1.0) -> np.ndarray:
    """Swish x · σ(beta · x), element-wise: x/2 at beta 0, SiLU at 1, towards ReLU as beta grows.

    In the paper beta is a constant or is learned with the weights.  [ramachandran2017]
    """
    return np.maximum(x, -FAR) * sigmoid(np.multiply(beta, x))


def mish(x: ArrayLike) -> np.ndarray:
    """Mish x · tanh(softplus(x)), element-wise; any shape, range [-0.31, inf).  [misra2020]"""
    return np.maximum(x, -FAR) * np.tanh(softplus(x))


def mish_grad(x: ArrayLike) -> np.ndarray:
    """Slope of Mish at x, element-wise."""
    x = np.clip(x, -FAR, FAR)
    return np.tanh(softplus(x)) + x * tanh_grad(softplus(x)) * sigmoid(x)


@np.errstate(invalid="ignore")  # inf · 0 has no limit here: nan, as in PyTorch
def glu(x: ArrayLike, axis: int = -1) -> np.ndarray:
    """Gated linear unit a · σ(b), where a and b are the first and second half of x along axis.

    The result has half the length along axis.  ValueError: an axis of odd length, or one that x
    does not have.  [dauphin2017, eq. 1]
    """
    a, b = _halves(x, axis)
    return a * sigmoid(b)


@np.errstate(invalid="ignore")
def glu_grad(x: ArrayLike, axis: int = -1) -> np.ndarray:
    """Slopes of GLU by its two halves, σ(b) and a · σ'(b), joined along axis in the shape of x."""
    a, b = _halves(x, axis)
    return np.concatenate([sigmoid(b), a * sigmoid_grad(b)], axis)


def _halves(x: ArrayLike, axis: int) -> list[np.ndarray]:
    x = np.asarray(x)
    if not -x.ndim <= axis < x.ndim or x.shape[axis] % 2:
        raise ValueError(f"axis {axis} of shape {x.shape} has no two halves; give an even length")
    return np.split(x, 2, axis)


@np.errstate(invalid="ignore")
def swiglu(gate: ArrayLike, value: ArrayLike) -> np.ndarray:
    """SiLU(gate) · value, element-wise, of two arrays of the same shape.

    In a feed-forward block they are two linear maps of the same input.  GLU gates with the second
    half, here the gate comes first.  ValueError: the shapes differ.  [shazeer2020, eq. 5]
    """
    _same_shape(gate, value)
    return silu(gate) * value


@np.errstate(invalid="ignore")
def swiglu_grad(gate: ArrayLike, value: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Slopes of SwiGLU by gate and by value: SiLU'(gate) · value and SiLU(gate)."""
    _same_shape(gate, value)
    return silu_grad(gate) * value, silu(gate)


def _same_shape(gate: ArrayLike, value: ArrayLike) -> None:
    if np.shape(gate) != np.shape(value):
        raise ValueError(f"gate {np.shape(gate)} and value {np.shape(value)} differ in shape")


def swiglu_ffn(x: np.ndarray, gate: np.ndarray, up: np.ndarray, down: np.ndarray) -> np.ndarray:
    """The feed-forward block (SiLU(x gateᵀ) · (x upᵀ)) downᵀ without biases.

    x is (..., d), gate and up are (h, d), down is (d, h), as nn.Linear keeps its weights; the
    result is (..., d).  [shazeer2020, eq. 6]
    """
    return swiglu(x @ gate.T, x @ up.T) @ down.T


def llama_hidden(d: int, multiple_of: int = 256, multiplier: float = 1.0) -> int:
    """Hidden width of Llama's feed-forward block: 2/3 of 4d, scaled, rounded up to a multiple.

    Cuts off after each factor, as the published code does.  [touvron2023; llamacode]
    """
    hidden = int(multiplier * int(2 * (4 * d) / 3))
    return multiple_of * math.ceil(hidden / multiple_of)


def torch_gelu(x):
    """The same in PyTorch; x is a tensor."""
    import torch.nn.functional as F

    return F.gelu(x)


def torch_gelu_tanh(x):
    """The same in PyTorch; x is a tensor."""
    import torch.nn.functional as F

    return F.gelu(x, approximate="tanh")


def torch_silu(x):
    """The same in PyTorch; x is a tensor."""
    import torch.nn.functional as F

    return F.silu(x)


def torch_mish(x):
    """The same in PyTorch; x is a tensor."""
    import torch.nn.functional as F

    return F.mish(x)


def torch_glu(x, axis: int = -1):
    """The same in PyTorch; x is a tensor."""
    import torch.nn.functional as F

    return F.glu(x, axis)


def torch_swiglu(gate, value):
    """The same in PyTorch, which has no function of this name; both are tensors."""
    import torch.nn.functional as F

    return F.silu(gate) * value


def torch_swish(x, beta: float = 1.0):
    """The same in PyTorch, which has only F.silu, for beta = 1; x and beta may be tensors."""
    import torch

    return x * torch.sigmoid(beta * x)


def torch_feed_forward(d: int, hidden: int):
    """A SwiGLU feed-forward block as a PyTorch module: (..., d) to (..., d), no biases."""
    import torch.nn.functional as F
    from torch import nn

    class FeedForward(nn.Module):
        def __init__(self):
            super().__init__()
            self.gate = nn.Linear(d, hidden, bias=False)
            self.up = nn.Linear(d, hidden, bias=False)
            self.down = nn.Linear(hidden, d, bias=False)

        def forward(self, x):
            return self.down(F.silu(self.gate(x)) * self.up(x))

    return FeedForward()


# --------------------------------------------------------------------------- formulas

_X = kit.scalar(("预激活值", "pre-activation"), -6, 6)
_PHI = kit.function(("标准正态分布函数", "standard normal distribution function"), normal_cdf)
_DENSITY = kit.function(("标准正态密度", "standard normal density"), normal_pdf)
_SIGMA = kit.function(("sigmoid", "sigmoid"), sigmoid)

formula_gelu = Formula(
    r"\operatorname{GELU}(x) = x\,\Phi(x)"
    r" = \frac{x}{2} \left(1 + \operatorname{erf}\left(\frac{x}{\sqrt{2}}\right)\right)",
    {"x": _X, r"\Phi": _PHI},
    equals=gelu,
)

formula_gelu_derivative = Formula(
    r"\operatorname{GELU}'(x) = \Phi(x) + x\,\varphi(x)",
    {"x": _X, r"\Phi": _PHI, r"\varphi": _DENSITY},
    derivative_of=gelu,
    autograd=torch_gelu,
)

formula_silu = Formula(
    r"\operatorname{SiLU}(x) = x\,\sigma(x) = \frac{x}{1 + e^{-x}}",
    {"x": _X, r"\sigma": _SIGMA},
    equals=silu,
)

formula_silu_derivative = Formula(
    r"\operatorname{SiLU}'(x) = \sigma(x) \left(1 + x\,(1 - \sigma(x))\right)",
    {"x": _X, r"\sigma": _SIGMA},
    derivative_of=silu,
    autograd=torch_silu,
)

formula_mish = Formula(
    r"\operatorname{Mish}(x) = x \tanh(\ln(1 + e^x))",
    {"x": _X},
    equals=mish,
)


# --------------------------------------------------------------------------- evidence


def check_torch() -> Check:
    import torch

    x = np.concatenate([np.linspace(-12, 12, 2401), [-1e4, 1e4]])
    t = torch.tensor(x)
    pairs = x[: 2 * (x.size // 2)]
    return kit.compare(
        (
            "PyTorch 的 `F.gelu`（两种形式）、`F.silu`、`F.mish`、`F.glu`",
            "PyTorch's `F.gelu` (both forms), `F.silu`, `F.mish` and `F.glu`",
        ),
        [
            (gelu(x), torch_gelu(t)),
            (gelu_tanh(x), torch_gelu_tanh(t)),
            (silu(x), torch_silu(t)),
            (swish(x, 1.702), torch_swish(t, 1.702)),
            (mish(x), torch_mish(t)),
            (glu(pairs), torch_glu(torch.tensor(pairs))),
        ],
        tolerance=1e-12,
    )
