"""Composed kernels against PyTorch and polynomial products; the best stack against L-BFGS."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy import optimize, signal

from snippets.convolution.kernel_size import (
    best_stack,
    check_best,
    check_compose,
    compose,
    products,
    stack_rank,
    stack_reach,
    stack_weights,
    torch_best_stack,
)


@pytest.mark.parametrize(("k", "m"), [(3, 3), (2, 5), (1, 4)])
def test_composition_is_scipys_full_convolution(k, m):
    rng = np.random.default_rng(k)
    a, b = rng.normal(size=(k, k)), rng.normal(size=(m, m))
    np.testing.assert_allclose(compose(a, b), signal.convolve2d(a, b), atol=1e-13)
    assert compose(a, b).shape[0] == k + m - 1


def test_products_are_compositions():
    a, b = np.random.default_rng(0).normal(size=(2, 3, 3))
    whole = products() @ b.ravel() @ a.ravel()
    np.testing.assert_allclose(whole, signal.convolve2d(a, b).ravel(), atol=1e-13)
    assert products().sum() == 81


@pytest.mark.parametrize("channels", [(1, 1, 1), (1, 2, 1), (2, 2, 2), (2, 1, 3)])
def test_rank_is_that_of_autograds_jacobian(channels):
    inputs, middle, outputs = channels
    generator = torch.Generator().manual_seed(1)
    a = torch.randn(middle, inputs, 3, 3, generator=generator, dtype=torch.float64)
    b = torch.randn(outputs, middle, 3, 3, generator=generator, dtype=torch.float64)

    def whole(a, b):
        # the composed kernels: what the stack makes of an impulse in each input channel
        x = torch.zeros(inputs, inputs, 9, 9, dtype=torch.float64)
        x[range(inputs), range(inputs), 4, 4] = 1
        return F.conv2d(F.conv2d(x, a), b).flatten()

    jacobian = torch.autograd.functional.jacobian(whole, (a, b))
    flat = torch.cat([part.flatten(1) for part in jacobian], dim=1)
    assert stack_rank(*channels) == torch.linalg.matrix_rank(flat)


def test_equal_channels_reach_17_of_25():
    for channels in (1, 2, 3):
        # 18 C^2 weights, less the C^2 of a change of basis between the layers
        assert stack_rank(channels, channels, channels) == 17 * channels**2


def test_a_kernel_that_is_a_product_is_found():
    a, b = np.random.default_rng(5).normal(size=(2, 3, 3))
    apart, whole = best_stack(signal.convolve2d(a, b))
    assert apart < 1e-6
    np.testing.assert_allclose(whole, signal.convolve2d(a, b), atol=1e-5)


def test_best_stack_against_another_optimiser():
    target = np.random.default_rng(7).normal(size=(5, 5))

    def apart(flat):
        a, b = flat.reshape(2, 3, 3)
        return ((signal.convolve2d(a, b) - target) ** 2).sum()

    starts = np.random.default_rng(8).normal(size=(12, 18))
    best = min(optimize.minimize(apart, start, method="BFGS").fun for start in starts)
    ours = best_stack(target)[0]
    assert ours == pytest.approx(np.sqrt(best) / np.linalg.norm(target), abs=1e-5)
    assert ours == pytest.approx(torch_best_stack(torch.tensor(target)), abs=1e-6)


def test_two_channels_between_reach_every_kernel():
    for seed in range(3):
        target = np.random.default_rng(seed).normal(size=(5, 5))
        assert best_stack(target, 2, starts=10)[0] < 1e-4


def test_counts_against_layers():
    for k, layers in ((3, 2), (5, 1)):
        stack = [torch.nn.Conv2d(8, 8, k, bias=False) for _ in range(layers)]
        assert stack_weights(8, k, layers) == sum(c.weight.numel() for c in stack)
        x = torch.zeros(1, 8, 9, 9)
        for layer in stack:
            x = layer(x)
        assert stack_reach(k, layers) == 9 - x.shape[-1] + 1


def test_evidence():
    assert check_compose().error < 1e-13
    assert check_best().error < 1e-6
