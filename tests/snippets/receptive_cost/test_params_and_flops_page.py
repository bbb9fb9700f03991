"""What the page on parameters and FLOPs says."""

import numpy as np
import pytest

from snippets.kit import Tr
from snippets.receptive_cost import _params_and_flops_layers as layers
from snippets.receptive_cost import _params_and_flops_networks as networks
from snippets.receptive_cost import params_and_flops

EN = Tr("en")


def test_checks_are_exact():
    for check in (
        params_and_flops.check_parameters,
        params_and_flops.check_flops,
        networks.check_published,
        networks.check_counter,
    ):
        assert check().error == 0
    assert layers.check_loops().error < 1e-15


def test_a_layer_by_formula_and_in_pytorch():
    rows = layers.table_layer(EN).rows
    assert [row[2] for row in rows] == [row[3] for row in rows]
    assert [row[3] for row in rows] == [73_728, 73_856, 74_112, 73_984]
    assert [row[4] for row in rows] == [0, 0, 257, 257]


def test_a_bias_before_normalisation_does_nothing():
    found = layers.value_bias()
    assert found["float32"].high < 1e-4
    assert found["float64"].high < 1e-11
    assert found["gradient"].high < 1e-12
    assert len(found["float32"]) == found["runs"] == 5


def test_costs_of_a_layer():
    rows = layers.table_costs(EN).rows
    assert [row[1:] for row in rows] == [
        [1_152, 2_272, 2_304, 2_182],
        [86_704_128, 170_196_992, 173_408_256, 163_774_592],
        [51_380_224, 102_660_096, 102_760_448, 51_641_856],
    ]
    for _, macs, exact, counter, wrong in rows:
        assert counter == 2 * macs
        assert wrong < exact < counter
    assert rows[2][4] / rows[2][2] == pytest.approx(0.5, abs=0.01)  # “half is lost”


def test_lenet():
    *rows, total = layers.table_lenet(EN).rows
    for row in rows:
        terms = row[2].replace("·", "*")
        assert eval(terms) == row[3]
    assert total[3] == layers.value_lenet() == sum(row[3] for row in rows) == 61_706
    assert total[4] == 28**2 * 6 * 25 + 10**2 * 16 * 150 + 400 * 120 + 120 * 84 + 84 * 10


def test_shares_of_vgg11():
    found = networks.value_networks()
    assert found["dense"] == pytest.approx(0.931, abs=5e-4)
    assert found["dense_macs"] < 0.02
    data = networks.figure_vgg11(EN).data
    assert len(data["macs"]) == 11
    assert data["parameters"].sum() == pytest.approx(1)
    assert data["macs"].sum() == pytest.approx(1)
    assert np.argmax(data["parameters"]) == 8


def test_conventions_of_published_numbers():
    found = networks.value_networks()
    assert found["gflops"] == 2 * found["gmacs"]
    assert found["vgg16_gmacs"] == pytest.approx(found["vgg16_he"], rel=0.02)
    assert found["resnet50_early"] == pytest.approx(found["resnet50_he"], rel=0.02)
    assert found["vgg16_conv"] == pytest.approx(found["vgg16_araujo"], abs=0.005)
    assert found["unet"] < found["vgg11"]
    assert found["unet_gmacs"] > 10 * found["gmacs"]


def test_a_training_step_costs_about_three_forward_passes():
    for ratio in networks.value_backward().values():
        assert 2.9 < ratio < 3
