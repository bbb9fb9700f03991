"""The formulas of the losses of margins, and of those made from them and from cross-entropy."""

from __future__ import annotations

from snippets import kit
from snippets.kit import Formula
from snippets.losses._loss_overview_symbols import (
    CLASS,
    EPSILON,
    GAMMA,
    GRADIENT,
    LSE,
    SIGMA,
    SOFTMAX,
    TAU,
    K,
    S,
    T,
    Y,
    Z,
    first,
    torch_function,
    torch_smoothed_loss,
    torch_softmax_loss,
)
from snippets.losses.cross_entropy import cross_entropy
from snippets.losses.label_smoothing_focal_contrastive import (
    focal_loss,
    smoothed_cross_entropy,
    triplet_loss,
)
from snippets.losses.margin_losses import exponential, hinge, logistic, zero_one

FORMULAS: dict[str, tuple[Formula, Formula]] = {
    "zero_one": (
        Formula(
            r"\ell = \mathbf{1}[t s \le 0]",
            {"t": T, "s": S},
            equals=lambda t, s: zero_one(t * s, 1),
        ),
        Formula(
            r"\ell'(s) = 0",
            {"s": kit.scalar(("得分，不为 0", "score, not 0"), -4, 4, without=(0,))},
            derivative_of=lambda s: zero_one(s, 1),
            autograd=lambda s: 0 * s + (s <= 0).double(),
            wrt="s",
        ),
    ),
    "hinge": (
        Formula(r"\ell = \max(0, 1 - t s)", {"t": T, "s": S}, equals=lambda t, s: hinge(t * s, 1)),
        Formula(
            r"\ell'(s) = -t \, \mathbf{1}[t s < 1]",
            {"t": T, "s": S},
            derivative_of=lambda t, s: hinge(t * s, 1),
            autograd=lambda t, s: torch_function("relu")(1 - t * s),
            wrt="s",
        ),
    ),
    "logistic": (
        Formula(
            r"\ell = \ln(1 + e^{-t s})",
            {"t": T, "s": S},
            equals=lambda t, s: logistic(t * s, 1),
        ),
        Formula(
            r"\ell'(s) = -t \, \sigma(-t s)",
            {"t": T, "s": S, r"\sigma": SIGMA},
            derivative_of=lambda t, s: logistic(t * s, 1),
            autograd=lambda t, s: torch_function("softplus")(-t * s),
            wrt="s",
        ),
    ),
    "exponential": (
        Formula(r"\ell = e^{-t s}", {"t": T, "s": S}, equals=lambda t, s: exponential(t * s, 1)),
        Formula(
            r"\ell'(s) = -t \, e^{-t s}",
            {"t": T, "s": S},
            derivative_of=lambda t, s: exponential(t * s, 1),
            autograd=lambda t, s: (-t * s).exp(),
            wrt="s",
        ),
    ),
    "label_smoothing": (
        Formula(
            r"\ell = \operatorname{LSE}(z) - (1 - \varepsilon) z_y"
            r" - \frac{\varepsilon}{K} \sum_{k=1}^{K} z_k",
            {
                "z": Z,
                "y": Y,
                r"\varepsilon": EPSILON,
                "K": K,
                r"\operatorname{LSE}": LSE,
            },
            equals=lambda z, y, epsilon: smoothed_cross_entropy(z[None], [first(y)], epsilon),
        ),
        Formula(
            GRADIENT + r"z_k} = \operatorname{softmax}(z)_k"
            r" - (1 - \varepsilon) \mathbf{1}[k = y] - \frac{\varepsilon}{K}",
            {
                "z": Z,
                "y": Y,
                r"\varepsilon": EPSILON,
                "K": K,
                "k": CLASS,
                r"\operatorname{softmax}": SOFTMAX,
            },
            derivative_of=lambda z, y, epsilon: smoothed_cross_entropy(
                z[None], [first(y)], epsilon
            ),
            autograd=torch_smoothed_loss,
            wrt="z",
            samples=30,
        ),
    ),
    "focal": (
        Formula(
            r"\ell = -(1 - \sigma(s))^\gamma \ln \sigma(s)",
            {"s": S, r"\gamma": GAMMA, r"\sigma": SIGMA},
            equals=lambda s, gamma: focal_loss(s, 1, gamma),
        ),
        Formula(
            r"\ell'(s) = (1 - \sigma(s))^\gamma"
            r" \left( \gamma \, \sigma(s) \ln \sigma(s) + \sigma(s) - 1 \right)",
            {"s": S, r"\gamma": GAMMA, r"\sigma": SIGMA},
            derivative_of=lambda s, gamma: focal_loss(s, 1, gamma),
            autograd=lambda s, gamma: (-s).sigmoid() ** gamma * torch_function("softplus")(-s),
            wrt="s",
        ),
    ),
    "info_nce": (
        Formula(
            r"\ell = -\frac{c_y}{\tau} + \operatorname{LSE}(c / \tau)",
            {
                "c": kit.array(("余弦相似度", "cosine similarities"), ("K",), -1, 1),
                "y": Y,
                r"\tau": TAU,
                "K": K,
                r"\operatorname{LSE}": LSE,
            },
            equals=lambda c, y, tau: cross_entropy((c / tau)[None], [first(y)]),
        ),
        Formula(
            GRADIENT + r"c_k} = \frac{1}{\tau}"
            r" \left( \operatorname{softmax}(c / \tau)_k - \mathbf{1}[k = y] \right)",
            {
                "c": kit.array(("余弦相似度", "cosine similarities"), ("K",), -1, 1),
                "y": Y,
                r"\tau": TAU,
                "K": K,
                "k": CLASS,
                r"\operatorname{softmax}": SOFTMAX,
            },
            derivative_of=lambda c, y, tau: cross_entropy((c / tau)[None], [first(y)]),
            autograd=lambda c, y, tau: torch_softmax_loss(c / tau, y),
            wrt="c",
            samples=30,
        ),
    ),
    "triplet": (
        Formula(
            r"\ell = \max(0, d_+ - d_- + m)",
            {
                "d_+": kit.scalar(("到正例的距离", "distance to the positive"), 0, 2),
                "d_-": kit.scalar(("到负例的距离", "distance to the negative"), 0, 2),
                "m": kit.scalar(("间隔参数", "the margin"), 0.1, 1),
            },
            equals=lambda dplus, dminus, m: triplet_loss([0.0], [dplus], [dminus], m),
        ),
        Formula(
            r"\ell'(d_+) = \mathbf{1}[d_+ - d_- + m > 0]",
            {
                "d_+": kit.scalar(("到正例的距离", "distance to the positive"), 0, 2),
                "d_-": kit.scalar(("到负例的距离", "distance to the negative"), 0.05, 1.9),
                "m": kit.scalar(("间隔参数", "the margin"), 0.1, 1),
            },
            derivative_of=lambda dplus, dminus, m: triplet_loss([0.0], [dplus], [dminus], m),
            autograd=lambda dplus, dminus, m: torch_function("relu")(dplus - dminus + m),
            wrt="d_+",
        ),
    ),
}
