"""What the diffusion page says: formulas, the numbers of the schedule, and what the runs show."""

import numpy as np
import pytest

from snippets.architectures import _diffusion_forward as forward
from snippets.architectures import _diffusion_guidance as guidance
from snippets.architectures import _diffusion_ring as ring_part
from snippets.architectures import diffusion
from snippets.kit import Tr

EN = Tr("en")


def test_evidence():
    assert diffusion.check_exact().error < 1e-13
    assert diffusion.check_torch().error < 1e-9


def test_numbers_of_the_linear_schedule():
    found = forward.value_forward()
    logs = np.log1p(-(1e-4 + (0.02 - 1e-4) * np.arange(1000) / 999))
    assert found["middle"] == pytest.approx(np.exp(logs[:500].sum()), rel=1e-12)
    assert found["last"] == pytest.approx(np.exp(logs.sum()), rel=1e-10)
    exact = np.exp(np.cumsum(logs))
    assert exact[found["half"] - 2] > 0.5 > exact[found["half"]]
    assert found["mean"] == pytest.approx(2 * np.exp(logs[:500].sum() / 2), rel=1e-12)


def test_the_simulation_agrees_with_the_closed_form():
    found = forward.value_forward()
    draws = found["paths"] * found["runs"]
    assert abs(found["simulated_mean"].mean - found["mean"]) < 5 * np.sqrt(
        found["variance"] / draws
    )
    assert abs(found["simulated_variance"].mean / found["variance"] - 1) < 5 * np.sqrt(2 / draws)


def test_the_schedules_fall_and_the_cosine_one_later():
    data = forward.figure_forward(EN).data
    for name in ("linear", "cosine"):
        assert (np.diff(data[name]) < 0).all()
    assert (data["cosine"][10:990] > data["linear"][10:990]).all()
    rows = {row[0]: row for row in forward.table_schedules(EN).rows}
    assert rows[750][1] < 0.01 < rows[750][3]  # the last third of the linear one is noise
    assert abs(forward.value_forward()["cosine_half"] - 500) < 10


def test_guidance_on_a_line():
    """The powered distribution by its closed form; w = 0 gives the class itself."""
    for row in guidance.table_guidance(EN).rows:
        w = row[0]
        precision = (1 + w) / 0.5**2 - w / 1.5**2
        assert row[6] == pytest.approx(precision**-0.5, abs=1e-6)
        assert row[5] == pytest.approx((1 + w) / 0.5**2 / precision, abs=1e-6)
        if w == 0:
            assert row[1:5] == pytest.approx([1.0, 0.5, 1.0, 0.5], abs=0.005)
        else:
            assert row[2] < row[4] - 0.05 < row[6] - 0.05
    assert guidance.value_guidance()["ddim_std"] < 0.1 * guidance.value_guidance()["powered_std"]


def test_moments_carried_through_are_those_of_samples():
    betas = diffusion.linear_schedule(guidance.STEPS)
    a = diffusion.alpha_bar(betas)
    rng = np.random.default_rng(0)
    x = rng.normal(size=4000)
    for t in range(guidance.STEPS - 1, -1, -1):
        eps = diffusion.guided(
            diffusion.gaussian_eps(x, a[t], 1.0, 0.5),
            diffusion.gaussian_eps(x, a[t], 0.0, 1.5),
            3.0,
        )
        before = a[t - 1] if t else 1.0
        x = diffusion.ddpm_step(x, eps, betas[t], a[t], before, rng.normal(size=4000))
    mean, std = guidance.by_ddpm(3.0)
    assert abs(x.mean() - mean) < 5 * std / np.sqrt(4000)
    assert x.std() == pytest.approx(std, rel=5 / np.sqrt(8000))


def test_ddim_narrows_as_the_flow_says():
    """In the limit of small steps ln std of x / its scale follows an integral over the noise."""
    s2, wide2, w = 0.25, 2.25, 1.0
    # d ln(x / √ᾱ) = ε/(x/√ᾱ) dσ with σ² = (1 - ᾱ)/ᾱ and ε = σ x̃ / (v + σ²), both models mixed
    last = diffusion.alpha_bar(diffusion.linear_schedule())[-1]
    top = np.sqrt((1 - last) / last)
    integral = (1 + w) / 2 * np.log((s2 + top**2) / s2) - w / 2 * np.log((wide2 + top**2) / wide2)
    exact = np.exp(-integral) / np.sqrt(last)
    assert guidance.by_ddim(w)[1] == pytest.approx(exact, rel=0.02)


def test_same_start_same_sample():
    found = guidance.value_same()
    assert found["ddim"] == 0
    assert found["ddpm"].mean == pytest.approx(found["independent"], rel=0.1)
    assert found["independent"] == pytest.approx(0.5 * np.sqrt(2))


def test_what_the_ring_shows():
    found = ring_part.value_ring()
    for sampler in ("ddpm", "ddim50", "ddim10"):
        assert found[f"{sampler}_humps"].low == 8
    assert abs(found["ddpm_near"].mean - found["ddim50_near"].mean) < 0.05
    assert found["ddim50_near"].mean > found["ddim10_near"].mean > found["ddim5_near"].mean
    assert found["right0"].low > 0.9
    assert found["std0"].mean == pytest.approx(found["true_std"], rel=0.1)
    assert found["std1"].high < found["std0"].low
    assert found["right3"].high < 0.75
    loss = ring_part.train().loss
    assert loss.shape == (ring_part.STEPS, ring_part.RUNS)
    assert (loss[-100:].mean(axis=0) < 0.5 * loss[:10].mean(axis=0)).all()


def test_the_loss_cannot_reach_0():
    """The variance of ε that x_t leaves open, for the humps, by sampling: a lower bound."""
    rng = np.random.default_rng(0)
    angle = 2 * np.pi * np.arange(8) / 8
    centres = 2 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    floor = []
    for a in ring_part.ALPHAS:
        x0 = centres[rng.integers(8, size=2000)] + 0.1 * rng.normal(size=(2000, 2))
        eps = rng.normal(size=(2000, 2))
        x = np.sqrt(a) * x0 + np.sqrt(1 - a) * eps
        variance = a * 0.01 + 1 - a
        away = x[:, None] - np.sqrt(a) * centres
        log = -(away**2).sum(axis=-1) / (2 * variance)
        share = np.exp(log - log.max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True)
        best = np.sqrt(1 - a) * (share[..., None] * away).sum(axis=1) / variance
        floor.append(((best - eps) ** 2).mean())
    # half of the examples are told their hump; the bound is for those who are not, so halved
    assert np.mean(floor) / 2 > 0.05
    assert ring_part.value_ring()["loss"].low > np.mean(floor) / 2
