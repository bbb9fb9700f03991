"""KL divergence and entropy against SciPy, PyTorch, numeric integrals and finite differences."""

import numpy as np
import pytest
import scipy.integrate
import scipy.special
import scipy.stats
import torch

from snippets.losses.kl_divergence import (
    entropy,
    kl_divergence,
    kl_from_logits,
    kl_gaussian,
    torch_kl,
    torch_kl_from_logits,
)


@pytest.fixture
def logits():
    return np.random.default_rng(1).normal(0, 4, (2, 7, 5))


def test_scipy(logits):
    p, q = scipy.special.softmax(logits, axis=-1)
    np.testing.assert_allclose(
        kl_divergence(p, q), scipy.special.rel_entr(p, q).sum(axis=-1), rtol=1e-12
    )
    np.testing.assert_allclose(kl_divergence(p, q), scipy.stats.entropy(p, q, axis=-1), rtol=1e-11)
    np.testing.assert_allclose(entropy(p), scipy.stats.entropy(p, axis=-1), rtol=1e-13)


def test_torch(logits):
    a, z = logits
    p, q = (torch.tensor(scipy.special.softmax(v, axis=-1)) for v in logits)
    expected = torch.distributions.kl_divergence(
        torch.distributions.Categorical(p), torch.distributions.Categorical(q)
    )
    np.testing.assert_allclose(kl_divergence(p, q), expected.numpy(), rtol=1e-10)
    assert torch_kl(p, q).item() == pytest.approx(expected.mean().item(), rel=1e-10)
    both = torch_kl_from_logits(torch.tensor(a), torch.tensor(z)).item()
    assert both == pytest.approx(expected.mean().item(), rel=1e-10)
    np.testing.assert_allclose(kl_from_logits(a, z), expected.numpy(), rtol=1e-10)


def test_zeros():
    assert kl_divergence([1.0, 0.0], [0.5, 0.5]) == pytest.approx(np.log(2))
    assert kl_divergence([0.5, 0.5], [1.0, 0.0]) == np.inf
    assert kl_divergence([1.0, 0.0], [1.0, 0.0]) == 0
    assert entropy([0.0, 1.0, 0.0]) == 0
    assert str(float(entropy([0.0, 1.0, 0.0]))) == "0.0"  # and not -0.0
    assert entropy(np.full(8, 1 / 8)) == pytest.approx(np.log(8))


def test_logits_do_not_underflow():
    """softmax(z) rounds to (1, 0), yet D is finite: -ln 2 + 1000/2."""
    assert kl_from_logits([0.0, 0.0], [1000.0, 0.0]) == pytest.approx(500 - np.log(2), rel=1e-14)
    assert kl_from_logits([1000.0, 0.0], [1000.0, 0.0]) == 0


def test_never_negative_and_zero_only_for_equals():
    p, q = np.random.default_rng(2).dirichlet(np.full(4, 0.3), (2, 2000))
    assert (kl_divergence(p, q) > 0).all()
    assert (kl_divergence(p, p) == 0).all()


@pytest.mark.parametrize(("mu", "sigma"), [(0.0, 1.0), (1.5, 0.4), (-2.0, 2.5)])
def test_normal_by_quadrature(mu, sigma):
    one, unit = scipy.stats.norm(mu, sigma), scipy.stats.norm()
    value, _ = scipy.integrate.quad(
        lambda x: one.pdf(x) * (one.logpdf(x) - unit.logpdf(x)), mu - 10 * sigma, mu + 10 * sigma
    )
    assert kl_gaussian(mu, sigma) == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: kl_divergence([0.5, 0.5], [1.0]), "same shape"),
        (lambda: kl_divergence([0.5, 0.5], np.log([0.5, 0.5])), "not logarithms"),
        (lambda: kl_divergence([-0.5, 1.5], [0.5, 0.5]), "negative"),
        (lambda: kl_from_logits(np.zeros((3, 2)), np.zeros(2)), "same shape"),
        (lambda: kl_gaussian(0.0, 0.0), "positive"),
        (lambda: kl_gaussian(0.0, [1.0, -1.0]), "positive"),
    ],
)
def test_wrong_input_is_told(call, message):
    with pytest.raises(ValueError, match=message):
        call()
