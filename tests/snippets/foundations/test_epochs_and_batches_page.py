"""What the page on epochs and batches says, against PyTorch and closed forms."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch

from snippets.foundations import _epochs_and_batches_counts as counts
from snippets.foundations import _epochs_and_batches_noise as noise
from snippets.foundations import _epochs_and_batches_paths as paths
from snippets.kit import Tr

EN = Tr("en")


@pytest.mark.parametrize(
    ("evidence", "cases"),
    [(counts.check_steps, 72), (noise.check_sum_mean, 8), (paths.check_batch, 2)],
)
def test_checks(evidence, cases):
    found = evidence()
    assert found.cases == cases
    assert found.error <= found.tolerance <= 1e-12


# ---------------------------------------------------------------- counts


def test_steps_of_two_thousand_examples():
    rows = counts.table_steps(EN).rows
    assert [row[0] for row in rows] == [1, 4, 32, 256, 2000]
    data = list(range(2000))
    for size, steps, ten_epochs, last in rows:
        loader = torch.utils.data.DataLoader(data, batch_size=size)
        lengths = [len(batch) for batch in loader]
        assert (steps, last) == (len(lengths), lengths[-1])
        assert ten_epochs == 10 * steps
    assert [row[2] for row in rows] == [20_000, 5_000, 630, 80, 10]


def test_fifty_thousand_images():
    found = counts.value_images()
    assert (found["steps"], found["dropped"], found["last"]) == (391, 390, 80)
    assert found["last"] == 50_000 - 390 * 128
    # in a mean over r examples each weighs 1 / r
    assert found["weight"] == pytest.approx((1 / 80) / (1 / 128))


def test_the_diagram_shows_two_epochs():
    order = list(counts.figure_epoch(EN).data.values())
    assert [len(pick) for pick in order] == [4, 4, 2] * 2
    for epoch in (order[:3], order[3:]):
        assert sorted(np.concatenate(epoch)) == list(range(1, 11))
    assert not np.array_equal(np.concatenate(order[:3]), np.concatenate(order[3:]))


# ---------------------------------------------------------------- noise


def test_noise_halves_with_four_times_the_batch():
    measured = [row[1] for row in noise.table_noise(EN).rows]
    for small, large in pairwise(measured):
        assert small.mean / large.mean == pytest.approx(2, rel=0.05)
    for (_, found, formula, _), size in zip(noise.table_noise(EN).rows, noise.SIZES, strict=True):
        assert found.low < formula < found.high, size
    found = noise.value_noise()
    assert found["root"] == math.sqrt(1024)
    assert found["ratio"].low < 32 < found["ratio"].high


def test_noise_without_replacement_by_drawing():
    rows = {row[0]: row[3] for row in noise.table_noise(EN).rows}
    gradients = noise._gradients()
    rng = np.random.default_rng(4)
    for size in (4, 1024):
        drawn = [gradients[rng.permutation(2000)[:size]].mean(axis=0) for _ in range(600)]
        squares = ((np.array(drawn) - gradients.mean(axis=0)) ** 2).sum(axis=1)
        assert math.sqrt(squares.mean()) == pytest.approx(rows[size], rel=0.06)
    assert rows[1024] < 0.8 * noise.table_noise(EN).rows[-1][2]


def test_noise_figure_shows_the_table():
    data = noise.figure_noise(EN).data
    assert data["measured"].shape == (6, 10)
    np.testing.assert_allclose(data["expected"][0] / data["expected"], np.sqrt(noise.SIZES))


def test_comparison():
    batch, stochastic, mini = noise.table_compare(EN).rows
    assert batch[1:4] == [2000, 1, 0]
    assert stochastic[1:3] == [1, 2000]
    assert mini[1:3] == [32, math.ceil(2000 / 32)]
    assert stochastic[3].low > mini[3].high > 0


def test_sum_and_mean_need_different_rates():
    mean, copied, divided = noise.table_sum_mean(EN).rows
    assert mean[1:] == pytest.approx([15, 0.04, 3 - 0.04 * 15])
    assert copied[3] == pytest.approx(0.6)
    assert copied[3] < 2 < mean[3]  # past the best point
    assert divided[2:] == pytest.approx([0.01, mean[3]])
    assert noise.value_sum_mean() == {"sum": 60, "mean": 15}


# ---------------------------------------------------------------- paths


def test_as_many_steps_on_fewer_examples():
    rows = paths.table_paths(EN).rows
    assert [row[2] for row in rows] == [20_000, 2_000, 100]
    batch, mini, stochastic = (row[3] for row in rows)
    assert batch.high - batch.low < 1e-12  # nothing is random
    assert batch.mean < mini.mean < 0.05
    assert mini.high < stochastic.low


def test_batch_path_by_the_recursion_of_the_quadratic():
    X, y = paths.data()
    A, c = 2 * X.T @ X / len(X), 2 * X.T @ y / len(X)
    best = np.linalg.solve(A, c)
    np.testing.assert_allclose(paths.best(), best, rtol=1e-10)
    shrink = np.linalg.matrix_power(np.eye(2) - paths.RATE * A, paths.STEPS)
    np.testing.assert_allclose(paths.paths(200)[0][-1], best - shrink @ best, rtol=1e-9)


def test_paths_of_the_figure_start_together():
    data = paths.figure_paths(EN).data
    for path in data.values():
        assert path.shape == (101, 2)
        assert (path[0] == 0).all()
        assert path.min() > -0.25
        assert (path.max(axis=0) < [2.9, 3.0]).all()  # nothing leaves the picture
