"""The reliability diagram and ECE: twenty predictions by hand, and what bins do to the estimate."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.data_practice.calibration import brier, ece, reliability
from snippets.kit import Col, Spread, Table, Tr

CONFIDENCE = np.repeat([0.9, 0.6], 10)
CORRECT = np.r_[np.ones(7), np.zeros(3), np.ones(6), np.zeros(4)]


def table_worked(tr: Tr) -> Table:
    rows = []
    for share, accuracy, confidence in zip(*reliability(CONFIDENCE, CORRECT), strict=True):
        gap = abs(accuracy - confidence)
        rows.append([round(share * 20), confidence, accuracy, gap, share * gap])
    return Table(
        [
            Col(tr("预测数", "predictions"), format="d"),
            Col(tr("平均置信度", "mean confidence"), format=".2f"),
            Col(tr("准确率", "accuracy"), format=".2f"),
            Col(tr("差距", "gap"), format=".2f"),
            Col(tr("差距乘以占比", "gap times share"), format=".3f"),
        ],
        rows,
        caption=tr(
            "二十个预测分进两箱；最后一列加起来就是 ECE",
            "Twenty predictions in two bins; the last column adds up to the ECE",
        ),
    )


def value_worked() -> dict[str, float]:
    certain = np.full(20, CORRECT.mean())
    mixed = np.repeat([0.92, 0.98], 50)
    results = np.r_[np.ones(50), np.ones(45), np.zeros(5)]
    return {
        "ece": ece(CONFIDENCE, CORRECT),
        "brier": brier(CONFIDENCE, CORRECT),
        "accuracy": float(CORRECT.mean()),
        "confidence": float(CONFIDENCE.mean()),
        "high": 0.9,
        "low": 0.6,
        "right_high": 7,
        "right_low": 6,
        "flat_ece": ece(certain, CORRECT),
        "flat_brier": brier(certain, CORRECT),
        "mixed_ece": ece(mixed, results),
        "mixed_fine": ece(mixed, results, bins=50),
        "mixed_low": 0.92,
        "mixed_high": 0.98,
        "mixed_right": 0.9,
    }


COUNTS, BINS, RUNS = (100, 1000, 10_000), (5, 15, 50), 20


@cache
def _perfect(count: int, bins: int) -> Spread:
    """ECE of count predictions that are calibrated by construction."""
    found = []
    for rng in kit.seeds(RUNS):
        confidence = rng.uniform(0.5, 1.0, count)
        found.append(ece(confidence, rng.uniform(size=count) < confidence, bins))
    return Spread(found)


def table_bias(tr: Tr) -> Table:
    return Table(
        [
            Col(tr("样本数", "examples"), format=",d"),
            *(Col(tr(f"{bins} 箱", f"{bins} bins"), format=".3f") for bins in BINS),
        ],
        [[count, *(_perfect(count, bins) for bins in BINS)] for count in COUNTS],
        caption=tr(
            "完全校准的预测（置信度均匀取自 0.5 到 1，按此概率答对），真实的校准误差是 0，"
            f"测得的 ECE：均值 [最小, 最大]，{RUNS} 次抽样",
            "Predictions calibrated by construction (confidence uniform from 0.5 to 1, right with "
            "that probability): the true error is 0, and this is the measured ECE, mean [smallest, "
            f"largest] of {RUNS} draws",
        ),
    )


def value_bias() -> dict[str, object]:
    return {
        "few": _perfect(COUNTS[0], BINS[1]),
        "many": _perfect(COUNTS[-1], BINS[1]),
        "count_few": COUNTS[0],
        "count_many": COUNTS[-1],
        "bins": BINS[1],
    }


def table_compare(tr: Tr) -> Table:
    yes, no = tr("是", "yes"), tr("否", "no")
    return Table(
        [
            tr("指标", "measure"),
            tr("看校准", "sees calibration"),
            tr("看区分", "sees separation"),
            tr("需要分箱", "needs bins"),
            tr("注意", "mind"),
        ],
        [
            [tr("准确率", "accuracy"), no, yes, no, tr("与置信度无关", "ignores confidence")],
            [
                tr.name("ROC AUC"),
                no,
                yes,
                no,
                tr("只看排序", "the order only"),
            ],
            [
                tr.name("ECE"),
                yes,
                no,
                yes,
                tr("样本少时偏大；只看获胜的类别", "too large on few examples; the winner only"),
            ],
            [
                tr("Brier 分数", "Brier score"),
                yes,
                yes,
                no,
                tr("有上界，错得再离谱也有限", "bounded, however wrong"),
            ],
            [
                tr("交叉熵", "cross-entropy"),
                yes,
                yes,
                no,
                tr("一次极自信的错误就能主宰它", "one very sure error can rule it"),
            ],
        ],
        caption=tr(
            "概率好不好，各个指标看到哪一面", "Which side of a probability each measure sees"
        ),
    )
