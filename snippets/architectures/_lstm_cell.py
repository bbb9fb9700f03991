"""One step of an LSTM in numbers and as a drawing; one step of a GRU in its two variants."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.architectures.lstm import gru_cell, lstm_cell, sigmoid
from snippets.kit import Col, Figure, Spread, Table, Tr

Z = {"f": 2.0, "i": -1.0, "g": 0.5, "o": 0.0}  # given pre-activations of one unit
C = 1.0


def value_step() -> dict[str, float]:
    """The worked example: weights 0, so that the biases are the pre-activations."""
    b = np.array([Z["i"], Z["f"], Z["g"], Z["o"]])
    zero = np.zeros((1, 1))
    h, c, gates = lstm_cell(zero, zero, zero + C, np.zeros((4, 1)), np.zeros((4, 1)), b)
    found = dict(zip("ifgo", (float(a.item()) for a in gates), strict=True))
    return found | {"c": c.item(), "h": h.item(), "c_0": C, "kept": found["f"] * C}


def table_step(tr: Tr) -> Table:
    v = value_step()
    rows = [
        [tr("遗忘门 f", "forget gate f"), Z["f"], "$\\sigma$", v["f"]],
        [tr("输入门 i", "input gate i"), Z["i"], "$\\sigma$", v["i"]],
        [tr("候选值 g", "candidate g"), Z["g"], "$\\tanh$", v["g"]],
        [tr("输出门 o", "output gate o"), Z["o"], "$\\sigma$", v["o"]],
        [tr("记忆 c", "memory c"), None, "$f c + i g$", v["c"]],
        [tr("输出 h", "output h"), None, "$o \\tanh c$", v["h"]],
    ]
    return Table(
        [
            tr("量", "quantity"),
            Col(tr("预激活值", "pre-activation"), format="g"),
            tr("算法", "computed by"),
            Col(tr("值", "value"), format=".5f"),
        ],
        rows,
        caption=tr(
            "一个单元走一步，旧的记忆是 1", "One step of one unit; the memory before it is 1"
        ),
    )


def value_gru() -> dict[str, object]:
    """A step by hand, and how far the two places of the reset gate differ for equal weights."""
    h = np.array([[1.0]])
    W_x, W_h, zero = np.zeros((3, 1)), np.array([[0.0], [0.0], [1.0]]), np.zeros(3)
    b_x = np.array([0.0, 2.0, 0.5])
    new, (r, z, n, _) = gru_cell(np.zeros((1, 1)), h, W_x, W_h, b_x, zero)
    apart = []
    for rng in kit.seeds(5):
        x, state = rng.normal(size=(100, 10)), rng.uniform(-1, 1, (100, 20))
        bound = 20**-0.5
        weights = [
            rng.uniform(-bound, bound, shape) for shape in ((60, 10), (60, 20), (60,), (60,))
        ]
        both = [gru_cell(x, state, *weights, reset_after=after)[0] for after in (True, False)]
        apart.append(np.abs(both[0] - both[1]).max())
    return {
        "r": r.item(),
        "z": z.item(),
        "n": n.item(),
        "h": new.item(),
        "z_in": float(b_x[1]),
        "apart": Spread(apart),
        "runs": 5,
        "parameters": 3 * (20 * (10 + 20) + 2 * 20),
    }


def table_forget(tr: Tr) -> Table:
    """How long a memory lasts if its forget gate stays at sigmoid(b)."""
    rows = []
    for b in (0.0, 1.0, 2.0, 3.0, 5.0, float(np.log(99))):
        f = float(sigmoid(np.array(b)))
        rows.append([b, f, float(np.log(0.5) / np.log(f)), f**100])
    return Table(
        [
            Col("$b$", format=".3g"),
            Col("$f$", format=".4f"),
            Col(tr("半衰期（步）", "half-life (steps)"), format=".1f"),
            Col("$f^{100}$", format=".1e"),
        ],
        sorted(rows),
        caption=tr(
            "遗忘门的预激活值固定为 b 时，记忆还剩多少。4.6 是 99 的自然对数",
            "What is left of a memory if the pre-activation of the forget gate stays at b. 4.6 is "
            "the natural logarithm of 99",
        ),
    )


def value_forget() -> dict[str, float]:
    return {f"b{b:g}": float(sigmoid(np.array(float(b)))) ** 100 for b in (0, 1, 2, 5)} | {
        "f2": float(sigmoid(np.array(2.0))),
        "half1": float(np.log(0.5) / np.log(sigmoid(np.array(1.0)))),
        "steps": 100,
        "long": float(np.log(99)),
    }


# --------------------------------------------------------------------------- drawn


def figure_cell(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=3.3)
    axes.axis("off")
    axes.set_xlim(-0.4, 10.4)
    axes.set_ylim(-1.15, 6.2)

    def line(*points, colour=kit.INK, style="-", head=True):
        xs, ys = zip(*points, strict=True)
        axes.plot(xs[:-1] if head else xs, ys[:-1] if head else ys, color=colour, linestyle=style,
                  linewidth=1.3, zorder=1)  # fmt: skip
        if head:
            axes.annotate(
                "",
                xy=points[-1],
                xytext=points[-2],
                arrowprops={
                    "arrowstyle": "-|>",
                    "color": colour,
                    "linestyle": style,
                    "linewidth": 1.3,
                    "shrinkA": 0,
                    "shrinkB": 0,
                    "mutation_scale": 9,
                },
            )

    def box(x, y, text, colour):
        axes.text(
            x, y, text, ha="center", va="center", fontsize=9.5, zorder=3,
            bbox={"boxstyle": "round,pad=0.35", "facecolor": kit.PAPER, "edgecolor": colour,
                  "linewidth": 1.4},
        )  # fmt: skip

    def knot(x, y, text):
        axes.plot([x], [y], "o", markersize=15, color=kit.PAPER, markeredgecolor=kit.INK,
                  markeredgewidth=1.1, zorder=2)  # fmt: skip
        axes.text(x, y - 0.02, text, ha="center", va="center", fontsize=10, zorder=3)

    gates = {"f": 2.0, "i": 3.9, "g": 5.3, "o": 7.2}
    knots = {"forget": (2.0, 5.0), "write": (4.6, 3.4), "add": (4.6, 5.0), "read": (8.4, 2.6)}
    # the memory, straight through
    line((0.1, 5.0), (1.72, 5.0), colour=kit.BLUE)
    line((2.28, 5.0), (4.32, 5.0), colour=kit.BLUE)
    line((4.88, 5.0), (9.7, 5.0), colour=kit.BLUE)
    # the input of all gates
    line((0.1, 0.2), (7.2, 0.2), head=False)
    line((0.9, -0.45), (0.9, 0.2), head=False)
    for x in gates.values():
        line((x, 0.2), (x, 1.0))
    line((2.0, 1.75), (2.0, 4.72))
    line((3.9, 1.75), (3.9, 3.4), (4.32, 3.4))
    line((5.3, 1.75), (5.3, 3.4), (4.88, 3.4))
    line((4.6, 3.68), (4.6, 4.72))
    line((7.2, 1.75), (7.2, 2.6), (8.12, 2.6))
    line((8.4, 5.0), (8.4, 4.3))
    line((8.4, 3.5), (8.4, 2.88))
    line((8.68, 2.6), (9.1, 2.6), (9.1, 0.2), (9.7, 0.2))
    styles = {"f": kit.ORANGE, "i": kit.GREEN, "g": kit.PURPLE, "o": kit.RED}
    for name, x in gates.items():
        box(x, 1.38, tr.name("tanh" if name == "g" else "σ"), styles[name])
    box(8.4, 3.9, tr.name("tanh"), kit.INK)
    for name, (x, y) in knots.items():
        knot(x, y, "+" if name == "add" else "×")
    for name, x, y, side in (("f", 2.2, 3.0, "left"), ("i", 3.75, 2.6, "right"),
                             ("g", 5.45, 2.6, "left"), ("o", 7.05, 2.35, "right")):  # fmt: skip
        axes.text(x, y, f"${name}_t$", ha=side, va="center", fontsize=10, color=styles[name])
    for x, y, text in (
        (-0.05, 5.45, "$c_{t-1}$"),
        (9.9, 5.45, "$c_t$"),
        (-0.05, 0.62, "$h_{t-1}$"),
        (0.9, -0.9, "$x_t$"),
        (9.9, 0.62, "$h_t$"),
    ):
        axes.text(x, y, text, ha="center", va="center", fontsize=10)
    axes.text(2.0, 5.85, tr("遗忘", "forget"), ha="center", fontsize=9)
    axes.text(4.6, 5.85, tr("写入", "write"), ha="center", fontsize=9)
    axes.text(8.75, 1.6, tr("读出", "read"), ha="right", fontsize=9)
    return Figure(
        canvas,
        caption=tr(
            "LSTM 的一步。上面的直线是记忆：先乘遗忘门，再加上新写入的，路上没有权重矩阵。"
            "下面四个方框各是一个线性层加激活，输入都是上一步的输出和本步的输入。",
            "One step of an LSTM. The straight line above is the memory: multiplied by the forget "
            "gate, then added to; no weight matrix stands on it. Each of the four boxes below is "
            "a linear layer with its activation; all take the last output and the new input.",
        ),
        alt=tr(
            "上方一条从 c(t−1) 到 c(t) 的直线，经过一个乘号和一个加号；下方四个方框由 h(t−1) 和 "
            "x(t) 输入：f 通到乘号，i 乘 g 通到加号，o 乘 tanh(c) 得到 h(t)。",
            "A straight line from c(t−1) to c(t) passes a times and a plus sign. Four boxes below "
            "receive h(t−1) and x(t): f leads to the times sign, i times g to the plus sign, o "
            "times tanh(c) gives h(t).",
        ),
        data={"gates": gates, "knots": knots},
    )


# --------------------------------------------------------------------------- compared


def value_counts() -> dict[str, int]:
    """Parameters with one bias and with two, 10 inputs and 20 units."""
    import torch

    layer = torch.nn.LSTM(10, 20)
    shapes = [p.numel() for p in layer.parameters()]
    return {"two": sum(shapes), "one": sum(shapes[:3])}


def table_cells(tr: Tr) -> Table:
    return Table(
        [tr("性质", "property"), tr.name("RNN"), tr.name("GRU"), tr.name("LSTM")],
        [
            [tr("状态", "states"), "$h$", "$h$", "$h$, $c$"],
            [
                tr("门", "gates"),
                tr("无", "none"),
                tr("重置、更新", "reset, update"),
                tr("输入、遗忘、输出", "input, forget, output"),
            ],
            [
                tr("退一步的直接因子", "direct factor of a step back"),
                tr("无，只有矩阵", "none, only the matrix"),
                "$z_t$",
                "$f_t$",
            ],
            [
                tr("新旧之间", "old and new"),
                tr("整个换掉", "replaced"),
                tr("加权平均，两权之和为 1", "a mean: weights add up to 1"),
                tr("各有各的门，记忆可以增长", "separate gates: the memory can grow"),
            ],
            [
                tr("参数（相对 RNN）", "parameters (RNN = 1)"),
                *(tr.name(str(n)) for n in (1, 3, 4)),
            ],
        ],
        caption=tr("三种循环单元", "The three recurrent cells"),
    )
