"""What the page on weight decay says, against torch.optim, scikit-learn and closed forms."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge

from snippets import kit
from snippets.kit import Tr
from snippets.regularization import _weight_decay_formulas as formulas
from snippets.regularization import _weight_decay_norms as norms
from snippets.regularization import _weight_decay_removed as removed
from snippets.regularization.weight_decay import torch_removed

EN = Tr("en")


def test_slope_is_autograds():
    w = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64, requires_grad=True)
    u = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)
    (u @ w / w.norm()).backward()
    np.testing.assert_allclose(formulas._slope(w.detach().numpy()), w.grad, rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "cls"), [("adam", torch.optim.Adam), ("adamw", torch.optim.AdamW)]
)
@pytest.mark.parametrize("column", [0, 4, 8])
def test_removed_is_torchs(name, cls, column):
    gradients = next(kit.seeds(1)).normal(size=removed.STEPS) * removed.SCALES[column]
    theirs = torch_removed(cls, gradients, removed.RATE, removed.DECAY)
    assert removed.removed(name)[0, column] == pytest.approx(theirs, rel=1e-6)


def test_removed_table():
    found = removed.value_removed()
    assert found["ideal"] == pytest.approx(1 - (1 - 1e-4) ** 1000)
    for scale in removed.SHOWN:
        assert abs(found[f"adamw_{scale:g}"].mean - found["ideal"]) < 0.005
    assert found["adam_0.1"].low > 5 * found["ideal"]
    # A tenth for every factor of ten, once gradients outweigh the penalty.
    for small, large in ((1, 10), (10, 100)):
        ratio = found[f"adam_{small}"].mean / found[f"adam_{large}"].mean
        assert ratio == pytest.approx(10, rel=0.1)
    assert [row[0] for row in removed.table_removed(EN).rows] == [0.1, 1, 10, 100]


def test_figure_of_removed():
    data = removed.figure_removed(EN).data
    assert (np.diff(data["adam"]) < 0).all()
    np.testing.assert_allclose(data["adamw"], data["adamw"][0], rtol=1e-4)


def test_sgd_agrees_and_momentum_does_not():
    found = removed.value_sgd()
    assert found["plain"] < 1e-14
    assert found["momentum"].low > 0.01


def test_rescaled_network():
    found = norms.value_rescale()
    assert found["gap"] < 1e-13
    assert found["normalised_gap"] < 1e-12
    assert found["after"] > 1000 * found["before"]


def test_batch_norm_of_torch_ignores_the_scale():
    z = torch.tensor(np.random.default_rng(1).normal(size=(64, 5)))
    norm = torch.nn.BatchNorm1d(5, affine=False, eps=1e-15).double()
    torch.testing.assert_close(norm(z), norm(100 * z), rtol=1e-10, atol=1e-10)


def test_ridge_is_scikit_learns():
    rng = next(kit.seeds(1))
    x = rng.uniform(-2, 2, norms.TRAIN + norms.TEST)
    y = np.sin(2 * x) + norms.ERROR * rng.normal(size=len(x))
    A = norms.features(x, rng)
    for strength in norms.STRENGTHS[1:]:
        fit = Ridge(alpha=strength * norms.TRAIN, fit_intercept=False).fit(
            A[: norms.TRAIN], y[: norms.TRAIN]
        )
        length, train, test = norms.fits()[strength][0]
        assert length == pytest.approx(np.linalg.norm(fit.coef_), rel=1e-6)
        e = (fit.predict(A) - y) ** 2
        assert train == pytest.approx(e[: norms.TRAIN].mean(), rel=1e-6)
        assert test == pytest.approx(e[norms.TRAIN :].mean(), rel=1e-6)


def test_ridge_table_tells_the_story():
    lengths, train, test = ([row[k].mean for row in norms.table_ridge(EN).rows] for k in (1, 2, 3))
    assert lengths == sorted(lengths, reverse=True)
    assert train == sorted(train)
    assert min(test) == test[2]
    weak, _, good, strong = (norms.fits()[strength][:, 2] for strength in norms.STRENGTHS)
    assert (good < weak).all()
    assert (good < strong).all()
