"""The backward pass of batch normalisation, derived in three steps and collected in one line."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from snippets import kit
from snippets.kit import Formula, Table, Tr
from snippets.normalization.batch_norm import SMALL, batch_norm, batch_norm_backward

_M = kit.integer(("一个通道里的数值个数", "values in a channel"), 2, 6)
_I = kit.index(("批内的位置", "place in the batch"), "m")
_X = kit.array(("输入", "the input"), ("m",), -3, 3)
_G = kit.array(("上游梯度 ∂L/∂y", "upstream gradient ∂L/∂y"), ("m",), -2, 2)
_EPS = kit.scalar(("很小的正数", "a small number"), 0.001, 0.1)
_GAMMA = kit.scalar(("缩放", "scale"), 0.2, 3)


def _gradients(x: np.ndarray, g: np.ndarray, gamma: float, eps: float, wrt: str) -> np.ndarray:
    """∂L/∂(wrt) by autograd, L = Σ g·y; wrt names a quantity of the forward pass."""
    import torch

    kept: dict[str, torch.Tensor] = {}

    def keep(name: str, tensor: torch.Tensor) -> torch.Tensor:
        kept[name] = tensor
        return tensor

    leaf = keep("x", torch.tensor(np.asarray(x, dtype=float), requires_grad=True))
    scale = keep("gamma", torch.tensor(float(gamma), dtype=torch.float64, requires_grad=True))
    shift = keep("beta", torch.tensor(0.0, dtype=torch.float64, requires_grad=True))
    mu = keep("mu", leaf.mean())
    var = keep("var", (leaf - mu).square().mean())
    x_hat = keep("x_hat", (leaf - mu) / torch.sqrt(var + eps))
    loss = (torch.tensor(np.asarray(g, dtype=float)) * (scale * x_hat + shift)).sum()
    return torch.autograd.grad(loss, kept[wrt])[0].numpy()


def _wrt(name: str) -> Callable[..., np.ndarray]:
    return lambda x, g, gamma, varepsilon: _gradients(x, g, gamma, varepsilon, name)


_WHERE = {
    "x": _X,
    "g": _G,
    "m": _M,
    "i": _I,
    r"\gamma": _GAMMA,
    r"\varepsilon": _EPS,
}
_STATS = (
    r" \mu &= \frac{1}{m} \sum_{i=1}^{m} x_i, \quad"
    r" s = \sqrt{\frac{1}{m} \sum_{i=1}^{m} (x_i - \mu)^2 + \varepsilon}, \quad"
    r" \hat{x}_i = \frac{x_i - \mu}{s} \\"
)
_KNOWN: dict[str, Callable[..., object]] = {
    r"\mu": lambda x: x.mean(),
    "s": lambda x, varepsilon: np.sqrt(x.var() + varepsilon),
    r"\hat{x}_i": lambda x, varepsilon: (x - x.mean()) / np.sqrt(x.var() + varepsilon),
}

formula_parameters = Formula(
    r"\begin{aligned}"
    + _STATS
    + r" \frac{\partial L}{\partial \gamma} &= \sum_{i=1}^{m} g_i\,\hat{x}_i, \quad"
    r" \frac{\partial L}{\partial \beta} = \sum_{i=1}^{m} g_i, \quad"
    r" \frac{\partial L}{\partial \hat{x}_i} = \gamma\,g_i"
    r" \end{aligned}",
    _WHERE,
    equals={
        **_KNOWN,
        r"\frac{\partial L}{\partial \gamma}": _wrt("gamma"),
        r"\frac{\partial L}{\partial \beta}": _wrt("beta"),
        r"\frac{\partial L}{\partial \hat{x}_i}": _wrt("x_hat"),
    },
    samples=40,
)

formula_statistics = Formula(
    r"\begin{aligned}" + _STATS + r" \frac{\partial L}{\partial \sigma^2} &="
    r" -\frac{\gamma}{2 s^3} \sum_{i=1}^{m} g_i\,(x_i - \mu)"
    r" = -\frac{\gamma}{2 s^2} \sum_{i=1}^{m} g_i\,\hat{x}_i \\"
    r" \frac{\partial L}{\partial \mu} &= -\frac{\gamma}{s} \sum_{i=1}^{m} g_i"
    r" \end{aligned}",
    _WHERE,
    equals={
        **_KNOWN,
        r"\frac{\partial L}{\partial \sigma^2}": _wrt("var"),
        r"\frac{\partial L}{\partial \mu}": _wrt("mu"),
    },
    samples=40,
)

formula_input = Formula(
    r"\begin{aligned}" + _STATS + r" \frac{\partial L}{\partial x_i} &= \frac{\gamma}{s} \left(g_i"
    r" - \frac{1}{m} \sum_{j=1}^{m} g_j"
    r" - \hat{x}_i\,\frac{1}{m} \sum_{j=1}^{m} g_j\,\hat{x}_j\right)"
    r" \end{aligned}",
    {**_WHERE, "j": kit.index(("批内的位置", "place in the batch"), "m")},
    equals={**_KNOWN, r"\frac{\partial L}{\partial x_i}": _wrt("x")},
    samples=40,
)


def _dx(x: np.ndarray, g: np.ndarray, gamma: float, eps: float) -> np.ndarray:
    scale = np.array([float(gamma)])
    _, x_hat, std = batch_norm(x[:, None], scale, np.zeros(1), eps)
    return batch_norm_backward(g[:, None], x_hat, std, scale)[0][:, 0]


formula_projection = Formula(
    r"\sum_{i=1}^{m} D(x, g, \varepsilon)_i = 0, \quad"
    r" \sum_{i=1}^{m} x_i\,D(x, g, 0)_i = 0",
    {
        "x": _X,
        "g": _G,
        "m": _M,
        "i": _I,
        r"\varepsilon": _EPS,
        "D": kit.function(
            ("批归一化的输入梯度 ∂L/∂x", "gradient at the input of batch norm, ∂L/∂x"),
            lambda x, g, eps: _dx(x, g, 1.0, float(eps)),
        ),
    },
    samples=60,
)


UP = np.array([1.0, 0.0, 0.0, 0.0])


def table_backward(tr: Tr) -> Table:
    x_hat = batch_norm(SMALL[:, None], np.ones(1), np.zeros(1))[1][:, 0]
    rows = [
        ["$g_i$", *UP],
        [tr("减去 $g$ 的均值", "minus the mean of $g$"), *(UP - UP.mean())],
        [
            tr(
                "再减去 $\\hat{x}_i$ 乘 $g\\hat{x}$ 的均值",
                "minus $\\hat{x}_i$ times the mean of $g\\hat{x}$",
            ),
            *(UP - UP.mean() - x_hat * (UP * x_hat).mean()),
        ],
        [tr("除以 $s$：$\\partial L/\\partial x_i$", "over $s$: $\\partial L/\\partial x_i$"),
         *_dx(SMALL, UP, 1.0, 1e-5)],
    ]  # fmt: skip
    return Table(
        [tr("量", "quantity"), *(kit.Col(f"$i$ = {i}", format=".3f") for i in range(1, 5))],
        rows,
        caption=tr(
            "同一批 (1, 2, 3, 4)，γ = 1，只有第一个输出有上游梯度",
            "The same batch (1, 2, 3, 4), γ = 1; only the first output has an upstream gradient",
        ),
    )
