"""What the page on VGG says."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from snippets.architectures import _vgg_counts as counts
from snippets.architectures import vgg
from snippets.kit import Tr

EN = Tr("en")
CHECKS = [vgg.check_published, vgg.check_trace]


@pytest.mark.parametrize("check", CHECKS, ids=lambda f: f.__name__)
def test_check(check):
    found = check()
    assert found.cases >= 4
    assert found.error == 0


def test_table_of_layers():
    rows = counts.table_layers(EN).rows
    assert len(rows) == 11 + 5 + 1 + 1  # weights, pooling, the adaptive one, totals
    assert rows[-1][2:] == [132_863_336, 7_609_090_048]
    assert rows[0] == ["`conv1_1`", "64×224×224", 1792, 86_704_128]
    assert rows[-4][:3] == ["`fc1`", "4096", 102_764_544]


def test_family_equals_what_is_documented():
    for row in counts.table_family(EN).rows:
        _, convolutions, layers, ours, documented, gmacs, gflops = row
        assert layers == convolutions + 3
        assert ours == documented
        assert round(gmacs, 3) == gflops


def test_counts_in_sentences():
    found = counts.value_counts()
    assert found["seven"] == 128_795_015
    assert found["head_seven"] == 28_679
    assert found["parameters"] - found["head"] + found["head_seven"] == found["seven"]
    assert found["flops"] == pytest.approx(15.218, abs=5e-4)
    first, *_, last = counts.table_family(EN).rows
    assert last[5] / first[5] > 2.5
    assert last[3] / first[3] - 1 == pytest.approx(1 / 12, abs=0.003)


def test_figure_share():
    data = counts.figure_share(EN).data
    assert data["parameters"].sum() == pytest.approx(1)
    assert data["macs"].sum() == pytest.approx(1)
    assert data["parameters"].argmax() == 8  # fc1
    assert data["parameters"][8] > 0.75
    assert (data["parameters"][:8] < 0.02).all()
    assert data["macs"][8:].sum() < 0.02
    np.testing.assert_array_equal(np.sort(np.argsort(data["macs"])[-2:]), [3, 5])


def test_figure_of_blocks():
    drawn = counts.figure_blocks(EN).data["blocks"]
    assert drawn == [
        (1, 64, 224),
        (1, 128, 112),
        (2, 256, 56),
        (2, 512, 28),
        (2, 512, 14),
        (1, 4096, 1),
        (1, 4096, 1),
        (1, 1000, 1),
    ]


@pytest.mark.parametrize("size", [32, 64, 224, 256])
def test_what_pytorch_says_of_other_sizes(size):
    maps = torch.zeros(1, 512, size // 32, size // 32)
    layer = nn.Linear(512 * 7 * 7, 1)
    try:
        layer(maps.flatten(1))
        told = ""
    except RuntimeError as error:
        told = str(error).replace("25088x1)", "25088x4096)")
    assert counts.message(size) == told
    assert bool(told) == (size != 224)


def test_the_message_of_the_worked_example():
    assert counts.message(32) == (
        "mat1 and mat2 shapes cannot be multiplied (1x512 and 25088x4096)"
    )
    assert counts.message(16) == "pool"
    rows = counts.table_sizes(EN).rows
    assert [row[0] for row in rows] == ["16×16", "32×32", "64×64", "224×224", "256×256"]
    assert rows[1][2] == "fails: `1x512` · `25088x4096`"
    assert [row[2] == "runs" for row in rows] == [False, False, False, True, False]
    assert [row[3] for row in rows[1:]] == ["runs, 7 outputs"] * 4


def test_adaptive_pooling_copies():
    found = counts.value_small()
    assert (found["inputs"], found["different"], found["copies"]) == (25088, 512, 49)
    same = F.adaptive_avg_pool2d(torch.ones(1, 1, 1, 1) * 3, 7)
    assert (same == 3).all()
    assert found["lean"] == 9_220_480 + 512 * 7 + 7
