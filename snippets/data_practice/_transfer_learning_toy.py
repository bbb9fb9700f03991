"""A small transfer: scratch, frozen and fine-tuned against the number of labelled examples."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np

from snippets import kit
from snippets.kit import Col, Figure, Spread, Table, Tr

INPUTS, HIDDEN, WIDTH, RUNS = 10, 6, 48, 5
SOURCE_CLASSES, CLASSES = 10, 7
SOURCE, TEST, LABELS = 3000, 1000, (14, 42, 140, 420)
STEPS, LONG, SOURCE_STEPS, BATCH, RATE, HEAD_RATE = 100, 400, 600, 200, 0.003, 0.01
MODES = ("scratch", "frozen", "tuned")


def _world(rng: np.random.Generator):
    """Hidden features z_j = (a_j·x)(b_j·x) with random unit vectors: (2, HIDDEN, INPUTS)."""
    directions = rng.normal(size=(2, HIDDEN, INPUTS))
    return directions / np.linalg.norm(directions, axis=-1, keepdims=True)


def _sample(rng: np.random.Generator, n: int, world: np.ndarray, classes: np.ndarray):
    """x from N(0, I) and its class, the largest of linear scores of its hidden features."""
    x = rng.normal(size=(n, INPUTS))
    z = (x @ world[0].T) * (x @ world[1].T)
    return x, (z @ classes.T).argmax(axis=1)


@cache
def data() -> dict[str, tuple]:
    """Tensors x (RUNS, n, INPUTS) and y (RUNS, n): source, and both targets with their tests.

    "near" has the hidden features of the source and other classes, "far" other features too.
    """
    import torch

    drawn: dict[str, list] = {}
    for rng in kit.seeds(RUNS):
        worlds = {"near": _world(rng), "far": _world(rng)}
        of_source = rng.normal(size=(SOURCE_CLASSES, HIDDEN))
        of_target = rng.normal(size=(CLASSES, HIDDEN))
        drawn.setdefault("source", []).append(_sample(rng, SOURCE, worlds["near"], of_source))
        for name, world in worlds.items():
            drawn.setdefault(name, []).append(_sample(rng, LABELS[-1], world, of_target))
            drawn.setdefault(f"{name}_test", []).append(_sample(rng, TEST, world, of_target))
    return {
        name: (
            torch.tensor(np.stack([x for x, _ in pairs])).float(),
            torch.tensor(np.stack([y for _, y in pairs])),
        )
        for name, pairs in drawn.items()
    }


def _network(classes: int, generator) -> list:
    """RUNS networks INPUTS-WIDTH-WIDTH-classes at once, He initialisation."""
    import torch

    sizes, parameters = (INPUTS, WIDTH, WIDTH, classes), []
    for given, made in pairwise(sizes):
        drawn = torch.randn(RUNS, given, made, generator=generator) * (2 / given) ** 0.5
        parameters += [drawn, torch.zeros(RUNS, 1, made)]
    return parameters


def _scores(parameters: list, x):
    import torch

    for layer in range(0, len(parameters), 2):
        x = torch.baddbmm(parameters[layer + 1], x if layer == 0 else x.relu(), parameters[layer])
    return x


def _train(parameters: list, x, y, rate: float, steps: int, batches=None) -> list:
    """Adam on the mean cross-entropy of each network; all examples, or batches drawn by it."""
    import torch

    parameters = [p.clone().requires_grad_() for p in parameters]
    adam = torch.optim.Adam(parameters, rate)
    for _ in range(steps):
        pick = slice(None)
        if batches is not None:
            pick = torch.randint(x.shape[1], (BATCH,), generator=batches)
        scores, labels = _scores(parameters, x[:, pick]), y[:, pick]
        loss = torch.nn.functional.cross_entropy(scores.flatten(0, 1), labels.flatten())
        adam.zero_grad()
        (loss * RUNS).backward()
        adam.step()
    return [p.detach() for p in parameters]


def _accuracy(parameters: list, x, y) -> np.ndarray:
    return (_scores(parameters, x).argmax(dim=-1) == y).double().mean(dim=1).numpy()


@cache
def backbone() -> list:
    """The networks that were trained on the source task."""
    import torch

    generator = torch.Generator().manual_seed(0)
    start = _network(SOURCE_CLASSES, generator)
    return _train(start, *data()["source"], RATE, SOURCE_STEPS, generator)


@cache
def accuracies(task: str, steps: int = STEPS, labelled: tuple = LABELS) -> dict[str, np.ndarray]:
    """Test accuracy (len(labelled), RUNS) of each mode on "near" or "far"."""
    import torch

    (x, y), (test, labels) = data()[task], data()[f"{task}_test"]
    trained = backbone()[:4]
    found: dict[str, list] = {mode: [] for mode in MODES}
    for n in labelled:
        fresh = _network(CLASSES, torch.Generator().manual_seed(1))
        head = fresh[4:]
        shown, told = x[:, :n], y[:, :n]
        scratch = _train(fresh, shown, told, RATE, steps)
        found["scratch"].append(_accuracy(scratch, test, labels))
        features = _scores(trained, shown).relu()
        head_only = _train(head, features, told, HEAD_RATE, steps)
        found["frozen"].append(_accuracy([*trained, *head_only], test, labels))
        tuned = _train([*trained, *head], shown, told, RATE, steps)
        found["tuned"].append(_accuracy(tuned, test, labels))
    return {mode: np.array(rows) for mode, rows in found.items()}


def value_accuracy() -> dict[str, object]:
    found: dict[str, object] = {}
    for task in ("near", "far"):
        for mode, rows in accuracies(task).items():
            for n, row in zip(LABELS, rows, strict=True):
                found[f"{task}_{mode}_{n}"] = Spread(row)
        for mode, rows in accuracies(task, LONG, LABELS[-1:]).items():
            found[f"{task}_{mode}_long"] = Spread(rows[0])
    return {
        **found,
        "few": LABELS[1],
        "each": LABELS[1] // CLASSES,
        "many": LABELS[-1],
        "steps": STEPS,
        "long": LONG,
        "source": SOURCE,
        "guess": 1 / CLASSES,
    }


def _names(tr: Tr) -> dict[str, str]:
    return {
        "scratch": tr("从头训练", "from scratch"),
        "frozen": tr("冻结主干", "frozen backbone"),
        "tuned": tr("全部微调", "fine-tuned"),
    }


def table_accuracy(tr: Tr) -> Table:
    names = _names(tr)
    tasks = {"near": tr("相近", "near"), "far": tr("无关", "unrelated")}
    rows = []
    for task, label in tasks.items():
        for place, n in enumerate(LABELS):
            spreads = [Spread(accuracies(task)[mode][place]) for mode in MODES]
            rows.append([label, n, *spreads])
    return Table(
        [
            tr("目标任务", "target task"),
            Col(tr("有标签的样本", "labelled examples"), format="d"),
            *(Col(names[mode], format=".2f") for mode in MODES),
        ],
        rows,
        caption=tr(
            f"测试准确率，均值 [最小, 最大]，{RUNS} 次。网络 {INPUTS}-{WIDTH}-{WIDTH}-{CLASSES}，"
            f"Adam {STEPS} 步，学习率 {RATE:g}（只训练输出头时 {HEAD_RATE:g}），无早停；"
            f"预训练：{SOURCE:,} 个样本、{SOURCE_CLASSES} 类、{SOURCE_STEPS} 步",
            f"Test accuracy, mean [smallest, largest] of {RUNS} runs. Networks "
            f"{INPUTS}-{WIDTH}-{WIDTH}-{CLASSES}, {STEPS} steps of Adam at {RATE:g} (head alone: "
            f"{HEAD_RATE:g}), no early stopping; pre-training: {SOURCE:,} examples, "
            f"{SOURCE_CLASSES} classes, {SOURCE_STEPS} steps",
        ),
    )


def figure_accuracy(tr: Tr) -> Figure:
    canvas, panels = kit.canvas(1, 2, height=2.9, sharey=True)
    names, data_ = _names(tr), {"labels": np.array(LABELS)}
    titles = {"near": tr("相近的任务", "a near task"), "far": tr("无关的任务", "an unrelated task")}
    for axes, (task, title) in zip(panels, titles.items(), strict=True):
        for mode, colour, line in zip(MODES, kit.SERIES, kit.LINES, strict=False):
            rows = accuracies(task)[mode]
            axes.fill_between(
                LABELS, rows.min(axis=1), rows.max(axis=1), color=colour, alpha=0.15, linewidth=0
            )
            axes.plot(
                LABELS,
                rows.mean(axis=1),
                color=colour,
                linestyle=line,
                marker="o",
                markersize=3.5,
                linewidth=1.6,
                label=names[mode],
            )
            data_[f"{task}_{mode}"] = rows
        axes.axhline(1 / CLASSES, color=kit.MUTED, linewidth=0.9)
        axes.set_xscale("log")
        axes.set_xticks(LABELS, [str(n) for n in LABELS])
        axes.minorticks_off()
        axes.set_title(title)
        axes.set_xlabel(tr("有标签的样本（对数轴）", "labelled examples (log axis)"))
    panels[0].set_ylabel(tr("测试准确率", "test accuracy"))
    panels[0].set_ylim(0.08, 0.8)
    panels[1].text(LABELS[-1], 1 / CLASSES - 0.012, tr("猜", "guessing"), ha="right", va="top",
                   color=kit.MUTED, fontsize=9)  # fmt: skip
    canvas.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return Figure(
        canvas,
        caption=tr(
            f"测试准确率，{RUNS} 次的均值与范围，设定见下表。"
            "左：目标任务与预训练任务用同样的隐含特征，类别不同。右：隐含特征也不同。",
            f"Test accuracy, mean and range of {RUNS} runs, settings in the table below. Left: the "
            "target has the hidden features of the pre-training task and other classes. Right: its "
            "hidden features are others too.",
        ),
        alt=tr(
            "左图：标签少时冻结主干最高、微调居中、从头训练最低，样本多时三条线靠拢。"
            "右图：从头训练上升最快，微调稍低，冻结主干几乎不升，远远落在下面。",
            "Left: with few labels the frozen backbone is highest, fine-tuning between, scratch "
            "lowest; with many the three come close. Right: scratch rises fastest, fine-tuning "
            "stays a little below, the frozen backbone hardly rises and ends far below.",
        ),
        data=data_,
    )
