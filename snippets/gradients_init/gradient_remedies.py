"""Remedies for vanishing and exploding gradients, and gradient clipping from scratch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from snippets import kit
from snippets.kit import Check, Formula


def clip_by_norm(
    gradients: Sequence[np.ndarray], max_norm: float, eps: float = 1e-6
) -> tuple[list[np.ndarray], float]:
    """Scale all gradients by one factor so that their total norm is at most max_norm.

    Returns them with the total norm before.  eps keeps the division safe, as in PyTorch.  With an
    inf among the gradients the factor is 0, and with a nan it is nan.  [pascanu2013]
    ValueError: max_norm not above 0.
    """
    if not max_norm > 0:
        raise ValueError(f"max_norm is above 0, not {max_norm}")
    total = float(np.sqrt(sum(np.sum(np.square(g)) for g in gradients)))
    factor = np.minimum(1.0, max_norm / (total + eps))
    return [factor * g for g in gradients], total


def clip_by_value(gradients: Sequence[np.ndarray], limit: float) -> list[np.ndarray]:
    """Clip each component to [-limit, limit].  ValueError: limit not above 0."""
    if not limit > 0:
        raise ValueError(f"limit is above 0, not {limit}")
    return [np.clip(g, -limit, limit) for g in gradients]


def training_step(model, optimiser, scaler, loss_of, max_norm: float = 1.0) -> float:
    """One step in mixed precision with PyTorch; returns the gradient norm before clipping.

    scaler is a torch.amp.GradScaler.  The order matters: the gradients are those of the scaled
    loss until unscale_, so clip after it, and before the step.
    """
    import torch

    optimiser.zero_grad()
    scaler.scale(loss_of(model)).backward()
    scaler.unscale_(optimiser)
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    scaler.step(optimiser)  # left out if a gradient is inf or nan
    scaler.update()
    return norm.item()


# --------------------------------------------------------------------------- formulas

_G = kit.array(
    ("梯度，所有参数排成一个向量", "the gradient, all parameters in one vector"), (6,), 1, 9
)
_C = kit.scalar(("允许的最大范数", "largest norm allowed"), 0.1, 30)


def _clipped(g: np.ndarray, c: float) -> np.ndarray:
    return clip_by_norm([g], c, eps=0.0)[0][0]


formula_clip = Formula(
    r"\operatorname{clip}_c(g) = g \cdot \min\left(1, \frac{c}{\|g\|_2}\right)",
    {"g": _G, "c": _C},
    equals=_clipped,
)

formula_direction = Formula(
    r"\frac{g^\top C(g, c)}{\|g\|_2\,\|C(g, c)\|_2} = 1, \quad \|C(g, c)\|_2 \le c",
    {
        "g": _G,
        "c": _C,
        "C": kit.function(("按范数裁剪", "clipping by norm"), _clipped),
    },
)


# --------------------------------------------------------------------------- evidence


def check_torch() -> Check:
    """Both clippings against torch.nn.utils, in float64, and with inf and nan among the numbers."""
    import torch

    pairs = []
    cases = [[rng.normal(0, scale, (4, 3)), rng.normal(0, scale, 5)]
             for rng, scale in zip(kit.seeds(4), (0.01, 1, 10, 1e4), strict=True)]  # fmt: skip
    cases += [[np.zeros(3)], [np.array([1.0, np.nan])], [np.array([3.0, 4.0])]]
    for gradients in cases:
        parameters = [torch.zeros(g.shape, dtype=torch.float64) for g in gradients]

        def given(parameters=parameters, gradients=gradients):
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter.grad = torch.tensor(gradient)
            return parameters

        total = torch.nn.utils.clip_grad_norm_(given(), 5.0)
        ours, norm = clip_by_norm(gradients, 5.0)
        pairs.append((norm, total))
        pairs += [(a, p.grad) for a, p in zip(ours, parameters, strict=True)]
        torch.nn.utils.clip_grad_value_(given(), 0.5)
        clipped = clip_by_value(gradients, 0.5)
        pairs += [(a, p.grad) for a, p in zip(clipped, parameters, strict=True)]
    return kit.compare(
        (
            "PyTorch 的 `clip_grad_norm_` 与 `clip_grad_value_`",
            "PyTorch's `clip_grad_norm_` and `clip_grad_value_`",
        ),
        pairs,
        tolerance=1e-14,
    )
