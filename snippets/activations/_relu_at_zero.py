"""The slope at zero: which one PyTorch takes, and how often a pre-activation is exactly 0."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.activations.relu import relu, torch_relu
from snippets.kit import Col, Formula, Spread, Table, Tr

_X = kit.scalar(("预激活值", "pre-activation"), -6, 6)
_RELU = kit.function(("", ""), relu)

formula_subgradient = Formula(
    r"\operatorname{ReLU}(x) \ge \operatorname{ReLU}(0) + g\,x",
    {
        "g": kit.scalar(("0 处的次梯度", "a subgradient at 0"), 0, 1),
        "x": _X,
        r"\operatorname{ReLU}": _RELU,
    },
)

formula_identity = Formula(
    r"\operatorname{ReLU}(x) - \operatorname{ReLU}(-x) = x",
    {"x": _X, r"\operatorname{ReLU}": _RELU},
)


def _spellings():
    """The same function of x as people write it in PyTorch: (code, function)."""
    import torch
    import torch.nn.functional as F

    return [
        ("F.relu(x)", F.relu),
        ("x.clamp(min=0)", lambda x: x.clamp(min=0)),
        ("torch.maximum(x, zero)", lambda x: torch.maximum(x, torch.zeros_like(x))),
        ("torch.where(x > 0, x, 0)", lambda x: torch.where(x > 0, x, 0)),
        ("torch.where(x >= 0, x, 0)", lambda x: torch.where(x >= 0, x, 0)),
        ("(x + x.abs()) / 2", lambda x: (x + x.abs()) / 2),
        ("F.leaky_relu(x, 0.01)", lambda x: F.leaky_relu(x, 0.01)),
    ]


def _slope_at_zero(f) -> float:
    import torch

    x = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    f(x).backward()
    return x.grad.item()


def table_at_zero(tr: Tr) -> Table:
    return Table(
        [tr("写法", "spelling"), Col(tr("0 处的梯度", "gradient at 0"), format="g")],
        [[f"`{code}`", _slope_at_zero(f)] for code, f in _spellings()],
        caption=tr(
            "同一个函数的七种写法，PyTorch 在 x = 0 处给出的梯度（最后一行是 Leaky ReLU）",
            "One function, seven spellings: the gradient that PyTorch gives at x = 0 "
            "(the last row is Leaky ReLU)",
        ),
    )


def value_at_zero() -> dict[str, float]:
    slopes = {code: _slope_at_zero(f) for code, f in _spellings()}
    return {
        "relu": slopes["F.relu(x)"],
        "clamp": slopes["x.clamp(min=0)"],
        "maximum": slopes["torch.maximum(x, zero)"],
        "leaky": slopes["F.leaky_relu(x, 0.01)"],
    }


def value_identity_slope() -> float:
    """The slope that autograd gives ReLU(x) - ReLU(-x), which is x, at 0."""
    return _slope_at_zero(lambda x: torch_relu(x) - torch_relu(-x))


FAN_IN = 4


def value_exact_zeros() -> dict[str, object]:
    """How often a pre-activation is exactly 0: with random inputs; behind a ReLU layer (float16).

    Without bias it is whenever all FAN_IN inputs of the unit are: a share of 2^-FAN_IN.
    """
    half, single, behind = 0, 0, []
    for x, weights in _draws():
        half += int((_linear(x, weights, np.float16) == 0).sum())
        single += int((_linear(x, weights, np.float32) == 0).sum())
        behind.append(float((_linear(relu(x), weights, np.float16) == 0).mean()))
    return {"half": half, "single": single, "of": 5 * 4096 * 64, "behind": Spread(behind)}


def _draws():
    """Random inputs (4096, FAN_IN) and weights (FAN_IN, 64), five times."""
    for rng in kit.seeds(5):
        yield rng.normal(size=(4096, FAN_IN)), rng.normal(size=(FAN_IN, 64))


def _linear(x: np.ndarray, weights: np.ndarray, dtype: type) -> np.ndarray:
    """x weights with every product and every sum rounded to dtype.

    ``@`` would not do: NumPy adds up float16 in float32.
    """
    x, weights = x.astype(dtype), weights.astype(dtype)
    total = np.zeros((len(x), weights.shape[1]), dtype)
    for column, row in zip(x.T, weights, strict=True):
        total += np.outer(column, row)
    return total
