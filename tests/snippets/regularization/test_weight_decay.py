"""Weight decay against torch.optim; rescaled networks against the network itself."""

import numpy as np
import pytest
import torch

from snippets import kit
from snippets.optimization.adam import adam, adamw
from snippets.regularization.weight_decay import (
    check_adamw,
    check_sgd,
    relu_net,
    rescale,
    sgd_step,
    torch_parameter_groups,
    torch_removed,
)


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
def test_penalty_is_torchs(momentum):
    rng = np.random.default_rng(3)
    w, buffer = rng.normal(size=(2, 3)), 0.0
    theirs = torch.tensor(w, requires_grad=True)
    optimizer = torch.optim.SGD([theirs], lr=0.05, momentum=momentum, weight_decay=0.4)
    for _ in range(30):
        grad = rng.normal(size=(2, 3))
        w, buffer = sgd_step(w, grad, buffer, lr=0.05, decay=0.4, momentum=momentum)
        theirs.grad = torch.tensor(grad)
        optimizer.step()
    np.testing.assert_allclose(w, theirs.detach(), rtol=1e-12)


def test_decoupled_is_torch_without_penalty_after_shrinking():
    rng = np.random.default_rng(4)
    w, buffer = rng.normal(size=5), 0.0
    theirs = torch.tensor(w, requires_grad=True)
    optimizer = torch.optim.SGD([theirs], lr=0.05, momentum=0.9)
    for _ in range(30):
        grad = rng.normal(size=5)
        w, buffer = sgd_step(w, grad, buffer, lr=0.05, decay=0.4, momentum=0.9, decoupled=True)
        with torch.no_grad():
            theirs.mul_(1 - 0.05 * 0.4)
        theirs.grad = torch.tensor(grad)
        optimizer.step()
    np.testing.assert_allclose(w, theirs.detach(), rtol=1e-12)


def test_plain_sgd_does_not_tell_them_apart():
    w, grad = np.array([1.0, -2.0]), np.array([0.3, 0.4])
    both = [sgd_step(w, grad, lr=0.1, decay=0.5, decoupled=d)[0] for d in (False, True)]
    np.testing.assert_allclose(both[0], both[1], rtol=1e-15)
    np.testing.assert_allclose(both[0], [0.92, -1.94])


def test_refusals():
    with pytest.raises(ValueError, match="negative"):
        sgd_step(np.ones(2), np.ones(2), lr=0.1, decay=-1.0)
    for factor in (0.0, -2.0, np.nan):
        with pytest.raises(ValueError, match="positive"):
            rescale(np.ones((2, 2)), np.ones(2), np.ones((1, 2)), factor)


@pytest.mark.parametrize("factor", [1e-4, 0.5, 1e4])
def test_rescaled_network_is_torchs(factor):
    rng = next(kit.seeds(1))
    W1, b1, W2 = rng.normal(size=(6, 4)), rng.normal(size=6), rng.normal(size=(2, 6))
    x = rng.normal(size=(10, 4))
    net = torch.nn.Sequential(
        torch.nn.Linear(4, 6), torch.nn.ReLU(), torch.nn.Linear(6, 2, bias=False)
    ).double()
    with torch.no_grad():
        for p, value in zip(net.parameters(), (W1, b1, W2), strict=True):
            p.copy_(torch.tensor(value))
        expected = net(torch.tensor(x)).numpy()
    np.testing.assert_allclose(relu_net(x, W1, b1, W2), expected, rtol=1e-12)
    np.testing.assert_allclose(
        relu_net(x, *rescale(W1, b1, W2, factor)), expected, rtol=1e-9, atol=1e-12
    )


def test_removed_is_that_of_our_own_steps():
    gradients = np.random.default_rng(5).normal(size=50)
    for cls, step in ((torch.optim.Adam, adam), (torch.optim.AdamW, adamw)):
        ends = []
        for decay in (0.0, 0.2):
            w, state = np.float64(1), None
            for g in gradients:
                w, state = step(w, g, state, lr=0.01, weight_decay=decay)
            ends.append(w)
        theirs = torch_removed(cls, gradients, 0.01, 0.2)
        assert theirs == pytest.approx(ends[0] - ends[1], rel=1e-9)


def test_parameter_groups():
    model = torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.Flatten(), torch.nn.Linear(4, 2)
    )
    model[3].weight.requires_grad_(False)
    decayed, kept = torch_parameter_groups(model, 0.05)
    assert (decayed["weight_decay"], kept["weight_decay"]) == (0.05, 0.0)
    assert [id(p) for p in decayed["params"]] == [id(model[0].weight)]
    assert {id(p) for p in kept["params"]} == {
        id(p) for p in (model[0].bias, model[1].weight, model[1].bias, model[3].bias)
    }
    torch.optim.AdamW([decayed, kept], lr=0.1)  # torch accepts them


def test_evidence():
    assert check_sgd().error < 1e-12
    assert check_adamw().error < 1e-12
