"""What the ReLU page says, against closed forms and published claims."""

import numpy as np
import pytest
import torch

from snippets.activations import _depth, relu
from snippets.activations import _relu_at_zero as at_zero
from snippets.activations import _relu_depth as depth
from snippets.activations import _relu_pieces as pieces
from snippets.kit import LANGS, Spread, Tr


def test_evidence_is_exact():
    assert relu.check_torch().error == 0.0
    assert relu.check_autograd().error == 0.0


def test_layers_equal_autograd():
    assert depth.check_depth().cases == _depth.DEPTH


def test_curve_meets_the_definition():
    data = relu.figure_curve(Tr("zh")).data
    np.testing.assert_array_equal(data["relu"], [v if v > 0 else 0.0 for v in data["x"]])
    assert set(data["left"]) == {0.0}
    assert set(data["right"]) == {1.0}


def test_sum_of_relus_interpolates_the_parabola():
    data = pieces.figure_sum(Tr("en")).data
    knots = np.isclose(data["x"][:, None], [0, 0.25, 0.5, 0.75, 1]).any(axis=1)
    np.testing.assert_allclose(data["sum"][knots], data["x"][knots] ** 2, atol=1e-12)
    assert (data["sum"] >= data["x"] ** 2 - 1e-12).all()


def test_sum_error_is_that_of_linear_interpolation():
    # f'' = 2 and step h = 1/4: the error of the chord is h^2 f''/8.
    assert pieces.value_sum_error() == pytest.approx(0.25**2 * 2 / 8, abs=1e-9)


def test_slope_at_zero_by_spelling():
    # Each from the derivative formulas of PyTorch's tools/autograd/derivatives.yaml.
    slopes = {row[0]: row[1] for row in at_zero.table_at_zero(Tr("en")).rows}
    assert slopes == {
        "`F.relu(x)`": 0,  # result > 0
        "`x.clamp(min=0)`": 1,  # self >= min
        "`torch.maximum(x, zero)`": 0.5,  # a tie is shared
        "`torch.where(x > 0, x, 0)`": 0,
        "`torch.where(x >= 0, x, 0)`": 1,
        "`(x + x.abs()) / 2`": 0.5,  # sign(0) = 0
        "`F.leaky_relu(x, 0.01)`": 0.01,  # the negative slope
    }
    assert at_zero.value_identity_slope() == 0.0


def test_exact_zeros_behind_relu_are_one_in_two_to_the_fan_in():
    found = at_zero.value_exact_zeros()
    behind = found["behind"]
    # A batch of 4096 rows per run: within four standard errors of the binomial share.
    share = 2.0**-at_zero.FAN_IN
    error = np.sqrt(share * (1 - share) / 4096)
    assert all(abs(v - share) < 4 * error for v in behind.values)


def test_random_inputs_hit_zero_as_often_as_in_pytorch():
    found = at_zero.value_exact_zeros()
    for dtype, name in ((torch.float16, "half"), (torch.float32, "single")):
        count = 0
        for x, weights in at_zero._draws():
            x, weights = torch.tensor(x).to(dtype), torch.tensor(weights).to(dtype)
            total = x[:, :1] * weights[0]
            for i in range(1, at_zero.FAN_IN):
                total = total + x[:, i : i + 1] * weights[i]
            count += int((total == 0).sum())
        assert found[name] == count
    assert 0 < found["half"] < 1e-3 * found["of"]
    assert found["single"] == 0


def test_depth_follows_the_variance_argument():
    # Each layer scales the second moment of the gradient by n std^2 / 2 for ReLU (he2015, eq. 14).
    layers = _depth.DEPTH - 1
    for setting, std in (("he", (2 / 256) ** 0.5), ("small", 0.01), ("large", 1.0)):
        expected = (256 * std**2 / 2) ** (layers / 2)
        spread = depth.value_depth()[setting]
        assert isinstance(spread, Spread)
        assert 0.5 < spread.mean / expected < 2.0
    sigmoid = depth.value_depth()["sigmoid"]
    assert (
        sigmoid.high < 0.25**layers * 2
    )  # slope at most 1/4, and weights of spectral norm about 2
    assert sigmoid.low > 0


def test_cost_counts_multiplications_and_additions():
    cost = relu.value_cost()
    assert cost["linear"] == 2 * 512 * 1024 * 1024
    assert cost["share"] == pytest.approx(1 / (2 * 1024))


def test_timing_for_the_reader_runs():
    times = relu.time_activations()
    assert set(times) == {"relu", "sigmoid", "linear"}
    assert all(t > 0 for t in times.values())


@pytest.mark.parametrize("lang", LANGS)
def test_worked_example(lang):
    head, values, slopes = (
        [c if isinstance(c, str) else c.head for c in relu.table_points(Tr(lang)).columns],
        *relu.table_points(Tr(lang)).rows,
    )
    assert head[1:] == ["−2", "−0.5", "0", "0.5", "2"]
    assert list(values[1:]) == [0, 0, 0, 0.5, 2]
    assert list(slopes[1:]) == [0, 0, 0, 1, 1]
