"""Sigmoid and tanh: the two smooth activations that saturate on both sides."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from snippets import kit
from snippets.kit import Check, Col, Figure, Formula, Table, Tr

POINTS = np.array([-2.0, 0.0, 2.0, 5.0])  # the worked example


def sigmoid(x: ArrayLike) -> np.ndarray:
    """Logistic sigmoid 1 / (1 + exp(-x)), element-wise; any shape, range [0, 1] after rounding.

    Stable: only exp of a number up to 0 is taken, so nothing overflows, and left of zero the result
    keeps its relative accuracy.  ±inf give 1 and 0, nan stays nan.  [lecun1998]
    """
    e = np.exp(-np.abs(x))
    return np.where(np.greater_equal(x, 0), 1, e) / (1 + e)


def sigmoid_grad(x: ArrayLike) -> np.ndarray:
    """Slope σ(x) (1 - σ(x)) of the sigmoid, element-wise; range [0, 1/4], the largest at 0.

    1 - σ(x) is written σ(-x): where σ(x) rounds to 1, from x = 37 in float64, the slope is still
    e^-x here and 0 in PyTorch.
    """
    return sigmoid(x) * sigmoid(np.negative(x))


def tanh(x: ArrayLike) -> np.ndarray:
    """Hyperbolic tangent 2σ(2x) - 1, element-wise; any shape, range [-1, 1] after rounding.

    ±inf give ±1, nan stays nan.  [lecun1998]
    """
    return np.tanh(x)


def tanh_grad(x: ArrayLike) -> np.ndarray:
    """Slope 1 - tanh² x of tanh, element-wise; range [0, 1], the largest at 0.

    Written as 1 / cosh² x with e = exp(-|x|), which neither overflows nor cancels: where tanh x
    rounds to 1, from about x = 19 in float64, the slope is still 4e^-2x here and 0 in PyTorch.
    """
    e = np.exp(-np.abs(x))
    return (2 * e / (1 + e * e)) ** 2


def torch_sigmoid(x):
    """The same in PyTorch; x is a tensor."""
    import torch

    return torch.sigmoid(x)


def torch_tanh(x):
    """The same in PyTorch; x is a tensor."""
    import torch

    return torch.tanh(x)


# --------------------------------------------------------------------------- formulas

_X = kit.scalar(("预激活值", "pre-activation"), -8, 8)
_SIGMOID = kit.function(("", ""), sigmoid)

formula_sigmoid = Formula(r"\sigma(x) = \frac{1}{1 + e^{-x}}", {"x": _X}, equals=sigmoid)

formula_sigmoid_derivative = Formula(
    r"\sigma'(x) = \sigma(x)\,(1 - \sigma(x))",
    {"x": _X, r"\sigma": _SIGMOID},
    derivative_of=sigmoid,
    autograd=torch_sigmoid,
)

formula_sigmoid_slopes = Formula(
    r"0 < \sigma'(x) \le \sigma'(0) = \frac{1}{4}",
    {"x": _X, r"\sigma'": kit.function(("", ""), sigmoid_grad)},
)

formula_brackets = Formula(
    r"\frac{1}{1 + e^{-0}} = \frac{1}{2} \ne 2 = 1 / 1 + e^{-0}",
    {},
)

formula_symmetry = Formula(
    r"1 - \sigma(x) = \sigma(-x)",
    {"x": _X, r"\sigma": _SIGMOID},
)

formula_logit = Formula(
    r"\ln \frac{\sigma(x)}{1 - \sigma(x)} = x",
    {"x": _X, r"\sigma": _SIGMOID},
)

formula_tanh = Formula(
    r"\tanh(x) = \frac{e^{x} - e^{-x}}{e^{x} + e^{-x}} = 2\,\sigma(2x) - 1",
    {"x": _X, r"\sigma": _SIGMOID},
)

formula_tanh_derivative = Formula(
    r"\tanh'(x) = 1 - \tanh^2(x)",
    {"x": _X},
    derivative_of=tanh,
    autograd=torch_tanh,
)

formula_tanh_slopes = Formula(
    r"0 < \tanh'(x) \le \tanh'(0) = 1",
    {"x": _X, r"\tanh'": kit.function(("", ""), tanh_grad)},
)

formula_lecun = Formula(
    r"f(x) = 1.7159\,\tanh\left(\frac{2x}{3}\right)",
    {"x": kit.scalar(("预激活值", "pre-activation"), -6, 6)},
    witness={"x": 1.0},
)


# --------------------------------------------------------------------------- evidence


def check_torch() -> Check:
    import torch

    x = np.concatenate([np.linspace(-40, 40, 4001), [-1e4, 1e4, -0.0, np.inf, -np.inf, np.nan]])
    t = torch.tensor(x)
    return kit.compare(
        (
            "PyTorch 的 `torch.sigmoid` 与 `torch.tanh`",
            "PyTorch's `torch.sigmoid` and `torch.tanh`",
        ),
        [(sigmoid(x), torch_sigmoid(t)), (tanh(x), torch_tanh(t))],
    )


def check_autograd() -> Check:
    import torch

    pairs = []
    for slope, theirs in ((sigmoid_grad, torch_sigmoid), (tanh_grad, torch_tanh)):
        x = torch.linspace(-40, 40, 4001, dtype=torch.float64, requires_grad=True)
        theirs(x).sum().backward()
        pairs.append((slope(x.detach().numpy()), x.grad))
    return kit.compare(("PyTorch 的自动求导", "PyTorch's autograd"), pairs)


# --------------------------------------------------------------------------- the curves


def figure_curves(tr: Tr) -> Figure:
    x, peak = np.linspace(-6, 6, 601), float(sigmoid_grad(0.0))
    canvas, (values, slopes) = kit.canvas(1, 2, height=2.7)
    for axes, s, t in (
        (values, sigmoid(x), tanh(x)),
        (slopes, sigmoid_grad(x), tanh_grad(x)),
    ):
        kit.zero_lines(axes)
        axes.plot(x, s, label=tr.name("sigmoid"))
        axes.plot(x, t, "--", label=tr.name("tanh"))
        axes.set_xlabel("x")
        axes.set_xticks([-6, -3, 0, 3, 6])
    values.set_title(tr("函数", "Function"))
    values.set_yticks([-1, -0.5, 0, 0.5, 1])
    values.legend(loc="upper left")
    slopes.set_title(tr("导数", "Derivative"))
    slopes.set_yticks([0, 0.25, 0.5, 0.75, 1])
    return Figure(
        canvas,
        caption=tr(
            "左：两条 S 形曲线，sigmoid 落在 0 与 1 之间，tanh 落在 −1 与 1 之间。"
            f"右：导数都在 0 处最大，sigmoid 只有 {peak:g}，tanh 是 1；往两边都趋于 0。",
            "Left: two S-shaped curves, sigmoid between 0 and 1, tanh between −1 and 1. "
            f"Right: both slopes are largest at 0, where sigmoid has {peak:g} and tanh 1, "
            "and go to 0 on both sides.",
        ),
        alt=tr(
            "左图：sigmoid 从 0 升到 1，在 0 处走到一半；tanh 从 −1 升到 1，过原点，中间更陡。"
            f"右图：两条钟形曲线，tanh 的高而窄，峰值 1；sigmoid 的低而宽，峰值 {peak:g}。",
            "Left: sigmoid rises from 0 to 1, half of it at 0; tanh rises from −1 to 1 through the "
            "origin, more steeply. Right: two bells, that of tanh high and narrow with its peak at "
            f"1, that of sigmoid low and wide with its peak at {peak:g}.",
        ),
        data={
            "x": x,
            "sigmoid": sigmoid(x),
            "tanh": tanh(x),
            "sigmoid_slope": sigmoid_grad(x),
            "tanh_slope": tanh_grad(x),
        },
    )


def table_steps(tr: Tr) -> Table:
    e, s = np.exp(-POINTS), sigmoid(POINTS)
    t = tanh(POINTS)
    return Table(
        ["x", *(Col(f"{x:g}".replace("-", "−"), format=".5g") for x in POINTS)],
        [
            ["$e^{-x}$", *e],
            ["$1 + e^{-x}$", *(1 + e)],
            ["$\\sigma(x)$", *s],
            ["$1 - \\sigma(x)$", *(1 - s)],
            ["$\\sigma'(x)$", *sigmoid_grad(POINTS)],
            ["$2\\,\\sigma(2x)$", *(2 * sigmoid(2 * POINTS))],
            ["$\\tanh x$", *t],
            ["$\\tanh^2 x$", *t**2],
            ["$\\tanh' x$", *tanh_grad(POINTS)],
        ],
        caption=tr("一步一步算", "Step by step"),
    )


def value_peaks() -> dict[str, float]:
    return {"sigmoid": sigmoid_grad(0.0), "tanh": tanh_grad(0.0)}


def value_tanh_slope() -> float:
    return tanh_grad(POINTS[-1])
