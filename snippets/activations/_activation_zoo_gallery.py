"""Small multiples: a function and its slope in each panel, broken where the slope jumps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from snippets import kit
from snippets.activations.activation_zoo import BY_NAME, maxout, maxout_grad
from snippets.activations.modern_activations import (
    gelu,
    gelu_grad,
    gelu_tanh,
    gelu_tanh_grad,
    glu,
    glu_grad,
    swiglu,
    swiglu_grad,
)
from snippets.activations.relu_variants import celu, celu_grad
from snippets.activations.softmax import log_softmax, logsumexp, softmax, softmax_jacobian
from snippets.kit import Figure, Pair, Tr

X = np.linspace(-6, 6, 1201)
COLUMNS = 3

Function = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Panel:
    """One function of x with its slope; ``kinks`` are where the slope jumps."""

    title: str
    forward: Function
    slope: Function
    kinks: Sequence[float] = ()
    scale: float = 1.0
    """What both are multiplied by; the title says so."""


def broken_at(kinks: Sequence[float], y: np.ndarray) -> np.ndarray:
    """y with a gap at the kinks, so that no vertical line is drawn there."""
    y = np.array(y, dtype=float)
    for kink in kinks:
        y[np.isclose(X, kink)] = np.nan
    return y


def _draw(
    tr: Tr,
    panels: Sequence[Panel],
    *,
    low: float,
    high: float,
    caption: Pair,
    alt: Pair,
) -> Figure:
    """All panels with the same axes, the function in blue, its slope in orange."""
    rows = -(-len(panels) // COLUMNS)
    canvas, grid = kit.canvas(
        rows, COLUMNS, height=0.45 + 1.5 * rows, sharex=True, sharey=True, squeeze=False
    )
    data: dict[str, Any] = {"x": X}
    for axes, panel in zip(grid.flat, panels, strict=False):
        value, slope = panel.scale * panel.forward(X), panel.scale * panel.slope(X)
        jump = "step" in panel.title
        kit.zero_lines(axes)
        axes.plot(X, broken_at((0,) if jump else (), value), label=tr("函数 f(x)", "function f(x)"))
        axes.plot(
            X,
            broken_at(panel.kinks, slope),
            color=kit.ORANGE,
            linewidth=1.3,
            linestyle=(0, (4, 1.5)),
            label=tr("导数 f′(x)", "slope f′(x)"),
        )
        axes.set_title(tr.name(panel.title))
        axes.set_ylim(low, high)
        axes.set_xticks([-6, -3, 0, 3, 6])
        data[panel.title] = value
        data[f"{panel.title} slope"] = slope
    for axes in grid.flat[len(panels) :]:
        axes.set_visible(False)
    handles, labels = grid.flat[0].get_legend_handles_labels()
    canvas.legend(handles, labels, loc="outside upper center", ncols=2)
    return Figure(canvas, tr.pair(caption), tr.pair(alt), data)


def panels_of(*names: str) -> list[Panel]:
    """Panels of activations of one number, by name."""
    found = [BY_NAME[name] for name in names]
    return [Panel(a.name, a.forward, a.grad, a.kinks) for a in found]


# --------------------------------------------------------------------------- the figures


def figure_bounded(tr: Tr) -> Figure:
    return _draw(
        tr,
        panels_of("sigmoid", "tanh", "softsign", "hardsigmoid", "hardtanh", "step"),
        low=-1.15,
        high=1.15,
        caption=(
            "有界的六个：两侧都饱和，导数只在中间不为 0。",
            "The six bounded ones: both sides "
            "saturate, and the slope differs from 0 only in the middle.",
        ),
        alt=(
            "六幅小图。sigmoid、tanh、softsign 是光滑的 S 形，导数在 0 处最大；"
            "hardsigmoid、hardtanh 是折线，导数是一段平台；step 的导数处处为 0。",
            "Six panels. sigmoid, tanh and softsign are smooth S-curves whose slope is largest at "
            "0; hardsigmoid and hardtanh are broken lines with a plateau of slope; the slope of "
            "step is 0 everywhere.",
        ),
    )


def figure_rectifiers(tr: Tr) -> Figure:
    alpha = 2.0
    panels = panels_of("identity", "ReLU", "Leaky ReLU", "PReLU", "RReLU", "ELU", "SELU")
    panels += [
        Panel("CELU, α = 2", lambda x: celu(x, alpha), lambda x: celu_grad(x, alpha)),
        *panels_of("softplus"),
    ]
    return _draw(
        tr,
        panels,
        low=-2.1,
        high=3.2,
        caption=(
            "ReLU 一家：右侧都是直线，差别在左侧。CELU 取 α = 2，因为 α = 1 时与 ELU 相同。",
            "The ReLU family: straight on the right, different on the left. CELU with α = 2, since "
            "with α = 1 it is ELU.",
        ),
        alt=(
            "九幅小图，右侧斜率都是 1 或趋于 1。左侧：ReLU 为 0，Leaky ReLU、PReLU、RReLU 是斜线，"
            "ELU、SELU、CELU 弯向一个负的常数，softplus 趋于 0。",
            "Nine panels; on the right the slope is about 1. On the left ReLU is 0, Leaky ReLU, "
            "PReLU and RReLU are slanted lines, ELU, SELU and CELU bend to a negative constant, "
            "softplus tends to 0.",
        ),
    )


GELU_GAP = 1000.0
"""What the difference between the two GELUs is multiplied by, to be seen at all."""


def figure_gated(tr: Tr) -> Figure:
    panels = panels_of("GELU", "GELU (tanh)", "SiLU", "Mish", "hardswish")
    panels.append(
        Panel(
            f"tanh − erf, ×{GELU_GAP:g}",
            lambda x: gelu_tanh(x) - gelu(x),
            lambda x: gelu_tanh_grad(x) - gelu_grad(x),
            scale=GELU_GAP,
        )
    )
    return _draw(
        tr,
        panels,
        low=-1.2,
        high=2.2,
        caption=(
            "自带门的五个：0 的左边先降后升，导数可为负、也可大于 1。"
            "最后一格是两种 GELU 之差的一千倍。",
            "The five with a gate of their own: they dip left of 0, and their slope can be "
            "negative "
            "or above 1. The last panel is the difference of the two GELUs, times a thousand.",
        ),
        alt=(
            "六幅小图。GELU、SiLU、Mish、hardswish 左侧趋于 0，在 0 之前下探，右侧趋于 x；"
            "导数越过 1 再回到 1。两种 GELU 之差放大一千倍后仍不到 1。",
            "Six panels. GELU, SiLU, Mish and hardswish tend to 0 on the left, dip before 0 and "
            "tend to x on the right; the slope passes 1 and returns to it. The difference of the "
            "two GELUs stays below 1 even times a thousand.",
        ),
    )


def _first_of_two(x: np.ndarray) -> np.ndarray:
    """The pairs (x, 0), shape (n, 2)."""
    return np.stack([x, np.zeros_like(x)], axis=-1)


def figure_several(tr: Tr) -> Figure:
    one = np.ones_like
    panels = [
        Panel(
            "softmax(x, 0)",
            lambda x: softmax(_first_of_two(x))[:, 0],
            lambda x: softmax_jacobian(_first_of_two(x))[:, 0, 0],
        ),
        Panel(
            "log-softmax(x, 0)",
            lambda x: log_softmax(_first_of_two(x))[:, 0],
            lambda x: 1 - softmax(_first_of_two(x))[:, 0],
        ),
        Panel(
            "logsumexp(x, 0)",
            lambda x: logsumexp(_first_of_two(x)),
            lambda x: softmax(_first_of_two(x))[:, 0],
        ),
        Panel(
            "maxout(x, −x/2)",
            lambda x: maxout(np.stack([x, -x / 2], axis=-1)),
            lambda x: maxout_grad(np.stack([x, -x / 2], axis=-1)) @ np.array([1, -0.5]),
            (0.0,),
        ),
        Panel(
            "GLU, a = 1",
            lambda b: glu(np.stack([one(b), b]), 0)[0],
            lambda b: glu_grad(np.stack([one(b), b]), 0)[1],
        ),
        Panel(
            "SwiGLU, v = −1",
            lambda g: swiglu(g, -one(g)),
            lambda g: swiglu_grad(g, -one(g))[0],
        ),
    ]
    return _draw(
        tr,
        panels,
        low=-3.2,
        high=3.2,
        caption=(
            "多个输入的六个，只变其中一个、其余固定：两个输入时 softmax 就是 sigmoid，"
            "logsumexp 就是 softplus。",
            "The six that read several numbers, with all but one held fixed: softmax of two "
            "numbers is "
            "the sigmoid, logsumexp the softplus.",
        ),
        alt=(
            "六幅小图：softmax 是 S 形，log-softmax 左侧为直线、右侧趋于 0，logsumexp 左侧趋于 "
            "0、右侧为直线，"
            "maxout 是 V 形折线，GLU 是 S 形，SwiGLU 是倒过来的 SiLU。",
            "Six panels: softmax is S-shaped, log-softmax is straight on the left and tends to 0 "
            "on the "
            "right, logsumexp the other way round, maxout is a V, GLU is S-shaped, SwiGLU is "
            "SiLU upside "
            "down.",
        ),
    )
