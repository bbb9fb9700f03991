"""Cross-entropy: the logarithm of the probability that a model gave to what came true."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from snippets import kit
from snippets.activations.sigmoid_tanh import sigmoid
from snippets.activations.softmax import log_softmax, logsumexp, softmax
from snippets.kit import Check, Formula
from snippets.losses import _b_exact


def nll(log_p: ArrayLike, y: ArrayLike) -> float:
    """Negative log-likelihood: the mean of -log_p[n, y_n], from log-probabilities, in nats.

    log_p is (N, K), y is (N,) with the numbers 0 .. K-1 of the true classes.  ValueError: other
    shapes, no example, a class that is not there.
    """
    log_p, y = np.asarray(log_p), np.asarray(y)
    if log_p.ndim != 2 or y.shape != log_p.shape[:1] or not y.size:
        raise ValueError(f"log_p is {log_p.shape} and y is {y.shape}; give (N, K) and (N,), N > 0")
    if not np.issubdtype(y.dtype, np.integer) or y.min() < 0 or y.max() >= log_p.shape[1]:
        raise ValueError(f"the classes in y must be whole numbers from 0 to {log_p.shape[1] - 1}")
    return float(-log_p[np.arange(len(y)), y].mean())


def cross_entropy(z: ArrayLike, y: ArrayLike) -> float:
    """Mean of -ln softmax(z_n)[y_n] in nats, from logits (N, K) and class numbers (N,).

    Never leaves the logarithms, so nothing overflows.  0 only in the limit.  ValueError as nll.
    [bridle1990]
    """
    return nll(log_softmax(z), y)


def cross_entropy_of_probabilities(p: ArrayLike, q: ArrayLike) -> float:
    """Mean of -Σ_k q_nk ln p_nk: labels q and predictions p, both (N, K) probabilities, in nats.

    infinity where a class of positive label has probability 0; a label of 0 counts for nothing.
    ValueError: shapes that differ, no example, a number outside [0, 1] (logits, say).
    """
    p, q = np.asarray(p), np.asarray(q)
    if p.shape != q.shape or p.ndim != 2 or not p.size:
        raise ValueError(f"p is {p.shape} and q is {q.shape}; give two (N, K), N > 0")
    if min(p.min(), q.min()) < 0 or max(p.max(), q.max()) > 1:
        raise ValueError("p and q must be probabilities, from 0 to 1")
    with np.errstate(divide="ignore"):
        log_p = np.log(np.where(q > 0, p, 1))
    return float(-(q * log_p).sum(axis=1).mean())


def soft_cross_entropy(z: ArrayLike, q: ArrayLike) -> float:
    """Mean of -Σ_k q_nk ln softmax(z_n)_k: the labels q (N, K) are distributions, each row sum 1.

    At least the mean entropy of the labels.  z is finite.  ValueError: shapes that differ, no
    example.  That the rows of q sum to 1 is not checked.
    """
    z, q = np.asarray(z), np.asarray(q)
    if z.shape != q.shape or z.ndim != 2 or not z.size:
        raise ValueError(f"z is {z.shape} and q is {q.shape}; give two (N, K), N > 0")
    return float(-(q * log_softmax(z)).sum(axis=1).mean())


def cross_entropy_grad(z: ArrayLike, y: ArrayLike) -> np.ndarray:
    """Gradient of cross_entropy by z: (softmax(z) - one-hot(y)) / N, of shape (N, K).

    ValueError as nll.
    """
    cross_entropy(z, y)  # raises where there is no loss: y = -1 would silently take the last class
    y = np.asarray(y)
    g = softmax(z)
    g[np.arange(len(y)), y] -= 1
    return g / len(y)


def binary_labels(y: ArrayLike, shape: tuple[int, ...]) -> np.ndarray:
    """The labels y as an array; ValueError unless all are in [0, 1] and y has this shape.

    Labels (N, 1) against predictions (N,) would be broadcast to (N, N): a mean of the wrong pairs.
    """
    y = np.asarray(y)
    if y.shape != shape or not y.size:
        raise ValueError(f"the predictions are {shape}, the labels {y.shape}; give the same shape")
    if y.min() < 0 or y.max() > 1:
        raise ValueError("the labels must be from 0 to 1; turn labels of -1 and 1 into 0 and 1")
    return y


def bce(p: ArrayLike, y: ArrayLike) -> float:
    """Binary cross-entropy of probabilities p and labels y in [0, 1], mean over all elements.

    infinity where a label of 1 met p = 0 or a label of 0 met p = 1; 0 ln 0 counts as 0.
    ValueError: shapes that differ, a label or a probability outside [0, 1] (a logit, say).
    """
    p = np.asarray(p)
    y = binary_labels(y, p.shape)
    if p.min() < 0 or p.max() > 1:
        raise ValueError("p must be probabilities, from 0 to 1; for logits take bce_with_logits")
    with np.errstate(divide="ignore", invalid="ignore"):
        hit = np.where(y > 0, y * np.log(p), 0)
        miss = np.where(y < 1, (1 - y) * np.log1p(-p), 0)
    return float(-(hit + miss).mean())


def bce_with_logits(z: ArrayLike, y: ArrayLike) -> float:
    """The same from logits z, where p = σ(z): max(z, 0) - zy + ln(1 + e^-|z|), any finite z.

    ValueError: shapes that differ, a label outside [0, 1].
    """
    z = np.asarray(z)
    y = binary_labels(y, z.shape)
    return float((np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))).mean())


def bce_with_logits_grad(z: ArrayLike, y: ArrayLike) -> np.ndarray:
    """Gradient of bce_with_logits by z: (σ(z) - y) / N, of z's shape; N counts its elements.

    ValueError as bce_with_logits.
    """
    return (sigmoid(z) - binary_labels(y, np.shape(z))) / np.size(z)


def torch_cross_entropy(z, y):
    """The same in PyTorch: logits (N, K); y holds class numbers (N,) or distributions (N, K)."""
    import torch.nn.functional as F

    return F.cross_entropy(z, y)


def torch_nll(z, y):
    """The same in two steps: log-probabilities, then the mean of those of the true classes."""
    import torch.nn.functional as F

    return F.nll_loss(F.log_softmax(z, dim=-1), y)


def torch_cross_entropy_grad(z, y):
    """The gradient by autograd: what softmax(z) - one-hot(y), over N, must equal."""
    import torch

    z = z.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(torch_cross_entropy(z, y), z)
    return gradient


def torch_bce(z, y):
    """Binary cross-entropy in PyTorch; z are logits, y are floats of the same shape."""
    import torch.nn.functional as F

    return F.binary_cross_entropy_with_logits(z, y)


# --------------------------------------------------------------------------- formulas

Z = kit.array(("logits，每类一个", "the logits, one for each class"), ("K",), -3, 3)
K = kit.integer(("类别数", "number of classes"), 3, 6)
CLASS = kit.integer(("正确的类别", "the true class"), 1, 3)
_BATCH = kit.array(("预测的概率", "the predicted probabilities"), ("N", "K"), 0.01, 1)
_SOFT = kit.array(
    ("标签：各类的概率", "the labels: a probability for each class"), ("N", "K"), 0, 1
)
_LSE = kit.function(("log-sum-exp", "log-sum-exp"), logsumexp)
_LABELS = np.array([3, 1, 2])

formula_definition = Formula(
    r"L = -\frac{1}{N} \sum_{n=1}^{N} \sum_{k=1}^{K} y_{nk} \ln p_{nk}",
    {
        "y": _SOFT,
        "p": _BATCH,
        "N": kit.integer(("样本数", "number of examples"), 1, 4),
        "K": K,
    },
    equals=lambda p, y: cross_entropy_of_probabilities(p, y),
)

formula_classes = Formula(
    r"L = -\frac{1}{N} \sum_{n=1}^{N} \ln p_{n, y_n}",
    {
        "p": _BATCH,
        "y": kit.constant(("各样本的正确类别", "the true class of each example"), _LABELS),
        "N": kit.constant(("样本数（这里取三个）", "number of examples (three here)"), 3),
        "K": K,
    },
    equals=lambda p: nll(np.log(p), _LABELS - 1),
)

formula_bits = Formula(
    r"-\log_2 p = \frac{-\ln p}{\ln 2}, \quad \frac{1}{\ln 2} \approx 1.4427",
    {"p": kit.scalar(("概率", "a probability"), 0.001, 1)},
)

formula_softmax_loss = Formula(
    r"L = -\ln \frac{e^{z_y}}{\sum_{j=1}^{K} e^{z_j}} = -z_y + \operatorname{LSE}(z)",
    {"z": Z, "K": K, "y": CLASS, r"\operatorname{LSE}": _LSE},
    equals=lambda z, y: cross_entropy(z[None], np.array([int(y) - 1])),
)

formula_without_log = Formula(
    r"-\sum_{i=1}^{K} \frac{e^{i}}{\sum_{j=1}^{K} e^{j}} = -1",
    {"K": K},
)

_P = kit.array(("预测的概率", "the predicted probabilities"), ("N",), 0.02, 0.98)
_Y = kit.array(("标签", "the labels"), ("N",), 0, 1)
_N = kit.integer(("样本数", "number of examples"), 1, 5)
_LOGIT = kit.scalar(("logit", "the logit"), -9, 9)
_LABEL = kit.scalar(("标签，0 到 1", "the label, 0 to 1"), 0, 1)
_SIGMOID = kit.function(("sigmoid", "the sigmoid"), sigmoid)

formula_bce = Formula(
    r"L = -\frac{1}{N} \sum_{n=1}^{N} \left[ y_n \ln p_n + (1 - y_n) \ln(1 - p_n) \right]",
    {"y": _Y, "p": _P, "N": _N},
    equals=bce,
)

formula_bce_stable = Formula(
    r"-y \ln \sigma(z) - (1 - y) \ln(1 - \sigma(z)) = \max(z, 0) - z y + \ln(1 + e^{-|z|})",
    {"z": _LOGIT, "y": _LABEL, r"\sigma": _SIGMOID},
)


# --------------------------------------------------------------------------- evidence


def _logits() -> list[tuple[np.ndarray, np.ndarray]]:
    """Batches of logits, from ordinary to extreme, with class numbers."""
    rng = np.random.default_rng(0)
    return [(rng.normal(0, scale, (40, 7)), rng.integers(0, 7, 40)) for scale in (1, 10, 300)]


def _torch_of(p: np.ndarray, q: np.ndarray) -> float:
    """Cross-entropy of probabilities in PyTorch, which has it for logits: ln p are some."""
    import torch
    import torch.nn.functional as F

    return float(F.cross_entropy(torch.tensor(p).log(), torch.tensor(q)))


def check_torch() -> Check:
    """Every loss and gradient of this module against PyTorch, in float64."""
    import torch

    pairs = []
    for z, y in _logits():
        t, labels = torch.tensor(z), torch.tensor(y)
        soft = softmax(z[::-1])
        binary = torch.tensor(z[:, 0], requires_grad=True)
        bit = torch.tensor(soft[:, 1])
        binary_loss = torch_bce(binary, bit)
        binary_loss.backward()
        pairs += [
            (cross_entropy(z, y), torch_cross_entropy(t, labels).item()),
            (cross_entropy(z, y), torch_nll(t, labels).item()),
            (cross_entropy_grad(z, y), torch_cross_entropy_grad(t, labels)),
            (
                cross_entropy_of_probabilities(softmax(z / 10), soft),
                _torch_of(softmax(z / 10), soft),
            ),
            (soft_cross_entropy(z, soft), torch_cross_entropy(t, torch.tensor(soft)).item()),
            (bce_with_logits(z[:, 0], soft[:, 1]), binary_loss.item()),
            (bce_with_logits_grad(z[:, 0], soft[:, 1]), binary.grad),
        ]
    return kit.compare(
        ("PyTorch 的损失与自动求导", "PyTorch's losses and its autograd"), pairs, tolerance=1e-13
    )


def check_exact() -> Check:
    """The same against 50-digit arithmetic, one example at a time."""
    pairs = []
    for z, y in _logits():
        for row, label in zip(z[:10], y[:10], strict=True):
            one_hot = np.eye(7)[label]
            pairs.append((cross_entropy(row[None], [label]), _b_exact.cross_entropy(row, one_hot)))
            pairs.append(
                (bce_with_logits(row[0], 0.3), _b_exact.binary_cross_entropy(float(row[0]), 0.3))
            )
    return kit.compare(
        ("50 位十进制算术", "decimal arithmetic of 50 digits"), pairs, tolerance=1e-14
    )
