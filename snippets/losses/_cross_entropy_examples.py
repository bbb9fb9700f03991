"""Cross-entropy in numbers: the curve, three labels, a soft label against itself, nats and bits."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Col, Figure, Table, Tr
from snippets.losses.cross_entropy import cross_entropy, cross_entropy_of_probabilities

P = np.array([0.7, 0.2, 0.1])  # the prediction of the worked example
TRUTH = np.array([0.5, 0.3, 0.2])  # a soft label
LOGITS = np.array([1.0, 2.0, 3.0])
MARKS = (0.1, 0.5, 0.9)


def shown(p: np.ndarray) -> str:
    """A vector as tables show it."""
    return "(" + ", ".join(f"{v:g}".replace("-", "−") for v in p) + ")"


def value_example() -> dict[str, object]:
    return {"p": P.tolist(), "truth": TRUTH.tolist(), "z": LOGITS.tolist()}


def figure_curve(tr: Tr) -> Figure:
    p = np.linspace(0.005, 1, 400)
    canvas, axes = kit.canvas(height=3.0)
    axes.plot(p, -np.log(p), label=tr("−ln p（奈特）", "−ln p (nats)"))
    axes.plot(p, -np.log2(p), linestyle=kit.LINES[1], label=tr("−log₂ p（比特）", "−log₂ p (bits)"))
    for mark in MARKS:
        axes.plot(mark, -np.log(mark), "o", color=kit.BLUE)
        axes.annotate(
            f"{-np.log(mark):.4f}",
            (mark, -np.log(mark)),
            textcoords="offset points",
            xytext={0.1: (1, -30), 0.5: (-7, -13), 0.9: (-14, -14)}[mark],
            ha="right" if mark == 0.5 else "center",
            fontsize=9,
        )
    axes.set_xlim(0, 1.02)
    axes.set_ylim(-0.5, 6)
    axes.set_xticks([0, *MARKS, 1])
    axes.set_xlabel(tr("给正确类别的概率 p", "probability p of the true class"))
    axes.set_ylabel(tr("损失", "loss"))
    axes.legend(loc="upper right")
    return Figure(
        canvas,
        caption=tr(
            "一个样本的交叉熵只看正确类别得到的概率：给足了损失趋于 0，"
            "给得越少损失越大，没有上限。"
            "换成以 2 为底，整条曲线放大同一个倍数。",
            "The cross-entropy of one example depends only on the probability of its true class: "
            "near 1 the loss is near 0, towards 0 it grows without bound. In base 2 the whole "
            "curve is stretched by one factor.",
        ),
        alt=tr(
            "两条下降的曲线，都在 p = 1 处到达 0，p 趋于 0 时向上发散；以 2 为底的一条更高。",
            "Two falling curves that reach 0 at p = 1 and diverge as p goes to 0; the one in base "
            "2 lies above the other everywhere.",
        ),
        data={"p": p, "nats": -np.log(p), "bits": -np.log2(p)},
    )


def table_labels(tr: Tr) -> Table:
    """One prediction against three one-hot labels, then soft labels."""
    cases = [(np.eye(3)[k], P) for k in range(3)]
    cases += [(TRUTH, P), (TRUTH, TRUTH)]
    rows = []
    for q, p in cases:
        loss = cross_entropy_of_probabilities(p[None], q[None])
        rows.append([shown(q), shown(p), loss, loss / np.log(2)])
    return Table(
        [
            tr("标签 y", "label y"),
            tr("预测 p", "prediction p"),
            Col(tr("损失", "loss"), tr("奈特", "nats"), ".5f"),
            Col(tr("损失", "loss"), tr("比特", "bits"), ".5f"),
        ],
        rows,
        caption=tr(
            "前三行是 one-hot 标签；后两行是软标签，最后一行的预测与标签完全相同",
            "Three one-hot labels, then two soft ones; in the last row prediction and label agree",
        ),
    )


def value_bits() -> dict[str, float]:
    """The first class of the worked example, and what both bases agree on."""
    nats = -np.log(P[0])
    return {
        "nats": nats,
        "bits": nats / np.log(2),
        "factor": 1 / np.log(2),
        "perplexity": float(np.exp(nats)),
    }


def value_softmax_loss() -> list[float]:
    """-ln softmax(1, 2, 3)_y for each class y."""
    return [cross_entropy(LOGITS[None], [y]) for y in range(3)]


def value_uniform() -> dict[str, float]:
    """The loss of a model that gives every class the same probability: ln K."""
    return {f"k{count}": cross_entropy(np.zeros((1, count)), [0]) for count in (2, 10, 1000)}


def value_without_log() -> dict[str, float]:
    """Σ e^i / Σ e^j with a minus, for 3 and 10 classes: no logits, no label, always -1."""
    result = {}
    for count in (3, 10):
        e = np.exp(np.arange(1.0, count + 1))
        result[f"k{count}"] = float(-(e / e.sum()).sum())
    return result


def value_itself() -> dict[str, float]:
    """−[y ln y + (1 − y) ln(1 − y)]: the label's entropy, whatever the prediction."""
    entropy = {"hard": 0.0, "soft": 0.3}
    return {
        name: float(-sum(v * np.log(v) for v in (y, 1 - y) if v > 0)) + 0.0
        for name, y in entropy.items()
    } | {"label": entropy["soft"]}
