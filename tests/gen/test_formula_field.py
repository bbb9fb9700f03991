"""Formulas of the field against functions written separately, with NumPy, SciPy or torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import scipy.special
import scipy.stats
import torch
import torch.nn.functional as F

from gen.formula import check
from snippets.kit import Formula, Symbol, array, constant, function, index, integer, scalar

M = ("符号", "symbol")


def real(low: float = -4.0, high: float = 4.0) -> Symbol:
    return scalar(M, low, high)


def vector(size: str = "n", low: float = -3.0, high: float = 3.0) -> Symbol:
    return array(M, (size,), low, high)


def matrix(rows: str, columns: str, low: float = -2.0, high: float = 2.0) -> Symbol:
    return array(M, (rows, columns), low, high)


def size(low: int = 2, high: int = 5) -> Symbol:
    return integer(M, low, high)


def upto(end: str | int) -> Symbol:
    return index(M, end)


def by_torch(function: Any) -> Any:
    """A torch function of one number, on Python floats."""
    return lambda x: function(torch.tensor(float(x), dtype=torch.float64)).numpy()


def t(value: Any) -> torch.Tensor:
    return torch.as_tensor(np.asarray(value), dtype=torch.float64)


@dataclass(frozen=True)
class Case:
    name: str
    formula: Formula


def case(name: str, latex: str, where: dict[str, Symbol], **given: Any) -> Case:
    return Case(name, Formula(latex, where=where, **given))


SIGMOID = function(M, scipy.special.expit)
RELU = function(M, lambda x: np.maximum(0, x))
SOFTMAX = function(M, lambda x: scipy.special.softmax(x, axis=-1))
N = {"n": size()}
I_N = {"n": size(), "i": upto("n")}
X = {"x": real()}


def lstm(part: int) -> Any:
    """Gate or state number ``part`` of torch's LSTM cell, from the same weights."""

    def run(x_t, h_prev, c_prev, W_f, W_i, W_g, W_o, b_f, b_i, b_g, b_o):  # type: ignore[no-untyped-def]
        joined = np.concatenate([h_prev, x_t])
        gates = [W @ joined + b for W, b in ((W_i, b_i), (W_f, b_f), (W_g, b_g), (W_o, b_o))]
        i, f, o = (scipy.special.expit(gates[k]) for k in (0, 1, 3))
        cell = torch.nn.LSTMCell(len(x_t), len(h_prev), dtype=torch.float64)
        with torch.no_grad():
            stacked = [W_i, W_f, W_g, W_o]
            cell.weight_hh.copy_(t(np.vstack([W[:, : len(h_prev)] for W in stacked])))
            cell.weight_ih.copy_(t(np.vstack([W[:, len(h_prev) :] for W in stacked])))
            cell.bias_ih.copy_(t(np.concatenate([b_i, b_f, b_g, b_o])))
            cell.bias_hh.zero_()
            h, c = cell(t(x_t)[None], (t(h_prev)[None], t(c_prev)[None]))
        return [f, i, np.tanh(gates[2]), o, c[0].numpy(), h[0].numpy()][part]

    return run


LSTM_WHERE = {
    "x_t": vector("d"),
    "h_{t-1}": vector("h"),
    "c_{t-1}": vector("h"),
    "d": integer(M, 3, 3),
    "h": integer(M, 2, 2),
    r"\sigma": SIGMOID,
    r"\operatorname{concat}": function(M, lambda a, b: np.concatenate([a, b])),
    **{f"W_{k}": array(M, ("h", 5), -2, 2) for k in "figo"},
    **{f"b_{k}": vector("h") for k in "figo"},
}


def chain_rule(part: str) -> Any:
    """Backpropagation through the 2-2-1 network by torch."""

    def run(x_1, x_2, w_11, w_12, w_21, w_22, v_1, v_2, y):  # type: ignore[no-untyped-def]
        W = t([[w_11, w_12], [w_21, w_22]]).requires_grad_()
        v = t([v_1, v_2]).requires_grad_()
        h = torch.sigmoid(W @ t([x_1, x_2]))
        out = v @ h
        loss = 0.5 * (out - t(y)) ** 2
        loss.backward()
        assert W.grad is not None
        assert v.grad is not None
        return {
            "h1": h[0].detach(),
            "h2": h[1].detach(),
            "out": out.detach(),
            "L": loss.detach(),
            "dv1": v.grad[0],
            "dw11": W.grad[0, 0],
            "dw21": W.grad[1, 0],
        }[part].numpy()

    return run


def adam(part: int) -> Any:
    """One step of torch's Adam from a given state."""

    def run(theta_prev, m_prev, v_prev, g_t, beta_1, beta_2, eta, eps, t_):  # type: ignore[no-untyped-def]
        weight = torch.nn.Parameter(t(theta_prev))
        optimizer = torch.optim.Adam([weight], lr=eta, betas=(beta_1, beta_2), eps=eps)
        weight.grad = t(g_t)
        optimizer.state[weight] = {
            "step": torch.tensor(float(t_) - 1),
            "exp_avg": t(m_prev).clone(),
            "exp_avg_sq": t(v_prev).clone(),
        }
        optimizer.step()
        state = optimizer.state[weight]
        m, v = state["exp_avg"].numpy(), state["exp_avg_sq"].numpy()
        unbiased = (m / (1 - beta_1**t_), v / (1 - beta_2**t_))
        return [m, v, *unbiased, weight.detach().numpy()][part]

    return run


def momentum(part: int) -> Any:
    def run(v, theta, g, mu, eta):  # type: ignore[no-untyped-def]
        weight = torch.nn.Parameter(t(theta))
        optimizer = torch.optim.SGD([weight], lr=eta, momentum=mu)
        weight.grad = t(g)
        optimizer.state[weight] = {"momentum_buffer": t(v).clone()}
        optimizer.step()
        buffer = optimizer.state[weight]["momentum_buffer"]
        return [buffer.numpy(), weight.detach().numpy()][part]

    return run


def torch_conv_size(H, k, p, s):  # type: ignore[no-untyped-def]
    image = torch.zeros(1, 1, int(H), 30)
    kernel = torch.zeros(1, 1, int(k), 1)
    return F.conv2d(image, kernel, stride=(int(s), 1), padding=(int(p), 0)).shape[2]


def receptive_field(k, s):  # type: ignore[no-untyped-def]
    """Counted from the top: each layer widens the field in the units of its input."""
    field = 1
    for kernel, stride in zip(reversed(k), reversed(s), strict=True):
        field = field * stride + kernel - stride
    return field


CASES = [
    case(
        "softmax",
        r"\sigma(z)_i = \frac{e^{z_i/\tau}}{\sum_{j=1}^{n} e^{z_j/\tau}}",
        {"z": vector(), r"\tau": real(0.5, 2), **I_N},
        equals=lambda z, tau: scipy.special.softmax(z / tau),
    ),
    case(
        "softmax-shifted",
        r"p_i = \frac{\exp(z_i - \max_k z_k)}{\sum_{j} \exp(z_j - \max_k z_k)}",
        {"z": vector(), **I_N, "j": upto("n"), "k": upto("n")},
        equals=lambda z: F.softmax(t(z), 0).numpy(),
    ),
    case(
        "log-sum-exp",
        r"\operatorname{LSE}(z) = m + \log \sum_{j=1}^n e^{z_j - m}",
        {"z": vector(), "m": real(), **N},
        equals=lambda z: scipy.special.logsumexp(z),
    ),
    case("sigmoid", r"\sigma(x) = \frac{1}{1+e^{-x}}", X, equals=lambda x: scipy.special.expit(x)),
    case(
        "tanh",
        r"\tanh(x) = \frac{e^x - e^{-x}}{e^x + e^{-x}} = 2\sigma(2x) - 1",
        {**X, r"\sigma": SIGMOID},
        equals=lambda x: np.tanh(x),
    ),
    case(
        "gelu-erf",
        r"\operatorname{GELU}(x) = \frac{x}{2}"
        r"\left(1 + \operatorname{erf}\left(\frac{x}{\sqrt{2}}\right)\right)",
        X,
        equals=lambda x: x * scipy.stats.norm.cdf(x),
    ),
    case(
        "gelu-tanh",
        r"g(x) = 0.5x\left(1 + \tanh\left[\sqrt{2/\pi}\left(x + 0.044715x^3\right)\right]\right)",
        X,
        equals=by_torch(lambda x: F.gelu(x, approximate="tanh")),
    ),
    case(
        "silu",
        r"\operatorname{SiLU}(x) = x\,\sigma(x) = \frac{x}{1+e^{-x}}",
        {**X, r"\sigma": SIGMOID},
        equals=by_torch(F.silu),
    ),
    case("mish", r"\operatorname{Mish}(x) = x \tanh(\ln(1+e^x))", X, equals=by_torch(F.mish)),
    case(
        "relu", r"\operatorname{ReLU}(x) = \max(0, x) = \frac{x+|x|}{2}", X, equals=by_torch(F.relu)
    ),
    case(
        "elu",
        r"f(x) = \begin{cases} x & \text{if } x > 0 \\ \alpha(e^x - 1) & x \le 0 \end{cases}",
        {**X, r"\alpha": real(0.2, 2)},
        equals=lambda x, alpha: F.elu(t(x), alpha).numpy(),
    ),
    case(
        "selu",
        r"\operatorname{SELU}(x) = \lambda"
        r" \begin{cases} x, & x > 0 \\ \alpha e^x - \alpha, & \text{otherwise} \end{cases}",
        {
            **X,
            r"\lambda": constant(M, 1.0507009873554805),
            r"\alpha": constant(M, 1.6732632423543772),
        },
        equals=by_torch(F.selu),
        tolerance=1e-9,
    ),
    case(
        "hardswish",
        r"h(x) = \begin{cases} 0 & x \le -3 \\ x & x \ge 3 \\ x(x+3)/6 & -3 < x < 3 \end{cases}",
        {"x": real(-6, 6)},
        equals=by_torch(F.hardswish),
    ),
    case(
        "maxout",
        r"h_i = \max_{j} \left(w_{ij} x + b_{ij}\right)",
        {"w": matrix("n", "k"), "b": matrix("n", "k"), **X, **I_N, "k": size(), "j": upto("k")},
        equals=lambda w, x, b: (t(w) * float(x) + t(b)).max(dim=1).values.numpy(),
    ),
    case(
        "softplus",
        r"s(x) = \frac1\beta \log\left(1 + e^{\beta x}\right)",
        {**X, r"\beta": real(0.5, 3)},
        equals=lambda x, beta: F.softplus(t(x), beta).numpy(),
    ),
    case(
        "leaky-relu",
        r"f(x) = \max(0,x) + \alpha\min(0,x)",
        {**X, r"\alpha": real(0.01, 0.5)},
        equals=lambda x, alpha: F.leaky_relu(t(x), alpha).numpy(),
    ),
    case(
        "batch-norm",
        r"""\begin{aligned}
        \mu &= \frac{1}{m} \sum_{i=1}^{m} x_i \\
        \sigma^2 &= \frac{1}{m} \sum_{i=1}^{m} (x_i - \mu)^2 \\
        \hat{x}_i &= \frac{x_i - \mu}{\sqrt{\sigma^2 + \epsilon}} \\
        y_i &= \gamma \hat x_i + \beta
        \end{aligned}""",
        {
            "x": vector("m"),
            "m": size(),
            "i": upto("m"),
            r"\epsilon": real(1e-3, 0.1),
            r"\gamma": real(0.5, 2),
            r"\beta": real(),
        },
        equals={
            r"\mu": lambda x: np.mean(x),
            r"\sigma^2": lambda x: np.var(x),
            r"\hat{x}_i": lambda x, eps: F.batch_norm(
                t(x)[:, None], None, None, training=True, eps=eps
            )[:, 0].numpy(),
            "y_i": lambda x, eps, gamma, beta: F.batch_norm(
                t(x)[:, None], None, None, t([gamma]), t([beta]), True, eps=eps
            )[:, 0].numpy(),
        },
    ),
    case(
        "layer-norm",
        r"y = \gamma \odot \frac{x - \operatorname{mean}(x)}"
        r"{\sqrt{\tfrac1n \|x - \operatorname{mean}(x)\|_2^2 + \epsilon}} + \beta",
        {
            "x": vector(),
            r"\gamma": vector(),
            r"\beta": vector(),
            **N,
            r"\epsilon": real(1e-3, 0.1),
            r"\operatorname{mean}": function(M, lambda x: sum(x) / len(x)),
        },
        equals=lambda x, gamma, beta, eps: F.layer_norm(
            t(x), x.shape, t(gamma), t(beta), eps
        ).numpy(),
    ),
    case(
        "rms-norm",
        r"y_i = \frac{g_i x_i}{\sqrt{\frac{1}{n}\sum_{j=1}^n x_j^2 + \varepsilon}}",
        {"x": vector(), "g": vector(), **I_N, r"\varepsilon": real(1e-3, 0.1)},
        equals=lambda x, g, eps: F.rms_norm(t(x), x.shape, t(g), eps).numpy(),
    ),
    case(
        "cross-entropy",
        r"L = -\sum_{i=1}^{n} y_i \log p_i",
        {"y": vector(low=0.1, high=1), "p": vector(low=0.1, high=1), **N},
        equals=lambda y, p: scipy.special.rel_entr(y, p).sum() + scipy.special.entr(y).sum(),
    ),
    case(
        "binary-cross-entropy",
        r"\ell(y, p) = -y\log p - (1-y)\log(1-p)",
        {"y": real(0, 1), "p": real(0.05, 0.95)},
        equals=lambda y, p: F.binary_cross_entropy(t(p), t(y)).numpy(),
    ),
    case(
        "kl",
        r"D_{\mathrm{KL}}(p \,\|\, q) = \sum_i p_i \log\frac{p_i}{q_i}",
        {"p": vector(low=0.1, high=1), "q": vector(low=0.1, high=1), **I_N},
        equals=lambda p, q: scipy.special.rel_entr(p, q).sum(),
    ),
    case(
        "huber",
        r"L_\delta(a) = \begin{cases} \frac12 a^2 & |a| \le \delta \\"
        r" \delta(|a| - \frac12\delta) & \text{otherwise} \end{cases}",
        {"a": real(), r"\delta": real(0.5, 2)},
        equals=lambda a, delta: F.huber_loss(t(a), t(0), delta=float(delta)).numpy(),
    ),
    case(
        "focal",
        r"\operatorname{FL}(p) = -\alpha (1-p)^\gamma \log p",
        {"p": real(0.05, 0.95), r"\alpha": real(0.2, 1), r"\gamma": real(0, 4)},
        equals=lambda p, alpha, gamma: alpha * np.exp(gamma * np.log1p(-p)) * -np.log(p),
    ),
    case(
        "hinge",
        r"L = \sum_{j \ne k} \max(0, s_j - s_k + 1)",
        {"s": vector(), **N, "j": upto("n"), "k": constant(M, 2)},
        equals=lambda s: F.multi_margin_loss(t(s), torch.tensor(1)).numpy() * len(s),
    ),
    case(
        "triplet",
        r"L = \max\{0, \|a-p\|_2 - \|a-q\|_2 + \alpha\}",
        {"a": vector(), "p": vector(), "q": vector(), **N, r"\alpha": real(0.2, 3)},
        equals=lambda a, p, q, alpha: F.triplet_margin_loss(
            t(a), t(p), t(q), margin=float(alpha), eps=0.0
        ).numpy(),
    ),
    case(
        "mse",
        r"L = \frac{1}{n}\sum_{i=1}^n (y_i - \hat y_i)^2 = \frac1n \|y - \hat{y}\|^2",
        {"y": vector(), r"\hat{y}": vector(), **N},
        equals=lambda y, y_hat: F.mse_loss(t(y), t(y_hat)).numpy(),
    ),
    case(
        "conv-size",
        r"o = \left\lfloor \frac{H + 2p - k}{s} \right\rfloor + 1",
        {
            "H": integer(M, 8, 20),
            "p": integer(M, 0, 3),
            "k": integer(M, 1, 5),
            "s": integer(M, 1, 4),
        },
        equals=torch_conv_size,
    ),
    case(
        "receptive-field",
        r"r = 1 + \sum_{l=1}^{L} (k_l - 1) \prod_{i=1}^{l-1} s_i",
        {"k": array(M, ("L",), 1, 5), "s": array(M, ("L",), 1, 3), "L": size(1, 4)},
        equals=receptive_field,
    ),
    case(
        "adam",
        r"""\begin{aligned}
        m_t &= \beta_1 m_{t-1} + (1-\beta_1) g_t \\
        v_t &= \beta_2 v_{t-1} + (1-\beta_2) g_t^2 \\
        \hat m_t &= \frac{m_t}{1-\beta_1^t}, \quad \hat v_t = \frac{v_t}{1-\beta_2^t} \\
        \theta_t &= \theta_{t-1} - \eta \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon}
        \end{aligned}""",
        {
            r"\theta_{t-1}": vector(),
            "m_{t-1}": vector(),
            "v_{t-1}": vector(low=0.1),
            "g_t": vector(),
            r"\beta_1": real(0.5, 0.95),
            r"\beta_2": real(0.5, 0.95),
            r"\eta": real(0.01, 0.5),
            r"\epsilon": real(1e-3, 0.1),
            "t": integer(M, 1, 8),
            **N,
        },
        equals={
            "m_t": adam(0),
            "v_t": adam(1),
            r"\hat{m}_t": adam(2),
            r"\hat{v}_t": adam(3),
            r"\theta_t": adam(4),
        },
    ),
    case(
        "momentum",
        r"v \leftarrow \mu v + g \\ \theta \leftarrow \theta - \eta v",
        {
            "v": vector(),
            r"\theta": vector(),
            "g": vector(),
            **N,
            r"\mu": real(0.1, 0.99),
            r"\eta": real(0.01, 0.5),
        },
        equals={"v": momentum(0), r"\theta": momentum(1)},
    ),
    case(
        "lstm",
        r"""\begin{aligned}
        f_t &= \sigma(W_f \operatorname{concat}(h_{t-1}, x_t) + b_f) \\
        i_t &= \sigma(W_i \operatorname{concat}(h_{t-1}, x_t) + b_i) \\
        \tilde{c}_t &= \tanh(W_g \operatorname{concat}(h_{t-1}, x_t) + b_g) \\
        o_t &= \sigma(W_o \operatorname{concat}(h_{t-1}, x_t) + b_o) \\
        c_t &= f_t \odot c_{t-1} + i_t \odot \tilde c_t \\
        h_t &= o_t \odot \tanh(c_t)
        \end{aligned}""",
        LSTM_WHERE,
        equals={
            "f_t": lstm(0),
            "i_t": lstm(1),
            r"\tilde{c}_t": lstm(2),
            "o_t": lstm(3),
            "c_t": lstm(4),
            "h_t": lstm(5),
        },
        samples=20,
    ),
    case(
        "attention",
        r"\operatorname{Attention}(Q,K,V)"
        r" = \operatorname{softmax}\left(\frac{QK^\top}{\sqrt{d_k}}\right)V",
        {
            "Q": matrix("m", "d_k"),
            "K": matrix("n", "d_k"),
            "V": matrix("n", "d_v"),
            "m": size(),
            "n": size(),
            "d_k": size(),
            "d_v": size(),
            r"\operatorname{softmax}": SOFTMAX,
        },
        equals=lambda Q, K, V: F.scaled_dot_product_attention(t(Q), t(K), t(V)).numpy(),
    ),
    case(
        "xavier",
        r"a = \sqrt{\frac{6}{n_{\text{in}} + n_{\text{out}}}}",
        {r"n_{\text{in}}": size(20, 30), r"n_{\text{out}}": size(1, 9)},
        equals=lambda n_in, n_out: np.sqrt(3) * np.sqrt(2 / (n_in + n_out)),
    ),
    case(
        "he",
        r"\sigma = \sqrt{\frac{2}{1+a^2}} / \sqrt{n}",
        {"n": size(), "a": real(0, 2)},
        equals=lambda n, a: torch.nn.init.calculate_gain("leaky_relu", float(a)) * n**-0.5,
    ),
    case(
        "chain-rule",
        r"""\begin{aligned}
        h_1 &= \sigma(w_{11} x_1 + w_{12} x_2) \\
        h_2 &= \sigma(w_{21} x_1 + w_{22} x_2) \\
        \hat y &= v_1 h_1 + v_2 h_2 \\
        L &= \tfrac12 (\hat y - y)^2 \\
        \frac{\partial L}{\partial v_1} &= (\hat y - y) h_1 \\
        \frac{\partial L}{\partial w_{11}} &= (\hat y - y) v_1 h_1 (1 - h_1) x_1 \\
        \frac{\partial L}{\partial w_{21}} &= (\hat y - y) v_2 h_2 (1 - h_2) x_1
        \end{aligned}""",
        {
            **{k: real(-2, 2) for k in ("x_1", "x_2", "v_1", "v_2", "y")},
            **{f"w_{{{k}}}": real(-2, 2) for k in ("11", "12", "21", "22")},
            r"\sigma": SIGMOID,
        },
        equals={
            "h_1": chain_rule("h1"),
            "h_2": chain_rule("h2"),
            r"\hat y": chain_rule("out"),
            "L": chain_rule("L"),
            r"\frac{\partial L}{\partial v_1}": chain_rule("dv1"),
            r"\frac{\partial L}{\partial w_{11}}": chain_rule("dw11"),
            r"\frac{\partial L}{\partial w_{21}}": chain_rule("dw21"),
        },
    ),
    case(
        "softmax-jacobian",
        r"\frac{\partial p_i}{\partial z_j} = p_i (\delta_{ij} - p_j)",
        {
            "p": vector(low=0, high=1),
            **I_N,
            "j": upto("n"),
            r"\delta": function(M, lambda i, j: float(i == j)),
        },
        equals=lambda p: np.diag(p) - np.outer(p, p),
    ),
    case(
        "softmax-jacobian-matrix",
        r"J = \operatorname{diag}(p) - pp^\top",
        {"p": vector(), **N},
        equals=lambda p: np.array(
            [[a * ((i == j) - b) for j, b in enumerate(p)] for i, a in enumerate(p)]
        ),
    ),
    case(
        "cross-entropy-gradient",
        r"""\begin{aligned} p_i &= \frac{e^{z_i}}{\sum_j e^{z_j}} \\
        \frac{\partial L}{\partial z_i} &= p_i - y_i \\
        \frac{\partial L}{\partial W_{ij}} &= \frac{\partial L}{\partial z_i} x_j \end{aligned}""",
        {"z": vector(), "y": vector(), "x": vector("n"), **I_N, "j": upto("n")},
        equals={
            "p_i": lambda z: scipy.special.softmax(z),
            r"\frac{\partial L}{\partial z_i}": lambda z, y: scipy.special.softmax(z) - y,
            r"\frac{\partial L}{\partial W_{ij}}": lambda z, y, x: np.outer(
                scipy.special.softmax(z) - y, x
            ),
        },
    ),
    case(
        "cosine",
        r"\cos(a, b) = \frac{a^\top b}{\|a\| \|b\|}"
        r" = \frac{a \cdot b}{\sqrt{\sum_i a_i^2}\sqrt{\sum_i b_i^2}}",
        {"a": vector(low=0.5), "b": vector(low=0.5), **I_N},
        equals=lambda a, b: F.cosine_similarity(t(a), t(b), dim=0).numpy(),
    ),
    case(
        "quadratic-form",
        r"q = x^\top A x = \sum_i \sum_j x_i A_{ij} x_j",
        {"x": vector(), "A": matrix("n", "n"), **I_N, "j": upto("n")},
        equals=lambda x, A: np.einsum("i,ij,j", x, A, x),
    ),
    case(
        "convolution",
        r"y_i = \sum_{k=1}^{K} w_k x_{i+k-1}",
        {
            "w": vector("K"),
            "x": vector("n"),
            "K": size(2, 3),
            "n": size(6, 6),
            "m": integer(M, 4, 4),
            "i": upto("m"),
        },
        equals=lambda w, x: np.correlate(x, w, "valid")[:4],
    ),
    case(
        "perplexity",
        r"\operatorname{PPL} = \exp\left(-\frac{1}{T}\sum_{t=1}^{T} \ln p_t\right)",
        {"p": vector("T", 0.1, 1), "T": size()},
        equals=lambda p: 1 / scipy.stats.gmean(p),
    ),
    case(
        "f1",
        r"F_1 = \frac{2PR}{P+R} = \frac{2}{P^{-1} + R^{-1}}",
        {"P": real(0.1, 1), "R": real(0.1, 1)},
        equals=lambda P, R: scipy.stats.hmean([P, R]),
    ),
    case(
        "cosine-schedule",
        r"\eta_t = \eta_{\min} + \frac12 (\eta_{\max} - \eta_{\min})"
        r" \left(1 + \cos\left(\frac{t\pi}{T}\right)\right)",
        {
            r"\eta_{\min}": real(0, 0.1),
            r"\eta_{\max}": real(0.2, 1),
            "t": integer(M, 0, 10),
            "T": integer(M, 11, 30),
        },
        equals=lambda eta_min, eta_max, t, T: (
            eta_min + (eta_max - eta_min) * np.square(np.cos(np.pi * t / T / 2))
        ),
    ),
    case(
        "gaussian-kl",
        r"D = \log\frac{\sigma_2}{\sigma_1}"
        r" + \frac{\sigma_1^2 + (\mu_1 - \mu_2)^2}{2\sigma_2^2} - \frac12",
        {r"\sigma_1": real(0.5, 2), r"\sigma_2": real(0.5, 2), r"\mu_1": real(), r"\mu_2": real()},
        equals=lambda sigma_1, sigma_2, mu_1, mu_2: torch.distributions.kl_divergence(
            torch.distributions.Normal(t(mu_1), t(sigma_1)),
            torch.distributions.Normal(t(mu_2), t(sigma_2)),
        ).numpy(),
    ),
    case(
        "clip",
        r"\operatorname{clip}(g) = g \min\left(1, \frac{c}{\|g\|_2}\right)",
        {"g": vector(low=0.1), **N, "c": real(0.5, 3)},
        equals=lambda g, c: g * (c / np.hypot.reduce(g) if np.hypot.reduce(g) > c else 1),
    ),
    case(
        "dense",
        r"h = \operatorname{ReLU}(Wx + b)",
        {
            "W": matrix("m", "n"),
            "x": vector(),
            "b": vector("m"),
            "m": size(),
            **N,
            r"\operatorname{ReLU}": RELU,
        },
        equals=lambda W, x, b: F.relu(F.linear(t(x), t(W), t(b))).numpy(),
    ),
    case(
        "accuracy",
        r"a = \frac1n \sum_{i=1}^n \mathbb{1}[s_i > 0]",
        {"s": vector(), **N},
        equals=lambda s: np.mean(s > 0),
    ),
    case(
        "bits",
        r"H = -\sum_i p_i \log_2 p_i",
        {"p": vector(low=0.1, high=1), **I_N},
        equals=lambda p: (
            scipy.stats.entropy(p / p.sum(), base=2) * p.sum() - p.sum() * np.log2(p.sum())
        ),
    ),
    case(
        "sigmoid-slope",
        r"\sigma'(x) = \sigma(x)\,(1 - \sigma(x))",
        {**X, r"\sigma": SIGMOID},
        derivative_of=lambda x: 1 / (1 + np.exp(-x)),
        autograd=lambda x: torch.sigmoid(x),
    ),
    case(
        "tanh-slope",
        r"\frac{d}{dx}\tanh(x) = 1 - \tanh^2(x)",
        X,
        derivative_of=lambda x: np.tanh(x),
        autograd=lambda x: torch.tanh(x),
    ),
    case(
        "relu-slope",
        r"f'(x) = \begin{cases} 1 & x > 0 \\ 0 & x \le 0 \end{cases}",
        X,
        derivative_of=lambda x: np.maximum(0, x),
        autograd=lambda x: F.relu(x),
    ),
    case(
        "softmax-slope",
        r"\frac{\partial \sigma(z)_i}{\partial z_j} = s(z)_i (\mathbb{1}[i=j] - s(z)_j)",
        {"z": vector(), **I_N, "j": upto("n"), "s": SOFTMAX},
        derivative_of=lambda z: np.exp(z) / np.exp(z).sum(),
        autograd=lambda z: F.softmax(z, 0),
        wrt="z",
        samples=50,
    ),
    case(
        "claim-range",
        r"0 < \sigma'(x) = \sigma(x)\sigma(-x) \le \frac14",
        {**X, r"\sigma": SIGMOID, r"\sigma'": function(M, lambda x: 0.25 / np.cosh(x / 2) ** 2)},
    ),
    case(
        "claim-max",
        r"\max_x \sigma(x)\left(1-\sigma(x)\right) = \frac14",
        {**X, r"\sigma": SIGMOID},
    ),
    case(
        "claim-sum", r"\sum_{i=1}^n \frac{e^{z_i}}{\sum_{j=1}^n e^{z_j}} = 1", {"z": vector(), **N}
    ),
    case(
        "claim-limit",
        r"\lim_{x\to\infty} \tanh(x) = 1, \quad \lim_{x \to 0} \frac{e^x - 1}{x} = 1",
        {},
    ),
    case("claim-approx", r"\sqrt{\frac{2}{\pi}} \approx 0.798", {}),
    case("claim-interval", r"\tanh(x) \in (-1, 1)", X),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_formula_holds(case: Case) -> None:
    outcome = check(case.formula)
    assert outcome.error <= max(case.formula.tolerance, 1e-7 * (outcome.kind == "derivative"))
    assert outcome.samples >= 1
