"""What the page on augmentation says, as numbers and as drawn."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from snippets.data_practice import _augmentation_counts as counts
from snippets.data_practice import _augmentation_gallery as gallery
from snippets.data_practice import _augmentation_training as training
from snippets.data_practice import _augmented, _pictures, augmentation
from snippets.kit import LANGS, Tr


def test_evidence():
    assert augmentation.check_torch().error < 1e-9
    assert augmentation.check_quarter_turns().error < 1e-9


def test_turn_and_back_by_scipy():
    house = _pictures.house()

    def turn(picture, angle):
        return ndimage.rotate(picture, angle, reshape=False, order=1, mode="grid-constant")

    error = np.linalg.norm(turn(turn(house, 45), -45) - house) / np.linalg.norm(house)
    found = gallery.value_turns()
    assert found["whole"] == pytest.approx(error, abs=1e-9)
    assert 0 < found["disc"] < found["whole"] / 5
    assert found["quarter"] == 0


def test_counts_of_crops():
    found = counts.value_crops()
    assert found["paper"] == 2048  # krizhevsky2012
    assert found["exact"] == 2 * 33 * 33
    rng = np.random.default_rng(0)
    seen = [len(set(rng.integers(2048, size=90).tolist())) for _ in range(400)]
    assert found["distinct"] == pytest.approx(np.mean(seen), abs=0.3)
    window = np.zeros((256, 256), dtype=bool)
    window[:224, :224] = True
    other = np.roll(window, (8, 8), (0, 1))
    assert found["overlap"] == pytest.approx((window & other).sum() / window.sum())


def test_counts_of_files():
    found = counts.value_files()
    assert (found["with"], found["without"]) == (6000, 5000)


def test_gallery_shows_the_transforms():
    data = gallery.figure_gallery(Tr("en")).data
    np.testing.assert_array_equal(np.rot90(data["house"]), data["turned"])
    boat = (data["mixed"] - 0.7 * data["house"]) / 0.3
    np.testing.assert_allclose(boat, _pictures.boat(), atol=1e-12)
    assert not np.allclose(data["house"], data["house"][:, ::-1])  # a mirror image can be seen


def test_shifts_are_shifts():
    images = torch.arange(56.0).reshape(1, 1, 8, 7).expand(3, 40, 8, 7)
    moved = _augmented.shifted(images, torch.Generator().manual_seed(0))
    padded = np.pad(images[0, 0].numpy(), 1, constant_values=_augmented.DARK)
    allowed = {
        padded[r : r + 8, c : c + 7].astype(np.float32).tobytes()
        for r in range(3)
        for c in range(3)
    }
    found = {image.numpy().tobytes() for image in moved.flatten(0, 1)}
    assert found == allowed


def test_augmentation_helps_where_data_are_few():
    accuracy, _ = training.found()
    none, offline, online = accuracy[0]  # the fewest examples
    assert online.min() > none.max()
    assert none.mean() < offline.mean() < online.mean()
    # with many, not in so few steps, but in every run that is trained for longer
    assert abs(accuracy[-1, 0].mean() - accuracy[-1, 2].mean()) < 0.03
    none, online = training.longer()
    assert (online > none + 0.02).all()
    assert accuracy[1, 2].mean() < accuracy[2, 0].mean()  # twice the data is worth more


def test_half_turns_break_two_classes():
    _, recall = training.found()
    none, _, turn = recall.mean(axis=1)
    assert (turn[[6, 9]] < 0.5 * none[[6, 9]] + 0.02).all()
    others = np.delete(turn, (6, 9)) / np.delete(none, (6, 9))
    assert others.mean() > 0.85
    assert turn[6] < 0.5 * none[6]  # "more than half"


def test_mirrored_data_give_symmetric_weights():
    found = training.value_asymmetry()
    assert found["augmented"] < 1e-12
    assert found["plain"].low > 0.01


@pytest.mark.parametrize("lang", LANGS)
def test_tables_build(lang):
    tr = Tr(lang)
    assert len(gallery.table_transforms(tr).rows) == 11
    assert len(gallery.table_labels(tr).rows) == 7
    assert len(counts.table_online(tr).rows) == 7
    assert len(training.table_accuracy(tr).rows) == len(training.COUNTS)
    assert training.figure_curves(tr).alt
