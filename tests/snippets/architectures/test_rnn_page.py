"""What the page on recurrent networks says, against closed forms."""

import numpy as np
import pytest

from snippets.architectures import _rnn_attention as attention
from snippets.architectures import _rnn_lag as lag
from snippets.architectures import _rnn_sequence as sequence
from snippets.architectures import _rnn_steps as steps
from snippets.architectures import rnn
from snippets.kit import LANGS, Tr

EN = Tr("en")


def test_evidence():
    assert rnn.check_torch().error < 1e-11


def test_worked_example_by_hand():
    x, w, u = steps.X, np.array([0.2, 0.4]), 0.6
    h = [0.5]
    for row in x:
        h.append(np.tanh(row @ w + u * h[-1]))
    d3 = 1 - h[3] ** 2
    d2 = (1 - h[2] ** 2) * u * d3
    d1 = (1 - h[1] ** 2) * u * d2
    rows = steps.table_steps(EN).rows
    np.testing.assert_allclose([row[3] for row in rows], h[1:], atol=1e-14)
    np.testing.assert_allclose([row[5] for row in rows], [d1, d2, d3], atol=1e-14)
    found = steps.value_example()
    assert found["z"] == pytest.approx(0.1)
    assert found["grad"] == pytest.approx(d1 * h[0] + d2 * h[1] + d3 * h[2])
    assert found["grad_h_0"] == pytest.approx(u * d1)


def test_shorter_chunks_are_further_from_the_gradient():
    found = steps.value_truncated()
    assert found["60"].high == 0
    assert found["1"].mean > found["5"].mean > found["20"].mean > 0.05


def test_drawn_graph():
    drawn = steps.figure_unrolled(EN).data
    assert len(drawn["forward"]) == 3 * steps.WORDS
    # the gradient runs every recurrent edge backwards
    for edge in drawn["forward"]:
        if edge[0][0] == "h" or edge[1][0] == "L":
            assert edge[::-1] in drawn["backward"]
    assert len(drawn["tree"]) == 2 * (steps.WORDS - 1)


def test_linear_recurrence_is_a_power():
    found = lag.value_lag()
    for rho in lag.RADII:
        assert found[f"linear_{rho:g}"] == pytest.approx(rho**lag.LAGS, rel=1e-9)
    np.testing.assert_allclose(
        lag.figure_lag(EN).data["linear"][2], 1.1 ** np.arange(lag.LAGS + 1), rtol=1e-9
    )


def test_tanh_only_shrinks():
    # slopes of at most 1: the linear network with the same matrix is an upper bound
    for scale in lag.SCALES:
        bound = scale ** np.arange(lag.LAGS + 1)
        assert (lag.tanh()[f"{scale:g}"] <= bound * (1 + 1e-9)).all()
    found = lag.value_lag()
    assert found["default"].high < found["1"].low < found["1.2"].high < 0 < found["2"].low
    # uniform on ±1/√n has variance 1/(3n): radius near 1/√3 by the circular law
    assert abs(found["radius"].mean - 3**-0.5) < 0.08


def test_powers_of_the_jordan_block():
    a, k = lag.JORDAN[0, 0], np.arange(lag.LAGS + 1)
    closed = [np.array([[a**i, i * a ** max(i - 1, 0) * 4], [0, a**i]]) for i in k]
    norms = [np.linalg.norm(m, 2) for m in closed]
    np.testing.assert_allclose(lag.jordan(), norms, rtol=1e-10)
    found = lag.value_lag()
    assert found["peak"] == pytest.approx(max(norms))
    assert found["peak_at"] == int(np.argmax(norms))
    assert found["jordan"] < 0.02
    assert np.abs(np.linalg.eigvals(lag.JORDAN)) == pytest.approx([0.9, 0.9])


def test_costs_of_sequence_models():
    v = sequence.value_costs()
    assert v["tcn_path"] == 10  # 1 + 2 (2^9 - 1) = 1023 < 1024
    assert v["tcn_work"] == 10 * 1024 * 3 * 64**2
    assert v["rnn_work"] == 1024 * (64 * 64 + 64 * 64)
    assert v["attention_work"] == 4 * 1024 * 64**2 + 2 * 1024**2 * 64
    assert v["tcn_state"] == 64 * 2 * (2**10 - 1)
    assert sequence.layers_needed(1023, 3) == 9


@pytest.mark.parametrize("lang", LANGS)
def test_table_of_models_counts(lang):
    rows = sequence.table_models(Tr(lang)).rows
    assert "1,023" in rows[0][1]
    assert "$O(1)$" in rows[0][3]


def test_the_delay_is_learned_with_enough_taps_only():
    found = sequence.value_shift()
    assert found["mse_4"] < 1e-14
    assert list(found["taps_4"].values()) == pytest.approx([1, 0, 0, 0], abs=1e-9)
    assert found["mse_3"] > 0.9  # white noise cannot be predicted


def test_horizons_of_convolution_and_recurrence():
    found = sequence.value_delays()
    assert found["field"] == 8
    assert found["tcn_inside"].high < 0.1
    # what is out of reach is best guessed as 0, whose error is the variance
    assert found["tcn_outside"].low > 0.9
    assert found["rnn_0"].high < found["rnn_last"].low < found["rnn_last"].high < 0.5
    rnn_error = sequence.figure_delays(EN).data["rnn"]
    assert np.argmin(rnn_error) == 0
    assert np.argmax(rnn_error) >= 8


def test_alignment():
    alpha, contexts = attention.weights()
    np.testing.assert_allclose(alpha.sum(axis=1), 1, atol=1e-15)
    assert list(alpha.argmax(axis=1) + 1) == list(attention.WANTED)
    np.testing.assert_allclose(contexts[:, 1], 1)  # a weighted mean of ones
    # the middle position is seen symmetrically, and its context is the middle
    assert contexts[2, 0] == pytest.approx(2)
    rows = attention.table_alignment(EN).rows
    assert all(row[4] == pytest.approx(1) for row in rows)


def test_attention_shortens_the_way():
    found = attention.value_bottleneck()
    assert found["last"].high < -6
    assert abs(found["attention"].mean) < 0.5
