"""The 2-2-1 network with numbers: forward pass, one step of gradient descent, what moves when."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.activations.sigmoid_tanh import sigmoid
from snippets.foundations.training_loop import (
    forward,
    rescale,
    sgd_step,
    torch_network,
    torch_train,
    train,
)
from snippets.kit import Check, Col, Formula, Table, Tr

X, T = np.array([[0.05, 0.10]]), np.array([[0.01]])
START = (
    np.array([[0.15, 0.25], [0.20, 0.30]]),
    np.array([0.35, 0.35]),
    np.array([[0.40], [0.45]]),
    np.array([0.60]),
)
RATE = 0.5

_N = kit.integer(("样本数", "number of examples"), 2, 4)
_M = kit.integer(("上一层的单元数", "units of the layer before"), 2, 4)
_K = kit.integer(("本层的单元数", "units of this layer"), 2, 4)
_SIGMA = {r"\sigma": kit.function(("sigmoid", "sigmoid"), sigmoid)}

formula_rescale = Formula(
    r"A^{(0)}_{ij} = \frac{X_{ij} - l_j}{u_j - l_j}",
    {
        "X": kit.array(("原始输入", "raw inputs"), ("n", "m"), 0, 255),
        "l": kit.array(
            ("各输入在训练集上的最小值", "smallest training value of each input"), ("m",), -1, 0
        ),
        "u": kit.array(
            ("各输入在训练集上的最大值", "largest training value of each input"), ("m",), 1, 255
        ),
        "n": _N,
        "m": kit.integer(("输入数", "number of inputs"), 2, 4),
        "i": kit.index(("", ""), "n"),
        "j": kit.index(("", ""), "m"),
    },
    equals=lambda X, l, u: rescale(X, l, u),  # noqa: E741
)

formula_layer = Formula(
    r"A^{(\ell)} = \varphi\left(A^{(\ell-1)} W^{(\ell)} + b^{(\ell)}\right)",
    {
        r"A^{(\ell-1)}": kit.array(
            ("上一层的输出，每行一个样本", "outputs of the layer before, one example a row"),
            ("n", "m"),
            -2,
            2,
        ),
        r"W^{(\ell)}": kit.array(("本层的权重", "weights of this layer"), ("m", "k"), -2, 2),
        r"b^{(\ell)}": kit.array(("本层的偏置", "biases of this layer"), ("k",), -2, 2),
        r"\varphi": kit.function(("激活函数", "the activation"), sigmoid),
        "n": _N,
        "m": _M,
        "k": _K,
    },
    equals=lambda Aellminus1, Well, bell: forward(Aellminus1, [(Well, bell)])[1],
)

formula_output = Formula(
    r"\hat{Y} = \sigma_{\mathrm{out}}\left(A^{(D-1)} W^{(D)} + b^{(D)}\right)",
    {
        r"A^{(D-1)}": kit.array(
            (
                "最后一个隐藏层的输出；D 是层数",
                "outputs of the last hidden layer; D is the number of layers",
            ),
            ("n", "m"),
            -2,
            2,
        ),
        r"W^{(D)}": kit.array(("输出层的权重", "weights of the output layer"), ("m", "k"), -2, 2),
        r"b^{(D)}": kit.array(("输出层的偏置", "biases of the output layer"), ("k",), -2, 2),
        r"\sigma_{\mathrm{out}}": kit.function(
            (
                "输出层的激活：sigmoid、softmax 或恒等",
                "activation of the output: sigmoid, softmax or identity",
            ),
            sigmoid,
        ),
        "n": _N,
        "m": _M,
        "k": _K,
    },
    equals=lambda ADminus1, WD, bD: forward(ADminus1, [(WD, bD)])[1],
)

formula_update = Formula(
    r"\theta \leftarrow \theta - \eta\,\frac{\partial L}{\partial \theta}",
    {
        r"\theta": kit.array(("全部参数", "all parameters"), ("p",), -2, 2),
        r"\eta": kit.scalar(("学习率", "learning rate"), 0, 1),
        r"\frac{\partial L}{\partial \theta}": kit.array(
            ("损失对参数的梯度", "gradient of the loss by the parameters"), ("p",), -2, 2
        ),
        "p": kit.integer(("参数个数", "number of parameters"), 2, 5),
    },
    equals=lambda theta, dLdtheta, eta: sgd_step(theta, dLdtheta, eta),
)

_HIDDEN_1 = Formula(r"\sigma(0.15 \cdot 0.05 + 0.2 \cdot 0.1 + 0.35) \approx 0.593270", _SIGMA)
_HIDDEN_2 = Formula(r"\sigma(0.25 \cdot 0.05 + 0.3 \cdot 0.1 + 0.35) \approx 0.596884", _SIGMA)
_OUTPUT = Formula(
    r"\sigma(0.4 \cdot 0.593270 + 0.45 \cdot 0.596884 + 0.6) \approx 0.751365", _SIGMA
)
_LOSS = Formula(r"(0.751365 - 0.01)^2 \approx 0.549622", {})


def _pass(parameters) -> list[float]:
    """Hidden units, output and loss of the example under these parameters."""
    W1, b1, W2, b2 = parameters
    _, hidden, output = forward(X, [(W1, b1), (W2, b2)])
    return [*hidden[0], float(output[0, 0]), float(((output - T) ** 2).mean())]


def table_forward(tr: Tr) -> Table:
    _, after = train(X, T, *START, lr=RATE)
    names = ("h₁", "h₂", "ŷ", "L")
    formulas = (_HIDDEN_1, _HIDDEN_2, _OUTPUT, _LOSS)
    rows = zip(names, formulas, _pass(after), strict=True)
    return Table(
        ["", tr("一步之前", "before the step"), Col(tr("一步之后", "after it"), format=".6f")],
        [list(row) for row in rows],
        caption=tr(
            f"2-2-1 网络，全部是 sigmoid，平方误差，学习率 {RATE:g}",
            f"A 2-2-1 network of sigmoids, squared error, learning rate {RATE:g}",
        ),
    )


STEPS = 1000


def value_loss() -> dict[str, float]:
    """Losses of the example: at the start, after one step, after many."""
    losses, _ = train(X, T, *START, lr=RATE, steps=STEPS + 1)
    return {"start": losses[0], "one": losses[1], "many": losses[STEPS], "steps": STEPS}


def value_backward() -> dict[str, float]:
    """Largest change of any weight after backward(), after step(); gradients after two backwards.

    ``twice`` is the gradient after a second backward() without zero_grad(), over the first one.
    """
    import torch
    import torch.nn.functional as F

    model, x, t = torch_network(*START), torch.tensor(X), torch.tensor(T)
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)

    def weights():
        return torch.cat([p.detach().flatten() for p in model.parameters()])

    start = weights()
    F.mse_loss(model(x), t).backward()
    first = model[2].bias.grad.item()
    behind = weights()
    F.mse_loss(model(x), t).backward()
    second = model[2].bias.grad.item()
    optimizer.zero_grad()
    F.mse_loss(model(x), t).backward()
    optimizer.step()
    return {
        "backward": (behind - start).abs().max().item(),
        "step": (weights() - start).abs().max().item(),
        "twice": second / first,
    }


def check_forward() -> Check:
    import torch

    W1, b1, W2, b2 = START
    with torch.no_grad():
        theirs = torch_network(*START)(torch.tensor(X)).numpy()
    return kit.compare(
        (
            "PyTorch 的 `nn.Sequential`（同样的权重）",
            "PyTorch's `nn.Sequential`, same weights",
        ),
        [(forward(X, [(W1, b1), (W2, b2)])[-1], theirs)],
        tolerance=1e-15,
    )


def check_training() -> Check:
    import torch

    losses, after = train(X, T, *START, lr=RATE, steps=STEPS)
    model = torch_network(*START)
    theirs = torch_train(model, torch.tensor(X), torch.tensor(T), lr=RATE, steps=STEPS)
    state = [p.detach().numpy() for p in model.parameters()]
    pairs = [(ours.T, p) for ours, p in zip(after, state, strict=True)]
    return kit.compare(
        (
            f"PyTorch 的训练循环（{STEPS} 步的损失与最后的参数）",
            f"PyTorch's training loop (the losses of {STEPS} steps and the parameters at the end)",
        ),
        [(losses, theirs), *pairs],
        tolerance=1e-12,
    )


def value_shapes() -> dict[str, int]:
    """Columns of the output of 784-50-10, with and without an affine map in the output layer."""
    rng = np.random.default_rng(0)
    W1, W2 = rng.normal(size=(784, 50)) / 28, rng.normal(size=(50, 10))
    _, hidden, output = forward(rng.random((32, 784)), [(W1, np.zeros(50)), (W2, np.zeros(10))])
    return {"without": sigmoid(hidden).shape[1], "with": output.shape[1]}


def value_forward() -> dict[str, float]:
    """Hidden units and prediction of the example, before any step."""
    h1, h2, y, _ = _pass(START)
    return {"h1": float(h1), "h2": float(h2), "y": y}
