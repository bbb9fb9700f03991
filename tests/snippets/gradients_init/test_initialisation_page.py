"""What the page on initialisation says."""

import math

import numpy as np
import pytest

from snippets.gradients_init import _initialisation_depth as depth
from snippets.gradients_init import _initialisation_modern as modern
from snippets.gradients_init import _initialisation_rules as rules
from snippets.gradients_init import _initialisation_symmetry as symmetry
from snippets.gradients_init import _stack, initialisation
from snippets.kit import LANGS, Tr


def test_evidence():
    assert initialisation.check_torch().cases > 1e6
    assert symmetry.check_symmetry().cases == 5 * 4 * symmetry.HIDDEN
    assert modern.check_orthogonal().cases == 25 + 9 + 9


def test_stack_is_that_of_autograd():
    import torch

    std, rng = 0.11, np.random.default_rng(5)
    moments, norms, hidden = _stack.run("tanh", _stack.normal(std), rng, 7)
    rng = np.random.default_rng(5)
    h = torch.tensor(rng.normal(size=(_stack.BATCH, _stack.WIDTH)))
    upstream = torch.tensor(rng.normal(size=(_stack.BATCH, _stack.WIDTH)))
    kept = []
    for _ in range(7):
        weight = torch.tensor(rng.normal(0, std, (_stack.WIDTH, _stack.WIDTH)))
        kept.append((h @ weight.T).requires_grad_())
        h = torch.tanh(kept[-1])
    gradients = torch.autograd.grad((h * upstream).sum(), kept)
    np.testing.assert_allclose(norms, [g.norm().item() for g in gradients], rtol=1e-11)
    np.testing.assert_allclose(moments, [z.square().mean().item() for z in kept], rtol=1e-11)
    np.testing.assert_allclose(hidden[-1], h.detach(), rtol=1e-9)


def test_rules_are_the_published_numbers():
    found = rules.value_rules()
    expected = {"lecun": 0.0632, "xavier": 0.0400, "xavier_bound": 0.0693, "he": 0.0894}
    expected |= {"he_bound": 0.1549, "default": 0.0365, "default_bound": 0.0632}
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=5e-5)
    drawn = [row for row in rules.table_rules(Tr("en")).rows if row[4] is not None]
    assert len(drawn) == 3
    for row in drawn:
        assert row[4] == pytest.approx(row[2], rel=0.01)
        assert row[3] == pytest.approx(row[2] * math.sqrt(3))


def test_misread_variance():
    found = rules.value_misread()
    assert found["factor"] == pytest.approx(50 ** (5 / 2))  # 1 / std² = 50
    assert 0.4 < found["right"].low <= found["right"].high < 1.2  # E h² = 1, less the mean
    for right, wrong in zip(found["right"].values, found["wrong"].values, strict=True):
        assert wrong / right == pytest.approx(found["factor"])  # ReLU is homogeneous


def test_vgg():
    # a full VGG-11 at 224×224 gives 0.59 for the first convolution and 0.010 for the last
    found = rules.value_vgg()
    assert found["first"].mean == pytest.approx(0.59, rel=0.05)
    assert 0.008 < found["last"].low <= found["last"].high < 0.012
    assert found["he_last"].low > 1
    assert found["images"].high < found["logits"].low / 10


def test_depth_follows_the_variance_argument():
    found = depth.value_depth()
    assert found["half"] == 2.0**-49
    assert 0.1 < found["relu_xavier"].mean / found["half"] < 10
    assert 0.3 < found["relu_xavier_gradient"].mean / found["root"] < 3
    assert 0.1 < found["he"].low <= found["he"].high < 10
    # q' = q - 2q² for small q gives q about 1 / (2 layer)
    tanh = _stack.gained("tanh", 1.0)[0].mean(axis=0)
    for layer in (5, 10, 20, 30, 50):
        assert tanh[layer - 1] == pytest.approx(1 / (2 * layer), rel=0.3)
    assert found["tanh_gain_gradient"].low > 20
    assert found["tanh_gain"].low > 0.2
    assert found["sigmoid_gradient"].high < 1e-29


def test_gains():
    found = {row[0]: row[1:] for row in depth.table_gains(Tr("en")).rows}
    assert found["ReLU"][0] == pytest.approx(math.sqrt(2))
    assert found["ReLU"][1] == pytest.approx(math.sqrt(2))
    assert found["none (linear)"] == pytest.approx([1, 1, 1])
    leaky = [lambda z: np.where(z > 0, z, 0.2 * z), lambda z: np.where(z > 0, 1, 0.2)]
    forward, backward = (initialisation.second_moment(phi) for phi in leaky)
    assert forward == pytest.approx(backward)  # as for ReLU
    for name in ("tanh", "sigmoid", "GELU", "SiLU"):
        assert abs(found[name][0] / found[name][1] - 1) > 0.03
    z = np.random.default_rng(0).normal(size=2_000_000)  # Monte Carlo as the oracle
    assert found["tanh"][0] == pytest.approx(np.mean(np.tanh(z) ** 2) ** -0.5, rel=2e-3)
    assert found["tanh"][1] == pytest.approx(np.mean(np.cosh(z) ** -4.0) ** -0.5, rel=2e-3)
    assert found["GELU"][2] is None
    assert found["SiLU"][2] is None
    assert depth.value_gains()["tanh"] == pytest.approx(5 / 3)


def test_xavier_does_not_suit_sigmoid():
    found = depth.value_twenty()
    assert found["sigmoid"].high < 1e-11
    assert found["tanh"].low > 0.1
    assert 1e-6 < found["best"].low <= found["best"].high < 1e-2


@pytest.mark.parametrize("lang", LANGS)
def test_figures(lang):
    tr = Tr(lang)
    moments = depth.figure_histograms(tr).data
    assert moments["tanh 0.5/√n"][-1] < 1e-20
    assert all(m > 0.7 for m in moments["tanh 4/√n"])
    assert moments["ReLU 1/√n"][-1] < 1e-12
    assert moments["ReLU √(2/n)"][-1] > 0.05
    data = depth.figure_moments(tr).data
    assert data["theory"][-1] == 2.0**-49
    assert np.abs(np.log10(data["linear 1"])).max() < 1
    drop = data["tanh 1"].mean(axis=0)
    assert (np.diff(drop)[:20] < 0).all()


def test_symmetry():
    rows = {row[0]: row[1:] for row in symmetry.table_symmetry(Tr("en")).rows}
    zero, constant, random = rows["all 0"], rows["all 0.5"], rows["random, std 1/√n"]
    assert zero == [1, 0.0, pytest.approx(math.log(2)), 1]
    assert constant[0] == constant[3] == 1
    assert constant[2] > 0.3
    assert random[0] == random[3] == symmetry.HIDDEN
    assert random[2].high < 0.05


def test_modern():
    found = modern.value_modern()
    for value in found["unscaled"].values:
        assert value == pytest.approx(2**25, rel=0.3)
    for value in found["scaled"].values:
        assert value == pytest.approx((1 + 1 / 50) ** 25, rel=0.05)
        assert value < math.sqrt(math.e) * 1.05
    assert set(found["zero"].values) == {1.0}
    assert 2 < found["pre"].low <= found["pre"].high < 20
    assert found["lsuv_sigmoid"].high < 1e-15
    # its unit variance is one between units; nothing is left of what tells the samples apart
    assert found["lsuv_sigmoid_samples"].high < 1e-14
    assert found["lsuv_tanh_samples"].low > 0.9
    singular = modern.value_singular()
    assert singular["orthogonal_smallest"] == pytest.approx(1)
    assert singular["orthogonal_largest"] == pytest.approx(1)
    assert singular["kept"].high < 0.5


@pytest.mark.parametrize("lang", LANGS)
def test_tables_have_both_languages(lang):
    tr = Tr(lang)
    assert len(modern.table_modern(tr).rows) == 10
    assert len(depth.table_depth(tr).rows) == len(depth.ROWS)
    assert len(rules.table_vgg(tr).rows) == 2
