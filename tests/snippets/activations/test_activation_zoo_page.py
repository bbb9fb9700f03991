"""What the comparison page says, against closed forms, published values and direct runs."""

import math
from statistics import NormalDist

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from snippets.activations import _activation_zoo_broken as broken
from snippets.activations import _activation_zoo_cost as cost
from snippets.activations import _activation_zoo_formulas as formulas
from snippets.activations import _activation_zoo_gallery as gallery
from snippets.activations import _activation_zoo_names as names
from snippets.activations import _activation_zoo_shape as shape
from snippets.activations import _activation_zoo_words as words
from snippets.activations import _measure
from snippets.activations.activation_zoo import ACTIVATIONS, BY_NAME, run_as_printed
from snippets.kit import LANGS, Formula, Tr

EN = Tr("en")
PHI, DENSITY = NormalDist().cdf, NormalDist().pdf


def rows(table):
    return {row[0]: row[1:] for row in table(EN).rows}


# ---------------------------------------------------------------- formulas

TABLES = (formulas.table_formulas, formulas.table_several)
CELLS = [
    pytest.param(cell, id=f"{row[0]}-{place}")
    for table in TABLES
    for row in table(EN).rows
    for place, cell in enumerate(row)
    if isinstance(cell, Formula)
]


def test_the_number_of_formulas_is_that_of_the_cells():
    assert formulas.value_formulas() == {"count": len(CELLS), "samples": 200}


def test_every_activation_has_a_row_in_every_table():
    one = [a.name for a in ACTIVATIONS]
    several = ["softmax", "log-softmax", "logsumexp", "maxout", "GLU", "SwiGLU"]
    for table in (
        formulas.table_formulas,
        shape.table_shape,
        shape.table_values,
        shape.table_slopes,
        names.table_names,
    ):
        assert list(rows(table)) == one
    assert list(rows(formulas.table_several)) == several
    for table in (cost.table_cost, words.table_uses):
        assert list(rows(table)) == one + several


def test_defaults_are_those_of_pytorch():
    defaults = formulas.value_defaults()
    assert defaults["leaky"] == nn.LeakyReLU().negative_slope
    assert defaults["prelu"] == nn.PReLU().weight.item()
    rrelu = nn.RReLU()
    assert defaults["rrelu"] == (rrelu.lower + rrelu.upper) / 2
    assert defaults["elu"] == nn.ELU().alpha == nn.CELU().alpha
    # SELU right of 0 is the scale, far left it is minus scale times alpha.
    ends = F.selu(torch.tensor([1.0, -200.0], dtype=torch.float64))
    assert defaults["selu_scale"] == ends[0].item()
    assert defaults["selu_scale"] * defaults["selu_alpha"] == pytest.approx(-ends[1].item())


# ---------------------------------------------------------------- shape

RANGES = {
    "step": r"$\{0, 1\}$",
    "sigmoid": "$(0, 1)$",
    "hardsigmoid": "$[0, 1]$",
    "tanh": "$(-1, 1)$",
    "hardtanh": "$[-1, 1]$",
    "softsign": "$(-1, 1)$",
    "ReLU": r"$[0, \infty)$",
    "ELU": r"$(-1, \infty)$",
    "CELU": r"$(-1, \infty)$",
    "SELU": r"$(-1.758, \infty)$",  # klambauer2017: 1.0507 · 1.6733
    "softplus": r"$(0, \infty)$",
    "GELU": r"$[-0.1700, \infty)$",
    "GELU (tanh)": r"$[-0.1700, \infty)$",
    "SiLU": r"$[-0.2785, \infty)$",
    "Mish": r"$[-0.3088, \infty)$",  # misra2020: about -0.31
    "hardswish": r"$[-0.3750, \infty)$",
}
ALL = r"$(-\infty, \infty)$"


@pytest.mark.parametrize("name", BY_NAME)
def test_range(name):
    assert rows(shape.table_shape)[name][0] == RANGES.get(name, ALL)


def test_range_on_the_card_is_that_of_the_table_shortened():
    card = {row[0]: row[-1] for row in formulas.table_card(EN).rows}
    assert card["GELU"] == r"$[-0.17, \infty)$"
    assert card["Mish"] == r"$[-0.31, \infty)$"  # misra2020
    assert card["tanh"] == "$(-1, 1)$"


LOWEST = {
    # SiLU: 1 + x = -e^x at the minimum, so f = x + 1 (elfwing2018: about -0.28 at about -1.28).
    "SiLU": (-1.278464542761074, -0.278464542761074),
    "GELU": (-0.75179, -0.16997),
    "hardswish": (-1.5, -0.375),
}


@pytest.mark.parametrize("name", LOWEST)
def test_lowest_point(name):
    value, x = rows(shape.table_lowest)[name]
    assert (x, value) == pytest.approx(LOWEST[name], abs=5e-6)


def test_the_lowest_point_of_gelu_solves_its_equation():
    low = shape.value_lowest()["gelu"]
    assert PHI(low["x"]) + low["x"] * DENSITY(low["x"]) == pytest.approx(0, abs=1e-12)
    assert low["y"] == pytest.approx(low["x"] * PHI(low["x"]), abs=1e-15)


def test_only_these_have_a_lowest_point_and_only_they_are_not_monotone():
    dipping = set(rows(shape.table_lowest))
    assert dipping == {"GELU", "GELU (tanh)", "SiLU", "Mish", "hardswish"}
    assert {a.name for a in ACTIVATIONS if not _measure.is_monotone(a.forward)} == dipping


HALF = 1 / math.sqrt(2 * math.pi)  # E max(0, x)
MEANS = {
    "ReLU": HALF,
    "Leaky ReLU": 0.99 * HALF,
    "PReLU": 0.75 * HALF,
    "RReLU": (1 - 11 / 48) * HALF,
    "ELU": HALF + math.exp(0.5) * PHI(-1) - 0.5,
    "CELU": HALF + math.exp(0.5) * PHI(-1) - 0.5,
    "SELU": 0.0,  # klambauer2017: the fixed point
    "GELU": 1 / (2 * math.sqrt(math.pi)),
    "step": 0.5,
    "sigmoid": 0.5,
    "hardsigmoid": 0.5,
    "identity": 0.0,
    "tanh": 0.0,
    "hardtanh": 0.0,
    "softsign": 0.0,
    # By parts, E x g(x) = E g'(x): for hardswish, P(|x| < 3) / 6.
    "hardswish": (PHI(3) - PHI(-3)) / 6,
}


@pytest.mark.parametrize("name", MEANS)
def test_mean_for_a_normal_input(name):
    assert _measure.mean_and_std(BY_NAME[name].forward)[0] == pytest.approx(MEANS[name], abs=1e-12)


def test_selu_keeps_variance_one():
    assert _measure.mean_and_std(BY_NAME["SELU"].forward)[1] == pytest.approx(1, abs=1e-12)


def test_softplus_has_the_largest_mean_as_the_table_of_uses_says():
    means = {a.name: _measure.mean_and_std(a.forward)[0] for a in ACTIVATIONS}
    assert max(means, key=means.get) == "softplus"


BOTH_HARD = ("step", "hardsigmoid", "hardtanh")
BOTH_SOFT = ("sigmoid", "tanh", "softsign")
LEFT_HARD = ("ReLU", "hardswish")
NEITHER = ("identity", "Leaky ReLU", "PReLU", "RReLU")


@pytest.mark.parametrize("name", BY_NAME)
def test_saturation_follows_from_the_definitions(name):
    side = {
        **dict.fromkeys(BOTH_HARD, "both, hard"),
        **dict.fromkeys(BOTH_SOFT, "both, soft"),
        **dict.fromkeys(LEFT_HARD, "left, hard"),
        **dict.fromkeys(NEITHER, "none"),
    }.get(name, "left, soft")
    assert rows(shape.table_shape)[name][-1] == side


def test_slopes_on_both_sides_of_the_kink_at_zero():
    slopes = {name: row[2] for name, row in rows(shape.table_shape).items()}
    assert slopes["ReLU"] == "0 → 1"
    assert slopes["Leaky ReLU"] == "0.01 → 1"
    assert slopes["SELU"] == "1.758 → 1.051"
    assert slopes["step"] is None
    assert slopes["sigmoid"] == 0.25
    assert slopes["Mish"] == pytest.approx(0.6)  # tanh(ln 2) = 3/5


def test_the_two_gelus_differ_by_less_than_five_ten_thousandths():
    # hendrycks2016 gives no figure; torch's two forms are the oracle.
    x = torch.linspace(-8, 8, 160_001, dtype=torch.float64)
    gap = (F.gelu(x, approximate="tanh") - F.gelu(x)).abs().max().item()
    assert shape.value_gelu_gap() == pytest.approx(gap, rel=1e-9)


# ---------------------------------------------------------------- values

PUBLISHED = {
    # To four places by mpmath from the definitions.
    "sigmoid": [0.1192, 0.3775, 0.5, 0.6225, 0.8808],
    "softplus": [0.1269, 0.4741, 0.6931, 0.9741, 2.1269],
    "GELU": [-0.0455, -0.1543, 0.0, 0.3457, 1.9545],
    "ReLU": [0, 0, 0, 0.5, 2],
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_values(name):
    assert [round(v, 4) for v in rows(shape.table_values)[name]] == PUBLISHED[name]


def test_the_slope_of_softplus_is_sigmoid():
    values, slopes = rows(shape.table_values), rows(shape.table_slopes)
    assert slopes["softplus"] == pytest.approx(values["sigmoid"], abs=1e-15)


def test_at_zero_several_inputs():
    values = [row[-1] for row in rows(formulas.table_several).values()]
    assert values == pytest.approx([0.5, -math.log(2), math.log(2), 0, 0, 0])


# ---------------------------------------------------------------- cost

COUNTED_BY_HAND = {
    # name: (+ - * /, comparisons, exp and the like)
    "identity": (0, 0, 0),
    "ReLU": (0, 1, 0),
    "sigmoid": (2, 0, 1),  # 1 + e^-x, 1 / that
    "Leaky ReLU": (1, 1, 0),
    "GELU": (4, 0, 1),  # x/sqrt 2, 1 + erf, x/2, the product
    "GELU (tanh)": (8, 0, 1),  # 3 for the cube with its factor, +, the root, 1 +, x/2, the product
    "Mish": (2, 0, 3),
    "hardswish": (3, 2, 0),
    "softmax": (29, 9, 10),  # of 10: 10 -, 9 +, 10 /; 9 for the maximum; 10 exp
    "logsumexp": (20, 9, 11),  # 10 -, 9 +, 1 +; 10 exp, 1 ln
}


@pytest.mark.parametrize("name", COUNTED_BY_HAND)
def test_cost(name):
    tally = cost.cost(name)
    counted = (tally.arithmetic, tally.comparisons, tally.transcendental)
    assert counted == COUNTED_BY_HAND[name]
    assert rows(cost.table_cost)[name] == [*counted, sum(counted)]


def test_what_is_counted_computes_the_right_thing():
    z = [0.3, -1.2, 2.0]
    several = cost.SEVERAL_NUMBERS
    t = torch.tensor(z, dtype=torch.float64)
    assert several["softmax"](z) == pytest.approx(t.softmax(0).tolist())
    assert several["log-softmax"](z) == pytest.approx(t.log_softmax(0).tolist())
    assert several["logsumexp"](z) == pytest.approx(t.logsumexp(0).item())
    assert several["maxout"](z) == 2.0
    assert several["GLU"](z[:2]) == pytest.approx(F.glu(t[:2]).item())
    assert several["SwiGLU"](z[:2]) == pytest.approx((F.silu(t[0]) * t[1]).item())
    assert cost.check_textbook().cases == 201 * len(ACTIVATIONS)


# ---------------------------------------------------------------- code


def test_evidence():
    assert names.check_torch().cases == 19 * 2003  # all but identity
    assert names.check_slopes().cases == 18 * 2001  # nor step
    assert names.check_differences().error < 1e-9


def test_names_resolve_in_pytorch():
    for a in ACTIVATIONS:
        for code, modules in ((a.functional, {"F": F, "torch": torch}), (a.module, {"nn": nn})):
            owner, dot, rest = code.partition(".")
            if dot and owner in modules:
                assert callable(getattr(modules[owner], rest.split("(")[0]))


def test_each_broken_line_fails_in_its_own_way():
    says = {row[0].strip("`"): row[1] for row in broken.table_broken(EN).rows}
    assert says["import torch.nn,functional as F"].startswith("`ModuleNotFoundError")
    assert says["nn.leakly_relu(x)"].startswith("`AttributeError")
    assert says["F.tanh(x) or torch.tanh(x)"].startswith("`RuntimeError")
    assert says["F.softmax(x)"].startswith("`UserWarning")
    assert says["nn.ReLU(x)"].endswith("`ReLU`")


@pytest.mark.parametrize("line", broken.LINES, ids=lambda line: line.line)
def test_what_to_write_instead_runs(line):
    assert broken.run(line.instead)[0] == ""


def test_one_line_is_silent():
    counts = broken.value_broken()
    assert counts["instead"] == 0
    assert counts["lines"] - counts["raise"] == 1


# ---------------------------------------------------------------- figures


@pytest.mark.parametrize("lang", LANGS)
def test_the_gallery_draws_every_activation_and_its_slope(lang):
    drawn = {}
    for figure in (
        gallery.figure_bounded,
        gallery.figure_rectifiers,
        gallery.figure_gated,
        gallery.figure_several,
    ):
        drawn.update(figure(Tr(lang)).data)
    for a in ACTIVATIONS:
        if a.name == "CELU":
            continue
        # central differences on the grid of the figure: not over a kink, nor a bend at 0
        theirs = run_as_printed(a.functional)(torch.tensor(drawn["x"]))
        np.testing.assert_allclose(drawn[a.name], theirs, atol=1e-12)
        numeric = np.gradient(drawn[a.name], drawn["x"])
        smooth = np.all([np.abs(drawn["x"] - k) > 0.02 for k in (*a.kinks, 0)], axis=0)
        smooth[[0, -1]] = False
        np.testing.assert_allclose(drawn[f"{a.name} slope"][smooth], numeric[smooth], atol=6e-3)


def test_what_the_captions_say():
    several = gallery.figure_several(EN).data
    x = several["x"]
    np.testing.assert_allclose(several["softmax(x, 0)"], 1 / (1 + np.exp(-x)), atol=1e-12)
    np.testing.assert_allclose(several["logsumexp(x, 0)"], np.log1p(np.exp(x)), atol=1e-12)
    np.testing.assert_allclose(several["maxout(x, −x/2)"], np.maximum(x, -x / 2))
    gated = gallery.figure_gated(EN).data
    gap = next(key for key in gated if "1000" in key and "slope" not in key)
    assert 0.4 < np.abs(gated[gap]).max() < 1
    assert np.abs(gated[f"{gap} slope"]).max() < 1
    for name in ("GELU", "SiLU", "Mish", "hardswish"):
        assert gated[f"{name} slope"].min() < 0 < 1 < gated[f"{name} slope"].max()
