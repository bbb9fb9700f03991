"""The small network as a ladder: down it goes forward, up it goes back."""

from __future__ import annotations

from snippets import kit
from snippets.backprop.backprop_overview import P, _example
from snippets.kit import Figure, Tr

BATCH, CHANNELS, SIDE, KERNELS, CLASSES = 4, 2, 8, 3, 5
BOX = "round,pad=0.02,rounding_size=0.12"
FLAT = KERNELS * (SIDE // 2) ** 2


def _stages(tr: Tr) -> list[tuple[str, tuple[int, ...], str, int, str]]:
    """(layer, shape of its output, what it keeps, how many numbers, rule of the way back)."""
    map_ = (BATCH, KERNELS, SIDE, SIDE)
    size = BATCH * KERNELS * SIDE * SIDE
    flat = BATCH * FLAT
    return [
        (tr("卷积 3×3", "conv 3×3"), map_, tr("输入", "input"),
         BATCH * CHANNELS * SIDE * SIDE, "corr(pad(G), flip(W))"),
        (tr("批归一化", "batch norm"), map_, "u, s", size + KERNELS,
         tr("减去均值与相关的部分", "minus mean and correlation")),
        (tr.name("ReLU"), map_, tr("符号", "signs"), size, "g · 1[x > 0]"),
        (tr("最大池化 2×2", "max pool 2×2"), (BATCH, KERNELS, SIDE // 2, SIDE // 2),
         tr("位置", "positions"), flat, tr("送到最大值", "to the maximum")),
        (tr("x + tanh(仿射)", "x + tanh(affine)"), (BATCH, FLAT),
         tr("输入、tanh", "input, tanh"), 2 * flat, "g + Jᵀg"),
        (tr.name("dropout"), (BATCH, FLAT), tr("掩码", "mask"), flat, "m g / (1 − p)"),
        (tr("仿射", "affine"), (BATCH, CLASSES), tr("输入", "input"), flat, "G Wᵀ"),
        (tr("softmax + 交叉熵", "softmax + CE"), (), tr("概率", "probabilities"),
         BATCH * CLASSES, "(p − 1[i = y]) / n"),
    ]  # fmt: skip


def figure_ladder(tr: Tr) -> Figure:
    from matplotlib.patches import FancyBboxPatch

    for text in ("u, s", "corr(pad(G), flip(W))", "g · 1[x > 0]", "g + Jᵀg", "m g / (1 − p)",
                 "G Wᵀ", "(p − 1[i = y]) / n"):  # fmt: skip
        tr.name(text)
    stages = _stages(tr)
    canvas, axes = kit.canvas(height=5.0)
    axes.set_xlim(0, 10)
    axes.set_ylim(len(stages) + 0.15, -0.75)
    axes.axis("off")
    heads = ((1.4, tr("前向：形状", "forward: shape")), (3.7, tr("层", "layer")),
             (6.1, tr("留下", "kept")), (8.6, tr("反向：规则", "backward: rule")))  # fmt: skip
    for x, head in heads:
        axes.text(x, -0.45, head, ha="center", va="center", fontweight="bold", fontsize=9.5)
    for row, (layer, shape, kept, count, rule) in enumerate(stages):
        y = row + 0.45
        axes.add_patch(
            FancyBboxPatch((2.55, y - 0.27), 2.3, 0.54, boxstyle=BOX,
                           facecolor="none", edgecolor=kit.MUTED, linewidth=1)
        )  # fmt: skip
        axes.text(3.7, y, layer, ha="center", va="center", fontsize=9)
        text = "×".join(map(str, shape)) if shape else tr("损失", "loss")
        axes.text(1.4, y + 0.5, tr.name(text), ha="center", va="center", fontsize=9,
                  color=kit.BLUE)  # fmt: skip
        axes.text(6.1, y - 0.14, kept, ha="center", va="center", fontsize=9)
        axes.text(6.1, y + 0.2, tr.name(f"{count}"), ha="center", va="center", fontsize=9,
                  color=kit.MUTED)  # fmt: skip
        axes.text(8.75, y, rule, ha="center", va="center", fontsize=9, color=kit.ORANGE)
        if row:
            arrow = {"arrowstyle": "-|>", "linewidth": 1.3}
            axes.annotate("", (3.3, y - 0.29), (3.3, y - 0.71),
                          arrowprops={**arrow, "color": kit.BLUE})  # fmt: skip
            axes.annotate("", (4.1, y - 0.71), (4.1, y - 0.29),
                          arrowprops={**arrow, "color": kit.ORANGE})  # fmt: skip
    total = sum(count for *_, count, _ in stages)
    return Figure(
        canvas,
        caption=tr(
            f"一个小网络，批大小 {BATCH}、dropout {P:g}。"
            "前向（蓝）从上到下，每层留下反向要用的数；"
            "反向（橙）从下到上，每层把收到的梯度换成对输入的梯度。"
            f"共留下 {total:,} 个数（参数另计）。",
            f"A small network, batch size {BATCH}, dropout {P:g}. Forward (blue) "
            "runs down, and each layer keeps what the way back needs; backward (orange) runs up, "
            "and each layer turns the gradient it receives into that of its input. Kept in all: "
            f"{total:,} numbers, parameters not counted.",
        ),
        alt=tr(
            "八层自上而下排列：卷积、批归一化、ReLU、最大池化、残差、dropout、仿射、交叉熵；"
            "每层左边是输出形状，右边是留下的数的个数和反向规则，层间有向下和向上的箭头。",
            "Eight layers from top to bottom: convolution, batch norm, ReLU, max pooling, "
            "residual, dropout, affine, cross-entropy; beside each the output shape, the count of "
            "numbers kept and the backward rule, with arrows down and up between them.",
        ),
        data={"counts": [count for *_, count, _ in stages], "total": total},
    )


def value_network() -> dict[str, int]:
    import numpy as np

    x, _, _, w = _example(np.random.default_rng(0))
    return {
        "parameters": sum(value.size for value in w.values()),
        "gradients": sum(value.size for value in w.values()) + x.size,
    }
