"""Output layers and their losses: the formulas, the slopes, and PyTorch's losses on logits."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from snippets import kit
from snippets.activations.choosing_activations import output_losses, torch_output_losses
from snippets.activations.sigmoid_tanh import sigmoid
from snippets.activations.softmax import logsumexp, softmax
from snippets.kit import Check, Formula

_Z = kit.scalar(("输出层的线性输出", "what the last linear layer gives"), -6, 6)


_LABEL = kit.integer(("标签，0 或 1", "the label, 0 or 1"), 0, 1)


_SIGMOID = kit.function(("sigmoid", "the sigmoid"), sigmoid)


def _binary_loss(z: ArrayLike, y: float) -> np.ndarray:
    return -np.where(y == 1, -np.logaddexp(0, -np.asarray(z)), -np.logaddexp(0, z))


def _torch_binary_loss(z, y):
    import torch
    import torch.nn.functional as F

    return F.binary_cross_entropy_with_logits(z, torch.full_like(z, float(y)))


formula_regression = Formula(
    r"\hat{y} = z, \quad L = (\hat{y} - y)^2",
    {"z": _Z, "y": kit.scalar(("目标", "the target"), -6, 6)},
    equals={r"\hat{y}": lambda z: z, "L": lambda z, y: np.square(y - z)},
)


formula_binary = Formula(
    r"\hat{y} = \sigma(z), \quad L = -y \ln \hat{y} - (1 - y) \ln(1 - \hat{y})",
    {"z": _Z, "y": _LABEL, r"\sigma": _SIGMOID},
    equals={r"\hat{y}": lambda z: sigmoid(z), "L": _binary_loss},
)


formula_classes = Formula(
    r"\hat{y} = \operatorname{softmax}(z), \quad L = -\ln \hat{y}_c",
    {
        "z": kit.array(("logits，每类一个", "the logits, one for each class"), ("n",), -3, 3),
        "n": kit.integer(("类别数", "number of classes"), 3, 6),
        "c": kit.integer(("正确的类别", "the correct class"), 1, 3),
        r"\operatorname{softmax}": kit.function(("", ""), softmax),
    },
    equals={
        r"\hat{y}": lambda z: softmax(z),
        "L": lambda z, c: logsumexp(z) - z[int(c) - 1],
    },
)


formula_labels = Formula(
    r"L = -\frac{1}{n} \sum_{i=1}^{n}"
    r" \left[ y_i \ln \sigma(z_i) + (1 - y_i) \ln(1 - \sigma(z_i)) \right]",
    {
        "z": kit.array(("logits，每个标签一个", "the logits, one for each label"), ("n",), -4, 4),
        "y": kit.array(("各标签是否成立", "whether each label holds"), ("n",), 0, 1),
        "n": kit.integer(("标签数", "number of labels"), 2, 5),
        r"\sigma": _SIGMOID,
    },
    equals=lambda z, y: np.mean(np.logaddexp(0, z) - y * z),
)


formula_counts = Formula(
    r"\hat{y} = e^{z}, \quad L = \hat{y} - y \ln \hat{y}",
    {"z": _Z, "y": kit.integer(("次数", "the count"), 0, 9)},
    equals={r"\hat{y}": lambda z: np.exp(z), "L": lambda z, y: np.exp(z) - y * z},
)


formula_residual = Formula(
    r"\frac{\partial L}{\partial z} = \sigma(z) - y",
    {"z": _Z, "y": _LABEL, r"\sigma": _SIGMOID},
    derivative_of=_binary_loss,
    autograd=_torch_binary_loss,
    wrt="z",
)


formula_residual_counts = Formula(
    r"\frac{\partial L}{\partial z} = e^{z} - y",
    {"z": _Z, "y": kit.integer(("次数", "the count"), 0, 9)},
    derivative_of=lambda z, y: np.exp(z) - y * z,
    autograd=lambda z, y: z.exp() - y * z,
    wrt="z",
)


formula_tanh_sigmoid = Formula(
    r"\frac{1 + \tanh(z)}{2} = \sigma(2z)",
    {"z": _Z, r"\sigma": _SIGMOID},
)


formula_tanh_loss = Formula(
    r"-\ln \frac{1 + y \tanh(z)}{2} = \ln\left(1 + e^{-2yz}\right)",
    {
        "z": _Z,
        "y": kit.integer(("标签，−1 或 1", "the label, −1 or 1"), -1, 1),
    },
)


def check_losses() -> Check:
    import torch

    pairs = []
    for rng in kit.seeds(20):
        z = rng.normal(0, 2, (8, 5))
        y = {
            "real": rng.normal(size=(8, 5)),
            "labels": rng.integers(0, 2, (8, 5)).astype(float),
            "class": rng.integers(0, 5, 8),
            "count": rng.poisson(3, (8, 5)).astype(float),
        }
        targets = {name: torch.tensor(target) for name, target in y.items()}
        ours, theirs = output_losses(z, y), torch_output_losses(torch.tensor(z), targets)
        pairs += [(ours[name], theirs[name]) for name in ours]
    return kit.compare(
        (
            "PyTorch 中直接接线性输出的四种损失",
            "PyTorch's four losses that take what the linear layer gives",
        ),
        pairs,
        tolerance=1e-12,
    )
