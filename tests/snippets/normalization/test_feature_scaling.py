"""Feature scaling against scikit-learn, PyTorch, exact fractions and numerical minimisation."""

from fractions import Fraction

import numpy as np
import pytest
import torch
from sklearn import preprocessing
from sklearn.tree import DecisionTreeClassifier

from snippets import kit
from snippets.normalization.feature_scaling import (
    WORKED,
    apply_scaling,
    best_split,
    descent_steps,
    fit_scaling,
    min_max,
    nearest,
    penalised,
    torch_standardise,
    torch_three_words,
    z_score,
)

SCALERS = {
    "min-max": preprocessing.MinMaxScaler,
    "z-score": preprocessing.StandardScaler,
    "robust": preprocessing.RobustScaler,
    "max-abs": preprocessing.MaxAbsScaler,
}


@pytest.mark.parametrize("method", SCALERS)
def test_agrees_with_scikit_learn(method):
    for rng in kit.seeds(5):
        train, test = rng.normal(2, 3, (30, 4)), rng.normal(2, 3, (10, 4))
        train[:, 3] = 7.0 if method != "max-abs" else 0.0  # a column without spread
        theirs = SCALERS[method]().fit(train).transform(test)
        ours = apply_scaling(test, *fit_scaling(train, method))
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


def test_worked_example_in_fractions():
    x = [Fraction(int(v)) for v in WORKED]
    np.testing.assert_allclose(min_max(WORKED), [float((v - 1) / 999) for v in x], atol=1e-15)
    mean = sum(x) / 5
    variance = sum((v - mean) ** 2 for v in x) / 5
    np.testing.assert_allclose(
        z_score(WORKED), [float(v - mean) / float(variance) ** 0.5 for v in x], atol=1e-14
    )


def test_z_score_is_bounded_by_the_number_of_examples():
    for n in (2, 5, 50):
        x = np.zeros(n)
        x[-1] = 1e6
        assert z_score(x).max() == pytest.approx((n - 1) ** 0.5, rel=1e-12)


@pytest.mark.parametrize("n", [3, 6, 7, 11, 30])
def test_a_constant_column_is_left_alone_in_spite_of_rounding(n):
    # The mean of n times 0.1 need not be 0.1: its deviation of 1e-17 must not become a divisor.
    train, test = np.full((n, 1), 0.1), np.array([[0.3]])
    theirs = preprocessing.StandardScaler().fit(train).transform(test)
    np.testing.assert_allclose(apply_scaling(test, *fit_scaling(train)), theirs, atol=1e-12)
    ours = torch_standardise(torch.tensor(train), torch.tensor(test))[1]
    np.testing.assert_allclose(ours, theirs, atol=1e-12)


def test_scaling_is_undone():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(20, 3))
    for method in SCALERS:
        a, b = fit_scaling(x, method)
        np.testing.assert_allclose(apply_scaling(x, a, b) * b + a, x, atol=1e-12)


def test_bad_input():
    with pytest.raises(ValueError, match="unknown method"):
        fit_scaling(np.ones((2, 2)), "minmax")
    with pytest.raises(ValueError, match="shape"):
        fit_scaling(np.ones(3))
    with pytest.raises(ValueError, match="shape"):
        fit_scaling(np.ones((0, 3)))
    with pytest.raises(ValueError, match="all numbers are equal"):
        min_max([2, 2])
    with pytest.raises(ValueError, match="all numbers are equal"):
        z_score(np.full(7, 0.1))
    with pytest.raises(ValueError, match="kappa"):
        descent_steps(0.5, 1e-3)
    with pytest.raises(ValueError, match="epsilon"):
        descent_steps(2, 1.5)


def test_torch_uses_the_training_statistics():
    rng = np.random.default_rng(1)
    train, test = rng.normal(5, 2, (50, 3)), rng.normal(0, 1, (8, 3))
    scaler = preprocessing.StandardScaler().fit(train)
    ours = torch_standardise(torch.tensor(train), torch.tensor(test))
    np.testing.assert_allclose(ours[0], scaler.transform(train), atol=1e-12)
    np.testing.assert_allclose(ours[1], scaler.transform(test), atol=1e-12)


def test_three_words_do_three_things():
    x = torch.tensor(np.random.default_rng(2).normal(3, 1, (16, 4)), dtype=torch.float32)
    weight = torch.tensor([1.0, -2.0, 0.5, 4.0])
    rows, columns, shrunk = torch_three_words(x, weight)
    np.testing.assert_allclose(rows, preprocessing.normalize(x.numpy()), atol=1e-6)
    np.testing.assert_allclose(
        columns, preprocessing.StandardScaler().fit_transform(x.numpy()), atol=1e-5
    )
    np.testing.assert_allclose(shrunk, weight * (1 - 0.1 * 0.5), atol=1e-6)  # 1 - lr * decay


def test_penalty():
    assert penalised(1.5, [3.0, -4.0], 0.1) == pytest.approx(1.5 + 2.5)


@pytest.mark.parametrize("kappa", [2.0, 7.0, 100.0])
def test_steps_follow_the_contraction(kappa):
    # At the rate 2/(1+kappa) both coordinates shrink by (kappa-1)/(kappa+1) a step.
    expected = np.ceil(np.log(1e-6) / np.log((kappa - 1) / (kappa + 1)))
    assert descent_steps(kappa, 1e-6) == expected


def test_one_step_on_a_round_bowl():
    assert descent_steps(1, 1e-6) == 1


def test_split_is_that_of_scikit_learn():
    for rng in kit.seeds(8):
        x = rng.normal(size=40)
        y = (x + 0.5 * rng.normal(size=40) > 0).astype(int)
        tree = DecisionTreeClassifier(max_depth=1).fit(x[:, None], y)
        theirs = x <= tree.tree_.threshold[0]
        np.testing.assert_array_equal(best_split(x, y), theirs)
        np.testing.assert_array_equal(best_split(np.exp(x), y), theirs)
        np.testing.assert_array_equal(best_split(x**3, y), theirs)


def test_nearest_by_hand():
    assert nearest([[0, 0], [3, 4], [1, 1]], [2.6, 3]) == 1
