"""What the page on feature scaling says, against scikit-learn and closed forms."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from sklearn.tree import DecisionTreeClassifier

from snippets import kit
from snippets.kit import LANGS, Tr
from snippets.normalization import _feature_scaling_descent as descent
from snippets.normalization import _feature_scaling_methods as methods
from snippets.normalization import _feature_scaling_models as models
from snippets.normalization import feature_scaling


def test_evidence():
    assert feature_scaling.check_torch().error < 1e-12


def test_outlier_squeezes_three_of_four():
    gaps = {row[0]: row[3] for row in methods.table_methods(Tr("en")).rows}
    assert gaps["min-max"] == pytest.approx(3 / 999)
    assert gaps["max-abs"] == pytest.approx(3 / 1000)
    assert gaps["z-score"] == pytest.approx(3 / np.std([1, 2, 3, 4, 1000]))
    assert gaps["robust"] == pytest.approx(3 / 2)  # quartiles 2 and 4


def test_unseen_values():
    found = methods.value_unseen()
    assert found["inside"] == pytest.approx(1.5 / 3)
    assert found["outside"] == pytest.approx(9 / 3)
    assert (found["alone_inside"], found["alone_outside"]) == (0, 1)


def test_raw_path_needs_many_steps_and_scaled_path_one():
    data = descent.figure_paths(Tr("en")).data
    np.testing.assert_allclose(data["scaled"][1], [2.0, 2.0], atol=1e-12)  # 0.4 times 5
    # (25 - 1) / (25 + 1) a step along both axes
    left = np.linalg.norm(data["raw"][-1] - [2, 0.4]) / np.linalg.norm([2, 0.4])
    assert left == pytest.approx((24 / 26) ** descent.SHOWN, rel=1e-9)
    assert np.sign(np.diff(data["raw"][:, 1])[:4]).tolist() == [1, -1, 1, -1]


def test_steps_grow_with_the_condition_number():
    found = descent.value_steps()
    assert (found["raw"], found["scaled"]) == (pytest.approx(25), pytest.approx(1))
    assert found["ratio"] == pytest.approx(100, rel=1e-3)
    rows = descent.table_steps(Tr("en")).rows
    assert all(steps <= bound for _, steps, bound in rows)
    assert rows[2][1] > 0.999 * rows[2][2]  # “almost attained”


def _draw(rng):
    return *models.draw(models.TRAIN, rng), *models.draw(models.TEST, rng)


ORACLES = {
    "neighbours": lambda: KNeighborsClassifier(5, algorithm="brute"),
    "least_squares": LinearRegression,
    "ridge": lambda: Ridge(alpha=50.0),
}


@pytest.mark.parametrize("key", ORACLES)
def test_models_predict_as_scikit_learn_does(key):
    for rng in kit.seeds(models.RUNS):
        x, y, new, _ = _draw(rng)
        for unit in ([1.0, 1.0], [1.0, models.FACTOR]):
            t = y if key == "neighbours" else 2.0 * y - 1
            theirs = ORACLES[key]().fit(x * unit, t).predict(new * unit)
            theirs = theirs if key == "neighbours" else (theirs > 0).astype(int)
            ours = models.MODELS[key][3](x * unit, y, new * unit)
            np.testing.assert_array_equal(ours, theirs)


def test_first_component_is_that_of_scikit_learn():
    rng = next(kit.seeds(1))
    x, y, new, _ = _draw(rng)
    pca = PCA(1).fit(x)
    s, t = pca.transform(x)[:, 0], pca.transform(new)[:, 0]
    by_hand = np.abs(t - s[y == 1].mean()) < np.abs(t - s[y == 0].mean())
    np.testing.assert_array_equal(models.components(x, y, new), by_hand.astype(int))


def test_pca_neither_gains_nor_loses_over_many_draws():
    # A direction u agrees with the sign of the noisy sum in a share 1/2 + arcsin(correlation)/pi;
    # without the factor u is uniform on the circle, with it u is the second axis.
    angle = np.linspace(0, np.pi / 2, 10_001)
    sd = (2 + 0.5**2) ** 0.5  # of the sum with its noise
    before = 0.5 + np.arcsin(2**0.5 / sd * np.cos(angle)).mean() / np.pi
    after = 0.5 + np.arcsin(1 / sd) / np.pi
    found = models.components_over_many()
    assert found == pytest.approx((before, after), abs=0.02)  # three standard errors
    assert abs(found[0] - found[1]) < 0.02


def test_trees_and_least_squares_do_not_notice_the_unit():
    found = models.value_models()
    for key in ("least_squares", "tree", "forest"):
        assert found[f"{key}_changed"].values == (0.0,) * models.RUNS
    for key in ("ridge", "logistic", "network", "neighbours", "kernel", "components"):
        assert found[f"{key}_changed"].low > 0
    for key in ("logistic", "network", "neighbours", "kernel"):
        assert found[f"{key}_after"].high < found[f"{key}_before"].low


def test_a_tree_of_scikit_learn_does_not_notice_either():
    for rng in kit.seeds(models.RUNS):
        x, y, new, _ = _draw(rng)
        unit = np.array([1.0, 1024.0])  # a power of two: no rounding
        plain = DecisionTreeClassifier(max_depth=4, random_state=0).fit(x, y).predict(new)
        large = DecisionTreeClassifier(max_depth=4, random_state=0).fit(x * unit, y)
        assert np.mean(plain != large.predict(new * unit)) < 0.02


def test_the_neighbour_changes():
    found = models.value_small()
    assert (found["raw"], found["scaled"], found["same"]) == ("A", "B", True)
    for scale in (False, True):
        a, b = feature_scaling.fit_scaling(models.PEOPLE) if scale else (0, 1)
        near = NearestNeighbors(n_neighbors=1).fit((models.PEOPLE - a) / b)
        index = near.kneighbors([(models.QUERY - a) / b], return_distance=False)[0, 0]
        assert "ABCD"[index] == found["scaled" if scale else "raw"]


@pytest.mark.parametrize("lang", LANGS)
def test_tables_build_in_both_languages(lang):
    tr = Tr(lang)
    for table in (methods.table_words, methods.table_worked, models.table_models):
        assert len(table(tr).rows) >= 4
