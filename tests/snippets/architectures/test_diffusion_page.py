"""What the diffusion page says: formulas, the numbers of the schedule, and what the runs show."""

import numpy as np
import pytest
import torch
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from snippets.architectures import _diffusion_forward as forward
from snippets.architectures import _diffusion_guidance as guidance
from snippets.architectures import _diffusion_ring as ring_part
from snippets.architectures import _diffusion_samplers as samplers
from snippets.architectures import _ring, diffusion
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
    found = samplers.value_ring()
    for sampler in ("ddpm", "ddim50", "ddim10"):
        assert found[f"{sampler}_humps"].low == 8
        assert 0.4 < found[f"{sampler}_near"].mean < 0.6  # about half of the samples
    assert found["data_near"] == pytest.approx(1 - np.exp(-4.5))
    assert found["exact_ddpm_near"].low > 0.97
    assert found["exact_ddim50_near"].low > 0.97
    assert found["exact_ddim10_near"].mean == pytest.approx(0.9, abs=0.03)
    assert found["exact_ddim5_near"].mean == pytest.approx(0.5, abs=0.05)
    assert found["right0"].low > 0.9
    assert found["std0"].mean == pytest.approx(found["true_std"], rel=0.1)
    assert found["std1"].mean < 0.9 * found["std0"].mean
    # guidance of 3: the networks scatter the samples, the exact noise draws them together
    assert found["right3"].mean < 0.75
    assert found["std3"].mean > 1.2 * found["std0"].mean
    assert found["exact_right3"].low > 0.97
    assert found["exact_std3"].high < found["exact_std1"].low
    assert found["exact_std1"].high < found["exact_std0"].low
    loss = ring_part.train().loss
    assert loss.shape == (ring_part.STEPS, ring_part.RUNS)
    assert (loss[-100:].mean(axis=0) < 0.5 * loss[:10].mean(axis=0)).all()


def _slope(x, a, k=None):
    """The slope of ln p(x_t) for the humps, or for hump k alone, by autograd of PyTorch's own
    mixture of normals.
    """
    angle = 2 * torch.pi * torch.arange(8, dtype=torch.float64) / 8
    centres = 2 * np.sqrt(a) * torch.stack([angle.cos(), angle.sin()], dim=1)
    width = float(np.sqrt(a * 0.1**2 + 1 - a))
    x = torch.tensor(x, requires_grad=True)
    if k is None:
        humps = Independent(Normal(centres, width), 1)
        density = MixtureSameFamily(Categorical(torch.ones(8, dtype=torch.float64)), humps)
    else:
        density = Independent(Normal(centres[k], width), 1)
    (slope,) = torch.autograd.grad(density.log_prob(x).sum(), x)
    return slope.numpy()


@pytest.mark.parametrize("a", [0.999, 0.6, 0.05])
def test_exact_noise_of_the_humps_is_the_slope_of_their_density(a):
    x = np.random.default_rng(0).normal(0, 1.5, (3, 40, 2))
    k = np.arange(40) % 8
    for label, told in ((None, None), (k, torch.tensor(k).expand(3, 40))):
        expected = -np.sqrt(1 - a) * _slope(x, a, told)
        # the helper's centres are float32
        np.testing.assert_allclose(_ring.exact_eps(x, a, label), expected, rtol=1e-4, atol=1e-4)


def test_the_loss_cannot_reach_0():
    """What x_t leaves open: the error of the best prediction, by autograd and draws of its own."""
    rng = np.random.default_rng(1)
    angle = 2 * np.pi * np.arange(8) / 8
    centres = 2 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    left = {"told": [], "untold": []}
    for a in ring_part.ALPHAS:
        x0 = centres[rng.integers(8, size=8000)] + 0.1 * rng.normal(size=(8000, 2))
        eps = rng.normal(size=(8000, 2))
        slope = _slope(np.sqrt(a) * x0 + np.sqrt(1 - a) * eps, a)
        left["untold"].append(((-np.sqrt(1 - a) * slope - eps) ** 2).mean())
        left["told"].append(a * 0.1**2 / (a * 0.1**2 + 1 - a))
    floor = (np.mean(left["told"]) + np.mean(left["untold"])) / 2  # half of them are told
    found = samplers.value_ring()
    assert found["floor"].mean == pytest.approx(floor, rel=0.02)
    assert found["floor"].high < found["loss"].low
    assert found["loss"].high < 1.2 * floor
