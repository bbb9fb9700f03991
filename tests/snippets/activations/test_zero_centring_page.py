"""What the page on zero-centring shows, against arithmetic, closed forms and PyTorch."""

import numpy as np
import pytest
import scipy.stats
import torch

from snippets.activations import _depth, zero_centring
from snippets.activations import _zero_centring_conditioning as conditioning
from snippets.activations import _zero_centring_depth as depth
from snippets.activations import _zero_centring_signs as signs
from snippets.activations import _zero_centring_zigzag as zigzag
from snippets.kit import Tr, seeds

EN = Tr("en")


@pytest.mark.parametrize(
    ("evidence", "cases"), [(zero_centring.check_unit_gradient, 29), (depth.check_depth, 40)]
)
def test_evidence(evidence, cases):
    made = evidence()
    assert made.cases == cases
    assert made.error < 1e-14


# ---------------------------------------------------------------- the worked example


def test_two_examples_add_up_to_mixed_signs():
    one, two, both = zigzag.table_batch(EN).rows
    assert one[1:] == ["(0.9, 0.1)", 1, "(0.9, 0.1)", True]
    assert two[1:] == ["(0.1, 0.9)", -1, "(−0.1, −0.9)", True]
    assert both[3:] == ["(0.8, −0.8)", False]  # 0.9 - 0.1 and 0.1 - 0.9


# ---------------------------------------------------------------- depth


def torch_ratio(function, rng):
    norms = _depth.torch_gradient_norms(function, _depth.WIDTH**-0.5, rng)
    return norms[0] / norms[-1]


TORCH = {
    "sigmoid": torch.sigmoid,
    "centred": lambda z: torch.sigmoid(z) - 0.5,
    "shifted": lambda z: torch.tanh(z) + 1,
    "tanh": torch.tanh,
}


@pytest.mark.parametrize("name", TORCH)
def test_ratios_are_those_of_autograd(name):
    ratio = torch_ratio(TORCH[name], next(iter(seeds(_depth.RUNS))))
    assert depth.value_depth()[name].values[0] == pytest.approx(ratio, rel=1e-9)
    assert depth.figure_depth(EN).data[name][0, 0] == pytest.approx(ratio, rel=1e-9)


def test_slope_counts_more_than_the_mean():
    ratios = {name: depth.value_depth()[name] for name in TORCH}
    assert ratios["tanh"].low > 100 * ratios["shifted"].high  # the mean alone
    assert ratios["tanh"].low > 1e9 * ratios["centred"].high  # the slope alone
    assert ratios["centred"].high < 10 * ratios["sigmoid"].low
    # sigmoid - 1/2 stays near 0, where its slope is a quarter: nineteen steps
    assert ratios["centred"].mean == pytest.approx(0.25**19, rel=0.25)


def test_norms_fall_from_the_last_layer_to_the_first():
    for share in depth.figure_depth(EN).data.values():
        assert share.shape == (_depth.RUNS, _depth.DEPTH)
        assert (share[:, -1] == 1).all()
        assert (np.diff(share.mean(axis=0)) > 0).all()


def test_tables_of_depth():
    rows = depth.table_compare(EN).rows
    assert rows[1][1:] == [0.5, 0.0]
    assert rows[2][1:] == [0.25, 1.0]
    assert rows[3][1:] == [2.0**-40, 1.0]
    ratios = depth.value_depth()
    shift = depth.table_shift(EN).rows
    assert [row[1:] for row in shift] == [
        [ratios["tanh"], ratios["shifted"]],
        [ratios["centred"], ratios["sigmoid"]],
    ]


# ---------------------------------------------------------------- paths


def test_a_path_is_that_of_torch_sgd():
    rate, run, batch = 2.0, 3, 8
    path = zigzag.descend(False, batch, rate).paths[run]
    x = torch.tensor(zigzag.inputs(False)[run])
    w = torch.tensor(zigzag.START, requires_grad=True)
    optimiser = torch.optim.SGD([w], lr=rate)
    target = torch.tensor(zigzag.TARGET, dtype=torch.float64)
    for step in range(30):
        np.testing.assert_allclose(path[step], w.detach(), rtol=1e-9, atol=1e-12)
        chosen = x[zigzag._drawn(batch)[run, step].tolist()]
        optimiser.zero_grad()
        (0.5 * (chosen @ w - chosen @ target) ** 2).mean().backward()
        optimiser.step()


def test_figure_shows_what_the_caption_says():
    data = zigzag.figure_path(EN).data
    for path in data.values():
        start, end = (np.linalg.norm(path[k] - zigzag.TARGET) for k in (0, -1))
        assert end < zigzag.ARRIVED * start
    steps = {name: np.diff(path, axis=0) for name, path in data.items()}
    assert (steps["positive_1"].prod(axis=1) > 0).all()  # up and right, or down and left
    turns = np.diff(np.sign(steps["positive_1"][:, 0]))
    assert (turns != 0).sum() >= 5  # it does go to and fro
    everything = steps[f"positive_{zigzag.EXAMPLES}"]
    assert (everything[:, 0] < 0).all()
    assert (everything[:, 1] > 0).all()


def steps_of_the_quadratic(x, rate, target):
    """Steps until the error is below ARRIVED for good, by the eigenvalues of the Hessian."""
    curvature, axes = np.linalg.eigh(x.T @ x / len(x))
    start = axes.T @ (zigzag.START - target)
    factors = (1 - rate * curvature) ** np.arange(zigzag.STEPS)[:, None]
    error = np.linalg.norm(factors * start, axis=1) / np.linalg.norm(start)
    return np.flatnonzero(error >= zigzag.ARRIVED)[-1] + 1


@pytest.mark.parametrize(
    ("centred", "target"),
    [(False, zigzag.TARGET), (True, zigzag.TARGET), (False, zigzag.OTHER_TARGET)],
)
def test_full_batch_steps_are_those_of_a_quadratic(centred, target):
    descent = zigzag.best(centred, zigzag.EXAMPLES, target)
    expected = [
        steps_of_the_quadratic(x, descent.rate, np.array(target)) for x in zigzag.inputs(centred)
    ]
    assert descent.steps.tolist() == expected


def test_path_drawn_arrives_in_as_many_steps_as_its_text_says():
    data = zigzag.figure_path(EN).data
    rate = zigzag.best(True, zigzag.EXAMPLES).rate
    expected = steps_of_the_quadratic(zigzag.inputs(True)[0], rate, np.array(zigzag.TARGET))
    assert len(data[f"centred_{zigzag.EXAMPLES}"]) - 1 == expected == 2  # "orange in two steps"


def test_along_the_mean_of_the_inputs_the_mean_does_no_harm():
    # In that direction lies the largest curvature, and one step of its inverse goes nearly there.
    mean = np.array([x.mean(axis=0) for x in zigzag.inputs(False)])
    along = mean @ np.array(zigzag.OTHER_TARGET) / np.linalg.norm(mean, axis=1) / np.sqrt(2)
    assert (along > 0.99).all()
    path = zigzag.value_path()
    assert path["other_all"].high <= path["centred_all"].high + 1 < path["positive_all"].low


def test_same_sign_and_steps_of_the_table():
    rows = zigzag.table_path(EN).rows
    same = {(row[0], row[1]): row[2] for row in rows}
    steps = {(row[0], row[1]): row[3] for row in rows}
    assert same["positive", "one example"].low == 100
    assert same["positive", "all 200"].high == 0
    assert same["minus their mean", "one example"].high < 100
    assert steps["positive", "all 200"].low > 5 * steps["minus their mean", "all 200"].high
    assert steps["positive", "all 200"].mean > 0.5 * steps["positive", "one example"].mean


def test_steps_count_from_the_last_time_outside():
    descent = zigzag.best(False, 1)
    for path, n in zip(descent.paths, descent.steps, strict=True):
        share = np.linalg.norm(path - zigzag.TARGET, axis=1) / np.sqrt(2)
        assert share[n - 1] >= zigzag.ARRIVED
        assert (share[n:] < zigzag.ARRIVED).all()
        assert n < zigzag.STEPS


def test_best_rate_is_inside_the_range_tried():
    for centred in (False, True):
        for batch in zigzag.BATCHES:
            assert zigzag.RATES[0] < zigzag.best(centred, batch).rate < zigzag.RATES[-1]


def test_full_batch_steps_follow_the_condition_number():
    # Gradient descent with the best rate shrinks the error by (κ-1)/(κ+1) a step at worst.
    kappa = zigzag.conditions(False)
    worst = np.log(zigzag.ARRIVED) / np.log((kappa - 1) / (kappa + 1))
    steps = zigzag.best(False, zigzag.EXAMPLES).steps
    assert (steps > worst / 2).all()
    assert (steps < 2 * worst).all()


# ---------------------------------------------------------------- signs


def test_signs_in_a_batch():
    rows = {row[0]: row[1:] for row in signs.table_signs(EN).rows}
    for positive, biased, centred in rows.values():
        assert centred.high == 0  # 64 components of random sign: 2^-63
        assert biased.mean >= positive.mean
    assert rows[1][0].low == rows[1][1].low == 100


@pytest.mark.parametrize("batch", [32, 128])
@pytest.mark.parametrize(("column", "mean"), [(0, 0.0), (1, 0.5)])
def test_share_of_large_batches_is_that_of_the_normal_limit(batch, column, mean):
    """√m times the gradients tends to a common part a = (mean √m + t) / 2, t ~ N(0, 1), and an
    independent N(0, b²) for each weight, b² = var x (1 + mean²): the share is
    E[Φ(a/b)^n + Φ(-a/b)^n].
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    variance = weights / weights.sum() @ (1 / (1 + np.exp(-nodes)) - 0.5) ** 2
    t = np.linspace(-9, 9, 4001)
    z = (mean * np.sqrt(batch) + t) / 2 / np.sqrt(variance * (1 + mean**2))
    both = scipy.stats.norm.cdf(z) ** signs.INPUTS + scipy.stats.norm.cdf(-z) ** signs.INPUTS
    limit = 100 * np.trapezoid(scipy.stats.norm.pdf(t) * both, t)
    rows = {row[0]: row[1:] for row in signs.table_signs(EN).rows}
    # four standard errors of 2500 batches; the smaller batch is not quite at its limit
    assert rows[batch][column].mean == pytest.approx(limit, abs=4)


def test_share_of_two_examples():
    """Both δ of one sign: always. Otherwise the ratio of the x must lie on one side of the ratio
    of the δ for all weights; by quadrature over that ratio.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(120)
    probability, x = weights / weights.sum(), 1 / (1 + np.exp(-nodes))
    angles = (np.arange(400) + 0.5) * np.pi / 800  # δ = (cos, -sin), uniform for N(0, 1) pairs
    # P(cos x1 > sin x2) for independent x1, x2 by integration over x2, exact in x1
    need = np.tan(angles)[:, None] * x  # x1 must exceed this
    inside = np.clip(need, 1e-12, 1 - 1e-12)
    exceeds = np.where(need < 1, scipy.stats.norm.sf(np.log(inside / (1 - inside))), 0.0)
    p = exceeds @ probability
    expected = 0.5 + 0.5 * (p**signs.INPUTS + (1 - p) ** signs.INPUTS).mean()
    rows = {row[0]: row[1:] for row in signs.table_signs(EN).rows}
    assert rows[2][0].mean == pytest.approx(100 * expected, abs=4)


# ---------------------------------------------------------------- conditioning


def test_condition_numbers():
    rows = {row[0]: row[1:] for row in conditioning.table_condition(EN).rows}
    n = _depth.WIDTH
    mean, std, kappa = rows["ReLU"]
    assert mean == pytest.approx(1 / np.sqrt(2 * np.pi), rel=1e-7)  # E max(0, z)
    assert std**2 == pytest.approx(0.5 - 0.5 / np.pi, rel=1e-6)
    assert kappa == pytest.approx(1 + n / (np.pi - 1), rel=1e-6)
    mean, std, kappa = rows["sigmoid"]
    assert mean == pytest.approx(0.5)
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    weights = weights / weights.sum()
    variance = weights @ (1 / (1 + np.exp(-nodes)) - 0.5) ** 2
    assert std**2 == pytest.approx(variance, rel=1e-6)
    assert kappa == pytest.approx(1 + n / 4 / variance, rel=1e-6)
    mean, std, kappa = rows["tanh"]
    assert mean == 0
    assert std**2 == pytest.approx(weights @ np.tanh(nodes) ** 2, rel=1e-6)
    assert kappa == pytest.approx(1)
    shifted = weights @ np.tanh(nodes + 1)
    assert conditioning.value_moments()["tanh_at_1"] == pytest.approx(shifted, rel=1e-6)
