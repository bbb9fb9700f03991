"""The general form, the counterexample and the diagonal against PyTorch and closed forms."""

import numpy as np
import pytest
import torch

from snippets.optimization.optimizer_theory import (
    adversary,
    diagonal_condition,
    generic_step,
    mean_and_scale,
    torch_adversary,
    torch_state,
)

CASES = [
    ("SGD", "SGD", {}, {}),
    ("momentum", "SGD", {"momentum": 0.7}, {"momentum": 0.7}),
    ("Adagrad", "Adagrad", {"eps": 1e-8}, {}),
    ("RMSprop", "RMSprop", {"alpha": 0.9}, {"alpha": 0.9}),
    ("Adam", "Adam", {"betas": (0.8, 0.95)}, {"betas": (0.8, 0.95)}),
]


@pytest.mark.parametrize(("name", "kind", "theirs", "ours"), CASES)
def test_summed_up_is_pytorchs_step_by_step(name, kind, theirs, ours):
    g = np.random.default_rng(1).normal(size=(25, 2, 3))
    theta = torch.nn.Parameter(torch.ones(2, 3, dtype=torch.float64))
    optimizer = getattr(torch.optim, kind)([theta], lr=0.03, **theirs)
    x = np.ones((2, 3))
    for t in range(25):
        theta.grad = torch.tensor(g[t])
        optimizer.step()
        x = generic_step(x, *mean_and_scale(name, g[: t + 1], **ours), 0.03)
        np.testing.assert_allclose(x, theta.detach(), atol=1e-12)


def test_first_step_by_hand():
    g = np.array([[4.0, -0.5]])
    for name, m, D in (
        ("SGD", [4, -0.5], [1, 1]),
        ("momentum", [4, -0.5], [1, 1]),
        ("Adagrad", [4, -0.5], [4, 0.5]),
        ("RMSprop", [4, -0.5], [0.4, 0.05]),  # √0.01 of the size
        ("Adam", [4, -0.5], [4, 0.5]),
    ):
        found = mean_and_scale(name, g, eps=0.0)
        np.testing.assert_allclose(found, [m, D], rtol=1e-12)


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match="no optimiser 'Lion'"):
        mean_and_scale("Lion", np.ones((1, 1)))
    with pytest.raises(ValueError, match="no method 'RMSprop'"):
        adversary("RMSprop", 3)


def test_no_gradient_and_no_curvature_are_refused():
    with pytest.raises(ValueError, match="no gradient"):
        mean_and_scale("momentum", np.empty((0, 2)))
    for bad in (0.0, -2.0, np.nan):
        with pytest.raises(ValueError, match="must be positive"):
            diagonal_condition(np.diag([1.0, bad]))


@pytest.mark.parametrize("amsgrad", [False, True])
@pytest.mark.parametrize(("C", "rate"), [(3.0, 0.5), (5.0, 0.2)])
def test_adversary_is_pytorchs_adam(amsgrad, C, rate):
    ours = adversary("AMSGrad" if amsgrad else "Adam", 200, C, rate)
    np.testing.assert_allclose(ours, torch_adversary(amsgrad, 200, C, rate), atol=1e-13)


@pytest.mark.parametrize("amsgrad", [False, True])
def test_adversary_from_elsewhere_with_another_beta(amsgrad):
    ours = adversary("AMSGrad" if amsgrad else "Adam", 100, start=-0.5, beta=0.99)
    assert ours[0] == -0.5
    theirs = torch_adversary(amsgrad, 100, start=-0.5, beta=0.99)
    np.testing.assert_allclose(ours, theirs, atol=1e-13)


def test_adversary_of_sgd_by_hand():
    steps = [0.5 * 3, -0.5 / 2**0.5, -0.5 / 3**0.5]
    expected = [1.0]
    for step in steps:
        expected.append(np.clip(expected[-1] - step, -1, 1))
    np.testing.assert_allclose(adversary("SGD", 3), expected)


def test_diagonal_of_a_diagonal_is_perfect():
    assert diagonal_condition(np.diag([1e-3, 7.0, 1e4])) == pytest.approx(1)


def test_diagonal_of_a_correlation_matrix_changes_nothing():
    H = np.array([[1.0, 0.9], [0.9, 1.0]])
    assert diagonal_condition(H) == pytest.approx(1.9 / 0.1)


def test_no_diagonal_scaling_does_much_better():
    # van der Sluis: dividing by the roots of the diagonal is within a factor n of the best one
    H = np.array([[2.0, 1.0], [1.0, 50.0]])
    best = min(np.linalg.cond(H / np.outer([1, s], [1, s])) for s in np.geomspace(0.1, 100, 2000))
    assert best <= diagonal_condition(H) * (1 + 1e-5) <= 2 * best


@pytest.mark.parametrize(
    ("make", "numbers"),
    [
        (lambda p: torch.optim.SGD(p, lr=0.1), 0),
        (lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9), 1),
        (lambda p: torch.optim.AdamW(p), 2),
        (lambda p: torch.optim.Adam(p, amsgrad=True), 3),
    ],
)
def test_state_in_bytes(make, numbers):
    shapes = ((3, 4), (5,), (1,))  # a single bias has state, too
    parameters = [torch.nn.Parameter(torch.zeros(shape)) for shape in shapes]
    assert torch_state(make, parameters) == numbers * 18 * 4
    assert all((p == 0).all() and p.grad is None for p in parameters)
