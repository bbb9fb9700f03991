"""Normalisation at a glance: one scheme, and whose numbers each method takes for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from snippets import kit
from snippets.kit import Check, Formula, Pair
from snippets.normalization.feature_scaling import apply_scaling, fit_scaling
from snippets.normalization.norm_family import (
    batch_norm,
    group_norm,
    instance_norm,
    layer_norm,
    normalise,
    rms_norm,
)


def torch_scaling(a, b):
    """Feature scaling as a layer: a and b (d,) of the training set, saved with the model.

    The output has the dtype of the input, whatever that of a and b.
    """
    import torch
    from torch import nn

    class Scaling(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("a", torch.as_tensor(a).clone())
            self.register_buffer("b", torch.as_tensor(b).clone())

        def forward(self, x):  # x is (N, d) or (N, d, ...)
            shape = (-1, *[1] * (x.ndim - 2))
            a, b = (one.to(x.dtype).reshape(shape) for one in (self.a, self.b))
            return (x - a) / b

    return Scaling()


def torch_profile(layer, x):
    """What a normalisation layer does with a batch x (N, ...), found by asking it.

    ``training`` and ``inference``: on how many numbers of x one number of the output depends.
    ``others``: by how much example 0 changes in training when the other examples do.  ``modes``: by
    how much training and inference differ.  ``learnt`` and ``kept``: parameters and buffers.
    ValueError: fewer than two examples.
    """
    import copy

    import torch

    if len(x) < 2:
        raise ValueError("x has one example; give at least two, so that one can matter to another")
    x = x.double().requires_grad_()
    outputs, found = {}, {}
    for mode in ("training", "inference"):
        one = copy.deepcopy(layer).double().train(mode == "training")
        outputs[mode] = y = one(x)
        (slope,) = torch.autograd.grad(y[(0,) * y.ndim], x, retain_graph=True)
        found[mode] = int(slope.count_nonzero())
    elsewhere = torch.cat([x[:1], 1 - 2 * x[1:]])
    moved = copy.deepcopy(layer).double().train()(elsewhere)[0] - outputs["training"][0]
    return found | {
        "others": moved.abs().max().item(),
        "modes": (outputs["training"] - outputs["inference"]).abs().max().item(),
        "learnt": sum(p.numel() for p in layer.parameters()),
        "kept": sum(b.numel() for b in layer.buffers()),
    }


# --------------------------------------------------------------------------- the methods

SHAPE, GROUPS = (8, 64, 14, 14), 32
"""What is measured: examples, channels, height, width; the groups of group norm."""


@dataclass(frozen=True)
class Method:
    """One row of the tables: our function of x (N, C, H, W), and the layer of PyTorch."""

    name: Pair
    ours: Callable[..., np.ndarray]
    layer: str = ""
    arguments: tuple[Any, ...] = ()
    tokens: bool = False
    """Whether the layer of PyTorch wants the channels last: (N, H, W, C)."""


def _last(x: np.ndarray) -> np.ndarray:
    return np.moveaxis(x, 1, -1)


def _scaled(method: str) -> Callable[..., np.ndarray]:
    """Channels scaled with what was found on the training set."""

    def scaled(x: np.ndarray, train: np.ndarray) -> np.ndarray:
        a, b = fit_scaling(_last(train).reshape(-1, train.shape[1]), method)
        return np.moveaxis(apply_scaling(_last(x), a, b), -1, 1)

    return scaled


METHODS: dict[str, Method] = {
    "min_max": Method(("最小最大缩放", "min-max scaling"), _scaled("min-max")),
    "z_score": Method(("z-score", "z-score"), _scaled("z-score")),
    "batch": Method(("批归一化", "batch norm"), batch_norm, "BatchNorm2d", (SHAPE[1],)),
    "layer": Method(
        ("层归一化，图像", "layer norm, image"),
        lambda x: normalise(x, (1, 2, 3)),
        "LayerNorm",
        (SHAPE[1:],),
    ),
    "token": Method(
        ("层归一化，词元", "layer norm, token"),
        lambda x: np.moveaxis(layer_norm(_last(x)), -1, 1),
        "LayerNorm",
        (SHAPE[1],),
        tokens=True,
    ),
    "rms": Method(
        ("RMSNorm", "RMSNorm"),
        lambda x, eps=None: np.moveaxis(rms_norm(_last(x), eps=_machine(x, eps)), -1, 1),
        "RMSNorm",
        (SHAPE[1],),
        tokens=True,
    ),
    "instance": Method(
        ("实例归一化", "instance norm"), instance_norm, "InstanceNorm2d", (SHAPE[1],)
    ),
    "group": Method(
        ("组归一化", "group norm"),
        lambda x, groups=GROUPS: group_norm(x, groups),
        "GroupNorm",
        (GROUPS, SHAPE[1]),
    ),
}


def _machine(x: np.ndarray, eps: float | None) -> float:
    """The ε of nn.RMSNorm: unless told otherwise, the machine epsilon of the data type."""
    return float(np.finfo(x.dtype).eps) if eps is None else eps


def module(key: str) -> Any:
    """The layer of PyTorch with its defaults; for feature scaling, one with made-up statistics."""
    import torch

    one = METHODS[key]
    if not one.layer:
        return torch_scaling(np.linspace(-1, 1, SHAPE[1]), np.linspace(1, 2, SHAPE[1]))
    return getattr(torch.nn, one.layer)(*one.arguments)


# --------------------------------------------------------------------------- the scheme

_C = kit.integer(("通道数", "number of channels"), 1, 5)

formula_scheme = Formula(
    r"y = \gamma \odot \frac{x - a}{b} + \beta",
    {
        "x": kit.array(("输入，每行一个样本", "the input, one example a row"), (3, "C"), -4, 4),
        "C": _C,
        "a": kit.array(("减去什么", "what is subtracted"), ("C",), -3, 3),
        "b": kit.array(("除以什么，大于 0", "what divides, above 0"), ("C",), 0.2, 4),
        r"\gamma": kit.array(("学到的缩放", "learnt scale"), ("C",), -2, 2),
        r"\beta": kit.array(("学到的平移", "learnt shift"), ("C",), -2, 2),
    },
    equals=lambda x, a, b, gamma, beta: gamma * apply_scaling(x, a, b) + beta,
)


# --------------------------------------------------------------------------- evidence


def _draws(count: int):
    for rng in kit.seeds(count):
        contrast = rng.uniform(0.5, 3, (6, 1, 1, 1))
        yield contrast * (
            rng.normal(size=(1, SHAPE[1], 1, 1)) + rng.normal(size=(6, SHAPE[1], 3, 3))
        )


def check_layers() -> Check:
    """Ours against the layers with their defaults: ε, γ of 1 and β of 0."""
    import torch

    pairs = []
    for x in _draws(3):
        for key, one in METHODS.items():
            if not one.layer:
                continue
            t = torch.tensor(x)
            layer = module(key) if key != "layer" else torch.nn.LayerNorm(x.shape[1:])
            layer = layer.double()
            with torch.no_grad():
                theirs = layer(t.movedim(1, -1)).movedim(-1, 1) if one.tokens else layer(t)
            pairs.append((one.ours(x), theirs.numpy()))
    return kit.compare(
        (
            "PyTorch 的五个类，参数取默认值",
            "PyTorch's five classes, with their defaults",
        ),
        pairs,
        tolerance=1e-12,
    )


def check_inference() -> Check:
    """Batch norm at inference, after one pass over the training set: the z-score of channels.

    Its running variance divides by m - 1 and it adds ε; both are put into the z-score here.
    """
    import torch

    pairs = []
    for train in _draws(3):
        layer = torch.nn.BatchNorm2d(SHAPE[1], affine=False, momentum=None).double()
        layer(torch.tensor(train))
        x = train[::-1, :, ::-1] + 1
        values = _last(train).reshape(-1, SHAPE[1])
        exact, kept = values.var(axis=0), values.var(axis=0, ddof=1)
        factor = np.sqrt(exact / (kept + 1e-5)).reshape(1, -1, 1, 1)
        ours = METHODS["z_score"].ours(x, train) * factor
        pairs.append((ours, layer.eval()(torch.tensor(x.copy())).numpy()))
    return kit.compare(
        (
            "PyTorch 的 `nn.BatchNorm2d`，推理模式",
            "PyTorch's `nn.BatchNorm2d` in evaluation mode",
        ),
        pairs,
        tolerance=1e-12,
    )
