"""The layers: formulas forward and backward, parameters, a diagram, and autograd beside them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from snippets import kit
from snippets.activations.relu import relu
from snippets.activations.sigmoid_tanh import sigmoid
from snippets.activations.softmax import softmax
from snippets.foundations import _flow
from snippets.foundations.neuron_and_layers import (
    Affine,
    ReLU,
    Sigmoid,
    SoftmaxWithLoss,
    count_parameters,
    loss_and_gradients,
)
from snippets.kit import Check, Col, Figure, Formula, Table, Tr

SIZES = (784, 50, 10)

_N = kit.integer(("批里的样本数", "examples in the batch"), 2, 4)
_M = kit.integer(("输入数", "inputs"), 2, 3)
_K = kit.integer(("输出数", "outputs"), 2, 4)
_X = kit.array(("输入，每行一个样本", "inputs, one example a row"), ("n", "m"), -2, 2)
_W = kit.array(("权重", "weights"), ("m", "k"), -2, 2)
_B = kit.array(("偏置，每个输出一个", "biases, one for each output"), ("k",), -2, 2)
_Y = kit.array(("预激活值", "pre-activations"), ("n", "k"), -4, 4)
_Z = kit.array(("logits，每行一个样本", "logits, one example a row"), ("n", "k"), -3, 3)
_T = kit.array(("目标（独热编码）", "targets, one-hot"), ("n", "k"), 0, 1)
_G = kit.array(
    ("从后一层传来的梯度", "the gradient that the next layer sends back"), ("n", "k"), -2, 2
)
_P = kit.function(("逐行的 softmax", "softmax of each row"), softmax)
_ROW, _COLUMN = kit.index(("样本", "example"), "n"), kit.index(("单元", "unit"), "k")

formula_affine = Formula(
    r"Y = XW + b",
    {"X": _X, "W": _W, "b": _B, "n": _N, "m": _M, "k": _K},
    equals=lambda X, W, b: Affine(W, b).forward(X),
)

formula_activation = Formula(
    r"A = \varphi(Y)",
    {"Y": _Y, r"\varphi": kit.function(("激活函数", "the activation"), relu), "n": _N, "k": _K},
    equals=lambda Y: ReLU().forward(Y),
)


def _cross_entropy(Z: np.ndarray, T: np.ndarray) -> float:
    """What SoftmaxWithLoss gives for each example and class, as T weighs them."""
    head = SoftmaxWithLoss()
    weighed = (T[i, j] * head.forward(Z[i : i + 1], np.array([j])) for i, j in np.ndindex(*T.shape))
    return sum(weighed) / len(Z)


formula_cross_entropy = Formula(
    r"P = \operatorname{softmax}(Z), \quad"
    r" L = -\frac{1}{n} \sum_{i=1}^{n} \sum_{j=1}^{k} T_{ij} \ln P_{ij}",
    {"Z": _Z, "T": _T, "n": _N, "k": _K, r"\operatorname{softmax}": _P},
    equals={"P": lambda Z: softmax(Z), "L": _cross_entropy},
)

formula_squares = Formula(
    r"L = \frac{1}{n} \sum_{i=1}^{n} (z_i - y_i)^2",
    {
        "z": kit.array(("输出，每个样本一个", "outputs, one for each example"), ("n",), -3, 3),
        "y": kit.array(("目标", "targets"), ("n",), -3, 3),
        "n": _N,
    },
    equals=lambda z, y: np.mean((z - y) ** 2),
)

formula_count = Formula(r"784 \cdot 50 + 50 + 50 \cdot 10 + 10 = 39760", {})


def _affine_gradients(X, W, b, G):
    layer = Affine(W, b)
    layer.forward(X)
    return layer.backward(G), layer.dW, layer.db


def _activation_backward(layer, Y: np.ndarray, G: np.ndarray) -> np.ndarray:
    layer.forward(Y)
    return layer.backward(G)


def _loss_backward(Z: np.ndarray, T: np.ndarray) -> np.ndarray:
    """What SoftmaxWithLoss sends back, averaged over the classes as T weighs them."""
    n, k = Z.shape
    sent = np.zeros_like(Z)
    head = SoftmaxWithLoss()
    for c in range(k):
        head.forward(Z, np.full(n, c))
        sent += T[:, c : c + 1] * head.backward()
    return sent + (1 - T.sum(axis=1, keepdims=True)) * softmax(Z) / n


_FORWARD = {
    "affine": formula_affine,
    "sigmoid": Formula(
        r"A = \sigma(Y)",
        {"Y": _Y, r"\sigma": kit.function(("", ""), sigmoid), "n": _N, "k": _K},
        equals=lambda Y: Sigmoid().forward(Y),
    ),
    "relu": Formula(
        r"A = \max(0, Y)", {"Y": _Y, "n": _N, "k": _K}, equals=lambda Y: ReLU().forward(Y)
    ),
    "loss": formula_cross_entropy,
}

_BACKWARD = {
    "affine": Formula(
        r"\begin{aligned} \frac{\partial L}{\partial X} &= G\,W^\top \\"
        r" \frac{\partial L}{\partial W} &= X^\top G \\"
        r" \frac{\partial L}{\partial b_j} &= \sum_{i=1}^{n} G_{ij} \end{aligned}",
        {"X": _X, "W": _W, "G": _G, "n": _N, "m": _M, "k": _K, "j": _COLUMN},
        equals={
            r"\frac{\partial L}{\partial X}": lambda X, W, G: _affine_gradients(X, W, W[0], G)[0],
            r"\frac{\partial L}{\partial W}": lambda X, W, G: _affine_gradients(X, W, W[0], G)[1],
            r"\frac{\partial L}{\partial b_j}": lambda X, W, G: _affine_gradients(X, W, W[0], G)[2],
        },
    ),
    "sigmoid": Formula(
        r"\frac{\partial L}{\partial Y} = G \odot A \odot (1 - A)",
        {
            "G": _G,
            "A": kit.array(("", ""), ("n", "k"), 0.01, 0.99),
            "n": _N,
            "k": _K,
        },
        equals=lambda G, A: _activation_backward(Sigmoid(), np.log(A / (1 - A)), G),
    ),
    "relu": Formula(
        r"\frac{\partial L}{\partial Y_{ij}} = G_{ij}\,\mathbf{1}[Y_{ij} > 0]",
        {"G": _G, "Y": _Y, "n": _N, "k": _K, "i": _ROW, "j": _COLUMN},
        equals=lambda G, Y: _activation_backward(ReLU(), Y, G),
    ),
    "loss": Formula(
        r"\frac{\partial L}{\partial Z} = \frac{1}{n} \left(\operatorname{softmax}(Z) - T\right)",
        {"Z": _Z, "T": _T, "n": _N, "k": _K, r"\operatorname{softmax}": _P},
        equals=_loss_backward,
    ),
}


def table_layers(tr: Tr) -> Table:
    names = {
        "affine": tr("仿射层", "affine"),
        "sigmoid": tr("sigmoid 激活", "sigmoid activation"),
        "relu": tr("ReLU 激活", "ReLU activation"),
        "loss": tr("softmax 与交叉熵", "softmax with cross-entropy"),
    }
    none = tr("无", "none")
    return Table(
        [
            tr("层", "layer"),
            tr("前向", "forward"),
            tr("反向", "backward"),
            tr("参数", "parameters"),
        ],
        [
            [
                name,
                _FORWARD[key],
                _BACKWARD[key],
                tr("W 与 b，共 mk + k 个", "W and b, mk + k of them") if key == "affine" else none,
            ]
            for key, name in names.items()
        ],
        caption=tr(
            "每种层都有前向与反向两个动作；G 是后一层传来的梯度，形状与本层输出相同",
            "Each layer does two things, forward and backward; G is the gradient that the next "
            "layer sends back, of the shape of this layer's output",
        ),
    )


def table_count(tr: Tr) -> Table:
    rows: list[list[kit.Cell]] = [[f"{m} → {k}", m * k, k, m * k + k] for m, k in pairwise(SIZES)]
    rows.append(
        [tr("合计", "total"), *(sum(int(row[i]) for row in rows) for i in (1, 2, 3))]  # type: ignore[arg-type]
    )
    return Table(
        [
            tr("仿射层", "affine layer"),
            Col(tr("权重", "weights"), format=",d"),
            Col(tr("偏置", "biases"), format=",d"),
            Col(tr("参数", "parameters"), format=",d"),
        ],
        rows,
        caption=tr("784-50-10 网络的参数", "The parameters of a 784-50-10 network"),
    )


def value_parameters() -> dict[str, int]:
    """Parameters of two networks; forward passes that central differences need for the larger."""
    total = count_parameters(SIZES)
    return {
        "total": total,
        "passes": 2 * total,
        "small": count_parameters((2, 2, 1)),
        "share": count_parameters(SIZES[:2]) / total,
    }


def figure_layers(tr: Tr) -> Figure:
    canvas, axes = _flow.blank(4.5, 4.4)
    boxes = [
        (tr("仿射 784 → 50", "affine 784 → 50"), kit.BLUE),
        (tr.name("sigmoid"), kit.GREEN),
        (tr("仿射 50 → 10", "affine 50 → 10"), kit.BLUE),
        (tr("softmax + 交叉熵", "softmax + cross-entropy"), kit.ORANGE),
    ]
    tensors = [
        ("X  (n, 784)", ""),
        ("Y₁  (n, 50)", "∂L/∂Y₁"),
        ("A₁  (n, 50)", "∂L/∂A₁"),
        ("Z  (n, 10)", "∂L/∂Z"),
        (tr("L  一个数", "L  a number"), "1"),
    ]
    middle, step, height = 2.2, 0.9, 0.42
    top = 4.5 - 0.66
    for place, (text, colour) in enumerate(boxes):
        _flow.box(axes, middle, top - place * step, 2.2, height, text, colour)
    for place, (forward, backward) in enumerate(tensors):
        high = top + height / 2 + (step - height) - place * step
        low = high - (step - height)
        y = (high + low) / 2
        _flow.arrow(axes, (middle - 0.5, high), (middle - 0.5, low))
        axes.text(middle - 0.65, y, tr.name(forward), ha="right", va="center", color=kit.INK)
        if backward:
            _flow.arrow(axes, (middle + 0.5, low), (middle + 0.5, high), kit.RED, "--")
            axes.text(middle + 0.65, y, tr.name(backward), ha="left", va="center", color=kit.RED)
    axes.text(3.72, top - 3 * step, tr("目标 y", "targets y"), va="center")
    _flow.arrow(axes, (3.66, top - 3 * step), (3.33, top - 3 * step))
    axes.text(0.0, 4.4, tr("前向 ↓", "forward ↓"), weight="bold", va="center")
    axes.text(
        4.4, 4.4, tr("反向 ↑", "backward ↑"), weight="bold", va="center", ha="right", color=kit.RED
    )
    return Figure(
        canvas,
        caption=tr(
            "784-50-10 网络由四层组成。前向（实线）逐层算到损失；"
            "反向（虚线）把损失的梯度逐层传回，形状与前向的张量相同。",
            "A 784-50-10 network, made of four layers. Forward (solid), layer after layer up to "
            "the loss; backward (dashed), the gradient of the loss, each of the shape of the "
            "tensor beside it.",
        ),
        alt=tr(
            "自上而下：输入、仿射层、sigmoid、仿射层、softmax 与交叉熵、损失；"
            "左侧箭头向下，标着张量形状，右侧虚线箭头向上，标着梯度。",
            "From top to bottom: input, affine layer, sigmoid, affine layer, softmax with "
            "cross-entropy, loss. On the left arrows down with the shapes of the tensors, on the "
            "right dashed arrows up with the gradients.",
        ),
        data={"boxes": [text for text, _ in boxes], "tensors": [text for text, _ in tensors]},
    )


def check_gradients() -> Check:
    """All gradients of a 784-50-10 network, for both activations, against autograd."""
    import torch
    import torch.nn.functional as F

    rng = np.random.default_rng(0)
    X, y = rng.random((8, SIZES[0])), rng.integers(0, SIZES[2], 8)
    pairs = []
    for activation, theirs in ((Sigmoid, torch.sigmoid), (ReLU, torch.relu)):
        arrays = [
            (rng.normal(0, m**-0.5, (m, k)), rng.normal(0, 0.1, k)) for m, k in pairwise(SIZES)
        ]
        layers = [Affine(*arrays[0]), activation(), Affine(*arrays[1])]
        loss, gradients = loss_and_gradients(layers, X, y)
        tensors = [torch.tensor(a, requires_grad=True) for pair in arrays for a in pair]
        W1, b1, W2, b2 = tensors
        output = F.cross_entropy(theirs(torch.tensor(X) @ W1 + b1) @ W2 + b2, torch.tensor(y))
        output.backward()
        pairs.append((loss, output.detach()))
        ours = [g for pair in gradients for g in pair]
        pairs += [(g, t.grad) for g, t in zip(ours, tensors, strict=True)]
    return kit.compare(
        (
            "PyTorch 的 `F.cross_entropy` 与自动求导（784-50-10，sigmoid 与 ReLU，损失与全部梯度）",
            "PyTorch's `F.cross_entropy` and autograd (784-50-10, sigmoid and ReLU, loss and all "
            "gradients)",
        ),
        pairs,
        tolerance=1e-13,
    )
