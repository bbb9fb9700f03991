"""What the page on the elastic net says, against scikit-learn and values by hand."""

import numpy as np
import pytest
from sklearn.linear_model import ElasticNet, Lasso

from snippets.kit import Tr
from snippets.regularization import _elastic_net_formulas as formulas
from snippets.regularization import _elastic_net_group as groups

EN = Tr("en")


def test_bound_is_not_empty():
    # The two weights do differ, and the bound is sometimes close.
    rng, shares = np.random.default_rng(0), []
    for _ in range(100):
        X = rng.normal(size=(8, 2))
        w = formulas._fitted(X, 0.0, 2.0)
        A = formulas._standard(X)
        shares.append(abs(w[0] - w[1]) * 2.0 / np.sqrt(2 - 2 * (A[:, 0] * A[:, 1]).mean()))
    assert 0.1 < max(shares) <= 1


def test_worked_example():
    found = groups.value_prox()
    assert found["after"] == "(1.667, −1, 0, −0.3333)"
    assert found["soft"] == "(2.5, −1.5, 0, −0.5)"
    rows = groups.table_prox(EN).rows
    assert rows[1][1:] == pytest.approx([2, -4 / 3, 1 / 3, -2 / 3])
    assert rows[2][1:] == pytest.approx([5 / 3, -1, 0, -1 / 3])


def test_balls_share_their_corners():
    for values in groups.figure_balls(EN).data.values():
        # Along the first axis each penalty is 1 at ±1: grid points 30 and 230 of 261.
        assert values[230] == pytest.approx(1)
        assert values[30] == pytest.approx(1)


def test_group_fits_are_scikit_learns():
    A, y = groups.drawn()[0]
    common = {"fit_intercept": False, "tol": 1e-14, "max_iter": 10**6}
    lasso = Lasso(alpha=groups.STRENGTH, **common).fit(A, y)
    np.testing.assert_allclose(groups.fitted("lasso")[0], lasso.coef_, atol=1e-5)
    net = ElasticNet(alpha=2 * groups.STRENGTH, l1_ratio=0.5, **common).fit(A, y)
    np.testing.assert_allclose(groups.fitted("net")[0], net.coef_, atol=1e-6)


def test_group_stays_together():
    found = groups.value_group()
    assert found["lasso_gap"].mean > 4 * found["net_gap"].mean
    kept = {key: (groups.fitted(key)[:, groups.GROUP :] != 0).sum(axis=1) for key in groups.FITS}
    assert kept["net"].mean() < groups.OTHERS / 3
    assert (kept["ridge"] == groups.OTHERS).all()


def test_path_ends_at_nothing_and_keeps_the_group_close():
    data = groups.figure_path(EN).data
    for found in data.values():
        assert np.abs(found[0]).max() < 1e-12
    gaps = {key: np.ptp(found[-1, : groups.GROUP]) for key, found in data.items()}
    assert gaps["lasso"] > 3 * gaps["net"]


def test_more_features_than_examples():
    found = groups.value_wide()
    assert found["lasso"].high <= found["examples"] < found["net"].low
