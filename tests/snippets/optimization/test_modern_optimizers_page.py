"""What the page on modern optimisers says, against closed forms."""

import numpy as np
import pytest

from snippets.kit import Tr
from snippets.optimization import _modern_optimizers_averaging as averaging
from snippets.optimization import _modern_optimizers_evidence as evidence
from snippets.optimization import _modern_optimizers_sam as sam
from snippets.optimization import _modern_optimizers_steps as steps

EN = Tr("en")


@pytest.mark.parametrize(
    "made",
    [
        evidence.check_lion,
        evidence.check_muon,
        evidence.check_shampoo,
        averaging.check_averages,
        sam.check_sam,
    ],
)
def test_evidence_is_close(made):
    assert made().error < 1e-11


def test_bfloat16_differs_a_little():
    assert 1e-5 < evidence.value_bfloat16()["share"] < 0.01


def test_first_steps():
    for grad, plain, adamw, lion in steps.table_one_step(EN).rows:
        assert plain == pytest.approx(1 - 0.01 * grad - 0.001)
        assert adamw == pytest.approx(0.999 - 0.01 * np.sign(grad), abs=1e-6)
        assert lion == pytest.approx(0.999 - 0.01 * np.sign(grad))


def test_singular_values():
    rows = steps.table_singular(EN).rows
    norm = np.linalg.norm(steps.SINGULAR)
    np.testing.assert_allclose(rows[0][1:5], np.array(steps.SINGULAR) / norm)
    sigma = np.array(steps.SINGULAR) / norm
    for row in rows:
        np.testing.assert_allclose(row[1:5], sorted(sigma, reverse=True), rtol=1e-9)
        sigma = 3.4445 * sigma - 4.775 * sigma**3 + 2.0315 * sigma**5
    assert rows[0][5] == pytest.approx(30)
    assert rows[-1][5] < 2


def test_band():
    value = steps.value_band()
    assert 0.6 < value["low"] < 0.75
    assert 1.1 < value["high"] < 1.25
    data = steps.figure_polynomial(EN).data
    assert data["5"][0] == 0
    assert (data["5"][20:] >= value["low"] - 1e-6).all()
    assert data["sigma"][data["1"].argmax()] == pytest.approx(0.56, abs=0.05)


def test_half_life():
    value = averaging.value_half_life()
    assert 0.999 ** value["half"] == pytest.approx(0.5)
    assert value["whole"] == np.ceil(value["half"]) == 693
    assert value["window"] == pytest.approx(1000)


def test_averages_remove_noise():
    found = averaging.noisy_runs()
    ends = {name: series[:, -1] for name, series in found.items()}
    assert (ends["ema"] < 0.5 * ends["sgd"]).all()
    assert (ends["swa"] < ends["ema"]).all()
    assert found["swa"].shape[1] == found["sgd"].shape[1] // 2


def test_worst_loss_moves_to_the_flat_valley():
    x = np.linspace(-2, 2, 41)
    step = 1e-6
    slopes = (sam.valleys(x + step) - sam.valleys(x - step)) / (2 * step)
    np.testing.assert_allclose(sam.valleys_grad(x), slopes, atol=1e-8)
    rows = sam.table_rho(EN).rows
    assert [row[4] for row in rows] == ["the sharp one"] * 2 + ["the flat one"] * 3
    for rho, sharp, flat, place, _ in rows:
        near = np.linspace(-rho, rho, 201)
        assert sharp == pytest.approx(sam.valleys(-1 + near).max())
        assert flat == pytest.approx(sam.valleys(1 + near).max())
        losses = [sam.valleys(p + near).max() for p in (place - 0.01, place, place + 0.01)]
        assert losses[1] == min(losses)


def test_sam_may_stall_on_the_ridge():
    value = sam.value_stall()
    # the ridge: the largest loss between the two valleys
    x = np.linspace(-1, 1, 2001)
    ridge = x[sam.valleys(x).argmax()]
    assert value["to"] < ridge < value["end"] < sam.FLAT[0]
    # with the short radius the flat valley would be better, yet the sharp one is not left
    worst = sam.worst(np.array([value["from"], value["to"], sam.FLAT[0]]), value["short"])
    assert worst[2] < worst[:2].min()
    # with the long one the step uphill ends where the gradient is 0
    assert abs(sam.valleys_grad(value["end"] - value["long"])) < 1e-6
    assert sam.valleys(value["end"]) > 0.8


def test_memory():
    rows = {row[0]: row[2] for row in steps.table_memory(EN).rows}
    assert rows["Adam, AdamW"] == 2 * rows["Lion"] == 2
    assert rows["Shampoo"] == (4096**2 + 4096**2) / 4096**2
