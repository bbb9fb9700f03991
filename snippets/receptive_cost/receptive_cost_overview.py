"""Receptive field versus cost at a glance: MobileNet, and the activations by side of the map."""

from __future__ import annotations


def mobilenet(classes: int = 1000, width: int = 32):
    """The first MobileNet [howard2017]: a convolution, then thirteen depthwise separable layers."""
    from torch import nn

    def layer(inputs, outputs, k, stride=1, groups=1):
        conv = nn.Conv2d(inputs, outputs, k, stride, k // 2, groups=groups, bias=False)
        return [conv, nn.BatchNorm2d(outputs), nn.ReLU()]

    layers, inputs = layer(3, width, 3, 2), width
    steps = [(2, 1), (4, 2), (4, 1), (8, 2), (8, 1), (16, 2), *[(16, 1)] * 5, (32, 2), (32, 1)]
    for times, stride in steps:
        layers += layer(inputs, inputs, 3, stride, groups=inputs)
        layers += layer(inputs, times * width, 1)
        inputs = times * width
    return nn.Sequential(
        nn.Sequential(*layers), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, classes)
    )


def saved_by_side(model, x):
    """Bytes kept for backward by each side of a feature map: {224: ..., 112: ..., 1: ...}.

    Each storage counts once; parameters and what does not begin with the batch (statistics) do
    not, so choose a batch size that no layer has channels.  Vectors have side 1.  Works on the
    "meta" device.
    """
    import torch

    own = {t.untyped_storage()._cdata for t in (*model.parameters(), *model.buffers())}
    kept = {}  # the tensors are held, so that no storage is freed and its place used again

    def pack(tensor):
        storage = tensor.untyped_storage()
        if storage._cdata not in own and tensor.ndim and len(tensor) == len(x):
            side = tensor.shape[-1] if tensor.ndim == 4 else 1
            kept.setdefault(storage._cdata, (side, storage.nbytes(), tensor))
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        model(x)
    found: dict[int, int] = {}
    for side, size, _ in kept.values():
        found[side] = found.get(side, 0) + size
    return found
