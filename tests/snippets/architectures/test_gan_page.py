"""What the GAN page says: formulas, small numbers, and what the runs show."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from snippets.architectures import _gan_examples as examples
from snippets.architectures import _gan_ring as ring_part
from snippets.architectures import _gan_toy as toy
from snippets.architectures import _gan_variants as variants
from snippets.architectures import _ring, gan
from snippets.kit import Tr

EN = Tr("en")


def test_evidence():
    assert gan.check_sorted().error < 1e-12
    assert gan.check_search().error < 1e-6


def test_worked_example():
    found = examples.value_example()
    p, q = (0.5, 0.3, 0.2), (0.2, 0.3, 0.5)
    js = sum(
        (a * math.log(2 * a / (a + b)) + b * math.log(2 * b / (a + b))) / 2
        for a, b in zip(p, q, strict=True)
    )
    assert found["js"] == pytest.approx(js, abs=1e-15)
    assert found["value"] == pytest.approx(2 * js - 2 * math.log(2), abs=1e-14)
    assert found["equal"] == pytest.approx(-2 * math.log(2), abs=1e-14)
    assert found["w1"] == pytest.approx(0.3 * 2, abs=1e-14)  # 0.3 moved by two places
    rows = examples.table_example(EN).rows
    assert sum(row[4] + row[5] for row in rows) == pytest.approx(found["value"], abs=1e-14)


def test_gradients_of_both_losses():
    found = examples.value_gradient()
    assert found["saturating"] == pytest.approx(0.001, rel=1e-6)
    assert found["other"] == pytest.approx(0.999, rel=1e-6)


def test_point_masses():
    for theta, js, w1 in examples.table_points(EN).rows:
        assert js == pytest.approx(math.log(2) if theta else 0.0, abs=1e-15)
        assert w1 == theta
    found = examples.value_points()
    assert found["slope_far"] < 0.01 < found["slope_near"]
    data = examples.figure_distances(EN).data
    np.testing.assert_array_equal(data["w1"], np.abs(data["theta"]))
    assert data["normals"].max() <= math.log(2) + 1e-12
    assert data["normals"].min() == pytest.approx(0.0, abs=1e-12)


def test_dcgan_doubles():
    found = variants.value_dcgan()
    assert found["sizes"] == [1, 4, 8, 16, 32, 64]
    # (h - 1) stride - 2 padding + kernel
    assert (1 - 1) * 1 - 0 + 4 == 4
    assert all((h - 1) * 2 - 2 + 4 == 2 * h for h in (4, 8, 16, 32))
    assert found["parameters"] == 3_576_704


def test_the_toy_collapses_first_and_the_penalty_helps():
    found = toy.value_toy()
    assert found["least"].high < 0.05
    assert found["plain"].high < 0.45
    assert abs(found["helped"].mean - toy.STD) < 0.02
    assert found["highest"].low > 0.8
    assert abs(found["mean"].mean - toy.MEAN) < 0.02
    plain, helped = (toy.path(penalty)[0][:, 0] for penalty in toy.PENALTIES)
    assert (np.abs(helped[400:] - toy.STD) < 0.05).all()
    crossings = (np.diff(np.sign(plain[200:] - toy.STD), axis=0) != 0).sum(axis=0)
    assert (crossings >= 4).all()  # it swings on
    assert 0.45 < found["low"] < found["high"] < 0.55
    data = toy.figure_density(EN).data
    step = data["x"][1] - data["x"][0]
    for shown in toy.SHOWN:
        # of the first, N(-1, 1), two standard deviations on the left are cut off: 2.3 %
        assert 0.977 < data[f"q{shown}"].sum() * step < 1.001


def test_what_the_ring_shows():
    found = ring_part.value_ring()
    assert found["plain_humps"].low >= 7
    assert found["saturating_humps"].low >= 7
    assert found["slow_humps"].high <= 2
    assert 0.6 < found["plain_near"].mean < 0.75
    assert found["slow_near"].high < 0.2
    assert found["lowest"] > -2 * math.log(0.65)  # the truth gets less than 0.65
    gap = {way: abs(found[f"{way}_loss"].mean - found["balance"]) for way in ring_part.WAYS}
    assert gap["slow"] < 0.02 < gap["plain"]


# ---------------------------------------------------------------- the shared helper


def test_networks_in_rows_are_pytorchs():
    theta = _ring.parameters(3, (2, 5, 4, 1), torch.Generator().manual_seed(0))
    x = torch.randn(3, 6, 2, generator=torch.Generator().manual_seed(1))
    ours = _ring.mlp(theta, (2, 5, 4, 1), x)
    for run in range(3):
        at, layers = 0, []
        for fan_in, fan_out in ((2, 5), (5, 4), (4, 1)):
            linear = nn.Linear(fan_in, fan_out)
            with torch.no_grad():
                weights = theta[run, at : at + fan_in * fan_out].view(fan_in, fan_out)
                linear.weight.copy_(weights.T)
                at += fan_in * fan_out
                linear.bias.copy_(theta[run, at : at + fan_out])
                at += fan_out
            layers += [linear, nn.LeakyReLU(0.2)]
        torch.testing.assert_close(ours[run], nn.Sequential(*layers[:-1])(x[run]))


def test_adam_is_pytorchs():
    rng = torch.Generator().manual_seed(0)
    ours = torch.randn(2, 7, generator=rng)
    theirs = [nn.Parameter(row.clone()) for row in ours]
    rates = (0.01, 0.1)
    step = _ring.Adam(ours, torch.tensor(rates)[:, None], (0.5, 0.9))
    optimizers = [
        torch.optim.Adam([row], lr=lr, betas=(0.5, 0.9))
        for row, lr in zip(theirs, rates, strict=True)
    ]
    for _ in range(5):
        gradient = torch.randn(2, 7, generator=rng)
        step.step(gradient)
        for row, grad, optimizer in zip(theirs, gradient, optimizers, strict=True):
            row.grad = grad.clone()
            optimizer.step()
    torch.testing.assert_close(ours, torch.stack([row.detach() for row in theirs]))


def test_humps_are_counted():
    x, k = _ring.ring(2, 4000, torch.Generator().manual_seed(0))
    assert k.unique().tolist() == list(range(_ring.MODES))
    humps, near = _ring.found(x)
    assert humps == [8, 8]
    # within three standard deviations in the plane: 1 - exp(-9/2)
    assert near == pytest.approx([1 - math.exp(-4.5)] * 2, abs=0.005)
    one = _ring.centres()[2].expand(1, 50, 2)
    assert _ring.found(one) == ([1], [1.0])
    assert _ring.found(torch.zeros(1, 50, 2)) == ([0], [0.0])
