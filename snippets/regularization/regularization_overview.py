"""Regularisation at a glance: the remedies side by side, in the loss, in the update, in PyTorch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snippets import kit
from snippets.activations.softmax import softmax
from snippets.kit import Check, Pair
from snippets.losses.label_smoothing_focal_contrastive import smooth_labels
from snippets.regularization.l1_and_l2 import soft_threshold


def step(
    w: np.ndarray, g: np.ndarray, *, lr: float, l1: float = 0.0, l2: float = 0.0, decay: float = 0.0
) -> np.ndarray:
    """One step of gradient descent with L2 in the gradient, decay beside it and L1 after it.

    g is the gradient of the loss alone, any shape; the soft threshold makes exact zeros.  Only l1
    is L1, l1 with l2 the elastic net.  ValueError: a negative strength.
    """
    if min(l1, l2, decay) < 0:
        raise ValueError(f"l1, l2 and decay are {l1}, {l2} and {decay}; none may be negative")
    moved = w * (1 - lr * decay) - lr * (g + l2 * w)
    return soft_threshold(moved, lr * l1)


def torch_step(model, optimizer, x, y, *, l1=0.0, l2=0.0, smoothing=0.0, augment=None):
    """One training step with all that acts in training; dropout and decay are the model's and
    the optimizer's.  Early stopping chooses among the steps.  Returns the loss with the L2 penalty.

    l1 takes the rate of the first group for its threshold, as fits SGD: an adaptive optimizer has
    a rate for every weight.  ValueError: a negative l1 or l2.
    """
    import torch
    import torch.nn.functional as F

    if min(l1, l2) < 0:
        raise ValueError(f"l1 and l2 are {l1} and {l2}; none may be negative")
    weights = [p for p in model.parameters() if p.ndim >= 2]  # not the biases
    model.train()  # switches nn.Dropout on
    optimizer.zero_grad()
    z = model(x if augment is None else augment(x))
    loss = F.cross_entropy(z, y, label_smoothing=smoothing)
    loss = loss + l2 / 2 * sum(w.square().sum() for w in weights)
    loss.backward()
    optimizer.step()
    if l1:
        with torch.no_grad():
            for w in weights:
                w.copy_(F.softshrink(w, optimizer.param_groups[0]["lr"] * l1))
    return loss.item()


# --------------------------------------------------------------------------- the remedies


@dataclass(frozen=True)
class Remedy:
    """One way: its name, what its strength is called, the strengths tried from weak to strong."""

    name: Pair
    sign: str = ""
    strengths: tuple[float, ...] = ()


REMEDIES: dict[str, Remedy] = {
    "data": Remedy(("增加数据", "more data"), "×", (2, 4)),
    "augment": Remedy(("数据增强", "augmentation"), "", (0.2, 0.4, 0.6, 0.8)),
    "l2": Remedy(("L2", "L2"), "λ", (0.003, 0.01, 0.02, 0.04, 0.08)),
    "decay": Remedy(("权重衰减", "weight decay"), "λ", (0.03, 0.1, 0.2, 0.4, 0.8)),
    "l1": Remedy(("L1", "L1"), "λ", (0.01, 0.03, 0.06, 0.1)),
    "net": Remedy(("弹性网", "elastic net"), "λ", (0.003, 0.01, 0.02, 0.03)),
    "dropout": Remedy(("dropout", "dropout"), "p", (0.3, 0.5, 0.7, 0.9)),
    "early": Remedy(("早停", "early stopping"), "t"),
    "smoothing": Remedy(("标签平滑", "label smoothing"), "ε", (0.1, 0.3, 0.5, 0.7)),
}
"""Augmentation: the share of images that are moved.  Early stopping has no strength of its own."""


# --------------------------------------------------------------------------- evidence


def check_torch() -> Check:
    """A linear classifier: our step under each penalty, against torch_step with torch.optim.SGD."""
    import torch

    pairs = []
    settings: tuple[dict[str, float], ...] = (
        {},
        {"l1": 0.3},
        {"l2": 0.4},
        {"l1": 0.2, "l2": 0.5},
        {"decay": 0.6},
        {"smoothing": 0.3},
    )
    for rng in kit.seeds(3):
        x, y, start = rng.normal(size=(20, 5)), rng.integers(4, size=20), rng.normal(size=(4, 5))
        for setting in settings:
            penalties = {key: v for key, v in setting.items() if key != "smoothing"}
            smoothing = setting.get("smoothing", 0.0)
            w = start
            model = torch.nn.Linear(5, 4, bias=False, dtype=torch.float64)
            model.weight.data = torch.tensor(start)
            optimizer = torch.optim.SGD(
                model.parameters(), lr=0.2, weight_decay=penalties.get("decay", 0.0)
            )
            rest = {key: v for key, v in setting.items() if key != "decay"}
            for _ in range(5):
                error = softmax(x @ w.T) - smooth_labels(y, 4, smoothing)
                w = step(w, error.T @ x / len(x), lr=0.2, **penalties)
                torch_step(model, optimizer, torch.tensor(x), torch.tensor(y), **rest)
            pairs.append((w, model.weight.detach().numpy()))
    return kit.compare(
        (
            "PyTorch 的自动求导、`SGD`、`F.softshrink` 与 `label_smoothing`",
            "PyTorch's autograd, `SGD`, `F.softshrink` and `label_smoothing`",
        ),
        pairs,
    )
