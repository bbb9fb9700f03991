"""A second oracle: the losses in decimal arithmetic of 50 digits, from Python's own library.

Nothing here overflows or cancels at the sizes that the pages use, and neither NumPy nor PyTorch has
a part in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext

DIGITS = 50


def cross_entropy(z: Sequence[float], y: Sequence[float]) -> float:
    """-Σ y_k ln softmax(z)_k of one example; y is a distribution over the classes."""
    with localcontext() as context:
        context.prec = DIGITS
        logits = [Decimal(float(v)) for v in z]
        total = sum((v.exp() for v in logits), Decimal(0))
        return float(
            sum(Decimal(float(w)) * (total.ln() - v) for v, w in zip(logits, y, strict=True))
        )


def binary_cross_entropy(z: float, y: float) -> float:
    """-y ln σ(z) - (1 - y) ln(1 - σ(z)) of one logit."""
    with localcontext() as context:
        context.prec = DIGITS + int(abs(z))  # 1 - σ(z) must keep digits
        p = 1 / (1 + (-Decimal(float(z))).exp())
        label = Decimal(float(y))
        return float(-label * p.ln() - (1 - label) * (1 - p).ln())


def divergence(p: Sequence[float], q: Sequence[float]) -> float:
    """Σ p_i ln(p_i / q_i) of positive numbers."""
    with localcontext() as context:
        context.prec = DIGITS
        pairs = [(Decimal(float(a)), Decimal(float(b))) for a, b in zip(p, q, strict=True)]
        return float(sum((a * (a / b).ln() for a, b in pairs), Decimal(0)))


def focal(z: float, gamma: int) -> float:
    """-(1 - σ(z))^γ ln σ(z), the focal loss of a positive example."""
    with localcontext() as context:
        context.prec = DIGITS + int(abs(z))
        p = 1 / (1 + (-Decimal(float(z))).exp())
        return float(-((1 - p) ** gamma) * p.ln())
