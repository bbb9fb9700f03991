"""The causes of an eighth output: what each looks like, and what it takes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from snippets.data_practice.class_count_mismatch import (
    label_report,
    restricted_softmax,
    torch_repaired_loss,
)
from snippets.kit import Col, Table, Tr

LOGITS = (2.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 4.0)
CLASSES = 7


def _message(call: Callable[[], object]) -> str:
    try:
        call()
    except (IndexError, RuntimeError) as error:
        return str(error)
    raise AssertionError("no error was raised")


def table_causes(tr: Tr) -> Table:
    return Table(
        [tr("病因", "cause"), tr("症状", "symptom"), tr("对策", "repair")],
        [
            [
                tr("头的宽度写错，或沿用旧的头", "wrong width of the head, or an old one"),
                tr("标签是 0–6，末列从不是答案", "labels 0–6, the last column is never right"),
                "`nn.Linear(in_features, 7)`",
            ],
            [
                tr("标签从 1 数起", "labels count from 1"),
                tr("标签是 1–7，于是凑了八列", "labels are 1–7, hence the eight columns"),
                tr("标签减 1，头改成七列", "subtract 1, and a head of seven"),
            ],
            [
                tr("有一列是背景", "one column is background"),
                tr("检测、分割的标签 0 是背景", "label 0 of detection or segmentation"),
                tr("`logits[:, 1:]`，背景要学就留八列", "`logits[:, 1:]`; keep eight if learned"),
            ],
            [
                tr("有一个忽略标签", "one label means “ignore”"),
                tr("标签里有 255 或 −100", "255 or −100 among the labels"),
                "`ignore_index=255`",
            ],
            [
                tr("one-hot 的宽度自动推断", "one-hot width by inference"),
                tr("宽度是最大标签加 1", "the width is the largest label plus 1"),
                "`F.one_hot(y - 1, 7)`",
            ],
            [
                tr("多的是一根轴，不是一列", "an axis too many, not a column"),
                tr("形状是 (N, 7, 1)", "the shape is (N, 7, 1)"),
                "`squeeze(-1)`",
            ],
        ],
        caption=tr("先看标签与形状，再动模型", "Labels and shapes first, then the model"),
    )  # fmt: skip


@cache
def value_errors() -> dict[str, str]:
    import torch
    import torch.nn.functional as F

    labels = torch.arange(1, 8)
    zeros = torch.zeros(4, dtype=torch.long)
    return {
        "bounds": _message(lambda: F.cross_entropy(torch.zeros(7, 7), labels)),
        "axis": _message(lambda: F.cross_entropy(torch.zeros(4, 7, 1), zeros)),
        "onehot": _message(lambda: F.one_hot(labels, 7)),
    }


def value_repairs() -> dict[str, float]:
    """Losses of logits that are all 0: ln 7 wherever seven classes are left."""
    import torch
    import torch.nn.functional as F

    counted = torch.tensor([0, 255, 6])
    repaired = {
        "base": (torch.zeros(7, 7), torch.arange(1, 8), "labels from 1"),
        "background": (torch.zeros(8, 8), torch.arange(8), "background first"),
        "ignore": (torch.zeros(3, 7), counted, "ignore label"),
        "spare": (torch.zeros(7, 8), torch.arange(7), "spare column"),
        "axis": (torch.zeros(7, 7, 1), torch.arange(7), "extra axis"),
    }
    found = {
        name: torch_repaired_loss(logits, labels, cause).item()
        for name, (logits, labels, cause) in repaired.items()
    }
    return found | {
        "eight": F.cross_entropy(torch.zeros(7, 8), torch.arange(7)).item(),
        "width": F.one_hot(torch.arange(1, 8)).shape[1],
    }


def value_report() -> dict[str, int]:
    """The labels 1 to 7 against eight and against seven outputs."""
    labels = np.repeat(np.arange(1, 8), 3)
    eight, seven = label_report(labels, 8), label_report(labels, 7)
    return {
        "low": eight["low"],
        "high": eight["high"],
        "used": eight["used"],
        "unused": eight["unused"][0],
        "outside": seven["outside"][0],
    }


@cache
def value_slices() -> dict[str, float]:
    """The logits of the example, cut before and after the softmax; the right answer is class 0."""
    import torch
    import torch.nn.functional as F

    z = torch.tensor([LOGITS], dtype=torch.float64, requires_grad=True)
    truth = torch.tensor([0])
    (whole,) = torch.autograd.grad(F.cross_entropy(z, truth), z)
    (cut,) = torch.autograd.grad(F.cross_entropy(z[:, :CLASSES], truth), z)
    after = z.softmax(dim=1)[0, :CLASSES]
    before = restricted_softmax(LOGITS, slice(0, CLASSES))
    return {
        "after": after.sum().item(),
        "before": float(before.sum()),
        "loss8": F.cross_entropy(z, truth).item(),
        "loss7": F.cross_entropy(z[:, :CLASSES], truth).item(),
        "argmax8": int(np.argmax(LOGITS)),
        "argmax7": int(np.argmax(LOGITS[:CLASSES])),
        "grad8": whole[0, -1].item(),
        "grad7": cut[0, -1].item(),
        "p8": z.softmax(dim=1)[0, -1].item(),
    }


def table_slices(tr: Tr) -> Table:
    found = value_slices()
    return Table(
        [
            tr("做法", "way"),
            Col(tr("概率之和", "sum of probabilities"), format=".4f"),
            Col(tr("损失", "loss"), format=".3f"),
            Col(tr.name("argmax"), format="d"),
            Col(tr("第八列的梯度", "gradient of the eighth"), format=".3f"),
        ],
        [
            [tr("保留八列", "keep eight"), 1.0, found["loss8"], found["argmax8"], found["grad8"]],
            [
                tr("先 softmax，再切掉", "softmax, then cut"),
                found["after"],
                found["loss8"],
                found["argmax7"],
                found["grad8"],
            ],
            [
                tr("先切掉，再 softmax", "cut, then softmax"),
                found["before"],
                found["loss7"],
                found["argmax7"],
                found["grad7"],
            ],
        ],
        caption=tr(
            "logits 为 (2, 1, 0, 0, 0, 0, 0, 4)，正确类别是 0；损失是正确类别概率的负对数",
            "Logits (2, 1, 0, 0, 0, 0, 0, 4), class 0 is right; the loss is minus the logarithm of "
            "its probability",
        ),
    )


def value_axis() -> dict[str, float]:
    """A forgotten axis in a regression: (3, 1) against (3,) is compared all with all."""
    import warnings

    import torch
    import torch.nn.functional as F

    target = torch.tensor([1.0, 2.0, 3.0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch does warn of it
        wrong = F.mse_loss(target[:, None], target).item()
    return {"wrong": wrong, "right": F.mse_loss(target[:, None].squeeze(-1), target).item()}
