"""What the page on depth says, against closed forms, PyTorch and published numbers."""

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from snippets.foundations import _depth_claims as claims
from snippets.foundations import _depth_hierarchy as hierarchy
from snippets.foundations import _depth_tent as tent
from snippets.foundations import _depth_training as training
from snippets.foundations import depth
from snippets.kit import Tr

EN = Tr("en")


def test_checks_agree():
    assert depth.check_torch().error == 0.0
    assert depth.check_gradient().error < 1e-12


def test_table_of_pieces():
    assert tent.table_pieces(EN).rows == [
        [1, 2, 2, 2],
        [2, 4, 4, 4],
        [3, 6, 8, 8],
        [4, 8, 16, 16],
        [5, 10, 32, 32],
        [6, 12, 64, 64],
    ]
    assert tent.value_pieces() == {
        "depth": 6,
        "units": 12,
        "pieces": 64,
        "kinks": 63,
        "one_layer": 64,
    }


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_one_layer_needs_a_unit_more_than_there_are_kinks(layers):
    """Every way in which the units of one hidden layer can face, fitted by least squares."""
    x = np.linspace(0, 1, 257)
    saw = 1 - abs((2**layers * x) % 2 - 1)
    kinks = np.arange(1, 2**layers) / 2**layers
    misfits = []
    for facing in itertools.product((1, -1), repeat=len(kinks)):
        units = [np.maximum(f * (x - k), 0) for f, k in zip(facing, kinks, strict=True)]
        columns = np.stack([np.ones_like(x), *units], axis=1)
        fitted = columns @ np.linalg.lstsq(columns, saw, rcond=None)[0]
        misfits.append(abs(fitted - saw).max())
        columns = np.column_stack([columns, x])  # a unit with its kink at 0
        fitted = columns @ np.linalg.lstsq(columns, saw, rcond=None)[0]
        np.testing.assert_allclose(fitted, saw, atol=1e-12)
    assert min(misfits) > 0.05
    assert tent.one_layer_units(2**layers) == len(kinks) + 1


def test_steps_of_the_worked_example():
    # 3/8 -> 3/4 -> 1/2 -> 1, by the tent map
    assert tent.value_steps() == {"1": 0.75, "2": 0.5, "3": 1.0}


def test_figure_shows_as_many_pieces_as_its_titles():
    data = tent.figure_tent(EN).data
    for layers in range(1, 7):
        changes = np.abs(np.diff(data[f"folds{layers}"], 2)) > 1e-9
        assert 1 + changes.sum() == 2**layers
        assert data[f"folds{layers}"].max() == 1


def test_random_networks_have_no_more_pieces_than_a_line_in_units():
    found = tent.value_random()
    for layers in tent.DEPTHS:
        counts = tent._random_counts(layers)
        assert counts.high <= 1.5 * layers * tent.WIDTH  # linear in the units, not 2^L
    assert found["six"].high < 2 * found["units"]
    assert found["one"].high <= tent.WIDTH + 1


def test_hierarchy_is_three_layers_of_convolution_and_relu():
    data = hierarchy.figure_hierarchy(EN).data
    image = torch.tensor(data["image"])[None, None]
    row = torch.zeros(1, 1, 3, 3, dtype=torch.float64)
    row[..., 1, :] = 1
    for kernel, name in ((row, "lying"), (row.mT, "standing")):
        expected = F.relu(F.conv2d(image, kernel, torch.tensor([-2.0]).double(), padding=1))
        np.testing.assert_array_equal(data[name], expected[0, 0])
    assert np.argwhere(data["squares"]).tolist() == [[2, 3]]
    assert data["squares"].max() == 1
    # what the others have: one corner the L, two the U, all four, at one place, the plus
    corners = sum(data[f"corner{d:+d}{r:+d}"] for d in (1, -1) for r in (1, -1))
    assert corners[:11, 11:].sum() == 1
    assert corners[11:, :11].sum() == 2
    assert corners[15, 16] == 4


def test_training_degrades_in_the_plain_network_only():
    found = training.value_training()
    assert found["plain10"].high < found["plain2"].low
    assert found["plain10"].high < found["plain60"].low
    assert found["residual60"].high < found["plain60"].low
    assert found["residual60"].high < found["residual2"].low
    figure = training.figure_training(EN).data
    end = np.median(figure["plain60"], axis=0)[-1]
    assert end > 0.9  # "almost level"; "in most of the runs"
    rows = training.table_training(EN).rows
    assert [row[0] for row in rows] == [2, 10, 30, 60]


def test_target_has_mean_0_and_variance_1():
    y = training.data()[1]
    assert abs(y.mean()) < 1e-12
    assert y.var() == pytest.approx(1)


def test_smoothing_is_a_moving_average():
    runs = np.random.default_rng(0).normal(size=(2, 30))
    kernel = np.ones(training.LAST) / training.LAST
    expected = [np.convolve(run, kernel, mode="valid") for run in runs]
    np.testing.assert_allclose(training.smooth(runs), expected)


@pytest.mark.parametrize("residual", [False, True])
def test_untrained_networks_equal_autograd(residual):
    rng, again = np.random.default_rng(3), np.random.default_rng(3)
    apart, left, readout = training.start(4, residual, rng)
    first = again.normal(size=(2, training.WIDTH))
    std = (2 / training.WIDTH) ** 0.5 / (2 if residual else 1)
    weights = torch.tensor(again.normal(0, std, (4, training.WIDTH, training.WIDTH)))
    start = torch.tensor(training.data()[0] @ first, requires_grad=True)
    h = start
    for W in weights:
        h = h + torch.relu(h) @ W if residual else torch.relu(h @ W)
    upstream = torch.tensor(again.normal(size=tuple(h.shape)))
    (h * upstream).sum().backward()
    assert left == pytest.approx((start.grad.norm() / upstream.norm()).item())
    inputs = torch.cat([h.detach(), torch.ones(len(h), 1)], dim=1)
    y = torch.tensor(training.data()[1])
    inside = inputs @ torch.linalg.pinv(inputs, rtol=1e-9) @ y  # projected onto the columns
    assert readout == pytest.approx((y - inside).square().mean().item())
    h = h.detach()[h.detach().norm(dim=1) > 0]
    cosines = F.cosine_similarity(h[:, None], h[None], dim=2)
    pairs = ~torch.eye(len(h), dtype=torch.bool)
    assert apart == pytest.approx(1 - cosines[pairs].mean().item())


def test_untrained_plain_networks_lose_the_difference_and_residual_ones_do_not():
    plain = [training.starts(layers, False)[0].mean for layers in training.DEPTHS]
    residual = [training.starts(layers, True)[0].mean for layers in training.DEPTHS]
    assert plain == sorted(plain, reverse=True)
    assert plain[-1] < 1e-6
    assert min(residual) > 0.5
    assert training.starts(60, False)[1].high < 1e-2
    # the target has variance 1: nothing to be read out of the plain ones, something of the others
    assert training.starts(60, False)[2].low > 0.9
    assert training.starts(60, True)[2].high < 0.8


def test_a_plain_network_twice_as_wide_trains_at_the_same_depth():
    assert training.value_training()["wider"].mean < training.value_training()["plain60"].mean / 2


@pytest.mark.parametrize("width", [4, 16])
def test_he_keeps_the_mean_square_at_any_width_but_not_the_typical_gradient(width):
    rng, squares = np.random.default_rng(0), []
    for _ in range(4000):
        weights, h, active = rng.normal(0, (2 / width) ** 0.5, (5, width, width)), 1.0, []
        h = rng.normal(size=width)
        for W in weights:
            active.append(W @ h > 0)
            h = np.maximum(W @ h, 0)
        g = rng.normal(size=width) / width**0.5
        for W, on in zip(weights[::-1], active[::-1], strict=True):
            g = W.T @ (g * on)
        squares.append(g @ g)
    error = np.std(squares) / len(squares) ** 0.5
    assert abs(np.mean(squares) - 1) < 4 * error
    assert np.median(squares) < 0.8


def test_share_of_minima_equals_the_closed_forms():
    # Gaussian orthogonal ensemble: 1/2, (2 - √2)/4, (π - 2√2)/(4π) for one to three dimensions.
    exact = {1: 1 / 2, 2: (2 - 2**0.5) / 4, 3: (np.pi - 2 * 2**0.5) / (4 * np.pi)}
    for n, share in exact.items():
        error = np.sqrt(share * (1 - share) / claims.DRAWS)
        assert all(abs(v - share) < 4.5 * error for v in claims._minima(n).values)
    assert claims._minima(5).high < claims._minima(4).low


def test_gpt2_parameters_equal_those_of_the_modules():
    # GPT-2 small as published with its weights: 124,439,808 parameters.
    assert claims.gpt2_parameters(12, 768) == 124_439_808
    L, d = claims.LAYERS, claims.MODEL
    with torch.device("meta"):
        block = torch.nn.TransformerEncoderLayer(d, 25, 4 * d, batch_first=True)
        embeddings = torch.nn.Embedding(50257, d), torch.nn.Embedding(1024, d)
        norm = torch.nn.LayerNorm(d)
    count = lambda module: sum(p.numel() for p in module.parameters())  # noqa: E731
    total = L * count(block) + sum(map(count, embeddings)) + count(norm)
    found = claims.value_gpt2()
    assert found["parameters"] == total
    assert found["inside"] == pytest.approx((L * count(block) + count(norm)) / total)


def test_dropout_keeps_the_mean_and_is_the_identity_in_evaluation():
    found = claims.value_dropout()
    assert found["changed"] == 0
    # inverted dropout of ones with p = 1/2: a mean of 1 with standard deviation 1/√n
    assert all(abs(v - 1) < 4 / found["units"] ** 0.5 for v in found["mean"].values)
    assert len(set(found["mean"].values)) > 1


def test_capacity_table_names_one_change_that_enlarges_the_set():
    represented = [row[1] for row in claims.table_capacity(EN).rows]
    assert [cell.startswith("the same") for cell in represented] == [False, True, True]
