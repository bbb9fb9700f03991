"""Geometric transforms against scipy.ndimage, PyTorch, exact quarter turns and plain loops."""

import itertools

import numpy as np
import pytest
import torch
from scipy import ndimage

from snippets import kit
from snippets.data_practice import _pictures
from snippets.data_practice.augmentation import (
    affine_matrix,
    cutout,
    expected_distinct,
    random_crop,
    torch_dataset,
    torch_warp,
    warp,
)


@pytest.mark.parametrize("angle", [0, 17, 90, -133])
@pytest.mark.parametrize("scale", [0.6, 1.0, 1.7])
def test_warp_is_that_of_scipy(angle, scale):
    image = np.random.default_rng(3).random((9, 13, 3))
    matrix, shift = affine_matrix(angle, scale, 0.2, flip=angle < 0), np.array([1.5, -2.25])
    back = np.linalg.inv(matrix)[::-1, ::-1]  # scipy counts (row, column)
    centre = (np.array(image.shape[:2]) - 1) / 2
    offset = centre - back @ (centre + shift[::-1])
    for channel in range(3):
        theirs = ndimage.affine_transform(
            image[..., channel], back, offset, order=1, mode="grid-constant", cval=0.3
        )
        np.testing.assert_allclose(
            warp(image, matrix, shift, fill=0.3)[..., channel], theirs, atol=1e-12
        )


def test_rotation_is_counter_clockwise_as_in_scipy():
    image = np.random.default_rng(0).random((11, 11))
    theirs = ndimage.rotate(image, 30, reshape=False, order=1, mode="grid-constant")
    np.testing.assert_allclose(warp(image, affine_matrix(30)), theirs, atol=1e-12)


@pytest.mark.parametrize("turns", range(4))
def test_quarter_turns_are_exact(turns):
    image = np.random.default_rng(1).random((8, 8, 3))
    ours = warp(image, affine_matrix(90 * turns))
    np.testing.assert_allclose(ours, np.rot90(image, turns), atol=1e-13)


def test_whole_shifts_move_pixels():
    image = np.arange(20.0).reshape(4, 5)
    moved = warp(image, np.eye(2), (1, -2), fill=-1)
    expected = np.full((4, 5), -1.0)
    expected[:2, 1:] = image[2:, :4]
    np.testing.assert_array_equal(moved, expected)


def test_torch_warp_on_pictures_that_are_not_square():
    batch = torch.rand(2, 3, 7, 12, generator=torch.Generator().manual_seed(0)).double()
    matrix, shift = affine_matrix(40, 0.8, shear=0.1), (2.0, -0.5)
    theirs = torch_warp(batch, matrix, shift).movedim(1, -1).numpy()
    for ours, image in zip(theirs, batch.movedim(1, -1).numpy(), strict=True):
        np.testing.assert_allclose(warp(image, matrix, shift), ours, atol=1e-12)


def test_matrices_multiply_like_points():
    p = np.array([2.0, -1.0])
    np.testing.assert_allclose(affine_matrix(90) @ [1, 0], [0, -1], atol=1e-15)  # y points down
    np.testing.assert_allclose(affine_matrix(flip=True) @ p, [-2, -1])
    np.testing.assert_allclose(
        affine_matrix(20, 3) @ affine_matrix(-20, 1 / 3), np.eye(2), atol=1e-15
    )
    assert np.linalg.det(affine_matrix(50, 0.5, 0.7)) == pytest.approx(0.25)


def test_crops_are_windows_or_their_mirror_images():
    image = np.arange(36).reshape(6, 6)
    allowed = set()
    for top, left in itertools.product(range(3), range(3)):
        window = image[top : top + 4, left : left + 4]
        allowed |= {window.tobytes(), window[:, ::-1].tobytes()}
    seen = {random_crop(image, 4, rng).tobytes() for rng in kit.seeds(400)}
    assert seen == allowed  # all 18 occur in 400 draws


def test_cutout_zeroes_one_square_and_is_cut_at_the_border():
    image = np.ones((5, 6, 3))
    assert cutout(image, 1, 2, 3).sum() == 3 * (30 - 9)
    assert cutout(image, -1, -1, 3, fill=0.5).sum() == 3 * (30 - 4 * 0.5)
    assert cutout(image, 4, 5, 9)[4, 5].tolist() == [0, 0, 0]
    assert cutout(image, -9, 0, 3).sum() == 90
    assert image.min() == 1  # the picture that was given stays as it was


def test_dataset_draws_anew_in_each_epoch_and_keeps_its_length():
    images = np.stack([_pictures.house(), _pictures.boat()])
    data = torch_dataset(images, np.array([0, 1]), lambda x, rng: random_crop(x, 40, rng), seed=7)
    assert len(data) == 2
    seen = []
    for epoch in range(12):
        data.set_epoch(epoch)
        seen.append(data[0][0])
        assert torch.equal(data[0][0], seen[-1])  # the same epoch and index: the same draw
        assert data[1][0].shape == (3, 40, 40)
        assert int(data[1][1]) == 1
    different = {image.numpy().tobytes() for image in seen}
    assert len(different) > 8
    batch, labels = next(iter(torch.utils.data.DataLoader(data, batch_size=2)))
    assert batch.shape == (2, 3, 40, 40)
    assert labels.tolist() == [0, 1]


@pytest.mark.parametrize(("variants", "epochs"), [(1, 3), (3, 4), (5, 2)])
def test_distinct_variants_by_enumeration(variants, epochs):
    draws = itertools.product(range(variants), repeat=epochs)
    mean = np.mean([len(set(draw)) for draw in draws])
    assert expected_distinct(variants, epochs) == pytest.approx(mean)


def test_bad_input():
    image = np.zeros((4, 4))
    with pytest.raises(ValueError, match="no inverse"):
        warp(image, np.zeros((2, 2)))
    with pytest.raises(ValueError, match="above 0"):
        affine_matrix(scale=0)
    with pytest.raises(ValueError, match="window"):
        random_crop(image, 5, np.random.default_rng(0))
