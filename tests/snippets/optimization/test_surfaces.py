"""The surfaces against autograd and closed forms, the paths against arithmetic."""

import numpy as np
import pytest
import torch

from snippets.optimization import _surfaces
from snippets.optimization._surfaces import RAVINE, ROSENBROCK, SURFACES, quadratic

TURNED = quadratic(("", ""), (1.0, 100.0), (1.0, 1.0), angle=np.pi / 4)


def step(theta, grad, state=None, *, lr):
    return theta - lr * np.asarray(grad), (state or 0) + 1


def torch_value(surface, theta):
    x, y = theta[..., 0], theta[..., 1]
    if surface is ROSENBROCK:
        return (1 - x) ** 2 + 100 * (y - x**2) ** 2
    if surface is TURNED:
        return ((x + y) ** 2 + 100 * (y - x) ** 2) / 4
    return (x**2 + (40 if surface is RAVINE else 4) * y**2) / 2


@pytest.mark.parametrize("surface", [*SURFACES, TURNED], ids=lambda s: s.name[1])
def test_value_and_gradient_are_those_of_autograd(surface):
    points = np.random.default_rng(0).normal(0, 2, (5, 4, 2))
    theta = torch.tensor(points, requires_grad=True)
    value = torch_value(surface, theta)
    value.sum().backward()
    np.testing.assert_allclose(surface.value(points), value.detach(), rtol=1e-12)
    np.testing.assert_allclose(surface.gradient(points), theta.grad, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("surface", [*SURFACES, TURNED], ids=lambda s: s.name[1])
def test_minimum_is_stationary_and_zero(surface):
    assert surface.value(surface.minimum) == 0
    np.testing.assert_array_equal(surface.gradient(surface.minimum), [0, 0])


def test_paths_side_by_side_equal_single_paths():
    rates = np.array([[0.01], [0.04], [0.06]])
    start = np.tile(RAVINE.start, (3, 1))
    together = _surfaces.trajectory(step, RAVINE.gradient, start, 50, lr=rates)
    for number, rate in enumerate(rates[:, 0]):
        alone = _surfaces.trajectory(step, RAVINE.gradient, RAVINE.start, 50, lr=rate)
        np.testing.assert_allclose(together[:, number], alone, rtol=1e-12)
        # each coordinate of a quadratic shrinks by 1 - lr · curvature
        powers = np.array([1 - rate, 1 - 40 * rate]) ** 50
        np.testing.assert_allclose(alone[-1], powers * RAVINE.start, rtol=1e-9)


def test_rate_may_depend_on_the_step():
    path = _surfaces.trajectory(step, lambda theta: 1.0, 0.0, 3, lr=lambda t: 10.0**-t)
    np.testing.assert_allclose(path, [0, -1, -1.1, -1.11])
    theirs = _surfaces.torch_trajectory(
        torch.optim.SGD, lambda theta: 1.0, 0.0, 3, lr=lambda t: 10.0**-t
    )
    np.testing.assert_allclose(path, theirs)


def test_steps_until_counts_the_last_time_outside():
    path = np.array([[3.0, 0], [0.1, 0], [2.0, 0], [0.1, 0], [0.1, 0]])
    assert _surfaces.steps_until(path, RAVINE, 0.1) == 3
    assert _surfaces.steps_until(path[:3], RAVINE, 0.1) == 3  # never: one more than all steps
    assert _surfaces.steps_until(path[3:], RAVINE, 0.1) == 0
    far = np.array([[1.0, 0], [np.nan, 0], [np.inf, 0]])
    assert _surfaces.steps_until(far, RAVINE, 0.1) == 3


def test_random_gradients_are_varied_and_repeatable():
    gradients = _surfaces.random_gradients(50)
    np.testing.assert_array_equal(gradients, _surfaces.random_gradients(50))
    assert gradients.shape == (50, 4, 3)
    assert 0.02 < (gradients == 0).mean() < 0.2
    sizes = np.abs(gradients).max(axis=0)
    assert sizes.max() / sizes.min() > 100
