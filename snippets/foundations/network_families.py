"""MLP, CNN, RNN and LSTM: what is connected to what, what is shared, and how many parameters."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Check, Col, Formula, Table, Tr

IN, HIDDEN = 10, 20  # the worked example


def mlp_parameters(n, m):
    """Weights and biases of a dense layer with n inputs and m outputs."""
    return n * m + m


def conv_parameters(C, K, O):  # noqa: E741
    """Of a 2-D convolution with C input and O output channels and kernels K x K."""
    return C * K**2 * O + O


def rnn_parameters(d, h, biases=1):
    """Of a recurrent layer with d inputs and h hidden units; PyTorch has two biases."""
    return h * (d + h) + biases * h


def gru_parameters(d, h, biases=1):
    """A GRU is three such maps: reset, update, candidate."""
    return 3 * rnn_parameters(d, h, biases)


def lstm_parameters(d, h, biases=1):
    """An LSTM is four: input gate, forget gate, candidate, output gate."""
    return 4 * rnn_parameters(d, h, biases)


def torch_parameters(module):
    """The number of parameters of an nn.Module."""
    return sum(p.numel() for p in module.parameters())


def causal_conv(x, w, dilation=1):
    """y[t] = sum_i w[i] x[t - i dilation], zeros before the start; x (T,), w (k,), y (T,)."""
    padded = np.concatenate([np.zeros((len(w) - 1) * dilation), x])
    start = (len(w) - 1) * dilation
    return sum(
        w_i * padded[start - i * dilation : start - i * dilation + len(x)]
        for i, w_i in enumerate(w)
    )


def torch_causal_conv(x, w, dilation=1):
    """The same by F.conv1d, which correlates: the taps are turned around; x (T,), w (k,)."""
    import torch.nn.functional as F

    x = F.pad(x[None, None], ((len(w) - 1) * dilation, 0))
    return F.conv1d(x, w.flip(0)[None, None], dilation=dilation)[0, 0]


# --------------------------------------------------------------------------- formulas


def _count(zh: str, en: str, low: int = 1, high: int = 64) -> kit.Symbol:
    return kit.integer((zh, en), low, high)


_P = _count("参数个数", "number of parameters")
_D = _count("输入维数", "inputs")
_H = _count("隐藏单元数", "hidden units")

formula_mlp = Formula(
    r"P = n m + m",
    {"P": _P, "n": _D, "m": _count("输出维数", "outputs")},
    equals=mlp_parameters,
)

formula_conv = Formula(
    r"P = C K^2 O + O",
    {
        "P": _P,
        "C": _count("输入通道数", "input channels"),
        "K": _count("卷积核边长", "side of the kernel", high=7),
        "O": _count("输出通道数", "output channels"),
    },
    equals=conv_parameters,
)

formula_rnn = Formula(
    r"P = h (d + h) + h", {"P": _P, "d": _D, "h": _H}, equals=lambda d, h: rnn_parameters(d, h)
)

formula_lstm = Formula(
    r"P = 4 \left( h (d + h) + h \right)",
    {"P": _P, "d": _D, "h": _H},
    equals=lambda d, h: lstm_parameters(d, h),
)

formula_field = Formula(
    r"R = 1 + (k - 1) \sum_{l=1}^{L} d_l",
    {
        "R": _count("感受野", "receptive field"),
        "k": _count("每层的抽头数", "taps a layer", 2, 5),
        "L": _count("层数", "layers", high=6),
        "d": kit.array(("各层的空洞率（扩张率）", "dilation of each layer"), ("L",), 1, 8),
        "l": kit.index(("层", "layer"), "L"),
    },
    equals=lambda k, L, d: 1 + sum((int(k) - 1) * d_l for d_l in np.atleast_1d(d)),
)


# --------------------------------------------------------------------------- evidence


def table_counts(tr: Tr) -> Table:
    from torch import nn

    rows = [
        [
            tr.name(f"`nn.{module.__name__}({IN}, {HIDDEN})`"),
            count(IN, HIDDEN),
            count(IN, HIDDEN, biases=2),
            torch_parameters(module(IN, HIDDEN)),
        ]
        for module, count in (
            (nn.RNN, rnn_parameters),
            (nn.GRU, gru_parameters),
            (nn.LSTM, lstm_parameters),
        )
    ]
    return Table(
        [
            tr("层", "layer"),
            Col(tr("一个偏置", "one bias"), format="d"),
            Col(tr("两个偏置", "two biases"), format="d"),
            Col(tr("PyTorch 数出的", "counted in PyTorch"), format="d"),
        ],
        rows,
        caption=tr(
            f"{IN} 维输入、{HIDDEN} 个隐藏单元的参数个数",
            f"Parameters with {IN} inputs and {HIDDEN} hidden units",
        ),
    )


def value_counts() -> dict[str, int]:
    return {
        "in": IN,
        "hidden": HIDDEN,
        "weights_x": HIDDEN * IN,
        "weights_h": HIDDEN * HIDDEN,
        "rnn1": rnn_parameters(IN, HIDDEN),
        "rnn": rnn_parameters(IN, HIDDEN, biases=2),
        "gru": gru_parameters(IN, HIDDEN, biases=2),
        "lstm": lstm_parameters(IN, HIDDEN, biases=2),
    }


def check_counts() -> Check:
    from torch import nn

    pairs = []
    for a, b in ((1, 1), (3, 5), (10, 20), (7, 2)):
        pairs += [
            (mlp_parameters(a, b), torch_parameters(nn.Linear(a, b))),
            (conv_parameters(a, 3, b), torch_parameters(nn.Conv2d(a, b, 3))),
            (rnn_parameters(a, b, 2), torch_parameters(nn.RNN(a, b))),
            (gru_parameters(a, b, 2), torch_parameters(nn.GRU(a, b))),
            (lstm_parameters(a, b, 2), torch_parameters(nn.LSTM(a, b))),
        ]
    return kit.compare(
        ("`sum(p.numel())` 数出的参数", "the parameters counted by `sum(p.numel())`"),
        pairs,
        tolerance=0.0,
    )


def check_causal() -> Check:
    import torch

    pairs = []
    for rng in kit.seeds(3):
        x, w = rng.normal(size=40), rng.normal(size=4)
        for dilation in (1, 2, 5):
            theirs = torch_causal_conv(torch.tensor(x), torch.tensor(w), dilation)
            pairs.append((causal_conv(x, w, dilation), theirs))
    return kit.compare(("PyTorch 的 `F.conv1d`", "PyTorch's `F.conv1d`"), pairs)
