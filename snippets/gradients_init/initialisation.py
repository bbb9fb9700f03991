"""Initialisation of weights: Xavier (Glorot), He (Kaiming), and the variance they preserve."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from snippets import kit
from snippets.activations.relu import relu
from snippets.activations.sigmoid_tanh import sigmoid
from snippets.kit import Check, Formula


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """(fan_in, fan_out) of a weight, laid out as in PyTorch: (out, in) or (out, in, k, k, ...).

    Of a convolution, each output sees in · k · k numbers.  ValueError: fewer than two dimensions.
    """
    if len(shape) < 2:
        raise ValueError(f"a weight has at least two dimensions, not {shape}")
    field = math.prod(shape[2:])
    return shape[1] * field, shape[0] * field


def xavier_std(fan_in: int, fan_out: int, gain: float = 1.0) -> float:
    """Standard deviation of Xavier (Glorot) initialisation; [glorot2010].

    ValueError: no inputs or no outputs.
    """
    if min(fan_in, fan_out) < 1:
        raise ValueError(f"fan_in and fan_out are at least 1, not {fan_in} and {fan_out}")
    return gain * math.sqrt(2 / (fan_in + fan_out))


def he_std(fan_in: int, negative_slope: float = 0.0) -> float:
    """Standard deviation of He (Kaiming) initialisation for (leaky) ReLU; [he2015].

    ValueError: no inputs.
    """
    if fan_in < 1:
        raise ValueError(f"fan_in is at least 1, not {fan_in}")
    return math.sqrt(2 / ((1 + negative_slope**2) * fan_in))


def uniform_bound(std: float) -> float:
    """The a for which the uniform distribution on [-a, a] has this standard deviation."""
    return math.sqrt(3) * std


def draw_weight(
    fan_in: int, fan_out: int, std: float, rng: np.random.Generator, uniform: bool = False
) -> np.ndarray:
    """A weight of shape (fan_out, fan_in) with mean 0 and this standard deviation."""
    if uniform:
        return rng.uniform(-uniform_bound(std), uniform_bound(std), (fan_out, fan_in))
    return rng.normal(0.0, std, (fan_out, fan_in))


def torch_initialise(model, nonlinearity: str = "relu") -> None:
    """He weights and zero biases for all linear and 2-d convolutional layers, in place."""
    from torch import nn

    for module in model.modules():
        if isinstance(module, nn.Linear | nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity=nonlinearity)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def orthogonal(n_out: int, n_in: int, rng: np.random.Generator, gain: float = 1.0) -> np.ndarray:
    """A weight (n_out, n_in) whose rows, or else columns, are orthonormal, times gain.

    From the QR decomposition of a Gaussian matrix; the signs make Q uniform.  [saxe2014]
    """
    tall = rng.normal(size=(max(n_out, n_in), min(n_out, n_in)))
    q, r = np.linalg.qr(tall)
    q *= np.sign(np.diag(r))
    return gain * (q if n_out >= n_in else q.T)


def lsuv(
    phi: Callable[[np.ndarray], np.ndarray], x: np.ndarray, depth: int, rng: np.random.Generator
) -> list[np.ndarray]:
    """Weights of a stack, layer by layer: orthogonal, then scaled to unit-variance outputs.

    The variance is over the whole batch and all units.  x is a batch of real inputs (batch, n).
    ValueError: the input of a layer is all 0.  [mishkin2016]
    """
    weights = []
    for _ in range(depth):
        weight = orthogonal(x.shape[1], x.shape[1], rng)
        spread = (x @ weight.T).std()
        if not spread > 0:
            raise ValueError("the outputs of a layer have no variance that could be scaled to 1")
        weight /= spread
        weights.append(weight)
        x = phi(x @ weight.T)
    return weights


def hidden_gradient(
    W: np.ndarray, v: np.ndarray, x: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Gradients of W (units, inputs) and v (units,) of the network σ(v · tanh(W x)).

    x is (batch, inputs), y (batch,) of 0 and 1; the loss is the mean binary cross-entropy.
    """
    h = np.tanh(x @ W.T)
    error = (sigmoid(h @ v) - y) / len(y)
    return ((1 - h**2) * np.outer(error, v)).T @ x, h.T @ error


def layer_stds(model, x) -> list[float]:
    """Standard deviation of the output of each linear and convolutional layer, by hooks."""
    from torch import nn

    found, handles = [], []
    for module in model.modules():
        if isinstance(module, nn.Linear | nn.Conv2d):
            hook = module.register_forward_hook(lambda _, __, out: found.append(out.std().item()))
            handles.append(hook)
    model(x)
    for handle in handles:
        handle.remove()
    return found


def second_moment(phi: Callable[[np.ndarray], np.ndarray], std: float = 1.0) -> float:
    """E[phi(z)²] for z from N(0, std²), by quadrature on either side of 0."""
    nodes, shares = np.polynomial.legendre.leggauss(200)
    z = 5 * (nodes + 1)  # (0, 10) in units of std
    density = 5 * shares * np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    return float(density @ (phi(std * z) ** 2 + phi(-std * z) ** 2))


def variance_of_sum(x: np.ndarray, sigma: float) -> float:
    """Var[Σ w_i x_i] for w_i = ±sigma with equal chance: the exact mean over all 2ⁿ choices."""
    n = len(x)
    signs = 1 - 2 * (np.arange(2**n)[:, None] >> np.arange(n) & 1)
    return float(np.mean((sigma * signs @ x) ** 2))


def _uniform_variance(a: float) -> float:
    """The mean of w² over [-a, a], by a quadrature that is exact for polynomials."""
    nodes, shares = np.polynomial.legendre.leggauss(3)
    return float(shares @ (a * nodes) ** 2 / 2)


# --------------------------------------------------------------------------- formulas

_N_IN = kit.integer(("输入个数", "number of inputs"), 1, 2000)
_N_OUT = kit.integer(("输出个数", "number of outputs"), 1, 2000)
_N = kit.integer(("输入个数", "number of inputs"), 1, 8)

formula_variance = Formula(
    r"\operatorname{Var}(z) = \sigma^2 \sum_{i=1}^{n} x_i^2"
    r" = n\,\sigma^2 \operatorname{mean}(x^2)",
    {
        "z": kit.scalar(("预激活值 Σ wᵢxᵢ", "pre-activation, Σ wᵢxᵢ"), 0, 1),
        r"\sigma": kit.scalar(
            ("权重的标准差，权重独立、均值为 0", "std of the independent, zero-mean weights"),
            0.1,
            2,
        ),
        "x": kit.array(("输入", "inputs"), ("n",), -3, 3),
        "n": _N,
        "i": kit.index(("输入的编号", "an input"), "n"),
        r"\operatorname{mean}": kit.function(("各分量的平均", "mean of the entries"), np.mean),
    },
    equals=lambda sigma, x: variance_of_sum(x, sigma),
)

formula_half = Formula(
    r"\operatorname{E}(\operatorname{ReLU}(z)^2) = \frac{s^2}{2}",
    {
        "z": kit.scalar(("预激活值，服从 N(0, s²)", "pre-activation, from N(0, s²)"), -1, 1),
        "s": kit.scalar(("它的标准差", "its standard deviation"), 0.1, 5),
    },
    equals=lambda s: second_moment(relu, s),
)

formula_xavier = Formula(
    r"\sigma_{\text{Xavier}} = \sqrt{\frac{2}{n_{\text{in}} + n_{\text{out}}}}",
    {r"n_{\text{in}}": _N_IN, r"n_{\text{out}}": _N_OUT},
    equals=lambda n_in, n_out: xavier_std(n_in, n_out),
)

formula_he = Formula(
    r"\sigma_{\text{He}} = \sqrt{\frac{2}{n_{\text{in}}}}",
    {r"n_{\text{in}}": _N_IN},
    equals=lambda n_in: he_std(n_in),
)

formula_compromise = Formula(
    r"\frac{n_{\text{in}}\,\sigma(n_{\text{in}}, n_{\text{out}})^2"
    r" + n_{\text{out}}\,\sigma(n_{\text{in}}, n_{\text{out}})^2}{2} = 1",
    {
        r"n_{\text{in}}": _N_IN,
        r"n_{\text{out}}": _N_OUT,
        r"\sigma": kit.function(("Xavier 的标准差", "the std of Xavier"), xavier_std),
    },
)

formula_uniform = Formula(
    r"v(a) = \frac{a^2}{3}, \quad v(\sqrt{3}\,\sigma) = \sigma^2",
    {
        "v": kit.function(
            ("[−a, a] 上均匀分布的方差", "variance of the uniform distribution on [−a, a]"),
            _uniform_variance,
        ),
        "a": kit.scalar(("界", "the bound"), 0.01, 2),
        r"\sigma": kit.scalar(("标准差", "standard deviation"), 0.01, 2),
    },
)

formula_default = Formula(
    r"\frac{1}{3\,n_{\text{in}}} = \frac{1}{6} \cdot \frac{2}{n_{\text{in}}}",
    {r"n_{\text{in}}": _N_IN},
)

formula_bounds = Formula(
    r"a_{\text{Xavier}} = \sqrt{\frac{6}{n_{\text{in}} + n_{\text{out}}}}, \quad"
    r" a_{\text{He}} = \sqrt{\frac{6}{n_{\text{in}}}}",
    {r"n_{\text{in}}": _N_IN, r"n_{\text{out}}": _N_OUT},
    equals={
        r"a_{\text{Xavier}}": lambda n_in, n_out: uniform_bound(xavier_std(n_in, n_out)),
        r"a_{\text{He}}": lambda n_in: uniform_bound(he_std(n_in)),
    },
)


# --------------------------------------------------------------------------- evidence


def check_torch() -> Check:
    """Standard deviations and bounds against the source of nn.init: the numbers it draws with."""
    import torch
    from torch import nn

    pairs = []
    for shape in ((1000, 250), (250, 1000), (64, 32, 3, 3), (1, 7)):
        fan_in, fan_out = fans(shape)
        for fill, std in (
            (nn.init.xavier_uniform_, xavier_std(fan_in, fan_out)),
            (nn.init.kaiming_uniform_, he_std(fan_in)),
        ):
            weight = fill(torch.empty(shape), generator=torch.Generator().manual_seed(0))
            unit = torch.rand(shape, generator=torch.Generator().manual_seed(0))
            pairs.append((uniform_bound(std) * (2 * unit - 1), weight))
        for fill, std in (
            (nn.init.xavier_normal_, xavier_std(fan_in, fan_out)),
            (nn.init.kaiming_normal_, he_std(fan_in)),
        ):
            weight = fill(torch.empty(shape), generator=torch.Generator().manual_seed(0))
            unit = torch.randn(shape, generator=torch.Generator().manual_seed(0))
            pairs.append((std * unit, weight))
    return kit.compare(
        (
            "`nn.init` 的四个函数：同一串随机数乘上我们的标准差或界",
            "the four functions of `nn.init`: the same random numbers times our std or bound",
        ),
        pairs,
        tolerance=1e-6,
    )
