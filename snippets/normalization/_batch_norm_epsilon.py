"""Epsilon inside the root or outside: the output, the largest gain, and a constant channel."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Col, Formula, Table, Tr

EPS = 1e-5
UP = (1.0, -2.0, 0.5, 4.0)


def _normalise(x, inside: bool):
    """Standardise a tensor with PyTorch's operations; the two places of epsilon."""
    var = x.var(unbiased=False)
    return (x - x.mean()) / ((var + EPS).sqrt() if inside else var.sqrt() + EPS)


def _with_std(x, inside: bool):
    """Epsilon outside, with Tensor.std, whose gradient PyTorch sets to 0 for a constant."""
    del inside
    return (x - x.mean()) / (x.std(unbiased=False) + EPS)


def _errors(inside: bool) -> float:
    """Largest difference to F.batch_norm over five batches of 64 numbers from N(3, 4)."""
    import torch
    import torch.nn.functional as F

    worst = 0.0
    for rng in kit.seeds(5):
        x = torch.tensor(rng.normal(3, 2, 64))
        theirs = F.batch_norm(x[:, None], None, None, training=True, eps=EPS)[:, 0]
        worst = max(worst, float((_normalise(x, inside) - theirs).abs().max()))
    return worst


def _constant(inside: bool, normalise=_normalise) -> np.ndarray:
    """∂L/∂x of a channel that is 7 for all four examples, with the upstream gradient UP."""
    import torch

    x = torch.full((4,), 7.0, dtype=torch.float64, requires_grad=True)
    (normalise(x, inside) * torch.tensor(UP, dtype=torch.float64)).sum().backward()
    return x.grad.numpy()


def value_epsilon() -> dict[str, float]:
    return {
        "inside": _errors(inside=True),
        "outside": _errors(inside=False),
        "gain_inside": EPS**-0.5,
        "gain_outside": 1 / EPS,
        "first": float(_constant(inside=True)[0]),
        "last": float(_constant(inside=True)[3]),
        "masked": float(np.abs(_constant(inside=False, normalise=_with_std)).max()),
    }


def table_epsilon(tr: Tr) -> Table:
    rows = []
    for inside in (True, False):
        slopes = _constant(inside)
        shown = (
            tr.name(", ".join(f"{v:.1f}".replace("-", "−") for v in slopes))
            if np.isfinite(slopes).all()
            else tr.name("nan")
        )
        latex = r"$\sqrt{\sigma^2 + \varepsilon}$" if inside else r"$\sqrt{\sigma^2} + \varepsilon$"
        rows.append([latex, _errors(inside), EPS**-0.5 if inside else 1 / EPS, shown])
    return Table(
        [
            tr("分母", "denominator"),
            Col(tr("与 `F.batch_norm` 最多差", "differs from `F.batch_norm` by"), format=".1e"),
            Col(tr("放大倍数的上界", "largest gain"), format=",.0f"),
            tr("常数通道的 $\\partial L/\\partial x$", "$\\partial L/\\partial x$ of a constant"),
        ],
        rows,
        caption=tr(
            "第二列：五批、每批 64 个取自 N(3, 4) 的数，float64；"
            "末列：四个数都是 7，上游梯度 (1, −2, 0.5, 4)；ε = 1e-5",
            "Second column: five batches of 64 numbers from N(3, 4), float64; last column: four "
            "numbers that are all 7, upstream gradient (1, −2, 0.5, 4); ε = 1e-5",
        ),
    )


formula_gain = Formula(
    r"\frac{1}{\sqrt{\sigma^2 + \varepsilon}} \le \frac{1}{\sqrt{\varepsilon}}, \quad"
    r" \frac{1}{\sqrt{\sigma^2} + \varepsilon} \le \frac{1}{\varepsilon}",
    {
        r"\sigma^2": kit.scalar(("批方差", "variance of the batch"), 0, 1),
        r"\varepsilon": kit.scalar(("很小的正数", "a small number"), 1e-5, 0.1),
    },
)
