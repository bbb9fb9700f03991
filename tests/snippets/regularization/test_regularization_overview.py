"""The step, the training and the measures, against scikit-learn, PyTorch and np.roll."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.linear_model import ElasticNet, Lasso, Ridge

from gen.formula import check
from snippets.optimization import _b_digits as digits
from snippets.regularization import _regularization_overview_rules as rules
from snippets.regularization import _regularization_overview_runs as runs
from snippets.regularization import regularization_overview as overview
from snippets.regularization.regularization_overview import REMEDIES, step, torch_step


def settled(A, y, **penalty):
    """The weights at which step comes to rest, for half the mean squared error."""
    w = np.zeros(A.shape[1])
    for _ in range(5000):
        w = step(w, A.T @ (A @ w - y) / len(A), lr=0.2, **penalty)
    return w


@pytest.mark.parametrize(
    ("penalty", "model"),
    [
        ({"l1": 0.2}, Lasso(alpha=0.2, fit_intercept=False, tol=1e-12)),
        ({"l2": 0.3}, Ridge(alpha=0.3 * 30, fit_intercept=False)),
        ({"decay": 0.3}, Ridge(alpha=0.3 * 30, fit_intercept=False)),
        (
            {"l1": 0.2, "l2": 0.2},
            ElasticNet(alpha=0.4, l1_ratio=0.5, fit_intercept=False, tol=1e-12),
        ),
    ],
)
def test_where_the_steps_lead(penalty, model):
    rng = np.random.default_rng(0)
    A, y = rng.normal(size=(30, 6)), rng.normal(size=30)
    y += A[:, 0]
    found = settled(A, y, **penalty)
    np.testing.assert_allclose(found, model.fit(A, y).coef_, atol=1e-6)
    if "l1" in penalty:
        assert ((found == 0) == (model.coef_ == 0)).all()
        assert (found == 0).any()


@pytest.mark.parametrize("name", ["l1", "l2", "decay"])
def test_negative_strengths_are_refused(name):
    with pytest.raises(ValueError, match="negative"):
        step(np.ones(2), np.ones(2), lr=0.1, **{name: -0.1})


@pytest.mark.parametrize("name", ["l1", "l2"])
def test_torch_step_refuses_negative_strengths(name):
    model = torch.nn.Linear(2, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(ValueError, match="negative"):
        torch_step(model, optimizer, torch.ones(1, 2), torch.tensor([0]), **{name: -0.1})


def test_torch_step_trains_with_dropout_and_leaves_exact_zeros():
    model = torch.nn.Sequential(torch.nn.Dropout(1.0), torch.nn.Linear(3, 2)).eval()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    x, y = torch.randn(8, 3), torch.tensor([0, 1] * 4)
    before = model[1].weight.detach().clone()
    torch_step(model, optimizer, x, y)
    assert torch.equal(model[1].weight, before)  # all inputs dropped: no gradient
    loss = torch_step(model, optimizer, x, y, l1=10.0)
    assert (model[1].weight == 0).all()
    assert loss == pytest.approx(np.log(2), rel=0.5)
    seen = []
    torch_step(model, optimizer, x, y, augment=lambda x: seen.append(x) or 2 * x)
    assert seen[0] is x


def test_check_against_torch():
    assert overview.check_torch().cases == 3 * 6 * 20


# --------------------------------------------------------------------------- the training

SETTINGS = ({}, {"l2": 0.05}, {"smoothing": 0.4}, {"decay": 0.5}, {"l1": 0.03})


@pytest.mark.parametrize("number", range(len(SETTINGS)))
def test_training_by_autograd(monkeypatch, number):
    """The run 0 of each setting, trained again with nn.Linear and torch.optim.SGD."""
    monkeypatch.setattr(runs, "STEPS", 12)
    training = runs.data()[0]
    x, y = training.x[:, : runs.EXAMPLES], training.y[:, : runs.EXAMPLES]
    found = runs.train(list(SETTINGS), x, y)
    setting = SETTINGS[number]
    draw = torch.Generator().manual_seed(0)
    layers = []
    for n, m in ((digits.INPUTS, runs.HIDDEN), (runs.HIDDEN, digits.CLASSES)):
        layers.append(torch.nn.Linear(n, m))
        start = torch.randn(runs.RUNS, n, m, generator=draw)[0] * (2 / n) ** 0.5
        layers[-1].weight.data, layers[-1].bias.data = start.T.clone(), torch.zeros(m)
    model = torch.nn.Sequential(layers[0], torch.nn.ReLU(), layers[1])
    weights = [layer.weight for layer in layers]
    optimizer = torch.optim.SGD(
        [
            {"params": weights, "weight_decay": setting.get("l2", 0.0)},
            {"params": [layer.bias for layer in layers]},
        ],
        lr=runs.RATE,
        momentum=runs.MOMENTUM,
    )
    for _ in range(12):
        optimizer.zero_grad()
        F.cross_entropy(model(x[0]), y[0], label_smoothing=setting.get("smoothing", 0.0)).backward()
        with torch.no_grad():
            for w in weights:
                w.mul_(1 - runs.RATE * setting.get("decay", 0.0))
        optimizer.step()
        with torch.no_grad():
            for w in weights:
                w.copy_(F.softshrink(w, runs.RATE * setting.get("l1", 0.0)))
    for place, layer in zip((0, 2), layers, strict=True):
        ours = found[place][number * runs.RUNS].T
        torch.testing.assert_close(ours, layer.weight.detach(), atol=2e-5, rtol=1e-4)
        bias = found[place + 1][number * runs.RUNS, 0]
        torch.testing.assert_close(bias, layer.bias.detach(), atol=2e-5, rtol=1e-4)


def test_dropout_training_by_autograd(monkeypatch):
    monkeypatch.setattr(runs, "STEPS", 4)
    training, p = runs.data()[0], 0.7
    x, y = training.x[:, :50], training.y[:, :50]
    found = runs.train([{"dropout": p}], x, y)
    draw = torch.Generator().manual_seed(0)
    w = []
    for n, m in ((digits.INPUTS, runs.HIDDEN), (runs.HIDDEN, digits.CLASSES)):
        w += [torch.randn(runs.RUNS, n, m, generator=draw) * (2 / n) ** 0.5]
        w += [torch.zeros(runs.RUNS, 1, m)]
    for one in w:
        one.requires_grad_()
    optimizer = torch.optim.SGD(w, lr=runs.RATE, momentum=runs.MOMENTUM)
    for _ in range(4):
        h = (x @ w[0] + w[1]).relu()
        h = h * (torch.rand(h.shape, generator=draw) >= p) / (1 - p)
        optimizer.zero_grad()
        logits = h @ w[2] + w[3]
        sum(F.cross_entropy(z, t) for z, t in zip(logits, y, strict=True)).backward()
        optimizer.step()
    for ours, theirs in zip(found, w, strict=True):
        torch.testing.assert_close(ours, theirs.detach(), atol=2e-5, rtol=1e-4)


def test_dropout_changes_only_its_own_runs(monkeypatch):
    monkeypatch.setattr(runs, "STEPS", 3)
    training = runs.data()[0]
    x, y = training.x[:, :50], training.y[:, :50]
    plain = runs.train([{}], x, y)[0]
    both = runs.train([{"dropout": 0.5}, {"l2": 0.0}, {"augment": 0.5}], x, y)[0]
    part = both.split(runs.RUNS)
    torch.testing.assert_close(part[1], plain)
    assert (part[0] - plain).abs().max() > 1e-3
    assert (part[2] - plain).abs().max() > 1e-3


def test_moved_images():
    x = torch.randn(2, 400, digits.INPUTS)
    draw = torch.Generator().manual_seed(1)
    seen = runs._moving(x, torch.tensor([[0.0], [0.6]]), draw)()
    assert torch.equal(seen[0], x[0])
    changed = (seen[1] != x[1]).any(1)
    assert changed.double().mean().item() == pytest.approx(0.6, abs=0.1)
    images = x[1].reshape(-1, digits.HEIGHT, digits.WIDTH).numpy()
    sides = [np.roll(images, by, (1, 2)) for by in ((1, 0), (-1, 0), (0, 1), (0, -1))]
    after = seen[1].reshape(images.shape).numpy()
    which = np.array([(after == side).all((1, 2)) for side in sides])
    assert (which.any(0) == changed.numpy()).all()
    assert (which.sum(1) > 30).all()


def test_labels():
    training = runs.data()[0]
    assert training.false.double().mean().item() == 1 / runs.FALSE
    rng_true = digits.digits(training.x.shape[1], next(iter(runs.kit.seeds(runs.RUNS, 41))))[1]
    assert ((training.y[0].numpy() != rng_true) == training.false[0].numpy()).all()


def test_measures_of_one_network():
    generator = torch.Generator().manual_seed(5)
    shapes = ((digits.INPUTS, runs.HIDDEN), (1, runs.HIDDEN), (runs.HIDDEN, 10), (1, 10))
    parameters = [torch.randn(runs.RUNS, *s, generator=generator) / 5 for s in shapes]
    parameters[0][:, :7] = 0
    found = dict(zip(runs.MEASURED, runs.measure(parameters)[0][:, 2], strict=True))
    training, validation, test = runs.data()

    def logits(x):
        h = (x[2] @ parameters[0][2] + parameters[1][2]).relu()
        return h @ parameters[2][2] + parameters[3][2]

    p = logits(training.x)[: runs.EXAMPLES].softmax(1)
    false = training.false[2, : runs.EXAMPLES]
    given = p[torch.arange(runs.EXAMPLES), training.y[2, : runs.EXAMPLES]]
    assert found["trust"] == pytest.approx(given[false].mean().item(), rel=1e-5)
    for name, held in (("validation", validation), ("loss", test)):
        expected = F.cross_entropy(logits(held.x), held.y[2]).item()
        assert found[name] == pytest.approx(expected, rel=1e-5)
    right = logits(test.x).argmax(1) == test.y[2]
    assert found["accuracy"] == pytest.approx(right.double().mean().item())
    length = sum(parameters[k][2].square().sum() for k in (0, 2)).sqrt()
    assert found["length"] == pytest.approx(length.item(), rel=1e-5)
    assert found["zeros"] == pytest.approx(7 * 24 / (56 * 24 + 24 * 10))
    assert found["true"] == pytest.approx(given[~false].mean().item(), rel=1e-5)


# --------------------------------------------------------------------------- the rules

FORMULAS = [(key, f) for key, pair in rules.RULES.items() for f in pair if f is not None]


@pytest.mark.parametrize(("key", "formula"), FORMULAS, ids=lambda v: getattr(v, "latex", v))
def test_every_rule_holds(key, formula):
    found = check(formula)
    assert found.samples >= 200
    assert found.error < 1e-9


def test_every_remedy_has_a_rule():
    assert list(rules.RULES) == list(REMEDIES)
    assert all(loss or update for loss, update in rules.RULES.values())


def test_defaults_of_made_objects():
    w = [torch.nn.Parameter(torch.zeros(1))]
    assert rules.defaults() == {
        "l2": torch.optim.SGD(w).defaults["weight_decay"],
        "decay": torch.optim.AdamW(w).defaults["weight_decay"],
        "dropout": torch.nn.Dropout().p,
        "smoothing": torch.nn.CrossEntropyLoss().label_smoothing,
    }
