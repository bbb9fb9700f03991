"""What the page on the receptive field says."""

import math

import numpy as np
import pytest
import torch

from snippets.kit import Tr
from snippets.receptive_cost import _receptive_field_effective as effective
from snippets.receptive_cost import _receptive_field_evidence as evidence
from snippets.receptive_cost import _receptive_field_networks as networks
from snippets.receptive_cost import _receptive_field_pyramid as pyramid
from snippets.receptive_cost import _receptive_field_steps as steps

EN = Tr("en")


def test_checks():
    assert evidence.check_gradients().cases == 50 * 4
    assert evidence.check_profile().error < 1e-14


def test_worked_examples():
    assert steps.value_strided() == {"r": 15, "jump": 4, "wrong": 11, "measured": 15}
    assert steps.value_dilated() == {"up": 17, "down": 17, "measured": 17, "without": 13}
    assert [row[4] for row in steps.table_steps(EN).rows] == [
        "1 + 2 × 1 = 3",
        "3 + 2 × 2 = 7",
        "7 + 2 × 4 = 15",
    ]
    assert steps.table_down(EN).rows[-1][4] == "(15 − 1) × 1 + 3 = 17"


def test_padding_moves_the_start_only():
    found = steps.value_padding()
    assert found["r0"] == found["r1"] == 9
    assert found["start0"] == 0
    assert found["start1"] == 1 + 1 + 2  # padding times jump
    assert found["border"] == 9 - 4


def test_map_sizes_are_those_of_pytorch():
    found = steps.value_map_size()
    net = torch.nn.Sequential(
        torch.nn.Conv2d(1, 1, 7, 2, 3, device="meta"), torch.nn.Conv2d(1, 1, 3, 2, 1, device="meta")
    )
    assert net(torch.empty(1, 1, 224, 224, device="meta")).shape[-1] == found["size"] == 56
    dilated = torch.nn.Conv2d(1, 1, 3, dilation=2, device="meta")
    assert dilated(torch.empty(1, 1, 32, 32, device="meta")).shape[-1] == found["dilated"] == 28
    assert found["slashed"] == 56.75
    assert found["undilated"] == 30


def test_random_networks():
    up, down, stride, dilation = (row[1:] for row in steps.table_random(EN).rows)
    assert up == down == [steps.value_chains()["count"], 0]
    for count, gap in (stride, dilation):
        assert 0 < count < 50
        assert gap > 0


def test_pyramid():
    data = pyramid.figure_pyramid(EN).data
    assert data["counts"] == [19, 9, 4, 2]
    assert data["first"] == list(range(15))
    assert data["second"] == list(range(4, 19))


def test_networks_measured_and_published():
    for row in networks.table_networks(EN).rows:
        assert row[1] == row[4]
        assert row[2] == 32
        assert row[5] in (None, row[1])
    found = networks.value_networks()
    assert found["resnet50b"] < found["resnet50"]
    assert found["vgg11"] < 224 < found["resnet18"]


def test_effective_field():
    found = effective.value_effective()
    assert found["field"] == 41
    assert found["spread"] == pytest.approx(math.sqrt(20 * 2 / 3))
    assert found["mass"] == pytest.approx(0.993, abs=5e-4)
    assert found["area"] == pytest.approx(21**2 / 41**2)
    # one path out of the trinomial coefficient of the centre, per axis
    centre = sum(math.comb(20, k) * math.comb(20 - k, k) for k in range(11))
    assert found["corner"] == pytest.approx(1 / centre**2)
    assert found["random"].low > 0.98


def test_figure_of_the_effective_field():
    data = effective.figure_effective(EN).data
    np.testing.assert_allclose(data["profile"], data["bell"], atol=2e-3)
    assert data["equal"].sum() == pytest.approx(1)
    assert data["random"].sum() == pytest.approx(1)


def test_fewer_wider_layers_spread_further():
    rows = effective.table_effective(EN).rows
    assert {row[1] for row in rows} == {41}
    spreads = [row[2] for row in rows]
    assert spreads == sorted(spreads)
    dilated = math.sqrt(sum(d * d for d in (1, 2, 4, 8, 5)) * 2 / 3)
    assert rows[4][2] == pytest.approx(dilated)
    assert rows[5][3] == pytest.approx((21 / 41) ** 2)
