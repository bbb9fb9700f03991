"""What the page on photometric augmentation says, as numbers and as drawn."""

import numpy as np
import pytest
import torch

from snippets.data_practice import _augmented, _pictures
from snippets.data_practice import _photometric_augmentation_colour as colour
from snippets.data_practice import _photometric_augmentation_mixing as mixing
from snippets.data_practice import _photometric_augmentation_noise as noise
from snippets.data_practice import photometric_augmentation as page
from snippets.kit import LANGS, Tr


def test_evidence():
    assert page.check_colorsys().error < 1e-12
    assert page.check_torch().error < 1e-6


def test_ramp_in_closed_form():
    # n equal steps from 0.2 to 0.8 have the variance 0.6² (n + 1) / (12 (n - 1)).
    std = 0.6 * np.sqrt(61 / (12 * 59))
    found = colour.value_ramp()
    expected = {
        "plain": (1, 0.6),
        "saturation": (1, 0.6),
        "value": (1.2, 0.6),
        "contrast": (1.5, 0.9),
    }
    for name, (factor, michelson) in expected.items():
        assert found[f"{name}_std"] == pytest.approx(factor * std)
        assert found[f"{name}_michelson"] == pytest.approx(michelson)


def test_order_matters_only_where_something_is_cut_off():
    found = colour.value_order()
    assert found["dark"] < 1e-12
    assert found["bright"] > 0.01
    assert found["clipped"] == pytest.approx((_pictures.house().max(axis=-1) >= 1 / 1.4).mean())


def test_strengths_are_drawn_in_order():
    data = colour.figure_strengths(Tr("en")).data
    assert (np.diff(data["adjust_brightness"]) > 0).all()
    assert len(data["adjust_hue"]) == 5


def test_shares_of_changed_pixels():
    found = noise.value_noise()
    assert found["gaussian"].low == 1
    inside = torch.distributions.Normal(0, 0.1).cdf(torch.tensor(0.5 / 255)).item() * 2 - 1
    assert found["gaussian_bytes"].mean == pytest.approx(1 - inside, abs=1e-3)
    assert found["impulse"].mean == pytest.approx(0.04, abs=5 * np.sqrt(0.04 * 0.96 / 2e5))
    assert found["impulse_std"].mean == pytest.approx(0.1, abs=0.002)
    assert found["gaussian_std"].mean == pytest.approx(0.1, abs=0.001)
    changed = noise.figure_noise(Tr("en")).data["changed"]
    assert changed[0] == pytest.approx(1, abs=0.01)
    assert changed[1] == pytest.approx(0.04, abs=0.02)
    assert changed[2] == 1


def test_units_of_the_eigenvalues():
    found = noise.value_pca()
    pixels = np.concatenate([_pictures.house(), _pictures.boat()]).reshape(-1, 3) * 255
    largest = np.linalg.svd(pixels - pixels.mean(axis=0), compute_uv=False)[0] ** 2 / len(pixels)
    assert found["bytes"] == pytest.approx(0.1 * largest)
    assert found["imagenet_scaled"] == pytest.approx(55.46, abs=0.005)  # as scripts for bytes have
    assert found["first"] * 255**2 == pytest.approx(largest)


def test_boxes_at_the_border():
    # With side s = sqrt(1 - lam) and a centre anywhere, each side keeps s - s²/4 on average;
    # the two are independent, so the area keeps (s - s²/4)²: over lam, 1/2 - 1/5 + 1/48.
    found = mixing.value_borders()
    assert found["inside"].mean == pytest.approx(1 / 2 - 1 / 5 + 1 / 48, abs=0.01)
    assert found["drawn"].mean == pytest.approx(0.5, abs=0.01)
    # a side stays whole with probability 1 - s, both with (1 - s)²: 1 - 1/6 lose something
    assert found["cut"].mean == pytest.approx(5 / 6, abs=0.02)


def test_labels_under_the_pictures():
    labels = mixing.figure_mixed(Tr("en")).data["labels"]
    np.testing.assert_allclose(labels, [[0.3, 0.7], [0.75, 0.25], [1, 0]])


@pytest.mark.parametrize("way", ["mixup", "cutmix", "cutout", "gaussian", "impulse"])
def test_targets_stay_distributions(way):
    x = torch.rand(2, 6, 8, 7, generator=torch.Generator().manual_seed(0))
    y = torch.eye(6)[:, :5].repeat(2, 1, 1) + 0
    y[:, 5, 0] = 1
    moved, targets = mixing._changed(way, x, y, np.random.default_rng(0))
    assert moved.shape == x.shape
    np.testing.assert_allclose(targets.sum(2), 1, atol=1e-6)
    assert not torch.equal(moved, x)
    if way not in ("mixup", "cutmix"):
        assert torch.equal(targets, y)


def test_cutmix_targets_count_pixels():
    x = torch.zeros(1, 2, 8, 7)
    x[0, 1] = 1
    y = torch.eye(2)[None]
    for seed in range(20):
        moved, targets = mixing._changed("cutmix", x, y, np.random.default_rng(seed))
        np.testing.assert_allclose(moved.mean((2, 3)), targets[..., 1], atol=1e-6)


def test_what_training_showed():
    accuracy, loss, confidence = (part.mean(axis=1) for part in mixing.trained())
    ways = list(mixing.WAYS)
    none, gaussian, impulse, cut, mix, box = (ways.index(way) for way in ways)
    assert min(accuracy[gaussian], accuracy[impulse]) > accuracy[none] + 0.02
    assert max(abs(accuracy[k] - accuracy[none]) for k in (cut, mix, box)) < 0.03
    assert max(loss[mix], loss[box]) < loss[none] - 0.1
    runs, losses, _ = mixing.trained()
    assert (losses[[mix, box]] < losses[none]).all()  # in every run
    assert (runs[[gaussian, impulse]] > runs[none]).all()
    assert confidence[box] < accuracy[box] - 0.05
    assert confidence[none] > accuracy[none] + 0.1
    assert _augmented.data()[0].shape[:2] == (_augmented.RUNS, _augmented.MOST)


@pytest.mark.parametrize("lang", LANGS)
def test_tables_build(lang):
    tr = Tr(lang)
    assert len(colour.table_ramp(tr).rows) == 4
    assert len(noise.table_noise(tr).rows) == 2
    assert len(mixing.table_trained(tr).rows) == len(mixing.WAYS)
