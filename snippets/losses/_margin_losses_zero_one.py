"""Why the 0-1 loss is not minimised by descent: a staircase, and no gradient."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Figure, Tr
from snippets.losses.margin_losses import margin_losses

X = np.array([-2.5, -1.6, -0.9, 0.4, -0.3, 0.8, 1.5, 2.4])
LABELS = np.array([-1, -1, -1, -1, 1, 1, 1, 1])
BIASES = np.linspace(-3, 3, 1201)


def risks() -> dict[str, np.ndarray]:
    """Mean losses of the scores x + b of the eight points, over the bias b."""
    found = [margin_losses(X + b, LABELS) for b in BIASES]
    return {name: np.array([float(losses[name]) for losses in found]) for name in found[0]}


def figure_staircase(tr: Tr) -> Figure:
    drawn = risks()
    canvas, axes = kit.canvas(height=2.9)
    styles = {
        "zero_one": (tr("0-1", "0-1"), kit.INK, kit.LINES[0]),
        "hinge": (tr("合页", "hinge"), kit.GREEN, kit.LINES[1]),
        "logistic": (tr.name("logistic"), kit.BLUE, kit.LINES[2]),
    }
    for name, (label, colour, line) in styles.items():
        axes.plot(BIASES, drawn[name], color=colour, linestyle=line, label=label)
    axes.set_ylim(0, 1.6)
    axes.set_xlabel(tr("偏置 b", "bias b"))
    axes.set_ylabel(tr("平均损失", "mean loss"))
    axes.legend(loc="upper center", ncols=3)
    return Figure(
        canvas,
        caption=tr(
            "八个点、得分 x + b：移动偏置时的平均损失。0-1 损失是阶梯，每一级上的梯度都是 0，"
            "最低的一级还有分开的两处；合页与 logistic 的曲线是凸的，处处给出下降的方向。",
            "Eight points, scores x + b: the mean loss as the bias moves. The 0-1 loss is a "
            "staircase with gradient 0 on each step, and its lowest step occurs in two separate "
            "places; hinge and logistic loss are convex and say everywhere which way to go.",
        ),
        alt=tr(
            "黑色阶梯向两侧一级一级升高，中间两处最低、夹着高一级的一段；"
            "绿色折线与蓝色曲线都是凸的，在中间最低。",
            "The black staircase rises step by step to both sides; in the middle it is lowest in "
            "two places with a higher step between. The green broken line and the blue curve are "
            "convex and lowest in the middle.",
        ),
        data={"b": BIASES, **drawn},
    )


def value_no_gradient() -> dict[str, object]:
    """What PyTorch makes of the gradient of a count of mistakes."""
    import torch

    scores = torch.tensor([0.3, -0.2], requires_grad=True)
    logits = torch.tensor([[0.3, -0.2]], requires_grad=True)
    mistakes = (scores <= 0).double().mean()
    try:
        mistakes.backward()
        message = "none"
    except RuntimeError as error:
        message = str(error).split(" and ")[0]
    return {
        "message": message,
        "argmax": str(logits.argmax(dim=1).requires_grad),
        "flat": float((np.diff(risks()["zero_one"]) == 0).mean()),
        "points": len(X),
    }
