"""Small networks of this topic, made of named steps and trained side by side on the digits.

A network is a sequence of the steps "affine", "bn", "relu" and "drop".  Every tensor has the
networks as its first axis: ``runs`` initialisations for each learning rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from snippets.optimization._b_digits import CLASSES, INPUTS, data

RUNS = 5
WIDTH = 32
Ops = tuple[str, ...]


def stack(block: Ops, layers: int) -> Ops:
    """``layers`` times the block, and the affine layer that gives the logits."""
    return block * layers + ("affine",)


class Nets:
    """``len(rates) * RUNS`` networks; run r starts with the same weights at each rate."""

    def __init__(
        self,
        ops: Ops,
        copies: int = 1,
        drop: float = 0.0,
        scale: float = 1.0,
        group: int = 0,
        constant: bool = False,
    ) -> None:
        """``group`` examples are normalised together, 0 is the batch; with ``constant`` no
        gradient passes through the statistics; ``scale`` multiplies the initial hidden weights.
        """
        import torch

        self.ops, self.drop, self.count = ops, drop, copies * RUNS
        self.group, self.constant = group, constant
        self.noise = torch.Generator().manual_seed(99)
        generators = [torch.Generator().manual_seed(seed) for seed in range(RUNS)]
        self.parameters: list[Any] = []
        self.running: list[list[Any]] = []
        width, affine, last = INPUTS, 0, ops.count("affine")
        for op in ops:
            if op == "affine":
                affine += 1
                out = CLASSES if affine == last else WIDTH
                std = (1.0 if affine == last else scale) * (2 / width) ** 0.5
                draws = [std * torch.randn(width, out, generator=g) for g in generators]
                self._add(torch.stack(draws).repeat(copies, 1, 1))
                self._add(torch.zeros(self.count, 1, out))
                width = out
            elif op == "bn":
                channels = self.count * width
                self._add(torch.ones(channels))
                self._add(torch.zeros(channels))
                self.running.append([torch.zeros(channels), torch.ones(channels)])

    def _add(self, tensor: Any) -> None:
        self.parameters.append(tensor.requires_grad_())

    def __call__(self, x: Any, train: bool, drop: bool | None = None, momentum: float = 0.1) -> Any:
        """Logits (networks, batch, classes) of x (networks, batch, inputs).

        ``train`` normalises with the batch and moves the running statistics by ``momentum``;
        ``drop`` switches dropout, as train does where it is not given.
        """
        import torch
        import torch.nn.functional as F

        parameters, running = iter(self.parameters), iter(self.running)
        for op in self.ops:
            if op == "affine":
                weight, bias = next(parameters), next(parameters)
                x = x @ weight + bias
            elif op == "bn":
                gamma, beta = next(parameters), next(parameters)
                columns = x.transpose(0, 1).flatten(1)  # a channel is a unit of a network
                stats = next(running)
                if train and (self.group or self.constant):
                    columns = self._grouped(columns, stats, momentum) * gamma + beta
                else:
                    columns = F.batch_norm(
                        columns, *stats, gamma, beta, training=train, momentum=momentum
                    )
                x = columns.unflatten(1, (self.count, -1)).transpose(0, 1)
            elif op == "relu":
                x = torch.relu(x)
            elif op == "drop":
                if train if drop is None else drop:
                    kept = torch.rand(x.shape, generator=self.noise) >= self.drop
                    x = x * kept / (1 - self.drop)
            else:
                raise ValueError(f"no step is called {op!r}")
        return x

    def _grouped(self, columns: Any, stats: list[Any], momentum: float) -> Any:
        """Each ``group`` examples normalised by themselves; the running statistics take the mean
        of the groups'.
        """
        import torch

        size = self.group or len(columns)
        parts = columns.unflatten(0, (-1, size))
        seen = parts.detach() if self.constant else parts
        var, mean = torch.var_mean(seen, 1, correction=0, keepdim=True)
        unbiased = var * size / (size - 1)
        with torch.no_grad():
            for kept, new in zip(stats, (mean, unbiased), strict=True):
                kept.lerp_(new.mean(0)[0], momentum)
        return ((parts - mean) * torch.rsqrt(var + 1e-5)).flatten(0, 1)


def loss_of(logits: Any, y: Any) -> Any:
    """Mean cross-entropy of each network, (networks,)."""
    import torch

    chosen = torch.log_softmax(logits, -1).gather(-1, y.unsqueeze(-1))
    return -chosen.squeeze(-1).mean(-1)


def fit(nets: Nets, rates: Sequence[float], *, batch: int, steps: int, after: Any = None) -> None:
    """SGD without momentum; the batches of a run are the same at each rate.

    ``after(step)`` is called behind each step.  A network that overflows stays nan.
    """
    import torch

    train = data()[0]
    rate = torch.tensor(rates, dtype=torch.float32).repeat_interleave(RUNS)
    rngs = [np.random.default_rng([17, run]) for run in range(RUNS)]
    for step in range(steps):
        picks = torch.tensor(np.stack([rng.integers(len(train.y), size=batch) for rng in rngs]))
        picks = picks.repeat(len(rates), 1)
        loss = loss_of(nets(train.x[picks], train=True), train.y[picks]).sum()
        for tensor, slope in zip(
            nets.parameters, torch.autograd.grad(loss, nets.parameters), strict=True
        ):
            with torch.no_grad():  # the first axis holds the networks, or their channels in turn
                each = rate.repeat_interleave(len(tensor) // nets.count)
                tensor -= each.reshape(-1, *[1] * (tensor.dim() - 1)) * slope
        if after is not None:
            after(step)


def measured(nets: Nets, which: int = 2, train: bool = False, rows: int | None = None):
    """Loss and accuracy on a part of the digits (0 training, 1 validation, 2 test), each
    (rates, runs); ``train`` normalises with the statistics of these very examples.
    """
    import torch

    part = data()[which]
    x, y = part.x[:rows], part.y[:rows]
    with torch.no_grad():
        kept = [[s.clone() for s in stats] for stats in nets.running]
        logits = nets(x.expand(nets.count, *x.shape), train=train, drop=False)
        nets.running = kept
        y = y.expand(nets.count, -1)
        loss = loss_of(logits, y)
        right = (logits.argmax(-1) == y).float().mean(-1)
    return loss.reshape(-1, RUNS).numpy(), right.reshape(-1, RUNS).numpy()
