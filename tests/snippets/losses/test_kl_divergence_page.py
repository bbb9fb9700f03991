"""What the page on KL divergence shows, against closed forms, SciPy's minimiser and symmetry."""

import mpmath
import numpy as np
import pytest
import scipy.integrate
import scipy.optimize
import scipy.stats
import torch

from snippets.kit import Tr
from snippets.losses import _kl_divergence_directions as directions
from snippets.losses import _kl_divergence_examples as examples
from snippets.losses import _kl_divergence_labels as labels
from snippets.losses import _kl_divergence_torch as calls
from snippets.losses import kl_divergence as page

EN = Tr("en")


@pytest.mark.parametrize("evidence", [page.check_torch, page.check_exact])
def test_checks_agree(evidence):
    result = evidence()
    assert result.cases >= 50
    assert result.error <= result.tolerance <= 1e-13


def exact(p, q):
    with mpmath.workdps(30):
        terms = [
            mpmath.mpf(a) / 10 * mpmath.log(mpmath.mpf(a) / b) for a, b in zip(p, q, strict=True)
        ]
        return float(mpmath.fsum(terms))


def test_worked_example():
    shown = examples.value_example()
    assert shown["forward"] == pytest.approx(exact((5, 3, 2), (4, 4, 2)), rel=1e-12)
    assert shown["reverse"] == pytest.approx(exact((4, 4, 2), (5, 3, 2)), rel=1e-12)
    assert shown["forward_bits"] == pytest.approx(scipy.stats.entropy(examples.P, examples.Q, 2))
    assert shown["unweighted"] == pytest.approx(np.log(5 * 3 / 16), rel=1e-12)
    assert shown["cross_entropy"] - shown["entropy"] == pytest.approx(shown["forward"], rel=1e-12)
    *terms, total = examples.table_terms(EN).rows
    for column in (3, 4, 5):
        assert sum(row[column] for row in terms) == pytest.approx(total[column], rel=1e-12)


def test_triangle_and_infinity():
    """ln 9 times 0.8 directly; 0.9 ln 1.8 + 0.1 ln 0.2 and 0.5 ln 5 + 0.5 ln(5/9) in steps."""
    shown = examples.value_triangle()
    first = 0.9 * np.log(1.8) + 0.1 * np.log(0.2)
    second = 0.5 * np.log(5) + 0.5 * np.log(5 / 9)
    assert shown["two_steps"] == pytest.approx(first + second)
    assert shown["direct"] == pytest.approx(0.8 * np.log(9))
    assert shown["two_steps"] < shown["direct"]
    cells = [row[2] for row in examples.table_pairs(EN).rows]
    assert cells[:3] == [f"{first:.4f}", f"{second:.4f}", f"{0.8 * np.log(9):.4f}"]
    assert cells[3:] == [f"{np.log(2):.4f}", "∞", "0.0000"]


def test_unweighted_sum_is_negative_half_of_the_time():
    """By symmetry 1/2; the standard error of 2000 draws is 0.011."""
    shown = examples.value_unweighted()
    assert shown["negative"].low > 0.5 - 5 * 0.0112
    assert shown["negative"].high < 0.5 + 5 * 0.0112
    assert shown["smallest"] > 0


# ---------------------------------------------------------------- labels


def test_label_table():
    rows = labels.table_labels(EN).rows
    closed = [
        0,
        -(0.91 * np.log(0.91) + 0.09 * np.log(0.01)),
        scipy.stats.entropy([0.5, 0.3, 0.2]),
        np.log(10),
    ]
    assert [row[1] for row in rows] == pytest.approx(closed, abs=1e-12)
    assert [row[2] for row in rows] == pytest.approx(closed, abs=1e-9)
    assert all(row[3] < 1e-9 for row in rows)


def test_label_values():
    shown = labels.value_labels()
    assert shown["entropy"] == pytest.approx(0.500288, abs=5e-7)
    assert shown["torch"] == pytest.approx(shown["entropy"], rel=1e-12)
    assert (shown["top"], shown["rest"]) == (pytest.approx(0.91), pytest.approx(0.01))
    assert shown["hard"] == 0
    assert labels.value_same_gradient() < 1e-15


# ---------------------------------------------------------------- F.kl_div


def test_calls():
    shown = calls._calls()
    forward = exact((5, 3, 2), (4, 4, 2))
    for name in ("right", "log_target"):
        assert shown[name] == pytest.approx(forward, rel=1e-12)
    assert shown["swapped"] == pytest.approx(exact((4, 4, 2), (5, 3, 2)), rel=1e-12)
    entropy = -scipy.stats.entropy([0.5, 0.3, 0.2])
    assert shown["no_log"] == pytest.approx(entropy - (0.5 * 0.4 + 0.3 * 0.4 + 0.2 * 0.2))
    for name in ("mean", "no_batch"):
        assert shown[name] == pytest.approx(forward / 3, rel=1e-12)
    assert [row[3] for row in calls.table_calls(EN).rows] == list(shown.values())
    assert calls.value_calls().items() <= shown.items()


def test_default_reduction_warns():
    with pytest.warns(UserWarning, match="batchmean"):
        torch.nn.functional.kl_div(torch.zeros(1, 2), torch.ones(1, 2) / 2)


# ---------------------------------------------------------------- directions


def reverse_by_scipy(start, gap):
    """Nelder-Mead on an integral over another grid."""
    x = np.linspace(-22, 22, 4001)
    humps = [scipy.stats.norm(m, s) for m, s in zip((-gap, gap), directions.STDS, strict=True)]
    log_p = np.logaddexp(np.log(0.6) + humps[0].logpdf(x), np.log(0.4) + humps[1].logpdf(x))

    def divergence(place):
        log_q = scipy.stats.norm(place[0], np.exp(place[1])).logpdf(x)
        return (np.exp(log_q) * (log_q - log_p)).sum() * (x[1] - x[0])

    options = {"xatol": 1e-8, "fatol": 1e-12}
    found = scipy.optimize.minimize(divergence, [start, 0.0], method="Nelder-Mead", options=options)
    return found.x[0], np.exp(found.x[1]), found.fun


@pytest.mark.parametrize(
    ("start", "gap"),
    [
        (-2.5, directions.FAR),
        (0.0, directions.FAR),
        (2.5, directions.FAR),
        (-1.5, directions.NEAR),
        (0.0, directions.NEAR),
        (1.5, directions.NEAR),
    ],
)
def test_reverse_fits(start, gap):
    fit = directions.reverse(start, gap)
    mu, sigma, value = reverse_by_scipy(start, gap)
    assert fit.mu == pytest.approx(mu, abs=1e-4)
    assert fit.sigma == pytest.approx(sigma, abs=1e-4)
    assert fit.divergences()[1] == pytest.approx(value, abs=1e-8)


@pytest.mark.parametrize("start", [-2.5, 0.0, 2.5])
def test_reverse_fits_are_minima_and_not_saddles(start):
    """D(q || p) rises in every direction from the fit."""
    fit = directions.reverse(start)
    least = fit.divergences()[1]
    for turn in np.linspace(0, 2 * np.pi, 16, endpoint=False):
        mu = fit.mu + 0.05 * np.cos(turn)
        sigma = fit.sigma * np.exp(0.05 * np.sin(turn))
        assert directions.Fit(mu, sigma, directions.FAR).divergences()[1] > least + 1e-5


def test_forward_fit_is_that_of_a_large_sample():
    fit = directions.forward()
    x = np.concatenate(
        [
            -2.5 + 0.7 * scipy.stats.norm.ppf((np.arange(60000) + 0.5) / 60000),
            2.5 + 0.9 * scipy.stats.norm.ppf((np.arange(40000) + 0.5) / 40000),
        ]
    )
    assert fit.mu == pytest.approx(x.mean(), abs=1e-9)
    assert fit.sigma == pytest.approx(x.std(), rel=1e-4)


def test_both_divergences_of_the_forward_fit_by_quadrature():
    """Its tails reach far into where p is next to nothing, so the ends of the grid matter."""
    fit = directions.forward()
    q, humps = (
        scipy.stats.norm(fit.mu, fit.sigma),
        (
            scipy.stats.norm(-2.5, 0.7),
            scipy.stats.norm(2.5, 0.9),
        ),
    )

    def log_ratio(x):
        log_p = np.logaddexp(np.log(0.6) + humps[0].logpdf(x), np.log(0.4) + humps[1].logpdf(x))
        return log_p - q.logpdf(x)

    def p(x):
        return 0.6 * humps[0].pdf(x) + 0.4 * humps[1].pdf(x)

    options = {"points": [-2.5, 0, 2.5], "limit": 400, "epsabs": 1e-10}
    forward, _ = scipy.integrate.quad(lambda x: p(x) * log_ratio(x), -19, 19, **options)
    reverse, _ = scipy.integrate.quad(lambda x: -q.pdf(x) * log_ratio(x), -19, 19, **options)
    assert fit.divergences() == pytest.approx((forward, reverse), abs=1e-8)


def test_what_the_text_says_of_the_fits():
    rows = directions.table_fits(EN).rows
    forward, reverse, right, both = rows
    assert forward[3] == min(row[3] for row in rows)
    assert reverse[4] < right[4] < both[4] < forward[4]
    assert abs(reverse[1] + 2.5) < 0.1
    assert abs(right[1] - 2.5) < 0.1
    assert both[2] > 2  # covers both humps
    shown = directions.value_fits()
    assert shown["near_spread"] < 1e-3  # three starts, one minimum
    assert abs(shown["near_mu"]) < 0.5


def test_figure():
    data = directions.figure_directions(EN).data
    step = data["x"][1] - data["x"][0]
    for name in ("p", "forward", "reverse"):
        assert data[name].sum() * step == pytest.approx(1, abs=1e-3)
    valley = np.abs(data["x"]) < 0.3
    assert (data["forward"][valley] > 5 * data["p"][valley]).all()
    assert (data["reverse"][valley] < data["forward"][valley]).all()
