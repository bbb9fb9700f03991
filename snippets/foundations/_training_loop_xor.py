"""The last step promises nothing: a 2-2-1 network on XOR, from twenty starting points."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.foundations.training_loop import torch_train_xor, train_xor
from snippets.kit import Check, Figure, Formula, Tr

RUNS, STEPS, RATE = 20, 2000, 0.1
LEARNED = 0.01

formula_eighth = Formula(r"\frac{1}{4} \left(2 \cdot 0.5^2\right) = \frac{1}{8}", {})
formula_sixth = Formula(
    r"\frac{1}{4} \left(2 \left(\frac{1}{3}\right)^2 + \left(\frac{2}{3}\right)^2\right)"
    r" = \frac{1}{6}",
    {},
)


def starts(runs: int = RUNS) -> tuple[np.ndarray, ...]:
    """W1, b1, W2, b2 of all runs, uniform in ±1/√2, as nn.Linear draws them for two inputs."""
    shapes = ((2, 2), (1, 2), (2, 1), (1, 1))
    each = [[rng.uniform(-(2**-0.5), 2**-0.5, s) for s in shapes] for rng in kit.seeds(runs)]
    return tuple(np.stack(group) for group in zip(*each, strict=True))


@cache
def training(steps: int = STEPS) -> tuple[np.ndarray, np.ndarray]:
    """Losses (steps, RUNS) and the last outputs (RUNS, 4)."""
    return train_xor(starts(), steps, RATE)


def value_xor() -> dict[str, float]:
    """How many runs learn XOR, and how many end on each of the two plateaus."""
    last = training()[0][-1]
    return {
        "of": RUNS,
        "steps": STEPS,
        "rate": RATE,
        "limit": LEARNED,
        "learned": int((last < LEARNED).sum()),
        "eighth": int((np.abs(last - 1 / 8) < 2e-3).sum()),
        "sixth": int((np.abs(last - 1 / 6) < 2e-3).sum()),
        "longer": int((training(4 * STEPS)[0][-1] < LEARNED).sum()),
        "many": 4 * STEPS,
    }


def figure_xor(tr: Tr) -> Figure:
    losses, _ = training()
    learned = losses[-1] < LEARNED
    steps = np.arange(1, STEPS + 1)
    canvas, axes = kit.canvas(height=3.1)
    kinds = (
        (learned, kit.BLUE, "-", tr("学会了", "learned")),
        (~learned, kit.ORANGE, "--", tr("卡住了", "stuck")),
    )
    for chosen, colour, line, name in kinds:
        for number, curve in enumerate(losses[:, chosen].T):
            label = f"{name} ({chosen.sum()})" if not number else None
            if label:
                tr.name(label)
            axes.plot(steps, curve, color=colour, linestyle=line, linewidth=1.1, label=label)
    for level, name in ((1 / 8, "1/8"), (1 / 6, "1/6")):
        axes.text(STEPS * 1.08, level, name, va="center", color=kit.INK)
    axes.set_xscale("log")
    axes.set_xlim(1, STEPS)
    axes.set_ylim(0, 0.35)
    axes.set_xlabel(tr("步数", "step"))
    axes.set_ylabel(tr("均方误差", "mean squared error"))
    axes.legend(loc="lower left")
    return Figure(
        canvas,
        caption=tr(
            f"2-2-1 的 sigmoid 网络学 XOR：{RUNS} 个随机起点，Adam，学习率 {RATE:g}，"
            f"{STEPS} 步（横轴为对数）。",
            f"2-2-1 networks of sigmoids learn XOR: {RUNS} random starts, Adam, learning rate "
            f"{RATE:g}, {STEPS} steps (log axis).",
        ),
        alt=tr(
            "二十条损失曲线，一部分降到 0，其余停在八分之一或六分之一处不再下降。",
            "Twenty loss curves: some fall to 0, the others stop at an eighth or at a sixth.",
        ),
        data={"losses": losses, "learned": learned},
    )


def check_xor() -> Check:
    """The first steps only: later, rounding errors of the two grow apart along the plateaus."""
    begin = starts()
    return kit.compare(
        (
            f"PyTorch 的 `optim.Adam`（{RUNS} 个起点，前 200 步的损失）",
            f"PyTorch's `optim.Adam` ({RUNS} starts, the losses of the first 200 steps)",
        ),
        [(train_xor(begin, 200, RATE)[0], torch_train_xor(begin, 200, RATE))],
        tolerance=1e-9,
    )
