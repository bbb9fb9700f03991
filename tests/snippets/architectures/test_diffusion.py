"""Diffusion: its functions against mpmath, published numbers, Bayes' rule and the exact flow."""

import mpmath
import numpy as np
import pytest
import torch
from scipy import integrate, stats

from snippets import kit
from snippets.architectures.diffusion import (
    alpha_bar,
    cosine_schedule,
    ddim_step,
    ddpm_step,
    diffuse,
    gaussian_eps,
    guided,
    linear_schedule,
    torch_ddim_sample,
    torch_ddpm_loss,
)


def test_linear_schedule_is_that_of_the_paper():
    betas = linear_schedule()
    assert len(betas) == 1000  # ho2020: T = 1000, from 1e-4 to 0.02
    assert (betas[0], betas[-1]) == (1e-4, 0.02)
    np.testing.assert_allclose(np.diff(betas), (0.02 - 1e-4) / 999, rtol=1e-9)


def test_cosine_schedule_gives_a_squared_cosine():
    found = alpha_bar(cosine_schedule(1000))

    def signal(t):
        return (
            mpmath.cos(
                (mpmath.mpf(t) / 1000 + mpmath.mpf("0.008")) / mpmath.mpf("1.008") * mpmath.pi / 2
            )
            ** 2
        )

    for t in (1, 10, 500, 900, 999):  # the last step is clipped
        assert found[t - 1] == pytest.approx(float(signal(t) / signal(0)), rel=1e-9)
    assert cosine_schedule(1000).max() == 0.999


def test_alpha_bar_refuses_what_is_no_variance():
    for betas in ([0.1, 1.0], [0.0], [-0.1, 0.2], [np.nan]):
        with pytest.raises(ValueError, match="between 0 and 1"):
            alpha_bar(betas)


def test_a_share_of_the_variance_is_between_0_and_1():
    for a in (-0.1, 1.1, [0.5, np.nan]):
        with pytest.raises(ValueError, match="between 0 and 1"):
            diffuse(1.0, a, 1.0)
    for steps in (0, 21):
        with pytest.raises(ValueError, match="give from 1 to 20"):
            torch_ddim_sample(None, (1, 2), torch.linspace(0.9, 0.1, 20), steps)


def test_one_step_has_the_moments_of_many():
    """Mean and variance carried through the steps exactly, without drawing."""
    betas = linear_schedule(40, 0.001, 0.2)
    mean, variance = 2.0, 0.0
    for beta, a in zip(betas, alpha_bar(betas), strict=True):
        mean, variance = np.sqrt(1 - beta) * mean, (1 - beta) * variance + beta
        assert diffuse(2.0, a, 0.0) == pytest.approx(mean, rel=1e-12)
        assert diffuse(0.0, a, 1.0) ** 2 == pytest.approx(variance, rel=1e-12)


def test_ddpm_step_is_the_posterior_by_integration():
    beta, before, x0, x = 0.1, 0.7, 0.8, -0.4
    a = before * (1 - beta)
    prior = stats.norm(np.sqrt(before) * x0, np.sqrt(1 - before))

    def weight(y):
        return prior.pdf(y) * stats.norm(np.sqrt(1 - beta) * y, np.sqrt(beta)).pdf(x)

    mass, mean, square = (
        integrate.quad(lambda y, k=k: y**k * weight(y), -8, 8, epsabs=1e-12)[0] for k in range(3)
    )
    mean, square = mean / mass, square / mass
    eps = (x - np.sqrt(a) * x0) / np.sqrt(1 - a)
    still = ddpm_step(np.array([x]), np.array([eps]), beta, a, before, np.zeros(1))
    moved = ddpm_step(np.array([x]), np.array([eps]), beta, a, before, np.ones(1))
    assert still[0] == pytest.approx(mean, abs=1e-8)
    assert moved[0] - still[0] == pytest.approx(np.sqrt(square - mean**2), abs=1e-7)


def test_ddim_inverts_the_forward_process():
    for rng in kit.seeds(10):
        x0, eps = rng.normal(size=(2, 5))
        a, b = np.sort(rng.uniform(0.01, 0.99, 2))
        np.testing.assert_allclose(
            ddim_step(diffuse(x0, a, eps), eps, a, b), diffuse(x0, b, eps), atol=1e-12
        )
        np.testing.assert_allclose(ddim_step(diffuse(x0, a, eps), eps, a, 1.0), x0, atol=1e-12)


def test_ddim_follows_the_exact_flow_of_a_normal():
    """With exact ε the flow keeps each point's quantile: (x - mean) / std stays as it is."""
    mean, std = 1.0, 0.5
    errors = []
    for steps in (200, 2000):
        a = alpha_bar(linear_schedule(steps, 20e-1 / steps / 20, 20.0 / steps))
        start = np.array([-1.5, 0.0, 0.7])
        total = np.sqrt(a[-1] * std**2 + 1 - a[-1])
        exact = mean + std * (start - np.sqrt(a[-1]) * mean) / total
        x = start
        for t in range(steps - 1, -1, -1):
            x = ddim_step(x, gaussian_eps(x, a[t], mean, std), a[t], a[t - 1] if t else 1.0)
        errors.append(np.abs(x - exact).max())
    assert errors[1] < errors[0] / 5
    assert errors[1] < 0.005


def test_exact_noise_is_the_posterior_mean():
    a, mean, std = 0.4, 0.7, 0.6
    for x in (-1.0, 0.3, 2.0):
        prior = stats.norm(mean, std)

        def weight(y, x=x, prior=prior):
            return prior.pdf(y) * stats.norm(np.sqrt(a) * y, np.sqrt(1 - a)).pdf(x)

        mass, first = (integrate.quad(lambda y, k=k: y**k * weight(y), -5, 6)[0] for k in (0, 1))
        eps = (x - np.sqrt(a) * first / mass) / np.sqrt(1 - a)
        assert gaussian_eps(x, a, mean, std) == pytest.approx(eps, abs=1e-8)


def test_guidance_goes_beyond():
    cond, uncond = np.array([1.0, -2.0]), np.array([0.5, 0.0])
    np.testing.assert_array_equal(guided(cond, uncond, 0.0), cond)
    np.testing.assert_array_equal(guided(cond, uncond, -1.0), uncond)
    np.testing.assert_array_equal(guided(cond, uncond, 2.0), [2.0, -6.0])


def test_torch_loss_is_0_for_the_noise_and_its_variance_for_0():
    torch.manual_seed(0)
    bars = torch.tensor(alpha_bar(linear_schedule(20, 0.01, 0.3)))
    x0 = torch.zeros(4000, 3, dtype=torch.float64)  # then x_t is nothing but scaled noise

    def exact(x, t):
        return x / (1 - bars[t]).sqrt()[:, None]

    assert torch_ddpm_loss(exact, x0, bars).item() == pytest.approx(0.0, abs=1e-20)
    # five standard errors of a mean of 12000 squares of standard normals
    blind = torch_ddpm_loss(lambda x, t: torch.zeros_like(x), x0, bars).item()
    assert abs(blind - 1) < 5 * np.sqrt(2 / 12_000)


def test_torch_loss_of_images_noises_the_data_too():
    """Data of one image: the noise follows from x_t and the image, so the exact loss is 0."""
    torch.manual_seed(0)
    bars = torch.tensor(alpha_bar(linear_schedule(20, 0.01, 0.3)))
    image = torch.randn(3, 4, 4, dtype=torch.float64)

    def exact(x, t):
        a = bars[t].view(-1, 1, 1, 1)
        return (x - a.sqrt() * image) / (1 - a).sqrt()

    assert torch_ddpm_loss(exact, image.expand(8, 3, 4, 4), bars).item() < 1e-20


@pytest.mark.parametrize("steps", [1, 5, 20])
def test_torch_ddim_recovers_a_single_point(steps):
    """Data of one point: the exact ε leads there in any number of steps."""
    bars = torch.tensor(alpha_bar(linear_schedule(20, 0.01, 0.3)))
    point = torch.tensor([0.3, -1.2], dtype=torch.float64)

    def exact(x, t):
        a = bars[t][:, None]
        return (x - a.sqrt() * point) / (1 - a).sqrt()

    x = torch_ddim_sample(exact, (7, 2), bars, steps, torch.Generator().manual_seed(0))
    torch.testing.assert_close(x, point.expand(7, 2), rtol=0, atol=1e-9)
