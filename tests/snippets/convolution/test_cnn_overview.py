"""The shape tracer and the Toeplitz matrix against PyTorch and SciPy."""

import numpy as np
import pytest
import torch
from scipy import linalg

from snippets.convolution.cnn_overview import (
    LENET,
    check_lenet,
    check_toeplitz,
    toeplitz,
    torch_lenet,
    torch_same_as_dense,
    trace,
)


def test_lenet_has_its_known_number_of_parameters():
    model = torch_lenet()
    count = sum(p.numel() for p in model.parameters())
    assert count == sum(n for _, n in trace((1, 32, 32), LENET)) == 61_706
    assert model(torch.zeros(2, 1, 32, 32)).shape == (2, 10)


def test_trace_against_another_network():
    layers = [("conv", 8, 3, 2, 1), ("pool", 3), ("conv", 5, 1, 1, 0), ("gap",), ("dense", 4)]
    modules = [
        torch.nn.Conv2d(3, 8, 3, 2, 1),
        torch.nn.MaxPool2d(3),
        torch.nn.Conv2d(8, 5, 1),
        torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten()),
        torch.nn.Linear(5, 4),
    ]
    x = torch.zeros(1, 3, 29, 23)
    for (shape, count), module in zip(trace((3, 29, 23), layers), modules, strict=True):
        x = module(x)
        assert shape == tuple(x.shape[1:])
        assert count == sum(p.numel() for p in module.parameters())


def test_in_one_dimension_it_is_scipys_toeplitz_matrix():
    w = np.array([[2.0, -1, 3]])
    row, column = np.array([2.0, -1, 3, 0, 0, 0]), np.array([2.0, 0, 0, 0])
    np.testing.assert_array_equal(toeplitz(w, 1, 6), linalg.toeplitz(column, row))


@pytest.mark.parametrize("shape", [(2, 3), (1, 1), (4, 4)])
def test_matrix_is_the_convolution(shape):
    rng = np.random.default_rng(0)
    x, w = torch.tensor(rng.normal(size=(5, 6))), torch.tensor(rng.normal(size=shape))
    convolution, dense = torch_same_as_dense(x, w)
    np.testing.assert_allclose(dense, convolution, atol=1e-13)


def test_evidence():
    assert check_lenet().error == 0
    assert check_toeplitz().error < 1e-13


@pytest.mark.parametrize(
    "layers",
    [[("dense", 3)], [("flatten",), ("conv", 1, 1, 1, 0)], [("gap",), ("pool", 2)], [("norm",)]],
)
def test_layers_that_do_not_fit_are_refused(layers):
    with pytest.raises(ValueError, match=r"layer|needs"):
        trace((1, 4, 4), layers)
