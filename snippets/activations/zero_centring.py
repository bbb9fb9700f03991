"""Zero-centring: why outputs around zero train better, and what the zig-zag claim really says."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from snippets import kit
from snippets.activations._depth import WIDTH, Function, gradient_norms, torch_gradient_norms
from snippets.activations.sigmoid_tanh import sigmoid, sigmoid_grad, tanh_grad
from snippets.kit import Check, Formula

X = np.array([[0.9, 0.1], [0.1, 0.9]])  # the worked example: two positive inputs
DELTA = np.array([1.0, -1.0])  # and dL/dz of each


def unit_gradient(x: ArrayLike, delta: ArrayLike) -> np.ndarray:
    """Gradient (n,) of the weights of one unit, summed over a batch.

    x (m, n) holds the inputs of the unit, delta (m,) the dL/dz of each example.  [lecun1998]
    """
    return np.asarray(delta) @ np.asarray(x)


def torch_unit_gradient(x, delta):
    """The same by autograd: L = sum of delta · z has dL/dz = delta."""
    import torch

    w = torch.zeros(x.shape[1], dtype=x.dtype, requires_grad=True)
    (delta * (x @ w)).sum().backward()
    return w.grad


def first_to_last(phi: Function, slope: Function, seed: int = 0) -> float:
    """Norm of dL/dz at the first of 20 layers over that at the last, weights of std 1/√n."""
    norms = gradient_norms(phi, slope, WIDTH**-0.5, np.random.default_rng(seed))
    return norms[0] / norms[-1]


def torch_first_to_last(phi, seed: int = 0) -> float:
    """The same by PyTorch's autograd; phi is for example torch.tanh."""
    norms = torch_gradient_norms(phi, WIDTH**-0.5, np.random.default_rng(seed))
    return norms[0] / norms[-1]


def condition_number(n: int, mu: float, s: float) -> float:
    """Condition number of E[x xᵀ] for n uncorrelated inputs of mean mu and std s.  [lecun1990]"""
    moments = s**2 * np.eye(int(n)) + mu**2 * np.ones((int(n), int(n)))
    return np.linalg.cond(moments)


# --------------------------------------------------------------------------- formulas

formula_slopes = Formula(
    r"\tanh'(0) = 1 > \frac{1}{4} = \sigma'(0)",
    {
        r"\tanh'": kit.function(("", ""), tanh_grad),
        r"\sigma'": kit.function(("", ""), sigmoid_grad),
    },
)

formula_means = Formula(
    r"\begin{aligned} \frac{\tanh(z) + \tanh(-z)}{2} &= 0 \\"
    r" \frac{\sigma(z) + \sigma(-z)}{2} &= \frac{1}{2} \end{aligned}",
    {
        "z": kit.scalar(("预激活值", "pre-activation"), -6, 6),
        r"\sigma": kit.function(("", ""), sigmoid),
    },
)

formula_single = Formula(
    r"\frac{\partial L}{\partial w_i} = \delta\,x_i",
    {
        r"\delta": kit.scalar(
            ("这个样本的 ∂L/∂z，一个数", "∂L/∂z of this example, one number"), -2, 2
        ),
        "x": kit.array(("单元的输入", "inputs of the unit"), ("n",), 0, 1),
        "n": kit.integer(("输入的个数", "number of inputs"), 2, 8),
        "i": kit.index(("输入的编号", "input"), "n"),
    },
    equals=lambda x, delta: unit_gradient(x[None], [delta]),
)

formula_split = Formula(
    r"\operatorname{mean}(\delta \odot x) = \operatorname{mean}(\delta)\,\operatorname{mean}(x)"
    r" + \operatorname{cov}(\delta, x)",
    {
        r"\delta": kit.array(
            ("批里各样本的 ∂L/∂z", "∂L/∂z of each example of the batch"), ("m",), -2, 2
        ),
        "x": kit.array(("同一个输入在各样本上的取值", "one input, over the batch"), ("m",), 0, 1),
        "m": kit.integer(("批的大小", "size of the batch"), 2, 32),
        r"\operatorname{mean}": kit.function(("", ""), np.mean),
        r"\operatorname{cov}": kit.function(("", ""), lambda a, b: np.cov(a, b, bias=True)[0, 1]),
    },
)

formula_condition = Formula(
    r"\kappa = 1 + \frac{n\,\mu^2}{s^2}",
    {
        "n": kit.integer(("输入的个数", "number of inputs"), 2, 64),
        r"\mu": kit.scalar(("每个输入的均值", "mean of each input"), -2, 2),
        "s": kit.scalar(("每个输入的标准差", "standard deviation of each input"), 0.2, 2),
    },
    equals=condition_number,
)


# --------------------------------------------------------------------------- evidence


def check_unit_gradient() -> Check:
    import torch

    rng = np.random.default_rng(0)
    batches = [(X, DELTA), *((rng.random((m, 9)), rng.normal(size=m)) for m in (1, 2, 32))]
    return kit.compare(
        ("PyTorch 的自动求导", "PyTorch's autograd"),
        [
            (unit_gradient(x, d), torch_unit_gradient(torch.tensor(x), torch.tensor(d)))
            for x, d in batches
        ],
    )
