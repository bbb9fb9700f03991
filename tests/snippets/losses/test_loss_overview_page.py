"""What the overview says: its formulas, traits, PyTorch's classes, tasks."""

from math import log

import mpmath
import numpy as np
import pytest
import torch
import torch.nn.functional as F

from snippets.kit import Formula, Tr
from snippets.losses import _loss_overview_examples as examples
from snippets.losses import _loss_overview_formulas as formulas
from snippets.losses import _loss_overview_sheets as sheets
from snippets.losses import _loss_overview_tasks as tasks
from snippets.losses import _loss_overview_torch as in_torch

EN = Tr("en")


def test_the_evidence():
    assert in_torch.check_all().cases == 20 * (15 + 11)
    assert in_torch.check_slope().error < 1e-12


def test_all_losses_are_in_all_tables():
    names = list(formulas.NAMES)
    assert set(names) == set(formulas.FORMULAS) == set(formulas.TRAITS)
    for table in (formulas.table_formulas, formulas.table_traits, in_torch.table_torch):
        assert [row[0] for row in table(EN).rows] == [formulas.NAMES[n][1] for n in names]
    assert all(isinstance(c, Formula) for row in formulas.table_formulas(EN).rows for c in row[1:])
    assert formulas.value_counts() == {"losses": 18, "formulas": 36}


# ---------------------------------------------------------------- traits


def random_inputs(name, rng):
    """The loss on what it takes, and two points of its domain, as tensors."""
    z, y = rng.normal(0, 4, (2, 5)), 2
    p, q = rng.dirichlet(np.ones(5)), rng.dirichlet(np.ones(5), 2)
    label = torch.tensor([y])
    one, t = torch.ones(1).double(), torch.tensor(p)
    scalars = rng.normal(0, 4, (2, 1))
    chances = rng.uniform(0.01, 0.99, (2, 1))
    return {
        "mse": (lambda x: F.mse_loss(x, 0 * x), scalars),
        "mae": (lambda x: F.l1_loss(x, 0 * x), scalars),
        "smooth_l1": (lambda x: F.smooth_l1_loss(x, 0 * x), scalars),
        "huber": (lambda x: F.huber_loss(x, 0 * x), scalars),
        "cross_entropy": (lambda x: -(t * x.log()).sum(), q),
        "softmax_loss": (lambda x: F.cross_entropy(x[None], label), z),
        "nll": (lambda x: F.nll_loss(x[None], label), np.log(q)),
        "bce": (lambda x: F.binary_cross_entropy(x, one), chances),
        "bce_with_logits": (lambda x: F.binary_cross_entropy_with_logits(x, one), scalars),
        "kl": (lambda x: (t * (t / x).log()).sum(), q),
        "label_smoothing": (lambda x: F.cross_entropy(x[None], label, label_smoothing=0.1), z),
        "focal": (lambda x: ((-x).sigmoid() ** 2 * F.softplus(-x)).sum(), scalars),
        "zero_one": (lambda x: (x <= 0).double().sum(), scalars),
        "hinge": (lambda x: F.relu(1 - x).sum(), scalars),
        "logistic": (lambda x: F.softplus(-x).sum(), scalars),
        "exponential": (lambda x: (-x).exp().sum(), scalars),
        "info_nce": (lambda x: F.cross_entropy(x[None] / 0.1, label), rng.uniform(-1, 1, (2, 5))),
        "triplet": (lambda x: F.relu(x[0] - x[1] + 1), rng.uniform(0, 3, (2, 2))),
    }[name]


@pytest.mark.parametrize("name", formulas.NAMES)
def test_convex_as_the_table_says(name):
    rng, above = np.random.default_rng(6), 0
    for _ in range(200):
        loss, ends = random_inputs(name, rng)
        a, b = map(torch.tensor, ends)
        middle, chord = loss((a + b) / 2).item(), (loss(a) + loss(b)).item() / 2
        above += middle > chord + 1e-9 * max(1, abs(chord))
    assert (above == 0) == formulas.TRAITS[name][1]


def test_far_gradients():
    found = formulas.far_gradients()
    assert found["mse"] == 200
    for name in ("cross_entropy", "bce", "kl"):
        assert found[name] == pytest.approx(1e4)
    for name in ("mae", "smooth_l1", "huber", "nll", "hinge", "triplet"):
        assert found[name] == 1
    for name in ("softmax_loss", "bce_with_logits", "logistic", "focal"):
        assert found[name] == pytest.approx(1)
    assert found["label_smoothing"] == pytest.approx(0.9 + 0.1 / 3)
    assert found["exponential"] == pytest.approx(np.exp(100))
    assert found["info_nce"] == pytest.approx(1 / 0.1)
    assert found["zero_one"] == 0


def test_the_focal_loss_is_steeper_than_1_somewhere():
    # d/ds of -(1 - u)² ln u with u = sigmoid(s), by mpmath
    found = formulas.value_focal_peak()

    def slope(s):
        u = 1 / (1 + mpmath.exp(-s))
        return (1 - u) ** 2 * (2 * u * mpmath.log(u) + u - 1)

    top = mpmath.findroot(lambda s: mpmath.diff(slope, s), -2.8)
    assert found["at"] == pytest.approx(float(top), abs=1e-3)
    assert found["size"] == pytest.approx(float(-slope(top)), rel=1e-6)
    assert found["size"] > 1.1


# ---------------------------------------------------------------- PyTorch's classes


def test_what_the_mean_divides_by():
    by = in_torch.divisors()
    elements = {"mse", "mae", "smooth_l1", "huber", "bce", "bce_with_logits", "kl", "logistic"}
    for name, divisor in by.items():
        assert divisor == pytest.approx(12 if name in elements else 4), name
    x, p = torch.randn(4, 3).log_softmax(1), torch.rand(4, 3)
    batchmean, total = (F.kl_div(x, p, reduction=how) for how in ("batchmean", "sum"))
    assert (total / batchmean).item() == pytest.approx(4)
    weights, y = torch.tensor([1.0, 2.0, 5.0]), torch.tensor([0, 2, 2, 1])
    mean, total = (F.nll_loss(x, y, weight=weights, reduction=how) for how in ("mean", "sum"))
    assert (total / mean).item() == pytest.approx(13)


def test_reduction():
    found = in_torch.value_reduction()
    assert (found["mean"], found["sum"], found["ratio"]) == (15, 60, 4)
    assert found["torch"] == 15


def test_adam_hardly_sees_the_reduction():
    # Adam written out: m and v decay with 0.9 and 0.999, both corrected for their start
    for how, factor in (("mean", 15.0), ("sum", 60.0)):
        w, m, v = 1.0, 0.0, 0.0
        for step in range(1, 11):
            gradient = factor * w  # 2 w mean(x²), 2 w Σx²
            m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
            w -= 0.1 * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)
        assert in_torch.value_adam()[how] == pytest.approx(w, rel=1e-9)
    assert in_torch.value_adam()["mean"] == pytest.approx(in_torch.value_adam()["sum"], abs=1e-7)


# ---------------------------------------------------------------- examples


def test_curves():
    data = examples.figure_curves(EN).data
    assert (data["margin_hinge"] >= data["margin_zero_one"]).all()
    right = data["x"] > 0.5
    assert (data["margin_focal"][right] < data["margin_logistic"][right] / 2).all()
    assert (data["residual_mse"] >= data["residual_huber"] - 1e-12).all()
    np.testing.assert_allclose(data["residual_mse"], data["x"] ** 2)


def test_residuals():
    assert [row[1:] for row in examples.table_residuals(EN).rows] == [
        pytest.approx([0.09, 0.3, 0.045, 0.045]),
        pytest.approx([1, 1, 0.5, 0.5]),
        pytest.approx([6.25, 2.5, 2, 2]),
    ]


def test_loss_and_metric_disagree():
    timid, bold = examples.table_metric(EN).rows
    assert timid[2:] == pytest.approx([1, -log(0.6)])
    assert bold[2:] == pytest.approx([0.75, -(3 * log(0.99) + log(0.4)) / 4])
    assert bold[3] < timid[3]
    nudge = examples.value_nudge()
    assert nudge["step"] == 0
    assert nudge["after"] == pytest.approx(log(1 + np.exp(0.9)))


def test_broken_formula_is_always_zero():
    rows = examples.table_broken(EN).rows
    assert [row[2] for row in rows] == [0, 0, 0]
    assert [row[1] for row in rows] == pytest.approx([-log(0.7), log(3), -log(0.01)])


# ---------------------------------------------------------------- tasks


def test_first_losses():
    found = tasks.at_zero()
    assert found["binary"] == found["labels"] == pytest.approx(log(2))
    assert found["classes"] == found["pixels"] == pytest.approx(log(10))
    assert found["language"] == pytest.approx(log(50257))
    assert found["contrast"] == pytest.approx(log(256))
    assert found["count"] == pytest.approx(1)  # e^0 - y · 0
    assert found["regression"] is None
    assert all(hasattr(torch.nn, row[2].strip("`")[3:]) for row in tasks.table_tasks(EN).rows)
    assert tasks.value_first_loss()["classes_count"] == 10


def test_sheet_repeats_the_page():
    page = tasks.table_tasks(EN).rows
    for row, outputs, metrics in zip(
        page,
        sheets.table_sheet_outputs(EN).rows,
        sheets.table_sheet_metrics(EN).rows,
        strict=True,
    ):
        assert [row[0], row[1], row[2].replace("nn.", "")] == outputs
        assert [row[0], row[3], row[4]] == metrics
    takes = sheets.table_sheet_takes(EN).rows
    assert len({row[0] for row in takes}) == len(takes) == 12
    traits = [[row[0], row[2], row[3]] for row in formulas.table_traits(EN).rows]
    assert sheets.table_sheet_traits(EN).rows == traits
    assert formulas.value_settings() == {"far": 100, "rare": 1e-4}
