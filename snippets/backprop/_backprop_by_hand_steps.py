"""The numbers of the 2-2-1 network: forward, nine derivatives, one update, and a shared bias."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.activations.sigmoid_tanh import sigmoid
from snippets.backprop.backprop_by_hand import (
    RATE,
    START,
    X,
    Y,
    central_differences,
    forward,
    gradients,
    loss,
    torch_gradients,
    update,
)
from snippets.kit import Col, Figure, Formula, Table, Tr

_PRODUCTS = {
    "w1": r"$\delta_1 x_1$",
    "w2": r"$\delta_1 x_2$",
    "w3": r"$\delta_2 x_1$",
    "w4": r"$\delta_2 x_2$",
    "w5": r"$\delta_3 h_1$",
    "w6": r"$\delta_3 h_2$",
    "b1": r"$\delta_1$",
    "b2": r"$\delta_2$",
    "b3": r"$\delta_3$",
}


def _shared_gradient(p: dict[str, float]) -> float:
    """The derivative for one bias that both hidden units use: the sum over both."""
    g = gradients(p, X, Y)
    return g["b1"] + g["b2"]


def _torch_shared_gradient(b: float) -> float:
    """The same by autograd: one tensor, used twice."""
    import torch

    t = {name: torch.tensor(v, dtype=torch.float64) for name, v in START.items()}
    bias = torch.tensor(b, dtype=torch.float64, requires_grad=True)
    h1 = torch.sigmoid(t["w1"] * X[0] + t["w2"] * X[1] + bias)
    h2 = torch.sigmoid(t["w3"] * X[0] + t["w4"] * X[1] + bias)
    ((torch.sigmoid(t["w5"] * h1 + t["w6"] * h2 + t["b3"]) - Y) ** 2).backward()
    return bias.grad.item()


def _shared_loss(b: float) -> float:
    return loss({**START, "b1": b, "b2": b}, X, Y)


def _autograd_of_shared(w_5, w_6, b, a_1, a_2, delta_3):
    import torch

    bias = torch.tensor(float(b), dtype=torch.float64, requires_grad=True)
    total = float(w_5) * torch.sigmoid(float(a_1) + bias)
    total = total + float(w_6) * torch.sigmoid(float(a_2) + bias)
    (float(delta_3) * total).backward()
    return bias.grad.item()


formula_shared = Formula(
    r"\begin{aligned} h_1 &= \sigma(a_1 + b), \quad h_2 = \sigma(a_2 + b) \\"
    r" \frac{\partial L}{\partial b} &="
    r" \delta_3 \left(w_5\,h_1(1 - h_1) + w_6\,h_2(1 - h_2)\right) \end{aligned}",
    {
        "a_1": kit.scalar(
            ("第一个单元的加权和，不含偏置", "weighted sum of the first unit, without its bias"),
            -2,
            2,
        ),
        "a_2": kit.scalar(("第二个单元的加权和", "weighted sum of the second unit"), -2, 2),
        "b": kit.scalar(("两个隐藏单元共用的偏置", "the bias that both hidden units use"), -2, 2),
        "w_5": kit.scalar(("输出层权重", "weight of the output layer"), -2, 2),
        "w_6": kit.scalar(("输出层权重", "weight of the output layer"), -2, 2),
        r"\delta_3": kit.scalar(("从输出层传来", "from the output layer"), -0.5, 0.5),
        r"\sigma": kit.function(("sigmoid", "the sigmoid"), sigmoid),
    },
    equals={
        "h_1": lambda a_1, b: sigmoid(a_1 + b),
        "h_2": lambda a_2, b: sigmoid(a_2 + b),
        r"\frac{\partial L}{\partial b}": _autograd_of_shared,
    },
    samples=60,
)

formula_update = Formula(
    r"w' = w - \eta\,g",
    {
        "w": kit.scalar(("任何一个参数", "any of the parameters"), -2, 2),
        "g": kit.scalar(
            ("损失对它的偏导数", "the derivative of the loss with respect to it"), -2, 2
        ),
        r"\eta": kit.scalar(("学习率", "learning rate"), 0, 2),
    },
    equals=lambda w, g, eta: update({"w": w}, {"w": g}, eta)["w"],
)


def table_forward(tr: Tr) -> Table:
    h1, h2, out = forward(START, X)
    p = START
    z = (
        p["w1"] * X[0] + p["w2"] * X[1] + p["b1"],
        p["w3"] * X[0] + p["w4"] * X[1] + p["b2"],
        p["w5"] * h1 + p["w6"] * h2 + p["b3"],
    )
    names = (
        tr("隐藏单元 1：$h_1$", "hidden unit 1: $h_1$"),
        tr("隐藏单元 2：$h_2$", "hidden unit 2: $h_2$"),
        tr("输出单元：$\\hat{y}$", "output unit: $\\hat{y}$"),
    )
    return Table(
        [
            tr("单元", "unit"),
            Col(tr("预激活值 $z$", "pre-activation $z$"), format=".6f"),
            Col(tr("输出 $\\sigma(z)$", "output $\\sigma(z)$"), format=".6f"),
            Col(tr("斜率 $\\sigma'(z)$", "slope $\\sigma'(z)$"), format=".6f"),
        ],
        [
            [name, float(at), value, value * (1 - value)]
            for name, at, value in zip(names, z, (h1, h2, out), strict=True)
        ],
        caption=tr("前向传播，逐个单元", "The forward pass, unit by unit"),
    )


def table_gradients(tr: Tr) -> Table:
    g = gradients(START, X, Y)
    differences = central_differences(START, X, Y)
    automatic = torch_gradients(START, X, Y)
    after = update(START, g, RATE)
    return Table(
        [
            tr("参数", "parameter"),
            Col(tr("起点", "start"), format=".2f"),
            tr("偏导数", "derivative"),
            Col(tr("手算", "by hand"), format=".8f"),
            Col(tr("中心差分", "differences"), format=".8f"),
            Col(tr.name("autograd"), format=".8f"),
            Col(tr("更新后", "updated"), format=".6f"),
        ],
        [
            [
                f"${name[0]}_{name[1]}$",
                START[name],
                _PRODUCTS[name],
                g[name],
                differences[name],
                automatic[name],
                after[name],
            ]
            for name in START
        ],
        caption=tr(
            f"九个参数的偏导数，三种算法；最后一列是学习率 {RATE:g} 走一步之后的值",
            f"The nine derivatives, computed in three ways; the last column is the parameter after "
            f"one step with learning rate {RATE:g}",
        ),
    )


def value_numbers() -> dict[str, float]:
    """What the text quotes of the example."""
    g, h = gradients(START, X, Y), forward(START, X)
    differences, automatic = central_differences(START, X, Y), torch_gradients(START, X, Y)
    return {
        "h1": h[0],
        "h2": h[1],
        "out": h[2],
        "loss": loss(START, X, Y),
        "after": loss(update(START, g, RATE), X, Y),
        "rate": RATE,
        "d1": g["b1"],
        "d2": g["b2"],
        "d3": g["b3"],
        "w1": g["w1"],
        "w5": g["w5"],
        "w6": g["w6"],
        "ratio": g["w5"] / g["w1"],
        "slope": h[0] * (1 - h[0]),
        "w5_start": START["w5"],
        "x1": X[0],
        "differences": max(abs(differences[k] - g[k]) for k in g),
        "autograd": max(abs(automatic[k] - g[k]) for k in g),
    }


def value_shared() -> dict[str, float]:
    """One bias for both hidden units: its derivative, and the loss after a step with it."""
    g = gradients(START, X, Y)
    shared = {**g, "b1": _shared_gradient(START), "b2": _shared_gradient(START)}
    h = 1e-5
    b = START["b1"]
    return {
        "sum": shared["b1"],
        "autograd": _torch_shared_gradient(b),
        "differences": (_shared_loss(b + h) - _shared_loss(b - h)) / (2 * h),
        "after": loss(update(START, shared, RATE), X, Y),
    }


RATES = np.linspace(0, 10, 201)
STEPS = (1, 10, 100, 1000)


@cache
def _descent(steps: int) -> tuple[float, ...]:
    """The loss before each of ``steps`` updates and after the last."""
    p, found = dict(START), []
    for _ in range(steps):
        found.append(loss(p, X, Y))
        p = update(p, gradients(p, X, Y), RATE)
    return (*found, loss(p, X, Y))


def table_descent(tr: Tr) -> Table:
    found = _descent(max(STEPS))
    return Table(
        [tr("更新次数", "updates"), *(Col(f"{steps}", format=".3g") for steps in (0, *STEPS))],
        [[tr("损失", "loss"), *(found[steps] for steps in (0, *STEPS))]],
        caption=tr(
            f"重复更新九个参数，学习率 {RATE:g}",
            f"All nine parameters updated again and again, learning rate {RATE:g}",
        ),
    )


def figure_step(tr: Tr) -> Figure:
    g = gradients(START, X, Y)
    start, slope = loss(START, X, Y), sum(v * v for v in g.values())
    real = np.array([loss(update(START, g, rate), X, Y) for rate in RATES])
    predicted = start - RATES * slope
    canvas, axes = kit.canvas(height=2.7)
    axes.plot(RATES, real, label=tr("一步之后的损失", "loss after one step"))
    axes.plot(
        RATES[predicted > 0],
        predicted[predicted > 0],
        linestyle=kit.LINES[1],
        label=tr("梯度的预测（切线）", "what the gradient predicts (tangent)"),
    )
    taken = loss(update(START, g, RATE), X, Y)
    axes.plot(RATE, taken, "o", color=kit.INK)
    axes.annotate(
        tr(f"本页的一步：{taken:.4f}", f"the step of this page: {taken:.4f}"),
        (RATE, taken),
        (1.2, 0.53),
        va="center",
        fontsize=9,
        arrowprops={"arrowstyle": "-", "color": kit.MUTED, "linewidth": 0.8, "shrinkB": 4},
    )
    axes.set_xlabel(tr("学习率 η", "learning rate η"))
    axes.set_ylabel(tr("损失", "loss"))
    axes.set_ylim(0, 0.6)
    axes.set_xlim(0, RATES[-1])
    axes.legend(loc="center right")
    return Figure(
        canvas,
        caption=tr(
            "沿着同一个负梯度走一步，步子由学习率决定。虚线是梯度许诺的下降，只在起点附近可信。",
            "One step along the same negative gradient, its length set by the learning rate. The "
            "dashed line is the descent that the gradient promises; it is good near the start.",
        ),
        alt=tr(
            "横轴学习率，纵轴损失。实线从约 0.55 起一路下降并变平；虚线是同一起点的切线，"
            "先与实线重合，随后分开。",
            "Learning rate against loss. The solid line falls from about 0.55 and levels off; the "
            "dashed line is its tangent at the start, first on it and then apart.",
        ),
        data={"rates": RATES, "real": real, "predicted": predicted},
    )
