"""What a PyTorch module is made of: layer by layer the output shape, parameters and MACs.

``on_meta`` builds a network without storage; ``trace`` runs it once and looks on by hooks.  Layers
without storage are stood in for by zeros of the right shape, so that VGG-19 costs milliseconds.  A
MAC is one multiply-add of a convolution or a linear layer;
biases, activations, normalisation and pooling count none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from math import prod

from snippets.kit import Cell, Col, Table, Tr


@dataclass(frozen=True)
class Layer:
    """One call of a module without children: ``shape`` is that of its output for one example."""

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int
    macs: int


def on_meta(build: Callable, *args, **options):
    """build(*args, **options) on the meta device: shapes and counts, no numbers, no memory."""
    import torch

    with torch.device("meta"):
        return build(*args, **options)


def parameters_of(module, trainable: bool = False) -> int:
    """The number of parameters, each tensor once; with ``trainable`` those that get a gradient."""
    return sum(p.numel() for p in module.parameters() if p.requires_grad or not trainable)


def macs_of(module, given: tuple[int, ...], shape: tuple[int, ...]) -> int:
    """Multiply-adds of one call of a layer, for one example; ``given`` and ``shape`` without batch.

    ValueError: a module that has weight matrices of its own and is none of those known here.
    """
    from torch import nn

    if isinstance(module, nn.Conv1d | nn.Conv2d | nn.Conv3d):
        return prod(shape) * module.in_channels // module.groups * prod(module.kernel_size)
    if isinstance(module, nn.ConvTranspose1d | nn.ConvTranspose2d | nn.ConvTranspose3d):
        return prod(given) * module.out_channels // module.groups * prod(module.kernel_size)
    if isinstance(module, nn.Linear):
        return prod(shape) * module.in_features
    if isinstance(module, nn.RNNBase):  # (steps, features): each matrix once a step
        return given[0] * sum(p.numel() for p in module.parameters() if p.ndim == 2)
    if isinstance(module, nn.Embedding) or all(p.ndim < 2 for p in module.parameters(False)):
        return 0
    raise ValueError(f"no rule for the MACs of {type(module).__name__}; add one to macs_of")


def _blank(module, x):
    """Zeros of the shape that a layer makes of x: what stands in for it where it has no weights.

    PyTorch's own kernels for the meta device would do, but they load its compiler.
    """
    import torch
    from torch import nn

    if isinstance(module, nn.Linear):
        if x.shape[-1] != module.in_features:
            raise RuntimeError(
                f"mat1 and mat2 shapes cannot be multiplied ({prod(x.shape[:-1])}x{x.shape[-1]} "
                f"and {module.in_features}x{module.out_features})"
            )
        return x.new_zeros(*x.shape[:-1], module.out_features)
    if isinstance(module, nn.modules.conv._ConvNd):
        if x.shape[1] != module.in_channels:
            raise RuntimeError(f"{x.shape[1]} channels for a layer of {module.in_channels}")
        channel = x[:, :1], x.new_zeros(1, 1, *module.kernel_size), None
        if module.transposed:
            how = module.stride, module.padding, module.output_padding, 1, module.dilation
            one = getattr(torch, f"conv_transpose{len(module.kernel_size)}d")(*channel, *how)
        else:
            how = module.stride, module.padding, module.dilation
            one = getattr(torch, f"conv{len(module.kernel_size)}d")(*channel, *how)
        return x.new_zeros(len(x), module.out_channels, *one.shape[2:])
    if isinstance(module, nn.RNNBase):
        ways = 2 if module.bidirectional else 1
        state = x.new_zeros(ways * module.num_layers, len(x), module.hidden_size)
        made = x.new_zeros(*x.shape[:2], ways * module.hidden_size)
        return made, ((state, state) if isinstance(module, nn.LSTM) else state)
    if isinstance(module, nn.Embedding):
        return x.new_zeros(*x.shape, module.embedding_dim)
    channels = getattr(module, "num_features", x.shape[1])  # a normalisation
    if channels != x.shape[1]:
        raise RuntimeError(f"{x.shape[1]} channels for a layer of {channels}")
    return x


def trace(model, *sizes: tuple[int, ...]) -> list[Layer]:
    """One entry for each call of a layer, in the order of the calls; ``model`` stays as it was.

    ``sizes`` are the inputs without the batch: ``trace(on_meta(build), (3, 224, 224))``.  Recurrent
    layers need ``batch_first=True``.  A module that is called again counts its MACs again and its
    parameters once.
    """
    import torch
    from torch import nn

    found: list[Layer] = []
    seen: set[int] = set()

    def look(name: str) -> Callable:
        def hook(module, inputs, output) -> None:
            own = [p for p in module.parameters() if id(p) not in seen]
            seen.update(map(id, own))
            first = output[0] if isinstance(output, tuple) else output
            given, shape = tuple(inputs[0].shape[1:]), tuple(first.shape[1:])
            count = sum(p.numel() for p in own)
            macs = macs_of(module, given, shape)
            found.append(Layer(name, type(module).__name__, shape, count, macs))

        return hook

    modules = [(n, m) for n, m in model.named_modules() if not any(m.children())]
    if any(isinstance(m, nn.RNNBase) and not m.batch_first for _, m in modules):
        raise ValueError("a recurrent layer without batch_first; its first axis is not the batch")
    device = next((p.device for p in model.parameters()), torch.device("meta"))
    training = {m: m.training for m in model.modules()}
    if device.type == "meta":
        device = torch.device("cpu")
        for _, module in modules:
            if any(True for _ in module.parameters()):
                module.forward = partial(_blank, module)
    hooks = [module.register_forward_hook(look(name)) for name, module in modules]
    try:
        with torch.no_grad():
            model.eval()(*(torch.zeros(1, *size, device=device) for size in sizes))
    finally:
        for handle in hooks:
            handle.remove()
        for _, module in modules:
            vars(module).pop("forward", None)
        for module, mode in training.items():
            module.training = mode
    return found


def weighted(layers: Iterable[Layer]) -> list[Layer]:
    """Those that do multiplications: convolutions and linear layers, the usual count of depth."""
    return [layer for layer in layers if layer.macs]


def totals(layers: Iterable[Layer]) -> tuple[int, int]:
    """Parameters and MACs of all layers."""
    listed = list(layers)
    return sum(layer.parameters for layer in listed), sum(layer.macs for layer in listed)


def size_text(shape: tuple[int, ...]) -> str:
    """The shape as tables show it: 64×112×112."""
    return "×".join(map(str, shape))


def layer_table(tr: Tr, rows: Iterable[tuple[str, Layer]], caption: str) -> Table:
    """A table of (label, layer): output, parameters, MACs, and the totals in the last row."""
    listed = list(rows)
    parameters, macs = totals(layer for _, layer in listed)
    cells: list[list[Cell]] = [
        [label, size_text(layer.shape), layer.parameters, layer.macs] for label, layer in listed
    ]
    cells.append([tr("合计", "total"), "", parameters, macs])
    return Table(
        [
            tr("层", "layer"),
            tr("输出", "output"),
            Col(tr("参数", "parameters"), format=",d"),
            Col(tr("MAC", "MACs"), format=",d"),
        ],
        cells,
        caption=caption,
    )
