"""What the page on over- and underfitting says: its formulas, tables and figures."""

import numpy as np
import pytest

from snippets import kit
from snippets.kit import seeds
from snippets.regularization import _over_and_underfitting_bias_variance as parts
from snippets.regularization import _over_and_underfitting_curves as curves
from snippets.regularization import _over_and_underfitting_double_descent as descent
from snippets.regularization import _over_and_underfitting_gap as gap
from snippets.regularization import _over_and_underfitting_polynomials as polynomials
from snippets.regularization import _sine as sine
from snippets.regularization import over_and_underfitting as page

EN = kit.Tr("en")
CHECKS = [v for name, v in vars(page).items() if name.startswith("check_")]


@pytest.mark.parametrize("check", CHECKS, ids=lambda f: f.__name__)
def test_check(check):
    found = check()
    assert found.cases >= 300
    assert found.error <= found.tolerance


def test_degrees_underfit_fit_and_overfit():
    found = polynomials.value_degrees()
    assert found["train_1"].low > 1.5 * polynomials.NOISE
    assert found["test_1"].mean == pytest.approx(found["train_1"].mean, abs=0.05)
    assert found["train_14"].high < 1e-9
    assert found["test_14"].low > 3 * polynomials.NOISE
    tests = [found[f"test_{degree}"].mean for degree in polynomials.DEGREES]
    assert min(tests) == found["test_5"].mean >= polynomials.NOISE
    trains = [found[f"train_{degree}"].mean for degree in polynomials.DEGREES]
    assert trains == sorted(trains, reverse=True)


def test_training_error_is_that_of_theory():
    # degree 5 has almost no bias: the residuals keep n - p of n parts of the noise's variance
    train = np.array(polynomials.value_degrees()["train_5"].values) ** 2
    expected = polynomials.NOISE**2 * (15 - 6) / 15
    assert train.mean() == pytest.approx(expected, rel=0.1)


def test_figure_of_the_fits():
    data = polynomials.figure_fits(EN).data
    away = {d: np.abs(data[f"degree{d}"] - data["truth"]) for d in (1, 5, 14)}
    assert away[5].max() < 0.5 < away[1].max()
    assert away[14].max() > 2.2  # leaves the panel, near an end
    x = data["x"][away[14].argmax()]
    assert min(x, 1 - x) < 0.15


def test_curves():
    found = curves.value_curves()
    noise = curves.NOISE**2
    assert found["small_train"].mean > 1.3 * noise
    assert found["large_train"].high < noise
    assert found["large_validation"].mean > 1.5 * found["large_best"].mean
    assert found["large_best"].mean < found["small_validation"].low
    assert 0 < found["first"] < found["last"] < curves.STEPS
    data = curves.figure_curves(EN).data
    assert (data["large_validation"][-1] > data["large_train"][-1]).all()


def test_gap_agrees_with_the_formula():
    for row in gap.table_gap(EN).rows:
        n, noise, degree, train, test, measured, expected = row
        assert expected == pytest.approx(2 * noise**2 * (degree + 1) / n)
        runs = np.array(measured.values)
        error = runs.std(ddof=1) / np.sqrt(len(runs))
        # the spread of five batches is itself uncertain: a scale from theory beside it
        scale = 2 * np.sqrt((train * noise**2) / (n * gap.BATCHES * gap.DRAWS))
        assert abs(measured.mean - expected) < 4 * max(error, scale)
        assert test > train


def test_shift_stays_and_the_gap_goes():
    rows = gap.table_shift(EN).rows
    same = [row[1].mean for row in rows]
    assert same[0] > same[1] > same[2] > -0.01
    assert same[2] < 0.01
    assert rows[-1][2].low > 1


@pytest.mark.parametrize("degree", [1, 5, 9])
def test_bias_and_variance_are_those_of_the_projection(degree):
    # exact: bias from the noiseless fit, variance from the rows of the matrix
    x = parts.X
    powers = np.vander(2 * x - 1, degree + 1)
    on_grid = np.vander(2 * sine.GRID - 1, degree + 1)
    matrix = on_grid @ np.linalg.inv(powers.T @ powers) @ powers.T
    bias = ((matrix @ np.sin(2 * np.pi * x) - np.sin(2 * np.pi * sine.GRID)) ** 2).mean()
    variance = parts.NOISE**2 * (matrix**2).sum(axis=1).mean()
    found = parts.value_bias_variance()
    assert found[f"variance_{degree}"] == pytest.approx(variance, rel=0.03)
    assert found[f"bias_{degree}"] == pytest.approx(bias, rel=1e-4)


def test_figure_of_bias_and_variance():
    data = parts.figure_bias_variance(EN).data
    assert data["degrees"][data["error"].argmin()] == 3
    assert (data["error"][3:5] < 1.05 * data["error"][2]).all()
    assert (np.diff(data["variance"]) > 0).all()
    np.testing.assert_allclose(data["error"], data["bias"] + data["variance"] + 0.09)


def test_double_descent():
    data = descent.figure_double_descent(EN).data
    sizes, test = data["sizes"], data["test"]
    assert sizes[test.argmax()] == descent.EXAMPLES
    assert test[-1] == test.min()
    right = test[sizes >= descent.EXAMPLES]
    assert (np.diff(right) < 0).all()
    assert (data["train"][sizes > descent.EXAMPLES] < 1e-9).all()
    assert (data["ridge"][sizes >= 20] < test[sizes >= 20]).all()
    assert data["ridge"].max() == data["ridge"][0]
    found = descent.value_double_descent()
    assert found["valley_at"] < descent.EXAMPLES
    assert found["better"] > descent.RUNS / 2
    assert found["peak"] > 20 * found["valley"]


def test_length_of_the_coefficients_peaks_with_the_error():
    lengths = {row[0]: row[5] for row in descent.table_double_descent(EN).rows}
    assert max(lengths, key=lengths.get) == descent.EXAMPLES
    assert lengths[2560] < lengths[5]


def test_gradient_descent_from_zero_finds_the_shortest_solution():
    rng = next(seeds(1))
    features, y = rng.normal(size=(4, 9)), rng.normal(size=4)
    theta = np.zeros(9)
    for _ in range(5000):
        theta -= 0.02 * features.T @ (features @ theta - y)
    np.testing.assert_allclose(theta, page.min_norm_fit(features, y), atol=1e-9)
