"""What weight and bias do: one unit is moved along its input, two together change their shape."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.activations.relu import relu
from snippets.activations.sigmoid_tanh import sigmoid
from snippets.foundations.neuron_and_layers import (
    neuron,
    output_ranges,
    torch_two_relus,
    two_relus,
)
from snippets.kit import Check, Col, Figure, Formula, Table, Tr

_M = kit.integer(("输入数", "number of inputs"), 2, 4)

formula_neuron = Formula(
    r"z = w^\top x + b, \quad a = \varphi(z)",
    {
        "x": kit.array(("输入", "inputs"), ("m",), -2, 2),
        "w": kit.array(("权重，每个输入一个", "weights, one for each input"), ("m",), -2, 2),
        "b": kit.scalar(("偏置", "bias"), -2, 2),
        r"\varphi": kit.function(("激活函数（此处为 ReLU）", "the activation (here ReLU)"), relu),
        "m": _M,
    },
    equals={"z": lambda x, w, b: neuron(x, w, b, phi=lambda z: z), "a": neuron},
)

formula_example = Formula(
    r"z = 0.5 \cdot 1 + (-1) \cdot 2 + 2 = 0.5",
    {},
    equals=lambda: neuron([1.0, 2.0], [0.5, -1.0], 2.0, phi=lambda z: z),
)

formula_kink = Formula(
    r"w\,x + b = w \left(x + \frac{b}{w}\right)",
    {
        "x": kit.scalar(("唯一的输入", "the only input"), -3, 3),
        "w": kit.scalar(("权重，不为 0", "weight, not 0"), -3, 3, without=(0,)),
        "b": kit.scalar(("偏置", "bias"), -3, 3),
    },
)

formula_pair = Formula(
    r"\operatorname{ReLU}(x) - \operatorname{ReLU}(x + b) = \min(\max(x, 0), -b)",
    {
        "x": kit.scalar(("输入", "input"), -4, 4),
        "b": kit.scalar(
            ("第二个隐藏单元的偏置，不大于 0", "bias of the second hidden unit, at most 0"), -3, 0
        ),
        r"\operatorname{ReLU}": kit.function(("", ""), relu),
    },
)

INPUT = np.array([1.0, 2.0])
SETTINGS = (((0.5, -1.0), 2.0), ((1.0, -2.0), 2.0), ((0.5, -1.0), 1.0))  # (w, b): base, w, b moved


def table_neuron(tr: Tr) -> Table:
    heads = (
        tr("原来的", "to begin with"),
        tr("权重加倍", "weights doubled"),
        tr("偏置减 1", "bias lowered by 1"),
    )
    rows: list[list[kit.Cell]] = []
    for head, (w, b) in zip(heads, SETTINGS, strict=True):
        z = float(neuron(INPUT, w, b, phi=lambda z: z))
        weights = f"({w[0]:g}, {w[1]:g})".replace("-", "−")
        rows.append([head, weights, b, z, float(relu(z)), float(sigmoid(z))])
    return Table(
        [
            "",
            "w",
            Col("b", format="g"),
            Col("z", format="g"),
            Col("ReLU(z)", format="g"),
            Col("σ(z)", format=".4f"),
        ],
        rows,
        caption=tr("同一个输入 x = (1, 2)，三个神经元", "One input x = (1, 2), three neurons"),
    )


SLOPES, OFFSETS = (-1.0, 0.5, 2.0), (-1.0, 0.0, 1.0)


def figure_lines(tr: Tr) -> Figure:
    x = np.linspace(-2, 2, 201)
    canvas, (left, right) = kit.canvas(1, 2, height=2.7, sharey=True)
    data: dict[str, np.ndarray] = {"x": x}
    panels = ((left, [(w, 0.5) for w in SLOPES], "w"), (right, [(1.0, b) for b in OFFSETS], "b"))
    for axes, settings, varied in panels:
        kit.zero_lines(axes)
        for (w, b), colour, line in zip(settings, kit.SERIES, kit.LINES, strict=False):
            y = w * x + b
            value = f"{w if varied == 'w' else b:g}".replace("-", "−")
            axes.plot(x, y, color=colour, linestyle=line, label=f"{varied} = {value}")
            data[f"{varied}={value}"] = y
        axes.set_xlabel("x")
        axes.set_ylim(-3.7, 5.7)
        axes.legend(loc="upper left")
    left.set_title(tr("换 w：斜率变，b = 0.5", "w changes the slope; b = 0.5"))
    right.set_title(tr("换 b：上下平移，w = 1", "b moves the line; w = 1"))
    return Figure(
        canvas,
        caption=tr(
            "一个输入、没有激活函数的神经元 wx + b。左：三条线都过（0, 0.5），斜率是 w；"
            "右：三条线平行，在 0 处的高度是 b。",
            "A neuron of one input and no activation, wx + b. Left: the lines share the point "
            "(0, 0.5), the slope is w. Right: the lines are parallel, the height at 0 is b.",
        ),
        alt=tr(
            "左图三条直线交于纵轴上的一点，斜率分别为负一、二分之一和二；"
            "右图三条平行线，依次高出一格。",
            "Left: three straight lines meet in one point of the vertical axis, with slopes of "
            "minus one, one half and two. Right: three parallel lines, each one unit higher.",
        ),
        data=data,
    )


BIASES = (-1.0, -2.0)
_WIDE = np.linspace(-8, 8, 1601)  # wide enough to see both plateaus at every shift that is tried


def misfit(sideways: float, upwards: float) -> float:
    """Largest gap on [-8, 8] between the narrow curve, moved, and the wide one."""
    moved = two_relus(_WIDE - sideways, BIASES[0]) + upwards
    return float(np.abs(moved - two_relus(_WIDE, BIASES[1])).max())


def value_shift() -> dict[str, float]:
    """How near shifts of the one curve come to the other: sideways only, and upwards as well."""
    steps = np.linspace(-3, 3, 121)
    _, low, high = min((misfit(s, c), s, c) for s in steps for c in np.linspace(-1, 1, 41))
    ranges = output_ranges()
    return {
        "narrow": ranges[BIASES[0]][1] - ranges[BIASES[0]][0],
        "wide": ranges[BIASES[1]][1] - ranges[BIASES[1]][0],
        "sideways": min(misfit(s, 0.0) for s in steps),
        "both": misfit(low, high),
    }


def figure_shape(tr: Tr) -> Figure:
    x = np.linspace(-3, 3, 601)
    canvas, (left, right) = kit.canvas(1, 2, height=2.9, sharey=True)
    data = {"x": x}
    for axes in (left, right):
        kit.zero_lines(axes)
        axes.set_xlabel("x")
    for b, colour, line in zip(BIASES, (kit.BLUE, kit.ORANGE), kit.LINES, strict=False):
        data[f"{b:g}"] = two_relus(x, b)
        name = f"b = {b:g}".replace("-", "−")
        left.plot(x, data[f"{b:g}"], color=colour, linestyle=line, label=name)
    left.legend(loc="upper left")
    left.set_title("ReLU(x) − ReLU(x + b)")
    data["moved"] = two_relus(x - 0.5, BIASES[0]) + 0.5
    moved = tr("蓝线，移到最好的位置", "blue, moved as best it can be")
    right.fill_between(x, data["moved"], data["-2"], color=kit.MUTED, alpha=0.2, linewidth=0)
    right.plot(x, data["-2"], color=kit.ORANGE, linestyle=kit.LINES[1])
    right.plot(x, data["moved"], color=kit.BLUE, label=moved)
    right.legend(loc="upper left")
    right.set_title(tr("平移对不上", "No shift makes them one"))
    right.set_ylim(-0.15, 2.75)
    return Figure(
        canvas,
        caption=tr(
            "只改一个隐藏单元的偏置 b（左），平台变高，上升段变长：形状变了。"
            "右：蓝线右移、上移各 0.5 之后，离橙线仍差 0.5（灰）。",
            "Only the bias b of one hidden unit differs (left): the plateau is higher, the ramp "
            "longer, so the shape has changed. Right: blue, moved 0.5 to the right and 0.5 up, "
            "still misses orange by 0.5 (grey).",
        ),
        alt=tr(
            "左图：两条曲线都从 0 开始上升，一条到 1 为止，一条到 2 为止。"
            "右图：平移后的曲线左侧高出一截，右侧低了一截。",
            "Left: both curves rise from 0, one up to 1, the other up to 2. Right: the moved curve "
            "is too high on the left and too low on the right.",
        ),
        data=data,
    )


def check_pair() -> Check:
    import torch

    x = np.linspace(-3, 3, 601)
    with torch.no_grad():
        theirs = {b: torch_two_relus(b)(torch.tensor(x)[:, None])[:, 0].numpy() for b in BIASES}
    return kit.compare(
        (
            "改过偏置的 PyTorch `nn.Linear` 网络",
            "a PyTorch network of `nn.Linear` with edited biases",
        ),
        [(two_relus(x, b), theirs[b]) for b in BIASES],
        tolerance=1e-15,
    )
