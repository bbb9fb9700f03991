"""Softmax: logits to probabilities, and the log-sum-exp that keeps it from overflowing."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from snippets import kit
from snippets.activations.sigmoid_tanh import sigmoid
from snippets.kit import Check, Formula


def naive_softmax(z: np.ndarray, axis: int = -1) -> np.ndarray:
    """The definition as it is written.  Not for use: exp overflows."""
    e = np.exp(z)
    return e / e.sum(axis=axis, keepdims=True)


@np.errstate(invalid="ignore", over="ignore")  # inf - inf is a silent nan, as in PyTorch
def softmax(z: ArrayLike, axis: int = -1, tau: float = 1.0) -> np.ndarray:
    """Probabilities of the logits z at temperature tau: z's shape, in [0, 1], sum 1 along axis.

    A logit of -inf (a masked entry) gives 0.  A slice that holds nan or +inf, or -inf only, gives
    nan.  ValueError: tau not positive and finite, an empty axis, an axis that z does not have.
    [bridle1990; hinton2015]
    """
    if not 0 < tau < np.inf:
        raise ValueError(f"the temperature tau is {tau}; it must be positive and finite")
    z = np.asarray(z)
    e = np.exp((z - z.max(axis=axis, keepdims=True)) / tau)  # exponents up to 0: no overflow
    return e / e.sum(axis=axis, keepdims=True)


def softmax_vjp(g: np.ndarray, z: ArrayLike, axis: int = -1, tau: float = 1.0) -> np.ndarray:
    """Gradient by z, given the gradient g by softmax(z): gJ without building the Jacobian J.

    g and the result have the shape of z.  O(n) a slice, where the Jacobian costs O(n²).
    """
    p = softmax(z, axis, tau)
    return p * (g - (g * p).sum(axis=axis, keepdims=True)) / tau


def softmax_jacobian(z: ArrayLike, tau: float = 1.0) -> np.ndarray:
    """Derivatives J[..., i, j] = ∂p_i/∂z_j = p_i (δ_ij - p_j) / tau of p = softmax(z).

    z is (..., n) with the classes last, J is (..., n, n): symmetric, each row sums to 0.
    """
    p = softmax(z, tau=tau)
    identity = np.eye(p.shape[-1], dtype=p.dtype)
    return p[..., :, None] * (identity - p[..., None, :]) / tau


@np.errstate(invalid="ignore", over="ignore")
def log_softmax(z: ArrayLike, axis: int = -1) -> np.ndarray:
    """ln softmax(z): z's shape, range [-inf, 0]; finite where the probability itself underflows.

    -inf stays -inf.  nan and ValueError in the same cases as softmax.
    """
    z = np.asarray(z)
    shifted = z - z.max(axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


@np.errstate(divide="ignore", over="ignore")  # ln 0 = -inf is right when every z is -inf
def logsumexp(z: ArrayLike, axis: int = -1) -> np.ndarray:
    """ln Σ exp(z) along axis, which it removes; its gradient by z is softmax(z).

    Lies between max z and max z + ln n.  +inf anywhere gives +inf, -inf everywhere gives -inf.
    ValueError: an empty axis, an axis that z does not have.  [blanchard2021]
    """
    z = np.asarray(z)
    top = z.max(axis=axis, keepdims=True)
    top = np.where(np.isinf(top), 0, top)  # inf - inf would be nan
    return np.log(np.exp(z - top).sum(axis=axis)) + top.squeeze(axis)


@np.errstate(invalid="ignore", over="ignore")
def running_max_and_sum(z: ArrayLike, block: int = 128) -> tuple[np.ndarray, np.ndarray]:
    """The largest logit m and d = Σ exp(z - m) along the last axis, in one pass over blocks.

    z is (..., n), m and d are (..., 1).  When a block raises the maximum, the sum so far is
    rescaled by exp(m_old - m_new).  Then softmax is exp(z - m) / d and log-sum-exp is m + ln d.  A
    logit of nan or +inf makes d nan.  ValueError: block below 1.  [milakov2018, alg. 3]
    """
    if block < 1:
        raise ValueError(f"the block size is {block}; it must be at least 1")
    z = np.atleast_1d(z) * 1.0
    m = np.full_like(z[..., :1], np.finfo(z.dtype).min)  # not -inf: a block may hold -inf only
    d = np.zeros_like(m)
    for start in range(0, z.shape[-1], block):
        part = z[..., start : start + block]
        m_new = np.maximum(m, part.max(axis=-1, keepdims=True))
        d = d * np.exp(m - m_new) + np.exp(part - m_new).sum(axis=-1, keepdims=True)
        m = m_new
    return m, d


@np.errstate(invalid="ignore", over="ignore")
def online_softmax(z: ArrayLike, block: int = 128) -> np.ndarray:
    """softmax(z) along the last axis, computed block by block; z's shape.  [milakov2018]"""
    m, d = running_max_and_sum(z, block)
    return np.exp(z - m) / d


def torch_softmax(z, axis: int = -1, tau: float = 1.0):
    """The same in PyTorch; z is a tensor."""
    import torch.nn.functional as F

    return F.softmax(z / tau, dim=axis)


def torch_log_softmax(z, axis: int = -1):
    """The same in PyTorch; z is a tensor."""
    import torch.nn.functional as F

    return F.log_softmax(z, dim=axis)


def torch_logsumexp(z, axis: int = -1):
    """The same in PyTorch; z is a tensor."""
    import torch

    return torch.logsumexp(z, dim=axis)


# --------------------------------------------------------------------------- formulas

Z = kit.array(("logits，每类一个", "the logits, one for each class"), ("n",), -3, 3)
N = kit.integer(("类别数", "number of classes"), 2, 6)
SOFTMAX = kit.function(("", ""), softmax)
CLASS = kit.index(("类别", "a class"), "n")
_LSE = kit.function(("", ""), logsumexp)

formula_definition = Formula(
    r"p_i = \operatorname{softmax}(z)_i = \frac{e^{z_i}}{\sum_{j=1}^{n} e^{z_j}}",
    {"z": Z, "n": N, "i": CLASS, r"\operatorname{softmax}": SOFTMAX},
    equals=lambda z: softmax(z),
)

formula_temperature = Formula(
    r"p_i = \frac{e^{z_i/\tau}}{\sum_{j=1}^{n} e^{z_j/\tau}}",
    {
        "z": Z,
        r"\tau": kit.scalar(("温度，大于 0", "the temperature, above 0"), 0.2, 5),
        "n": N,
        "i": CLASS,
    },
    equals=lambda z, tau: softmax(z, tau=tau),
)

formula_shift = Formula(
    r"\operatorname{softmax}(z + c) = \operatorname{softmax}(z)",
    {
        "z": Z,
        "c": kit.scalar(
            ("任意常数，加到每个 logit 上", "any constant, added to every logit"), -9, 9
        ),
        "n": N,
        r"\operatorname{softmax}": SOFTMAX,
    },
)

formula_ratio = Formula(
    r"\ln \frac{\operatorname{softmax}(z)_i}{\operatorname{softmax}(z)_j} = z_i - z_j",
    {
        "z": Z,
        "n": N,
        "i": CLASS,
        "j": kit.index(("另一类别", "another class"), "n"),
        r"\operatorname{softmax}": SOFTMAX,
    },
)

formula_two_classes = Formula(
    r"\operatorname{softmax}(z)_1 = \sigma(z_1 - z_2)",
    {
        "z": kit.array(("两类的 logits", "the logits of two classes"), (2,), -4, 4),
        r"\sigma": kit.function(("sigmoid", "the sigmoid"), sigmoid),
        r"\operatorname{softmax}": SOFTMAX,
    },
)

formula_stable = Formula(
    r"m = \max_k z_k, \quad p_i = \frac{e^{z_i - m}}{\sum_{j=1}^{n} e^{z_j - m}}",
    {"z": Z, "n": N, "i": CLASS, "k": CLASS},
    equals={"m": lambda z: running_max_and_sum(z)[0][0], "p_i": lambda z: softmax(z)},
)

formula_lse = Formula(
    r"\operatorname{LSE}(z) = \ln \sum_{j=1}^{n} e^{z_j} = m + \ln \sum_{j=1}^{n} e^{z_j - m}",
    {
        "z": Z,
        "m": kit.scalar(
            ("任意数；代码取 z 的最大值", "any number; the code takes the largest of z"), -3, 3
        ),
        "n": N,
    },
    equals=lambda z: logsumexp(z),
)

formula_lse_bounds = Formula(
    r"\max_j z_j \le \operatorname{LSE}(z) \le \max_j z_j + \ln n",
    {"z": Z, "n": N, "j": CLASS, r"\operatorname{LSE}": _LSE},
)

formula_log_softmax = Formula(
    r"\ln p_i = z_i - \operatorname{LSE}(z)",
    {"z": Z, "n": N, "i": CLASS, r"\operatorname{LSE}": _LSE},
    equals=lambda z: log_softmax(z),
)

formula_online = Formula(
    r"m = \max(m_1, m_2), \quad d = d_1 e^{m_1 - m} + d_2 e^{m_2 - m}",
    {
        "m_1": kit.scalar(("前面各块的最大值", "the maximum of the blocks so far"), -9, 9),
        "d_1": kit.scalar(("前面各块的和", "their sum"), 1.01, 1.99),
        "m_2": kit.scalar(("新一块的最大值", "the maximum of the next block"), -9, 9),
        "d_2": kit.scalar(("新一块的和", "its sum"), 1.01, 1.99),
    },
    equals={
        "m": lambda m_1, d_1, m_2, d_2: _merged(m_1, d_1, m_2, d_2)[0],
        "d": lambda m_1, d_1, m_2, d_2: _merged(m_1, d_1, m_2, d_2)[1],
    },
)


def _merged(m_1: float, d_1: float, m_2: float, d_2: float) -> tuple[float, float]:
    """Maximum and sum of two blocks of two logits each that have the given maxima and sums."""
    z = [m_1, m_1 + np.log(d_1 - 1), m_2, m_2 + np.log(d_2 - 1)]
    m, d = running_max_and_sum(z, block=2)
    return float(m[0]), float(d[0])


# --------------------------------------------------------------------------- evidence


def _cases() -> list[np.ndarray]:
    """Batches of logits, from ordinary to extreme."""
    rng = np.random.default_rng(0)
    ordinary = [rng.normal(0, scale, (50, 10)) for scale in (1, 10, 300)]
    return [*ordinary, ordinary[0] + 1e4, np.array([[1e4, 0, -1e4], [0, -np.inf, 0]])]


def check_torch() -> Check:
    import torch

    pairs = [
        (softmax, torch_softmax),
        (log_softmax, torch_log_softmax),
        (logsumexp, torch_logsumexp),
    ]
    return kit.compare(
        (
            "PyTorch 的 `F.softmax`、`F.log_softmax`、`torch.logsumexp`",
            "PyTorch's `F.softmax`, `F.log_softmax` and `torch.logsumexp`",
        ),
        [(ours(z), theirs(torch.tensor(z))) for ours, theirs in pairs for z in _cases()],
        tolerance=1e-14,
    )


def check_online() -> Check:
    import torch

    z = np.random.default_rng(0).normal(0, 8, (64, 1000))
    return kit.compare(
        ("PyTorch 一次算完的 `F.softmax`", "PyTorch's `F.softmax`, computed all at once"),
        [(online_softmax(z, block), torch_softmax(torch.tensor(z))) for block in (1, 128, 1000)],
        tolerance=1e-14,
    )
