"""VAE: its functions against torch.distributions, autograd and closed forms."""

import numpy as np
import pytest
import torch
from torch.distributions import Independent, Normal
from torch.distributions import kl_divergence as torch_divergence

from snippets import kit
from snippets.architectures.vae import (
    elbo,
    kl_to_standard,
    linear_elbo,
    linear_posterior,
    reparameterize,
    torch_vae,
    torch_vae_loss,
)


def test_kl_is_that_of_torch():
    for rng in kit.seeds(20):
        mu, log_var = rng.normal(0, 2, (2, 5, 3))
        code = Normal(torch.tensor(mu), torch.tensor(log_var / 2).exp())
        unit = Normal(torch.zeros(5, 3).double(), torch.ones(5, 3).double())
        theirs = torch_divergence(Independent(code, 1), Independent(unit, 1))
        np.testing.assert_allclose(kl_to_standard(mu, log_var), theirs, rtol=1e-13)


def test_kl_is_zero_for_the_prior_only():
    assert kl_to_standard(np.zeros(4), np.zeros(4)) == 0
    for rng in kit.seeds(20):
        assert kl_to_standard(rng.normal(size=3), rng.normal(size=3)) > 0


def test_reparameterised_draws_have_the_moments():
    rng = np.random.default_rng(0)
    z = reparameterize(0.5, 2 * np.log(0.8), rng.normal(size=200_000))
    # five standard errors of a mean and of a standard deviation
    assert abs(z.mean() - 0.5) < 5 * 0.8 / np.sqrt(z.size)
    assert abs(z.std() - 0.8) < 5 * 0.8 / np.sqrt(2 * z.size)


def test_elbo_of_the_linear_model_by_many_samples():
    rng = np.random.default_rng(1)
    eps = rng.normal(size=(100_000, 1, 1))
    x, mu, sigma, w, s = 1.2, 0.4, 0.6, 1.5, 0.5
    found = elbo(
        np.array([[x]]), np.array([[mu]]), np.array([[2 * np.log(sigma)]]), lambda z: w * z, s, eps
    )
    assert found[0] == pytest.approx(linear_elbo(x, mu, sigma, w, s), abs=0.05)


def test_linear_posterior_reaches_the_evidence():
    for rng in kit.seeds(20):
        x, w, s = rng.normal(), rng.uniform(-2, 2), rng.uniform(0.2, 2)
        evidence = Normal(0.0, float(np.hypot(w, s))).log_prob(torch.tensor(x)).item()
        assert linear_elbo(x, *linear_posterior(x, w, s), w, s) == pytest.approx(evidence, abs=1e-6)
        assert linear_elbo(x, 0.3, 0.9, w, s) < evidence


def test_noise_must_be_positive():
    one = np.zeros((1, 1))
    with pytest.raises(ValueError, match="must be positive"):
        elbo(one, one, one, lambda z: z, 0.0, np.zeros((1, 1, 1)))


@pytest.mark.parametrize("beta", [1.0, 0.0, 3.0])
def test_torch_loss_is_minus_the_elbo(beta):
    torch.manual_seed(0)
    encoder, decoder = (part.double() for part in torch_vae(3, 2, 8))
    x = torch.randn(6, 3, dtype=torch.float64)
    torch.manual_seed(1)
    loss = torch_vae_loss(x, encoder, decoder, 0.4, beta)
    torch.manual_seed(1)
    eps = torch.randn(1, 6, 2, dtype=torch.float64).numpy()
    mu, log_var = encoder(x).detach().chunk(2, dim=-1)

    def decode(z):
        return decoder(torch.tensor(z)).detach().numpy()

    bound = elbo(x.numpy(), mu.numpy(), log_var.numpy(), decode, 0.4, eps)
    kl = kl_to_standard(mu, log_var)
    assert loss.item() == pytest.approx((-bound + (beta - 1) * kl).mean(), abs=1e-12)
    loss.backward()
    # through the mean and the scale of the draw: the slope along a direction, by differences
    with torch.no_grad():
        for w in (*encoder.parameters(), *decoder.parameters()):
            along, values = torch.randn_like(w), []
            for step in (1e-5, -2e-5):
                w += step * along
                torch.manual_seed(1)
                values.append(torch_vae_loss(x, encoder, decoder, 0.4, beta).item())
            w += 1e-5 * along
            slope = (values[0] - values[1]) / 2e-5
            assert (w.grad * along).sum().item() == pytest.approx(slope, rel=1e-5, abs=1e-6)


def test_torch_networks_have_a_hidden_relu_layer():
    for part, shape in zip(torch_vae(3, 2, 8), ((3, 4), (2, 3)), strict=True):
        first, last = part[0], part[-1]
        x = torch.randn(5, shape[0])
        hidden = (x @ first.weight.T + first.bias).clamp(min=0)
        assert hidden.shape == (5, 8)
        expected = hidden @ last.weight.T + last.bias
        assert expected.shape == (5, shape[1])
        torch.testing.assert_close(part(x), expected)
