"""ReLU: the rectified linear unit, max(0, x)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from snippets import kit
from snippets.kit import Check, Col, Figure, Formula, Table, Tr

POINTS = np.array([-2.0, -0.5, 0.0, 0.5, 2.0])  # the worked example


def relu(x: ArrayLike) -> np.ndarray:
    """Rectified linear unit max(0, x), element-wise; any shape, range [0, inf).

    nan stays nan, -inf gives 0.  [nair2010; glorot2011]
    """
    return np.maximum(0, x)


def relu_grad(x: ArrayLike, at_zero: float = 0.0) -> np.ndarray:
    """Slope of ReLU at x, element-wise: 0 left of zero, 1 right of it.

    At zero itself every number in [0, 1] is a subgradient; PyTorch takes 0.  At nan the slope is
    nan (autograd gives 1).  [bertoin2021]
    """
    return np.heaviside(x, at_zero)


def torch_relu(x):
    """The same in PyTorch; x is a tensor."""
    import torch.nn.functional as F

    return F.relu(x)


# --------------------------------------------------------------------------- formulas

_X = kit.scalar(("预激活值", "pre-activation"), -6, 6)

formula_definition = Formula(
    r"\operatorname{ReLU}(x) = \max(0, x) = \begin{cases} x & x > 0 \\ 0 & x \le 0 \end{cases}",
    {"x": _X},
    equals=relu,
)

formula_derivative = Formula(
    r"\operatorname{ReLU}'(x) = \begin{cases} 1 & x > 0 \\ 0 & x < 0 \end{cases}",
    {"x": kit.scalar(("预激活值，不为 0", "pre-activation, not 0"), -6, 6, without=(0,))},
    derivative_of=relu,
    autograd=torch_relu,
)


# --------------------------------------------------------------------------- evidence


def check_torch() -> Check:
    import torch

    x = np.concatenate([np.linspace(-10, 10, 4001), [-1e4, 1e4, -0.0, np.inf, -np.inf, np.nan]])
    return kit.compare(
        ("PyTorch 的 `F.relu`", "PyTorch's `F.relu`"),
        [(relu(x), torch_relu(torch.tensor(x))), (relu(x[:0]), torch_relu(torch.tensor(x[:0])))],
        tolerance=0.0,
    )


def check_autograd() -> Check:
    import torch

    x = torch.linspace(-10, 10, 4001, dtype=torch.float64, requires_grad=True)
    torch_relu(x).sum().backward()
    return kit.compare(
        ("PyTorch 的自动求导", "PyTorch's autograd"),
        [(relu_grad(x.detach().numpy()), x.grad)],
        tolerance=0.0,
    )


# --------------------------------------------------------------------------- the curve


def figure_curve(tr: Tr) -> Figure:
    x = np.linspace(-3, 3, 601)
    left, right = x[x < 0], x[x > 0]
    canvas, (value, slope) = kit.canvas(1, 2, height=2.5)
    for axes in (value, slope):
        kit.zero_lines(axes)
        axes.set_xlabel("x")
    value.plot(x, relu(x))
    value.set_title("ReLU(x)")
    slope.plot(left, relu_grad(left))
    slope.plot(right, relu_grad(right), color=kit.BLUE)
    slope.plot([0, 0], [0, 1], "o", color=kit.BLUE, markerfacecolor=kit.PAPER)
    slope.set_title("ReLU′(x)")
    slope.set_ylim(-0.15, 1.15)
    return Figure(
        canvas,
        caption=tr(
            "ReLU（左）与它的导数（右）。空心点：0 处没有导数。",
            "ReLU (left) and its derivative (right). Open circles: there is none at 0.",
        ),
        alt=tr(
            "左图：负半轴恒为 0，正半轴是斜率为 1 的直线。右图：导数在 0 处由 0 跳到 1。",
            "Left: zero on the negative axis, a line of slope 1 on the positive axis. "
            "Right: the derivative jumps from 0 to 1 at 0.",
        ),
        data={"x": x, "relu": relu(x), "left": relu_grad(left), "right": relu_grad(right)},
    )


def table_points(tr: Tr) -> Table:
    return Table(
        ["x", *(Col(f"{x:g}".replace("-", "−"), format="g") for x in POINTS)],
        [
            ["ReLU(x)", *relu(POINTS)],
            [tr("导数（PyTorch 的取值）", "slope (as PyTorch takes it)"), *relu_grad(POINTS)],
        ],
        caption=tr("逐点代入", "Point by point"),
    )


# --------------------------------------------------------------------------- cost

BATCH, IN, OUT = 512, 1024, 1024


def value_cost() -> dict[str, float]:
    """Operations of a linear layer (BATCH, IN) -> (BATCH, OUT) and of the ReLU after it."""
    linear, activation = 2 * BATCH * IN * OUT, BATCH * OUT
    return {"linear": linear, "relu": activation, "share": activation / linear}


def time_activations() -> dict[str, float]:
    """Median milliseconds on this machine: ReLU, sigmoid, and a linear layer before them."""
    import timeit

    import torch

    x, layer = torch.randn(512, 1024), torch.nn.Linear(1024, 1024)
    with torch.no_grad():
        tasks = {"relu": torch.relu, "sigmoid": torch.sigmoid, "linear": layer}
        return {
            name: sorted(timeit.repeat(lambda f=f: f(x), number=1, repeat=51))[25] * 1e3
            for name, f in tasks.items()
        }
