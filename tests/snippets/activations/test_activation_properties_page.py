"""What the properties page says, against definitions, closed forms and published statements."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from snippets.activations import _activation_properties_heuristics as heuristics
from snippets.activations import _activation_properties_saturation as saturation
from snippets.activations import _activation_properties_shape as shape
from snippets.activations import _activation_properties_training as training
from snippets.activations import _measure
from snippets.activations.activation_zoo import ACTIVATIONS, BY_NAME
from snippets.kit import LANGS, Tr

EN = Tr("en")


def rows(table):
    return {row[0]: row[1:] for row in table(EN).rows}


# ---------------------------------------------------------------- the table of properties

BOUNDED = {"step", "sigmoid", "hardsigmoid", "tanh", "hardtanh", "softsign"}
ODD = {"identity", "tanh", "hardtanh", "softsign"}
NOT_MONOTONE = {"GELU", "GELU (tanh)", "SiLU", "Mish", "hardswish"}
LIKE_X = {"identity", "tanh", "hardtanh", "softsign", "ELU", "CELU"}


@pytest.mark.parametrize("name", BY_NAME)
def test_properties_follow_from_the_definitions(name):
    nonlinear, smooth, monotone, bounded, centred, side = rows(shape.table_properties)[name]
    assert nonlinear == (name != "identity")
    assert smooth == (not BY_NAME[name].kinks)
    assert monotone == (name not in NOT_MONOTONE)
    assert bounded == (name in BOUNDED)
    assert centred == (name in ODD | {"SELU"})  # klambauer2017: the fixed point has mean 0
    if bounded:
        assert side == "both"


@pytest.mark.parametrize("name", BY_NAME)
def test_like_x_around_zero(name):
    assert rows(shape.table_at_zero)[name][2] == (name in LIKE_X)


def test_standard_deviations():
    std = {name: row[-1] for name, row in rows(shape.table_at_zero).items()}
    assert std["ReLU"] == pytest.approx(math.sqrt(0.5 - 1 / (2 * math.pi)), abs=1e-12)
    assert std["step"] == pytest.approx(0.5, abs=1e-12)
    assert [n for n, s in std.items() if abs(s - 1) < 1e-9] == ["identity", "SELU"]


def test_minimum_is_checked():
    assert shape.check_minimum().cases == 4
    low = shape.value_minimum()
    assert low["gelu"] == pytest.approx([-0.7518, -0.16997], abs=5e-5)
    assert low["silu"] == pytest.approx([-1.2785, -0.27846], abs=5e-5)


# ---------------------------------------------------------------- saturation


def test_ends():
    found = rows(saturation.table_ends)
    tail = math.exp(-30) / (1 + math.exp(-30)) ** 2
    assert found["sigmoid"][:2] == pytest.approx([tail, tail], rel=1e-12)
    tanh = 1 / math.cosh(30) ** 2
    assert found["tanh"][:2] == pytest.approx([tanh, tanh], rel=1e-12)
    assert found["tanh"][2:] == [0, 0]  # 1 - tanh² rounds to 0: what the text warns of
    assert found["softsign"][0] == pytest.approx(1 / 31**2)
    assert found["ReLU"] == [0, 1, 0, 1]
    assert found["Leaky ReLU"] == [0.01, 1, 0.01, 1]
    assert found["hardtanh"] == [0, 0, 0, 0]
    assert 0 < abs(found["GELU"][0]) < 1e-190


@pytest.mark.parametrize("lang", LANGS)
def test_tree_holds_every_activation_once(lang):
    groups = saturation.figure_tree(Tr(lang)).data
    placed = [name for side in groups.values() for names in side.values() for name in names]
    assert sorted(placed) == sorted(a.name for a in ACTIVATIONS)
    assert set(groups["both"]["soft"] + groups["both"]["hard"]) == BOUNDED
    assert groups["left"]["hard"] == ["ReLU", "hardswish"]
    assert groups["none"]["soft"] == ["identity", "Leaky ReLU", "PReLU", "RReLU"]


def test_measures_of_known_functions():
    assert _measure.saturation(lambda x: np.exp(-np.abs(x))) == ("soft", "soft")
    assert _measure.saturation(lambda x: np.where(x > -5, 1.0, 0.0)) == ("hard", "")
    assert _measure.dip(lambda x: (x + 2) ** 2, lambda x: 2 * (x + 2)) == pytest.approx((-2, 0))
    assert _measure.dip(np.tanh, lambda x: 1 - np.tanh(x) ** 2) is None
    assert _measure.mean_and_std(lambda x: x**2) == pytest.approx((1, math.sqrt(2)))
    assert _measure.one_sided_slopes(lambda x: np.where(x > 0, 3 * x, -x)) == (-1, 3)
    assert _measure.jumps(np.sign)
    assert not _measure.has_continuous_slope(np.sign)
    assert _measure.is_linear(lambda x: 2 * x + 1)


# ---------------------------------------------------------------- training


def test_training_gradient_is_autograds():
    """One step by hand against one step by torch, from the same start."""
    steps = training.STEPS
    rng = np.random.default_rng([17, 0])
    x, y = map(torch.tensor, training.ring(training.TRAIN, rng))
    W = torch.tensor(rng.normal(0, 1, (8, 2)), requires_grad=True)
    b = torch.tensor(rng.normal(0, 0.5, 8), requires_grad=True)
    c = torch.tensor(rng.normal(0, 8**-0.5, 8), requires_grad=True)
    c0 = torch.zeros((), dtype=torch.float64, requires_grad=True)
    start = W.detach().clone()
    for _ in range(steps):
        loss = F.softplus(-y * (torch.tanh(x @ W.T + b) @ c + c0), threshold=1e9).mean()
        gradients = torch.autograd.grad(loss, (W, b, c, c0))
        with torch.no_grad():
            for parameter, gradient in zip((W, b, c, c0), gradients, strict=True):
                parameter -= training.RATE * gradient
    moved = ((W - start).norm() / start.norm()).item()
    tanh = BY_NAME["tanh"]
    ours = training.train(tanh.forward, tanh.grad, 0)
    assert ours.moved == pytest.approx(moved, rel=1e-9)


def test_step_never_moves_the_hidden_layer_and_linear_cannot_separate_the_ring():
    found = training.value_training()
    assert found["step_moved"] == 0
    assert 0.4 < found["identity"].mean < 0.65
    for name in ("sigmoid", "tanh", "ReLU", "Leaky ReLU", "Mish"):
        accuracy = rows(training.table_training)[name][1]
        assert accuracy.low > 0.97  # "it learns"
        assert accuracy.low > found["step"].high - 0.01


def test_needed_is_said_of_two_properties():
    verdicts = [row[1] for row in training.table_needed(EN).rows]
    assert verdicts.count("needed") == 2
    assert rows(training.table_needed)["a saturating region"][0] == "not needed"


# ---------------------------------------------------------------- rules of thumb


def test_like_x_is_neither_enough_nor_needed():
    found = heuristics.value_ratio()
    assert found["softsign"].high < found["tanh"].high < 0.3
    assert 0.5 < found["relu"].mean < 2  # he2015, eq. 14: the expected ratio is 1


def test_the_bounded_one_stands_a_larger_rate_here():
    rates = heuristics.value_rates()
    assert rates["tanh"] > rates["relu"]
    assert rates["relu"] in heuristics.RATES
