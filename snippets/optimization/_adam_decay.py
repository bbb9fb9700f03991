"""Weight decay in Adam, where it is divided by √v, and in AdamW, where it is not."""

from __future__ import annotations

import numpy as np

from snippets.kit import Col, Table, Tr
from snippets.optimization._surfaces import Step, replay, trajectory
from snippets.optimization.adam import adam, adamw

DECAY, GRAD, DECAY_RATE, DECAY_STEPS = 0.1, 0.5, 0.01, 100
SIZES = (10.0, 1.0, 0.1, 0.01)


def value_decay() -> dict[str, float]:
    """A parameter of 1 after its first step; what AdamW's decay alone would leave of it."""
    after = {
        name: float(step(np.float64(1.0), np.float64(GRAD), lr=DECAY_RATE, weight_decay=DECAY)[0])
        for name, step in (("adam", adam), ("adamw", adamw))
    }
    return {
        **after,
        "grad": GRAD,
        "rate": DECAY_RATE,
        "decay": DECAY,
        "steps": DECAY_STEPS,
        "alone": 1 - (1 - DECAY_RATE * DECAY) ** DECAY_STEPS,
    }


def _shrunk(step: Step, size: float) -> float:
    """By how much weight decay lowers a weight of 1, under gradients of this size, both signs."""
    gradients = size * np.where(np.arange(DECAY_STEPS) % 2, 1.0, -1.0)
    ends = [
        trajectory(step, replay(gradients), 1.0, DECAY_STEPS, lr=DECAY_RATE, weight_decay=decay)[-1]
        for decay in (0.0, DECAY)
    ]
    return float(ends[0] - ends[1])


def table_decay(tr: Tr) -> Table:
    return Table(
        [
            Col(tr("梯度 ±", "gradients ±"), format="g"),
            Col("Adam, `weight_decay`", format=".3f"),
            Col("AdamW", format=".3f"),
        ],
        [[size, _shrunk(adam, size), _shrunk(adamw, size)] for size in SIZES],
        caption=tr(
            f"权重衰减让参数（从 1 起）变小了多少：{DECAY_STEPS} 步，正负交替的梯度，"
            f"学习率 {DECAY_RATE:g}，权重衰减 {DECAY:g}",
            f"How much weight decay takes off a parameter that starts at 1: {DECAY_STEPS} steps, "
            f"gradients of alternating sign, learning rate {DECAY_RATE:g}, weight decay {DECAY:g}",
        ),
    )
