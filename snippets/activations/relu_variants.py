"""The ReLU family: a slope or a smooth bend on the negative side keeps units alive.

At the bend in 0 every slope given here is the one on the left, as in PyTorch; at nan it is nan.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from snippets import kit
from snippets.activations.sigmoid_tanh import sigmoid
from snippets.kit import Check, Formula

SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946
"""The pair that keeps mean 0 and variance 1 of a standard normal input.  [klambauer2017]"""


def leaky_relu(x: ArrayLike, slope: float = 0.01) -> np.ndarray:
    """x right of zero, slope · x left of it, element-wise; any shape, range (-inf, inf).

    Equals max(slope · x, x) only for slopes from 0 to 1.  [maas2013]
    """
    x = np.asarray(x)
    return np.where(x > 0, x, slope * x)


def leaky_relu_grad(x: ArrayLike, slope: float = 0.01) -> np.ndarray:
    """Slope of leaky ReLU at x, element-wise: 1 right of zero, else ``slope``."""
    right = np.heaviside(x, 0)
    return right + slope * (1 - right)


def prelu(x: ArrayLike, slope: ArrayLike = 0.25) -> np.ndarray:
    """Leaky ReLU with a learned slope: one for all of x, or one a channel.

    x is (N, C, ...) with slope (C,), or of any shape with one slope.  ValueError: any other slope.
    [he2015, eq. 1]
    """
    return leaky_relu(x, _per_channel(slope, np.asarray(x)))


def prelu_grad(x: ArrayLike, slope: ArrayLike = 0.25) -> np.ndarray:
    """Slope of PReLU at x, element-wise, in the shape of x; arguments as for prelu."""
    return leaky_relu_grad(x, _per_channel(slope, np.asarray(x)))


def prelu_slope_grad(g: ArrayLike, x: ArrayLike, slope: ArrayLike = 0.25) -> np.ndarray:
    """Gradient by the learned slope, in its shape, given the gradient g by prelu(x, slope).

    Sums g · min(x, 0) over all that one slope serves.  g has the shape of x.  [he2015, eq. 2]
    """
    terms = np.multiply(g, np.minimum(x, 0))
    if np.size(slope) == 1:
        return terms.sum().reshape(np.shape(slope))
    _per_channel(slope, terms)
    return terms.sum(axis=(0, *range(2, terms.ndim)))


def _per_channel(slope: ArrayLike, x: np.ndarray) -> np.ndarray:
    """The slope in the float type of x, shaped to broadcast along axis 1 of x."""
    slope = np.asarray(slope, dtype=np.result_type(x, np.float32))
    if slope.size == 1:
        return slope.reshape(())
    if slope.ndim != 1 or x.ndim < 2 or x.shape[1] != slope.size:
        raise ValueError(
            f"slope {slope.shape} does not fit x {x.shape}; give one, or one per channel (axis 1)"
        )
    return slope.reshape(-1, *[1] * (x.ndim - 2))


def rrelu(
    x: ArrayLike,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    rng: np.random.Generator | None = None,
) -> np.ndarray:
    """Leaky ReLU with a random slope, uniform in [lower, upper]; any shape.

    Training: give rng, which draws a slope for each element.  Evaluation: without rng, the mean
    slope (lower + upper) / 2.  The defaults are PyTorch's; the paper divides x by a draw from
    U(3, 8), and by its mean 11/2 in evaluation.  ValueError: lower above upper.  [xu2015]
    """
    return leaky_relu(x, _random_slope(np.asarray(x), lower, upper, rng))


def rrelu_grad(
    x: ArrayLike,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    rng: np.random.Generator | None = None,
) -> np.ndarray:
    """Slope of RReLU at x, element-wise; in training, rng must be as it was before rrelu drew."""
    return leaky_relu_grad(x, _random_slope(np.asarray(x), lower, upper, rng))


def _random_slope(x, lower, upper, rng):
    if lower > upper:
        raise ValueError(f"the slopes run from lower {lower} to upper {upper}; swap them")
    if rng is None:
        return (lower + upper) / 2
    return rng.uniform(lower, upper, x.shape).astype(np.result_type(x, np.float32))


def elu(x: ArrayLike, alpha: float = 1.0) -> np.ndarray:
    """Exponential linear unit: x right of zero, alpha · (exp(x) - 1) left; range [-alpha, inf).

    [clevert2016]
    """
    x = np.asarray(x)
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))  # no exp of a large x


def elu_grad(x: ArrayLike, alpha: float = 1.0) -> np.ndarray:
    """Slope of ELU at x, element-wise: 1 right of zero, else alpha · exp(x)."""
    x = np.asarray(x)
    return np.where(x > 0, 1, alpha * np.exp(np.minimum(x, 0)))


def selu(x: ArrayLike) -> np.ndarray:
    """ELU with the two constants that keep activations standardised.  [klambauer2017, eq. 2]

    Range [-SELU_SCALE · SELU_ALPHA, inf).
    """
    return SELU_SCALE * elu(x, SELU_ALPHA)


def selu_grad(x: ArrayLike) -> np.ndarray:
    """Slope of SELU at x, element-wise; right of zero it is the scale, above 1."""
    return SELU_SCALE * elu_grad(x, SELU_ALPHA)


def celu(x: ArrayLike, alpha: float = 1.0) -> np.ndarray:
    """ELU whose slope is continuous for every alpha > 0: left of zero alpha · (exp(x/alpha) - 1).

    Range [-alpha, inf).  ValueError: alpha not positive.  [barron2017]
    """
    x = np.asarray(x)
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0) / _positive(alpha, "alpha")))


def celu_grad(x: ArrayLike, alpha: float = 1.0) -> np.ndarray:
    """Slope of CELU at x, element-wise: 1 right of zero, else exp(x / alpha)."""
    return np.exp(np.minimum(x, 0) / _positive(alpha, "alpha"))


def softplus(x: ArrayLike, beta: float = 1.0) -> np.ndarray:
    """Smooth ReLU ln(1 + exp(beta · x)) / beta, element-wise; range [0, inf) after rounding.

    Written max(x, 0) + ln(1 + exp(-beta · |x|)) / beta, which never overflows.  PyTorch returns x
    itself where beta · x > 20 (its argument ``threshold``) and is off by up to 2.1e-9 / beta there.
    ValueError: beta not positive.  [dugas2001]
    """
    tail = np.exp(-_positive(beta, "beta") * np.abs(x))
    return np.maximum(x, 0) + np.log1p(tail) / beta


def softplus_grad(x: ArrayLike, beta: float = 1.0) -> np.ndarray:
    """Slope of softplus at x, element-wise: the sigmoid of beta · x."""
    return sigmoid(np.multiply(_positive(beta, "beta"), x))


def _positive(value: float, name: str) -> float:
    if not value > 0:
        raise ValueError(f"{name} is {value}; it must be positive")
    return value


def torch_leaky_relu(x, slope: float = 0.01):
    """The same in PyTorch; x is a tensor."""
    import torch.nn.functional as F

    return F.leaky_relu(x, slope)


def torch_prelu(x, slope):
    """The same in PyTorch; x and slope are tensors, slope of shape () or (C,)."""
    import torch.nn.functional as F

    return F.prelu(x, slope)


def torch_rrelu(x, lower: float = 1 / 8, upper: float = 1 / 3):
    """The same in PyTorch, in evaluation; x is a tensor."""
    import torch.nn.functional as F

    return F.rrelu(x, lower, upper, training=False)


def torch_elu(x, alpha: float = 1.0):
    """The same in PyTorch; x is a tensor."""
    import torch.nn.functional as F

    return F.elu(x, alpha)


def torch_selu(x):
    """The same in PyTorch; x is a tensor."""
    import torch.nn.functional as F

    return F.selu(x)


def torch_celu(x, alpha: float = 1.0):
    """The same in PyTorch; x is a tensor."""
    import torch.nn.functional as F

    return F.celu(x, alpha)


def torch_softplus(x, beta: float = 1.0):
    """The same in PyTorch, where x above 20 / beta counts as linear; x is a tensor."""
    import torch.nn.functional as F

    return F.softplus(x, beta)


def zero_shares(z: ArrayLike) -> tuple[float, float]:
    """Of pre-activations (examples, units): the share of zeros after ReLU, and of dead units.

    A unit is dead if it is 0 for every example.  ValueError: z is not a matrix with entries.
    """
    zero = np.asarray(z) <= 0
    if zero.ndim != 2 or not zero.size:
        raise ValueError(f"z has shape {zero.shape}; give (examples, units), neither of them 0")
    return zero.mean(), zero.all(axis=0).mean()


def torch_zero_shares(model, x):
    """(share of zeros, share of dead units) of each nn.ReLU in the model, by name, on the batch x.

    Counts by forward hooks; calls of F.relu inside forward() pass unseen.
    """
    import torch
    from torch import nn

    shares = {}

    def count(name):
        def hook(module, inputs, output):
            zero = output.flatten(1) == 0
            shares[name] = (zero.float().mean().item(), zero.all(dim=0).float().mean().item())

        return hook

    hooks = [
        module.register_forward_hook(count(name))
        for name, module in model.named_modules()
        if isinstance(module, nn.ReLU)
    ]
    with torch.no_grad():
        model(x)
    for hook in hooks:
        hook.remove()
    return shares


# --------------------------------------------------------------------------- formulas

_X = kit.scalar(("预激活值", "pre-activation"), -6, 6)
_A = kit.scalar(("负侧的斜率", "slope of the negative side"), -3, 3)
_ALPHA = kit.scalar(("负饱和值的大小", "depth of the plateau"), 0.1, 4)


def _leaky(x, a):
    return leaky_relu(x, a)


formula_leaky = Formula(
    r"\operatorname{LReLU}(x, a) = \begin{cases} x & x > 0 \\ a\,x & x \le 0 \end{cases}"
    r" = \max(0, x) + a \min(0, x)",
    {"a": _A, "x": _X},
    equals=_leaky,
)

formula_prelu_gradient = Formula(
    r"\frac{\partial}{\partial a} \operatorname{PReLU}(x, a) = \min(0, x)",
    {"a": _A, "x": _X},
    derivative_of=_leaky,
    autograd=lambda x, a: torch_prelu(a.new_tensor(float(x)), a),
    wrt="a",
)

formula_elu = Formula(
    r"\operatorname{ELU}(x, \alpha) ="
    r" \begin{cases} x & x > 0 \\ \alpha\,(e^x - 1) & x \le 0 \end{cases}",
    {r"\alpha": _ALPHA, "x": _X},
    equals=elu,
)

formula_celu = Formula(
    r"\operatorname{CELU}(x, \alpha) ="
    r" \begin{cases} x & x > 0 \\ \alpha\,(e^{x/\alpha} - 1) & x \le 0 \end{cases}",
    {r"\alpha": _ALPHA, "x": _X},
    equals=celu,
)


# --------------------------------------------------------------------------- evidence


def check_torch() -> Check:
    import torch

    x = np.concatenate([np.linspace(-12, 12, 2401), [-1e4, 1e4, -1e-12]])
    t = torch.tensor(x)
    a = torch.tensor(0.25, dtype=torch.float64)
    return kit.compare(
        (
            "PyTorch 的 `F.leaky_relu`、`F.prelu`、`F.rrelu`、`F.elu`、`F.selu`、`F.celu`",
            "PyTorch's `F.leaky_relu`, `F.prelu`, `F.rrelu`, `F.elu`, `F.selu` and `F.celu`",
        ),
        [
            (leaky_relu(x), torch_leaky_relu(t)),
            (leaky_relu(x, 2.0), torch_leaky_relu(t, 2.0)),
            (prelu(x), torch_prelu(t, a)),
            (rrelu(x), torch_rrelu(t)),
            (elu(x, 2.0), torch_elu(t, 2.0)),
            (selu(x), torch_selu(t)),
            (celu(x, 2.0), torch_celu(t, 2.0)),
        ],
        tolerance=1e-13,
    )
