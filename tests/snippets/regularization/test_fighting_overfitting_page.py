"""What the page on fighting overfitting says: which remedies helped, and which do not belong."""

import numpy as np
import pytest
import torch

from gen import formula
from snippets import kit
from snippets.optimization import _b_digits as digits
from snippets.regularization import _fighting_overfitting_remedies as remedies
from snippets.regularization import _fighting_overfitting_residual as residual
from snippets.regularization import _fighting_overfitting_underfitting as underfitting
from snippets.regularization import _sine as sine
from snippets.regularization import fighting_overfitting as page
from snippets.regularization.over_and_underfitting import fit_polynomial

EN = kit.Tr("en")


def test_formula_and_check():
    assert formula.check(page.formula_objective).samples >= 100
    found = page.check_torch()
    assert found.cases == 30
    assert found.error <= found.tolerance


def test_shifts_move_by_one_dot():
    x = torch.arange(2.0 * 3 * digits.INPUTS).reshape(2, 3, -1)
    draw = torch.Generator().manual_seed(0)
    shape = (digits.HEIGHT, digits.WIDTH)
    seen = set()
    for _ in range(30):
        moved = remedies.shifted(x, draw)
        assert moved.shape == x.shape
        for old, new in zip(x.reshape(-1, *shape), moved.reshape(-1, *shape), strict=True):
            sides = [
                side
                for side in ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))
                if np.array_equal(np.roll(old.numpy(), side, (0, 1)), new.numpy())
            ]
            assert len(sides) == 1
            seen.add(sides[0])
    assert len(seen) == 5


def test_a_fifth_of_the_labels_is_random():
    _, y, *_ = remedies._data()
    rng = next(kit.seeds(1, 11))
    _, clean = digits.digits(2 * remedies.EXAMPLES, rng)
    # a random label is right by chance in one of ten cases
    share = (y[0].numpy() != clean).mean()
    assert share == pytest.approx(0.2 * 0.9, abs=0.06)


def test_remedies():
    found = remedies.value_remedies()
    none = found["none"]
    for strong in ("data", "augment"):
        assert (np.array(found[strong].values) > np.array(none.values)).all()
        assert found[strong].mean > none.mean + 0.05
    for mild in ("l2", "l1", "dropout", "early", "smoothing"):
        assert found[mild].mean == pytest.approx(none.mean, abs=0.03)
        lower = np.array(found[f"{mild}_loss"].values) < np.array(found["none_loss"].values)
        assert lower.all()
    assert found["ensemble"].mean > none.mean + 0.02
    assert found["small"].high < none.low
    assert found["small_gap"].mean < found["none_gap"].mean
    assert found["held_out"] == found["examples"]


def test_the_network_learns_its_labels_by_heart():
    rows = {row[0]: row for row in remedies.table_remedies(EN).rows}
    assert rows["nothing"][3] > 0.995
    assert rows["smaller model"][3] < 0.9


def test_figure_is_sorted_and_ends_where_the_text_says():
    data = remedies.figure_remedies(EN).data
    assert list(data["order"][-2:]) == ["data", "augment"]
    assert data["order"][0] == "small"
    assert (np.diff(data["accuracy"].mean(axis=1)) >= 0).all()


def test_residual_networks_memorise_too():
    found = residual.value_residual()
    for network in ("plain", "residual"):
        assert found[f"{network}_random_train"].low > 0.99
        # guessing: 500 items, five standard errors
        for share in found[f"{network}_random_test"].values:
            assert abs(share - 0.5) < 5 * 0.5 / np.sqrt(residual.TEST)
        assert found[f"{network}_real_train"].low > 0.99
    assert found["residual_real_test"].mean > found["plain_real_test"].mean


def test_underfitting_is_mended():
    found = underfitting.value_underfitting()
    for before, after in (
        ("degree_1", "degree_5"),
        ("strong", "weak"),
        ("few", "many"),
        ("few", "momentum"),
    ):
        worse, better = np.array(found[before].values), np.array(found[after].values)
        assert (better < worse).mean() > 0.95
    assert found["many"].mean == pytest.approx(found["degree_5"].mean, abs=0.005)


def test_exact_and_descended_matrices_agree_with_numpy():
    y = sine.noisy(underfitting.X, 0.2, next(kit.seeds(1)))
    fit = fit_polynomial(underfitting.X, y, 5)
    expected = np.concatenate([fit(underfitting.X), fit(sine.GRID)])
    np.testing.assert_allclose(underfitting._solve(5) @ y, expected, atol=1e-9)
    many = underfitting._descend(underfitting.MANY, 0.0) @ y
    np.testing.assert_allclose(many, expected, atol=0.05)
