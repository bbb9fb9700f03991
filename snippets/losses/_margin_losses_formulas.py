"""The definitions and gradients as formulas, and the evidence for the code."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.activations.sigmoid_tanh import sigmoid
from snippets.kit import Check, Formula
from snippets.losses.margin_losses import (
    adaboost_round,
    best_stump,
    exponential,
    hinge,
    logistic,
    margin_gradients,
    margin_losses,
    multi_hinge,
    torch_margin_losses,
    torch_multi_hinge,
    zero_one,
)

T = kit.integer(("标签，−1 或 1", "the label, −1 or 1"), -1, 1)
S = kit.scalar(("得分，任意实数", "the score, any real number"), -5, 5)
M = kit.scalar(("间隔，即标签乘得分", "the margin, label times score"), -5, 5)
SIGMA = kit.function(("sigmoid", "the sigmoid"), sigmoid)


def _torch(name: str):
    return lambda t, s: torch_margin_losses(t * s, 1.0)[name]


formula_zero_one = Formula(
    r"\ell_{01} = \mathbf{1}[\hat{y} \ne y]",
    {
        r"\hat{y}": kit.integer(("预测的类别", "the predicted class"), 0, 3),
        "y": kit.integer(("正确的类别", "the right class"), 0, 3),
    },
    equals=lambda haty, y: zero_one(0.5 if haty == y else -0.5, 1),
)

formula_zero_one_margin = Formula(
    r"\ell_{01} = \mathbf{1}[t s \le 0]",
    {"t": T, "s": S},
    equals=lambda t, s: zero_one(t * s, 1),
)

formula_hinge = Formula(
    r"\ell_{\text{hinge}} = \max(0, 1 - t s)",
    {"t": T, "s": S},
    equals=lambda t, s: hinge(t * s, 1),
)

formula_hinge_gradient = Formula(
    r"\frac{\partial \ell_{\text{hinge}}}{\partial s} = -t \, \mathbf{1}[t s < 1]",
    {"t": T, "s": S},
    derivative_of=lambda t, s: hinge(t * s, 1),
    autograd=_torch("hinge"),
    wrt="s",
)

formula_logistic = Formula(
    r"\ell_{\log} = \ln\left(1 + e^{-t s}\right)",
    {"t": T, "s": S},
    equals=lambda t, s: logistic(t * s, 1),
)

formula_logistic_gradient = Formula(
    r"\frac{\partial \ell_{\log}}{\partial s} = -t \, \sigma(-t s)",
    {"t": T, "s": S, r"\sigma": SIGMA},
    derivative_of=lambda t, s: logistic(t * s, 1),
    autograd=_torch("logistic"),
    wrt="s",
)

formula_exponential = Formula(
    r"\ell_{\exp} = e^{-t s}",
    {"t": T, "s": S},
    equals=lambda t, s: exponential(t * s, 1),
)

formula_exponential_gradient = Formula(
    r"\frac{\partial \ell_{\exp}}{\partial s} = -t \, e^{-t s}",
    {"t": T, "s": S},
    derivative_of=lambda t, s: exponential(t * s, 1),
    autograd=_torch("exponential"),
    wrt="s",
)

formula_bounds = Formula(
    r"\mathbf{1}[m \le 0] \le \min\left(\max(0, 1 - m), \log_2(1 + e^{-m}), e^{-m}\right)",
    {"m": M},
)

formula_multi_hinge = Formula(
    r"\ell = \sum_{j \ne y} \max(0, s_j - s_y + 1)",
    {
        "s": kit.array(("得分，每类一个", "the scores, one for each class"), ("C",), -3, 3),
        "C": kit.integer(("类别数", "number of classes"), 3, 5),
        "y": kit.integer(("正确的类别", "the right class"), 1, 3),
        "j": kit.index(("类别", "a class"), "C"),
    },
    equals=lambda s, y: multi_hinge(s[None], [int(y) - 1]),
)

formula_alpha = Formula(
    r"\alpha = \frac{1}{2} \ln \frac{1 - \varepsilon}{\varepsilon}",
    {
        r"\varepsilon": kit.scalar(
            ("加权错误率", "weighted error of the new classifier"), 0.01, 0.49
        )
    },
    equals=lambda epsilon: _one_round(epsilon)[0],
)

formula_best_alpha = Formula(
    r"(1 - \varepsilon) e^{-a} + \varepsilon e^{a} \ge 2 \sqrt{\varepsilon (1 - \varepsilon)}",
    {
        r"\varepsilon": kit.scalar(("加权错误率", "weighted error"), 0.01, 0.49),
        "a": kit.scalar(("新分类器的票数，取任何值", "any vote for the new classifier"), -2, 2),
    },
)

formula_weights = Formula(
    r"w_i = \frac{e^{-t_i f_i}}{\sum_{j=1}^{N} e^{-t_j f_j}}",
    {
        "t": kit.constant(
            ("标签，−1 或 1", "the labels, −1 or 1"), np.array([1, 1, -1, 1, -1, -1.0])
        ),
        "f": kit.array(("到目前为止的得分", "the scores so far"), ("N",), -2, 2),
        "N": kit.constant(("样本数", "number of examples"), 6),
        "i": kit.index(("样本", "an example"), "N"),
        "j": kit.index(("样本", "an example"), "N"),
    },
    equals=lambda t, f: margin_weights(f, t),
)


def margin_weights(score: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The size of each gradient of the exponential loss, as shares of their sum."""
    slopes = np.abs(margin_gradients(score, target)["exponential"])
    return slopes / slopes.sum()


def _one_round(epsilon: float) -> tuple[float, np.ndarray]:
    """A round on two examples of which the second, of weight epsilon, is guessed wrong."""
    return adaboost_round(np.array([1 - epsilon, epsilon]), np.ones(2), np.array([1, -1]))


# --------------------------------------------------------------------------- evidence


def _cases() -> list[tuple[np.ndarray, np.ndarray]]:
    """Scores and labels, from ordinary to far out."""
    rng = np.random.default_rng(0)
    return [
        (rng.normal(0, scale, shape), rng.choice([-1, 1], shape))
        for scale in (0.1, 1, 10, 50)
        for shape in ((40,), (6, 7))
    ]


def check_torch() -> Check:
    import torch

    pairs = []
    for s, t in _cases():
        for reduction in ("mean", "sum", "none"):
            leaf = torch.tensor(s, requires_grad=True)
            theirs = torch_margin_losses(leaf, torch.tensor(t * 1.0), reduction)
            ours = margin_losses(s, t, reduction)
            pairs += [(ours[name], value.detach()) for name, value in theirs.items()]
            if reduction != "none":
                for name, slope in margin_gradients(s, t, reduction).items():
                    (expected,) = torch.autograd.grad(theirs[name], leaf, retain_graph=True)
                    pairs.append((slope, expected))
    return kit.compare(
        (
            "PyTorch 的 `F.relu`、`F.softplus`、`exp` 与自动求导",
            "PyTorch's `F.relu`, `F.softplus`, `exp` and autograd",
        ),
        pairs,
        tolerance=1e-13,
    )


def check_multi() -> Check:
    import torch

    rng = np.random.default_rng(1)
    pairs = []
    for classes in (2, 3, 10):
        s, y = rng.normal(0, 3, (30, classes)), rng.integers(classes, size=30)
        for reduction in ("mean", "sum", "none"):
            theirs = torch_multi_hinge(torch.tensor(s), torch.tensor(y), reduction)
            pairs.append((multi_hinge(s, y, reduction), theirs))
    return kit.compare(
        (
            "PyTorch 的 `F.multi_margin_loss` 乘以类别数",
            "PyTorch's `F.multi_margin_loss` times the number of classes",
        ),
        pairs,
        tolerance=1e-13,
    )


def check_adaboost() -> Check:
    """The weights after each of 20 rounds are the shares of the exponential loss's gradients."""
    rng = np.random.default_rng(2)
    x, t = rng.normal(size=40), rng.choice([-1, 1], 40)
    weights, score, pairs = np.full(40, 1 / 40), np.zeros(40), []
    for _ in range(20):
        threshold, sign = best_stump(x, t, weights)
        guess = sign * np.where(x > threshold, 1, -1)
        alpha, weights = adaboost_round(weights, t, guess)
        score += alpha * guess
        pairs.append((weights, margin_weights(score, t)))
    return kit.compare(
        (
            "指数损失的梯度：每轮之后的权重与它成正比",
            "gradients of the exponential loss, to which the weights are proportional",
        ),
        pairs,
        tolerance=1e-12,
    )
