"""Calibration: reliability, expected calibration error, Brier score, temperature scaling."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from snippets import kit
from snippets.kit import Check, Formula


def reliability(
    confidence: ArrayLike, correct: ArrayLike, bins: int = 10
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Share of examples, accuracy and mean confidence of each bin that is not empty.

    confidence (n,) lies in [0, 1], correct (n,) holds 0 and 1.  Bin b is ((b - 1)/bins, b/bins],
    the first with 0.  ValueError: a confidence outside, lengths that differ, none at all, no bin.
    """
    confidence, correct = np.asarray(confidence, dtype=float), np.asarray(correct, dtype=float)
    if confidence.shape != correct.shape or confidence.ndim != 1 or not confidence.size:
        raise ValueError(f"{confidence.shape} confidences and {correct.shape} results")
    if not ((confidence >= 0) & (confidence <= 1)).all():
        raise ValueError("a confidence is not in [0, 1]")
    if bins < 1:
        raise ValueError(f"{bins} bins; there must be one at least")
    place = np.searchsorted(np.arange(1, bins) / bins, confidence)  # number of edges below it
    count = np.bincount(place, minlength=bins)
    full = count > 0
    hits = np.bincount(place, correct, minlength=bins)[full]
    sure = np.bincount(place, confidence, minlength=bins)[full]
    return count[full] / len(confidence), hits / count[full], sure / count[full]


def ece(confidence: ArrayLike, correct: ArrayLike, bins: int = 10) -> float:
    """Expected calibration error: mean gap of accuracy and confidence.  [guo2017]"""
    share, accuracy, mean_confidence = reliability(confidence, correct, bins)
    return float(share @ np.abs(accuracy - mean_confidence))


def brier(p: ArrayLike, event: ArrayLike) -> float:
    """Mean squared distance of the probability p from the event, 0 or 1; both (n,)."""
    return float(np.mean((np.asarray(p, dtype=float) - np.asarray(event)) ** 2))


def probabilities(logits: ArrayLike, tau: float = 1.0) -> np.ndarray:
    """softmax(logits / tau) along the last axis."""
    z = np.asarray(logits, dtype=float) / tau
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def nll(logits: ArrayLike, y: ArrayLike, tau: float = 1.0) -> float:
    """Mean negative log-likelihood (cross-entropy) of labels y (n,) at temperature tau."""
    z = np.asarray(logits, dtype=float) / tau
    z = z - z.max(axis=-1, keepdims=True)
    return float(np.mean(np.log(np.exp(z).sum(axis=-1)) - z[np.arange(len(z)), y]))


def fit_temperature(logits: ArrayLike, y: ArrayLike) -> float:
    """The temperature with the lowest cross-entropy on (logits, y), by bisection.

    The loss is convex in beta = 1 / tau, with the slope mean(sum_k p_k z_k - z_y).  Fit it on
    validation data, never on the training or test set.  ValueError: every logit of a label is the
    largest (the best tau is 0).  Returns 1e3 where a larger tau would still be better.
    """
    z, y = np.asarray(logits, dtype=float), np.asarray(y)
    own = z[np.arange(len(z)), y]
    if (own >= z.max(axis=-1)).all():
        raise ValueError("every prediction is right: the best temperature is 0")

    def slope(beta: float) -> float:
        return float(np.mean((probabilities(z, 1 / beta) * z).sum(axis=-1) - own))

    low, high = 1e-3, 1e3
    for _ in range(100):
        middle = (low * high) ** 0.5
        low, high = (low, middle) if slope(middle) > 0 else (middle, high)
    return 1 / (low * high) ** 0.5


def torch_fit_temperature(logits, y):
    """The same in PyTorch: one parameter, L-BFGS; logits (n, K) and y (n,) are tensors."""
    import torch
    import torch.nn.functional as F

    log_tau = torch.zeros((), dtype=logits.dtype, requires_grad=True)
    optimiser = torch.optim.LBFGS(
        [log_tau], max_iter=100, tolerance_change=1e-14, line_search_fn="strong_wolfe"
    )

    def closure():
        optimiser.zero_grad()
        loss = F.cross_entropy(logits / log_tau.exp(), y)
        loss.backward()
        return loss

    optimiser.step(closure)
    return log_tau.exp().item()


# --------------------------------------------------------------------------- formulas

_B = kit.integer(("箱数", "number of bins"), 1, 8)


def _bins(meaning: tuple[str, str]) -> kit.Symbol:
    return kit.array(meaning, ("B",), 0, 1)


def _spelt_out(w: np.ndarray, a: np.ndarray, c: np.ndarray) -> float:
    """The same from single gaps, one bin after the other."""
    total = 0.0
    for share, accuracy, confidence in zip(w, a, c, strict=True):
        total += share * max(accuracy - confidence, confidence - accuracy)
    return total


formula_ece = Formula(
    r"\operatorname{ECE} = \sum_{b=1}^{B} w_b\,|a_b - c_b|",
    {
        "w": _bins(("第 b 箱占样本的比例", "share of the examples in bin b")),
        "a": _bins(("第 b 箱的准确率", "accuracy in bin b")),
        "c": _bins(("第 b 箱的平均置信度", "mean confidence in bin b")),
        "B": _B,
        "b": kit.index(("箱", "a bin"), "B"),
    },
    equals=_spelt_out,
)

formula_brier = Formula(
    r"\operatorname{BS} = \frac{1}{n} \sum_{i=1}^{n} (p_i - y_i)^2",
    {
        "p": kit.array(("预测的概率", "predicted probability"), ("n",), 0, 1),
        "y": kit.array(("事件：发生为 1，否则为 0", "the event: 1 or 0"), ("n",), 0, 1),
        "n": kit.integer(("样本数", "number of examples"), 1, 8),
        "i": kit.index(("样本", "an example"), "n"),
    },
    equals=lambda p, y: brier(p, y),
)

formula_parts = Formula(
    r"\operatorname{BS} = \sum_{b=1}^{B} \frac{m_b}{n} (p_b - a_b)^2"
    r" + \sum_{b=1}^{B} \frac{m_b}{n} a_b (1 - a_b)",
    {
        "B": kit.constant(("不同的预测值的个数", "number of different predictions"), 3),
        "m": kit.constant(
            ("得到第 b 个预测值的样本数", "examples given prediction b"), (10, 20, 5)
        ),
        "n": kit.constant(("样本数", "number of examples"), 35),
        "p": kit.array(("第 b 个预测值", "prediction b"), (3,), 0, 1),
        "a": kit.constant(("其中发生的比例", "share of them that came true"), (0.7, 0.55, 0.2)),
        "b": kit.index(("预测值", "a prediction"), 3),
    },
    equals=lambda p: brier(
        np.repeat(p, (10, 20, 5)), np.r_[[1] * 7, [0] * 3, [1] * 11, [0] * 9, [1], [0] * 4]
    ),
)

formula_slope = Formula(
    r"\frac{\partial L}{\partial \beta} = \sum_{k=1}^{4} p(\beta z)_k\, z_k - z_y",
    {
        "z": kit.array(("logits", "the logits"), (4,), -3, 3),
        r"\beta": kit.scalar(("温度的倒数", "the inverse of the temperature"), 0.1, 3),
        "y": kit.integer(("正确的类别", "the true class"), 1, 4),
        "p": kit.function(("softmax", "the softmax"), probabilities),
        "k": kit.index(("类别", "a class"), 4),
    },
    derivative_of=lambda z, beta, y: nll(z[None], np.array([int(y) - 1]), 1 / beta),
    autograd=lambda z, beta, y: _torch_nll(z, beta, int(y) - 1),
    wrt=r"\beta",
)


def _torch_nll(z, beta, y: int):
    import torch
    import torch.nn.functional as F

    return F.cross_entropy((beta * z)[None], torch.tensor([y]))


# --------------------------------------------------------------------------- evidence


def check_torch() -> Check:
    import torch
    import torch.nn.functional as F

    pairs = []
    for rng in kit.seeds(5):
        z = rng.normal(0, 4, (500, 6))
        y = np.array([rng.choice(6, p=p) for p in probabilities(z, 2.5)])
        t, labels = torch.tensor(z), torch.tensor(y)
        pairs += [
            (fit_temperature(z, y), torch_fit_temperature(t, labels)),
            (nll(z, y, 1.7), F.cross_entropy(t / 1.7, labels)),
        ]
    return kit.compare(
        (
            "PyTorch 的 L-BFGS 与 `F.cross_entropy`",
            "PyTorch's L-BFGS and `F.cross_entropy`",
        ),
        pairs,
        tolerance=1e-5,
    )
