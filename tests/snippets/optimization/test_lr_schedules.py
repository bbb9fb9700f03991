"""The schedules against PyTorch's schedulers and by hand."""

import warnings

import numpy as np
import pytest
import torch
from torch.optim import lr_scheduler as theirs

from snippets.optimization.lr_schedules import (
    cosine,
    cosine_restarts,
    noise_floor,
    one_cycle,
    step_decay,
    torch_train,
    torch_warmup_cosine,
    torch_wsd,
    warmup_cosine,
    wsd,
)


def rates(make, steps, peak=0.8):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=peak)
    scheduler = make(optimizer)
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(steps):
            found.append(optimizer.param_groups[0]["lr"] / peak)
            optimizer.step()
            scheduler.step()
    return np.array(found)


CASES = [
    # ours on the steps, PyTorch's, steps; no setting at its default
    (lambda t: step_decay(t, 11, 0.7), lambda o: theirs.StepLR(o, 11, 0.7), 60),
    (lambda t: cosine(t, 60, 0.2), lambda o: theirs.CosineAnnealingLR(o, 60, 0.16), 61),
    (
        lambda t: cosine_restarts(t, 6, 3, 0.1),
        lambda o: theirs.CosineAnnealingWarmRestarts(o, 6, 3, 0.08),
        90,
    ),
    (
        lambda t: warmup_cosine(t, 50, 7, 0.3, 0.05),
        lambda o: torch_warmup_cosine(o, 50, 7, 0.3, 0.05),
        51,
    ),
    (lambda t: wsd(t, 70, 9, 13, 0.1, 0.2), lambda o: torch_wsd(o, 70, 9, 13, 0.1, 0.2), 71),
    (
        lambda t: one_cycle(t, 64, 0.4, 0.1, 0.002),
        lambda o: theirs.OneCycleLR(
            o, 0.8, total_steps=64, pct_start=0.4, div_factor=10, final_div_factor=50
        ),
        64,
    ),
    (  # the default settings are PyTorch's, too
        lambda t: one_cycle(t, 40),
        lambda o: theirs.OneCycleLR(o, 0.8, total_steps=40),
        40,
    ),
]


@pytest.mark.parametrize(("ours", "make", "steps"), CASES)
def test_every_step_is_pytorchs(ours, make, steps):
    np.testing.assert_allclose(ours(np.arange(steps)), rates(make, steps), rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(("ours", "make", "steps"), CASES)
def test_one_step_at_a_time_is_the_same(ours, make, steps):
    np.testing.assert_allclose([ours(t) for t in range(steps)], ours(np.arange(steps)), rtol=1e-14)


def test_warmup_and_cosine_by_hand():
    found = warmup_cosine([0, 5, 10, 55, 100], 100, 10, 0.1)
    np.testing.assert_allclose(found, [0, 0.5, 1, 0.55, 0.1], atol=1e-15)


def test_wsd_by_hand():
    np.testing.assert_allclose(
        wsd([0, 2, 4, 50, 90, 95, 100, 120], 100, 4, 10), [0, 0.5, 1, 1, 1, 0.5, 0, 0], atol=1e-15
    )


def test_they_stay_at_the_end():
    assert cosine(70, 60, 0.2) == pytest.approx(0.2)
    assert warmup_cosine(70, 60, 5, 0.2) == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: warmup_cosine(0, 10, 10), "does not fit"),
        (lambda: warmup_cosine(0, 10, 0), "does not fit"),
        (lambda: wsd(0, 10, 6, 5), "do not fit"),
        (lambda: one_cycle(0, 3, 0.3), "leaves none"),
        (lambda: one_cycle(0, 100, 1.0), "leaves none"),
        (lambda: step_decay(0, 0, 0.1), "at least one step"),
        (lambda: cosine(0, 0), "at least one"),
        (lambda: cosine_restarts(5, 0), "at least 1"),
        (lambda: cosine_restarts(5, 1, 0), "at least 1"),
    ],
)
def test_steps_that_do_not_fit_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_noise_floor_is_that_of_simulated_runs():
    rng = np.random.default_rng(0)
    x = np.zeros(20_000)
    for _ in range(60):
        x -= 0.3 * (1.2 * x + rng.normal(0, 0.7, x.size))
    assert x.var() == pytest.approx(noise_floor(0.3, 1.2, 0.7), rel=0.04)


def test_one_cycle_of_pytorch_ends_where_it_says():
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.8)
    scheduler = theirs.OneCycleLR(optimizer, 0.8, total_steps=10)
    found = []
    for _ in range(10):
        found += scheduler.get_last_lr()
        optimizer.step()
        scheduler.step()
    assert scheduler.get_last_lr()[0] > found[-1] == min(found)  # one call more: up again
    with pytest.raises(ValueError, match="Tried to step 11 times"):
        rates(lambda o: theirs.OneCycleLR(o, 0.8, total_steps=10), 12)


def test_training_loop_ends_far_below_the_peak():
    torch.manual_seed(0)
    model = torch.nn.Linear(2, 1)
    batches = [(torch.ones(4, 2), torch.zeros(4, 1))] * 20
    before = model.weight.detach().clone()
    found = torch_train(model, batches, torch.nn.functional.mse_loss, 20, 0.1)
    np.testing.assert_allclose(np.array(found) / 0.1, one_cycle(np.arange(20), 20), rtol=1e-9)
    assert found[-1] < 0.1 / 1000
    assert not torch.equal(before, model.weight)
