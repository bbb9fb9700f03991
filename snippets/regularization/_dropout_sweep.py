"""How much to drop: training and test loss over the drop rate, on digits with wrong labels."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Figure, Spread, Tr
from snippets.regularization import _fighting_overfitting_remedies as task
from snippets.regularization.fighting_overfitting import torch_train

RATES = (0.0, 0.2, 0.4, 0.6, 0.8, 0.9)


@cache
def _runs(p: float) -> np.ndarray:
    """(4, runs): training accuracy and loss, test accuracy and loss."""
    x, y, _, _, x_test, y_test = task._data()
    x, y = x[:, : task.EXAMPLES], y[:, : task.EXAMPLES]
    predict = torch_train(x, y, hidden=task.HIDDEN, steps=task.STEPS, dropout=p)
    return np.concatenate(
        [task._scores(predict(a).softmax(2), b) for a, b in ((x, y), (x_test, y_test))]
    )


def value_sweep() -> dict[str, object]:
    found: dict[str, object] = {"examples": task.EXAMPLES, "steps": task.STEPS, "runs": task.RUNS}
    losses = {p: _runs(p)[3].mean() for p in RATES}
    found["best"] = min(losses, key=losses.__getitem__)
    for p in RATES:
        _, train_loss, test, test_loss = _runs(p)
        name = f"{p:g}".replace("0.", "p") if p else "p0"
        found |= {
            f"{name}_train": Spread(train_loss),
            f"{name}_loss": Spread(test_loss),
            f"{name}_accuracy": Spread(test),
        }
    return found


def figure_sweep(tr: Tr) -> Figure:
    runs = np.array([_runs(p) for p in RATES])
    canvas, (loss, accuracy) = kit.canvas(1, 2, height=2.7)
    for axes, places, title in (
        (loss, (1, 3), tr("交叉熵", "cross-entropy")),
        (accuracy, (0, 2), tr("准确率", "accuracy")),
    ):
        for place, colour, line, label in zip(
            places,
            (kit.BLUE, kit.ORANGE),
            kit.LINES,
            (tr("训练", "training"), tr("测试", "test")),
            strict=False,
        ):
            values = runs[:, place]
            axes.fill_between(
                RATES, values.min(axis=1), values.max(axis=1), color=colour, alpha=0.15
            )
            axes.plot(RATES, values.mean(axis=1), color=colour, linestyle=line, label=label)
        axes.set_title(title)
        axes.set_xlabel(tr("丢弃率 p", "drop rate p"))
    accuracy.legend(loc="center left", bbox_to_anchor=(0, 0.7))
    loss.set_ylim(0, 2.6)
    accuracy.set_ylim(0, 1.05)
    return Figure(
        canvas,
        caption=tr(
            f"{task.EXAMPLES} 个点阵数字，{task.WRONG:.0%} 的标签随机，隐藏层 {task.HIDDEN} 个"
            f"单元，{task.STEPS} 步；均值与范围（{task.RUNS} 次）。测试损失先降后升；"
            "p 太大，训练与测试都变差：成了欠拟合。",
            f"{task.EXAMPLES} dot-matrix digits, {task.WRONG:.0%} of the labels random, "
            f"{task.HIDDEN} hidden units, {task.STEPS} steps; mean and range of {task.RUNS} runs. "
            "The test loss falls and rises again; with a large p training and test both get "
            "worse: underfitting.",
        ),
        alt=tr(
            "左图：测试损失在 p 约 0.6 处最低，训练损失一路上升，右端接近测试损失。"
            "右图：训练准确率在右端陡降，测试准确率先平后降。",
            "Left: the test loss is lowest near p = 0.6; the training loss rises all along and "
            "comes close to it at the right end. Right: training accuracy falls steeply at the "
            "right end, test accuracy is level and then falls.",
        ),
        data={"rates": np.array(RATES), "runs": runs},
    )
