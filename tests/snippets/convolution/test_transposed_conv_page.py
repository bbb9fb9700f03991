"""What the page on transposed convolution says, against closed forms and PyTorch."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from snippets.convolution import _transposed_conv_checkerboard as checkerboard
from snippets.convolution import _transposed_conv_inverse as inverse
from snippets.convolution import _transposed_conv_size as size
from snippets.convolution import _transposed_conv_views as views
from snippets.convolution import transposed_conv
from snippets.kit import LANGS, Tr


def test_evidence():
    assert transposed_conv.check_forward().error < 1e-13
    assert transposed_conv.check_backward().error < 1e-13
    assert inverse.check_transpose().error < 1e-13


@pytest.mark.parametrize("lang", LANGS)
def test_both_views_draw_the_same_result(lang):
    data = views.figure_views(Tr(lang)).data
    theirs = F.conv_transpose2d(
        torch.tensor(views.INPUT)[None, None], torch.tensor(views.STAMP)[None, None], stride=2
    )[0, 0]
    assert data["stamped"].tolist() == data["result"].tolist() == theirs.tolist()
    assert data["wide"].shape == (7, 7)
    assert data["wide"][2, [2, 4]].tolist() == [1, 2]
    assert np.count_nonzero(data["wide"]) == 4
    assert r"6 & 3 & 8 & 4" in views.table_example(Tr(lang)).rows[0][2]


def test_wrong_sizes_as_counted_by_the_brief_of_the_claim():
    # Each deviation vanishes for the settings that lack what the shorter formula leaves out.
    found = size.value_formulas()
    every = list(size._settings())
    assert found["settings"] == len(every) == 2214
    assert found["full"] == 0
    assert found["no_output_padding"] == sum(p_out > 0 for *_, p_out in every)
    assert found["no_dilation"] == sum(d > 1 and k > 1 for _, k, _, _, d, _ in every)
    assert found["short"] == sum(
        (d - 1) * (k - 1) + p_out != 2 * p for _, k, _, p, d, p_out in every
    )


def test_generator_doubles():
    sizes = [row[-1] for row in size.table_dcgan(Tr("en")).rows]
    assert sizes == ["4", "8", "16", "32", "64"]
    layers = torch.nn.Sequential(
        *(torch.nn.ConvTranspose2d(1, 1, k, s, p) for k, s, p in size.LAYERS)
    )
    assert layers(torch.zeros(1, 1, 1, 1)).shape[-1] == size.value_dcgan()["side"]


def test_two_sizes_shrink_to_one():
    found = size.value_restore()
    for side in (7, 8):
        conv = torch.nn.Conv2d(1, 1, 3, 2, 1)
        back = torch.nn.ConvTranspose2d(1, 1, 3, 2, 1)
        small = conv(torch.zeros(1, 1, side, side))
        assert small.shape[-1] == found["both"]
        assert back(small, output_size=(side, side)).shape[-1] == side
    assert (found["without"], found["with"]) == (7, 8)


def test_overlap_counts():
    data = checkerboard.figure_overlap(Tr("en")).data
    assert set(data["k3"].ravel()) == {1, 2, 4}
    assert set(data["k4"].ravel()) == {4}


def test_pattern_of_ones_is_that_of_the_counts():
    # The phases of k = 3, s = 2 get 4, 2, 2 and 1 stamps: deviation over root mean square.
    counts = np.array([4, 2, 2, 1])
    found = checkerboard._pattern()
    assert found["k3"][0] == pytest.approx(counts.std() / np.sqrt((counts**2).mean()))
    assert found["k4"][0] == found["resize"][0] == 0
    assert found["k4"][1].low > 0.1
    assert found["resize"][1].high < 1e-12


def test_the_transpose_does_not_restore():
    found = inverse.value_inverse()
    assert found["transpose"].low > 1
    assert found["least"].low > 0.5
    assert all(
        least <= scaled
        for least, scaled in zip(found["least"].values, found["scaled"].values, strict=True)
    )
    assert found["rank"] == 6 * 6  # as many as outputs
    # Random U: least squares keeps 36 of 64 directions, so about √(28/64) is lost.
    assert found["least"].mean == pytest.approx(np.sqrt(28 / 64), abs=0.05)


def test_best_scaling_is_the_best():
    rng = next(iter(inverse.kit.seeds(inverse.RUNS)))
    u, w = (torch.tensor(rng.normal(size=shape))[None, None] for shape in ((8, 8), (3, 3)))
    back = F.conv_transpose2d(F.conv2d(u, w), w)
    factors = torch.linspace(0, 1, 20_001)[:, None]
    errors = torch.linalg.norm(factors * back.ravel() - u.ravel(), dim=1) / torch.linalg.norm(u)
    found = inverse.value_inverse()
    assert errors[-1] == pytest.approx(found["transpose"].values[0], abs=1e-12)  # factor 1
    assert errors.min() == pytest.approx(found["scaled"].values[0], abs=1e-5)
