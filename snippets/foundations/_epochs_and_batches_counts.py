"""How many steps make an epoch, and what becomes of the last batch."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.foundations import _flow
from snippets.foundations.epochs_and_batches import batches, steps_per_epoch, torch_steps
from snippets.kit import Check, Col, Figure, Formula, Table, Tr

_SIZES = {
    "N": kit.integer(("训练样本数", "number of training examples"), 1, 5000),
    "B": kit.integer(("批大小", "batch size"), 1, 600),
}

formula_steps = Formula(
    r"S = \left\lceil \frac{N}{B} \right\rceil",
    _SIZES,
    equals=lambda N, B: steps_per_epoch(int(N), int(B)),
)

formula_dropped = Formula(
    r"S = \left\lfloor \frac{N}{B} \right\rfloor",
    _SIZES,
    equals=lambda N, B: steps_per_epoch(int(N), int(B), drop_last=True),
)

formula_average = Formula(
    r"\frac{1}{2} \left(\frac{1 + 1 + 1 + 1}{4} + 9\right) = 5 \ne 2.6"
    r" = \frac{1 + 1 + 1 + 1 + 9}{5}",
    {},
)

IMAGES, BATCH = 50_000, 128


def value_images() -> dict[str, float]:
    """50,000 images in batches of 128: steps, the size of the last batch, its examples' weight."""
    last = IMAGES - BATCH * (IMAGES // BATCH)
    return {
        "images": IMAGES,
        "batch": BATCH,
        "steps": steps_per_epoch(IMAGES, BATCH),
        "dropped": steps_per_epoch(IMAGES, BATCH, drop_last=True),
        "last": last,
        "weight": BATCH / last,
    }


N, EPOCHS = 2000, 10


def table_steps(tr: Tr) -> Table:
    rows: list[list[kit.Cell]] = []
    for size in (1, 4, 32, 256, N):
        steps = steps_per_epoch(N, size)
        rows.append([size, steps, EPOCHS * steps, N - size * (steps - 1)])
    return Table(
        [
            Col(tr("批大小 B", "batch size B"), format=",d"),
            Col(tr("每轮步数", "steps in an epoch"), format=",d"),
            Col(tr(f"{EPOCHS} 轮的步数", f"steps in {EPOCHS} epochs"), format=",d"),
            Col(tr("最后一批的样本数", "examples in the last batch"), format=",d"),
        ],
        rows,
        caption=tr(f"N = {N} 个样本，保留最后一批", f"N = {N} examples, last batch kept"),
    )


SHOWN, SHOWN_BATCH = 10, 4


def figure_epoch(tr: Tr) -> Figure:
    canvas, axes = _flow.blank(2.5, 5.2)
    rng = np.random.default_rng(1)
    order = []
    step = 0
    for epoch, y in enumerate((1.75, 0.55), 1):
        axes.text(
            0.0, y, tr(f"第 {epoch} 轮", f"epoch {epoch}"), ha="left", va="center", weight="bold"
        )
        x = 0.95
        for pick, colour in zip(
            batches(SHOWN, SHOWN_BATCH, rng), (kit.BLUE, kit.ORANGE, kit.GREEN), strict=True
        ):
            step += 1
            start = x
            for number in pick:
                _flow.box(axes, x + 0.16, y, 0.32, 0.36, tr.name(str(number + 1)), colour)
                x += 0.36
            axes.text(
                (start + x - 0.04) / 2,
                y - 0.36,
                tr(f"第 {step} 步", f"step {step}"),
                ha="center",
                va="center",
            )
            order.append(pick + 1)
            x += 0.28
    axes.text(
        0.95,
        2.25,
        tr(f"{SHOWN} 个样本，批大小 {SHOWN_BATCH}", f"{SHOWN} examples, batch size {SHOWN_BATCH}"),
        va="center",
    )
    return Figure(
        canvas,
        caption=tr(
            "每轮先打乱，再依次切成小批量：每个样本恰好用一次，最后一批只剩两个。一批走一步。",
            "Each epoch shuffles, then cuts into mini-batches: every example is used exactly once, "
            "and two are left for the last batch. One batch, one step.",
        ),
        alt=tr(
            "两行编号的方块，每行是一轮：十个编号顺序不同，各分成四个、四个、两个三批，共六步。",
            "Two rows of numbered squares, one an epoch: ten numbers in a different order each "
            "time, in batches of four, four and two, six steps in all.",
        ),
        data={f"step {number}": pick for number, pick in enumerate(order, 1)},
    )


def check_steps() -> Check:
    sizes = [(n, b) for n in (1, 7, 10, 128, 2000, IMAGES) for b in (1, 3, 4, 32, 128, 256)]
    pairs = [
        (steps_per_epoch(n, b, drop), torch_steps(n, b, drop))
        for n, b in sizes
        for drop in (False, True)
    ]
    return kit.compare(
        ("PyTorch 的 `len(DataLoader(...))`", "PyTorch's `len(DataLoader(...))`"),
        pairs,
        tolerance=0.0,
    )
