"""What the page on theory says."""

import numpy as np
import pytest

from snippets.kit import Tr
from snippets.optimization import _optimizer_theory_curvature as curvature
from snippets.optimization import _optimizer_theory_guarantees as guarantees
from snippets.optimization import _optimizer_theory_lineage as lineage

EN = Tr("en")


def test_evidence():
    assert lineage.check_general().cases == 5 * 30 * 5
    assert guarantees.check_adversary().cases == 2 * 301


def test_convex_bound_fails_without_its_rate():
    # A rate forty times too large breaks the bound: the run can fail what the formula claims.
    R, G, T = 1.0, 1.0, 100
    path = guarantees.descend(lambda x: G * np.sign(x), R, 40 * R / (G * np.sqrt(T)), T - 1)
    assert G * np.abs(path).mean() > R * G / np.sqrt(T)
    assert guarantees.average_gap(R, G, T) <= R * G / np.sqrt(T)


def test_nonconvex_bound_is_nearly_reached():
    # sin²x against 2 (cos x + 1): near the minimum at π the two agree, so no smaller factor holds.
    assert guarantees.smallest_gradient(3.0, 1) > 0.99 * 2 * (np.cos(3.0) + 1)


def test_adam_ends_at_the_worst_point():
    # The counterexample of reddi2018: the optimum is -1.
    found = guarantees.value_adversary()
    assert found["beta"] == pytest.approx(0.1)
    assert found["adam"] == pytest.approx(1, abs=1e-3)
    assert found["amsgrad"] == pytest.approx(-1, abs=1e-3)
    assert found["sgd"] == pytest.approx(-1, abs=2e-3)
    assert found["from_best"] == pytest.approx(1, abs=1e-3)  # not only because it began there
    assert found["usual"] == pytest.approx(-1, abs=1e-3)  # the problem is made for its beta
    data = guarantees.figure_adversary(EN).data
    assert (data["Adam"][-100:] > 0.9).all()
    assert (data["AMSGrad"][-100:] < -0.9).all()


def test_descent_stops_in_the_wrong_valley_and_noise_helps_some():
    found = guarantees.value_valleys()
    assert 4 * found["end"] ** 3 - 6 * found["end"] + 1 == pytest.approx(0, abs=1e-9)
    assert found["end"] == pytest.approx(1.1309, abs=1e-4)
    assert found["best"] == pytest.approx(-1.3008, abs=1e-4)
    assert found["best_value"] < found["end_value"]
    assert found["small_runs"] == 0
    assert 0.15 * found["runs"] < found["global_runs"] < 0.5 * found["runs"]
    assert (guarantees.noisy_ends(guarantees.LARGE, noise=0.0) > 0).all()  # noise did it


def test_memory_adds_up():
    # two numbers of 2 bytes and three of 4; 1e9 parameters of 1 byte are 1 GB
    found = lineage.value_memory()
    assert found["bytes"] == 16
    assert found["gigabytes"] == pytest.approx(7 * 16)
    assert lineage.table_memory(EN).rows[-1][1:] == [16, 112.0]


def test_members_keep_none_one_or_two():
    assert [row[3] for row in lineage.table_members(EN).rows] == [0, 1, 1, 1, 2]


def test_tree_runs_forward_in_time():
    for name, (year, _, parents) in lineage.TREE.items():
        assert all(lineage.TREE[parent][0] < year for parent in parents), name
    place = lineage.figure_tree(EN).data["place"]
    assert len(set(place.values())) == len(lineage.TREE)


def test_scaling_helps_less_the_more_the_axes_turn():
    found = curvature.value_condition()
    assert found["scaled_0"] == pytest.approx(1)
    assert found["scaled_45"] == pytest.approx(found["plain"]) == pytest.approx(100)
    scaled = curvature.figure_condition(EN).data["scaled"]
    assert (np.diff(scaled) > 0).all()


def test_turned_hessian_keeps_its_eigenvalues_and_newton_takes_one_step():
    for degrees in curvature.ANGLES:
        H = curvature.turned(degrees)
        np.testing.assert_allclose(np.linalg.eigvalsh(H), [1, 100])
        assert curvature.newton_steps(H, np.array([3.0, -1.0])) == 1
