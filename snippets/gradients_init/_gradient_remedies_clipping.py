"""Clipping drawn as arrows, and symptom, cause and fix as runs of a net of twenty layers."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np

from snippets import kit
from snippets.gradients_init.gradient_remedies import clip_by_norm, clip_by_value
from snippets.kit import Col, Figure, Pair, Spread, Table, Tr

ARROWS = ((1.5, 2.0), (-2.2, 0.5), (-0.5, -0.4), (1.8, -1.2))


def figure_arrows(tr: Tr) -> Figure:
    canvas, panels = kit.canvas(1, 2, height=3.0, sharey=True)
    gradients = [np.array(g) for g in ARROWS]
    norm = [clip_by_norm([g], 1.0)[0][0] for g in gradients]
    value = clip_by_value(gradients, 1.0)
    t = np.linspace(0, 2 * np.pi, 201)
    shapes = ((np.cos(t), np.sin(t)), ([-1, 1, 1, -1, -1], [-1, -1, 1, 1, -1]))
    titles = (tr("按范数裁剪", "by norm"), tr("按值裁剪", "by value"))
    for axes, clipped, shape, title in zip(panels, (norm, value), shapes, titles, strict=True):
        kit.zero_lines(axes)
        axes.plot(*shape, color=kit.MUTED, linewidth=1)
        for before, after in zip(gradients, clipped, strict=True):
            for end, colour, style, width in (
                (before, kit.ORANGE, "--", 1.2),
                (after, kit.BLUE, "-", 2),
            ):
                axes.annotate(
                    "", end, (0, 0),
                    arrowprops={"arrowstyle": "->", "color": colour, "linestyle": style,
                                "linewidth": width, "shrinkA": 0, "shrinkB": 0},
                )  # fmt: skip
        axes.set_title(title)
        axes.set_xlim(-2.6, 2.6)
        axes.set_ylim(-1.7, 2.3)
        axes.set_aspect("equal")
    return Figure(
        canvas,
        caption=tr(
            "四个梯度裁剪之前（橙色虚线）与之后（蓝色实线），上限都是 1。"
            "左：缩进圆内，方向不变。右：逐分量压进方框，方向变了；左下的短箭头两边都不动。",
            "Four gradients before (orange, dashed) and after clipping (blue, solid), the limit "
            "being 1. Left: shrunk into the circle, direction kept. Right: pressed into the square "
            "component by component, direction changed; the short arrow is left alone by both.",
        ),
        alt=tr(
            "左图：三支长箭头沿原方向缩短到单位圆上。右图：三支箭头落在正方形的边或角上，"
            "与原来的方向有夹角。",
            "Left: three long arrows shortened onto the unit circle along their own lines. Right: "
            "they end on the sides or corners of a square, at an angle to where they pointed.",
        ),
        data={"before": np.array(gradients), "norm": np.array(norm), "value": np.array(value)},
    )


def value_worked() -> dict[str, float]:
    """g = (30, 40) clipped to 1, by norm and by value, and the angles to g in degrees."""
    g = np.array([30.0, 40.0])
    (by_norm,), total = clip_by_norm([g], 1.0)
    (by_value,) = clip_by_value([g], 1.0)
    cosine = by_value @ g / np.linalg.norm(by_value) / total
    return {
        "first": g[0], "second": g[1], "limit": 1.0, "total": total,
        "norm_first": by_norm[0], "norm_second": by_norm[1],
        "value_first": by_value[0], "value_second": by_value[1],
        "angle": float(np.degrees(np.arccos(cosine))),
    }  # fmt: skip


# --------------------------------------------------------------------------- training

LAYERS, WIDTH, INPUTS, SAMPLES, STEPS, RUNS, RATE = 20, 32, 8, 128, 100, 5, 0.02
LIMIT = 0.1  # of clipping by value
CASES: dict[str, tuple[str, float, float | str, float]] = {
    # activation, std · √n, clipping (the largest norm, or by value), learning rate
    "vanishing": ("sigmoid", 1.0, "", RATE),
    "vanishing_rate": ("sigmoid", 1.0, "", 10 * RATE),
    "vanishing_he": ("relu", 2**0.5, "", RATE),
    "exploding": ("relu", 1.3 * 2**0.5, "", RATE),
    "exploding_norm": ("relu", 1.3 * 2**0.5, 1.0, RATE),
    "exploding_norm_ten": ("relu", 1.3 * 2**0.5, 10.0, RATE),
    "exploding_value": ("relu", 1.3 * 2**0.5, "value", RATE),
    "exploding_rate": ("relu", 1.3 * 2**0.5, "", RATE / 100),
    "exploding_he": ("relu", 2**0.5, "", RATE),
}


@cache
def losses(case: str) -> np.ndarray:
    """Loss before each step and after the last, (STEPS + 1, RUNS); RUNS networks side by side."""
    import torch

    name, scale, clipping, rate = CASES[case]
    phi, sizes = getattr(torch, name), [INPUTS, *[WIDTH] * (LAYERS - 1), 2]
    generators = list(kit.seeds(RUNS))
    x = np.array([rng.normal(size=(SAMPLES, INPUTS)) for rng in generators])
    y = torch.tensor((x[..., 0] * x[..., 1] > 0).astype(int))
    x = torch.tensor(x, dtype=torch.float32)
    weights = [
        torch.tensor(
            np.array([rng.normal(0.0, scale / n**0.5, (n, m)) for rng in generators]),
            dtype=torch.float32,
        ).requires_grad_()
        for n, m in pairwise(sizes)
    ]
    found = []
    for step in range(STEPS + 1):
        h = x
        for layer, weight in enumerate(weights):
            h = torch.bmm(h, weight)
            h = phi(h) if layer < LAYERS - 1 else h
        loss = torch.nn.functional.cross_entropy(h.transpose(1, 2), y, reduction="none").mean(dim=1)
        found.append(loss.detach().numpy())
        if step == STEPS:
            break
        gradients = torch.autograd.grad(loss.sum(), weights)
        if isinstance(clipping, float):
            total = sum(g.double().square().sum((1, 2), keepdim=True) for g in gradients).sqrt()
            factor = (clipping / (total + 1e-6)).clamp(max=1.0).float()
            gradients = [factor * g for g in gradients]
        elif clipping == "value":
            gradients = [g.clamp(-LIMIT, LIMIT) for g in gradients]
        with torch.no_grad():
            for weight, gradient in zip(weights, gradients, strict=True):
                weight -= rate * gradient
    return np.array(found)


_NONE = ("（原样）", "(as it is)")
WORDS: dict[str, tuple[Pair, Pair, Pair]] = {
    # symptom, cause, fix
    "vanishing": (
        ("损失停在 ln 2 附近", "the loss stays near ln 2"),
        ("sigmoid，因子小于 1", "sigmoid, factors below 1"),
        _NONE,
    ),
    "vanishing_rate": (("", ""), ("", ""), ("学习率 ×10", "learning rate × 10")),
    "vanishing_he": (("", ""), ("", ""), ("ReLU 配 He", "ReLU with He")),
    "exploding": (
        ("几步之内变成 nan", "nan within a few steps"),
        ("权重是 He 的 1.3 倍", "weights 1.3 times He"),
        _NONE,
    ),
    "exploding_norm": (("", ""), ("", ""), ("按范数裁剪到 1", "clip by norm to 1")),
    "exploding_norm_ten": (("", ""), ("", ""), ("按范数裁剪到 10", "clip by norm to 10")),
    "exploding_value": (("", ""), ("", ""), ("按值裁剪到 0.1", "clip by value to 0.1")),
    "exploding_rate": (("", ""), ("", ""), ("学习率 ÷100", "learning rate ÷ 100")),
    "exploding_he": (("", ""), ("", ""), ("改用 He", "He itself")),
}


def value_limits() -> dict[str, object]:
    """Losses at the end by limit, and the norm that the limit by value still lets through."""
    sizes = [INPUTS, *[WIDTH] * (LAYERS - 1), 2]
    return {
        "one": Spread(losses("exploding_norm")[-1]),
        "ten": Spread(losses("exploding_norm_ten")[-1]),
        "limit": LIMIT,
        "allowed": LIMIT * sum(n * m for n, m in pairwise(sizes)) ** 0.5,
    }


def table_symptoms(tr: Tr) -> Table:
    def end(case: str) -> str | Spread:
        last = losses(case)[-1]
        if not np.isfinite(last).all():
            return tr(
                f"{int((~np.isfinite(last)).sum())} 次溢出",
                f"{int((~np.isfinite(last)).sum())} of {RUNS} overflow",
            )
        return Spread(last)

    return Table(
        [
            tr("现象", "symptom"),
            tr("原因", "cause"),
            tr("对策", "fix"),
            Col(tr(f"{STEPS} 步后的损失", f"loss after {STEPS} steps"), format=".2f"),
        ],
        [
            [*(tr.pair(word) if word[0] else "" for word in words), end(case)]
            for case, words in WORDS.items()
        ],
        caption=tr(
            f"两个坏的 {LAYERS} 层网络，逐一试用对策（每层 {WIDTH} 个单元，"
            f"全批 {SAMPLES} 个样本，梯度下降，学习率 {RATE}；均值 [最小, 最大]，{RUNS} 次初始化）",
            f"Two broken nets of {LAYERS} layers and what is tried on them ({WIDTH} units a layer, "
            f"full batch of {SAMPLES} samples, gradient descent, learning rate {RATE}; mean "
            f"[smallest, largest] of {RUNS} initialisations)",
        ),
    )
