"""Gradient checking: numerical gradients, their step, and how close is close enough."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from snippets import kit
from snippets.kit import Check, Formula

Loss = Callable[[np.ndarray], float]


def _refuse(x: np.ndarray, h: float) -> None:
    if not h > 0:
        raise ValueError(f"the step h must be positive, not {h}")
    if not np.issubdtype(x.dtype, np.floating):
        raise ValueError(f"x must hold floats, not {x.dtype}: a step would be cut off")


def numerical_gradient(f: Loss, x: np.ndarray, h: float = 1e-5) -> np.ndarray:
    """Central differences of the scalar function f at x, one coordinate at a time.

    Takes 2 x.size evaluations; the error is of order h² plus rounding over h.  x must be an array
    of floats (any shape) and is left as it was.  ValueError: h not positive, x not of floats.
    [press2007]
    """
    _refuse(x, h)
    x = x.copy()
    gradient = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        old = x[place]
        x[place] = old + h
        above = f(x)
        x[place] = old - h
        below = f(x)
        x[place] = old
        gradient[place] = (above - below) / (2 * h)
    return gradient


def forward_gradient(f: Loss, x: np.ndarray, h: float = 1e-8) -> np.ndarray:
    """Forward differences: x.size + 1 evaluations, but an error of order h.

    ValueError: h not positive, x not of floats.
    """
    _refuse(x, h)
    start, gradient = f(x), np.zeros_like(x)
    for place in np.ndindex(x.shape):
        moved = x.copy()
        moved[place] += h
        gradient[place] = (f(moved) - start) / h
    return gradient


def complex_step_gradient(f: Callable, x: np.ndarray, h: float = 1e-30) -> np.ndarray:
    """Im f(x + ih) / h: nothing is subtracted, so h may be tiny and only rounding is left.

    f must be analytic and written with operations that take complex numbers (no abs, no max).
    ValueError: h not positive, x not of floats, f with a real result.  [martins2003]
    """
    _refuse(x, h)
    gradient = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        moved = x.astype(complex)
        moved[place] += 1j * h
        value = f(moved)
        if not np.iscomplexobj(value):
            raise ValueError("f returned a real number: it has dropped the imaginary part")
        gradient[place] = value.imag / h
    return gradient


def relative_error(a: np.ndarray, b: np.ndarray) -> float:
    """|a - b| / (|a| + |b|) with Euclidean norms: 0 for equal gradients, 1 for opposite ones.

    ValueError: shapes that differ (NumPy would stretch one of them to fit).
    """
    if np.shape(a) != np.shape(b):
        raise ValueError(f"gradients of shapes {np.shape(a)} and {np.shape(b)}")
    size = np.linalg.norm(a) + np.linalg.norm(b)
    return float(np.linalg.norm(a - b) / size) if size else 0.0


def direction_error(f: Loss, gradient: np.ndarray, x: np.ndarray, seed: int, h=1e-5) -> float:
    """A check of the whole gradient with two evaluations: along one random direction.

    The absolute difference of the slope by central differences and by the gradient.  ValueError:
    a gradient that has not the shape of x.
    """
    if gradient.shape != x.shape:
        raise ValueError(f"a gradient of shape {gradient.shape} for x of shape {x.shape}")
    v = np.random.default_rng(seed).normal(size=x.shape)
    v /= np.linalg.norm(v)
    numerical = (f(x + h * v) - f(x - h * v)) / (2 * h)
    return abs(numerical - float((gradient * v).sum()))


def torch_gradcheck(f, *inputs) -> bool:
    """Whether autograd agrees with central differences, for a function of float64 tensors."""
    import torch

    tensors = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in inputs]
    return torch.autograd.gradcheck(f, tensors, eps=1e-6, atol=1e-5, rtol=1e-3)


# --------------------------------------------------------------------------- the function


def wave(x):
    """exp(sin x), on which the step is studied; any float type, any shape."""
    return np.exp(np.sin(x))


def wave_slope(x):
    """Its derivative, exactly."""
    return np.cos(x) * np.exp(np.sin(x))


def _third(x: np.ndarray) -> np.ndarray:
    """Its third derivative."""
    s, c = np.sin(x), np.cos(x)
    return np.exp(s) * c * (c * c - 3 * s - 1)


_CIRCLE = np.linspace(0, 2 * np.pi, 100_001)
LARGEST, THIRD = float(np.e), float(np.abs(_third(_CIRCLE)).max())
EPS = float(np.finfo(float).eps)


# --------------------------------------------------------------------------- formulas

_E = kit.constant(("单位向量：第 i 个分量为 1", "unit vectors: component i is 1"), np.eye(3))


def _surface(x: np.ndarray) -> float:
    """A function of three numbers, for the formula."""
    return float(np.exp(np.sin(x[0]) * x[1]) + x[2] ** 2 * x[0])


formula_central = Formula(
    r"g_i = \frac{f(x + h\,e_i) - f(x - h\,e_i)}{2h}",
    {
        "f": kit.function(("任意标量函数", "any function with one number for a value"), _surface),
        "x": kit.array(("参数", "the parameters"), (3,), -2, 2),
        "h": kit.scalar(("步长", "step"), 1e-4, 1e-1),
        "e": _E,
        "i": kit.index(("参数的编号", "which parameter"), 3),
    },
    equals=lambda x, h: numerical_gradient(_surface, x, float(h)),
)

formula_bound = Formula(
    r"\begin{aligned} h &= 10^{-k} \\"
    r" E &= \left|\frac{f(x + h) - f(x - h)}{2h} - f'(x)\right|"
    r" \le \frac{h^2}{6}\,M + \frac{2\,\varepsilon}{h}\,F \end{aligned}",
    {
        "f": kit.function(("", ""), wave),
        "f'": kit.function(("", ""), wave_slope),
        "x": kit.scalar(("自变量", "where"), -3, 3),
        "k": kit.integer(("步长取 10 的负几次方", "which power of ten"), 1, 14),
        "M": kit.constant(("$|f'''|$ 的最大值", "largest $|f'''|$"), THIRD * (1 + 1e-6)),
        "F": kit.constant(("$|f|$ 的最大值", "largest $|f|$"), LARGEST),
        r"\varepsilon": kit.constant(
            ("float64 的机器精度，2 的 −52 次方", "machine epsilon of float64, 2 to the power −52"),
            EPS,
        ),
    },
    equals={
        "h": lambda k: 10.0**-k,
        "E": lambda x, k: abs(
            numerical_gradient(wave, np.array(x), 10.0**-k).item() - wave_slope(x)
        ),
    },
    samples=2000,
    tolerance=1e-15,
)


def _model(h, epsilon, F, M):
    """Truncation and rounding of a central difference with step h."""
    return h**2 * M / 6 + epsilon * F / h


def _best_step(eps: float, F: float, M: float) -> float:
    """The h that makes the model smallest, found by trying, finer and finer."""
    low, high = -20.0, 2.0
    for _ in range(60):
        k = np.linspace(low, high, 41)
        h = 10.0**k
        at = int(np.argmin(_model(h, eps, F, M)))
        low, high = k[max(at - 1, 0)], k[min(at + 1, 40)]
    return float(10.0 ** ((low + high) / 2))


_SIZES = {
    r"\varepsilon": kit.scalar(("机器精度", "machine epsilon"), 1e-16, 1e-3),
    "F": kit.scalar(("$|f|$ 的大小", "size of $|f|$"), 0.1, 10),
    "M": kit.scalar(("$|f'''|$ 的大小", "size of $|f'''|$"), 0.1, 10),
}

formula_model = Formula(
    r"E(h) = \frac{h^2 M}{6} + \frac{\varepsilon\,F}{h}",
    {"h": kit.scalar(("步长", "step"), 1e-6, 1), **_SIZES},
    equals=_model,
)

formula_best = Formula(
    r"h^* = \sqrt[3]{\frac{3\,\varepsilon\,F}{M}}",
    _SIZES,
    equals=lambda epsilon, F, M: _best_step(epsilon, F, M),
    samples=50,
    tolerance=1e-6,
)

formula_parameters = Formula(
    r"784 \cdot 50 + 50 + 50 \cdot 10 + 10 = 39760, \quad 2 \cdot 39760 = 79520", {}
)


# --------------------------------------------------------------------------- evidence


def check_surface() -> Check:
    """Numerical gradients of a smooth function of three numbers, at random places."""
    import torch

    pairs = []
    for rng in kit.seeds(50):
        x = rng.uniform(-2, 2, 3)
        at = torch.tensor(x, requires_grad=True)
        (torch.exp(torch.sin(at[0]) * at[1]) + at[2] ** 2 * at[0]).backward()
        pairs.append((numerical_gradient(_surface, x), at.grad))
    return kit.compare(("PyTorch 的自动求导", "PyTorch's autograd"), pairs, tolerance=1e-8)
