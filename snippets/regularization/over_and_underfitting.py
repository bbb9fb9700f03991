"""Over- and underfitting: polynomials, the gap, bias and variance, least squares past the peak."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.polynomial import Polynomial
from numpy.typing import ArrayLike

from snippets import kit
from snippets.kit import Check, Formula


def fit_polynomial(x: np.ndarray, y: np.ndarray, degree: int) -> Polynomial:
    """Least-squares polynomial through points x, y of shape (n,): call it to predict.

    With degree n - 1 it passes through every point.  ValueError: fewer points than coefficients.
    """
    if degree >= len(x):
        raise ValueError(f"degree {degree} needs {degree + 1} points, there are {len(x)}")
    return Polynomial.fit(x, y, degree)


def rmse(a: ArrayLike, b: ArrayLike) -> float:
    """Root of the mean squared difference, in the unit of the target."""
    return float(np.sqrt(np.mean((np.asarray(a) - np.asarray(b)) ** 2)))


def bias_variance(predictions: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """Squared bias and variance, averaged over inputs, of fits to independent training sets.

    predictions is (fits, inputs), truth (inputs,) without noise.  Their sum is the mean squared
    distance from the truth; with the variance of the noise added, the test error.  The mean of R
    fits scatters too: the squared bias comes out too high by about variance / R.  [geman1992]
    """
    mean = predictions.mean(axis=0)
    return float(((mean - truth) ** 2).mean()), float(((predictions - mean) ** 2).mean())


def relu_features(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Outputs of a hidden ReLU layer that stays random: x (n, d), weights (d + 1, p) -> (n, p)."""
    return np.maximum(0, np.column_stack([x, np.ones(len(x))]) @ weights)


def min_norm_fit(features: np.ndarray, y: np.ndarray, ridge: float = 0.0) -> np.ndarray:
    """Coefficients (p,) of least squares on features (n, p); of all solutions, the shortest.

    ridge > 0 adds ridge times their squared length to the sum of squares.  ValueError: ridge below
    0.
    """
    if ridge < 0:
        raise ValueError(f"ridge is {ridge}; it must not be negative")
    if ridge:
        kernel = features @ features.T  # (n, n): for p above n the smaller system
        return features.T @ np.linalg.solve(kernel + ridge * np.eye(len(y)), y)
    return np.linalg.lstsq(features, y, rcond=None)[0]


def torch_curves(x, y, x_val, y_val, hidden, steps, every=20, lr=0.02, seed=0):
    """Training and validation loss of small tanh networks, one a run: two tensors (points, runs).

    x and y are (runs, n, 1); hidden lists the widths of the hidden layers.  Adam on all examples;
    a point is taken before the first step and then ``every`` steps.
    """
    from itertools import pairwise

    import torch

    draw = torch.Generator().manual_seed(seed)
    sizes, parameters = [1, *hidden, 1], []
    for n, m in pairwise(sizes):
        scale = (2 / n) ** 0.5
        parameters.append(scale * torch.randn(len(x), n, m, generator=draw))
        parameters.append(0.5 * torch.randn(len(x), 1, m, generator=draw))
    for parameter in parameters:
        parameter.requires_grad_()

    def losses(x, y):
        h = x
        for number in range(0, len(parameters), 2):
            h = torch.baddbmm(parameters[number + 1], h.tanh() if number else h, parameters[number])
        return (h - y).square().mean((1, 2))

    optimiser = torch.optim.Adam(parameters, lr=lr)
    train, validation = [], []
    for step in range(steps + 1):
        loss = losses(x, y)
        if step % every == 0:
            with torch.no_grad():
                train.append(loss.detach())
                validation.append(losses(x_val, y_val))
        optimiser.zero_grad()
        loss.sum().backward()
        optimiser.step()
    return torch.stack(train), torch.stack(validation)


# --------------------------------------------------------------------------- formulas

_TRUTH = kit.scalar(("真值（没有噪声）", "the truth, without noise"), -2, 2)
_FITS = kit.array(("各次拟合在同一点的预测", "what each fit predicts at one point"), ("R",), -3, 3)
_SIGMA = kit.scalar(("噪声的标准差", "standard deviation of the noise"), 0, 2)


def _error_with_noise(f: float, h: np.ndarray, sigma: float) -> float:
    """Mean squared error against y = f ± sigma, both signs equally likely: exact."""
    return float(np.mean([(f + sign * sigma - h) ** 2 for sign in (1, -1)]))


formula_decomposition = Formula(
    r"\begin{aligned} \bar h &= \frac{1}{R} \sum_{r=1}^{R} h_r \\"
    r" E &= (\bar h - f)^2 + \frac{1}{R} \sum_{r=1}^{R} (h_r - \bar h)^2 + \sigma^2 \end{aligned}",
    {
        "f": _TRUTH,
        "h": _FITS,
        r"\sigma": _SIGMA,
        "R": kit.integer(("训练集的个数，每个拟合一次", "training sets, one fit each"), 2, 8),
        "r": kit.index(("一次拟合", "one fit"), "R"),
    },
    equals={r"\bar h": lambda h: h.mean(), "E": lambda f, h, sigma: _error_with_noise(f, h, sigma)},
)


def gap_by_projection(sigma: float, p: int, n: int) -> float:
    """Expected test minus training error (fresh noise at the same n inputs) of least squares.

    Least squares with p features multiplies y by a projection H; what the noise leaves in both
    errors follows from H, here of random features.
    """
    features = np.random.default_rng(0).normal(size=(int(n), int(p)))
    hat = features @ np.linalg.pinv(features)
    rest = np.eye(len(hat)) - hat
    test = sigma**2 * (1 + (hat**2).sum() / n)
    return float(test - sigma**2 * (rest**2).sum() / n)


formula_gap = Formula(
    r"G = \frac{2\,\sigma^2\,p}{n}",
    {
        r"\sigma": _SIGMA,
        "p": kit.integer(("参数的个数，不超过 n", "number of parameters, at most n"), 1, 12),
        "n": kit.integer(("训练样本的个数", "number of training examples"), 12, 40),
    },
    equals=gap_by_projection,
)


# --------------------------------------------------------------------------- evidence


@cache
def check_polynomial() -> Check:
    import torch

    pairs = []
    for rng in kit.seeds(5):
        x, y = np.sort(rng.uniform(0, 1, 20)), rng.normal(size=20)
        for degree in (1, 4, 7):
            powers = torch.tensor(np.vander(2 * x - 1, degree + 1))
            theirs = powers @ torch.linalg.lstsq(powers, torch.tensor(y)[:, None]).solution
            pairs.append((fit_polynomial(x, y, degree)(x), theirs[:, 0]))
    return kit.compare(
        ("PyTorch 的 `torch.linalg.lstsq`", "PyTorch's `torch.linalg.lstsq`"),
        pairs,
        tolerance=1e-9,
    )


@cache
def check_min_norm() -> Check:
    import torch

    pairs = []
    for rng in kit.seeds(5):
        for p in (5, 15, 60):
            features, y = rng.normal(size=(20, p)), rng.normal(size=20)
            theirs = torch.linalg.pinv(torch.tensor(features)) @ torch.tensor(y)
            pairs.append((min_norm_fit(features, y), theirs))
    return kit.compare(
        ("PyTorch 的 `torch.linalg.pinv`", "PyTorch's `torch.linalg.pinv`"), pairs, tolerance=1e-9
    )
