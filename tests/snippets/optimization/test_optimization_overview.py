"""The measured steps against closed forms and PyTorch; the rules; the state."""

from fractions import Fraction

import numpy as np
import pytest
import torch

from snippets.optimization import _optimization_overview_rules as rules
from snippets.optimization import _optimization_overview_state as state
from snippets.optimization.optimization_overview import (
    OPTIMISERS,
    step_lengths,
    torch_step_lengths,
)

T = np.arange(1, 201)
G = 0.3


def polynomial(times: int) -> float:
    """What Newton-Schulz makes of the singular value 1, in exact arithmetic."""
    a, b, c = Fraction("3.4445"), Fraction("-4.775"), Fraction("2.0315")
    sigma = Fraction(1)
    for _ in range(times):
        sigma = a * sigma + b * sigma**3 + c * sigma**5
    return float(sigma)


CLOSED = {
    "sgd": G * np.ones(200),
    "momentum": G * (1 - 0.9**T) / 0.1,
    "nesterov": G * (1 + 0.9 * (1 - 0.9**T) / 0.1),
    "adagrad": 1 / np.sqrt(T),
    "rmsprop": 1 / np.sqrt(1 - 0.99**T),
    "adam": np.ones(200),
    "adamw": np.ones(200),
    "lion": np.ones(200),
    "muon": polynomial(5) * np.ones(200),
}


@pytest.mark.parametrize("name", CLOSED)
@pytest.mark.parametrize("sign", [1, -1])
def test_closed_forms(name, sign):
    one = OPTIMISERS[name]
    found = step_lengths(one.step, sign * G, 200, lr=0.01, **one.settings)
    np.testing.assert_allclose(found, CLOSED[name], rtol=1e-6)


def test_adadelta_by_its_recursion():
    square = moved = 0.0
    expected = []
    for _ in range(50):
        square = 0.9 * square + 0.1 * G * G
        delta = ((moved + 1e-6) / (square + 1e-6)) ** 0.5 * G
        moved = 0.9 * moved + 0.1 * delta * delta
        expected.append(delta)
    found = step_lengths(OPTIMISERS["adadelta"].step, G, 50, lr=0.5)
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_pytorch_steps_of_muon_are_ours_up_to_bfloat16():
    one = OPTIMISERS["muon"]
    theirs = torch_step_lengths(
        lambda p, lr: torch.optim.Muon(p, lr=lr, weight_decay=0.0), G, 20, 0.1
    )
    ours = step_lengths(one.step, G, 20, lr=0.1, **one.settings)
    np.testing.assert_allclose(theirs, ours, rtol=0.02)


def test_a_gradient_of_0_is_refused():
    with pytest.raises(ValueError, match="g is 0"):
        step_lengths(OPTIMISERS["sgd"].step, 0, 5, lr=0.1)


def test_floats_a_parameter():
    # by the papers: buffer; sum; E and D; E; m and v; m; buffer
    expected = dict.fromkeys(OPTIMISERS, 1) | {"sgd": 0, "adadelta": 2, "adam": 2, "adamw": 2}
    assert {name: state.floats(name) for name in OPTIMISERS} == expected
    assert list(rules.RULES) == list(OPTIMISERS)
