"""The table of rules: each layer with formulas that the build holds against autograd."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from snippets import kit
from snippets.activations.relu import relu
from snippets.activations.sigmoid_tanh import sigmoid
from snippets.activations.softmax import log_softmax, softmax
from snippets.backprop.cnn_backprop import conv2d
from snippets.kit import Formula, Pair, Symbol, Table, Tr

SAMPLES = 30


def _grad(function: Callable[..., Any], by: str) -> Callable[..., Any]:
    """The gradient by one argument of Σ g · function(...), by PyTorch, as a NumPy function."""

    def gradient(g: Any, **inputs: Any) -> np.ndarray:
        import torch

        tensors = {
            name: torch.tensor(np.asarray(value, dtype=float), requires_grad=name == by)
            for name, value in inputs.items()
        }
        total = (torch.tensor(np.asarray(g, dtype=float)) * function(**tensors)).sum()
        return torch.autograd.grad(total, tensors[by])[0].numpy()

    return gradient


@dataclass(frozen=True)
class Rule:
    """One row: what the layer computes, its gradients, and what the way back needs."""

    name: Pair
    forward: Formula
    by_input: Formula
    by_parameters: Formula | None
    kept: Pair


# --------------------------------------------------------------------------- symbols

_N = kit.integer(("个数", "how many"), 2, 5)
_VECTOR = kit.array(("输入", "the input"), ("n",), -2, 2)
_UP = kit.array(("上游梯度 ∂L/∂y", "upstream gradient ∂L/∂y"), ("n",), -2, 2)
_I = kit.index(("分量", "an entry"), "n")
_J = kit.index(("分量", "an entry"), "n")
_ELEMENTS: dict[str, Symbol] = {"x": _VECTOR, "n": _N, "i": _I}


def _one(latex: str, where: dict[str, Symbol], function: Callable[..., Any]) -> Formula:
    return Formula(latex, where, equals=function, samples=SAMPLES)


def _elementwise(
    name: Pair,
    symbol: str,
    forward: Callable[..., Any],
    slope: str,
    torch_name: str,
    kept: Pair,
) -> Rule:
    def of_torch(x):
        import torch

        return getattr(torch, torch_name)(x)

    function = {symbol: kit.function(name, forward)} if symbol != r"\tanh" else {}
    gradient = _grad(of_torch, "x")
    used = function if symbol in slope else {}
    return Rule(
        name,
        _one(rf"y_i = {symbol}(x_i)", {**_ELEMENTS, **function}, lambda x: forward(x)),
        _one(
            rf"\frac{{\partial L}}{{\partial x_i}} = {slope}",
            {**_ELEMENTS, "g": _UP, **used},
            lambda x, g: gradient(g, x=x),
        ),
        None,
        kept,
    )


# --------------------------------------------------------------------------- affine


def _torch_affine(X, W, b):
    return X @ W + b


_MATRICES: dict[str, Symbol] = {
    "X": kit.array(("输入，一行一个样本", "the input, one example a row"), ("n", "d"), -2, 2),
    "W": kit.array(("权重", "weights"), ("d", "m"), -2, 2),
    "b": kit.array(("偏置", "biases"), ("m",), -2, 2),
    "n": _N,
    "d": _N,
    "m": _N,
}
_G = kit.array(("上游梯度 ∂L/∂Y", "upstream gradient ∂L/∂Y"), ("n", "m"), -2, 2)


def _without(names: str, where: dict[str, Symbol]) -> dict[str, Symbol]:
    return {name: symbol for name, symbol in where.items() if name not in names}


_AFFINE = Rule(
    ("仿射", "affine"),
    _one(r"Y = X W + b", _MATRICES, lambda X, W, b: X @ W + b),
    _one(
        r"\frac{\partial L}{\partial X} = G W^\top",
        {**_without("Xb", _MATRICES), "G": _G},
        lambda W, G: _grad(_torch_affine, "X")(
            G, X=np.zeros((len(G), len(W))), W=W, b=np.zeros(W.shape[1])
        ),
    ),
    Formula(
        r"\frac{\partial L}{\partial W} = X^\top G, \quad"
        r" \frac{\partial L}{\partial b_j} = \sum_{i} G_{ij}",
        {
            **_without("Wb", _MATRICES),
            "G": _G,
            "i": kit.index(("样本", "an example"), "n"),
            "j": kit.index(("单元", "a unit"), "m"),
        },
        equals={
            r"\frac{\partial L}{\partial W}": lambda X, G: _affine_gradients(X, G)["W"],
            r"\frac{\partial L}{\partial b_j}": lambda X, G: _affine_gradients(X, G)["b"],
        },
        samples=SAMPLES,
    ),
    ("$X$, $W$", "$X$, $W$"),
)


def _affine_gradients(X, G) -> dict[str, np.ndarray]:
    inputs = {"X": X, "W": np.ones((X.shape[1], G.shape[1])), "b": np.ones(G.shape[1])}
    return {name: _grad(_torch_affine, name)(G, **inputs) for name in ("W", "b")}


# --------------------------------------------------------------------------- convolution


def _corr(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return conv2d(x[None, None], w[None, None])[0, 0]


def _torch_corr(X, W, b):
    import torch.nn.functional as F

    return F.conv2d(X[None, None], W[None, None])[0, 0] + b


_CORR = {r"\operatorname{corr}": kit.function(("互相关", "cross-correlation"), _corr)}
_GRID = {
    "X": kit.array(("输入", "the input"), (4, 4), -2, 2),
    "W": kit.array(("卷积核", "the kernel"), (3, 3), -2, 2),
    "G": kit.array(("上游梯度", "upstream gradient"), (2, 2), -2, 2),
}


def _conv_gradient(by: str, G, **inputs) -> np.ndarray:
    filled = {"X": np.ones((4, 4)), "W": np.ones((3, 3)), "b": 0.0, **inputs}
    return _grad(_torch_corr, by)(G, **filled)


_CONV = Rule(
    ("卷积", "convolution"),
    _one(
        r"Y = \operatorname{corr}(X, W) + b",
        {"X": _GRID["X"], "W": _GRID["W"], "b": kit.scalar(("偏置", "bias"), -2, 2), **_CORR},
        lambda X, W, b: _corr(X, W) + b,
    ),
    _one(
        r"\frac{\partial L}{\partial X} ="
        r" \operatorname{corr}(\operatorname{pad}(G), \operatorname{flip}(W))",
        {
            "W": _GRID["W"],
            "G": _GRID["G"],
            **_CORR,
            r"\operatorname{pad}": kit.function(
                ("四周补 k − 1 圈零", "k − 1 rings of zeros"), lambda g: np.pad(g, 2)
            ),
            r"\operatorname{flip}": kit.function(
                ("上下左右翻转", "flipped both ways"), lambda w: w[::-1, ::-1]
            ),
        },
        lambda W, G: _conv_gradient("X", G, W=W),
    ),
    Formula(
        r"\frac{\partial L}{\partial W} = \operatorname{corr}(X, G), \quad"
        r" \frac{\partial L}{\partial b} = \sum_{i} \sum_{j} G_{ij}",
        {
            "X": _GRID["X"],
            "G": _GRID["G"],
            "i": kit.index(("行", "row"), 2),
            "j": kit.index(("列", "column"), 2),
            **_CORR,
        },
        equals={
            r"\frac{\partial L}{\partial W}": lambda X, G: _conv_gradient("W", G, X=X),
            r"\frac{\partial L}{\partial b}": lambda X, G: _conv_gradient("b", G, X=X),
        },
        samples=SAMPLES,
    ),
    ("$X$, $W$", "$X$, $W$"),
)

# --------------------------------------------------------------------------- pooling

_SCALAR_UP = kit.scalar(("上游梯度", "upstream gradient"), -2, 2)
_WINDOW: dict[str, Symbol] = {"x": _VECTOR, "g": _SCALAR_UP, "n": _N, "i": _I}


def _torch_max_pool(x):
    import torch.nn.functional as F

    return F.max_pool1d(x[None], len(x))


_POOLS = [
    Rule(
        ("最大池化", "max pooling"),
        _one(r"y = \max_{i} x_i", _ELEMENTS, lambda x: x.max()),
        _one(
            r"\frac{\partial L}{\partial x_i} = g\,\mathbf{1}[i = \operatorname{argmax}(x)]",
            {
                **_WINDOW,
                r"\operatorname{argmax}": kit.function(
                    ("最大值的位置，并列时取第一个", "place of the maximum, of equals the first"),
                    lambda x: int(np.argmax(x)) + 1,
                ),
            },
            lambda x, g: _grad(_torch_max_pool, "x")(g, x=x),
        ),
        None,
        ("位置", "position"),
    ),
    Rule(
        ("平均池化", "average pooling"),
        _one(r"y = \frac{1}{n} \sum_{i} x_i", _ELEMENTS, lambda x: x.mean()),
        _one(
            r"\frac{\partial L}{\partial x_i} = \frac{g}{n}",
            _WINDOW,
            lambda x, g: _grad(lambda x: x.mean(), "x")(g, x=x),
        ),
        None,
        ("形状", "shape"),
    ),
]

# --------------------------------------------------------------------------- activations

_ACTIVATIONS = [
    _elementwise(
        ("ReLU", "ReLU"),
        r"\operatorname{ReLU}",
        relu,
        r"g_i\,\mathbf{1}[x_i > 0]",
        "relu",
        ("符号", "signs"),
    ),
    _elementwise(
        ("sigmoid", "sigmoid"),
        r"\sigma",
        sigmoid,
        r"g_i\,\sigma(x_i)\,(1 - \sigma(x_i))",
        "sigmoid",
        ("$y$", "$y$"),
    ),
    _elementwise(
        ("tanh", "tanh"), r"\tanh", np.tanh, r"g_i\,(1 - \tanh^2(x_i))", "tanh", ("$y$", "$y$")
    ),
]

# --------------------------------------------------------------------------- softmax and losses


def _torch_softmax(x):
    return x.softmax(-1)


_P = {"p": kit.function(("softmax", "softmax"), softmax)}
_TARGET = kit.array(("目标", "the target"), ("n",), -2, 2)
_CLASS = kit.integer(("正确的类别", "the correct class"), 1, 3)
_LOGITS = kit.array(("logits，共三类", "logits of three classes"), (3,), -3, 3)


def _torch_cross_entropy(y: float):
    return lambda x: -x.log_softmax(-1)[int(y) - 1]


_LOSSES = [
    Rule(
        ("softmax", "softmax"),
        _one(
            r"y_i = \frac{e^{x_i}}{\sum_{j} e^{x_j}}", {**_ELEMENTS, "j": _J}, lambda x: softmax(x)
        ),
        _one(
            r"\frac{\partial L}{\partial x_i} ="
            r" p(x)_i \left(g_i - \sum_{j} g_j\, p(x)_j\right)",
            {**_ELEMENTS, "g": _UP, "j": _J, **_P},
            lambda x, g: _grad(_torch_softmax, "x")(g, x=x),
        ),
        None,
        ("$y$", "$y$"),
    ),
    Rule(
        ("softmax 交叉熵", "softmax + CE"),
        Formula(
            r"L = -x_y + \ln \sum_{j} e^{x_j}",
            {"x": _LOGITS, "y": _CLASS, "j": kit.index(("类别", "a class"), 3)},
            equals=lambda x, y: -log_softmax(x)[int(y) - 1],
            samples=SAMPLES,
        ),
        _one(
            r"\frac{\partial L}{\partial x_i} = p(x)_i - \mathbf{1}[i = y]",
            {"x": _LOGITS, "y": _CLASS, "i": kit.index(("类别", "a class"), 3), **_P},
            lambda x, y: _grad(_torch_cross_entropy(y), "x")(1.0, x=x),
        ),
        None,
        ("概率", "probabilities"),
    ),
    Rule(
        ("均方误差", "MSE"),
        _one(
            r"L = \frac{1}{n} \sum_{i} (x_i - t_i)^2",
            {**_ELEMENTS, "t": _TARGET},
            lambda x, t: np.mean((x - t) ** 2),
        ),
        _one(
            r"\frac{\partial L}{\partial x_i} = \frac{2}{n} (x_i - t_i)",
            {**_ELEMENTS, "t": _TARGET},
            lambda x, t: _grad(lambda x, t: ((x - t) ** 2).mean(), "x")(1.0, x=x, t=t),
        ),
        None,
        ("$x - t$", "$x - t$"),
    ),
]

# --------------------------------------------------------------------------- norm, dropout, skip

EPS = 1e-5


def _spread(x: np.ndarray) -> np.ndarray:
    return np.sqrt(np.var(x) + EPS)


def _normal(x: np.ndarray) -> np.ndarray:
    return (x - np.mean(x)) / _spread(x)


def _torch_norm(x, gamma, beta):
    return gamma * (x - x.mean()) / (x.var(unbiased=False) + EPS).sqrt() + beta


_U = {"u": kit.function(("归一化后的 x", "x normalised over the batch"), _normal)}
_S = {"s": kit.function(("标准差，含 ε", "standard deviation, ε included"), _spread)}
_GAMMA = kit.scalar(("缩放", "scale"), 0.5, 2)
_BETA = kit.scalar(("平移", "shift"), -1, 1)
_BATCH = {**_ELEMENTS, "n": kit.integer(("批大小", "batch size"), 3, 6)}

_NORM = Rule(
    ("批归一化", "batch norm"),
    _one(
        r"y_i = \gamma\, u(x)_i + \beta",
        {**_BATCH, r"\gamma": _GAMMA, r"\beta": _BETA, **_U},
        lambda x, gamma, beta: gamma * _normal(x) + beta,
    ),
    _one(
        r"\frac{\partial L}{\partial x_i} = \frac{\gamma}{s(x)} \left(g_i -"
        r" \frac{1}{n} \sum_{j} g_j - u(x)_i\, \frac{1}{n} \sum_{j} g_j\, u(x)_j\right)",
        {**_BATCH, "g": _UP, r"\gamma": _GAMMA, "j": _J, **_U, **_S},
        lambda x, g, gamma: _grad(_torch_norm, "x")(g, x=x, gamma=gamma, beta=0.0),
    ),
    Formula(
        r"\frac{\partial L}{\partial \gamma} = \sum_{i} g_i\, u(x)_i, \quad"
        r" \frac{\partial L}{\partial \beta} = \sum_{i} g_i",
        {**_BATCH, "g": _UP, **_U},
        equals={
            r"\frac{\partial L}{\partial \gamma}": lambda x, g: _grad(_torch_norm, "gamma")(
                g, x=x, gamma=1.0, beta=0.0
            ),
            r"\frac{\partial L}{\partial \beta}": lambda x, g: _grad(_torch_norm, "beta")(
                g, x=x, gamma=1.0, beta=0.0
            ),
        },
        samples=SAMPLES,
    ),
    (r"$u$, $s$, $\gamma$", r"$u$, $s$, $\gamma$"),
)

_DROP = kit.scalar(("丢弃的概率", "probability of dropping"), 0, 0.9)
_MASK = kit.array(
    ("掩码，0 或 1（核对时取任意数）", "mask, 0 or 1 (any numbers in the check)"), ("n",), 0, 1
)

_DROPOUT = Rule(
    ("dropout", "dropout"),
    _one(
        r"y_i = \frac{m_i\, x_i}{1 - p}",
        {**_ELEMENTS, "m": _MASK, "p": _DROP},
        lambda x, m, p: m * x / (1 - p),
    ),
    _one(
        r"\frac{\partial L}{\partial x_i} = \frac{m_i\, g_i}{1 - p}",
        {**_without("x", _ELEMENTS), "g": _UP, "m": _MASK, "p": _DROP},
        lambda g, m, p: _grad(lambda x, m, p: m * x / (1 - p), "x")(g, x=np.ones_like(g), m=m, p=p),
    ),
    None,
    ("掩码 $m$", "the mask $m$"),
)

_A = np.array([[0.5, -1.0, 0.25], [1.5, 0.5, -0.75], [-0.25, 1.0, 1.0]])


def _torch_branch(x):
    import torch

    return torch.tanh(torch.tensor(_A) @ x)


_THREE = kit.array(("输入", "the input"), (3,), -2, 2)
_F = {"F": kit.function(("支路（核对时是 tanh 层）", "the branch (a tanh layer in the check)"),
                        lambda x: np.tanh(_A @ x))}  # fmt: skip

_SKIP = Rule(
    ("残差", "residual"),
    _one(r"y = x + F(x)", {"x": _THREE, **_F}, lambda x: x + np.tanh(_A @ x)),
    _one(
        r"\frac{\partial L}{\partial x} = g + J(x)^\top g",
        {
            "x": _THREE,
            "g": kit.array(("上游梯度", "upstream gradient"), (3,), -2, 2),
            "J": kit.function(
                ("支路的雅可比矩阵", "Jacobian of the branch"),
                lambda x: (1 - np.tanh(_A @ x) ** 2)[:, None] * _A,
            ),
        },
        lambda x, g: _grad(lambda x: x + _torch_branch(x), "x")(g, x=x),
    ),
    None,
    ("支路所需", "for the branch"),
)

RULES = [_AFFINE, _CONV, *_POOLS, *_ACTIVATIONS, *_LOSSES, _NORM, _DROPOUT, _SKIP]


def table_rules(tr: Tr) -> Table:
    """One row a layer, and under it one for its parameters."""
    rows: list[list[Any]] = []
    for rule in RULES:
        rows.append([tr.pair(rule.name), rule.forward, rule.by_input, tr.pair(rule.kept)])
        if rule.by_parameters:
            rows.append([tr("— 参数", "— parameters"), None, rule.by_parameters, None])
    return Table(
        [
            tr("层", "layer"),
            tr("前向", "forward"),
            tr("梯度", "gradient"),
            tr("留下", "kept"),
        ],
        rows,
        caption=tr(
            "各层的反向规则：对输入的梯度，下一行是对参数的梯度。"
            "g 与 G 是上游梯度；卷积只写一个通道、步幅 1、无填充，池化只写一个窗口，"
            "批归一化只写一个通道，交叉熵只写一个样本",
            "The backward rule of each layer: the gradient with respect to the input and, below "
            "it, to the parameters; g and G are the upstream gradient. Convolution: one channel, "
            "stride 1, no padding; pooling: one window; batch norm: one channel; cross-entropy: "
            "one example",
        ),
    )


def table_card(tr: Tr) -> Table:
    """The rows that fit on the sheet."""
    chosen = (_AFFINE, _CONV, *_POOLS, _ACTIVATIONS[0], _LOSSES[1], _NORM, _DROPOUT, _SKIP)
    return Table(
        [tr("层", "layer"), tr("对输入的梯度", "gradient of the input")],
        [[tr.pair(r.name), r.by_input] for r in chosen],
        caption=tr(
            "反向规则（g、G 是上游梯度；卷积、批归一化写一个通道，池化写一个窗口）",
            "Backward rules (g, G: upstream gradient; one channel of convolution and norm, one "
            "window of pooling)",
        ),
    )


def value_rules() -> dict[str, int]:
    gradients = [f for rule in RULES for f in (rule.by_input, rule.by_parameters) if f]
    return {"rows": len(RULES), "gradients": len(gradients), "samples": SAMPLES}
