"""What the page on neurons and layers says, against closed forms and counts made otherwise."""

import numpy as np
import pytest
from torch import nn

from snippets.foundations import _neuron_and_layers_bias as bias
from snippets.foundations import _neuron_and_layers_layers as layers
from snippets.kit import Tr

EN = Tr("en")


def test_checks():
    assert bias.check_pair().cases == 2 * 601
    found = layers.check_gradients()
    assert found.cases == 2 * (1 + 39_760)
    assert found.error <= 1e-13


def test_table_of_one_neuron():
    rows = bias.table_neuron(EN).rows
    assert [row[3:5] for row in rows] == [[0.5, 0.5], [-1.0, 0.0], [-0.5, 0.0]]
    assert [row[5] for row in rows] == pytest.approx(
        [1 / (1 + np.exp(-z)) for z in (0.5, -1, -0.5)]
    )


def test_lines_share_a_point_or_are_parallel():
    data = bias.figure_lines(EN).data
    at_zero = np.argmin(np.abs(data["x"]))
    for w in ("-1", "0.5", "2"):
        assert data[f"w={w.replace('-', '−')}"][at_zero] == pytest.approx(0.5)
        np.testing.assert_allclose(
            np.diff(data[f"w={w.replace('-', '−')}"]), float(w) * np.diff(data["x"])
        )
    np.testing.assert_allclose(data["b=1"] - data["b=0"], 1)
    np.testing.assert_allclose(data["b=0"] - data["b=−1"], 1)


def test_no_shift_makes_the_curves_one():
    found = bias.value_shift()
    # A shift keeps the range [0, 1]; the other is [0, 2].  Sideways only, the right ends differ by
    # 1; with c upwards the ends differ by c and 1 - c, and the larger is at least a half.
    assert found == pytest.approx({"narrow": 1, "wide": 2, "sideways": 1, "both": 0.5})
    assert bias.misfit(0.5, 0.5) == pytest.approx(0.5)
    rng = np.random.default_rng(0)
    tried = [bias.misfit(*rng.uniform(-3, 3, 2)) for _ in range(300)]
    assert min(tried) >= 0.5


def test_the_grey_area_of_the_figure():
    data = bias.figure_shape(EN).data
    np.testing.assert_array_equal(data["-1"], np.clip(data["x"], 0, 1))
    np.testing.assert_array_equal(data["-2"], np.clip(data["x"], 0, 2))
    gap = data["moved"] - data["-2"]
    assert gap.max() == pytest.approx(0.5)
    assert gap.min() == pytest.approx(-0.5)


def test_counts():
    *rows, total = layers.table_count(EN).rows
    for row, (m, k) in zip(rows, ((784, 50), (50, 10)), strict=True):
        linear = nn.Linear(m, k)
        assert row[1:] == [
            linear.weight.numel(),
            linear.bias.numel(),
            sum(p.numel() for p in linear.parameters()),
        ]
    assert total[1:] == [39_700, 60, 39_760]
    found = layers.value_parameters()
    assert (found["total"], found["passes"], found["small"]) == (39_760, 79_520, 9)
    assert found["share"] == pytest.approx(39_250 / 39_760)


def test_the_diagram_has_every_layer():
    data = layers.figure_layers(EN).data
    assert len(data["boxes"]) == 4
    assert data["tensors"][0].startswith("X")
    assert len(data["tensors"]) == len(data["boxes"]) + 1
