"""Numerical gradients against closed forms, and what they refuse."""

import mpmath
import numpy as np
import pytest
import torch

from snippets.backprop import gradient_checking as checking
from snippets.backprop.gradient_checking import (
    complex_step_gradient,
    direction_error,
    forward_gradient,
    numerical_gradient,
    relative_error,
    torch_gradcheck,
)


def quadratic(x):
    return (x * x * np.arange(1, 5).reshape(2, 2)).sum()


METHODS = [numerical_gradient, forward_gradient, complex_step_gradient]
PLACE = np.array([[0.5, -1.0], [2.0, 0.25]])
SLOPE = 2 * PLACE * np.arange(1, 5).reshape(2, 2)


def test_central_differences_are_exact_for_a_quadratic():
    np.testing.assert_allclose(numerical_gradient(quadratic, PLACE, 0.125), SLOPE, atol=1e-13)


def test_forward_differences_are_off_by_h_times_half_the_second_derivative():
    # f'' / 2 is 1, 2, 3, 4
    found = forward_gradient(quadratic, PLACE, 0.125) - SLOPE
    np.testing.assert_allclose(found, 0.125 * np.arange(1, 5).reshape(2, 2), atol=1e-12)


def test_complex_step_is_exact_but_for_rounding():
    np.testing.assert_allclose(complex_step_gradient(quadratic, PLACE), SLOPE, rtol=1e-15)


@pytest.mark.parametrize("method", METHODS)
def test_shape_is_kept_and_the_input_left_alone(method):
    for shape in ((), (3,), (2, 0), (2, 3, 2)):
        x = np.full(shape, 0.5)
        gradient = method(lambda v: (v**2).sum(), x)
        assert gradient.shape == shape
        np.testing.assert_allclose(gradient, 1.0, atol=1e-6)
        assert (x == 0.5).all()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("h", [0.0, -1e-5, float("nan")])
def test_a_step_that_is_not_positive_is_refused(method, h):
    with pytest.raises(ValueError, match="positive"):
        method(quadratic, PLACE, h)


@pytest.mark.parametrize("method", METHODS)
def test_integers_are_refused(method):
    with pytest.raises(ValueError, match="floats"):
        method(lambda x: x.sum(), np.array([1, 2]))


def test_a_function_that_drops_the_imaginary_part_is_refused():
    with pytest.raises(ValueError, match="imaginary"):
        complex_step_gradient(lambda x: np.abs(x).sum(), np.array([1.0, 2.0]))


def test_gradients_of_different_shapes_are_refused():
    with pytest.raises(ValueError, match="shapes"):
        relative_error(np.ones((3, 1)), np.ones(3))
    with pytest.raises(ValueError, match="shape"):
        direction_error(quadratic, SLOPE.ravel(), PLACE, 3)


def test_relative_error_by_hand():
    assert relative_error(np.array([3.0, 4.0]), np.array([3.0, 4.0])) == 0
    assert relative_error(np.array([3.0, 4.0]), np.array([-3.0, -4.0])) == 1
    assert relative_error(np.array([2.0]), np.array([1.0])) == pytest.approx(1 / 3)
    assert relative_error(np.zeros(2), np.zeros(2)) == 0


def test_a_direction_sees_a_wrong_gradient():
    assert direction_error(quadratic, SLOPE, PLACE, 3) < 1e-9
    assert direction_error(quadratic, SLOPE * 1.01, PLACE, 3) > 1e-3


def test_wave_and_its_derivatives_to_many_digits():
    with mpmath.workdps(40):
        for x in (-2.0, 0.3, 1.0):
            f = lambda v: mpmath.e ** mpmath.sin(v)  # noqa: E731
            assert checking.wave(x) == pytest.approx(float(f(mpmath.mpf(x))), rel=1e-15)
            assert checking.wave_slope(x) == pytest.approx(float(mpmath.diff(f, x)), rel=1e-14)
            third = checking._third(np.array(x))
            assert third == pytest.approx(float(mpmath.diff(f, x, 3)), rel=1e-12)


def test_largest_third_derivative():
    with mpmath.workdps(30):
        f = lambda v: mpmath.e ** mpmath.sin(v)  # noqa: E731
        sampled = max(abs(mpmath.diff(f, x, 3)) for x in np.linspace(0, 2 * np.pi, 200))
    assert float(sampled) <= checking.THIRD * (1 + 1e-6)
    assert float(sampled) == pytest.approx(checking.THIRD, rel=1e-2)


def test_gradcheck_for_the_reader():
    assert torch_gradcheck(lambda a, b: (a * torch.sin(b)).sum(), np.ones(3), np.arange(3.0))


def test_evidence():
    assert checking.check_surface().cases == 150
