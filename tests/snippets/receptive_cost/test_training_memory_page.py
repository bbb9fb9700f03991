"""What the page on training memory says."""

import numpy as np
import pytest

from snippets.kit import Tr
from snippets.receptive_cost import _training_memory_checkpoints as checkpoints
from snippets.receptive_cost import _training_memory_networks as networks
from snippets.receptive_cost import _training_memory_remedies as remedies
from snippets.receptive_cost import training_memory

EN = Tr("en")


def test_checks_are_exact():
    assert training_memory.check_states().error == 0
    assert networks.check_hooks().error == 0
    assert checkpoints.check_gradients().error == 0


def test_vgg11():
    found = networks.value_vgg11()
    assert found["weights"] == pytest.approx(4 * 132.863336)
    pooled = 64 * 112**2 + 128 * 56**2 + 256 * 28**2 + 512 * 14**2 + 512 * 7**2
    assert found["indices"] == pytest.approx(8 * pooled / 1e6)
    assert found["activations"] == pytest.approx(found["indices"] + found["rest"])
    assert found["crossing"] == pytest.approx(found["weights"] / found["activations"])
    n, a = networks.sizes("VGG-11")
    assert found["one"] == pytest.approx(4 * n / (16 * n + a))
    assert found["many"] == pytest.approx(4 * n / (16 * n + 256 * a))


def test_bytes_and_the_large_model():
    assert networks.value_bytes() == {"adam": 16, "mixed": 16, "momentum": 4}
    found = networks.value_large()
    assert found["total"] == found["fp32"] == 112
    assert found["weights"] == 14
    assert found["share"] == 1 / 8


def test_order_of_the_networks():
    rows = {row[0]: row for row in networks.table_networks(EN).rows}
    assert rows["U-Net"][4] < 1 < rows["ResNet-50"][4] < rows["VGG-11"][4]
    for row in rows.values():
        assert row[5] == pytest.approx(4 * row[4])  # states are four times the weights


def test_measured_peaks_are_a_little_above_the_estimate():
    rows = networks.table_peak(EN).rows
    for row in rows:
        assert 1 < row[4] < 1.5
    ratios = [row[4] for row in rows if row[0] == "VGG-11"]
    assert ratios == sorted(ratios, reverse=True)
    # with one image: states, and two temporaries as large as the largest weight matrix
    states, largest = 16 * 132_863_336, 4 * 25088 * 4096
    assert rows[0][3] == pytest.approx((states + 2 * largest) / 1e6, rel=0.01)


def test_figure():
    data = networks.figure_batch(EN).data
    vgg = {k.split("_")[1]: v[-1] for k, v in data.items() if k.startswith("VGG-11")}
    assert vgg["activations"] > 0.5 * sum(vgg.values())
    assert vgg["weights"] + vgg["gradients"] + vgg["optimizer"] == pytest.approx(2.126, abs=0.001)
    net = {k.split("_")[1]: v[-1] for k, v in data.items() if k.startswith("ResNet-50")}
    assert net["activations"] > 0.9 * sum(net.values())
    assert max(sum(vgg.values()), sum(net.values())) < 6.3  # within the axes


def test_segments():
    found = checkpoints.runs()
    assert min(found, key=lambda s: found[s][0]) == 8
    for segments, (peak, flops) in found.items():
        assert peak <= segments + 64 / segments
        assert peak > 0.9 * (segments + 64 / segments) - 2
        assert 1 <= flops < 4 / 3
    assert np.all(np.diff([flops for _, flops in found.values()]) > 0)
    assert checkpoints.value_segments()["best"] == 8
    assert max(checkpoints.figure_segments(EN).data["rule"]) == 65


def test_remedies():
    rows = {row[0]: row[1:] for row in remedies.table_remedies(EN).rows}
    adam, half, momentum, autocast, frozen, inference = rows.values()
    n = 11.689512
    assert adam[0] == pytest.approx(16 * n)
    assert half[0] == adam[0]
    assert half[1] == pytest.approx(adam[1] / 2)
    assert momentum[0] == pytest.approx(12 * n)
    assert autocast[0] == adam[0]
    assert autocast[1] < 0.7 * adam[1]
    assert autocast[2] > 0.9 * 2 * n  # bf16 copies of the weights
    assert frozen[1] < 0.01 * adam[1]
    assert frozen[0] == pytest.approx(4 * n + 12 * 0.513)
    assert inference == [pytest.approx(4 * n), 0, 0]
