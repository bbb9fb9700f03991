"""Random chains of layers as one-dimensional convolutions, whose gradients show their fields."""

from __future__ import annotations

from snippets import kit
from snippets.receptive_cost.receptive_field import Layer


def random_chains(count=50):
    """Chains of one to five random layers: what the two directions are tried on."""
    for rng in kit.seeds(count):
        yield [
            Layer(
                int(rng.integers(1, 6)),
                int(rng.integers(1, 4)),
                int(rng.integers(0, 3)),
                int(rng.integers(1, 4)),
            )
            for _ in range(rng.integers(1, 6))
        ]


def torch_chain(layers):
    """The layers as one-dimensional convolutions with one channel and all weights equal."""
    import torch
    from torch import nn

    chain = nn.Sequential(
        *(nn.Conv1d(1, 1, k, s, p, d, bias=False, dtype=torch.float64) for k, s, p, d in layers)
    )
    for weight in chain.parameters():
        nn.init.constant_(weight, 1 / weight.numel())
    return chain


def measured(layers):
    """(r, j, a) of a chain, read off the gradients of two outputs next to one another."""
    import torch

    chain = torch_chain(layers)
    x = torch.ones(1, 1, 4000, dtype=torch.float64, requires_grad=True)
    y = chain(x)[0, 0]
    i = len(y) // 2
    first, second = (torch.autograd.grad(y[n], x, retain_graph=True)[0][0, 0] for n in (i, i + 1))
    seen, moved = torch.nonzero(first)[:, 0], torch.nonzero(second)[:, 0]
    start, end = seen.min().item(), seen.max().item()
    jump = moved.min().item() - start
    return end - start + 1, jump, start - i * jump
