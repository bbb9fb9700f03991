"""Products of Jacobians, overflow and monitors against PyTorch and exact numbers."""

import numpy as np
import pytest
import torch
from torch import nn

from snippets.gradients_init.vanishing_exploding import (
    first_not_finite,
    first_overflow,
    jacobian_product,
    layers_until_overflow,
    pre_activation_gradients,
    update_ratio,
)


def test_jacobian_of_one_unit_is_the_product_of_numbers():
    weights = np.array([2.0, -3.0, 0.5]).reshape(3, 1, 1)
    slopes = np.array([[0.25], [1.0], [0.5]])
    assert jacobian_product(weights, slopes) == [[2 * -3 * 0.5 * 0.25 * 0.5]]


def test_jacobian_is_that_of_autograd():
    rng = np.random.default_rng(1)
    weights, h = rng.normal(size=(3, 4, 4)), rng.normal(size=4)

    def network(x):
        for weight in weights:
            x = torch.sigmoid(torch.tensor(weight) @ x)
        return x

    slopes, x = [], torch.tensor(h)
    for weight in weights:
        x = torch.sigmoid(torch.tensor(weight) @ x)
        slopes.append((x * (1 - x)).numpy())
    theirs = torch.autograd.functional.jacobian(network, torch.tensor(h))
    np.testing.assert_allclose(jacobian_product(weights, slopes), theirs, atol=1e-15)


def test_order_of_the_factors_matters():
    weights = np.array([[[1.0, 0], [0, 0]], [[0.0, 1], [1, 0]]])
    ones = np.ones((2, 2))
    assert jacobian_product(weights, ones).tolist() == [[0, 0], [1, 0]]
    assert jacobian_product(weights[::-1], ones).tolist() == [[0, 1], [0, 0]]


@pytest.mark.parametrize(
    ("weights", "slopes"), [((2, 3, 3), (2, 2)), ((3, 3), (3,)), ((1, 2, 3), (1, 2))]
)
def test_shapes_that_do_not_fit_are_refused(weights, slopes):
    with pytest.raises(ValueError, match="do not fit"):
        jacobian_product(np.zeros(weights), np.zeros(slopes))


def test_overflow_comes_where_the_exponent_ends():
    # 16 a layer: 16^32 = 2^128 is the first power beyond float32, 16^4 = 2^16 beyond float16.
    rng = np.random.default_rng(0)
    assert layers_until_overflow(1.0, 256, rng, np.float32) == 32
    assert 3 <= layers_until_overflow(1.0, 256, rng, np.float16) <= 5
    assert layers_until_overflow(0.01, 64, rng, most=50) == 50


def test_hook_sees_the_pre_activation_gradient():
    generator = torch.Generator().manual_seed(0)
    model = nn.Sequential(*(m for _ in range(20) for m in (nn.Linear(16, 16), nn.Tanh())))
    x = torch.randn(4, 16, generator=generator)
    norms = pre_activation_gradients(model, lambda m: m(x).pow(2).sum())
    kept, h = [], x
    for module in model:
        h = module(h)
        if isinstance(module, nn.Linear):
            h.retain_grad()
            kept.append(h)
    h.pow(2).sum().backward()
    np.testing.assert_allclose(norms, [z.grad.norm().item() for z in kept], rtol=1e-6)
    assert len(norms) == 20


def test_hooks_are_removed():
    model = nn.Sequential(nn.Linear(2, 2))
    loss_of = lambda m: m(torch.ones(1, 2)).sum()  # noqa: E731
    assert len(pre_activation_gradients(model, loss_of)) == 1
    assert not model[0]._forward_hooks


def test_hooks_are_removed_after_an_error():
    model = nn.Sequential(nn.Linear(2, 2))
    with pytest.raises(RuntimeError):
        pre_activation_gradients(model, lambda m: m(torch.ones(1, 3)).sum())
    with pytest.raises(RuntimeError):
        first_overflow(model, torch.ones(1, 3))
    assert not model[0]._forward_hooks


def test_first_overflow_is_where_the_range_ends():
    # 10^20 · 10^20 = 10^40 is beyond float32, 10^20 is not; a nan after it is not named.
    model = nn.Sequential(*(nn.Linear(1, 1, bias=False) for _ in range(4)))
    for layer in model:
        nn.init.constant_(layer.weight, 1e20)
    assert first_overflow(model, torch.ones(1, 1)) == "1"
    assert first_overflow(model, torch.zeros(1, 1)) is None


def test_first_not_finite():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    assert first_not_finite(model) is None  # no gradients at all
    model(torch.ones(1, 2)).sum().backward()
    assert first_not_finite(model) is None
    model[1].bias.grad[0] = float("nan")
    assert first_not_finite(model) == "1.bias"


def test_update_ratio():
    assert update_ratio([3.0, 4.0], [3.0, 4.5]) == pytest.approx(0.1)
    assert update_ratio([3.0, 4.0], [3.0, 4.0]) == 0
    with pytest.raises(ValueError, match="all zero"):
        update_ratio([0.0], [1.0])
    with pytest.raises(ValueError, match="differ"):
        update_ratio([1.0], [1.0, 2.0])
