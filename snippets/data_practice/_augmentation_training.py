"""What augmentation does to the accuracy, and what it does where it breaks labels: measured."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.data_practice import _augmented
from snippets.data_practice._augmented import Setting
from snippets.kit import Col, Figure, Pair, Spread, Table, Tr

COUNTS, COPIES, MANY = (50, 100, 200, 400), 4, _augmented.MOST
LONG = 4 * _augmented.STEPS
WAYS: dict[str, tuple[Pair, str, int]] = {
    "none": (("不增强", "none"), "none", 0),
    "offline": ((f"离线，k = {COPIES}", f"offline, k = {COPIES}"), "shift", COPIES),
    "online": (("在线", "online"), "shift", 0),
}
MOVED: dict[str, Pair] = {
    "none": ("不增强", "none"),
    "mirror": ("随机左右翻转", "random mirror images"),
    "turn": ("随机转半圈", "random half-turns"),
}
_SETTINGS = (
    *(Setting(count, move, copies) for count in COUNTS for _, move, copies in WAYS.values()),
    *(Setting(MANY, move) for move in MOVED),
)
TASK_ZH = (
    f"7×8 的点阵数字，56-{_augmented.HIDDEN}-10 网络，Adam {_augmented.STEPS} 步，"
    f"批大小 {_augmented.BATCH}"
)
TASK_EN = (
    f"Dot-matrix digits of 7×8, 56-{_augmented.HIDDEN}-10 network, {_augmented.STEPS} steps of "
    f"Adam with batches of {_augmented.BATCH}"
)


@cache
def found() -> tuple[np.ndarray, np.ndarray]:
    """Test accuracy (counts, ways, runs), and recall (moves, runs, classes) with MANY examples."""
    logits = _augmented.train(_SETTINGS)
    few = len(COUNTS) * len(WAYS)
    accuracy = _augmented.accuracy(logits)[:few]
    return accuracy.reshape(len(COUNTS), len(WAYS), -1), _augmented.recall(logits[few:])


@cache
def longer() -> np.ndarray:
    """Test accuracy (none, online; runs) with the most of COUNTS, trained for LONG steps."""
    settings = [Setting(COUNTS[-1]), Setting(COUNTS[-1], "shift")]
    return _augmented.accuracy(_augmented.train(settings, steps=LONG))


def figure_curves(tr: Tr) -> Figure:
    accuracy, recall = found()
    canvas, (left, right) = kit.canvas(1, 2, height=3.2)
    for n, (name, line) in enumerate(zip(WAYS, kit.LINES, strict=False)):
        colour = kit.SERIES[n]
        runs = accuracy[:, n]
        left.fill_between(COUNTS, runs.min(1), runs.max(1), color=colour, alpha=0.15)
        left.plot(COUNTS, runs.mean(1), color=colour, linestyle=line, label=tr.pair(WAYS[name][0]))
    left.set_xscale("log")
    left.set_xticks(COUNTS, [str(count) for count in COUNTS])
    left.minorticks_off()
    left.set_xlabel(tr("训练样本数 N", "training examples N"))
    left.set_ylabel(tr("测试准确率", "test accuracy"))
    left.set_title(tr("随机平移", "random shifts"))
    left.legend(loc="lower right")
    digits = np.arange(10)
    for n, (name, mark) in enumerate(zip(MOVED, "os^", strict=True)):
        right.plot(digits, recall[n].mean(0), mark, color=kit.SERIES[n], label=tr.pair(MOVED[name]))
    right.set_ylim(0, 1)
    right.set_xticks(digits)
    right.set_xlabel(tr("数字", "digit"))
    right.set_ylabel(tr("该数字的测试准确率", "test accuracy of the digit"))
    right.set_title(tr(f"N = {MANY}", f"N = {MANY}"))
    right.legend(loc="lower left", fontsize=8.5)
    return Figure(
        canvas,
        caption=tr(
            f"{TASK_ZH}，{_augmented.RUNS} 次运行。左：随机平移一个点，均值与范围；"
            "右：两种不符合任务的变换，各个数字的准确率（均值）。",
            f"{TASK_EN}, {_augmented.RUNS} runs. Left: random shifts by one dot, mean and range. "
            "Right: two transforms that do not fit the task, accuracy of each digit (means).",
        ),
        alt=tr(
            "左图：样本少时，在线高于离线、离线高于不增强；到最右端三者相近。"
            "右图：随机转半圈后，6 和 9 的准确率跌到一半以下，其他多数数字变化小得多。",
            "Left: with few examples online is above offline and offline above none; at the right "
            "end the three are close. Right: with random half-turns the accuracy of 6 and 9 falls "
            "below one half, that of most other digits far less.",
        ),
        data={"accuracy": accuracy, "recall": recall},
    )


def table_accuracy(tr: Tr) -> Table:
    accuracy, _ = found()
    return Table(
        [
            Col(tr("样本数 N", "examples N"), format="d"),
            *(Col(tr.pair(label), format=".2f") for label, _, _ in WAYS.values()),
        ],
        [
            [count, *(Spread(accuracy[i, j]) for j in range(len(WAYS)))]
            for i, count in enumerate(COUNTS)
        ],
        caption=tr(
            f"测试准确率：均值 [最小, 最大]，{_augmented.RUNS} 次运行",
            f"Test accuracy: mean [smallest, largest] of {_augmented.RUNS} runs",
        ),
    )


def value_accuracy() -> dict[str, object]:
    accuracy, recall = found()
    values: dict[str, object] = {"few": COUNTS[0], "some": COUNTS[1], "twice": COUNTS[2]}
    values |= {"most": COUNTS[3], "many": MANY, "runs": _augmented.RUNS, "copies": COPIES}
    values |= {"steps": _augmented.STEPS, "long": LONG}
    values |= {f"{way}_long": Spread(longer()[i]) for i, way in enumerate(("none", "online"))}
    for i, place in enumerate(("few", "some", "twice", "most")):
        values |= {f"{way}_{place}": Spread(accuracy[i, j]) for j, way in enumerate(WAYS)}
    for i, move in enumerate(MOVED):
        values |= {f"{move}_{digit}": Spread(recall[i, :, digit]) for digit in (0, 6, 9)}
        others = np.delete(recall[i], (6, 9), axis=1)
        values[f"{move}_others"] = Spread(others.mean(1))
    return values


# --------------------------------------------------------------------------- invariance


def _mirror_gap(augmented: bool) -> Spread:
    """How far least-squares weights are from their mirror image, relative to their size."""
    gaps = []
    for rng in kit.seeds(_augmented.RUNS, 4):
        x = rng.normal(size=(40, 6))
        y = x @ np.array([1.0, 2.0, 3.0, 3.0, 2.0, 1.0]) + rng.normal(0, 1, 40)
        if augmented:
            x, y = np.concatenate([x, x[:, ::-1]]), np.concatenate([y, y])
        w = np.linalg.lstsq(x, y)[0]
        gaps.append(np.linalg.norm(w - w[::-1]) / np.linalg.norm(w))
    return Spread(gaps)


def value_asymmetry() -> dict[str, object]:
    return {"plain": _mirror_gap(False), "augmented": _mirror_gap(True).high}
