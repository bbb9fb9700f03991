"""What PyTorch's losses take: logits, log-probabilities or probabilities, and how they average."""

from __future__ import annotations

from typing import Any

import numpy as np

from snippets.kit import Table, Tr
from snippets.losses._cross_entropy_examples import LOGITS
from snippets.losses._cross_entropy_gradient import WRONG

BATCH = np.array([[1.0, 2.0, 3.0], [0.5, 0.0, -0.5], [2.0, -1.0, 0.0]])
TARGETS = np.array([0, 0, 1])
WEIGHT = np.array([1.0, 4.0, 1.0])


def table_classes(tr: Tr) -> Table:
    index = tr("类别编号 (N,)", "class numbers (N,)")
    same = tr("与输入同形的浮点数", "floats of the input's shape")
    return Table(
        [
            tr("类", "class"),
            tr("输入要给", "input"),
            tr("目标", "target"),
            tr("里面做的事", "what it does"),
        ],
        [
            [
                "`CrossEntropyLoss`",
                tr("**logits**", "**logits**"),
                tr(
                    "类别编号 (N,)，或各类概率 (N, K)", "class numbers (N,) or probabilities (N, K)"
                ),
                tr.name("log-softmax, NLL"),
            ],
            [
                "`NLLLoss`",
                tr("**对数概率**", "**log-probabilities**"),
                index,
                tr("取出、变号，不取对数", "picks and negates; takes no logarithm"),
            ],
            [
                "`BCEWithLogitsLoss`",
                tr("**logits**", "**logits**"),
                same,
                tr("sigmoid 与 BCE 合成稳定式", "sigmoid and BCE in the stable form"),
            ],
            [
                "`BCELoss`",
                tr("**概率**", "**probabilities**"),
                same,
                tr("取对数，低于 −100 的截到 −100", "logarithms, none below −100"),
            ],
        ],
        caption=tr("四个类各要什么", "What each of the four classes wants"),
    )


def _fed() -> dict[str, list[float | None]]:
    """The loss of each class given logits, log-probabilities, probabilities; None: an error."""
    import torch
    import torch.nn.functional as F

    z = torch.tensor(LOGITS[None])
    label = torch.tensor([0])
    multi = [z, F.log_softmax(z, -1), F.softmax(z, -1)]
    logit, bit = torch.tensor([WRONG], dtype=torch.float64), torch.ones(1, dtype=torch.float64)
    binary = [logit, F.logsigmoid(logit), torch.sigmoid(logit)]

    def safe(loss, value, target):
        try:
            return loss(value, target).item()
        except RuntimeError:
            return None

    return {
        "CrossEntropyLoss": [F.cross_entropy(v, label).item() for v in multi],
        "NLLLoss": [F.nll_loss(v, label).item() for v in multi],
        "BCEWithLogitsLoss": [F.binary_cross_entropy_with_logits(v, bit).item() for v in binary],
        "BCELoss": [safe(F.binary_cross_entropy, v, bit) for v in binary],
    }


RIGHT = {"CrossEntropyLoss": (0, 1), "NLLLoss": (1,), "BCEWithLogitsLoss": (0,), "BCELoss": (2,)}


def table_inputs(tr: Tr) -> Table:
    rows = []
    for name, values in _fed().items():
        cells = []
        for place, value in enumerate(values):
            text = tr("报错", "error") if value is None else f"{value:.4f}".replace("-", "−")
            cells.append(f"**{text}**" if place in RIGHT[name] else text)
        rows.append([f"`{name}`", *cells])
    return Table(
        [
            tr("类", "class"),
            tr("给 logits", "fed logits"),
            tr("给对数概率", "fed log-probabilities"),
            tr("给概率", "fed probabilities"),
        ],
        rows,
        caption=tr(
            "给错输入多半不报错（粗体为正确的损失）。"
            "上两行：z = (1, 2, 3)，第一类正确；下两行：z = −8，y = 1",
            "Wrong input mostly raises nothing (the right loss in bold). "
            "Upper rows: z = (1, 2, 3), the first class true; lower rows: z = −8, y = 1",
        ),
    )


def _reductions() -> dict[str, Any]:
    """Losses of the three examples of BATCH, and PyTorch's ways of putting them together."""
    import torch
    import torch.nn.functional as F

    z, y, w = torch.tensor(BATCH), torch.tensor(TARGETS), torch.tensor(WEIGHT)
    each = F.cross_entropy(z, y, reduction="none")
    padded = torch.tensor([*TARGETS[:2], -100])
    return {
        "each": each.tolist(),
        "mean": each.mean().item(),
        "sum": F.cross_entropy(z, y, reduction="sum").item(),
        "weighted": F.cross_entropy(z, y, weight=w).item(),
        "soft": F.cross_entropy(z, F.one_hot(y, 3).double(), weight=w).item(),
        "ignored": F.cross_entropy(z, padded).item(),
    }


def table_reductions(tr: Tr) -> Table:
    v = _reductions()
    rows = [
        ['`reduction="none"`', _listed(v["each"]), tr("每个样本一个数", "one number per example")],
        ['`reduction="mean"`', f"{v['mean']:.4f}", tr("总和除以样本数", "sum over examples")],
        ['`reduction="sum"`', f"{v['sum']:.4f}", tr("总和", "the sum")],
        [
            "`weight=w`",
            f"{v['weighted']:.4f}",
            tr(
                "加权总和除以**各样本权重之和**",
                "weighted sum over the **sum of the examples' weights**",
            ),
        ],
        [
            tr("`weight=w`，one-hot 浮点标签", "`weight=w`, one-hot floats"),
            f"{v['soft']:.4f}",
            tr("加权总和除以**样本数**", "weighted sum over the **number of examples**"),
        ],
        [
            tr("第三个标签为 `-100`", "third label `-100`"),
            f"{v['ignored']:.4f}",
            tr("忽略它，只平均其余两个", "ignored; the mean of the other two"),
        ],
    ]
    return Table(
        [tr("写法", "option"), tr("结果", "result"), tr("怎样合起来", "how it adds up")],
        rows,
        caption=tr(
            "`F.cross_entropy` 对三个样本的结果；标签 0、0、1，类别权重 w = (1, 4, 1)",
            "`F.cross_entropy` of three examples with labels 0, 0, 1 and class weights "
            "w = (1, 4, 1)",
        ),
    )


def _listed(losses) -> str:
    return "(" + ", ".join(f"{v:.4f}" for v in losses) + ")"
