"""The definitions and gradients as formulas, and the evidence for the code."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Check, Formula
from snippets.losses.regression_losses import (
    huber,
    mae,
    mse,
    regression_gradients,
    regression_losses,
    smooth_l1,
    torch_regression_losses,
)

N = kit.integer(("元素个数", "number of elements"), 2, 6)
I = kit.index(("元素", "an element"), "N")  # noqa: E741
Y_HAT = kit.array(("预测", "the predictions"), ("N",), -4, 4)
Y = kit.array(("目标", "the targets"), ("N",), -4, 4)
E = kit.scalar(("残差，预测减目标", "the residual, prediction minus target"), -4, 4)


def _named(name: str):
    """One of PyTorch's losses as a function of haty and y, for the derivatives."""
    return lambda haty, y: torch_regression_losses(haty, y)[name]


formula_mse = Formula(
    r"\operatorname{MSE} = \frac{1}{N} \sum_{i=1}^{N} (\hat{y}_i - y_i)^2",
    {r"\hat{y}": Y_HAT, "y": Y, "N": N, "i": I},
    equals=lambda haty, y: mse(haty, y),
)

formula_mse_gradient = Formula(
    r"\frac{\partial \operatorname{MSE}}{\partial \hat{y}_i} = \frac{2}{N} (\hat{y}_i - y_i)",
    {r"\hat{y}": Y_HAT, "y": Y, "N": N, "i": I},
    derivative_of=lambda haty, y: mse(haty, y),
    autograd=_named("mse"),
    wrt=r"\hat{y}",
    samples=60,
)

formula_mae = Formula(
    r"\operatorname{MAE} = \frac{1}{N} \sum_{i=1}^{N} |\hat{y}_i - y_i|",
    {r"\hat{y}": Y_HAT, "y": Y, "N": N, "i": I},
    equals=lambda haty, y: mae(haty, y),
)

formula_mae_gradient = Formula(
    r"\frac{\partial \operatorname{MAE}}{\partial \hat{y}_i}"
    r" = \frac{1}{N} \operatorname{sign}(\hat{y}_i - y_i)",
    {
        r"\hat{y}": Y_HAT,  # the ends of the ranges differ: equal ones would all be kinks
        "y": kit.array(
            ("目标，与预测不等", "the targets, not equal to the predictions"), ("N",), -3.7, 4.3
        ),
        "N": N,
        "i": I,
    },
    derivative_of=lambda haty, y: mae(haty, y),
    autograd=_named("mae"),
    wrt=r"\hat{y}",
    samples=60,
)

formula_smooth_l1 = Formula(
    r"\operatorname{SmoothL1}_\beta(e) = \begin{cases} \dfrac{e^2}{2\beta} & |e| < \beta \\"
    r" |e| - \dfrac{\beta}{2} & |e| \ge \beta \end{cases}",
    {"e": E, r"\beta": kit.scalar(("分界", "where it switches"), 0.2, 3)},
    equals=lambda e, beta: smooth_l1(e, 0.0, beta),
)

formula_huber = Formula(
    r"\operatorname{Huber}_\delta(e) = \begin{cases} \dfrac{e^2}{2} & |e| < \delta \\"
    r" \delta \left( |e| - \dfrac{\delta}{2} \right) & |e| \ge \delta \end{cases}",
    {"e": E, r"\delta": kit.scalar(("分界", "where it switches"), 0.2, 3)},
    equals=lambda e, delta: huber(e, 0.0, delta),
)


# --------------------------------------------------------------------------- evidence


def _cases() -> list[tuple[np.ndarray, np.ndarray, float]]:
    """Predictions, targets, and where to switch: ordinary, exact, extreme."""
    rng = np.random.default_rng(0)
    cases = [
        (rng.normal(0, scale, shape), rng.normal(0, scale, shape), switch)
        for scale in (1e-3, 1, 1e3)
        for shape in ((50,), (8, 5))
        for switch in (0.1, 1.0, 7.0)
    ]
    y = rng.normal(size=20)
    return [*cases, (y, y, 1.0), (np.array([1e8, -1e8, 0.5]), np.zeros(3), 0.5)]


def check_torch() -> Check:
    import torch

    pairs = []
    for p, y, switch in _cases():
        for reduction in ("mean", "sum", "none"):
            options = (switch, switch, reduction)
            theirs = torch_regression_losses(torch.tensor(p), torch.tensor(y), *options)
            ours = regression_losses(p, y, *options)
            pairs += [(ours[name], theirs[name]) for name in theirs]
    return kit.compare(
        (
            "PyTorch 的 `F.mse_loss`、`F.l1_loss`、`F.smooth_l1_loss`、`F.huber_loss`",
            "PyTorch's `F.mse_loss`, `F.l1_loss`, `F.smooth_l1_loss` and `F.huber_loss`",
        ),
        pairs,
        tolerance=1e-14,
    )


def check_autograd() -> Check:
    import torch

    pairs = []
    for p, y, switch in _cases():
        for reduction in ("mean", "sum"):
            options = (switch, switch, reduction)
            leaf = torch.tensor(p, requires_grad=True)
            theirs = torch_regression_losses(leaf, torch.tensor(y), *options)
            for name, ours in regression_gradients(p, y, *options).items():
                (slope,) = torch.autograd.grad(theirs[name], leaf, retain_graph=True)
                pairs.append((ours, slope))
    return kit.compare(("PyTorch 的自动求导", "PyTorch's autograd"), pairs, tolerance=1e-14)
