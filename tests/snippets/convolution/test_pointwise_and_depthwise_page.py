"""What the page on 1×1 and depthwise convolution says, against published counts and PyTorch."""

import numpy as np
import pytest
import torch

from snippets.convolution import _pointwise_and_depthwise_channels as channels
from snippets.convolution import _pointwise_and_depthwise_costs as costs
from snippets.convolution import _pointwise_and_depthwise_formulas as formulas
from snippets.convolution import pointwise_and_depthwise
from snippets.kit import LANGS, Tr


def test_evidence():
    for evidence in (
        pointwise_and_depthwise.check_grouped,
        pointwise_and_depthwise.check_pointwise,
        pointwise_and_depthwise.check_separable,
    ):
        assert evidence().error < 1e-13
    assert costs.check_costs().error == costs.check_reduce().error == 0


def test_costs_worked_out_by_hand():
    found = costs.value_costs()
    assert found["standard"] == found["pooled"] == 9 * 64 * 128 == 73_728
    assert found["grouped"] == 9 * 8 * 128
    assert found["separable"] == 9 * 64 + 64 * 128
    assert found["ratio"] == pytest.approx(1 / 128 + 1 / 9, abs=1e-15)
    assert found["standard_flops"] == 2 * 73_728 * 56**2 == 462_422_016
    assert found["separable_flops"] == 2 * 8768 * 56**2 == 54_992_896
    assert found["pooled_flops"] == 0.25
    assert found["point_share"] == pytest.approx(8192 / 8768)
    assert found["depth_intensity"] < 10 < 100 < found["intensity"]


def moved(layers):
    """Numbers that layers read and write on a 56×56 image, counted on PyTorch's tensors."""
    x, total = torch.zeros(1, 64, 56, 56), 0
    with torch.no_grad():
        for layer in layers:
            y = layer(x)
            total += x.numel() + y.numel() + layer.weight.numel()
            x = y
    return total


def test_numbers_moved():
    found = costs.value_costs()
    depth, point = pointwise_and_depthwise.torch_separable(64, 128)
    ordinary = moved([torch.nn.Conv2d(64, 128, 3, padding=1, bias=False)])
    assert found["intensity"] == pytest.approx(found["standard_flops"] / ordinary)
    assert found["depth_intensity"] == pytest.approx(2 * 9 * 64 * 56**2 / moved([depth]))
    assert found["moved"] == pytest.approx(moved([depth, point]) / ordinary)


@pytest.mark.parametrize("lang", LANGS)
def test_tables(lang):
    weights = [row[2] for row in costs.table_costs(Tr(lang)).rows]
    assert weights == ["73,728", "9,216", "8,768", "15,360", "36,864", "73,728"]
    # szegedy2015's motive with numbers of one branch: 192 -> 16 -> 32 channels at 28×28.
    macs = [row[2] for row in costs.table_reduce(Tr(lang)).rows]
    assert macs == [f"{784 * 25 * 192 * 32:,d}", f"{784 * (192 * 16 + 25 * 16 * 32):,d}"]
    assert [row[3] for row in formulas.table_pixel(Tr(lang)).rows] == ["−2", "3"]


def test_saving_of_nine_tenths():
    direct, reduced = (int(row[2].replace(",", "")) for row in costs.table_reduce(Tr("en")).rows)
    assert 0.88 < 1 - reduced / direct < 0.92


def test_example_parameters():
    layer = torch.nn.Conv2d(256, 64, 1)
    assert formulas.value_example()["params"] == sum(p.numel() for p in layer.parameters())


def test_linearity():
    found = formulas.value_linear()
    assert found["alone"] < 1e-13
    assert found["two"] < 1e-12
    assert found["relu"] > 1


def test_groups_connect_a_gth():
    found = formulas.value_mixing()
    assert (found["grouped"], found["pointwise"]) == (1 / found["groups"], 1)


def test_residuals_are_what_truncation_leaves():
    found = costs._residuals()
    means = [spread.mean for spread in found.values()]
    assert means == sorted(means, reverse=True)
    assert means[-1] == 0
    # The best rank-1 fit by alternating least squares, independent of the SVD of the page.
    (rng,) = list(costs.kit.seeds(1))
    kernel = rng.normal(size=(costs.C, costs.O, 9))
    pattern = np.ones((costs.C, 9))
    for _ in range(300):
        share = np.einsum("cok,ck->co", kernel, pattern) / (pattern**2).sum(1)[:, None]
        pattern = np.einsum("cok,co->ck", kernel, share) / (share**2).sum(1)[:, None]
    rest = kernel - share[:, :, None] * pattern[:, None]
    error = np.linalg.norm(rest) / np.linalg.norm(kernel)
    assert error == pytest.approx(found[1].values[0], abs=1e-3)


def test_diagram_counts():
    ordinary, grouped, separable = channels.figure_channels(Tr("en")).data["weights"]
    assert ordinary == torch.nn.Conv2d(4, 6, 3, bias=False).weight.numel()
    assert grouped == torch.nn.Conv2d(4, 6, 3, groups=2, bias=False).weight.numel()
    assert separable == sum(
        p.numel() for p in pointwise_and_depthwise.torch_separable(4, 6).parameters()
    )
