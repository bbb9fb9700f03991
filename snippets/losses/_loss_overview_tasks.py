"""From the task to output layer, loss and metric; each row is run once at outputs of zero."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets.kit import Col, Pair, Table, Tr

CLASSES, VOCABULARY, PAIRS = 10, 50257, 256
_LINEAR, _LOGITS = ("线性", "linear"), ("线性（logits）", "linear (logits)")

TASKS: tuple[tuple[str, Pair, Pair, str, Pair], ...] = (
    (
        "regression",
        ("回归", "regression"),
        _LINEAR,
        "nn.MSELoss",
        ("RMSE、MAE、R²", "RMSE, MAE, R²"),
    ),
    (
        "robust",
        ("回归，有离群点", "regression, outliers"),
        _LINEAR,
        "nn.HuberLoss",
        ("MAE、中位误差", "MAE, median error"),
    ),
    (
        "count",
        ("计数", "counts"),
        ("线性，即 ln λ", "linear: ln λ"),
        "nn.PoissonNLLLoss",
        ("泊松偏差、MAE", "Poisson deviance, MAE"),
    ),
    (
        "binary",
        ("二分类", "two classes"),
        _LOGITS,
        "nn.BCEWithLogitsLoss",
        ("准确率、F1、AUC", "accuracy, F1, AUC"),
    ),
    (
        "classes",
        (f"多分类（{CLASSES} 类）", f"{CLASSES} classes"),
        _LOGITS,
        "nn.CrossEntropyLoss",
        ("准确率、top-5、宏平均 F1", "accuracy, top-5, macro F1"),
    ),
    (
        "labels",
        ("多标签", "several labels"),
        _LOGITS,
        "nn.BCEWithLogitsLoss",
        ("mAP、微/宏平均 F1", "mAP, micro and macro F1"),
    ),
    (
        "imbalance",
        ("二分类，正例很少", "two classes, few positives"),
        ("线性，再移动阈值", "linear; move the threshold"),
        "nn.BCEWithLogitsLoss",
        ("PR 曲线下面积、召回率", "area under PR, recall"),
    ),
    (
        "pixels",
        ("语义分割", "segmentation"),
        ("每像素 logits", "logits a pixel"),
        "nn.CrossEntropyLoss",
        ("mIoU、Dice", "mIoU, Dice"),
    ),
    (
        "language",
        ("语言模型", "language model"),
        ("每个词元的 logits", "logits a token"),
        "nn.CrossEntropyLoss",
        ("困惑度", "perplexity"),
    ),
    (
        "boxes",
        ("目标检测的边框", "boxes in detection"),
        _LINEAR,
        "nn.SmoothL1Loss",
        ("IoU、mAP", "IoU, mAP"),
    ),
    (
        "distillation",
        ("蒸馏", "distillation"),
        ("logits ÷ τ 的 log-softmax", "log-softmax of logits ÷ τ"),
        "nn.KLDivLoss",
        ("学生的准确率", "accuracy of the student"),
    ),
    (
        "contrast",
        ("对比学习、检索", "contrastive, retrieval"),
        ("归一化的嵌入", "normalised embeddings"),
        "nn.CrossEntropyLoss",
        ("recall@k、MRR", "recall@k, MRR"),
    ),
)


@cache
def at_zero() -> dict[str, float | None]:
    """The loss of each task when the network still gives 0 for everything; None where it depends
    on the data.
    """
    import torch
    from torch import nn

    rng = np.random.default_rng(0)
    number = torch.tensor(rng.integers(CLASSES, size=8))
    bits = torch.tensor(rng.integers(2, size=(8, 5)).astype(float))
    zeros = torch.zeros(8, CLASSES, dtype=torch.float64)
    pixels = torch.zeros(2, CLASSES, 4, 4, dtype=torch.float64)
    word = torch.tensor(rng.integers(VOCABULARY, size=4))
    entropy, binary = nn.CrossEntropyLoss(), nn.BCEWithLogitsLoss()
    plain = binary(bits * 0, bits)
    losses = {
        "count": nn.PoissonNLLLoss()(bits * 0, bits),
        "binary": plain,
        "classes": entropy(zeros, number),
        "labels": plain,
        "imbalance": plain,
        "pixels": entropy(pixels, number.reshape(2, 4)[:, :, None].expand(2, 4, 4)),
        "language": entropy(torch.zeros(4, VOCABULARY, dtype=torch.float64), word),
        "contrast": entropy(torch.zeros(PAIRS, PAIRS, dtype=torch.float64), torch.arange(PAIRS)),
    }
    return {key: losses[key].item() if key in losses else None for key, *_ in TASKS}


def table_tasks(tr: Tr) -> Table:
    first = at_zero()
    return Table(
        [
            tr("任务", "task"),
            tr("输出层", "output layer"),
            tr("损失", "loss"),
            tr("指标", "metric"),
            Col(tr("输出为 0 时", "at output 0"), format=".3f"),
        ],
        [
            [
                tr.pair(task),
                tr.pair(layer),
                f"`{loss}`",
                tr.pair(metric),
                first[key],
            ]
            for key, task, layer, loss, metric in TASKS
        ],
        caption=tr(
            "任务、输出层、损失、指标。最后一列：网络对一切都输出 0 时的损失，"
            f"与目标无关时才列出（分割取 {CLASSES} 类，语言模型的词表有 {VOCABULARY} 个词元，"
            f"对比学习每批 {PAIRS} 对）",
            "Task, output layer, loss, metric. Last column: the loss while the network gives 0 for "
            f"everything, where the targets do not matter (segmentation {CLASSES} classes, "
            f"language model {VOCABULARY} tokens, contrastive {PAIRS} pairs a batch)",
        ),
    )


def value_first_loss() -> dict[str, float | int]:
    found = at_zero()
    return {
        "binary": found["binary"] or 0.0,
        "classes": found["classes"] or 0.0,
        "classes_count": CLASSES,
        "vocabulary": VOCABULARY,
        "pairs": PAIRS,
    }
