"""Colour, noise and mixing against colorsys, PIL, PyTorch, an eigen-decomposition and counting."""

import colorsys

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image, ImageEnhance
from sklearn.decomposition import PCA

from snippets import kit
from snippets.data_practice import _pictures
from snippets.data_practice.photometric_augmentation import (
    adjust_brightness,
    adjust_contrast,
    adjust_hue,
    adjust_saturation,
    colour_axes,
    cut_box,
    cutmix,
    gaussian_noise,
    grey,
    hsv_to_rgb,
    mixup,
    pca_colour,
    rand_augment,
    rgb_to_hsv,
    salt_and_pepper,
    torch_colour_axes,
    torch_mixup_loss,
)

HOUSE = np.round(_pictures.house() * 255) / 255  # bytes, so that PIL starts from the same numbers


@pytest.mark.parametrize("factor", [0.0, 0.4, 1.0, 1.7])
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (adjust_brightness, ImageEnhance.Brightness),
        (adjust_contrast, ImageEnhance.Contrast),
        (adjust_saturation, ImageEnhance.Color),
    ],
)
def test_adjustments_are_those_of_pil(ours, theirs, factor):
    image = Image.fromarray((HOUSE * 255).astype(np.uint8))
    expected = np.asarray(theirs(image).enhance(factor)) / 255
    assert abs(ours(HOUSE, factor) - expected).max() <= 2.01 / 255  # PIL rounds to bytes twice


def test_adjustments_keep_what_they_should():
    faint = 0.3 + 0.3 * HOUSE  # nothing is cut off
    assert grey(adjust_contrast(faint, 1.5)).mean() == pytest.approx(grey(faint).mean())
    np.testing.assert_allclose(grey(adjust_saturation(faint, 1.4)), grey(faint), atol=1e-12)
    np.testing.assert_allclose(adjust_saturation(faint, 0), np.repeat(grey(faint), 3, axis=2))
    assert np.ptp(adjust_contrast(faint, 0)) < 1e-12
    assert adjust_brightness(faint, 1e4).min() == 1


def test_hsv_is_that_of_colorsys():
    rng = np.random.default_rng(0)
    pixels = rng.random((500, 3))
    pixels[:20] = pixels[:20, :1]  # greys
    pixels[20:28] = [[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)]
    expected = np.array([colorsys.rgb_to_hsv(*pixel) for pixel in pixels.tolist()])
    np.testing.assert_allclose(rgb_to_hsv(pixels), expected, atol=1e-14)
    hsv = rng.random((500, 3))
    expected = np.array([colorsys.hsv_to_rgb(*colour) for colour in hsv.tolist()])
    np.testing.assert_allclose(hsv_to_rgb(hsv), expected, atol=1e-14)


def test_hue_turns_in_a_circle():
    red = np.array([[[1.0, 0, 0]]])
    np.testing.assert_allclose(adjust_hue(red, 1 / 3), [[[0, 1, 0]]], atol=1e-12)
    np.testing.assert_allclose(adjust_hue(adjust_hue(HOUSE, 0.3), -0.3), HOUSE, atol=1e-12)
    np.testing.assert_allclose(adjust_hue(HOUSE, 0.4).max(-1), HOUSE.max(-1), atol=1e-12)


def test_gaussian_noise():
    image = np.full((60, 60, 3), 0.5)
    for rng in kit.seeds(5):
        change = gaussian_noise(image, 0.05, rng) - image
        assert (change != 0).all()
        assert change.std() == pytest.approx(0.05, abs=5 * 0.05 / np.sqrt(2 * change.size))
        assert abs(change.mean()) < 5 * 0.05 / np.sqrt(change.size)
    assert gaussian_noise(image, 50, np.random.default_rng(0)).max() == 1


def test_salt_and_pepper():
    image = np.full((100, 100, 3), 0.5)
    for rng in kit.seeds(5):
        noisy = salt_and_pepper(image, 0.1, rng)
        assert set(np.unique(noisy)) == {0.0, 0.5, 1.0}
        assert (np.ptp(noisy, axis=2) == 0).all()  # a pixel goes as a whole
        for value in (0.0, 1.0):
            error = np.sqrt(0.05 * 0.95 / 1e4)
            assert abs((noisy[..., 0] == value).mean() - 0.05) < 5 * error
    assert (salt_and_pepper(image, 0, np.random.default_rng(0)) == image).all()
    assert (salt_and_pepper(image, 1, np.random.default_rng(0)) != image).all()


def test_colour_axes_are_principal_components():
    pixels = HOUSE.reshape(-1, 3)
    values, vectors = colour_axes(pixels)
    theirs = PCA(3).fit(pixels)
    n = len(pixels)
    np.testing.assert_allclose(values, theirs.explained_variance_ * (n - 1) / n, rtol=1e-9)
    np.testing.assert_allclose(abs((vectors.T * theirs.components_).sum(axis=1)), 1, atol=1e-9)
    np.testing.assert_allclose(torch_colour_axes(torch.tensor(pixels))[0], values[::-1], rtol=1e-9)


def test_pca_colour_shifts_all_pixels_by_one_colour():
    faint = 0.3 + 0.3 * HOUSE
    values, vectors = colour_axes(faint.reshape(-1, 3))
    moved = pca_colour(faint, values, vectors, np.array([2.0, 0, 0])) - faint
    assert np.ptp(moved.reshape(-1, 3), axis=0).max() < 1e-12
    assert np.linalg.norm(moved[0, 0]) == pytest.approx(2 * values[0])


def test_mixup_loss_is_that_of_soft_labels():
    draw = torch.Generator().manual_seed(1)
    x, y = torch.randn(6, 4, generator=draw).double(), torch.tensor([0, 1, 2, 3, 0, 1])
    model = torch.nn.Linear(4, 4).double()
    order = torch.tensor([3, 4, 5, 0, 2, 1])
    one_hot = np.eye(4)[y]
    images, labels = mixup(x.numpy(), one_hot, x[order].numpy(), one_hot[order], 0.3)
    soft = F.cross_entropy(model(torch.tensor(images)), torch.tensor(labels))
    assert torch_mixup_loss(model, x, y, 0.3, order).item() == pytest.approx(soft.item())


def test_cutmix_weighs_by_counted_pixels():
    house, boat = np.zeros((20, 30, 3)), np.ones((20, 30, 3))
    for rng in kit.seeds(40):
        box = cut_box(20, 30, rng.random(), rng)
        image, label = cutmix(house, np.array([1.0, 0]), boat, np.array([0, 1.0]), box)
        assert image.mean() == pytest.approx(label[1])
        assert label.sum() == pytest.approx(1)
    assert cut_box(20, 30, 1.0, np.random.default_rng(0))[0] >= 0


def test_a_box_that_is_not_cut_off_has_the_share_drawn():
    top, bottom, left, right = cut_box(100, 100, 0.75, _Middle())
    assert (bottom - top) * (right - left) == 2500


class _Middle:
    def integers(self, n):
        return n // 2


def test_rand_augment_draws_from_all_with_equal_chance():
    names = []
    transforms = [
        lambda image, magnitude, k=k: (names.append((k, magnitude)), image)[1] for k in range(4)
    ]
    for rng in kit.seeds(500):
        assert rand_augment(HOUSE, transforms, 2, 9.0, rng) is HOUSE
    drawn = [name for name, _ in names]
    assert len(drawn) == 1000
    assert {magnitude for _, magnitude in names} == {9.0}
    for k in range(4):
        assert abs(drawn.count(k) - 250) < 5 * np.sqrt(1000 * 0.25 * 0.75)


def test_bad_input():
    with pytest.raises(ValueError, match="negative"):
        adjust_contrast(HOUSE, -0.1)
    with pytest.raises(ValueError, match=r"in \[0, 1\]"):
        salt_and_pepper(HOUSE, 1.2, np.random.default_rng(0))
