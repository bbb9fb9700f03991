"""The symbols of the overview's formulas, and what their cells share."""

from __future__ import annotations

from snippets import kit
from snippets.activations.sigmoid_tanh import sigmoid
from snippets.activations.softmax import logsumexp, softmax, torch_logsumexp

E = kit.scalar(("残差", "residual"), -3, 3)
SWITCH = kit.scalar(("分界", "switch"), 0.2, 2)
T = kit.integer(("标签 ±1", "label ±1"), -1, 1)
S = kit.scalar(("得分", "score"), -4, 4)
K = kit.constant(("类别数", "number of classes"), 4)
Y = kit.integer(("正确类别", "true class"), 1, 4)
CLASS = kit.index(("类别", "a class"), "K")
Z = kit.array(("logits", "logits"), ("K",), -3, 3)
LOGIT = kit.scalar(("logit", "logit"), -4, 4)
BIT = kit.scalar(("标签 0 到 1", "label 0 to 1"), 0, 1)
SIGMA = kit.function(("sigmoid", "sigmoid"), sigmoid)
LSE = kit.function(("log-sum-exp", "log-sum-exp"), logsumexp)
SOFTMAX = kit.function(("softmax", "softmax"), softmax)
P = kit.array(("目标分布", "target distribution"), ("K",), 0.05, 1)
Q = kit.array(("预测的概率", "predicted probabilities"), ("K",), 0.05, 1)
LOG_Q = kit.array(("对数概率", "log-probabilities"), ("K",), -5, 0)
TAU = kit.scalar(("温度", "temperature"), 0.1, 1)
GAMMA = kit.scalar(("指数", "exponent"), 0.5, 3)
EPSILON = kit.scalar(("平滑量", "smoothing"), 0, 0.5)

GRADIENT = r"\frac{\partial \ell}{\partial "


def torch_function(name: str):
    import torch.nn.functional as F

    return getattr(F, name)


def first(y: float) -> int:
    return int(y) - 1


def torch_softmax_loss(z, y):
    """-z_y + log-sum-exp(z) of a tensor, also where y counts from 1."""
    return torch_logsumexp(z) - z[first(y)]


def torch_smoothed_loss(z, y, epsilon):
    """The same with a smoothed label."""
    return torch_logsumexp(z) - (1 - epsilon) * z[first(y)] - epsilon * z.mean()
