"""Noise, work, accumulation and scaling rules against closed forms, counts and PyTorch."""

import numpy as np
import pytest
import torch

from snippets.optimization.batch_size import (
    accumulate,
    intensity,
    noise_scale,
    scaled_rate,
    time_batches,
    torch_accumulate,
)


def test_noise_scale_by_hand():
    # Gradients 1 and 3: mean 2, variance 1, so 1 / 4; a second, constant component adds to |g|².
    assert noise_scale(np.array([[1.0], [3.0]])) == pytest.approx(0.25)
    assert noise_scale(np.array([[1.0, 1.0], [3.0, 1.0]])) == pytest.approx(1 / 5)
    assert noise_scale(np.full((4, 2), 7.0)) == 0


def test_noise_scale_is_trace_over_square():
    g = np.random.default_rng(0).normal(1.0, 2.0, (50, 6))
    trace = np.trace(np.cov(g, rowvar=False, bias=True))
    assert noise_scale(g) == pytest.approx(trace / (g.mean(axis=0) @ g.mean(axis=0)))


def test_no_signal_is_refused():
    with pytest.raises(ValueError, match="nothing but noise"):
        noise_scale(np.array([[1.0], [-1.0]]))


@pytest.mark.parametrize("batch", [1, 7, 512])
@pytest.mark.parametrize("dtype", [torch.float16, torch.float32])
def test_intensity_counts_what_a_layer_touches(batch, dtype):
    x, w = torch.zeros(batch, 64, dtype=dtype), torch.zeros(64, 64, dtype=dtype)
    out = torch.zeros(batch, 64, dtype=dtype)
    moved = sum(t.numel() * t.element_size() for t in (x, w, out))
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        torch.mm(x.float(), w.float())
    assert intensity(batch, 64, x.element_size()) == pytest.approx(
        counter.get_total_flops() / moved
    )


def test_intensity_levels_off_at_half_the_width():
    assert intensity(1e12, 4096) == pytest.approx(2048, rel=1e-6)
    assert intensity(512, 4096) == pytest.approx(409.6)


def gradient(x, y):
    return 2 * (x @ np.array([1.0, -2.0]) - y) @ x / len(x)


@pytest.mark.parametrize("micro", [1, 2, 3, 5, 7, 100])
def test_accumulated_is_the_whole(micro):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(7, 2)), rng.normal(size=7)
    whole = 2 * x.T @ (x @ [1.0, -2.0] - y) / 7
    np.testing.assert_allclose(accumulate(gradient, x, y, micro), whole, rtol=1e-13)


@pytest.mark.parametrize("micro", [1, 3, 8])
def test_pytorch_accumulates_the_same(micro):
    torch.manual_seed(0)
    model = torch.nn.Sequential(
        torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2)
    ).double()
    x, y = torch.randn(8, 3).double(), torch.randint(2, (8,))
    loss = torch.nn.functional.cross_entropy
    whole = torch.autograd.grad(loss(model(x), y), list(model.parameters()))
    torch_accumulate(model, loss, x, y, micro)
    for p, g in zip(model.parameters(), whole, strict=True):
        np.testing.assert_allclose(p.grad, g, atol=1e-15)


def test_no_micro_batch_is_refused():
    with pytest.raises(ValueError, match="micro-batch of 0"):
        accumulate(gradient, np.ones((2, 2)), np.ones(2), 0)


@pytest.mark.parametrize(("inputs", "targets"), [(0, 0), (3, 2)])
def test_batches_that_do_not_match_are_refused(inputs, targets):
    with pytest.raises(ValueError, match="as many of each"):
        accumulate(gradient, np.ones((inputs, 2)), np.ones(targets), 2)


def test_rules():
    assert scaled_rate(0.1, 4, "linear") == pytest.approx(0.4)
    assert scaled_rate(0.1, 4, "root") == pytest.approx(0.2)
    with pytest.raises(ValueError, match="no rule 'log'; there are linear, root"):
        scaled_rate(0.1, 4, "log")


def test_timing_for_the_reader_runs():
    assert all(rate > 0 for rate in time_batches(width=32, batches=(1, 4)).values())
