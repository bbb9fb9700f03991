"""Bytes of a training step against counts by hand and the state that PyTorch keeps."""

import pytest
import torch
from torch import nn

from snippets.receptive_cost.training_memory import (
    optimizer_bytes,
    peak_bytes,
    saved_bytes,
    torch_checkpointed,
    training_bytes,
)


def test_sixteen_bytes_a_parameter():
    # 2 + 2 + 12 bytes a parameter for mixed-precision Adam [rajbhandari2020]
    mixed = training_bytes(1_500_000_000, 0, 1, mixed=True)
    assert mixed == {
        "weights": 3e9,
        "gradients": 3e9,
        "optimizer": 18e9,
        "activations": 0,
    }
    assert sum(mixed.values()) == 24e9  # GPT-2 of 1.5e9 parameters
    assert sum(training_bytes(10, 0, 1).values()) == 160
    assert sum(training_bytes(10, 7, 3, "sgd").values()) == 80 + 21


def test_unknown_optimizers_are_refused():
    with pytest.raises(ValueError, match="'lion' is none of sgd, momentum, adam"):
        training_bytes(1, 0, 1, "lion")


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_saved_tensors_of_a_small_network_by_hand(device):
    with torch.device(device):
        model = nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 3))
        x = torch.empty(4, 5)
        # the input of the first layer, and one tensor that is tanh's output and the next input
        assert saved_bytes(model, x) == 4 * (4 * 5 + 4 * 7)
        assert saved_bytes(nn.Sequential(nn.MaxPool1d(2)), x[None].requires_grad_()) > 0


def test_a_shared_storage_counts_once():
    x = torch.ones(10, 6)
    both = nn.ModuleList([nn.Linear(6, 2), nn.Linear(6, 2)])

    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.both = both

        def forward(self, x):
            return self.both[0](x) + self.both[1](x)

    assert saved_bytes(Twice(), x) == x.nbytes


def test_nothing_is_saved_without_gradients():
    model, x = nn.Sequential(nn.Linear(5, 7), nn.ReLU()), torch.ones(4, 5)
    with torch.no_grad():
        assert saved_bytes(model, x) == 0
    for p in model.parameters():
        p.requires_grad_(False)
    assert saved_bytes(model, x) == 0


@pytest.mark.parametrize(
    ("make", "copies"),
    [
        (lambda p: torch.optim.SGD(p, 0.1), 0),
        (lambda p: torch.optim.SGD(p, 0.1, momentum=0.9), 1),
        (torch.optim.Adagrad, 1),
        (torch.optim.RMSprop, 1),
        (torch.optim.Adam, 2),
        (lambda p: torch.optim.Adam(p, amsgrad=True), 3),
    ],
)
def test_optimizer_state(make, copies):
    model = nn.Linear(9, 4)
    optimizer = make(model.parameters())
    model(torch.ones(2, 9)).sum().backward()
    optimizer.step()
    assert optimizer_bytes(optimizer) == copies * 4 * 40


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_peak_of_tensors_that_live_and_die(device):
    def step():
        a = torch.zeros(1000, device=device)
        b = a + 1  # a and b live
        del a
        c = b * 2  # b and c
        d = c.view(10, 100)  # no new storage
        d.add_(1)  # nor here
        del b, c, d

    assert peak_bytes(step) == 2 * 4000
    assert peak_bytes(step) == 2 * 4000  # nothing is left of the first time


def test_checkpointed_output_and_gradients():
    torch.manual_seed(3)
    layers = nn.Sequential(*(nn.Sequential(nn.Linear(4, 4), nn.ReLU()) for _ in range(6)))
    x = torch.randn(5, 4, requires_grad=True)
    (plain,) = torch.autograd.grad(layers(x).sum(), x)
    (again,) = torch.autograd.grad(torch_checkpointed(layers, x, 3).sum(), x)
    assert torch.equal(plain, again)


def test_running_statistics_are_updated_twice_when_recomputed():
    norm = nn.Sequential(nn.BatchNorm1d(3, momentum=0.5), nn.Identity())
    x = torch.randn(8, 3, generator=torch.Generator().manual_seed(4), requires_grad=True)
    torch_checkpointed(norm, x, 2).sum().backward()
    assert norm[0].num_batches_tracked == 2
    torch.testing.assert_close(norm[0].running_mean, 0.75 * x.detach().mean(dim=0))
