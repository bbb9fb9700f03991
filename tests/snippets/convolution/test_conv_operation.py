"""Convolution against PyTorch and NumPy, forward and backward, and on a grid done by hand."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy import signal

from snippets.convolution.conv_operation import (
    col2im,
    conv2d_circular,
    conv2d_direct,
    conv2d_im2col,
    conv2d_im2col_backward,
    convolve1d,
    convolve2d,
    correlate1d,
    correlate2d,
    im2col,
    shift,
    shift_test,
    torch_convolutions,
    torch_shift_test,
)

SETTINGS = [(6, 7, 3, 1, 0), (5, 5, 3, 2, 1), (8, 6, 2, 2, 0), (7, 9, 5, 3, 2), (4, 4, 1, 1, 0)]


def draw(height, width, k, seed=1):
    rng = np.random.default_rng(seed)
    x, w, b = rng.normal(size=(2, 3, height, width)), rng.normal(size=(4, 3, k, k)), [1, 2, 3, 4.0]
    return x, w, np.array(b), rng


def test_grid_done_by_hand():
    x, w = np.arange(1.0, 17).reshape(4, 4), np.tile([1.0, 0, -1], (3, 1))
    assert correlate2d(x, w).tolist() == [[-6, -6], [-6, -6]]
    assert convolve2d(x, w).tolist() == [[6, 6], [6, 6]]
    assert correlate1d(np.arange(1.0, 5), np.array([1.0, 0, -1])).tolist() == [-2, -2]


@pytest.mark.parametrize("k", [1, 2, 5])
def test_numpy_and_scipy_agree_on_who_flips(k):
    rng = np.random.default_rng(k)
    x, w = rng.normal(size=9), rng.normal(size=k)
    np.testing.assert_allclose(convolve1d(x, w), np.convolve(x, w, "valid"), atol=1e-14)
    np.testing.assert_allclose(correlate1d(x, w), np.correlate(x, w, "valid"), atol=1e-14)
    x, w = rng.normal(size=(6, 8)), rng.normal(size=(k, 2))
    np.testing.assert_allclose(convolve2d(x, w), signal.convolve2d(x, w, "valid"), atol=1e-13)
    np.testing.assert_allclose(correlate2d(x, w), signal.correlate2d(x, w, "valid"), atol=1e-13)


@pytest.mark.parametrize(("height", "width", "k", "stride", "padding"), SETTINGS)
def test_forward_and_backward_are_those_of_pytorch(height, width, k, stride, padding):
    x, w, b, rng = draw(height, width, k)
    tensors = [torch.tensor(a, requires_grad=True) for a in (x, w, b)]
    theirs = F.conv2d(*tensors, stride=stride, padding=padding)
    for conv in (conv2d_direct, conv2d_im2col):
        np.testing.assert_allclose(conv(x, w, b, stride, padding), theirs.detach(), atol=1e-12)
    g = rng.normal(size=theirs.shape)
    expected = torch.autograd.grad(theirs, tensors, grad_outputs=torch.tensor(g))
    for ours, them in zip(conv2d_im2col_backward(g, x, w, stride, padding), expected, strict=True):
        np.testing.assert_allclose(ours, them, atol=1e-12)


@pytest.mark.parametrize("dilation", [2, 3])
def test_dilated_rectangles(dilation):
    x, _, b, rng = draw(11, 12, 3)
    w = rng.normal(size=(4, 3, 2, 4))
    theirs = F.conv2d(*map(torch.tensor, (x, w, b)), stride=2, padding=1, dilation=dilation)
    np.testing.assert_allclose(conv2d_direct(x, w, b, 2, 1, dilation), theirs, atol=1e-12)


def test_col2im_is_the_transpose_of_im2col():
    x, _, _, rng = draw(7, 8, 3)
    columns = im2col(x, 3, 2, 1)
    other = rng.normal(size=columns.shape)
    back = col2im(other, x.shape, 3, 2, 1)
    assert (columns * other).sum() == pytest.approx((x * back).sum())


def test_unfold_is_the_layer():
    x, w, b, _ = draw(7, 8, 3)
    layer, product = torch_convolutions(*map(torch.tensor, (x, w, b)), 2, 1, 2)
    np.testing.assert_allclose(layer, product, atol=1e-12)


@pytest.mark.parametrize("stride", [1, 2])
def test_shifts_by_multiples_of_the_stride(stride):
    rng = np.random.default_rng(stride)
    x, w = rng.normal(size=(8, 8)), rng.normal(size=(3, 3))
    assert shift_test(x, w, 1, 3, stride)
    assert torch_shift_test(torch.tensor(x)[None, None], torch.tensor(w)[None, None])


def test_circular_convolution_is_a_product_of_spectra():
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(8, 8)), rng.normal(size=(3, 3))
    kernel = np.zeros((8, 8))
    kernel[:3, :3] = w
    spectrum = np.fft.fft2(x) * np.conj(np.fft.fft2(shift(kernel, -1, -1)))
    np.testing.assert_allclose(conv2d_circular(x, w), np.fft.ifft2(spectrum).real, atol=1e-12)


def test_misfits_are_refused():
    x, w, b, _ = draw(4, 4, 3)
    with pytest.raises(ValueError, match="no window of 5"):
        correlate1d(np.ones(4), np.ones(5))
    with pytest.raises(ValueError, match="window"):
        correlate2d(np.ones((2, 5)), np.ones((3, 1)))
    with pytest.raises(ValueError, match="not for 2 channels"):
        conv2d_direct(x[:, :2], w, b)
    with pytest.raises(ValueError, match="no window"):
        conv2d_direct(x, w, b, dilation=2)
    with pytest.raises(ValueError, match="stride 0"):
        conv2d_direct(x, w, b, stride=0)
    with pytest.raises(ValueError, match="the kernel"):
        conv2d_im2col(x, w[:, :2], b)
