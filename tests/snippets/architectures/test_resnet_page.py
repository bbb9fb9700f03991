"""What the page on ResNet says."""

import numpy as np
import pytest
import torch
from torch import nn

from snippets.architectures import _resnet_counts as counts
from snippets.architectures import _resnet_degradation as degradation
from snippets.architectures import _resnet_drawings as drawings
from snippets.architectures import resnet
from snippets.kit import Tr

EN = Tr("en")


def test_checks():
    assert resnet.check_published().error == 0
    assert resnet.check_block().cases > 1000


def test_table_of_layers():
    rows = counts.table_layers(EN).rows
    assert rows[-1][2:] == [11_689_512, 1_814_073_344]
    assert rows[0] == ["`conv1`", "64×112×112", 64 * 147 + 128, 118_013_952]
    assert sum("downsample" in row[0] for row in rows) == 3
    inner = {row[3] for row in rows if ".conv2" in row[0]}
    assert inner == {115_605_504}  # the same cost in every stage
    entering = [row[3] for row in rows if row[0] in {f"`layer{n}.0.conv1`" for n in (2, 3, 4)}]
    assert entering == [115_605_504 // 2] * 3


def test_table_of_stages():
    rows = counts.table_stages(EN).rows
    assert [row[1] for row in rows[:-1]] == [
        "64×112×112",
        "256×56×56",
        "512×28×28",
        "1024×14×14",
        "2048×7×7",
        "1000",
    ]
    assert [row[0] for row in rows[1:5]] == [
        "`layer1` × 3",
        "`layer2` × 4",
        "`layer3` × 6",
        "`layer4` × 3",
    ]
    assert rows[-1][2] == 25_557_032


def test_family_equals_what_is_documented_and_what_the_paper_says():
    for name, _, _, ours, documented, gmacs, v1, paper in counts.table_family(EN).rows:
        assert ours == documented
        assert round(gmacs, 3) == resnet.PUBLISHED[name][1]
        assert abs(v1 - paper) < 0.1


def test_counts_in_sentences():
    found = counts.value_counts()
    assert found["layers18"] == 18
    assert found["projections18"] == 3
    assert found["fc18"] == 513 * 1000
    assert found["more"] == pytest.approx(4.089 / 3.858 - 1, abs=1e-3)
    weights = counts.value_weights()
    assert (weights["basic"], weights["bottleneck"]) == (2 * 9 * 64**2, 17 * 64**2)
    assert weights["times"] == pytest.approx(288 / 17)


def test_worked_example():
    shown = [row[1] for row in counts.table_steps(EN).rows]
    assert shown == ["(1, −2)", "(1, −1)", "(1, 0)", "(0, −1)", "(1, −3)", "(1, 0)"]


def test_drawing_shows_the_blocks_of_the_code():
    data = drawings.figure_blocks(EN).data
    for plan, bottleneck in ((data["basic"], False), (data["bottleneck"], True)):
        module = resnet.torch_block(plan[0][1], 64, bottleneck=bottleneck)
        convs = [m for m in module.modules() if isinstance(m, nn.Conv2d)]
        assert [(f"{c.kernel_size[0]}×{c.kernel_size[0]}", c.in_channels, c.out_channels)
                for c in convs] == list(plan)  # fmt: skip


def test_degradation():
    found = degradation.value_degradation()
    assert found["plain40"].low > 0.4
    assert found["residual40"].high < 0.05
    assert found["plain8"].high < 0.05
    assert found["plain8"].mean < found["plain20"].mean < found["plain40"].mean
    assert found["residual2"].low > found["residual40"].high
    rows = degradation.table_degradation(EN).rows
    assert [row[0] for row in rows] == [2, 8, 20, 40]
    data = degradation.figure_degradation(EN).data
    np.testing.assert_array_equal(data["plain40"][:, -10:].mean(axis=1), found["plain40"].values)


@pytest.mark.parametrize("skip", [False, True])
def test_the_network_that_is_trained_is_made_of_these_blocks(skip):
    """The first loss of each run, computed again with PyTorch's layers."""
    x, y = (torch.tensor(a).float() for a in degradation.data())
    generator, runs, width = torch.Generator().manual_seed(0), degradation.RUNS, degradation.WIDTH
    first = torch.randn(runs, 1, 2, width, generator=generator)
    inner = torch.randn(runs, 1, 8, width, width, generator=generator) * (2 / width) ** 0.5
    last = torch.randn(runs, 1, width, 1, generator=generator) * width**-0.5
    for run in range(runs):
        h = x @ first[run, 0]
        for number in range(4):
            layers = nn.Sequential(
                nn.Linear(width, width, bias=False),
                nn.BatchNorm1d(width),
                nn.ReLU(),
                nn.Linear(width, width, bias=False),
                nn.BatchNorm1d(width),
            )
            with torch.no_grad():
                layers[0].weight.copy_(inner[run, 0, 2 * number].T)
                layers[3].weight.copy_(inner[run, 0, 2 * number + 1].T)
                h = (layers(h) + h if skip else layers(h)).relu()
        loss = (h @ last[run, 0] - y).square().mean().item()
        np.testing.assert_allclose(degradation.losses(4, skip)[0, run], loss, rtol=1e-4)
