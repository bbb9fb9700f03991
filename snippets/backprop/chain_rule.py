"""The chain rule and backpropagation: a network of any depth, its gradients by hand."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from snippets import kit
from snippets.activations.relu import relu, relu_grad
from snippets.kit import Check, Formula

Layers = Sequence[tuple[np.ndarray, np.ndarray]]
"""Weights (outputs, inputs) and biases (outputs,) of each layer; ReLU between them, none last."""


def forward(layers: Layers, x: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Pre-activations z and outputs a of every layer; a[0] is the input x, a[-1] the output."""
    z, a = [], [x]
    for number, (W, b) in enumerate(layers, 1):
        z.append(W @ a[-1] + b)
        a.append(relu(z[-1]) if number < len(layers) else z[-1])
    return z, a


def backward(layers: Layers, x: np.ndarray, y: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Gradients (dL/dW, dL/db) of each layer, for the squared error of the output.

    One sweep from the last layer to the first; delta is dL/dz of the layer at hand.  ValueError: a
    target y that has not the shape of the output.
    """
    z, a = forward(layers, x)
    if a[-1].shape != y.shape:
        raise ValueError(f"a target of shape {y.shape} for an output of shape {a[-1].shape}")
    delta = 2 * (a[-1] - y)
    gradients = []
    for k in reversed(range(len(layers))):
        gradients.append((np.outer(delta, a[k]), delta))
        if k:
            delta = layers[k][0].T @ delta * relu_grad(z[k - 1])
    return gradients[::-1]


def torch_backward(layers, x, y):
    """The same by autograd: record the forward pass, then call backward() on the loss."""
    import torch

    tensors = [[torch.tensor(v, requires_grad=True) for v in layer] for layer in layers]
    a = torch.tensor(x)
    for number, (W, b) in enumerate(tensors, 1):
        a = W @ a + b
        if number < len(tensors):
            a = torch.relu(a)
    ((a - torch.tensor(y)) ** 2).sum().backward()
    return [(W.grad.numpy(), b.grad.numpy()) for W, b in tensors]


def random_layers(sizes: Sequence[int], rng: np.random.Generator) -> Layers:
    """Layers of these sizes with normal weights of standard deviation sqrt(2 / inputs)."""
    return [
        (rng.normal(0, np.sqrt(2 / n), (m, n)), rng.normal(0, 0.1, m))
        for n, m in itertools.pairwise(sizes)
    ]


# --------------------------------------------------------------------------- formulas


def _composed(dLdu, dudx):
    """Autograd of a composition, not linear, that has these partial derivatives at x = 0."""
    import torch

    x = torch.zeros(dudx.shape[1], dtype=torch.float64, requires_grad=True)
    u = torch.tensor(dudx) @ torch.sin(x)
    torch.exp(torch.tensor(dLdu) * u).sum().backward()
    return x.grad.numpy()


formula_chain = Formula(
    r"\frac{\partial L}{\partial x_i} ="
    r" \sum_{j=1}^{k} \frac{\partial L}{\partial u_j}\,\frac{\partial u_j}{\partial x_i}",
    {
        r"\frac{\partial L}{\partial u_j}": kit.array(
            (
                "已经算好：损失对中间量 $u_j$ 的导数",
                "known already: the derivative of the loss with respect to $u_j$",
            ),
            ("k",),
            -2,
            2,
        ),
        r"\frac{\partial u_j}{\partial x_i}": kit.array(
            ("局部导数：$u_j$ 对 $x_i$", "local derivative: $u_j$ with respect to $x_i$"),
            ("k", "m"),
            -2,
            2,
        ),
        "k": kit.integer(("直接用到 $x_i$ 的中间量", "values that use $x_i$"), 1, 4),
        "m": kit.integer(("自变量个数", "number of variables"), 1, 4),
        "i": kit.index(("自变量", "variable"), "m"),
        "j": kit.index(("中间量", "value in between"), "k"),
    },
    equals=_composed,
    samples=60,
)


def _behind(wrt: str):
    """One derivative of <delta of the next layer, W relu(z)>, by autograd."""

    def slope(W, delta, z, a):
        import torch

        below = torch.tensor(np.outer(np.cos(z), np.sin(a)))  # any weights of this layer will do
        bias = torch.tensor(z) - below @ torch.tensor(a)
        below.requires_grad_()
        bias.requires_grad_()
        at = below @ torch.tensor(a) + bias
        at.retain_grad()
        (torch.tensor(delta) @ (torch.tensor(W) @ torch.relu(at))).backward()
        return {"z": at, "W": below, "b": bias}[wrt].grad.numpy()

    return lambda Wlplus1, deltalplus1, zl, alminus1: slope(Wlplus1, deltalplus1, zl, alminus1)


formula_backprop = Formula(
    r"\begin{aligned}"
    r" \delta^{(l)} &= (W^{(l+1)})^\top \delta^{(l+1)} \odot \varphi'(z^{(l)}) \\"
    r" \frac{\partial L}{\partial W^{(l)}} &= \delta^{(l)}\,(a^{(l-1)})^\top \\"
    r" \frac{\partial L}{\partial b^{(l)}} &= \delta^{(l)} \end{aligned}",
    {
        r"\delta^{(l+1)}": kit.array(
            ("后一层的误差项 ∂L/∂z", "error term ∂L/∂z of the next layer"), ("k",), -2, 2
        ),
        "W^{(l+1)}": kit.array(("后一层的权重", "weights of the next layer"), ("k", "m"), -2, 2),
        "z^{(l)}": kit.array(("本层的预激活值", "pre-activations of this layer"), ("m",), -3, 3),
        "a^{(l-1)}": kit.array(("本层的输入", "inputs of this layer"), ("n",), -3, 3),
        r"\varphi'": kit.function(
            ("激活函数的导数，这里是 ReLU 的", "slope of the activation, here of ReLU"), relu_grad
        ),
        "k": kit.integer(("后一层的单元数", "units of the next layer"), 1, 4),
        "m": kit.integer(("本层的单元数", "units of this layer"), 1, 4),
        "n": kit.integer(("本层的输入数", "inputs of this layer"), 1, 4),
    },
    equals={
        r"\delta^{(l)}": _behind("z"),
        r"\frac{\partial L}{\partial W^{(l)}}": _behind("W"),
        r"\frac{\partial L}{\partial b^{(l)}}": _behind("b"),
    },
    samples=60,
)


# --------------------------------------------------------------------------- evidence

SHAPES = ((3, 5, 3), (4, 8, 8, 2), (2, 6, 6, 6, 6, 1))
RUNS = 20


def _compared(sizes: Sequence[int], rng: np.random.Generator):
    """Pairs (ours, theirs) of one random network with a random input and target."""
    layers = random_layers(sizes, rng)
    x, y = rng.normal(size=sizes[0]), rng.normal(size=sizes[-1])
    for ours, theirs in zip(backward(layers, x, y), torch_backward(layers, x, y), strict=True):
        yield from zip(ours, theirs, strict=True)


def _names(shapes: Sequence[Sequence[int]]) -> str:
    return "、".join("-".join(map(str, sizes)) for sizes in shapes)


def check_small() -> Check:
    return kit.compare(
        (
            f"PyTorch 的自动求导，{RUNS} 个随机的 {_names(SHAPES[:1])} ReLU 网络",
            f"PyTorch's autograd, {RUNS} random {_names(SHAPES[:1])} networks with ReLU",
        ),
        [pair for rng in kit.seeds(RUNS) for pair in _compared(SHAPES[0], rng)],
        tolerance=1e-13,
    )


def check_deep() -> Check:
    names = _names(SHAPES[1:])
    return kit.compare(
        (
            f"PyTorch 的自动求导，更深的网络 {names}，各 {RUNS} 个",
            f"PyTorch's autograd, deeper networks {names.replace('、', ' and ')}, {RUNS} of each",
        ),
        [pair for sizes in SHAPES[1:] for rng in kit.seeds(RUNS) for pair in _compared(sizes, rng)],
        tolerance=1e-12,
    )
