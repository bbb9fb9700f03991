"""What the page on label smoothing, focal and contrastive losses shows and says."""

import mpmath
import numpy as np
import pytest
import scipy.optimize
import scipy.special
import scipy.stats
import torch

from snippets.kit import Tr
from snippets.losses import _label_smoothing_focal_contrastive_focal as focal
from snippets.losses import _label_smoothing_focal_contrastive_imbalance as imbalance
from snippets.losses import _label_smoothing_focal_contrastive_pairs as pairs
from snippets.losses import _label_smoothing_focal_contrastive_smoothing as smoothing
from snippets.losses import _label_smoothing_focal_contrastive_training as training
from snippets.losses import label_smoothing_focal_contrastive as page

EN = Tr("en")


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """As in the build: threads only get into one another's way in networks as small as these."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("evidence", [page.check_torch, page.check_triplet, page.check_exact])
def test_checks_agree(evidence):
    result = evidence()
    assert result.cases >= 20
    assert result.error <= result.tolerance <= 1e-5


# ---------------------------------------------------------------- label smoothing


def test_ten_classes():
    shown = smoothing.value_smoothing()
    with mpmath.workdps(20):
        gap = float(mpmath.log(91))
        least = float(-(91 * mpmath.log("0.91") + 9 * mpmath.log("0.01")) / 100)
    assert shown["gap"] == pytest.approx(gap, rel=1e-13)
    assert shown["least"] == pytest.approx(least, rel=1e-13)
    assert shown["hard"] == pytest.approx(-np.log(0.91), rel=1e-12)


@pytest.mark.parametrize("row", smoothing.table_gaps(EN).rows, ids=lambda row: f"{row[0]}-{row[1]}")
def test_gaps_are_the_minima(row):
    """The least loss over the gap, by SciPy, of K classes whose other logits are 0."""
    classes, epsilon, top, gap, least = row
    assert top == pytest.approx(1 - epsilon + epsilon / classes)

    def loss(d):
        return np.logaddexp(d, np.log(classes - 1)) - top * d

    found = scipy.optimize.minimize_scalar(loss, bounds=(0, 20), method="bounded")
    assert gap == pytest.approx(found.x, abs=1e-4)
    assert least == pytest.approx(found.fun, abs=1e-9)


def test_gap_figure():
    data = smoothing.figure_gap(EN).data
    assert (np.diff(data[0.0]) < 0).all()
    lowest = [data["gap"][data[epsilon].argmin()] for epsilon in (0.01, 0.1, 0.3)]
    assert lowest == pytest.approx(
        [smoothing.best_gap(10, epsilon) for epsilon in (0.01, 0.1, 0.3)], abs=0.05
    )
    assert lowest == sorted(lowest, reverse=True)


def test_what_the_text_says_of_the_training():
    names = ("plain", "smoothed", "focal")
    runs = {name: training._spread(name, "confidence") for name in names}
    accuracy = {name: training._spread(name, "accuracy") for name in runs}
    error = {name: training._spread(name, "error") for name in runs}
    assert runs["plain"].low > accuracy["plain"].high  # too sure
    assert abs(runs["smoothed"].mean - accuracy["smoothed"].mean) < 0.03
    assert runs["focal"].mean < accuracy["focal"].mean  # too cautious
    assert error["smoothed"].high < error["plain"].low
    # early, when cross-entropy is about right, the same smoothing does harm: run by run
    early = {name: training._spread(name, "error", training.EARLY).values for name in names}
    assert all(a < b < c for a, b, c in zip(*early.values(), strict=True))
    confidence = {name: training._spread(name, "confidence", training.EARLY) for name in names}
    right = {name: training._spread(name, "accuracy", training.EARLY) for name in names}
    assert abs(confidence["plain"].mean - right["plain"].mean) < 0.03
    assert confidence["focal"].high < confidence["smoothed"].high < right["smoothed"].low
    shown = training.value_training()
    assert shown["smoothed_gap"].high < shown["plain_gap"].low
    # no accuracy beats Bayes' rule by more than the noise of 5000 cases
    assert max(spread.high for spread in (*accuracy.values(), *right.values())) < 0.85


# ---------------------------------------------------------------- focal loss


def test_focal_table():
    for p, plain, focused, factor in focal.table_focal(EN).rows:
        assert plain == pytest.approx(-np.log(p), rel=1e-13)
        assert focused == pytest.approx(-((1 - p) ** 2) * np.log(p), rel=1e-13)
        assert factor == pytest.approx((1 - p) ** 2, rel=1e-12)


def test_shares():
    shown = focal.value_shares()
    easy, hard = -1000 * np.log(0.9), -10 * np.log(0.1)
    assert shown["plain"] == pytest.approx(easy / (easy + hard))
    assert shown["focal"] == pytest.approx(0.01 * easy / (0.01 * easy + 0.81 * hard))


def test_prior():
    shown = focal.value_prior()
    assert scipy.special.expit(shown["bias"]) == pytest.approx(0.01, rel=1e-12)
    assert shown["after"] == pytest.approx(-np.log(0.99))
    assert shown["start"] == pytest.approx(np.log(2))


def test_optimum_by_scipy():
    shown = focal.value_optimum()

    def expected(p):
        return -0.05 * (1 - p) ** 2 * np.log(p) - 0.95 * p**2 * np.log(1 - p)

    found = scipy.optimize.minimize_scalar(expected, bounds=(0.001, 0.999), method="bounded")
    assert shown["focal"] == pytest.approx(found.x, abs=1e-5)
    assert 0.05 < shown["focal"] < 0.5


def test_focal_figure():
    data = focal.figure_focal(EN).data
    sure = data["s"] > 1
    for smaller, larger in ((0, 1), (1, 2), (2, 5)):
        assert (data[f"loss_{larger}"] <= data[f"loss_{smaller}"]).all()
        gain = np.abs(data[f"slope_{smaller}"][sure]) - np.abs(data[f"slope_{larger}"][sure])
        assert (gain > 0).all()
    wrong = data["s"] < 0
    assert (data["slope_2"][wrong] < data["slope_0"][wrong]).any()
    assert data["slope_5"].min() < -1


# ---------------------------------------------------------------- imbalance


def test_weight_table():
    rows = imbalance.table_weights(EN).rows
    assert [row[2] for row in rows] == pytest.approx([10 / 27, 100 / 27, 100 / 3])
    assert [row[3] for row in rows] == pytest.approx([1 / 3] * 3)
    effective = np.array([sum(0.999**j for j in range(n)) for n in (900, 90, 10)])
    expected = 3 / effective / (1 / effective).sum()
    assert [row[4] for row in rows] == pytest.approx(expected.tolist())


def test_fit_by_scipy():
    x, y = imbalance.draw(500, np.random.default_rng(5))
    w = np.where(y == 1, 7.0, 0.5)

    def loss(place):
        z = place[0] * x + place[1]
        return (w * (np.logaddexp(0, z) - y * z)).mean()

    found = scipy.optimize.minimize(loss, [0.0, 0.0], tol=1e-12)
    line = imbalance.fit(x, y, w)
    assert (line.slope, line.bias) == pytest.approx(tuple(found.x), abs=1e-4)


def test_true_probability_is_bayes_rule():
    x = np.linspace(-3, 5, 9)
    one, zero = 0.05 * scipy.stats.norm(2).pdf(x), 0.95 * scipy.stats.norm(0).pdf(x)
    np.testing.assert_allclose(imbalance.best()(x), one / (one + zero), rtol=1e-12)


def test_what_the_text_says_of_the_recipes():
    shown = imbalance.value_recipes()
    spread = {
        (name, measure): imbalance._spread(name, measure)
        for name in imbalance.runs()
        for measure in ("recall", "precision", "mean", "accuracy")
    }
    # Bayes: recall at 1/2 and at the share, from the normal distribution
    half = 1 + np.log(19) / 2
    assert shown["plain"].mean == pytest.approx(scipy.stats.norm.sf(half - 2), abs=0.05)
    assert shown["moved"].mean == pytest.approx(scipy.stats.norm.sf(1 - 2), abs=0.05)
    for name in ("moved", "weighted", "resampled"):
        for measure in ("recall", "precision"):
            gap = spread[name, measure].mean - spread["moved", measure].mean
            assert abs(gap) < 0.02
    for measure in ("recall", "precision"):
        assert abs(spread["focal", measure].mean - spread["plain", measure].mean) < 0.02
    assert abs(shown["plain_mean"].mean - 0.05) < 0.01
    assert shown["weighted_mean"].low > 0.2
    assert shown["always_negative"] == 0.95
    assert shown["missing"] == pytest.approx(scipy.stats.binom(32, 0.05).pmf(0))
    assert shown["missing_rarer"] == pytest.approx(scipy.stats.binom(32, 0.01).pmf(0))


def test_recipe_figure():
    data = imbalance.figure_recipes(EN).data
    x = data["x"]

    def crossing(name, level):
        return float(np.interp(level, data[name], x))

    assert crossing("weighted", 0.5) == pytest.approx(crossing("plain", 0.05), abs=0.15)
    assert crossing("focal", 0.5) == pytest.approx(crossing("plain", 0.5), abs=0.15)
    assert np.abs(data["plain"] - data["true"]).max() < 0.15
    assert (data["weighted"] > data["plain"])[x > 0].all()


# ---------------------------------------------------------------- pairs


def test_pairs():
    shown = pairs.value_pairs()
    s = pairs.SIMILARITY / 0.1
    rows = scipy.special.logsumexp(s, axis=1) - np.diag(s)
    columns = scipy.special.logsumexp(s, axis=0) - np.diag(s)
    assert shown["rows"] == pytest.approx(rows.mean(), rel=1e-10)
    assert shown["columns"] == pytest.approx(columns.mean(), rel=1e-10)
    assert shown["clip"] == pytest.approx((rows.mean() + columns.mean()) / 2, rel=1e-10)
    assert shown["equal"] == pytest.approx(np.log(256), rel=1e-13)
    # cosines of random vectors: variance 1/128, so ln 256 + 100/256 for a sum of log-normals
    assert shown["random"].mean == pytest.approx(np.log(256) + 100 / 256, abs=0.15)
    assert shown["random"].low > shown["equal"]


@pytest.mark.parametrize(("count", "width", "tau"), [(4, 3, 1.0), (4, 6, 0.3), (3, 2, 0.5)])
def test_floor_by_descent(count, width, tau):
    """The least InfoNCE that L-BFGS finds over all pairs of unit vectors."""
    generator = torch.Generator().manual_seed(0)
    place = torch.randn(2, count, width, generator=generator, dtype=torch.float64).requires_grad_()
    optimizer = torch.optim.LBFGS(
        [place], max_iter=500, tolerance_change=0, line_search_fn="strong_wolfe"
    )

    def closure():
        optimizer.zero_grad()
        loss = page.torch_info_nce(place[0], place[1], tau)
        loss.backward()
        return loss

    optimizer.step(closure)
    assert pairs.floor(count, tau) == pytest.approx(closure().item(), abs=1e-7)


def test_floors_on_the_page():
    shown = pairs.value_pairs()
    assert shown["floor"] == pytest.approx(np.log(1 + 255 * np.exp(-256 / 255)), rel=1e-12)
    assert shown["low_floor"] == pytest.approx(np.log(1 + 255 * np.exp(-2560 / 255)), rel=1e-9)


def test_temperature_table():
    rows = pairs.table_temperature(EN).rows
    for row in rows:
        tau = float(row[0])
        p = scipy.special.softmax(np.array([0.2, 0.8, 0.4]) / tau)
        assert row[1:4] == pytest.approx(p.tolist(), rel=1e-12)
        assert row[4] == pytest.approx(scipy.special.expit(0.2 / tau), rel=1e-12)
    assert [row[4] for row in rows] == sorted(row[4] for row in rows)


def test_triplets():
    rows = pairs.table_triplets(EN).rows
    assert [row[3] for row in rows] == pytest.approx([1.5, 0.5, 0])
    assert [row[4] for row in rows] == pytest.approx([1 - 0.25 + 1, 0, 0])
    shown = pairs.value_triplet()
    assert shown["loss"] == pytest.approx(0.5)
    assert shown["collapsed"] == 1  # the margin
    distances = {k: np.hypot(*v) for k, v in pairs.figure_triplet(EN).data.items()}
    assert distances["hard"] < 1 < distances["semi"] < 2 < distances["easy"]
