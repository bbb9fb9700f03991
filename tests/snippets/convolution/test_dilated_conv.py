"""Dilated convolution against PyTorch, differences and a grid done by hand."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from snippets.backprop.cnn_backprop import conv2d
from snippets.convolution.dilated_conv import (
    conv2d_dilated,
    conv2d_dilated_backward,
    coverage,
    dilated_windows,
    torch_coverage,
    torch_dilated,
)

SETTINGS = [
    {},
    {"dilation": 4},
    {"dilation": 2, "padding": 1, "stride": 2},
    {"dilation": 3, "padding": 3},
]


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("settings", SETTINGS)
def test_forward_and_backward_are_those_of_pytorch(settings, k):
    rng = np.random.default_rng(k)
    x, w, b = rng.normal(size=(2, 3, 10, 9)), rng.normal(size=(5, 3, k, k)), rng.normal(size=5)
    tensors = [torch.tensor(a, requires_grad=True) for a in (x, w, b)]
    theirs = F.conv2d(*tensors, **settings)
    ours = conv2d_dilated(x, w, b, **settings)
    np.testing.assert_allclose(ours, theirs.detach().numpy(), atol=1e-12)
    g = rng.normal(size=ours.shape)
    expected = torch.autograd.grad(theirs, tensors, grad_outputs=torch.tensor(g))
    for mine, them in zip(conv2d_dilated_backward(g, x, w, **settings), expected, strict=True):
        np.testing.assert_allclose(mine, them.numpy(), atol=1e-12)


def test_gradient_of_the_input_by_differences():
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(1, 2, 6, 6)), rng.normal(size=(2, 2, 3, 3))
    g = rng.normal(size=(1, 2, 2, 2))
    dx = conv2d_dilated_backward(g, x, w, dilation=2)[0]
    for at in [(0, 0, 0, 0), (0, 1, 3, 2), (0, 0, 5, 5)]:
        sides = []
        for sign in (1, -1):
            moved = x.copy()
            moved[at] += sign * 1e-5
            sides.append((g * conv2d_dilated(moved, w, dilation=2)).sum())
        assert (sides[0] - sides[1]) / 2e-5 == pytest.approx(dx[at], abs=1e-8)


def test_window_done_by_hand():
    read = dilated_windows(np.arange(25.0).reshape(5, 5), 3, dilation=2)
    assert read.tolist() == [[[[0, 2, 4], [10, 12, 14], [20, 22, 24]]]]


def test_it_is_a_convolution_with_zeros_in_the_kernel():
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, 3, 9, 9)), rng.normal(size=(4, 3, 3, 3))
    wide = np.zeros((4, 3, 7, 7))
    wide[..., ::3, ::3] = w
    np.testing.assert_allclose(conv2d_dilated(x, w, dilation=3), conv2d(x, wide), atol=1e-12)


@pytest.mark.parametrize("stack", [(1,), (2, 2), (1, 2, 4), (3, 1, 2)])
@pytest.mark.parametrize("k", [2, 3])
def test_coverage_is_the_gradient_of_pytorch(stack, k):
    np.testing.assert_array_equal(coverage(stack, k), torch_coverage(stack, k).numpy())
    assert coverage(stack, k).sum() == (k * k) ** len(stack)  # every path ends somewhere


@pytest.mark.parametrize(("k", "dilation"), [(3, 2), (3, 3), (4, 2)])
def test_padding_same_keeps_the_size(k, dilation):
    layer = torch_dilated(2, 5, k, dilation)
    assert layer(torch.zeros(1, 2, 11, 14)).shape == (1, 5, 11, 14)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"dilation": 0}, "dilation 0"),
        ({"stride": 0}, "stride 0"),
        ({"dilation": 3}, "no room"),
        ({"dilation": 2, "k": 4}, "no room"),
    ],
)
def test_what_does_not_fit_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        dilated_windows(np.zeros((6, 6)), **{"k": 3, **settings})


@pytest.mark.parametrize("shape", [(4, 1, 3, 3), (4, 3, 1, 3), (4, 2, 3, 3)])
def test_kernels_that_would_broadcast_are_refused(shape):
    with pytest.raises(ValueError, match="the kernel"):
        conv2d_dilated(np.zeros((1, 3, 9, 9)), np.zeros(shape))
