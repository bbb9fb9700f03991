"""Metrics of classification from scratch: confusion matrix, precision, recall, F1, MCC, ROC, PR."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from snippets import kit
from snippets.kit import Check, Formula


def confusion_matrix(y: ArrayLike, predicted: ArrayLike, classes: int) -> np.ndarray:
    """Counts (classes, classes): row i, column j holds examples of class i predicted as j.

    ValueError: lengths differ, or a label outside 0 .. classes - 1.
    """
    y, predicted = np.asarray(y), np.asarray(predicted)
    if y.shape != predicted.shape:
        raise ValueError(f"{y.shape} labels and {predicted.shape} predictions")
    if y.size and not (
        0 <= min(y.min(), predicted.min()) <= max(y.max(), predicted.max()) < classes
    ):
        raise ValueError(f"labels must be 0 .. {classes - 1}")
    return np.bincount(classes * y + predicted, minlength=classes**2).reshape(classes, classes)


def binary_scores(tp: float, fp: float, fn: float, tn: float) -> dict[str, float]:
    """Every score of one confusion matrix; a score whose denominator is 0 is given as 0."""

    def ratio(a: float, b: float) -> float:
        return a / b if b else 0.0

    tp, fp, fn, tn = float(tp), float(fp), float(fn), float(tn)  # int64 overflows in the root
    precision, recall = ratio(tp, tp + fp), ratio(tp, tp + fn)
    root = ((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)) ** 0.5
    return {
        "accuracy": ratio(tp + tn, tp + fp + fn + tn),
        "precision": precision,
        "recall": recall,
        "specificity": ratio(tn, tn + fp),
        "f1": ratio(2 * tp, 2 * tp + fp + fn),
        "balanced": (recall + ratio(tn, tn + fp)) / 2,
        "mcc": ratio(tp * tn - fp * fn, root),
    }


def averaged_f1(matrix: np.ndarray) -> dict[str, float]:
    """F1 over several classes: macro (all alike), weighted (by support), micro (counts pooled)."""
    tp = np.diag(matrix).astype(float)
    support, claimed = matrix.sum(axis=1), matrix.sum(axis=0)
    f1 = np.divide(2 * tp, support + claimed, out=np.zeros_like(tp), where=support + claimed > 0)
    return {
        "macro": float(f1.mean()),
        "weighted": float(f1 @ support / support.sum()),
        "micro": float(2 * tp.sum() / (support.sum() + claimed.sum())),
    }


def _thresholds(y: ArrayLike, scores: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """True and false positives when the k highest scores are called positive; ties fall together.

    Both begin with 0 (nothing is called positive).  ValueError: labels other than 0 and 1, or one
    of them is missing.
    """
    y, scores = np.asarray(y), np.asarray(scores, dtype=float)
    if not np.array_equal(np.unique(y), [0, 1]):
        raise ValueError("labels must be 0 and 1, and both classes must be there")
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.diff(scores[order]) != 0, True)  # the last of each run of equal scores
    tp = np.cumsum(y[order])[last]
    fp = np.cumsum(1 - y[order])[last]
    return np.concatenate([[0], tp]), np.concatenate([[0], fp])


def roc_curve(y: ArrayLike, scores: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """False and true positive rate at each threshold, from (0, 0) to (1, 1).  [fawcett2006]"""
    tp, fp = _thresholds(y, scores)
    return fp / fp[-1], tp / tp[-1]


def roc_auc(y: ArrayLike, scores: ArrayLike) -> float:
    """Area under the ROC curve by trapezoids."""
    fpr, tpr = roc_curve(y, scores)
    return float(np.trapezoid(tpr, fpr))


def pr_curve(y: ArrayLike, scores: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Recall and precision at each threshold, the highest first."""
    tp, fp = _thresholds(y, scores)
    return tp[1:] / tp[-1], tp[1:] / (tp + fp)[1:]


def average_precision(y: ArrayLike, scores: ArrayLike) -> float:
    """Precision at each threshold, weighted by the recall that it adds: no interpolation."""
    recall, precision = pr_curve(y, scores)
    return float(np.sum(np.diff(recall, prepend=0) * precision))


def torch_confusion_matrix(y, predicted, classes: int):
    """The same in PyTorch; y and predicted are int64 tensors (n,)."""
    import torch

    return torch.bincount(classes * y + predicted, minlength=classes**2).reshape(classes, classes)


def torch_roc_auc(y, scores):
    """AUC as a rank statistic: the share of pairs in which the positive scores higher, ties half.

    y (n,) holds 0 and 1, scores is (n,); memory grows with positives times negatives.
    """
    gap = scores[y == 1][:, None] - scores[y == 0][None]
    return ((gap > 0).double() + 0.5 * (gap == 0).double()).mean()


# --------------------------------------------------------------------------- formulas

COUNTS = {
    "TP": ("真正例", "true positives"),
    "FP": ("假正例", "false positives"),
    "FN": ("假负例", "false negatives"),
    "TN": ("真负例", "true negatives"),
}


def _counts(*names: str) -> dict[str, kit.Symbol]:
    return {rf"\mathrm{{{name}}}": kit.integer(COUNTS[name], 1, 400) for name in names}


def _score(key: str):
    return lambda TP=1, FP=1, FN=1, TN=1: binary_scores(TP, FP, FN, TN)[key]


formula_precision_recall = Formula(
    r"P = \frac{\mathrm{TP}}{\mathrm{TP} + \mathrm{FP}}, \quad"
    r" R = \frac{\mathrm{TP}}{\mathrm{TP} + \mathrm{FN}}",
    _counts("TP", "FP", "FN"),
    equals={"P": _score("precision"), "R": _score("recall")},
)

formula_f1 = Formula(
    r"F_1 = \frac{2 P R}{P + R}",
    {
        "P": kit.scalar(("精确率", "precision"), 0.05, 1),
        "R": kit.scalar(("召回率", "recall"), 0.05, 1),
    },
    # counts with this precision and recall: tp = P R, fp = R (1 - P), fn = P (1 - R)
    equals=lambda P, R: binary_scores(P * R, R * (1 - P), P * (1 - R), 1)["f1"],
)

formula_f1_counts = Formula(
    r"F_1 = \frac{2\,\mathrm{TP}}{2\,\mathrm{TP} + \mathrm{FP} + \mathrm{FN}}",
    _counts("TP", "FP", "FN"),
    equals=_score("f1"),
)

_accuracy = Formula(
    r"A = \frac{\mathrm{TP} + \mathrm{TN}}{\mathrm{TP} + \mathrm{FP} + \mathrm{FN} + \mathrm{TN}}",
    _counts("TP", "FP", "FN", "TN"),
    equals=_score("accuracy"),
)

_specificity = Formula(
    r"S = \frac{\mathrm{TN}}{\mathrm{TN} + \mathrm{FP}}",
    _counts("FP", "TN"),
    equals=_score("specificity"),
)

formula_mcc = Formula(
    r"\operatorname{MCC} = \frac{\mathrm{TP} \cdot \mathrm{TN} - \mathrm{FP} \cdot \mathrm{FN}}"
    r"{\sqrt{(\mathrm{TP} + \mathrm{FP})(\mathrm{TP} + \mathrm{FN})"
    r"(\mathrm{TN} + \mathrm{FP})(\mathrm{TN} + \mathrm{FN})}}",
    _counts("TP", "FP", "FN", "TN"),
    equals=_score("mcc"),
)

formula_prevalence = Formula(
    r"P = \frac{\pi\,t}{\pi\,t + (1 - \pi)\,f}",
    {
        r"\pi": kit.scalar(("正例的比例", "share of positives"), 0.01, 0.99),
        "t": kit.scalar(("真正例率（召回率）", "true positive rate (recall)"), 0.05, 1),
        "f": kit.scalar(("假正例率", "false positive rate"), 0.01, 1),
    },
    equals=lambda pi, t, f: binary_scores(pi * t, (1 - pi) * f, pi * (1 - t), (1 - pi) * (1 - f))[
        "precision"
    ],
)

formula_auc = Formula(
    r"\operatorname{AUC} = \frac{1}{m n} \sum_{i=1}^{m} \sum_{j=1}^{n}"
    r" \left( \mathbf{1}[s_i > u_j] + \frac{1}{2}\,\mathbf{1}[s_i = u_j] \right)",
    {
        "s": kit.array(("正例的得分", "scores of the positives"), ("m",), -3, 3),
        "u": kit.array(("负例的得分", "scores of the negatives"), ("n",), -3, 3),
        "m": kit.integer(("正例数", "number of positives"), 1, 6),
        "n": kit.integer(("负例数", "number of negatives"), 1, 6),
        "i": kit.index(("正例", "a positive"), "m"),
        "j": kit.index(("负例", "a negative"), "n"),
    },
    equals=lambda s, u: roc_auc(
        np.r_[np.ones(len(s), int), np.zeros(len(u), int)], np.concatenate([s, u])
    ),
)

formula_ap = Formula(
    r"\operatorname{AP} = r_1 p_1 + \sum_{k=2}^{K} (r_k - r_{k-1})\,p_k",
    {
        "p": kit.array(("第 k 个阈值处的精确率", "precision at threshold k"), ("K",), 0, 1),
        "r": kit.array(("第 k 个阈值处的召回率", "recall at threshold k"), ("K",), 0, 1),
        "K": kit.integer(("阈值数", "number of thresholds"), 1, 6),
    },
    equals=lambda p, r: float(np.sum(np.diff(r, prepend=0) * p)),
)

# --------------------------------------------------------------------------- evidence


def check_auc() -> Check:
    """Trapezoids against counting pairs, with many ties."""
    import torch

    pairs = []
    for rng in kit.seeds(20):
        y = np.r_[0, 1, rng.integers(0, 2, 198)]
        scores = np.round(rng.normal(size=200) + y, 1)
        pairs.append((roc_auc(y, scores), torch_roc_auc(torch.tensor(y), torch.tensor(scores))))
    return kit.compare(
        (
            "PyTorch 写的逐对计数（秩统计量），含并列",
            "a count of all pairs in PyTorch (the rank statistic), with ties",
        ),
        pairs,
        tolerance=1e-13,
    )


def check_confusion() -> Check:
    """Each cell against a comparison of tensors; MCC against the correlation coefficient."""
    import torch

    pairs = []
    for rng in kit.seeds(10):
        y, p = rng.integers(0, 2, (2, 300))
        matrix = confusion_matrix(y, p, 2)
        ty, tp = torch.tensor(y), torch.tensor(p)
        counted = [[int(((ty == i) & (tp == j)).sum()) for j in (0, 1)] for i in (0, 1)]
        (tn, fp), (fn, tp_) = matrix
        mcc = torch.corrcoef(torch.stack([ty, tp]).double())[0, 1]
        pairs += [(matrix, counted), (binary_scores(tp_, fp, fn, tn)["mcc"], mcc)]
    return kit.compare(
        (
            "逐个比较张量，以及 `torch.corrcoef`（MCC 就是相关系数）",
            "tensors compared one by one, and `torch.corrcoef` (MCC is the correlation)",
        ),
        pairs,
        tolerance=1e-12,
    )
