"""The functions of the page on nonlinearity, by hand-computed cases and PyTorch."""

import numpy as np
import pytest
import torch
from torch import nn

from snippets.activations.why_nonlinearity import (
    best_linear,
    collapse,
    interpolating_net,
    layer,
    one_hidden_layer,
    torch_collapse,
    torch_interpolating_net,
    torch_network,
    xor_network,
)


def test_layer_by_hand():
    W, b = np.array([[1.0, -2.0], [3.0, 0.5]]), np.array([0.5, -10.0])
    # 1 - 4 + 0.5 = -2.5 and 3 + 1 - 10 = -6; with x = (4, 1): 4 - 2 + 0.5, 12 + 0.5 - 10
    np.testing.assert_array_equal(layer([1.0, 2.0], W, b), [0, 0])
    np.testing.assert_array_equal(layer([[4.0, 1.0]], W, b), [[2.5, 2.5]])
    with pytest.raises(ValueError, match="mismatch"):
        layer([1.0, 2.0, 3.0], W, b)


def test_collapse_by_hand():
    stack = [(np.array([[2.0]]), np.array([1.0])), (np.array([[-3.0]]), np.array([4.0]))]
    W, b = collapse(stack)
    assert (W.item(), b.item()) == (-6.0, 1.0)
    assert collapse(stack[:1]) == stack[0]


def test_torch_collapse_of_different_widths():
    torch.manual_seed(1)
    model = nn.Sequential(nn.Linear(3, 7), nn.Linear(7, 2), nn.Linear(2, 4)).double()
    x = torch.randn(20, 3, dtype=torch.float64)
    single = torch_collapse(model)
    assert (single.in_features, single.out_features) == (3, 4)
    torch.testing.assert_close(single(x), model(x))


def test_relu_between_the_layers_prevents_the_collapse():
    torch.manual_seed(0)
    points = torch.tensor([[-3.0, 1.0], [0.0, 0.0], [3.0, -1.0]], dtype=torch.float64)
    with torch.no_grad():
        for bends in (True, False):
            left, middle, right = torch_network(bends).double()(points)[:, 0]
            assert (abs(left + right - 2 * middle) > 1e-9) == bends


def test_best_linear_recovers_a_plane_and_averages_what_it_cannot_fit():
    x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    np.testing.assert_allclose(best_linear(x, 3 * x[:, 0] - x[:, 1] + 2), [2, 1, 5, 4], atol=1e-12)
    np.testing.assert_allclose(best_linear(x, np.array([0.0, 1.0, 1.0, 0.0])), 0.5, atol=1e-12)


def test_xor_network():
    grid = np.array([[[0.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [1.0, 1.0]]])
    np.testing.assert_array_equal(xor_network(grid), [[0, 1], [1, 0]])
    assert xor_network([0.5, 0.0]) == 0.5


def test_interpolating_net_is_the_broken_line():
    knots, values = np.array([0.0, 1.0, 3.0]), np.array([2.0, 4.0, 0.0])
    w, b, c, c0 = interpolating_net(knots, values)
    # slopes 2 and -2: the second unit must bend by -4
    np.testing.assert_array_equal(c, [2.0, -4.0])
    at = one_hidden_layer(np.array([0.0, 0.5, 1.0, 2.0, 3.0]), w, b, c, c0)
    np.testing.assert_array_equal(at, [2.0, 3.0, 4.0, 2.0, 0.0])


def test_interpolating_net_of_uneven_knots_is_np_interp():
    rng = np.random.default_rng(7)
    knots, values = np.sort(rng.uniform(0, 5, 20)), rng.normal(size=20)
    x = np.linspace(knots[0], knots[-1], 500)
    ours = one_hidden_layer(x, *interpolating_net(knots, values))
    np.testing.assert_allclose(ours, np.interp(x, knots, values), atol=1e-9)
    with torch.no_grad():
        theirs = torch_interpolating_net(knots, values)(torch.tensor(x[:, None]))[:, 0]
    np.testing.assert_allclose(theirs, ours, atol=1e-9)
