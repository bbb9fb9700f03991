"""Transposed convolution against PyTorch, autograd, finite differences and grids done by hand."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from snippets.backprop.cnn_backprop import conv2d_input_gradient
from snippets.convolution.transposed_conv import (
    conv_matrix,
    conv_transpose2d,
    conv_transpose2d_backward,
    conv_transpose2d_zeros,
    transposed_size,
)

SETTINGS = [
    {},
    {"stride": 3, "padding": 1},
    {"stride": 2, "padding": 2, "output_padding": 1},
    {"dilation": 3, "output_padding": 2},
    {"stride": 2, "dilation": 2, "padding": 1, "groups": 3},
]


def draw(settings, seed=0, kernel=(3, 3)):
    rng = np.random.default_rng(seed)
    w = rng.normal(size=(6, 6 // settings.get("groups", 1), *kernel))
    return rng.normal(size=(2, 6, 4, 5)), w, rng.normal(size=6), rng


@pytest.mark.parametrize("kernel", [(3, 3), (1, 4), (2, 1)])
@pytest.mark.parametrize("settings", SETTINGS)
def test_forward_and_backward_are_those_of_pytorch(settings, kernel):
    if settings.get("padding", 0) and 1 in kernel:
        settings = {**settings, "padding": 0}
    x, w, b, rng = draw(settings, kernel=kernel)
    tensors = [torch.tensor(a, requires_grad=True) for a in (x, w, b)]
    theirs = F.conv_transpose2d(*tensors, **settings)
    ours = conv_transpose2d(x, w, b, **settings)
    np.testing.assert_allclose(ours, theirs.detach().numpy(), atol=1e-12)
    g = rng.normal(size=ours.shape)
    expected = torch.autograd.grad(theirs, tensors, grad_outputs=torch.tensor(g))
    backward = {k: v for k, v in settings.items() if k != "output_padding"}
    for mine, them in zip(conv_transpose2d_backward(g, x, w, **backward), expected, strict=True):
        np.testing.assert_allclose(mine, them.numpy(), atol=1e-12)


def test_gradient_of_the_kernel_by_differences():
    x, w, b, rng = draw({})
    g = rng.normal(size=(2, 6, 9, 11))
    dw = conv_transpose2d_backward(g, x, w, 2)[1]
    for at in [(0, 0, 0, 0), (5, 2, 1, 2), (3, 4, 2, 0)]:
        sides = []
        for sign in (1, -1):
            moved = w.copy()
            moved[at] += sign * 1e-5
            sides.append((g * conv_transpose2d(x, moved, b, 2)).sum())
        assert (sides[0] - sides[1]) / 2e-5 == pytest.approx(dw[at], abs=1e-7)


def test_grid_done_by_hand():
    x, w = np.array([[1.0, 2], [3, 4]]), np.array([[1.0, 0], [2, 1]])
    expected = [[1, 0, 2, 0], [2, 1, 4, 2], [3, 0, 4, 0], [6, 3, 8, 4]]
    for ours in (conv_transpose2d, conv_transpose2d_zeros):
        assert ours(x[None, None], w[None, None], stride=2)[0, 0].tolist() == expected


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 0), (2, 1), (3, 2)])
def test_zeros_in_between_give_the_same(stride, padding):
    x, w, _, _ = draw({})
    theirs = F.conv_transpose2d(
        torch.tensor(x), torch.tensor(w), stride=stride, padding=padding
    ).numpy()
    np.testing.assert_allclose(conv_transpose2d_zeros(x, w, stride, padding), theirs, atol=1e-12)


def test_it_is_the_backward_pass_of_a_convolution():
    _, w, _, rng = draw({})
    g = rng.normal(size=(2, 6, 4, 5))
    np.testing.assert_allclose(
        conv_transpose2d(g, w, stride=2, padding=1, output_padding=1),
        conv2d_input_gradient(g, w, (8, 10), stride=2, padding=1),
        atol=1e-12,
    )


def test_matrix_is_the_jacobian():
    w = np.random.default_rng(0).normal(size=(3, 3))
    theirs = torch.autograd.functional.jacobian(
        lambda u: F.conv2d(u[None, None], torch.tensor(w)[None, None], stride=2, padding=1)[0, 0],
        torch.zeros(5, 5, dtype=torch.float64),
    )
    np.testing.assert_allclose(conv_matrix(w, 5, 2, 1), theirs.reshape(9, 25), atol=1e-14)


@pytest.mark.parametrize("n", [1, 5])
@pytest.mark.parametrize(("k", "stride", "padding", "dilation", "extra"), [
    (1, 1, 0, 1, 0), (4, 2, 1, 1, 0), (3, 2, 1, 1, 1), (2, 1, 0, 3, 2), (5, 3, 0, 2, 2),
])  # fmt: skip
def test_size_is_that_of_pytorch(n, k, stride, padding, dilation, extra):
    y = F.conv_transpose1d(
        torch.zeros(1, 1, n), torch.zeros(1, 1, k), None, stride, padding, extra, 1, dilation
    )
    assert transposed_size(n, k, stride, padding, extra, dilation) == y.shape[-1]


def test_empty_batch():
    assert conv_transpose2d(np.zeros((0, 2, 3, 3)), np.zeros((2, 4, 3, 3))).shape == (0, 4, 5, 5)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"output_padding": 1}, "output_padding 1"),
        ({"stride": 2, "output_padding": 2}, "output_padding 2"),
        ({"groups": 4}, "4 groups"),
        ({"padding": 3}, "crops everything"),
        ({"padding": -1}, "padding -1"),
        ({"stride": 0}, "stride 0"),
        ({"dilation": 0}, "dilation 0"),
    ],
)
def test_what_pytorch_refuses_is_refused(settings, message):
    x, w, b, _ = draw({})
    with pytest.raises(ValueError, match=message):
        conv_transpose2d(x[:, :, :2, :2], w, b, **settings)
    with pytest.raises(RuntimeError):
        F.conv_transpose2d(*map(torch.tensor, (x[:, :, :2, :2], w, b)), **settings)
