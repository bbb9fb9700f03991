"""XOR: no linear model, two ReLUs by hand, and how often training finds them."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.activations.relu import relu
from snippets.activations.why_nonlinearity import XOR_INPUTS, XOR_TARGETS, best_linear, xor_network
from snippets.kit import Col, Figure, Formula, Table, Tr

formula_affine = Formula(
    r"b + (w_1 + w_2 + b) = (w_1 + b) + (w_2 + b)",
    {
        "w_1": kit.scalar(("第一个输入的权重", "weight of the first input"), -3, 3),
        "w_2": kit.scalar(("第二个输入的权重", "weight of the second input"), -3, 3),
        "b": kit.scalar(("偏置", "bias"), -3, 3),
    },
)


formula_xor = Formula(
    r"f(x) = \operatorname{ReLU}(x_1 + x_2) - 2\,\operatorname{ReLU}(x_1 + x_2 - 1)",
    {
        "x": kit.array(("两个输入", "the two inputs"), (2,), -1, 2),
        r"\operatorname{ReLU}": kit.function(("", ""), relu),
    },
    equals=xor_network,
)


def table_xor(tr: Tr) -> Table:
    linear, network = best_linear(XOR_INPUTS, XOR_TARGETS), xor_network(XOR_INPUTS)
    return Table(
        [
            Col("x₁", format="g"),
            Col("x₂", format="g"),
            Col(tr("目标", "target"), format="g"),
            Col(tr("最好的线性模型", "best linear model"), format=".3f"),
            Col(tr("两个 ReLU 的网络", "network of two ReLUs"), format="g"),
        ],
        [
            [*x, y, float(a), float(b)]
            for x, y, a, b in zip(XOR_INPUTS, XOR_TARGETS, linear, network, strict=True)
        ],
        caption=tr(
            "XOR：线性模型四处都是一半，ReLU 网络全对",
            "XOR: the linear model says a half everywhere, the ReLU network is right everywhere",
        ),
    )


def value_xor() -> dict[str, float]:
    """Mean squared errors of both."""
    return {
        "linear": float(((best_linear(XOR_INPUTS, XOR_TARGETS) - XOR_TARGETS) ** 2).mean()),
        "network": float(((xor_network(XOR_INPUTS) - XOR_TARGETS) ** 2).mean()),
    }


def figure_xor(tr: Tr) -> Figure:
    canvas, (plane, line) = kit.canvas(1, 2, height=2.9)
    grid = np.linspace(-0.35, 1.35, 241)
    p, q = np.meshgrid(grid, grid)
    value = xor_network(np.stack([p, q], axis=-1))
    plane.contourf(p, q, value, levels=[-9, 0.5, 9], colors=[kit.BLUE, kit.ORANGE], alpha=0.18)
    for target, colour, marker in ((0.0, kit.BLUE, "o"), (1.0, kit.ORANGE, "s")):
        chosen = XOR_INPUTS[target == XOR_TARGETS]
        label = tr(f"目标 {target:g}", f"target {target:g}")
        plane.plot(*chosen.T, marker, color=colour, markersize=8, linestyle="none", label=label)
    plane.set_xlabel("x₁")
    plane.set_ylabel("x₂", rotation=0, labelpad=8)
    plane.set_xticks([0, 1])
    plane.set_yticks([0, 1])
    plane.set_title(tr("网络划出的区域", "What the network separates"))
    total = np.linspace(-0.35, 2.35, 271)
    tent = relu(total) - 2 * relu(total - 1)
    line.plot(total, tent, color=kit.INK, label=tr("ReLU 网络", "ReLU network"))
    line.axhline(
        0.5, color=kit.GREEN, linestyle="--", label=tr("最好的线性模型", "best linear model")
    )
    for s, y in ((0, 0), (1, 1), (2, 0)):
        line.plot(s, y, "s" if y else "o", color=kit.ORANGE if y else kit.BLUE, markersize=8)
    line.set_xlabel("x₁ + x₂")
    line.set_xticks([0, 1, 2])
    line.set_ylim(-0.5, 1.75)
    line.legend(loc="upper center", ncols=1)
    line.set_title(tr("沿着两个输入的和", "Along the sum of the inputs"))
    return Figure(
        canvas,
        caption=tr(
            "左：两个 ReLU 划出一条斜带，把（0, 1）与（1, 0）圈在里面（橙）。"
            "右：沿着和看，网络是一顶帐篷，最好的线性模型是一条水平线。",
            "Left: two ReLUs cut out a slanted band that holds (0, 1) and (1, 0) (orange). Right: "
            "along the sum the network is a tent, the best linear model a level line.",
        ),
        alt=tr(
            "左图：正方形的四个角，两个对角的橙色方块落在斜带内，另外两个蓝色圆点在带外。"
            "右图：折线在和为 0、1、2 处取 0、1、0，虚线恒为二分之一。",
            "Left: the corners of a square; two opposite orange squares lie in a slanted band, the "
            "two blue dots outside it. Right: the broken line takes 0, 1, 0 where the sum is "
            "0, 1, 2; the dashed line stays at one half.",
        ),
        data={"value": value, "sum": total, "tent": tent},
    )


RUNS, STEPS, RATE, LEARNED = 100, 4000, 0.05, 1e-3


@cache
def training(hidden: int, runs: int = RUNS, steps: int = STEPS, rate: float = RATE) -> np.ndarray:
    """(runs,): mean squared errors on XOR after gradient descent from random weights."""
    rng = np.random.default_rng(hidden)
    W = rng.normal(0, 1, (runs, 2, hidden))
    b, c, c0 = (
        np.zeros((runs, 1, hidden)),
        rng.normal(0, 1, (runs, hidden, 1)),
        np.zeros((runs, 1, 1)),
    )
    y = XOR_TARGETS[:, None]
    for _ in range(steps):
        z = XOR_INPUTS @ W + b
        a = relu(z)
        error = a @ c + c0 - y
        dz = (error @ c.transpose(0, 2, 1)) * (z > 0)
        c = c - rate * a.transpose(0, 2, 1) @ error / 2
        c0 = c0 - rate * error.sum(axis=1, keepdims=True) / 2
        W = W - rate * XOR_INPUTS.T @ dz / 2
        b = b - rate * dz.sum(axis=1, keepdims=True) / 2
    return (error**2).mean(axis=(1, 2))


def value_xor_training() -> dict[str, float]:
    """How many runs find a solution, by number of hidden units, and how they were trained."""
    two, sixteen = (int((training(hidden) < LEARNED).sum()) for hidden in (2, 16))
    return {
        "two": two,
        "sixteen": sixteen,
        "units": 16,
        "of": RUNS,
        "steps": STEPS,
        "rate": RATE,
    }
