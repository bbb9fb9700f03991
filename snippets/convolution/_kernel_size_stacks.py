"""One large kernel or several small ones: weights, reach, and what they can express."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.convolution import _pixels
from snippets.convolution.kernel_size import (
    best_stack,
    compose,
    stack_rank,
    stack_reach,
    stack_weights,
)
from snippets.kit import Col, Figure, Formula, Spread, Table, Tr

_K = kit.integer(("核的边长", "side of the kernel"), 1, 7)
_C = kit.integer(("通道数，输入输出相同", "channels, in and out"), 1, 12)

formula_reach = Formula(
    r"r = L\,(k - 1) + 1",
    {"L": kit.integer(("层数，步幅 1", "number of layers, stride 1"), 1, 3), "k": _K},
    equals=lambda L, k: _composed_side(int(k), int(L)),
    samples=40,
)


def _composed_side(k: int, layers: int) -> int:
    whole = np.ones((1, 1))
    for _ in range(layers):
        whole = compose(whole, np.ones((k, k)))
    return whole.shape[0]


formula_weights = Formula(
    r"\begin{aligned} W_1 &= k^2 C^2 \\ W_2 &= k^2 C \end{aligned}",
    {"k": _K, "C": _C},
    equals={
        "W_1": lambda k, C: np.zeros((int(C), int(C), int(k), int(k))).size,
        "W_2": lambda k, C: np.zeros((int(C), 1, int(k), int(k))).size,
    },
)

formula_saving = Formula(
    r"\frac{2 \cdot 3^2 C^2}{5^2 C^2} = \frac{18}{25}",
    {"C": _C},
)

formula_share = Formula(
    r"\frac{18\, C^2 - C^2}{25\, C^2} = \frac{17}{25}",
    {"C": _C},
)

CHANNELS = 64


def table_weights(tr: Tr) -> Table:
    rows = []
    for large, layers in ((5, 2), (7, 3), (11, 5)):
        assert stack_reach(3, layers) == large
        one, many = stack_weights(CHANNELS, large), stack_weights(CHANNELS, 3, layers)
        rows.append([f"{large}×{large}", one, layers, many, 1 - many / one])
    return Table(
        [
            tr("一层", "one layer"),
            Col(tr("权重", "weights"), format=",d"),
            Col(tr("同样视野的 3×3 层数", "3×3 layers that see as much"), format="d"),
            Col(tr("权重", "weights"), format=",d"),
            Col(tr("省下", "saved"), format=".0%"),
        ],
        rows,
        caption=tr(
            f"{CHANNELS} 个输入与输出通道，不计偏置",
            f"{CHANNELS} channels in and out, without biases",
        ),
    )


def value_weights() -> dict[str, float]:
    return {
        "channels": CHANNELS,
        "one5": stack_weights(CHANNELS, 5),
        "two3": stack_weights(CHANNELS, 3, 2),
        "one7": stack_weights(CHANNELS, 7),
        "three3": stack_weights(CHANNELS, 3, 3),
        "saved5": 1 - 18 / 25,
    }


# --------------------------------------------------------------------------- what they express

RUNS = 10


def table_rank(tr: Tr) -> Table:
    cases = ((1, 1, 1), (1, 2, 1), (2, 2, 2), (2, 3, 2), (2, 4, 2), (4, 4, 4))
    rows = []
    for case in cases:
        rank, whole = stack_rank(*case), 25 * case[0] * case[2]
        inputs, middle, outputs = case
        weights = 9 * (inputs * middle + middle * outputs)
        rows.append([" → ".join(map(str, case)), weights, rank, whole, rank / whole])
    return Table(
        [
            tr("通道：输入 → 中间 → 输出", "channels: in → between → out"),
            Col(tr("两层的权重数", "weights of the two layers"), format="d"),
            Col(tr("自由度", "degrees of freedom"), format="d"),
            Col(tr("5×5 核的权重数", "weights of the 5×5 kernels"), format="d"),
            Col(tr("占比", "share"), format=".0%"),
        ],
        rows,
        caption=tr(
            "两层线性 3×3 合成的 5×5 核能向多少个方向变动（雅可比矩阵的秩，随机权重处）",
            "In how many directions the 5×5 kernels composed of two linear 3×3 layers can move "
            "(rank of the Jacobian, at random weights)",
        ),
    )


@cache
def residuals() -> dict[str, Spread]:
    """Relative residual of the best stack for random 5×5 kernels, by channels between."""
    targets = [rng.normal(size=(5, 5)) for rng in kit.seeds(RUNS)]
    return {
        "one": Spread(best_stack(target, 1)[0] for target in targets),
        "two": Spread(best_stack(target, 2, starts=10)[0] for target in targets),
    }


def value_residuals() -> dict[str, object]:
    found = residuals()
    return {"runs": RUNS, "one": found["one"], "two": found["two"].high}


def value_rank() -> dict[str, int]:
    return {
        "one": stack_rank(1, 1, 1),
        "two": stack_rank(1, 2, 1),
        "four": stack_rank(4, 4, 4),
        "whole": 25,
        "four_whole": 25 * 16,
    }


@cache
def _unexplained() -> Spread:
    """Share of the output of 3×3, ReLU, 3×3 that no single linear 5×5 kernel explains."""
    shares = []
    for rng in kit.seeds(RUNS):
        a, b = rng.normal(size=(2, 3, 3))
        patches = rng.normal(size=(2000, 5, 5))
        inner = np.lib.stride_tricks.sliding_window_view(patches, (3, 3), axis=(1, 2))
        hidden = np.maximum(np.einsum("nijuv,uv->nij", inner, a), 0)
        y = np.einsum("nij,ij->n", hidden, b)
        columns = np.hstack([patches.reshape(len(y), 25), np.ones((len(y), 1))])
        solved, *_ = np.linalg.lstsq(columns, y)
        shares.append(np.var(y - columns @ solved) / np.var(y))
    return Spread(shares)


def value_relu() -> dict[str, object]:
    return {"runs": RUNS, "share": _unexplained()}


def figure_best(tr: Tr) -> Figure:
    target = next(kit.seeds(1)).normal(size=(5, 5))
    one, closest = best_stack(target)
    two, closer = best_stack(target, 2, starts=10)
    canvas, panels = kit.canvas(1, 3, height=2.35)
    top = 1.5 * float(abs(target).max())
    titles = (
        tr("目标", "target"),
        tr(f"中间 1 通道\n残差 {one:.0%}", f"1 channel between\nresidual {one:.0%}"),
        tr(f"中间 2 通道\n残差 {two:.0%}", f"2 channels between\nresidual {two:.0%}"),
    )
    for axes, values, title in zip(panels, (target, closest, closer), titles, strict=True):
        _pixels.draw(axes, values, top=top)
        for (row, col), number in np.ndenumerate(np.round(values, 1) + 0.0):
            text = f"{number:.1f}".replace("-", "−")
            axes.text(col + 0.5, row + 0.53, text, ha="center", va="center", fontsize=7.5)
        axes.set_title(title, fontsize=9)
    return Figure(
        canvas,
        caption=tr(
            "一个随机的 5×5 核，与两层线性 3×3 能给出的最接近的核。蓝正橙负，颜色越深数越大。",
            "A random 5×5 kernel and the closest ones that two linear 3×3 layers can give. Blue "
            "is positive, orange negative, a stronger shade larger.",
        ),
        alt=tr(
            "左：目标。中：中间一个通道时，不少格子明显不同。右：中间两个通道时与目标相同。",
            "Left the target; in the middle, with one channel between, many cells differ; on the "
            "right, with two, it equals the target.",
        ),
        data={"target": target, "one": closest, "two": closer},
    )
