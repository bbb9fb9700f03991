"""What the page on momentum says, against hand arithmetic and theory."""

import numpy as np
import pytest

from snippets.kit import Tr
from snippets.optimization import _momentum_paths as paths
from snippets.optimization import momentum
from snippets.optimization._surfaces import RAVINE

EN = Tr("en")


def test_evidence_is_close():
    assert momentum.check_torch().error < 1e-13
    assert momentum.check_conventions().error < 1e-13


def test_steps_by_hand():
    plain, heavy, ahead = (row[1:] for row in paths.table_hand(EN).rows)
    np.testing.assert_allclose(plain[:4], [1, 0.8, 0.64, 0.512])
    # b = 2, 3.4, 3.98: 1 - 0.2, 0.8 - 0.34, 0.46 - 0.398
    np.testing.assert_allclose(heavy[:4], [1, 0.8, 0.46, 0.062])
    # g + 0.9 b = 2 + 1.8, then 1.24 + 0.9 (1.8 + 1.24)
    np.testing.assert_allclose(ahead[:3], [1, 0.62, 0.2224])
    assert ahead[3] == pytest.approx(-0.1083, abs=1e-4)
    assert abs(min(ahead)) < abs(min(heavy))


def test_nesterov_itself_starts_like_sgd_and_swings_less_too():
    # The page shows PyTorch's point ahead; theta of Nesterov's own form must bear the text out.
    theta, state = momentum.sutskever_nesterov(np.float64(1), lambda x: 2 * x, lr=0.1)
    assert theta == pytest.approx(0.8)
    heavy = paths.figure_ravine(EN).data["momentum"]
    theta, state, ours = np.array(RAVINE.start), None, []
    for _ in range(paths.RAVINE_STEPS):
        theta, state = momentum.sutskever_nesterov(
            theta, RAVINE.gradient, state, lr=paths.RAVINE_RATE
        )
        ours.append(theta)
    assert np.abs(np.array(ours)[2:, 1]).max() < 0.3 * np.abs(heavy[3:, 1]).max()


def test_cut_of_the_rate():
    value = paths.value_cut()
    buffer = (1 - 0.9**20) / 0.1
    assert value["before"] == pytest.approx(-0.1 * buffer)
    assert value["sutskever"] == pytest.approx(-0.9 * 0.1 * buffer - 0.01)
    assert value["pytorch"] == pytest.approx(-0.01 * (0.9 * buffer + 1))
    data = paths.figure_cut(EN).data
    np.testing.assert_allclose(data["sutskever"][:20], data["sgd_momentum"][:20])
    np.testing.assert_allclose(data["sutskever"][-1], data["sgd_momentum"][-1], atol=0.015)
    assert (np.diff(data["sutskever"][20:]) < 0).all()


def test_ravine_as_the_caption_says():
    data = paths.figure_ravine(EN).data
    assert 0.4 * RAVINE.start[0] < data["plain"][-1, 0] < 0.5 * RAVINE.start[0]
    assert data["plain"][-1, 0] == pytest.approx(10 * (1 - 0.02) ** 40)
    assert data["momentum"][:, 0].min() == pytest.approx(-3, abs=0.1)
    assert data["nesterov"][:, 0].min() < -1
    swings = {name: np.abs(path[3:, 1]).max() for name, path in data.items()}
    assert swings["nesterov"] < 0.3 * swings["momentum"]


def test_best_momentum_by_brute_force():
    # Over a grid of momentum and rate, no spectral radius is below that of the closed form.
    kappa = 50.0
    best = min(
        (paths.spectral_radius(kappa, mu, rate), mu)
        for mu in np.linspace(0, 0.95, 96)
        for rate in np.geomspace(0.005, 0.2, 120)
    )
    assert best[0] == pytest.approx(np.sqrt(paths.best_mu(kappa)), abs=0.01)
    assert best[1] == pytest.approx(paths.best_mu(kappa), abs=0.03)


def test_steps_follow_the_factors():
    for kappa, plain, *_, mu, best in paths.table_steps(EN).rows:
        # The flat direction must shrink ½ below the tolerance, at a rate just under the edge 2/κ.
        needed = np.log(0.5 / paths.TOLERANCE) / 2
        assert 1 <= plain / (needed / -np.log(1 - 2 / kappa)) < 1.25
        assert mu == pytest.approx(((kappa**0.5 - 1) / (kappa**0.5 + 1)) ** 2)
        # a double root adds a factor t, so some more steps than the pure rate
        assert 1 < best / (needed / -np.log(mu**0.5)) < 2
    value = paths.value_steps()
    assert value["best"] < 0.1 * value["plain"]
    assert value["small_high"] > 20 * value["small_plain"]
