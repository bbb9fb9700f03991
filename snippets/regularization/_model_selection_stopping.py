"""Early stopping on noisy validation curves: the first rise, patience, and no stopping at all."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Col, Figure, Spread, Table, Tr
from snippets.optimization import _b_digits as digits
from snippets.regularization.model_selection import early_stop

CURVE = (0.9, 0.7, 0.72, 0.6, 0.5, 0.45, 0.46, 0.44, 0.47, 0.46, 0.48)
PATIENCE = 3


def table_example(tr: Tr) -> Table:
    best, waited = np.inf, 0
    counts, bests = [], []
    for loss in CURVE:
        waited = 0 if loss < best else waited + 1
        best = min(best, loss)
        counts.append(waited)
        bests.append(best)
    return Table(
        [tr("轮", "epoch"), *(Col(str(epoch), format="g") for epoch in range(1, len(CURVE) + 1))],
        [
            [tr("验证损失", "validation loss"), *CURVE],
            [tr("最好的", "best so far"), *bests],
            [tr("已等", "waited"), *counts],
        ],
        caption=tr(
            f"耐心 {PATIENCE}：第 {len(CURVE)} 轮停止，恢复第 8 轮的权重",
            f"Patience {PATIENCE}: training stops at epoch {len(CURVE)}, the weights of epoch 8 "
            "are restored",
        ),
    )


def value_example() -> dict[str, object]:
    first, patient = early_stop(CURVE, 1), early_stop(CURVE, PATIENCE)
    return {
        "patience": PATIENCE,
        "first_stop": first[0] + 1,
        "first_loss": CURVE[first[1]],
        "patient_stop": patient[0] + 1,
        "patient_loss": CURVE[patient[1]],
        "kept": patient[1] + 1,
    }


RUNS, EXAMPLES, HELD_OUT, TEST, WRONG = 20, 200, 100, 500, 0.2
EPOCHS, BATCH, HIDDEN, RATE, DROP = 40, 10, 32, 0.005, 0.5
PATIENCES = (1, 3, 5, 10)


@cache
def _curves() -> np.ndarray:
    """(3, EPOCHS, RUNS): training, validation and test loss after each epoch."""
    import torch
    import torch.nn.functional as F

    parts: list[list[np.ndarray]] = []
    for rng in kit.seeds(RUNS, 31):
        drawn = [digits.digits(count, rng) for count in (EXAMPLES, HELD_OUT, TEST)]
        wrong = rng.random(EXAMPLES) < WRONG
        y = np.where(wrong, rng.integers(digits.CLASSES, size=EXAMPLES), drawn[0][1])
        parts.append([drawn[0][0], y, *drawn[1], *drawn[2]])
    x, y, *held = (torch.tensor(np.array(part)) for part in zip(*parts, strict=True))
    draw = torch.Generator().manual_seed(0)
    w = [
        torch.randn(RUNS, n, m, generator=draw) * (2 / n) ** 0.5
        for n, m in ((digits.INPUTS, HIDDEN), (HIDDEN, digits.CLASSES))
    ]
    for weights in w:
        weights.requires_grad_()

    def losses(x, y, training=False):
        h = (x @ w[0]).relu()
        if training:
            h = h * (torch.rand(h.shape, generator=draw) >= DROP) / (1 - DROP)
        return F.cross_entropy((h @ w[1]).movedim(2, 1), y, reduction="none").mean(1)

    optimiser = torch.optim.Adam(w, lr=RATE)
    found = []
    for _ in range(EPOCHS):
        for part in torch.randperm(EXAMPLES, generator=draw).split(BATCH):
            loss = losses(x[:, part], y[:, part], training=True).sum()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        with torch.no_grad():
            sets = ((x, y), held[:2], held[2:])
            found.append([losses(*data).double().numpy() for data in sets])
    return np.array(found).transpose(1, 0, 2)


@cache
def _stopped(patience: int | None) -> np.ndarray:
    """(3, RUNS): epochs run, validation and test loss of the weights that are kept."""
    _, validation, test = _curves()
    found = []
    for run in range(RUNS):
        if patience is None:
            stopped, kept = EPOCHS - 1, EPOCHS - 1
        else:
            stopped, kept = early_stop(validation[:, run], patience)
        found.append((stopped + 1, validation[kept, run], test[kept, run]))
    return np.array(found).T


def table_patience(tr: Tr) -> Table:
    rows = []
    for patience in (*PATIENCES, None):
        epochs, validation, test = _stopped(patience)
        label = str(patience) if patience else tr("不停，取最后的权重", "none, last weights")
        rows.append([label, Spread(epochs), Spread(validation), Spread(test)])
    return Table(
        [
            tr("耐心", "patience"),
            Col(tr("跑的轮数", "epochs run"), format=".0f"),
            Col(tr("验证损失", "validation loss"), format=".2f"),
            Col(tr("测试损失", "test loss"), format=".2f"),
        ],
        rows,
        caption=tr(
            f"点阵数字，{EXAMPLES} 个训练样本，{WRONG:.0%} 的标签随机，验证集 {HELD_OUT} 个，"
            f"批大小 {BATCH}，dropout {DROP:g}；均值 [最小, 最大]，{RUNS} 次运行",
            f"Dot-matrix digits, {EXAMPLES} training examples with {WRONG:.0%} of the labels "
            f"random, {HELD_OUT} for validation, batch size {BATCH}, dropout {DROP:g}; mean "
            f"[smallest, largest] of {RUNS} runs",
        ),
    )


def value_patience() -> dict[str, object]:
    found: dict[str, object] = {"runs": RUNS, "epochs": EPOCHS, "held_out": HELD_OUT}
    for patience in (*PATIENCES, None):
        epochs, validation, test = _stopped(patience)
        name = f"p{patience}" if patience else "none"
        found |= {
            f"{name}_epochs": Spread(epochs),
            f"{name}_validation": Spread(validation),
            f"{name}_test": Spread(test),
        }
    best = _curves()[1].min(axis=0)
    for patience in PATIENCES:
        found[f"p{patience}_misses"] = int((_stopped(patience)[1] > best).sum())
    return found


def figure_stopping(tr: Tr) -> Figure:
    train, validation, _ = _curves()
    # a run in which the first rise comes early
    gains = [validation[early_stop(validation[:, r], 1)[1], r] for r in range(RUNS)]
    run = int(np.argsort(np.array(gains) - validation.min(axis=0))[RUNS * 3 // 4])
    losses, epochs = validation[:, run], np.arange(1, EPOCHS + 1)
    first, (stopped, kept) = early_stop(losses, 1)[0], early_stop(losses, 5)
    canvas, axes = kit.canvas(height=3.0)
    axes.plot(epochs, train[:, run], color=kit.BLUE, linestyle=kit.LINES[1])
    axes.plot(epochs, losses, color=kit.ORANGE)
    axes.text(21, train[20, run] + 0.1, tr("训练", "training"), color=kit.BLUE)
    axes.text(EPOCHS, losses[-1] + 0.1, tr("验证", "validation"), color=kit.ORANGE, ha="right")
    marks = (
        (first, "v", kit.RED, tr("第一次上升", "first rise")),
        (kept, "o", kit.GREEN, tr("最好：恢复这里", "best: restored")),
        (stopped, "s", kit.PURPLE, tr("耐心 5：停在这里", "patience 5: stop")),
    )
    for epoch, marker, colour, label in marks:
        axes.plot(
            epoch + 1, losses[epoch], marker, color=colour, markersize=8, label=label, zorder=4
        )
    axes.legend(loc="upper center", ncols=3, bbox_to_anchor=(0.5, 1.17))
    axes.set_xlabel(tr("轮", "epoch"))
    axes.set_ylabel(tr("交叉熵", "cross-entropy"))
    axes.set_ylim(0, None)
    return Figure(
        canvas,
        caption=tr(
            "一次运行的训练与验证损失。验证曲线有噪声：第一次上升时离最低点还远，"
            "耐心 5 等到了它，再恢复那时的权重。",
            "Training and validation loss of one run. The validation curve is noisy: at the first "
            "rise the minimum is still ahead; patience 5 waits for it and restores its weights.",
        ),
        alt=tr(
            "训练损失一直下降；验证损失起伏着下降，触底之后缓慢上升。三角在较早的一次小上升处，"
            "圆点在最低处，方块在它右边五轮。",
            "The training loss falls throughout; the validation loss falls with bumps, bottoms out "
            "and rises slowly. The triangle sits at an early bump, the circle at the minimum, the "
            "square five epochs to its right.",
        ),
        data={
            "train": train[:, run],
            "validation": losses,
            "marks": np.array([first, kept, stopped]),
        },
    )
