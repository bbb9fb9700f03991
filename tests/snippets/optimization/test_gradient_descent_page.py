"""What the page on gradient descent says, against closed forms and autograd."""

import numpy as np
import pytest
import torch

from snippets.kit import Tr
from snippets.optimization import _gradient_descent_limits as limits
from snippets.optimization import _gradient_descent_steps as steps
from snippets.optimization import gradient_descent
from snippets.optimization._surfaces import BOWL

EN = Tr("en")


def test_descent_lemma_needs_its_constant():
    # With L smaller than the curvature at 0, which is 1, the bound is broken by a long step.
    theta, rate = np.array([0.1]), 2.5
    g = np.tanh(theta)
    after = gradient_descent.smooth(theta - rate * g)
    before = gradient_descent.smooth(theta)
    assert after <= before - rate * (1 - rate / 2) * (g @ g)
    assert after > before - rate * (1 - 0.5 * rate / 2) * (g @ g)


def test_beyond_the_bound_a_quadratic_diverges_and_another_function_need_not():
    # ln cosh has L = 1; its slope never exceeds 1, so beyond 2/L it swings within bounds.
    path = gradient_descent.gradient_descent(np.tanh, 0.1, 2.5, 200)
    assert np.abs(path[-20:]).min() > 0.5
    assert (np.sign(path[-20:-1]) == -np.sign(path[-19:])).all()
    assert np.abs(path).max() < 2.5
    assert abs(gradient_descent.gradient_descent(lambda x: x, 0.1, 2.5, 200)[-1]) > 1e30


def test_evidence_is_close():
    assert gradient_descent.check_torch().error < 1e-14
    assert gradient_descent.check_training().error < 1e-14


def test_step_lengths():
    rows = steps.table_length(EN).rows
    np.testing.assert_allclose([row[2] for row in rows], [2.0, 0.2, 0.02])
    np.testing.assert_allclose([row[3] for row in rows], [8.0, 0.8, 0.08])


def test_descent_on_the_parabola():
    path, squares = (row[1:] for row in steps.table_descent(EN).rows)
    assert path == [1, 0.8, 0.64, 0.512, 0.4096]
    np.testing.assert_allclose(squares, np.square(path))


def test_edge_is_at_two_over_the_curvature():
    for rate, factor, *values in steps.table_edge(EN).rows:
        assert factor == pytest.approx(1 - 4 * rate)
        np.testing.assert_allclose(values, [factor**t for t in steps.EDGE_STEPS], atol=1e-12)
    value = steps.value_steps()
    assert value["above"] == pytest.approx(1.04**100)
    assert value["below"] == pytest.approx(0.96**100)
    assert value["edge"] == 1


def test_figure_shows_what_its_caption_says():
    data = steps.figure_rates(EN).data
    ends = {name: BOWL.value(path[-1]) for name, path in data.items()}
    assert ends["good"] < 0.01 < 1 < ends["small"]
    assert (np.diff(np.abs(data["large"][:, 1])) > 0).all()  # farther with each jump
    assert (np.diff(np.sign(data["large"][:, 1])) != 0).all()
    assert (np.diff(BOWL.value(data["small"])) < 0).all()


def test_xor_gradient_is_that_of_autograd():
    theta = torch.tensor(limits.xor_start(), requires_grad=True)
    x, y = torch.tensor(limits.XOR_X), torch.tensor(limits.XOR_Y)
    losses = []
    for row in theta:
        hidden = torch.sigmoid(x @ row[:4].reshape(2, 2) + row[4:6])
        losses.append(((torch.sigmoid(hidden @ row[6:8] + row[8]) - y) ** 2).mean() / 2)
    torch.stack(losses).sum().backward()
    loss, grad = limits.xor_loss_grad(theta.detach().numpy())
    np.testing.assert_allclose(loss, [one.item() for one in losses], rtol=1e-12)
    np.testing.assert_allclose(grad, theta.grad, atol=1e-14)


def test_some_xor_networks_are_stuck_with_a_tiny_gradient():
    value = limits.value_xor()
    assert value["learned"] + value["stuck"] == limits.RUNS
    assert value["stuck"] >= 2
    # the best that one line can do on XOR: two of four right, a half for the others, (1/4 + 1/4)/8
    assert value["stuck_loss"].low == pytest.approx(1 / 16, rel=0.01)
    assert value["stuck_norm"] < 1e-3
    assert value["learned_loss"] < limits.LEARNED


def test_ends_are_roots_of_the_gradient():
    roots = sorted(np.roots([1, 0, -1, 0.2]).real)
    rows = limits.table_ends(EN).rows
    assert [row[2] for row in rows] == [
        "(0.00, 0.00)",
        "(0.00, 1.00)",
        f"−{-roots[0]:.2f}",
        f"{roots[2]:.2f}",
    ]
    assert rows[1][3] == pytest.approx(-0.25)
    assert rows[2][3] < rows[3][3]  # the left valley is deeper
    slope = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
    limits.valleys(slope).backward()
    assert limits.valleys_grad(0.7) == pytest.approx(slope.grad.item())


def test_noise_as_the_text_says():
    fast = [limits._distances(batch, limits.SGD_RATE).mean for batch in limits.BATCHES]
    slow = [limits._distances(batch, limits.SGD_RATE / 10).mean for batch in limits.BATCHES]
    assert fast[0] > 3 * fast[1]
    assert all(s < f for s, f in zip(slow[:2], fast[:2], strict=True))
    assert all(s > f for s, f in zip(slow[2:], fast[2:], strict=True))
