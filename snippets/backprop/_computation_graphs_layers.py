"""Layers of a computation graph besides the affine one: their rules, held against PyTorch."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.activations.sigmoid_tanh import sigmoid
from snippets.backprop.computation_graphs import (
    MeanSquaredWithLoss,
    ReLU,
    Sigmoid,
    SoftmaxWithLoss,
    _by_autograd,
    torch_sigmoid_function,
    train_step_gradients,
)
from snippets.kit import Check, Formula, Table, Tr

_UPSTREAM = kit.array(("从上游传来的 ∂L/∂y", "∂L/∂y from upstream"), ("m",), -2, 2)
_INPUT = kit.array(("输入", "input"), ("m",), -6, 6)
_M = kit.integer(("元素个数", "number of elements"), 1, 5)
_ELEMENT = kit.index(("元素", "element"), "m")


def _sigmoid_slope(g, x):
    import torch

    return _by_autograd(torch.sigmoid, "input")(g=g, input=x)


def _relu_slope(g, x):
    import torch

    return _by_autograd(torch.relu, "input")(g=g, input=x)


formula_sigmoid = Formula(
    r"y_i = \sigma(x_i), \quad \frac{\partial L}{\partial x_i} = g_i\,y_i\,(1 - y_i)",
    {
        "x": _INPUT,
        "g": _UPSTREAM,
        "m": _M,
        "i": _ELEMENT,
        r"\sigma": kit.function(("sigmoid", "the sigmoid"), sigmoid),
    },
    equals={
        "y_i": lambda x: Sigmoid().forward(x),
        r"\frac{\partial L}{\partial x_i}": _sigmoid_slope,
    },
    samples=60,
)

formula_relu = Formula(
    r"\frac{\partial L}{\partial x_i} = g_i\,\mathbf{1}[x_i > 0]",
    {"x": _INPUT, "g": _UPSTREAM, "m": _M, "i": _ELEMENT},
    equals=_relu_slope,
    samples=60,
)

TARGETS = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.1, 0.2, 0.7], [0.0, 1.0, 0.0]])


def _softmax_loss_slope(z):
    import torch
    import torch.nn.functional as F

    logits = torch.tensor(z, requires_grad=True)
    F.cross_entropy(logits, torch.tensor(TARGETS)).backward()
    return logits.grad.numpy()


formula_softmax_loss = Formula(
    r"\frac{\partial L}{\partial z_{ij}} = \frac{1}{N}"
    r"\left(\frac{e^{z_{ij}}}{\sum_{k=1}^{3} e^{z_{ik}}} - t_{ij}\right)",
    {
        "z": kit.array(
            ("一批 logits，这里三类", "a batch of logits, here of three classes"), ("N", 3), -5, 5
        ),
        "t": kit.constant(
            (
                "目标：每行是 one-hot 或概率，和为 1",
                "targets: rows one-hot or probabilities, sum 1",
            ),
            TARGETS,
        ),
        "N": kit.constant(("样本数", "number of examples"), len(TARGETS)),
        "i": kit.index(("样本", "example"), "N"),
        "j": kit.index(("类别", "class"), 3),
    },
    equals=_softmax_loss_slope,
    samples=60,
)


def _mse_slope(y, t):
    import torch
    import torch.nn.functional as F

    outputs = torch.tensor(y, requires_grad=True)
    F.mse_loss(outputs, torch.tensor(t)).backward()
    return outputs.grad.numpy()


formula_mse = Formula(
    r"\frac{\partial L}{\partial y_i} = \frac{2}{m}\,(y_i - t_i)",
    {
        "y": kit.array(("输出", "outputs"), ("m",), -3, 3),
        "t": kit.array(("目标", "targets"), ("m",), -3, 3),
        "m": kit.integer(
            ("元素总数：样本数乘输出维数", "number of elements: examples times outputs"), 1, 6
        ),
        "i": _ELEMENT,
    },
    equals=_mse_slope,
    samples=60,
)


def check_layers() -> Check:
    """Outputs and gradients of the four layers, on twenty random batches."""
    import torch
    import torch.nn.functional as F

    pairs = []
    for rng in kit.seeds(20):
        x, g = rng.normal(0, 3, (4, 5)), rng.normal(size=(4, 5))
        for layer, function in ((Sigmoid(), torch.sigmoid), (ReLU(), torch.relu)):
            at = torch.tensor(x, requires_grad=True)
            y = function(at)
            y.backward(torch.tensor(g))
            pairs += [(layer.forward(x), y.detach()), (layer.backward(g), at.grad)]
        t = rng.dirichlet(np.ones(5), size=4)
        for loss, function in (
            (SoftmaxWithLoss(), F.cross_entropy),
            (MeanSquaredWithLoss(), F.mse_loss),
        ):
            at = torch.tensor(x, requires_grad=True)
            value = function(at, torch.tensor(t))
            value.backward()
            pairs += [(loss.forward(x, t), value.item()), (loss.backward(), at.grad)]
    return kit.compare(
        (
            "PyTorch 的 `sigmoid`、`relu`、`cross_entropy`、`mse_loss` 及其自动求导",
            "PyTorch's `sigmoid`, `relu`, `cross_entropy`, `mse_loss` and their autograd",
        ),
        pairs,
        tolerance=1e-14,
    )


def check_network() -> Check:
    import torch
    import torch.nn.functional as F

    pairs = []
    for rng in kit.seeds(10):
        x, t = rng.normal(size=(8, 4)), np.eye(3)[rng.integers(0, 3, 8)]
        shapes = ((4, 6), (6,), (6, 3), (3,))
        weights = [rng.normal(size=shape) for shape in shapes]
        value, found = train_step_gradients(x, t, *weights)
        W1, b1, W2, b2 = tensors = [torch.tensor(w, requires_grad=True) for w in weights]
        hidden = torch.sigmoid(torch.tensor(x) @ W1 + b1)
        loss = F.cross_entropy(hidden @ W2 + b2, torch.tensor(t))
        loss.backward()
        pairs.append((value, loss.item()))
        pairs += [(ours, theirs.grad) for ours, theirs in zip(found, tensors, strict=True)]
    return kit.compare(
        (
            "PyTorch 对整个网络的自动求导，10 个随机的 4-6-3 网络",
            "PyTorch's autograd through the whole network, ten random 4-6-3 networks",
        ),
        pairs,
        tolerance=1e-14,
    )


def check_function() -> Check:
    """The node with its own backward pass against the built-in one, value and slope."""
    import torch

    mine = torch_sigmoid_function()
    x = torch.linspace(-20, 20, 401, dtype=torch.float64)
    a, b = x.clone().requires_grad_(), x.clone().requires_grad_()
    ours, theirs = mine(a), torch.sigmoid(b)
    ours.sum().backward()
    theirs.sum().backward()
    return kit.compare(
        ("`torch.sigmoid` 的值与梯度", "values and gradients of `torch.sigmoid`"),
        [(ours.detach(), theirs.detach()), (a.grad, b.grad)],
        tolerance=1e-15,
    )


def value_gradcheck() -> dict[str, bool]:
    """What gradcheck says of the node above, and of one whose backward forgets the factor 1 - y."""
    import torch

    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = torch.sigmoid(x)
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx, g):
            (y,) = ctx.saved_tensors
            return g * y

    x = torch.linspace(-3, 3, 7, dtype=torch.float64, requires_grad=True)
    return {
        "right": torch.autograd.gradcheck(torch_sigmoid_function(), (x,)),
        "wrong": torch.autograd.gradcheck(Wrong.apply, (x,), raise_exception=False),
    }


def table_nodes(tr: Tr) -> Table:
    return Table(
        [
            tr("节点", "node"),
            tr("前向", "forward"),
            tr("反向：上游梯度 $g$ 变成", "backward: the gradient $g$ becomes"),
            tr("要留下", "keeps"),
        ],
        [
            [
                tr("加法", "addition"),
                "$a + b$",
                tr("$g$ 与 $g$：原样分给两边", "$g$ and $g$: a copy to each side"),
                tr("什么都不留", "nothing"),
            ],
            [
                tr("乘法", "product"),
                "$a b$",
                tr("$g b$ 与 $g a$：乘对方的值", "$g b$ and $g a$: times the other value"),
                "$a$, $b$",
            ],
            [
                tr("矩阵乘法", "matrix product"),
                "$X W$",
                tr("$G W^\\top$ 与 $X^\\top G$", "$G W^\\top$ and $X^\\top G$"),
                "$X$, $W$",
            ],
            [
                tr("复制（分叉、广播）", "copy (fan-out, broadcast)"),
                tr("$a$ 用了几次", "$a$, used several times"),
                tr("各处的 $g$ 相加", "the sum of all the $g$"),
                tr("什么都不留", "nothing"),
            ],
            [
                tr("求和", "sum"),
                r"$\sum_i a_i$",
                tr("$g$：复制给每一项", "$g$: a copy to each term"),
                tr("什么都不留", "nothing"),
            ],
            [
                tr("逐元素函数", "element-wise function"),
                "$f(a)$",
                "$g f'(a)$",
                tr("$a$ 或输出", "$a$ or the output"),
            ],
            [
                tr("最大值", "maximum"),
                r"$\max_i a_i$",
                tr("$g$ 给最大的一个，其余为 0", "$g$ to the largest, 0 to the others"),
                tr("最大者的位置", "where the largest stands"),
            ],
        ],
        caption=tr("每种节点只认自己的局部规则", "Every node knows its local rule, and no more"),
    )
