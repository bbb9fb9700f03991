"""The L1 loss and a constant step: it steps over the minimum for ever."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Check, Figure, Tr
from snippets.losses.regression_losses import (
    descend,
    mae_grad,
    mse_grad,
    smooth_l1_grad,
    torch_descend,
)

START, RATE, DECAY, STEPS, EARLY = 1.05, 0.1, 0.95, 400, 100
TARGET, WINDOW = 0.0, 10


def _paths() -> dict[str, np.ndarray]:
    constant = np.full(STEPS, RATE)
    return {
        "l1": descend(lambda x: mae_grad(x, TARGET), START, constant),
        "decaying": descend(lambda x: mae_grad(x, TARGET), START, RATE * DECAY ** np.arange(STEPS)),
        "square": descend(lambda x: mse_grad(x, TARGET), START, constant),
        "smooth": descend(lambda x: smooth_l1_grad(x, TARGET), START, constant),
    }


def check_descent() -> Check:
    rates = RATE * DECAY ** np.arange(60)
    return kit.compare(
        (
            "PyTorch 的 `F.l1_loss` 与 `torch.optim.SGD`",
            "PyTorch's `F.l1_loss` with `torch.optim.SGD`",
        ),
        [(descend(lambda x: mae_grad(x, TARGET), START, rates), torch_descend(START, rates))],
        tolerance=1e-14,
    )


def _farthest(path: np.ndarray) -> np.ndarray:
    """The largest distance from the minimum within the last WINDOW steps, at every step."""
    windows = np.lib.stride_tricks.sliding_window_view(np.abs(path), WINDOW)
    return np.maximum(windows.max(axis=1), 1e-12)


_DRAWN = (
    ("l1", ("L1，步长不变", "L1, constant step"), kit.RED, kit.LINES[0]),
    ("decaying", ("L1，步长递减", "L1, decaying step"), kit.GREEN, kit.LINES[2]),
    ("smooth", ("Smooth L1，步长不变", "Smooth L1, constant step"), kit.BLUE, kit.LINES[1]),
    ("square", ("平方误差，步长不变", "square, constant step"), kit.ORANGE, kit.LINES[3]),
)


def figure_oscillation(tr: Tr) -> Figure:
    paths = _paths()
    canvas, (near, far) = kit.canvas(1, 2, height=3.1)
    for key, name, colour, line in _DRAWN:
        far.plot(
            _farthest(paths[key]),
            color=colour,
            linestyle=line,
            linewidth=1.3,
            label=tr.pair(name),
        )
    near.axhline(0, color=kit.GRID)
    near.plot(paths["l1"][:26], "o-", color=kit.RED, markersize=3, linewidth=1.2)
    near.set_title(tr("L1 的前 25 步", "First 25 steps of L1"))
    near.set_ylabel("x")
    far.set_yscale("log")
    far.set_ylim(1e-11, 3)
    far.set_title(tr("离最小值的距离", "Distance from the minimum"))
    for axes in (near, far):
        axes.set_xlabel(tr("步", "step"))
    canvas.legend(*far.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return Figure(
        canvas,
        caption=tr(
            f"从 x = {START} 出发对 |x| 做次梯度下降，学习率 {RATE}（递减时每步乘 {DECAY}）。"
            "左：到了最小值附近就来回跨。右：离最小值的距离，取最近十步里最大的；步长不变，"
            "距离不再缩小（这里停在步长的一半）；"
            "步长递减，或者换成 0 附近光滑的损失，就能一直靠近。",
            f"Subgradient descent on |x| from x = {START}, learning rate {RATE} (times {DECAY} "
            "each step where it decays). Left: close to the minimum it steps over it, to and fro. "
            "Right: distance from the minimum, the largest of the last ten steps; with a constant "
            "step it stops falling (here at half a step); with a decaying step, "
            "or a loss that is smooth at 0, it goes on falling.",
        ),
        alt=tr(
            "左图：点列匀速下降，从第十一步起在正负 0.05 之间来回。"
            "右图（对数轴）：红线停在 0.05，绿线沿着递减的步长下降，另外两条直线下降得更快。",
            "Left: the points fall evenly and from step 11 on swing between plus and minus 0.05. "
            "Right (log axis): red stays at 0.05, green falls with its steps, the other two fall "
            "faster, in straight lines.",
        ),
        data=paths,
    )


def value_descent() -> dict[str, float]:
    paths = _paths()
    return {
        "stuck": float(np.abs(paths["l1"][-1])),
        "decayed": float(np.abs(paths["decaying"][-1])),
        "square": float(np.abs(paths["square"][EARLY])),
        "smooth": float(np.abs(paths["smooth"][EARLY])),
        "rate": RATE,
        "start": START,
        "decay": DECAY,
        "reach": RATE / (1 - DECAY),
        "steps": STEPS,
        "early": EARLY,
    }
