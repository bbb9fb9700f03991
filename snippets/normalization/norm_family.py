"""The family of normalisation layers: one formula, and the axes that the statistics run over."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from snippets import kit
from snippets.kit import Check, Formula

EPS = 1e-5  # the default of PyTorch's layers


def normalise(x: ArrayLike, axes: int | tuple[int, ...], eps: float = EPS) -> np.ndarray:
    """x minus its mean over the axes, divided by the root of its variance (over n) plus eps."""
    x = np.asarray(x, dtype=float)
    mean = x.mean(axis=axes, keepdims=True)
    return (x - mean) / np.sqrt(x.var(axis=axes, keepdims=True) + eps)


def batch_norm(x: ArrayLike, eps: float = EPS) -> np.ndarray:
    """Training mode, x (N, C, H, W): one mean and variance for each channel.  [ioffe2015]"""
    return normalise(x, (0, 2, 3), eps)


def instance_norm(x: ArrayLike, eps: float = EPS) -> np.ndarray:
    """x (N, C, H, W): one mean and variance for each channel of each example.  [ulyanov2016]"""
    return normalise(x, (2, 3), eps)


def group_norm(x: ArrayLike, groups: int, eps: float = EPS) -> np.ndarray:
    """x (N, C, H, W): one mean and variance for each group of channels of each example.

    ValueError: the groups do not divide C.  [wu2018]
    """
    x = np.asarray(x, dtype=float)
    n, c, h, w = x.shape
    if groups < 1 or c % groups:
        raise ValueError(f"{c} channels cannot be divided into {groups} equal groups")
    parts = x.reshape(n, groups, c // groups, h, w)
    return normalise(parts, (2, 3, 4), eps).reshape(x.shape)


def layer_norm(
    x: ArrayLike, gamma: ArrayLike = 1.0, beta: ArrayLike = 0.0, eps: float = EPS
) -> np.ndarray:
    """x (..., d), as in a transformer: one mean and variance for each vector of d features.

    gamma and beta are (d,) or numbers.  [ba2016]
    """
    return normalise(x, -1, eps) * gamma + beta


def rms_norm(x: ArrayLike, gamma: ArrayLike = 1.0, eps: float = EPS) -> np.ndarray:
    """x (..., d) divided by its root mean square over the last axis: no mean, no beta.

    [zhang2019b]
    """
    x = np.asarray(x, dtype=float)
    return x / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + eps) * gamma


def adain(content: ArrayLike, style: ArrayLike, eps: float = EPS) -> np.ndarray:
    """content (N, C, H, W) with the mean and standard deviation of each channel of style.

    style is (N, C, H', W').  [huang2017]
    """
    style = np.asarray(style, dtype=float)
    mean = style.mean(axis=(2, 3), keepdims=True)
    std = style.std(axis=(2, 3), keepdims=True)
    return instance_norm(content, eps) * std + mean


def torch_norms(x, groups: int):
    """The same in PyTorch; x is a tensor (N, C, H, W).  The last two act on the last axis."""
    import torch.nn.functional as F

    return {
        "batch": F.batch_norm(x, None, None, training=True),
        "layer": F.layer_norm(x, x.shape[1:]),
        "instance": F.instance_norm(x),
        "group": F.group_norm(x, groups),
        "token": F.layer_norm(x, x.shape[-1:]),
        "rms": F.rms_norm(x, x.shape[-1:], eps=1e-5),
    }


# --------------------------------------------------------------------------- formulas

D = kit.integer(("特征数", "number of features"), 2, 6)
X = kit.array(("一个词元的特征", "the features of one token"), ("d",), -4, 4)
EPSILON = kit.scalar(("防止除以 0 的小数", "a small number against division by 0"), 1e-6, 0.1)
_GAMMA = kit.array(("学到的缩放", "learnt scale"), ("d",), -2, 2)
_BETA = kit.array(("学到的平移", "learnt shift"), ("d",), -2, 2)
_J = kit.index(("特征", "a feature"), "d")
MEAN = kit.function(("均值", "the mean"), np.mean)

formula_layer_norm = Formula(
    r"y_j = \gamma_j\,\frac{x_j - \mu(x)}{\sqrt{\sigma^2(x) + \varepsilon}} + \beta_j",
    {
        "x": X,
        "d": D,
        "j": _J,
        r"\mu": MEAN,
        r"\sigma^2": kit.function(("方差（除以 d）", "the variance (divided by d)"), np.var),
        r"\varepsilon": EPSILON,
        r"\gamma": _GAMMA,
        r"\beta": _BETA,
    },
    equals=lambda x, gamma, beta, eps: layer_norm(x, gamma, beta, eps),
)

formula_rms_norm = Formula(
    r"y_j = \gamma_j\,\frac{x_j}{\sqrt{\frac{1}{d} \sum_{k=1}^{d} x_k^2 + \varepsilon}}",
    {"x": X, "d": D, "j": _J, r"\varepsilon": EPSILON, r"\gamma": _GAMMA},
    equals=lambda x, gamma, eps: rms_norm(x, gamma, eps),
)

formula_rms_of_centred = Formula(
    r"\operatorname{LN}(x) = \operatorname{RMSNorm}(x - \mu(x))",
    {
        "x": X,
        "d": D,
        r"\mu": MEAN,
        r"\operatorname{LN}": kit.function(("", ""), layer_norm),
        r"\operatorname{RMSNorm}": kit.function(("", ""), rms_norm),
    },
)


def _plane(x: ArrayLike, eps: float = 0.0) -> np.ndarray:
    return instance_norm(np.reshape(x, (1, 1, 1, -1)), eps).reshape(-1)


_PLANE = kit.array(("一个通道的各个位置", "the positions of one channel"), ("p",), -4, 4)
_P = kit.integer(("位置数 H × W", "number of positions, H × W"), 3, 8)

formula_contrast = Formula(
    r"\operatorname{IN}(a\,x + b) = \operatorname{IN}(x)",
    {
        "x": _PLANE,
        "p": _P,
        "a": kit.scalar(("对比度，大于 0", "contrast, above 0"), 0.2, 5),
        "b": kit.scalar(("亮度", "brightness"), -5, 5),
        r"\operatorname{IN}": kit.function(
            ("实例归一化，ε 为 0", "instance normalisation with ε of 0"), _plane
        ),
    },
    tolerance=1e-7,
)

formula_adain = Formula(
    r"\operatorname{AdaIN}(x, s) = \sigma(s)\,\frac{x - \mu(x)}{\sigma(x)} + \mu(s)",
    {
        "x": _PLANE,
        "s": kit.array(("风格图同一通道", "the same channel of the style image"), ("p",), -4, 4),
        "p": _P,
        r"\mu": MEAN,
        r"\sigma": kit.function(("标准差", "the standard deviation"), np.std),
        r"\operatorname{AdaIN}": kit.function(("", ""), lambda x, s: _adain_plane(x, s)),
    },
)


def _adain_plane(x: ArrayLike, s: ArrayLike) -> np.ndarray:
    shape = (1, 1, 1, -1)
    return adain(np.reshape(x, shape), np.reshape(s, shape), 0.0).reshape(-1)


# --------------------------------------------------------------------------- evidence


def check_torch() -> Check:
    import torch

    pairs = []
    for rng in kit.seeds(5):
        x = rng.normal(1, 2, (2, 6, 4, 4))
        theirs = torch_norms(torch.tensor(x), groups=3)
        ours = {
            "batch": batch_norm(x),
            "layer": normalise(x, (1, 2, 3)),
            "instance": instance_norm(x),
            "group": group_norm(x, 3),
            "token": layer_norm(x),
            "rms": rms_norm(x),
        }
        pairs += [(ours[key], theirs[key]) for key in ours]
    return kit.compare(
        (
            "PyTorch 的 `F.batch_norm`、`layer_norm`、`instance_norm`、`group_norm`、`rms_norm`",
            "PyTorch's `F.batch_norm`, `layer_norm`, `instance_norm`, `group_norm`, `rms_norm`",
        ),
        pairs,
        tolerance=1e-12,
    )


def check_limits() -> Check:
    """One group is layer normalisation over (C, H, W); one channel a group is instance norm."""
    import torch
    import torch.nn.functional as F

    pairs = []
    for rng in kit.seeds(5):
        x = rng.normal(1, 2, (2, 6, 4, 4))
        t = torch.tensor(x)
        pairs += [
            (group_norm(x, 1), F.layer_norm(t, t.shape[1:])),
            (group_norm(x, 6), F.instance_norm(t)),
        ]
    return kit.compare(
        (
            "PyTorch 的 `F.layer_norm`（一组）与 `F.instance_norm`（每通道一组）",
            "PyTorch's `F.layer_norm` (one group) and `F.instance_norm` (a group a channel)",
        ),
        pairs,
        tolerance=1e-12,
    )
