"""Dropout: inverted, in training only; the average over all masks; stochastic depth."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import product

import numpy as np

from snippets import kit
from snippets.activations.softmax import log_softmax, softmax
from snippets.kit import Check, Formula


def apply_mask(x: np.ndarray, mask: np.ndarray, p: float) -> np.ndarray:
    """Inverted dropout with a given 0/1 mask: kept entries are divided by 1 - p, p below 1."""
    return x * mask / (1 - p)


def dropout(x: np.ndarray, p: float, rng: np.random.Generator, training: bool = True) -> np.ndarray:
    """Set each entry of x to 0 with probability p and divide the others by 1 - p; any shape.

    Without training it returns x itself.  The expected value of every entry stays.  ValueError: p
    outside [0, 1].  [hinton2012; srivastava2014]
    """
    if not 0 <= p <= 1:
        raise ValueError(f"p is {p}; it is the probability to drop, between 0 and 1")
    if not training or p == 0:
        return x
    if p == 1:
        return np.zeros_like(x)
    return apply_mask(x, rng.random(x.shape) >= p, p)


def all_masks(n: int) -> np.ndarray:
    """Every 0/1 mask of n units: (2^n, n)."""
    return np.array(list(product((0.0, 1.0), repeat=n)))


def geometric_mean(probabilities: np.ndarray) -> np.ndarray:
    """Normalised geometric mean over the first axis of probabilities (networks, ..., classes)."""
    return softmax(np.log(probabilities).mean(axis=0))


def drop_path(
    x: np.ndarray, branch: np.ndarray, p: float, rng: np.random.Generator, training: bool = True
) -> np.ndarray:
    """Residual block x + branch whose branch is dropped as a whole, example by example.

    x and branch are (batch, ...).  A kept branch is divided by 1 - p.  ValueError: p outside
    [0, 1).  [huang2016]
    """
    if not 0 <= p < 1:
        raise ValueError(f"p is {p}; it must be at least 0 and below 1")
    if not training:
        return x + branch
    keep = rng.random((len(x), *[1] * (x.ndim - 1))) >= p
    return x + apply_mask(branch, keep, p)


def torch_network(inputs: int, hidden: int, classes: int, p: float):
    """A network with dropout behind each hidden activation, none behind the output."""
    from torch import nn

    return nn.Sequential(
        nn.Linear(inputs, hidden),
        nn.ReLU(),
        nn.Dropout(p),
        nn.Linear(hidden, hidden),
        nn.ReLU(),
        nn.Dropout(p),
        nn.Linear(hidden, classes),
    )


def torch_mc_dropout(model, x, samples: int = 100):
    """Mean and standard deviation of the probabilities over random masks: dropout left on.

    Sets only the dropout layers to training, and everything back to evaluation.  ValueError: fewer
    than two samples.  [gal2016]
    """
    import torch
    from torch import nn

    if samples < 2:
        raise ValueError(f"samples is {samples}; a standard deviation needs at least 2")
    kinds = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout)
    model.eval()
    for module in model.modules():
        if isinstance(module, kinds):
            module.train()
    with torch.no_grad():
        p = torch.stack([model(x).softmax(-1) for _ in range(samples)])
    model.eval()
    return p.mean(0), p.std(0)


# --------------------------------------------------------------------------- formulas

_P = kit.scalar(("丢弃的概率", "probability to drop"), 0, 0.9)
_N = kit.integer(("单元的个数", "number of units"), 1, 5)

formula_definition = Formula(
    r"y = \frac{m \odot x}{1 - p}",
    {
        "x": kit.array(("输入", "input"), ("n",), -3, 3),
        "m": kit.array(
            (
                "掩码，每个分量以概率 1 − p 取 1，否则取 0",
                "the mask: each entry is 1 with probability 1 − p, otherwise 0",
            ),
            ("n",),
            0,
            1,
        ),
        "p": _P,
        "n": _N,
    },
    equals=lambda x, m, p: apply_mask(x, m, p),
)


def moments(x: float, p: float) -> tuple[float, float]:
    """Mean and variance of one entry of dropout: two outcomes, weighed by their probabilities."""
    outcomes, chances = np.array([0.0, apply_mask(np.float64(x), 1.0, p)]), np.array([p, 1 - p])
    mean = float(outcomes @ chances)
    return mean, float((outcomes - mean) ** 2 @ chances)


formula_moments = Formula(
    r"\begin{aligned} \mu &= x \\ v &= \frac{p}{1 - p}\,x^2 \end{aligned}",
    {"x": kit.scalar(("一个输入", "one input"), -3, 3), "p": _P},
    equals={r"\mu": lambda x, p: moments(x, p)[0], "v": lambda x, p: moments(x, p)[1]},
)


def enumerate_masks(logits: Callable[[np.ndarray], np.ndarray], n: int) -> np.ndarray:
    """Probabilities (2^n, classes) of the networks that the masks of n units leave, p one half.

    logits takes the units' factors (2^n, n), which are 0 or 2, and gives (2^n, classes).
    """
    return softmax(logits(2 * all_masks(n)))


formula_ensemble = Formula(
    r"G = \operatorname{softmax}(W x + b)",
    {
        "W": kit.array(("权重", "weights"), ("k", "n"), -2, 2),
        "x": kit.array(
            ("输入，被丢弃的就是它们", "input, the units that are dropped"), ("n",), -2, 2
        ),
        "b": kit.array(("偏置", "biases"), ("k",), -1, 1),
        "n": _N,
        "k": kit.integer(("类别数", "number of classes"), 2, 4),
        r"\operatorname{softmax}": kit.function(("", ""), softmax),
    },
    equals=lambda W, x, b: geometric_mean(enumerate_masks(lambda s: (s * x) @ W.T + b, len(x))),
)


def expected_loss(X: np.ndarray, y: np.ndarray, w: np.ndarray, p: float) -> float:
    """Mean squared error of a linear model under dropout of its inputs: over all masks, exactly."""
    masks = all_masks(X.shape[1])
    chances = np.prod(np.where(masks == 1, 1 - p, p), axis=1)
    losses = [((y - apply_mask(X, mask, p) @ w) ** 2).mean() for mask in masks]
    return float(chances @ losses)


formula_penalty = Formula(
    r"J = \frac{1}{N} \sum_{i=1}^{N} \left(y_i - \sum_{j=1}^{n} X_{ij}\,w_j\right)^2"
    r" + \frac{p}{1 - p} \cdot \frac{1}{N} \sum_{i=1}^{N} \sum_{j=1}^{n} X_{ij}^2\,w_j^2",
    {
        "X": kit.array(("输入，每行一个样本", "inputs, one example a row"), ("N", "n"), -2, 2),
        "y": kit.array(("目标", "targets"), ("N",), -2, 2),
        "w": kit.array(("权重", "weights"), ("n",), -2, 2),
        "p": _P,
        "N": kit.integer(("样本数", "number of examples"), 1, 5),
        "n": kit.integer(("输入的个数", "number of inputs"), 1, 5),
        "i": kit.index(("样本", "an example"), "N"),
        "j": kit.index(("输入", "an input"), "n"),
    },
    equals=expected_loss,
    samples=60,
)


def expected_depth(blocks: int, last: float) -> float:
    """Expected number of blocks that stay when block l of L is dropped with probability last l/L.

    [huang2016]
    """
    return float(sum(1 - last * block / blocks for block in range(1, blocks + 1)))


formula_depth = Formula(
    r"D = L - \frac{p_L\,(L + 1)}{2}",
    {
        "L": kit.integer(("残差块的个数", "number of residual blocks"), 1, 60),
        "p_L": kit.scalar(
            (
                "最后一块的丢弃概率，此前按块号线性增加",
                "drop probability of the last block; before it, it grows linearly",
            ),
            0,
            0.9,
        ),
    },
    equals=lambda L, p_L: expected_depth(int(L), p_L),
)


# --------------------------------------------------------------------------- evidence


@cache
def check_torch() -> Check:
    """The gradient of nn.Dropout tells its mask: with that mask, our output is PyTorch's."""
    import torch

    pairs = []
    for p in (0.1, 0.3, 0.5, 0.9):
        x = torch.randn(20, 30, dtype=torch.float64, requires_grad=True)
        out = torch.nn.Dropout(p)(x)
        out.sum().backward()
        mask = (x.grad != 0).double().numpy()
        pairs.append((apply_mask(x.detach().numpy(), mask, p), out.detach()))
        pairs.append((dropout(x.detach().numpy(), p, np.random.default_rng(0), False), x.detach()))
    return kit.compare(
        (
            "PyTorch 的 `nn.Dropout`，训练与推理",
            "PyTorch's `nn.Dropout`, in training and in evaluation",
        ),
        pairs,
        tolerance=1e-14,
    )


@cache
def check_log() -> Check:
    """The geometric mean through logs, held against PyTorch's log_softmax."""
    import torch

    pairs = []
    for rng in kit.seeds(5):
        z = rng.normal(size=(64, 4))
        logs = torch.log_softmax(torch.tensor(z), -1).mean(0)
        pairs.append((geometric_mean(np.exp(log_softmax(z))), logs.exp() / logs.exp().sum()))
    return kit.compare(
        (
            "PyTorch 的 `log_softmax` 求平均再归一化",
            "PyTorch's `log_softmax`, averaged and normalised",
        ),
        pairs,
        tolerance=1e-12,
    )
