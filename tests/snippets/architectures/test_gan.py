"""GAN: its functions against SciPy, PyTorch, exact fractions and published counts."""

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy.spatial.distance import jensenshannon
from scipy.stats import wasserstein_distance

from snippets import kit
from snippets.architectures import gan
from snippets.architectures.gan import (
    gan_value,
    js_divergence,
    optimal_discriminator,
    wasserstein_1d,
)


def test_best_discriminator_by_exact_fractions():
    p = [Fraction(5, 10), Fraction(3, 10), Fraction(2, 10)]
    q = [Fraction(2, 10), Fraction(3, 10), Fraction(5, 10)]
    exact = [float(a / (a + b)) for a, b in zip(p, q, strict=True)]
    found = optimal_discriminator([0.5, 0.3, 0.2], [0.2, 0.3, 0.5])
    np.testing.assert_allclose(found, exact, rtol=1e-15)


def test_no_other_discriminator_does_better():
    for rng in kit.seeds(20):
        p, q = rng.dirichlet(np.ones(5), 2)
        best = gan_value(p, q, optimal_discriminator(p, q))
        for d in rng.uniform(0.001, 0.999, (50, 5)):
            assert gan_value(p, q, d) <= best


def test_value_of_distributions_apart():
    p, q = [0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]
    best = optimal_discriminator(p, q)  # nan where neither has mass
    assert gan_value(p, q, best) == 0.0  # D is always right: -2 ln 2 + 2 ln 2
    assert gan_value(p, q, 1 - best) == -math.inf
    assert gan_value(p, q, [0.5] * 4) == pytest.approx(-2 * math.log(2))


def test_js_is_scipys_squared():
    for rng in kit.seeds(30):
        p, q = rng.dirichlet(np.full(6, 0.3), 2)
        assert js_divergence(p, q) == pytest.approx(jensenshannon(p, q) ** 2, abs=1e-14)


def test_js_bounds():
    assert js_divergence([1.0, 0.0], [0.0, 1.0]) == pytest.approx(math.log(2), abs=1e-15)
    assert js_divergence([0.4, 0.6], [0.4, 0.6]) == 0.0
    for rng in kit.seeds(5):
        p, q = rng.dirichlet(np.ones(3), 2)
        assert js_divergence(p, q) == pytest.approx(js_divergence(q, p), abs=1e-16)


def test_w1_is_scipys():
    for rng in kit.seeds(30):
        x = np.sort(rng.normal(size=7))
        p, q = rng.dirichlet(np.ones(7), 2)
        assert wasserstein_1d(x, p, q) == pytest.approx(wasserstein_distance(x, x, p, q), abs=1e-13)


def test_refusals():
    with pytest.raises(ValueError, match="not logits"):
        gan_value([0.5, 0.5], [0.5, 0.5], [0.5, 1.5])
    with pytest.raises(ValueError, match="give three of the same"):
        gan_value([0.5, 0.5], [0.5, 0.5], [0.5])
    with pytest.raises(ValueError, match="two of the same shape"):
        js_divergence([0.5, 0.5], [1.0])
    with pytest.raises(ValueError, match="negative"):
        js_divergence([1.5, -0.5], [0.5, 0.5])
    with pytest.raises(ValueError, match="not ascending"):
        wasserstein_1d([1, 0], [0.5, 0.5], [0.5, 0.5])
    with pytest.raises(ValueError, match="give three of the same"):
        wasserstein_1d([0, 1], [0.5, 0.5], [1.0])
    with pytest.raises(ValueError, match="p adds up to 1 and q to 2"):
        wasserstein_1d([0, 1], [0.5, 0.5], [1.0, 1.0])


def test_losses_are_the_logarithms():
    torch.manual_seed(0)
    real, fake = torch.randn(2, 40, dtype=torch.float64)
    d_loss, saturating, other = gan.torch_gan_losses(real, fake)
    expected = -(real.sigmoid().log().mean() + (1 - fake.sigmoid()).log().mean())
    assert d_loss.item() == pytest.approx(expected.item(), abs=1e-14)
    assert saturating.item() == pytest.approx((1 - fake.sigmoid()).log().mean().item(), abs=1e-14)
    assert other.item() == pytest.approx(-fake.sigmoid().log().mean().item(), abs=1e-14)


def test_dcgan_has_the_parameters_that_its_layers_need():
    torch.manual_seed(0)
    model = gan.torch_dcgan_generator()
    widths = [100, 512, 256, 128, 64, 3]
    kernels = sum(a * b * 16 for a, b in pairwise(widths))
    norms = 2 * sum(widths[1:-1])
    assert sum(w.numel() for w in model.parameters()) == kernels + norms
    with torch.no_grad():
        image = gan.torch_dcgan_generator(8, 4)(torch.randn(2, 8, 1, 1))
    assert image.shape == (2, 3, 64, 64)
    assert image.abs().max() <= 1
    # each stage but the last normalises and then cuts at 0: about half of it is 0
    x = torch.randn(4, 100, 1, 1)
    with torch.no_grad():
        for stage in list(model)[:-1]:
            x = stage(x)
            assert x.min() == 0
            assert 0.3 < (x == 0).float().mean() < 0.7


def test_the_toy_takes_the_steps_that_autograd_gives_one_run_alone():
    g, d = gan.torch_gan_1d(0.2, runs=3, steps=2, batch=16, seed=1)
    rng = torch.Generator().manual_seed(1)
    s, m = torch.ones(3), -torch.ones(3)
    z, x = None, 1 + 0.5 * torch.randn(16, 3, generator=rng)
    z = torch.randn(16, 3, generator=rng)
    # D starts at 0, where its sigmoid is a half and the penalty has no slope
    fake = s * z + m
    expected = 0.3 * 0.5 * torch.stack([(x**k - fake**k).mean(dim=0) for k in range(3)])
    torch.testing.assert_close(d[1], expected, rtol=1e-5, atol=1e-7)
    fake = s * torch.randn(16, 3, generator=rng) + m
    logit = d[1][0] + d[1][1] * fake + d[1][2] * fake**2
    push = (logit.sigmoid() - 1) * (d[1][1] + 2 * d[1][2] * fake)
    z = (fake - m) / s
    step = torch.stack([(push * z).mean(dim=0), push.mean(dim=0)])
    torch.testing.assert_close(g[1], g[0] - 0.1 * step, rtol=1e-5, atol=1e-6)

    # the second step of D, now with a penalty: its slope at the data by autograd
    x = (1 + 0.5 * torch.randn(16, 3, generator=rng)).requires_grad_()
    fake = g[1][0] * torch.randn(16, 3, generator=rng) + g[1][1]
    params = d[1].clone().requires_grad_()

    def judge(v):
        return torch.sigmoid(params[0] + params[1] * v + params[2] * v**2)

    (slope,) = torch.autograd.grad(judge(x).logit().sum(), x, create_graph=True)
    loss = -judge(x).log() - (1 - judge(fake)).log() + 0.2 * slope**2
    (push,) = torch.autograd.grad(loss.mean(dim=0).sum(), params)
    torch.testing.assert_close(d[2], d[1] - 0.3 * push, rtol=1e-4, atol=1e-6)
