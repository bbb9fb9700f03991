"""What the page on kernel size says, against arithmetic, papers and PyTorch."""

import numpy as np
import pytest
import torch

from snippets.convolution import _kernel_size_parity as parity
from snippets.convolution import _kernel_size_stacks as stacks
from snippets.kit import LANGS, Tr


@pytest.mark.parametrize("lang", LANGS)
def test_weights_by_arithmetic(lang):
    rows = stacks.table_weights(Tr(lang)).rows
    assert [row[1] for row in rows[:2]] == [102_400, 200_704]
    assert [row[3] for row in rows[:2]] == [73_728, 110_592]
    assert rows[0][4] == pytest.approx(0.28)
    # Simonyan and Zisserman 2015, section 2.3: one 7×7 has 81% more than three 3×3
    assert 1 / (1 - rows[1][4]) - 1 == pytest.approx(0.81, abs=0.005)


@pytest.mark.parametrize("lang", LANGS)
def test_ranks(lang):
    rows = {row[0]: row for row in stacks.table_rank(Tr(lang)).rows}
    assert rows["1 → 1 → 1"][1:4] == [18, 17, 25]
    assert rows["4 → 4 → 4"][1:4] == [18 * 16, 17 * 16, 400]
    assert rows["2 → 3 → 2"][1:4] == [108, 108 - 9, 100]  # less the mixings of three channels
    assert rows["2 → 4 → 2"][4] == rows["1 → 2 → 1"][4] == 1
    for _, weights, rank, whole, _ in rows.values():
        assert rank < whole or weights > whole  # nothing is saved where nothing is lost
    assert stacks.value_rank()["four"] == 272


@pytest.mark.parametrize("lang", LANGS)
def test_one_channel_fails_where_two_do_not(lang):
    data = stacks.figure_best(Tr(lang)).data
    assert abs(data["one"] - data["target"]).max() > 0.3
    np.testing.assert_allclose(data["two"], data["target"], atol=1e-3)
    found = stacks.value_residuals()
    assert found["one"].low > 0.1
    assert found["two"] < 1e-3


def test_relu_is_not_linear():
    assert stacks.value_relu()["share"].low > 0.1


@pytest.mark.parametrize("lang", LANGS)
def test_even_kernels_drift_half_a_cell_a_layer(lang):
    data = parity.figure_drift(Tr(lang)).data
    np.testing.assert_allclose(data["odd"], 0, atol=1e-9)
    np.testing.assert_allclose(data["even"], -0.5 * np.arange(9), atol=1e-9)
    np.testing.assert_allclose(data["alternate"], [0, -0.5] * 4 + [0], atol=1e-9)
    assert parity.value_drift()["even"] == pytest.approx(4)


@pytest.mark.parametrize("lang", LANGS)
def test_even_kernels_in_use_have_these_sizes(lang):
    for _, _, k, s, p, sides in parity.table_even(Tr(lang)).rows:
        before, after = map(int, sides.split(" → "))
        layer = torch.nn.Conv2d(1, 1, k, s, p, device="meta")
        assert layer(torch.empty(1, 1, before, before, device="meta")).shape[-1] == after


def test_huge_kernels_against_layers():
    found = parity.value_huge()
    depthwise = torch.nn.Conv2d(256, 256, 31, groups=256, bias=False, device="meta")
    assert found["depthwise"] == depthwise.weight.numel() == 246_016
    assert found["dense3"] == torch.nn.Conv2d(256, 256, 3, device="meta").weight.numel()
    assert found["dense31"] == 31**2 * 256**2
