r"""The formulas of the comparison tables: each activation f and its derivative, as they are read.

What is printed is evaluated in the build: f against our NumPy function, f' against finite
differences and autograd; the Jacobians against the ones of our modules or of autograd.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from snippets import kit
from snippets.activations.modern_activations import (
    glu,
    glu_grad,
    normal_cdf,
    normal_pdf,
    swiglu,
    swiglu_grad,
)
from snippets.activations.relu_variants import (
    SELU_ALPHA,
    SELU_SCALE,
    celu,
    elu,
    leaky_relu,
    rrelu,
    softplus,
    torch_celu,
    torch_elu,
    torch_leaky_relu,
)
from snippets.activations.sigmoid_tanh import sigmoid
from snippets.activations.softmax import log_softmax, logsumexp, softmax, softmax_jacobian
from snippets.kit import Formula, Symbol

_NONE = ("", "")
"""A table prints no list of symbols: the page explains them once."""

Symbols = Mapping[str, Symbol]
Pair = tuple[Formula, Formula]


def _x(*without: float) -> Symbol:
    return kit.scalar(_NONE, -6, 6, without=without)


def _function(function: Callable) -> Symbol:
    return kit.function(_NONE, function)


_SIGMA = {r"\sigma": _function(sigmoid)}
_SLOPE = {"a": kit.scalar(_NONE, 0.01, 0.9)}
_ALPHA = {r"\alpha": kit.scalar(_NONE, 0.5, 2.0)}
_SELU = {
    r"\lambda": kit.constant(_NONE, SELU_SCALE),
    r"\alpha": kit.constant(_NONE, SELU_ALPHA),
}


def inner(x):
    """What the tanh form of GELU takes the tanh of; also of a tensor."""
    return math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)


def _inner_slope(x):
    return math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x**2)


_U = {"u": _function(inner), "u'": _function(_inner_slope)}


def _cases(*rows: str) -> str:
    return r"\begin{cases} " + r" \\ ".join(rows) + r" \end{cases}"


@dataclass(frozen=True)
class _Latex:
    """Right sides of f(x) = ... and f'(x) = ..., and what they use besides x."""

    f: str
    slope: str
    without: tuple[float, ...] = ()
    """Where the slope is not compared: it has none, or differences cannot find it, because the
    second derivative jumps."""
    in_f: Symbols = field(default_factory=dict)
    in_slope: Symbols = field(default_factory=dict)
    forward: Callable | None = None
    """The function with its parameters, where the formula has more symbols than x."""
    torch_forward: Callable | None = None


def _torch_step(x):
    import torch

    # torch.heaviside has no derivative; this is the same function, made of pieces that have one.
    return torch.where(x >= 0, 1.0, 0.0) + 0 * x


def _leaky(forward: Callable) -> _Latex:
    return _Latex(
        _cases("x & x > 0", r"a\,x & x \le 0"),
        _cases("1 & x > 0", "a & x < 0"),
        (0,),
        _SLOPE,
        _SLOPE,
        forward,
        lambda x, a: torch_leaky_relu(x, a),
    )


_LATEX = {
    "identity": _Latex("x", "1", torch_forward=lambda x: x.clone()),
    "step": _Latex(_cases(r"1 & x \ge 0", "0 & x < 0"), "0", (0,), torch_forward=_torch_step),
    "sigmoid": _Latex(r"\frac{1}{1 + e^{-x}}", r"\sigma(x)\,(1 - \sigma(x))", in_slope=_SIGMA),
    "hardsigmoid": _Latex(
        r"\frac{1}{6} \min(\max(x + 3, 0), 6)",
        _cases(r"\frac{1}{6} & |x| < 3", "0 & |x| > 3"),
        (-3, 3),
    ),
    "tanh": _Latex(r"\frac{e^{x} - e^{-x}}{e^{x} + e^{-x}}", r"1 - \tanh^2 x"),
    "hardtanh": _Latex(r"\max(-1, \min(x, 1))", _cases("1 & |x| < 1", "0 & |x| > 1"), (-1, 1)),
    "softsign": _Latex(r"\frac{x}{1 + |x|}", r"\frac{1}{(1 + |x|)^2}", (0,)),
    "ReLU": _Latex(r"\max(0, x)", _cases("1 & x > 0", "0 & x < 0"), (0,)),
    "Leaky ReLU": _leaky(lambda x, a: leaky_relu(x, a)),
    "PReLU": _leaky(lambda x, a: leaky_relu(x, a)),
    "RReLU": _leaky(lambda x, a: rrelu(x, a, a)),
    "ELU": _Latex(
        _cases("x & x > 0", r"\alpha\,(e^{x} - 1) & x \le 0"),
        _cases("1 & x > 0", r"\alpha\,e^{x} & x < 0"),
        (0,),
        _ALPHA,
        _ALPHA,
        elu,
        torch_elu,
    ),
    "SELU": _Latex(
        _cases(r"\lambda\,x & x > 0", r"\lambda\,\alpha\,(e^{x} - 1) & x \le 0"),
        _cases(r"\lambda & x > 0", r"\lambda\,\alpha\,e^{x} & x < 0"),
        (0,),
        _SELU,
        _SELU,
    ),
    "CELU": _Latex(
        _cases("x & x > 0", r"\alpha\,(e^{x/\alpha} - 1) & x \le 0"),
        _cases("1 & x > 0", r"e^{x/\alpha} & x \le 0"),
        (0,),
        _ALPHA,
        _ALPHA,
        celu,
        torch_celu,
    ),
    "softplus": _Latex(r"\ln(1 + e^{x})", r"\sigma(x)", in_slope=_SIGMA),
    "GELU": _Latex(
        r"\frac{x}{2} \left(1 + \operatorname{erf}\left(\frac{x}{\sqrt{2}}\right)\right)",
        r"\Phi(x) + x\,\phi(x)",
        in_slope={r"\Phi": _function(normal_cdf), r"\phi": _function(normal_pdf)},
    ),
    "GELU (tanh)": _Latex(
        r"\frac{x}{2} \left(1 + \tanh\left(\sqrt{\frac{2}{\pi}}\,(x + 0.044715\,x^3)\right)\right)",
        r"\frac{1 + \tanh(u(x))}{2} + \frac{x\,u'(x)}{2}\,(1 - \tanh^2(u(x)))",
        in_slope=_U,
    ),
    "SiLU": _Latex(
        r"\frac{x}{1 + e^{-x}}", r"\sigma(x)\,(1 + x\,(1 - \sigma(x)))", in_slope=_SIGMA
    ),
    "Mish": _Latex(
        r"x \tanh(\ln(1 + e^{x}))",
        r"\tanh(\zeta(x)) + x\,\sigma(x)\,(1 - \tanh^2(\zeta(x)))",
        in_slope={**_SIGMA, r"\zeta": _function(softplus)},
    ),
    "hardswish": _Latex(
        r"\frac{x}{6} \min(\max(x + 3, 0), 6)",
        _cases("0 & x < -3", r"\frac{x}{3} + \frac{1}{2} & |x| < 3", "1 & x > 3"),
        (-3, 3),
    ),
}


def of_one(name: str, forward: Callable, torch_forward: Callable) -> Pair:
    """The formulas of f and f' of an activation of one number, by its name in the table."""
    latex = _LATEX[name]
    forward, torch_forward = latex.forward or forward, latex.torch_forward or torch_forward
    return (
        Formula(f"f(x) = {latex.f}", {"x": _x(), **latex.in_f}, equals=forward),
        Formula(
            f"f'(x) = {latex.slope}",
            {"x": _x(*latex.without), **latex.in_slope},
            derivative_of=forward,
            autograd=torch_forward,
            # PyTorch holds 1/6 of hardsigmoid and 1/alpha of CELU in float32
            tolerance=1e-7 if name in ("hardsigmoid", "CELU") else 1e-9,
        ),
    )


# --------------------------------------------------------------------------- of several numbers


def _vector(*names: str) -> dict[str, Symbol]:
    known = {
        "n": kit.integer(_NONE, 2, 5),
        "z": kit.array(_NONE, ("n",), -4, 4),
        "i": kit.index(_NONE, "n"),
        "j": kit.index(_NONE, "n"),
        "s": _function(softmax),
    }
    return {name: known[name] for name in names}


def _gate(*names: str) -> dict[str, Symbol]:
    return {**{name: kit.scalar(_NONE, -4, 4) for name in names}, **_SIGMA}


def _by_autograd(function: Callable) -> Callable:
    """The gradient of a function of one tensor by PyTorch."""

    def gradient(z):
        import torch

        z = torch.tensor(z, requires_grad=True)
        function(z).backward()
        return z.grad.numpy()

    return gradient


OF_SEVERAL: dict[str, Pair] = {
    "softmax": (
        Formula(r"p_i = \frac{e^{z_i}}{\sum_{j=1}^{n} e^{z_j}}", _vector(*"nzij"), equals=softmax),
        Formula(
            r"\frac{\partial p_i}{\partial z_j} = s(z)_i\,(\mathbf{1}[i=j] - s(z)_j)",
            _vector(*"nzijs"),
            equals=softmax_jacobian,
        ),
    ),
    "log-softmax": (
        Formula(
            r"\ell_i = z_i - \ln\left(\sum_{j=1}^{n} e^{z_j}\right)",
            _vector(*"nzij"),
            equals=log_softmax,
        ),
        Formula(
            r"\frac{\partial \ell_i}{\partial z_j} = \mathbf{1}[i=j] - s(z)_j",
            _vector(*"nzijs"),
            equals=lambda z: softmax_jacobian(z) / softmax(z)[:, None],
        ),
    ),
    "logsumexp": (
        Formula(r"L = \ln\left(\sum_{j=1}^{n} e^{z_j}\right)", _vector(*"nzj"), equals=logsumexp),
        Formula(
            r"\frac{\partial L}{\partial z_j} = s(z)_j",
            _vector(*"nzjs"),
            equals=_by_autograd(lambda z: z.logsumexp(0)),
        ),
    ),
    "maxout": (
        Formula(r"m = \max(z)", _vector(*"nz"), equals=lambda z: sorted(z)[-1]),
        Formula(
            r"\frac{\partial m}{\partial z_j} = \mathbf{1}[z_j = \max(z)]",
            _vector(*"nzj"),
            equals=_by_autograd(lambda z: z.max()),
        ),
    ),
    "GLU": (
        Formula(r"g = a\,\sigma(b)", _gate("a", "b"), equals=lambda a, b: glu([a, b])[0]),
        Formula(
            r"\begin{aligned} \frac{\partial g}{\partial a} &= \sigma(b) \\"
            r" \frac{\partial g}{\partial b} &= a\,\sigma(b)\,(1 - \sigma(b)) \end{aligned}",
            _gate("a", "b"),
            equals={
                r"\frac{\partial g}{\partial a}": lambda a, b: glu_grad([a, b])[0],
                r"\frac{\partial g}{\partial b}": lambda a, b: glu_grad([a, b])[1],
            },
        ),
    ),
    "SwiGLU": (
        Formula(r"h = g\,\sigma(g)\,v", _gate("g", "v"), equals=lambda g, v: swiglu(g, v)),
        Formula(
            r"\begin{aligned}"
            r" \frac{\partial h}{\partial g} &= v\,\sigma(g)\,(1 + g\,(1 - \sigma(g))) \\"
            r" \frac{\partial h}{\partial v} &= g\,\sigma(g) \end{aligned}",
            _gate("g", "v"),
            equals={
                r"\frac{\partial h}{\partial g}": lambda g, v: swiglu_grad(g, v)[0],
                r"\frac{\partial h}{\partial v}": lambda g, v: swiglu_grad(g, v)[1],
            },
        ),
    ),
}
"""Functions of several numbers: the value, and the derivative by each of them."""
