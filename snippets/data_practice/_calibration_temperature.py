"""Temperature scaling where the truth is known: the model reports its logits times three."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from snippets import kit
from snippets.data_practice.calibration import (
    brier,
    ece,
    fit_temperature,
    nll,
    probabilities,
    reliability,
)
from snippets.kit import Col, Figure, Spread, Table, Tr

CLASSES, SPREAD, FACTOR, SHIFT = 5, 1.5, 3.0, 3.0
VALIDATE, TEST, RUNS, BINS = 1000, 5000, 5, 10


@dataclass(frozen=True)
class Run:
    """Logits and labels to fit on and to test on; the last three by what the model does to them."""

    validation: np.ndarray
    labels: np.ndarray
    test: np.ndarray
    answers: np.ndarray
    bent_validation: np.ndarray
    bent_test: np.ndarray


@cache
def runs() -> tuple[Run, ...]:
    """Labels drawn from the softmax of true logits; the model is FACTOR times too sure.

    The bent model adds SHIFT to the logit of the first class as well.
    """
    found = []
    for rng in kit.seeds(RUNS):
        parts = []
        for count in (VALIDATE, TEST):
            z = SPREAD * rng.normal(size=(count, CLASSES))
            cumulative = probabilities(z).cumsum(axis=1)
            y = (rng.uniform(size=(count, 1)) > cumulative[:, :-1]).sum(axis=1)
            parts += [FACTOR * z, y]
        bend = SHIFT * np.eye(CLASSES)[0]
        found.append(Run(*parts, parts[0] + bend, parts[2] + bend))
    return tuple(found)


def _measures(logits: np.ndarray, y: np.ndarray, tau: float) -> dict[str, float]:
    p = probabilities(logits, tau)
    confidence, correct = p.max(axis=1), p.argmax(axis=1) == y
    return {
        "accuracy": float(correct.mean()),
        "confidence": float(confidence.mean()),
        "ece": ece(confidence, correct, BINS),
        "brier": brier(confidence, correct),
        "nll": nll(logits, y, tau),
        "first": float(p[:, 0].mean() - np.mean(y == 0)),
    }


KINDS = ("raw", "scaled", "true", "bent", "bent_scaled")


@cache
def measured() -> dict[str, dict[str, Spread]]:
    """Each measure on the test set, RUNS draws, and the temperatures that were fitted."""
    rows: dict[str, list[dict[str, float]]] = {kind: [] for kind in KINDS}
    taus: dict[str, list[float]] = {"scaled": [], "bent_scaled": []}
    for run in runs():
        tau = fit_temperature(run.validation, run.labels)
        bent = fit_temperature(run.bent_validation, run.labels)
        taus["scaled"].append(tau)
        taus["bent_scaled"].append(bent)
        for kind, logits, t in (
            ("raw", run.test, 1.0),
            ("scaled", run.test, tau),
            ("true", run.test, FACTOR),
            ("bent", run.bent_test, 1.0),
            ("bent_scaled", run.bent_test, bent),
        ):
            rows[kind].append(_measures(logits, run.answers, t))
    found = {
        kind: {key: Spread(row[key] for row in all_) for key in all_[0]}
        for kind, all_ in rows.items()
    }
    for kind, values in taus.items():
        found[kind]["tau"] = Spread(values)
    return found


def table_measures(tr: Tr) -> Table:
    labels = {
        "raw": tr("模型报出的", "as reported"),
        "scaled": tr("温度缩放之后", "after temperature scaling"),
        "true": tr("真实的概率", "the true probabilities"),
        "bent": tr("再偏袒第一类", "one class favoured, too"),
        "bent_scaled": tr("再偏袒第一类，温度缩放之后", "the same after temperature scaling"),
    }
    keys = ("accuracy", "confidence", "ece", "brier", "nll", "first")
    heads = (
        tr("准确率", "accuracy"),
        tr("置信度", "confidence"),
        tr.name("ECE"),
        tr.name("Brier"),
        tr("交叉熵", "cross-entropy"),
        tr("第一类多给", "class 1 excess"),
    )
    return Table(
        [tr("概率", "probabilities"), *(Col(head, format=".3f") for head in heads)],
        [[labels[kind], *(measured()[kind][key].mean for key in keys)] for kind in KINDS],
        caption=tr(
            f"{CLASSES} 类、标签按真实概率抽取；{VALIDATE} 个验证样本拟合温度，{TEST} 个测试样本，"
            f"{RUNS} 次抽样的均值；Brier 分数按“预测是否正确”计算；"
            "最后一列是第一类的平均概率减去它的占比",
            f"{CLASSES} classes, labels drawn from the true probabilities; temperature fitted on "
            f"{VALIDATE} validation examples, measured on {TEST} test examples, mean of {RUNS} "
            "draws; the Brier score is that of “the prediction is right”; the last column is the "
            "mean probability of class 1 minus its share",
        ),
    )


def value_measures() -> dict[str, object]:
    found = measured()
    return {
        "factor": FACTOR,
        "shift": SHIFT,
        "tau": found["scaled"]["tau"],
        "raw_ece": found["raw"]["ece"],
        "scaled_ece": found["scaled"]["ece"],
        "true_ece": found["true"]["ece"],
        "raw_confidence": found["raw"]["confidence"],
        "accuracy": found["raw"]["accuracy"],
        "scaled_accuracy": found["scaled"]["accuracy"],
        "bent_ece": found["bent_scaled"]["ece"],
        "bent_first": found["bent_scaled"]["first"],
        "scaled_first": found["scaled"]["first"],
        "bent_nll": found["bent_scaled"]["nll"],
        "scaled_nll": found["scaled"]["nll"],
    }


def figure_reliability(tr: Tr) -> Figure:
    """Accuracy by confidence before and after, one run."""
    run = runs()[0]
    tau = fit_temperature(run.validation, run.labels)
    canvas, panels = kit.canvas(1, 2, height=3.0, sharey=True)
    data = {}
    titles = (
        tr("模型报出的", "as reported"),
        tr(f"温度 {tau:.2f} 之后", f"at temperature {tau:.2f}"),
    )
    for axes, t, title, key in zip(panels, (1.0, tau), titles, ("raw", "scaled"), strict=True):
        p = probabilities(run.test, t)
        share, accuracy, confidence = reliability(
            p.max(axis=1), p.argmax(axis=1) == run.answers, BINS
        )
        axes.plot([0, 1], [0, 1], color=kit.MUTED, linestyle=":", linewidth=1.2)
        for x, y in zip(confidence, accuracy, strict=True):
            axes.plot([x, x], [x, y], color=kit.RED, linewidth=1.5)
        axes.plot(confidence, accuracy, "o-", color=kit.BLUE, linewidth=1.4)
        axes.bar(confidence, share, width=0.05, color=kit.MUTED, alpha=0.3)
        axes.set_xlim(0, 1.03)
        axes.set_ylim(0, 1.03)
        axes.set_title(title)
        axes.set_xlabel(tr("置信度", "confidence"))
        data[key] = np.array([share, accuracy, confidence])
    panels[0].set_ylabel(tr("准确率", "accuracy"))
    panels[0].text(0.4, 0.48, tr("完全校准", "calibrated"), color=kit.MUTED, rotation=45)
    return Figure(
        canvas,
        caption=tr(
            f"可靠性图（{BINS} 箱，一次抽样）：点在虚线下方是过于自信，"
            "红线是差距，灰条是各箱的样本占比。",
            f"Reliability diagram ({BINS} bins, one draw): points below the dotted line are too "
            "confident, red is the gap, grey bars are the share of examples.",
        ),
        alt=tr(
            "左图：各点都在对角线下方，大部分样本的置信度接近 1，准确率却只有约七成。"
            "右图：各点落在对角线上，样本分散在各箱。",
            "Left: all points below the diagonal, most examples near a confidence of 1 with an "
            "accuracy of about 0.7. Right: the points lie on the diagonal, examples in all bins.",
        ),
        data={"raw_share": data["raw"][0], "raw": data["raw"][1:], "scaled": data["scaled"][1:]},
    )


GRID = np.geomspace(0.7, 12, 60)


def figure_loss(tr: Tr) -> Figure:
    run = runs()[0]
    losses = np.array([nll(run.validation, run.labels, t) for t in GRID])
    errors = np.array([_measures(run.validation, run.labels, t)["ece"] for t in GRID])
    canvas, axes = kit.canvas(height=2.6)
    axes.plot(GRID, losses, color=kit.BLUE)
    axes.plot(GRID, errors, color=kit.ORANGE, linestyle=kit.LINES[1])
    axes.text(8.2, losses[-8] + 0.14, tr("交叉熵", "cross-entropy"), color=kit.BLUE, ha="center")
    axes.text(8.2, errors[-8] + 0.08, tr.name("ECE"), color=kit.ORANGE, ha="center", va="bottom")
    axes.axvline(FACTOR, color=kit.MUTED, linestyle=":", linewidth=1.2)
    axes.set_xscale("log")
    axes.set_xticks([1, 2, 3, 5, 10], labels=["1", "2", "3", "5", "10"])
    axes.minorticks_off()
    axes.set_ylim(bottom=0)
    axes.set_xlabel(tr("温度 τ（对数轴）", "temperature τ (log axis)"))
    return Figure(
        canvas,
        caption=tr(
            f"验证集上的交叉熵与 ECE 随温度的变化（一次抽样）；竖线是真实的倍数 {FACTOR:g}。",
            "Cross-entropy and ECE on the validation set by temperature (one draw); the line is "
            f"the true factor, {FACTOR:g}.",
        ),
        alt=tr(
            "交叉熵是一条平滑的谷，谷底在 3 附近；ECE 在同一处最小，两侧升高，曲线较粗糙。",
            "Cross-entropy is a smooth valley with its bottom near 3; ECE is smallest at the same "
            "place, rises on both sides and is rougher.",
        ),
        data={"tau": GRID, "nll": losses, "ece": errors},
    )
