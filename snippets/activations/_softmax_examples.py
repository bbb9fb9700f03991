"""Softmax in numbers: the logits of the examples, step by step and at three temperatures."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.activations.softmax import softmax
from snippets.kit import Col, Figure, Table, Tr

LOGITS = np.array([1.0, 2.0, 3.0])  # the worked example
TWO = np.array([2.0, 0.5])  # of two classes
LARGE = np.array([1000.0, 1001.0, 1002.0])
SURE = np.array([8.0, 0.0, 0.0])
FAR = np.array([0.0, -200.0])  # e^-200 is below the smallest float32
TEMPERATURES = (0.5, 1.0, 2.0)


def as_text(p: np.ndarray) -> str:
    """Probabilities to four places, as tables show a vector."""
    return "(" + ", ".join(f"{v:.4f}" if np.isfinite(v) else "nan" for v in p) + ")"


def value_logits() -> dict[str, list[float]]:
    """The logits of the examples, as the text names them."""
    examples = {"three": LOGITS, "two": TWO, "large": LARGE, "sure": SURE, "far": FAR}
    return {name: list(map(float, z)) for name, z in examples.items()}


def table_steps(tr: Tr) -> Table:
    shifted = LOGITS - LOGITS.max()
    e = np.exp(shifted)
    p = e / e.sum()
    return Table(
        [
            tr("步骤", "step"),
            *(Col(f"$i = {i}$", format=".4f") for i in (1, 2, 3)),
            Col("Σ", format=".4f"),
        ],
        [
            ["$z_i$", *(f"{z:g}" for z in LOGITS), ""],
            [
                tr("减去最大值", "minus the largest"),
                *(f"{z:g}".replace("-", "−") for z in shifted),
                "",
            ],
            [tr("取指数", "exponential"), *e, e.sum()],
            [tr("除以总和：$p_i$", "over the sum: $p_i$"), *p, p.sum()],
        ],
        caption=tr(
            "三个 logit 的 softmax，一步一步算", "The softmax of three logits, step by step"
        ),
    )


def value_three() -> list[float]:
    return softmax(LOGITS).tolist()


def value_two_classes() -> float:
    return float(softmax(TWO)[0])


def figure_temperature(tr: Tr) -> Figure:
    canvas, (before, after) = kit.canvas(1, 2, height=2.8, width_ratios=[1, 2.4])
    place = np.arange(3)
    before.bar(place, LOGITS, width=0.55, color=kit.MUTED)
    before.set_title(tr.name("logits z"))
    data = {}
    looks = ((kit.ORANGE, ""), (kit.BLUE, "//"), (kit.GREEN, ".."))
    for number, (tau, (colour, hatch)) in enumerate(zip(TEMPERATURES, looks, strict=True)):
        p = softmax(LOGITS, tau=tau)
        bars = after.bar(
            place + (number - 1) * 0.29,
            p,
            width=0.27,
            color=colour,
            hatch=hatch,
            edgecolor=kit.PAPER,
            linewidth=0,
            label=f"τ = {tau:g}",
        )
        after.bar_label(bars, [f"{v:.2f}" for v in p], padding=1.5, fontsize=8, color=kit.INK)
        data[tau] = p
    after.set_ylim(0, 1)
    after.set_title(tr("softmax(z / τ)：概率", "softmax(z / τ): probabilities"))
    after.legend(loc="upper left")
    for axes in (before, after):
        axes.set_xticks(place, ["1", "2", "3"])
        axes.set_xlabel(tr("类别", "class"))
        axes.grid(False, axis="x")
    return Figure(
        canvas,
        caption=tr(
            "同样三个 logit（左）在三种温度下的概率（右）。"
            "温度越低越集中于最大的一个，越高越平均；排序不变。",
            "The same three logits (left) at three temperatures (right). A low temperature gathers "
            "the probability on the largest, a high one evens it out; the order stays.",
        ),
        alt=tr(
            f"左图：logits 为 1、2、3。右图：τ = 0.5 时第 3 类占 {data[0.5][2]:.2f}，"
            f"τ = 1 时占 {data[1.0][2]:.2f}，τ = 2 时占 {data[2.0][2]:.2f}。",
            f"Left: the logits 1, 2, 3. Right: class 3 gets {data[0.5][2]:.2f} at τ = 0.5, "
            f"{data[1.0][2]:.2f} at τ = 1 and {data[2.0][2]:.2f} at τ = 2.",
        ),
        data=data,
    )
