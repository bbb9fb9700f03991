"""The gates of LSTM and GRU, the derivative of the memory, and the counts, as formulas."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.architectures.lstm import gru_cell, lstm_cell, sigmoid
from snippets.kit import Formula

_N = kit.integer(("单元数", "number of units"), 1, 4)
_D = kit.integer(("输入的维数", "size of an input"), 1, 4)
_SIGMA = kit.function(("sigmoid", "the sigmoid"), sigmoid)
_STATE = kit.array(("上一步的输出", "output of the last step"), ("n",), -0.95, 0.95)
_X = kit.array(("本步的输入", "input of this step"), ("d",), -2, 2)


def _gate(name: str, zh: str, en: str, n: str = "n") -> dict[str, kit.Symbol]:
    return {
        f"W_{name}": kit.array((f"{zh}：输入权重", f"{en}: input weights"), (n, "d"), -1, 1),
        f"U_{name}": kit.array((f"{zh}：状态权重", f"{en}: state weights"), (n, n), -1, 1),
        f"b_{name}": kit.array((f"{zh}：偏置", f"{en}: bias"), (n,), -1, 1),
    }


def _lstm_gate(place: int):
    """Gate number ``place`` of i, f, g, o as lstm_cell computes it."""

    def found(x_t, h_prev, W_i, U_i, b_i, W_f, U_f, b_f, W_g, U_g, b_g, W_o, U_o, b_o):
        return lstm_cell(
            x_t,
            h_prev,
            0 * h_prev,
            np.concatenate([W_i, W_f, W_g, W_o]),
            np.concatenate([U_i, U_f, U_g, U_o]),
            np.concatenate([b_i, b_f, b_g, b_o]),
        )[2][place]

    return found


formula_gates = Formula(
    r"\begin{aligned} f_t &= \sigma(W_f x_t + U_f h_{t-1} + b_f) \\"
    r" i_t &= \sigma(W_i x_t + U_i h_{t-1} + b_i) \\"
    r" o_t &= \sigma(W_o x_t + U_o h_{t-1} + b_o) \\"
    r" g_t &= \tanh(W_g x_t + U_g h_{t-1} + b_g) \end{aligned}",
    {
        "x_t": _X,
        "h_{t-1}": _STATE,
        **_gate("f", "遗忘门", "forget gate"),
        **_gate("i", "输入门", "input gate"),
        **_gate("o", "输出门", "output gate"),
        **_gate("g", "候选值", "candidate"),
        r"\sigma": _SIGMA,
        "n": _N,
        "d": _D,
    },
    equals={
        "f_t": _lstm_gate(1),
        "i_t": _lstm_gate(0),
        "o_t": _lstm_gate(3),
        "g_t": _lstm_gate(2),
    },
)


def _unit(zh: str, en: str) -> kit.Symbol:
    return kit.array((zh, en), ("n",), 0.05, 0.95)


def _logit(p: np.ndarray) -> np.ndarray:
    return np.log(p / (1 - p))


def _with_gates(f_t, i_t, g_t, o_t, c_prev):
    """lstm_cell with weights 0 and biases that give these gates."""
    n = len(c_prev)
    b = np.concatenate([_logit(i_t), _logit(f_t), np.arctanh(g_t), _logit(o_t)])
    W_x, W_h = np.zeros((4 * n, 1)), np.zeros((4 * n, n))
    return lstm_cell(np.zeros(1), np.zeros(n), c_prev, W_x, W_h, b)


formula_memory = Formula(
    r"\begin{aligned} c_t &= f_t \odot c_{t-1} + i_t \odot g_t \\"
    r" h_t &= o_t \odot \tanh c_t \end{aligned}",
    {
        "f_t": _unit("遗忘门", "forget gate"),
        "i_t": _unit("输入门", "input gate"),
        "o_t": _unit("输出门", "output gate"),
        "g_t": kit.array(("候选值", "candidate"), ("n",), -0.95, 0.95),
        "c_{t-1}": kit.array(("上一步的记忆", "memory of the last step"), ("n",), -3, 3),
        "n": _N,
    },
    equals={
        "c_t": lambda f_t, i_t, g_t, c_prev: _with_gates(f_t, i_t, g_t, 0 * f_t + 0.5, c_prev)[1],
        "h_t": lambda f_t, i_t, g_t, o_t, c_prev: _with_gates(f_t, i_t, g_t, o_t, c_prev)[0],
    },
)


def _memory_slope(f_t, i_t, g_t, o_prev, c_prev, u_f, u_i, u_g):
    """dc_t/dc_(t-1) of one unit by a complex step, with h_(t-1) = o_(t-1) tanh c_(t-1)."""

    def memory(c):
        h = o_prev * np.tanh(c)
        rest = h - o_prev * np.tanh(c_prev)  # so that the gates have the given values at c_prev
        f = 1 / (1 + np.exp(-(_logit(f_t) + u_f * rest)))
        i = 1 / (1 + np.exp(-(_logit(i_t) + u_i * rest)))
        g = np.tanh(np.arctanh(g_t) + u_g * rest)
        return f * c + i * g

    return memory(c_prev + 1e-30j).imag / 1e-30


def _one(zh: str, en: str, low: float = 0.05, high: float = 0.95) -> kit.Symbol:
    return kit.scalar((zh, en), low, high)


formula_slope = Formula(
    r"\frac{d c_t}{d c_{t-1}} = f_t +"
    r" \left(c_{t-1} f_t (1 - f_t) u_f + g_t i_t (1 - i_t) u_i + i_t (1 - g_t^2) u_g\right)"
    r" o_{t-1} \left(1 - \tanh^2 c_{t-1}\right)",
    {
        "f_t": _one("遗忘门", "forget gate"),
        "i_t": _one("输入门", "input gate"),
        "g_t": _one("候选值", "candidate", -0.95, 0.95),
        "o_{t-1}": _one("上一步的输出门", "output gate of the last step"),
        "c_{t-1}": _one("上一步的记忆", "memory of the last step", -3, 3),
        "u_f": _one("遗忘门的循环权重", "recurrent weight of the forget gate", -3, 3),
        "u_i": _one("输入门的循环权重", "recurrent weight of the input gate", -3, 3),
        "u_g": _one("候选值的循环权重", "recurrent weight of the candidate", -3, 3),
    },
    equals=_memory_slope,
)

formula_keep = Formula(
    r"\sigma(b)^T = \exp\left(-T \ln(1 + e^{-b})\right)",
    {
        "b": kit.scalar(("遗忘门的预激活值", "pre-activation of the forget gate"), -3, 8),
        "T": kit.integer(("步数", "number of steps"), 1, 100),
        r"\sigma": _SIGMA,
    },
)


def _gru_part(place: int):
    """r, z, n or h as gru_cell computes it."""

    def found(x_t, h_prev, W_r, U_r, b_r, W_z, U_z, b_z, W_n, U_n, b_n, a_n):
        h, (r, z, n, _) = gru_cell(
            x_t,
            h_prev,
            np.concatenate([W_r, W_z, W_n]),
            np.concatenate([U_r, U_z, U_n]),
            np.concatenate([b_r, b_z, b_n]),
            np.concatenate([0 * a_n, 0 * a_n, a_n]),
        )
        return (r, z, n, h)[place]

    return found


formula_gru = Formula(
    r"\begin{aligned} r_t &= \sigma(W_r x_t + U_r h_{t-1} + b_r) \\"
    r" z_t &= \sigma(W_z x_t + U_z h_{t-1} + b_z) \\"
    r" n_t &= \tanh\left(W_n x_t + b_n + r_t \odot (U_n h_{t-1} + a_n)\right) \\"
    r" h_t &= (1 - z_t) \odot n_t + z_t \odot h_{t-1} \end{aligned}",
    {
        "x_t": _X,
        "h_{t-1}": kit.array(("上一步的状态", "state of the last step"), ("q",), -0.95, 0.95),
        **_gate("r", "重置门", "reset gate", "q"),
        **_gate("z", "更新门", "update gate", "q"),
        **_gate("n", "候选状态", "candidate state", "q"),
        "a_n": kit.array(
            ("候选状态的第二个偏置", "second bias of the candidate state"), ("q",), -1, 1
        ),
        r"\sigma": _SIGMA,
        "q": _N,
        "d": _D,
    },
    equals={
        "r_t": _gru_part(0),
        "z_t": _gru_part(1),
        "n_t": _gru_part(2),
        "h_t": _gru_part(3),
    },
)

formula_gru_count = Formula(
    r"P = 3 \left( h (d + h) + 2 h \right)",
    {
        "P": kit.integer(("参数个数", "number of parameters"), 1, 10**6),
        "d": kit.integer(("输入的维数", "inputs"), 1, 64),
        "h": kit.integer(("单元数", "units"), 1, 64),
    },
    equals=lambda d, h: 3 * h * d + 3 * h * h + 6 * h,
)
