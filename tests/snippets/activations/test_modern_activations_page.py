"""What the page on GELU, SiLU and SwiGLU says: formulas, shapes, cheap forms, parameter counts."""

import math

import mpmath
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from snippets import kit
from snippets.activations import _modern_activations_cheap as cheap
from snippets.activations import _modern_activations_ffn as ffn
from snippets.activations import _modern_activations_shapes as shapes
from snippets.activations import _modern_activations_swish as swish_part
from snippets.activations import modern_activations
from snippets.activations.modern_activations import (
    gelu,
    llama_hidden,
    silu,
    swiglu_ffn,
    swish,
    torch_feed_forward,
    torch_swish,
)
from tests.snippets.activations.oracles import POINTS, assert_close, autograd, exact

EN = kit.Tr("en")
MODULES = (modern_activations, shapes, swish_part, cheap, ffn)
CHECKS = [v for m in MODULES for name, v in vars(m).items() if name.startswith("check_")]


@pytest.mark.parametrize("check", CHECKS, ids=lambda f: f.__name__)
def test_check(check):
    found = check()
    assert found.cases > 100
    assert found.error <= found.tolerance


# ---------------------------------------------------------------- Swish


@pytest.mark.parametrize("beta", [0.0, 0.5, 1.702, 10.0, -1.0])
def test_swish_to_the_last_places(beta):
    magnified = np.abs(beta * POINTS)  # exp magnifies the rounding of its exponent
    theirs = exact(lambda x: x / (1 + mpmath.exp(-beta * x)), POINTS)
    assert_close(swish(POINTS, beta), theirs, ulps=4 + magnified)


def test_swish_has_silu_the_half_line_and_relu_on_its_way():
    np.testing.assert_array_equal(swish(POINTS), silu(POINTS))
    np.testing.assert_array_equal(swish(POINTS, 0.0), POINTS / 2)
    far = POINTS[np.abs(POINTS) > 0.1]
    np.testing.assert_allclose(swish(far, 1e3), np.maximum(far, 0), atol=1e-12)
    np.testing.assert_array_equal(swish(np.array([-np.inf, np.inf])), [0.0, np.inf])


def test_beta_of_swish_can_be_learned():
    x, beta = np.array([-1.0, 0.5, 2.0]), np.array(1.3)
    _, by_beta = autograd(torch_swish, x, beta)
    gate = 1 / (1 + np.exp(-1.3 * x))
    assert by_beta == pytest.approx((x**2 * gate * (1 - gate)).sum())


def test_figure_of_swish():
    data = swish_part.figure_swish(EN).data
    relu = np.maximum(data["x"], 0)
    gaps = [np.abs(data[f"{beta:g}"] - relu).max() for beta in (0.1, 1.0, 1.702, 10.0)]
    assert gaps == sorted(gaps, reverse=True)
    assert np.abs(data["1.702"] - gelu(data["x"])).max() < 0.021


# ---------------------------------------------------------------- shapes


def test_shapes():
    found = shapes.value_shapes()  # mpmath findroot of the slopes, to 16 digits
    lambert = float(mpmath.lambertw(1 / mpmath.e))  # SiLU: closed form
    expected = {
        "GELU": (-0.75179152469356, -0.16997120747990, 1.12890414518515, math.sqrt(2)),
        "SiLU": (-(1 + lambert), -lambert, 1.09983932012887, 2.39935728051547),
        "Mish": (-1.19243121451450, -0.30884341301725, 1.08849816125173, 1.49057117948543),
    }
    for name, (at, low, steep, steep_at) in expected.items():
        assert found[f"{name}_at"] == pytest.approx(at, abs=1e-10)
        assert found[f"{name}_low"] == pytest.approx(low, abs=1e-12)
        assert found[f"{name}_steep"] == pytest.approx(steep, abs=1e-12)
        assert found[f"{name}_steep_at"] == pytest.approx(steep_at, abs=1e-5)


def test_values_at_one():
    rows = {row[0]: row[1:3] for row in shapes.table_shapes(EN).rows}
    phi, sigma = float(mpmath.ncdf(1)), 1 / (1 + math.exp(-1))
    assert rows["GELU"] == pytest.approx([phi - 1, phi])
    assert rows["SiLU"] == pytest.approx([sigma - 1, sigma])
    assert shapes.value_at_one() == pytest.approx(phi)
    assert shapes.value_mirror() == pytest.approx(1.0, abs=1e-15)


def test_the_curves_dip_return_and_overtake():
    data = shapes.figure_curves(EN).data
    x = data["x"]
    for name in ("GELU", "SiLU", "Mish"):
        value, slope = data[name], data[f"{name}_slope"]
        dip = value.argmin()
        assert (np.diff(value[: dip + 1]) <= 0).all()
        assert (np.diff(value[dip:]) > 0).all()
        assert (slope[x > 2.5] > 1).all()
        assert slope.min() < 0
    assert data["Mish"].min() < data["SiLU"].min() < data["GELU"].min()


# ---------------------------------------------------------------- cheap forms


def test_gaps_between_pytorchs_own_functions():
    x = torch.linspace(-10, 10, 200_001, dtype=torch.float64)
    exact_gelu = F.gelu(x)
    gaps = {
        "tanh": (F.gelu(x, approximate="tanh") - exact_gelu).abs().max().item(),
        "sigmoid": (x * torch.sigmoid(1.702 * x) - exact_gelu).abs().max().item(),
        "hard": (F.hardswish(x) - F.silu(x)).abs().max().item(),
    }
    assert cheap.value_gaps() == pytest.approx(gaps, rel=1e-9)
    assert [row[2] for row in cheap.table_cheap(EN).rows] == list(cheap.value_gaps().values())
    # HardSwish is farthest from SiLU where its gate opens fully: 3 - 3 σ(3)
    assert gaps["hard"] == pytest.approx(3 / (1 + math.exp(3)))


def test_slopes_that_float32_cannot_hold():
    far = shapes.value_far()
    assert far["gelu"] == far["silu"] == 0.0
    for name, f in (("gelu", F.gelu), ("silu", F.silu)):
        near = torch.tensor(-3.0, requires_grad=True)
        f(near).backward()
        assert near.grad.item() != 0, name


# ---------------------------------------------------------------- gated units


def test_family_of_gated_units():
    v, gates = 3.0, torch.tensor([-2.0, 0.0, 2.0], dtype=torch.float64)
    theirs = {
        "GLU": torch.sigmoid(gates),
        "Bilinear": gates,
        "ReGLU": gates.relu(),
        "GEGLU": F.gelu(gates),
        "SwiGLU": F.silu(gates),
    }
    for name, _, *values in ffn.table_family(EN).rows:
        assert values == pytest.approx((v * theirs[name]).tolist()), name


def test_a_block_by_hand():
    x = np.array([[1.0, 2.0]])
    gate, up = np.array([[0.0, 0.0], [np.log(3), 0.0]]), np.array([[5.0, 5.0], [1.0, 1.0]])
    down = np.array([[1.0, 2.0], [1.0, 4.0]])
    # gates: SiLU(0) = 0 and SiLU(ln 3) = 3/4 ln 3; up: 15 and 3
    hidden = 0.75 * np.log(3) * 3
    np.testing.assert_allclose(swiglu_ffn(x, gate, up, down), [[2 * hidden, 4 * hidden]])


def test_the_block_keeps_the_shape_and_has_no_biases():
    block = torch_feed_forward(6, 16)
    assert block(torch.zeros(2, 5, 6)).shape == (2, 5, 6)
    assert sum(p.numel() for p in block.parameters()) == 3 * 6 * 16
    assert all(m.bias is None for m in block.modules() if isinstance(m, nn.Linear))


# ---------------------------------------------------------------- parameter counts

PUBLISHED = [
    # model, "intermediate_size" of the released config.json
    ("Llama 2 7B", 11008),
    ("Llama 2 13B", 13824),
    ("Llama 2 70B", 28672),
    ("Llama 3 8B", 14336),
]


def test_hidden_widths_are_those_of_the_released_models():
    assert [(row[0], row[4]) for row in ffn.table_llama(EN).rows] == PUBLISHED
    assert llama_hidden(6656) == 17920  # LLaMA 33B


@pytest.mark.parametrize("d", [1, 7, 96, 4096, 8191])
def test_hidden_width_is_the_next_multiple(d):
    for multiple in (1, 8, 256):
        hidden = llama_hidden(d, multiple)
        assert hidden % multiple == 0
        assert 0 <= hidden - 8 * d // 3 < multiple


def test_weights_of_the_blocks():
    rows = [row[1:] for row in ffn.table_ffn(EN).rows]
    assert rows[0][:3] == [2, 16384, 134_217_728]  # 2 · 2¹² · 2¹⁴ = 2²⁷
    assert rows[1][3] == 0.5
    assert rows[2][1:3] == [10922, 3 * 4096 * 10922]
    assert rows[3][1:3] == [11008, 135_266_304]
    assert rows[3][3] == 11008 * 3 / (8 * 4096) - 1


def test_pytorch_counts_the_same():
    found = ffn.value_ffn()
    assert found["counted"] == 3 * found["d"] * found["hidden"] == 135_266_304
    assert found["blocks"] * 256 == found["hidden"]
    assert (found["cut"], found["four"]) == (10922, 16384)
