"""One step of Lion and Muon by hand, what Newton-Schulz does to singular values, and the memory."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Col, Figure, Table, Tr
from snippets.optimization.adam import adamw
from snippets.optimization.modern_optimizers import lion, newton_schulz

RATE, DECAY = 0.01, 0.1
GRADS = (0.5, 0.005, -3.0)
SINGULAR = (0.9, 0.4, 0.15, 0.03)
STEPS = 5


def table_one_step(tr: Tr) -> Table:
    rows = []
    for grad in GRADS:
        after = [
            float(step(np.float64(1.0), np.float64(grad), lr=RATE, weight_decay=DECAY)[0])
            for step in (adamw, lion)
        ]
        rows.append([grad, 1 - RATE * (grad + DECAY), *after])
    return Table(
        [
            Col(tr("梯度", "gradient"), format="g"),
            Col("SGD", format=".5f"),
            Col("AdamW", format=".5f"),
            Col("Lion", format=".5f"),
        ],
        rows,
        caption=tr(
            f"参数为 1，学习率 {RATE:g}，权重衰减 {DECAY:g}，走第一步",
            f"A parameter of 1, learning rate {RATE:g}, weight decay {DECAY:g}: the first step",
        ),
    )


def gradient_matrix() -> np.ndarray:
    """A 4×6 matrix with the singular values SINGULAR, over their norm."""
    rng = np.random.default_rng(0)
    U, _ = np.linalg.qr(rng.normal(size=(4, 4)))
    V, _ = np.linalg.qr(rng.normal(size=(6, 4)))
    return U * np.array(SINGULAR) @ V.T


def table_singular(tr: Tr) -> Table:
    G = gradient_matrix()
    rows = []
    for steps in range(STEPS + 1):
        sigma = np.linalg.svd(newton_schulz(G, steps), compute_uv=False)
        rows.append([str(steps), *(float(s) for s in sigma), float(sigma[0] / sigma[-1])])
    return Table(
        [
            tr("几步之后", "after"),
            *(Col(f"$\\sigma_{k}$", format=".3f") for k in range(1, 5)),
            Col(tr("最大 / 最小", "largest / smallest"), format=".1f"),
        ],
        rows,
        caption=tr(
            "一个 4×6 的梯度矩阵，除以范数之后，Newton–Schulz 每一步之后的奇异值（从大到小）",
            "A 4×6 gradient matrix over its norm: its singular values after each step of "
            "Newton–Schulz, largest first",
        ),
    )


def after_steps(sigma: np.ndarray, steps: int = STEPS) -> np.ndarray:
    """What the polynomial makes of singular values, applied ``steps`` times."""
    for _ in range(steps):
        sigma = 3.4445 * sigma - 4.775 * sigma**3 + 2.0315 * sigma**5
    return sigma


def figure_polynomial(tr: Tr) -> Figure:
    sigma = np.linspace(0, 1, 2001)
    canvas, axes = kit.canvas(height=2.8)
    data = {"sigma": sigma}
    for steps, colour, line in zip((1, 3, 5), kit.SERIES, kit.LINES, strict=False):
        label = tr(f"{steps} 步", "1 step" if steps == 1 else f"{steps} steps")
        axes.plot(sigma, after_steps(sigma, steps), color=colour, linestyle=line, label=label)
        data[f"{steps}"] = after_steps(sigma, steps)
    axes.axhline(1, color=kit.MUTED, linewidth=0.8)
    axes.set_xlabel(tr("原来的奇异值", "singular value before"))
    axes.set_ylabel(tr("之后的奇异值", "singular value after"))
    axes.set_ylim(0, 1.35)
    axes.legend(loc="lower right", ncols=3)
    return Figure(
        canvas,
        caption=tr(
            "五步之后，从很小到 1 的奇异值都被拉到 1 附近的一个带里；系数是为起点处的斜率挑的，"
            "所以不收敛到恰好 1。",
            "After five steps, singular values from very small ones up to 1 all lie in a band "
            "around 1. The coefficients were chosen for a steep start, so they do not converge to "
            "1 itself.",
        ),
        alt=tr(
            "三条曲线。1 步的从 0 升起，在 0.5 附近达到峰值；5 步的在 0 附近几乎垂直升到 1 附近，"
            "之后在约 0.7 与 1.1 之间起伏。",
            "Three curves. That of 1 step rises from 0 to a peak near 0.5; that of 5 steps rises "
            "almost vertically at 0 and then undulates between about 0.7 and 1.1.",
        ),
        data=data,
    )


def value_band() -> dict[str, float]:
    """The smallest and largest singular value after five steps, from 0.01 to 1."""
    after = after_steps(np.linspace(0.01, 1, 9901))
    return {"from": 0.01, "low": float(after.min()), "high": float(after.max())}


M, N = 4096, 4096


def table_memory(tr: Tr) -> Table:
    count = M * N
    rows = [
        [tr.name("SGD"), tr("无", "none"), 0.0],
        [tr("SGD，动量", "SGD, momentum"), "$b$", 1.0],
        [tr.name("Adam, AdamW"), "$m$, $v$", 2.0],
        [tr.name("Lion"), "$m$", 1.0],
        [tr.name("Muon"), "$b$", 1.0],
        [tr.name("Shampoo"), "$L$ ($m \\times m$), $R$ ($n \\times n$)", (M * M + N * N) / count],
        [tr("EMA，另加", "EMA, on top"), "$\\bar{\\theta}$", 1.0],
        [
            tr("SAM，另加", "SAM, on top"),
            tr("上坡的位移，用完即弃", "the uphill move, for one step"),
            1.0,
        ],
    ]
    return Table(
        ["", tr("状态", "state"), Col(tr("每个参数几个数", "numbers per parameter"), format="g")],
        rows,
        caption=tr(
            f"优化器的状态有多大：一个 {M}×{N} 的权重矩阵",
            f"The size of optimiser states: a weight matrix of {M}×{N}",
        ),
    )
