"""The gradient of cross-entropy by the logits, and that of a squared error behind a sigmoid."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.activations.sigmoid_tanh import sigmoid
from snippets.activations.softmax import log_softmax, softmax, torch_log_softmax
from snippets.kit import Check, Figure, Formula, Tr
from snippets.losses._cross_entropy_examples import LOGITS
from snippets.losses.cross_entropy import K, Z, cross_entropy, cross_entropy_grad

_P = kit.function(("softmax", "softmax"), softmax)
_SIGMOID = kit.function(("sigmoid", "the sigmoid"), sigmoid)
_LOGIT = kit.scalar(("logit", "the logit"), -8, 8)
_LABEL = kit.scalar(("标签，0 到 1", "the label, 0 to 1"), 0, 1)
_INDEX = kit.index(("类别", "a class"), "K")

formula_chain = Formula(
    r"\frac{\partial L}{\partial z_k}"
    r" = -\frac{1}{p(z)_y} \cdot p(z)_y \, (\mathbf{1}[k = y] - p(z)_k)"
    r" = p(z)_k - \mathbf{1}[k = y]",
    {
        "p": _P,
        "z": kit.array(("logits，共四类", "the logits of four classes"), (4,), -3, 3),
        "y": kit.integer(("正确的类别", "the true class"), 1, 4),
        "k": kit.index(("类别", "a class"), 4),
    },
    derivative_of=lambda z, y: -log_softmax(z)[int(y) - 1],
    autograd=lambda z, y: -torch_log_softmax(z)[int(y) - 1],
    wrt="z",
    samples=50,
)

formula_soft = Formula(
    r"\frac{\partial L}{\partial z_k} = p(z)_k \sum_{j=1}^{K} y_j - y_k",
    {
        "p": _P,
        "z": Z,
        "y": kit.array(
            ("软标签；和为 1 时就是 p − y", "a soft label; with sum 1 this is p − y"), ("K",), 0, 1
        ),
        "K": K,
        "k": _INDEX,
    },
    derivative_of=lambda z, y: -np.sum(y * log_softmax(z)),
    autograd=lambda z, y: -(y * torch_log_softmax(z)).sum(),
    wrt="z",
    samples=50,
)

formula_binary = Formula(
    r"\frac{\partial L_{\mathrm{BCE}}}{\partial z} = \sigma(z) - y",
    {"z": _LOGIT, "y": _LABEL, r"\sigma": _SIGMOID},
    derivative_of=lambda z, y: np.logaddexp(0, z) - y * z,
    autograd=lambda z, y: _torch_bce(z, y),
    wrt="z",
)

formula_squared = Formula(
    r"\frac{\partial (\sigma(z) - y)^2}{\partial z}"
    r" = 2 (\sigma(z) - y)\, \sigma(z) (1 - \sigma(z))",
    {"z": _LOGIT, "y": _LABEL, r"\sigma": _SIGMOID},
    derivative_of=lambda z, y: np.square(sigmoid(z) - y),
    autograd=lambda z, y: _torch_squared(z, y),
    wrt="z",
)


def _torch_bce(z, y):
    import torch
    import torch.nn.functional as F

    return F.binary_cross_entropy_with_logits(z, torch.full_like(z, float(y)))


def _torch_squared(z, y):
    import torch

    return (torch.sigmoid(z) - y) ** 2


def value_gradient() -> list[float]:
    """p - one-hot at the logits (1, 2, 3), first class true."""
    return cross_entropy_grad(LOGITS[None], [0])[0].tolist()


def check_differences() -> Check:
    """The gradient against central differences of the loss itself."""
    h, pairs = 1e-5, []
    for rng in kit.seeds(10):
        z, y = rng.normal(0, 2, (4, 5)), rng.integers(0, 5, 4)
        numeric = np.zeros_like(z)
        for place in np.ndindex(z.shape):
            step = np.zeros_like(z)
            step[place] = h
            numeric[place] = (cross_entropy(z + step, y) - cross_entropy(z - step, y)) / (2 * h)
        pairs.append((cross_entropy_grad(z, y), numeric))
    return kit.compare(("中心差分", "central differences"), pairs, tolerance=1e-9)


WRONG = -8.0  # a badly wrong logit of a positive example
RATE = 1.0


def _slopes(z):
    """Gradients by z of both losses at y = 1."""
    p = sigmoid(z)
    return {"mse": 2 * (p - 1) * p * (1 - p), "bce": p - 1}


def value_wrong() -> dict[str, object]:
    """At z = -8, y = 1: both gradients, their ratio, and how many steps of size 1 lead to p = 1/2.

    One logit, gradient descent on it.
    """
    slopes = {name: float(slope) for name, slope in _slopes(WRONG).items()}
    steps = {}
    for name in slopes:
        z, count = WRONG, 0
        while z < 0:
            z -= RATE * float(_slopes(z)[name])
            count += 1
        steps[f"{name}_steps"] = count
    return {**slopes, **steps, "z": WRONG, "ratio": slopes["bce"] / slopes["mse"]}


def figure_gradient(tr: Tr) -> Figure:
    z = np.linspace(-8, 8, 401)
    p, slopes = sigmoid(z), _slopes(z)
    losses = {"mse": (p - 1) ** 2, "bce": np.logaddexp(0, -z)}
    names = {"bce": tr.name("BCE"), "mse": tr("MSE（接 sigmoid）", "MSE (on a sigmoid)")}
    canvas, (left, right) = kit.canvas(1, 2, height=2.9)
    for axes, curves in ((left, losses), (right, slopes)):
        for (name, label), line in zip(names.items(), kit.LINES, strict=False):
            axes.plot(z, curves[name], linestyle=line, label=label)
        axes.set_xlabel(tr("z（正确答案 y = 1）", "z (the truth is y = 1)"))
    left.set_title(tr("损失", "loss"))
    left.legend(loc="upper right")
    right.set_title(tr("对 z 的梯度", "gradient by z"))
    right.axvline(WRONG, color=kit.GRID, linewidth=0.8)
    return Figure(
        canvas,
        caption=tr(
            "同一个 logit、同一个 sigmoid，两种损失。预测越错（越靠左），BCE 的梯度越接近 −1，"
            "MSE 的梯度反而趋于 0：错得最离谱的样本学得最慢。",
            "One logit, one sigmoid, two losses. The more wrong the prediction (to the left), the "
            "closer the gradient of BCE to −1, while that of MSE goes to 0: the worst mistakes "
            "learn slowest.",
        ),
        alt=tr(
            "左图：BCE 向左近似直线上升，MSE 向左变平、不超过 1。"
            "右图：BCE 的梯度从 −1 单调升到 0；MSE 的梯度两端都接近 0，中间有一个低谷。",
            "Left: BCE rises to the left almost as a line, MSE flattens below 1. Right: the "
            "gradient of BCE rises from −1 to 0; that of MSE is near 0 at both ends with a dip.",
        ),
        data={"z": z, **{f"loss_{k}": v for k, v in losses.items()}, **slopes},
    )
