"""The 2-2-1 network against exact derivatives, autograd and a published example."""

import mpmath
import numpy as np
import pytest

from snippets.backprop import backprop_by_hand as by_hand
from snippets.backprop.backprop_by_hand import START, X, Y, forward, gradients, loss, update

# Published steps of the same example, its first output [mazur2015].
PUBLISHED = {"h1": 0.593269992, "h2": 0.596884378, "out": 0.75136507}
# dE/dw5 there is for half the squared error.
PUBLISHED_W5 = 0.082167041


def exact(parameters, x, y):
    """The nine derivatives to forty digits, by differences of as many digits."""
    names = list(parameters)

    def squared_error(*values):
        p = dict(zip(names, values, strict=True))

        def sigma(z):
            return 1 / (1 + mpmath.e ** (-z))

        h1 = sigma(p["w1"] * x[0] + p["w2"] * x[1] + p["b1"])
        h2 = sigma(p["w3"] * x[0] + p["w4"] * x[1] + p["b2"])
        return (sigma(p["w5"] * h1 + p["w6"] * h2 + p["b3"]) - y) ** 2

    with mpmath.workdps(60):
        at = tuple(mpmath.mpf(float(v)) for v in parameters.values())
        unit = np.eye(len(names), dtype=int)
        return {
            name: float(mpmath.diff(squared_error, at, tuple(map(int, unit[k]))))
            for k, name in enumerate(names)
        }


def test_forward_is_that_of_the_published_example():
    assert forward(START, X) == pytest.approx(tuple(PUBLISHED.values()), abs=5e-9)


def test_output_weight_is_twice_that_of_half_the_squared_error():
    assert gradients(START, X, Y)["w5"] / 2 == pytest.approx(PUBLISHED_W5, abs=5e-10)


def test_gradients_are_exact():
    for network in list(by_hand._networks())[:6]:
        expected = exact(*network)
        found = gradients(*network)
        assert set(found) == set(expected) == set(START)
        for name, value in expected.items():
            assert found[name] == pytest.approx(value, rel=1e-13, abs=1e-18), name


def test_extreme_weights_saturate_without_nan():
    far = dict.fromkeys(START, 10000.0)
    assert forward(far, X) == (1.0, 1.0, 1.0)
    assert set(gradients(far, X, Y).values()) == {0.0}


def test_the_target_reached_gives_no_gradient():
    assert set(gradients(START, X, forward(START, X)[2]).values()) == {0.0}


def test_no_input_leaves_the_first_layer_only_its_biases():
    g = gradients(START, (0.0, 0.0), Y)
    assert [g[name] for name in ("w1", "w2", "w3", "w4")] == [0.0] * 4
    assert g["b1"] > 0
    assert g["b2"] > 0


def test_update_moves_against_the_gradient_and_keeps_the_old_parameters():
    before = dict(START)
    after = update(START, dict.fromkeys(START, 2.0), 0.25)
    assert before == START
    assert after == {name: pytest.approx(value - 0.5) for name, value in START.items()}


def test_a_short_step_falls_by_the_squared_norm_of_the_gradient():
    g = gradients(START, X, Y)
    norm = sum(v * v for v in g.values())
    rate = 1e-6
    fall = loss(START, X, Y) - loss(update(START, g, rate), X, Y)
    assert fall / rate == pytest.approx(norm, rel=1e-5)


def test_evidence_counts_nine_numbers_a_network():
    for evidence in (by_hand.check_autograd(), by_hand.check_differences()):
        assert evidence.cases == 9 * (by_hand.RANDOM + 1)
