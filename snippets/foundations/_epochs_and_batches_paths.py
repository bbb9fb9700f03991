"""Three ways down the same bowl: as many steps each, on very different numbers of examples."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.foundations.epochs_and_batches import descend, torch_descend
from snippets.kit import Check, Col, Figure, Spread, Table, Tr

N, RUNS, STEPS, RATE = 200, 10, 100, 0.04
SIZES = (N, 20, 1)


@cache
def data() -> tuple[np.ndarray, np.ndarray]:
    """N examples of two inputs, one of them wider, and noisy targets."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, 2)) * [1.6, 0.7]
    return X, X @ [1.5, 2.0] + rng.normal(0, 1, N)


def _loss(w: np.ndarray) -> np.ndarray:
    X, y = data()
    return ((np.asarray(w) @ X.T - y) ** 2).mean(axis=-1)


@cache
def best() -> np.ndarray:
    X, y = data()
    return np.linalg.lstsq(X, y, rcond=None)[0]


@cache
def paths(size: int) -> np.ndarray:
    """(RUNS, STEPS + 1, 2): as many epochs as STEPS steps need, cut there."""
    epochs = -(-STEPS * size // N)
    return np.array(
        [descend(*data(), size, RATE, epochs, rng)[: STEPS + 1] for rng in kit.seeds(RUNS)]
    )


def _names(tr: Tr) -> dict[int, str]:
    return {
        N: tr("批量", "batch"),
        20: tr("小批量", "mini-batch"),
        1: tr("随机", "stochastic"),
    }


def _excess(size: int) -> Spread:
    """The loss over the last half of the steps, above the lowest that there is."""
    return Spread((_loss(paths(size)[:, STEPS // 2 :]) - _loss(best())).mean(axis=1))


def table_paths(tr: Tr) -> Table:
    return Table(
        [
            "",
            Col(tr("批大小", "batch size"), format=",d"),
            Col(tr("用过的样本数", "examples used"), format=",d"),
            Col(tr("高出最低损失", "loss above the lowest"), format=".2g"),
        ],
        [[_names(tr)[size], size, size * STEPS, _excess(size)] for size in SIZES],
        caption=tr(
            f"都走 {STEPS} 步，学习率 {RATE:g}；损失是后一半步数的平均，"
            f"{RUNS} 次的均值 [最小, 最大]",
            f"{STEPS} steps each, learning rate {RATE:g}; the loss is averaged over the last half "
            f"of the steps: mean [smallest, largest] of {RUNS} runs",
        ),
    )


def figure_paths(tr: Tr) -> Figure:
    canvas, panels = kit.canvas(1, 3, height=2.5, sharey=True)
    a, b = np.meshgrid(np.linspace(-0.25, 2.9, 80), np.linspace(-0.25, 3.0, 80))
    surface = _loss(np.stack([a, b], axis=-1))
    levels = _loss(best()) + np.array([0.05, 0.3, 0.8, 1.6, 2.8, 4.4])
    shown = {}
    for axes, size, colour in zip(panels, SIZES, kit.SERIES, strict=False):
        axes.contour(a, b, surface, levels=levels, colors=[kit.MUTED], linewidths=0.6)
        path = paths(size)[0]
        axes.plot(*path.T, color=colour, linewidth=1.1, marker=".", markersize=3)
        axes.plot(*best(), "*", color=kit.INK, markersize=9)
        axes.set_title(tr.name(f"{_names(tr)[size]} ({size})"))
        axes.set_xlabel("w₁")
        axes.set_xlim(-0.25, 2.9)
        axes.set_ylim(-0.25, 3.0)
        axes.grid(visible=False)
        shown[str(size)] = path
    panels[0].set_ylabel("w₂", rotation=0, labelpad=8)
    return Figure(
        canvas,
        caption=tr(
            f"同一个最小二乘问题，从 0 出发各走 {STEPS} 步（学习率 {RATE:g}，一次运行）；"
            "细线是损失的等高线，星号是最低点。",
            f"One problem of least squares, {STEPS} steps each from 0 (learning rate {RATE:g}, one "
            "run); thin lines are contours of the loss, the star is its lowest point.",
        ),
        alt=tr(
            "左：批量的路径平滑地走到最低点；中：小批量的路径略有抖动；"
            "右：随机的路径曲折，在最低点周围来回。",
            "Left: the batch path runs smoothly to the lowest point. Middle: the mini-batch path "
            "trembles. Right: the stochastic path zigzags and wanders around the lowest point.",
        ),
        data=shown,
    )


def check_batch() -> Check:
    """With B = N nothing is random, so that both must agree."""
    import torch

    X, y = data()
    ours = descend(X, y, N, RATE, STEPS, np.random.default_rng(0))[-1]
    theirs = torch_descend(torch.tensor(X), torch.tensor(y), N, RATE, STEPS)
    return kit.compare(
        (
            f"PyTorch 的 `DataLoader` 与 `optim.SGD`（B = N，{STEPS} 步之后的参数）",
            f"PyTorch's `DataLoader` and `optim.SGD` (B = N, parameters after {STEPS} steps)",
        ),
        [(ours, theirs)],
        tolerance=1e-12,
    )
