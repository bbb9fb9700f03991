"""Depth: what more layers can express, and why too many of them do not train."""

from __future__ import annotations

import math

import numpy as np

from snippets import kit
from snippets.activations.relu import relu
from snippets.kit import Check, Formula


def fold(x):
    """The tent map 1 - |2x - 1| on [0, 1], as a layer of two ReLU units.  [telgarsky2015]

    It lays the right half of the interval onto the left one.  Element-wise; any shape.
    """
    return 2 * relu(x) - 4 * relu(np.subtract(x, 0.5))


def folds(x, depth):
    """``depth`` tent maps, one after another: two ReLU units a layer."""
    for _ in range(depth):
        x = fold(x)
    return x


def count_pieces(f, cells=4096):
    """Straight pieces of the broken line f on [0, 1]: changes of slope on a grid, plus one.

    The kinks must lie on the grid (multiples of 1 / cells).  A kink within a cell counts twice.
    """
    x = np.linspace(0.0, 1.0, cells + 1)
    slopes = np.diff(f(x)) * cells
    return 1 + int((np.abs(np.diff(slopes)) > 1e-9).sum())


def torch_fold_network(depth):
    """The same ``depth`` tent maps as an nn.Sequential of linear layers and ReLU, float64."""
    import torch
    from torch import nn

    def linear(weights, bias):
        layer = nn.Linear(len(weights[0]), len(weights), dtype=torch.float64)
        with torch.no_grad():
            layer.weight.copy_(torch.tensor(weights))
            layer.bias.copy_(torch.tensor(bias))
        return layer

    layers = [linear([[1.0], [1.0]], [0.0, -0.5]), nn.ReLU()]
    for _ in range(depth - 1):
        layers += [linear([[2.0, -4.0], [2.0, -4.0]], [0.0, -0.5]), nn.ReLU()]
    return nn.Sequential(*layers, linear([[2.0, -4.0]], [0.0]))


def input_gradient(weights, x, g):
    """Gradient of the loss at the input of h_l = ReLU(W_l h_(l-1)), and the norms on the way.

    weights: matrices (n, n); x: the input (n,); g: the gradient at the output (n,).  Returns the
    gradient (n,) and the spectral norm of the Jacobian of each layer.
    """
    jacobians = []
    for W in weights:
        z = W @ x
        jacobians.append((z > 0)[:, None] * W)
        x = relu(z)
    for J in reversed(jacobians):
        g = J.T @ g
    return g, [np.linalg.norm(J, 2) for J in jacobians]


def torch_train(depth, residual, x, y, rates, runs=5, width=16, steps=200):
    """Train MLPs with ``depth`` hidden layers by Adam: a network for each run and learning rate.

    x (n, 2), y (n, 1).  Plain layers are h <- ReLU(h W + b), residual ones h <- h + ReLU(h) W + b;
    He initialisation, divided by √depth in the residual network.  Returns the training losses,
    shape (steps, runs, rates).
    """
    import torch

    x, y = torch.as_tensor(x).float(), torch.as_tensor(y).float()
    generator = torch.Generator().manual_seed(0)
    nets = runs * len(rates)

    def start(*shape, std):  # the same start for every rate of a run
        drawn = torch.randn(runs, 1, *shape, generator=generator) * std
        return drawn.expand(runs, len(rates), *shape).reshape(nets, *shape)

    std = math.sqrt(2 / width) / (math.sqrt(depth) if residual else 1.0)
    starts = [
        start(2, width, std=1.0),
        start(depth, width, width, std=std),
        torch.zeros(nets, depth, 1, width),
        start(width, 1, std=1 / math.sqrt(width)),
        torch.zeros(nets, 1, 1),
    ]
    # Adam's step does not depend on the scale of the gradient, so with parameters
    # start + rate * moved and a learning rate of 1 for `moved`, each network has its own rate.
    rate = torch.tensor(rates).repeat(runs).view(nets, 1, 1)
    moved = [torch.zeros_like(s, requires_grad=True) for s in starts]
    adam = torch.optim.Adam(moved, lr=1.0, eps=1e-12)
    losses = torch.empty(steps, runs, len(rates))
    for step in range(steps):
        scales = [rate, rate.unsqueeze(1), rate.unsqueeze(1), rate, rate]
        first, inner, bias, last, shift = (
            s + r * m for s, r, m in zip(starts, scales, moved, strict=True)
        )
        h = x @ first
        for W, b in zip(inner.unbind(1), bias.unbind(1), strict=True):
            h = torch.baddbmm(b, h.relu(), W) + h if residual else torch.baddbmm(b, h, W).relu()
        loss = (h @ last + shift - y).square().mean((1, 2))
        losses[step] = loss.detach().view(runs, len(rates))
        adam.zero_grad()
        loss.sum().backward()
        adam.step()
    return losses.numpy()


# --------------------------------------------------------------------------- formulas

_DEPTH = kit.integer(("复合的次数（层数）", "number of compositions (layers)"), 1, 10)
_ON = kit.scalar(("输入", "the input"), 0, 1)

formula_fold = Formula(
    r"T(x) = 2\operatorname{ReLU}(x) - 4\operatorname{ReLU}(x - \tfrac{1}{2}) = 1 - |2x - 1|",
    {"x": _ON, r"\operatorname{ReLU}": kit.function(("", ""), relu)},
    equals=fold,
)

formula_pieces = Formula(
    r"N = 2^L",
    {
        "N": kit.integer(("L 次复合的直线段数", "straight pieces of L compositions"), 1, 1024),
        "L": _DEPTH,
    },
    equals=lambda L: count_pieces(lambda x: folds(x, int(L))),
)


def _shallow_pieces(a, b, c) -> float:
    """Pieces of sum c_j ReLU(a_j x + b_j) over all x: kinks at -b_j / a_j that do not cancel."""
    knots: dict[float, float] = {}
    for a_j, b_j, c_j in zip(np.atleast_1d(a), np.atleast_1d(b), np.atleast_1d(c), strict=True):
        if a_j != 0:
            knots[-b_j / a_j] = knots.get(-b_j / a_j, 0.0) + abs(a_j) * c_j
    return 1.0 + sum(abs(change) > 0 for change in knots.values())


formula_shallow = Formula(
    r"N(a, b, c) \le m + 1",
    {
        "N": kit.function(
            (
                "一个隐藏层的网络 f(x) = Σ cⱼ ReLU(aⱼx + bⱼ) 的直线段数",
                "straight pieces of the one-hidden-layer network f(x) = Σ cⱼ ReLU(aⱼx + bⱼ)",
            ),
            _shallow_pieces,
        ),
        "a": kit.array(("输入权重", "input weights"), ("m",), -2, 2),
        "b": kit.array(("偏置", "biases"), ("m",), -2, 2),
        "c": kit.array(("输出权重", "output weights"), ("m",), -2, 2),
        "m": kit.integer(("隐藏单元数", "number of hidden units"), 1, 12),
    },
)

_JACOBIANS = {
    f"J_{layer}": kit.array(
        (f"第 {layer} 层的雅可比矩阵", f"Jacobian of layer {layer}"), (4, 4), -2, 2
    )
    for layer in (1, 2, 3)
}
_UPSTREAM = kit.array(("损失对输出的梯度", "gradient of the loss at the output"), (4,), -2, 2)

formula_jacobians = Formula(
    r"\frac{\partial \mathcal{L}}{\partial h_0} = (J_3 J_2 J_1)^\top g",
    {
        **_JACOBIANS,
        "g": _UPSTREAM,
        r"\frac{\partial \mathcal{L}}{\partial h_0}": kit.array(
            ("损失对网络输入的梯度", "gradient of the loss at the input"), (4,), -2, 2
        ),
    },
    equals=lambda J_1, J_2, J_3, g: _linear_gradient(J_1, J_2, J_3, g),
)


def _linear_gradient(J_1, J_2, J_3, g):
    """The gradient by autograd of a loss whose three layers have these Jacobians."""
    import torch

    h = torch.zeros(4, dtype=torch.float64, requires_grad=True)
    out = h
    for J in (J_1, J_2, J_3):
        out = torch.tensor(np.asarray(J)) @ out
    (out @ torch.tensor(np.asarray(g))).backward()
    return h.grad.numpy()


formula_bound = Formula(
    r"\|(J_3 J_2 J_1)^\top g\| \le s(J_3)\,s(J_2)\,s(J_1)\,\|g\|",
    {
        **_JACOBIANS,
        "g": _UPSTREAM,
        "s": kit.function(
            ("谱范数：最大奇异值", "spectral norm: the largest singular value"),
            lambda J: np.linalg.norm(J, 2),
        ),
    },
)


# --------------------------------------------------------------------------- evidence


def check_torch() -> Check:
    """The folds as a PyTorch network, where rounding has no say: on multiples of 2^-12."""
    import torch

    x = np.linspace(0, 1, 4097)
    with torch.no_grad():
        pairs = [
            (folds(x, depth), torch_fold_network(depth)(torch.tensor(x)[:, None])[:, 0])
            for depth in (1, 2, 6)
        ]
    return kit.compare(
        ("`nn.Linear` 与 `nn.ReLU` 搭成的同一个网络", "the same network of `nn.Linear`, `nn.ReLU`"),
        pairs,
        tolerance=0.0,
    )


def check_gradient() -> Check:
    import torch

    pairs = []
    for rng in kit.seeds(5):
        weights = rng.normal(0, 0.5, (8, 8, 8))
        x, g = rng.normal(size=8), rng.normal(size=8)
        h = start = torch.tensor(x, requires_grad=True)
        for W in weights:
            h = torch.relu(torch.tensor(W) @ h)
        (h @ torch.tensor(g)).backward()
        pairs.append((input_gradient(weights, x, g)[0], start.grad))
    return kit.compare(("PyTorch 的自动求导", "PyTorch's autograd"), pairs)
