"""What the page on Adagrad and RMSprop says, against closed forms."""

import numpy as np
import pytest

from snippets.kit import Tr, seeds
from snippets.optimization import _adagrad_rmsprop_state as state
from snippets.optimization import _adagrad_rmsprop_steps as steps
from snippets.optimization import adagrad_rmsprop

EN = Tr("en")


@pytest.mark.parametrize("name", ["adagrad", "rmsprop", "adadelta"])
def test_evidence_is_close(name):
    assert getattr(adagrad_rmsprop, f"check_{name}")().error < 1e-13


def test_steps_by_hand():
    rows = {row[0]: row[1:] for row in steps.table_hand(EN).rows}
    second = 0.9 - 0.1 * 1.8 / np.sqrt(4 + 1.8**2)
    third = second - 0.1 * 2 * second / np.sqrt(4 + 1.8**2 + 4 * second**2)
    np.testing.assert_allclose(rows["Adagrad"][:4], [1, 0.9, second, third], atol=1e-9)
    assert rows["RMSprop, α = 0.99"][1] == pytest.approx(0, abs=1e-7)
    assert rows["RMSprop, α = 0.9"][1] == pytest.approx(1 - 0.1 / np.sqrt(0.1), abs=1e-7)
    assert rows["Adadelta, ρ = 0.9"][1] == pytest.approx(1 - 1e-3 / np.sqrt(0.4) * 2, abs=1e-6)


def test_decay():
    value = steps.value_decay()
    assert value["first"] == pytest.approx(1e-3)
    assert value["last"] == pytest.approx(1e-5)
    assert value["rms_first"] == pytest.approx(1e-3 / np.sqrt(0.01), rel=1e-5)
    assert value["rms_last"] == pytest.approx(1e-3, rel=1e-6)
    assert value["adadelta_first"] == pytest.approx(np.sqrt(1e-6 / (0.1 + 1e-6)))
    data = steps.figure_decay(EN).data
    assert np.ptp(data["sgd"]) < 1e-12
    assert (np.diff(data["adagrad"]) < 0).all()
    assert data["rmsprop"][500] == pytest.approx(1e-3, rel=0.01)


def test_rare_features():
    rows = {row[0]: row[1:] for row in steps.table_rare(EN).rows}
    np.testing.assert_allclose(rows["SGD"], [1, 1, 0.01])
    often = sum(t**-0.5 for t in range(1, 1001)) / 1000
    rare = sum(k**-0.5 for k in range(1, 11)) / 10
    np.testing.assert_allclose(rows["Adagrad"], [often, rare, rare / often / 100], rtol=1e-6)
    # a gradient of 1 after k · 100 steps finds E = 0.01 (1 + 0.99^100 + ...)
    share = [0.01 * (1 - 0.99 ** (100 * k)) / (1 - 0.99**100) for k in range(1, 11)]
    assert rows["RMSprop, α = 0.99"][1] == pytest.approx(np.mean(np.power(share, -0.5)), rel=1e-5)


def test_epsilon():
    value = steps.value_eps()
    assert value["outside"] == pytest.approx(0.01 * 1e-6 / (1e-6 + 1e-8))
    assert value["inside"] == pytest.approx(0.01 * 1e-6 / np.sqrt(1e-12 + 1e-8))
    assert value["differs"] < 1e-4 < 0.1 < value["differs_small"]
    gaps = steps._inside_differs(1.0)
    draws = [rng.normal(size=(100, 50))[0] for rng in seeds(5)]
    assert gaps.argmax() == np.abs(np.concatenate(draws)).argmin()  # the first gradient nearest 0
    assert value["differs_most"] > 100 * value["differs"]
    for g, outside, inside, ratio in steps.table_eps(EN).rows:
        assert outside == pytest.approx(0.01 * g / (g + 1e-8))
        assert inside == pytest.approx(0.01 * g / np.hypot(g, 1e-4))
        assert ratio == pytest.approx(outside / inside)


def test_snippets_without_state():
    found = {key: state.outcome(code) for key, (code, _) in state.SPELLINGS.items()}
    assert found == {
        "undefined": "NameError",
        "sqrt": "AttributeError",
        "tensor": "",
        "t": "RuntimeWarning",
    }
    with pytest.warns(RuntimeWarning):
        assert np.isinf(np.ones(2) / (1 - 0.9**0)).all()
    assert not hasattr(np.zeros(2), "sqrt")


def test_leftover_state():
    value = state.value_leftover()
    x, G = 1.0, 0.0
    for _ in range(20):
        G += 4 * x * x
        x -= 0.1 * 2 * x / np.sqrt(G)
    assert value["clean"] == pytest.approx(x)
    x, G = 1.0, 100 * 10.0**2
    for _ in range(20):
        G += 4 * x * x
        x -= 0.1 * 2 * x / np.sqrt(G)
    assert value["stale"] == pytest.approx(x)
