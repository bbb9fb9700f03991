"""What the page on batch size says."""

import numpy as np
import pytest
import torch

from snippets.kit import Tr
from snippets.optimization import _b_batches as batches
from snippets.optimization import _b_digits as digits
from snippets.optimization import _batch_size_noise as noise
from snippets.optimization import _batch_size_training as training
from snippets.optimization import _batch_size_work as work

EN = Tr("en")


def test_evidence():
    assert work.check_accumulation().cases == 24


def test_noise_falls_by_the_root_of_the_batch():
    for row in noise.table_noise(EN).rows:
        _, measured, predicted, _ = row
        # 64 draws of a norm: within four standard errors of its mean square
        assert measured.mean == pytest.approx(predicted.mean, rel=0.25)
    large = noise.measured(1024)[1]
    assert large.low > 0.7
    assert noise.measured(16)[1].high < 0.25


def test_noise_scale_is_where_noise_and_signal_are_equal():
    scale = noise.scales()["end"]
    ratio = {size: noise.measured(size)[0].mean for size in noise.SIZES}
    assert ratio[64] > 1 > ratio[256]
    assert 64 < scale.mean < 256


def test_operations_per_byte():
    rows = {row[0]: row for row in work.table_intensity(EN).rows}
    assert rows["512"][3] == pytest.approx(409.6)
    assert rows["1"][3] == pytest.approx(4096 / 4098)
    assert rows["1"][1] == 2 * 4096**2


def test_accumulation_table():
    errors = [row[1] for row in work.table_accumulation(EN).rows]
    assert max(errors[0], errors[3]) < 1e-15
    assert errors[1] == pytest.approx(3)  # four times the gradient
    assert errors[2] > 0.1


def test_plain_sgd_at_one_rate_is_pytorchs():
    size, rate = 256, 2.0
    found = batches.trial(size)
    train, _, test = digits.data()
    parameters = [p.clone().requires_grad_() for p in digits.networks(batches.RUNS)]
    optimizer = torch.optim.SGD(parameters, lr=rate)
    for _, rows in zip(range(found.updates), digits.batches(batches.RUNS, size), strict=False):
        z = digits.logits(parameters, train.x[rows])
        loss = torch.nn.functional.cross_entropy(z.movedim(2, 1), train.y[rows]) * batches.RUNS
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    theirs = digits.accuracies([p.detach() for p in parameters], test)
    ours = found.test[batches.RATES.index(rate)]
    np.testing.assert_allclose(ours, theirs, atol=0.011)  # rounding may turn a few of 1000


def test_adam_is_pytorchs():
    size, rate = 256, 0.03125
    found = batches.trial(size, adam=True)
    train, _, test = digits.data()
    parameters = [p.clone().requires_grad_() for p in digits.networks(batches.RUNS)]
    optimizer = torch.optim.Adam(parameters, lr=rate)
    for _, rows in zip(range(found.updates), digits.batches(batches.RUNS, size), strict=False):
        _, gradients = digits.gradients([p.detach() for p in parameters], train.x[rows],
                                        train.y[rows])  # fmt: skip
        for p, g in zip(parameters, gradients, strict=True):
            p.grad = g
        optimizer.step()
    theirs = digits.accuracies([p.detach() for p in parameters], test)
    np.testing.assert_allclose(found.test[batches.ADAM_RATES.index(rate)], theirs, atol=0.011)


def test_small_batches_lose_nothing_once_tuned():
    found = training.value_training()
    assert found["tuned_1"].low > found["fixed_1"].high + 0.1
    assert found["tuned_1"].high > found["tuned_16"].low
    assert found["tuned_16"].high > found["tuned_1"].low


def test_large_batches_lack_updates():
    found = training.value_training()
    assert found["tuned_256"].high < found["tuned_64"].low < found["fair"].mean
    assert found["fair_updates"] == 128
    assert found["fixed_1024"].high < 0.2


def test_best_rates_follow_the_rules():
    sgd = [batches.trial(size).tuned[0] for size in (1, 4, 16, 64)]
    np.testing.assert_array_equal(np.array(sgd[1:]) / sgd[:-1], 4)
    adam = [batches.trial(size, adam=True).tuned[0] for size in batches.ADAM_SIZES]
    np.testing.assert_array_equal(np.array(adam[1:]) / adam[:-1], 2)
    assert batches.RATES[0] < sgd[0]
    assert batches.trial(1024).tuned[0] < batches.RATES[-1]


def test_steps_fall_in_proportion_and_then_level_off():
    data = training.figure_steps(EN).data
    steps = dict(zip(data["sizes"].tolist(), data["steps"], strict=True))
    assert 3 < steps[1] / steps[4] < 5
    assert steps[256] / steps[1024] < 1.5
    assert data["steps"][-1] > 10 * data["ideal"][-1]
    assert data["steps"][0] > 1000


def test_curves_over_rate_by_batch_coincide_on_the_left():
    data = training.figure_rates(EN).data
    # the same η / B: the rates differ by a factor of four, two places of the grid
    assert data[1][0] == pytest.approx(data[4][2], abs=0.02)
    assert data[16][0] == pytest.approx(data[64][2], abs=0.02)
