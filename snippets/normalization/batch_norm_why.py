"""Why batch norm helps: invariance to the scale of the weights, and the effective learning rate."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Check, Formula


def effective_rate(rate: float, weight: np.ndarray) -> float:
    """Learning rate over the squared norm of scale-invariant weights.  [laarhoven2017]

    A step of gradient descent turns their direction as much as a step of this rate would turn
    weights of length 1.  ValueError: weights that are all 0.
    """
    square = float(np.sum(np.square(weight)))
    if square == 0:
        raise ValueError("the direction of a zero vector is not defined")
    return rate / square


def torch_loss_and_gradient(weight, x, target):
    """Loss of linear layer, batch norm and squared error, and its gradient, with PyTorch."""
    import torch
    import torch.nn.functional as F

    weight = weight.detach().requires_grad_()
    z = F.batch_norm(x @ weight, None, None, training=True, eps=1e-30)
    loss = (torch.tanh(z) - target).square().mean()
    return loss.item(), torch.autograd.grad(loss, weight)[0]


# --------------------------------------------------------------------------- formulas


def _data() -> tuple[np.ndarray, np.ndarray]:
    rng = next(iter(kit.seeds(1)))
    return rng.normal(size=(12, 4)), rng.normal(size=(12, 1))


def _loss(w: np.ndarray) -> float:
    import torch

    x, target = map(torch.tensor, _data())
    return torch_loss_and_gradient(torch.tensor(w)[:, None], x, target)[0]


def _gradient(w: np.ndarray) -> np.ndarray:
    import torch

    x, target = map(torch.tensor, _data())
    return torch_loss_and_gradient(torch.tensor(w)[:, None], x, target)[1].numpy()[:, 0]


_W = kit.array(("BN 之前的权重", "the weights before BN"), (4,), 0.3, 2)
_A = kit.scalar(("正的倍数", "a positive factor"), 0.1, 10)
_L = kit.function(("损失，是权重的函数", "the loss as a function of the weights"), _loss)
_NABLA = kit.function(("损失对权重的梯度", "gradient of the loss"), _gradient)

formula_invariance = Formula(
    r"L(a w) = L(w), \quad G(a w) = \frac{1}{a}\,G(w)",
    {"a": _A, "w": _W, "L": _L, "G": _NABLA},
    samples=40,
)

formula_orthogonal = Formula(
    r"w^\top G(w) = 0, \quad"
    r" \|w - \eta\,G(w)\|_2^2 = \|w\|_2^2 + \eta^2\,\|G(w)\|_2^2",
    {
        "w": _W,
        r"\eta": kit.scalar(("学习率", "learning rate"), 0.01, 1),
        "G": _NABLA,
    },
    samples=40,
)


def _direction(v: np.ndarray) -> np.ndarray:
    return v / np.linalg.norm(v)


formula_effective = Formula(
    r"D\left(w - \eta\,G(w)\right) ="
    r" D\left(D(w) - \frac{\eta}{\|w\|_2^2}\,G(D(w))\right)",
    {
        "w": _W,
        r"\eta": kit.scalar(("学习率", "learning rate"), 0.01, 1),
        "G": _NABLA,
        "D": kit.function(
            ("方向：向量除以它的长度", "direction: a vector over its length"), _direction
        ),
    },
    samples=40,
)


# --------------------------------------------------------------------------- evidence


def check_invariance() -> Check:
    """Two layers: the loss with the first weights times a, and the gradient over a."""
    import torch
    from torch import nn

    pairs = []
    for seed, a in enumerate((0.01, 0.5, 2.0, 10.0, 1000.0)):
        rng = torch.Generator().manual_seed(seed)
        first, last = nn.Linear(6, 5, bias=False).double(), nn.Linear(5, 1).double()
        x = torch.randn(16, 6, generator=rng, dtype=torch.float64)
        target = torch.randn(16, 1, generator=rng, dtype=torch.float64)
        norm = nn.BatchNorm1d(5, eps=1e-30).double()
        found = []
        for factor in (1.0, a):
            with torch.no_grad():
                first.weight.copy_(
                    factor * torch.randn(5, 6, generator=torch.Generator().manual_seed(9)).double()
                )
                last.weight.fill_(0.3)
                last.bias.zero_()
            loss = (last(torch.relu(norm(first(x)))) - target).square().mean()
            found.append((loss.item(), torch.autograd.grad(loss, first.weight)[0]))
        pairs += [(found[1][0], found[0][0]), (a * found[1][1], found[0][1])]
    return kit.compare(
        (
            "PyTorch 的两层网络：第一层权重乘 a，损失不变，梯度除以 a",
            "two layers in PyTorch: first weights times a, same loss, gradient over a",
        ),
        pairs,
        tolerance=1e-10,
    )


def value_ten() -> dict[str, float]:
    """The weights times ten: loss, gradient and w·g of a linear layer with batch norm."""
    rng = next(iter(kit.seeds(1, 4)))
    w = rng.normal(size=4)
    small, large = _gradient(w), _gradient(10 * w)
    return {
        "loss": abs(_loss(10 * w) - _loss(w)),
        "ratio": float(np.linalg.norm(small) / np.linalg.norm(large)),
        "product": abs(float(w @ small)),
        "norm": float(np.linalg.norm(w)),
        "gradient": float(np.linalg.norm(small)),
    }
