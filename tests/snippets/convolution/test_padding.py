"""Padding against np.pad, F.pad and PyTorch's padding="same"."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy import ndimage

from snippets.convolution.padding import (
    NUMPY_MODES,
    pad,
    same_padding,
    same_padding_strided,
    torch_padded,
)


@pytest.mark.parametrize("mode", NUMPY_MODES)
def test_modes_are_those_of_pytorch(mode):
    x = np.random.default_rng(0).normal(size=5)
    for left, right in ((0, 0), (4, 1), (2, 4)):
        theirs = F.pad(
            torch.tensor(x)[None, None],
            (left, right),
            mode="constant" if mode == "zeros" else mode,
        )
        np.testing.assert_array_equal(pad(x, left, right, mode), theirs[0, 0])


def test_rows_done_by_hand():
    x = np.arange(1, 6)
    assert pad(x, 3, 3).tolist() == [0, 0, 0, 1, 2, 3, 4, 5, 0, 0, 0]
    assert pad(x, 3, 3, "reflect").tolist() == [4, 3, 2, 1, 2, 3, 4, 5, 4, 3, 2]
    assert pad(x, 3, 3, "replicate").tolist() == [1, 1, 1, 1, 2, 3, 4, 5, 5, 5, 5]
    assert pad(x, 3, 3, "circular").tolist() == [3, 4, 5, 1, 2, 3, 4, 5, 1, 2, 3]


@pytest.mark.parametrize("dilation", [1, 2, 3])
@pytest.mark.parametrize("k", range(1, 9))
@pytest.mark.filterwarnings("ignore:Using padding")
def test_same_is_that_of_pytorch(k, dilation):
    rng = np.random.default_rng(k)
    x, w = torch.tensor(rng.normal(size=(1, 1, 9))), torch.tensor(rng.normal(size=(1, 1, k)))
    theirs = F.conv1d(x, w, padding="same", dilation=dilation)
    left, right = same_padding(k, dilation)
    assert right - left in (0, 1)
    torch.testing.assert_close(F.conv1d(F.pad(x, (left, right)), w, dilation=dilation), theirs)


def test_strided_same_gives_the_rounded_up_size_with_the_fewest_cells():
    for n in range(1, 14):
        for k in range(1, 6):
            for stride in (1, 2, 3, 4):
                for dilation in (1, 2):
                    left, right = same_padding_strided(n, k, stride, dilation)
                    assert 0 <= right - left <= 1
                    x, w = torch.zeros(1, 1, n + left + right), torch.zeros(1, 1, k)
                    y = F.conv1d(x, w, stride=stride, dilation=dilation)
                    assert y.shape[-1] == int(np.ceil(n / stride))
                    span = dilation * (k - 1) + 1
                    if left + right and n + left + right - 1 >= span:
                        fewer = F.conv1d(x[..., 1:], w, stride=stride, dilation=dilation)
                        assert fewer.shape[-1] < y.shape[-1]


def test_strided_same_is_plain_same_for_stride_1():
    for k in range(1, 8):
        assert same_padding_strided(20, k) == same_padding(k)


@pytest.mark.parametrize(
    ("mode", "scipy_mode"),
    [("zeros", "constant"), ("reflect", "mirror"), ("replicate", "nearest"), ("circular", "wrap")],
)
def test_torch_padded_is_scipys_correlate(mode, scipy_mode):
    rng = np.random.default_rng(3)
    x, w = rng.normal(size=11), rng.normal(size=5)
    ours = torch_padded(torch.tensor(x)[None, None], torch.tensor(w)[None, None], mode)
    np.testing.assert_allclose(ours[0, 0], ndimage.correlate1d(x, w, mode=scipy_mode), atol=1e-12)


def test_misuse_is_refused():
    x = np.arange(4.0)
    with pytest.raises(ValueError, match="no padding mode"):
        pad(x, 1, 1, "mirror")
    with pytest.raises(ValueError, match="reflect cannot add 4"):
        pad(x, 4, 0, "reflect")
    with pytest.raises(ValueError, match="circular cannot add 0 and 5"):
        pad(x, 0, 5, "circular")
    with pytest.raises(ValueError, match="zeros cannot"):
        pad(x, -1, 0)
    with pytest.raises(ValueError, match="at least 1"):
        same_padding(0)
    with pytest.raises(ValueError, match="at least 1"):
        same_padding_strided(4, 3, 0)
    with pytest.raises(RuntimeError, match="strided"):
        F.conv1d(torch.zeros(1, 1, 5), torch.zeros(1, 1, 3), padding="same", stride=2)
