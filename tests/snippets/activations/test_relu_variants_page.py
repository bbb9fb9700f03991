"""What the page on ReLU's variants says: its formulas, its experiment on dead units, its tables."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from snippets import kit
from snippets.activations import _relu_variants_causes as causes
from snippets.activations import _relu_variants_dying as dying
from snippets.activations import _relu_variants_family as family
from snippets.activations import _relu_variants_leaky as leaky_part
from snippets.activations import _relu_variants_remedies as remedies
from snippets.activations import _relu_variants_selu as selu_part
from snippets.activations import _relu_variants_softplus as softplus_part
from snippets.activations import _relu_variants_sparsity as sparsity
from snippets.activations import _relu_variants_sweep as sweep
from snippets.activations import relu_variants
from snippets.activations.relu_variants import elu_grad, torch_zero_shares, zero_shares

EN = kit.Tr("en")
MODULES = (relu_variants, leaky_part, selu_part, softplus_part, dying, sparsity, causes)
CHECKS = [v for m in MODULES for name, v in vars(m).items() if name.startswith("check_")]


@pytest.mark.parametrize("check", CHECKS, ids=lambda f: f.__name__)
def test_check(check):
    found = check()
    assert found.cases > 1000
    assert found.error <= found.tolerance


# ---------------------------------------------------------------- counting zeros and dead units


def test_zero_shares_of_a_table_counted_by_hand():
    z = np.array([[1.0, -1.0, 0.0, 2.0], [-3.0, -2.0, 0.0, 4.0]])
    assert zero_shares(z) == (5 / 8, 2 / 4)


@pytest.mark.parametrize("shape", [(3,), (0, 4), (4, 0), (2, 2, 2)])
def test_zero_shares_refuses_what_is_no_table(shape):
    with pytest.raises(ValueError, match=r"z has shape \(.*\); give \(examples, units\)"):
        zero_shares(np.zeros(shape))


def test_hooks_count_the_same_in_pytorch_and_are_removed():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(5, 7), nn.ReLU(), nn.Linear(7, 6), nn.ReLU(), nn.Linear(6, 1))
    with torch.no_grad():
        model[0].bias[:3] = -100.0
    x = torch.randn(50, 5)
    shares = torch_zero_shares(model, x)
    with torch.no_grad():
        first = model[0](x)
        second = model[2](first.relu())
    assert list(shares) == ["1", "3"]
    for found, z in ((shares["1"], first), (shares["3"], second)):
        np.testing.assert_allclose(found, zero_shares(z.numpy()), rtol=1e-6)
    assert shares["1"][1] >= 3 / 7
    assert not any(module._forward_hooks for module in model.modules())


# ---------------------------------------------------------------- the experiment


def test_the_gradient_of_a_step_is_that_of_finite_differences():
    x, y, start = next(iter(dying.draws(2)))
    h = 1e-6
    stepped = dying.train(x, y, start, 1.0, steps=1)
    for name, place in (("W", (3, 5)), ("b", (8,)), ("V", (2, 0)), ("c", (0,))):
        moved = []
        for sign in (1, -1):
            changed = getattr(start, name).copy()
            changed[place] += sign * h
            moved.append(dying.loss(x, y, replace(start, **{name: changed})))
        slope = (moved[0] - moved[1]) / (2 * h)
        assert getattr(start, name)[place] - getattr(stepped, name)[place] == pytest.approx(
            slope, abs=1e-7
        )


def test_clipping_bounds_the_step_and_warmup_shrinks_the_first():
    x, y, start = next(iter(dying.draws(2)))

    def step_length(**how):
        end = dying.train(x, y, start, 2.0, steps=1, **how)
        parts = [getattr(end, n) - getattr(start, n) for n in "WbVc"]
        return math.sqrt(sum((part**2).sum() for part in parts))

    full = step_length()
    assert full > 0.02
    assert step_length(clip=0.01) == pytest.approx(2.0 * 0.01)
    assert step_length(clip=1e9) == full
    assert step_length(warmup=50) == pytest.approx(full / 50)


def test_a_run_that_diverges_has_an_infinite_loss():
    x, y, start = next(iter(dying.draws(2)))
    assert dying.loss(x, y, dying.train(x, y, start, 50.0)) == math.inf


def test_units_die_of_large_learning_rates_only():
    data = sweep.figure_sweep(EN).data
    dead, zeros, rates = data["dead"], data["zeros"], data["rates"]
    assert (dead[rates <= 0.2] == 0).all()
    assert (dead[rates >= 0.35].mean(axis=1) > 0.4).all()
    assert (np.diff(dead.mean(axis=1)) >= 0).all()
    assert (zeros >= dead).all()  # a dead unit is zero for every example
    assert (np.abs(zeros[rates <= 0.1] - 0.5) < 0.06).all()
    assert np.isfinite([dying.runs(float(lr)).loss.values for lr in rates]).all()


def test_untrained_networks_are_sparse_and_not_dead():
    before = sparsity.value_before()
    assert before["of"] == 64 * dying.RUNS
    assert before["dead"] == 0
    assert before["zeros"].mean == pytest.approx(0.5, abs=0.03)  # half, by symmetry


def test_the_pattern_shows_sparse_then_dead():
    data = sparsity.figure_pattern(EN).data
    shown = data["before"][:32, :32]
    assert shown.any(axis=0).all()
    assert not shown.all(axis=1).any()
    assert data["before_dead"].size == 0
    assert data["after_dead"].size >= 10
    assert not data["after"][:, data["after_dead"]].any()


def test_dead_units_stay_dead():
    revived = dying.value_revived()
    assert revived["dead"] > 100
    assert revived["back"] == 0


def test_some_dead_units_and_still_a_lower_error():
    mild = sweep.value_mild()
    assert mild["dead"].mean > 0.1
    assert mild["loss"].mean < mild["slow_loss"].mean


def test_causes():
    plain, sunk, tiny, tiny_biased = causes.table_causes(EN).rows
    assert plain[1].high == plain[2].high == 0
    assert sunk[1].low == sunk[2].low == 1
    variances = [y.var() for _, y, _ in dying.draws()]
    np.testing.assert_allclose(sunk[3].values, variances, rtol=1e-6)  # the best constant
    assert tiny[1].high == 0
    assert tiny[2].low > 0.4
    for column in (1, 2):  # the sign of a bias drawn from a symmetric distribution
        assert tiny_biased[column].mean == pytest.approx(0.5, abs=0.06)
    assert causes.value_tiny()["without"] == 0
    assert causes.value_tiny()["trained"] == tiny[2]
    assert causes.value_tiny()["with"] == tiny_biased[1]


def test_remedies():
    nothing, clipped, warm, leaky, leakier = remedies.table_remedies(EN).rows
    assert nothing[1].low > 0.3
    assert clipped[1].high == warm[1].high == 0
    assert leaky[1].mean == pytest.approx(nothing[1].mean, abs=0.05)
    assert leakier[1].mean < nothing[1].mean
    assert sparsity.value_after()["dead"] == nothing[1]
    assert sparsity.value_after()["leaky"] == leaky[1]


def test_leaky_relu_learns_below_zero():
    found = remedies.value_below_zero()
    assert found["positive"] == 0
    assert found["leaky"].high < found["relu"].low / 3
    # Below 0 the network is linear: it can do no better than least squares with a constant.
    best = []
    for x, y, _ in dying.draws(5):
        columns = np.column_stack([x, np.ones(len(x))])
        rest = y - columns @ np.linalg.lstsq(columns, y, rcond=None)[0]
        best.append((rest**2).mean())
    assert (np.array(found["leaky"].values) > np.array(best) - 1e-12).all()
    assert sweep.table_sweep(EN).rows[0][3].low > 0.3


# ---------------------------------------------------------------- the family


def test_the_defaults_in_the_table_are_pytorchs():
    x = torch.linspace(-4, 4, 81)
    for name, _, at_minus_two, _, slope, spelling in family.table_family(EN).rows:
        code = spelling.strip("`")
        spelled = eval(code, {"nn": nn}).eval()
        default = getattr(nn, code[3 : code.index("(")])().eval()
        torch.testing.assert_close(spelled(x), default(x), msg=name)
        assert default(torch.tensor([-2.0])).item() == pytest.approx(at_minus_two, rel=1e-6)
        near = torch.tensor([-1e-4], dtype=torch.float64, requires_grad=True)
        default.double()(near).sum().backward()
        assert near.grad.item() == pytest.approx(slope, abs=2e-4)


def test_figure_of_the_family():
    data = family.figure_family(EN).data
    x = data["x"]
    assert (np.diff(data["celu2"]) > 0).all()
    for name, floor in (("elu", -1.0), ("elu2", -2.0), ("celu2", -2.0), ("selu", -1.7581)):
        assert data[name].min() > floor
    assert (data["softplus"] > 0).all()
    at_zero = np.argmin(np.abs(x))
    assert data["elu2"][at_zero] == pytest.approx(0.0, abs=1e-12)
    assert elu_grad(-1e-9, 2.0) == pytest.approx(2.0)  # the kink of which the caption speaks


def test_steep_slope_by_maximum_and_by_definition():
    spelled, by_cases, theirs = (row[1:] for row in leaky_part.table_max(EN).rows)
    assert spelled == [-2.0, 6.0]  # max(2 · -2, -2), max(2 · 3, 3)
    assert by_cases == theirs == [-4.0, 3.0]


def test_gains_are_pytorchs():
    gain = nn.init.calculate_gain
    assert leaky_part.value_gain() == pytest.approx(
        {
            "relu": gain("relu"),
            "leaky": gain("leaky_relu", 0.01),
            "prelu": gain("leaky_relu", 0.25),
        }
    )


def test_selu_has_its_fixed_point_at_mean_zero_and_variance_one():
    moments = selu_part.value_moments()  # klambauer2017
    assert moments["mean"] < 1e-12
    assert moments["variance"] == pytest.approx(1.0, abs=1e-12)


def test_selu_attracts_with_lecun_weights_only():
    selu, selu_he, elu, _ = selu_part.table_selu(EN).rows
    assert abs(selu[1].mean) < 0.1
    assert selu[2].mean == pytest.approx(1.0, abs=0.1)
    assert selu_he[2].low > 50
    assert elu[2].high < 0.05


def test_softplus_approaches_relu_from_above():
    data = softplus_part.figure_softplus(EN).data
    gaps = [data[f"beta{beta:g}"] - np.maximum(data["x"], 0) for beta in (1, 2, 10)]
    for gap, beta in zip(gaps, (1, 2, 10), strict=True):
        assert gap.min() >= 0
        assert gap.max() == pytest.approx(math.log(2) / beta)
        assert data["x"][gap.argmax()] == pytest.approx(0.0, abs=1e-12)


def test_threshold_of_pytorchs_softplus():
    found = softplus_part.value_threshold()
    assert nn.Softplus().threshold == found["at"]
    assert found["error"] == pytest.approx(math.exp(-20), rel=1e-8)
