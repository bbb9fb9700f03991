"""The measuring functions of the properties page, against closed forms and PyTorch."""

import pytest
import torch
import torch.nn.functional as F

from snippets.activations.activation_properties import (
    end_slopes,
    grid_minimum,
    torch_end_slopes,
    torch_grid_minimum,
    torch_sign_gradient,
)

SILU_LOW = -1.278464542761074
"""-1 - W(1/e): there 1 + e^-x + x e^-x = 0, and SiLU is x + 1."""


def test_grid_minimum_of_a_parabola():
    x, y = grid_minimum(lambda v: (v - 1.25) ** 2 - 3)
    assert (x, y) == pytest.approx((1.25, -3), abs=1e-9)


def test_grid_minimum_keeps_to_its_interval():
    assert grid_minimum(lambda v: v, low=-2.0, high=7.0) == (-2.0, -2.0)


@pytest.mark.parametrize(
    ("function", "low"),
    # hendrycks2016 draws GELU without the figure; (-0.75179, -0.16997) solve Φ(x) + x φ(x) = 0.
    [(F.silu, (SILU_LOW, SILU_LOW + 1)), (F.gelu, (-0.75179, -0.16997))],
)
def test_torch_grid_minimum(function, low):
    assert torch_grid_minimum(function) == pytest.approx(low, abs=1e-5)


def test_end_slopes():
    assert end_slopes(lambda x: 2 * x) == (-60.0, 60.0)
    assert end_slopes(lambda x: 2 * x, far=1.0) == (-2.0, 2.0)


def test_torch_end_slopes():
    assert torch_end_slopes(F.relu) == (0.0, 1.0)
    assert torch_end_slopes(lambda x: x**2, far=3.0) == (-6.0, 6.0)


def test_the_sign_passes_no_gradient():
    assert torch.equal(torch_sign_gradient(), torch.zeros(3))
