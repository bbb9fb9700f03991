"""Training and validation curves of a network that is too small and of one that is too large."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Figure, Spread, Tr
from snippets.regularization import _sine as sine
from snippets.regularization.over_and_underfitting import torch_curves

RUNS, POINTS, HELD_OUT, NOISE, STEPS, EVERY = 8, 20, 200, 0.3, 600, 20
NETWORKS = {"small": (1,), "large": (32, 32)}


@cache
def _curves(which: str) -> tuple[np.ndarray, np.ndarray]:
    """Training and validation losses (points, RUNS), each run with data of its own."""
    import torch

    draws: list[list[np.ndarray]] = []
    for rng in kit.seeds(RUNS):
        x, x_val = rng.uniform(0, 1, POINTS), rng.uniform(0, 1, HELD_OUT)
        draws.append([x, sine.noisy(x, NOISE, rng), x_val, sine.noisy(x_val, NOISE, rng)])
    x, y, x_val, y_val = (
        torch.tensor(np.array(part), dtype=torch.float32)[:, :, None]
        for part in zip(*draws, strict=True)
    )
    train, validation = torch_curves(
        2 * x - 1, y, 2 * x_val - 1, y_val, NETWORKS[which], STEPS, EVERY
    )
    return train.double().numpy(), validation.double().numpy()


def value_curves() -> dict[str, object]:
    found: dict[str, object] = {
        "points": POINTS,
        "runs": RUNS,
        "steps": STEPS,
        "noise": NOISE,
        "width": NETWORKS["large"][0],
    }
    for which in NETWORKS:
        train, validation = _curves(which)
        found |= {
            f"{which}_train": Spread(train[-1]),
            f"{which}_validation": Spread(validation[-1]),
            f"{which}_best": Spread(validation.min(axis=0)),
        }
    at = EVERY * _curves("large")[1].argmin(axis=0)
    return found | {"first": int(at.min()), "last": int(at.max())}


def figure_curves(tr: Tr) -> Figure:
    canvas, panels = kit.canvas(1, 2, height=2.7, sharey=True)
    steps = EVERY * np.arange(STEPS // EVERY + 1)
    titles = (
        tr("1 个隐藏单元", "1 hidden unit"),
        tr("两层，各 32 个单元", "two layers of 32"),
    )
    data = {"steps": steps}
    for axes, which, title in zip(panels, NETWORKS, titles, strict=True):
        for losses, colour, line, label in zip(
            _curves(which),
            (kit.BLUE, kit.ORANGE),
            kit.LINES,
            (tr("训练", "training"), tr("验证", "validation")),
            strict=False,
        ):
            middle = np.median(losses, axis=1)
            axes.fill_between(
                steps, losses.min(axis=1), losses.max(axis=1), color=colour, alpha=0.15
            )
            axes.plot(steps, middle, color=colour, linestyle=line, label=label)
            data[f"{which}_{'train' if colour == kit.BLUE else 'validation'}"] = losses
        axes.axhline(NOISE**2, color=kit.MUTED, linewidth=1, linestyle=":")
        axes.set_yscale("log")
        axes.set_ylim(0.008, 5)
        axes.set_title(title)
        axes.set_xlabel(tr("步", "step"))
    panels[0].set_ylabel(tr("均方误差（对数轴）", "squared error (log axis)"))
    panels[1].legend(loc="upper right")
    return Figure(
        canvas,
        caption=tr(
            f"同样的数据，{RUNS} 次运行的中位数与范围；点线是噪声的方差。左：两条都高，"
            "是欠拟合。右：训练损失一直下降，验证损失先降后升，是过拟合。",
            f"The same data, median and range of {RUNS} runs; dotted, the variance of the noise. "
            "Left: both losses stay high, underfitting. Right: the training loss keeps falling, "
            "the validation loss turns and rises, overfitting.",
        ),
        alt=tr(
            "左图：训练与验证损失都停在噪声之上，靠得很近。右图：训练损失降到噪声以下，"
            "验证损失在开头触底，之后缓慢上升，两线分开。",
            "Left: training and validation loss both level off above the noise, close together. "
            "Right: the training loss falls below the noise; the validation loss bottoms out early "
            "and rises slowly, and the two part.",
        ),
        data=data,
    )
