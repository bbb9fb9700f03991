"""A recurrent network: the cell, backpropagation through time, and additive attention."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Check, Formula


def rnn_cell(
    x: np.ndarray, h: np.ndarray, W_x: np.ndarray, W_h: np.ndarray, b: np.ndarray
) -> np.ndarray:
    """The next state: x (..., d), h (..., n), W_x (n, d), W_h (n, n), b (n,).  [elman1990]"""
    return np.tanh(x @ W_x.T + h @ W_h.T + b)


def rnn_forward(
    x: np.ndarray, h_0: np.ndarray, W_x: np.ndarray, W_h: np.ndarray, b: np.ndarray
) -> np.ndarray:
    """All states of a batch of sequences: x (T, B, d), h_0 (B, n); returns (T + 1, B, n).

    The first of them is h_0.  ValueError: x has not three axes.
    """
    if np.ndim(x) != 3:
        raise ValueError(f"want x of shape (T, B, d), got {np.shape(x)}")
    h = [h_0]
    for x_t in x:
        h.append(rnn_cell(x_t, h[-1], W_x, W_h, b))
    return np.stack(h)


def rnn_backward(
    x: np.ndarray, h: np.ndarray, W_x: np.ndarray, W_h: np.ndarray, grad_h: np.ndarray
) -> dict[str, np.ndarray]:
    """Backpropagation through time: the gradients of x, h_0, W_x, W_h, b.

    h (T + 1, B, n) is what rnn_forward returned; grad_h (T, B, n) is the gradient of the loss with
    respect to each h_t as an output of the layer, without its way through later states.
    [werbos1990]
    """
    delta = np.zeros_like(grad_h)  # dL/dz_t, z_t before the tanh
    back = np.zeros_like(h[0])  # what comes from step t + 1
    for t in reversed(range(len(x))):
        delta[t] = (grad_h[t] + back) * (1 - h[t + 1] ** 2)
        back = delta[t] @ W_h
    return {
        "x": delta @ W_x,
        "h_0": back,
        "W_x": np.einsum("tbn,tbd->nd", delta, x),
        "W_h": np.einsum("tbn,tbm->nm", delta, h[:-1]),
        "b": delta.sum(axis=(0, 1)),
    }


def state_jacobian(h: np.ndarray, W_h: np.ndarray) -> np.ndarray:
    """dh_T/dh_0 along the states h_1, ..., h_T (T, n) of one sequence."""
    product = np.eye(len(W_h))
    for h_t in h:
        product = (1 - h_t**2)[:, None] * W_h @ product
    return product


def additive_attention(
    s: np.ndarray, h: np.ndarray, W: np.ndarray, U: np.ndarray, v: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The weights (T,) and the context (n,) of a decoder state s (m,) over encoder states h (T, n).

    W (k, m), U (k, n), v (k,).  [bahdanau2015]
    """
    e = np.tanh(W @ s + h @ U.T) @ v
    alpha = np.exp(e - e.max())
    alpha /= alpha.sum()
    return alpha, alpha @ h


def torch_rnn(x, h_0, W_x, W_h, b):
    """The outputs of nn.RNN with these weights, and the layer; of its two biases one is 0."""
    import torch
    from torch import nn

    layer = nn.RNN(W_x.shape[1], W_x.shape[0], dtype=x.dtype)
    with torch.no_grad():
        layer.weight_ih_l0.copy_(W_x)
        layer.weight_hh_l0.copy_(W_h)
        layer.bias_ih_l0.copy_(b)
        layer.bias_hh_l0.zero_()
    return layer(x, h_0[None])[0], layer


def torch_truncated(layer, x, loss_of, steps):
    """Truncated BPTT: backward after each chunk of so many steps; the state is carried on."""
    state, total = None, 0.0
    for chunk in x.split(steps):
        h, state = layer(chunk, state)
        loss = loss_of(h)
        loss.backward()
        state = state.detach()  # the gradient ends here
        total += loss.item()
    return total


def torch_causal_network(channels, taps, dilations):
    """A TCN without residuals: convolutions that see no future, for x (N, channels[0], T)."""
    from torch import nn

    layers = []
    pairs = zip(channels, channels[1:], dilations, strict=False)
    for c_in, c_out, dilation in pairs:
        layers += [
            nn.ConstantPad1d(((taps - 1) * dilation, 0), 0.0),  # on the left only
            nn.Conv1d(c_in, c_out, taps, dilation=dilation),
            nn.ReLU(),
        ]
    return nn.Sequential(*layers)


# --------------------------------------------------------------------------- formulas

_N = kit.integer(("状态的维数", "size of the state"), 1, 5)
_D = kit.integer(("输入的维数", "size of an input"), 1, 5)
_W_X = kit.array(("输入的权重", "weights of the input"), ("n", "d"), -1, 1)
_W_H = kit.array(("状态的权重", "weights of the state"), ("n", "n"), -1, 1)
_STEPS = kit.integer(("步数", "number of steps"), 1, 6)


def _state(zh: str, en: str) -> kit.Symbol:
    return kit.array((zh, en), ("n",), -0.95, 0.95)


formula_cell = Formula(
    r"h_t = \tanh(W_x x_t + W_h h_{t-1} + b)",
    {
        "x_t": kit.array(("第 t 步的输入", "input of step t"), ("d",), -2, 2),
        "h_{t-1}": _state("上一步的状态", "state of the last step"),
        "W_x": _W_X,
        "W_h": _W_H,
        "b": kit.array(("偏置", "bias"), ("n",), -1, 1),
        "n": _N,
        "d": _D,
    },
    equals=lambda x_t, h_prev, W_x, W_h, b: rnn_cell(x_t, h_prev, W_x, W_h, b),
)

formula_product = Formula(
    r"\frac{\partial h_2}{\partial h_0} ="
    r" \operatorname{diag}(1 - h_2^2)\, W_h\, \operatorname{diag}(1 - h_1^2)\, W_h",
    {
        "h_1": _state("第 1 步的状态", "state of step 1"),
        "h_2": _state("第 2 步的状态", "state of step 2"),
        "W_h": _W_H,
        "n": _N,
    },
    equals=lambda h_1, h_2, W_h: state_jacobian(np.stack([h_1, h_2]), W_h),
)

formula_bound = Formula(
    r"\left\lVert J(h, W_h) \right\rVert_2 \le \lVert W_h \rVert_2^T",
    {
        "J": kit.function(
            ("T 步的连乘 ∂h_T/∂h_0", "the product over T steps, ∂h_T/∂h_0"), state_jacobian
        ),
        "h": kit.array(("状态 h_1 到 h_T", "states h_1 to h_T"), ("T", "n"), -0.95, 0.95),
        "W_h": _W_H,
        "T": _STEPS,
        "n": _N,
    },
)


def _two_steps(x_1, x_2, h_0, h_1, h_2, W_h, g_1, g_2):
    """rnn_backward on a sequence of two steps whose states are given."""
    W_x = np.zeros((len(h_0), len(x_1)))
    return rnn_backward(
        np.stack([x_1, x_2])[:, None],
        np.stack([h_0, h_1, h_2])[:, None],
        W_x,
        W_h,
        np.stack([g_1, g_2])[:, None],
    )


def _delta(t: int):
    """delta_t read off the gradient at x_t with W_x the identity."""

    def found(h_0, h_1, h_2, W_h, g_1, g_2):
        eye = np.eye(len(h_0))
        return rnn_backward(
            np.zeros((2, 1, len(h_0))),
            np.stack([h_0, h_1, h_2])[:, None],
            eye,
            W_h,
            np.stack([g_1, g_2])[:, None],
        )["x"][t - 1, 0]

    return found


formula_backward = Formula(
    r"\begin{aligned} \delta_2 &= (1 - h_2^2) \odot g_2 \\"
    r" \delta_1 &= (1 - h_1^2) \odot \left(g_1 + W_h^\top \delta_2\right) \\"
    r" \frac{\partial L}{\partial W_h} &= \delta_1 h_0^\top + \delta_2 h_1^\top \\"
    r" \frac{\partial L}{\partial W_x} &= \delta_1 x_1^\top + \delta_2 x_2^\top \\"
    r" \frac{\partial L}{\partial b} &= \delta_1 + \delta_2 \end{aligned}",
    {
        "h_0": _state("初始状态", "initial state"),
        "h_1": _state("第 1 步的状态", "state of step 1"),
        "h_2": _state("第 2 步的状态", "state of step 2"),
        "x_1": kit.array(("第 1 步的输入", "input of step 1"), ("d",), -2, 2),
        "x_2": kit.array(("第 2 步的输入", "input of step 2"), ("d",), -2, 2),
        "g_1": kit.array(
            ("损失直接对第 1 步输出的梯度", "gradient with respect to output 1 alone"),
            ("n",),
            -2,
            2,
        ),
        "g_2": kit.array(
            ("损失直接对第 2 步输出的梯度", "gradient with respect to output 2 alone"),
            ("n",),
            -2,
            2,
        ),
        "W_h": _W_H,
        "n": _N,
        "d": _D,
    },
    equals={
        r"\delta_2": _delta(2),
        r"\delta_1": _delta(1),
        r"\frac{\partial L}{\partial W_h}": lambda x_1, x_2, h_0, h_1, h_2, W_h, g_1, g_2: (
            _two_steps(x_1, x_2, h_0, h_1, h_2, W_h, g_1, g_2)["W_h"]
        ),
        r"\frac{\partial L}{\partial W_x}": lambda x_1, x_2, h_0, h_1, h_2, W_h, g_1, g_2: (
            _two_steps(x_1, x_2, h_0, h_1, h_2, W_h, g_1, g_2)["W_x"]
        ),
        r"\frac{\partial L}{\partial b}": lambda x_1, x_2, h_0, h_1, h_2, W_h, g_1, g_2: _two_steps(
            x_1, x_2, h_0, h_1, h_2, W_h, g_1, g_2
        )["b"],
    },
)


# --------------------------------------------------------------------------- evidence


def check_torch() -> Check:
    """Outputs and all gradients of nn.RNN, sequences of 1 to 20 steps."""
    import torch

    pairs = []
    for rng, T in zip(kit.seeds(4), (1, 2, 7, 20), strict=True):
        shapes = [(T, 3, 4), (3, 5), (5, 4), (5, 5), (5,)]  # x, h_0, W_x, W_h, b
        given = [rng.normal(size=shape) for shape in shapes]
        x, W_x, W_h = given[0], given[2], given[3]
        g = rng.normal(size=(T, 3, 5))
        tensors = [torch.tensor(a, requires_grad=True) for a in given]
        theirs, layer = torch_rnn(*tensors)
        (theirs * torch.tensor(g)).sum().backward()
        h = rnn_forward(*given)
        ours = rnn_backward(x, h, W_x, W_h, g)
        pairs += [
            (h[1:], theirs.detach()),
            (ours["x"], tensors[0].grad),
            (ours["h_0"], tensors[1].grad),
            (ours["W_x"], layer.weight_ih_l0.grad),
            (ours["W_h"], layer.weight_hh_l0.grad),
            (ours["b"], layer.bias_ih_l0.grad),
            (ours["b"], layer.bias_hh_l0.grad),  # the second bias gets the same
        ]
    return kit.compare(
        (
            "PyTorch 的 `nn.RNN` 与自动求导（输出和六种梯度）",
            "PyTorch's `nn.RNN` and autograd (outputs and six gradients)",
        ),
        pairs,
        tolerance=1e-11,
    )
