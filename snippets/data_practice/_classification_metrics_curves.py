"""ROC and PR curves: six scores by hand, two normal distributions exactly, and the threshold."""

from __future__ import annotations

import math

import numpy as np

from snippets import kit
from snippets.data_practice.classification_metrics import (
    average_precision,
    binary_scores,
    pr_curve,
    roc_auc,
    roc_curve,
)
from snippets.kit import Col, Figure, Formula, Table, Tr

SIX = np.array([0.9, 0.8, 0.7, 0.6, 0.55, 0.4])
LABELS = np.array([1, 1, 0, 1, 0, 0])


def table_six(tr: Tr) -> Table:
    """The threshold lowered past one score after the other."""
    fpr, tpr = roc_curve(LABELS, SIX)
    precision = pr_curve(LABELS, SIX)[1]
    rows = []
    for k, (score, label) in enumerate(zip(SIX, LABELS, strict=True)):
        tp, fp = int(LABELS[: k + 1].sum()), int((1 - LABELS[: k + 1]).sum())
        rows.append([f"{score:g}", int(label), tp, fp, tpr[k + 1], fpr[k + 1], precision[k]])
    return Table(
        [
            tr("阈值（得分不低于它的报正）", "threshold (scores from here on are positive)"),
            Col(tr("该样本的标签", "label there"), format="d"),
            Col(tr.name("TP"), format="d"),
            Col(tr.name("FP"), format="d"),
            Col(tr("召回率 = TPR", "recall = TPR"), format=".3f"),
            Col(tr.name("FPR"), format=".3f"),
            Col(tr("精确率", "precision"), format=".3f"),
        ],
        rows,
        caption=tr(
            "六个样本按得分从高到低，阈值逐个下移",
            "Six examples by descending score, and the threshold lowered past each",
        ),
    )


def value_six() -> dict[str, object]:
    return {
        "auc": roc_auc(LABELS, SIX),
        "ap": average_precision(LABELS, SIX),
        "pairs": int(LABELS.sum() * (1 - LABELS).sum()),
        "right": round(roc_auc(LABELS, SIX) * LABELS.sum() * (1 - LABELS).sum()),
        "scores": [float(s) for s in SIX],
        "labels": [int(v) for v in LABELS],
        "squashed": roc_auc(LABELS, SIX**5),
    }


SHIFT = 1.5  # positives score N(SHIFT, 1), negatives N(0, 1)
PREVALENCES = (0.5, 0.1, 0.01)


def _upper(x: np.ndarray) -> np.ndarray:
    """The share of N(0, 1) above x."""
    return np.array([0.5 * math.erfc(v / math.sqrt(2)) for v in np.atleast_1d(x)])


GRID = np.linspace(-6, 8, 1401)
FPR, TPR = _upper(GRID), _upper(GRID - SHIFT)


def precision_at(prevalence: float, tpr: np.ndarray = TPR, fpr: np.ndarray = FPR) -> np.ndarray:
    return prevalence * tpr / (prevalence * tpr + (1 - prevalence) * fpr)


formula_normal_auc = Formula(
    r"\operatorname{AUC} = \frac{1}{2} \left( 1 + \operatorname{erf}\frac{\delta}{2} \right)",
    {r"\delta": kit.scalar(("两类得分均值之差", "distance of the two means"), 0.2, 3)},
    equals=lambda delta: float(-np.trapezoid(_upper(GRID - delta), _upper(GRID))),
    tolerance=1e-5,
    samples=20,
)


def figure_curves(tr: Tr) -> Figure:
    canvas, (roc, pr) = kit.canvas(1, 2, height=2.9)
    roc.plot(FPR, TPR, color=kit.INK)
    roc.plot([0, 1], [0, 1], color=kit.MUTED, linestyle=":", linewidth=1.2)
    roc.text(0.62, 0.52, tr("随机", "random"), color=kit.MUTED, rotation=42, ha="center")
    roc.text(
        0.36, 0.82, tr("三种比例重合", "all three prevalences"), ha="left", va="top", fontsize=9
    )
    roc.set_xlabel(tr("假正例率", "false positive rate"))
    roc.set_ylabel(tr("真正例率（召回率）", "true positive rate (recall)"))
    roc.set_title(tr.name("ROC"))
    data: dict[str, object] = {"fpr": FPR, "tpr": TPR}
    places = {0.5: (0.62, 0.97), 0.1: (0.42, 0.6), 0.01: (0.3, 0.2)}
    for prevalence, colour, line in zip(
        PREVALENCES, (kit.BLUE, kit.ORANGE, kit.GREEN), kit.LINES, strict=False
    ):
        precision = precision_at(prevalence)
        pr.plot(TPR, precision, color=colour, linestyle=line)
        label = tr(f"正例占 {prevalence:.0%}", f"{prevalence:.0%} positive")
        pr.text(*places[prevalence], label, color=colour, fontsize=9, ha="left")
        data[f"p{prevalence:g}"] = precision
    pr.set_xlabel(tr("召回率", "recall"))
    pr.set_ylabel(tr("精确率", "precision"))
    pr.set_title(tr.name("PR"))
    for axes in (roc, pr):
        axes.set_xlim(-0.02, 1.02)
        axes.set_ylim(-0.02, 1.05)
    return Figure(
        canvas,
        caption=tr(
            f"同一个分类器，正例得分服从 N({SHIFT:g}, 1)，负例服从 N(0, 1)（精确曲线，不是抽样）。"
            "正例变少，ROC 曲线不变，PR 曲线大幅下降。",
            f"One classifier: positives score N({SHIFT:g}, 1), negatives N(0, 1) (exact curves, no "
            "sample). As positives become rare the ROC curve stays and the PR curve sinks.",
        ),
        alt=tr(
            "左图：一条凸向左上角的 ROC 曲线。"
            "右图：正例占一半、一成、百分之一时的三条 PR 曲线，越来越低。",
            "Left: one ROC curve, bulging to the upper left. Right: three PR curves, for half, a "
            "tenth and a hundredth of positives, each far below the one before.",
        ),
        data=data,
    )


def _area(prevalence: float) -> float:
    """Average precision in the limit of many examples: the integral of precision over recall."""
    return float(-np.trapezoid(precision_at(prevalence), TPR))


def table_prevalence(tr: Tr) -> Table:
    rows = []
    for prevalence in PREVALENCES:
        at = int(np.argmin(np.abs(TPR - 0.8)))
        rows.append(
            [
                f"{prevalence:.0%}",
                float(-np.trapezoid(TPR, FPR)),
                _area(prevalence),
                precision_at(prevalence)[at],
            ]
        )
    return Table(
        [
            tr("正例的比例", "share of positives"),
            Col(tr.name("ROC AUC"), format=".3f"),
            Col(tr("平均精确率 AP", "average precision"), format=".3f"),
            Col(tr("召回率八成时的精确率", "precision at recall 0.8"), format=".3f"),
        ],
        rows,
        caption=tr("上图三种情形的面积与一个工作点", "Areas and one operating point of the figure"),
    )


def value_prevalence() -> dict[str, float]:
    at = int(np.argmin(np.abs(TPR - 0.8)))
    return {
        "auc": float(-np.trapezoid(TPR, FPR)),
        "ap_half": _area(0.5),
        "ap_rare": _area(0.01),
        "recall": 0.8,
        "rare": 0.01,
        "false_alarms": float(FPR[at]),
        "precision_rare": float(precision_at(0.01)[at]),
        "precision_half": float(precision_at(0.5)[at]),
    }


def _at(prevalence: float, key: str) -> np.ndarray:
    p = prevalence
    return np.array(
        [
            binary_scores(p * t, (1 - p) * f, p * (1 - t), (1 - p) * (1 - f))[key]
            for t, f in zip(TPR, FPR, strict=True)
        ]
    )


def figure_threshold(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=2.7)
    prevalence, shown = 0.1, (GRID >= -2) & (GRID <= 4)
    series = {
        "precision": (tr("精确率", "precision"), kit.ORANGE, kit.LINES[1], (2.35, 0.9)),
        "recall": (tr("召回率", "recall"), kit.BLUE, kit.LINES[2], (-1.2, 0.9)),
        "f1": (tr.name("F1"), kit.INK, "-", (0.25, 0.43)),
    }
    data = {"threshold": GRID[shown]}
    for key, (label, colour, line, place) in series.items():
        values = _at(prevalence, key)[shown]
        axes.plot(GRID[shown], values, color=colour, linestyle=line)
        axes.text(*place, label, color=colour, ha="left", va="center")
        data[key] = values
    best = int(np.argmax(data["f1"]))
    axes.axvline(GRID[shown][best], color=kit.MUTED, linewidth=1, linestyle=":")
    axes.set_xlabel(tr("阈值", "threshold"))
    axes.set_ylim(0, 1.03)
    return Figure(
        canvas,
        caption=tr(
            f"各阈值下的三项指标：正例占一成，得分服从 N({SHIFT:g}, 1)，"
            "负例服从 N(0, 1)；竖线处 F1 最大。",
            f"Three metrics at every threshold: a tenth are positive and score N({SHIFT:g}, 1), "
            "the others N(0, 1); F1 is largest at the vertical line.",
        ),
        alt=tr(
            "阈值升高，召回率从 1 降到 0，精确率从一成升到接近 1，F1 先升后降。",
            "As the threshold rises recall falls from 1 to 0, precision rises from a tenth to "
            "nearly 1, and F1 rises and falls.",
        ),
        data=data,
    )


def value_threshold() -> dict[str, float]:
    f1 = _at(0.1, "f1")
    best = int(np.argmax(f1))
    even = int(np.argmin(np.abs(GRID - SHIFT / 2)))
    return {
        "best": float(GRID[best]),
        "f1": float(f1[best]),
        "even": float(GRID[even]),
        "f1_even": float(f1[even]),
    }
