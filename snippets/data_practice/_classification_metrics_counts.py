"""One confusion matrix worked through, imbalance, and several classes."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.data_practice.classification_metrics import (
    _accuracy,
    _specificity,
    averaged_f1,
    binary_scores,
    formula_f1_counts,
    formula_mcc,
)
from snippets.kit import Col, Figure, Formula, Table, Tr

TP, FP, FN, TN = 80, 20, 40, 860
SCORES = binary_scores(TP, FP, FN, TN)

_TP_FP = {
    r"\mathrm{TP}": kit.integer(("真正例", "true positives"), 1, 400),
    r"\mathrm{FP}": kit.integer(("假正例", "false positives"), 1, 400),
}
_precision = Formula(
    r"P = \frac{\mathrm{TP}}{\mathrm{TP} + \mathrm{FP}}",
    _TP_FP,
    equals=lambda TP, FP: binary_scores(TP, FP, 1, 1)["precision"],
)
_recall = Formula(
    r"R = \frac{\mathrm{TP}}{\mathrm{TP} + \mathrm{FN}}",
    {
        r"\mathrm{TP}": kit.integer(("真正例", "true positives"), 1, 400),
        r"\mathrm{FN}": kit.integer(("假负例", "false negatives"), 1, 400),
    },
    equals=lambda TP, FN: binary_scores(TP, 1, FN, 1)["recall"],
)


def figure_matrix(tr: Tr) -> Figure:
    """The matrix with its counts, and which ratio reads it along which side."""
    from matplotlib.patches import Rectangle

    canvas, axes = kit.canvas(height=2.7)
    axes.axis("off")
    cells = {
        (0, 1): (TP, tr.name("TP"), kit.GREEN),
        (1, 1): (FN, tr.name("FN"), kit.RED),
        (0, 0): (FP, tr.name("FP"), kit.RED),
        (1, 0): (TN, tr.name("TN"), kit.GREEN),
    }
    for (col, row), (count, label, colour) in cells.items():
        axes.add_patch(Rectangle((col, row), 1, 1, facecolor=colour, alpha=0.16))
        axes.add_patch(
            Rectangle((col, row), 1, 1, facecolor="none", edgecolor=kit.MUTED, linewidth=1)
        )
        axes.text(col + 0.5, row + 0.58, f"{count}", ha="center", va="center", fontsize=15)
        axes.text(col + 0.5, row + 0.25, label, ha="center", va="center", color=kit.MUTED)
    heads = (tr("预测为正", "predicted\npositive"), tr("预测为负", "predicted\nnegative"))
    for col, head in enumerate(heads):
        axes.text(col + 0.5, 2.1, head, ha="center", va="bottom", fontsize=9.5)
    for row, head in enumerate((tr("实为负", "negative"), tr("实为正", "positive"))):
        axes.text(-0.08, row + 0.5, head, ha="right", va="center", fontsize=9.5)
    for row, text in (
        (1, tr(f"召回率 {TP}/{TP + FN}", f"recall {TP}/{TP + FN}")),
        (0, tr(f"特异度 {TN}/{TN + FP}", f"specificity {TN}/{TN + FP}")),
    ):
        axes.text(2.1, row + 0.5, text, ha="left", va="center", fontsize=9.5, color=kit.BLUE)
    below = tr(f"精确率 {TP}/{TP + FP}", f"precision {TP}/{TP + FP}")
    axes.text(0.5, -0.1, below, ha="center", va="top", fontsize=9.5, color=kit.ORANGE)
    axes.set_xlim(-1.1, 3.5)
    axes.set_ylim(-0.4, 2.7)
    return Figure(
        canvas,
        caption=tr(
            "一千个样本的混淆矩阵。召回率与特异度按行读（真实类别），精确率按列读（预测类别）。",
            "The confusion matrix of a thousand examples. Recall and specificity read along a row "
            "(the true class), precision along a column (the predicted class).",
        ),
        alt=tr(
            f"二乘二的表：真正例 {TP}，假负例 {FN}，假正例 {FP}，真负例 {TN}。",
            f"A two by two table: {TP} true positives, {FN} false negatives, {FP} false positives, "
            f"{TN} true negatives.",
        ),
        data={"counts": [[TN, FP], [FN, TP]]},
    )


def table_scores(tr: Tr) -> Table:
    rows = [
        (
            tr("准确率", "accuracy"),
            _accuracy,
            "accuracy",
            tr("预测有多少是对的", "how many predictions are right"),
        ),
        (
            tr("精确率", "precision"),
            _precision,
            "precision",
            tr("报出的正例有多少是真的", "how many alarms are true"),
        ),
        (
            tr("召回率", "recall"),
            _recall,
            "recall",
            tr("正例找回了多少", "how many positives are found"),
        ),
        (
            tr("特异度", "specificity"),
            _specificity,
            "specificity",
            tr("负例放过了多少", "how many negatives are left alone"),
        ),
        (
            tr.name("F1"),
            formula_f1_counts,
            "f1",
            tr("精确率与召回率兼顾", "both precision and recall"),
        ),
        (tr.name("MCC"), formula_mcc, "mcc", tr("预测与真实的相关系数", "the correlation of both")),
    ]
    return Table(
        [
            tr("指标", "metric"),
            tr("公式", "formula"),
            Col(tr("本例", "here"), format=".4f"),
            tr("回答的问题", "the question it answers"),
        ],
        [[name, formula, SCORES[key], question] for name, formula, key, question in rows],
        caption=tr(
            f"TP {TP}、FP {FP}、FN {FN}、TN {TN} 的各项指标",
            f"The metrics of TP {TP}, FP {FP}, FN {FN}, TN {TN}",
        ),
    )


def value_worked() -> dict[str, float]:
    return {
        **SCORES,
        "tp": TP,
        "fp": FP,
        "fn": FN,
        "tn": TN,
        "positives": TP + FN,
        "alarms": TP + FP,
        "total": TP + FP + FN + TN,
        "product": TP * TN - FP * FN,
    }


PREDICTORS = {
    # 1000 examples, 10 of them positive: (tp, fp, fn, tn)
    "none": (0, 0, 10, 990),
    "all": (10, 990, 0, 0),
    "coin": (5, 495, 5, 495),
    "useful": (8, 22, 2, 968),
}


def table_rare(tr: Tr) -> Table:
    names = {
        "none": tr("全报负", "always negative"),
        "all": tr("全报正", "always positive"),
        "coin": tr("掷硬币", "a coin"),
        "useful": tr("有用的分类器", "a useful classifier"),
    }
    keys = ("accuracy", "precision", "recall", "f1", "balanced", "mcc")
    heads = (
        tr("准确率", "accuracy"),
        tr("精确率", "precision"),
        tr("召回率", "recall"),
        tr.name("F1"),
        tr("平衡准确率", "balanced accuracy"),
        tr.name("MCC"),
    )
    return Table(
        [tr("分类器", "classifier"), *(Col(head, format=".3f") for head in heads)],
        [
            [names[kind], *(binary_scores(*counts)[key] for key in keys)]
            for kind, counts in PREDICTORS.items()
        ],
        caption=tr(
            "一千个样本里只有十个正例；分母为 0 的指标记为 0",
            "Ten positives among a thousand examples; a metric with denominator 0 counts as 0",
        ),
    )


def value_rare() -> dict[str, float]:
    none, useful = binary_scores(*PREDICTORS["none"]), binary_scores(*PREDICTORS["useful"])
    everything = binary_scores(*PREDICTORS["all"])
    flipped = binary_scores(*reversed(PREDICTORS["useful"]))
    return {
        "none_accuracy": none["accuracy"],
        "none_recall": none["recall"],
        "useful_accuracy": useful["accuracy"],
        "useful_mcc": useful["mcc"],
        "useful_recall": useful["recall"],
        "useful_f1": useful["f1"],
        "all_recall": everything["recall"],
        "flipped_f1": flipped["f1"],
        "flipped_mcc": flipped["mcc"],
    }


THREE = np.array([[85, 10, 5], [6, 12, 2], [3, 1, 6]])


def table_three(tr: Tr) -> Table:
    """A matrix of three classes with precision, recall and F1 of each."""
    rows = []
    for k in range(3):
        tp = THREE[k, k]
        fp, fn = THREE[:, k].sum() - tp, THREE[k].sum() - tp
        found = binary_scores(tp, fp, fn, THREE.sum() - tp - fp - fn)
        label = tr(f"实为第 {k + 1} 类", f"class {k + 1}")
        rows.append(
            [label, *map(int, THREE[k]), *(found[s] for s in ("precision", "recall", "f1"))]
        )
    return Table(
        [
            tr("真实类别", "true class"),
            *(Col(tr(f"预测 {k}", f"predicted {k}"), format="d") for k in (1, 2, 3)),
            Col(tr("精确率", "precision"), format=".3f"),
            Col(tr("召回率", "recall"), format=".3f"),
            Col(tr.name("F1"), format=".3f"),
        ],
        rows,
        caption=tr(
            "三类的混淆矩阵，以及逐类（该类为正，其余为负）的指标",
            "A confusion matrix of three classes, and the metrics of each (that class positive, "
            "the others negative)",
        ),
    )


def value_three() -> dict[str, float]:
    return {**averaged_f1(THREE), "accuracy": float(np.trace(THREE) / THREE.sum())}
