"""Every remedy on the same small task: few examples, some of them with wrong labels."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Col, Figure, Pair, Spread, Table, Tr
from snippets.optimization import _b_digits as digits
from snippets.regularization.fighting_overfitting import torch_train

RUNS, EXAMPLES, WRONG, HELD_OUT, TEST = 5, 200, 0.2, 200, 1000
HIDDEN, SMALL, MEMBERS, STEPS = 64, 8, 5, 100
REMEDIES: dict[str, Pair] = {
    "none": ("什么都不做", "nothing"),
    "data": ("数据加倍", "twice the data"),
    "augment": ("数据增强（平移）", "augmentation (shifts)"),
    "l2": ("L2", "L2"),
    "l1": ("L1", "L1"),
    "dropout": ("dropout", "dropout"),
    "early": ("早停", "early stopping"),
    "smoothing": ("标签平滑", "label smoothing"),
    "small": ("小模型", "smaller model"),
    "ensemble": ("集成", "ensemble"),
}
SETTINGS = {
    "l2": {"l2": 3e-3},
    "l1": {"l1": 1e-3},
    "dropout": {"dropout": 0.5},
    "smoothing": {"smoothing": 0.1},
    "small": {"hidden": SMALL},
}


def shifted(x, draw):
    """Each image as it is, or moved by one dot to one of four sides, at random."""
    import torch

    images = x.reshape(*x.shape[:2], digits.HEIGHT, digits.WIDTH)
    sides = ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))
    stacked = torch.stack([torch.roll(images, side, (2, 3)) for side in sides])
    choice = torch.randint(len(sides), x.shape[:2], generator=draw)
    return stacked.gather(0, choice[None, :, :, None, None].expand(1, *images.shape))[0].flatten(2)


@cache
def _data():
    """Training (twice EXAMPLES, WRONG of the labels at random), validation and test, by run."""
    import torch

    parts: list[list[np.ndarray]] = []
    for rng in kit.seeds(RUNS, 11):
        x, y = digits.digits(2 * EXAMPLES, rng)
        wrong = rng.random(len(y)) < WRONG
        y = np.where(wrong, rng.integers(digits.CLASSES, size=len(y)), y)
        parts.append([x, y, *digits.digits(HELD_OUT, rng), *digits.digits(TEST, rng)])
    return [torch.tensor(np.array(part)) for part in zip(*parts, strict=True)]


def _scores(probabilities, y) -> np.ndarray:
    """Accuracy and cross-entropy (2, runs) of probabilities (runs, n, classes)."""
    right = (probabilities.argmax(2) == y).double().mean(1)
    log = -probabilities.gather(2, y[:, :, None]).double().log().mean((1, 2))
    return np.array([right.numpy(), log.numpy()])


@cache
def _runs(remedy: str) -> np.ndarray:
    """(4, RUNS): accuracy and loss on the training labels, accuracy and loss on the test."""
    import torch

    x, y, x_val, y_val, x_test, y_test = _data()
    count = 2 * EXAMPLES if remedy == "data" else EXAMPLES
    x, y = x[:, :count], y[:, :count]
    options = dict(SETTINGS.get(remedy, {}))
    if remedy == "augment":
        options["augment"] = shifted
    if remedy == "early":
        options["validation"] = (x_val, y_val)
    members = MEMBERS if remedy == "ensemble" else 1
    predict = torch_train(
        x.repeat(members, 1, 1), y.repeat(members, 1), steps=STEPS, **{"hidden": HIDDEN, **options}
    )
    found = []
    for inputs, targets in ((x, y), (x_test, y_test)):
        p = predict(inputs.repeat(members, 1, 1)).softmax(2)
        mean = torch.stack(p.split(RUNS)).mean(0)
        found += list(_scores(mean, targets))
    return np.array(found)


def table_remedies(tr: Tr) -> Table:
    rows = []
    for remedy, label in REMEDIES.items():
        train, train_loss, test, test_loss = _runs(remedy)
        rows.append(
            [
                tr.pair(label),
                Spread(test),
                Spread(test_loss),
                float(train.mean()),
                float((test_loss - train_loss).mean()),
            ]
        )
    return Table(
        [
            tr("办法", "remedy"),
            Col(tr("测试准确率", "test accuracy"), format=".3f"),
            Col(tr("测试损失", "test loss"), format=".2f"),
            Col(tr("训练准确率", "training accuracy"), format=".2f"),
            Col(tr("损失的差距", "gap of the losses"), format=".2f"),
        ],
        rows,
        caption=tr(
            f"点阵数字，{EXAMPLES} 个训练样本，{WRONG:.0%} 的标签随机；56-{HIDDEN}-10 网络，"
            f"Adam {STEPS} 步；均值 [最小, 最大]，{RUNS} 次运行（最后两列是均值）",
            f"Dot-matrix digits, {EXAMPLES} training examples, {WRONG:.0%} of the labels random; "
            f"56-{HIDDEN}-10 network, {STEPS} steps of Adam; mean [smallest, largest] of {RUNS} "
            "runs (the last two columns are means)",
        ),
        sortable=True,
    )


def value_remedies() -> dict[str, object]:
    found: dict[str, object] = {
        "examples": EXAMPLES,
        "members": MEMBERS,
        "small_width": SMALL,
        "hidden": HIDDEN,
        "held_out": HELD_OUT,
    }
    for remedy in REMEDIES:
        _, train_loss, test, test_loss = _runs(remedy)
        found |= {
            remedy: Spread(test),
            f"{remedy}_loss": Spread(test_loss),
            f"{remedy}_gap": Spread(test_loss - train_loss),
        }
    return found


def figure_remedies(tr: Tr) -> Figure:
    accuracy = {remedy: _runs(remedy)[2] for remedy in REMEDIES}
    loss = {remedy: _runs(remedy)[3] for remedy in REMEDIES}
    order = sorted(REMEDIES, key=lambda remedy: accuracy[remedy].mean())
    canvas, panels = kit.canvas(1, 2, height=3.3, sharey=True)
    places = np.arange(len(order))
    for axes, values, marker, title in zip(
        panels,
        (accuracy, loss),
        "os",
        (tr("测试准确率", "test accuracy"), tr("测试损失", "test loss")),
        strict=True,
    ):
        axes.axvline(values["none"].mean(), color=kit.MUTED, linewidth=1, linestyle=(0, (4, 3)))
        for place, remedy in zip(places, order, strict=True):
            colour = kit.MUTED if remedy == "none" else kit.BLUE
            runs = values[remedy]
            axes.plot([runs.min(), runs.max()], [place, place], color=colour, linewidth=1.2)
            axes.plot(runs.mean(), place, marker, color=colour)
        axes.set_title(title)
        axes.set_yticks(places, [tr.pair(REMEDIES[remedy]) for remedy in order])
    return Figure(
        canvas,
        caption=tr(
            f"同一任务上的十种做法，均值与范围（{RUNS} 次），按准确率排序；虚线是什么都不做。"
            "左图越靠右越好，右图越靠左越好。",
            f"Ten ways on the same task, mean and range of {RUNS} runs, sorted by accuracy; "
            "dashed: doing nothing. On the left more is better, on the right less.",
        ),
        alt=tr(
            "准确率：平移增强与数据加倍明显最高，小模型明显最低，其余都靠近虚线。"
            "损失：除小模型外多数办法都在虚线左侧。",
            "Accuracy: augmentation by shifts and twice the data are clearly highest, the smaller "
            "model clearly lowest, the rest near the dashed line. Loss: nearly all remedies lie "
            "left of the dashed line.",
        ),
        data={
            "order": np.array(order),
            "accuracy": np.array([accuracy[remedy] for remedy in order]),
            "loss": np.array([loss[remedy] for remedy in order]),
        },
    )
