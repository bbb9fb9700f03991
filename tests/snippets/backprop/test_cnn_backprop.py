"""Convolution and pooling against PyTorch, against one another, and on grids done by hand."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from snippets.backprop.cnn_backprop import (
    avg_pool2d,
    avg_pool2d_backward,
    conv2d,
    conv2d_backward,
    conv2d_backward_loops,
    conv2d_input_gradient,
    max_pool2d,
    max_pool2d_backward,
    scatter,
    spread,
    windows,
)

SETTINGS = [(4, 4, 3, 1, 0), (5, 7, 3, 1, 2), (6, 6, 3, 2, 0), (9, 7, 5, 3, 1), (6, 6, 2, 2, 1)]


def draw(height, width, k, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(2, 3, height, width)), rng.normal(size=(4, 3, k, k)), rng


def of_torch(function, g, *inputs):
    tensors = [torch.tensor(a, requires_grad=True) for a in inputs]
    y = function(*tensors)
    return [d.numpy() for d in torch.autograd.grad(y, tensors, grad_outputs=torch.tensor(g))]


def by_hand_matrix():
    x, w = np.arange(1.0, 17).reshape(1, 1, 4, 4), np.tile([1.0, 0, -1], (3, 1))[None, None]
    return conv2d_backward(np.ones((1, 1, 2, 2)), x, w)


def test_grid_done_by_hand():
    dx, dw, db = by_hand_matrix()
    assert dx[0, 0].tolist() == [[1, 1, -1, -1], [2, 2, -2, -2], [2, 2, -2, -2], [1, 1, -1, -1]]
    assert dw[0, 0].tolist() == [[14, 18, 22], [30, 34, 38], [46, 50, 54]]
    assert db.tolist() == [4]


@pytest.mark.parametrize(("height", "width", "k", "stride", "padding"), SETTINGS)
def test_convolution_is_that_of_pytorch(height, width, k, stride, padding):
    x, w, rng = draw(height, width, k)
    b = rng.normal(size=4)
    y = conv2d(x, w, b, stride, padding)
    theirs = F.conv2d(*(torch.tensor(a) for a in (x, w, b)), stride=stride, padding=padding)
    np.testing.assert_allclose(y, theirs.numpy(), atol=1e-12)
    g = rng.normal(size=y.shape)
    expected = of_torch(lambda *t: F.conv2d(*t, stride=stride, padding=padding), g, x, w, b)
    for backward in (conv2d_backward, conv2d_backward_loops):
        for ours, them in zip(backward(g, x, w, stride, padding), expected, strict=True):
            np.testing.assert_allclose(ours, them, atol=1e-12)
    ours = conv2d_input_gradient(g, w, (height, width), stride, padding)
    np.testing.assert_allclose(ours, expected[0], atol=1e-12)


def test_input_gradient_is_the_transposed_convolution():
    x, w, rng = draw(6, 6, 3)
    g = rng.normal(size=conv2d(x, w, 0.0, 2).shape)
    theirs = F.conv_transpose2d(torch.tensor(g), torch.tensor(w), stride=2, output_padding=1)
    np.testing.assert_allclose(conv2d_input_gradient(g, w, (6, 6), 2), theirs.numpy(), atol=1e-12)


@pytest.mark.parametrize(("k", "stride", "padding"), [(2, 2, 0), (3, 1, 1), (3, 2, 1), (2, 1, 1)])
def test_pooling_is_that_of_pytorch(k, stride, padding):
    x, _, rng = draw(7, 8, k)
    for pool, torch_pool in ((max_pool2d, F.max_pool2d), (avg_pool2d, F.avg_pool2d)):
        y = pool(x, k, stride, padding)
        np.testing.assert_allclose(
            y, torch_pool(torch.tensor(x), k, stride, padding).numpy(), atol=1e-14
        )
        g = rng.normal(size=y.shape)
        (expected,) = of_torch(lambda t, f=torch_pool: f(t, k, stride, padding), g, x)
        ours = (
            max_pool2d_backward(g, x, k, stride, padding)
            if pool is max_pool2d
            else avg_pool2d_backward(g, x.shape, k, stride, padding)
        )
        np.testing.assert_allclose(ours, expected, atol=1e-14)


def test_ties_go_where_pytorch_sends_them():
    x = np.random.default_rng(0).integers(0, 2, (1, 1, 8, 8)).astype(float)
    g = np.arange(1.0, 50).reshape(1, 1, 7, 7)
    (expected,) = of_torch(lambda t: F.max_pool2d(t, 2, 1), g, x)
    np.testing.assert_array_equal(max_pool2d_backward(g, x, 2, 1), expected)


def test_scatter_is_the_transpose_of_windows():
    rng = np.random.default_rng(0)
    for stride, padding in ((1, 0), (2, 1), (3, 2)):
        x = rng.normal(size=(2, 8, 9))
        read = windows(x, 3, stride, padding)
        p = rng.normal(size=read.shape)
        assert (p * read).sum() == pytest.approx((scatter(p, x.shape, stride, padding) * x).sum())


def test_kernel_gradient_with_a_stride_is_a_correlation_with_the_spread_gradient():
    # 6×6 under 3×3 with stride 2: the correlation has a row and a column too many, which are cut.
    x, w, rng = draw(6, 6, 3)
    g = rng.normal(size=conv2d(x, w, 0.0, 2).shape)
    spread_out = F.conv2d(
        torch.tensor(x).transpose(0, 1), torch.tensor(g).transpose(0, 1), dilation=2
    ).transpose(0, 1)
    assert spread_out.shape[2:] == (4, 4)
    dw = conv2d_backward(g, x, w, 2)[1]
    np.testing.assert_allclose(dw, spread_out[..., :3, :3].numpy(), atol=1e-12)


def test_spread_zeros():
    wide = spread(np.array([[1.0, 2], [3, 4]]), 3, 2, 1, (4, 4))
    assert wide.shape == (6, 6)
    assert wide[1, [1, 3]].tolist() == [1, 2]
    assert wide[3, [1, 3]].tolist() == [3, 4]
    assert np.count_nonzero(wide) == 4


@pytest.mark.parametrize("k", [0, 5])
def test_windows_that_do_not_fit_are_refused(k):
    with pytest.raises(ValueError, match=r"no .* window"):
        windows(np.zeros((4, 4)), k)


def test_bad_stride_and_padding_are_refused():
    with pytest.raises(ValueError, match="stride 0"):
        windows(np.zeros((4, 4)), 2, stride=0)
    with pytest.raises(ValueError, match="padding 3"):
        spread(np.zeros((2, 2)), 3, 1, 3, (4, 4))
    with pytest.raises(ValueError, match="more than half"):
        max_pool2d(np.zeros((4, 4)), 2, 2, 2)


@pytest.mark.parametrize("shape", [(2, 3, 3, 3), (2, 1, 3, 1)])
def test_kernels_that_einsum_would_broadcast_are_refused(shape):
    with pytest.raises(ValueError, match="the kernel"):
        conv2d(np.zeros((1, 1, 5, 5)), np.zeros(shape))


def test_gradient_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"the output \(1, 1, 2, 2\)"):
        max_pool2d_backward(np.ones((1, 1, 4)), np.zeros((1, 1, 4, 4)), 2, 2)
