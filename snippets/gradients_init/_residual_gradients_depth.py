"""Fifty blocks of several kinds: the gradient from the last one back to the first."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Col, Figure, Pair, Spread, Table, Tr

DEPTH, WIDTH, BATCH, RUNS = 50, 64, 32, 5

_KINDS: dict[str, tuple[Pair, float]] = {
    # name: (label, gain: the weights have standard deviation gain / √WIDTH)
    "plain": (("普通：tanh(Wh)，增益 ½", "plain: tanh(Wh), gain ½"), 0.5),
    "tanh": (("残差：h + tanh(Wh)，增益 ½", "residual: h + tanh(Wh), gain ½"), 0.5),
    "relu": (("残差：h + ReLU(Wh)，He", "residual: h + ReLU(Wh), He"), math.sqrt(2)),
    "two": (("残差：h + V ReLU(Wh)", "residual: h + V ReLU(Wh)"), math.sqrt(2)),
    "half": (("总和减半：h/2 + V ReLU(Wh)/2", "halved: h/2 + V ReLU(Wh)/2"), math.sqrt(2)),
    "scaled": (("支路缩放：h + V ReLU(Wh)/√L", "scaled: h + V ReLU(Wh)/√L"), math.sqrt(2)),
    "pre": (("pre-LN：h + V ReLU(W LN(h))", "pre-LN: h + V ReLU(W LN(h))"), math.sqrt(2)),
    "post": (("post-LN：LN(h + V ReLU(Wh))", "post-LN: LN(h + V ReLU(Wh))"), math.sqrt(2)),
    "zero": (("V 初始为 0：h + V ReLU(Wh)", "V starts at 0: h + V ReLU(Wh)"), math.sqrt(2)),
}


def _block(kind: str) -> Callable:
    """h (batch, n), W and V (n, n) -> the next h."""
    import torch
    import torch.nn.functional as F

    def branch(h, W, V):
        return torch.relu(h @ W.T) @ V.T

    def norm(h):
        return F.layer_norm(h, h.shape[-1:])

    return {
        "plain": lambda h, W, V: torch.tanh(h @ W.T),
        "tanh": lambda h, W, V: h + torch.tanh(h @ W.T),
        "relu": lambda h, W, V: h + torch.relu(h @ W.T),
        "two": lambda h, W, V: h + branch(h, W, V),
        "half": lambda h, W, V: h / 2 + branch(h, W, V) / 2,
        "scaled": lambda h, W, V: h + branch(h, W, V) / math.sqrt(DEPTH),
        "pre": lambda h, W, V: h + branch(norm(h), W, V),
        "post": lambda h, W, V: norm(h + branch(h, W, V)),
        "zero": lambda h, W, V: h + branch(h, W, 0 * V),
    }[kind]


def gradient_norms(kind: str, rng: np.random.Generator) -> np.ndarray:
    """Norm of the gradient at h_0 .. h_DEPTH by that at h_DEPTH, (DEPTH + 1,), float64.

    W has standard deviation gain / √n, V 1 / √n; inputs and the gradient at the end are N(0, 1).
    """
    import torch

    gain = _KINDS[kind][1]
    W = torch.tensor(rng.normal(0, gain / math.sqrt(WIDTH), (DEPTH, WIDTH, WIDTH)))
    V = torch.tensor(rng.normal(0, 1 / math.sqrt(WIDTH), (DEPTH, WIDTH, WIDTH)))
    h = torch.tensor(rng.normal(size=(BATCH, WIDTH)), requires_grad=True)
    block, stream = _block(kind), [h]
    for layer in range(DEPTH):
        h = block(h, W[layer], V[layer])
        stream.append(h)
    upstream = torch.tensor(rng.normal(size=(BATCH, WIDTH)))
    gradients = torch.autograd.grad((h * upstream).sum(), stream)
    norms = np.array([g.norm().item() for g in gradients])
    return norms / norms[-1]


@cache
def all_norms(kind: str) -> np.ndarray:
    return np.array([gradient_norms(kind, rng) for rng in kit.seeds(RUNS)])


def _ratio(kind: str) -> Spread:
    return Spread(all_norms(kind)[:, 0])


def table_depth(tr: Tr) -> Table:
    return Table(
        [
            tr("块", "block"),
            Col(tr("梯度的范数：首 / 末", "norm of the gradient: first / last"), format=".2g"),
        ],
        [[tr.pair(label), _ratio(kind)] for kind, (label, _) in _KINDS.items()],
        caption=tr(
            f"{DEPTH} 块、宽度 {WIDTH}，未训练：损失对首块输入 h₀ 的梯度，除以对末块输出的；"
            f"均值 [最小, 最大]，{RUNS} 次初始化（W 为 He 初始化，V 的标准差 1/√n，另注的除外）",
            f"{DEPTH} blocks of width {WIDTH}, untrained: gradient of the loss at the input h₀ of "
            "the first block by that at the output of the last; mean [smallest, largest] of "
            f"{RUNS} initialisations (W by He, V of standard deviation 1/√n, unless noted)",
        ),
    )


def value_depth() -> dict[str, object]:
    return {kind: _ratio(kind) for kind in _KINDS} | {
        "blocks": DEPTH,
        "theory": 2 ** (DEPTH / 2),
        "theory_scaled": (1 + 1 / DEPTH) ** (DEPTH / 2),
        "theory_pre": math.sqrt(DEPTH + 1),
    }


def figure_depth(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=3.3)
    layers = np.arange(DEPTH + 1)
    shown = {
        "relu": (tr("残差 ReLU", "residual ReLU"), kit.RED, "-"),
        "two": (tr("残差，两个矩阵", "residual, two matrices"), kit.ORANGE, kit.LINES[1]),
        "pre": (tr("pre-LN", "pre-LN"), kit.GREEN, kit.LINES[2]),
        "tanh": (tr("残差 tanh", "residual tanh"), kit.PURPLE, kit.LINES[3]),
        "plain": (tr("普通 tanh", "plain tanh"), kit.BLUE, "-"),
    }
    data = {}
    for kind, (label, colour, line) in shown.items():
        norms = all_norms(kind)
        axes.fill_between(layers, norms.min(axis=0), norms.max(axis=0), color=colour, alpha=0.2)
        axes.plot(
            layers, np.exp(np.log(norms).mean(axis=0)), color=colour, linestyle=line, label=label
        )
        data[kind] = norms
    axes.set_yscale("log")
    axes.set_xlabel(tr("在第几块之后（0 是输入）", "after block (0 is the input)"))
    axes.set_ylabel(tr("梯度的范数（末块之后 = 1）", "norm of the gradient (at the end = 1)"))
    axes.legend(loc="upper center", ncols=3, bbox_to_anchor=(0.5, 1.24))
    return Figure(
        canvas,
        caption=tr(
            f"{DEPTH} 块未训练的网络，梯度从末块（右）传到输入（左）；对数轴，"
            f"{RUNS} 次初始化的均值与范围。残差让梯度不再消失，但不加归一化会爆炸。",
            f"Untrained networks of {DEPTH} blocks, the gradient on its way from the last block "
            f"(right) to the input (left); log axis, mean and range of {RUNS} initialisations. "
            "Residuals stop the vanishing; without normalisation it may explode.",
        ),
        alt=tr(
            "从右往左看：普通 tanh 直线下降十五个数量级；残差 tanh 与 pre-LN 略微上升；"
            "两种未归一化的残差 ReLU 直线上升七到十个数量级。",
            "From right to left: plain tanh falls in a straight line by fifteen orders of "
            "magnitude; residual tanh and pre-LN rise slightly; the two residual ReLU networks "
            "without normalisation rise in straight lines by seven to ten orders.",
        ),
        data=data,
    )
