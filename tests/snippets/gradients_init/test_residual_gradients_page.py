"""What the page on residual gradients says, against variance arguments and a second derivation."""

import numpy as np
import pytest

from snippets.gradients_init import _residual_gradients_depth as depth
from snippets.gradients_init import residual_gradients as page
from snippets.kit import Tr, seeds

EN = Tr("en")


def test_checks_agree():
    assert page.check_jacobian().error < 1e-12
    assert page.check_slopes().error < 1e-12


def test_slopes():
    rows = {row[0]: row[1:] for row in page.table_slopes(EN).rows}
    assert rows[-1.0] == [0, 0]
    assert rows[-2.0] == [-1, 1]
    assert rows[0.0] == [1, 1]
    assert rows[-0.5] == [0.5, 2.0**-50]
    assert rows[1.0] == [2, 2.0**50]
    values = page.value_slopes()
    assert (values["cancel"], values["half"], values["double"]) == (0, 2.0**-50, 2.0**50)
    assert values["output"] == 0


def backward(kind, rng):
    """The first-to-last ratio by hand in NumPy, for three kinds that need no LayerNorm."""
    n, L = depth.WIDTH, depth.DEPTH
    gain = depth._KINDS[kind][1]
    W = rng.normal(0, gain / n**0.5, (L, n, n))
    V = rng.normal(0, 1 / n**0.5, (L, n, n))
    h, steps = rng.normal(size=(depth.BATCH, n)), []
    for w, v in zip(W, V, strict=True):
        z = h @ w.T
        steps.append((z, w, v))
        if kind == "plain":
            h = np.tanh(z)
        elif kind == "tanh":
            h = h + np.tanh(z)
        else:
            h = h + np.maximum(z, 0) @ v.T
    g = rng.normal(size=h.shape)
    end = np.linalg.norm(g)
    for z, w, v in reversed(steps):
        if kind == "two":
            g = g + ((g @ v) * (z > 0)) @ w
        else:
            through = (g / np.cosh(z) ** 2) @ w
            g = through if kind == "plain" else g + through
    return np.linalg.norm(g) / end


@pytest.mark.parametrize("kind", ["plain", "tanh", "two"])
def test_ratio_equals_backpropagation_by_hand(kind):
    expected = [backward(kind, rng) for rng in seeds(depth.RUNS)]
    np.testing.assert_allclose(depth.all_norms(kind)[:, 0], expected, rtol=1e-9)


def test_ratios_follow_the_variance_argument():
    found = depth.value_depth()
    # one block multiplies the mean square by 1 + alpha^2; with He and V of variance 1/n, alpha = 1
    for kind, theory in (
        ("two", 2**25),
        ("half", 2**-25),
        ("scaled", (1 + 1 / 50) ** 25),
        ("pre", 51**0.5),
        ("root", 1.0),  # 2^25 times (1/√2)^50
        ("zero", 1.0),
    ):
        assert theory / 2 < found[kind].mean < 2 * theory
    assert found["theory"] == 2**25
    assert found["identity"] == 2.0**-25
    assert found["theory_scaled"] == pytest.approx((1 + 1 / 50) ** 25)
    assert found["theory_pre"] == pytest.approx(51**0.5)


def test_ratios_of_the_published_order():
    found = depth.value_depth()
    assert found["plain"].high < 1e-14  # gain 1/2, fifty times: at most about 2^-50
    assert 1 < found["tanh"].low < found["tanh"].high < 10
    assert found["relu"].low > 10 * found["two"].mean
    assert 0.1 < found["post"].low < found["post"].high < 10  # normalising divides by about √2
    assert set(found["zero"].values) == {1.0}


def test_branches_that_end_in_relu_are_worse_because_their_outputs_have_one_sign():
    """With a sign for each unit, drawn at random, the doubling per block is all there is."""
    n, L = depth.WIDTH, depth.DEPTH
    for rng in seeds(3):
        h, blocks = rng.normal(size=(depth.BATCH, n)), []
        for _ in range(L):
            W, sign = rng.normal(0, (2 / n) ** 0.5, (n, n)), rng.choice([-1, 1], n)
            blocks.append((W, sign * (h @ W.T > 0)))
            h = h + sign * np.maximum(h @ W.T, 0)
        g = rng.normal(size=h.shape)
        end = np.linalg.norm(g)
        for W, slope in reversed(blocks):
            g = g + (g * slope) @ W
        ratio = np.linalg.norm(g) / end
        assert 2**23 < ratio < 2**27
        assert ratio < depth.value_depth()["relu"].low / 10


def test_figure_shows_whole_paths():
    data = depth.figure_depth(EN).data
    assert set(data) == {"relu", "two", "pre", "tanh", "plain"}
    for norms in data.values():
        assert norms.shape == (depth.RUNS, depth.DEPTH + 1)
        np.testing.assert_array_equal(norms[:, -1], 1)
    slopes = np.polyfit(np.arange(51), np.log10(data["plain"].mean(axis=0)), 1)
    assert 0.28 < slopes[0] < 0.34  # log10 2 a layer: a straight line
