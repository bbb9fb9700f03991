"""What the page on nonlinearity says, against closed forms and published theorems."""

import numpy as np
import pytest
import torch

from snippets.activations import _why_nonlinearity_approximation as approximation
from snippets.activations import _why_nonlinearity_collapse as collapse
from snippets.activations import _why_nonlinearity_shapes as shapes
from snippets.activations import _why_nonlinearity_xor as xor
from snippets.kit import LANGS, Tr

EN = Tr("en")


# ---------------------------------------------------------------- layers


def test_collapse_is_checked_both_ways():
    assert collapse.check_collapse().cases == 200 * 32
    assert collapse.check_torch_collapse().cases == 200 * 16


# ---------------------------------------------------------------- XOR


def test_xor_is_exact_and_the_linear_model_is_flat():
    # Goodfellow, Bengio & Courville, Deep Learning (2016), section 6.1: output 0.5 everywhere.
    rows = xor.table_xor(EN).rows
    assert [row[:3] for row in rows] == [[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]]
    assert [row[3] for row in rows] == pytest.approx([0.5] * 4)
    assert [row[4] for row in rows] == [0, 1, 1, 0]
    assert xor.value_xor() == {"linear": pytest.approx(0.25), "network": 0.0}


def test_xor_training_finds_more_with_more_units():
    found = xor.value_xor_training()
    assert found["of"] == 100
    assert 0 < found["two"] < 50 < 95 <= found["sixteen"] <= 100
    # more steps do not help: the others are stuck
    stuck = xor.training(2, steps=3 * found["steps"]) > 0.1
    assert stuck.sum() == 100 - found["two"]


def test_xor_training_follows_autograd():
    hidden, runs, steps, rate = 3, 4, 50, 0.05
    rng = np.random.default_rng(hidden)  # the draws of the snippet, in its order
    W = torch.tensor(rng.normal(0, 1, (runs, 2, hidden)), requires_grad=True)
    c = torch.tensor(rng.normal(0, 1, (runs, hidden, 1)), requires_grad=True)
    b, c0 = (torch.zeros(runs, 1, n, dtype=torch.float64, requires_grad=True) for n in (hidden, 1))
    x = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], dtype=torch.float64)
    y = torch.tensor([[0.0], [1.0], [1.0], [0.0]], dtype=torch.float64)
    for _ in range(steps):
        loss = ((torch.relu(x @ W + b) @ c + c0 - y) ** 2).mean(dim=(1, 2))
        parameters = (W, b, c, c0)
        gradients = torch.autograd.grad(loss.sum(), parameters)
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter -= rate * gradient
    # the loss is taken before the last step, as in the snippet
    np.testing.assert_allclose(xor.training(hidden, runs, steps), loss.detach(), rtol=1e-9)


@pytest.mark.parametrize("lang", LANGS)
def test_xor_figure_draws_the_tent(lang):
    data = xor.figure_xor(Tr(lang)).data
    at = [np.argmin(np.abs(data["sum"] - s)) for s in (0, 0.5, 1, 1.5, 2)]
    np.testing.assert_allclose(data["tent"][at], [0, 0.5, 1, 0.5, 0], atol=1e-12)


# ---------------------------------------------------------------- approximation

PUBLISHED = {4: 0.2105, 8: 0.0704, 16: 0.0188, 32: 0.0048}
"""Largest errors of linear interpolation of sin 2πx, to four places (np.interp, fine grid)."""


def test_errors():
    rows = {row[0]: row[1:] for row in approximation.table_pieces(EN).rows}
    x = np.linspace(0, 1, 200_001)
    for pieces, published in PUBLISHED.items():
        knots = np.linspace(0, 1, pieces + 1)
        oracle = np.abs(
            np.interp(x, knots, np.sin(2 * np.pi * knots)) - np.sin(2 * np.pi * x)
        ).max()
        assert rows[pieces][0] == pytest.approx(oracle, rel=1e-3)
        assert round(rows[pieces][0], 4) == published
    for error, _, bound in rows.values():
        assert error <= bound
    assert [row[1] for row in rows.values()][-1] == pytest.approx(4, abs=0.01)  # second order


def test_the_network_is_checked_against_interp():
    assert approximation.check_torch_net().error < 1e-12


def test_outside_the_interval_the_network_goes_straight_on():
    # From x = 1 the net follows its last piece: about slope 2π, while sin 2πx is 1 at 1.25.
    expected = abs(2 * np.pi * 0.25 - 1)
    assert approximation.value_errors()["outside_error"] == pytest.approx(expected, abs=1e-3)


def test_fits_touch_the_curve_at_the_knots():
    data = approximation.figure_fits(EN).data
    for pieces in (4, 8):
        knots = np.isclose((data["x"] * pieces) % 1, 0)
        np.testing.assert_allclose(
            data[str(pieces)][knots], np.sin(2 * np.pi * data["x"][knots]), atol=1e-12
        )
    assert (np.diff(data["errors"]) < 0).all()


# ---------------------------------------------------------------- ring and moons


@pytest.mark.parametrize("shape", shapes.SETS)
def test_sets_are_balanced_and_reproducible(shape):
    x, y = shapes.SETS[shape](1000, np.random.default_rng(3))
    again, _ = shapes.SETS[shape](1000, np.random.default_rng(3))
    assert x.shape == (1000, 2)
    assert y.sum() == 0
    np.testing.assert_array_equal(x, again)


def test_without_an_activation_the_border_is_straight():
    data = shapes.figure_shapes(EN).data
    for shape in ("ring", "moons"):
        flat, bent = data[f"{shape} identity"], data[f"{shape} ReLU"]
        assert np.abs(np.diff(flat, n=2, axis=0)).max() < 1e-9
        assert np.abs(np.diff(bent, n=2, axis=0)).max() > 1e-3


def test_accuracy_of_the_linear_net_is_that_of_least_squares():
    # The same damping aside, a random linear network spans just the linear functions.
    seed = np.random.SeedSequence(5)
    points, _, fresh = (np.random.default_rng(s) for s in np.random.SeedSequence(5).spawn(3))
    x, y = shapes.moons(shapes.TRAIN, points)
    design = np.column_stack([x, np.ones(len(x))])
    solution, *_ = np.linalg.lstsq(design, y, rcond=None)
    u, v = shapes.moons(shapes.TEST, fresh)
    plain = (np.sign(np.column_stack([u, np.ones(len(u))]) @ solution) == v).mean()
    assert shapes.accuracy("moons", lambda z: z, seed) == pytest.approx(plain, abs=0.01)


def test_what_the_text_says_of_the_shapes():
    found = shapes.value_shapes()
    assert 0.4 < found["ring"].mean < 0.65  # about a guess
    assert 0.8 < found["moons"].mean < 0.95
    assert found["relu_lowest"] > 0.98
