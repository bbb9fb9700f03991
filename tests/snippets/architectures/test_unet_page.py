"""What the page on U-Net says."""

import pytest
import torch
from torch import nn

from snippets.architectures import _unet_sizes as sizes
from snippets.architectures import unet
from snippets.architectures.unet import torch_unet
from snippets.kit import Tr

EN = Tr("en")


def test_checks():
    assert unet.check_sizes().cases > 100
    assert unet.check_crop().cases > 1000


def test_table_of_layers():
    rows = sizes.table_layers(EN).rows
    assert len(rows) == 24
    assert rows[0] == ["`down.0.0`", "64×570×570", 640, 570**2 * 9 * 64]
    assert rows[-2][:3] == ["`head`", "2×388×388", 130]
    assert rows[-1][2] == 31_030_658
    for level in range(4):
        first, second = (next(r for r in rows if r[0] == f"`merge.{level}.{n}`")[2] for n in (0, 2))
        width = 512 // 2**level
        assert first - width == 2 * (second - width)


def test_the_two_ways():
    down = sizes.table_down(EN).rows
    assert [row[1:] for row in down] == [
        [64, 572, 570, 568, 284],
        [128, 284, 282, 280, 140],
        [256, 140, 138, 136, 68],
        [512, 68, 66, 64, 32],
        [1024, 32, 30, 28, None],
    ]
    up = sizes.table_up(EN).rows
    assert [row[1:] for row in up] == [
        [56, 64, 4, 1024, 52],
        [104, 136, 16, 512, 100],
        [200, 280, 40, 256, 196],
        [392, 568, 88, 128, 388],
    ]
    assert max(row[3] for row in up) == up[-1][3]


def test_counts_in_sentences():
    found = sizes.value_counts()
    assert found["convolutions"] == 23
    assert found["transposed"] == 4
    assert (found["lost"], found["border"]) == (184, 92)
    assert found["skip_numbers"] == 64 * 392**2 + 128 * 200**2 + 256 * 104**2 + 512 * 56**2
    assert found["bottom_numbers"] == 1024 * 28**2
    three, one = (sum(p.numel() for p in torch_unet(n, base=64).parameters()) for n in (3, 1))
    assert three - one == found["rgb"]
    assert 19 < found["macs"] / 7.609 < 20  # of VGG-11
    pixels = (572 / 224) ** 2
    assert pixels == pytest.approx(6.5, abs=0.05)
    assert found["macs"] / 7.609 / pixels == pytest.approx(3, abs=0.1)


def test_receptive_field_at_the_bottom():
    """The pixels with a gradient from one position, all weights positive."""
    model = torch_unet(base=1).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(0.1)
    x = torch.arange(200.0**2, dtype=torch.float64).reshape(1, 1, 200, 200).requires_grad_()
    h = x
    for convolutions in model.down:
        h = nn.functional.avg_pool2d(convolutions(h), 2)  # every pixel of a pooling window counts
    middle = model.bottom(h)[0, 0, 0, 0]
    (gradient,) = torch.autograd.grad(middle, x)
    seen = int((gradient != 0).any(dim=-1).sum())
    assert seen == sizes.value_counts()["field"]


def test_inputs():
    rows = {row[0]: row[1:] for row in sizes.table_inputs(EN).rows}
    assert rows["572×572"][0] == "388×388"
    assert rows["188×188"][0] == "4×4"
    assert rows["256×256"][1] == "256×256"
    assert rows["512×512"][1] == "512×512"
    assert sum(cell.startswith("no") for row in rows.values() for cell in row) == 6


def test_an_odd_side_is_not_refused_by_pytorch():
    small = {"base": 1, "depth": 2}
    assert torch_unet(**small)(torch.zeros(1, 1, 46, 46)).shape[-1] == 4  # 44 gives 4 as well
    assert torch_unet(**small)(torch.zeros(1, 1, 44, 44)).shape[-1] == 4
    torch_unet(**small, padding=1)(torch.zeros(1, 1, 20, 20))
    out = torch_unet(**small, padding=1)(torch.zeros(1, 1, 22, 22))  # cropped, so it runs
    assert out.shape[-1] == 20


def test_drawing_has_the_numbers_of_the_tracer():
    data = sizes.figure_u(EN).data
    assert data["down"] == [(572, 568), (284, 280), (140, 136), (68, 64)]
    assert data["up"][-1] == (392, 568, 388)
