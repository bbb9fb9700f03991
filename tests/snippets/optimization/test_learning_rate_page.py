"""What the page on the learning rate says."""

import numpy as np
import pytest
import torch

from snippets.kit import Tr
from snippets.optimization import _b_digits as digits
from snippets.optimization import _learning_rate_basins as basins
from snippets.optimization import _learning_rate_quadratic as quadratic
from snippets.optimization import _learning_rate_sweep as sweep

EN = Tr("en")


def test_evidence():
    assert quadratic.check_sgd().cases == 6 * 101


def test_quadratic_ends_where_the_power_says():
    for eta, distance in quadratic.value_quadratic().items():
        assert distance == pytest.approx(abs(1 - 4 * float(eta)) ** 100, rel=1e-9)
    assert [row[1] for row in quadratic.table_quadratic(EN).rows] == pytest.approx(
        [0.996, 0.96, 0, -0.96, -1, -1.04]
    )
    data = quadratic.figure_loss(EN).data
    np.testing.assert_allclose(data["0.01"], data["0.49"])
    assert data["0.51"][-1] > data["0.51"][0]


def test_minima_are_stationary_and_the_bounds_those_of_the_curvature():
    found = basins.value_minima()
    for name in ("global", "local"):
        x = torch.tensor(found[name], dtype=torch.float64, requires_grad=True)
        y = x**4 - 3 * x**2 + x
        (slope,) = torch.autograd.grad(y, x, create_graph=True)
        (curvature,) = torch.autograd.grad(slope, x)
        assert slope.item() == pytest.approx(0, abs=1e-9)
        bound = found["bound" if name == "global" else "other_bound"]
        assert bound == pytest.approx(2 / curvature.item())
    assert found["best"] < found["other"]


def test_ends_by_rate():
    ends = {row[0]: row[2] for row in basins.table_basins(EN).rows}
    found = basins.value_minima()
    for eta in ("0.001", "0.05"):
        assert ends[eta] == pytest.approx(found["local"], abs=1e-6)
    assert ends["0.12"] == pytest.approx(found["global"], abs=1e-6)
    data = basins.figure_basins(EN).data
    rates, end = data["rates"], data["ends"]
    np.testing.assert_allclose(end[rates < 0.085], found["local"], atol=1e-6)
    middle = (rates > 0.095) & (rates < 0.98 * found["bound"])
    np.testing.assert_allclose(end[middle], found["global"], atol=1e-6)
    beyond = rates > found["bound"]
    assert (np.abs(end[beyond] - found["global"]) > 1e-3).all()


def test_sweep_peaks_inside_and_the_range_test_overstates():
    found = sweep.value_sweep()
    assert sweep.RATES[0] < found["best"] < sweep.RATES[-1]
    assert found["lowest"].low > found["best"]  # "overstates the rate here"
    lengths = sweep.value_lengths()  # the longer the test, the lower the rate: no fixed fraction
    assert lengths["lowest_short"].low > found["lowest"].mean > lengths["lowest_long"].high
    assert found["fast"].high < found["slow"].low < found["accuracy"].low
    assert found["good_low"] <= found["best"] <= found["good_high"]
    rates, losses = sweep.range_tests()[0]
    assert losses[-1] > losses.min()
    assert len(rates) == len(losses)


# ---------------------------------------------------------------- the digits


def test_digits_are_the_same_each_time_and_all_classes_occur():
    x, y = digits.digits(300, np.random.default_rng(3))
    again, _ = digits.digits(300, np.random.default_rng(3))
    np.testing.assert_array_equal(x, again)
    assert x.shape == (300, 56)
    assert set(y) == set(range(10))
    assert all(len(g.split()) == 7 and len(g) == 41 for g in digits.GLYPHS)
    assert len(set(digits.GLYPHS)) == 10


@pytest.mark.parametrize("hidden", [(24,), (8, 6)])
def test_gradients_by_hand_are_autograds(hidden):
    parameters = [p.double() for p in digits.networks(3, 2, hidden)]
    draw = torch.Generator().manual_seed(1)
    x = torch.randn(6, 5, digits.INPUTS, generator=draw, dtype=torch.float64)
    y = torch.randint(10, (6, 5), generator=draw)
    loss, found = digits.gradients(parameters, x, y)
    leaves = [p.clone().requires_grad_() for p in parameters]
    z = digits.logits(leaves, x)
    by_network = torch.stack(
        [torch.nn.functional.cross_entropy(a, b) for a, b in zip(z, y, strict=True)]
    )
    theirs = torch.autograd.grad(by_network.sum(), leaves)
    np.testing.assert_allclose(loss, by_network.detach(), atol=1e-12)
    for ours, other in zip(found, theirs, strict=True):
        np.testing.assert_allclose(ours, other, atol=1e-12)


def test_an_epoch_uses_each_example_once():
    source = digits.batches(2, 64)
    epoch = torch.cat([next(source) for _ in range(digits.TRAIN // 64)], dim=1)
    for run in epoch:
        assert sorted(run.tolist()) == list(range(digits.TRAIN))


def test_scores_are_those_of_pytorch():
    _, validation, _ = digits.data()
    parameters = digits.networks(2)
    z = digits.logits(parameters, validation.x)
    for run, (loss, right) in enumerate(
        zip(digits.losses(parameters, validation), digits.accuracies(parameters, validation),
            strict=True)
    ):  # fmt: skip
        theirs = torch.nn.functional.cross_entropy(z[run], validation.y)
        assert loss == pytest.approx(theirs.item(), rel=1e-5)
        assert right == pytest.approx((z[run].argmax(1) == validation.y).double().mean().item())
