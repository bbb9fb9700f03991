"""What the VAE page says: formulas, the gradient estimators, and what the runs show."""

import math

import numpy as np
import pytest
import torch
from scipy import integrate, stats

from snippets.architectures import _ring, vae
from snippets.architectures import _vae_gradient as gradient
from snippets.architectures import _vae_ring as ring_part
from snippets.kit import Tr

EN = Tr("en")


def test_evidence():
    assert vae.check_torch().error < 1e-12


def test_kl_of_the_example():
    found = gradient.value_kl()
    q, p = stats.norm(0.5, 0.8), stats.norm(0, 1)
    exact, _ = integrate.quad(lambda z: q.pdf(z) * (q.logpdf(z) - p.logpdf(z)), -8, 8)
    assert found["closed"] == pytest.approx(exact, abs=1e-9)
    # five standard errors: the log ratio has a standard deviation below 1
    assert abs(found["sampled"].mean - exact) < 5 / math.sqrt(5 * found["samples"])


def test_estimators_agree_with_theory():
    path, score = gradient.table_gradient(EN).rows
    z = stats.norm(0.5, 0.8)
    for row, estimate in (
        (path, lambda v: 2 * v),
        (score, lambda v: v**2 * (v - 0.5) / 0.64),
    ):
        mean = z.expect(estimate)
        std = math.sqrt(z.expect(lambda v, f=estimate, m=mean: (f(v) - m) ** 2))
        assert mean == pytest.approx(1.0, abs=1e-9)
        assert row[3] == pytest.approx(std, rel=1e-6)
        assert abs(row[1].mean - mean) < 5 * std / math.sqrt(5 * gradient.BATCH)
        assert row[2].mean == pytest.approx(std, rel=0.15)
    assert gradient.value_gradient()["ratio"] == pytest.approx((score[3] / path[3]) ** 2)


def test_the_bound_touches_at_the_posterior_only():
    data, found = gradient.figure_bound(EN).data, gradient.value_bound()
    evidence = stats.norm(0, math.hypot(vae.WEIGHT, vae.NOISE)).logpdf(found["x"])
    assert found["evidence"] == pytest.approx(evidence, abs=1e-12)
    assert found["prior"] < evidence
    for name in ("bound1", "bound2", "bound0.5"):
        assert (data[name] <= evidence + 1e-12).all()
    assert data["mu"][data["bound1"].argmax()] == pytest.approx(found["mean"], abs=0.011)
    assert data["bound1"].max() == pytest.approx(evidence, abs=1e-3)
    assert data["bound2"].max() < evidence - 0.5


def test_what_the_ring_shows():
    found = ring_part.value_ring()
    assert found["annealed_elbo"].low > found["fixed_elbo"].high
    assert found["annealed_near"].low > found["fixed_near"].high
    assert 0.4 < found["annealed_near"].mean < 0.6
    assert found["annealed_humps"].low == 8
    assert found["plain_error"].high < found["annealed_error"].low / 10
    assert found["plain_near"].high < 0.05
    assert found["noisy_kl"].high < 0.01
    for way in ring_part.WAYS:
        assert found[f"{way}_elbo"].mean <= found[f"{way}_log_p"].mean + 1e-3
    assert found["annealed_log_p"].high < found["best"]


def test_the_best_ln_p_is_that_of_the_density():
    x, _ = _ring.ring(1, 20_000, torch.Generator().manual_seed(0))
    humps = [stats.multivariate_normal(c, _ring.STD**2) for c in _ring.centres().numpy()]
    density = np.mean([hump.pdf(x[0].numpy()) for hump in humps], axis=0)
    assert ring_part.value_ring()["best"] == pytest.approx(np.log(density).mean(), abs=0.05)
    assert x[0].numpy().std(axis=0) == pytest.approx(ring_part.value_threshold()["std"], abs=0.02)


def test_a_collapsed_decoder_gives_one_normal():
    """With a KL of 0 the best it can do is a normal of the noise's width around the mean."""
    found = ring_part.value_ring()
    spread = 2 * ring_part.value_threshold()["std"] ** 2
    expected = -math.log(2 * math.pi * 4) - spread / (2 * 4)
    assert found["noisy_elbo"].mean == pytest.approx(expected, abs=0.02)


def test_codes_end_in_regions():
    codes, labels = ring_part.train().codes[-1, 0], ring_part.train().labels[0]
    centres = np.array([codes[labels == k].mean(axis=0) for k in range(8)])
    nearest = ((codes[:, None] - centres) ** 2).sum(axis=-1).argmin(axis=1)
    assert (nearest == labels).mean() > 0.95
