"""What the page on L1 and L2 says, against closed forms, scipy and scikit-learn."""

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import minimize
from sklearn.linear_model import ElasticNet, Lasso, Ridge

from snippets.kit import Tr
from snippets.regularization import _l1_and_l2_contact as contact
from snippets.regularization import _l1_and_l2_examples as examples
from snippets.regularization import _l1_and_l2_formulas as formulas
from snippets.regularization import _l1_and_l2_twins as twins
from snippets.regularization import _l1_and_l2_zeros as zeros
from snippets.regularization import l1_and_l2

EN = Tr("en")


def test_densities_are_scipys():
    w = np.linspace(-3, 3, 13)
    np.testing.assert_allclose(formulas._laplace(w, 0.7), stats.laplace.pdf(w, scale=0.7))
    np.testing.assert_allclose(formulas._normal(w, 0.7), stats.norm.pdf(w, scale=0.7))


def test_evidence():
    assert l1_and_l2.check_torch().error < 1e-12
    assert l1_and_l2.check_proximal().error < 1e-12


@pytest.mark.parametrize("ball", contact.BALLS)
def test_contact_is_scipys_constrained_optimum(ball):
    size = {
        "l1": lambda w: np.abs(w).sum(),
        "l2": lambda w: np.linalg.norm(w),
    }[ball]
    found = minimize(
        lambda w: (w - contact.M) @ contact.H @ (w - contact.M) / 2,
        [0.3, 0.3],
        constraints={"type": "ineq", "fun": lambda w: contact.C - size(w)},
        options={"ftol": 1e-14},
    )
    np.testing.assert_allclose(contact.solutions()[ball], found.x, atol=1e-4)


def test_figure_shows_a_corner_and_a_side():
    data = contact.figure_contact(EN).data
    assert data["l1"].tolist() == pytest.approx([0, 1])
    assert data["l1"][0] == 0
    assert (data["l2"] > 0.1).all()
    assert np.linalg.norm(data["l2"]) == pytest.approx(1)
    # Nothing on the edge is lower than the contour through the solution.
    for ball in contact.BALLS:
        assert contact.loss(data[f"{ball}_edge"], contact.H, contact.M).min() >= data[
            f"{ball}_touch"
        ][0] * (1 - 1e-9)


def test_sizes_by_hand():
    found = examples.value_sizes()
    assert (found["l1"], found["l2_squared"]) == (4.0, 6.5)
    assert found["l2"] == pytest.approx(6.5**0.5)
    assert found["w"] == "(0.5, −2, 0, 1.5)"


def test_pair_by_hand():
    found = examples.value_pair()
    assert (found["length"], found["squared"]) == (5.0, 25.0)
    assert found["gradient_squared"] == "(6, −8)"
    assert found["gradient_length"] == "(0.6, −0.8)"
    assert found["block"] == "(0, 0)"
    assert found["shrink"] == "(0.5, −0.6667)"  # 3/6, -4/6


def test_soft_threshold_by_hand():
    assert examples.value_soft() == {"before": "(3, −2, 0.5, −1)", "after": "(2, −1, 0, 0)"}
    rows = examples.table_steps(EN).rows
    assert rows[0][1:] == ["(2, −1, 0, 0)", "(2, −3)", "(0, 0)"]
    assert rows[1][1:] == ["(1.5, −1, 0.25, −0.5)", "(1.5, −2)", "(0.5, −0.6667)"]
    assert rows[2][2:] == ["(2.4, −3.2)", "(0, 0)"]  # times 4/5, times 0


def test_one_step_of_decay():
    found = examples.value_decay()
    assert found["weight_decay"] == found["half_square"] == pytest.approx(1.9)
    assert found["square"] == pytest.approx(1.8)


def test_units_are_scikit_learns():
    found, x = examples.value_units(), examples.UNIT
    for factor, key in ((1.0, "plain"), (10.0, "finer")):
        fit = Lasso(alpha=0.5, fit_intercept=False, tol=1e-12).fit(x * factor, 2 * x[:, 0])
        assert found[key] == pytest.approx(fit.coef_[0] * factor)


def test_optimum_of_the_experiment_is_scikit_learns():
    A, y = zeros.drawn()
    for a, b, w in zip(A, y, zeros.best(), strict=True):
        fit = Lasso(alpha=zeros.STRENGTH, fit_intercept=False, tol=1e-13).fit(a, b)
        np.testing.assert_allclose(w, fit.coef_, atol=1e-7)
        assert zeros.objective(np.stack([w] * zeros.RUNS)).shape == (zeros.RUNS,)


def test_only_proximal_steps_give_zeros():
    found = zeros.value_zeros()
    assert found["subgradient"] == found["ever"] == 0
    assert found["proximal"] == found["best"] == 17
    for key in ("proximal_constant", "proximal_sgd"):
        assert found[key].low > 0
        assert found[key].high < found["best"] / 2
    np.testing.assert_allclose(zeros.path("proximal")[-1], zeros.best(), atol=1e-9)


def test_falling_steps_come_close_without_zeros():
    gaps = [row[3].mean for row in zeros.table_zeros(EN).rows[:4]]
    constant, falling, sgd, proximal = gaps
    assert constant > 10 * falling > 0
    assert sgd > falling
    assert proximal < 1e-12
    assert falling < 0.02 * zeros.objective(zeros.best()).mean()


def test_figure_of_one_weight():
    data = zeros.figure_paths(EN).data
    assert data["proximal"][-1] == 0
    assert (data["proximal"][5:] == 0).all()
    late = data["subgradient"][20:]
    assert late.min() < 0 < late.max()
    assert (data["falling"] != 0).all()
    assert np.abs(data["falling"][-10:]).max() < np.abs(late).max()


def test_twins_are_scikit_learns():
    makers = {
        "lasso": Lasso(alpha=0.1, fit_intercept=False, tol=1e-14, max_iter=10**6),
        "ridge": Ridge(alpha=0.1 * twins.EXAMPLES, fit_intercept=False),
        "net": ElasticNet(alpha=0.1, l1_ratio=0.5, fit_intercept=False, tol=1e-14, max_iter=10**6),
    }
    rng = np.random.default_rng(np.random.SeedSequence(0).spawn(1)[0])
    x = rng.normal(size=twins.EXAMPLES)
    A = x[:, None] + twins.NOISE * rng.normal(size=(twins.EXAMPLES, 2))
    y = 2 * x + twins.ERROR * rng.normal(size=twins.EXAMPLES)
    for key, maker in makers.items():
        np.testing.assert_allclose(twins.fitted(key)[0], maker.fit(A, y).coef_, atol=1e-4)


def test_twins_divide_as_told():
    found = twins.value_twins()
    assert found["lasso_gap"].mean > 10 * found["ridge_gap"].mean
    # One feature twice: the lasso's sum is 2 - λ, ridge halves 4/(2 + λ).
    assert found["lasso_left_1"] == pytest.approx(1.9)
    assert found["lasso_left_2"] == found["lasso_right_1"] == 0
    assert found["lasso_right_2"] == pytest.approx(1.9)
    for side in ("left", "right"):
        for k in (1, 2):
            assert found[f"ridge_{side}_{k}"] == pytest.approx(2 / 2.1)
            assert found[f"net_{side}_{k}"] == pytest.approx(1.95 / 2.05)
    sums = [row[3].mean for row in twins.table_twins(EN).rows]
    assert max(sums) - min(sums) < 0.05
