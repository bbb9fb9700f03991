"""The receptive field: its size, its jump and its start, and what a gradient sees of it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from snippets import kit
from snippets.kit import Formula


class Layer(NamedTuple):
    """A convolution or pooling layer along one axis, in the order of nn.Conv2d."""

    k: int
    s: int = 1
    p: int = 0
    d: int = 1


def bottom_up(layers):
    """Receptive field of a chain of layers, from the input up: (r, j, a).

    r is its size; j, the jump, the distance between the fields of neighbouring outputs; a the
    first input position of output 0, negative on padding: output i sees a + i j to
    a + i j + r - 1.  ``layers`` are (k, s, p, d), first layer first.  ValueError: a layer that is
    not of four numbers, or one that cannot be.  [araujo2019]
    """
    r, j, a = 1, 1, 0
    for layer in layers:
        k, s, p, d = layer
        if k < 1 or s < 1 or p < 0 or d < 1:
            raise ValueError(f"no layer has k={k}, s={s}, p={p}, d={d}")
        r, a, j = r + d * (k - 1) * j, a - p * j, j * s
    return r, j, a


def top_down(layers):
    """Size of the receptive field, from one output down to the input; ``layers`` as above."""
    r = 1
    for k, s, _, d in reversed(layers):
        r = (r - 1) * s + d * (k - 1) + 1
    return r


def gradient_map(model, x):
    """|dy/dx| of the output in the middle, summed over channels; x (N, C, ...), result (...).

    ``model`` maps a tensor to one with as many axes.  With max pooling and ReLU this is the field
    of these inputs only: average pooling and positive weights show all that can be reached.
    """
    import torch

    x = x.detach().requires_grad_()
    y = model(x)
    middle = tuple(size // 2 for size in y.shape[2:])
    (grad,) = torch.autograd.grad(y[(..., *middle)].sum(), x)
    return grad.abs().sum(dim=(0, 1))


def footprint(model, x):
    """(first, last) position along the last axis on which the output in the middle depends."""
    import torch

    seen = torch.nonzero(gradient_map(model, x))[:, -1]
    return seen.min().item(), seen.max().item()


def box_profile(kernels):
    """Share of each input along one axis when all weights are equal: the convolved boxes.

    ``kernels`` are the sizes of layers with stride 1; the result has 1 + sum(k - 1) entries that
    add up to 1.
    """
    profile = np.ones(1)
    for k in kernels:
        profile = np.convolve(profile, np.full(k, 1 / k))
    return profile


# --------------------------------------------------------------------------- formulas


def _whole(zh: str, en: str, low: int, high: int) -> kit.Symbol:
    return kit.integer((zh, en), low, high)


_K = _whole("卷积核或池化窗口边长", "side of the kernel or window", 1, 7)
_S = _whole("这一层的步幅", "stride of this layer", 1, 4)
_P = _whole("这一层的填充", "padding of this layer", 0, 3)
_D = _whole("空洞率（不用空洞卷积时为 1）", "dilation (1 without)", 1, 4)


def _chain(k, s, d):
    return [Layer(a, b, 0, c) for a, b, c in zip(k, s, d, strict=True)]


formula_footprint = Formula(
    r"\left|R_i\right| = \sum_{u=1}^{n} \mathbf{1}\left[J_{iu} \ne 0\right]",
    {
        "J": kit.array(
            ("输出对输入的导数 ∂y/∂x", "derivatives ∂y/∂x of the outputs"), ("m", "n"), 0, 1
        ),
        "i": kit.index(("看哪个输出", "the output looked at"), "m"),
        "u": kit.index(("输入位置", "input position"), "n"),
        "m": _whole("输出个数", "number of outputs", 1, 4),
        "n": _whole("输入个数", "number of inputs", 1, 6),
    },
    equals={r"\left|R_i\right|": lambda J: np.count_nonzero(J, axis=1)},
)

formula_bottom_up = Formula(
    r"\begin{aligned} r_{\text{out}} &= r_{\text{in}} + d\,(k-1)\, j_{\text{in}} \\"
    r" j_{\text{out}} &= s\, j_{\text{in}} \\"
    r" a_{\text{out}} &= a_{\text{in}} - p\, j_{\text{in}} \end{aligned}",
    {
        r"r_{\text{in}}": _whole("到上一层为止的感受野", "field up to the last layer", 1, 200),
        r"j_{\text{in}}": _whole(
            "此前所有步幅的乘积（间隔）", "the product of all earlier strides (the jump)", 1, 32
        ),
        r"a_{\text{in}}": _whole("0 号输出看到的第一个位置", "first position of output 0", -50, 0),
        "k": _K,
        "s": _S,
        "p": _P,
        "d": _D,
    },
    equals={
        r"r_{\text{out}}": lambda r_in, j_in, k, d: _after(r_in, j_in, 0, k, 1, 0, d)[0],
        r"j_{\text{out}}": lambda j_in, s: _after(1, j_in, 0, 1, s, 0, 1)[1],
        r"a_{\text{out}}": lambda a_in, j_in, p: _after(1, j_in, a_in, 1, 1, p, 1)[2],
    },
)


def _after(r, j, a, k, s, p, d):
    """What a layer makes of (r, j, a): a chain with that jump and size before it."""
    before = [Layer(int(r)), Layer(1, int(j))]  # r = its kernel, jump = its stride
    r2, j2, a2 = bottom_up([*before, Layer(int(k), int(s), int(p), int(d))])
    return r2, j2, a2 + a


formula_closed = Formula(
    r"r = 1 + \sum_{l=1}^{L} d_l\,(k_l - 1) \prod_{i=1}^{l-1} s_i",
    {
        "k": kit.array(("各层的核边长", "kernels of the layers"), ("L",), 1, 7),
        "s": kit.array(("各层的步幅", "strides of the layers"), ("L",), 1, 3),
        "d": kit.array(("各层的空洞率", "dilations of the layers"), ("L",), 1, 3),
        "L": _whole("层数", "layers", 1, 5),
        "l": kit.index(("层", "layer"), "L"),
        "i": kit.index(("更早的层", "earlier layer"), "L"),
    },
    equals=lambda k, s, d: bottom_up(_chain(k, s, d))[0],
)

formula_top_down = Formula(
    r"r_{\text{in}} = s\,(r_{\text{out}} - 1) + d\,(k-1) + 1",
    {
        r"r_{\text{out}}": _whole("在这一层输出上占几格", "cells covered in its output", 1, 60),
        "k": _K,
        "s": _S,
        "d": _D,
    },
    equals=lambda r_out, k, s, d: top_down([Layer(int(k), int(s), 0, int(d)), Layer(int(r_out))]),
)

formula_spread = Formula(
    r"\sigma = \sqrt{\frac{1}{12} \sum_{l=1}^{L} (k_l^2 - 1)}",
    {
        "k": kit.array(("各层的核边长", "kernels of the layers"), ("L",), 1, 9),
        "L": _whole("层数，步幅都是 1", "layers, all of stride 1", 1, 12),
        "l": kit.index(("层", "layer"), "L"),
    },
    equals=lambda k: np.sqrt((np.square(k) - 1).sum() / 12),
)
