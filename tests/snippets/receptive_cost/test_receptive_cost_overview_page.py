"""What the overview of field and cost says."""

import numpy as np
import pytest

from snippets.kit import LANGS, Tr
from snippets.receptive_cost import _receptive_cost_overview_tables as tables
from snippets.receptive_cost._receptive_cost_overview_facts import (
    CHANGES,
    NETWORKS,
    changed,
    facts,
)
from snippets.receptive_cost._training_memory_networks import sizes


@pytest.mark.parametrize("lang", LANGS)
def test_table_of_networks(lang):
    rows = {row[0]: row for row in tables.table_networks(Tr(lang)).rows}
    assert list(rows) == list(NETWORKS)
    # torchvision's documentation: parameters, and billions of multiply-adds
    for name, parameters, giga in (
        ("VGG-11", 132_863_336, 7.61),
        ("ResNet-18", 11_689_512, 1.81),
        ("ResNet-50", 25_557_032, 4.09),
    ):
        assert rows[name][4] == parameters
        assert round(rows[name][5] / 1e3, 2) == giga
    assert rows["LeNet-5"][2:5] == [16, 4, 61_706]


@pytest.mark.parametrize("name", ["VGG-11", "ResNet-18", "ResNet-50"])
def test_activations_are_those_of_the_page_on_memory(name):
    assert (facts(name).parameters, facts(name).activations) == sizes(name)


@pytest.mark.parametrize("lang", LANGS)
def test_table_of_changes(lang):
    rows = dict(zip(CHANGES, tables.table_changes(Tr(lang)).rows, strict=True))
    assert rows["base"][3:] == [1, 1, 1]
    assert rows["dilated"][3:] == [1, 1, 1]  # "costs nothing in these columns"
    assert rows["larger"][5] == 1
    for change in ("strided", "pooled"):
        assert rows[change][3:5] == [1, 1 / 4]
    assert rows["separable"][5] > 1 > rows["separable"][4]


def test_values_of_networks():
    found = tables.value_networks()
    assert found["parameters"] == pytest.approx(132_863_336 / 4_231_976)
    assert found["convolutions"] == 1 + 2 * 13
    assert found["states"] > 40
    assert 1 < found["mobile_states"] < 2  # "two images keep more than all states take"
    assert found["resnet"] > 1 > found["activations"]
    assert found["resnet_convolutions"] == 1 + 2 * 8 + 3
    # of a normalised VGG-11, by hand: one map more for each convolution
    maps = 64 * 224**2 + 128 * 112**2 + 2 * (256 * 56**2 + 512 * 28**2 + 512 * 14**2)
    wanted = facts("MobileNet").activations / (facts("VGG-11").activations + 4 * maps)
    assert found["normalised"] == pytest.approx(wanted)
    assert found["mobile_field"] > 2 * found["vgg_field"]


def test_values_of_changes():
    found = tables.value_changes()
    assert found["larger_macs"] == pytest.approx(25 / 9)
    assert found["separable_activations"] == 9 / 5
    assert found["dilated"] == changed("dilated").field


@pytest.mark.parametrize("lang", LANGS)
def test_activations_first_parameters_last(lang):
    data = tables.figure_stages(Tr(lang)).data
    places = np.arange(len(tables.SIDES))
    for name in tables.DRAWN:
        means = [data[f"{name}_{cost}"] @ places for cost in tables.COSTS]
        assert means == sorted(means)  # activations, MACs, parameters
        for cost in tables.COSTS:
            assert data[f"{name}_{cost}"].sum() == pytest.approx(1)
        assert data[f"{name}_parameters"].argmax() >= 5
        assert data[f"{name}_activations"].argmax() <= 2
    found = tables.value_networks()
    assert found["early"] > 0.5 > 0.02 > found["early_parameters"]


def test_mobilenet_has_more_on_large_maps():
    outputs = {}
    for name in ("MobileNet", "ResNet-18"):
        found = [la.shape for la in tables.traced(name) if la.kind == "Conv2d" and la.shape[1] > 28]
        outputs[name] = sum(np.prod(shape) for shape in found)
    assert outputs["MobileNet"] > 1.5 * outputs["ResNet-18"]
