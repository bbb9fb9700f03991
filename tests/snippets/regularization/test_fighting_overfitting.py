"""The penalised objective, polynomial features and the training run with all remedies."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.preprocessing import PolynomialFeatures

from snippets.kit import seeds
from snippets.regularization.fighting_overfitting import (
    objective,
    polynomial_features,
    torch_train,
)


def test_objective_by_hand():
    theta = np.array([3.0, -4.0])
    assert objective(1.0, theta, 0.5) == 13.5
    assert objective(1.0, theta, 0.5, power=1) == 4.5
    assert objective(1.0, theta, 0.0) == 1.0
    assert objective(2.0, np.array([]), 9.0) == 2.0


@pytest.mark.parametrize(("lam", "power", "says"), [(-1, 2, "lam is -1"), (1, 3, "power is 3")])
def test_objective_refuses(lam, power, says):
    with pytest.raises(ValueError, match=says):
        objective(0.0, np.ones(2), lam, power)


@pytest.mark.parametrize("degree", [0, 1, 5])
def test_polynomial_features_are_scikit_learns(degree):
    x = np.linspace(-2, 2, 9)
    theirs = PolynomialFeatures(degree).fit_transform(x[:, None])
    np.testing.assert_allclose(polynomial_features(x, degree), theirs, rtol=1e-14)


def test_polynomial_features_refuse_a_negative_degree():
    with pytest.raises(ValueError, match="the degree is -1"):
        polynomial_features(np.ones(3), -1)


# ---------------------------------------------------------------- the training run


def task(runs=2, n=30, wrong=0.0):
    rng = next(seeds(1, 5))
    x = torch.tensor(rng.normal(size=(runs, n, 4)), dtype=torch.float32)
    y = (x[:, :, 0] > 0).long() + (x[:, :, 1] > 0).long()
    flip = torch.tensor(rng.random((runs, n)) < wrong)
    return x, torch.where(flip, (y + 1) % 3, y)


def loss(predict, x, y):
    return F.cross_entropy(predict(x).movedim(2, 1), y, reduction="none").mean(1)


def test_learns_and_repeats():
    x, y = task()
    predict = torch_train(x, y, hidden=16)
    assert predict(x).shape == (2, 30, 3)
    assert (predict(x).argmax(2) == y).float().mean() > 0.95
    torch.testing.assert_close(torch_train(x, y, hidden=16)(x), predict(x))


def test_one_step_is_that_of_torch_modules():
    x, y = task(runs=1)
    start = torch_train(x, y, hidden=5, steps=0)
    model = torch.nn.Sequential(torch.nn.Linear(4, 5), torch.nn.ReLU(), torch.nn.Linear(5, 3))
    draw = torch.Generator().manual_seed(0)
    with torch.no_grad():
        model[0].weight.copy_((torch.randn(1, 4, 5, generator=draw) * 0.5**0.5)[0].T)
        model[2].weight.copy_((torch.randn(1, 5, 3, generator=draw) * 0.4**0.5)[0].T)
        model[0].bias.zero_()
        model[2].bias.zero_()
    torch.testing.assert_close(start(x)[0], model(x[0]).detach())
    weights = [p for name, p in model.named_parameters() if "weight" in name]
    optimiser = torch.optim.Adam(model.parameters(), lr=5e-3)
    for _ in range(7):
        optimiser.zero_grad()
        total = F.cross_entropy(model(x[0]), y[0], label_smoothing=0.1)
        total = total + 0.01 * sum((w**2).sum() for w in weights)
        total = total + 0.02 * sum(w.abs().sum() for w in weights)
        total.backward()
        optimiser.step()
    found = torch_train(x, y, hidden=5, steps=7, l2=0.01, l1=0.02, smoothing=0.1)
    torch.testing.assert_close(found(x)[0], model(x[0]).detach(), atol=1e-5, rtol=1e-5)


def test_dropout_changes_training_only():
    x, y = task()
    predict = torch_train(x, y, hidden=16, dropout=0.5)
    torch.testing.assert_close(predict(x), predict(x))
    assert not torch.allclose(predict(x), torch_train(x, y, hidden=16)(x))


def test_early_stopping_keeps_the_best_validation_loss():
    x, y = task(wrong=0.4)
    x_val, y_val = task()[0].flip(1) * 1.1, task()[1].flip(1)
    options = {"hidden": 16, "validation": (x_val, y_val)}
    kept = loss(torch_train(x, y, steps=60, **options), x_val, y_val)
    path = torch.stack(
        [loss(torch_train(x, y, hidden=16, steps=s), x_val, y_val) for s in range(1, 61)]
    )
    torch.testing.assert_close(kept, path.min(0).values, atol=1e-5, rtol=1e-5)
    assert (kept < path[-1] - 0.01).any()


def test_augment_sees_each_step():
    x, y = task()
    calls = []

    def augment(x, draw):
        calls.append(1)
        return x

    same = torch_train(x, y, hidden=8, steps=9, augment=augment)
    assert len(calls) == 9
    torch.testing.assert_close(same(x), torch_train(x, y, hidden=8, steps=9)(x))
