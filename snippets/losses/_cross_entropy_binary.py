"""Binary cross-entropy in numbers: the brackets, and what is left of it at extreme logits."""

from __future__ import annotations

import numpy as np

from snippets.kit import Col, Table, Tr
from snippets.losses.cross_entropy import bce

LABELS = np.array([1.0, 0.0, 1.0])
P = np.array([0.9, 0.2, 0.6])
EXTREMES = ((-50.0, 1.0), (-200.0, 1.0), (20.0, 0.0), (200.0, 0.0))


def value_brackets() -> dict[str, object]:
    """The worked example, with the brackets and with the sum read without them."""
    hit = (LABELS * np.log(P)).sum()
    miss = ((1 - LABELS) * np.log(1 - P)).sum()
    return {"right": bce(P, LABELS), "wrong": -hit / len(P) + miss, "p": P.tolist()}


def table_terms(tr: Tr) -> Table:
    rows = []
    for y, p in zip(LABELS, P, strict=True):
        used = p if y else 1 - p
        rows.append([f"{y:g}", f"{p:g}", f"−ln {used:g}", -np.log(used)])
    rows.append([tr("平均", "mean"), "", "", bce(P, LABELS)])
    return Table(
        [
            "$y_n$",
            "$p_n$",
            tr("剩下的一项", "the term that is left"),
            Col(tr("数值", "value"), format=".5f"),
        ],
        rows,
        caption=tr(
            "标签为 1 只剩前一项，标签为 0 只剩后一项",
            "A label of 1 leaves the first term, a label of 0 the second",
        ),
    )


def _three_ways(z: float, y: float) -> list[tuple[float, float]]:
    """(loss, gradient by z) in float32: the formula, F.binary_cross_entropy, ..._with_logits."""
    import torch
    import torch.nn.functional as F

    def written(logit, label):
        p = torch.sigmoid(logit)
        return -(label * p.log() + (1 - label) * (1 - p).log())

    ways = (
        written,
        lambda logit, label: F.binary_cross_entropy(torch.sigmoid(logit), label),
        F.binary_cross_entropy_with_logits,
    )
    result = []
    for loss_of in ways:
        logit = torch.tensor(z, dtype=torch.float32, requires_grad=True)
        loss = loss_of(logit, torch.tensor(y))
        loss.backward()
        result.append((loss.item(), logit.grad.item()))
    return result


def _number(value: float) -> str:
    """As a table shows it: three digits, ∞ and a real minus."""
    return f"{value + 0.0:.3g}".replace("inf", "∞").replace("-", "−")


def table_extremes(tr: Tr) -> Table:
    rows = []
    for z, y in EXTREMES:
        ways = _three_ways(z, y)
        rows.append([_number(z), f"{y:g}", *(f"{_number(a)}; {_number(b)}" for a, b in ways)])
    return Table(
        [
            tr.name("z"),
            tr.name("y"),
            tr("sigmoid 后照公式写", "the formula after a sigmoid"),
            tr.name("`BCELoss`"),
            tr.name("`BCEWithLogitsLoss`"),
        ],
        rows,
        caption=tr(
            "float32 下的“损失; 对 z 的梯度”。sigmoid 舍入成 0 或 1 之后，前两种写法都给不出梯度；"
            "`BCELoss` 在此之前就已经丢了",
            "“Loss; gradient by z” in float32. Once the sigmoid has rounded to 0 or 1, neither of "
            "the first two has a usable gradient; `BCELoss` loses it even before",
        ),
    )


def value_extreme() -> dict[str, float]:
    """z = -200, y = 1: losses and gradients of BCELoss and BCEWithLogitsLoss."""
    _, clamped, stable = _three_ways(-200.0, 1.0)
    return {
        "z": -200.0,
        "clamped": clamped[0],
        "clamped_gradient": clamped[1] + 0.0,
        "stable": stable[0],
        "stable_gradient": stable[1],
    }
