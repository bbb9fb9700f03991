"""The formulas of the losses of residuals and of probabilities, each evaluated in the build."""

from __future__ import annotations

from snippets import kit
from snippets.kit import Formula
from snippets.losses._loss_overview_symbols import (
    BIT,
    CLASS,
    GRADIENT,
    LOG_Q,
    LOGIT,
    LSE,
    SIGMA,
    SOFTMAX,
    SWITCH,
    E,
    K,
    P,
    Q,
    Y,
    Z,
    first,
    torch_function,
    torch_softmax_loss,
)
from snippets.losses.cross_entropy import (
    bce,
    bce_with_logits,
    cross_entropy,
    cross_entropy_of_probabilities,
    nll,
)
from snippets.losses.kl_divergence import kl_divergence
from snippets.losses.regression_losses import huber, mae, mse, smooth_l1

FORMULAS: dict[str, tuple[Formula, Formula]] = {
    "mse": (
        Formula(r"\ell = e^2", {"e": E}, equals=lambda e: mse(e, 0.0)),
        Formula(
            r"\ell'(e) = 2e",
            {"e": E},
            derivative_of=lambda e: mse(e, 0.0),
            autograd=lambda e: torch_function("mse_loss")(e, 0 * e),
            wrt="e",
        ),
    ),
    "mae": (
        Formula(r"\ell = |e|", {"e": E}, equals=lambda e: mae(e, 0.0)),
        Formula(
            r"\ell'(e) = \operatorname{sign}(e)",
            {"e": E},
            derivative_of=lambda e: mae(e, 0.0),
            autograd=lambda e: torch_function("l1_loss")(e, 0 * e),
            wrt="e",
        ),
    ),
    "smooth_l1": (
        Formula(
            r"\ell = \begin{cases} e^2 / (2 \beta) & |e| < \beta \\"
            r" |e| - \beta / 2 & |e| \ge \beta \end{cases}",
            {"e": E, r"\beta": SWITCH},
            equals=lambda e, beta: smooth_l1(e, 0.0, beta),
        ),
        Formula(
            r"\ell'(e) = \max(-1, \min(1, e / \beta))",
            {"e": E, r"\beta": SWITCH},
            derivative_of=lambda e, beta: smooth_l1(e, 0.0, beta),
            autograd=lambda e, beta: torch_function("smooth_l1_loss")(e, 0 * e, beta=beta),
            wrt="e",
        ),
    ),
    "huber": (
        Formula(
            r"\ell = \begin{cases} e^2 / 2 & |e| < \delta \\"
            r" \delta (|e| - \delta / 2) & |e| \ge \delta \end{cases}",
            {"e": E, r"\delta": SWITCH},
            equals=lambda e, delta: huber(e, 0.0, delta),
        ),
        Formula(
            r"\ell'(e) = \max(-\delta, \min(\delta, e))",
            {"e": E, r"\delta": SWITCH},
            derivative_of=lambda e, delta: huber(e, 0.0, delta),
            autograd=lambda e, delta: torch_function("huber_loss")(e, 0 * e, delta=delta),
            wrt="e",
        ),
    ),
    "cross_entropy": (
        Formula(
            r"\ell = -\sum_{k=1}^{K} p_k \ln q_k",
            {"p": P, "q": Q, "K": K, "k": CLASS},
            equals=lambda p, q: cross_entropy_of_probabilities(q[None], p[None]),
        ),
        Formula(
            GRADIENT + r"q_k} = -\frac{p_k}{q_k}",
            {"p": P, "q": Q, "K": K, "k": CLASS},
            derivative_of=lambda p, q: cross_entropy_of_probabilities(q[None], p[None]),
            autograd=lambda p, q: -(p * q.log()).sum(),
            wrt="q",
            samples=30,
        ),
    ),
    "softmax_loss": (
        Formula(
            r"\ell = -z_y + \operatorname{LSE}(z)",
            {"z": Z, "y": Y, "K": K, r"\operatorname{LSE}": LSE},
            equals=lambda z, y: cross_entropy(z[None], [first(y)]),
        ),
        Formula(
            GRADIENT + r"z_k} = \operatorname{softmax}(z)_k - \mathbf{1}[k = y]",
            {"z": Z, "y": Y, "K": K, "k": CLASS, r"\operatorname{softmax}": SOFTMAX},
            derivative_of=lambda z, y: cross_entropy(z[None], [first(y)]),
            autograd=torch_softmax_loss,
            wrt="z",
            samples=30,
        ),
    ),
    "nll": (
        Formula(
            r"\ell = -a_y",
            {"a": LOG_Q, "y": Y, "K": K},
            equals=lambda a, y: nll(a[None], [first(y)]),
        ),
        Formula(
            GRADIENT + r"a_k} = -\mathbf{1}[k = y]",
            {"a": LOG_Q, "y": Y, "K": K, "k": CLASS},
            derivative_of=lambda a, y: nll(a[None], [first(y)]),
            autograd=lambda a, y: -a[first(y)],
            wrt="a",
            samples=30,
        ),
    ),
    "bce": (
        Formula(
            r"\ell = -y \ln p - (1 - y) \ln(1 - p)",
            {"y": BIT, "p": kit.scalar(("概率", "probability"), 0.05, 0.95)},
            equals=lambda y, p: bce(p, y),
        ),
        Formula(
            r"\ell'(p) = \frac{p - y}{p (1 - p)}",
            {"y": BIT, "p": kit.scalar(("概率", "probability"), 0.05, 0.95)},
            derivative_of=lambda y, p: bce(p, y),
            autograd=lambda y, p: -y * p.log() - (1 - y) * (1 - p).log(),
            wrt="p",
        ),
    ),
    "bce_with_logits": (
        Formula(
            r"\ell = \ln(1 + e^z) - y z",
            {"y": BIT, "z": LOGIT},
            equals=lambda y, z: bce_with_logits(z, y),
        ),
        Formula(
            r"\ell'(z) = \sigma(z) - y",
            {"y": BIT, "z": LOGIT, r"\sigma": SIGMA},
            derivative_of=lambda y, z: bce_with_logits(z, y),
            autograd=lambda y, z: torch_function("binary_cross_entropy_with_logits")(z, 0 * z + y),
            wrt="z",
        ),
    ),
    "kl": (
        Formula(
            r"\ell = \sum_{k=1}^{K} p_k \ln \frac{p_k}{q_k}",
            {"p": P, "q": Q, "K": K, "k": CLASS},
            equals=lambda p, q: kl_divergence(p, q),
        ),
        Formula(
            GRADIENT + r"q_k} = -\frac{p_k}{q_k}",
            {"p": P, "q": Q, "K": K, "k": CLASS},
            derivative_of=lambda p, q: kl_divergence(p, q),
            autograd=lambda p, q: (p * (p.log() - q.log())).sum(),
            wrt="q",
            samples=30,
        ),
    ),
}
