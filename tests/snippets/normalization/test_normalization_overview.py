"""What a layer depends on, keeps and learns, against counts by hand; scaling as a layer."""

import numpy as np
import pytest
import torch
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from gen.formula import check
from snippets.normalization import _normalization_overview_rules as rules
from snippets.normalization import normalization_overview as overview
from snippets.normalization.feature_scaling import fit_scaling
from snippets.normalization.normalization_overview import torch_profile, torch_scaling

N, C, H, W = overview.SHAPE
G = overview.GROUPS

# method: inputs that an output depends on in training, learnt numbers, numbers in buffers
BY_HAND = {
    "min_max": (1, 0, 2 * C),
    "z_score": (1, 0, 2 * C),
    "batch": (N * H * W, 2 * C, 2 * C + 1),
    "layer": (C * H * W, 2 * C * H * W, 0),
    "token": (C, 2 * C, 0),
    "rms": (C, C, 0),
    "instance": (H * W, 0, 0),
    "group": (C // G * H * W, 2 * C, 0),
}


@pytest.mark.parametrize("key", BY_HAND)
def test_profile(key):
    found = rules.profile(key)
    sees, learnt, kept = BY_HAND[key]
    assert found["training"] == sees
    assert found["inference"] == (1 if key == "batch" else sees)
    assert (found["learnt"], found["kept"]) == (learnt, kept)
    for what in ("others", "modes"):
        assert (found[what] > 0.1) if key == "batch" else (found[what] < 1e-12)


@pytest.mark.parametrize("key", BY_HAND)
def test_statistics_are_counted_once_each(key):
    by_hand = {"batch": C, "layer": N, "token": N * H * W, "rms": N * H * W}
    by_hand |= {"instance": N * C, "group": N * G, "min_max": 0, "z_score": 0}
    inference = 0 if key == "batch" else by_hand[key]
    assert rules.statistics(key) == (by_hand[key], inference)


def test_profile_of_other_layers():
    x = torch.randn(4, 3)
    found = torch_profile(torch.nn.Identity(), x)
    assert (found["training"], found["inference"], found["others"]) == (1, 1, 0)
    norm = torch.nn.BatchNorm1d(3, affine=False, track_running_stats=False)
    found = torch_profile(norm, x)
    assert (found["training"], found["inference"], found["kept"]) == (4, 4, 0)
    assert found["others"] > 0.1
    assert found["modes"] == 0


def test_profile_leaves_the_layer_alone():
    norm = torch.nn.BatchNorm1d(3)
    torch_profile(norm, torch.randn(4, 3))
    assert int(norm.num_batches_tracked) == 0
    assert norm.weight.dtype == torch.float32


def test_profile_needs_two_examples():
    with pytest.raises(ValueError, match="one example"):
        torch_profile(torch.nn.Identity(), torch.randn(1, 3))


@pytest.mark.parametrize(
    ("method", "scaler"), [("z-score", StandardScaler()), ("min-max", MinMaxScaler())]
)
def test_scaling_as_a_layer(method, scaler):
    rng = np.random.default_rng(0)
    train, new = rng.normal(3, 2, (30, 4)), rng.normal(3, 2, (5, 4))
    layer = torch_scaling(*fit_scaling(train, method))
    theirs = scaler.fit(train).transform(new)
    np.testing.assert_allclose(layer(torch.tensor(new)), theirs, atol=1e-12)
    pictures = torch.tensor(new).reshape(5, 4, 1, 1).expand(5, 4, 2, 3)
    np.testing.assert_allclose(layer(pictures)[:, :, 1, 2], theirs, atol=1e-12)
    assert set(layer.state_dict()) == {"a", "b"}


def test_scaling_stands_in_front_of_an_ordinary_layer():
    mean, scale = np.array([1.0, 2.0]), np.array([2.0, 4.0])  # float64, as NumPy has them
    model = torch.nn.Sequential(torch_scaling(mean, scale), torch.nn.Linear(2, 1))
    mean += 100  # the layer has its own
    assert model(torch.ones(3, 2)).dtype == torch.float32
    assert model[0](torch.tensor([[3.0, 10.0]])).tolist() == [[1.0, 2.0]]


ALL = {**rules.RULES, "inference": rules._inference, "scheme": overview.formula_scheme}


@pytest.mark.parametrize("key", ALL)
def test_every_rule_holds(key):
    found = check(ALL[key])
    assert found.samples >= 60
    assert found.error < 1e-12


def test_rules_with_a_wrong_axis_do_not_hold():
    from gen.formula import FormulaError
    from snippets.normalization.norm_family import instance_norm

    with pytest.raises(FormulaError):
        check(rules._rule("c", (0, 2), instance_norm))


def test_default_epsilon():
    # docs.pytorch.org: 1e-05 for all but RMSNorm, whose eps=None is torch.finfo(dtype).eps
    for key, one in overview.METHODS.items():
        if one.layer:
            assert rules.default_eps(key) == (None if key == "rms" else 1e-5)
    x = torch.full((1, 4), 1e-8, dtype=torch.float64)
    expected = 1e-8 / (1e-16 + torch.finfo(torch.float64).eps) ** 0.5
    assert torch.nn.RMSNorm(4).double()(x)[0, 0].item() == pytest.approx(expected)


def test_running_statistics_are_those_of_the_set_for_one_batch_only():
    train = np.concatenate(list(overview._draws(2)))  # two batches, whose means differ
    both = torch.tensor(train)
    values = np.moveaxis(train, 1, -1).reshape(-1, C)
    one, two, usual = (torch.nn.BatchNorm2d(C, momentum=m).double() for m in (None, None, 0.1))
    one(both)
    for half in both.split(6):
        two(half)
        usual(half)
    np.testing.assert_allclose(one.running_mean, values.mean(0), atol=1e-12)
    np.testing.assert_allclose(one.running_var, values.var(0, ddof=1), atol=1e-12)
    np.testing.assert_allclose(two.running_mean, values.mean(0), atol=1e-12)
    assert (two.running_var < one.running_var).double().mean() > 0.9  # without that of the means
    assert (usual.running_var - one.running_var).abs().max() > 0.5


def test_evidence():
    size = 3 * 6 * C * 3 * 3
    assert overview.check_layers().cases == 6 * size
    assert overview.check_inference().cases == size
